"""The trainings of the open project: begun, followed while they run in their own processes, compared, put to use."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from annotator.formats.documents import FormatError
from annotator.gui.background import Job, Lane, Progress, ShouldStop, sentence
from annotator.gui.forecasting import NetworkState
from annotator.training_runs import RunSettings, RunState, RunStatus, TrainingRun, program, runs_of

if TYPE_CHECKING:
    from annotator.comparison import Comparison
    from annotator.gui.main_window import MainWindow
    from annotator.project import Project
    from annotator.scheme import Scheme
    from annotator.training_plans import Plan
    from model.card import Card

_EVERY = 1500
_WAITED = 0.1
_MOST = 40
_UNSETTLED = (RunState.RUNNING, RunState.PREPARED)


@dataclass(frozen=True)
class Seen:
    """A training as it was when its folder was last read; ``card`` is that of the network it made, if any."""

    run: TrainingRun
    settings: RunSettings
    status: RunStatus
    holds_back: bool = False
    comparison: Comparison | None = None
    card: Card | None = None

    @property
    def name(self) -> str:
        """What its folder is called."""
        return self.run.folder.name

    @property
    def usable(self) -> bool:
        """Whether it has a network to use."""
        return self.card is not None


def look(path: Path, before: Mapping[str, Seen]) -> list[Seen]:
    """The trainings of a project, newest first; one that cannot be read or never began is left out."""
    found = []
    for run in runs_of(path)[:_MOST]:
        with suppress(FormatError):
            known = before.get(run.folder.name)
            seen = _read(run, known)
            if known is not None or seen.status.state is not RunState.PREPARED or run.is_ready:
                found.append(seen)
    return found


def _read(run: TrainingRun, known: Seen | None) -> Seen:
    """A training as it is now; what no longer changes is taken from what was known of it."""
    from annotator.comparison import COMPARISON, read_comparison

    status = run.status()
    settled = known is not None and known.status.state is status.state and status.state is not RunState.RUNNING
    if known is not None and settled and (known.comparison or not (run.report / COMPARISON).exists()):
        return replace(known, status=status)
    comparison = None
    with suppress(FormatError):
        comparison = read_comparison(run.report / COMPARISON)
    held = known.holds_back if known is not None else run.holds_back
    return Seen(run, run.settings, status, held, comparison, _card(run, status))


def _card(run: TrainingRun, status: RunStatus) -> Card | None:
    from model.card import CheckpointError, card_of, read_bytes

    if status.state in _UNSETTLED or not run.network.exists():
        return None
    with suppress(CheckpointError):
        return card_of(run.network, read_bytes(run.network))
    return None


class Trainings(QObject):
    """Follows the trainings of a window's project; polls their folders only while one of them runs."""

    changed = Signal()
    begun = Signal(object)
    not_begun = Signal(str)
    found = Signal(object)
    ended = Signal(object)
    failed = Signal(str)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.seen: list[Seen] = []
        self.job = Job(self)
        self.comparing: str | None = None
        self.why_not_compared: dict[str, str] = {}
        self._fresh = False
        self._loaded: Path | None = None
        self._replaced: str | None = None
        self._named_before: str | None = None
        self._reader, self._worker, self._judge = (Lane(name, self) for name in ("trainings", "begin", "compare"))
        self._clock = QTimer(self, interval=_EVERY)
        self._clock.timeout.connect(self.refresh)
        window.session.project_changed.connect(self._on_project)
        window.session.forecaster.loaded.connect(self._on_loaded)
        window.session.forecaster.failed.connect(self._on_load_failed)
        self.job.changed.connect(self.changed)

    @property
    def project(self) -> Project | None:
        """The project that is open."""
        return self._window.session.project

    @property
    def running(self) -> Seen | None:
        """The training that runs now, if any."""
        return next((one for one in self.seen if one.status.state is RunState.RUNNING), None)

    def of(self, name: str) -> Seen | None:
        """The training in the folder of this name."""
        return next((one for one in self.seen if one.name == name), None)

    def refresh(self) -> None:
        """Read the folders anew, off the event loop."""
        project = self.project
        if project is None or self._reader.busy:
            return
        path, before = project.path, {one.name: one for one in self.seen}

        def work(progress: Progress, should_stop: ShouldStop) -> list[Seen]:
            return look(path, before)

        self._reader.ask(work, then=self._take, failed=lambda error: self.failed.emit(sentence(error)))

    def begin(self, plan: Plan) -> None:
        """Write the frames of a training and start it; `begun` or `not_begun` follows."""
        project = self.project
        if project is None or self.job.running:
            return

        def work(progress: Progress, should_stop: ShouldStop) -> TrainingRun | None:
            from annotator.training_plans import begin

            return begin(project, plan, program=program(), progress=progress, should_stop=should_stop)

        self.job.begin(self.tr("Preparing the training"), stop=self._worker.stop)
        self._worker.ask(work, then=self._on_begun, failed=self._on_not_begun, progress=self.job.advance)

    def stop(self, seen: Seen) -> None:
        """Ask a training to save its state and end."""
        try:
            seen.run.stop()
        except OSError as error:
            text = self.tr("{folder}: the training cannot be asked to stop ({why}). Check the disk.")
            self.failed.emit(text.format(folder=seen.run.folder, why=error.strerror or error))
        self.refresh()

    def go_on(self, seen: Seen) -> None:
        """Let a training go on from where its state was saved."""

        def work(progress: Progress, should_stop: ShouldStop) -> None:
            seen.run.start(program())

        self._worker.ask(work, then=lambda result: self.refresh(), failed=lambda e: self.failed.emit(sentence(e)))

    def compare(self, seen: Seen) -> None:
        """Compare the network a training began with and the one it made, in a process of its own."""
        if self.comparing is not None or not seen.usable or not seen.holds_back:
            return
        self.comparing = seen.name
        self.why_not_compared.pop(seen.name, None)
        self.changed.emit()

        def work(progress: Progress, should_stop: ShouldStop) -> bool:
            return _compared(seen.run, should_stop)

        def broken(error: Exception) -> None:
            self.why_not_compared[seen.name] = sentence(error)
            self._on_compared()

        self._judge.ask(work, then=lambda done: self._on_compared(), failed=broken)

    # Networks.

    @property
    def embedded(self) -> Path | None:
        """The network that ships with the program."""
        return self._window.errands.embedded_network

    @property
    def in_use(self) -> Path | None:
        """The network of the window, or the one that is being loaded."""
        forecaster = self._window.session.forecaster
        if forecaster.path is None:
            return None
        return forecaster.path if forecaster.state is NetworkState.LOADING else self._loaded

    @property
    def scheme(self) -> Scheme:
        """The scheme of the open project."""
        return self._window.session.people.scheme

    def networks(self) -> list[tuple[str, Path]]:
        """Networks to choose from, by title: those of the trainings, newest first, the embedded and the one in use."""
        known = set(self.scheme.keypoints)
        found = [
            (one.settings.title, one.run.network)
            for one in self.seen
            if one.card is not None and known.issuperset(one.card.names)
        ]
        if self.embedded is not None:
            found.append((self.tr("Embedded network"), self.embedded))
        if self.in_use is not None and self.in_use not in [path for _, path in found]:
            found.append((self.in_use.stem, self.in_use))
        return found

    def use(self, path: Path) -> None:
        """Make this the window's network; the project remembers it, and what the one before saw is predicted anew."""
        project = self.project
        if project is None or not path.exists():
            gone = self.tr("{path}: the network is not there any more. Choose another one.")
            self.failed.emit(gone.format(path=path))
            return
        self._replaced = self._window.session.forecaster.network_id
        self._named_before = project.setting("network", "")
        self._window.errands.load_network(path)
        named = "" if path == self.embedded else str(path)
        if named and path.is_relative_to(project.path.parent):
            named = str(path.relative_to(project.path.parent))  # the project may move
        project.set_setting("network", named)
        self.changed.emit()

    def _on_loaded(self) -> None:
        self._loaded = self._window.session.forecaster.path
        self._named_before = None
        self.changed.emit()
        self._predict_anew()

    def _on_load_failed(self) -> None:
        """A network that cannot be loaded is not the project's."""
        if self._named_before is not None and self.project is not None:
            self.project.set_setting("network", self._named_before)
        self._named_before = self._replaced = None
        self.changed.emit()

    def _predict_anew(self) -> None:
        forecaster, project = self._window.session.forecaster, self.project
        old, self._replaced = self._replaced, None
        new = forecaster.network_id
        if project is None or old is None or new is None or new == old or forecaster.job.running:
            return
        ids = self._window.session.order.ids
        if not ids or old not in project.networks():
            return

        def is_done(frame_id: int) -> bool:
            return not project.has_prediction(frame_id, old) or project.has_prediction(frame_id, new)

        forecaster.run_batch(ids, read_row=project.row, is_done=is_done, title=self.tr("Predicting anew"))

    # What was read.

    def _on_project(self) -> None:
        for lane in (self._reader, self._judge):
            lane.drop()
        if self.job.running:
            self._worker.stop()
            self.job.end()
        self._clock.stop()
        self.seen, self.comparing, self._fresh = [], None, True
        self._replaced = self._named_before = None
        self.changed.emit()
        self.refresh()

    def _take(self, seen: list[Seen]) -> None:
        before = {one.name: one.status.state for one in self.seen}
        self.seen = seen
        if self.running is not None:
            self._clock.start()
        else:
            self._clock.stop()
        self.changed.emit()
        fresh, self._fresh = self._fresh, False
        if fresh:
            self._tell_found()
        for one in seen:
            if before.get(one.name) is RunState.RUNNING and one.status.state is not RunState.RUNNING:
                self.ended.emit(one)
        newest = next((one for one in seen if one.status.state is RunState.DONE), None)
        if newest is not None and newest.comparison is None and newest.name not in self.why_not_compared:
            self.compare(newest)

    def _tell_found(self) -> None:
        """On opening a project: say what runs, or how the newest training ended if nobody looked at it yet."""
        told = self.running or next(iter(self.seen), None)
        if told is not None and (told.status.state is RunState.RUNNING or not self._was_looked_at(told)):
            self.found.emit(told)

    def _was_looked_at(self, seen: Seen) -> bool:
        return self.project is not None and self.project.setting("training looked at", "") == self._mark(seen)

    def look_at(self, seen: Seen) -> None:
        """A person saw how this training ended."""
        ended = seen.status.state not in _UNSETTLED
        if self.project is not None and ended and self.seen and seen.name == self.seen[0].name:
            mark = self._mark(seen)
            if self.project.setting("training looked at", "") != mark:
                self.project.set_setting("training looked at", mark)

    def _mark(self, seen: Seen) -> str:
        return f"{seen.name} {seen.status.state.value}"

    def _on_begun(self, run: TrainingRun | None) -> None:
        self.job.end()
        if run is None:
            self.not_begun.emit("")
            return
        self.refresh()
        self.begun.emit(run)

    def _on_not_begun(self, error: Exception) -> None:
        self.job.end()
        self.not_begun.emit(sentence(error))

    def _on_compared(self) -> None:
        self.comparing = None
        self.changed.emit()
        self.refresh()

    def close(self) -> None:
        """Let the threads end; trainings go on."""
        self._clock.stop()
        for lane in (self._reader, self._worker, self._judge):
            lane.close()


def _compared(run: TrainingRun, should_stop: ShouldStop) -> bool:
    """Compare in a process of its own; False when stopped. What it says at the end is the reason of a failure."""
    from annotator.comparison import COMPARISON

    said = run.folder / "compared.txt"
    with said.open("wb") as file:
        process = subprocess.Popen(run.comparing(program()), stdout=file, stderr=file, stdin=subprocess.DEVNULL)
        while process.poll() is None:
            if should_stop():
                process.kill()
                process.wait()
                return False
            time.sleep(_WAITED)
    if process.returncode not in (0, 1) or not (run.report / COMPARISON).exists():
        lines = said.read_text(encoding="utf-8", errors="replace").split("\n")
        raise FormatError(
            run.folder,
            next((line.strip().rstrip(".") for line in reversed(lines) if line.strip()), "nothing was said"),
            "Compare again.",
        )
    return True
