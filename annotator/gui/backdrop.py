"""The picture and the heatmap under the marks, painted at whatever scale the view has.

The picture is kept as it was painted last: another heatmap over it, or the same view once more, scales it no second
time. Tone goes over what was painted, never over the frame.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, QSize
from PySide6.QtGui import QImage, QPainter, QRegion, QTransform

from annotator.gui.colours import BACKDROP, heat_table
from annotator.gui.tone import NEUTRAL, Tone, paint_of, table
from annotator.gui.view_settings import HeatColours

# Values of a heatmap up to this one are fully transparent.
UNSEEN = 5
# Above this scale the pixels of the picture are shown as squares.
SQUARES_FROM = 3.0
MAX_LEVEL = 6


@dataclass(eq=False)
class Picture:
    """A frame with its half-size copies, made when a scale first asks for them.

    ``rgb`` is (H, W, 3) uint8; it is kept, not copied, and must not change.
    """

    rgb: NDArray[np.uint8]
    _halves: list[NDArray[np.uint8]] = field(default_factory=list)
    _images: dict[int, QImage] = field(default_factory=dict)
    _kept: list[NDArray[np.uint8]] = field(default_factory=list)
    _paint: Picture | None = None

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
        return self.at_level(self.level_of(scale))

    def level_of(self, scale: float) -> int:
        """How often it is halved to be shown at a scale."""
        level = 0
        while scale <= 0.5 and level < MAX_LEVEL and min(self.rgb.shape[:2]) >> (level + 1) > 0:
            scale *= 2.0
            level += 1
        return level

    def at_level(self, level: int) -> QImage:
        """The copy that is halved so often."""
        if level not in self._images:
            self._images[level] = self._image(level)
        return self._images[level]

    @property
    def copied(self) -> int:
        """How many bytes its copies take."""
        return sum(copy.nbytes for copy in (*self._halves[1:], *self._kept))

    def _image(self, level: int) -> QImage:
        import cv2

        while len(self._halves) <= level:
            height, width = self._halves[-1].shape[:2]
            size = (max(1, (width + 1) // 2), max(1, (height + 1) // 2))
            self._halves.append(_uint8(cv2.resize(self._halves[-1], size, interpolation=cv2.INTER_AREA)))
        bgrx = _uint8(cv2.cvtColor(self._halves[level], cv2.COLOR_RGB2BGRA))
        height, width = bgrx.shape[:2]
        # The image lives on the array's pixels: both are kept.
        self._kept.append(bgrx)
        return QImage(bgrx.data, width, height, bgrx.strides[0], QImage.Format.Format_RGB32)

    def paint_only(self) -> Picture:
        """The picture of its paint, made when first asked for."""
        if self._paint is None:
            self._paint = Picture(paint_of(self._halves[0]))
        return self._paint


def _uint8(array: object) -> NDArray[np.uint8]:
    return np.asarray(array, dtype=np.uint8)


@dataclass(frozen=True)
class Heat:
    """A coloured heatmap, where it lies in image pixels, and how strongly it covers."""

    image: QImage
    rect: QRectF
    opacity: float


def coloured(
    heat: NDArray[np.uint8],
    *,
    opacity: float,
    image_from_cell: tuple[float, float, float, float],
    colours: HeatColours = HeatColours.MAGMA,
) -> Heat:
    """The heatmap ``heat`` (h, w) in colour; the centre of cell (col, row) lies at (sx col + ox, sy row + oy).

    Only the part with something in it is kept: a single channel is mostly empty.

    Raises
    ------
    ValueError
        If ``heat`` is not a two-dimensional array of uint8.
    """
    if heat.ndim != 2 or heat.dtype != np.uint8:
        raise ValueError(f"a heatmap is (h, w) uint8, not {heat.shape} {heat.dtype}")
    left, top, right, bottom = _occupied(heat)
    argb = np.take(heat_table(colours), heat[top:bottom, left:right])
    height, width = argb.shape
    form = QImage.Format.Format_ARGB32_Premultiplied
    image = QImage(argb.data, width, height, argb.strides[0], form).copy()
    sx, sy, ox, oy = image_from_cell
    rect = QRectF(ox + (left - 0.5) * sx, oy + (top - 0.5) * sy, sx * width, sy * height)
    return Heat(image, rect, min(max(opacity, 0.0), 1.0))


def _occupied(heat: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Columns and rows (left, top, right, bottom) that hold all that is to be seen, and one cell around."""
    seen = heat > UNSEEN
    columns, rows = np.flatnonzero(seen.any(axis=0)), np.flatnonzero(seen.any(axis=1))
    if len(rows) == 0:
        return (0, 0, 1, 1)
    return (
        max(int(columns[0]) - 1, 0), max(int(rows[0]) - 1, 0),
        min(int(columns[-1]) + 2, heat.shape[1]), min(int(rows[-1]) + 2, heat.shape[0]),
    )  # fmt: skip


class Backdrop:
    """What lies under the marks, and how it was painted last."""

    def __init__(self) -> None:
        self.picture: Picture | None = None
        self.heat: Heat | None = None
        self.tone: Tone = NEUTRAL
        self._kept = QImage()
        self._kept_of: tuple[object, ...] = ()

    @property
    def shown(self) -> Picture | None:
        """The picture whose pixels are seen: the frame, or its paint."""
        return self.picture.paint_only() if self.picture is not None and self.tone.paint else self.picture

    def show_picture(self, picture: Picture | None) -> None:
        """Paint this picture from now on."""
        self.picture = picture
        self._kept_of = ()

    def paint(self, painter: QPainter, *, view: QSize, ratio: float, smooth: bool, whole: bool) -> None:
        """Paint it in a view of this size with ``ratio`` dots to each of its pixels; the painter's are of the image.

        ``whole`` says that all of the view is wanted, and worth keeping; else only what the painter's clip lets by.
        """
        picture = self.shown
        if picture is None:
            _fill(painter, QRect(0, 0, view.width(), view.height()))
        elif whole and (smooth or not self.tone.is_plain):
            self._paint_kept(painter, picture, view=view, ratio=ratio, smooth=smooth)
        elif not self.tone.is_plain:
            self._paint_parts(painter, picture, view=view, ratio=ratio, smooth=smooth)
        else:
            room = QRect(0, 0, view.width(), view.height())
            if not painter.worldTransform().mapRect(picture.rect).contains(QRectF(room)):
                _fill(painter, room)
            _paint_picture(painter, picture, scale=painter.worldTransform().m11() * ratio, smooth=smooth)
        if self.heat is not None and self.heat.opacity > 0.0:
            # Half-transparent pixels are scaled faster smoothly than roughly.
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setOpacity(self.heat.opacity)
            painter.drawImage(self.heat.rect, self.heat.image, QRectF(self.heat.image.rect()))
            painter.setOpacity(1.0)

    def _paint_kept(self, painter: QPainter, picture: Picture, *, view: QSize, ratio: float, smooth: bool) -> None:
        """Paint all of the view, scaling the picture only if it is not the one that was scaled last."""
        at = painter.worldTransform()
        key = (id(picture), at.m11(), at.dx(), at.dy(), view.width(), view.height(), ratio, smooth, self.tone)
        if key != self._kept_of:
            room = QRect(0, 0, view.width(), view.height())
            self._kept = self._rendered(self._kept, picture, room, at=at, ratio=ratio, smooth=smooth)
            self._kept_of = key
        painter.resetTransform()
        painter.drawImage(0, 0, self._kept)
        painter.setWorldTransform(at)

    def _paint_parts(self, painter: QPainter, picture: Picture, *, view: QSize, ratio: float, smooth: bool) -> None:
        """Paint the strips that a scroll laid open, each through an image of its own that can be toned."""
        at = painter.worldTransform()
        painter.resetTransform()
        everything = QRect(0, 0, view.width(), view.height())
        region = painter.clipRegion() if painter.hasClipping() else QRegion(everything)
        for part in region:  # type: ignore[attr-defined]
            image = self._rendered(QImage(), picture, part, at=at, ratio=ratio, smooth=smooth)
            painter.drawImage(part.topLeft(), image)
        painter.setWorldTransform(at)

    def _rendered(
        self, into: QImage, picture: Picture, room: QRect, *, at: QTransform, ratio: float, smooth: bool
    ) -> QImage:
        """The picture, toned, as it is seen in this part of the view; ``into`` is used where its size is right."""
        size = QSize(round(room.width() * ratio), round(room.height() * ratio))
        image = into if into.size() == size else QImage(size, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        if not at.mapRect(picture.rect).contains(QRectF(room)):
            image.fill(BACKDROP)
        painter = QPainter(image)
        painter.setWorldTransform(at * QTransform.fromTranslate(-room.x(), -room.y()))
        _paint_picture(painter, picture, scale=at.m11() * ratio, smooth=smooth)
        covered = painter.deviceTransform().mapRect(picture.rect).toRect() & image.rect()
        painter.end()
        if not self.tone.is_plain and not covered.isEmpty():
            _through_table(image, covered, table(self.tone))
        return image


def _fill(painter: QPainter, room: QRect) -> None:
    """Fill this part of the view with what lies beside every picture."""
    at = painter.worldTransform()
    painter.resetTransform()
    painter.fillRect(room, BACKDROP)
    painter.setWorldTransform(at)


def _paint_picture(painter: QPainter, picture: Picture, *, scale: float, smooth: bool) -> None:
    """Paint the picture where it lies, ``scale`` dots to each of its pixels."""
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth and scale < SQUARES_FROM)
    image = picture.at_scale(scale)
    painter.drawImage(picture.rect, image, QRectF(image.rect()))


def _through_table(image: QImage, part: QRect, values: NDArray[np.uint8]) -> None:
    """Send a part of an RGB32 image through a table of values, in place."""
    import cv2

    rows = np.frombuffer(image.bits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    window = rows[part.top() : part.bottom() + 1, part.left() : part.right() + 1]
    window[:] = cv2.LUT(np.ascontiguousarray(window), values)
