"""The menu bar and the toolbar of the window, filled from the table of commands."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from annotator.gui import theme
from annotator.gui.menus.table import DECISIONS, MENUS, TOOLBAR
from annotator.gui.mnemonics import letter_menu

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow

translate = QCoreApplication.translate


_ROOM_FOR_NAMES = 940


class Toolbar(QToolBar):
    """Tools on the left, decisions on the right; their names give way where there is little room."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Nothing is pushed out of a small window."""
        super().resizeEvent(event)
        styles = Qt.ToolButtonStyle
        style = styles.ToolButtonTextBesideIcon if self.width() >= _ROOM_FOR_NAMES else styles.ToolButtonIconOnly
        for name in DECISIONS:
            button = self.findChild(QToolButton, name.replace(".", "-"))
            if button is not None:
                button.setToolButtonStyle(style)


def toolbar(window: MainWindow) -> QToolBar:
    """The toolbar of the window."""
    bar = Toolbar(translate("Bars", "Toolbar"), movable=False)
    bar.setObjectName("toolbar")
    bar.setIconSize(QSize(20, 20))
    bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    window.actions_.fill(bar, TOOLBAR)
    room = QWidget()
    room.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    bar.addWidget(room)
    window.actions_.fill(bar, DECISIONS)
    for action in bar.actions():
        button = bar.widgetForAction(action)
        if not isinstance(button, QToolButton):
            continue
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(action.iconText().removesuffix("..."))
        if action.objectName() in DECISIONS:
            button.setObjectName(action.objectName().replace(".", "-"))
    return bar


def fill_menu_bar(window: MainWindow) -> None:
    """Build every menu; letters are given as a menu opens, so that they fit what is in it then."""
    for name, title in MENUS:
        menu = window.menuBar().addMenu(translate("Menus", title))
        menu.setToolTipsVisible(True)
        if name == "window":
            for dock in window.docks.all:
                if dock not in (window.docks.camera_dock, window.docks.timeline_dock):
                    menu.addAction(dock.toggleViewAction())
            menu.addSeparator()
        window.actions_.fill_menu(menu, name)
        if name == "file":
            menu.insertMenu(window.actions_["file.openSample"], _recent_menu(window, menu))
        if name == "view":
            menu.addMenu(_theme_menu(window, menu))
        for each in (menu, *menu.findChildren(QMenu)):
            each.aboutToShow.connect(partial(letter_menu, each))


def _theme_menu(window: MainWindow, parent: QMenu) -> QMenu:
    menu = QMenu(translate("Bars", "Theme"), parent)
    group = QActionGroup(menu)
    for scheme in theme.Scheme:
        action = menu.addAction(theme.scheme_text(scheme))
        action.setCheckable(True)
        action.setData(scheme)
        group.addAction(action)
        action.triggered.connect(lambda checked=False, s=scheme: theme.choose(window.settings, s))

    def show_choice() -> None:
        now = theme.stored(window.settings)
        for action in group.actions():
            action.setChecked(action.data() is now)

    menu.aboutToShow.connect(show_choice)
    show_choice()
    return menu


def _recent_menu(window: MainWindow, parent: QMenu) -> QMenu:
    menu = QMenu(translate("Bars", "Open recent"), parent)
    recent = window.files.recent_list

    def add(number: int, path: Path) -> QAction:
        gone = path in recent.missing
        text = translate("Bars", "{path} (not there)").format(path=path) if gone else str(path)
        action = menu.addAction(f"&{number}  {text.replace('&', '&&')}")
        action.setEnabled(not gone)
        action.triggered.connect(lambda checked=False: window.files.open([path]))
        return action

    def fill() -> None:
        menu.clear()
        for number, path in enumerate(recent.paths, start=1):
            add(number, path)
        if menu.isEmpty():
            menu.addAction(translate("Bars", "Nothing was opened yet")).setEnabled(False)
        elif recent.missing:
            menu.addSeparator()
            menu.addAction(translate("Bars", "Remove what is not there")).triggered.connect(recent.forget_missing)

    menu.aboutToShow.connect(fill)
    menu.aboutToShow.connect(recent.look)
    fill()
    return menu
