"""What the pointer does: select and move, place keypoints, draw markings, pan.

A tool is a plain object. The canvas hands it pointer events in image pixels; it asks the desk for what is there, and
tells the desk what a person said. It paints nothing and keeps nothing but the gesture under way.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication

from annotator.gui.desk import Desk, Sight, Tool
from annotator.gui.drag import Drag, HoldingTool, is_on_frame, place_between, too_near
from annotator.gui.drawing import MarkingTool
from annotator.gui.plain_names import spoken
from annotator.gui.pointing import (
    SLACK,
    Cursor,
    Gesture,
    Held,
    Hit,
    PointerEvent,
    Rect,
    ToolKey,
    hit,
    hit_point,
    marks_within,
    region_between,
)
from annotator.gui.selected import delete_selected, nudge, set_visibility_selected
from annotator.gui.view_state import Selection
from annotator.labels import Point, Visibility, place, set_marking

__all__ = [
    "Cursor",
    "Desk",
    "Gesture",
    "Held",
    "Hit",
    "MarkingTool",
    "PanTool",
    "PointTool",
    "PointerEvent",
    "SelectTool",
    "Sight",
    "Tool",
    "ToolKey",
    "delete_selected",
    "hit",
    "nudge",
    "set_visibility_selected",
]

translate = QCoreApplication.translate


class SelectTool(HoldingTool):
    """Click selects, a drag moves what it took hold of, a drag over empty ground selects what it encloses.

    A plain click never edits: a predicted or constructed keypoint becomes a placed one at its first real movement.
    A line moves as a whole once it is selected; Ctrl+click puts another point on it.
    """

    def __init__(self, desk: Desk, *, dropped: Callable[[Selection], None] | None = None) -> None:
        super().__init__(desk, dropped=dropped)
        self._band: tuple[Point, Point] | None = None
        self._if_clicked: Selection | None = None
        self._if_dragged: Selection | None = None

    @property
    def band(self) -> Rect | None:
        """The region being enclosed."""
        return region_between(*self._band) if self._band and self._band[0] != self._band[1] else None

    def gesture(self, event: PointerEvent) -> Gesture:
        """Alt over empty ground zooms to a region."""
        return Gesture.ZOOM if Held.ALT in event.held and hit(self._sight.view, event) is None else Gesture.TOOL

    def press(self, event: PointerEvent) -> None:
        """Take hold of what lies there."""
        self._if_clicked = self._if_dragged = None
        found = hit(self._sight.view, event)
        if found is None:
            self._band = (event.point, event.point)
            return
        if found.keypoint is not None:
            self._take_keypoint(found.keypoint, event)
            return
        if found.click is None and Held.CTRL in event.held and found.marking is not None:
            self._insert(found.marking, event)
            return
        was_selected = self._desk.selection.marking == found.marking
        self._desk.select(Selection(marking=found.marking, click=found.click))
        if found.click is not None:
            self._hold(Drag(event.point, self._desk.labels, object(), click=found))
        elif was_selected and found.marking is not None:
            points = self._desk.labels.pitch.markings.get(found.marking, ())
            self._hold(Drag(event.point, self._desk.labels, object(), marking=(found.marking, points)))

    def _insert(self, name: str, event: PointerEvent) -> None:
        """Put a point on a line between its neighbours, and hold it."""
        before = self._desk.labels
        points = before.pitch.markings.get(name, ())
        if not is_on_frame(event, self._desk) or too_near(points, event.point):
            return
        index = place_between(points, event.point)
        labels = set_marking(before, name, (*points[:index], event.point, *points[index:]))
        token = object()
        added = Hit(marking=name, click=index, at=event.point)
        self._hold(Drag(event.point, labels, token, click=added, moving=True, back_to=before))
        text = translate("Tools", "Add point to {name}").format(name=spoken(name))
        self._desk.edit(labels, text=text, gesture=token)
        self._desk.select(Selection(marking=name, click=index))

    def _take_keypoint(self, name: str, event: PointerEvent) -> None:
        """Hold the keypoint, with the others selected if it is one of them; Shift+click adds and takes away."""
        selected = self._desk.selection.keypoints
        alone = Selection(keypoints=(name,))
        if name in selected:
            rest = tuple(other for other in selected if other != name)
            self._if_clicked = Selection(keypoints=rest) if Held.SHIFT in event.held else alone
            names = selected
        elif Held.SHIFT in event.held:
            self._if_clicked, self._if_dragged = Selection(keypoints=(*selected, name)), alone
            names = (name,)
        else:
            self._desk.select(alone)
            names = (name,)
        places = {mark.name: (mark.x, mark.y) for mark in self._sight.view.marks}
        held = tuple((other, places[other]) for other in names if other in places)
        labels, people = self._desk.labels, self._desk.people
        base, number = people.taken(labels), people.active
        self._hold(Drag(event.point, labels, object(), keypoints=held, instance=number, base=base))

    def double_click(self, event: PointerEvent) -> None:
        """A quick second press is a press."""
        self.press(event)

    def move(self, event: PointerEvent) -> None:
        """Carry it along."""
        if self._band is not None:
            self._band = (self._band[0], event.point)
            return
        super().move(event)
        if self._if_dragged is not None and self._drag is not None and self._drag.moving:
            self._desk.select(self._if_dragged)
            self._if_dragged = None

    def release(self, event: PointerEvent) -> None:
        """Let go."""
        band, self._band = self._band, None
        drag = self._drag
        super().release(event)
        if band is not None:
            self._select_inside(band, event)
        elif self._if_clicked is not None and drag is not None and not drag.moving:
            self._desk.select(self._if_clicked)

    def _select_inside(self, band: tuple[Point, Point], event: PointerEvent) -> None:
        names: tuple[str, ...] = ()
        if event.screen_distance(band[0]) >= SLACK:
            names = marks_within(self._sight.view, region_between(band[0], event.point))
        if Held.SHIFT in event.held:
            names = tuple(dict.fromkeys((*self._desk.selection.keypoints, *names)))
        self._desk.select(Selection(keypoints=names))

    def cancel(self) -> None:
        """Take back the gesture under way."""
        self._band = None
        super().cancel()

    def wanted_keys(self) -> frozenset[ToolKey]:
        """The keys that mean something now."""
        return frozenset({ToolKey.ESCAPE}) if self._band is not None else super().wanted_keys()

    def hint(self, event: PointerEvent | None = None) -> str:
        """What a press does here."""
        found = self._thing_at(event)
        if found is None:
            return translate("Tools", "Click to select, drag to select several, Alt+drag to zoom")
        if found.keypoint is not None:
            return translate("Tools", "Drag to place {name}, Shift keeps an axis").format(name=spoken(found.keypoint))
        text = translate("Tools", "Drag to move this point of {name}")
        if found.click is None and self._desk.selection.marking == found.marking:
            text = translate("Tools", "Drag to move all of {name}, Ctrl+click adds a point")
        elif found.click is None:
            text = translate("Tools", "Click to select {name}")
        return text.format(name=spoken(found.marking or ""))

    def cursor(self, event: PointerEvent | None = None) -> Cursor:
        """What the pointer looks like here."""
        if self._drag is not None and self._drag.moving:
            return Cursor.HIDDEN
        found = self._thing_at(event)
        of_line = found is not None and found.keypoint is None and found.click is None
        movable = found is not None and not (of_line and self._desk.selection.marking != found.marking)
        return Cursor.MOVE if movable else Cursor.ARROW

    def _thing_at(self, event: PointerEvent | None) -> Hit | None:
        return hit(self._sight.view, event) if event is not None else None


class PointTool(HoldingTool):
    """A press places the active keypoint, a drag adjusts it; its release asks for the next one by ``advance``.

    A right click on a point says that it is hidden, another one that it is to be seen.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        advance: Callable[[], None] | None = None,
        dropped: Callable[[Selection], None] | None = None,
    ) -> None:
        super().__init__(desk, dropped=dropped)
        self._advance = advance

    def press(self, event: PointerEvent) -> None:
        """Take hold of what lies there."""
        name = self._desk.active_keypoint
        if name is None:
            self._desk.say(self._nothing_chosen())
            return
        if not is_on_frame(event, self._desk):
            self._desk.say(translate("Tools", "Outside the picture"))
            return
        before, number = self._desk.labels, self._desk.people.active
        base = self._desk.people.taken(before)
        token = object()
        held = ((name, event.point),)
        self._hold(Drag(event.point, before, token, keypoints=held, moving=True, instance=number, base=base))
        self._desk.select(Selection(keypoints=(name,)))
        placed = place(base, name, event.point, instance=number)
        self._desk.edit(placed, text=_place_text(name), gesture=token)

    def move(self, event: PointerEvent) -> None:
        """Carry it along."""
        drag = self._held()
        if drag is None:
            return
        name = drag.keypoints[0][0]
        moved = drag.moved(event, self._desk.size)
        if moved == drag.before:
            moved = place(drag.base or drag.before, name, drag.start, instance=drag.instance)
        self._desk.edit(moved, text=_place_text(name), gesture=drag.token)

    def release(self, event: PointerEvent) -> None:
        """Let go."""
        drag = self._held()
        super().release(event)
        if drag is None:
            return
        self._desk.say(translate("Tools", "{name} placed").format(name=spoken(drag.keypoints[0][0])))
        if self._advance is not None:
            self._advance()

    def _nothing_chosen(self) -> str:
        if self._desk.people.is_on:
            return translate("Tools", "Choose a point in the list")
        return translate("Tools", "Choose a keypoint on the pitch map")

    def right_click(self, event: PointerEvent) -> bool:
        """Occluded, and visible again."""
        found = hit_point(self._sight.view, event)
        resolved = self._desk.resolved
        if found is None or found.keypoint is None or resolved is None:
            return False
        self._desk.select(Selection(keypoints=(found.keypoint,)))
        was = resolved.keypoints[found.keypoint].visibility
        hidden = was is Visibility.OCCLUDED
        set_visibility_selected(self._desk, Visibility.VISIBLE if hidden else Visibility.OCCLUDED)
        return True

    def hint(self, event: PointerEvent | None = None) -> str:
        """What a press does here."""
        name = self._desk.active_keypoint
        if name is None:
            return self._nothing_chosen()
        return translate("Tools", "Click to place {name}").format(name=spoken(name))


class PanTool(HoldingTool):
    """A drag moves the paper."""

    def gesture(self, event: PointerEvent) -> Gesture:
        """Alt over empty ground zooms to a region."""
        return Gesture.PAN

    def hint(self, event: PointerEvent | None = None) -> str:
        """What a press does here."""
        return translate("Tools", "Drag to pan, wheel to zoom")

    def cursor(self, event: PointerEvent | None = None) -> Cursor:
        """What the pointer looks like here."""
        return Cursor.OPEN_HAND


def _place_text(name: str) -> str:
    return translate("Tools", "Place {name}").format(name=spoken(name))
