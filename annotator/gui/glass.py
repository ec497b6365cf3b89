"""The glass over the sheet: small instruments that stay where they are while the picture scrolls under them.

A pane says where it is, in pixels of the view, and paints itself; it is painted only where something changed. When the
view scrolls, Qt shifts what is painted, panes and all: the glass has each of them wiped off and painted anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter


class Pane(Protocol):
    """One instrument."""

    @property
    def rect(self) -> QRect:
        """Where it is in the view; empty while it is not to be seen."""

    def paint(self, painter: QPainter) -> None:
        """Paint it in pixels of the view."""


class Glass:
    """The panes of a view, the last one on top."""

    def __init__(self, update: Callable[[QRect], None]) -> None:
        self._update = update
        self._panes: list[Pane] = []
        self._shown: list[QRect] = []

    def add(self, pane: Pane) -> None:
        """Put a pane on top."""
        self._panes.append(pane)
        self._shown.append(QRect())

    def refresh(self, pane: Pane) -> None:
        """Paint a pane anew where it is now, and wipe it off where it was."""
        place = next(index for index, other in enumerate(self._panes) if other is pane)
        before, now = self._shown[place], pane.rect
        self._shown[place] = QRect(now)
        for rect in (before, now) if before != now else (now,):
            if not rect.isEmpty():
                self._update(rect)

    def scrolled(self, dx: int, dy: int) -> None:
        """The view shifted what is painted by so much."""
        for rect in self._shown:
            if not rect.isEmpty():
                self._update(rect.translated(dx, dy))
                self._update(rect)

    def paint(self, painter: QPainter, exposed: QRect) -> None:
        """Paint the panes that something exposed of."""
        for pane, rect in zip(self._panes, self._shown, strict=True):
            if rect.intersects(exposed):
                painter.save()
                painter.resetTransform()
                pane.paint(painter)
                painter.restore()
