"""What a merge with another person's project would do, and who wins where both say different things."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.gui.dialogs.go_or_cancel import go_or_cancel
from annotator.gui.flat_table import by_the_program, flat_table, make_tickable
from annotator.gui.travel_words import difference_text, plan_text, said_text, winner_text
from annotator.merging import Difference, MergePlan, Winner

_LISTED = 5_000
_WIDTHS = (200, 185, 185, 200)
_RULES = (Winner.NEWEST, Winner.REVIEWER, Winner.MINE, Winner.THEIRS)


class MergeDialog(QDialog):
    """Shows a plan; ``asked`` brings the ids of the conflicts in which the other's word is taken.

    A rule ticks the frames, and every tick can be changed by hand; what is not listed follows the rule.
    """

    asked = Signal(object)

    def __init__(self, plan: MergePlan, parent: QWidget) -> None:
        super().__init__(parent)
        self.plan = plan
        self.setWindowTitle(self.tr("Merge another project"))
        self._taken = set(plan.taken(_RULES[0]))
        self._items: list[QTreeWidgetItem] = []
        self._by_id = {one.frame_id: one for one in plan.conflicts}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        heading = QLabel(self.tr("Bring in {name}").format(name=plan.other.name), wordWrap=True)
        heading.setProperty("role", "heading")
        self.counts = QLabel(plan_text(plan), wordWrap=True)
        layout.addWidget(heading)
        layout.addWidget(self.counts)
        self.winner, self.frames = self._rules(), self._tree()
        self._add_conflicts(layout)
        self._add_unknown(layout)
        said = self.tr("A backup is made first, and a merge can be undone. The other project is not changed.")
        note = QLabel(said, wordWrap=True)
        note.setProperty("role", "muted")
        layout.addWidget(note)
        buttons, self.go = go_or_cancel(self, self.tr("Merge"), self._ask)
        layout.addWidget(buttons)
        self._show_rule()
        self.resize(1000, 560 if plan.conflicts else 300)

    def _rules(self) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(self.tr("Whose word is taken"))
        for winner in _RULES:
            box.addItem(winner_text(winner), winner)
        box.activated.connect(self._on_rule)
        return box

    def _tree(self) -> QTreeWidget:
        words = self.tr("Frame"), self.tr("Mine"), self.tr("Theirs"), self.tr("What theirs changes"), self.tr("Becomes")
        tree = flat_table(self.tr("Frames in conflict"), words, _WIDTHS)
        tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        make_tickable(tree)
        self._items = [self._item(one) for one in self.plan.conflicts[:_LISTED]]
        tree.addTopLevelItems(self._items)
        tree.itemChanged.connect(self._on_tick)
        return tree

    def _item(self, one: Difference) -> QTreeWidgetItem:
        item = QTreeWidgetItem([one.name, said_text(one.mine), said_text(one.theirs), difference_text(one), ""])
        for column in range(4):
            item.setToolTip(column, item.text(column))
        flags = Qt.ItemFlag
        item.setFlags(flags.ItemIsEnabled | flags.ItemIsSelectable | flags.ItemIsUserCheckable)
        item.setData(0, Qt.ItemDataRole.UserRole, one.frame_id)
        return item

    def _add_conflicts(self, layout: QVBoxLayout) -> None:
        row = QHBoxLayout()
        label = QLabel(self.tr("Where both say something else, &take"))
        label.setBuddy(self.winner)
        hint = QLabel(self.tr("Ticked frames take theirs."))
        hint.setProperty("role", "muted")
        row.addWidget(label)
        row.addWidget(self.winner)
        row.addWidget(hint, 1)
        layout.addLayout(row)
        layout.addWidget(self.frames, 3)
        for widget in (label, self.winner, hint, self.frames):
            widget.setVisible(bool(self.plan.conflicts))

    def _add_unknown(self, layout: QVBoxLayout) -> None:
        self.unknown = QListWidget()
        self.unknown.setAccessibleName(self.tr("Frames that are not in this project"))
        self.unknown.setUniformItemSizes(True)
        self.unknown.addItems(list(self.plan.unknown[:_LISTED]))
        self.unknown.setMaximumHeight(110)
        self.unknown.setVisible(bool(self.plan.unknown))
        if self.plan.unknown:
            text = self.tr("Not in this project, so left out: {count}").format(count=f"{len(self.plan.unknown):,}")
            layout.addWidget(QLabel(text))
        layout.addWidget(self.unknown, 1)

    @property
    def taken(self) -> frozenset[int]:
        """The frames in conflict that take the other's word."""
        return frozenset(self._taken)

    def _on_rule(self) -> None:
        self._taken = set(self.plan.taken(self.winner.currentData()))
        self._show_rule()

    def _show_rule(self) -> None:
        with by_the_program(self.frames):
            for item in self._items:
                self._show_outcome(item)
        self._show_go()

    def _show_outcome(self, item: QTreeWidgetItem) -> None:
        """What the frame becomes, in words and as a tick."""
        one = self._by_id[item.data(0, Qt.ItemDataRole.UserRole)]
        is_taken = one.frame_id in self._taken
        item.setCheckState(0, Qt.CheckState.Checked if is_taken else Qt.CheckState.Unchecked)
        whose = self.tr("theirs: {said}") if is_taken else self.tr("mine: {said}")
        said = one.theirs if is_taken else one.mine
        item.setText(4, whose.format(said=said_text(said).split("\n", 1)[0]))
        item.setToolTip(4, item.text(4))

    def _on_tick(self, item: QTreeWidgetItem, column: int) -> None:
        frame_id = item.data(0, Qt.ItemDataRole.UserRole)
        wanted = item.checkState(0) is Qt.CheckState.Checked
        if column != 0 or wanted is (frame_id in self._taken):
            return
        (self._taken.add if wanted else self._taken.discard)(frame_id)
        with by_the_program(self.frames):
            self._show_outcome(item)
        self._show_go()

    def _show_go(self) -> None:
        count = len(self.plan.fills) + len(self._taken)
        self.go.setEnabled(count > 0)
        self.go.setText(self.tr("Merge ({count})").format(count=f"{count:,}"))

    def _ask(self) -> None:
        self.asked.emit(self.taken)
        self.accept()
