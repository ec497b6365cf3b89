"""The items that paint a sketch: one for the lines of each look, and stamps for the signs.

Items are made when they are first needed and hidden when they are not; only what differs is painted anew.
"""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsScene

from annotator.gui.colours import ACCENT, CASING, FAINT, GHOST, SOFT_CASING, VERMILLION, YELLOW
from annotator.gui.items import GhostItem, Ink
from annotator.gui.sketch import NO_SKETCH, Look, Sign, Sketch, Spot
from annotator.gui.stamps import Layer, StampItem

PAINT_GREEN = QColor(104, 232, 166)
INKS = {
    Look.RUBBER: Ink(ACCENT.rgba(), SOFT_CASING.rgba(), dashes=(4.0, 4.0)),
    Look.PREVIEW: Ink(YELLOW.rgba(), SOFT_CASING.rgba(), dashes=(7.0, 4.0)),
    Look.BEFORE: Ink(FAINT.rgba(), SOFT_CASING.rgba(), dashes=(3.0, 5.0)),
    Look.AFTER: Ink(PAINT_GREEN.rgba(), CASING.rgba()),
    Look.TEMPLATE: Ink(ACCENT.rgba(), CASING.rgba()),
    Look.FAINT: Ink(GHOST.rgba(), SOFT_CASING.rgba(), dashes=(8.0, 5.0)),
}
_ABOVE_CURVES, _ABOVE_CLICKS = 12.0, 18.0
_REACH = {Sign.PAINT: 4.5, Sign.STRAY: 5.0, Sign.PIN: 14.0, Sign.HANDLE: 8.0}


def _cross(half: float) -> QPainterPath:
    path = QPainterPath()
    for dx in (-half, half):
        path.moveTo(dx, -half)
        path.lineTo(-dx, half)
    return path


def _ring(radius: float, *, at: QPointF | None = None) -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(at or QPointF(0.0, 0.0), radius, radius)
    return path


def _pin() -> QPainterPath:
    """A drop whose tip is at the place."""
    path = QPainterPath(QPointF(0.0, 0.0))
    path.cubicTo(-1.5, -4.0, -4.5, -5.0, -4.5, -8.5)
    path.arcTo(QRectF(-4.5, -13.0, 9.0, 9.0), 180.0, -180.0)
    path.cubicTo(4.5, -5.0, 1.5, -4.0, 0.0, 0.0)
    return path


def _cased(path: QPainterPath, colour: QColor, width: float) -> tuple[Layer, ...]:
    none = Qt.BrushStyle.NoBrush
    return ((QPen(CASING, width + 2.0), none, path), (QPen(colour, width), none, path))


@cache
def _layers(sign: Sign) -> tuple[Layer, ...]:
    if sign is Sign.PAINT:
        return _cased(_ring(2.25), PAINT_GREEN, 1.25)
    if sign is Sign.STRAY:
        return _cased(_cross(2.5), VERMILLION, 1.5)
    if sign is Sign.HANDLE:
        return _cased(_ring(5.0), ACCENT, 1.25)
    hole = _ring(1.75, at=QPointF(0.0, -8.5))
    pen = QPen(CASING, 1.5)
    return ((pen, QBrush(ACCENT), _pin()), (Qt.PenStyle.NoPen, QBrush(CASING), hole))


class SketchLayer:
    """The items of one sketch in a scene."""

    def __init__(self, scene: QGraphicsScene) -> None:
        self._scene = scene
        self._scale = 1.0
        self.sketch = NO_SKETCH
        self._strokes: dict[Look, GhostItem] = {}
        self._stamps: dict[Sign, list[StampItem]] = {}

    def show_sketch(self, sketch: Sketch) -> None:
        """Show this sketch in place of the one before."""
        before, self.sketch = self.sketch, sketch
        if sketch is before:
            return
        if sketch.strokes != before.strokes:
            for look in Look:
                self._show_lines(look, sketch)
        if sketch.spots != before.spots:
            for sign in Sign:
                self._show_spots(sign, [spot for spot in sketch.spots if spot.sign is sign])

    def set_scale(self, scale: float) -> None:
        """The view has this many screen pixels to an image pixel now."""
        self._scale = scale
        for item in self._strokes.values():
            item.set_scale(scale)

    def _show_lines(self, look: Look, sketch: Sketch) -> None:
        lines = sketch.of(look)
        item = self._strokes.get(look)
        if item is None:
            if not lines:
                return
            item = self._strokes[look] = GhostItem(INKS[look])
            item.setZValue(_ABOVE_CURVES)
            item.set_scale(self._scale)
            self._scene.addItem(item)
        item.show_ghost(lines)

    def _show_spots(self, sign: Sign, spots: list[Spot]) -> None:
        stamps = self._stamps.setdefault(sign, [])
        while len(stamps) < len(spots):
            stamps.append(self._stamp(sign))
        for stamp, spot in zip(stamps, spots, strict=False):
            stamp.setPos(spot.x, spot.y)
            stamp.setVisible(True)
        for stamp in stamps[len(spots) :]:
            stamp.setVisible(False)

    def _stamp(self, sign: Sign) -> StampItem:
        item = StampItem()
        item.set_layers(_layers(sign), reach=_REACH[sign])
        item.setZValue(_ABOVE_CLICKS if sign in (Sign.PIN, Sign.HANDLE) else _ABOVE_CURVES + 1.0)
        self._scene.addItem(item)
        return item
