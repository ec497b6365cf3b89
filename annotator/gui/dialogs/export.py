"""What came of an export: a sentence, and everything that was left out and why."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QListWidget, QVBoxLayout, QWidget

from annotator.export import ExportReport
from annotator.gui.dialogs.export_wizard import ExportDialog
from annotator.gui.dialogs.export_words import summary

__all__ = ["ExportDialog", "ReportDialog", "export_report"]

translate = QCoreApplication.translate


class ReportDialog(QDialog):
    """What long work did, and every piece that it left out."""

    def __init__(self, title: str, summary: str, left_out: list[str], folder: Path | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        said = QLabel(summary, wordWrap=True, textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse)
        layout.addWidget(said)
        self.list = QListWidget()
        self.list.setUniformItemSizes(True)
        self.list.addItems(left_out)
        if left_out:
            layout.addWidget(self.list, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        if folder is not None:
            show = buttons.addButton(self.tr("Open folder"), QDialogButtonBox.ButtonRole.ActionRole)
            show.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))))
        layout.addWidget(buttons)
        self.resize(620, 420 if left_out else 150)


def export_report(report: ExportReport, parent: QWidget) -> ReportDialog:
    """The report page of an export."""
    left_out = [*report.warnings, *map(str, report.left_out), *map(str, report.points)]
    return ReportDialog(translate("Reports", "Export"), summary(report), left_out, report.folder, parent)
