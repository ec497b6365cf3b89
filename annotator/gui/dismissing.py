"""A prediction is dismissed, and comes back by undo; the project keeps it, so that it stays away after closing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QUndoCommand

from annotator.dismissals import is_dismissed, mark_of
from annotator.gui.background import sentence
from annotator.project import ProjectError

if TYPE_CHECKING:
    from annotator.gui.session import Session
    from model.people import InstancePrediction


class Dismissal(QUndoCommand):
    """What a network saw in the frame on the desk is none of the things that are there."""

    def __init__(self, session: Session, seen: InstancePrediction) -> None:
        super().__init__(QCoreApplication.translate("Deeds", "Dismiss prediction"))
        self._session, self._seen = session, seen
        self._frame_id, self._network = session.frame_id, session.people.network

    def again(self) -> Dismissal:
        """The same step."""
        made = Dismissal(self._session, self._seen)
        made._frame_id, made._network = self._frame_id, self._network
        return made

    def redo(self) -> None:
        """It is gone."""
        self._keep(gone=True)

    def undo(self) -> None:
        """It is back."""
        self._keep(gone=False)

    def _keep(self, *, gone: bool) -> None:
        session, frame_id = self._session, self._frame_id
        if session.project is None or frame_id is None:
            return
        try:
            marks = session.project.dismissed(frame_id).get(self._network, ())
            kept = [mark for mark in marks if not is_dismissed(self._seen, [mark])]
            session.project.save_dismissed(frame_id, self._network, [*kept, mark_of(self._seen)] if gone else kept)
        except ProjectError as error:
            session.failed.emit(sentence(error))
            return
        if frame_id == session.frame_id:
            session.people.know_anew(session.project, frame_id)
            session.resolve_anew()
        else:
            session.show(frame_id)
        session.record_changed.emit(frame_id)
        session.saved.emit(frame_id)
