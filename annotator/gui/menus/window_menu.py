"""The Window menu: panels and layouts."""

from __future__ import annotations

from annotator.gui.menus.command import Command, N, Needs, Scope

_W = Scope.WINDOW
_NOTHING = Needs.NOTHING

WINDOW = (
    Command("window.camera", "window", N("Commands", "Camera panel"),
            N("Commands", "Show or hide the numbers of the fitted camera"),
            lambda w: w.docks.toggle_camera(), ("F7",), "camera", _NOTHING, _W,
            checked=lambda w: w.docks.camera_is_open),
    Command("window.reset", "window", N("Commands", "Reset layout"),
            N("Commands", "Put every panel back where it was at first"),
            lambda w: w.reset_layout(), (), "", _NOTHING, _W),
)  # fmt: skip
