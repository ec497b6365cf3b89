"""What an export will ask of accepted frames, worked out while the person looks at the next ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, QTimer

from annotator.gui.background import Lane, ShouldStop
from annotator.gui.session import Session
from annotator.labels import Decision, Instance

REST_MS = 1500
_Asked = tuple[Instance, tuple[int, int]]


class AnswersAhead(QObject):
    """Keeps the answers of frames accepted here, so that the first export is as fast as a second one.

    Nothing depends on it: what is not kept is worked out by the export.
    """

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._waiting: dict[int, _Asked] = {}
        self._lane = Lane("answers", self)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._work)
        session.stack.indexChanged.connect(self._on_change)
        session.project_changed.connect(self._waiting.clear)

    @property
    def busy(self) -> bool:
        """True while answers are waited for."""
        return bool(self._waiting) or self._lane.busy

    def _on_change(self) -> None:
        session = self._session
        if session.frame_id is None or session.project is None or min(session.size) <= 0:
            return
        if session.record.review.decision is Decision.ACCEPTED and not session.labels.is_empty:
            self._waiting[session.frame_id] = (session.labels.pitch, session.size)
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
        self._lane.close()


def _keep(asked: Mapping[int, _Asked], should_stop: ShouldStop) -> None:
    from annotator.export.answers import Answer, answer
    from annotator.export.store import AnswerStore, key_of

    found: dict[str, Answer] = {}
    for one in asked.values():
        if should_stop():
            break
        found[key_of(*one)] = answer(one)
    AnswerStore.usual().write(found)


def _done(_: Any) -> None:
    """Nobody waits for it."""
