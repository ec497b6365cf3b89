"""The editor of schemes: points, edges, mirror pairs, colours, what is asked; a wrong one says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from annotator.formats.documents import FormatError
from annotator.gui.background import sentence
from annotator.gui.dialogs.scheme_pick import pick_scheme
from annotator.gui.scheme_draft import SchemeDraft
from annotator.gui.scheme_picture import SchemePicture
from annotator.scheme import AttributeKind, AttributeScope, Scheme
from annotator.schemes import known_schemes, read_scheme, save_own, write_scheme

_HELD = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier
NAME, MIRROR, SIGMA, COLOUR = range(4)
ATTRIBUTE, TITLE, KIND, SCOPE, LOW, HIGH, STEP, CHOICES = range(8)


class EdgePicture(SchemePicture):
    """Two clicks on points join them, or part them."""

    joined = Signal(str, str)
    _first: str | None = None

    def pick_out(self, name: str | None) -> None:
        """Show where a point is; it is not one of two that are clicked."""
        self.chosen, self._first = name, None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick a point out, or join the one clicked before with it."""
        name, before = self.point_at(event.position()), self._first
        self.pick_out(name)
        self._first = name
        if name is not None and before is not None and name != before:
            self.pick_out(None)
            self.joined.emit(before, name)


class RowTable(QTableWidget):
    """Rows that are typed one after the other: Enter on the last one asks for the next, on another it edits."""

    next_wanted = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on; that which ends what is typed comes here as well."""
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() & _HELD
        if not is_enter or self.state() == QTableWidget.State.EditingState:
            super().keyPressEvent(event)
        elif self.currentRow() in (-1, self.rowCount() - 1):
            self.next_wanted.emit()
        else:
            self.edit(self.currentIndex())

    def begin(self, row: int) -> None:
        """Have the name in this row typed."""
        self.setCurrentCell(row, 0)
        item = self.currentItem()
        if item is not None:
            self.setFocus()
            self.scrollToItem(item)
            self.editItem(item)


class SchemeEditor(QDialog):
    """Works on a draft; ``apply`` is told the scheme and where its points come from, where a project is open."""

    def __init__(
        self,
        scheme: Scheme | None,
        *,
        apply: Callable[[Scheme, dict[str, str | None] | None], None] | None = None,
        folder: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Scheme"))
        self._apply, self._folder = apply, folder
        self._known = frozenset(known_schemes())
        self.draft = SchemeDraft.empty(self._known) if scheme is None else SchemeDraft.of(scheme, self._known)
        self._began_here = scheme is not None
        self._filling = False
        self.picture = EdgePicture()
        self.picture.joined.connect(lambda a, b: self._take(self.draft.joined(a, b)))
        self.points = self._table((self.tr("Point"), self.tr("Mirror"), self.tr("Sigma"), self.tr("Colour")))
        self.asked = self._table((
            self.tr("Name"), self.tr("Title"), self.tr("Kind"), self.tr("Of"), self.tr("From"), self.tr("To"),
            self.tr("Step"), self.tr("Choices"),
        ))  # fmt: skip
        for column in (KIND, SCOPE, LOW, HIGH, STEP):
            self.asked.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.points.itemChanged.connect(self._on_point)
        self.points.currentCellChanged.connect(lambda *now: self._pick_out())
        self.points.next_wanted.connect(self.add_point)
        self.asked.itemChanged.connect(self._on_asked)
        self.asked.next_wanted.connect(self.add_asked)
        self.problem = QLabel(wordWrap=True)
        self.problem.setProperty("role", "warning")
        self._build()
        self.resize(900, 620)
        self.show_draft()

    def _table(self, titles: tuple[str, ...]) -> RowTable:
        table = RowTable(0, len(titles))
        table.setHorizontalHeaderLabels(titles)
        table.setWordWrap(False)
        table.verticalHeader().setDefaultSectionSize(24)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        return table

    def _build(self) -> None:
        self.identity, self.title, self.thing = QLineEdit(), QLineEdit(), QLineEdit()
        self.many = QCheckBox(self.tr("A frame may show several"))
        form = QFormLayout()
        for text, field, key in (
            (self.tr("Id"), self.identity, "id"),
            (self.tr("Title"), self.title, "title"),
            (self.tr("One is called"), self.thing, "thing"),
        ):
            form.addRow(text, field)
            field.textEdited.connect(lambda said, key=key: self._take(self.draft.called(key, said), fields=False))
        self.version = QLabel()
        form.addRow(self.tr("Version"), self.version)
        form.addRow("", self.many)
        self.many.toggled.connect(
            lambda on: None if self._filling else self._take(self.draft.but(instances="many" if on else "one"))
        )
        tabs = QTabWidget()
        tabs.addTab(self._with_buttons(self.points, self._point_ways()), self.tr("Points"))
        tabs.addTab(self._with_buttons(self.asked, self._asked_ways()), self.tr("Also asked"))
        left = QVBoxLayout()
        left.addLayout(form)
        left.addWidget(tabs, 1)
        right = QVBoxLayout()
        right.addWidget(self.picture, 1)
        hint = QLabel(self.tr("Click two points to join them, or to part them again."), wordWrap=True)
        hint.setProperty("role", "muted")
        right.addWidget(hint)
        middle = QHBoxLayout()
        middle.addLayout(left, 3)
        middle.addLayout(right, 2)
        layout = QVBoxLayout(self)
        layout.addLayout(middle, 1)
        layout.addWidget(self.problem)
        layout.addWidget(self._buttons())

    def _with_buttons(self, table: QTableWidget, ways: tuple[tuple[str, Callable[[], None]], ...]) -> QWidget:
        holder, row = QWidget(), QHBoxLayout()
        for text, way in ways:
            button = QPushButton(text, autoDefault=False)
            button.clicked.connect(way)
            row.addWidget(button)
        row.addStretch(1)
        layout = QVBoxLayout(holder)
        layout.addWidget(table, 1)
        layout.addLayout(row)
        return holder

    def _point_ways(self) -> tuple[tuple[str, Callable[[], None]], ...]:
        def row() -> int:
            return max(self.points.currentRow(), 0)

        return (
            (self.tr("Add"), self.add_point),
            (self.tr("Remove"), lambda: self._take(self.draft.removed(row())) if len(self.draft.names) > 1 else None),
            (self.tr("Up"), lambda: self._take(self.draft.moved(row(), -1), row=row() - 1)),
            (self.tr("Down"), lambda: self._take(self.draft.moved(row(), 1), row=row() + 1)),
            (self.tr("Guess mirror pairs"), lambda: self._take(self.draft.mirrors_guessed())),
        )

    def _asked_ways(self) -> tuple[tuple[str, Callable[[], None]], ...]:
        def remove() -> None:
            asked = list(self.draft.document.get("attributes", []))
            if asked:
                del asked[max(self.asked.currentRow(), 0)]
                self._take(self.draft.but(attributes=asked))

        return (self.tr("Add"), self.add_asked), (self.tr("Remove"), remove)

    def add_point(self) -> None:
        """One more point, whose name is typed at once."""
        self._take(self.draft.added())
        self.points.begin(len(self.draft.names) - 1)

    def add_asked(self) -> None:
        """One more attribute, whose name is typed at once."""
        self._take(self.draft.asked_more())
        self.asked.begin(self.asked.rowCount() - 1)

    def _buttons(self) -> QDialogButtonBox:
        roles = QDialogButtonBox.ButtonRole
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.pick = buttons.addButton(self.tr("Known schemes..."), roles.ActionRole)
        self.pick.clicked.connect(lambda: pick_scheme(self.take_scheme, self))
        self.bring = buttons.addButton(self.tr("Import..."), roles.ActionRole)
        self.send = buttons.addButton(self.tr("Export..."), roles.ActionRole)
        self.keep = buttons.addButton(self.tr("Save among mine"), roles.ActionRole)
        self.use = buttons.addButton(self.tr("Use in this project..."), roles.ActionRole)
        self.bring.clicked.connect(self._ask_import)
        self.send.clicked.connect(self._ask_export)
        self.keep.clicked.connect(self._on_keep)
        self.use.clicked.connect(self._on_use)
        self.use.setVisible(self._apply is not None)
        for button in buttons.buttons():
            # Enter ends what is typed, and nothing more.
            if isinstance(button, QPushButton):
                button.setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        return buttons

    # What is shown

    def _take(self, draft: SchemeDraft, *, row: int | None = None, fields: bool = True) -> None:
        """Work on this draft from now on."""
        self.draft = draft
        self.show_draft(fields=fields)
        if row is not None:
            self.points.setCurrentCell(min(max(row, 0), self.points.rowCount() - 1), NAME)

    def show_draft(self, *, fields: bool = True) -> None:
        """Show the draft, and what is wrong with it; ``fields`` False: a person types in one."""
        self._filling = True
        document = self.draft.told
        for field, key in ((self.identity, "id"), (self.title, "title"), (self.thing, "thing")):
            said = str(document.get(key, ""))
            if field.text() != said:
                field.setText(said)
        self.version.setText(str(document.get("version", 1)))
        if fields:
            self.many.setChecked(document.get("instances") == "many")
            self._fill_points()
            self._fill_asked()
        self._filling = False
        self.say(self.draft.problem)
        good = not self.draft.problem
        if good:
            self.picture.show_scheme(self.draft.scheme)
        for button in (self.send, self.keep, self.use):
            button.setEnabled(good)

    def say(self, text: str) -> None:
        """Say what is wrong, or what was done."""
        self.problem.setText(text[:1].upper() + text[1:])

    def _fill_points(self) -> None:
        self.points.setRowCount(len(self.draft.names))
        for row, name in enumerate(self.draft.names):
            point = self.draft.point(row)
            texts = (name, point.get("mirror", ""), point.get("sigma", ""), self.draft.colour_of(row))
            for column, text in enumerate(texts):
                item = QTableWidgetItem(str(text))
                if column == COLOUR and text:
                    item.setData(Qt.ItemDataRole.DecorationRole, QColor(str(text)))
                self.points.setItem(row, column, item)

    def _fill_asked(self) -> None:
        asked = self.draft.document.get("attributes", [])
        self.asked.setRowCount(len(asked))
        for row, one in enumerate(asked):
            low, high = one.get("range") or ("", "")
            texts = (
                one.get("name", ""), one.get("title", ""), one.get("kind", ""), one.get("scope", "frame"), low, high,
                one.get("step", ""), ", ".join(one.get("choices", [])),
            )  # fmt: skip
            for column, text in enumerate(texts):
                item = QTableWidgetItem(str(text))
                if column == KIND:
                    item.setToolTip(self.tr("One of: {words}").format(words=", ".join(k.value for k in AttributeKind)))
                elif column == SCOPE:
                    item.setToolTip(self.tr("One of: {words}").format(words=", ".join(k.value for k in AttributeScope)))
                self.asked.setItem(row, column, item)

    def _pick_out(self) -> None:
        row = self.points.currentRow()
        self.picture.pick_out(self.draft.names[row] if 0 <= row < len(self.draft.names) else None)

    # What is said

    def _on_point(self, item: QTableWidgetItem) -> None:
        if self._filling:
            return
        row, text = item.row(), item.text().strip()
        if item.column() == NAME:
            self._take(self.draft.renamed(row, text), row=row)
            self._pick_out()
        elif item.column() == MIRROR:
            if text and text not in self.draft.names:
                self._fill_again(self.tr("There is no point called {name}").format(name=text))
                return
            self._take(self.draft.mirrored(row, text), row=row)
        elif item.column() == SIGMA:
            self._take(self.draft.said(row, "sigma", _number(text)), row=row)
        else:
            self._take(self.draft.said(row, "colour", text or None), row=row)

    def _fill_again(self, why: str) -> None:
        self.show_draft()
        self.say(why)

    def _on_asked(self, item: QTableWidgetItem) -> None:
        if self._filling:
            return
        if item.column() == ATTRIBUTE:
            self._take(self.draft.asked_as(item.row(), item.text().strip()))
            return
        before = self.draft.document.get("attributes", [])
        self._take(self.draft.but(attributes=[self._attribute(row, dict(one)) for row, one in enumerate(before)]))

    def _attribute(self, row: int, one: dict[str, Any]) -> dict[str, Any]:
        texts = [(self.asked.item(row, column) or QTableWidgetItem()).text().strip() for column in range(8)]
        for key, column in (("name", ATTRIBUTE), ("title", TITLE), ("kind", KIND), ("scope", SCOPE)):
            one[key] = texts[column]
        for key in ("range", "step", "choices"):
            one.pop(key, None)
        if texts[LOW] or texts[HIGH]:
            one["range"] = [_number(texts[LOW]), _number(texts[HIGH])]
        if texts[STEP]:
            one["step"] = _number(texts[STEP])
        if texts[CHOICES]:
            one["choices"] = [word.strip() for word in texts[CHOICES].split(",") if word.strip()]
        return one

    # Files and the project

    def _ask_import(self) -> None:
        found, _ = QFileDialog.getOpenFileName(
            self, self.tr("Import scheme"), self._folder, self.tr("Schemes") + " (*.json)"
        )
        if found:
            self.import_file(Path(found))

    def import_file(self, path: Path) -> None:
        """Work on the scheme of a file; points of the project follow those that are called alike."""
        try:
            scheme = read_scheme(path)
        except FormatError as error:
            self.say(sentence(error))
            return
        self.take_scheme(scheme)

    def take_scheme(self, scheme: Scheme) -> None:
        """Work on another scheme."""
        self._began_here = False
        self._take(SchemeDraft.of(scheme, self._known))

    def _ask_export(self) -> None:
        name = f"{self._folder}/{self.draft.scheme.id}.json" if self._folder else f"{self.draft.scheme.id}.json"
        found, _ = QFileDialog.getSaveFileName(self, self.tr("Export scheme"), name, self.tr("Schemes") + " (*.json)")
        if found:
            self.export_file(Path(found))

    def export_file(self, path: Path) -> None:
        """Write the scheme to a file."""
        try:
            write_scheme(path, self.draft.scheme)
        except FormatError as error:
            self.say(sentence(error))
            return
        self._take(self.draft.kept())
        self.say(self.tr("Written to {path}").format(path=path))

    def _on_keep(self) -> None:
        try:
            path = save_own(self.draft.scheme)
        except FormatError as error:
            self.say(sentence(error))
            return
        self._take(self.draft.kept())
        self.say(self.tr("Saved as {path}; new projects can use it").format(path=path))

    def _on_use(self) -> None:
        if self._apply is not None:
            self._apply(self.draft.scheme, self.draft.mapping if self._began_here else None)


def _number(text: str) -> float | str | None:
    """A number; words that are none stay, so that the draft can say so."""
    try:
        return float(text) if text else None
    except ValueError:
        return text
