"""What a frame said earlier, painted thin over what it says now."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene, QStyleOptionGraphicsItem, QWidget

from annotator.gui.colours import CASING, SKY
from annotator.labels import Point


class _Ring(QGraphicsItem):
    """A dashed ring of one size on the screen."""

    def __init__(self, at: Point) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(64.0)
        self.setPos(*at)

    def boundingRect(self) -> QRectF:
        """The room that it takes."""
        return QRectF(-11.0, -11.0, 22.0, 22.0)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint it, in its own units."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for pen in (QPen(CASING, 3.4), QPen(SKY, 1.6, Qt.PenStyle.DashLine)):
            painter.setPen(pen)
            painter.drawEllipse(QPointF(0.0, 0.0), 8.0, 8.0)


class EarlierMarks:
    """Rings where an earlier record had its points, until they are taken off."""

    def __init__(self, scene: QGraphicsScene) -> None:
        self._scene = scene
        self.rings: list[QGraphicsItem] = []

    def show(self, points: Sequence[Point]) -> None:
        """Show rings at these places and no others."""
        for ring in self.rings:
            self._scene.removeItem(ring)
        self.rings = [_Ring(at) for at in points]
        for ring in self.rings:
            self._scene.addItem(ring)
