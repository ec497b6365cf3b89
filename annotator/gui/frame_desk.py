"""Every change of the frame on the desk: undoable, stored, and the only way to change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoStack

from annotator.gui.background import sentence
from annotator.gui.on_desk import OnDesk
from annotator.gui.undo import Passing, RecordCommand
from annotator.labels import Decision, FrameLabels, FrameRecord, Review
from annotator.project import ChangedElsewhereError, ProjectError

_PAUSE_MS = 150


class FrameDesk(OnDesk):
    """What tools may know and do (``annotator.gui.desk.Desk``): one frame, and the only way to change it.

    Every change is on disk before the next event; a drag is stored when it ends or pauses.
    """

    record_changed = Signal(int)
    many_changed = Signal()
    saved = Signal(int)
    travelled = Signal(int)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stack = QUndoStack(self)
        self.author = ""
        self._held = ""
        self._on_disk: dict[int, FrameRecord] = {}
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._rest)

    def _clear(self) -> None:
        """Nothing is on the desk, and nothing waits to be stored."""
        super()._clear()
        self._start = FrameRecord()
        self._serial = 0
        self._unstored: tuple[int, FrameRecord, str] | None = None

    def edit(self, labels: FrameLabels, *, text: str, gesture: object | None = None) -> None:
        """Take these labels as what is said of the frame; edits of one ``gesture`` are one step to undo.

        What a reviewer accepted is accepted no more once it is changed: the frame is a draft again, until the edit is
        undone, a gesture ends where it began, or somebody accepts it anew.
        """
        if self._record is None:
            return
        if gesture is None or self._gesture != (gesture, self._serial):
            self._start = self._record
        review = self._start.review
        if review.decision is Decision.ACCEPTED and labels != self._start.labels:
            review = review.decided(Decision.OPEN)
            if not self._held and self._record.review.decision is Decision.ACCEPTED:
                self.say(self.tr("The frame is a draft again, because it was accepted as it was before"))
        self._push(FrameRecord(labels, review), text, gesture)

    def end_gesture(self) -> None:
        """The gesture is over, and stored; sources that were held still in the drag are chosen anew."""
        self._serial += 1
        dragged, self._gesture = self._gesture is not None, None
        self._store()
        if dragged:
            self._resolve()

    def hold(self, why: str) -> None:
        """Change nothing from now on, for this reason; "" lets changes through again."""
        self._held = why

    def undo(self) -> None:
        """Take back the last change, and show the frame it changed."""
        self.end_gesture()
        self._travel(self.stack.undo, self.stack.canUndo)

    def redo(self) -> None:
        """Make the change taken back once more, and show its frame."""
        self.end_gesture()
        self._travel(self.stack.redo, self.stack.canRedo)

    def decide(self, review: Review, *, text: str, labels: FrameLabels | None = None) -> None:
        """Take a reviewer's decision, in one step with the labels it confirms."""
        if self._record is not None:
            self.end_gesture()
            self._push(FrameRecord(self.labels if labels is None else labels, review), text, None)

    def _push(self, record: FrameRecord, text: str, gesture: object | None) -> None:
        if self._frame_id is None or self._record is None or record == self._record:
            return
        if self._held or self.passing:
            self.say(self._held or self.tr("Stop playing first"))
            return
        self._gesture = None if gesture is None else (gesture, self._serial)
        self._resting = False
        if gesture is None:
            self._store()
        before, frame_id = self._record, self._frame_id
        apply = self._apply_blind if self.blind.covers(frame_id) else self._apply
        self.stack.push(RecordCommand(apply, frame_id, before=before, after=record, text=text, gesture=self._gesture))

    def _apply_blind(self, frame_id: int, record: FrameRecord, text: str) -> None:
        """A change of a second answer, which is kept apart; one whose check is over changes nothing."""
        if not self.blind.covers(frame_id):
            return
        self.blind.keep(frame_id, record)
        if self._gesture is None:
            self._store()
        else:
            self._pause.start()
        if frame_id == self._frame_id:
            self._record = record
            self._resolve()
        self.record_changed.emit(frame_id)

    def _apply(self, frame_id: int, record: FrameRecord, text: str) -> None:
        if frame_id == self._frame_id and not self.blind.covers(frame_id):
            self._record = record
        self._unstored = (frame_id, record, text)
        if self._gesture is None:
            self._store()
        else:
            self._pause.start()
        if frame_id == self._frame_id:
            self._resolve()
        self.record_changed.emit(frame_id)

    def _rest(self) -> None:
        self._store()
        self._resting = self._gesture is not None and isinstance(self._gesture[0], Passing)

    def _store(self) -> None:
        self._pause.stop()
        waiting, self._unstored = self._unstored, None
        if self.project is None:
            return
        try:
            self.blind.store(self.project)
        except ProjectError as error:
            self.failed.emit(self.tr("Not saved: {why}").format(why=sentence(error)))
        if waiting is None:
            return
        frame_id, record, text = waiting
        try:
            expected = self._on_disk.get(frame_id)
            self.project.save_record(frame_id, record, text=text, author=self.author, expected=expected)
        except ChangedElsewhereError:
            self._on_changed_elsewhere(frame_id)
            return
        except ProjectError as error:
            self._unstored = waiting
            self.failed.emit(self.tr("Not saved: {why}").format(why=sentence(error)))
            return
        self._on_disk[frame_id] = record
        self.saved.emit(frame_id)

    def _read_record(self, frame_id: int) -> FrameRecord:
        """What is stored of a frame; if that is not what this window left there, no older step may be undone."""
        assert self.project is not None
        if self.blind.covers(frame_id):
            return self.blind.answer(self.project, frame_id)
        record = self.project.record(frame_id)
        if self._on_disk.get(frame_id, record) != record:
            self.stack.clear()
        self._on_disk[frame_id] = record
        return record

    def _on_changed_elsewhere(self, frame_id: int) -> None:
        """Another window or command changed the frame first: show what it says now, and keep it."""
        self._gesture = None
        # Not at once: this may run inside a step of the very stack.
        QTimer.singleShot(0, self, self.stack.clear)
        self.failed.emit(
            self.tr("This frame was changed elsewhere. It is shown as it is now; the last change is not kept")
        )
        try:
            record = self._read_record(frame_id)
        except ProjectError as error:
            self.failed.emit(sentence(error))
            return
        if frame_id == self._frame_id:
            self._record = record
            self._resolve()

    def take_many(self, records: Mapping[int, FrameRecord]) -> None:
        """These records are stored now, written by somebody else for this window."""
        self._on_disk.update(records)
        here = None if self._frame_id is None else records.get(self._frame_id)
        if here is not None and not self.blind.covers(self._frame_id):
            self._record = here
            self.people.match_anew()
            self._resolve()
        self.many_changed.emit()

    def _travel(self, move: Callable[[], None], can: Callable[[], bool]) -> None:
        if self._held:
            self.say(self._held)
            return
        if self.is_blind and not self._own_step(move):
            self.say(self.tr("Nothing of this blind check to take back or make again"))
            return
        changed: list[int] = []
        connection = self.record_changed.connect(changed.append)
        try:
            # Steps of a blind check that is over change nothing: the one before them is meant.
            while not changed and not self._held and can():
                move()
        finally:
            self.record_changed.disconnect(connection)
        if changed:
            self.travelled.emit(changed[-1])

    def _own_step(self, move: Callable[[], None]) -> bool:
        """Whether the step that ``move`` takes belongs to the blind check on the screen."""
        stack = self.stack
        step = stack.command(stack.index() - 1 if move == stack.undo else stack.index())
        return isinstance(step, RecordCommand) and step.is_of(self._apply_blind, self._frame_id)
