"""What keys do in lists and tables, and in the search boxes above them: the same in all."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListView, QTableView

from annotator.gui.key_repeats import KeyRepeats

_REPEATS = KeyRepeats()
"""Of the one keyboard; lists tell it of releases."""
_INTO = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down)


class RowList(QListView):
    """A list. Its rows are gone through with the arrows, letters are commands, and Space accepts as on the canvas."""

    space_tapped = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keep what moves through the rows, and leave the rest to the window."""
        if not _is_for_the_window(event, self.space_tapped.emit):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """A key held down is told from one pressed again by this."""
        _REPEATS.note_release(event)
        super().keyReleaseEvent(event)


class RowTable(QTableView):
    """A table, with the keys of `RowList`."""

    space_tapped = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """As in a list."""
        if not _is_for_the_window(event, self.space_tapped.emit):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """As in a list."""
        _REPEATS.note_release(event)
        super().keyReleaseEvent(event)


class SearchKeys(QObject):
    """Enter and Down lead from a search box ``into`` the list below it, Escape ``out`` of it."""

    into = Signal()
    out = Signal()

    def __init__(self, box: QLineEdit) -> None:
        super().__init__(box)
        box.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys that leave the box."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            if event.key() in _INTO:
                self.into.emit()
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.out.emit()
                return True
        return super().eventFilter(watched, event)


def _is_for_the_window(event: QKeyEvent, tapped: Callable[[], None]) -> bool:
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
