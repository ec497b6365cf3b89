"""Watches over the labels of the frame on the desk: what looks wrong, once the hand rests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from annotator.gui.background import Lane, sentence
from annotator.gui.frame_desk import FrameDesk
from annotator.gui.view_state import Selection
from annotator.keypoints import Resolved

if TYPE_CHECKING:
    from annotator.checks import Finding

REST_MS = 150


class Checker(QObject):
    """Keeps the findings of the frame. Nothing is checked while something is dragged, nor before the hand rests.

    Where the labels contradict each other so much that no camera can be trusted, they are searched for the cause in
    the background; whatever is said in between makes that answer void.
    """

    changed = Signal()
    checked = Signal()
    pointed_at = Signal(float, float)

    def __init__(self, desk: FrameDesk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.findings: tuple[Finding, ...] = ()
        self.current: Finding | None = None
        self._of: Resolved | None = None
        self._frame: int | None = None
        self._lane = Lane("checks", self)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._on_rest)
        desk.resolved_changed.connect(self._on_change)

    @property
    def is_fresh(self) -> bool:
        """True when the findings are those of the labels as they are now."""
        return self._of is self._desk.resolved

    def _on_change(self) -> None:
        if self._desk.frame_id != self._frame:
            self._frame = self._desk.frame_id
            self._show(())
        self._lane.drop()
        self._rest.start()

    def _on_rest(self) -> None:
        if self._desk.in_gesture:
            self._rest.start()
        else:
            self.check_now()

    def check_now(self) -> None:
        """Check the labels as they are."""
        from annotator.checks import check, deep_check

        self._rest.stop()
        desk, resolved = self._desk, self._desk.resolved
        if resolved is self._of:
            return
        self._of = resolved
        instance, size = desk.labels.pitch, desk.size
        if resolved is None or instance.is_empty or desk.people.is_on:
            self._show(())
            self.checked.emit()
            return
        self._show(check(instance, resolved, size=size))
        self.checked.emit()
        if resolved.solution is not None and not resolved.ghost:
            self._lane.ask(
                lambda progress, should_stop: (resolved, deep_check(instance, resolved, size=size)),
                then=self._on_searched,
                failed=lambda error: desk.say(sentence(error)),
            )

    def _on_searched(self, answer: Any) -> None:
        resolved, findings = answer
        if resolved is self._desk.resolved:
            self._show(findings)

    def _show(self, findings: tuple[Finding, ...]) -> None:
        if findings == self.findings:
            return
        self.findings = findings
        if self.current not in findings:
            self.current = None
        self.changed.emit()

    def show(self, finding: Finding) -> None:
        """Select what a finding is about and point at it."""
        self.current = finding
        if finding.keypoints:
            self._desk.select(Selection(keypoints=finding.keypoints))
        elif finding.markings:
            self._desk.select(Selection(marking=finding.markings[0]))
        if finding.at is not None:
            self.pointed_at.emit(*finding.at)
        self._desk.say(finding.reason)
        self.changed.emit()

    def following(self) -> Finding | None:
        """The finding after the one shown last, the first if none was; None after the last."""
        self.check_now()
        place = self.findings.index(self.current) + 1 if self.current in self.findings else 0
        return self.findings[place] if place < len(self.findings) else None

    def start_again(self) -> None:
        """Let the first finding be the following one."""
        if self.current is not None:
            self.current = None
            self.changed.emit()

    def mend(self, finding: Finding) -> None:
        """Mend what a finding is about, as one step to undo; not when the labels have changed so that it is gone."""
        self._desk.end_gesture()
        self.check_now()
        if finding.mend is None or finding not in self.findings:
            return
        labels = finding.mend(self._desk.labels)
        if labels != self._desk.labels:
            self._desk.edit(labels, text=finding.mend.text)
            self._desk.say(self.tr("Done: {what}").format(what=finding.mend.text))
        self.check_now()

    def mend_current(self) -> None:
        """Mend the finding that was shown last, or the first one that can be mended."""
        self.check_now()
        able = [finding for finding in self.findings if finding.mend is not None]
        chosen = self.current if self.current in able else next(iter(able), None)
        if chosen is None:
            self._desk.say(self.tr("Nothing here has a ready fix"))
        else:
            self.mend(chosen)

    def close(self) -> None:
        """Let the thread end."""
        self._rest.stop()
        self._lane.close()
