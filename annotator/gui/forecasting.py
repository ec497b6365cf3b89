"""What the network sees: the shown frame first, then the frames ahead, then all frames of a project."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QCoreApplication, QObject, Signal

from annotator.frames import FrameSource
from annotator.gui.background import Job, Lane, Progress, ShouldStop, sentence
from annotator.gui.loading import Image
from annotator.project import FrameRow


class Network(Protocol):
    """What predicts keypoints (``model.predictor.Predictor``)."""

    @property
    def id(self) -> str:
        """Which weights these are."""

    @property
    def device_text(self) -> str:
        """Where it runs, for people."""

    @property
    def threshold(self) -> float:
        """The confidence from which its points are worth showing."""

    def predict(self, rgb: Image, /) -> Any:
        """The ``Prediction`` for one frame."""


NetworkFactory = Callable[[Path], Network]
Store = Callable[[int, Any], None]
View = Callable[[Network, Image, int], Any]
"""What a network makes of a frame; None where there is nothing to look at."""
Look = Callable[[Network, Image, int], None]
"""Another look at a frame than predicting it; called in the network's thread."""


def load_network(path: Path) -> Network:
    """The network in a file; called in a worker thread. Where it needs torch it lives in a process of its own."""
    from model.remote import load

    network: Network = load(path)
    return network


def whole(network: Network, rgb: Image, frame_id: int) -> Any:
    """What a network sees of a frame as a whole."""
    return network.predict(rgb)


def let_go(network: Network | None) -> None:
    """End the process of a network that has one, also in the middle of its work."""
    close = getattr(network, "close", None)
    if close is not None:
        close()


class NetworkState(Enum):
    """What the network is doing."""

    NONE = "none"
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


class Forecaster(QObject):
    """Predicts the shown frame first, then the frames ahead, then whatever a whole-project run still wants."""

    state_changed = Signal()
    loaded = Signal()
    predicted = Signal(int, object)
    failed = Signal(str)
    batch_ended = Signal(int, int)

    def __init__(self, factory: NetworkFactory = load_network, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._factory = factory
        self._lane = Lane("network", self)
        self._points: frozenset[str] | None = None
        self._source: FrameSource | None = None
        self._view: View = whole
        self._store: Store | None = None
        self._network: Network | None = None
        self._state = NetworkState.NONE
        self._path: Path | None = None
        self.is_refused = False
        self._shown: tuple[FrameRow, Image, View | None] | None = None
        self._ahead: list[FrameRow] = []
        self._batch: deque[int] = deque()
        self._read_row: Callable[[int], FrameRow] | None = None
        self._is_done: Callable[[int], bool] = lambda frame_id: False
        self._look: Look | None = None
        self._ended: Callable[[int, int], None] = self.batch_ended.emit
        self._batch_total = 0
        self._batch_failed = 0
        self._busy_with: int | None = None
        self._blind: set[int] = set()
        # Frames in which there was nothing to look at: no box, where the network looks into boxes.
        self._without: set[int] = set()
        self.job = Job(self)

    @property
    def state(self) -> NetworkState:
        """Whether there is a network."""
        return self._state

    @property
    def working_on(self) -> int | None:
        """The frame that is being predicted."""
        return self._busy_with

    @property
    def network_id(self) -> str | None:
        """Which weights are loaded, or None."""
        return None if self._network is None else self._network.id

    @property
    def threshold(self) -> float | None:
        """The confidence from which the network's points are worth showing, or None without a network."""
        return None if self._network is None else self._network.threshold

    @property
    def takes_boxes(self) -> bool:
        """Whether the network has to be told where to look in frames that show many."""
        return bool(getattr(self._network, "takes_boxes", False))

    @property
    def path(self) -> Path | None:
        """The file that the network was loaded from, or is being loaded from."""
        return self._path

    @property
    def text(self) -> str:
        """The network in a few words."""
        translate = QCoreApplication.translate
        if self._state is NetworkState.LOADING:
            return translate("Forecaster", "Loading the network")
        if self._network is None:
            return translate("Forecaster", "No network loaded")
        if self._busy_with is not None:
            return translate("Forecaster", "{device}: predicting").format(device=self._network.device_text)
        return translate("Forecaster", "{device}: ready").format(device=self._network.device_text)

    def use(self, source: FrameSource | None, view: View = whole, store: Store | None = None) -> None:
        """Read frames from another source, see and keep them in another way; drops everything that was wanted."""
        before, self._source, self._view, self._store = self._source, source, view, store
        self._shown, self._ahead = None, []
        self._blind.clear()
        self._without.clear()
        self.stop_batch()
        if self._state is not NetworkState.LOADING:
            self._lane.drop()
            self._set_busy(None)
        if before is not None:
            before.close()

    def expect(self, points: Iterable[str]) -> None:
        """Predict these points from now on: a network that knows others is let go, and none such is taken."""
        wanted = frozenset(points)
        if wanted == self._points:
            return
        begun, self._points = self._points is not None, wanted
        # What is being loaded was meant for the points before.
        stale = begun and self._state is NetworkState.LOADING
        if stale:
            self._lane.drop()
        misfit = self._network is not None and not self._fits(self._network)
        if misfit:
            let_go(self._network)
            self._network = None
        if stale or misfit:
            self._path = None
            self._state = NetworkState.NONE if self._network is None else NetworkState.READY
            self._set_busy(None)
            self.state_changed.emit()

    def _fits(self, network: Network) -> bool:
        """Whether a network says points of the project, and no others; one that does not tell its points does."""
        names = getattr(network, "names", None)
        return self._points is None or names is None or (bool(names) and self._points.issuperset(names))

    def load(self, path: Path) -> None:
        """Load the network in a file; `state_changed` follows."""
        self._state, self._path, self.is_refused = NetworkState.LOADING, path, False
        self.state_changed.emit()
        factory = self._factory
        self._lane.ask(lambda progress, should_stop: factory(path), then=self._on_loaded, failed=self._on_load_failed)

    def want(self, row: FrameRow, image: Image, view: View | None = None) -> None:
        """Predict the shown frame next, as usual or with another way of looking at it."""
        self._shown = (row, image, view)
        self._pump()

    def look_ahead(self, rows: Iterable[FrameRow]) -> None:
        """Predict these when the shown frame is done."""
        self._ahead = list(rows)
        self._pump()

    def will_look_at(self, frame_id: int | None) -> bool:
        """True while a prediction of this frame may still come."""
        if self._state is NetworkState.LOADING:
            return True
        if self._network is None or frame_id in self._blind:
            return False
        return frame_id not in self._without or frame_id == self._busy_with or self._is_wanted(frame_id)

    def _is_wanted(self, frame_id: int | None) -> bool:
        return self._shown is not None and self._shown[0].id == frame_id

    def run_batch(
        self,
        ids: Iterable[int],
        *,
        read_row: Callable[[int], FrameRow],
        is_done: Callable[[int], bool],
        title: str,
        look: Look | None = None,
        ended: Callable[[int, int], None] | None = None,
    ) -> None:
        """Predict those of these frames that are not done, after whatever is shown; or ``look`` at them otherwise.

        At its end `batch_ended` tells how many frames were passed and not readable, or ``ended`` is told.
        """
        if self.job.running:
            self.stop_batch()
        self._batch, self._look, self._ended = deque(ids), look, ended or self.batch_ended.emit
        self._is_done = is_done
        self._read_row = read_row
        self._batch_total = len(self._batch)
        self._batch_failed = 0
        self.job.begin(title, stop=self.stop_batch)
        self.job.advance(0, self._batch_total)
        self._pump()

    def stop_batch(self) -> None:
        """End a whole-project run; what is predicted stays."""
        if self.job.running:
            done = self._batch_total - len(self._batch)
            self._batch.clear()
            self.job.end()
            self._ended(done, self._batch_failed)

    def close(self) -> None:
        """Stop and wait for the thread to end."""
        self._batch.clear()
        self._ahead, self._shown = [], None
        let_go(self._network)
        self._lane.close()
        if self._source is not None:
            self._source.close()

    def _pump(self) -> None:
        if self._network is None or self._source is None or self._lane.busy:
            return
        image: Image | None = None
        chosen_view: View | None = None
        batch = False
        if self._shown is not None:
            row, image, chosen_view = self._shown
            self._shown = None
        elif self._ahead:
            row = self._ahead.pop(0)
        elif self._batch and self._read_row is not None:
            row, batch = self._read_row(self._batch.popleft()), True
        else:
            self._set_busy(None)
            return
        self._set_busy(row.id)
        network, source, store, chosen, pixels = self._network, self._source, self._store, row, image
        view = chosen_view or self._view
        is_done, look = (self._is_done, self._look) if batch else (None, None)

        def work(progress: Progress, should_stop: ShouldStop) -> Any:
            if is_done is not None and is_done(chosen.id):
                return None
            if look is not None:
                look(network, source.read(chosen), chosen.id)
                return None
            prediction = view(network, source.read(chosen) if pixels is None else pixels, chosen.id)
            if store is not None and prediction is not None and not should_stop():
                store(chosen.id, prediction)
            return prediction

        self._lane.ask(
            work,
            then=lambda prediction: self._on_predicted(chosen, prediction, batch=batch),
            failed=lambda error: self._on_failed(chosen, error, batch=batch, shown=pixels is not None),
        )

    def _on_predicted(self, row: FrameRow, prediction: Any, *, batch: bool) -> None:
        if prediction is not None:
            self._without.discard(row.id)
            self.predicted.emit(row.id, prediction)
        elif not batch:
            self._without.add(row.id)
        self._count(batch=batch)

    def _on_failed(self, row: FrameRow, error: Exception, *, batch: bool, shown: bool) -> None:
        # A frame ahead that cannot be read is explained when it is its turn to be shown.
        self._blind.add(row.id)
        if batch:
            self._batch_failed += 1
        elif shown:
            self.failed.emit(sentence(error))
        self._count(batch=batch)

    def _count(self, *, batch: bool) -> None:
        if batch and self.job.running:
            self.job.advance(self._batch_total - len(self._batch), self._batch_total)
            if not self._batch:
                self.stop_batch()
        self._pump()

    def _set_busy(self, frame_id: int | None) -> None:
        if frame_id != self._busy_with:
            self._busy_with = frame_id
            self.state_changed.emit()

    def _on_loaded(self, network: Network) -> None:
        if not self._fits(network):
            let_go(network)
            text = QCoreApplication.translate(
                "Forecaster", "its points are not those of this project's scheme. Choose one that was trained for it"
            )
            self._on_load_failed(ValueError(text))
            return
        let_go(self._network)
        self._network, self._state = network, NetworkState.READY
        self._without.clear()
        self.state_changed.emit()
        self.loaded.emit()
        self._pump()

    def _on_load_failed(self, error: Exception) -> None:
        self._state = NetworkState.FAILED if self._network is None else NetworkState.READY
        self.is_refused = True
        name = "" if self._path is None else self._path.name
        translate = QCoreApplication.translate
        self.state_changed.emit()
        text = translate("Forecaster", "{name} could not be loaded: {why}")
        self.failed.emit(text.format(name=name, why=sentence(error)))
