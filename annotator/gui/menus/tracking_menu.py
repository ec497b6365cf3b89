"""The part of the Time menu that is about who is who through a clip."""

from __future__ import annotations

from annotator.gui import tracking_deeds
from annotator.gui.menus.command import Command, N, Needs, Room, Scope

_W, _CLIP, _MANY = Scope.WINDOW, Needs.CLIP, Room.MANY

TRACKING: tuple[Command, ...] = (
    Command("time.track", "time", N("Commands", "Track people in this clip"),
            N("Commands", "Follow everybody through the clip, or the chosen range: numbers stay, gaps are filled"),
            lambda w: w.timing.tracking.track(), ("Ctrl+Shift+T",), "carry", _CLIP, _W, group=3, room=_MANY),
    Command("time.splitNumber", "time", N("Commands", "Split here"),
            N("Commands", "From this frame on the active person is somebody else, with a number of their own"),
            tracking_deeds.split, (), "", _CLIP, group=3, room=_MANY),
    Command("time.joinNumbers", "time", N("Commands", "Join with..."),
            N("Commands", "The active person and another number are one and the same in the whole clip"),
            tracking_deeds.join, ("Ctrl+Shift+J",), "", _CLIP, group=3, room=_MANY),
    Command("time.renumberOn", "time", N("Commands", "Number from here on..."),
            N("Commands", "Another number for the active person in this and all later frames; its owner takes theirs"),
            tracking_deeds.renumber, ("Ctrl+Shift+R",), "", _CLIP, group=3, room=_MANY),
)  # fmt: skip
