"""What keys do in lists of frames and of points: the same in both."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from annotator.gui.key_repeats import KeyRepeats

_REPEATS = KeyRepeats()
"""Of the one keyboard; lists tell it of releases."""


def note_release(event: QKeyEvent) -> None:
    """A list saw a key let go."""
    _REPEATS.note_release(event)


def is_for_the_window(event: QKeyEvent, tapped: Callable[[], None]) -> bool:
    """Whether a key pressed in a list is none of the list's.

    The space bar accepts as on the canvas: ``tapped`` is called, once for a press however long it is held. Letters are
    commands, not a search by first letter: the event is left to the window.
    """
    if event.key() == Qt.Key.Key_Space:
        if not _REPEATS.is_repeat(event):
            tapped()
        return True
    if event.text() and event.text().isprintable():
        event.ignore()
        return True
    return False
