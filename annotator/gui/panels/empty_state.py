"""What the middle of the window shows before anything is open."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from annotator.gui import theme
from annotator.gui.actions import Actions
from annotator.gui.recent import Recent

_SHOWN = 5
_ROOM, _WORDS, _ROW = 10, 130, 26  # pixels: between buttons, of what is said beside them, of what was opened lately
_NEW = "file.new"
_OPENERS = {"file.openFolder": "open-folder", "file.openVideo": "open-video", "file.openSample": "sample",
            "help.tutorial": "learn", _NEW: "add"}  # fmt: skip


class EmptyState(QWidget):
    """Ways in, where to drop files, and what was opened lately."""

    path_chosen = Signal(object)

    def __init__(self, actions: Actions, recent: Recent, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("emptyState")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.buttons: list[QPushButton] = []
        self.recent_buttons: list[QPushButton] = []
        self._recent = recent
        self._say = self._muted("")
        self._drop = self.tr("or drop a folder, images, a video, a project or a network here")
        self._lately = QWidget()
        self._lately.setMaximumWidth(520)
        self._lately.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._lay_out(actions)
        recent.changed.connect(self._show_recent)
        self._show_recent()
        self.show_waiting("")

    def _lay_out(self, actions: Actions) -> None:
        text = self.tr("Label football pitches, people and other things")
        title = QLabel(text, alignment=Qt.AlignmentFlag.AlignHCenter, wordWrap=True)
        title.setProperty("role", "title")
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addStretch(3)
        layout.addWidget(title)
        layout.addSpacing(14)
        for command_id in _OPENERS:
            if command_id == _NEW:
                layout.addSpacing(4)
                layout.addWidget(self._muted(self.tr("For people, card packets or points of your own")))
            layout.addWidget(self._button(actions[command_id]), 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(8)
        layout.addWidget(self._say)
        layout.addSpacing(14)
        layout.addWidget(self._lately, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(4)
        self._grid = QGridLayout(self._lately)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2)

    def _muted(self, text: str) -> QLabel:
        label = QLabel(text, alignment=Qt.AlignmentFlag.AlignHCenter)
        label.setProperty("role", "muted")
        return label

    def _button(self, action: QAction) -> QPushButton:
        button = QPushButton("  " + action.iconText().removesuffix("..."))
        button.setObjectName("opener")
        button.setIconSize(QSize(22, 22))
        button.setToolTip(action.toolTip())
        button.clicked.connect(action.trigger)
        self.buttons.append(button)
        return button

    def _show_recent(self) -> None:
        """List what was opened lately; what is not there any more can be taken out."""
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.recent_buttons = []
        paths = self._recent.paths[:_SHOWN]
        self._fit()
        if not paths:
            return
        self._last: QWidget = self.buttons[-1]
        heading = QLabel(self.tr("Opened lately"))
        heading.setProperty("role", "section")
        self._grid.addWidget(heading, 0, 0)
        for row, path in enumerate(paths, start=1):
            self._add_recent(row, path)

    def _add_recent(self, row: int, path: Path) -> None:
        gone = path in self._recent.missing
        button = QPushButton()
        button.setObjectName("recent")
        where = self.tr("not there any more") if gone else str(path.parent)
        room = self.fontMetrics().elidedText(where, Qt.TextElideMode.ElideMiddle, 300)
        button.setText(f"{path.name.replace('&', '&&')}   {room.replace('&', '&&')}")
        button.setToolTip(str(path))
        button.setAccessibleName(self.tr("Open {name}, {where}").format(name=path.name, where=where))
        button.setEnabled(not gone)
        button.clicked.connect(partial(self.path_chosen.emit, path))
        self._grid.addWidget(button, row, 0)
        # Made later than everything else, they would come last in the order of the Tab key.
        QWidget.setTabOrder(self._last, button)
        self._last = button
        self.recent_buttons.append(button)
        if gone:
            remove = QToolButton()
            remove.setIcon(theme.icon("dismiss"))
            remove.setToolTip(self.tr("Take {name} out of this list").format(name=path.name))
            remove.setAccessibleName(self.tr("Take {name} out of this list").format(name=path.name))
            remove.clicked.connect(partial(self._recent.forget, path))
            self._grid.addWidget(remove, row, 1)
            QWidget.setTabOrder(self._last, remove)
            self._last = remove

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a small window the ways in come before what was opened lately, which the File menu has, too."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        rows = len(self._recent.paths[:_SHOWN])
        wanted = sum(button.sizeHint().height() + _ROOM for button in self.buttons) + _WORDS
        self._lately.setVisible(rows > 0 and self.height() >= wanted + (rows + 1) * _ROW)

    def refresh_icons(self) -> None:
        """Paint the icons in the colours of the palette in use."""
        for button, name in zip(self.buttons, _OPENERS.values(), strict=True):
            button.setIcon(theme.icon(name))
        self._show_recent()

    def show_waiting(self, name: str) -> None:
        """Say that this is being opened; with no name, how to open something."""
        self._say.setText(self.tr("Opening {name}").format(name=name) if name else self._drop)
        for button in self.buttons:
            button.setEnabled(not name)
        self._lately.setEnabled(not name)
