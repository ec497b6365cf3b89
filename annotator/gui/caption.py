"""A line of words on the glass: what is seen, while it is not what is usually seen."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QStaticText

from annotator.gui.colours import PLATE, PLATE_TEXT

PAD_X, PAD_Y = 12.0, 5.0
FROM_FOOT = 14


class Caption:
    """The words on a plate at the foot of the view, in its middle."""

    def __init__(self, font: QFont) -> None:
        self._font = font
        self._text = QStaticText()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._size = QSize()
        self._view = QSize()

    @property
    def rect(self) -> QRect:
        """Where it is; empty without words."""
        if self._size.isEmpty():
            return QRect()
        left = (self._view.width() - self._size.width()) // 2
        top = self._view.height() - self._size.height() - FROM_FOOT
        return QRect(left, top, self._size.width(), self._size.height())

    @property
    def text(self) -> str:
        """The words."""
        return self._text.text()

    def say(self, text: str, view: QSize) -> None:
        """Say this in a view of this size; "" says nothing."""
        self._view = view
        self._text.setText(text)
        self._text.prepare(font=self._font)
        metrics = QFontMetricsF(self._font)
        room = QSize(round(metrics.horizontalAdvance(text) + 2 * PAD_X), round(metrics.height() + 2 * PAD_Y))
        self._size = room if text else QSize()

    def paint(self, painter: QPainter) -> None:
        """Paint it in pixels of the view."""
        rect = QRectF(self.rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(PLATE)
        painter.drawRoundedRect(rect, 4.0, 4.0)
        painter.setPen(PLATE_TEXT)
        painter.setFont(self._font)
        painter.drawStaticText(rect.topLeft() + QPointF(PAD_X, PAD_Y), self._text)
