"""How the pitch map paints: a dash and a colour for each state of a marking, a shape and a colour for each of a point.

=================  ==========================================================
marking drawn      solid, wide, yellow
marking begun      dashed, yellow, a tick across its middle: too few clicks yet
marking agreed     solid, thin, yellow: a circle taken as the camera has it
marking in view    dashed, purple: the camera has it in view, nobody drew it
marking outside    dotted, dim
marking unknown    solid, thin, grey
point              the mark that it has on the canvas
point outside      a small open ring, dim
point unknown      a small dot, dim
=================  ==========================================================
"""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from annotator.gui.colours import ACCENT, CURVE, GHOST
from annotator.gui.marks import layers
from annotator.gui.panels.map_states import LineState, PointState, Whereabouts

GROUND = QColor(38, 50, 45)
PAINT = QColor(122, 138, 131)
DIM = QColor(146, 160, 154)
FAINT = QColor(96, 112, 105)
MARK_SCALE = 0.66
TICK = 4.0
_BAND = QColor(255, 255, 255, 70)


def line_pen(state: LineState) -> QPen:
    """The pen of a marking in this state."""
    if state is LineState.DRAWN:
        return QPen(CURVE, 2.4)
    if state is LineState.BEGUN:
        pen = QPen(CURVE, 1.6)
        pen.setDashPattern([2.4, 2.4])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        return pen
    if state is LineState.AGREED:
        # Labelled, so in the colour of what is; thin, as nobody clicked it.
        return QPen(CURVE, 1.4)
    if state is LineState.MISSING:
        pen = QPen(GHOST, 1.8)
        pen.setDashPattern([3.2, 2.0])
    elif state is LineState.OUTSIDE:
        pen = QPen(FAINT, 1.2)
        pen.setDashPattern([0.8, 3.2])
    else:
        return QPen(PAINT, 1.2)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def band_pen() -> QPen:
    """The wide band under the marking that is drawn next."""
    pen = QPen(_BAND, 8.0)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    return pen


def next_pen() -> QPen:
    """The marking that is drawn next, in its band."""
    pen = QPen(ACCENT, 1.8)
    pen.setDashPattern([3.2, 2.0])
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def lit_pen(*, begun: bool = False) -> QPen:
    """The marking under the pointer, or the selected one; one that is only begun keeps its dashes."""
    pen = QPen(ACCENT, 3.0)
    if begun:
        pen.setDashPattern([1.6, 1.6])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def paint_point(painter: QPainter, at: QPointF, state: PointState, *, scale: float = MARK_SCALE) -> None:
    """Paint one keypoint."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if state.shape is Whereabouts.OUTSIDE:
        painter.setPen(QPen(DIM, 1.0))
        painter.drawEllipse(at, 2.2, 2.2)
        return
    if state.shape is Whereabouts.UNKNOWN:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(DIM)
        painter.drawEllipse(at, 1.9, 1.9)
        return
    painter.save()
    painter.translate(at)
    painter.scale(scale, scale)
    shape = layers(state.shape, occluded=state.occluded, selected=False, hovered=False, step=3, halo=0)
    for pen, brush, path in shape:
        painter.setPen(pen)
        painter.setBrush(brush)
        painter.drawPath(path)
    painter.restore()


def paint_tick(painter: QPainter, path: QPolygonF) -> None:
    """A tick across the middle of a marking that is only begun."""
    half = (path.size() - 1) // 2
    before, at = path.at(half), path.at(half + 1)
    along = at - before
    across = QPointF(-along.y(), along.x()) * (TICK / max(math.hypot(along.x(), along.y()), 1e-9))
    middle = (before + at) / 2.0
    painter.setPen(QPen(CURVE, 2.2))
    painter.drawLine(middle - across, middle + across)


def paint_ring(painter: QPainter, at: QPointF, *, width: float) -> None:
    """A ring about a point: wide for a selected one, thin for the active one."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(ACCENT, width))
    painter.drawEllipse(at, 7.0, 7.0)
