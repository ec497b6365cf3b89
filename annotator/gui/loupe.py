"""The loupe: the pixels about a point, large, with a crosshair exactly at the point.

It stands beside the point and never over it, keeps to the side it is on as long as there is room, and then goes over
to the other one. Pixels are squares; the point may lie anywhere in one of them, and the crosshair shows where.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPixmap, QRegion, QTransform

from annotator.gui.colours import ACCENT, BACKDROP, CASING, SOFT_CASING
from annotator.labels import Point

# An odd number of pixels, so that one of them is the middle.
SIDE = 185
GAP = 34
EDGE = 6
# From here on the borders of pixels are worth showing.
GRID_FROM = 8
GRID = QColor(128, 128, 128, 52)
# In a view this large pixels can be seen without a loupe.
ENOUGH = 16.0
HAIR_FROM, HAIR_TO = 6, 24
FAINT_HAIR = QColor(255, 255, 255, 70)


def side_of(at: float, room: float, before: int) -> int:
    """On which side of the point it stands along one axis: 1 after it, -1 before it.

    It stays on the side ``before`` while there is room; without room on either it takes the wider one.
    """
    need = GAP + SIDE + EDGE
    after, ahead = room - at, at
    if (after if before > 0 else ahead) >= need:
        return before
    if (ahead if before > 0 else after) >= need:
        return -before
    return 1 if after >= ahead else -1


def magnification(zoom: int, scale: float) -> float:
    """Screen pixels to a frame pixel: as set, but always twice what the view of this ``scale`` has; 0: no use."""
    return 0.0 if scale >= ENOUGH else max(float(zoom), math.ceil(2.0 * scale))


@cache
def _grid(zoom: int) -> QPixmap:
    """One square of the grid: a line at its left and upper border."""
    tile = QPixmap(zoom, zoom)
    tile.fill(QColor(0, 0, 0, 0))
    painter = QPainter(tile)
    painter.fillRect(0, 0, zoom, 1, GRID)
    painter.fillRect(0, 1, 1, zoom - 1, GRID)
    painter.end()
    return tile


def _frame(painter: QPainter, rect: QRect, colour: QColor) -> None:
    """A border of one pixel inside a rectangle: four fills are several times faster than a pen."""
    wide, high = rect.width(), rect.height()
    painter.fillRect(rect.left(), rect.top(), wide, 1, colour)
    painter.fillRect(rect.left(), rect.bottom(), wide, 1, colour)
    painter.fillRect(rect.left(), rect.top(), 1, high, colour)
    painter.fillRect(rect.right(), rect.top(), 1, high, colour)


@dataclass(frozen=True)
class Thin:
    """What else is to be seen in the loupe, in image pixels: a path or a place, and its colour."""

    colour: int
    path: QPainterPath | None = None
    at: Point | None = None


class Loupe:
    """The pane."""

    def __init__(self) -> None:
        self.point: Point | None = None
        self._zoom = 0.0
        self._side = (1, -1)
        self._rect = QRect()
        self._image = QImage()
        self._pixels: NDArray[np.uint8] | None = None
        self._lies = QRectF()
        self._thin: tuple[Thin, ...] = ()

    @property
    def rect(self) -> QRect:
        """Where it is, its border included; empty while it shows nothing."""
        return self._rect.adjusted(-2, -2, 2, 2) if not self._rect.isNull() else self._rect

    @property
    def region(self) -> QRectF:
        """The part of the frame that it shows, in image pixels."""
        if self.point is None:
            return QRectF()
        half = 0.5 * SIDE / self._zoom
        return QRectF(self.point[0] - half, self.point[1] - half, 2.0 * half, 2.0 * half)

    def hide(self) -> None:
        """Show nothing."""
        self.point = None
        self._rect = QRect()

    def look_at(self, point: Point, *, at: QPointF, view: QSize, zoom: float) -> None:
        """Stand beside ``at`` in a view of this size, and show what is about this image point."""
        self.point, self._zoom = point, zoom
        self._side = (side_of(at.x(), view.width(), self._side[0]), side_of(at.y(), view.height(), self._side[1]))
        left, top = (
            math.floor(place) + GAP if side > 0 else math.floor(place) - GAP - SIDE
            for place, side in zip((at.x(), at.y()), self._side, strict=True)
        )
        self._rect = QRect(left, top, SIDE, SIDE)

    def show_pixels(self, rgb: NDArray[np.uint8] | None, values: NDArray[np.uint8] | None) -> None:
        """Take the pixels about its point from this frame (H, W, 3), through this table of values."""
        import cv2

        self._pixels = None
        if rgb is None or self.point is None:
            return
        region = self.region
        left, top = max(0, math.floor(region.left() + 0.5)), max(0, math.floor(region.top() + 0.5))
        right = min(rgb.shape[1], math.ceil(region.right() + 0.5))
        bottom = min(rgb.shape[0], math.ceil(region.bottom() + 0.5))
        if left >= right or top >= bottom:
            return
        pixels = np.asarray(cv2.cvtColor(rgb[top:bottom, left:right], cv2.COLOR_RGB2BGRA), dtype=np.uint8)
        if values is not None:
            pixels = np.asarray(cv2.LUT(pixels, values), dtype=np.uint8)
        # The image lives on the array's pixels: both are kept.
        self._pixels = pixels
        height, width = pixels.shape[:2]
        self._image = QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_RGB32)
        self._lies = QRectF(left - 0.5, top - 0.5, width, height)

    def show_thin(self, thin: tuple[Thin, ...]) -> None:
        """Show these over the pixels."""
        self._thin = thin

    def _to_view(self) -> QTransform:
        """Image pixels to pixels of the view: the point lies at the centre of the middle pixel."""
        assert self.point is not None
        middle = QPointF(self._rect.topLeft()) + QPointF(0.5 * SIDE, 0.5 * SIDE)
        moved = QTransform.fromTranslate(middle.x(), middle.y()).scale(self._zoom, self._zoom)
        return moved.translate(-self.point[0], -self.point[1])

    def paint(self, painter: QPainter) -> None:
        """Paint it in pixels of the view."""
        if self.point is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        for colour, out in ((CASING, 2), (ACCENT, 1)):
            _frame(painter, self._rect.adjusted(-out, -out, out, out), colour)
        painter.setClipRect(self._rect, Qt.ClipOperation.IntersectClip)
        to_view = self._to_view()
        if self._pixels is None or not to_view.mapRect(self._lies).contains(QRectF(self._rect)):
            painter.fillRect(self._rect, BACKDROP)
        if self._pixels is not None:
            self._paint_pixels(painter, to_view)
        self._paint_thin(painter, to_view)
        self._paint_hair(painter)

    def _paint_pixels(self, painter: QPainter, to_view: QTransform) -> None:
        painter.setWorldTransform(to_view)
        painter.drawImage(self._lies, self._image, QRectF(self._image.rect()))
        painter.resetTransform()
        if self._zoom >= GRID_FROM and self._zoom == int(self._zoom):
            # A pixel of the view belongs to the frame pixel that its own centre lies in.
            lies = to_view.mapRect(self._lies)
            corner = QPointF(math.ceil(lies.x() - 0.5), math.ceil(lies.y() - 0.5))
            size = QSize(round(lies.width()), round(lies.height()))
            painter.setClipRegion(self._beside_the_middle(), Qt.ClipOperation.IntersectClip)
            painter.drawTiledPixmap(QRectF(corner, size), _grid(int(self._zoom)))
            painter.setClipRect(self._rect)

    def _beside_the_middle(self) -> QRegion:
        """All of it but what the hairs leave free: the pixel that is meant is seen as it is."""
        free = 2 * HAIR_FROM - 1
        middle = QRect(0, 0, free, free)
        middle.moveCenter(self._rect.center())
        return QRegion(self._rect) - QRegion(middle)

    def _paint_thin(self, painter: QPainter, to_view: QTransform) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for thin in self._thin:
            if thin.path is not None:
                # A pen of one dot is ten times as fast as a wider one: the casing is two such lines beside the third.
                for step, colour in ((-1.0, SOFT_CASING), (1.0, SOFT_CASING), (0.0, QColor.fromRgba(thin.colour))):
                    painter.setWorldTransform(to_view * QTransform.fromTranslate(step, step))
                    painter.setPen(QPen(colour, 0.0))
                    painter.drawPath(thin.path)
                painter.resetTransform()
            if thin.at is not None:
                place = to_view.map(QPointF(*thin.at))
                for colour, width in ((CASING, 3.0), (QColor.fromRgba(thin.colour), 1.25)):
                    painter.setPen(QPen(colour, width))
                    painter.drawEllipse(place, 4.5, 4.5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_hair(self, painter: QPainter) -> None:
        """Four hairs of one pixel that leave the middle free; beyond their ends they are faint."""
        rect = self._rect
        x, y = rect.left() + SIDE // 2, rect.top() + SIDE // 2
        long = SIDE // 2 - HAIR_TO
        reach = HAIR_TO - HAIR_FROM + 1
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            start = HAIR_FROM if dx + dy > 0 else -HAIR_TO
            wide, high = (reach, 1) if dx else (1, reach)
            at_x, at_y = (x + start, y) if dx else (x, y + start)
            painter.fillRect(at_x - 1, at_y - 1, wide + 2, high + 2, SOFT_CASING)
            painter.fillRect(at_x, at_y, wide, high, ACCENT)
            far = HAIR_TO + 1 if dx + dy > 0 else -HAIR_TO - long
            painter.fillRect(*((x + far, y, long, 1) if dx else (x, y + far, 1, long)), FAINT_HAIR)
