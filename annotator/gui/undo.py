"""One command for every change: the record of a frame was this and is that."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QUndoCommand

from annotator.labels import FrameRecord


class Passing:
    """The token of a gesture that nobody ends, as key presses are: it is over with its pause. A drag is not."""


class RecordCommand(QUndoCommand):
    """The record of a frame was one value and is another; steps of one gesture merge."""

    def __init__(
        self,
        apply: Callable[[int, FrameRecord, str], None],
        frame_id: int,
        *,
        before: FrameRecord,
        after: FrameRecord,
        text: str,
        gesture: object | None,
    ) -> None:
        super().__init__(text)
        self._apply = apply
        self.frame_id = frame_id
        self.before = before
        self.after = after
        self.gesture = gesture

    def is_of(self, apply: Callable[[int, FrameRecord, str], None], frame_id: int | None) -> bool:
        """Whether this is a step of this frame that is made in this way."""
        return self._apply == apply and self.frame_id == frame_id

    def again(self) -> RecordCommand:
        """The same step, of no gesture."""
        return RecordCommand(
            self._apply, self.frame_id, before=self.before, after=self.after, text=self.text(), gesture=None
        )

    def id(self) -> int:
        """Only steps of gestures may merge."""
        return -1 if self.gesture is None else 1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take the newer step into this one; a step that ends where it began is no step."""
        if not isinstance(other, RecordCommand) or other.gesture != self.gesture or other.frame_id != self.frame_id:
            return False
        self.after = other.after
        self.setObsolete(self.after == self.before)
        return True

    def redo(self) -> None:
        """Make it so."""
        self._apply(self.frame_id, self.after, self.text())

    def undo(self) -> None:
        """Take it back."""
        self._apply(self.frame_id, self.before, self.text())
