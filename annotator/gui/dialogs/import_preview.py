"""What an import would do, before it does it: what is added, what changes, and where a person decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.gui.dialogs.go_or_cancel import go_or_cancel
from annotator.gui.flat_table import by_the_program, flat_table, make_tickable
from annotator.gui.plain_names import spoken
from annotator.imports import Change, ImportPlan, Planned

if TYPE_CHECKING:
    from annotator.gui.fitting import Fitting

translate = QCoreApplication.translate
_NAMED = 4
_LISTED = 5_000
_WIDTHS = (240, 170)


def change_words() -> Mapping[Change, str]:
    """What would happen to a frame."""
    return {
        Change.ADD: translate("Import", "gets labels"),
        Change.CHANGE: translate("Import", "gets more labels"),
        Change.CONFLICT: translate("Import", "says something else"),
        Change.UNTOUCHED: translate("Import", "is the same already"),
    }


def counts_text(plan: ImportPlan) -> str:
    """How many frames would be added to, changed, in conflict and left as they are."""
    text = translate(
        "Import", "New labels: {add}. More labels: {change}. In conflict: {conflict}. The same already: {untouched}."
    )
    return text.format(**{change.value: f"{count:,}" for change, count in plan.counts.items()})


class ImportPreview(QDialog):
    """Shows a plan; ``asked`` brings the ids of conflicts in which the file's words are taken.

    ``refitted`` asks for a project of the labels' own things, where ``fitting`` says that they are of others.
    """

    asked = Signal(object)
    refitted = Signal()

    def __init__(self, plan: ImportPlan, parent: QWidget, fitting: Fitting | None = None) -> None:
        super().__init__(parent)
        self.plan = plan
        self.fit: QPushButton | None = None
        self.setWindowTitle(self.tr("Import labels"))
        self._conflicts: dict[int, QTreeWidgetItem] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        heading = QLabel(self.tr("Labels of {title}").format(title=plan.title), wordWrap=True)
        heading.setProperty("role", "heading")
        layout.addWidget(heading)
        if fitting is not None:
            layout.addWidget(self._offer(fitting))
        self.counts = QLabel(counts_text(plan), wordWrap=True)
        layout.addWidget(self.counts)
        self.frames = self._tree()
        layout.addWidget(self.frames, 3)
        if self._conflicts:
            layout.addLayout(self._decisions())
        fits = fitting is None or self._changes() > 0
        if plan.findings and fits:
            layout.addLayout(self._not_used(), 1)
        buttons, self.go = go_or_cancel(self, self.tr("Import"), self._ask)
        layout.addWidget(buttons)
        self._show_go()
        self.resize(760, 520)
        if not fits:
            self._show_only_the_offer()

    def _show_only_the_offer(self) -> None:
        """What every frame of other things says of itself would but hide the one way on."""
        for widget in (self.counts, self.frames, self.go):
            widget.hide()
        self.resize(640, 170)
        assert self.fit is not None
        self.fit.setDefault(True)
        self.fit.setFocus()

    def _not_used(self) -> QVBoxLayout:
        column = QVBoxLayout()
        text = self.tr("Not used: {count}").format(count=f"{len(self.plan.findings):,}")
        column.addWidget(QLabel(text))
        self.findings = QListWidget()
        self.findings.setAccessibleName(self.tr("What cannot be used"))
        self.findings.setUniformItemSizes(True)
        self.findings.addItems([str(finding) for finding in self.plan.findings[:_LISTED]])
        column.addWidget(self.findings, 1)
        return column

    def _offer(self, fitting: Fitting) -> QFrame:
        """What the labels are of, and the way to a project of these."""
        text = self.tr("These labels are of: {theirs}. The project is of: {own}.").format(
            theirs=fitting.theirs.title, own=fitting.own.title
        )
        if fitting.is_free:
            press = self.tr("Make this project {title}").format(title=fitting.theirs.title)
            text += " " + self.tr("Nobody labelled anything in it yet.")
        else:
            press = self.tr("Change the scheme...")
            text += " " + self.tr("It has labels: look what another scheme does to them, then import again.")
        self.fit = QPushButton(press.replace("&", "&&"), autoDefault=False)
        self.fit.clicked.connect(self._refit)
        frame = QFrame()
        frame.setObjectName("notice")
        row = QHBoxLayout(frame)
        row.setContentsMargins(12, 8, 8, 8)
        row.addWidget(QLabel(text, wordWrap=True), 1)
        row.addWidget(self.fit)
        return frame

    def _refit(self) -> None:
        self.accept()
        self.refitted.emit()

    def _tree(self) -> QTreeWidget:
        titles = self.tr("Frame"), self.tr("What happens"), self.tr("Labels")
        tree = flat_table(self.tr("Frames that would change"), titles, _WIDTHS)
        make_tickable(tree)
        order = [Change.CONFLICT, Change.ADD, Change.CHANGE]
        shown = [frame for change in order for frame in self.plan.frames if frame.change is change]
        tree.addTopLevelItems([self._item(frame) for frame in shown[:_LISTED]])
        tree.itemChanged.connect(self._show_go)
        return tree

    def _item(self, frame: Planned) -> QTreeWidgetItem:
        item = QTreeWidgetItem([frame.name, change_words()[frame.change], _named(frame)])
        for column in range(3):
            item.setToolTip(column, item.text(column))
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        if frame.change is Change.CONFLICT:
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(0, Qt.CheckState.Unchecked)
            self._conflicts[frame.frame_id] = item
        return item

    def _decisions(self) -> QHBoxLayout:
        row = QHBoxLayout()
        said = QLabel(self.tr("Where both say something else, ticked frames take the file's words."), wordWrap=True)
        said.setProperty("role", "muted")
        row.addWidget(said, 1)
        self.keep = QPushButton(self.tr("Keep all of mine"), autoDefault=False)
        self.keep.clicked.connect(lambda: self._tick(Qt.CheckState.Unchecked))
        self.take = QPushButton(self.tr("Take all of the file"), autoDefault=False)
        self.take.clicked.connect(lambda: self._tick(Qt.CheckState.Checked))
        row.addWidget(self.keep)
        row.addWidget(self.take)
        return row

    def _tick(self, state: Qt.CheckState) -> None:
        with by_the_program(self.frames):
            for item in self._conflicts.values():
                item.setCheckState(0, state)
        self._show_go()

    @property
    def taken(self) -> frozenset[int]:
        """The frames in conflict that take the file's words; beyond what is listed the project's stay."""
        checked = Qt.CheckState.Checked
        return frozenset(number for number, item in self._conflicts.items() if item.checkState(0) == checked)

    def _changes(self) -> int:
        """Frames that an import would change as decided now."""
        taken = self.taken
        return sum(
            bool(frame.added) or frame.frame_id in taken
            for frame in self.plan.frames
            if frame.change is not Change.UNTOUCHED
        )

    def _show_go(self) -> None:
        if hasattr(self, "go"):
            count = self._changes()
            self.go.setEnabled(count > 0)
            self.go.setText(self.tr("Import ({count})").format(count=f"{count:,}"))

    def _ask(self) -> None:
        self.asked.emit(self.taken)
        self.accept()


def _named(frame: Planned) -> str:
    names = frame.disputed or frame.added
    text = ", ".join(spoken(name) for name in names[:_NAMED])
    more = len(names) - _NAMED
    return text + (translate("Import", " and {count} more").format(count=more) if more > 0 else "")
