"""What comes of boxes once they are there, from wherever: shown, looked into by the network, and told of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from annotator.gui.forecasting import NetworkState
from annotator.people_boxes import as_seen, free_of, labelled_boxes
from annotator.people_prediction import boxes_left

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow
    from annotator.project import Project


class FoundBoxes(QObject):
    """Leads boxes that the project keeps to the screen and to the network."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session

    def can_be_used(self) -> bool:
        """Whether boxes are of use here now; else it is said why not."""
        session = self._session
        if session.project is None:
            return False
        if not session.people.is_many:
            self._window.message.warn(self.tr("Boxes are for projects in which a frame shows several things"))
        elif session.forecaster.state is NetworkState.READY and not session.forecaster.takes_boxes:
            text = self.tr("This network finds everybody by itself: press {key} to let it look")
            self._window.message.warn(text.format(key=self._window.actions_.key_text("predict.frame")))
        elif session.is_blind:
            session.say(self.tr("No boxes are looked for during a blind check"))
        else:
            return True
        return False

    def tell(self, text: str) -> None:
        """Say what came of it; without a network, that one would look into the boxes."""
        if self._session.forecaster.state in (NetworkState.NONE, NetworkState.FAILED):
            text += self.tr(". Load a network to see points in them")
            load = (self.tr("Load network..."), self._window.files.load_network)
            self._window.message.tell_until(self._session.forecaster.state_changed, text, load)
        else:
            self._window.message.tell(text)

    def look_into(self, ids: Sequence[int]) -> None:
        """Let the network look into the boxes of frames."""
        session = self._session
        project, network = session.project, session.forecaster.network_id
        if project is not None and network is not None:
            session.forecaster.run_batch(
                ids,
                read_row=project.row,
                is_done=lambda frame_id: project.has_prediction(frame_id, network),
                title=self.tr("Predicting"),
            )

    def show(self, project: Project, frame_id: int) -> None:
        """Boxes of a frame are stored: those on the screen are shown and looked into at once, if they are others."""
        session = self._session
        if project is not session.project:
            return
        network = session.forecaster.network_id
        is_shown = frame_id == session.frame_id and not session.blind.covers(frame_id)
        if not is_shown or (network is not None and project.has_prediction(frame_id, network)):
            session.prediction_changed.emit(frame_id)
            return
        boxes = free_of(boxes_left(project, frame_id), labelled_boxes(session.labels, session.size))
        session.forecaster.predicted.emit(frame_id, as_seen(boxes, project.scheme, session.size))
        if network is not None:
            session.predict_again()
