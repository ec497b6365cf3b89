"""The list of things in a frame, people or packets, and what the scheme asks of each beside its points."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QVBoxLayout,
    QWidget,
)

from annotator.gui import theme
from annotator.gui.panels.no_boxes import NoBoxes
from annotator.gui.panels.questions import Questions
from annotator.gui.panels.row_keys import RowTable
from annotator.gui.panels.soon import Soon
from annotator.gui.rows import Index
from annotator.gui.session import Session
from annotator.instance_points import ResolvedInstance
from annotator.keypoints import Source
from annotator.labels import Visibility

NUMBER, POINTS, BOX, SCORE = range(4)
_REFRESH_MS = 60


class InstancesModel(QAbstractTableModel):
    """The things of the frame on the screen, one a row."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.rows: tuple[tuple[str, ...], ...] = ()
        self.ids: tuple[int, ...] = ()

    def refresh(self) -> bool:
        """Bring the rows in step; True where there are others than before."""
        people = self._session.people
        ids, rows = tuple(one.id for one in people.things), tuple(self._row(one) for one in people.things)
        if people.is_many and people.is_new and self._session.frame_id is not None:
            ids, rows = (*ids, people.active), (*rows, self._new_row(people.active))
        if ids != self.ids:
            self.beginResetModel()
            self.ids, self.rows = ids, rows
            self.endResetModel()
            return True
        before, self.rows = self.rows, rows
        for row, (old, new) in enumerate(zip(before, rows, strict=True)):
            if old != new:
                self.dataChanged.emit(self.index(row, 0), self.index(row, SCORE))
        return False

    def _row(self, thing: ResolvedInstance) -> tuple[str, ...]:
        seen = [one for one in thing.keypoints.values() if one.position and one.visibility is not Visibility.ABSENT]
        placed = sum(one.source is Source.PLACED for one in seen)
        said = f"{placed}" if placed == len(seen) else f"{placed} + {len(seen) - placed}"
        boxes = {
            Source.PLACED: self.tr("drawn"), Source.PREDICTED: self.tr("predicted"),
            Source.CONSTRUCTED: self.tr("points"),
        }  # fmt: skip
        number = str(thing.id) if thing.labelled else self.tr("{number}, predicted").format(number=thing.id)
        box = "" if thing.box_source is None else boxes[thing.box_source]
        if thing.instance.box is not None and thing.instance.own_box is None:
            box = self.tr("carried")
        return number, f"{said} / {len(thing.keypoints)}", box, "" if thing.score is None else f"{thing.score:.2f}"

    def _new_row(self, number: int) -> tuple[str, ...]:
        """Of whom nothing was said yet: its points come next."""
        count = len(self._session.people.scheme.keypoints)
        return self.tr("{number}, new").format(number=number), f"0 / {count}", "", ""

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """One row a thing."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Number, points, box, score."""
        return 0 if parent.isValid() else 4

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """The titles of the columns, and what they mean."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("No."), self.tr("Points"), self.tr("Box"), self.tr("Score"))[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return (
                self.tr("Its number, the same in every frame where it is the same one"),
                self.tr("Points placed, and predicted ones after the plus, of those of the scheme"),
                self.tr("Whether its box was drawn or imported, predicted, or is the one around its points"),
                self.tr("How sure the network is of it"),
            )[section]
        return None

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """What one cell shows."""
        return self.rows[index.row()][index.column()] if role == Qt.ItemDataRole.DisplayRole else None


class InstancesPanel(QWidget):
    """Table and questions; a row chosen is the active thing, on the canvas, too."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._model = InstancesModel(session, self)
        self._following = False
        self._when_empty: NoBoxes | None = None
        self.view = RowTable(self)
        self.questions = Questions(session, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.questions)
        self._set_up_view()
        self._soon = Soon(self, self.refresh, _REFRESH_MS)
        session.resolved_changed.connect(self._soon.ask)
        session.frame_changed.connect(self.refresh)
        session.project_changed.connect(self.refresh)

    def show_when_empty(self, note: NoBoxes) -> None:
        """Say this while there is nothing in the frame."""
        self._when_empty = note
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(1, note)
        note.refresh()

    def ask(self) -> bool:
        """Bring what the scheme asks to the keyboard; False where it asks nothing."""
        self.refresh()
        return self.questions.ask()

    def _set_up_view(self) -> None:
        view = self.view
        view.setModel(self._model)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setTabKeyNavigation(False)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setFont(theme.tabular(view.font()))
        view.setAccessibleName(self.tr("People and things in the frame"))
        view.verticalHeader().hide()
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        view.verticalHeader().setDefaultSectionSize(24)
        columns = view.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        view.selectionModel().selectionChanged.connect(self._on_selected)

    def refresh(self) -> None:
        """Show the things of the frame as they are now."""
        if self._session.passing:
            return
        self._following = True
        self._model.refresh()
        active = self._session.people.active
        if active in self._model.ids:
            row = self._model.ids.index(active)
            if [index.row() for index in self.view.selectionModel().selectedRows()] != [row]:
                self.view.selectRow(row)
                self.view.scrollTo(self._model.index(row, 0))
        else:
            self.view.clearSelection()
        self._following = False
        self.view.setVisible(self._session.people.is_many)
        if self._when_empty is not None:
            self._when_empty.refresh()
        self.questions.refresh()

    def _on_selected(self) -> None:
        rows = self.view.selectionModel().selectedRows()
        if not self._following and rows:
            self._session.choose_thing(self._model.ids[rows[0].row()])
