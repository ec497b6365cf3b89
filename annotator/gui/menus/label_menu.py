"""The Label menu: tools, and what is said of points."""

from __future__ import annotations

from annotator.gui import deeds
from annotator.gui.menus.command import Command, N, Needs, Room, Scope
from annotator.labels import Visibility

_C = Scope.CANVAS
_NOTHING = Needs.NOTHING

LABEL = (
    Command("tool.select", "label", N("Commands", "Select"), N("Commands", "Select and move points"),
            lambda w: w.tools.take("select"), ("1",), "select", _NOTHING,
            checked=lambda w: w.tools.current == "select"),
    Command("tool.point", "label", N("Commands", "Point"), N("Commands", "Place the active keypoint"),
            lambda w: w.tools.take("point"), ("2",), "point", _NOTHING, checked=lambda w: w.tools.current == "point"),
    Command("tool.marking", "label", N("Commands", "Marking"), N("Commands", "Click along the active line or circle"),
            lambda w: w.tools.take("marking"), ("3",), "marking", _NOTHING,
            checked=lambda w: w.tools.current == "marking", room=Room.FOOTBALL),
    Command("tool.template", "label", N("Commands", "Pitch"),
            N("Commands", "Drag the whole pitch into place; click on it to pin what is right"),
            lambda w: w.tools.take("template"), ("5",), "template", _NOTHING,
            checked=lambda w: w.tools.current == "template", room=Room.FOOTBALL),
    Command("tool.box", "label", N("Commands", "Box"), N("Commands", "Draw the box of a person or thing"),
            lambda w: w.tools.take("box"), ("4",), "box", _NOTHING,
            checked=lambda w: w.tools.current == "box", room=Room.THINGS),
    Command("tool.pan", "label", N("Commands", "Pan"), N("Commands", "Drag the frame"),
            lambda w: w.tools.take("pan"), ("6",), "pan", _NOTHING, checked=lambda w: w.tools.current == "pan"),
    Command("label.nextPoint", "label", N("Commands", "Next point"),
            N("Commands", "Make the next keypoint without a placed position the active one"),
            lambda w: deeds.next_point(w, 1), ("Tab",), scope=_C, group=1, repeats=True),
    Command("label.previousPoint", "label", N("Commands", "Previous point"),
            N("Commands", "Make the keypoint before without a placed position the active one"),
            lambda w: deeds.next_point(w, -1), ("Shift+Tab",), scope=_C, group=1, repeats=True),
    Command("label.cycleVisibility", "label", N("Commands", "Cycle visibility"),
            N("Commands", "Visible, occluded, absent, and round again"),
            deeds.cycle_visibility, ("V",), "", Needs.KEYPOINTS, group=2),
    Command("label.visible", "label", N("Commands", "Visible"), N("Commands", "Mark the selected points visible"),
            lambda w: deeds.mark(w, Visibility.VISIBLE), ("Alt+2",), "visible", Needs.KEYPOINTS, group=2),
    Command("label.occluded", "label", N("Commands", "Occluded"), N("Commands", "Mark the selected points occluded"),
            lambda w: deeds.mark(w, Visibility.OCCLUDED), ("Alt+1", "U"), "occluded", Needs.KEYPOINTS,
            group=2),
    Command("label.absent", "label", N("Commands", "Absent"), N("Commands", "Mark the selected points absent"),
            lambda w: deeds.mark(w, Visibility.ABSENT), ("Alt+0",), "absent", Needs.KEYPOINTS, group=2),
    Command("label.skip", "label", N("Commands", "Absent and next point"),
            N("Commands", "Mark the active keypoint absent and go to the next one"),
            deeds.skip_point, ("J",), group=2),
    Command("label.atPrediction", "label", N("Commands", "Place where predicted"),
            N("Commands", "Place the selected points where the network sees them"),
            deeds.place_at_prediction, ("Return",), "", Needs.KEYPOINTS, _C, group=3),
    Command("label.atGeometry", "label", N("Commands", "Place where geometry has it"),
            N("Commands", "Place the selected points where the drawn pitch has them"),
            deeds.place_at_geometry, ("Shift+Return",), "", Needs.KEYPOINTS, _C, group=3,
            room=Room.FOOTBALL),
    Command("label.snapNow", "label", N("Commands", "Snap to paint"),
            N("Commands", "Draw what is selected to the white paint, or everything drawn when nothing is selected"),
            lambda w: w.tools.snapper.snap_selection(), ("S",), group=3, room=Room.FOOTBALL),
    Command("label.snapOnRelease", "label", N("Commands", "Snap on release"),
            N("Commands", "Draw whatever is dropped to the white paint; Ctrl held at the drop leaves it where it is"),
            lambda w: w.tools.snapper.toggle(), ("Shift+S",), "magnet", _NOTHING,
            checked=lambda w: w.tools.snapper.on_release, group=3, room=Room.FOOTBALL),
)  # fmt: skip
