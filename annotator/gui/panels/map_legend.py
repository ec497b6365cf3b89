"""The legend of the pitch map: every dash and shape with its meaning, shown while the pointer asks for it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QWidget

from annotator.gui import theme
from annotator.gui.glyphs import Glyph
from annotator.gui.panels.map_ink import GROUND, band_pen, line_pen, next_pen, paint_point, paint_tick
from annotator.gui.panels.map_states import LineState, PointState, Whereabouts

_ROW = 19
_SAMPLE = 40.0
_PAD = 9
_TEXT = QColor(232, 236, 233)


class MapLegend(QWidget):
    """A small card in the colours of the map."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.ToolTip)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(self.tr("Legend of the pitch map"))

    def _lines(self) -> tuple[tuple[LineState | None, str], ...]:
        return (
            (LineState.DRAWN, self.tr("Drawn")),
            (LineState.BEGUN, self.tr("Begun: more clicks are needed")),
            (None, self.tr("Drawn next")),
            (LineState.AGREED, self.tr("Circle taken from the camera")),
            (LineState.MISSING, self.tr("In view, not drawn")),
            (LineState.OUTSIDE, self.tr("Outside the picture")),
            (LineState.UNKNOWN, self.tr("Not known yet")),
        )

    def _points(self) -> tuple[tuple[PointState, str], ...]:
        return (
            (PointState(Glyph.PLACED), self.tr("Placed by hand")),
            (PointState(Glyph.ACCEPTED), self.tr("Accepted")),
            (PointState(Glyph.CARRIED), self.tr("Carried from another frame")),
            (PointState(Glyph.CONSTRUCTED), self.tr("From drawn markings")),
            (PointState(Glyph.PROJECTED), self.tr("From the camera")),
            (PointState(Glyph.PREDICTED), self.tr("From the network")),
            (PointState(Glyph.PLACED, occluded=True), self.tr("Occluded: hollow, dashed")),
            (PointState(Glyph.ABSENT), self.tr("Said to be absent")),
            (PointState(Whereabouts.OUTSIDE), self.tr("Outside the picture")),
            (PointState(Whereabouts.UNKNOWN), self.tr("Not known yet")),
        )

    @property
    def texts(self) -> tuple[str, ...]:
        """What it explains, from top to bottom."""
        return tuple(text for _, text in (*self._lines(), *self._points()))

    def sizeHint(self) -> QSize:
        """As large as its rows."""
        widest = max(self.fontMetrics().horizontalAdvance(text) for text in self.texts)
        return QSize(round(_SAMPLE) + widest + 3 * _PAD, _ROW * len(self.texts) + 2 * _PAD)

    def show_beside(self, at: QPoint) -> None:
        """Show it to the left of a place on the screen, moved onto the screen where need be."""
        size = self.sizeHint()
        room = self.screen().availableGeometry()
        x = min(max(at.x() - size.width(), room.left()), room.right() - size.width())
        y = min(max(at.y(), room.top()), room.bottom() - size.height())
        self.setGeometry(x, y, size.width(), size.height())
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A row for every state."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), GROUND)
        painter.setPen(QColor(theme.tokens().border))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        y = _PAD + _ROW / 2.0
        for state, text in self._lines():
            start, end = QPointF(_PAD, y), QPointF(_PAD + _SAMPLE - 10.0, y)
            for pen in (band_pen(), next_pen()) if state is None else (line_pen(state),):
                painter.setPen(pen)
                painter.drawLine(start, end)
            if state is LineState.BEGUN:
                paint_tick(painter, QPolygonF([start, end]))
            y = self._write(painter, text, y)
        for point, text in self._points():
            paint_point(painter, QPointF(_PAD + (_SAMPLE - 10.0) / 2.0, y), point, scale=0.9)
            y = self._write(painter, text, y)

    def _write(self, painter: QPainter, text: str, y: float) -> float:
        painter.setPen(_TEXT)
        room = QRectF(_PAD + _SAMPLE, y - _ROW / 2.0, self.width(), _ROW)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)
        return y + _ROW
