"""Which project is open, which frame of it is on the desk, and the way through the frames."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from annotator.frames import FrameSource
from annotator.gui.background import sentence
from annotator.gui.forecasting import Forecaster, NetworkFactory, load_network
from annotator.gui.frame_desk import FrameDesk
from annotator.gui.loading import FrameLoader, Image
from annotator.gui.order import Order
from annotator.gui.people import told_apart
from annotator.gui.view_state import NOTHING_SELECTED
from annotator.keeper import Keeper
from annotator.labels import FrameRecord, FrameState
from annotator.people_prediction import look_and_store, seen_in
from annotator.project import Project, ProjectError

if TYPE_CHECKING:
    from model.heatmaps import Prediction
    from model.people import PeoplePrediction

_AHEAD = 3
_KEEP_MS = 700
_HOLD_MS = 400
"""After a project was opened: later than its first frame, sooner than anybody has found a file dialog."""
_NEAR = (1, 2, -1)


class OpenProject(FrameDesk):
    """Which project is open, which of its frames is on the desk, and the way through the frames."""

    project_changed = Signal()
    leaving = Signal()
    frames_changed = Signal()
    wanted_changed = Signal()
    frame_changed = Signal()
    prediction_changed = Signal(int)
    unreadable = Signal(str)

    def __init__(self, network_factory: NetworkFactory = load_network, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.order = Order()
        self.loader = FrameLoader(self)
        self.forecaster = Forecaster(network_factory, self)
        self._filter: tuple[frozenset[FrameState] | None, str] = (None, "")
        self._arranged: Sequence[int] | None = None
        self._wanted: int | None = None
        self._painted = self._shown_blind = False
        self._soon = QTimer(self, singleShot=True, interval=_KEEP_MS)
        self._soon.timeout.connect(self._keep_frame)
        self.frame_changed.connect(self._soon.start)
        self._keeper: Keeper | None = None
        self._hold = QTimer(self, singleShot=True, interval=_HOLD_MS)
        self._hold.timeout.connect(self._hold_project)
        self.travelled.connect(self.show)
        self.loader.loaded.connect(self._present)
        self.loader.failed.connect(self._on_unreadable)
        self.forecaster.predicted.connect(self._on_predicted)
        self.forecaster.failed.connect(self.failed)
        self.forecaster.loaded.connect(self._look_around)

    @property
    def wanted(self) -> int | None:
        """The frame asked for: the one on the screen, or the one still being read."""
        return self._frame_id if self._wanted is None else self._wanted

    def mark_painted(self) -> None:
        """The frame was painted: from now on a person can have seen it."""
        self._painted = self._frame_id is not None

    @property
    def is_last(self) -> bool:
        """Whether no frame follows in the list on the one that is shown."""
        return self.order.step(self._frame_id, 1) in (self._frame_id, None)

    @property
    def is_gone(self) -> bool:
        """Whether the file of the frame on the screen is not where it was."""
        if self.project is None or self._frame_id is None:
            return False
        return not self.project.row(self._frame_id).path.exists()

    # Frames.

    def show(self, frame_id: int) -> None:
        """Show a frame, as soon as its pixels are there."""
        if self.project is None or frame_id == self.wanted:
            return
        self.end_gesture()
        self.passing = False
        self.order.visit(self.wanted)
        self._want(frame_id)

    def glance(self, frame_id: int, image: Image | None = None, record: FrameRecord | None = None) -> None:
        """Show a frame in passing, as playing and scrubbing do: nothing is fitted, predicted or decided about it.

        ``image`` is its picture where somebody has it already, ``record`` what will be said of it and is not stored.
        """
        if self.project is None or (frame_id == self.wanted and self.passing and image is None):
            return
        if not self.passing:
            self.end_gesture()
            self.order.visit(self.wanted)
        self.passing = True
        if image is None:
            self._want(frame_id)
        else:
            self._wanted = frame_id
            self._present(frame_id, image, record)

    def resolve_anew(self) -> None:
        """What is known of the clip's camera changed: what follows from it in this frame is worked out again."""
        self._answers.forget()
        self._resolve()

    def settle(self) -> None:
        """The frame that was passed by last is one to work on."""
        if self.passing:
            self.passing = False
            if self._wanted is None and self._frame_id is not None:
                self._present(self._frame_id, self._rgb)

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
            self.passing = False
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
            ids = self.project.frame_ids(states, text)
            if self._arranged is not None:
                fitting = set(ids)
                ids = [frame_id for frame_id in self._arranged if frame_id in fitting]
            self.order = self.order.with_ids(ids)
            self.frames_changed.emit()

    def arrange(self, ids: Sequence[int] | None) -> None:
        """List only these frames, in this order; None lists them all as the media have them."""
        hidden = self._shown_blind
        self._arranged = ids
        self.set_filter(*self._filter)
        if self._frame_id is not None and self.blind.covers(self._frame_id) is not hidden:
            self._present(self._frame_id, self._rgb)

    def reload(self) -> None:
        """Read everything anew after records changed behind the window's back; there is nothing to undo any more."""
        self.end_gesture()
        self.stack.clear()
        self._on_disk.clear()
        self.set_filter(*self._filter)
        if self._frame_id is not None:
            self._present(self._frame_id, self._rgb)

    def look_anew(self) -> None:
        """The files of frames are elsewhere now: list the frames again, and read the one that is wanted."""
        self.set_filter(*self._filter)
        if self.wanted is not None:
            self.end_gesture()
            self._want(self.wanted)

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

    def _present(self, frame_id: int, image: Image | None, record: FrameRecord | None = None) -> None:
        """Pixels, labels and prediction of a frame in one go."""
        if self.project is None:
            return
        self.end_gesture()
        if frame_id == self._wanted:
            self._wanted = None
        self._frame_id, self._rgb, self._painted = frame_id, image, False
        self._shown_blind = self.blind.covers(frame_id)
        self._record = self._prediction = self._many = self._resolved = None
        try:
            self._record = record or self._read_record(frame_id)
            self._prediction = self._stored_prediction(frame_id)
            if self.people.is_on and self._prediction is None and not self.blind.covers(frame_id):
                self._many = seen_in(self.project, frame_id, self.forecaster.network_id, self.labels, self.size)
        except ProjectError as error:
            self.failed.emit(sentence(error))
        self._selection = NOTHING_SELECTED
        self.people.clear()
        self._compute()
        self.frame_changed.emit()
        self.wanted_changed.emit()
        self.selection_changed.emit()
        self.resolved_changed.emit()
        if self._wanted is None:
            self._look_around()

    def _on_unreadable(self, frame_id: int, why: str) -> None:
        self._present(frame_id, None)
        self.unreadable.emit(why)

    def _stored_prediction(self, frame_id: int) -> Prediction | None:
        """What the network saw; a blind answer has to do without."""
        assert self.project is not None
        if self.blind.covers(frame_id):
            return None
        network = self.forecaster.network_id
        own = self.project.prediction(frame_id, network) if network is not None else None
        return own or self.project.prediction(frame_id)

    def _look_around(self) -> None:
        """Read the neighbours, and predict this frame and the next ones where that is still to do."""
        if self.project is None or self._frame_id is None or self.passing:
            return
        near = [self.order.step(self._frame_id, by) for by in _NEAR]
        self.loader.prefetch(
            self.project.row(other) for other in dict.fromkeys(near) if other not in (None, self._frame_id)
        )
        network = self.forecaster.network_id
        if network is None:
            return
        if self._rgb is not None and not self.is_blind and not self.project.has_prediction(self._frame_id, network):
            self.forecaster.want(self.project.row(self._frame_id), self._rgb)
        ahead = dict.fromkeys(self.order.step(self._frame_id, by) for by in range(1, _AHEAD + 1))
        self.forecaster.look_ahead(
            self.project.row(other)
            for other in ahead
            if other not in (None, self._frame_id) and not self.project.has_prediction(other, network)
        )

    def predict_again(self) -> None:
        """Let the network look at the frame on the screen once more."""
        if self.is_blind:
            self.say(self.tr("No prediction during a blind check"))
        elif self.project is not None and self._frame_id is not None and self._rgb is not None:
            self.forecaster.want(self.project.row(self._frame_id), self._rgb)

    def _on_predicted(self, frame_id: int, prediction: Prediction | PeoplePrediction) -> None:
        if frame_id == self._frame_id and not self.is_blind:
            # What just arrived must be seen before it can be accepted.
            self._painted = False
            self._prediction, self._many = told_apart(prediction)
            self._resolve()
        self.prediction_changed.emit(frame_id)

    # Projects.

    def adopt(self, project: Project | None, order: Order | None = None) -> None:
        """Work on this project from now on, with all of its frames in ``order``; the one before is closed."""
        self.end_gesture()
        self._remember_frame()
        self.stack.clear()
        self._on_disk.clear()
        before, self.project = self.project, None
        self._clear()
        self._wanted = None
        self._painted = self._shown_blind = self.passing = False
        self.blind.clear()
        self.loader.use(None if project is None else FrameSource())
        if project is None:
            self.forecaster.use(None)
        else:
            self.forecaster.use(FrameSource(max_frames=4), *look_and_store(project))
        if before is not None:
            before.close()
        self._let_go()
        self.project = project
        if project is not None:
            self._hold.start()
        self.people.use(None if project is None else project.scheme)
        self.forecaster.expect(self.people.scheme.keypoints)
        self._filter, self._arranged = (None, ""), None
        self.order = order or Order(() if project is None else project.frame_ids())
        # A blind check that a kill cut short stays blind, wherever its frame is met.
        self.blind.expect(() if project is None else project.unfinished_checks())
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
        self._let_go()

    def _hold_project(self) -> None:
        """What a file dialog does to the locks of the project loses nothing from now on, see `annotator.keeper`."""
        if self.project is not None:
            self._keeper = Keeper.hold(self.project.path)

    def _let_go(self) -> None:
        self._hold.stop()
        if self._keeper is not None:
            self._keeper.release()
            self._keeper = None

    def _remember_frame(self) -> None:
        self.leaving.emit()
        self._soon.stop()
        self._keep_frame()

    def _keep_frame(self) -> None:
        """A program that is killed begins again at the frame that was on the screen."""
        if self.project is not None and self._frame_id is not None:
            # A project that cannot be written says so when there is something to lose.
            with suppress(ProjectError):
                self.project.set_setting("frame", self._frame_id)
