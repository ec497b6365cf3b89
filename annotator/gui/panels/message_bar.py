"""One sentence over the canvas when something went wrong or is done; nothing moves, the window keeps working."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from annotator.gui import theme

_GAP = 8


class MessageBar(QFrame):
    """A line with an icon, the sentence and Dismiss, along the upper edge of its parent."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self._passing = False
        self._icon = QLabel()
        self._text = QLabel(wordWrap=True, textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._dismiss = QToolButton()
        self._dismiss.setToolTip(self.tr("Dismiss"))
        self._dismiss.setAccessibleName(self.tr("Dismiss"))
        self._dismiss.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 5, 6, 5)
        for widget in (self._icon, self._text, self._dismiss):
            layout.addWidget(widget)
        layout.setStretch(1, 1)
        parent.installEventFilter(self)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence shown."""
        return self._text.text()

    def warn(self, text: str) -> None:
        """Say that something went wrong."""
        self._say(text, name="messageBar", icon="warning")

    def warn_of_frame(self, text: str) -> None:
        """Say what is wrong with the frame on the screen; `leave_frame` takes it back."""
        self.warn(text)
        self._passing = True

    def leave_frame(self) -> None:
        """Another frame is on the screen: what was said of the one before is over."""
        if self._passing:
            self.hide()

    def tell(self, text: str) -> None:
        """Say that something is done."""
        self._say(text, name="notice", icon="info")

    def _say(self, text: str, *, name: str, icon: str) -> None:
        self._passing = False
        self._text.setText(text)
        self.setObjectName(name)
        self.style().unpolish(self)
        self.style().polish(self)
        self._icon.setPixmap(theme.icon(icon).pixmap(18, 18))
        self._dismiss.setIcon(theme.icon("dismiss"))
        self._place()
        self.show()
        self.raise_()

    def _place(self) -> None:
        room = self._over.width() - 2 * _GAP
        self.setGeometry(_GAP, _GAP, room, max(self.heightForWidth(room), self.sizeHint().height()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep to the edge when the parent changes its size."""
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return False
