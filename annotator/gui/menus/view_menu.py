"""The View menu: what is shown and how large."""

from __future__ import annotations

from annotator.gui import deeds
from annotator.gui.menus.command import Command, N, Needs, Scope
from annotator.gui.view_state import HeatmapLayer

_W = Scope.WINDOW
_NOTHING = Needs.NOTHING

VIEW = (
    Command("view.zoomIn", "view", N("Commands", "Zoom in"), N("Commands", "Zoom in about the middle"),
            lambda w: w.canvas.zoom_by(1.25), ("+", "="), "zoom-in", repeats=True),
    Command("view.zoomOut", "view", N("Commands", "Zoom out"), N("Commands", "Zoom out about the middle"),
            lambda w: w.canvas.zoom_by(0.8), ("-",), "zoom-out", repeats=True),
    Command("view.fit", "view", N("Commands", "Fit"), N("Commands", "Show the whole frame"),
            lambda w: w.canvas.fit(), ("F",), "fit"),
    Command("view.actual", "view", N("Commands", "Actual size"), N("Commands", "One screen pixel for each image pixel"),
            lambda w: w.canvas.actual_size(), ("Ctrl+0",), "", Needs.FRAME, _W),
    Command("view.labels", "view", N("Commands", "Labels"),
            N("Commands", "Show placed and constructed points and markings"),
            lambda w: deeds.toggle(w, "labels"), ("H",), "labels", _NOTHING,
            checked=lambda w: w.session.settings.labels, group=1),
    Command("view.markings", "view", N("Commands", "Markings"), N("Commands", "Show the lines and circles as drawn"),
            lambda w: deeds.toggle(w, "markings"), ("K",), "", _NOTHING,
            checked=lambda w: w.session.settings.markings, group=1),
    Command("view.predictions", "view", N("Commands", "Predictions"), N("Commands", "Show what the network sees"),
            lambda w: deeds.toggle(w, "predictions"), ("P",), "predict", _NOTHING,
            checked=lambda w: w.session.settings.predictions, group=1),
    Command("view.ghost", "view", N("Commands", "Pitch overlay"),
            N("Commands", "Show the whole pitch where geometry has it"),
            lambda w: deeds.toggle(w, "ghost"), ("T",), "sample", _NOTHING,
            checked=lambda w: w.session.settings.ghost, group=1),
    Command("view.residuals", "view", N("Commands", "Residuals"),
            N("Commands", "Show a red halo about points and clicks that do not fit the rest"),
            lambda w: deeds.toggle(w, "residuals"), ("R",), "", _NOTHING,
            checked=lambda w: w.session.settings.residuals, group=1),
    Command("view.spreads", "view", N("Commands", "Uncertainty"),
            N("Commands", "Show where each point may be: an ellipse of two standard deviations"),
            lambda w: deeds.toggle(w, "spreads"), ("Shift+R",), "", _NOTHING,
            checked=lambda w: w.session.settings.spreads, group=1),
    Command("view.names", "view", N("Commands", "Names"), N("Commands", "Show the names of the points"),
            lambda w: deeds.toggle(w, "names"), ("N",), "names", _NOTHING,
            checked=lambda w: w.session.settings.names, group=1),
    Command("view.heatmap", "view", N("Commands", "Heatmap of the point"),
            N("Commands", "Show where the network sees the active keypoint"),
            lambda w: deeds.toggle_heatmap(w, HeatmapLayer.SELECTED), ("M",), "heatmap", _NOTHING,
            checked=lambda w: w.session.settings.heatmap is HeatmapLayer.SELECTED, group=2),
    Command("view.heatmapAll", "view", N("Commands", "Heatmap of all points"),
            N("Commands", "Show where the network sees any keypoint"),
            lambda w: deeds.toggle_heatmap(w, HeatmapLayer.ALL), ("Shift+M",), "", _NOTHING,
            checked=lambda w: w.session.settings.heatmap is HeatmapLayer.ALL, group=2),
    Command("view.fullScreen", "view", N("Commands", "Full screen"), N("Commands", "Fill the whole screen"),
            deeds.full_screen, ("F11",), "", _NOTHING, _W, checked=lambda w: w.isFullScreen(), group=3),
)  # fmt: skip
