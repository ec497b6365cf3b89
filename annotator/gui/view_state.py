"""What the canvas shows, as frozen values: settings, selection, and the marks to paint.

``view_state`` turns labels and the resolved keypoints into one value that can be compared with the one before; the
canvas touches only what differs. What is not in the value is not on the screen and cannot be hit. Positions are
image pixels, x then y; (0, 0) is the centre of the top-left pixel.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from annotator.gui.geometry_view import Polyline as Polyline
from annotator.gui.geometry_view import SpreadView as SpreadView
from annotator.gui.geometry_view import ghost_paths, residuals_of, spreads_of
from annotator.gui.glyphs import Glyph as Glyph
from annotator.gui.glyphs import glyph_of
from annotator.gui.people_view import PersonView
from annotator.gui.plain_names import spoken
from annotator.gui.tips import ENGLISH, Phrases, describe
from annotator.gui.view_settings import HeatmapLayer as HeatmapLayer
from annotator.gui.view_settings import ViewSettings as ViewSettings
from annotator.keypoints import Curve, Keypoint, Resolved, Source
from annotator.labels import Instance, Point, Visibility

# What a person said further than this share of the frame's width from where geometry has it gets a halo.
RESIDUAL_SHARE = 0.004


@dataclass(frozen=True)
class Selection:
    """What is selected: keypoints by name, a marking by name, one of its clicked points by index."""

    keypoints: tuple[str, ...] = ()
    marking: str | None = None
    click: int | None = None


NOTHING_SELECTED = Selection()


@dataclass(frozen=True)
class Mark:
    """One keypoint to paint. ``residual`` is 0 unless it is worth a warning; ``text`` is the tool tip.

    ``index`` is its number in the scheme, from 0 on.
    """

    name: str
    x: float
    y: float
    glyph: Glyph
    confidence: float | None = None
    residual: float = 0.0
    occluded: bool = False
    selected: bool = False
    hovered: bool = False
    text: str = ""
    index: int | None = None


@dataclass(frozen=True)
class CurveView:
    """A drawn marking as fitted through its clicks; ``text`` is the tool tip."""

    name: str
    path: Polyline
    selected: bool = False
    text: str = ""


@dataclass(frozen=True)
class ClickView:
    """A point clicked along a marking; ``current`` when its marking is the selected one.

    ``residual`` is 0 unless it is worth a warning; ``text`` is the tool tip; ``carried`` when no hand made it.
    """

    marking: str
    index: int
    x: float
    y: float
    selected: bool = False
    current: bool = False
    residual: float = 0.0
    text: str = ""
    carried: bool = False


@dataclass(frozen=True)
class ArrowView:
    """A selected or placed keypoint outside the frame: where on the border, which way (radians), how far (pixels)."""

    name: str
    x: float
    y: float
    angle: float
    distance: float
    selected: bool = True


@dataclass(frozen=True)
class ViewState:
    """Everything that lies over the picture; ``doubtful`` holds the parts of the ghost that are not known surely.

    ``people`` are the things of a scheme without football, the active one last; its points are the marks.
    """

    marks: tuple[Mark, ...] = ()
    curves: tuple[CurveView, ...] = ()
    clicks: tuple[ClickView, ...] = ()
    ghost: tuple[Polyline, ...] = ()
    doubtful: tuple[Polyline, ...] = ()
    spreads: tuple[SpreadView, ...] = ()
    arrows: tuple[ArrowView, ...] = ()
    names: bool = False
    indices: bool = False
    people: tuple[PersonView, ...] = ()

    @property
    def has_names(self) -> bool:
        """True when anything is written beside the marks."""
        return self.names or self.indices


EMPTY_VIEW = ViewState()


def held_point(state: ViewState) -> tuple[object, Point] | None:
    """The one point that is selected, a click or else a keypoint, as what it is and where; None for none or several."""
    clicks = [click for click in state.clicks if click.selected]
    if len(clicks) == 1:
        return ((clicks[0].marking, clicks[0].index), (clicks[0].x, clicks[0].y))
    marks = [mark for mark in state.marks if mark.selected]
    return (marks[0].name, (marks[0].x, marks[0].y)) if len(marks) == 1 and not clicks else None


def view_state(
    resolved: Resolved,
    labels: Instance,
    settings: ViewSettings,
    selection: Selection = NOTHING_SELECTED,
    *,
    size: tuple[int, int],
    hovered: str | None = None,
    phrases: Phrases = ENGLISH,
    people: tuple[PersonView, ...] = (),
) -> ViewState:
    """What is to be painted over a frame of ``size`` (width, height) pixels.

    Hiding labels hides all that a person said and what follows from it: placed, constructed and projected points,
    markings and their clicks. Points marked absent are not shown, unless selected: then as a faint cross.
    """
    warn = RESIDUAL_SHARE * max(size[0], 1)
    chosen = frozenset(selection.keypoints)
    numbers = {name: number for number, name in enumerate(resolved.keypoints)}
    shown = [
        keypoint
        for keypoint in resolved.keypoints.values()
        if _is_shown(keypoint, settings, selected=keypoint.name in chosen)
    ]
    limit = warn if settings.residuals else math.inf
    drawn = settings.labels and settings.markings
    ghost, doubtful = ghost_paths(resolved, size) if settings.ghost else ((), ())
    return ViewState(
        marks=tuple(
            _mark(
                point,
                selected=point.name in chosen,
                hovered=point.name == hovered,
                warn=limit,
                phrases=phrases,
                index=numbers[point.name],
            )
            for point in shown
        ),
        curves=tuple(_curves(resolved, selection, phrases)) if drawn else (),
        clicks=tuple(_clicks(resolved, labels, selection, warn=limit, phrases=phrases)) if drawn else (),
        ghost=ghost,
        doubtful=doubtful,
        spreads=tuple(spreads_of(resolved, shown)) if settings.spreads else (),
        arrows=tuple(_arrows(resolved, settings, chosen, size)),
        names=settings.names,
        indices=settings.indices,
        people=people,
    )


def _is_shown(keypoint: Keypoint, settings: ViewSettings, *, selected: bool) -> bool:
    if keypoint.position is None or keypoint.source is None:
        return False
    if not (settings.predictions if keypoint.source is Source.PREDICTED else settings.labels):
        return False
    if keypoint.source is Source.PREDICTED and (keypoint.confidence or 0.0) < settings.threshold:
        return False
    return selected or keypoint.visibility is not Visibility.ABSENT


# The mark of each keypoint as it was made last: in a drag most are those of the event before. Comparing costs less than
# hashing, which asks every enumeration.
_MARKS: dict[str, tuple[Keypoint, tuple[object, ...], Mark]] = {}


def _mark(keypoint: Keypoint, *, selected: bool, hovered: bool, warn: float, phrases: Phrases, index: int) -> Mark:
    known, how = _MARKS.get(keypoint.name), (selected, hovered, warn, phrases, index)
    if known is not None and (known[0] is keypoint or known[0] == keypoint) and known[1] == how:
        return known[2]
    mark = _new_mark(keypoint, selected=selected, hovered=hovered, warn=warn, phrases=phrases, index=index)
    _MARKS[keypoint.name] = (keypoint, how, mark)
    return mark


def _new_mark(keypoint: Keypoint, *, selected: bool, hovered: bool, warn: float, phrases: Phrases, index: int) -> Mark:
    glyph = glyph_of(keypoint)
    assert keypoint.position is not None
    assert glyph is not None
    residual = keypoint.residual or 0.0
    return Mark(
        name=keypoint.name,
        x=keypoint.position[0],
        y=keypoint.position[1],
        glyph=glyph,
        confidence=keypoint.confidence,
        residual=residual if keypoint.source is Source.PLACED and residual > warn else 0.0,
        occluded=keypoint.visibility is Visibility.OCCLUDED,
        selected=selected,
        hovered=hovered,
        text=describe(keypoint, phrases),
        index=index,
    )


def _curves(resolved: Resolved, selection: Selection, phrases: Phrases) -> Iterator[CurveView]:
    for name, curve in resolved.curves.items():
        view = _curve(curve, selected=name == selection.marking, phrases=phrases)
        if view is not None:
            yield view


# Most edits leave most curves the very objects that they were.
@lru_cache(maxsize=64)
def _curve(curve: Curve, *, selected: bool, phrases: Phrases) -> CurveView | None:
    if len(curve.path) < 2 or not np.isfinite(curve.path).all():
        return None
    text = spoken(curve.name)
    if curve.misfit is not None:
        text += "\n" + phrases.mean_off.format(value=curve.misfit)
    return CurveView(curve.name, Polyline(curve.path), selected=selected, text=text)


def _clicks(
    resolved: Resolved, labels: Instance, selection: Selection, *, warn: float, phrases: Phrases
) -> Iterator[ClickView]:
    residuals = residuals_of(resolved, labels, warn)
    for name, points in labels.markings.items():
        current = name == selection.marking
        own = residuals.get(name)
        off = None if own is None or not (own > warn).any() else tuple(np.where(own > warn, own, 0.0).tolist())
        chosen = selection.click if current else None
        carried = name in labels.carried
        yield from _clicks_of(name, points, off, current=current, chosen=chosen, carried=carried, phrases=phrases)


@lru_cache(maxsize=256)
def _clicks_of(
    name: str,
    points: tuple[Point, ...],
    offs: tuple[float, ...] | None,
    *,
    current: bool,
    chosen: int | None,
    carried: bool,
    phrases: Phrases,
) -> tuple[ClickView, ...]:
    return tuple(
        ClickView(
            name, index, x, y,
            selected=index == chosen,
            current=current,
            residual=off,
            text="\n".join(filter(None, (spoken(name), phrases.propagated if carried else "",
                                         phrases.off.format(value=off) if off else ""))),
            carried=carried,
        )
        for index, ((x, y), off) in enumerate(zip(points, offs or (0.0,) * len(points), strict=True))
    )  # fmt: skip


def _arrows(
    resolved: Resolved, settings: ViewSettings, chosen: frozenset[str], size: tuple[int, int]
) -> Iterator[ArrowView]:
    """Arrows to what lies outside the frame and matters: what is selected, and what a person said is visible there."""
    for name, keypoint in resolved.keypoints.items():
        if keypoint.position is None or _is_inside(keypoint.position, size):
            continue
        said = keypoint.source is Source.PLACED and keypoint.visibility is Visibility.VISIBLE and settings.labels
        if name not in chosen and not said:
            continue
        x, y = keypoint.position
        at_x, at_y = within(keypoint.position, size)
        angle, away = math.atan2(y - at_y, x - at_x), math.hypot(x - at_x, y - at_y)
        yield ArrowView(name, at_x, at_y, angle, away, selected=name in chosen)


def _is_inside(point: Point, size: tuple[int, int]) -> bool:
    return -0.5 <= point[0] <= size[0] - 0.5 and -0.5 <= point[1] <= size[1] - 0.5


def within(point: Point, size: tuple[int, int]) -> Point:
    """The nearest point to ``point`` that lies on the frame; its border runs half a pixel outside the pixel centres."""
    return (min(max(point[0], -0.5), size[0] - 0.5), min(max(point[1], -0.5), size[1] - 0.5))
