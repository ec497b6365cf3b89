"""The Window menu: panels and layouts."""

from __future__ import annotations

from annotator.gui.layouts import Layout
from annotator.gui.menus.command import Command, N, Needs, Room, Scope

_W = Scope.WINDOW
_NOTHING = Needs.NOTHING

WINDOW = (
    Command("window.camera", "window", N("Commands", "Camera panel"),
            N("Commands", "Show or hide the numbers of the fitted camera"),
            lambda w: w.docks.toggle_camera(), ("F7",), "camera", _NOTHING, _W,
            checked=lambda w: w.docks.camera_is_open, room=Room.FOOTBALL),
    Command("window.timeline", "window", N("Commands", "Timeline"),
            N("Commands", "Show or hide the frames of the video over time"),
            lambda w: w.docks.timeline_dock.toggle(), ("Shift+F9",), "timeline", _NOTHING, _W,
            checked=lambda w: w.docks.timeline_dock.isVisible()),
    Command("window.layoutLabel", "window", N("Commands", "Label layout"),
            N("Commands", "Arrange the panels for labelling, as you left them"),
            lambda w: w.docks.use(Layout.LABEL), ("Ctrl+Alt+1",), "", _NOTHING, _W,
            checked=lambda w: w.docks.layout is Layout.LABEL, group=1),
    Command("window.layoutReview", "window", N("Commands", "Review layout"),
            N("Commands", "Arrange the panels for reviewing, as you left them"),
            lambda w: w.docks.use(Layout.REVIEW), ("Ctrl+Alt+2",), "", _NOTHING, _W,
            checked=lambda w: w.docks.layout is Layout.REVIEW, group=1),
    Command("window.layoutCalibrate", "window", N("Commands", "Calibrate layout"),
            N("Commands", "Arrange the panels for calibrating cameras, as you left them"),
            lambda w: w.docks.use(Layout.CALIBRATE), ("Ctrl+Alt+3",), "", _NOTHING, _W,
            checked=lambda w: w.docks.layout is Layout.CALIBRATE, group=1, room=Room.FOOTBALL),
    Command("window.reset", "window", N("Commands", "Reset layout"),
            N("Commands", "Put the panels of this layout back where they were at first"),
            lambda w: w.reset_layout(), (), "", _NOTHING, _W, group=1),
    Command("window.nextPane", "window", N("Commands", "Next pane"),
            N("Commands", "Put the keyboard into the next panel, the picture or the toolbar"),
            lambda w: w.step_pane(1), ("Ctrl+F6",), "", _NOTHING, _W, group=2),
    Command("window.previousPane", "window", N("Commands", "Previous pane"),
            N("Commands", "Put the keyboard into the panel before"),
            lambda w: w.step_pane(-1), ("Ctrl+Shift+F6",), "", _NOTHING, _W, group=2),
)  # fmt: skip
