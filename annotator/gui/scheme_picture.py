"""A scheme as a small drawing: its points spread out, its edges between them, in its colours."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from annotator.gui.colours import BACKDROP, CASING
from annotator.gui.people_view import Style
from annotator.labels import Point
from annotator.pitch import HALF_LENGTH, HALF_WIDTH, KEYPOINTS
from annotator.scheme import Scheme

__all__ = ["SchemePicture", "laid_out"]

ROUNDS = 160
GAP = 1.0
"""What lies between groups of points that no edge joins, in typical edges."""
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

    Points that are joined lie near each other (Fruchterman & Reingold, *Graph drawing by force-directed placement*,
    1991); what no edges join stands side by side, each with room.
    """
    if not scheme.keypoints:
        return {}
    known = _known(scheme)
    drawn = [_with_joined(scheme, known)] if known else []
    rest = [part for part in _parts(scheme) if not any(name in drawn[0] for name in part)] if drawn else _parts(scheme)
    places = _packed([*map(_in_steps(scheme), drawn), *(_in_steps(scheme)(_by_force(scheme, part)) for part in rest)])
    found = np.array([places[name] for name in scheme.keypoints])
    low, high = found.min(axis=0), found.max(axis=0)
    side = max(float((high - low).max()), 1e-6)
    middle = (low + high) / 2.0
    return {name: (float(x), float(y)) for name, (x, y) in zip(
        scheme.keypoints, (found - middle) / side + 0.5, strict=True)}  # fmt: skip


def _known(scheme: Scheme) -> dict[str, Point]:
    """The places of points that are called as those of a pitch, a body or a box are; none if hardly any are."""
    for place_of in (_on_pitch, _of_body, _of_box):
        places = {name: place for name in scheme.keypoints if (place := place_of(name)) is not None}
        if len(places) >= 3 and 2 * len(places) > len(scheme) and len(set(places.values())) == len(places):
            return places
    return {}


def _parts(scheme: Scheme) -> list[list[str]]:
    """The points in groups that edges hold together, the largest first, each in the order of the scheme."""
    part = {name: {name} for name in scheme.keypoints}
    for a, b in scheme.edges:
        if part[a] is not part[b]:
            part[a] |= part[b]
            for name in part[b]:
                part[name] = part[a]
    groups = {id(one): one for one in part.values()}.values()
    ordered = [sorted(one, key=lambda name: scheme.index[name]) for one in groups]
    return sorted(ordered, key=lambda one: (-len(one), scheme.index[one[0]]))


def _with_joined(scheme: Scheme, known: dict[str, Point]) -> dict[str, Point]:
    """Known places, and beside them those of points that edges hang on to them: where there is most room."""
    places, step = dict(known), _step(scheme, known)
    middle = np.mean(list(known.values()), axis=0)
    around = [(math.cos(turn), math.sin(turn)) for turn in np.arange(16) * (math.pi / 8.0)]
    while True:
        ways = ((a, b) for edge in scheme.edges for a, b in (edge, edge[::-1]) if a in places and b not in places)
        held, name = next(ways, ("", ""))
        if not name:
            return places
        taken = np.array(list(places.values()))
        offered = [(places[held][0] + step * x, places[held][1] + step * y) for x, y in around]
        places[name] = max(offered, key=lambda at: (
            round(float(np.hypot(*(taken - at).T).min()), 6), math.dist(at, middle)))  # fmt: skip


def _step(scheme: Scheme, places: Mapping[str, Point]) -> float:
    """How long an edge is, typically."""
    lengths = [math.dist(places[a], places[b]) for a, b in scheme.edges if a in places and b in places]
    if lengths:
        return max(float(np.median(lengths)), 1e-6)
    spread = np.ptp(np.array(list(places.values())), axis=0).max() if places else 0.0
    return max(float(spread) / 4.0, 1e-6)


def _in_steps(scheme: Scheme) -> Callable[[dict[str, Point]], dict[str, Point]]:
    """Makes a typical edge one long, so that groups of points are drawn alike."""

    def scaled(places: dict[str, Point]) -> dict[str, Point]:
        step = _step(scheme, places)
        return {name: (x / step, y / step) for name, (x, y) in places.items()}

    return scaled


def _packed(groups: list[dict[str, Point]]) -> dict[str, Point]:
    """Groups in rows beneath each other, the first alone on top, a step between any two."""
    found: dict[str, Point] = {}
    sizes = [np.ptp(np.array(list(one.values())), axis=0) for one in groups]
    area = sum(float((wide + GAP) * (high + GAP)) for wide, high in sizes)
    width = max([math.sqrt(area), *(float(wide) for wide, _ in sizes)])
    left = top = tall = 0.0
    for one, (wide, high) in zip(groups, sizes, strict=True):
        if left > 0.0 and left + wide > width:
            left, top, tall = 0.0, top + tall + GAP, 0.0
        low = np.array(list(one.values())).min(axis=0)
        found.update({name: (x - low[0] + left, y - low[1] + top) for name, (x, y) in one.items()})
        left, tall = left + float(wide) + GAP, max(tall, float(high))
    return found


def _on_pitch(name: str) -> Point | None:
    """On the map; what is above the ground lies behind the goal line."""
    if name not in KEYPOINTS:
        return None
    x, y, z = KEYPOINTS[name].world
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


def _by_force(scheme: Scheme, names: Sequence[str]) -> dict[str, Point]:
    """Points that edges hold together: each pushes the others away, every edge pulls its ends together."""
    count, index = len(names), {name: n for n, name in enumerate(names)}
    turns = 2.0 * math.pi * np.arange(count) / count
    places = np.column_stack([np.sin(turns), -np.cos(turns)])
    ends = np.array([(index[a], index[b]) for a, b in scheme.edges if a in index], dtype=np.intp).reshape(-1, 2)
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
    return {name: (float(x), float(y)) for name, (x, y) in zip(names, places, strict=True)}


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
            at = self.place_of(str(self.chosen))
            painter.setPen(QPen(QColor(255, 255, 255), 1.5))
            painter.drawEllipse(at, radius + 4.0, radius + 4.0)
            wide = QFontMetricsF(self.font()).horizontalAdvance(str(self.chosen))
            right = at.x() + radius + 8.0 + wide <= self.width()
            painter.drawText(QPointF(at.x() + (radius + 8.0 if right else -radius - 8.0 - wide), at.y() + 4.0),
                             str(self.chosen))  # fmt: skip
