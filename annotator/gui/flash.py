"""A ring that closes in on a place of the picture and fades: look here."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QObject, QPointF, QRectF, Qt, QVariantAnimation
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene, QStyleOptionGraphicsItem, QWidget

from annotator.gui.colours import ACCENT, CASING

FROM, TO = 46.0, 15.0
DURATION_MS = 1100


class _Ring(QGraphicsItem):
    """A cased ring of one radius in screen pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(70.0)
        self.setVisible(False)
        self.radius = FROM

    def boundingRect(self) -> QRectF:
        """The room that it takes when it is widest."""
        return QRectF(-FROM - 4.0, -FROM - 4.0, 2.0 * FROM + 8.0, 2.0 * FROM + 8.0)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint it, in its own units."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in (QPen(CASING, 4.5), QPen(ACCENT, 2.25)):
            painter.setPen(pen)
            painter.drawEllipse(QPointF(0.0, 0.0), self.radius, self.radius)


class Flash(QObject):
    """Shows the ring at one place, for a second."""

    def __init__(self, scene: QGraphicsScene, parent: QObject) -> None:
        super().__init__(parent)
        self.ring = _Ring()
        scene.addItem(self.ring)
        self._run = QVariantAnimation(self, duration=DURATION_MS, startValue=0.0, endValue=1.0)
        self._run.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._run.valueChanged.connect(self._on_value)
        self._run.finished.connect(lambda: self.ring.setVisible(False))

    def show_at(self, x: float, y: float) -> None:
        """Close in on this image point; an earlier one is left at once."""
        self._run.stop()
        self.ring.setPos(x, y)
        self.ring.setVisible(True)
        self._run.start()

    def _on_value(self, value: float) -> None:
        self.ring.radius = FROM + (TO - FROM) * value
        self.ring.setOpacity(min(1.0, 4.0 * (1.0 - value) + 0.2))
        self.ring.update()
