"""What stands in place of the picture when a frame cannot be shown, and what stands under it when no network looks."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from annotator.gui import theme
from annotator.gui.actions import Actions
from annotator.gui.panels.action_button import ActionButton

_GAP = 8
_WIDEST = 460


class FrameNotice(QFrame):
    """A card in the middle of the picture: this frame cannot be read, why, and how to go on."""

    def __init__(
        self, actions: Actions, parent: QWidget, *, is_last: Callable[[], bool], is_gone: Callable[[], bool]
    ) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._over, self._is_last, self._is_gone = parent, is_last, is_gone
        self._icon = QLabel(alignment=Qt.AlignmentFlag.AlignHCenter)
        self.title = QLabel(self.tr("This frame cannot be shown"), alignment=Qt.AlignmentFlag.AlignHCenter)
        self.title.setProperty("role", "heading")
        self.reason = QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignHCenter)
        self.reason.setTextFormat(Qt.TextFormat.PlainText)
        self.reason.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.reason.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        ids = "go.next", "go.first", "file.relink", "review.reject"
        self.buttons = [ActionButton(actions[command_id]) for command_id in ids]
        row = QHBoxLayout()
        row.addStretch(1)
        for button in self.buttons:
            row.addWidget(button)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 18, 24, 18)
        layout.setSpacing(10)
        for widget in (self._icon, self.title, self.reason):
            layout.addWidget(widget)
        layout.addLayout(row)
        parent.installEventFilter(self)
        self.hide()

    def show_reason(self, why: str) -> None:
        """Say why the frame on the screen cannot be shown; `leave` takes it back."""
        self.reason.setText(why)
        self.setAccessibleName(f"{self.title.text()}: {why}")
        # After the last frame there is no next one: the way on leads round again.
        following, first, relink, _ = self.buttons
        relink.setVisible(self._is_gone())
        following.setVisible(not self._is_last())
        first.setVisible(self._is_last())
        self.refresh_icons()
        self._place()
        self.show()
        self.raise_()

    def refresh_icons(self) -> None:
        """Paint the sign in the colours of the palette in use."""
        self._icon.setPixmap(theme.icon("warning").pixmap(28, 28))

    def leave(self) -> None:
        """Another frame is on the screen."""
        self.hide()

    def _place(self) -> None:
        width = min(self._over.width() - 2 * _GAP, _WIDEST)
        height = max(self.heightForWidth(width), self.minimumSizeHint().height())
        self.setGeometry((self._over.width() - width) // 2, (self._over.height() - height) // 2, width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep to the middle."""
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return False


class Tip(QFrame):
    """A line under the picture that teaches one thing, until it is no longer needed or sent away."""

    def __init__(self, text: str, actions: Actions, command_id: str) -> None:
        super().__init__()
        self.setObjectName("tip")
        self.sent_away = False
        self.label = QLabel(text, wordWrap=True)
        self.button = ActionButton(actions[command_id])
        self.button.setObjectName("small")
        self.dismiss = QToolButton()
        self.dismiss.setToolTip(self.tr("Do not show this again"))
        self.dismiss.setAccessibleName(self.tr("Do not show this again"))
        self.dismiss.clicked.connect(self._on_dismiss)
        self.dismiss.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 3, 6, 3)
        layout.addWidget(self.label, 1)
        layout.addWidget(self.button)
        layout.addWidget(self.dismiss)
        self.hide()

    def _on_dismiss(self) -> None:
        self.sent_away = True
        self.hide()

    def refresh_icons(self) -> None:
        """Paint the sign in the colours of the palette in use."""
        self.dismiss.setIcon(theme.icon("dismiss"))

    def show_while(self, wanted: bool) -> None:
        """Show the line while it helps, unless it was sent away."""
        self.refresh_icons()
        self.setVisible(wanted and not self.sent_away)
