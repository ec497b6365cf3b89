"""What is done to one thing among several, in the Label menu: people, packets."""

from __future__ import annotations

from annotator.gui import people_deeds
from annotator.gui.menus.command import Command, N, Room, Scope

_THINGS, _MANY = Room.THINGS, Room.MANY

THINGS = (
    Command("thing.next", "label", N("Commands", "Next in frame"),
            N("Commands", "Work on the next person or thing of the frame"),
            lambda w: people_deeds.step(w, 1), ("G",), group=4, repeats=True, room=_MANY),
    Command("thing.previous", "label", N("Commands", "Previous in frame"),
            N("Commands", "Work on the person or thing before"),
            lambda w: people_deeds.step(w, -1), ("Shift+G",), group=4, repeats=True, room=_MANY),
    Command("thing.add", "label", N("Commands", "Add another"),
            N("Commands", "Begin another person or thing: click its points in order, or draw its box"),
            people_deeds.add, ("Ins",), "add", group=4, room=_MANY),
    Command("thing.accept", "label", N("Commands", "Take over this one"),
            N("Commands", "Take over all that the network sees of the active person or thing, and of no other"),
            people_deeds.take_over, ("Shift+Ins",), group=4, room=_THINGS),
    Command("thing.answer", "label", N("Commands", "Go to its number"),
            N("Commands", "Go to what is asked beside the points; Enter takes a predicted number, typing replaces it"),
            people_deeds.answer, ("Shift+T",), group=4, room=_THINGS),
    Command("thing.copy", "label", N("Commands", "Copy"),
            N("Commands", "Remember the active person or thing with all its points"),
            people_deeds.copy_thing, ("Ctrl+C",), scope=Scope.VIEWS, group=4, room=_MANY),
    Command("thing.paste", "label", N("Commands", "Paste"),
            N("Commands", "Add what was copied, in this frame or another"),
            people_deeds.paste, ("Ctrl+V",), scope=Scope.VIEWS, group=4, room=_MANY),
    Command("thing.delete", "label", N("Commands", "Delete all of it"),
            N("Commands", "Delete the active person or thing with all its points; a predicted one is dismissed"),
            people_deeds.remove, ("Shift+Del",), group=4, room=_THINGS),
    Command("thing.renumber", "label", N("Commands", "Give a number..."),
            N("Commands", "Give the active person another number; one that has it already takes the old one"),
            people_deeds.give_number, ("Ctrl+R",), group=4, room=_MANY),
    Command("thing.flip", "label", N("Commands", "Exchange left and right"),
            N("Commands", "Exchange the left and right points of the active person or thing"),
            people_deeds.flip_sides, (), group=4, room=_THINGS),
    Command("thing.boxFromPoints", "label", N("Commands", "Box from points"),
            N("Commands", "Keep the box around its points as its box"),
            people_deeds.box_from_points, (), group=4, room=_THINGS),
    Command("thing.forgetBox", "label", N("Commands", "Remove box"),
            N("Commands", "Forget the drawn box; the one around its points is shown"),
            people_deeds.forget_box, (), group=4, room=_THINGS),
)  # fmt: skip
