"""How the state of a frame looks in a list, and what it is called."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from annotator.gui import theme
from annotator.gui.colours import BLUE, ORANGE, SKY, VERMILLION
from annotator.labels import FrameState


def paint_state(painter: QPainter, centre: QPointF, state: FrameState) -> None:
    """The state of a frame as a shape 12 pixels wide; colour says it a second time."""
    dark = theme.tokens() is theme.DARK
    colours = theme.tokens()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    x, y = centre.x(), centre.y()
    if state is FrameState.UNSEEN:
        painter.setPen(QPen(QColor(colours.muted), 1.3))
        painter.drawEllipse(centre, 3.5, 3.5)
    elif state is FrameState.PREDICTED:
        painter.setPen(QPen(ORANGE if dark else QColor("#b87a00"), 2.0))
        painter.drawLine(QPointF(x - 4, y), QPointF(x + 4, y))
        painter.drawLine(QPointF(x, y - 4), QPointF(x, y + 4))
    elif state is FrameState.DRAFT:
        blue = SKY if dark else BLUE
        painter.setPen(QPen(blue, 1.5))
        painter.drawEllipse(centre, 4.0, 4.0)
        painter.setBrush(blue)
        painter.drawPie(QRectF(x - 4, y - 4, 8, 8), 90 * 16, 180 * 16)
    elif state is FrameState.ACCEPTED:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(QColor(colours.accent)))
        painter.drawEllipse(centre, 6.0, 6.0)
        painter.setPen(QPen(QColor(colours.on_accent), 1.6))
        painter.drawPolyline([QPointF(x - 2.8, y + 0.2), QPointF(x - 0.8, y + 2.3), QPointF(x + 3.0, y - 2.2)])
    elif state is FrameState.LOOK_AGAIN:
        painter.setPen(QPen(ORANGE if dark else QColor("#b87a00"), 1.5))
        painter.drawEllipse(QRectF(x - 6, y - 3.6, 12, 7.2))
        painter.setBrush(QColor(colours.muted))
        painter.drawEllipse(centre, 1.4, 1.4)
    else:
        painter.setPen(QPen(VERMILLION, 2.0))
        painter.drawLine(QPointF(x - 3.4, y - 3.4), QPointF(x + 3.4, y + 3.4))
        painter.drawLine(QPointF(x - 3.4, y + 3.4), QPointF(x + 3.4, y - 3.4))
    painter.restore()


def state_text(state: FrameState) -> str:
    """The state of a frame in a word."""
    translate = QCoreApplication.translate
    return {
        FrameState.UNSEEN: translate("FrameState", "Not seen"),
        FrameState.PREDICTED: translate("FrameState", "Predicted"),
        FrameState.DRAFT: translate("FrameState", "Draft"),
        FrameState.ACCEPTED: translate("FrameState", "Accepted"),
        FrameState.REJECTED: translate("FrameState", "Rejected"),
        FrameState.LOOK_AGAIN: translate("FrameState", "Needs a second look"),
    }[state]
