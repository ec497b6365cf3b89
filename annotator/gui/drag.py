"""Taking hold of something on the canvas and moving it: the gesture that the tools share."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QCoreApplication

from annotator.gui.desk import Desk, Sight
from annotator.gui.plain_names import spoken
from annotator.gui.pointing import SLACK, Cursor, Gesture, Held, Hit, PointerEvent, Rect, ToolKey, along_axis
from annotator.gui.sketch import NO_SKETCH, Sketch
from annotator.gui.view_state import Selection, within
from annotator.labels import FrameLabels, Point, move_marking_point, place, set_marking

translate = QCoreApplication.translate

TOO_NEAR = 2.0
"""Image pixels within which a second click along a marking says nothing new."""


@dataclass(frozen=True)
class Drag:
    """A press on something that can be moved: what, from where, the labels at the press and those to go back to.

    ``instance`` is the thing whose keypoints are held; ``base`` the labels that moves begin from, where they differ
    from those at the press.
    """

    start: Point
    before: FrameLabels
    token: object
    keypoints: tuple[tuple[str, Point], ...] = ()
    click: Hit | None = None
    marking: tuple[str, tuple[Point, ...]] | None = None
    moving: bool = False
    back_to: FrameLabels | None = None
    frame_id: int | None = None
    instance: int = 0
    base: FrameLabels | None = None

    def moved(self, event: PointerEvent, size: tuple[int, int]) -> FrameLabels:
        """The labels with the things held moved along with the pointer; the labels before at the very start."""
        dx, dy = event.x - self.start[0], event.y - self.start[1]
        if Held.SHIFT in event.held:
            dx, dy = along_axis(dx, dy)
        labels = self.before
        if dx == 0.0 and dy == 0.0:
            return labels
        labels = self.base or labels
        dx, dy = room_for(self._held_points, (dx, dy), size)
        for name, (x, y) in self.keypoints:
            labels = place(labels, name, within((x + dx, y + dy), size), instance=self.instance)
        if self.marking is not None:
            name, points = self.marking
            labels = set_marking(labels, name, tuple(within((x + dx, y + dy), size) for x, y in points))
        if self.click is not None and self.click.marking is not None and self.click.click is not None:
            to = within((self.click.at[0] + dx, self.click.at[1] + dy), size)
            labels = move_marking_point(labels, self.click.marking, self.click.click, to)
        return labels

    @property
    def _held_points(self) -> tuple[Point, ...]:
        clicks = () if self.marking is None else self.marking[1]
        return (*(at for _, at in self.keypoints), *clicks, *(() if self.click is None else (self.click.at,)))

    @property
    def target(self) -> Selection:
        """What is held, as a selection."""
        if self.click is not None:
            return Selection(marking=self.click.marking, click=self.click.click)
        if self.marking is not None:
            return Selection(marking=self.marking[0])
        return Selection(keypoints=tuple(name for name, _ in self.keypoints))

    def is_degenerate(self, labels: FrameLabels) -> bool:
        """Whether a click lies on another one of its marking now, so that the two are as good as one."""
        if self.click is None or self.click.marking is None or self.click.click is None:
            return False
        points = labels.pitch.markings.get(self.click.marking, ())
        if self.click.click >= len(points):
            # It was deleted, or taken back, while the hand held it.
            return False
        return too_near(points, points[self.click.click], but=self.click.click)

    @property
    def text(self) -> str:
        """What the step is called in the undo menu."""
        if self.click is not None:
            return translate("Tools", "Move point of {name}").format(name=spoken(self.click.marking or ""))
        if self.marking is not None:
            return translate("Tools", "Move {name}").format(name=spoken(self.marking[0]))
        if len(self.keypoints) == 1:
            return translate("Tools", "Move {name}").format(name=spoken(self.keypoints[0][0]))
        return translate("Tools", "Move {count} points").format(count=len(self.keypoints))


def too_near(points: Sequence[Point], at: Point, *, but: int | None = None) -> bool:
    """Whether one of these clicks, other than number ``but``, is as good as in the same place."""
    return any(math.dist(point, at) < TOO_NEAR for index, point in enumerate(points) if index != but)


def place_between(points: Sequence[Point], at: Point) -> int:
    """Where a new point belongs among the points of a line, so that going through them in order is no detour."""
    if len(points) < 2:
        return len(points)
    legs = [math.dist(at, point) for point in points]
    detours = [legs[i] + legs[i + 1] - math.dist(points[i], points[i + 1]) for i in range(len(points) - 1)]
    return min(range(len(points) + 1), key=lambda i: (legs[0], *detours, legs[-1])[i])


def is_on_frame(event: PointerEvent, desk: Desk) -> bool:
    """Whether the pointer is over the picture."""
    return within(event.point, desk.size) == event.point


def room_for(points: tuple[Point, ...], by: Point, size: tuple[int, int]) -> Point:
    """The movement cut so that what moves together keeps its shape at the edge of the frame."""
    cut = []
    for axis in range(2):
        low = max((-0.5 - point[axis] for point in points), default=0.0)
        high = min((size[axis] - 0.5 - point[axis] for point in points), default=0.0)
        cut.append(min(max(by[axis], low), high) if low <= 0.0 <= high else by[axis])
    return (cut[0], cut[1])


class HoldingTool:
    """A tool that does nothing yet but to carry along what a press took hold of.

    ``dropped`` is told what a drag moved once it ended, unless Ctrl was held: then it stays exactly there.
    """

    def __init__(self, desk: Desk, *, dropped: Callable[[Selection], None] | None = None) -> None:
        self._desk = desk
        self._dropped = dropped
        self._sight = Sight(desk)
        self._drag: Drag | None = None

    def _hold(self, drag: Drag) -> None:
        """Take hold of something on the frame that is on the desk."""
        self._drag = replace(drag, frame_id=self._desk.frame_id)

    def _held(self) -> Drag | None:
        """What is held; nothing once another frame came onto the desk, whose labels these are not."""
        if self._drag is not None and self._drag.frame_id != self._desk.frame_id:
            self._drag = None
        return self._drag

    @property
    def band(self) -> Rect | None:
        """The region being enclosed."""
        return None

    def gesture(self, event: PointerEvent) -> Gesture:
        """Alt over empty ground zooms to a region."""
        return Gesture.TOOL

    def press(self, event: PointerEvent) -> None:
        """Take hold of what lies there."""
        return

    def move(self, event: PointerEvent) -> None:
        """Carry it along."""
        drag = self._held()
        if drag is None:
            return
        if not drag.moving:
            if event.screen_distance(drag.start) < SLACK:
                return
            drag = self._drag = replace(drag, moving=True)
        self._desk.edit(drag.moved(event, self._desk.size), text=drag.text, gesture=drag.token)

    def release(self, event: PointerEvent) -> None:
        """Let go."""
        drag, self._drag = self._held(), None
        if drag is None or not drag.moving:
            return
        if drag.is_degenerate(self._desk.labels):
            self._desk.edit(drag.back_to or drag.before, text=drag.text, gesture=drag.token)
            self._desk.end_gesture()
            self._desk.say(translate("Tools", "Two points of one marking need some distance between them"))
            return
        self._desk.end_gesture()
        said = (drag.back_to or drag.before) != self._desk.labels
        if said and self._dropped is not None and Held.CTRL not in event.held:
            self._dropped(drag.target)

    def double_click(self, event: PointerEvent) -> None:
        """A second press."""
        return

    def right_click(self, event: PointerEvent) -> bool:
        """Remove the point that lies there."""
        return False

    def cancel(self) -> None:
        """Take back the gesture under way."""
        drag, self._drag = self._held(), None
        if drag is not None and drag.moving:
            self._desk.edit(drag.back_to or drag.before, text=drag.text, gesture=drag.token)
            self._desk.end_gesture()

    def wanted_keys(self) -> frozenset[ToolKey]:
        """The keys that mean something now."""
        return frozenset({ToolKey.ESCAPE}) if self._drag is not None else frozenset()

    def key(self, key: ToolKey) -> None:
        """Escape takes back, Enter finishes."""
        if key is ToolKey.ESCAPE:
            self.cancel()

    def hint(self, event: PointerEvent | None = None) -> str:
        """What a press does here."""
        return ""

    def cursor(self, event: PointerEvent | None = None) -> Cursor:
        """What the pointer looks like here."""
        return Cursor.HIDDEN if self._drag is not None and self._drag.moving else Cursor.CROSS

    def sketch(self, event: PointerEvent | None = None) -> Sketch:
        """What to paint on top."""
        return NO_SKETCH

    def wheel(self, event: PointerEvent, steps: float) -> bool:
        """The view's own."""
        return False
