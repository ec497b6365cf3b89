"""The Go menu: from frame to frame."""

from __future__ import annotations

from annotator.gui import deeds
from annotator.gui.menus.command import Command, N, Needs, Scope
from annotator.gui.session import UNDECIDED, UNLABELLED

_W = Scope.WINDOW
_C = Scope.CANVAS
_PROJECT = Needs.PROJECT

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
