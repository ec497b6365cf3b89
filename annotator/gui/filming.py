"""Writes films of the frames of a project for the window, as one of its long works."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from annotator.gui.background import Progress, ShouldStop
from annotator.gui.errands import Errands
from annotator.gui.session import Session
from annotator.gui.timeline import Timeline

if TYPE_CHECKING:
    from annotator.filming import Film, Filmed


class Filming(QObject):
    """Runs a film as a job with progress and stop, and says how it went."""

    told = Signal(str)
    wrote = Signal(str, object)

    def __init__(self, session: Session, timeline: Timeline, errands: Errands, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session, self.timeline, self._errands = session, timeline, errands

    def write(self, film: Film, *, only_known: bool) -> None:
        """Write a film; with ``only_known`` only of the frames of which its speaker says something."""
        project = self.session.project
        if project is None:
            return
        self.session.end_gesture()

        def work(progress: Progress, should_stop: ShouldStop) -> Filmed | None:
            from annotator.filming import Filmed, frames_to_film, write_film

            ids = frames_to_film(project, film.ids, film.speaker) if only_known else film.ids
            if not ids:
                return Filmed(film, 0)
            return write_film(project, replace(film, ids=ids), progress=progress, should_stop=should_stop)

        self._errands.run(self.tr("Writing the film"), work, self._on_written)

    def _on_written(self, filmed: Any) -> None:
        if filmed is None:
            self.told.emit(self.tr("Stopped: no film was written"))
            return
        if not filmed.count:
            self.told.emit(self.tr("No film was written: none of these frames has anything to show"))
            return
        text = self.tr("{path}: {count} frames").format(path=filmed.film.path, count=f"{filmed.count:,}")
        if filmed.lost:
            text += self.tr(", not readable and left out: {count}").format(count=f"{len(filmed.lost):,}")
        self.wrote.emit(text, filmed.film.path)

    @staticmethod
    def look(path: Path) -> None:
        """Show a file with the program that plays it."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
