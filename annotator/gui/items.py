"""What lies over the picture besides the marks: curves, clicks, the ghost of the pitch, names, the rubber band."""

from __future__ import annotations

import math
from functools import cache

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QBrush, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QStaticText, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from annotator.gui.colours import (
    ACCENT,
    CARRIED,
    CASING,
    CLICK,
    CURVE,
    FAINT,
    GHOST,
    GLYPH_COLOURS,
    PLATE,
    PLATE_TEXT,
    SOFT_CASING,
)
from annotator.gui.glyphs import Glyph
from annotator.gui.lines import NOTHING, Cased, cased, stroke
from annotator.gui.lines import Ink as Ink
from annotator.gui.marks import glow, halo_of, triangle
from annotator.gui.stamps import Layer, StampItem
from annotator.gui.view_state import ArrowView, ClickView, Polyline, SpreadView

MARGIN = 2.5

CURVE_INK = Ink(CURVE.rgba(), SOFT_CASING.rgba())
SELECTED_INK = Ink(ACCENT.rgba(), CASING.rgba(), width=2)
GHOST_INK = Ink(GHOST.rgba(), SOFT_CASING.rgba())
DOUBT_INK = Ink(GHOST.rgba(), SOFT_CASING.rgba(), dashes=(5.0, 6.0))
SPREAD_INK = Ink(FAINT.rgba(), SOFT_CASING.rgba())
BAND_INK = Ink(ACCENT.rgba(), CASING.rgba())
ARROW_PEN = QPen(CASING, 2.0)


class LineItem(QGraphicsItem):
    """A path in image pixels, painted as a thin cased line of one width at every zoom."""

    def __init__(self, z: float, ink: Ink) -> None:
        super().__init__()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(z)
        self._ink = ink
        self._cased = NOTHING
        self._rect = QRectF()
        self._margin = MARGIN

    def set_scale(self, scale: float) -> None:
        """Keep room for the width of the stroke at this many screen pixels per image pixel."""
        self.prepareGeometryChange()
        self._margin = MARGIN / scale

    def _set_path(self, cased: Cased) -> None:
        self.prepareGeometryChange()
        self._cased = cased
        self._rect = cased.path.controlPointRect()

    def boundingRect(self) -> QRectF:
        """The room that its strokes take."""
        m = self._margin
        return self._rect.adjusted(-m, -m, m, m)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint it, in its own units."""
        stroke(painter, self._cased, self._ink, ratio=widget.devicePixelRatioF() if widget is not None else 1.0)


class GhostItem(LineItem):
    """Paths in one ink: the whole pitch as the solution projects it, or the markings as they were drawn."""

    def __init__(self, ink: Ink = GHOST_INK, *, z: float = 5.0) -> None:
        super().__init__(z, ink)
        self.shown: tuple[Polyline, ...] = ()

    def show_ghost(self, ghost: tuple[Polyline, ...]) -> None:
        """Paint these paths from now on."""
        if ghost != self.shown:
            self.shown = ghost
            self._set_path(cased(ghost))
            self.setVisible(bool(ghost))


class SpreadItem(LineItem):
    """How sure the points are: an ellipse about each."""

    def __init__(self) -> None:
        super().__init__(14.0, SPREAD_INK)
        self._spreads: tuple[SpreadView, ...] = ()

    def show_spreads(self, spreads: tuple[SpreadView, ...]) -> None:
        """Paint these ellipses from now on."""
        if spreads == self._spreads:
            return
        self._spreads = spreads
        path = QPainterPath()
        for spread in spreads:
            own = QPainterPath()
            own.addEllipse(QPointF(0.0, 0.0), spread.long, spread.short)
            turn = QTransform.fromTranslate(spread.x, spread.y).rotateRadians(spread.angle)
            path.addPath(turn.map(own))
        self._set_path(Cased(path))
        self.setVisible(bool(spreads))


class BandItem(LineItem):
    """The region being drawn with the pointer."""

    def __init__(self) -> None:
        super().__init__(60.0, BAND_INK)
        self.setVisible(False)

    def show_band(self, band: tuple[float, float, float, float] | None) -> None:
        """Paint this rectangle (x0, y0, x1, y1), or none."""
        self.setVisible(band is not None)
        if band is not None:
            path = QPainterPath()
            path.addRect(QRectF(QPointF(band[0], band[1]), QPointF(band[2], band[3])))
            self._set_path(Cased(path))


class _PointItem(QGraphicsItem):
    """Something of a fixed size on the screen."""

    def __init__(self, z: float, bounds: QRectF) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(z)
        self._bounds = bounds

    def boundingRect(self) -> QRectF:
        """The room that its strokes take."""
        return self._bounds


@cache
def _click_layers(*, selected: bool, current: bool, carried: bool, halo: int) -> tuple[Layer, ...]:
    half = 4.0 if selected else 3.0
    shape = QPainterPath()
    if carried:
        shape = triangle(1.5 * half)
    else:
        shape.addRect(QRectF(-half, -half, 2.0 * half, 2.0 * half))
    colour = ACCENT if current else CARRIED if carried else CLICK
    pens = [QPen(CASING, 3.0), QPen(colour, 1.5 if selected else 1.0)]
    for pen in pens:
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    return (*glow(halo), *((pen, Qt.BrushStyle.NoBrush, shape) for pen in pens))


class ClickItem(StampItem):
    """A clicked point of a marking: a small square that leaves the paint inside it visible; a triangle if carried."""

    def __init__(self) -> None:
        super().__init__()
        self.view: ClickView | None = None

    def show_click(self, view: ClickView) -> None:
        """Paint this click from now on."""
        before, self.view = self.view, view
        if before is None or (before.x, before.y) != (view.x, view.y):
            self.setPos(view.x, view.y)
        halo = halo_of(view.residual)
        layers = _click_layers(selected=view.selected, current=view.current, carried=view.carried, halo=halo)
        self.set_layers(layers, reach=max(6.0, halo + 2.0))
        self.setZValue(16.0 if view.current else 15.0)


class ArrowItem(_PointItem):
    """Points from the border of the frame to a keypoint outside it, and says how far it is."""

    REACH = 64.0
    AWAY = 32.0

    def __init__(self, font: QFont) -> None:
        super().__init__(25.0, QRectF(-self.REACH, -self.REACH, 2.0 * self.REACH, 2.0 * self.REACH))
        self._font = font
        self._path = QPainterPath(QPointF(0.0, 0.0))
        for x, y in ((-13.0, -6.0), (-10.0, 0.0), (-13.0, 6.0)):
            self._path.lineTo(x, y)
        self._path.closeSubpath()
        self._turned = self._path
        self._text = QStaticText()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._plate = QRectF()
        self._brush = QBrush(ACCENT)

    def show_arrow(self, view: ArrowView) -> None:
        """Paint this arrow from now on."""
        self.setPos(view.x, view.y)
        self._turned = QTransform().rotateRadians(view.angle).map(self._path)
        self._brush = QBrush(ACCENT if view.selected else GLYPH_COLOURS[Glyph.PLACED])
        text = f"{view.distance:.0f} px"
        if text != self._text.text():
            self._text.setText(text)
            self._text.prepare(font=self._font)
        metrics = QFontMetricsF(self._font)
        size = QSizeF(metrics.horizontalAdvance(text) + 8.0, metrics.height() + 2.0)
        # The plate stands behind the arrow, as far from its tip as its own width asks for.
        back = self.AWAY - 16.0 + 0.5 * math.hypot(size.width() * math.cos(view.angle), size.height())
        middle = QPointF(-back * math.cos(view.angle), -back * math.sin(view.angle))
        self._plate = QRectF(middle - QPointF(0.5 * size.width(), 0.5 * size.height()), size)
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint it, in its own units."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(PLATE)
        painter.drawRoundedRect(self._plate, 3.0, 3.0)
        painter.setPen(PLATE_TEXT)
        painter.setFont(self._font)
        painter.drawStaticText(self._plate.topLeft() + QPointF(4.0, 1.0), self._text)
        painter.setPen(ARROW_PEN)
        painter.setBrush(self._brush)
        painter.drawPath(self._turned)


class NameItem(_PointItem):
    """The name of a keypoint on a small plate beside its mark; its text is laid out once."""

    PAD = 4.0

    def __init__(self, text: str, font: QFont) -> None:
        self._text = QStaticText(text)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.prepare(font=font)
        self._font = font
        metrics = QFontMetricsF(font)
        self.plate = QSizeF(metrics.horizontalAdvance(text) + 2.0 * self.PAD, metrics.height() + 2.0)
        super().__init__(30.0, QRectF(QPointF(0.0, 0.0), self.plate))
        self._at = (0.0, 0.0)

    def put(self, x: float, y: float, dx: float, dy: float) -> None:
        """Stand with the corner so many screen pixels from the image point; the same place changes nothing."""
        if (x, y) != self._at:
            self._at = (x, y)
            self.setPos(x, y)
        if self._bounds.x() != dx or self._bounds.y() != dy:
            self.prepareGeometryChange()
            self._bounds.moveTo(dx, dy)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint it, in its own units."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(PLATE)
        painter.drawRoundedRect(self._bounds, 3.0, 3.0)
        painter.setPen(PLATE_TEXT)
        painter.setFont(self._font)
        painter.drawStaticText(self._bounds.topLeft() + QPointF(self.PAD, 1.0), self._text)
