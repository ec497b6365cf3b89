"""Drawing the markings of the pitch: clicks along a line or circle, with a look ahead at what a click would make."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QCoreApplication

from annotator.constructions import fitted
from annotator.curves import curves_of
from annotator.evidence import gather
from annotator.gui.desk import Desk
from annotator.gui.drag import Drag, HoldingTool, is_on_frame, too_near
from annotator.gui.plain_names import spoken
from annotator.gui.pointing import Cursor, Hit, PointerEvent, ToolKey, nearest_click
from annotator.gui.sketch import NO_SKETCH, Look, Sketch, Stroke, stroke
from annotator.gui.view_state import Polyline, Selection
from annotator.labels import Instance, Point, add_marking_point, remove_marking_point
from annotator.lens import Lens
from annotator.pitch import MARKINGS

translate = QCoreApplication.translate

AGREES = 12.0
"""Screen pixels that a click may lie beside the line drawn so far for the line with it to be shown."""


@lru_cache(maxsize=1)
def curve_through(name: str, points: tuple[Point, ...], size: tuple[int, int]) -> tuple[Polyline, float] | None:
    """The line or ellipse through these clicks alone, and their root mean square distance to it in pixels."""
    lens = Lens(size)
    with np.errstate(all="ignore"):
        drawing = fitted(gather(Instance(markings={name: points}), lens), 0.0)
        curve = curves_of(drawing, lens=lens, solution=None, found={}).get(name)
    if curve is None or curve.rms is None or len(curve.path) < 2:
        return None
    return Polyline(curve.path), curve.rms


class MarkingTool(HoldingTool):
    """Clicks along the active line or circle; a drag moves a point, a right click removes one.

    Enter, Escape or a double click finishes: ``finish`` is called, and nothing else changes.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        finish: Callable[[], None] | None = None,
        dropped: Callable[[Selection], None] | None = None,
    ) -> None:
        super().__init__(desk, dropped=dropped)
        self._finish = finish
        self._last_word = ""

    def _click_at(self, event: PointerEvent) -> Hit | None:
        """The click there: only one of the active marking, as others meet it at corners that it needs as well."""
        clicks = self._sight.view.clicks
        active = self._desk.active_marking
        found = nearest_click(tuple(click for click in clicks if active in (None, click.marking)), event)
        return Hit(marking=found.marking, click=found.index, at=(found.x, found.y)) if found else None

    def press(self, event: PointerEvent) -> None:
        """Take hold of what lies there."""
        self._last_word = ""
        found = self._click_at(event)
        if found is not None:
            self._desk.select(Selection(marking=found.marking, click=found.click))
            self._hold(Drag(event.point, self._desk.labels, object(), click=found))
            return
        name = self._desk.active_marking
        if name is None:
            self._desk.say(translate("Tools", "Choose a marking on the pitch map"))
        elif not is_on_frame(event, self._desk):
            self._desk.say(translate("Tools", "Outside the picture"))
        elif too_near(self._desk.labels.pitch.markings.get(name, ()), event.point):
            self._desk.say(translate("Tools", "There is a point already; click further along"))
        else:
            self._add(name, event)

    def _add(self, name: str, event: PointerEvent) -> None:
        before = self._desk.labels
        labels = add_marking_point(before, name, event.point)
        index = len(labels.pitch.markings[name]) - 1
        added = Hit(marking=name, click=index, at=event.point)
        token = object()
        self._hold(Drag(event.point, labels, token, click=added, moving=True, back_to=before))
        text = translate("Tools", "Add point to {name}").format(name=spoken(name))
        self._desk.edit(labels, text=text, gesture=token)
        self._desk.select(Selection(marking=name, click=index))

    def release(self, event: PointerEvent) -> None:
        """Let go; say what still keeps it from being a line or circle."""
        drag = self._held()
        super().release(event)
        if drag is not None and drag.click is not None and (why := self._why_not(drag.click.marking)):
            self._desk.say(why)

    def _why_not(self, name: str | None) -> str:
        """What keeps this marking from being a line or circle yet; "" when nothing does."""
        resolved = self._desk.resolved
        curve = resolved.curves.get(name) if resolved is not None and name is not None else None
        return f"{spoken(curve.name)}: {curve.reason}" if curve is not None and curve.reason else ""

    def right_click(self, event: PointerEvent) -> bool:
        """Remove the point that lies there."""
        found = self._click_at(event)
        if found is None or found.marking is None or found.click is None:
            return False
        self.cancel()
        text = translate("Tools", "Remove point of {name}").format(name=spoken(found.marking))
        self._desk.edit(remove_marking_point(self._desk.labels, found.marking, found.click), text=text)
        self._desk.select(Selection(marking=found.marking))
        return True

    def double_click(self, event: PointerEvent) -> None:
        """A second press."""
        self._done()

    def wanted_keys(self) -> frozenset[ToolKey]:
        """The keys that mean something now."""
        if self._drag is not None or self._desk.active_marking is not None:
            return frozenset({ToolKey.ENTER, ToolKey.ESCAPE})
        return frozenset()

    def key(self, key: ToolKey) -> None:
        """Escape takes back, Enter finishes."""
        if self._drag is not None and key is ToolKey.ESCAPE:
            self.cancel()
        else:
            self._done()

    def _done(self) -> None:
        self._drag = None
        self._desk.end_gesture()
        self._last_word = self._why_not(self._desk.active_marking)
        if self._finish is not None:
            self._finish()

    def sketch(self, event: PointerEvent | None = None) -> Sketch:
        """A rubber line from the last click, and the line or ellipse that a click here would make."""
        name = self._desk.active_marking
        points = () if name is None else self._desk.labels.pitch.markings.get(name, ())
        if name is None or event is None or not points or self._drag is not None:
            return NO_SKETCH
        if not is_on_frame(event, self._desk) or self._click_at(event) is not None:
            return NO_SKETCH
        return Sketch(self._ahead(name, points, event))

    def _ahead(self, name: str, points: tuple[Point, ...], event: PointerEvent) -> tuple[Stroke, ...]:
        is_round = name in MARKINGS and MARKINGS[name].is_round
        found = curve_through(name, (*points, event.point), self._desk.size)
        if found is not None and len(points) > 1 and found[1] * event.scale * math.sqrt(len(points) + 1.0) < AGREES:
            return (Stroke(Look.PREVIEW, found[0]),)
        if not is_round and len(points) > 1:
            return ()
        return (stroke(Look.RUBBER, (points[-1], event.point)),)

    def hint(self, event: PointerEvent | None = None) -> str:
        """What a press does here."""
        found = self._click_at(event) if event is not None else None
        if found is not None:
            return translate("Tools", "Drag to move this point, right click removes it")
        name = self._desk.active_marking
        if name is None:
            return self._last_word or translate("Tools", "Choose a marking on the pitch map")
        return translate("Tools", "Click along {name}, Enter finishes").format(name=spoken(name))

    def cursor(self, event: PointerEvent | None = None) -> Cursor:
        """What the pointer looks like here."""
        if self._drag is None and event is not None and self._click_at(event) is not None:
            return Cursor.MOVE
        return super().cursor(event)
