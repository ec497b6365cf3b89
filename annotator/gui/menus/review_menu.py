"""The Review menu: decisions, issues, statistics."""

from __future__ import annotations

from annotator.gui import deeds
from annotator.gui.menus.command import Command, N, Needs, Scope

_W = Scope.WINDOW
_PROJECT = Needs.PROJECT

REVIEW = (
    Command("review.accept", "review", N("Commands", "Accept and next"),
            N("Commands", "Accept the frame with the points on the screen and go to the next"),
            lambda w: w.session.accept_and_next(), ("Space",), "accept", scope=Scope.TAP),
    Command("review.reject", "review", N("Commands", "Reject..."),
            N("Commands", "Reject the frame for a reason and go to the next"),
            lambda w: w.reject_menu(), ("X",), "reject"),
    Command("review.reopen", "review", N("Commands", "Take the decision back"),
            N("Commands", "Make the frame neither accepted nor rejected"),
            deeds.reopen, (), "reopen", Needs.DECISION, _W),
    Command("review.nextIssue", "review", N("Commands", "Next issue"),
            N("Commands", "Point at the next thing that looks wrong, in this frame or a later one"),
            deeds.next_issue, ("F8",), "warning", scope=_W, group=1),
    Command("review.fixIssue", "review", N("Commands", "Fix issue"),
            N("Commands", "Mend the issue that was shown last, as one step to undo"),
            lambda w: w.checker.mend_current(), ("Shift+F8",), "", scope=_W, group=1),
    Command("review.comment", "review", N("Commands", "Comment..."), N("Commands", "Leave a remark on the frame"),
            deeds.comment, ("C",), "comment", group=1),
    Command("review.statistics", "review", N("Commands", "Statistics..."),
            N("Commands", "How many frames are done, which points were placed, and how far the network was off"),
            lambda w: w.errands.count(), ("Ctrl+Alt+S",), "", _PROJECT, _W, group=2),
)  # fmt: skip
