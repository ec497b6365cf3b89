"""The frame on the desk: what is said of it, what follows, what is selected, and every change, undoable and stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoStack

from annotator.gui.answers import Answers
from annotator.gui.background import sentence
from annotator.gui.blind import BlindChecks
from annotator.gui.hovering import Hovering
from annotator.gui.loading import Image
from annotator.gui.passing import glimpse
from annotator.gui.people import People
from annotator.gui.progress import point_after
from annotator.gui.undo import Passing, RecordCommand
from annotator.gui.view_state import NOTHING_SELECTED, Selection, ViewSettings
from annotator.keypoints import Keypoint, Resolved, Source, resolve
from annotator.labels import Decision, FrameLabels, FrameRecord, Origin, Review, place
from annotator.project import ChangedElsewhereError, Project, ProjectError
from annotator.tripod_store import standing_of

if TYPE_CHECKING:
    from model.heatmaps import Prediction
    from model.people import PeoplePrediction

_PAUSE_MS = 150


def shown_predictions(resolved: Resolved, settings: ViewSettings) -> tuple[Keypoint, ...]:
    """The predicted keypoints on the screen: inside the frame and confident enough."""
    if not settings.predictions:
        return ()
    return tuple(
        point
        for point in resolved.keypoints.values()
        if point.source is Source.PREDICTED
        and point.inside
        and point.position is not None
        and (point.confidence or 0.0) >= settings.threshold
    )


def accepted(labels: FrameLabels, resolved: Resolved, settings: ViewSettings) -> FrameLabels:
    """The labels with every predicted keypoint on the screen placed where it is seen."""
    for point in shown_predictions(resolved, settings):
        assert point.position is not None
        labels = place(labels, point.name, point.position, origin=Origin.ACCEPTED)
    return labels


class FrameDesk(QObject):
    """What tools may know and do (``annotator.gui.desk.Desk``): one frame, and the only way to change it.

    Every change is on disk before the next event; a drag is stored when it ends or pauses.
    """

    record_changed = Signal(int)
    many_changed = Signal()
    resolved_changed = Signal()
    selection_changed = Signal()
    settings_changed = Signal()
    active_changed = Signal()
    saved = Signal(int)
    travelled = Signal(int)
    message = Signal(str)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project: Project | None = None
        self.stack = QUndoStack(self)
        self.hovering = Hovering(self)
        self.blind = BlindChecks()
        self.people = People()
        self.author = ""
        self._held = ""
        # The frame on the screen is passed by, as in playing: see `annotator.gui.passing`.
        self.passing = False
        self._on_disk: dict[int, FrameRecord] = {}
        self._settings = ViewSettings()
        self._active: tuple[str | None, str | None] = (None, None)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._rest)
        self._clear()

    def _clear(self) -> None:
        """Nothing is on the desk."""
        self._frame_id: int | None = None
        self._rgb: Image | None = None
        self._record: FrameRecord | None = None
        self._prediction: Prediction | None = None
        self._many: PeoplePrediction | None = None
        self.people.clear()
        self._resolved: Resolved | None = None
        self._answers = Answers()
        self._selection = NOTHING_SELECTED
        self._gesture: tuple[object, int] | None = None
        self._start = FrameRecord()
        self._resting = False
        self._serial = 0
        self._unstored: tuple[int, FrameRecord, str] | None = None

    @property
    def frame_id(self) -> int | None:
        """The frame on the screen."""
        return self._frame_id

    @property
    def is_blind(self) -> bool:
        """Whether the frame on the screen is under a blind check: nothing is shown but what was said in it."""
        return self.blind.covers(self._frame_id)

    @property
    def record(self) -> FrameRecord:
        """All that was said of the frame."""
        return self._record or FrameRecord()

    @property
    def labels(self) -> FrameLabels:
        """What was said of the frame's keypoints and markings."""
        return self.record.labels

    @property
    def resolved(self) -> Resolved | None:
        """The frame's keypoints with their sources."""
        return self._resolved

    @property
    def prediction(self) -> Prediction | None:
        """What the network saw in the frame."""
        return self._prediction

    @property
    def rgb(self) -> Image | None:
        """The frame's pixels, (H, W, 3) RGB."""
        return self._rgb

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the frame in pixels; (0, 0) without one."""
        return (0, 0) if self._rgb is None else (self._rgb.shape[1], self._rgb.shape[0])

    @property
    def selection(self) -> Selection:
        """What is selected."""
        return self._selection

    @property
    def settings(self) -> ViewSettings:
        """What is to be seen."""
        return self._settings

    @property
    def active_keypoint(self) -> str | None:
        """The keypoint that is placed next."""
        return self._active[0]

    @property
    def active_marking(self) -> str | None:
        """The marking that is drawn."""
        return self._active[1]

    @property
    def in_gesture(self) -> bool:
        """True while something is being dragged or nudged; not in a pause, which nudges end with."""
        return self._gesture is not None and not self._resting

    def say(self, text: str) -> None:
        """Show a short hint."""
        self.message.emit(text)

    def select(self, selection: Selection) -> None:
        """Select this and nothing else; a selected thing is also the active one."""
        keypoint, marking = self._active
        self.activate(
            keypoint=selection.keypoints[-1] if selection.keypoints else keypoint,
            marking=selection.marking or marking,
        )
        if selection != self._selection:
            self._selection = selection
            self.selection_changed.emit()

    def choose_thing(self, number: int, selection: Selection = NOTHING_SELECTED) -> None:
        """Work on this thing of the frame from now on, with this of it selected; a number that is free is a new one."""
        if number != self.people.active or self.people.is_new:
            self.people.choose(number)
            if self._resolved is not None:
                self._resolved = self.people.shown_alone()
                self.resolved_changed.emit()
        self.select(selection)

    def activate(self, *, keypoint: str | None, marking: str | None) -> None:
        """Choose what the point tool places and the marking tool draws."""
        if (keypoint, marking) != self._active:
            self._active = (keypoint, marking)
            self.active_changed.emit()

    def advance(self, by: int = 1) -> None:
        """Go to the next (+1) or previous (-1) keypoint in view of which nobody spoke yet, in the scheme's order."""
        if self._resolved is None:
            return
        if self.people.is_on:
            name = self.people.next_point(self.labels, self._active[0], by)
        else:
            name = point_after(self._active[0], self.labels.pitch, self._resolved, by=by)
        if name is not None:
            self.activate(keypoint=name, marking=self._active[1])
        elif self.people.is_on:
            self.say(self.tr("Something was said of every point of it"))
        else:
            self.say(self.tr("Every visible point is placed"))

    def set_settings(self, settings: ViewSettings) -> None:
        """See something else."""
        if settings == self._settings:
            return
        anew = settings.threshold != self._settings.threshold
        self._settings = settings
        self.settings_changed.emit()
        if anew:
            self._resolve()

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

    def _compute(self) -> None:
        if self._rgb is None or self._record is None:
            self._resolved = None
            return
        said, moving = self._record.labels.pitch, self._gesture is not None
        if self.people.is_on:
            self.people.look(self._many or self._prediction)
            self._resolved = self.people.resolve(
                self._record.labels, size=self.size, settings=self._settings, moving=moving
            )
            return
        frame_id = self._frame_id or 0
        known = self._answers.usable(frame_id, said, self.size) if self.passing else None
        if self.passing and known is None:
            size, threshold = self.size, self._settings.threshold
            self._resolved = glimpse(said, self._prediction, size=size, threshold=threshold)
            return
        self._resolved = resolve(
            said,
            self._prediction,
            size=self.size,
            threshold=self._settings.threshold,
            previous=self._resolved if moving else self._answers.usable(frame_id, said, self.size),
            standing=standing_of(self.project, self._frame_id),
        )
        if not moving:
            self._answers.keep(frame_id, self._resolved)

    def _resolve(self) -> None:
        self._compute()
        self.resolved_changed.emit()
