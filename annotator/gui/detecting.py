"""Boxes for networks that look into boxes: found by a detector of the person's own, which runs in its own process.

Boxes are kept in the project beside labels and predictions, see `annotator.store_boxes`; a network that takes boxes
looks into them as soon as they are there. A file may hold them, too: `annotator.gui.box_files`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from annotator.frames import FrameSource, MediaError
from annotator.gui.background import Job, Lane, Progress, ShouldStop, sentence
from annotator.gui.box_files import BoxFiles
from annotator.gui.detector_choice import DetectorChoice, Where
from annotator.gui.found_boxes import FoundBoxes

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow
    from annotator.project import Project
    from model.detector_process import RemoteDetector

_PATIENCE_MS = 2_000
"""How long a detector may go on with a frame after Stop."""


@dataclass
class _Tally:
    """What a run found."""

    frames: int = 0
    boxes: int = 0
    lost: int = 0
    stopped: bool = False


class Detecting(QObject):
    """Finds boxes in frames and lets the network look into them."""

    _found = Signal(object, int)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self.boxes = FoundBoxes(window)
        self.files = BoxFiles(window, self.boxes)
        self._lane = Lane("detector", self)
        self._detector: RemoteDetector | None = None
        self._runs = 0
        self.job = Job(self)
        window.errands.watch(self.job)
        self._found.connect(self.boxes.show)
        self._session.project_changed.connect(self._on_project)

    def find_here(self) -> None:
        """Find boxes in the frame on the screen as last time; ask which detector where there is none yet."""
        choice, frame_id = DetectorChoice.stored(self._window.settings), self._session.frame_id
        if choice.path is None or not choice.path.is_file():
            self.ask(Where.HERE)
        elif frame_id is not None:
            self.find(choice, [frame_id])

    def ask(self, where: Where | None = None) -> None:
        """Ask which detector looks for what, and in which frames, these first."""
        from annotator.gui.dialogs.detect import DetectDialog

        if self.boxes.can_be_used():
            self._window.dialogs.open(DetectDialog(self._window, self.find, where))

    def find(self, choice: DetectorChoice, ids: Sequence[int]) -> None:
        """Find boxes in these frames; that on the screen comes first."""
        project, path = self._session.project, choice.path
        if project is None or path is None or not ids or not self.boxes.can_be_used():
            return
        if self.job.running:
            self._session.say(self.tr("{title} is still running").format(title=self.job.title))
            return
        shown = self._session.frame_id
        ordered = sorted(ids, key=lambda frame_id: frame_id != shown)

        def work(progress: Progress, should_stop: ShouldStop) -> _Tally:
            return self._look(project, choice, path, ordered, progress, should_stop)

        self._runs += 1
        self.job.begin(self.tr("Finding boxes"), stop=self._stop)
        self.job.advance(0, len(ordered))
        self._lane.ask(
            work, then=lambda tally: self._on_done(tally, ordered), failed=self._on_failed, progress=self.job.advance
        )

    def _look(
        self, project: Project, choice: DetectorChoice, path: Path, ids: Sequence[int], progress: Progress,
        should_stop: ShouldStop,
    ) -> _Tally:  # fmt: skip
        """Boxes of frames, stored one by one; called in the worker thread."""
        from model.detector import DetectorError

        tally, source = _Tally(), FrameSource(max_frames=2)
        try:
            for done, frame_id in enumerate(ids):
                if should_stop():
                    break
                try:
                    rgb, detector = source.read(project.row(frame_id)), self._ready(path)
                    # Whoever stops ends the detector that is there: from here on there is one.
                    found = () if should_stop() else detector.detect(rgb, least=choice.least, kind=choice.kind)
                except MediaError:
                    tally.lost += 1
                    continue
                except DetectorError:
                    if should_stop():
                        break
                    raise
                if should_stop():
                    break
                project.save_boxes({frame_id: found})
                tally.frames += bool(found)
                tally.boxes += len(found)
                self._found.emit(project, frame_id)
                progress(done + 1, len(ids))
        finally:
            source.close()
        tally.stopped = should_stop()
        return tally

    def _ready(self, path: Path) -> RemoteDetector:
        """The process of the detector in a file."""
        from model.detector_process import RemoteDetector

        if self._detector is None or self._detector.path != path:
            self._end_detector()
            self._detector = RemoteDetector(path)
        return self._detector

    def _end_detector(self) -> None:
        before, self._detector = self._detector, None
        if before is not None:
            before.close()

    def _stop(self) -> None:
        run = self._runs

        def insist() -> None:
            if self._lane.busy and self._runs == run:
                self._end_detector()

        self._lane.stop()
        QTimer.singleShot(_PATIENCE_MS, self, insist)

    def _on_done(self, tally: _Tally, ids: Sequence[int]) -> None:
        self.job.end()
        if not (tally.boxes or tally.lost or tally.stopped) and len(ids) == 1:
            text = self.tr("The detector finds nothing in this frame; a lower least score may find more")
            self._window.message.tell(text, (self.tr("Change..."), lambda: self.ask(Where.HERE)))
            return
        alone = len(ids) == 1
        text = self.tr("Boxes found: {count}") if alone else self.tr("Boxes found: {count}, in frames: {frames}")
        text = text.format(count=f"{tally.boxes:,}", frames=f"{tally.frames:,}")
        if tally.lost:
            text += self.tr(", not readable: {count}").format(count=f"{tally.lost:,}")
        if tally.stopped:
            text += self.tr(". Stopped; what is found stays")
        self.boxes.tell(text)
        if not tally.stopped and len(ids) > 1:
            self.boxes.look_into(ids)

    def _on_failed(self, error: Exception) -> None:
        self.job.end()
        self._end_detector()
        self._window.message.warn(sentence(error), (self.tr("Choose another..."), self.ask))

    def _on_project(self) -> None:
        """What goes on is of another project: it ends, and the detector rests."""
        if self.job.running:
            self._lane.drop()
            self.job.end()
        self._end_detector()

    def close(self) -> None:
        """Let the thread and the process end."""
        self._lane.drop()
        self._end_detector()
        self._lane.close()
        # One that was being started meanwhile.
        self._end_detector()
