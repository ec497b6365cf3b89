"""The commands of a window: menus, toolbar, context menu, palette and key help are built from one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QToolBar, QWidget

from annotator.gui import theme
from annotator.gui.forecasting import NetworkState
from annotator.gui.menus.command import Command, Needs, Scope
from annotator.gui.menus.table import COMMANDS
from annotator.labels import Decision

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow


def available(window: MainWindow, needs: Needs) -> bool:
    """Whether what a command needs is there."""
    session = window.session
    tests: dict[Needs, Callable[[], bool]] = {
        Needs.PROJECT: lambda: session.project is not None,
        Needs.FRAME: lambda: session.frame_id is not None,
        Needs.SELECTION: lambda: bool(session.selection.keypoints) or session.selection.marking is not None,
        Needs.KEYPOINTS: lambda: bool(session.selection.keypoints),
        Needs.UNDO: session.stack.canUndo,
        Needs.REDO: session.stack.canRedo,
        Needs.NETWORK: lambda: session.project is not None and session.forecaster.state is NetworkState.READY,
        Needs.DECISION: lambda: session.record.review.decision is not Decision.OPEN,
        Needs.JOB: lambda: window.errands.current is not None,
    }
    return tests[needs]() if needs in tests else True


class Actions(QObject):
    """The table as Qt actions of one window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._by_id: dict[str, QAction] = {}
        self.commands = {command.id: command for command in COMMANDS}
        self._tools = QActionGroup(self)
        for command in COMMANDS:
            self._by_id[command.id] = self._made(command)
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self.refresh)

    def __getitem__(self, command_id: str) -> QAction:
        return self._by_id[command_id]

    def _made(self, command: Command) -> QAction:
        action = QAction(self)
        action.setObjectName(command.id)
        action.setText(command.title + ("\t" + command.key_text if command.scope is Scope.TAP else ""))
        action.setIconText(command.title)
        key = f" ({command.key_text})" if command.keys else ""
        action.setToolTip(f"{command.title.removesuffix('...')}{key}: {command.hint}")
        action.setStatusTip(command.hint)
        action.setWhatsThis(command.hint)
        action.setAutoRepeat(command.repeats)
        if command.icon:
            action.setIcon(theme.icon(command.icon))
        if command.scope is not Scope.TAP:
            action.setShortcuts([QKeySequence(key) for key in command.keys])
        if command.scope is not Scope.WINDOW:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        if command.checked is not None:
            action.setCheckable(True)
            # In a menu an icon would take the place of the tick.
            action.setIconVisibleInMenu(False)
        if command.id.startswith("tool."):
            self._tools.addAction(action)
        action.triggered.connect(lambda checked=False: self._run(command))
        return action

    def _run(self, command: Command) -> None:
        command.run(self._window)
        self.refresh_soon()

    def attach(self, window: QWidget, views: list[QWidget], canvas: QWidget) -> None:
        """Let the keys of every command work where they should."""
        for command in COMMANDS:
            action = self._by_id[command.id]
            if command.scope in (Scope.WINDOW, Scope.TAP):
                window.addAction(action)
                continue
            canvas.addAction(action)
            if command.scope is Scope.VIEWS:
                for view in views:
                    view.addAction(action)

    def fill_menu(self, menu: QMenu, name: str) -> None:
        """Add the commands of one menu, with a line between groups."""
        group = 0
        for command in COMMANDS:
            if command.menu != name:
                continue
            if command.group != group:
                menu.addSeparator()
                group = command.group
            menu.addAction(self._by_id[command.id])

    def fill(self, target: QMenu | QToolBar, ids: tuple[str, ...]) -> None:
        """Add these commands; an empty id is a line."""
        for command_id in ids:
            if command_id:
                target.addAction(self._by_id[command_id])
            else:
                target.addSeparator()

    def why_not(self, command: Command) -> str:
        """Why a command cannot be used now; empty when it can."""
        if available(self._window, command.needs):
            return ""
        return QCoreApplication.translate("Commands", command.needs.value)

    def refresh_soon(self) -> None:
        """Bring the actions in step once the present event is over."""
        self._later.start()

    def refresh(self) -> None:
        """Bring the actions in step with the session."""
        can = {needs: available(self._window, needs) for needs in Needs}
        for command_id, command in self.commands.items():
            action = self._by_id[command_id]
            action.setEnabled(can[command.needs])
            if command.checked is not None:
                action.setChecked(command.checked(self._window))

    def refresh_icons(self) -> None:
        """Paint the icons anew after the palette changed."""
        for command_id, command in self.commands.items():
            if command.icon:
                self._by_id[command_id].setIcon(theme.icon(command.icon))
