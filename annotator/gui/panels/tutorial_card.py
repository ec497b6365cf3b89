"""The card of the tutorial: a small sheet in a corner of the picture. It waits for nothing and stops nothing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

_GAP = 12
_WIDTH = 300
# Of the picture's sides at most, so that its middle stays free.
_SHARE = 0.45


class TutorialCard(QFrame):
    """What to do now, how far it is, and two ways out."""

    skipped = Signal()
    ended = Signal()

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("card")
        self._over = over
        self.title, self.text = QLabel(wordWrap=True), QLabel(wordWrap=True)
        self.title.setProperty("role", "heading")
        for label in (self.title, self.text):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._bar = QProgressBar(textVisible=False)
        self._bar.setAccessibleName(self.tr("Steps done"))
        self.skip = self._button(self.tr("Skip step"), self.skipped)
        self.leave_button = self._button(self.tr("End tutorial"), self.ended)
        row = QHBoxLayout()
        row.addWidget(self.skip)
        row.addStretch(1)
        row.addWidget(self.leave_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 10)
        layout.setSpacing(6)
        for widget in (self.title, self.text, self._bar):
            layout.addWidget(widget)
        layout.addLayout(row)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        over.installEventFilter(self)
        self.hide()

    def _button(self, text: str, signal: object) -> QPushButton:
        button = QPushButton(text, autoDefault=False)
        button.setObjectName("small")
        # A click leaves the keyboard with the picture: the next Space is the picture's.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(signal)
        return button

    def show_step(self, title: str, text: str, *, place: int, total: int) -> None:
        """Show a step; ``place`` steps of ``total`` are done."""
        new = (title, text) != (self.title.text(), self.text.text()) or self.isHidden()
        self.title.setText(title)
        self.text.setText(text)
        self._bar.setMaximum(total)
        self._bar.setValue(place)
        self.skip.setVisible(place < total)
        self.leave_button.setText(self.tr("End tutorial") if place < total else self.tr("Close"))
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self._put()
        self.show()
        self.raise_()
        if new:
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, f"{title}. {text}"))

    def leave(self) -> None:
        """The tutorial is over; the keyboard goes back to the picture if it was here."""
        here = self.focusWidget()
        focused = here is not None and here.hasFocus()
        self.hide()
        if focused:
            self._over.setFocus()

    def event(self, event: QEvent) -> bool:
        """Escape belongs to the card while the keyboard is here: the keys of the picture around it wait."""
        kind = QEvent.Type.ShortcutOverride
        if isinstance(event, QKeyEvent) and event.type() is kind and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape ends the tutorial while the keyboard is here; elsewhere it means what it always does."""
        if event.key() == Qt.Key.Key_Escape:
            self.ended.emit()
        else:
            super().keyPressEvent(event)

    def _put(self) -> None:
        """Into the lower left corner, clear of the navigator and of the picture's middle."""
        width = min(_WIDTH, round(self._over.width() * _SHARE))
        layout = self.layout()
        assert layout is not None
        height = max(layout.heightForWidth(width), layout.minimumSize().height())
        self.setGeometry(_GAP, self._over.height() - height - _GAP, width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the corner when the picture changes its size."""
        if event.type() is QEvent.Type.Resize and not self.isHidden():
            self._put()
        return False
