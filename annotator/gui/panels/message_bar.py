"""Lines over the picture that say what is done or went wrong; nothing moves, the window keeps working."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, SignalInstance
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QEnterEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from annotator.gui import theme

_GAP = 8
_WIDEST = 720
_MOST = 3
SECONDS = 8.0

Way = tuple[str, Callable[[], object]]
"""The text of a button and what it does."""


class Toast(QFrame):
    """One line: an icon, the sentence, what can be done about it, and Dismiss."""

    ended = Signal()

    def __init__(self, text: str, *ways: Way, warning: bool, seconds: float | None) -> None:
        super().__init__()
        self.setObjectName("messageBar" if warning else "notice")
        self.text = text
        self.warning = warning
        self._icon = QLabel()
        self._icon.setAccessibleName(self.tr("Warning") if warning else self.tr("Notice"))
        self._label = QLabel(text, wordWrap=True, textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.buttons = [self._button(way) for way in ways]
        self.dismiss = QToolButton()
        self.dismiss.setToolTip(self.tr("Dismiss"))
        self.dismiss.setAccessibleName(self.tr("Dismiss"))
        self.dismiss.clicked.connect(self.ended)
        # A click leaves the keyboard where it was, mostly with the picture.
        self._label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for button in (*self.buttons, self.dismiss):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 5, 6, 5)
        for widget in (self._icon, self._label, *self.buttons, self.dismiss):
            self._row.addWidget(widget)
        self._row.setStretch(1, 1)
        self._clock: QTimer | None = None
        if seconds is not None:
            self._clock = QTimer(self, singleShot=True, interval=round(seconds * 1000))
            self._clock.timeout.connect(self.ended)
            self._clock.start()
        self.refresh_icons()

    def _button(self, way: Way) -> QPushButton:
        text, run = way
        button = QPushButton(text, autoDefault=False)
        button.setObjectName("small")
        button.clicked.connect(self.ended)
        button.clicked.connect(lambda: run())
        return button

    def wanted_width(self) -> int:
        """How wide the line is with its sentence in one row."""
        margins = self._row.contentsMargins()
        others = [self._icon.sizeHint(), *(button.sizeHint() for button in self.buttons), self.dismiss.sizeHint()]
        words = self.fontMetrics().horizontalAdvance(self.text) + 24
        gaps = self._row.spacing() * (len(others) + 1)
        return words + gaps + sum(size.width() for size in others) + margins.left() + margins.right()

    def refresh_icons(self) -> None:
        """Paint the icons in the colours of the palette in use."""
        self._icon.setPixmap(theme.icon("warning" if self.warning else "info").pixmap(18, 18))
        self.dismiss.setIcon(theme.icon("dismiss"))

    def enterEvent(self, event: QEnterEvent) -> None:
        """A line that is being read does not go away."""
        if self._clock is not None:
            self._clock.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """It was read: the clock begins anew."""
        if self._clock is not None:
            self._clock.start()
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape sends the line away."""
        if event.key() == Qt.Key.Key_Escape:
            self.ended.emit()
        else:
            super().keyPressEvent(event)


class MessageBar(QWidget):
    """The lines along the upper edge of their parent, the newest below; notices pass, warnings stay."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("messages")
        self._over = parent
        self.toasts: list[Toast] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        parent.installEventFilter(self)
        super().hide()

    @property
    def text(self) -> str:
        """The sentence shown last; "" when there is none."""
        return self.toasts[-1].text if self.toasts else ""

    def warn(self, text: str, *ways: Way) -> None:
        """Say that something went wrong, and what can be done about it; it stays until it is dismissed."""
        self._say(Toast(text, *ways, warning=True, seconds=None))

    def tell(self, text: str, *ways: Way) -> None:
        """Say that something is done, and where to look at it; it passes."""
        self._say(Toast(text, *ways, warning=False, seconds=SECONDS * (2 if ways else 1)))

    def tell_until(self, over: SignalInstance, text: str, *ways: Way) -> None:
        """As `tell`, of something that is so until this signal."""
        self.tell(text, *ways)
        toast = self.toasts[-1]

        def end() -> None:
            over.disconnect(end)
            self._end(toast)

        over.connect(end)

    def hide(self) -> None:
        """Say nothing any more."""
        for toast in list(self.toasts):
            self._end(toast)

    def _say(self, toast: Toast) -> None:
        for same in [other for other in self.toasts if other.text == toast.text]:
            self._end(same)
        if len(self.toasts) >= _MOST:
            self._end(next((other for other in self.toasts if not other.warning), self.toasts[0]))
        self.toasts.append(toast)
        toast.ended.connect(lambda: self._end(toast))
        self._layout.addWidget(toast)
        self._place()
        self.show()
        self.raise_()
        announcement = QAccessibleAnnouncementEvent(self, toast.text)
        politeness = QAccessible.AnnouncementPoliteness
        announcement.setPoliteness(politeness.Assertive if toast.warning else politeness.Polite)
        QAccessible.updateAccessibility(announcement)

    def _end(self, toast: Toast) -> None:
        if toast not in self.toasts:
            return
        self.toasts.remove(toast)
        had_focus = toast.isAncestorOf(self.focusWidget()) if self.focusWidget() is not None else False
        toast.hide()
        self._layout.removeWidget(toast)
        toast.deleteLater()
        if not self.toasts:
            super().hide()
        self._place()
        if had_focus:
            self._over.setFocus()

    def refresh_icons(self) -> None:
        """Paint the icons in the colours of the palette in use."""
        for toast in self.toasts:
            toast.refresh_icons()

    def _place(self) -> None:
        widest = max((toast.wanted_width() for toast in self.toasts), default=0)
        room = min(self._over.width() - 2 * _GAP, _WIDEST, widest)
        heights = [max(toast.heightForWidth(room), toast.sizeHint().height()) for toast in self.toasts]
        height = sum(heights) + self._layout.spacing() * max(len(heights) - 1, 0)
        self.setGeometry((self._over.width() - room) // 2, _GAP, room, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep to the edge when the parent changes its size."""
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return False
