"""Preferences: few, plain, and in force at once where that can be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from annotator.gui import language, theme
from annotator.gui.actions import Actions
from annotator.gui.dialogs.opener import open_folder
from annotator.gui.keymap_file import settings_folder
from annotator.gui.keys_page import KeysPage
from annotator.gui.panels.loupe_choice import LoupeChoice

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow

_OPTIONS = ("view.navigator", "view.keepView", "label.snapOnRelease")
"""Settings that their menus own too; the ones that this version does not have are passed over."""


class PreferencesDialog(QDialog):
    """A page of settings and a page of keys."""

    def __init__(self, actions: Actions, settings: QSettings, parent: MainWindow) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Preferences"))
        self._settings = settings
        self.theme = self._choices(self.tr("Theme"))
        self.text_size = self._choices(self.tr("Text size"))
        self.language = self._choices(self.tr("Language"))
        self._fill_choices()
        self.name = self._name_box(parent)
        self.options = {name: self._option(actions[name]) for name in _OPTIONS if name in actions.commands}
        self._actions = actions
        self.loupe = LoupeChoice(parent.session)
        self.loupe.say_key(actions.key_text("view.loupe"))
        self.keys = KeysPage(actions)
        self.pages = QTabWidget()
        self.pages.addTab(self._general(), self.tr("&General"))
        holder = QWidget()
        QVBoxLayout(holder).addWidget(self.keys)
        self.pages.addTab(holder, self.tr("&Keys"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.pages)
        layout.addWidget(buttons)
        self.resize(900, 600)

    def _choices(self, name: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        return box

    def _fill_choices(self) -> None:
        for scheme in theme.Scheme:
            self.theme.addItem(theme.scheme_text(scheme), scheme)
        self.theme.setCurrentIndex(list(theme.Scheme).index(theme.stored(self._settings)))
        for size in theme.TEXT_SIZES:
            self.text_size.addItem(f"{size} %", size)
        self.text_size.setCurrentIndex(theme.TEXT_SIZES.index(theme.stored_text_size(self._settings)))
        self.language.addItem(self.tr("As the system"), language.SYSTEM)
        for code, name in language.languages().items():
            self.language.addItem(name, code)
        self.language.setCurrentIndex(max(self.language.findData(language.stored(self._settings)), 0))
        self.theme.activated.connect(lambda: theme.choose(self._settings, self.theme.currentData()))
        self.text_size.activated.connect(
            lambda: theme.choose_text_size(self._settings, int(self.text_size.currentData()))
        )
        self.language.activated.connect(lambda: language.choose(self._settings, self.language.currentData()))

    def _name_box(self, window: MainWindow) -> QLineEdit:
        """Who works here; taken over as it is typed, so that nothing has to be confirmed."""
        box = QLineEdit(window.reviewing.name)
        box.setAccessibleName(self.tr("Your name"))
        box.setPlaceholderText(self.tr("Nobody in particular"))
        box.setMaxLength(80)
        box.textEdited.connect(window.reviewing.call)
        return box

    def _option(self, action: QAction) -> QCheckBox:
        """A box for a setting that has a command: both always say the same."""
        box = QCheckBox(action.iconText())
        box.setToolTip(action.toolTip())
        box.setChecked(action.isChecked())
        box.clicked.connect(action.trigger)
        action.changed.connect(self._show_options)
        return box

    def _show_options(self) -> None:
        for name, box in self.options.items():
            box.setChecked(self._actions[name].isChecked())

    def _general(self) -> QWidget:
        page = QWidget()
        form = QFormLayout(page)
        form.setContentsMargins(16, 16, 16, 16)
        form.setVerticalSpacing(12)
        form.addRow(self.tr("Your &name"), self.name)
        form.addRow("", self._note(self.tr("Kept with every change, remark and decision, and seen in the history.")))
        form.addRow(self.tr("&Theme"), self.theme)
        form.addRow(self.tr("Text &size"), self.text_size)
        form.addRow(self.tr("&Language"), self.language)
        form.addRow("", self._note(self.tr("Another language is spoken from the next start on.")))
        form.addRow(self.tr("L&oupe"), self.loupe)
        for number, box in enumerate(self.options.values()):
            form.addRow(self.tr("While labelling") if number == 0 else "", box)
        form.addRow(self.tr("Stored in"), self._folder())
        return page

    def _note(self, text: str) -> QLabel:
        note = QLabel(text)
        note.setProperty("role", "muted")
        return note

    def _folder(self) -> QWidget:
        folder: Path = settings_folder(self._settings)
        text = QLabel(str(folder), wordWrap=True)
        text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        text.setAccessibleName(self.tr("Folder of the settings"))
        show = QPushButton(self.tr("Open folder"), autoDefault=False)
        show.setObjectName("small")
        show.clicked.connect(lambda: open_folder(folder))
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(text, 1)
        row.addWidget(show)
        return holder
