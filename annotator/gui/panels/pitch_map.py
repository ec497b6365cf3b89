"""The pitch from above: click a point or a marking to choose it; colour and shape say what is known of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from annotator.gui.colours import ACCENT, CURVE, GLYPH_COLOURS
from annotator.gui.panels.points import REFRESH_MS, glyph_of
from annotator.gui.session import Session
from annotator.gui.view_state import Glyph, describe, spoken
from annotator.gui.wording import phrases
from annotator.keypoints import Keypoint
from annotator.labels import Visibility
from annotator.pitch import HALF_LENGTH, HALF_WIDTH, KEYPOINTS, MARKINGS, marking_samples

GROUND = QColor(38, 50, 45)
PAINT = QColor(122, 138, 131)
DIM = QColor(146, 160, 154)
# Goals stand up; here they lie flat behind the goal line, a little larger than life so that their corners stay apart.
GOAL_STRETCH = 1.9
MARGIN = 11.0
POINT_REACH = 7.0
LINE_REACH = 7.0


@dataclass(frozen=True)
class Target:
    """What lies under the pointer: a keypoint or a marking."""

    keypoint: str | None = None
    marking: str | None = None


def flat(world: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 2) metres on the map of (N, 3) metres on the pitch; height becomes distance behind the goal line."""
    out = world[:, :2].copy()
    out[:, 0] += np.sign(out[:, 0]) * np.abs(world[:, 2]) * GOAL_STRETCH
    return out


_POINTS = dict(zip(KEYPOINTS, flat(np.array([point.world for point in KEYPOINTS.values()])), strict=True))
_LINES = {name: flat(marking_samples(name, 1.0)) for name in MARKINGS}


class PitchMap(QWidget):
    """Paints the pitch and answers clicks."""

    keypoint_chosen = Signal(str)
    marking_chosen = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._hovered = Target()
        self._markings_first = False
        self._scale, self._shift = 1.0, QPointF()
        self._paths: dict[str, QPolygonF] = {}
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumSize(220, 150)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(self.tr("Pitch map"))
        self._soon = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._soon.timeout.connect(self.update)
        session.resolved_changed.connect(lambda: None if self._soon.isActive() else self._soon.start())
        session.selection_changed.connect(self.update)
        session.active_changed.connect(self.update)
        session.frame_changed.connect(self.update)

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

    def paintEvent(self, event: QEvent) -> None:
        """Ground, markings, points."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(GROUND)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(4, 0, -4, -4), 5, 5)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        drawn = self._session.labels.pitch.markings
        chosen = self._session.selection.marking
        active = self._session.active_marking
        for name, path in self._paths.items():
            painter.setPen(self._line_pen(name, drawn=name in drawn, chosen=name == chosen, active=name == active))
            painter.drawPolyline(path)
        resolved = self._session.resolved
        for name in KEYPOINTS:
            self._paint_point(painter, name, None if resolved is None else resolved.keypoints.get(name))

    def _line_pen(self, name: str, *, drawn: bool, chosen: bool, active: bool) -> QPen:
        if name == self._hovered.marking or chosen:
            return QPen(ACCENT, 3.0)
        if drawn:
            return QPen(CURVE, 2.2)
        if active:
            return QPen(ACCENT, 1.6, Qt.PenStyle.DashLine)
        return QPen(PAINT, 1.2)

    def _paint_point(self, painter: QPainter, name: str, point: Keypoint | None) -> None:
        at = self.position_of(name)
        selected = name in self._session.selection.keypoints
        if selected or name == self._session.active_keypoint or name == self._hovered.keypoint:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(ACCENT, 1.8 if selected else 1.2))
            painter.drawEllipse(at, 6.0, 6.0)
        painter.setPen(QPen(GROUND, 1.0))
        glyph = _glyph(point)
        colour = DIM if glyph is None else GLYPH_COLOURS[glyph]
        painter.setBrush(colour)
        if glyph in (Glyph.CONSTRUCTED, Glyph.PROJECTED):
            half = 4.2 if glyph is Glyph.CONSTRUCTED else 3.4
            if glyph is Glyph.PROJECTED:
                painter.setBrush(GROUND)
                painter.setPen(QPen(colour, 1.2))
            corners = ((0, -half), (half, 0), (0, half), (-half, 0))
            painter.drawPolygon(QPolygonF([at + QPointF(x, y) for x, y in corners]))
        elif glyph is Glyph.PREDICTED:
            painter.setPen(QPen(colour, 1.8))
            painter.drawLine(at - QPointF(3.2, 0), at + QPointF(3.2, 0))
            painter.drawLine(at - QPointF(0, 3.2), at + QPointF(0, 3.2))
        else:
            painter.drawEllipse(at, *((2.4, 2.4) if glyph is None else (3.6, 3.6)))

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
        """Light up what a click would choose."""
        self._hover(self.target_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is lit without the pointer."""
        self._hover(Target())

    def _hover(self, target: Target) -> None:
        if target != self._hovered:
            self._hovered = target
            hand = target != Target()
            self.setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose what is under the pointer."""
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        target = self.target_at(event.position())
        if target.keypoint is not None:
            self.keypoint_chosen.emit(target.keypoint)
        elif target.marking is not None:
            self.marking_chosen.emit(target.marking)

    def event(self, event: QEvent) -> bool:
        """Name what is under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._tip(self.target_at(QPointF(event.pos()))), self)
            return True
        return super().event(event)

    def _tip(self, target: Target) -> str:
        resolved = self._session.resolved
        if target.keypoint is not None:
            point = None if resolved is None else resolved.keypoints.get(target.keypoint)
            return spoken(target.keypoint) if point is None else describe(point, phrases())
        return "" if target.marking is None else spoken(target.marking)


def _distance(line: NDArray[np.float64], spot: NDArray[np.float64]) -> float:
    start, along = line[:-1], np.diff(line, axis=0)
    squared = np.maximum((along**2).sum(axis=1), 1e-12)
    t = np.clip(((spot - start) * along).sum(axis=1) / squared, 0.0, 1.0)
    return float(np.linalg.norm(start + t[:, None] * along - spot, axis=1).min())


def _glyph(point: Keypoint | None) -> Glyph | None:
    """The shape of a point that is in the frame; None for one that is missing, outside or absent."""
    if point is None or not point.inside or point.visibility is Visibility.ABSENT:
        return None
    return glyph_of(point)
