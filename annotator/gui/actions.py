"""The commands of a window: menus, toolbar, context menu, palette and key help are built from one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QToolBar, QWidget

from annotator.gui import theme
from annotator.gui.forecasting import NetworkState
from annotator.gui.keymap import SPACE, Place, by_place, shown
from annotator.gui.keymap_file import Keyring
from annotator.gui.menus.command import Command, Needs, Room
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
        Needs.CLIP: lambda: window.timing.timeline.track is not None,
        Needs.SELECTION: lambda: (
            bool(session.selection.keypoints) or session.selection.marking is not None
            or session.people.thing is not None
        ),
        Needs.KEYPOINTS: lambda: bool(session.selection.keypoints),
        Needs.UNDO: session.stack.canUndo,
        Needs.REDO: session.stack.canRedo,
        Needs.NETWORK: lambda: session.project is not None and session.forecaster.state is NetworkState.READY,
        Needs.DECISION: lambda: session.record.review.decision is not Decision.OPEN,
        Needs.JOB: lambda: window.errands.current is not None,
    }
    return tests[needs]() if needs in tests else True


def is_open(window: MainWindow, room: Room) -> bool:
    """Whether the project's scheme has what a command works on."""
    people = window.session.people
    return {Room.FOOTBALL: not people.is_on, Room.THINGS: people.is_on, Room.MANY: people.is_many}.get(room, True)


_KEPT = 6


class Actions(QObject):
    """The table as Qt actions of one window, with the keys of its key map."""

    keys_changed = Signal()
    asked = Signal(str)

    def __init__(self, window: MainWindow, keyring: Keyring) -> None:
        super().__init__(window)
        self._window = window
        self.keyring = keyring
        self._by_id: dict[str, QAction] = {}
        self._twins: list[tuple[QAction, QAction]] = []
        self._widgets: dict[Place, list[QWidget]] = {}
        self.commands = {command.id: command for command in COMMANDS}
        self.recent: list[str] = []
        self._tools = QActionGroup(self)
        for command in COMMANDS:
            self._by_id[command.id] = self._made(command)
        keyring.changed.connect(self._on_keys)
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self.refresh)
        for command in COMMANDS:
            self._say_keys(command)

    def __getitem__(self, command_id: str) -> QAction:
        return self._by_id[command_id]

    def _made(self, command: Command) -> QAction:
        action = QAction(self)
        action.setObjectName(command.id)
        action.setIconText(command.title)
        action.setStatusTip(command.hint)
        action.setAutoRepeat(command.repeats)
        if command.icon:
            action.setIcon(theme.icon(command.icon))
        if command.checked is not None:
            action.setCheckable(True)
            # In a menu an icon would take the place of the tick.
            action.setIconVisibleInMenu(False)
        if command.id.startswith("tool."):
            self._tools.addAction(action)
        action.triggered.connect(lambda checked=False: self._run(command))
        return action

    def _run(self, command: Command) -> None:
        self.asked.emit(command.id)
        command.run(self._window)
        self.refresh_soon()

    def remember(self, command_id: str) -> None:
        """Put this first among what was asked for lately by name."""
        self.recent = list(dict.fromkeys([command_id, *self.recent]))[:_KEPT]

    # Keys

    def keys(self, command_id: str) -> tuple[str, ...]:
        """The keys that ask for a command now."""
        return self.keyring.keymap.keys(command_id)

    def key_text(self, command_id: str) -> str:
        """The keys that ask for a command now, as the system writes them; "" when there are none."""
        return shown(self.keys(command_id))

    def _say_keys(self, command: Command) -> None:
        """Write the keys into the words of a command."""
        action, keys = self._by_id[command.id], self.keys(command.id)
        text = shown(keys)
        # The space bar is no shortcut of Qt, so the menu has to be told.
        action.setText(command.title + (f"\t{shown(keys[:1])}" if keys[:1] == (SPACE,) else ""))
        tip = f"{command.title.removesuffix('...')}{f' ({text})' if text else ''}: {command.hint}"
        action.setToolTip(tip)
        action.setWhatsThis(tip)
        self._say_why(command)

    def _say_why(self, command: Command) -> None:
        """A command that cannot be used says why, in the status bar and in its tip."""
        why_not = self.why_not(command)
        action = self._by_id[command.id]
        action.setStatusTip(why_not or command.hint)
        action.setToolTip("\n".join(filter(None, (action.whatsThis(), why_not))))

    def _on_keys(self) -> None:
        for command in COMMANDS:
            self._say_keys(command)
        self._bind()
        self.keys_changed.emit()

    def tap(self) -> None:
        """The space bar was tapped where frames are looked at."""
        command_id = self.keyring.keymap.owner(SPACE)
        if command_id is not None:
            self._by_id[command_id].trigger()

    def attach(self, window: QWidget, views: list[QWidget], canvas: QWidget) -> None:
        """Let the keys of every command work where they should."""
        self._widgets = {Place.WINDOW: [window], Place.VIEWS: [canvas, *views], Place.CANVAS: [canvas]}
        self._bind()

    def _bind(self) -> None:
        for twin, _ in self._twins:
            twin.setShortcuts([])
            twin.deleteLater()
        self._twins.clear()
        for command in COMMANDS:
            groups = by_place(command, self.keys(command.id))
            groups.pop(Place.TAP, None)
            action = self._by_id[command.id]
            for widget in {id(w): w for some in self._widgets.values() for w in some}.values():
                widget.removeAction(action)
            first = next(iter(groups), Place.WINDOW)
            self._let_work(action, first, groups.pop(first, ()))
            for place, keys in groups.items():
                self._let_work(self._twin(action), place, keys)

    def _twin(self, action: QAction) -> QAction:
        """Another action that asks for the same: a Qt action has one place where its keys work."""
        twin = QAction(self)
        twin.setAutoRepeat(action.autoRepeat())
        twin.triggered.connect(action.trigger)
        twin.setEnabled(action.isEnabled())
        self._twins.append((twin, action))
        return twin

    def _let_work(self, action: QAction, place: Place, keys: tuple[str, ...]) -> None:
        wide = place is Place.WINDOW
        contexts = Qt.ShortcutContext
        action.setShortcutContext(contexts.WindowShortcut if wide else contexts.WidgetWithChildrenShortcut)
        action.setShortcuts([QKeySequence(key) for key in keys])
        for widget in self._widgets.get(place, ()):
            widget.addAction(action)

    # Menus and bars

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
        if not is_open(self._window, command.room):
            return QCoreApplication.translate("Commands", command.room.value)
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
            there = is_open(self._window, command.room)
            action.setVisible(there)
            if action.isEnabled() is not (can[command.needs] and there):
                action.setEnabled(can[command.needs] and there)
                self._say_why(command)
            if command.checked is not None:
                action.setChecked(command.checked(self._window))
        for twin, action in self._twins:
            twin.setEnabled(action.isEnabled())

    def refresh_icons(self) -> None:
        """Paint the icons anew after the palette changed."""
        for command_id, command in self.commands.items():
            if command.icon:
                self._by_id[command_id].setIcon(theme.icon(command.icon))
