"""What another scheme would do to a project's labels, in counts, before it is done."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.scheme_change import SchemeChange


class SchemePreview(QDialog):
    """Every point with what becomes of it and in how many frames it is labelled, and what is lost."""

    def __init__(self, change: SchemeChange, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Change the scheme"))
        self.change = change
        text = self.tr("From {old} to {new}. Frames whose labels change: {count}").format(
            old=change.old.title, new=change.new.title, count=f"{change.frames:,}"
        )
        self.counts = QLabel(text, wordWrap=True)
        self.losses = QLabel(self._lost(), wordWrap=True)
        self.losses.setProperty("role", "warning" if change.lost or change.predictions else "muted")
        self.points = self._table()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = buttons.addButton(self.tr("Change the scheme"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.go.setAutoDefault(False)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (self.counts, self.points, self.losses, buttons):
            layout.addWidget(widget)
        self.resize(560, 480)

    def _lost(self) -> str:
        change = self.change
        words = {
            "points": self.tr("points"), "further things": self.tr("further people or things"),
            "drawn markings": self.tr("drawn markings"), "attributes": self.tr("what was asked beside the points"),
        }  # fmt: skip
        lines = [
            self.tr("Frames that lose {what}: {count}").format(what=words.get(what, what), count=f"{count:,}")
            for what, count in change.lost.items()
        ]
        if change.predictions:
            lines.append(self.tr("Stored predictions are forgotten: they name other points."))
        if not lines:
            return self.tr("No label is lost.")
        return "\n".join([*lines, self.tr("The history of each frame keeps what it said before.")])

    def _table(self) -> QTableWidget:
        change = self.change
        rows = [(old, new, change.points.get(old, 0)) for old, new in change.mapping.items()]
        table = QTableWidget(len(rows) + len(change.added), 3)
        table.setHorizontalHeaderLabels((self.tr("Point now"), self.tr("Becomes"), self.tr("Frames")))
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.verticalHeader().hide()
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        for row, (old, new, count) in enumerate(rows):
            becomes = self.tr("goes") if new is None else new
            number = QTableWidgetItem(f"{count:,}")
            number.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            for column, item in enumerate((QTableWidgetItem(old), QTableWidgetItem(becomes), number)):
                table.setItem(row, column, item)
        for row, name in enumerate(change.added, start=len(rows)):
            for column, text in enumerate((self.tr("new"), name, "")):
                table.setItem(row, column, QTableWidgetItem(text))
        return table
