"""The list of things in a frame, people or packets, and what the scheme asks of each beside its points."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from annotator.gui import theme
from annotator.gui.panels.no_boxes import NoBoxes
from annotator.gui.panels.row_keys import RowTable
from annotator.gui.panels.soon import Soon
from annotator.gui.rows import Index
from annotator.gui.session import Session
from annotator.instance_points import ResolvedInstance
from annotator.instances import clear_attribute, set_attribute
from annotator.keypoints import Source
from annotator.labels import Visibility
from annotator.scheme import Attribute, AttributeKind, AttributeScope, AttributeValue

NUMBER, POINTS, BOX, SCORE = range(4)
_REFRESH_MS = 60
_UNLIMITED = 1e9


class InstancesModel(QAbstractTableModel):
    """The things of the frame on the screen, one a row."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.rows: tuple[tuple[str, ...], ...] = ()
        self.ids: tuple[int, ...] = ()

    def refresh(self) -> bool:
        """Bring the rows in step; True where there are others than before."""
        things = self._session.people.things
        ids, rows = tuple(one.id for one in things), tuple(self._row(one) for one in things)
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
        return number, f"{said} / {len(thing.keypoints)}", box, "" if thing.score is None else f"{thing.score:.2f}"

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


class Questions(QWidget):
    """What the scheme asks of the active thing and of the frame, to be answered here."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._fields: dict[str, QWidget] = {}
        self._asked: tuple[Attribute, ...] = ()
        self._filling = False
        self._form = QFormLayout(self)
        self._form.setContentsMargins(8, 4, 8, 8)

    def field(self, name: str) -> QWidget:
        """Where an attribute is answered."""
        return self._fields[name]

    def refresh(self) -> None:
        """Ask what the scheme asks, and show what was said."""
        asked = self._session.people.scheme.attributes if self._session.people.is_on else ()
        if asked != self._asked:
            self._asked = asked
            self._build()
        self.setVisible(bool(asked))
        self._filling = True
        for one in asked:
            self._fill(one)
        self._filling = False

    def _build(self) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        self._fields.clear()
        for one in self._asked:
            field = self._field_of(one)
            field.setObjectName(f"attribute-{one.name}")
            field.setAccessibleName(one.title)
            self._fields[one.name] = field
            forget = QToolButton()
            forget.setText("\u00d7")
            forget.setAutoRaise(True)
            forget.setToolTip(self.tr("Say nothing of it"))
            forget.clicked.connect(partial(self._forget, one))
            row = QHBoxLayout()
            row.addWidget(field, 1)
            row.addWidget(forget)
            whole = one.title if one.scope is AttributeScope.INSTANCE else self.tr("{title} (frame)").format(
                title=one.title
            )
            label = QLabel(whole)
            label.setBuddy(field)
            self._form.addRow(label, row)

    def _field_of(self, one: Attribute) -> QWidget:
        if one.kind is AttributeKind.CHOICE:
            choice = QComboBox()
            choice.addItem("", None)
            for word in one.choices:
                choice.addItem(word, word)
            choice.activated.connect(lambda: self._say(one, choice.currentData()))
            return choice
        if one.kind is AttributeKind.TEXT:
            text = QLineEdit()
            text.editingFinished.connect(lambda: self._say(one, text.text() or None))
            return text
        return self._number_field(one)

    def _number_field(self, one: Attribute) -> QWidget:
        number = QDoubleSpinBox()
        low, high = one.range or (-_UNLIMITED, _UNLIMITED)
        step = one.step or (0.0 if one.range is None else (high - low) / 100.0)
        whole = step >= 1.0 and step == round(step)
        number.setDecimals(0 if whole else 3)
        number.setSingleStep(step or 1.0)
        # The place below the smallest number is that of "nothing said".
        number.setRange(low - (step or 1.0), high)
        number.setSpecialValueText(" ")
        number.setKeyboardTracking(False)
        number.valueChanged.connect(lambda value: self._say(one, None if value < low else value))
        return number

    def _value(self, one: Attribute) -> AttributeValue | None:
        labels, people = self._session.labels, self._session.people
        said = labels.attributes if one.scope is AttributeScope.FRAME else labels.instance(people.active).attributes
        return said.get(one.name)

    def _fill(self, one: Attribute) -> None:
        value, field = self._value(one), self._fields[one.name]
        if isinstance(field, QComboBox):
            field.setCurrentIndex(max(field.findData(value), 0))
        elif isinstance(field, QLineEdit):
            if not field.hasFocus():
                field.setText("" if value is None else str(value))
        elif isinstance(field, QDoubleSpinBox):
            field.setValue(field.minimum() if value is None else float(value))
        field.setEnabled(self._session.frame_id is not None)
        thing = self._session.people.thing
        suggested = None if thing is None else thing.suggested.get(one.name)
        hint = "" if suggested is None else self.tr("The network says {value:.1f}").format(value=suggested)
        field.setToolTip(hint)

    def _say(self, one: Attribute, value: AttributeValue | None) -> None:
        session = self._session
        if self._filling or value == self._value(one):
            return
        if value is None:
            self._forget(one)
            return
        labels = session.people.taken(session.labels) if one.scope is AttributeScope.INSTANCE else session.labels
        try:
            labels = set_attribute(labels, one, value, instance=session.people.active)
        except ValueError as error:
            session.say(str(error))
            self.refresh()
            return
        session.edit(labels, text=self.tr("Set {title}").format(title=one.title))

    def _forget(self, one: Attribute) -> None:
        session = self._session
        if self._value(one) is not None:
            labels = clear_attribute(session.labels, one, instance=session.people.active)
            session.edit(labels, text=self.tr("Clear {title}").format(title=one.title))
