"""The pitch from above: what is drawn, missing, derived and outside; a click chooses, hovering lights the canvas."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from annotator.gui import theme
from annotator.gui.hovering import NOTHING, Target
from annotator.gui.panels import map_ink
from annotator.gui.panels.map_legend import MapLegend
from annotator.gui.panels.map_states import LineState, MapState, PointState, Whereabouts, map_state
from annotator.gui.panels.soon import Soon
from annotator.gui.plain_names import plain, spoken
from annotator.gui.session import Session
from annotator.gui.tips import describe
from annotator.gui.wording import phrases
from annotator.pitch import HALF_LENGTH, HALF_WIDTH, KEYPOINTS, MARKINGS, marking_samples
from annotator.proposals import marking_codes

__all__ = ["PitchMap", "Target"]

# Goals stand up; here they lie flat behind the goal line, a little larger than life so that their corners stay apart.
GOAL_STRETCH = 1.9
MARGIN = 11.0
POINT_REACH = 7.0
LINE_REACH = 7.0
_CHIP = 15.0


def flat(world: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 2) metres on the map of (N, 3) metres on the pitch; height becomes distance behind the goal line."""
    out = world[:, :2].copy()
    out[:, 0] += np.sign(out[:, 0]) * np.abs(world[:, 2]) * GOAL_STRETCH
    return out


_POINTS = dict(zip(KEYPOINTS, flat(np.array([point.world for point in KEYPOINTS.values()])), strict=True))
_LINES = {name: flat(marking_samples(name, 1.0)) for name in MARKINGS}
_CODES = {marking: code for code, marking in marking_codes().items()}


class PitchMap(QWidget):
    """Paints the pitch and answers clicks. All but what is lit is kept as a picture until something changes."""

    keypoint_chosen = Signal(str)
    marking_chosen = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._markings_first = False
        self._scale, self._shift = 1.0, QPointF()
        self._paths: dict[str, QPolygonF] = {}
        self._base: QPixmap | None = None
        self.state = MapState()
        self.legend = MapLegend(self)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumSize(220, 150)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(self.tr("Pitch map"))
        self._soon = Soon(self, self._renew)
        session.resolved_changed.connect(self._soon.ask)
        for signal in (session.selection_changed, session.active_changed, session.frame_changed):
            signal.connect(self._renew)
        session.hovering.changed.connect(self._light)

    def sizeHint(self) -> QSize:
        """As high as the pitch needs at a common width."""
        return QSize(300, 206)

    def hasHeightForWidth(self) -> bool:
        """The pitch keeps its shape."""
        return True

    def heightForWidth(self, width: int) -> int:
        """The height at which the pitch fills this width."""
        return round(width * (2 * HALF_WIDTH + 6.0) / (2 * HALF_LENGTH + 14.0))

    def position_of(self, name: str) -> QPointF:
        """Where a keypoint is painted."""
        x, y = _POINTS[name]
        return QPointF(self._shift.x() + x * self._scale, self._shift.y() + y * self._scale)

    def path_of(self, name: str) -> QPolygonF:
        """Where a marking is painted."""
        return self._paths[name]

    @property
    def chip(self) -> QRectF:
        """Where the pointer asks for the legend."""
        return QRectF(self.width() - 10.0 - _CHIP, 5.0, _CHIP, _CHIP)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the pitch into the room there is."""
        super().resizeEvent(event)
        room_x = (self.width() - 2 * MARGIN) / (2 * HALF_LENGTH + 2 * 2.44 * GOAL_STRETCH)
        room_y = (self.height() - 2 * MARGIN) / (2 * HALF_WIDTH)
        self._scale = max(min(room_x, room_y), 0.1)
        self._shift = QPointF(self.width() / 2, self.height() / 2)
        self._paths = {
            name: QPolygonF([QPointF(*(self._shift.toTuple() + xy * self._scale)) for xy in line])
            for name, line in _LINES.items()
        }
        self._base = None

    # Painting

    def _renew(self) -> None:
        """Something on the desk changed: paint anew."""
        self._soon.stop()
        state = map_state(self._session.labels.pitch, self._session.resolved)
        if self._session.passing and state == self.state:
            return
        self.state = state
        self._base = None
        self.update()

    def _light(self) -> None:
        hand = self._session.hovering.target != NOTHING
        self.setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)
        self.update()

    def paintEvent(self, event: QEvent) -> None:
        """The picture that is kept, and over it what is lit."""
        if self._base is None or self._base.devicePixelRatioF() != self.devicePixelRatioF():
            self._base = self._painted()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._base)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        target = self._session.hovering.target
        if target.marking in self._paths:
            painter.setPen(map_ink.lit_pen())
            painter.drawPolyline(self._paths[str(target.marking)])
        if target.keypoint in _POINTS:
            map_ink.paint_ring(painter, self.position_of(str(target.keypoint)), width=1.6)

    def _painted(self) -> QPixmap:
        """Ground, markings, points, and the sign of the legend."""
        ratio = self.devicePixelRatioF()
        base = QPixmap(self.size() * ratio)
        base.setDevicePixelRatio(ratio)
        base.fill(Qt.GlobalColor.transparent)
        painter = QPainter(base)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(map_ink.GROUND)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(4, 0, -4, -4), 5, 5)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for name, path in self._paths.items():
            self._paint_line(painter, name, path)
        for name in KEYPOINTS:
            at = self.position_of(name)
            selected = name in self._session.selection.keypoints
            if selected or name == self._session.active_keypoint:
                map_ink.paint_ring(painter, at, width=1.8 if selected else 1.0)
            map_ink.paint_point(painter, at, self.state.points.get(name, PointState()))
        self._paint_chip(painter)
        painter.end()
        return base

    def _paint_line(self, painter: QPainter, name: str, path: QPolygonF) -> None:
        state = self.state.lines.get(name, LineState.UNKNOWN)
        pens = [map_ink.line_pen(state)]
        if name == self._session.selection.marking:
            pens = [map_ink.lit_pen(begun=state is LineState.BEGUN)]
        elif name == self._session.active_marking:
            clicked = state in (LineState.DRAWN, LineState.BEGUN)
            pens = [map_ink.band_pen(), pens[0] if clicked else map_ink.next_pen()]
        for pen in pens:
            painter.setPen(pen)
            painter.drawPolyline(path)
        if state is LineState.BEGUN:
            map_ink.paint_tick(painter, path)

    def _paint_chip(self, painter: QPainter) -> None:
        painter.setPen(map_ink.DIM)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(self.chip.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.setFont(theme.tabular(self.font()))
        painter.drawText(self.chip, Qt.AlignmentFlag.AlignCenter, "?")

    # Pointing

    def prefer_markings(self, prefer: bool) -> None:
        """Let a click near both choose the marking, as when markings are being drawn."""
        self._markings_first = prefer

    def target_at(self, at: QPointF) -> Target:
        """What a click there chooses: of keypoint and marking the one preferred, else the other."""
        keypoint, marking = self._keypoint_at(at), self._marking_at(at)
        if keypoint is not None and not (self._markings_first and marking is not None):
            return Target(keypoint=keypoint)
        return Target(marking=marking)

    def _keypoint_at(self, at: QPointF) -> str | None:
        best, reach = None, POINT_REACH
        for name in KEYPOINTS:
            offset = self.position_of(name) - at
            distance = math.hypot(offset.x(), offset.y())
            if distance < reach:
                best, reach = name, distance
        return best

    def _marking_at(self, at: QPointF) -> str | None:
        spot = (np.array(at.toTuple()) - np.array(self._shift.toTuple())) / self._scale
        name = min(_LINES, key=lambda line: _distance(_LINES[line], spot))
        return name if _distance(_LINES[name], spot) * self._scale <= LINE_REACH else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up what a click would choose, here and on the canvas; over its sign show the legend."""
        asked = self.chip.contains(event.position())
        if not asked:
            self.legend.hide()
        elif not self.legend.isVisible():
            QToolTip.hideText()
            self.legend.show_beside(self.mapToGlobal(QPoint(0, 0)))
        self._session.hovering.point_at(NOTHING if asked else self.target_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is lit without the pointer."""
        self.legend.hide()
        self._session.hovering.point_at(NOTHING)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose what is under the pointer."""
        if event.button() is not Qt.MouseButton.LeftButton or self.chip.contains(event.position()):
            return
        target = self.target_at(event.position())
        if target.keypoint is not None:
            self.keypoint_chosen.emit(target.keypoint)
        elif target.marking is not None:
            self.marking_chosen.emit(target.marking)

    def event(self, event: QEvent) -> bool:
        """Name what is under the pointer, and say how it stands with it."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            if not self.legend.isVisible():
                QToolTip.showText(event.globalPos(), self.tip_of(self.target_at(QPointF(event.pos()))), self)
            return True
        return super().event(event)

    def tip_of(self, target: Target) -> str:
        """What there is to say of a keypoint or a marking."""
        if target.marking is not None:
            return "\n".join(self._marking_tip(target.marking))
        if target.keypoint is None:
            return ""
        resolved = self._session.resolved
        point = None if resolved is None else resolved.keypoints.get(target.keypoint)
        text = spoken(target.keypoint) if point is None else describe(point, phrases())
        shape = self.state.points.get(target.keypoint, PointState()).shape
        if shape is Whereabouts.OUTSIDE:
            return text + "\n" + self.tr("Outside the picture")
        return text + "\n" + self.tr("Not known yet") if shape is Whereabouts.UNKNOWN else text

    def _marking_tip(self, name: str) -> tuple[str, ...]:
        code = _CODES[name].upper()
        clicks = len(self._session.labels.pitch.markings.get(name, ()))
        counted = self.tr("1 click") if clicks == 1 else self.tr("{count} clicks").format(count=clicks)
        says = {
            LineState.DRAWN: self.tr("Drawn with {clicks}").format(clicks=counted),
            LineState.BEGUN: self.tr("Begun with {clicks}: more are needed").format(clicks=counted),
            LineState.AGREED: self.tr("Taken as the camera has it"),
            LineState.MISSING: self.tr("In view, not drawn yet"),
            LineState.OUTSIDE: self.tr("Outside the picture"),
            LineState.UNKNOWN: self.tr("Not known yet whether it is in view"),
        }[self.state.lines.get(name, LineState.UNKNOWN)]
        typed = self.tr("Click to draw it, or type W {first} {second}").format(first=code[0], second=code[1])
        return plain(name), name.strip(), says, typed


def _distance(line: NDArray[np.float64], spot: NDArray[np.float64]) -> float:
    start, along = line[:-1], np.diff(line, axis=0)
    squared = np.maximum((along**2).sum(axis=1), 1e-12)
    t = np.clip(((spot - start) * along).sum(axis=1) / squared, 0.0, 1.0)
    return float(np.linalg.norm(start + t[:, None] * along - spot, axis=1).min())
