"""A quiet line under the picture while the frame is under a blind check: what is hidden, and why."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel

from annotator.gui import theme
from annotator.gui.session import Session


class BlindNote(QFrame):
    """Seen only on a frame under a blind check."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("tip")
        self._session = session
        self._icon = QLabel()
        self._icon.setAccessibleName(self.tr("Blind check"))
        text = self.tr(
            "Blind check: label this frame once more and accept it. Its labels and the prediction are hidden, so that "
            "the two answers can be compared."
        )
        self.label = QLabel(text, wordWrap=True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 5, 12, 5)
        layout.addWidget(self._icon)
        layout.addWidget(self.label, 1)
        session.frame_changed.connect(self._show)
        session.frames_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        self._icon.setPixmap(theme.icon("info").pixmap(16, 16))
        self.setVisible(self._session.is_blind)
