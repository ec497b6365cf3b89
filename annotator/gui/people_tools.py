"""What the pointer does to things among several: choose one, move it as a whole, scale it, draw its box."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from annotator.gui.desk import Desk
from annotator.gui.drag import Drag, HoldingTool, room_for
from annotator.gui.people_pointing import Corner, Part, ThingHit, hit_handle, hit_thing, thing_around
from annotator.gui.people_view import PersonView
from annotator.gui.plain_names import spoken
from annotator.gui.pointing import SLACK, Cursor, Gesture, Held, PointerEvent, Rect, hit_point, region_between
from annotator.gui.tools import SelectTool
from annotator.gui.view_state import NOTHING_SELECTED, Selection, within
from annotator.instances import Box, labelled_points, move, scale, set_box
from annotator.labels import FrameLabels, Point

__all__ = ["BoxTool", "ThingDrag", "ThingSelectTool"]

translate = QCoreApplication.translate

LEAST = 2.0
"""Image pixels that a side of a box keeps."""


@dataclass(frozen=True)
class ThingDrag(Drag):
    """A thing held as a whole, or by a handle of its box; ``only_box``: its points stay where they are."""

    box: Box = (0.0, 0.0, 0.0, 0.0)
    handle: Corner | None = None
    only_box: bool = False

    def moved(self, event: PointerEvent, size: tuple[int, int]) -> FrameLabels:
        """The labels with the thing moved or scaled along with the pointer."""
        by = (event.x - self.start[0], event.y - self.start[1])
        if by == (0.0, 0.0):
            return self.before
        labels = self.base or self.before
        if self.handle is None:
            if Held.SHIFT in event.held and self.only_box:
                by = (by[0], 0.0) if abs(by[0]) >= abs(by[1]) else (0.0, by[1])
            corners = ((self.box[0], self.box[1]), (self.box[2], self.box[3]))
            return move(labels, self.instance, room_for(corners, by, size))
        box = _stretched(self.box, self.handle, by, size, whole=Held.SHIFT in event.held)
        if self.only_box:
            return set_box(labels, self.instance, box)
        wide, high = self.box[2] - self.box[0], self.box[3] - self.box[1]
        factor = ((box[2] - box[0]) / wide, (box[3] - box[1]) / high)
        about = (self.box[2] if self.handle[0] < 0 else self.box[0], self.box[3] if self.handle[1] < 0 else self.box[1])
        return scale(labels, self.instance, factor, about=about)

    @property
    def target(self) -> Selection:
        """Nothing that could snap to anything."""
        return NOTHING_SELECTED

    @property
    def text(self) -> str:
        """What the step is called in the undo menu."""
        if self.handle is None:
            return translate("Tools", "Move thing {number}").format(number=self.instance)
        if self.only_box:
            return translate("Tools", "Change box of {number}").format(number=self.instance)
        return translate("Tools", "Scale thing {number}").format(number=self.instance)


def _stretched(box: Box, handle: Corner, by: Point, size: tuple[int, int], *, whole: bool) -> Box:
    """The box with a handle moved, held to the frame and to a least size; ``whole`` keeps its shape."""
    sides = list(box)
    for axis in (0, 1):
        if not handle[axis]:
            continue
        moving, fixed = (axis, axis + 2) if handle[axis] < 0 else (axis + 2, axis)
        to = box[moving] + by[axis]
        inside = -0.5 <= box[moving] <= size[axis] - 0.5
        to = min(max(to, -0.5), size[axis] - 0.5) if inside else to
        least = LEAST if handle[axis] > 0 else -LEAST
        sides[moving] = max(to, box[fixed] + least) if least > 0 else min(to, box[fixed] + least)
    if whole and handle[0] and handle[1]:
        factor = max((sides[2] - sides[0]) / (box[2] - box[0]), (sides[3] - sides[1]) / (box[3] - box[1]))
        for axis in (0, 1):
            length = factor * (box[axis + 2] - box[axis])
            if handle[axis] < 0:
                sides[axis] = box[axis + 2] - length
            else:
                sides[axis + 2] = box[axis] + length
    return (sides[0], sides[1], sides[2], sides[3])


class ThingSelectTool(SelectTool):
    """As the select tool; a press on another thing makes it the active one, a drag of an edge or border moves it.

    The handles of the active box scale it with all its points, Shift keeps its shape. Shift and a drag inside its box
    move it, too.
    """

    def press(self, event: PointerEvent) -> None:
        """Take hold of what lies there: a point of the active thing, then other points, handles, bodies."""
        self._if_clicked = self._if_dragged = None
        if hit_point(self._sight.view, event) is not None:
            super().press(event)
            return
        people = self._sight.view.people
        found = hit_thing(people, event)
        if found is None and Held.SHIFT in event.held:
            number = thing_around(people, event)
            found = ThingHit(number, Part.BODY) if number == self._desk.people.active else None
        if found is None:
            super().press(event)
        elif found.part is Part.POINT:
            self._desk.choose_thing(found.id, Selection(keypoints=(found.name,)))
            self._take_keypoint(found.name, event)
        else:
            self._desk.choose_thing(found.id)
            self._take_thing(found, event)

    def _take_thing(self, found: ThingHit, event: PointerEvent) -> None:
        people, labels = self._desk.people, self._desk.labels
        thing = people.thing
        if thing is None or thing.box is None:
            return
        handle = found.handle if found.part is Part.HANDLE else None
        base = people.whole(labels, found.id)
        self._hold(ThingDrag(event.point, labels, object(), instance=found.id, base=base, box=thing.box, handle=handle))

    def release(self, event: PointerEvent) -> None:
        """Let go; a click inside a thing makes it the active one."""
        band = self._band
        super().release(event)
        if band is not None and event.screen_distance(band[0]) < SLACK:
            number = thing_around(self._sight.view.people, event)
            if number is not None:
                self._desk.choose_thing(number)

    def right_click(self, event: PointerEvent) -> bool:
        """Choose what lies there; the menu that opens is about it."""
        found = self._other_at(event)
        if found is not None:
            chosen = Selection(keypoints=(found.name,)) if found.name else NOTHING_SELECTED
            self._desk.choose_thing(found.id, chosen)
        return False

    def hint(self, event: PointerEvent | None = None) -> str:
        """What a press does here."""
        found = self._other_at(event)
        if found is None:
            return super().hint(event)
        if found.part is Part.HANDLE:
            return translate("Tools", "Drag to scale it with its points, Shift keeps the shape")
        if found.part is Part.POINT:
            return translate("Tools", "Drag to place {name}, Shift keeps an axis").format(name=spoken(found.name))
        return translate("Tools", "Drag to move it as a whole")

    def cursor(self, event: PointerEvent | None = None) -> Cursor:
        """What the pointer looks like here."""
        busy = self._drag is not None and self._drag.moving
        return Cursor.MOVE if not busy and self._other_at(event) is not None else super().cursor(event)

    def _other_at(self, event: PointerEvent | None) -> ThingHit | None:
        """What lies there of things, where no point of the active one does."""
        if event is None or hit_point(self._sight.view, event) is not None:
            return None
        return hit_thing(self._sight.view.people, event)


class BoxTool(HoldingTool):
    """A drag draws a box: of the active thing where it has none and lies in it, else of a new thing.

    The handles of the active box change the box alone.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._from: Point | None = None
        self._to: Point | None = None

    @property
    def band(self) -> Rect | None:
        """The box being drawn."""
        if self._from is None or self._to is None or self._from == self._to:
            return None
        return region_between(self._from, self._to)

    def press(self, event: PointerEvent) -> None:
        """Take hold of a handle, or begin a box."""
        active = self._active()
        handle = None if active is None else hit_handle(active, event)
        if active is None or active.box is None or handle is None:
            self._from = self._to = within(event.point, self._desk.size)
            return
        people, labels = self._desk.people, self._desk.labels
        base = people.taken(labels)
        self._hold(
            ThingDrag(
                event.point, labels, object(), instance=active.id, base=base, box=active.box, handle=handle,
                only_box=True,
            )
        )  # fmt: skip

    def _active(self) -> PersonView | None:
        return next((one for one in self._sight.view.people if one.active), None)

    def move(self, event: PointerEvent) -> None:
        """Carry the corner along."""
        if self._from is None:
            super().move(event)
            return
        self._to = within(event.point, self._desk.size)

    def release(self, event: PointerEvent) -> None:
        """The box is drawn."""
        band, start = self.band, self._from
        self._from = self._to = None
        if start is None:
            super().release(event)
        elif band is None or min(band[2] - band[0], band[3] - band[1]) * event.scale < 2.0 * SLACK:
            self._desk.say(translate("Tools", "Drag to draw a box: nothing is drawn yet"))
        else:
            self._draw(band)

    def _draw(self, band: Rect) -> None:
        desk, people = self._desk, self._desk.people
        number = people.active
        said = desk.labels.instance(number)
        labels = people.taken(desk.labels)
        if not people.is_new and people.is_many and not self._is_meant(said.box, labels, number, band):
            number = people.free_number()
            labels = people.taken(desk.labels, number)
        desk.edit(set_box(labels, number, band), text=translate("Tools", "Draw box of {number}").format(number=number))
        desk.choose_thing(number)

    def _is_meant(self, box: Box | None, labels: FrameLabels, number: int, band: Rect) -> bool:
        """Whether the box is of the active thing: it has none, and most of its points lie in there."""
        places = list(labelled_points(labels.instance(number)).values())
        inside = sum(band[0] <= x <= band[2] and band[1] <= y <= band[3] for x, y in places)
        return box is None and bool(places) and 2 * inside > len(places)

    def cancel(self) -> None:
        """Take back the gesture under way."""
        self._from = self._to = None
        super().cancel()

    def gesture(self, event: PointerEvent) -> Gesture:
        """Alt zooms to a region."""
        return Gesture.ZOOM if Held.ALT in event.held else Gesture.TOOL

    def hint(self, event: PointerEvent | None = None) -> str:
        """What a press does here."""
        active = self._active()
        if event is not None and active is not None and hit_handle(active, event) is not None:
            return translate("Tools", "Drag to change the box; the points stay")
        return translate("Tools", "Drag from corner to corner to draw a box")
