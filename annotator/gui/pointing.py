"""Where the pointer is and what lies under it: pure functions of what is shown."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, Flag, auto

import numpy as np

from annotator.gui.view_state import ClickView, Mark, ViewState
from annotator.labels import Point

REACH = 8.0
LINE_REACH = 5.0
TIE = 3.0
"""A click must be this much nearer, in screen pixels, to be meant instead of the keypoint beside it."""
SLACK = 2.5

Rect = tuple[float, float, float, float]


class Held(Flag):
    """Modifier keys held during a pointer event."""

    NONE = 0
    SHIFT = auto()
    CTRL = auto()
    ALT = auto()


class ToolKey(Enum):
    """Keys that a tool may ask for."""

    ENTER = "enter"
    ESCAPE = "escape"


class Cursor(Enum):
    """What the pointer looks like."""

    ARROW = "arrow"
    CROSS = "cross"
    MOVE = "move"
    HIDDEN = "hidden"
    OPEN_HAND = "open hand"
    CLOSED_HAND = "closed hand"


class Gesture(Enum):
    """Who answers a press of the left button: the tool, or the canvas by panning or by zooming to a region."""

    TOOL = "tool"
    PAN = "pan"
    ZOOM = "zoom"


@dataclass(frozen=True)
class PointerEvent:
    """The pointer at ``x``, ``y`` image pixels; ``scale`` is screen pixels per image pixel."""

    x: float
    y: float
    scale: float = 1.0
    held: Held = Held.NONE

    @property
    def point(self) -> Point:
        """Its position in image pixels."""
        return (self.x, self.y)

    def screen_distance(self, other: Point) -> float:
        """How far ``other`` (image pixels) lies from the pointer, in screen pixels."""
        return math.hypot(self.x - other[0], self.y - other[1]) * self.scale


@dataclass(frozen=True)
class Hit:
    """What lies under the pointer: a keypoint, a click of a marking, or a marking's line; and where it is."""

    keypoint: str | None = None
    marking: str | None = None
    click: int | None = None
    at: Point = (0.0, 0.0)


def hit(view: ViewState, event: PointerEvent) -> Hit | None:
    """What a press there would take hold of: a point, or else a line; None on empty ground."""
    return hit_point(view, event) or nearest_line(view, event)


def hit_point(view: ViewState, event: PointerEvent) -> Hit | None:
    """The keypoint or click that a press there would take hold of.

    Clicks of the selected marking come first, then whatever lies nearest; where a line was clicked right at its
    corner, the corner is meant.
    """
    own = nearest_click(tuple(click for click in view.clicks if click.current), event)
    if own is not None:
        return _click_hit(own)
    mark = nearest_mark(view, event)
    click = nearest_click(view.clicks, event)
    if mark is not None and (click is None or _reach(mark, event) <= _reach(click, event) + TIE):
        return Hit(keypoint=mark.name, at=(mark.x, mark.y))
    if click is not None:
        return _click_hit(click)
    return None


def tip_at(view: ViewState, event: PointerEvent) -> str:
    """What there is to say of the thing under the pointer, and of clicks with a halo there; "" over empty ground."""
    found = hit(view, event)
    if found is None:
        return ""
    if found.keypoint is None and found.click is None:
        return next((curve.text for curve in view.curves if curve.name == found.marking), "")
    texts = [mark.text for mark in view.marks if mark.name == found.keypoint]
    for click in view.clicks:
        meant = (click.marking, click.index) == (found.marking, found.click)
        if meant or (click.residual and event.screen_distance((click.x, click.y)) <= REACH):
            texts.append(click.text)
    return "\n".join(texts)


def nearest_mark(view: ViewState, event: PointerEvent) -> Mark | None:
    """The shown keypoint nearest to the pointer within reach; among equals the one painted on top."""
    reach = REACH / event.scale
    best, limit = None, reach * reach
    for mark in view.marks:
        distance = (mark.x - event.x) ** 2 + (mark.y - event.y) ** 2
        if distance <= limit:
            best, limit = mark, distance
    return best


def nearest_click(clicks: tuple[ClickView, ...], event: PointerEvent) -> ClickView | None:
    """The click nearest to the pointer within reach."""
    reach = REACH / event.scale
    best, limit = None, reach * reach
    for click in clicks:
        distance = (click.x - event.x) ** 2 + (click.y - event.y) ** 2
        if distance <= limit:
            best, limit = click, distance
    return best


def nearest_line(view: ViewState, event: PointerEvent) -> Hit | None:
    """The drawn marking whose line runs nearest to the pointer within reach."""
    found: tuple[float, str] | None = None
    reach = LINE_REACH / event.scale
    for curve in view.curves:
        x0, y0, x1, y1 = curve.path.bounds
        if not (x0 - reach <= event.x <= x1 + reach and y0 - reach <= event.y <= y1 + reach):
            continue
        start, end = curve.path.points[:-1], curve.path.points[1:]
        along = end - start
        offset = np.array(event.point) - start
        squared = np.einsum("ij,ij->i", along, along)
        t = np.clip(np.einsum("ij,ij->i", offset, along) / np.where(squared > 0.0, squared, 1.0), 0.0, 1.0)
        distance = float(np.linalg.norm(offset - t[:, None] * along, axis=1).min())
        if distance * event.scale <= LINE_REACH and (found is None or distance < found[0]):
            found = (distance, curve.name)
    return Hit(marking=found[1], at=event.point) if found else None


def marks_within(view: ViewState, region: Rect) -> tuple[str, ...]:
    """Names of the shown keypoints inside ``region`` (x0, y0, x1, y1), in their order."""
    x0, y0, x1, y1 = region
    return tuple(mark.name for mark in view.marks if x0 <= mark.x <= x1 and y0 <= mark.y <= y1)


def region_between(a: Point, b: Point) -> Rect:
    """The upright rectangle (x0, y0, x1, y1) with these opposite corners."""
    return (min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))


def along_axis(dx: float, dy: float) -> Point:
    """The movement held to the axis along which it goes further."""
    return (dx, 0.0) if abs(dx) >= abs(dy) else (0.0, dy)


def _click_hit(click: ClickView) -> Hit:
    return Hit(marking=click.marking, click=click.index, at=(click.x, click.y))


def _reach(target: Mark | ClickView, event: PointerEvent) -> float:
    return math.hypot(target.x - event.x, target.y - event.y)
