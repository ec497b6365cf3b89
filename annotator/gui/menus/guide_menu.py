"""The Label menu, continued: what to say next, and what geometry offers."""

from __future__ import annotations

from annotator.gui import deeds
from annotator.gui.menus.command import Command, N, Needs, Room, Scope

_C = Scope.CANVAS
_NOTHING = Needs.NOTHING

GUIDE: tuple[Command, ...] = (
    Command("guide.next", "label", N("Commands", "Propose a marking"),
            N("Commands", "Take the marking tool with the marking that would help most; once more for another"),
            deeds.propose_marking, ("E",), "", group=8, room=Room.FOOTBALL),
    Command("guide.code", "label", N("Commands", "Marking by two letters"),
            N("Commands", "Type the two letters of a marking to draw it; a list shows those that match"),
            lambda w: w.tools.codes.start(), ("W",), "", scope=_C, group=8, room=Room.FOOTBALL),
    Command("guide.takeCircle", "label", N("Commands", "Take the offered circle"),
            N("Commands", "Agree to the dashed circle as the camera has it; Enter does so in the marking tool"),
            deeds.take_offered_circle, (), "", group=8, room=Room.FOOTBALL),
    Command("guide.propose", "label", N("Commands", "Propose markings"),
            N("Commands", "When a marking is finished, make the one that would help most the next"),
            lambda w: w.tools.guide.toggle_proposing(), ("Shift+E",), "", _NOTHING,
            checked=lambda w: w.tools.guide.proposing, group=8, room=Room.FOOTBALL),
    Command("guide.finishLines", "label", N("Commands", "Two clicks finish a line"),
            N("Commands", "The second click on a line ends it; else Enter does"),
            lambda w: w.tools.guide.toggle_finishing(), (), "", _NOTHING,
            checked=lambda w: w.tools.guide.finishing, group=8, room=Room.FOOTBALL),
)  # fmt: skip
