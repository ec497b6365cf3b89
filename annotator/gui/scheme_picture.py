"""A scheme as a small drawing: its points spread out, its edges between them, in its colours."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from annotator.gui.colours import BACKDROP, CASING
from annotator.gui.people_view import Style
from annotator.labels import Point
from annotator.pitch import HALF_LENGTH, HALF_WIDTH, KEYPOINTS
from annotator.scheme import Scheme

__all__ = ["SchemePicture", "laid_out"]

ROUNDS = 160
# Where the points of people stand, as a person faces the viewer: their left is on our right.
_BODY = {
    "head_top": (0.0, 0.0), "top_head": (0.0, 0.0), "upper_neck": (0.0, 1.6), "neck": (0.0, 1.6), "nose": (0.0, 0.9),
    "eye": (0.35, 0.6), "ear": (0.75, 0.8), "thorax": (0.0, 2.3), "shoulder": (1.3, 2.4), "elbow": (1.9, 4.0),
    "wrist": (2.1, 5.5), "pelvis": (0.0, 5.4), "hip": (0.8, 5.5), "knee": (0.9, 7.6), "ankle": (0.95, 9.7),
    "foot": (1.2, 10.1), "head": (0.0, 0.6),
}  # fmt: skip
_BOX = {"left": (0.0, 0.0), "right": (5.0, 0.0), "upper": (0.0, 0.0), "lower": (0.0, 6.0), "back": (1.6, -1.2)}


def laid_out(scheme: Scheme) -> dict[str, Point]:
    """A place for every point in the unit square, y down: as bodies, boxes and pitches are drawn, else by its edges.

    Points that are joined lie near each other, mirrored ones left and right of the middle (Fruchterman & Reingold,
    *Graph drawing by force-directed placement*, 1991).
    """
    if not scheme.keypoints:
        return {}
    known = _known(scheme)
    places = known if known is not None else _by_force(scheme)
    found = np.array([places[name] for name in scheme.keypoints])
    low, high = found.min(axis=0), found.max(axis=0)
    side = max(float((high - low).max()), 1e-6)
    middle = (low + high) / 2.0
    return {name: (float(x), float(y)) for name, (x, y) in zip(
        scheme.keypoints, (found - middle) / side + 0.5, strict=True)}  # fmt: skip


def _known(scheme: Scheme) -> dict[str, Point] | None:
    if all(name in KEYPOINTS for name in scheme.keypoints):
        return {name: _of_pitch(*KEYPOINTS[name].world) for name in scheme.keypoints}
    places = {name: _of_body(name) or _of_box(name) for name in scheme.keypoints}
    whole = {name: place for name, place in places.items() if place is not None}
    return whole if len(whole) == len(places) and len(set(whole.values())) == len(whole) else None


def _of_pitch(x: float, y: float, z: float) -> Point:
    """On the map; what is above the ground lies behind the goal line."""
    return (x + math.copysign(abs(z), x) + HALF_LENGTH, y + HALF_WIDTH)


def _of_body(name: str) -> Point | None:
    words = name.lower().split("_")
    side = 1.0 if words[0] in ("left", "l") else -1.0 if words[0] in ("right", "r") else 0.0
    part = "_".join(words[1:] if side else words)
    place = _BODY.get(part)
    if place is None or (place[0] != 0.0) != (side != 0.0):
        return None
    return (side * place[0], place[1])


def _of_box(name: str) -> Point | None:
    words = name.lower().split("_")
    if not {"left", "right"} & set(words) or not {"upper", "lower"} & set(words):
        return None
    offsets = [_BOX.get(word, (0.0, 0.0)) for word in words]
    return (sum(x for x, _ in offsets), sum(y for _, y in offsets))


def _by_force(scheme: Scheme) -> dict[str, Point]:
    """Every point pushes the others away, every edge pulls its ends together."""
    count, index = len(scheme), scheme.index
    turns = 2.0 * math.pi * np.arange(count) / count
    places = np.column_stack([np.sin(turns), -np.cos(turns)])
    ends = np.array([(index[a], index[b]) for a, b in scheme.edges], dtype=np.intp).reshape(-1, 2)
    near = 1.6 / math.sqrt(count)
    for turn in range(ROUNDS):
        apart = places[:, None] - places[None]
        squared = np.maximum((apart**2).sum(axis=-1), 1e-6)
        force = (apart / squared[..., None]).sum(axis=1) * near * near
        along = places[ends[:, 0]] - places[ends[:, 1]]
        pull = along * np.linalg.norm(along, axis=1)[:, None] / near
        np.add.at(force, ends[:, 0], -pull)
        np.add.at(force, ends[:, 1], pull)
        length = np.maximum(np.linalg.norm(force, axis=1), 1e-9)
        step = np.minimum(length, 0.1 * (1.0 - turn / ROUNDS))
        places = places + force / length[:, None] * step[:, None]
    return {name: (float(x), float(y)) for name, (x, y) in zip(scheme.keypoints, places, strict=True)}


class SchemePicture(QWidget):
    """Shows a scheme; a point can be picked out."""

    MARGIN = 18.0

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme: Scheme | None = None
        self._style: Style | None = None
        self._places: Mapping[str, Point] = {}
        self.chosen: str | None = None
        self.setMinimumSize(180, 180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Picture of the scheme"))

    def sizeHint(self) -> QSize:
        """A square that shows names apart."""
        return QSize(260, 260)

    def show_scheme(self, scheme: Scheme | None) -> None:
        """Draw this one."""
        if scheme == self._scheme:
            return
        before, self._scheme = self._scheme, scheme
        if scheme is not None and (before is None or before.keypoints != scheme.keypoints or not self._places):
            self._places = laid_out(scheme)
        self._style = None if scheme is None else Style(scheme)
        self.update()

    def place_of(self, name: str) -> QPointF:
        """Where a point is drawn, widget pixels."""
        area = self._area()
        x, y = self._places[name]
        return QPointF(area.x() + x * area.width(), area.y() + y * area.height())

    def point_at(self, at: QPointF, reach: float = 12.0) -> str | None:
        """The point nearest to a place in the widget, within reach."""
        names = self._scheme.keypoints if self._scheme is not None else ()
        away = {name: (self.place_of(name) - at).manhattanLength() for name in names}
        best = min(away, key=lambda name: away[name], default=None)
        return best if best is not None and away[best] <= reach else None

    def _area(self) -> QRectF:
        side = min(self.width(), self.height()) - 2.0 * self.MARGIN
        return QRectF((self.width() - side) / 2.0, (self.height() - side) / 2.0, side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Edges, then points; the one picked out has a ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(BACKDROP)
        painter.drawRoundedRect(self.rect(), 6.0, 6.0)
        if self._scheme is None or self._style is None:
            return
        for a, b, colour in self._style.edges:
            painter.setPen(QPen(QColor.fromRgba(colour), 2.0))
            painter.drawLine(self.place_of(a), self.place_of(b))
        radius = 4.0 if len(self._scheme) < 30 else 2.5
        for name in self._scheme.keypoints:
            painter.setPen(QPen(CASING, 1.0))
            painter.setBrush(QBrush(QColor.fromRgba(self._style.points[name])))
            painter.drawEllipse(self.place_of(name), radius, radius)
        if self.chosen in self._scheme.index:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(255, 255, 255), 1.5))
            painter.drawEllipse(self.place_of(str(self.chosen)), radius + 4.0, radius + 4.0)
