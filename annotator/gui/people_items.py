"""The item that paints one thing among several: skeleton, quiet points, box with handles, number."""

from __future__ import annotations

from functools import cache, lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QImage, QPainter, QPainterPath, QPen, QStaticText, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from annotator.gui.colours import ACCENT, CASING, FAINT, ORANGE, PLATE, PLATE_TEXT, SOFT_CASING
from annotator.gui.lines import SLANT, Cased, Ink, stroke
from annotator.gui.people_pointing import handles
from annotator.gui.people_view import PersonView, Segment
from annotator.gui.stamps import Layer, stamp

DASHES = (4.0, 3.0)
HEIGHT, ACTIVE_HEIGHT = 9.0, 9.5
HANDLE = 3.5
ROOM = 8.0
TAG_ROOM = (46.0, 22.0)
_QUIET = 0.8
_TINT = 2.5  # pixels of the bar under a number, in the colour of the thing in every frame


class PersonItem(QGraphicsItem):
    """Paints one thing; touched only when its view is another object."""

    def __init__(self, font: QFont) -> None:
        super().__init__()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self._font = font
        self.view: PersonView | None = None
        self._strokes: tuple[tuple[Cased, Ink], ...] = ()
        self._tag = QStaticText()
        self._tag.setTextFormat(Qt.TextFormat.PlainText)
        self._scale = 1.0
        self._rect = QRectF()

    def set_scale(self, scale: float) -> None:
        """The view has this many screen pixels to an image pixel now."""
        self.prepareGeometryChange()
        self._scale = scale

    def show_person(self, view: PersonView) -> None:
        """Paint this from now on."""
        if view is self.view:
            return
        self.prepareGeometryChange()
        self.view = view
        x0, y0, x1, y1 = view.bounds or (0.0, 0.0, 0.0, 0.0)
        self._rect = QRectF(QPointF(x0, y0), QPointF(x1, y1))
        self._strokes = _painted(view)
        if view.tag != self._tag.text():
            self._tag.setText(view.tag)
            self._tag.prepare(font=self._font)
        self.setZValue(ACTIVE_HEIGHT if view.active else HEIGHT)
        self.update()

    def boundingRect(self) -> QRectF:
        """The room that it takes."""
        room, (wide, high) = ROOM / self._scale, (side / self._scale for side in TAG_ROOM)
        return self._rect.adjusted(-room, -max(room, high), max(room, wide), room)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint it, in its own units."""
        view = self.view
        if view is None:
            return
        ratio = widget.devicePixelRatioF() if widget is not None else 1.0
        for path, ink in self._strokes:
            stroke(painter, path, ink, ratio=ratio)
        at = painter.worldTransform()
        painter.setWorldTransform(QTransform())
        self._paint_dots(painter, at, ratio)
        if view.box is not None and view.active and not view.crowd:
            painter.setPen(QPen(CASING, 1.0))
            painter.setBrush(QBrush(ACCENT if view.box_said else FAINT))
            for _, x, y in handles(view.box):
                middle = at.map(QPointF(x, y))
                painter.drawRect(QRectF(middle.x() - HANDLE, middle.y() - HANDLE, 2.0 * HANDLE, 2.0 * HANDLE))
        if view.tag:
            self._paint_tag(painter, at, view)
        painter.setWorldTransform(at)

    def _paint_dots(self, painter: QPainter, at: QTransform, ratio: float) -> None:
        assert self.view is not None
        for dot in self.view.dots:
            image = _dot(dot.colour, occluded=dot.occluded, predicted=dot.predicted, ratio=ratio)
            half = image.width() / image.devicePixelRatio() / 2.0
            middle = at.map(QPointF(dot.x, dot.y))
            painter.drawImage(QPointF(middle.x() - half, middle.y() - half), image)

    def _paint_tag(self, painter: QPainter, at: QTransform, view: PersonView) -> None:
        corner = at.map(self._rect.topLeft() if view.box is None else QPointF(view.box[0], view.box[1]))
        size = self._tag.size()
        plate = QRectF(corner.x() - 1.0, corner.y() - size.height() - 3.0, size.width() + 8.0, size.height() + 2.0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ACCENT if view.active else PLATE)
        painter.drawRect(plate)
        painter.setPen(QColor(20, 20, 20) if view.active else PLATE_TEXT)
        painter.setFont(self._font)
        painter.drawStaticText(plate.topLeft() + QPointF(4.0, 1.0), self._tag)
        painter.fillRect(QRectF(plate.left(), plate.bottom(), plate.width(), _TINT), QColor.fromRgba(view.tint))


@lru_cache(maxsize=1024)
def _painted(view: PersonView) -> tuple[tuple[Cased, Ink], ...]:
    found = []
    for colour, dashed, segments in view.strokes:
        found.append((_cased(segments), _edge_ink(colour, active=view.active, dashed=dashed)))
    if view.box is not None:
        x0, y0, x1, y1 = view.box
        path = QPainterPath()
        path.addRect(QRectF(QPointF(x0, y0), QPointF(x1, y1)))
        found.append((Cased(path), _box_ink(view)))
    return tuple(found)


def _cased(segments: tuple[Segment, ...]) -> Cased:
    """Single segments as `annotator.gui.lines` paints them, made without arrays: each is two points."""
    whole, flat, steep = QPainterPath(), QPainterPath(), QPainterPath()
    for x0, y0, x1, y1 in segments:
        across, down = abs(x1 - x0), abs(y1 - y0)
        for path, there in ((whole, True), (flat, down <= SLANT * across), (steep, across <= SLANT * down)):
            if there:
                path.moveTo(x0, y0)
                path.lineTo(x1, y1)
    return Cased(whole, flat, steep)


@cache
def _edge_ink(colour: int, *, active: bool, dashed: bool) -> Ink:
    shade = QColor.fromRgba(colour)
    if not active:
        shade.setAlphaF(_QUIET)
    casing = CASING if active else SOFT_CASING
    return Ink(shade.rgba(), casing.rgba(), width=3 if active else 2, dashes=DASHES if dashed else ())


def _box_ink(view: PersonView) -> Ink:
    """Said boxes are whole lines, those around points are dotted; one that only a network saw is orange.

    The casing is as dark around quiet ones: a faint white line alone is lost on snow and white walls.
    """
    shade = QColor(ACCENT if view.active else FAINT if view.labelled else ORANGE)
    if not view.active:
        shade.setAlphaF(0.75)
    dashes = () if view.box_said and not view.crowd else (2.0, 4.0) if not view.crowd else (8.0, 4.0)
    return Ink(shade.rgba(), SOFT_CASING.rgba(), dashes=dashes)


@cache
def _dot(colour: int, *, occluded: bool, predicted: bool, ratio: float) -> QImage:
    """A small disc; a ring where the point is hidden, a small plus where only a network saw it."""
    shade, path = QColor.fromRgba(colour), QPainterPath()
    if predicted:
        path.moveTo(-3.0, 0.0)
        path.lineTo(3.0, 0.0)
        path.moveTo(0.0, -3.0)
        path.lineTo(0.0, 3.0)
        shape: list[Layer] = [(QPen(CASING, 3.0), Qt.BrushStyle.NoBrush, path),
                              (QPen(shade, 1.5), Qt.BrushStyle.NoBrush, path)]  # fmt: skip
    else:
        path.addEllipse(QPointF(0.0, 0.0), 2.75, 2.75)
        fill: QBrush | Qt.BrushStyle = Qt.BrushStyle.NoBrush if occluded else QBrush(shade)
        shape = [(QPen(CASING, 3.0), Qt.BrushStyle.NoBrush, path), (QPen(shade, 1.25), fill, path)]
    return stamp(tuple(shape), reach=5.0, ratio=ratio)


