"""From one thing that looks wrong to the next: through the frame, then on to the next frame that has one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject

from annotator.frames import FrameSource, MediaError
from annotator.gui.background import Lane, ShouldStop, sentence
from annotator.gui.checking import Checker
from annotator.gui.session import Session
from annotator.keypoints import resolve
from annotator.labels import FrameState
from annotator.project import Project

LABELLED = frozenset({FrameState.DRAFT, FrameState.ACCEPTED})


def first_with_issues(project: Project, ids: Sequence[int], should_stop: ShouldStop) -> int | None:
    """The first of these frames of which more than a hint is to be said; None when there is none, or when stopped."""
    from annotator.checks import Severity, check

    source = FrameSource(max_frames=1)
    for frame_id in ids:
        if should_stop():
            return None
        instance = project.record(frame_id).labels.pitch
        if instance.is_empty:
            continue
        try:
            size = source.size(project.row(frame_id))
        except MediaError:
            continue
        resolved = resolve(instance, None, size=size, threshold=1.0)
        if any(finding.severity is not Severity.HINT for finding in check(instance, resolved, size=size)):
            return frame_id
    return None


class IssueSearch(QObject):
    """Shows the next finding, in this frame or a later one of the list; looking ahead ends with the next change."""

    def __init__(self, session: Session, checker: Checker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._checker = checker
        self._expected: int | None = None
        self._lane = Lane("issues", self)
        session.resolved_changed.connect(self._lane.drop)
        session.project_changed.connect(self._lane.drop)
        checker.checked.connect(self._on_checked)

    @property
    def is_looking(self) -> bool:
        """True while later frames are looked through."""
        return self._lane.busy

    def show_next(self) -> None:
        """Show the next finding of the frame, or look for a later frame that has one."""
        following = self._checker.following()
        if following is not None:
            self._checker.show(following)
            return
        session = self._session
        if session.project is None or self._lane.busy:
            return
        project = session.project
        labelled = set(project.frame_ids(LABELLED))
        ids = [frame_id for frame_id in session.order.beyond(session.frame_id, 1) if frame_id in labelled]
        session.say(self.tr("Looking through the frames after this one"))
        self._lane.ask(
            lambda progress, should_stop: first_with_issues(project, ids, should_stop),
            then=self._on_found,
            failed=lambda error: session.say(sentence(error)),
        )

    def _on_found(self, frame_id: Any) -> None:
        if frame_id is None:
            self._checker.start_again()
            self._session.say(self.tr("Nothing looks wrong in the frames after this one"))
            return
        self._expected = frame_id
        self._session.show(frame_id)

    def _on_checked(self) -> None:
        """A frame was checked: if it is the one that was looked for, its first finding is shown."""
        expected, self._expected = self._expected, None
        if expected is None:
            return
        if self._session.frame_id != expected == self._session.wanted:
            self._expected = expected
        elif self._session.frame_id == expected and self._checker.findings:
            self._checker.show(self._checker.findings[0])

    def close(self) -> None:
        """Let the thread end."""
        self._lane.close()
