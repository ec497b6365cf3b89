"""The Review menu: decisions, issues, statistics."""

from __future__ import annotations

from annotator.gui import deeds, review_deeds
from annotator.gui.menus.command import Command, N, Needs, Room, Scope

_W = Scope.WINDOW
_PROJECT = Needs.PROJECT

REVIEW = (
    Command("review.accept", "review", N("Commands", "Accept and next"),
            N("Commands", "Accept the frame with the points on the screen and go to the next"),
            deeds.accept, ("Space",), "accept", scope=Scope.TAP),
    Command("review.reject", "review", N("Commands", "Reject..."),
            N("Commands", "Reject the frame for a reason and go to the next"),
            lambda w: w.reject_menu(), ("X",), "reject"),
    Command("review.lookAgain", "review", N("Commands", "Needs a second look..."),
            N("Commands", "Leave the frame to be looked at again, with a reason or none, and go to the next"),
            review_deeds.look_again_menu, ("Shift+X",)),
    Command("review.acceptMany", "review", N("Commands", "Accept many..."),
            N("Commands", "Accept every frame of which the network is sure, after a look at the worst of them"),
            review_deeds.accept_many, ("Shift+Space",), "", _PROJECT),
    Command("review.reopen", "review", N("Commands", "Take the decision back"),
            N("Commands", "Make the frame neither accepted nor rejected"),
            deeds.reopen, (), "reopen", Needs.DECISION, _W),
    Command("review.nextIssue", "review", N("Commands", "Next issue"),
            N("Commands", "Point at the next thing that looks wrong, in this frame or a later one"),
            deeds.next_issue, ("F8",), "warning", scope=_W, group=1, room=Room.FOOTBALL),
    Command("review.fixIssue", "review", N("Commands", "Fix issue"),
            N("Commands", "Mend the issue that was shown last, as one step to undo"),
            lambda w: w.checker.mend_current(), ("Shift+F8",), "", scope=_W, group=1, room=Room.FOOTBALL),
    Command("review.comment", "review", N("Commands", "Comment..."),
            N("Commands", "Pin a remark to the selected point or marking, else leave one on the frame"),
            review_deeds.comment, ("C",), "comment", group=1),
    Command("review.queue", "review", N("Commands", "Review queue"),
            N("Commands", "Go through the frames in the order in which they deserve a look, and say why"),
            review_deeds.toggle_queue, ("Q",), "", _PROJECT, checked=lambda w: w.reviewing.queue.is_on, group=2),
    Command("review.history", "review", N("Commands", "History"),
            N("Commands", "What was done to the frame, by whom and when, and the way back; with its remarks"),
            lambda w: w.docks.toggle_history(), ("Ctrl+H",), "", Needs.NOTHING, _W, group=2),
    Command("review.name", "review", N("Commands", "Your name..."),
            N("Commands", "Whose work this is; it is kept with every change"),
            review_deeds.ask_name, (), "", Needs.NOTHING, _W, group=2),
    Command("review.statistics", "review", N("Commands", "Statistics..."),
            N("Commands", "How many frames are done, which points were placed, and how far the network was off"),
            lambda w: w.errands.count(), ("Ctrl+Alt+S",), "", _PROJECT, _W, group=3),
)  # fmt: skip
