"""The table of keypoints: where each is, where that comes from, and how sure it is."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QBrush, QColor, QIcon, QKeyEvent, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from annotator.gui import theme
from annotator.gui.colours import BACKDROP
from annotator.gui.marks import layers
from annotator.gui.session import Session
from annotator.gui.view_state import Glyph, Selection, describe, spoken
from annotator.keypoints import Keypoint, Source
from annotator.labels import Origin, Visibility
from annotator.pitch import KEYPOINTS

Index = QModelIndex | QPersistentModelIndex
NAME, X, Y, SOURCE, VISIBILITY, CONFIDENCE, SD = range(7)
_NUMBERS = (X, Y, CONFIDENCE, SD)
_WIDTHS = {X: 50, Y: 50, SOURCE: 78, VISIBILITY: 66, CONFIDENCE: 40, SD: 40}
_WIDE, _NARROW = 520, 380
_CHIP = 18
# While something is dragged the canvas comes first; table and map follow at this pace.
REFRESH_MS = 40


def glyph_of(point: Keypoint) -> Glyph | None:
    """The shape that a keypoint has on the canvas; None without a position."""
    if point.source is None or point.position is None:
        return None
    if point.visibility is Visibility.ABSENT:
        return Glyph.ABSENT
    if point.source is Source.PLACED:
        return Glyph.ACCEPTED if point.origin is Origin.ACCEPTED else Glyph.PLACED
    return {
        Source.CONSTRUCTED: Glyph.CONSTRUCTED,
        Source.PROJECTED: Glyph.PROJECTED,
        Source.PREDICTED: Glyph.PREDICTED,
    }[point.source]


def source_text(point: Keypoint) -> str:
    """Where the position comes from, in a word."""
    tr = QCoreApplication.translate
    if point.source is Source.PLACED and point.origin in (Origin.ACCEPTED, Origin.IMPORTED):
        accepted = point.origin is Origin.ACCEPTED
        return tr("Points", "Accepted") if accepted else tr("Points", "Imported")
    texts = {
        Source.PLACED: tr("Points", "Placed"),
        Source.CONSTRUCTED: tr("Points", "Constructed"),
        Source.PROJECTED: tr("Points", "Projected"),
        Source.PREDICTED: tr("Points", "Predicted"),
    }
    return "" if point.source is None else texts[point.source]


def visibility_text(point: Keypoint) -> str:
    """Whether it can be seen, in a word."""
    tr = QCoreApplication.translate
    return {
        Visibility.VISIBLE: tr("Points", "Visible"),
        Visibility.OCCLUDED: tr("Points", "Occluded"),
        Visibility.ABSENT: tr("Points", "Absent"),
    }[point.visibility]


class PointsModel(QAbstractTableModel):
    """The keypoints of the frame on the screen, one a row, in the order of the scheme."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._names = list(KEYPOINTS)
        self._icons: dict[tuple[Glyph, bool], QIcon] = {}
        self._soon = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._soon.timeout.connect(self._refresh)
        session.resolved_changed.connect(lambda: None if self._soon.isActive() else self._soon.start())
        session.frame_changed.connect(self._sort)
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
        names = sorted(KEYPOINTS, key=lambda name: name not in inside)
        if names != self._names:
            self.beginResetModel()
            self._names = names
            self.endResetModel()

    def name_at(self, row: int) -> str:
        """The keypoint in a row."""
        return self._names[row]

    def row_of(self, name: str) -> int:
        """The row of a keypoint."""
        return self._names.index(name)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What one cell shows."""
        name = self._names[index.row()]
        resolved = self._session.resolved
        point = resolved.keypoints.get(name, Keypoint(name)) if resolved is not None else Keypoint(name)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(point, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{describe(point)}\n{name}"
        if role == Qt.ItemDataRole.DecorationRole and index.column() == NAME:
            return self._icon(point)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in _NUMBERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole and not point.inside:
            return QBrush(QColor(theme.tokens().muted))
        return None

    def _text(self, point: Keypoint, column: int) -> str:
        if column == NAME:
            return spoken(point.name)
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

    def _is_said(self, name: str) -> bool:
        return name in self._session.labels.pitch.keypoints

    def _icon(self, point: Keypoint) -> QIcon:
        glyph = glyph_of(point) if point.inside else None
        occluded = point.visibility is Visibility.OCCLUDED
        key = (glyph or Glyph.ABSENT, occluded) if glyph is not None else (Glyph.ABSENT, True)
        if key not in self._icons:
            self._icons[key] = _chip(glyph, occluded=occluded)
        return self._icons[key]

    def _refresh(self) -> None:
        self.dataChanged.emit(self.index(0, 0), self.index(len(self._names) - 1, SD))


def _chip(glyph: Glyph | None, *, occluded: bool) -> QIcon:
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


class PointsPanel(QTableView):
    """The table; selecting rows selects on the canvas, and the other way round."""

    space_tapped = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._points = PointsModel(session, self)
        self._following = False
        self.setModel(self._points)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        small = theme.tabular(self.font())
        small.setPointSizeF(small.pointSizeF() * 0.92)
        self.setFont(small)
        self.setAccessibleName(self.tr("Points"))
        self._set_up_headers()
        self.selectionModel().selectionChanged.connect(self._on_selected)
        session.selection_changed.connect(self._follow)
        self._points.modelReset.connect(self._follow)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space accepts here as on the canvas; letters are commands, not a search by first letter."""
        if event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self.space_tapped.emit()
        elif event.text().isprintable() and event.text():
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _set_up_headers(self) -> None:
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(24)
        columns.setHighlightSections(False)
        columns.setMinimumSectionSize(30)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow panel columns give way: the mark before the name says source and visibility as well."""
        super().resizeEvent(event)
        for column in (SOURCE, VISIBILITY):
            self.setColumnHidden(column, self.width() < _WIDE)
        self.setColumnHidden(SD, self.width() < _NARROW)

    def _on_selected(self) -> None:
        if not self._following:
            names = tuple(self._points.name_at(index.row()) for index in self.selectionModel().selectedRows())
            self._session.select(Selection(keypoints=names))

    def _follow(self) -> None:
        wanted = [self._points.row_of(name) for name in self._session.selection.keypoints if name in KEYPOINTS]
        if sorted(wanted) == sorted(index.row() for index in self.selectionModel().selectedRows()):
            return
        self._following = True
        chosen = QItemSelection()
        for row in wanted:
            chosen.select(self._points.index(row, 0), self._points.index(row, SD))
        self.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self._following = False
        if wanted:
            self.scrollTo(self._points.index(wanted[-1], 0))
