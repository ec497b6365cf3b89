"""Paints a timeline: the ruler, the pictures and the lanes of a stretch of a clip, in one picture to be kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from annotator.gui import theme
from annotator.gui.colours import VERMILLION
from annotator.gui.timeline_axis import Axis
from annotator.gui.timeline_lanes import (
    confidence_lane,
    image_of,
    key_colour,
    residual_lane,
    said_lane,
    status_lane,
)
from annotator.gui.timeline_strip import Strip, places
from annotator.gui.timeline_words import (
    CONFIDENCE,
    LABELS,
    LANES,
    PITCH,
    RESIDUAL,
    STATUS,
    Subject,
    lane_titles,
    nothing_known,
)
from annotator.timeline import Columns, Track, columns_of, timecode

GUTTER = 78
RULER = 20
GAP = 4
HEAD = 6
_HEIGHTS = {STATUS: 12, LABELS: 14, CONFIDENCE: 18, RESIDUAL: 18}
_LOWEST_STRIP, _HIGHEST_STRIP = 20, 72
_DIAMOND = 4.5
_FEWEST_PX = 5.0
"""From so many pixels a frame on, key frames are diamonds; closer together they are ticks."""
_TICK_ROOM = 118
RIGHT = 8


@dataclass(frozen=True)
class Rects:
    """Where the parts of a timeline are."""

    ruler: QRect
    strip: QRect
    lanes: dict[str, QRect]
    gutter: int

    @property
    def bottom(self) -> int:
        """The lower edge of the last lane."""
        return self.lanes[LANES[-1]].bottom()


def least_height() -> int:
    """The height of a timeline without pictures."""
    return RULER + sum(_HEIGHTS.values()) + GAP * (len(LANES) + 1)


def rects_of(width: int, height: int) -> Rects:
    """The parts in a widget of this size; the pictures take the height that is over, or go."""
    gutter = GUTTER if width >= 420 else 6
    across = max(width - gutter - RIGHT, 1)
    over = height - least_height() - GAP
    strip = min(over, _HIGHEST_STRIP) if over >= _LOWEST_STRIP else 0
    # What the pictures do not need makes the curves taller.
    extra = max(over - strip, 0) // 2 if strip == _HIGHEST_STRIP else 0
    y = RULER
    strip_rect = QRect(gutter, y, across, strip)
    y += strip + GAP if strip else 0
    lanes = {}
    for name in LANES:
        high = _HEIGHTS[name] + (min(extra, 30) if name in (CONFIDENCE, RESIDUAL) else 0)
        lanes[name] = QRect(gutter, y + GAP // 2, across, high)
        y += high + GAP
    return Rects(QRect(gutter, 0, across, RULER), strip_rect, lanes, gutter)


class LayerPainter:
    """Paints everything but what moves: playhead, pointer and range."""

    def __init__(self, font: QFont, ratio: float) -> None:
        self.font = theme.tabular(font)
        self.font.setPointSizeF(max(font.pointSizeF() * 0.86, 6.5))
        self.ratio = ratio
        self._colours = theme.tokens()

    def layer(
        self, track: Track, axis: Axis, rects: Rects, strip: Strip, height: int, subject: Subject = PITCH
    ) -> QPixmap:
        """The picture of a stretch, as wide as the widget."""
        width = rects.gutter + rects.ruler.width() + RIGHT
        pixmap = QPixmap(round(width * self.ratio), round(height * self.ratio))
        pixmap.setDevicePixelRatio(self.ratio)
        pixmap.fill(QColor(self._colours.base))
        painter = QPainter(pixmap)
        painter.setFont(self.font)
        edges = np.linspace(axis.start, axis.end, round(axis.width * self.ratio) + 1)
        columns = columns_of(track, edges)
        self._paint_strip(painter, axis, rects, strip)
        self._paint_lanes(painter, columns, rects, track, nothing_known(subject))
        self._paint_keys(painter, track, axis, rects)
        self._paint_damage(painter, columns, rects)
        self._paint_cuts(painter, track, axis, rects)
        self._paint_ruler(painter, track, axis, rects)
        self._paint_titles(painter, rects)
        painter.end()
        return pixmap

    def _paint_titles(self, painter: QPainter, rects: Rects) -> None:
        if rects.gutter < GUTTER:
            return
        painter.setPen(QColor(self._colours.muted))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        metrics = QFontMetrics(self.font)
        for name, title in lane_titles().items():
            lane = rects.lanes[name]
            room = QRect(4, lane.center().y() - 9, rects.gutter - 12, 19)
            painter.drawText(room, right, metrics.elidedText(title, Qt.TextElideMode.ElideRight, room.width()))

    def _paint_lanes(
        self, painter: QPainter, columns: Columns, rects: Rects, track: Track, texts: dict[str, str]
    ) -> None:
        makers = {STATUS: status_lane, LABELS: said_lane, CONFIDENCE: confidence_lane, RESIDUAL: residual_lane}
        known = {
            LABELS: bool(track.said.any()),
            CONFIDENCE: bool(np.isfinite(track.confidence).any()),
            RESIDUAL: bool(np.isfinite(track.residual).any()),
        }
        unit = max(round(self.ratio), 1)
        for name, make in makers.items():
            lane = rects.lanes[name]
            picture = make(columns, round(lane.height() * self.ratio), unit)
            painter.drawImage(QRectF(lane), image_of(picture))
            if not known.get(name, True):
                painter.setPen(QColor(self._colours.muted))
                room = lane.adjusted(6, -4, -6, 4)
                text = QFontMetrics(self.font).elidedText(texts[name], Qt.TextElideMode.ElideRight, room.width())
                painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _paint_keys(self, painter: QPainter, track: Track, axis: Axis, rects: Rects) -> None:
        """Key frames as diamonds, where there is room for them."""
        keys = track.keys()
        shown = keys[(keys >= axis.start - 1) & (keys < axis.end)]
        lane = rects.lanes[LABELS]
        if not len(shown) or len(shown) * _DIAMOND * 2.5 > axis.width:
            return
        painter.save()
        painter.setClipRect(lane.adjusted(-5, -2, 5, 2))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(key_colour())
        painter.setPen(QPen(QColor(self._colours.base), 1.0))
        y = lane.center().y() + 0.5
        for place in shown.tolist():
            x = axis.x(place + 0.5)
            path = QPainterPath(QPointF(x, y - _DIAMOND - 1))
            for dx, dy in ((_DIAMOND, 0.0), (0.0, _DIAMOND + 1), (-_DIAMOND, 0.0)):
                path.lineTo(x + dx, y + dy)
            path.closeSubpath()
            painter.drawPath(path)
        painter.restore()

    def _paint_strip(self, painter: QPainter, axis: Axis, rects: Rects, strip: Strip) -> None:
        rect = rects.strip
        if rect.height() <= 0:
            return
        painter.save()
        painter.setClipRect(rect)
        painter.fillRect(rect, QColor(self._colours.window))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        wide = rect.height() * strip.aspect
        shown = places(axis, wide)
        step = shown[1] - shown[0] if len(shown) > 1 else 1
        for place in shown:
            room = QRectF(axis.x(place), rect.top(), step * axis.scale, rect.height())
            picture = strip.picture(place)
            if picture is None:
                painter.fillRect(room.adjusted(0, 0, -1, 0), QColor(self._colours.hover))
            else:
                painter.drawPixmap(room.adjusted(0, 0, -1, 0), picture, _middle(picture, room))
        painter.restore()

    def _paint_damage(self, painter: QPainter, columns: Columns, rects: Rects) -> None:
        """Frames that cannot be read: crossed out over the pictures, or over the ruler where there are none."""
        if not columns.damaged.any():
            return
        rect = rects.strip if rects.strip.height() > 0 else rects.ruler.adjusted(0, rects.ruler.height() - 5, 0, 0)
        at = np.flatnonzero(np.diff(np.concatenate([[0], columns.damaged.astype(np.int8), [0]])))
        painter.save()
        for start, end in at.reshape(-1, 2):
            room = QRectF(rect.left() + start / self.ratio, rect.top(), (end - start) / self.ratio, rect.height())
            shade = QColor(self._colours.base)
            shade.setAlpha(210)
            painter.fillRect(room, shade)
            painter.fillRect(room, QBrush(QColor(self._colours.muted), Qt.BrushStyle.DiagCrossPattern))
            painter.fillRect(QRectF(room.left(), room.bottom() - 2, room.width(), 2), VERMILLION)
        painter.restore()

    def _paint_cuts(self, painter: QPainter, track: Track, axis: Axis, rects: Rects) -> None:
        """A cut parts all lanes; where one may be, the line is dotted."""
        top, bottom = rects.ruler.bottom() - 5, rects.bottom
        for frames, style in ((track.cuts, Qt.PenStyle.SolidLine), (track.doubtful, Qt.PenStyle.DotLine)):
            shown = frames[(frames > axis.start) & (frames < axis.end)]
            if len(shown) * 4 > axis.width:
                continue
            for place in shown.tolist():
                x = round(axis.x(place)) + 0.0
                painter.setPen(QPen(QColor(self._colours.base), 3.0))
                painter.drawLine(QPointF(x, top), QPointF(x, bottom))
                painter.setPen(QPen(QColor(self._colours.text), 1.0, style))
                painter.drawLine(QPointF(x, top), QPointF(x, bottom))
                if style is Qt.PenStyle.SolidLine:
                    painter.drawLine(QPointF(x - 3, top), QPointF(x + 3, top))

    def _paint_ruler(self, painter: QPainter, track: Track, axis: Axis, rects: Rects) -> None:
        """Times and frame numbers where there are times, else numbers."""
        rect = rects.ruler
        metrics = QFontMetrics(self.font)
        timed = bool(len(track.times))
        ticks = axis.time_ticks(track.times, _TICK_ROOM) if timed else axis.ticks(_TICK_ROOM // 2)
        end = -1.0
        for place in sorted(set(ticks)):
            x = axis.x(place)
            if x < rect.left() - 1 or x > rect.right():
                continue
            painter.setPen(QColor(self._colours.border))
            painter.drawLine(QPointF(x, rect.bottom() - 5), QPointF(x, rect.bottom()))
            number = f"{place + 1:,}"
            time = timecode(track.times, place) if timed else ""
            wide = metrics.horizontalAdvance(f"{time}  {number}" if time else number)
            if x + 4 <= end or x + 4 + wide > rect.right() + RIGHT:
                continue
            base = rect.bottom() - 6
            at = x + 4
            if time:
                painter.setPen(QColor(self._colours.text))
                painter.drawText(QPointF(at, base), time)
                at += metrics.horizontalAdvance(time + "  ")
            painter.setPen(QColor(self._colours.muted))
            painter.drawText(QPointF(at, base), number)
            end = x + 4 + wide + 10
        painter.setPen(QColor(self._colours.border))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())


def _middle(picture: QPixmap, room: QRectF) -> QRectF:
    """The part of a picture about its middle that has the shape of a room."""
    wide, high = float(picture.width()), float(picture.height())
    shape = room.width() / room.height()
    if shape * high > wide:
        return QRectF(0.0, 0.5 * (high - wide / shape), wide, wide / shape)
    return QRectF(0.5 * (wide - shape * high), 0.0, shape * high, high)


# What moves


def paint_range(painter: QPainter, chosen: tuple[int, int] | None, axis: Axis, rects: Rects) -> None:
    """The chosen range: tinted, between two lines."""
    if chosen is None:
        return
    accent = QColor(theme.tokens().accent)
    left, right = axis.x(chosen[0]), axis.x(chosen[1] + 1)
    tint = QColor(accent)
    tint.setAlpha(46)
    top = rects.ruler.top()
    painter.fillRect(QRect(round(left), top, max(round(right - left), 1), rects.bottom - top), tint)
    painter.setPen(QPen(accent, 1.0))
    for x in (round(left), round(right)):
        painter.drawLine(x, top, x, rects.bottom)


def paint_pointer(painter: QPainter, place: int, axis: Axis, rects: Rects) -> None:
    """A thin line at the frame under the pointer."""
    painter.setPen(QPen(QColor(theme.tokens().muted), 1.0, Qt.PenStyle.DotLine))
    x = axis.x(place + 0.5)
    painter.drawLine(QPointF(x, rects.ruler.bottom()), QPointF(x, rects.bottom))


def paint_head(painter: QPainter, place: int | None, axis: Axis, rects: Rects) -> None:
    """The playhead, and the frame it stands on where frames are wide."""
    if place is None:
        return
    accent, base = QColor(theme.tokens().accent), QColor(theme.tokens().base)
    left, right = axis.x(place), axis.x(place + 1)
    top = rects.ruler.bottom() - 2
    if right - left > 3.0:
        frame = QColor(accent)
        frame.setAlpha(56)
        painter.fillRect(QRect(round(left), top, round(right - left), rects.bottom - top), frame)
    x = (left + right) / 2.0
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for pen in (QPen(base, 3.0), QPen(accent, 1.6)):
        painter.setPen(pen)
        painter.drawLine(QPointF(x, top), QPointF(x, rects.bottom))
    painter.setPen(QPen(base, 1.0))
    painter.setBrush(accent)
    painter.drawPolygon(QPolygonF([QPointF(x - HEAD, top - 8), QPointF(x + HEAD, top - 8), QPointF(x, top + 1)]))
