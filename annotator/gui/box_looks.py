"""Boxes and networks that look into boxes: a box that a person draws or changes is looked into at once.

Only that box is asked of the network, behind the window, and only what is predicted changes: what was said of a thing
stays as it is. Who asks for a look where there is no box at all yet is told how to get one.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from annotator.gui.session import Session
from annotator.instances import Box, present
from annotator.people_again import is_same_box, looking_again
from annotator.people_boxes import labelled_boxes
from annotator.project import ProjectError

__all__ = ["BoxLooks"]


class BoxLooks(QObject):
    """Lets the network look into boxes as they are drawn, and knows whether a frame lacks one."""

    def __init__(self, session: Session, key: Callable[[str], str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._key = session, key
        self._boxes: frozenset[Box] = frozenset()
        session.frame_changed.connect(self._on_frame)
        session.saved.connect(self._on_saved)

    @property
    def lacks_box(self) -> bool:
        """Whether the network could see somebody in the frame on the screen, if only there were a box."""
        session = self._session
        if not self._can_look or session.people.has_seen or session.project is None or session.frame_id is None:
            return False
        if labelled_boxes(session.labels, session.size):
            return False
        try:
            return not session.project.boxes(session.frame_id)
        except ProjectError:
            # A project that cannot be read says so where it is read.
            return False

    @property
    def _can_look(self) -> bool:
        session = self._session
        if session.rgb is None or session.passing or session.is_blind:
            return False
        return session.people.is_many and session.forecaster.takes_boxes

    def predict_again(self) -> None:
        """Let the network look at all of the frame once more, or say that it needs a box."""
        if self.lacks_box:
            text = self.tr("Draw a box first ({draw}), or find some with a detector ({find}): the network looks there")
            self._session.say(text.format(draw=self._key("tool.box"), find=self._key("predict.boxesHere")))
        else:
            self._session.predict_again()

    def _on_frame(self) -> None:
        self._boxes = self._drawn()
        frame_id, network = self._session.frame_id, self._session.forecaster.network_id
        if self._can_look and not self._are_known() and network is not None:
            project = self._session.project
            # A frame without any prediction is looked at as a whole already.
            if project is not None and frame_id is not None and project.has_prediction(frame_id, network):
                self._look_again(frame_id)

    def _are_known(self) -> bool:
        """Whether the box of everybody labelled, drawn or around the points, was looked into as it is now."""
        session = self._session
        known = [one.seen.box for one in session.people.things if one.seen is not None]
        boxes = [one.box for one in labelled_boxes(session.labels, session.size)]
        return all(any(is_same_box(box, other) for other in known) for box in boxes)

    def _on_saved(self, frame_id: int) -> None:
        if frame_id != self._session.frame_id:
            return
        before, self._boxes = self._boxes, self._drawn()
        if self._boxes != before and self._can_look:
            self._look_again(frame_id)

    def _drawn(self) -> frozenset[Box]:
        return frozenset(one.box for one in present(self._session.labels) if one.box is not None)

    def _look_again(self, frame_id: int) -> None:
        project, rgb = self._session.project, self._session.rgb
        if project is not None and rgb is not None:
            self._session.forecaster.want(project.row(frame_id), rgb, looking_again(project))
