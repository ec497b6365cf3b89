"""The navigator: the whole frame in a corner, with the part that is in view; only while there is more than the view."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from annotator.gui.backdrop import Picture
from annotator.gui.colours import ACCENT, CASING

LONG_SIDE = 168
MARGIN = 12
# A view this small is all needed for the frame.
LEAST_VIEW = 3 * LONG_SIDE
VEIL = QColor(16, 18, 20, 110)
FRAME = QPen(CASING, 3.0)
WINDOW_CASING, WINDOW = QPen(CASING, 3.0), QPen(ACCENT, 1.25)


def thumbnail(rgb: NDArray[np.uint8], size: QSize, ratio: float) -> QImage:
    """The frame (H, W, 3) at this size, in pixels of the view with ``ratio`` dots to each."""
    import cv2

    width, height = round(size.width() * ratio), round(size.height() * ratio)
    # Every n-th pixel first: averaging all of a 4K frame costs more than a thumbnail is worth.
    step = max(1, min(rgb.shape[1] // (3 * width), rgb.shape[0] // (3 * height)))
    small = cv2.resize(np.ascontiguousarray(rgb[::step, ::step]), (width, height), interpolation=cv2.INTER_AREA)
    pixels = np.ascontiguousarray(small)
    image = QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_RGB888)
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    return image


class Navigator:
    """A thumbnail with a rectangle on it."""

    def __init__(self) -> None:
        self.wanted = True
        self._rect = QRect()
        self._window = QRectF()
        self._picture: Picture | None = None
        self._image = QImage()

    @property
    def rect(self) -> QRect:
        """Where it is, its border included; empty while the whole frame is in view."""
        return self._rect.adjusted(-2, -2, 2, 2) if not self._rect.isNull() else self._rect

    def show(self, picture: Picture | None, seen: QRectF, *, view: QSize, ratio: float) -> bool:
        """Show this picture, of which ``seen`` (image pixels) is in a view of this size; True: it looks different."""
        before = (self._rect, self._window, self._picture)
        self._rect, self._window = QRect(), QRectF()
        whole = picture is None or seen.adjusted(-1.0, -1.0, 1.0, 1.0).contains(picture.rect)
        if self.wanted and picture is not None and not whole and view.width() >= LEAST_VIEW:
            self._lay_out(picture, seen, view, ratio)
        else:
            self._picture = None
        return (self._rect, self._window, self._picture) != before

    def _lay_out(self, picture: Picture, seen: QRectF, view: QSize, ratio: float) -> None:
        whole = picture.rect
        scale = LONG_SIDE / max(whole.width(), whole.height())
        size = QSize(max(1, round(whole.width() * scale)), max(1, round(whole.height() * scale)))
        corner = QPointF(view.width() - MARGIN - size.width(), view.height() - MARGIN - size.height()).toPoint()
        self._rect = QRect(corner, size)
        inside = seen & whole
        x, y = size.width() / whole.width(), size.height() / whole.height()
        self._window = QRectF(
            corner.x() + (inside.x() - whole.x()) * x, corner.y() + (inside.y() - whole.y()) * y,
            inside.width() * x, inside.height() * y,
        )  # fmt: skip
        if picture is not self._picture or self._image.size() != size * ratio:
            self._picture, self._image = picture, thumbnail(picture.rgb, size, ratio)

    def point_at(self, at: QPointF) -> QPointF | None:
        """The image point under this place of the view; None beside the navigator."""
        return self.nearest_point(at) if QRectF(self._rect).contains(at) else None

    def nearest_point(self, at: QPointF) -> QPointF:
        """The image point under the place of the navigator nearest to this one of the view."""
        assert self._picture is not None
        whole, rect = self._picture.rect, self._rect
        x = min(max((at.x() - rect.x()) / rect.width(), 0.0), 1.0)
        y = min(max((at.y() - rect.y()) / rect.height(), 0.0), 1.0)
        return QPointF(whole.x() + x * whole.width(), whole.y() + y * whole.height())

    def paint(self, painter: QPainter) -> None:
        """Paint it in pixels of the view: what is out of view lies under a veil."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(FRAME)
        painter.drawRect(self._rect)
        painter.drawImage(self._rect.topLeft(), self._image)
        window, rect = self._window.toAlignedRect() & self._rect, self._rect
        beside = (
            QRect(rect.left(), rect.top(), rect.width(), window.top() - rect.top()),
            QRect(rect.left(), window.bottom() + 1, rect.width(), rect.bottom() - window.bottom()),
            QRect(rect.left(), window.top(), window.left() - rect.left(), window.height()),
            QRect(window.right() + 1, window.top(), rect.right() - window.right(), window.height()),
        )
        for part in beside:
            painter.fillRect(part, VEIL)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for pen in (WINDOW_CASING, WINDOW):
            painter.setPen(pen)
            painter.drawRect(self._window)
