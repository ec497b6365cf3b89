"""The open project in the window, and what a reviewer decides of its frames."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal

from annotator.gui.accepting import accepted
from annotator.gui.background import sentence
from annotator.gui.open_project import OpenProject
from annotator.labels import EMPTY, Decision, FrameLabels, FrameState, Review
from annotator.project import ProjectError

UNDECIDED = frozenset({FrameState.UNSEEN, FrameState.PREDICTED, FrameState.DRAFT, FrameState.LOOK_AGAIN})
UNLABELLED = frozenset({FrameState.UNSEEN, FrameState.PREDICTED})


def confirms(review: Review, name: str) -> bool:
    """Whether accepting a frame means that a second reviewer agrees with the one who accepted it."""
    return review.decision is Decision.ACCEPTED and "" not in (review.by, name) and name != review.by


class Session(OpenProject):
    """The one that everything in the window talks to: the open project, its frame on the desk, and the decisions."""

    answered = Signal(int)

    @property
    def can_decide(self) -> bool:
        """True when the frame asked for has been painted."""
        return self._record is not None and self._painted and self._wanted is None and not self.passing

    def accept_and_next(self) -> None:
        """Place every predicted keypoint on the screen, accept the frame and go to the next; one step to undo."""
        if not self.can_decide or self._resolved is None:
            return
        if self.is_blind and self.labels.is_empty:
            self.say(self.tr("Label the frame first; rejecting it says that there is nothing to label"))
            return
        nothing_seen = self._prediction is None and self._many is None
        if self.labels.is_empty and nothing_seen and self.forecaster.will_look_at(self._frame_id):
            self.say(self.tr("The network has not looked at this frame yet"))
            return
        if self.people.is_on:
            labels = self.people.accepted(self.labels, self._settings)
        else:
            labels = accepted(self.labels, self._resolved, self._settings)
        if self.blind.covers(self._frame_id):
            self._answer_blind(labels)
        elif confirms(self.record.review, self.author):
            review = replace(self.record.review, confirmed_by=self.author)
            self.decide(review, text=self.tr("Confirm frame"))
        else:
            review = self.record.review.decided(Decision.ACCEPTED, by=self.author)
            self.decide(review, text=self.tr("Accept frame"), labels=labels)
        self._leave_decided(self.tr("Accepted. This is the last frame of the list"))

    def reject(self, reason: str) -> None:
        """Reject the frame for this reason and go to the next."""
        if self.can_decide and self.blind.covers(self._frame_id):
            self._answer_blind(EMPTY)
            self._leave_decided(self.tr("This is the last frame of the list"))
        elif self.can_decide:
            review = self.record.review.decided(Decision.REJECTED, reason=reason, by=self.author)
            self.decide(review, text=self.tr("Reject frame"))
            self._leave_decided(self.tr("Rejected. This is the last frame of the list"))

    def ask_again(self, reason: str) -> None:
        """Say that the frame needs a second look, for this reason or none, and go to the next."""
        if self.can_decide and not self.blind.covers(self._frame_id):
            review = self.record.review.decided(Decision.LOOK_AGAIN, reason=reason, by=self.author)
            self.decide(review, text=self.tr("Ask for a second look"))
            self._leave_decided(self.tr("Marked for a second look. This is the last frame of the list"))

    def _answer_blind(self, second: FrameLabels) -> None:
        """The blind check of the frame is answered: it is compared with the first answer, which stays."""
        assert self.project is not None
        assert self._frame_id is not None
        from annotator.review.second_answers import keep_recheck

        self.end_gesture()
        try:
            keep_recheck(self.project, self._frame_id, second, size=self.size, by=self.author)
            self.blind.end(self.project, self._frame_id)
        except ProjectError as error:
            self.failed.emit(sentence(error))
            return
        self.answered.emit(self._frame_id)

    def _leave_decided(self, at_end: str) -> None:
        if self.is_last:
            if self._shown_blind and not self.is_blind and self._frame_id is not None:
                self._present(self._frame_id, self._rgb)
            self.say(at_end)
        else:
            self.step(1)
