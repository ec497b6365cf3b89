"""Small drawings made once and stamped wherever they are needed, on whole screen pixels, so that they stay crisp.

A stamp is drawn about the centre of a pixel. Half a screen pixel is all that a stamp may lie beside its point; what is
said of the point is not rounded.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

Layer = tuple[QPen | Qt.PenStyle, QBrush | Qt.BrushStyle, QPainterPath]


def stamp(layers: tuple[Layer, ...], *, reach: float, ratio: float) -> QImage:
    """The layers drawn from bottom to top, ``reach`` screen pixels about the middle, ``ratio`` dots to each."""
    side = 2 * math.ceil(reach * ratio) + 1
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor(0, 0, 0, 0))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(side / 2.0, side / 2.0)
    painter.scale(ratio, ratio)
    for pen, brush, path in layers:
        painter.setPen(pen)
        painter.setBrush(brush)
        painter.drawPath(path)
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


class StampItem(QGraphicsItem):
    """Something of a fixed size on the screen, painted with one stamp."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self._layers: tuple[Layer, ...] = ()
        self._reach = 0.0
        self._image: QImage | None = None
        self._bounds = QRectF()

    def set_layers(self, layers: tuple[Layer, ...], *, reach: float) -> None:
        """Paint these layers from now on; the very same ones change nothing."""
        if layers is self._layers:
            return
        self._layers = layers
        self._image = None
        if reach != self._reach:
            self.prepareGeometryChange()
            self._reach = reach
            room = reach + 1.0
            self._bounds = QRectF(-room, -room, 2.0 * room, 2.0 * room)
        self.update()

    def boundingRect(self) -> QRectF:
        """The room that the stamp takes."""
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Stamp it on the screen pixel of its position."""
        at = painter.deviceTransform()
        ratio = at.m11()
        if self._image is None or self._image.devicePixelRatio() != ratio:
            self._image = stamp(self._layers, reach=self._reach, ratio=ratio)
        half = self._image.width() // 2
        x, y = at.dx(), at.dy()
        painter.drawImage(QPointF((math.floor(x) - half - x) / ratio, (math.floor(y) - half - y) / ratio), self._image)
