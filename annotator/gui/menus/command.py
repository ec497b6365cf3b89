"""A command: one thing that a person can ask for, with its words, keys, icon and needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QKeySequence

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


class Room(Enum):
    """Of which schemes a command is; elsewhere it is in no menu and its keys are free."""

    ANY = ""
    FOOTBALL = N("Commands", "This project's scheme has no pitch")
    THINGS = N("Commands", "This is for projects of people or things, not of a pitch")
    MANY = N("Commands", "A frame of this project shows one thing")


class Needs(Enum):
    """What a command needs, and how it says that this is missing."""

    NOTHING = ""
    PROJECT = N("Commands", "Open a folder or video first")
    FRAME = N("Commands", "Needs a frame on the screen")
    CLIP = N("Commands", "Open a video or a folder of numbered frames first")
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
    room: Room = Room.ANY

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
