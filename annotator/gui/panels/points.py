"""The table of keypoints: where each is, where that comes from, and how sure it is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, Qt
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QWidget

from annotator.gui import theme
from annotator.gui.hovering import NOTHING, Target
from annotator.gui.panels.points_model import CONFIDENCE, NAME, SD, SOURCE, VISIBILITY, PointsModel, X, Y
from annotator.gui.panels.row_keys import RowTable
from annotator.gui.session import Session
from annotator.gui.view_state import Selection

_WIDTHS = {X: 50, Y: 50, SOURCE: 78, VISIBILITY: 66, CONFIDENCE: 40, SD: 40}
_WIDE, _NARROW = 520, 380
_NOTCH = 120  # eighths of a degree, as Qt counts them


class PointsPanel(RowTable):
    """The table; selecting rows selects on the canvas, and the other way round."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._points = PointsModel(session, self)
        self._following = False
        self._turned = 0
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
        self.setMouseTracking(True)
        self.entered.connect(lambda index: session.hovering.point_at(Target(self._points.name_at(index.row()))))
        self.viewportEntered.connect(lambda: session.hovering.point_at(NOTHING))
        self._set_up_headers()
        self.selectionModel().selectionChanged.connect(self._on_selected)
        session.selection_changed.connect(self._follow)
        session.active_changed.connect(self._show_active)
        self._points.modelReset.connect(self._follow)

    def changeEvent(self, event: QEvent) -> None:
        """Colours follow the palette."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "_points"):
            self._points.recolour()
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and hasattr(self, "_points"):
            self._fit_columns()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is lit without the pointer."""
        super().leaveEvent(event)
        self._session.hovering.point_at(NOTHING)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel goes from point to point; with a modifier key it scrolls."""
        if event.modifiers() != Qt.KeyboardModifier.NoModifier or not event.angleDelta().y():
            super().wheelEvent(event)
            return
        self._turned -= event.angleDelta().y()
        steps = int(self._turned / _NOTCH)
        self._turned -= steps * _NOTCH
        event.accept()
        if steps:
            self._step(steps)

    def _step(self, by: int) -> None:
        """Select the point this many rows on."""
        active = self._session.active_keypoint
        known, last = self._session.people.scheme.index, self._points.rowCount() - 1
        row = self._points.row_of(active) + by if active is not None and active in known else 0
        self._session.select(Selection(keypoints=(self._points.name_at(min(max(row, 0), last)),)))

    def _set_up_headers(self) -> None:
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(24)
        columns.setHighlightSections(False)
        columns.setMinimumSectionSize(30)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self._fit_columns()

    def _fit_columns(self) -> None:
        """Each as wide as usual, wider where larger text needs it."""
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, max(width, self.horizontalHeader().sectionSizeHint(column)))

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

    def _show_active(self) -> None:
        """The row of the point that is placed next is to be seen."""
        name = self._session.active_keypoint
        if name is not None and self._points.has(name):
            self.scrollTo(self._points.index(self._points.row_of(name), 0))

    def _follow(self) -> None:
        wanted = [self._points.row_of(name) for name in self._session.selection.keypoints if self._points.has(name)]
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
