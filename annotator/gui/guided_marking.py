"""The marking tool with the guide at its side: two clicks finish a line, Enter takes an offered circle."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from annotator.gui.desk import Desk
from annotator.gui.drawing import MarkingTool
from annotator.gui.guide_words import hint_text
from annotator.gui.pointing import PointerEvent, ToolKey
from annotator.gui.view_state import Selection
from annotator.pitch import MARKINGS

if TYPE_CHECKING:
    from annotator.gui.guide import Guide


class GuidedMarking(MarkingTool):
    """As ``MarkingTool``; the guide is told of every click that was dropped and says what comes next."""

    def __init__(self, desk: Desk, guide: Guide, *, dropped: Callable[[Selection], None] | None = None) -> None:
        super().__init__(desk, finish=guide.finish, dropped=dropped)
        self._guide = guide
        self._adding: tuple[str, int] | None = None
        self._finished_here = False

    def press(self, event: PointerEvent) -> None:
        """Take hold of what lies there."""
        before, name = self._desk.labels, self._desk.active_marking
        self._finished_here = False
        super().press(event)
        points = () if name is None else before.pitch.markings.get(name, ())
        added = name is not None and len(self._desk.labels.pitch.markings.get(name, ())) > len(points)
        self._adding = (name, len(points)) if added and name is not None else None

    def release(self, event: PointerEvent) -> None:
        """Let go; the second click of a line finishes it."""
        super().release(event)
        adding, self._adding = self._adding, None
        if adding is not None:
            active = self._desk.active_marking
            self._guide.clicked(*adding)
            self._finished_here = self._desk.active_marking != active

    def cancel(self) -> None:
        """Take back the gesture under way."""
        self._adding = None
        super().cancel()

    def double_click(self, event: PointerEvent) -> None:
        """A second press; whoever ends a line with it finds it ended already."""
        if self._finished_here:
            self._finished_here = False
        else:
            super().double_click(event)

    def key(self, key: ToolKey) -> None:
        """Escape takes back or leaves, Enter takes what is offered or finishes."""
        if self._drag is not None:
            super().key(key)
        elif key is ToolKey.ESCAPE:
            self._desk.end_gesture()
            self._last_word = self._why_not(self._desk.active_marking)
            self._guide.leave()
        elif not self._guide.take_offer():
            super().key(key)

    def hint(self, event: PointerEvent | None = None) -> str:
        """What a press does here."""
        name = self._desk.active_marking
        if event is not None and self._click_at(event) is not None:
            return super().hint(event)
        if name not in MARKINGS:
            return self._last_word or self._guide.text or super().hint(event)
        clicks = len(self._desk.labels.pitch.markings.get(str(name), ()))
        is_round = MARKINGS[str(name)].is_round
        if clicks > 1 and not is_round:
            return super().hint(event)
        proposed = self._guide.proposal is not None
        can_take = self._guide.offer is not None and clicks == 0
        return hint_text(str(name), clicks, is_round=is_round, can_take=can_take, proposed=proposed)
