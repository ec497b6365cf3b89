"""A backup of the project in use, made some time after it was opened, when one is due."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer

from annotator.gui.background import Lane, sentence
from annotator.gui.session import Session

LATER_MS = 20_000


class Backups(QObject):
    """Backs the project up in the background, by a connection of its own so that nobody waits."""

    def __init__(self, session: Session, parent: QObject | None = None, *, later_ms: int = LATER_MS) -> None:
        super().__init__(parent)
        self._session = session
        self._lane = Lane("backups", self)
        self._later = QTimer(self, singleShot=True, interval=later_ms)
        self._later.timeout.connect(self._begin)
        session.project_changed.connect(self._on_project)

    @property
    def busy(self) -> bool:
        """True while a backup is waited for."""
        return self._later.isActive() or self._lane.busy

    def _on_project(self) -> None:
        self._lane.drop()
        if self._session.project is None:
            self._later.stop()
        else:
            self._later.start()

    def _begin(self) -> None:
        project = self._session.project
        if project is not None:
            path = project.path
            self._lane.ask(lambda progress, should_stop: _back_up(path), then=_done, failed=self._on_failed)

    def _on_failed(self, error: Exception) -> None:
        self._session.say(sentence(error))

    def close(self) -> None:
        """Wait for nothing any more."""
        self._later.stop()
        self._lane.close()


def _back_up(path: Path) -> None:
    from annotator.project import Project
    from annotator.travel import back_up_if_due

    with Project.look_into(path) as project:
        back_up_if_due(project)


def _done(_: Any) -> None:
    """Nobody waits for it."""
