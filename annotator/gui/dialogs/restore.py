"""The backups of a project, and the way back to one of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.gui.dialogs.opener import open_folder
from annotator.gui.flat_table import flat_table
from annotator.gui.travel_words import exact_time_text, size_text
from annotator.travel import Backup

_WIDTHS = (150, 210, 90, 150)


class RestoreDialog(QDialog):
    """Lists backups, newest first; ``asked`` brings the one to go back to."""

    asked = Signal(object)

    def __init__(self, project: Path, backups: Sequence[Backup], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Restore a backup"))
        heading = QLabel(self.tr("Backups of {name}").format(name=project.stem), wordWrap=True)
        heading.setProperty("role", "heading")
        self._items: list[QTreeWidgetItem] = []
        self.list = self._tree(backups)
        text = self.tr("The project as it is now is kept in the same folder, and can be restored as well.")
        if not backups:
            text = self.tr("There is no backup yet. One is made by itself once a day when something changed.")
        self.note = QLabel(text, wordWrap=True)
        self.note.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(heading)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.note)
        layout.addWidget(self._buttons(backups))
        usable = next((item for item in self._items if not item.isDisabled()), None)
        if usable is not None:
            self.list.setCurrentItem(usable)
        self._show_go()
        self.resize(760, 380)

    def _tree(self, backups: Sequence[Backup]) -> QTreeWidget:
        titles = self.tr("Made"), self.tr("What"), self.tr("Size"), self.tr("Labelled frames"), self.tr("Accepted")
        tree = flat_table(self.tr("Backups"), titles, _WIDTHS)
        for backup in backups:
            what = self.tr("Project before a restore") if backup.replaced else self.tr("Backup")
            labelled = self.tr("{count} of {all}").format(count=f"{backup.labelled:,}", all=f"{backup.frames:,}")
            texts = [exact_time_text(backup.when), what, size_text(backup.size), labelled, f"{backup.accepted:,}"]
            if backup.problem:
                texts[1:] = [self.tr("Cannot be read"), texts[2], "", ""]
            item = QTreeWidgetItem(texts)
            item.setData(0, Qt.ItemDataRole.UserRole, backup)
            item.setDisabled(bool(backup.problem))
            item.setToolTip(0, str(backup.path))
            item.setToolTip(1, backup.problem)
            self._items.append(item)
        tree.addTopLevelItems(self._items)
        tree.currentItemChanged.connect(lambda: self._show_go())
        tree.setVisible(bool(backups))
        return tree

    def _buttons(self, backups: Sequence[Backup]) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = buttons.addButton(self.tr("Restore"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.go.setAutoDefault(False)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setDefault(True)
        if backups:
            show = buttons.addButton(self.tr("Open folder"), QDialogButtonBox.ButtonRole.ActionRole)
            show.setAutoDefault(False)
            show.clicked.connect(lambda: open_folder(backups[0].path.parent))
        buttons.accepted.connect(self._ask)
        buttons.rejected.connect(self.reject)
        return buttons

    @property
    def chosen(self) -> Backup | None:
        """The backup that is chosen; None for none or one that cannot be read."""
        item = self.list.currentItem()
        backup = None if item is None else item.data(0, Qt.ItemDataRole.UserRole)
        return backup if isinstance(backup, Backup) and not backup.problem else None

    def _show_go(self) -> None:
        if hasattr(self, "go"):
            self.go.setEnabled(self.chosen is not None)

    def _ask(self) -> None:
        if self.chosen is not None:
            self.asked.emit(self.chosen)
            self.accept()
