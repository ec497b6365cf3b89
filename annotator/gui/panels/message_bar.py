"""One sentence above the canvas when something went wrong or is done; the rest of the window keeps working."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from annotator.gui import theme


class MessageBar(QFrame):
    """A line with an icon, the sentence, at most one thing to do about it, and Dismiss."""

    action_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = QLabel()
        self._text = QLabel(wordWrap=True, textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._action = QPushButton()
        self._action.clicked.connect(self.action_chosen)
        self._dismiss = QToolButton()
        self._dismiss.setToolTip(self.tr("Dismiss"))
        self._dismiss.setAccessibleName(self.tr("Dismiss"))
        self._dismiss.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 5, 6, 5)
        for widget in (self._icon, self._text, self._action, self._dismiss):
            layout.addWidget(widget)
        layout.setStretch(1, 1)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence shown."""
        return self._text.text()

    def warn(self, text: str, *, action: str = "") -> None:
        """Say that something went wrong."""
        self._say(text, action, name="messageBar", icon="warning")

    def tell(self, text: str, *, action: str = "") -> None:
        """Say that something is done."""
        self._say(text, action, name="notice", icon="info")

    def _say(self, text: str, action: str, *, name: str, icon: str) -> None:
        self._text.setText(text)
        self._action.setText(action)
        self._action.setVisible(bool(action))
        self.setObjectName(name)
        self.style().unpolish(self)
        self.style().polish(self)
        self._icon.setPixmap(theme.icon(icon).pixmap(18, 18))
        self._dismiss.setIcon(theme.icon("dismiss"))
        self.show()
