"""Every key and every gesture of the mouse, searchable, with the reason why a command cannot be used now."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QDialog, QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from annotator.gui import theme
from annotator.gui.actions import Actions
from annotator.gui.menus.table import COMMANDS, MENUS

Row = tuple[str, str, str, str]
translate = QCoreApplication.translate


def mouse_rows() -> list[tuple[str, str]]:
    """What the mouse does on the canvas, and how."""
    return [
        (translate("Keys", "Wheel"), translate("Keys", "Zoom at the pointer")),
        (translate("Keys", "Shift+wheel"), translate("Keys", "Scroll sideways")),
        (translate("Keys", "Middle drag, Space+drag"), translate("Keys", "Pan")),
        (translate("Keys", "Double middle click"), translate("Keys", "Fit")),
        (translate("Keys", "Drag a point"), translate("Keys", "Place it there")),
        (translate("Keys", "Shift+drag"), translate("Keys", "Keep to one axis")),
        (translate("Keys", "Drag over empty ground"), translate("Keys", "Select what lies inside")),
        (translate("Keys", "Alt+drag over empty ground"), translate("Keys", "Zoom to the region")),
        (translate("Keys", "Right click"), translate("Keys", "Commands for what is there")),
        (translate("Keys", "Click on the pitch map"), translate("Keys", "Choose a point or a marking")),
    ]


class KeysDialog(QDialog):
    """A box to type into, and the table."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys and mouse"))
        self._actions = actions
        self._items: list[QTreeWidgetItem] = []
        self.search = QLineEdit(placeholderText=self.tr("Search keys and commands"), clearButtonEnabled=True)
        self.search.setAccessibleName(self.tr("Search keys"))
        self.tree = QTreeWidget()
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setHeaderLabels([self.tr("Command"), self.tr("Keys"), self.tr("What it does")])
        self.tree.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        header = self.tree.header()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(self.tree)
        self.resize(820, 560)
        self._fill()
        self.search.textChanged.connect(self.show_query)

    def _rows(self) -> Iterator[Row]:
        titles = dict(MENUS)
        for command in COMMANDS:
            why_not = self._actions.why_not(command)
            menu = translate("Menus", titles.get(command.menu, "")).replace("&", "")
            yield menu, command.title.removesuffix("..."), command.key_text, why_not or command.hint
        for gesture, meaning in mouse_rows():
            yield translate("Keys", "Mouse"), gesture, "", meaning

    def _fill(self) -> None:
        muted = QColor(theme.tokens().muted)
        for menu, title, keys, hint in self._rows():
            item = QTreeWidgetItem([title, keys, hint])
            item.setForeground(2, muted)
            item.setData(0, Qt.ItemDataRole.UserRole, f"{menu} {title} {keys} {hint}".casefold())
            self.tree.addTopLevelItem(item)
            self._items.append(item)

    def show_query(self, query: str) -> None:
        """Show only the rows that hold every word typed."""
        words = query.casefold().split()
        for item in self._items:
            text = item.data(0, Qt.ItemDataRole.UserRole)
            item.setHidden(not all(word in text for word in words))
