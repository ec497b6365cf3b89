"""The picture and the heatmap under the marks, painted at whatever scale the view has."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from annotator.gui.colours import heat_table

# Above this scale the pixels of the picture are shown as squares.
SQUARES_FROM = 3.0
MAX_LEVEL = 6


@dataclass
class Picture:
    """A frame with its half-size copies, made when a scale first asks for them.

    ``rgb`` is (H, W, 3) uint8; it is kept, not copied, and must not change.
    """

    rgb: NDArray[np.uint8]
    _halves: list[NDArray[np.uint8]] = field(default_factory=list)
    _images: dict[int, QImage] = field(default_factory=dict)
    _kept: list[NDArray[np.uint8]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Refuse anything but an RGB picture."""
        if self.rgb.ndim != 3 or self.rgb.shape[2] != 3 or self.rgb.dtype != np.uint8 or self.rgb.size == 0:
            raise ValueError(f"a frame is (H, W, 3) uint8, not {self.rgb.shape} {self.rgb.dtype}")
        self._halves = [np.ascontiguousarray(self.rgb)]

    @property
    def rect(self) -> QRectF:
        """Where it lies: half a pixel about the centres of its outermost pixels."""
        height, width = self.rgb.shape[:2]
        return QRectF(-0.5, -0.5, width, height)

    def at_scale(self, scale: float) -> QImage:
        """The smallest copy that still has a pixel for every screen pixel."""
        level = 0
        while scale <= 0.5 and level < MAX_LEVEL and min(self.rgb.shape[:2]) >> (level + 1) > 0:
            scale *= 2.0
            level += 1
        if level not in self._images:
            self._images[level] = self._image(level)
        return self._images[level]

    def _image(self, level: int) -> QImage:
        while len(self._halves) <= level:
            height, width = self._halves[-1].shape[:2]
            size = (max(1, (width + 1) // 2), max(1, (height + 1) // 2))
            self._halves.append(_uint8(cv2.resize(self._halves[-1], size, interpolation=cv2.INTER_AREA)))
        bgrx = _uint8(cv2.cvtColor(self._halves[level], cv2.COLOR_RGB2BGRA))
        height, width = bgrx.shape[:2]
        # The image lives on the array's pixels: both are kept.
        self._kept.append(bgrx)
        return QImage(bgrx.data, width, height, bgrx.strides[0], QImage.Format.Format_RGB32)


def _uint8(array: object) -> NDArray[np.uint8]:
    return np.asarray(array, dtype=np.uint8)


@dataclass(frozen=True)
class Heat:
    """A coloured heatmap, where it lies in image pixels, and how strongly it covers."""

    image: QImage
    rect: QRectF
    opacity: float


def coloured(heat: NDArray[np.uint8], *, opacity: float, image_from_cell: tuple[float, float, float, float]) -> Heat:
    """The heatmap ``heat`` (h, w) in colour; the centre of cell (col, row) lies at (sx col + ox, sy row + oy).

    Raises
    ------
    ValueError
        If ``heat`` is not a two-dimensional array of uint8.
    """
    if heat.ndim != 2 or heat.dtype != np.uint8:
        raise ValueError(f"a heatmap is (h, w) uint8, not {heat.shape} {heat.dtype}")
    argb = np.take(heat_table(), heat)
    height, width = heat.shape
    form = QImage.Format.Format_ARGB32_Premultiplied
    image = QImage(argb.data, width, height, argb.strides[0], form).copy()
    sx, sy, ox, oy = image_from_cell
    return Heat(image, QRectF(ox - 0.5 * sx, oy - 0.5 * sy, sx * width, sy * height), min(max(opacity, 0.0), 1.0))


def paint(painter: QPainter, picture: Picture | None, heat: Heat | None, *, scale: float, smooth: bool) -> None:
    """Paint both where they lie; the painter's units are image pixels, ``scale`` device pixels to one of them."""
    hint = QPainter.RenderHint.SmoothPixmapTransform
    if picture is not None:
        painter.setRenderHint(hint, smooth and scale < SQUARES_FROM)
        image = picture.at_scale(scale)
        painter.drawImage(picture.rect, image, QRectF(image.rect()))
    if heat is not None and heat.opacity > 0.0:
        # Half-transparent pixels are scaled faster smoothly than roughly.
        painter.setRenderHint(hint)
        painter.setOpacity(heat.opacity)
        painter.drawImage(heat.rect, heat.image, QRectF(heat.image.rect()))
        painter.setOpacity(1.0)
