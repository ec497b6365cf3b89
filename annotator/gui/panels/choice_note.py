"""A line over the list of frames that says so when only chosen ones are listed, and the way back."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from annotator.gui.whole_clip import WholeClip


class ChoiceNote(QWidget):
    """Seen only while the frames to label are listed."""

    def __init__(self, clip: WholeClip) -> None:
        super().__init__()
        self._clip = clip
        self.text = QLabel()
        self.text.setProperty("role", "muted")
        self.all = QPushButton(self.tr("Show all"))
        self.all.setObjectName("small")
        self.all.setToolTip(self.tr("List all frames again"))
        self.all.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.all.clicked.connect(clip.show_all)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.all)
        clip.chosen_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        count = len(self._clip.chosen)
        self.setVisible(count > 0)
        self.text.setText(self.tr("Frames to label: {count}").format(count=f"{count:,}"))
