"""What an export will ask of accepted frames, worked out while nobody needs the processor.

A frame accepted on the screen is worked out a moment later. All others (accepted in bulk, imported, merged, accepted
long ago or by a command) are the business of another process, which runs only while the program idles and ends at the
first sign of work.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer
from PySide6.QtWidgets import QApplication

from annotator.gui.background import Lane, ShouldStop
from annotator.gui.session import Session
from annotator.labels import Decision, Instance
from annotator.project import ProjectError
from annotator.tripod_prior import Standing
from annotator.tripod_store import standing_of

REST_MS = 1500
IDLE_MS = 5000
MODULE = "annotator.export.ahead"
_ROOT = Path(__file__).resolve().parents[2]
_Asked = tuple[Instance, tuple[int, int], Standing | None]
_Mark = tuple[Path, int]


class AnswersAhead(QObject):
    """Keeps the answers of accepted frames, so that the first export is as fast as a second one.

    Nothing depends on it: what is not kept is worked out by the export.
    """

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._waiting: dict[int, _Asked] = {}
        self._lane = Lane("answers", self)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._work)
        self._all = AllAhead(session, self)
        session.stack.indexChanged.connect(self._on_change)
        session.project_changed.connect(self._waiting.clear)

    @property
    def busy(self) -> bool:
        """True while answers are waited for."""
        return bool(self._waiting) or self._lane.busy

    def stir(self) -> None:
        """A person works: the process for all other frames ends, and comes back when they rest."""
        self._all.stir()

    def _on_change(self) -> None:
        session = self._session
        if session.frame_id is None or session.project is None or min(session.size) <= 0 or session.people.is_on:
            return
        if session.record.review.decision is Decision.ACCEPTED and not session.labels.is_empty:
            standing = standing_of(session.project, session.frame_id)
            self._waiting[session.frame_id] = (session.labels.pitch, session.size, standing)
            self._rest.start()

    def _work(self) -> None:
        if self._lane.busy:
            self._rest.start()
            return
        asked, self._waiting = dict(self._waiting), {}
        self._lane.ask(lambda progress, should_stop: _keep(asked, should_stop), then=_done, failed=_done)

    def close(self) -> None:
        """Let go of what was not worked out."""
        self._rest.stop()
        self._waiting.clear()
        self._all.close()
        self._lane.close()


class AllAhead(QObject):
    """The process that works out the answers of all accepted frames of the project while the program idles.

    It begins when nobody stirred for a while and the project changed since it last came to its end.
    """

    def __init__(self, session: Session, parent: QObject | None = None, *, idle_ms: int = IDLE_MS) -> None:
        super().__init__(parent)
        self._session = session
        self._process = QProcess(self)
        self._process.setProcessEnvironment(_environment())
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)
        self._idle = QTimer(self, singleShot=True, interval=idle_ms)
        self._idle.timeout.connect(self._look)
        self._begun: _Mark | None = None
        self._finished: _Mark | None = None
        session.project_changed.connect(self.stir)
        session.frame_changed.connect(self.stir)
        session.frames_changed.connect(self.stir)
        session.stack.indexChanged.connect(self.stir)

    @property
    def running(self) -> bool:
        """True while the process is at work."""
        return self._process.state() is not QProcess.ProcessState.NotRunning

    @property
    def is_through(self) -> bool:
        """True when nothing changed since the process came to its end."""
        return self._finished is not None and self._finished == self._mark()

    def stir(self) -> None:
        """End the process now, and look again when nobody stirred for a while."""
        if self._begun is not None:
            self._begun = None
            self._process.kill()
        self._idle.start()

    def _look(self) -> None:
        """Begin where nobody works, not even in a dialog, and there is something new."""
        if QApplication.activeModalWidget() is not None or self.running:
            self._idle.start()
            return
        mark = self._mark()
        if mark is None or mark == self._finished:
            return
        self._begun = mark
        self._process.start(sys.executable, ["-m", MODULE, str(mark[0])])

    def _mark(self) -> _Mark | None:
        """The project and its newest change, by whomever; None where there is none."""
        project = self._session.project
        if project is None:
            return None
        try:
            change = project.last_change()
        except ProjectError:
            return None
        return None if change is None else (project.path, change.id)

    def _on_finished(self) -> None:
        """At its end, well or not: not again before something changes. After a kill nothing is known."""
        self._finished, self._begun = self._begun or self._finished, None

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._on_finished()

    def close(self) -> None:
        """End the process and wait for it."""
        self._idle.stop()
        self._begun = None
        if self.running:
            self._process.kill()
            self._process.waitForFinished(2000)


def _environment() -> QProcessEnvironment:
    """One thread, and this program's own source first."""
    found = QProcessEnvironment.systemEnvironment()
    found.insert("OMP_NUM_THREADS", "1")
    found.insert("OPENBLAS_NUM_THREADS", "1")
    found.insert("PYTHONPATH", os.pathsep.join(filter(None, (str(_ROOT), found.value("PYTHONPATH")))))
    return found


def _keep(asked: Mapping[int, _Asked], should_stop: ShouldStop) -> None:
    from annotator.export.answers import Answer, Asked, answer
    from annotator.export.store import AnswerStore, key_of

    found: dict[str, Answer] = {}
    for one in asked.values():
        if should_stop():
            break
        found[key_of(*one)] = answer(Asked(*one))
    AnswerStore.usual().write(found)


def _done(_: Any) -> None:
    """Nobody waits for it."""
