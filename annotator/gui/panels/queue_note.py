"""A line over the list of frames that says so when it is in the order of the review queue, and the way back."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from annotator.gui.review_queue import ReviewQueue


class QueueNote(QWidget):
    """Seen only while the window goes along the queue."""

    def __init__(self, queue: ReviewQueue) -> None:
        super().__init__()
        text = QLabel(self.tr("Order of the review queue"))
        text.setProperty("role", "muted")
        self.files = QPushButton(self.tr("Files"))
        self.files.setObjectName("small")
        self.files.setToolTip(self.tr("List the frames in the order of the files again"))
        self.files.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.files.clicked.connect(lambda: queue.switch(False))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(text, 1)
        layout.addWidget(self.files)
        self.setVisible(queue.is_on)
        queue.switched.connect(self.setVisible)
