"""What the rows of the window's lists have in common: how they are asked for, and the ground they are painted on."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from annotator.gui import theme

Index = QModelIndex | QPersistentModelIndex
"""What Qt asks a model and a delegate with."""

_BAR = 3


def paint_chosen(painter: QPainter, option: QStyleOptionViewItem) -> bool:
    """The ground of a row that is chosen: a tint, and a bar at its left. False where the row is not chosen."""
    if not option.state & QStyle.StateFlag.State_Selected:
        return False
    rect: QRect = option.rect
    colours = theme.tokens()
    painter.fillRect(rect, QColor(colours.soft))
    painter.fillRect(QRect(rect.left(), rect.top(), _BAR, rect.height()), QColor(colours.accent))
    return True


def paint_ground(painter: QPainter, option: QStyleOptionViewItem) -> None:
    """The ground of a row that is chosen or under the pointer."""
    if not paint_chosen(painter, option) and option.state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(option.rect, QColor(theme.tokens().hover))
