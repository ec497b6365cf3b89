"""The command palette: type a few letters, see the commands that fit, Enter runs one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from annotator.gui import theme
from annotator.gui.actions import Actions
from annotator.gui.menus.command import Command
from annotator.gui.menus.search_words import words_of
from annotator.gui.menus.table import COMMANDS
from annotator.gui.rows import Index, paint_chosen


def score(text: str, query: str) -> int | None:
    """How well a text fits a query, lower is better; None when the letters do not occur in this order.

    Whole words at their beginning are best, then substrings, then scattered letters.
    """
    text, query = text.casefold(), query.casefold().strip()
    if not query:
        return 0
    at = text.find(query)
    if at >= 0:
        starts_word = at == 0 or not text[at - 1].isalnum()
        return at if starts_word else 100 + at
    place = -1
    gaps = 0
    for letter in query.replace(" ", ""):
        found = text.find(letter, place + 1)
        if found < 0:
            return None
        gaps += found - place - 1
        place = found
    return 1000 + gaps


_SMALL = frozenset(("a", "an", "the", "to", "of", "in", "on", "for", "with", "by", "and"))
_BY_WORDS = 300


def by_words(text: str, query: str) -> bool:
    """Whether every word that is typed begins one of the text, in whatever order; small words do not count."""
    asked = re.findall(r"\w+", query.casefold())
    asked = [word for word in asked if word not in _SMALL] or asked
    known = re.findall(r"\w+", text.casefold())
    return bool(asked) and all(any(one.startswith(word) for one in known) for word in asked)


def fitting(commands: Iterable[Command], query: str) -> list[Command]:
    """The commands that fit a query, best first, in the order of the table among equals."""
    found = []
    for place, command in enumerate(commands):
        by_title = score(command.title, query)
        by_hint = score(command.hint, query)
        scores = [by_title] if by_title is not None else []
        if by_hint is not None and by_hint < 1000:
            scores.append(500 + by_hint)
        other = words_of(command)
        by_other = score(other, query) if other else None
        if by_other is not None and by_other < 100:
            scores.append(200)
        elif by_words(f"{command.title} {command.hint} {other}", query):
            scores.append(_BY_WORDS)
        if scores:
            found.append((min(scores), place, command))
    return [command for _, _, command in sorted(found, key=lambda item: item[:2])]


class CommandsModel(QAbstractListModel):
    """The commands that fit what was typed."""

    def __init__(self, actions: Actions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self.commands: Sequence[Command] = ()
        self.show_query("")

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many fit."""
        return 0 if parent.isValid() else len(self.commands)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The command's words, or the command itself."""
        command = self.commands[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return command.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return command.hint
        if role == Qt.ItemDataRole.AccessibleTextRole:
            words = (command.title, self._actions.key_text(command.id), self._actions.why_not(command))
            return ", ".join(filter(None, words))
        return command if role == Qt.ItemDataRole.UserRole else None

    def show_query(self, query: str) -> None:
        """List what fits this query."""
        self.beginResetModel()
        recent = [self._actions.commands[id_] for id_ in self._actions.recent if id_ in self._actions.commands]
        # What was asked for lately comes first: before all others with nothing typed, among equals else.
        self.commands = fitting(dict.fromkeys([*recent, *COMMANDS]), query)
        self.endResetModel()


class CommandDelegate(QStyledItemDelegate):
    """A row: icon, title, and on the right the key, or why the command cannot be used now."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self._actions = actions

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Every row is equally high."""
        return QSize(200, option.fontMetrics.height() + 16)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        command = index.data(Qt.ItemDataRole.UserRole)
        if not isinstance(command, Command):
            return
        colours = theme.tokens()
        rect: QRect = option.rect
        paint_chosen(painter, option)
        why_not = self._actions.why_not(command)
        if command.icon:
            theme.icon(command.icon).paint(painter, QRect(rect.left() + 10, rect.center().y() - 8, 18, 18))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(colours.muted))
        right = why_not or self._actions.key_text(command.id)
        painter.drawText(rect.adjusted(0, 0, -12, 0), middle | Qt.AlignmentFlag.AlignRight, right)
        painter.setPen(QColor(colours.muted if why_not else colours.text))
        painter.drawText(rect.adjusted(38, 0, -12, 0), middle | Qt.AlignmentFlag.AlignLeft, command.title)


class Palette(QDialog):
    """A box over the window: what is typed, and what fits."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("palette")
        self.setWindowTitle(self.tr("Command palette"))
        self._actions = actions
        self.query = QLineEdit(placeholderText=self.tr("What do you want to do?"))
        self.query.setAccessibleName(self.tr("Search commands"))
        self.model = CommandsModel(actions, self)
        self.view = QListView()
        self.view.setModel(self.model)
        self.view.setItemDelegate(CommandDelegate(actions, self.view))
        self.view.setUniformItemSizes(True)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setAccessibleName(self.tr("Commands"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.setSpacing(8)
        layout.addWidget(self.query)
        layout.addWidget(self.view)
        self.resize(560, 420)
        self.query.textChanged.connect(self._on_text)
        self.query.installEventFilter(self)
        self.view.clicked.connect(self._run)
        self.view.setCurrentIndex(self.model.index(0))

    def open_over(self, window: QWidget) -> None:
        """Open near the top of the window, in its middle."""
        corner = window.mapToGlobal(window.rect().topLeft())
        self.move(corner.x() + (window.width() - self.width()) // 2, corner.y() + 72)
        self.open()
        self.query.setFocus()

    def _on_text(self, text: str) -> None:
        self.model.show_query(text)
        self.view.setCurrentIndex(self.model.index(0))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The arrows move through the list while the cursor stays in the box."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
            step = steps.get(Qt.Key(event.key()))
            if step is not None and self.model.rowCount():
                row = min(max(self.view.currentIndex().row() + step, 0), self.model.rowCount() - 1)
                self.view.setCurrentIndex(self.model.index(row))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run(self.view.currentIndex())
                return True
        return super().eventFilter(watched, event)

    def _run(self, index: QModelIndex) -> None:
        command = index.data(Qt.ItemDataRole.UserRole) if index.isValid() else None
        if isinstance(command, Command) and not self._actions.why_not(command):
            self.accept()
            self._actions.remember(command.id)
            self._actions[command.id].trigger()
