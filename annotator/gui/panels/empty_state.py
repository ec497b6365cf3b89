"""What the middle of the window shows before anything is open."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from annotator.gui import theme
from annotator.gui.actions import Actions


class EmptyState(QWidget):
    """Three ways in, and where to drop files."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("emptyState")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.buttons: list[QPushButton] = []
        self._actions = actions
        title = QLabel(self.tr("Label football pitches"), alignment=Qt.AlignmentFlag.AlignHCenter)
        title.setProperty("role", "title")
        self._say = QLabel(alignment=Qt.AlignmentFlag.AlignHCenter)
        self._say.setProperty("role", "muted")
        self._drop = self.tr("or drop a folder, images, a video, a project or a network here")
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addStretch(3)
        layout.addWidget(title)
        layout.addSpacing(14)
        for command_id in ("file.openFolder", "file.openVideo", "file.openSample"):
            layout.addWidget(self._button(actions[command_id]), 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(8)
        layout.addWidget(self._say)
        layout.addStretch(4)
        self.show_waiting("")

    def _button(self, action: QAction) -> QPushButton:
        button = QPushButton("  " + action.iconText().removesuffix("..."))
        button.setObjectName("opener")
        button.setIconSize(QSize(22, 22))
        button.setToolTip(action.toolTip())
        button.clicked.connect(action.trigger)
        self.buttons.append(button)
        return button

    def refresh_icons(self) -> None:
        """Paint the icons in the colours of the palette in use."""
        for button, name in zip(self.buttons, ("open-folder", "open-video", "sample"), strict=True):
            button.setIcon(theme.icon(name))

    def show_waiting(self, name: str) -> None:
        """Say that this is being opened; with no name, how to open something."""
        self._say.setText(self.tr("Opening {name}").format(name=name) if name else self._drop)
        for button in self.buttons:
            button.setEnabled(not name)
