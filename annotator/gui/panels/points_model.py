"""What the table of keypoints says, row by row."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QObject, Qt
from PySide6.QtGui import QBrush, QColor, QIcon, QPainter, QPixmap

from annotator.gui import theme
from annotator.gui.colours import BACKDROP
from annotator.gui.glyphs import Glyph, glyph_of
from annotator.gui.marks import layers
from annotator.gui.panels.soon import Soon
from annotator.gui.plain_names import spoken
from annotator.gui.rows import Index
from annotator.gui.session import Session
from annotator.gui.tips import describe
from annotator.gui.wording import phrases
from annotator.keypoints import Keypoint, Source
from annotator.labels import Origin, Visibility

NAME, X, Y, SOURCE, VISIBILITY, CONFIDENCE, SD = range(7)
_NUMBERS = (X, Y, CONFIDENCE, SD)
_CHIP = 18
_DISPLAY, _DECORATION, _TIP = (
    int(role) for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.DecorationRole, Qt.ItemDataRole.ToolTipRole)
)
_ALIGNMENT, _FOREGROUND = int(Qt.ItemDataRole.TextAlignmentRole), int(Qt.ItemDataRole.ForegroundRole)
_BACKGROUND = int(Qt.ItemDataRole.BackgroundRole)
_ANSWERED = frozenset({_DISPLAY, _DECORATION, _TIP, _FOREGROUND})
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def source_text(point: Keypoint) -> str:
    """Where the position comes from, in a word."""
    translate = QCoreApplication.translate
    if point.source is Source.PLACED and point.origin is not None and point.origin is not Origin.HAND:
        return {
            Origin.ACCEPTED: translate("Points", "Accepted"),
            Origin.IMPORTED: translate("Points", "Imported"),
            Origin.PROPAGATED: translate("Points", "Carried"),
        }[point.origin]
    texts = {
        Source.PLACED: translate("Points", "Placed"),
        Source.CONSTRUCTED: translate("Points", "Constructed"),
        Source.PROJECTED: translate("Points", "Projected"),
        Source.PREDICTED: translate("Points", "Predicted"),
    }
    return "" if point.source is None else texts[point.source]


def visibility_text(point: Keypoint) -> str:
    """Whether it can be seen, in a word."""
    translate = QCoreApplication.translate
    return {
        Visibility.VISIBLE: translate("Points", "Visible"),
        Visibility.OCCLUDED: translate("Points", "Occluded"),
        Visibility.ABSENT: translate("Points", "Absent"),
    }[point.visibility]


class _Row(NamedTuple):
    """What a row shows, worked out once for all of its cells."""

    texts: tuple[str, ...]
    inside: bool
    icon: tuple[Glyph | None, bool]


class PointsModel(QAbstractTableModel):
    """The keypoints of the frame on the screen, one a row, in the order of the scheme.

    A view asks for every cell again and again while something is dragged: rows are worked out once for each answer of
    the geometry, and only those that became different are announced.
    """

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._names = list(session.people.scheme.keypoints)
        self._icons: dict[tuple[Glyph | None, bool], QIcon] = {}
        self._of: tuple[object, ...] = ()
        self._rows: list[_Row] = []
        # Places that a view may have painted and was not told of: also of answers that came and went between.
        self._changed: set[int] = set()
        self._muted = QBrush(QColor(theme.tokens().muted))
        self._lit: str | None = None
        self._soon = Soon(self, self._refresh)
        session.hovering.changed.connect(self._light)
        session.resolved_changed.connect(self._soon.ask)
        session.frame_changed.connect(self._sort)
        session.project_changed.connect(self._sort)
        session.prediction_changed.connect(lambda frame_id: self._sort() if frame_id == session.frame_id else None)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """One row a keypoint."""
        return 0 if parent.isValid() else len(self._names)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Name, x, y, source, visibility, confidence, standard deviation."""
        return 0 if parent.isValid() else 7

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """The titles of the columns, and what they mean."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        titles = (self.tr("Point"), "x", "y", self.tr("Source"), self.tr("Visibility"), self.tr("Conf."), "± px")
        tips = (
            self.tr("The keypoint"),
            self.tr("Pixels from the left"),
            self.tr("Pixels from the top"),
            self.tr("Where the position comes from"),
            self.tr("Whether the point can be seen"),
            self.tr("How sure the network is of this point"),
            self.tr("Standard deviation of the position in pixels"),
        )
        if role == Qt.ItemDataRole.DisplayRole:
            return titles[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return tips[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section in _NUMBERS else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def _sort(self) -> None:
        """Points in the frame first, else in the scheme's order; not while a person works, so that no row jumps."""
        resolved = self._session.resolved
        inside = set() if resolved is None else {p.name for p in resolved.keypoints.values() if p.inside and p.position}
        people = self._session.people
        if people.is_on:
            # Of things the scheme's order is the one in which they are placed; it never changes.
            inside = set()
        names = sorted(people.scheme.keypoints, key=lambda name: name not in inside)
        if names != self._names:
            self.beginResetModel()
            self._names = names
            self._of = ()
            self._current()
            self._changed.clear()
            self.endResetModel()

    def name_at(self, row: int) -> str:
        """The keypoint in a row."""
        return self._names[row]

    def has(self, name: str) -> bool:
        """Whether a keypoint has a row."""
        return name in self._names

    def row_of(self, name: str) -> int:
        """The row of a keypoint."""
        return self._names.index(name)

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        """What one cell shows."""
        column = index.column()
        if role == _ALIGNMENT:
            return _RIGHT if column in _NUMBERS else None
        if role == _BACKGROUND:
            return QColor(theme.tokens().hover) if self._names[index.row()] == self._lit else None
        if role not in _ANSWERED:
            return None
        row = self._current()[index.row()]
        if role == _DISPLAY:
            return row.texts[column]
        if role == _FOREGROUND:
            return None if row.inside else self._muted
        if role == _DECORATION:
            return self._icon(row.icon) if column == NAME else None
        name = self._names[index.row()]
        return f"{describe(self._point(name), phrases())}\n{name}"

    def _point(self, name: str) -> Keypoint:
        resolved = self._session.resolved
        return resolved.keypoints.get(name, Keypoint(name)) if resolved is not None else Keypoint(name)

    def _current(self) -> list[_Row]:
        """The rows as they are now."""
        of = (self._session.resolved, self._session.labels)
        if len(self._of) != 2 or self._of[0] is not of[0] or self._of[1] is not of[1]:
            self._of = of
            before, self._rows = self._rows, [self._row(self._point(name)) for name in self._names]
            pairs = enumerate(zip_longest(before, self._rows))
            self._changed.update(place for place, (old, new) in pairs if old != new)
        return self._rows

    def _row(self, point: Keypoint) -> _Row:
        texts = tuple(self._text(point, column) for column in range(SD + 1))
        if self._is_absent(point):
            return _Row(texts, True, (Glyph.ABSENT, False))
        glyph = glyph_of(point) if point.inside else None
        return _Row(texts, point.inside, (glyph, glyph is not None and point.visibility is Visibility.OCCLUDED))

    def _text(self, point: Keypoint, column: int) -> str:
        if column == NAME:
            return spoken(point.name)
        if column == X and self._is_absent(point):
            return self.tr("absent")
        if point.position is None and column != CONFIDENCE and not (column == VISIBILITY and self._is_said(point.name)):
            return ""
        if column in (X, Y):
            assert point.position is not None
            return f"{point.position[column - X]:.1f}"
        if column == SOURCE:
            return source_text(point)
        if column == VISIBILITY:
            return visibility_text(point)
        value = point.confidence if column == CONFIDENCE else point.sd
        return "" if value is None else (f"{value:.2f}" if column == CONFIDENCE else f"{value:.1f}")

    def _is_absent(self, point: Keypoint) -> bool:
        """A person said that it is not there, which is more than knowing nothing of it."""
        return point.position is None and point.visibility is Visibility.ABSENT and self._is_said(point.name)

    def _is_said(self, name: str) -> bool:
        return name in self._session.labels.instance(self._session.people.active).keypoints

    def _icon(self, key: tuple[Glyph | None, bool]) -> QIcon:
        if key not in self._icons:
            self._icons[key] = chip(key[0], occluded=key[1])
        return self._icons[key]

    def _light(self) -> None:
        """The row of the point that is pointed at, here or elsewhere."""
        before, self._lit = self._lit, self._session.hovering.target.keypoint
        for name in (before, self._lit):
            if name in self._names:
                row = self._names.index(str(name))
                self.dataChanged.emit(self.index(row, 0), self.index(row, SD), [_BACKGROUND])

    def _refresh(self) -> None:
        if self._session.passing:
            return
        last = len(self._current()) - 1
        changed = {min(place, last) for place in self._changed}
        self._changed.clear()
        if changed:
            self.dataChanged.emit(self.index(min(changed), 0), self.index(max(changed), SD))

    def recolour(self) -> None:
        """The palette changed."""
        self._muted = QBrush(QColor(theme.tokens().muted))


def chip(glyph: Glyph | None, *, occluded: bool = False) -> QIcon:
    """The mark as on the canvas, on a small dark plate; an empty one for a point that is not in the frame."""
    ratio = 2
    pixmap = QPixmap(_CHIP * ratio, _CHIP * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    if glyph is not None:
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(BACKDROP)
        painter.drawRoundedRect(0, 0, _CHIP, _CHIP, 4, 4)
        painter.translate(_CHIP / 2, _CHIP / 2)
        painter.scale(0.85, 0.85)
        for pen, brush, path in layers(glyph, occluded=occluded, selected=False, hovered=False, step=4, halo=0):
            painter.setPen(pen)
            painter.setBrush(brush)
            painter.drawPath(path)
        painter.end()
    return QIcon(pixmap)
