"""The single door: which project and frame are open, what is said of it, and every change, undoable and stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoStack

from annotator.frames import FrameSource
from annotator.gui.background import sentence
from annotator.gui.forecasting import Forecaster, NetworkFactory, load_network
from annotator.gui.loading import FrameLoader, Image
from annotator.gui.order import Order
from annotator.gui.undo import RecordCommand
from annotator.gui.view_state import NOTHING_SELECTED, Selection, ViewSettings
from annotator.keypoints import Keypoint, Resolved, Source, resolve
from annotator.labels import Decision, FrameLabels, FrameRecord, FrameState, Origin, Review, place
from annotator.pitch import KEYPOINTS
from annotator.project import Project, ProjectError

if TYPE_CHECKING:
    from model.heatmaps import Prediction

_PAUSE_MS = 150
_AHEAD = 3
_NEAR = (1, 2, -1)
UNDECIDED = frozenset({FrameState.UNSEEN, FrameState.PREDICTED, FrameState.DRAFT})
UNLABELLED = frozenset({FrameState.UNSEEN, FrameState.PREDICTED})


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


class Session(QObject):
    """What is open and chosen, and the only way to change it. Every change is on disk before the next event."""

    project_changed = Signal()
    frames_changed = Signal()
    wanted_changed = Signal()
    frame_changed = Signal()
    record_changed = Signal(int)
    resolved_changed = Signal()
    prediction_changed = Signal(int)
    selection_changed = Signal()
    settings_changed = Signal()
    active_changed = Signal()
    saved = Signal()
    message = Signal(str)
    failed = Signal(str)

    def __init__(self, network_factory: NetworkFactory = load_network, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project: Project | None = None
        self.stack = QUndoStack(self)
        self.order = Order()
        self.loader = FrameLoader(self)
        self.forecaster = Forecaster(network_factory, self)
        self._settings = ViewSettings()
        self._filter: tuple[frozenset[FrameState] | None, str] = (None, "")
        self._active: tuple[str | None, str | None] = (None, None)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._store)
        self.loader.loaded.connect(self._present)
        self.loader.failed.connect(self._on_unreadable)
        self.forecaster.predicted.connect(self._on_predicted)
        self.forecaster.failed.connect(self.failed)
        self.forecaster.loaded.connect(self._look_around)
        self._reset()

    def _reset(self) -> None:
        self._frame_id: int | None = None
        self._wanted: int | None = None
        self._rgb: Image | None = None
        self._record: FrameRecord | None = None
        self._prediction: Prediction | None = None
        self._resolved: Resolved | None = None
        self._selection = NOTHING_SELECTED
        self._gesture: tuple[object, int] | None = None
        self._serial = 0
        self._unstored: tuple[int, FrameRecord, str] | None = None
        self._painted = False

    # What tools may know (``annotator.gui.tools.Desk``).

    @property
    def frame_id(self) -> int | None:
        """The frame on the screen."""
        return self._frame_id

    @property
    def wanted(self) -> int | None:
        """The frame asked for: the one on the screen, or the one still being read."""
        return self._frame_id if self._wanted is None else self._wanted

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

    def activate(self, *, keypoint: str | None, marking: str | None) -> None:
        """Choose what the point tool places and the marking tool draws."""
        if (keypoint, marking) != self._active:
            self._active = (keypoint, marking)
            self.active_changed.emit()

    def advance(self, by: int = 1) -> None:
        """Go to the next keypoint of the scheme that nobody placed yet and that can lie in the frame."""
        names = list(KEYPOINTS)
        active = self._active[0]
        start = names.index(active) if active is not None and active in KEYPOINTS else -by
        for offset in range(1, len(names) + 1):
            name = names[(start + by * offset) % len(names)]
            point = self._resolved.keypoints.get(name) if self._resolved is not None else None
            if point is None or (point.source is not Source.PLACED and (point.position is None or point.inside)):
                self.activate(keypoint=name, marking=self._active[1])
                return

    def set_settings(self, settings: ViewSettings) -> None:
        """See something else."""
        if settings == self._settings:
            return
        anew = settings.threshold != self._settings.threshold
        self._settings = settings
        self.settings_changed.emit()
        if anew:
            self._resolve()

    # Change.

    def edit(self, labels: FrameLabels, *, text: str, gesture: object | None = None) -> None:
        """Take these labels as what is said of the frame; edits of one ``gesture`` are one step to undo."""
        if self._record is not None:
            self._push(replace(self._record, labels=labels), text, gesture)

    def end_gesture(self) -> None:
        """The gesture is over, and stored."""
        self._serial += 1
        self._gesture = None
        self._store()

    def undo(self) -> None:
        """Take back the last change, and show the frame it changed."""
        self.end_gesture()
        self._travel(self.stack.undo)

    def redo(self) -> None:
        """Make the change taken back once more, and show its frame."""
        self.end_gesture()
        self._travel(self.stack.redo)

    def decide(self, review: Review, *, text: str, labels: FrameLabels | None = None) -> None:
        """Take a reviewer's decision, in one step with the labels it confirms."""
        if self._record is not None:
            self.end_gesture()
            self._push(FrameRecord(self.labels if labels is None else labels, review), text, None)

    @property
    def can_decide(self) -> bool:
        """True when the frame asked for has been painted."""
        return self._record is not None and self._painted and self._wanted is None

    def accept_and_next(self) -> None:
        """Place every predicted keypoint on the screen, accept the frame and go to the next; one step to undo."""
        if not self.can_decide or self._resolved is None:
            return
        if self.forecaster.working_on == self._frame_id and self.labels.is_empty:
            self.say(self.tr("The network is still looking at this frame"))
            return
        labels = accepted(self.labels, self._resolved, self._settings)
        review = Review(Decision.ACCEPTED, comment=self.record.review.comment)
        self.decide(review, text=self.tr("Accept frame"), labels=labels)
        self._leave_decided(self.tr("Accepted. This is the last frame of the list"))

    def reject(self, reason: str) -> None:
        """Reject the frame for this reason and go to the next."""
        if self.can_decide:
            review = Review(Decision.REJECTED, reason, self.record.review.comment)
            self.decide(review, text=self.tr("Reject frame"))
            self._leave_decided(self.tr("Rejected. This is the last frame of the list"))

    def mark_painted(self) -> None:
        """The frame was painted: from now on a person can have seen it."""
        self._painted = self._frame_id is not None

    def _leave_decided(self, at_end: str) -> None:
        if self.order.step(self._frame_id, 1) in (self._frame_id, None):
            self.say(at_end)
        else:
            self.step(1)

    def _push(self, record: FrameRecord, text: str, gesture: object | None) -> None:
        if self._frame_id is None or self._record is None or record == self._record:
            return
        self._gesture = None if gesture is None else (gesture, self._serial)
        if gesture is None:
            self._store()
        before, frame_id = self._record, self._frame_id
        self.stack.push(
            RecordCommand(self._apply, frame_id, before=before, after=record, text=text, gesture=self._gesture)
        )

    def _apply(self, frame_id: int, record: FrameRecord, text: str) -> None:
        self._unstored = (frame_id, record, text)
        if self._gesture is None:
            self._store()
        else:
            self._pause.start()
        if frame_id == self._frame_id:
            self._record = record
            self._resolve()
        self.record_changed.emit(frame_id)

    def _store(self) -> None:
        self._pause.stop()
        waiting, self._unstored = self._unstored, None
        if waiting is None or self.project is None:
            return
        frame_id, record, text = waiting
        try:
            self.project.save_record(frame_id, record, text=text)
        except ProjectError as error:
            self._unstored = waiting
            self.failed.emit(self.tr("Not saved: {why}").format(why=sentence(error)))
            return
        self.saved.emit()

    def _travel(self, move: Callable[[], None]) -> None:
        changed: list[int] = []
        connection = self.record_changed.connect(changed.append)
        try:
            move()
        finally:
            self.record_changed.disconnect(connection)
        if changed and changed[-1] != self.wanted:
            self.show(changed[-1])

    # Frames.

    def show(self, frame_id: int) -> None:
        """Show a frame, as soon as its pixels are there."""
        if self.project is None or frame_id == self.wanted:
            return
        self.end_gesture()
        self.order.visit(self.wanted)
        self._want(frame_id)

    def step(self, by: int) -> None:
        """Show the frame ``by`` rows on in the list."""
        target = self.order.step(self.wanted, by)
        if target is not None:
            self.show(target)

    def go_back(self, direction: int) -> None:
        """Show the frame before (-1) or after (+1) on the way taken through the frames."""
        target = self.order.return_from(self.wanted, direction) if self.wanted is not None else None
        if target is not None:
            self.end_gesture()
            self._want(target)

    def show_next(self, direction: int, states: frozenset[FrameState], nothing: str) -> None:
        """Show the nearest listed frame in one of these states, or say that there is nothing."""
        if self.project is None:
            return
        fitting = set(self.project.frame_ids(states))
        target = next((other for other in self.order.beyond(self.wanted, direction) if other in fitting), None)
        if target is None:
            self.say(nothing)
        else:
            self.show(target)

    def set_filter(self, states: frozenset[FrameState] | None, text: str) -> None:
        """List only frames in these states (None: all) with this text in their name."""
        self._filter = (states, text)
        if self.project is not None:
            self.order = self.order.with_ids(self.project.frame_ids(states, text))
            self.frames_changed.emit()

    def reload(self) -> None:
        """Read everything anew after records changed behind the window's back; there is nothing to undo any more."""
        self.end_gesture()
        self.stack.clear()
        self.set_filter(*self._filter)
        if self._frame_id is not None:
            self._present(self._frame_id, self._rgb)

    def _want(self, frame_id: int) -> None:
        assert self.project is not None
        self._wanted = frame_id
        row = self.project.row(frame_id)
        image = self.loader.cached(row)
        if image is None:
            self.loader.want(row)
            self.wanted_changed.emit()
        else:
            self._present(frame_id, image)

    def _present(self, frame_id: int, image: Image | None) -> None:
        """Pixels, labels and prediction of a frame in one go."""
        if self.project is None:
            return
        self.end_gesture()
        if frame_id == self._wanted:
            self._wanted = None
        self._frame_id, self._rgb, self._painted = frame_id, image, False
        self._record = self._prediction = self._resolved = None
        try:
            self._record = self.project.record(frame_id)
            self._prediction = self._stored_prediction(frame_id)
        except ProjectError as error:
            self.failed.emit(sentence(error))
        self._selection = NOTHING_SELECTED
        self._compute()
        self.frame_changed.emit()
        self.wanted_changed.emit()
        self.selection_changed.emit()
        self.resolved_changed.emit()
        if self._wanted is None:
            self._look_around()

    def _on_unreadable(self, frame_id: int, why: str) -> None:
        self.failed.emit(why)
        self._present(frame_id, None)

    def _stored_prediction(self, frame_id: int) -> Prediction | None:
        assert self.project is not None
        network = self.forecaster.network_id
        own = self.project.prediction(frame_id, network) if network is not None else None
        return own or self.project.prediction(frame_id)

    def _compute(self) -> None:
        if self._rgb is None or self._record is None:
            self._resolved = None
            return
        self._resolved = resolve(
            self._record.labels.pitch,
            self._prediction,
            size=self.size,
            threshold=self._settings.threshold,
            previous=self._resolved,
        )

    def _resolve(self) -> None:
        self._compute()
        self.resolved_changed.emit()

    def _look_around(self) -> None:
        """Read the neighbours, and predict this frame and the next ones where that is still to do."""
        if self.project is None or self._frame_id is None:
            return
        near = [self.order.step(self._frame_id, by) for by in _NEAR]
        self.loader.prefetch(
            self.project.row(other) for other in dict.fromkeys(near) if other not in (None, self._frame_id)
        )
        network = self.forecaster.network_id
        if network is None:
            return
        if self._rgb is not None and not self.project.has_prediction(self._frame_id, network):
            self.forecaster.want(self.project.row(self._frame_id), self._rgb)
        ahead = dict.fromkeys(self.order.step(self._frame_id, by) for by in range(1, _AHEAD + 1))
        self.forecaster.look_ahead(
            self.project.row(other)
            for other in ahead
            if other not in (None, self._frame_id) and not self.project.has_prediction(other, network)
        )

    def predict_again(self) -> None:
        """Let the network look at the frame on the screen once more."""
        if self.project is not None and self._frame_id is not None and self._rgb is not None:
            self.forecaster.want(self.project.row(self._frame_id), self._rgb)

    def _on_predicted(self, frame_id: int, prediction: Prediction) -> None:
        if frame_id == self._frame_id:
            self._prediction = prediction
            self._resolve()
        self.prediction_changed.emit(frame_id)

    # Projects.

    def adopt(self, project: Project | None) -> None:
        """Work on this project from now on; the one before is closed."""
        self.end_gesture()
        self._remember_frame()
        self.stack.clear()
        before, self.project = self.project, None
        self._reset()
        self.loader.use(None if project is None else FrameSource())
        if project is None:
            self.forecaster.use(None, None)
        else:
            self.forecaster.use(FrameSource(max_frames=4), project.save_prediction)
        if before is not None:
            before.close()
        self.project = project
        self._filter = (None, "")
        self.order = Order(() if project is None else project.frame_ids())
        self.project_changed.emit()
        self.frames_changed.emit()
        self.frame_changed.emit()
        if project is not None and self.order.ids:
            last = project.setting("frame", 0)
            self._want(last if self.order.place_of(last) is not None else self.order.ids[0])

    def close(self) -> None:
        """Store what is not stored, let every thread end and close the project."""
        self.end_gesture()
        self._remember_frame()
        self.loader.close()
        self.forecaster.close()
        if self.project is not None:
            self.project.close()
            self.project = None

    def _remember_frame(self) -> None:
        if self.project is not None and self._frame_id is not None:
            self.project.set_setting("frame", self._frame_id)
