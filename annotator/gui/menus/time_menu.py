"""The Time menu: playing, carrying labels through a clip, filling in, and what is found out about the whole clip."""

from __future__ import annotations

from annotator.gui import time_deeds
from annotator.gui.menus.command import Command, N, Needs, Room, Scope

_W = Scope.WINDOW
_CLIP = Needs.CLIP

TIME: tuple[Command, ...] = (
    Command("time.play", "time", N("Commands", "Play"),
            N("Commands", "Play or stop. With the keyboard in the timeline Space does, J and L play, K stops"),
            lambda w: w.timing.player.toggle(), ("Ctrl+Space",), "play", _CLIP, _W,
            checked=lambda w: w.timing.player.playing),
    Command("time.plots", "time", N("Commands", "Plots over time"),
            N("Commands", "Show points as curves in the timeline, over a pitch distances and the camera too"),
            time_deeds.show_plots, (), "", _CLIP, _W),
    Command("time.carryNext", "time", N("Commands", "Carry labels to next frame"),
            N("Commands", "Carry the frame's labels along the motion of the picture to the next frame and go there"),
            lambda w: w.timing.carrying.carry_next(1), ("]",), "carry", _CLIP, group=1, repeats=True,
            room=Room.FOOTBALL),
    Command("time.carryBack", "time", N("Commands", "Carry labels to previous frame"),
            N("Commands", "Carry the frame's labels along the motion of the picture to the frame before and go there"),
            lambda w: w.timing.carrying.carry_next(-1), ("[",), "", _CLIP, group=1, repeats=True, room=Room.FOOTBALL),
    Command("time.carryOn", "time", N("Commands", "Carry labels on until unsure"),
            N("Commands", "Carry the frame's labels forward until a cut or until it is not sure; Esc stops"),
            lambda w: w.timing.carrying.carry_on(1), ("Shift+]",), "", _CLIP, group=1, room=Room.FOOTBALL),
    Command("time.carryBackOn", "time", N("Commands", "Carry labels back until unsure"),
            N("Commands", "Carry the frame's labels backward until a cut or until it is not sure; Esc stops"),
            lambda w: w.timing.carrying.carry_on(-1), ("Shift+[",), "", _CLIP, group=1, room=Room.FOOTBALL),
    Command("time.carryAll", "time", N("Commands", "Carry labels of all accepted frames..."),
            N("Commands", "Carry the labels of every accepted frame both ways, as one step to undo"),
            time_deeds.carry_all, (), "", _CLIP, _W, group=1, room=Room.FOOTBALL),
    Command("time.fill", "time", N("Commands", "Fill in between key frames"),
            N("Commands", "Label the frames in between: of a pitch between the two accepted frames around, else where "
              "somebody is missing"),
            time_deeds.fill, ("I",), "", _CLIP, group=1),
    Command("time.tripod", "time", N("Commands", "Solve fixed camera for this clip"),
            N("Commands", "Find out where the camera stands from all labelled frames: "
              "then two points or three markings are enough"),
            lambda w: w.timing.clip.solve_camera(), (), "", _CLIP, _W, group=2, room=Room.FOOTBALL),
    Command("time.forgetTripod", "time", N("Commands", "Forget fixed cameras"),
            N("Commands", "From now on every frame's camera is its own again; no label changes"),
            lambda w: w.timing.clip.forget_camera(), (), "", _CLIP, _W, group=2, room=Room.FOOTBALL),
    Command("time.choose", "time", N("Commands", "Choose frames to label..."),
            N("Commands", "List the frames that differ most, so that nobody labels neighbours"),
            time_deeds.choose_frames, (), "", Needs.PROJECT, _W, group=2),
    Command("time.findCuts", "time", N("Commands", "Find scene cuts"),
            N("Commands", "Look through the video for cuts and damaged frames; short videos are looked through anyway"),
            lambda w: w.timing.find_cuts(), (), "", _CLIP, _W, group=2),
)  # fmt: skip
