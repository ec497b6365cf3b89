"""What this program is, and what it is made of."""

from __future__ import annotations

import platform

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from annotator.commands import VERSION


class AboutDialog(QDialog):
    """Name, version, purpose, components."""

    def __init__(self, network: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About Touchline"))
        title = QLabel(f"Touchline {VERSION}")
        title.setProperty("role", "title")
        purpose = QLabel(self.tr("Label and review football-pitch keypoints on broadcast frames."))
        facts = QLabel(f"Qt {qVersion()}, Python {platform.python_version()}\n{network}")
        facts.setProperty("role", "muted")
        facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(10)
        for widget in (title, purpose, facts, buttons):
            layout.addWidget(widget)
