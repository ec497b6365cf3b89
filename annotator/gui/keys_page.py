"""The table of every command and its keys: found by name or by pressing a key, and changed where they stand."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFont, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.gui import theme
from annotator.gui.actions import Actions
from annotator.gui.key_sheet import key_rows
from annotator.gui.keymap import Keymap, of_event, presets, shown

_ID = Qt.ItemDataRole.UserRole
_TEXT = Qt.ItemDataRole.UserRole + 1
_OF_BUTTONS = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_Tab,
               Qt.Key.Key_Backtab)  # fmt: skip


class KeyCatcher(QPushButton):
    """A button that, once pressed, takes the next key whatever it is; clicking elsewhere ends the wait."""

    caught = Signal(str)

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._text = text
        self.waiting = False
        self.setAutoDefault(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.clicked.connect(lambda: self._wait(not self.waiting))

    def _wait(self, on: bool) -> None:
        self.waiting = on
        self.setText(self.tr("Press a key now") if on else self._text)
        self.setProperty("waiting", on)
        self.style().polish(self)

    def event(self, event: QEvent) -> bool:
        """While waiting, every key belongs to this button: no shortcut, no Tab, no Escape."""
        if self.waiting and isinstance(event, QKeyEvent):
            if event.type() is QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() is QEvent.Type.KeyPress:
                key = of_event(event.keyCombination())
                if key:
                    self._wait(False)
                    self.caught.emit(key)
                return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Attention is elsewhere: wait no longer."""
        self._wait(False)
        super().focusOutEvent(event)


class MoveButton(QPushButton):
    """Answers a question by moving the key; any other key of a command that is pressed here is asked about instead."""

    other_key = Signal(str)

    def event(self, event: QEvent) -> bool:
        """The keys with which buttons are pressed and left stay theirs."""
        if isinstance(event, QKeyEvent) and event.key() not in _OF_BUTTONS:
            key = of_event(event.keyCombination())
            if key and event.type() is QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if key and event.type() is QEvent.Type.KeyPress:
                self.other_key.emit(key)
                return True
        return super().event(event)


class KeysPage(QWidget):
    """Search, presets, the table, and under it the keys of the chosen command."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._before: list[Keymap] = []
        self._wanted: tuple[str, str] | None = None
        self.search = QLineEdit(placeholderText=self.tr("Search keys and commands"), clearButtonEnabled=True)
        self.search.setAccessibleName(self.tr("Search keys"))
        self.by_key = KeyCatcher(self.tr("Find by key"))
        self.by_key.setToolTip(self.tr("Press a key to see what it does"))
        self.preset = QComboBox()
        self.preset.setAccessibleName(self.tr("Keys like those of"))
        self.preset.setToolTip(self.tr("Begin with the keys of a program you know"))
        self.tree = QTreeWidget()
        self.line = _KeyLine()
        self.says = QLabel(wordWrap=True)
        self.move_key = MoveButton(self.tr("Move it here"), autoDefault=False)
        self.undo = QPushButton(self.tr("Undo"), autoDefault=False)
        self.undo.setToolTip(self.tr("Take back the last change of keys"))
        self.reset_all = QPushButton(self.tr("Reset all"), autoDefault=False)
        self.reset_all.setToolTip(self.tr("Give every command the keys of the chosen program again"))
        self._set_up_tree()
        self._lay_out()
        self._connect()
        self.refresh()

    def _set_up_tree(self) -> None:
        tree = self.tree
        tree.setRootIsDecorated(False)
        tree.setUniformRowHeights(True)
        tree.setHeaderLabels([self.tr("Command"), self.tr("Keys"), self.tr("What it does")])
        tree.setAccessibleName(self.tr("Commands and their keys"))
        tree.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = tree.header()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.by_key)
        label = QLabel(self.tr("Keys &like"))
        label.setBuddy(self.preset)
        top.addSpacing(8)
        top.addWidget(label)
        top.addWidget(self.preset)
        bottom = QHBoxLayout()
        bottom.addWidget(self.says, 1)
        for button in (self.move_key, self.undo, self.reset_all):
            bottom.addWidget(button)
        self.move_key.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.line)
        layout.addLayout(bottom)

    def _connect(self) -> None:
        self.search.textChanged.connect(self.show_query)
        self.by_key.caught.connect(self.show_key)
        self.preset.activated.connect(self._on_preset)
        self.tree.currentItemChanged.connect(lambda now, before: self._show_line())
        self.tree.itemActivated.connect(lambda item, column: self.line.add.click())
        self.line.add.caught.connect(self._on_key)
        self.line.removed.connect(self._on_removed)
        self.line.reset.clicked.connect(self._on_reset)
        self.move_key.clicked.connect(self._on_move)
        self.move_key.other_key.connect(self._on_key)
        self.undo.clicked.connect(self._on_undo)
        self.reset_all.clicked.connect(lambda: self._use(self._keymap.reset_all(), self.tr("All keys are reset")))
        self._actions.keys_changed.connect(self.refresh)

    @property
    def _keymap(self) -> Keymap:
        return self._actions.keyring.keymap

    @property
    def current(self) -> str:
        """The id of the chosen command; "" when none is."""
        item = self.tree.currentItem()
        return "" if item is None else str(item.data(0, _ID) or "")

    @property
    def items(self) -> list[QTreeWidgetItem]:
        """Every row of the table."""
        found = (self.tree.topLevelItem(row) for row in range(self.tree.topLevelItemCount()))
        return [item for item in found if item is not None]

    # What is shown

    def refresh(self) -> None:
        """Show the keys as they are now."""
        chosen = self.current
        muted, heavy = QColor(theme.tokens().muted), QFont(self.font())
        heavy.setBold(True)
        with QSignalBlocker(self.tree):
            self.tree.clear()
            for row in key_rows(self._actions):
                item = QTreeWidgetItem([row.title, row.keys, row.hint])
                item.setForeground(2, muted)
                item.setData(0, _ID, row.id)
                item.setData(0, _TEXT, f"{row.menu} {row.title} {row.keys} {row.hint}".casefold())
                if row.id and self._keymap.is_changed(row.id):
                    item.setFont(1, heavy)
                    usual = shown(self._keymap.base(row.id)) or self.tr("none")
                    item.setToolTip(1, self.tr("Changed; usually {keys}").format(keys=usual))
                self.tree.addTopLevelItem(item)
                if row.id and row.id == chosen:
                    self.tree.setCurrentItem(item)
        self.show_query(self.search.text())
        self._show_presets()
        self._show_line()
        self.undo.setEnabled(bool(self._before))
        self.reset_all.setEnabled(bool(self._keymap.changed))

    def _show_presets(self) -> None:
        with QSignalBlocker(self.preset):
            self.preset.clear()
            for preset in presets().values():
                self.preset.addItem(preset.name, preset)
                if preset.id == self._keymap.preset.id:
                    self.preset.setCurrentIndex(self.preset.count() - 1)

    def _show_line(self) -> None:
        self._ask(None)
        item = self.tree.currentItem()
        command_id = self.current
        self.line.show_command("" if item is None else item.text(0),
                               self._keymap.keys(command_id) if command_id else None,
                               changed=self._keymap.is_changed(command_id))  # fmt: skip
        # Made later than everything else, they would come last in the order of the Tab key.
        before: QWidget = self.tree
        for button in (*self.line.chips, self.line.add, self.line.reset):
            QWidget.setTabOrder(before, button)
            before = button

    def show_query(self, query: str) -> None:
        """Show only the rows that hold every word typed."""
        words = query.casefold().split()
        for item in self.items:
            text = item.data(0, _TEXT)
            item.setHidden(not all(word in text for word in words))

    def show_key(self, key: str) -> None:
        """Show what asks for this key."""
        self.search.clear()
        found = self._keymap.owner(key)
        for item in self.items:
            item.setHidden(item.data(0, _ID) != found or found is None)
            if found is not None and item.data(0, _ID) == found:
                self.tree.setCurrentItem(item)
        free = self.tr("{key} is free").format(key=shown([key]))
        self.says.setText(self.tr("{key} was pressed").format(key=shown([key])) if found else free)
        if found is None:
            self.show_query("")

    # Changes

    def _use(self, keymap: Keymap, said: str) -> None:
        if keymap == self._keymap:
            return
        self._before.append(self._keymap)
        self._actions.keyring.use(keymap)
        self.says.setText(said)

    def _on_key(self, key: str) -> None:
        command_id = self.current
        if not command_id:
            return
        owner = self._keymap.owner(key)
        if owner in (None, command_id):
            self._ask(None)
            self.line.add.setFocus()
        if owner is None:
            said = self.tr("{key} asks for {command} now").format(key=shown([key]), command=self._title(command_id))
            self._use(self._keymap.with_key(command_id, key), said)
        elif owner != command_id:
            self._ask((command_id, key))
        else:
            self.says.setText(self.tr("{key} asks for it already").format(key=shown([key])))

    def _ask(self, wanted: tuple[str, str] | None) -> None:
        """Say whose key this is, and offer to move it."""
        self._wanted = wanted
        self.move_key.setVisible(wanted is not None)
        if wanted is None:
            return
        command_id, key = wanted
        owner = self._keymap.owner(key) or ""
        says = self.tr("{key} asks for {other}. Press another key, or move it").format(
            key=shown([key]), other=self._title(owner)
        )
        self.says.setText(says)
        self.move_key.setText(self.tr("Move it to {command}").format(command=self._title(command_id)))
        self.move_key.setFocus()

    def _on_move(self) -> None:
        if self._wanted is not None:
            command_id, key = self._wanted
            said = self.tr("{key} asks for {command} now").format(key=shown([key]), command=self._title(command_id))
            self._use(self._keymap.with_key(command_id, key), said)
            self.line.add.setFocus()

    def _on_removed(self, key: str) -> None:
        said = self.tr("{key} is free now").format(key=shown([key]))
        self._use(self._keymap.without_key(self.current, key), said)
        self.line.add.setFocus()

    def _on_reset(self) -> None:
        said = self.tr("{command} has its usual keys again").format(command=self._title(self.current))
        self._use(self._keymap.reset(self.current), said)

    def _on_preset(self) -> None:
        preset = self.preset.currentData()
        said = self.tr("The keys are those of {program}").format(program=preset.name)
        self._use(Keymap(preset, unknown=self._keymap.unknown), said)

    def _on_undo(self) -> None:
        if self._before:
            self._actions.keyring.use(self._before.pop())
            self.says.setText(self.tr("Taken back"))
            self.undo.setEnabled(bool(self._before))

    def _title(self, command_id: str) -> str:
        command = self._actions.commands.get(command_id)
        return command_id if command is None else command.title.removesuffix("...")


class _KeyLine(QWidget):
    """The keys of one command, each with its way out, and Add and Reset."""

    removed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel()
        self._title.setProperty("role", "section")
        self._keys = QHBoxLayout()
        self.add = KeyCatcher(self.tr("Add key"))
        self.add.setToolTip(self.tr("Press this, then the key that shall ask for the command"))
        self.reset = QPushButton(self.tr("Reset"), autoDefault=False)
        self.reset.setToolTip(self.tr("Give this command its usual keys again"))
        self.chips: list[QPushButton] = []
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._title)
        layout.addLayout(self._keys)
        layout.addWidget(self.add)
        layout.addWidget(self.reset)
        layout.addStretch(1)

    def show_command(self, title: str, keys: tuple[str, ...] | None, *, changed: bool) -> None:
        """Show the keys of this command; None where the row is no command."""
        self._title.setText(title or self.tr("Choose a command to change its keys"))
        for chip in self.chips:
            chip.deleteLater()
        self.chips = [self._chip(key) for key in keys or ()]
        for chip in self.chips:
            self._keys.addWidget(chip)
        self.add.setVisible(keys is not None)
        self.reset.setVisible(changed)

    def _chip(self, key: str) -> QPushButton:
        text = shown([key])
        chip = QPushButton(f"{text}  \u00d7", autoDefault=False)
        chip.setObjectName("small")
        chip.setToolTip(self.tr("Remove the key {key}").format(key=text))
        chip.setAccessibleName(self.tr("Remove the key {key}").format(key=text))
        chip.clicked.connect(lambda: self.removed.emit(key))
        return chip
