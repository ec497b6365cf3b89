"""The space bar over the canvas: a tap is a command of the window, held with the mouse it pans."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from annotator.gui.key_repeats import KeyRepeats


class _State(Enum):
    UP = "up"
    DOWN = "down"
    USED = "used"


def is_plain_space(event: QKeyEvent) -> bool:
    """Whether a key is the space bar with nothing else held."""
    return event.key() == Qt.Key.Key_Space and event.modifiers() == Qt.KeyboardModifier.NoModifier


class SpaceBar:
    """Whether it is held, and whether letting it go is a tap: not when it was used with the mouse meanwhile."""

    def __init__(self) -> None:
        self._state, self._repeats = _State.UP, KeyRepeats()

    @property
    def is_held(self) -> bool:
        """Whether it is down."""
        return self._state is not _State.UP

    def press(self, event: QKeyEvent, *, in_gesture: bool) -> bool:
        """Whether it went down with this event; in the midst of a gesture that is no beginning of a tap."""
        if self._repeats.is_repeat(event):
            # Of a press that went elsewhere.
            self._state = self._state if self.is_held else _State.USED
            return False
        if self.is_held:
            return False
        self._state = _State.USED if in_gesture else _State.DOWN
        return True

    def use(self) -> None:
        """The mouse does something: if it is held, letting it go is no tap."""
        if self.is_held:
            self._state = _State.USED

    def note_release(self, event: QKeyEvent) -> None:
        """Any key was let go, or seemed to be."""
        self._repeats.note_release(event)

    def let_go(self) -> bool:
        """Whether that was a tap."""
        tapped, self._state = self._state is _State.DOWN, _State.UP
        return tapped

    def forget(self) -> None:
        """Its release will not be seen."""
        self._state = _State.UP
