"""One thin row over time for each numbered thing of a clip: where it is, and who said so; a press goes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QScrollBar, QToolTip, QWidget

from annotator.gui import theme
from annotator.gui.people_view import identity_rgba
from annotator.gui.timeline_axis import Axis
from annotator.gui.timeline_lanes import Picture, argb, hatch, image_of
from annotator.gui.timeline_paint import GUTTER
from annotator.gui.timeline_words import thing_text
from annotator.store_timeline import FILLED, KEY, MOTION
from annotator.timeline_things import Stretches

if TYPE_CHECKING:
    from annotator.gui.timeline import Timeline
    from annotator.gui.timeline_things import Identities
    from annotator.gui.timeline_view import TimelineView

ROW, BAR, EDGE = 13, 7, 2
FEWEST, ENOUGH, MOST = 3, 8, 12
"""Rows that there is room for at the least, before pictures get larger, and without scrolling."""
_PICTURES, _LOW_PICTURES = 60, 38
_NOTCH = 120
_SCROLL = 8


class ThingRows(QWidget):
    """The rows of everybody under the lanes of a timeline, over the same stretch of the clip.

    A press or a drag scrubs, and ``chosen`` names whose row it was when the button is let go; a press on a number goes
    to the nearest frame with it.
    """

    scrubbed = Signal(int)
    scrub_ended = Signal()
    gone_to = Signal(int)
    chosen = Signal(int)

    def __init__(
        self, timeline: Timeline, identities: Identities, view: TimelineView, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._timeline, self._identities, self._view = timeline, identities, view
        self._layer: QPixmap | None = None
        self._painted: int | None = None
        self._held: int | None = None
        self._active: int | None = None
        self.bar = QScrollBar(Qt.Orientation.Vertical, self)
        self.bar.setFixedWidth(_SCROLL)
        self.bar.setAccessibleName(self.tr("Which numbers are shown"))
        self.bar.valueChanged.connect(lambda value: self.repaint_rows())
        self.setAccessibleName(self.tr("Numbers over time"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        identities.changed.connect(self._on_changed)
        # What else is found out about the clip changes nothing here.
        timeline.changed.connect(self.update)
        timeline.range_changed.connect(self.update)
        view.axis_changed.connect(self.repaint_rows)
        self._on_changed()

    # How high

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the rows, from the top."""
        return self._identities.lanes.numbers

    def height_of(self, most: int) -> int:
        """The height in pixels of all rows, or of so many; of a few at the least where there may be some any time."""
        count = min(max(len(self.numbers), FEWEST if self._identities.awaited else 0), most)
        return count * ROW + 2 * EDGE if count else 0

    def _on_changed(self) -> None:
        self._fit_bar()
        self.repaint_rows()

    def _fit_bar(self) -> None:
        over = max(len(self.numbers) * ROW + 2 * EDGE - self.height(), 0)
        self.bar.setRange(0, over)
        self.bar.setPageStep(self.height())
        self.bar.setSingleStep(ROW)
        self.bar.setVisible(over > 0)
        self.bar.setGeometry(self.width() - _SCROLL, 0, _SCROLL, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the scroll bar at its edge."""
        super().resizeEvent(event)
        self._fit_bar()
        self.repaint_rows()

    def show_active(self) -> None:
        """Another thing is worked on: its row comes into view."""
        active = self._identities.active
        if active == self._active:
            return
        self._active = active
        if active in self.numbers:
            top = EDGE + self.numbers.index(active) * ROW
            self.bar.setValue(min(max(self.bar.value(), top + ROW + EDGE - self.height()), top - EDGE))
        self.repaint_rows()

    def show_place(self) -> None:
        """The playhead went on."""
        for place in (self._painted, self._timeline.place):
            if place is not None:
                x = round(self._view.axis.x(place))
                self.update(QRect(x - 4, 0, max(round(self._view.axis.scale), 1) + 9, self.height()))

    def repaint_rows(self) -> None:
        """Paint all of it anew."""
        self._layer = None
        self.update()

    # The pointer

    def row_at(self, y: float) -> int | None:
        """The number of the row at this height."""
        n = int((y + self.bar.value() - EDGE) // ROW)
        return self.numbers[n] if 0 <= n < len(self.numbers) else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to a frame of a thing."""
        number = self.row_at(event.position().y())
        if event.button() is not Qt.MouseButton.LeftButton or number is None or self._timeline.track is None:
            return
        axis, place = self._view.axis, self._timeline.place
        if event.position().x() >= axis.left:
            self._held = number
            self.scrubbed.emit(axis.frame_at(event.position().x()))
            return
        nearest = self._identities.lanes.lanes[number].nearest(place or 0)
        if nearest is not None:
            self.gone_to.emit(nearest)
            self.chosen.emit(number)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go along."""
        if self._held is not None:
            self.scrubbed.emit(self._view.axis.frame_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The frame is one to work on, and the thing the one."""
        held, self._held = self._held, None
        if held is not None:
            self.scrub_ended.emit()
            self.chosen.emit(held)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel scrolls rows where there are more; sideways and with Shift it is the timeline's, as elsewhere."""
        held, turned = event.modifiers() & Qt.KeyboardModifier.ShiftModifier, event.angleDelta()
        if self.bar.maximum() and not held and abs(turned.y()) >= abs(turned.x()):
            self.bar.setValue(self.bar.value() - round(turned.y() / _NOTCH * 3 * ROW))
            event.accept()
        else:
            self._view.wheelEvent(event)

    def event(self, event: QEvent) -> bool:
        """A tip says who is where."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos()), self)
            return True
        return super().event(event)

    def tip_at(self, at: QPoint) -> str:
        """What is under a pixel."""
        number, axis = self.row_at(at.y()), self._view.axis
        if number is None or self._timeline.track is None:
            return ""
        where = self._identities.lanes.lanes[number]
        return thing_text(number, where, axis.frame_at(at.x()) if at.x() >= axis.left else None)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """The kept picture, and over it what moves."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(theme.tokens().base))
        if self._timeline.track is None or not self.numbers:
            return
        if self._layer is None:
            self._layer = self._make_layer()
        painter.drawPixmap(0, 0, self._layer)
        axis = self._view.axis
        painter.setClipRect(QRect(axis.left - 1, 0, axis.width + 2, self.height()))
        self._paint_range(painter, axis)
        self._painted = self._timeline.place
        if self._painted is not None:
            x = (axis.x(self._painted) + axis.x(self._painted + 1)) / 2.0
            colours = theme.tokens()
            for colour, wide in ((colours.base, 3.0), (colours.accent, 1.6)):
                painter.setPen(QPen(QColor(colour), wide))
                painter.drawLine(round(x), 0, round(x), self.height())

    def _paint_range(self, painter: QPainter, axis: Axis) -> None:
        chosen = self._timeline.range
        if chosen is None:
            return
        left, right = round(axis.x(chosen[0])), round(axis.x(chosen[1] + 1))
        tint = QColor(theme.tokens().accent)
        tint.setAlpha(46)
        painter.fillRect(QRect(left, 0, max(right - left, 1), self.height()), tint)

    def _make_layer(self) -> QPixmap:
        ratio, axis, colours = self.devicePixelRatioF(), self._view.axis, theme.tokens()
        pixmap = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(QColor(colours.base))
        painter = QPainter(pixmap)
        font = theme.tabular(self.font())
        font.setPointSizeF(max(font.pointSizeF() * 0.8, 6.5))
        edges = np.linspace(axis.start, axis.end, round(axis.width * ratio) + 1)
        first = max((self.bar.value() - EDGE) // ROW, 0)
        for n in range(first, min(first + self.height() // ROW + 2, len(self.numbers))):
            number = self.numbers[n]
            top = EDGE + n * ROW - self.bar.value()
            is_active = number == self._identities.active
            if is_active:
                painter.fillRect(QRect(0, top, axis.left + axis.width, ROW), QColor(colours.hover))
            self._paint_number(painter, font, number, top, is_active=is_active)
            high = round(BAR * ratio)
            ground = argb(QColor(colours.border), 0.3, QColor(colours.base))
            picture = bar(self._identities.lanes.lanes[number], edges, identity_rgba(number), ground, high, ratio)
            room = QRectF(axis.left, top + (ROW - BAR) // 2, axis.width, BAR)
            painter.drawImage(room, image_of(picture))
        painter.end()
        return pixmap

    def _paint_number(self, painter: QPainter, font: QFont, number: int, top: int, *, is_active: bool) -> None:
        if self._view.axis.left < GUTTER:
            return
        font.setBold(is_active)
        painter.setFont(font)
        colours = theme.tokens()
        painter.setPen(QColor(colours.text if is_active else colours.muted))
        room = QRect(4, top, GUTTER - 12, ROW)
        text = QFontMetrics(font).elidedText(str(number), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)


class Lanes(QWidget):
    """The lanes of a clip, and under them the rows of everybody in it with what height is over."""

    def __init__(self, view: TimelineView, rows: ThingRows, identities: Identities) -> None:
        super().__init__()
        self._view, self._rows = view, rows
        for widget in (view, rows):
            widget.setParent(self)
        identities.changed.connect(self._on_changed)
        self._share()

    def sizeHint(self) -> QSize:
        """That of the lanes and of many rows."""
        return self._view.sizeHint() + QSize(0, self._rows.height_of(ENOUGH))

    def minimumSizeHint(self) -> QSize:
        """That of the lanes and of a few rows."""
        return self._view.minimumSize() + QSize(0, self._rows.height_of(FEWEST))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the height anew."""
        super().resizeEvent(event)
        self._share()

    def _on_changed(self) -> None:
        self.updateGeometry()
        self._share()

    def _share(self) -> None:
        rows, over = self._rows, self.height() - self._view.minimumHeight()
        pictures = _PICTURES if over - _PICTURES >= rows.height_of(ENOUGH) else _LOW_PICTURES
        high = rows.height_of(min(max((over - pictures - 2 * EDGE) // ROW, FEWEST), MOST))
        rows.setVisible(high > 0)
        self._view.setGeometry(0, 0, self.width(), self.height() - high)
        rows.setGeometry(0, self.height() - high, self.width(), high)


def bar(where: Stretches, edges: np.ndarray, rgba: int, ground: int, height: int, ratio: float) -> Picture:
    """(height, W): a row in the colour of its thing between these edges (W + 1,) in frames.

    What a person said is solid, what tracking brought striped, what was filled in between two lines. A stretch is seen
    at any zoom, however short; of several in a column a person's word counts.
    """
    width, unit = len(edges) - 1, max(round(ratio), 1)
    colour = QColor.fromRgba(rgba)
    if theme.tokens() is not theme.DARK:
        colour = colour.darker(118)
    tint, full = argb(colour, 0.3, QColor(theme.tokens().base)), argb(colour)
    picture = np.full((height, width), ground, dtype=np.uint32)
    y = np.arange(height)[:, None]
    lines = (y < unit) | (y >= height - unit)
    figures = {MOTION: hatch(height, width, unit), FILLED: np.broadcast_to(lines, (height, width)), KEY: y >= 0}
    for kind, figure in figures.items():
        here = covered(where, kind, edges)
        if here.any():
            picture = np.where(here[None], np.where(figure, np.uint32(full), np.uint32(tint)), picture)
    return np.asarray(picture, dtype=np.uint32)


def covered(where: Stretches, kind: int, edges: np.ndarray) -> np.ndarray:
    """(W,) which columns between these edges (W + 1,) in frames hold a stretch of a kind."""
    low = int(np.searchsorted(where.ends, edges[0], side="right"))
    high = int(np.searchsorted(where.starts, edges[-1], side="left"))
    of_kind = where.kinds[low:high] == kind
    starts, ends = where.starts[low:high][of_kind], where.ends[low:high][of_kind]
    width = len(edges) - 1
    first = np.clip(np.searchsorted(edges, starts, side="right") - 1, 0, width - 1)
    after = np.clip(np.searchsorted(edges, ends, side="left"), first + 1, width)
    change = np.zeros(width + 1, dtype=np.int64)
    np.add.at(change, first, 1)
    np.add.at(change, after, -1)
    return np.asarray(np.cumsum(change[:-1]) > 0)
