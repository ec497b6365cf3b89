"""Keys and mouse: every key looked up, changed, and printed."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFileDialog, QVBoxLayout, QWidget

from annotator.gui.actions import Actions
from annotator.gui.background import sentence
from annotator.gui.key_sheet import print_sheet, sheet, write_pdf
from annotator.gui.keys_page import KeysPage


class KeysDialog(QDialog):
    """The table of keys, and the way onto paper."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys and mouse"))
        self._actions = actions
        self.page = KeysPage(actions)
        self.search, self.tree = self.page.search, self.page.tree
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.to_paper = buttons.addButton(self.tr("Print..."), QDialogButtonBox.ButtonRole.ActionRole)
        self.to_file = buttons.addButton(self.tr("Save as PDF..."), QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        self.to_paper.clicked.connect(self._on_print)
        self.to_file.clicked.connect(self._on_save)
        for button in buttons.buttons():
            button.setProperty("autoDefault", False)
        layout = QVBoxLayout(self)
        layout.addWidget(self.page)
        layout.addWidget(buttons)
        self.resize(900, 600)
        self.search.setFocus()

    def _on_print(self) -> None:
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter

        printer = QPrinter()
        dialog = QPrintDialog(printer, self)
        dialog.accepted.connect(lambda: print_sheet(sheet(self._actions), printer))
        dialog.finished.connect(dialog.deleteLater)
        dialog.setWindowModality(Qt.WindowModality.WindowModal)
        dialog.show()

    def _on_save(self) -> None:
        kinds = self.tr("PDF files") + " (*.pdf)"
        name, _ = QFileDialog.getSaveFileName(self, self.tr("Save as PDF"), "touchline-keys.pdf", kinds)
        if name:
            self.save_to(Path(name))

    def save_to(self, path: Path) -> None:
        """Write the keys as a PDF file and say so."""
        try:
            write_pdf(sheet(self._actions), path)
        except OSError as error:
            self.page.says.setText(self.tr("{path} cannot be written: {why}").format(path=path, why=sentence(error)))
            return
        self.page.says.setText(self.tr("Saved as {path}").format(path=path))
