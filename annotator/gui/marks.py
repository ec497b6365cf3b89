"""The marks of keypoints: their shapes, and the items that paint them at one size at every zoom.

=============  ==========================================================================================
placed         filled dot in a thin open cross
accepted       filled dot in a ring
carried        filled triangle
constructed    filled diamond
projected      open diamond, smaller
predicted      plus that grows with confidence
occluded       the same shape, hollow and dashed
absent         nothing; a faint x while it is selected
selected       white ring about the mark; hovered: a thinner one
residual       vermillion halo that grows with the distance from the geometry
=============  ==========================================================================================
"""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QBrush, QColor, QPainterPath, QPen

from annotator.gui.colours import ACCENT, CASING, GLYPH_COLOURS, WARNING
from annotator.gui.glyphs import Glyph
from annotator.gui.stamps import Layer, StampItem
from annotator.gui.view_state import Mark

NO_BRUSH = Qt.BrushStyle.NoBrush
LINE = 1.5
CASED = 3.25
RING = 10.5
HOVER_RING = 9.0
CONFIDENCE_STEPS = 8
HEIGHT = 20.0
SELECTED_HEIGHT = 21.0


def _polygon(*points: tuple[float, float]) -> QPainterPath:
    path = QPainterPath(QPointF(*points[0]))
    for point in points[1:]:
        path.lineTo(*point)
    path.closeSubpath()
    return path


def _strokes(*strokes: tuple[float, float, float, float]) -> QPainterPath:
    path = QPainterPath()
    for x0, y0, x1, y1 in strokes:
        path.moveTo(x0, y0)
        path.lineTo(x1, y1)
    return path


def _circle(radius: float) -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QPointF(0.0, 0.0), radius, radius)
    return path


def _diamond(half: float) -> QPainterPath:
    return _polygon((0.0, -half), (half, 0.0), (0.0, half), (-half, 0.0))


def triangle(reach: float) -> QPainterPath:
    """An upright triangle about its middle."""
    return _polygon((0.0, -reach), (0.87 * reach, 0.5 * reach), (-0.87 * reach, 0.5 * reach))


def _cross(inner: float, outer: float) -> QPainterPath:
    arms = ((inner, 0.0, outer, 0.0), (-inner, 0.0, -outer, 0.0), (0.0, inner, 0.0, outer), (0.0, -inner, 0.0, -outer))
    return _strokes(*arms)


def _pen(colour: QColor, width: float, *, dashes: tuple[float, ...] = ()) -> QPen:
    pen = QPen(colour, width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap if dashes else Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    if dashes:
        pen.setDashPattern([length / width for length in dashes])
    return pen


def _stroked(path: QPainterPath, colour: QColor, *, width: float = LINE, dashes: tuple[float, ...] = ()) -> list[Layer]:
    casing = _pen(CASING, width + 1.0) if dashes else _pen(CASING, width + CASED - LINE)
    return [
        (casing, NO_BRUSH, path),
        (_pen(colour, width, dashes=dashes), NO_BRUSH, path),
    ]


def _filled(path: QPainterPath, colour: QColor) -> list[Layer]:
    return [
        (_pen(CASING, CASED - LINE), QBrush(CASING), path),
        (Qt.PenStyle.NoPen, QBrush(colour), path),
    ]


def _body(glyph: Glyph, occluded: bool, step: int) -> list[Layer]:
    colour = GLYPH_COLOURS[glyph]
    arm = 3.5 + 4.0 * step / CONFIDENCE_STEPS
    hollow = {
        Glyph.CONSTRUCTED: _diamond(6.0),
        Glyph.PROJECTED: _diamond(5.0),
        Glyph.CARRIED: triangle(6.5),
        Glyph.PREDICTED: _cross(0.0, max(arm, 6.5)),
    }
    if glyph is Glyph.ABSENT:
        return _stroked(_strokes((-3.5, -3.5, 3.5, 3.5), (-3.5, 3.5, 3.5, -3.5)), colour, width=1.25)
    if occluded:
        return _stroked(hollow.get(glyph, _circle(5.0)), colour, dashes=(2.75, 2.0))
    if glyph is Glyph.PLACED:
        return [*_stroked(_cross(5.0, 9.0), colour, width=1.25), *_filled(_circle(2.75), colour)]
    if glyph is Glyph.ACCEPTED:
        return [*_stroked(_circle(6.0), colour, width=1.25), *_filled(_circle(2.75), colour)]
    if glyph is Glyph.CARRIED:
        return _filled(triangle(5.5), colour)
    if glyph is Glyph.CONSTRUCTED:
        return _filled(_diamond(4.5), colour)
    if glyph is Glyph.PROJECTED:
        return _stroked(_diamond(4.0), colour)
    return _stroked(_cross(0.0, arm), colour)


def halo_of(residual: float) -> int:
    """The radius of the halo of something this many pixels off, 0 without one."""
    return min(9 + round(residual), 28) if residual > 0.0 else 0


def glow(halo: int) -> list[Layer]:
    """A halo of this radius, or nothing."""
    if not halo:
        return []
    colour = QColor(WARNING)
    colour.setAlpha(30)
    return [
        (_pen(CASING, CASED), QBrush(colour), _circle(float(halo))),
        (_pen(WARNING, LINE), NO_BRUSH, _circle(float(halo))),
    ]


@cache
def layers(glyph: Glyph, *, occluded: bool, selected: bool, hovered: bool, step: int, halo: int) -> tuple[Layer, ...]:
    """The strokes and fills of a mark from bottom to top, in screen pixels about its position."""
    found: list[Layer] = glow(halo)
    if selected:
        found += _stroked(_circle(RING), ACCENT, width=1.75)
    elif hovered:
        found += _stroked(_circle(HOVER_RING), ACCENT, width=1.0)
    return (*found, *_body(glyph, occluded, step))


class MarkItem(StampItem):
    """Paints one keypoint at its place."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self._dress(mark)
        self.setPos(mark.x, mark.y)

    def show_mark(self, mark: Mark) -> None:
        """Paint this keypoint from now on; only what differs is touched."""
        before, self.mark = self.mark, mark
        self._dress(mark)
        if (before.x, before.y) != (mark.x, mark.y):
            self.setPos(mark.x, mark.y)

    def _dress(self, mark: Mark) -> None:
        halo = halo_of(mark.residual)
        confidence = 0.5 if mark.confidence is None else min(max(mark.confidence, 0.0), 1.0)
        found = layers(
            mark.glyph,
            occluded=mark.occluded,
            selected=mark.selected,
            hovered=mark.hovered,
            step=round(confidence * CONFIDENCE_STEPS) if mark.glyph is Glyph.PREDICTED else 0,
            halo=halo,
        )
        self.set_layers(found, reach=max(RING, float(halo)) + 2.0)
        self.setZValue(SELECTED_HEIGHT if mark.selected else HEIGHT)
