"""Long work that a person asks for: open a project, predict all of it, bring lines in, carry training data out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from annotator.embedded import weights_in
from annotator.gui.background import Job, Lane, Progress, ShouldStop, Work, sentence
from annotator.gui.forecasting import NetworkState
from annotator.gui.order import Order
from annotator.gui.session import Session
from annotator.project import Project
from annotator.scheme import Scheme
from annotator.schemes import family
from annotator.store_media import IMAGE_SUFFIXES, data_directory
from annotator.store_schema import SUFFIX

if TYPE_CHECKING:
    from annotator.export import ExportKind, ExportOptions

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
NETWORK_SUFFIX = ".safetensors"


def listed(project: Project) -> tuple[Project, Order]:
    """The project with the list of its frames, which takes its time where there are very many."""
    return project, Order(project.frame_ids())


class Errands(QObject):
    """Runs long work for a session, one piece at a time, and reports how it went."""

    opening = Signal(str)
    tutorial_opened = Signal()
    exported = Signal(object)
    counted = Signal(object)
    done = Signal(str)
    failed = Signal(str)

    def __init__(self, session: Session, *, resources: Path = RESOURCES, data: Path | None = None) -> None:
        super().__init__(session)
        self._session = session
        self._resources = resources
        self._data = data
        self._opener = Lane("open", self)
        self._lane = Lane("work", self)
        self.job = Job(self)
        self._others: list[Job] = []
        self._eager: Project | None = None
        self.refused: Exception | None = None
        self._named_before: tuple[Project, str] | None = None
        session.forecaster.state_changed.connect(self._on_network_state)
        session.forecaster.batch_ended.connect(self._on_batch_ended)
        session.forecaster.loaded.connect(self._on_network)

    @property
    def current(self) -> Job | None:
        """The job that runs now, if any."""
        jobs = (self.job, *self._others, self._session.forecaster.job)
        return next((job for job in jobs if job.running), None)

    def watch(self, job: Job) -> None:
        """Show another's job as one of these."""
        self._others.append(job)
        job.changed.connect(self.job.changed)

    def open(self, paths: Sequence[Path], scheme: Scheme | None = None) -> None:
        """Open the project of these folders, images and videos, or a project file, in place of the one open now.

        A new project is of ``scheme``, or of the pitch.
        """
        if not paths:
            return
        chosen = list(paths)
        self.opening.emit(chosen[0].name)

        def work(progress: Progress, should_stop: ShouldStop) -> tuple[Project, Order]:
            return listed(Project.for_media(chosen, scheme=scheme))

        self._opener.ask(work, then=self._on_opened, failed=self._on_failed)

    def open_sample(self) -> None:
        """Open the sample project, in a copy that can be written."""
        source = self._resources / "sample"
        target = (self._data or data_directory()) / "sample"
        self.opening.emit(self.tr("Sample project"))

        def work(progress: Progress, should_stop: ShouldStop) -> tuple[Project, Order]:
            target.mkdir(parents=True, exist_ok=True)
            for path in sorted(source.iterdir()):
                if path.suffix.lower() in IMAGE_SUFFIXES and not (target / path.name).exists():
                    shutil.copyfile(path, target / path.name)
            return listed(Project.for_media([target]))

        self._opener.ask(work, then=self._on_sample, failed=self._on_failed)

    def open_tutorial(self) -> None:
        """Open a fresh copy of the sample project, for the tutorial alone; `tutorial_opened` follows."""
        source = self._resources / "sample"
        target = (self._data or data_directory()) / "tutorial"
        project = self._session.project
        if project is not None and project.path.with_suffix("") == target.absolute():
            self._session.adopt(None)
        self.opening.emit(self.tr("Tutorial"))

        def work(progress: Progress, should_stop: ShouldStop) -> tuple[Project, Order]:
            shutil.rmtree(target, ignore_errors=True)
            for path in target.parent.glob(f"{target.name}{SUFFIX}*"):
                path.unlink()
            target.mkdir(parents=True)
            for path in sorted(source.iterdir()):
                if path.suffix.lower() in IMAGE_SUFFIXES:
                    shutil.copyfile(path, target / path.name)
            return listed(Project.for_media([target]))

        self._opener.ask(work, then=self._on_tutorial, failed=self._on_failed)

    def _on_tutorial(self, opened: tuple[Project, Order]) -> None:
        self._on_opened(opened)
        self.tutorial_opened.emit()

    def _on_sample(self, opened: tuple[Project, Order]) -> None:
        """The sample project is there to be looked at: the network sees all of it at once."""
        self._on_opened(opened)
        self._eager = opened[0]
        self._on_network()

    def _on_network(self) -> None:
        network = self._session.forecaster.network_id
        if network is None or self._eager is None:
            return
        eager, self._eager = self._eager, None
        if eager is self._session.project and not all(eager.has_prediction(n, network) for n in eager.frame_ids()):
            self.predict_all()

    def _on_opened(self, opened: tuple[Project, Order]) -> None:
        project, order = opened
        self._session.adopt(project, order)
        if project.notice:
            self.failed.emit(project.notice)
        self.load_default_network()

    def load_default_network(self) -> None:
        """Load the network that the project names, or the embedded one; nothing if there is none."""
        project = self._session.project
        named = "" if project is None else project.setting("network", "")
        # A name within the project's folder moves with the project.
        path = project.path.parent / named if project is not None and named else self.embedded_network
        if path is not None and named and not path.exists():
            gone = self.tr("{path}: the network of this project is not there; the embedded one is used instead.")
            self.failed.emit(gone.format(path=path))
            path = self.embedded_network
        if path is not None and path != self._session.forecaster.path:
            self._session.forecaster.load(path)

    @property
    def embedded_network(self) -> Path | None:
        """The network that ships with the program, or None in a copy without it."""
        return weights_in(self._resources, family(self._session.people.scheme))

    def load_network(self, path: Path) -> None:
        """Load the network in a file and keep to it in this project."""
        project = self._session.project
        if project is not None:
            self._named_before = (project, project.setting("network", ""))
            project.set_setting("network", str(path))
        self._session.forecaster.load(path)

    def _on_network_state(self) -> None:
        """A network that cannot be loaded, or does not know the project's points, is not the project's."""
        state = self._session.forecaster.state
        if state is not NetworkState.LOADING and self._named_before is not None:
            (project, named), self._named_before = self._named_before, None
            if self._session.forecaster.is_refused and project is self._session.project:
                project.set_setting("network", named)

    def predict_all(self) -> None:
        """Predict every listed frame that the network has not seen yet."""
        session = self._session
        project, network = session.project, session.forecaster.network_id
        if project is not None and network is not None and session.order.ids:
            session.forecaster.run_batch(
                session.order.ids,
                read_row=project.row,
                is_done=lambda frame_id: project.has_prediction(frame_id, network),
                title=self.tr("Predicting"),
            )

    def _on_batch_ended(self, done: int, failed: int) -> None:
        text = self.tr("Frames predicted: {count}").format(count=f"{done - failed:,}")
        if failed:
            text += self.tr(", not readable: {count}").format(count=f"{failed:,}")
        self.done.emit(text)

    def run(
        self, title: str, work: Work, then: Callable[[Any], None], *, failed: Callable[[], None] = lambda: None
    ) -> bool:
        """Run work that a person asked for, one piece at a time; a failure is told as any other, and to ``failed``.

        False where something else is running still.
        """
        return self._run(title, work, then, failed)

    def export(self, folder: Path, what: ExportKind | ExportOptions) -> None:
        """Export frames to a folder; `exported` brings the report."""
        project = self._session.project
        if project is None:
            return

        def work(progress: Progress, should_stop: ShouldStop) -> Any:
            from annotator.export import export

            return export(project, folder, what=what, progress=progress, should_stop=should_stop)

        self._run(self.tr("Exporting"), work, self.exported.emit)

    def count(self) -> None:
        """Count frames, points and corrections; `counted` brings the statistics."""
        project = self._session.project
        if project is None:
            return

        def work(progress: Progress, should_stop: ShouldStop) -> Any:
            from annotator.review.figures import figures_of
            from annotator.statistics import project_statistics

            counted = project_statistics(project, progress=progress, should_stop=should_stop)
            return None if counted is None else (counted, figures_of(project))

        self._run(self.tr("Counting"), work, self.counted.emit)

    def _run(
        self, title: str, work: Work, then: Callable[[Any], None], failed: Callable[[], None] = lambda: None
    ) -> bool:
        if self.job.running:
            self.failed.emit(self.tr("{title} is still running").format(title=self.job.title))
            return False

        def ended(result: Any) -> None:
            self.job.end()
            then(result)

        def broken(error: Exception) -> None:
            self.job.end()
            self.failed.emit(sentence(error))
            failed()

        self.job.begin(title, stop=self._lane.stop)
        self._lane.ask(work, then=ended, failed=broken, progress=self.job.advance)
        return True

    def _on_failed(self, error: Exception) -> None:
        self.refused = error
        self.failed.emit(sentence(error))

    def close(self) -> None:
        """Stop everything and wait for the threads to end."""
        self._opener.close()
        self._lane.close()
