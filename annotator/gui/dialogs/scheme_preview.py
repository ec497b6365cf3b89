"""What another scheme would do to a project's labels, in counts, before it is done."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt
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

from annotator.scheme import Scheme
from annotator.scheme_change import SchemeChange
from annotator.scheme_difference import difference

_FEW = 6
"""So many names are said in a line; the table has the points all."""


def _named(scheme: Scheme) -> str:
    text = QCoreApplication.translate("SchemePreview", "{title} ({id}, version {version})")
    return text.format(title=scheme.title, id=scheme.id, version=scheme.version)


def difference_lines(change: SchemeChange) -> list[str]:
    """What the new scheme says otherwise, a line for every kind."""
    translate = QCoreApplication.translate
    found = difference(change.old, change.new, change.mapping)
    listed = (
        (translate("SchemePreview", "Added: {names}"), found.added),
        (translate("SchemePreview", "Removed: {names}"), found.removed),
        (translate("SchemePreview", "Renamed: {names}"), tuple(f"{old} \u2192 {new}" for old, new in found.renamed)),
        (translate("SchemePreview", "Edges added: {names}"), tuple(f"{a} - {b}" for a, b in found.joined)),
        (translate("SchemePreview", "Edges removed: {names}"), tuple(f"{a} - {b}" for a, b in found.parted)),
        (translate("SchemePreview", "Also asked, or otherwise: {names}"), found.asked),
        (translate("SchemePreview", "Asked no longer: {names}"), found.unasked),
    )
    lines = [text.format(names=_few(names)) for text, names in listed if names]
    told = (
        (found.is_reordered, translate("SchemePreview", "The order of the points")),
        (found.are_mirrors_other, translate("SchemePreview", "Mirror pairs")),
        (found.are_sigmas_other, translate("SchemePreview", "Sigmas")),
        (found.are_colours_other, translate("SchemePreview", "Colours")),
    )
    other = [words for is_so, words in told if is_so]
    if other:
        lines.append(translate("SchemePreview", "Otherwise: {what}").format(what=", ".join(other)))
    return lines or [translate("SchemePreview", "Points, edges and what is asked stay as they are.")]


def _few(names: Sequence[str]) -> str:
    said = ", ".join(names[:_FEW])
    if len(names) <= _FEW:
        return said
    more = QCoreApplication.translate("SchemePreview", "{names} and {count} more")
    return more.format(names=said, count=len(names) - _FEW)


class SchemePreview(QDialog):
    """Every point with what becomes of it and in how many frames it is labelled, and what is lost."""

    def __init__(self, change: SchemeChange, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Change the scheme"))
        self.change = change
        text = self.tr("From {old} to {new}. Frames whose labels change: {count}").format(
            old=_named(change.old), new=_named(change.new), count=f"{change.frames:,}"
        )
        self.counts = QLabel(text, wordWrap=True)
        self.differences = QLabel("\n".join(difference_lines(change)), wordWrap=True)
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
        for widget in (self.counts, self.differences, self.points, self.losses, buttons):
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
