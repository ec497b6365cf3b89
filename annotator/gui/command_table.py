"""The table of commands: what a person can ask for, with its words, keys, icon and needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QKeySequence

from annotator.gui import deeds
from annotator.gui.session import UNDECIDED, UNLABELLED
from annotator.gui.view_state import HeatmapLayer
from annotator.labels import Visibility

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow


def N(context: str, text: str) -> str:
    """The text, marked for translation: ``lupdate -tr-function-alias QT_TRANSLATE_NOOP+=N`` finds it."""
    return text


class Scope(Enum):
    """Where the keys of a command work: anywhere in the window, where frames are looked at, on the canvas only.

    TAP is the space bar, which the canvas tells from a held one by itself.
    """

    WINDOW = "window"
    VIEWS = "views"
    CANVAS = "canvas"
    TAP = "tap"


class Needs(Enum):
    """What a command needs, and how it says that this is missing."""

    NOTHING = ""
    PROJECT = N("Commands", "Open a folder or video first")
    FRAME = N("Commands", "Needs a frame on the screen")
    SELECTION = N("Commands", "Select a point or marking first")
    KEYPOINTS = N("Commands", "Select a keypoint first")
    UNDO = N("Commands", "There is nothing to undo")
    REDO = N("Commands", "There is nothing to redo")
    NETWORK = N("Commands", "Load a network first")
    DECISION = N("Commands", "This frame has no decision yet")
    JOB = N("Commands", "Nothing is running")


@dataclass(frozen=True)
class Command:
    """One thing a person can ask for."""

    id: str
    menu: str
    text: str
    tip: str
    run: Callable[[MainWindow], object]
    keys: tuple[str, ...] = ()
    icon: str = ""
    needs: Needs = Needs.FRAME
    scope: Scope = Scope.VIEWS
    checked: Callable[[MainWindow], bool] | None = None
    group: int = 0
    repeats: bool = False

    @property
    def title(self) -> str:
        """The text in the person's language."""
        return QCoreApplication.translate("Commands", self.text)

    @property
    def hint(self) -> str:
        """The tip in the person's language."""
        return QCoreApplication.translate("Commands", self.tip)

    @property
    def key_text(self) -> str:
        """Its keys as the system writes them."""
        return ", ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in self.keys)


MENUS = (
    ("file", N("Menus", "&File")),
    ("edit", N("Menus", "&Edit")),
    ("view", N("Menus", "&View")),
    ("go", N("Menus", "&Go")),
    ("label", N("Menus", "&Label")),
    ("predict", N("Menus", "&Predict")),
    ("review", N("Menus", "&Review")),
    ("window", N("Menus", "&Window")),
    ("help", N("Menus", "&Help")),
)
TOOLBAR = (
    "edit.undo", "edit.redo", "",
    "tool.select", "tool.point", "tool.marking", "tool.pan", "",
    "view.fit", "view.heatmap", "view.predictions", "",
    "predict.frame", "",
    "go.previous", "go.next",
)  # fmt: skip
DECISIONS = ("review.reject", "review.accept")
CONTEXT = (
    "label.visible", "label.occluded", "label.absent", "",
    "label.atPrediction", "label.atGeometry", "edit.delete", "",
    "view.fit", "view.actual", "view.heatmap", "",
    "review.accept", "review.reject",
)  # fmt: skip

_W, _C = Scope.WINDOW, Scope.CANVAS
_PROJECT, _NOTHING = Needs.PROJECT, Needs.NOTHING

FILE = (
    Command("file.openFolder", "file", N("Commands", "Open folder..."), N("Commands", "Open a folder of frames"),
            lambda w: w.files.open_folder(), ("Ctrl+O",), "open-folder", _NOTHING, _W),
    Command("file.openVideo", "file", N("Commands", "Open video..."), N("Commands", "Open one or more videos"),
            lambda w: w.files.open_video(), ("Ctrl+Shift+V",), "open-video", _NOTHING, _W),
    Command("file.openImages", "file", N("Commands", "Open images..."), N("Commands", "Open single images"),
            lambda w: w.files.open_images(), ("Ctrl+I",), "open-images", _NOTHING, _W),
    Command("file.openProject", "file", N("Commands", "Open project..."),
            N("Commands", "Open a Touchline project file"),
            lambda w: w.files.open_project(), ("Ctrl+Shift+O",), "", _NOTHING, _W),
    Command("file.openSample", "file", N("Commands", "Open sample project"),
            N("Commands", "Open a few rendered frames to try things on"),
            lambda w: w.errands.open_sample(), (), "sample", _NOTHING, _W),
    Command("file.save", "file", N("Commands", "Save"),
            N("Commands", "Everything is stored as you work; this says where"),
            deeds.save, ("Ctrl+S",), "", _PROJECT, _W, group=1),
    Command("file.importLines", "file", N("Commands", "Import SoccerNet lines..."),
            N("Commands", "Bring line files into the project as drawn markings"),
            lambda w: w.files.import_lines(), (), "import", _PROJECT, _W, group=2),
    Command("file.export", "file", N("Commands", "Export..."),
            N("Commands", "Export the accepted frames as a training set, SoccerNet files or COCO"),
            lambda w: w.files.export(), ("Ctrl+E",), "export", _PROJECT, _W, group=2),
    Command("app.quit", "file", N("Commands", "Quit"), N("Commands", "Close Touchline"),
            lambda w: w.close(), ("Ctrl+Q",), "", _NOTHING, _W, group=3),
)  # fmt: skip

EDIT = (
    Command("edit.undo", "edit", N("Commands", "Undo"), N("Commands", "Take back the last change, on any frame"),
            lambda w: w.session.undo(), ("Ctrl+Z",), "undo", Needs.UNDO, _W, repeats=True),
    Command("edit.redo", "edit", N("Commands", "Redo"), N("Commands", "Make the change taken back once more"),
            lambda w: w.session.redo(), ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", Needs.REDO, _W, repeats=True),
    Command("edit.delete", "edit", N("Commands", "Delete"),
            N("Commands", "Give the selected points back to geometry and network, or remove the selected marking"),
            deeds.delete, ("Del", "Backspace"), "delete", Needs.SELECTION, group=1),
    Command("edit.clear", "edit", N("Commands", "Clear frame"),
            N("Commands", "Forget all that was said of this frame; can be undone"), deeds.clear_frame, group=1),
    Command("edit.copyPrevious", "edit", N("Commands", "Copy from previous frame"),
            N("Commands", "Take over the labels of the frame before this one in the list"),
            deeds.copy_previous, ("Ctrl+B",), "copy", scope=_W, group=1),
    Command("edit.selectAll", "edit", N("Commands", "Select all"), N("Commands", "Select every keypoint on the screen"),
            deeds.select_all, ("Ctrl+A",), group=2),
    Command("edit.deselect", "edit", N("Commands", "Select none"), N("Commands", "Select nothing"),
            deeds.deselect, ("Esc",), group=2),
    *(Command(f"nudge.{way}{name}", "", f"{title} {amount}",
              N("Commands", "Move what is selected; with nothing selected, left and right change the frame"),
              deeds.arrow_by(dx * step, dy * step), (f"{modifier}{key}",), scope=_C, repeats=True)
      for way, title, key, dx, dy in (
          ("left", N("Commands", "Nudge left"), "Left", -1, 0), ("right", N("Commands", "Nudge right"), "Right", 1, 0),
          ("up", N("Commands", "Nudge up"), "Up", 0, -1), ("down", N("Commands", "Nudge down"), "Down", 0, 1))
      for name, amount, modifier, step in (
          ("", "1 px", "", 1.0), ("Far", "10 px", "Shift+", 10.0), ("Fine", "0.1 px", "Ctrl+", 0.1))),
)  # fmt: skip

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

GO = (
    Command("go.next", "go", N("Commands", "Next frame"), N("Commands", "Show the next frame of the list"),
            lambda w: w.session.step(1), ("D",), "next", _PROJECT, repeats=True),
    Command("go.previous", "go", N("Commands", "Previous frame"), N("Commands", "Show the frame before in the list"),
            lambda w: w.session.step(-1), ("A",), "previous", _PROJECT, repeats=True),
    Command("go.nextTen", "go", N("Commands", "10 frames on"), N("Commands", "Show the tenth frame from here"),
            lambda w: w.session.step(10), ("Shift+D",), "", _PROJECT, repeats=True),
    Command("go.previousTen", "go", N("Commands", "10 frames back"), N("Commands", "Show the tenth frame before"),
            lambda w: w.session.step(-10), ("Shift+A",), "", _PROJECT, repeats=True),
    Command("go.first", "go", N("Commands", "First frame"), N("Commands", "Show the first frame of the list"),
            lambda w: deeds.go_to_end(w, 0), ("Home",), "", _PROJECT, _C),
    Command("go.last", "go", N("Commands", "Last frame"), N("Commands", "Show the last frame of the list"),
            lambda w: deeds.go_to_end(w, -1), ("End",), "", _PROJECT, _C),
    Command("go.frame", "go", N("Commands", "Go to frame..."), N("Commands", "Show the frame with a number"),
            deeds.go_to_frame, ("Ctrl+G",), "", _PROJECT, _W),
    Command("go.nextOpen", "go", N("Commands", "Next frame to review"),
            N("Commands", "Show the next frame that is neither accepted nor rejected"),
            lambda w: deeds.go_to_state(w, 1, UNDECIDED), (".",), "", _PROJECT, group=1),
    Command("go.previousOpen", "go", N("Commands", "Previous frame to review"),
            N("Commands", "Show the last frame before this that is neither accepted nor rejected"),
            lambda w: deeds.go_to_state(w, -1, UNDECIDED), (",",), "", _PROJECT, group=1),
    Command("go.nextUnlabelled", "go", N("Commands", "Next frame without labels"),
            N("Commands", "Show the next frame of which nobody said anything"),
            lambda w: deeds.go_to_state(w, 1, UNLABELLED), ("Ctrl+D",), "", _PROJECT, _W, group=1),
    Command("go.previousUnlabelled", "go", N("Commands", "Previous frame without labels"),
            N("Commands", "Show the last frame before this of which nobody said anything"),
            lambda w: deeds.go_to_state(w, -1, UNLABELLED), ("Ctrl+Shift+D",), "", _PROJECT, _W, group=1),
    Command("go.back", "go", N("Commands", "Back"), N("Commands", "Show the frame you came from"),
            lambda w: w.session.go_back(-1), ("Alt+Left",), "", _PROJECT, _W, group=2),
    Command("go.forward", "go", N("Commands", "Forward"), N("Commands", "Show the frame you went back from"),
            lambda w: w.session.go_back(1), ("Alt+Right",), "", _PROJECT, _W, group=2),
    Command("go.search", "go", N("Commands", "Search frames"), N("Commands", "Type a part of a frame's name"),
            deeds.search, ("Ctrl+F",), "search", _PROJECT, _W, group=2),
)  # fmt: skip

LABEL = (
    Command("tool.select", "label", N("Commands", "Select"), N("Commands", "Select and move points"),
            lambda w: w.tools.choose("select"), ("1",), "select", _NOTHING,
            checked=lambda w: w.tools.current == "select"),
    Command("tool.point", "label", N("Commands", "Point"), N("Commands", "Place the active keypoint"),
            lambda w: w.tools.choose("point"), ("2",), "point", _NOTHING, checked=lambda w: w.tools.current == "point"),
    Command("tool.marking", "label", N("Commands", "Marking"), N("Commands", "Click along the active line or circle"),
            lambda w: w.tools.choose("marking"), ("3",), "marking", _NOTHING,
            checked=lambda w: w.tools.current == "marking"),
    Command("tool.pan", "label", N("Commands", "Pan"), N("Commands", "Drag the frame"),
            lambda w: w.tools.choose("pan"), ("6",), "pan", _NOTHING, checked=lambda w: w.tools.current == "pan"),
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
            deeds.place_at_geometry, ("Shift+Return",), "", Needs.KEYPOINTS, _C, group=3),
)  # fmt: skip

PREDICT = (
    Command("predict.load", "predict", N("Commands", "Load network..."),
            N("Commands", "Load the weights of a network from a file"),
            lambda w: w.files.load_network(), (), "network", _NOTHING, _W),
    Command("predict.frame", "predict", N("Commands", "Predict frame"),
            N("Commands", "Let the network look at this frame again"),
            lambda w: w.session.predict_again(), ("F6",), "predict", Needs.NETWORK, _W),
    Command("predict.all", "predict", N("Commands", "Predict all frames"),
            N("Commands", "Let the network look at every listed frame that it has not seen"),
            lambda w: w.errands.predict_all(), ("Shift+F6",), "predict-all", Needs.NETWORK, _W),
    Command("predict.stop", "predict", N("Commands", "Stop"), N("Commands", "Stop what is running; what is done stays"),
            deeds.stop, ("Ctrl+.",), "stop", Needs.JOB, _W),
)  # fmt: skip

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

WINDOW = (
    Command("window.camera", "window", N("Commands", "Camera panel"),
            N("Commands", "Show or hide the numbers of the fitted camera"),
            lambda w: w.docks.toggle_camera(), ("F7",), "camera", _NOTHING, _W,
            checked=lambda w: w.docks.camera_is_open),
    Command("window.reset", "window", N("Commands", "Reset layout"),
            N("Commands", "Put every panel back where it was at first"),
            lambda w: w.reset_layout(), (), "", _NOTHING, _W),
)  # fmt: skip

HELP = (
    Command("help.keys", "help", N("Commands", "Keys and mouse"), N("Commands", "Look up every key"),
            lambda w: w.show_keys(), ("F1",), "keyboard", _NOTHING, _W),
    Command("help.palette", "help", N("Commands", "Command palette"), N("Commands", "Find a command by typing"),
            lambda w: w.show_palette(), ("Ctrl+K",), "search", _NOTHING, _W),
    Command("help.about", "help", N("Commands", "About Touchline"), N("Commands", "Version and components"),
            lambda w: w.show_about(), (), "info", _NOTHING, _W, group=1),
)  # fmt: skip

COMMANDS: tuple[Command, ...] = (*FILE, *EDIT, *VIEW, *GO, *LABEL, *PREDICT, *REVIEW, *WINDOW, *HELP)
