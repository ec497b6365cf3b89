"""The timeline as a widget: a clip in lanes over time, a playhead to drag, a range to choose; it paints values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from annotator.gui import theme
from annotator.gui.timeline import Timeline
from annotator.gui.timeline_axis import Axis
from annotator.gui.timeline_paint import (
    GUTTER,
    HEAD,
    LayerPainter,
    Rects,
    least_height,
    paint_head,
    paint_pointer,
    paint_range,
    rects_of,
)
from annotator.gui.timeline_strip import Strip, places
from annotator.gui.timeline_words import PITCH, frame_text, lane_tips, no_clip_text

STEP = 1.25
_NOTCH = 120.0
Keys = dict[tuple[Qt.Key, Qt.KeyboardModifier], Callable[[], object]]


class TimelineView(QWidget):
    """Lanes, ruler and pictures of the timeline's clip; a press goes there, a drag scrubs, Shift+drag chooses a range.

    ``keys`` are those that mean something here; they are taken from the shortcuts of the window while this has the
    focus. `released` tells of a key let go. ``subject`` is what its words are about.
    """

    scrubbed = Signal(int)
    scrub_ended = Signal()
    released = Signal(object)
    focused = Signal(bool)
    axis_changed = Signal()

    def __init__(self, timeline: Timeline, strip: Strip, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._timeline = timeline
        self._strip = strip
        self.keys: Keys = {}
        self.subject = PITCH
        self.axis = Axis.whole(0, left=GUTTER, width=1)
        self._rects: Rects = rects_of(1, 1)
        self._layer: QPixmap | None = None
        self._painted_place: int | None = None
        self._hover: int | None = None
        self._drag: str = ""
        self._anchor = 0
        self._last = QPointF()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, least_height() + 4)
        self.setAccessibleName(self.tr("Timeline"))
        timeline.changed.connect(self._on_changed)
        timeline.range_changed.connect(self.update)
        strip.arrived.connect(self._repaint)

    def sizeHint(self) -> QSize:
        """Tall enough for pictures."""
        return QSize(600, least_height() + 52)

    # What is shown

    def _on_changed(self) -> None:
        track = self._timeline.track
        self._strip.show_clip(np.empty(0, dtype=np.int64) if track is None else track.ids)
        if (0 if track is None else len(track)) != self.axis.count:
            self._fit_axis()
        self._repaint()

    def _fit_axis(self) -> None:
        track = self._timeline.track
        count = 0 if track is None else len(track)
        self._rects = rects_of(self.width(), self.height())
        self._set_axis(self.axis.fitted(count=count, left=self._rects.gutter, width=self._rects.ruler.width()))

    def _set_axis(self, axis: Axis) -> None:
        self.axis = axis
        self._repaint()
        self.axis_changed.emit()

    def repaint_lanes(self) -> None:
        """Paint all of it anew."""
        self._repaint()

    def _repaint(self) -> None:
        self._layer = None
        self.update()

    def show_place(self) -> None:
        """Show the playhead where the session is, moved into view."""
        place = self._timeline.place
        if place is not None and self._drag != "scrub":
            axis = self.axis.showing(place)
            if axis != self.axis:
                self._set_axis(axis)
        for one in (self._painted_place, place):
            if one is not None:
                self.update(self._head_rect(one))
        track = self._timeline.track
        if track is not None and place is not None:
            self.setAccessibleDescription(self.text_of(place))

    def _head_rect(self, place: int) -> QRect:
        x = round(self.axis.x(place))
        wide = max(round(self.axis.scale), 1)
        return QRect(x - HEAD - 2, 0, wide + 2 * HEAD + 5, self.height())

    # Zoom

    def zoom(self, factor: float, about: float | None = None) -> None:
        """Show more or less, about a pixel or else the playhead."""
        if about is None:
            place = self._timeline.place
            about = self.axis.left + self.axis.width / 2 if place is None else self.axis.x(place + 0.5)
            about = min(max(about, self.axis.left), self.axis.left + self.axis.width)
        self._set_axis(self.axis.zoomed(factor, about))

    def show_all(self) -> None:
        """Show the whole clip; the range if there is one and all is to be seen already."""
        chosen = self._timeline.range
        if self.axis.is_whole and chosen is not None:
            self._set_axis(self.axis.over(*chosen))
        else:
            self._set_axis(Axis.whole(self.axis.count, left=self.axis.left, width=self.axis.width))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the stretch that is shown."""
        super().resizeEvent(event)
        self._fit_axis()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel zooms about the pointer; with Shift, or sideways, it goes along the clip."""
        turned = event.angleDelta()
        held = event.modifiers()
        if held & Qt.KeyboardModifier.ShiftModifier or abs(turned.x()) > abs(turned.y()):
            by = turned.x() or turned.y()
            self._set_axis(self.axis.panned(-by / _NOTCH * self.axis.width / 10.0))
        elif turned.y():
            self.zoom(STEP ** (turned.y() / _NOTCH), event.position().x())
        event.accept()

    # The pointer

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Left goes there and scrubs, with Shift it begins a range, the middle button takes hold of the clip."""
        if self._timeline.track is None:
            return
        self._last = event.position()
        place = self.axis.frame_at(event.position().x())
        if event.button() is Qt.MouseButton.MiddleButton:
            self._drag = "pan"
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif event.button() is Qt.MouseButton.LeftButton:
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._drag, self._anchor = "range", place
                self._timeline.choose((place, place))
            else:
                self._drag = "scrub"
                self.scrubbed.emit(place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Scrub, choose or pan; without a button show where the pointer is."""
        place = self.axis.frame_at(event.position().x())
        if self._drag == "pan":
            self._set_axis(self.axis.panned(self._last.x() - event.position().x()))
            self._last = event.position()
        elif self._drag == "range":
            self._timeline.choose((min(self._anchor, place), max(self._anchor, place)))
        elif self._drag == "scrub":
            self.scrubbed.emit(place)
        self._show_hover(place if event.position().x() >= self._rects.gutter else None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The drag is over; a range of one frame that was only clicked extends from the playhead."""
        ended, self._drag = self._drag, ""
        self.unsetCursor()
        if ended == "scrub":
            self.scrub_ended.emit()
        elif ended == "range" and self._timeline.range == (self._anchor, self._anchor):
            place = self._timeline.place
            if place is not None and place != self._anchor:
                self._timeline.choose((min(place, self._anchor), max(place, self._anchor)))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all of the clip, or the range."""
        if event.button() is Qt.MouseButton.LeftButton and event.position().x() < self._rects.gutter:
            self.show_all()
        else:
            self.mousePressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """No pointer, no line."""
        self._show_hover(None)
        super().leaveEvent(event)

    def _show_hover(self, place: int | None) -> None:
        if self._timeline.track is None or place == self._hover:
            return
        for one in (self._hover, place):
            if one is not None:
                self.update(self._head_rect(one))
        self._hover = place

    # Keys

    def event(self, event: QEvent) -> bool:
        """Keys that mean something here are no shortcuts; a tip says what is under the pointer."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.ShortcutOverride and self._key(event):
            event.accept()
            return True
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            text = self.tip_at(event.pos())
            if text:
                QToolTip.showText(event.globalPos(), text, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def _key(self, event: QKeyEvent) -> Callable[[], object] | None:
        if self._timeline.track is None:
            return None
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        return self.keys.get((Qt.Key(event.key()), held))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Do what the key means here."""
        run = self._key(event)
        if run is None:
            super().keyPressEvent(event)
        else:
            event.accept()
            run()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Tell that a key was let go, once."""
        if not event.isAutoRepeat():
            self.released.emit(Qt.Key(event.key()))
        super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The keyboard is here: a line says so."""
        super().focusInEvent(event)
        self.focused.emit(True)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keyboard is elsewhere: no key is held any more."""
        super().focusOutEvent(event)
        self.focused.emit(False)
        self.released.emit(Qt.Key.Key_unknown)
        self.update()

    # Words

    def text_of(self, place: int) -> str:
        """A frame in words."""
        track = self._timeline.track
        return "" if track is None else frame_text(track, place, self.subject)

    def tip_at(self, at: QPoint) -> str:
        """What is under a pixel."""
        if self._timeline.track is None:
            return ""
        if at.x() >= self._rects.gutter:
            return self.text_of(self.axis.frame_at(at.x()))
        lanes = self._rects.lanes.items()
        tips = lane_tips(self.subject)
        return next((tips[name] for name, lane in lanes if lane.top() <= at.y() <= lane.bottom()), "")

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """The kept picture, and over it what moves."""
        painter = QPainter(self)
        colours = theme.tokens()
        painter.fillRect(event.rect(), QColor(colours.base))
        track = self._timeline.track
        if track is None or not len(track):
            painter.setPen(QColor(colours.muted))
            room = self.rect().adjusted(24, 8, -24, -8)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, no_clip_text())
            return
        if self._layer is None:
            self._rects = rects_of(self.width(), self.height())
            maker = LayerPainter(self.font(), self.devicePixelRatioF())
            self._layer = maker.layer(track, self.axis, self._rects, self._strip, self.height(), self.subject)
            self._ask_for_pictures()
        painter.drawPixmap(0, 0, self._layer)
        painter.setClipRect(QRect(self._rects.gutter - HEAD, 0, self.axis.width + 2 * HEAD, self.height()))
        paint_range(painter, self._timeline.range, self.axis, self._rects)
        if self._hover is not None and not self._drag:
            paint_pointer(painter, self._hover, self.axis, self._rects)
        self._painted_place = self._timeline.place
        paint_head(painter, self._painted_place, self.axis, self._rects)
        painter.setClipping(False)
        if self.hasFocus():
            painter.fillRect(QRect(0, 0, self.width(), 2), QColor(colours.accent))

    def _ask_for_pictures(self) -> None:
        strip = self._rects.strip
        if strip.height() > 0:
            wanted = places(self.axis, strip.height() * self._strip.aspect)
            near = self._timeline.place
            self._strip.want(wanted, near if near is not None else round((self.axis.start + self.axis.end) / 2))
