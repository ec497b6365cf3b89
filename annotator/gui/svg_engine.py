"""An icon that is painted from its drawing when somebody looks at it, at the size that is looked at."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap


class SvgEngine(QIconEngine):
    """Paints one drawing in the colour of each mode; black in the drawing stands for that colour.

    A window has some fifty icons, most of them in menus: painting them all beforehand would take longer than painting
    the window.
    """

    def __init__(self, source: bytes, colours: Mapping[QIcon.Mode, str]) -> None:
        super().__init__()
        self._source = source
        self._colours = dict(colours)
        self._pixmaps: dict[tuple[int, int, str], QPixmap] = {}

    def clone(self) -> QIconEngine:
        """Another engine of the same drawing."""
        return SvgEngine(self._source, self._colours)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """The drawing at this size in dots."""
        colour = self._colours.get(mode, self._colours[QIcon.Mode.Normal])
        key = (size.width(), size.height(), colour)
        if key not in self._pixmaps:
            self._pixmaps[key] = _painted(self._source.replace(b"#000", colour.encode()), size)
        return self._pixmaps[key]

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        """The drawing at this size in dots, on a screen of any scale."""
        return self.pixmap(size, mode, state)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Paint the drawing into a part of something."""
        ratio = painter.device().devicePixelRatio()
        dots = QSize(round(rect.width() * ratio), round(rect.height() * ratio))
        painter.drawPixmap(rect, self.pixmap(dots, mode, state))

    def actualSize(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QSize:
        """Any size will do."""
        return size


def _painted(source: bytes, size: QSize) -> QPixmap:
    from PySide6.QtSvg import QSvgRenderer

    pixmap = QPixmap(size)
    pixmap.fill(Qt.GlobalColor.transparent)
    side = min(size.width(), size.height())
    corner = QPoint((size.width() - side) // 2, (size.height() - side) // 2)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(source)).render(painter, QRectF(corner.x(), corner.y(), side, side))
    painter.end()
    return pixmap
