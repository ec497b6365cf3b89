"""A key held down told from one pressed again, also where the window system does not say which it is.

Under X11 a key that is held comes as releases and presses in turn, which Qt takes for a person's wherever it was idle
enough to read the one before the other was there. Both carry the time of the same moment, though, and no finger is that
quick.
"""

from __future__ import annotations

from PySide6.QtGui import QKeyEvent

_SAME_MOMENT_MS = 10


class KeyRepeats:
    """Remembers when a key was let go last; told of every release, it knows of every press whether it is a repeat."""

    def __init__(self) -> None:
        self._released: tuple[int, int] | None = None

    def note_release(self, event: QKeyEvent) -> None:
        """A key was let go, or seemed to be."""
        self._released = (event.key(), event.timestamp())

    def is_repeat(self, event: QKeyEvent) -> bool:
        """Whether a press is that of a key which is down already."""
        if event.isAutoRepeat():
            return True
        if self._released is None or not event.timestamp():
            # Made by a program, and of no moment.
            return False
        key, at = self._released
        return key == event.key() and at > 0 and event.timestamp() - at <= _SAME_MOMENT_MS
