"""What a training came to: both networks in a table, by keypoint, in a sentence; and the card of the new one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFormLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.comparison import Comparison, Measures
from annotator.gui.dialogs.retrain_words import (
    MINUS,
    card_rows,
    interval_text,
    measure_hints,
    measure_titles,
    share_text,
    signed,
    verdict_text,
)
from annotator.gui.plain_names import spoken
from model.card import Card

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ResultPage(QWidget):
    """The verdict with its interval, the table of both networks, and keypoints by how much they changed."""

    def __init__(self) -> None:
        super().__init__()
        self._found: Comparison | None = None
        self.verdict = QLabel(wordWrap=True)
        self.verdict.setProperty("role", "heading")
        self.interval = QLabel(wordWrap=True, textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse)
        self.overall = _table(self.tr("Both networks"), ["", *measure_titles()], ["", *measure_hints()])
        points = [self.tr("Keypoint"), self.tr("Labels"), self.tr("Before"), self.tr("After"), self.tr("Change")]
        near = self.tr("Labels found within 10 px")
        self.points = _table(self.tr("Keypoints, most changed first"), points, ["", "", near, near, ""])
        layout = QVBoxLayout(self)
        for widget in (self.verdict, self.interval, self.overall):
            layout.addWidget(widget)
        layout.addWidget(self.points, 1)

    def show_comparison(self, found: Comparison | None, why_not: str, *, chosen_on_these: bool) -> None:
        """Show a comparison, or say why there is none; frames that the best round was chosen on flatter a little."""
        for widget in (self.interval, self.overall, self.points):
            widget.setVisible(found is not None)
        if found is None:
            self._found = None
            self.verdict.setText(why_not)
            return
        if found is self._found:
            return
        self._found = found
        self._show_unit(of_size=found.of_size)
        self.verdict.setText(verdict_text(found))
        said = interval_text(found)
        if chosen_on_these:
            said += " " + self.tr("The best round was chosen on these frames, which flatters the new network a little.")
        self.interval.setText(said)
        _fill(self.overall, self._rows(*found.measures))
        rows = self.overall.rowCount()
        height = self.overall.horizontalHeader().sizeHint().height() + rows * self.overall.rowHeight(0)
        self.overall.setFixedHeight(height + 2 * self.overall.frameWidth())
        listed = [
            [spoken(p.name), str(p.labels), str(p.before), str(p.after), signed(p.change, 0) if p.change else "0"]
            for p in found.points_by_change()
        ]
        _fill(self.points, listed)

    def _show_unit(self, *, of_size: bool) -> None:
        """Head the columns by what distances are measured in; other schemes have no pitch to lay through points."""
        near = self.tr("Labels found within 10 % of the size") if of_size else self.tr("Labels found within 10 px")
        for column in (2, 3):
            _head(self.points, column, hint=near)
        titles, hints = measure_titles(of_size=of_size), measure_hints(of_size=of_size)
        self.overall.setColumnHidden(len(measure_titles()), of_size)
        for column, (title, hint) in enumerate(zip(titles, hints, strict=True), 1):
            _head(self.overall, column, title=title, hint=hint)

    def _rows(self, before: Measures, after: Measures) -> list[list[str]]:
        def cells(one: Measures) -> list[str]:
            shares = [share_text(value) for value in (one.recall, one.precision, one.pck5, one.pck10)]
            return [*shares, _px(one.median), share_text(one.h10)]

        gaps = [
            signed(100 * (getattr(after, name) - getattr(before, name)), 1) if name != "median"
            else signed(after.median - before.median, 1)
            for name in Measures.__dataclass_fields__
        ]  # fmt: skip
        change = ["\u2013" if "nan" in gap else gap for gap in gaps]
        return [
            [self.tr("Before"), *cells(before)],
            [self.tr("After"), *cells(after)],
            [self.tr("Change"), *change],
        ]


def _px(value: float) -> str:
    return f"{value:.1f}" if value == value else "\u2013"


def _head(table: QTableWidget, column: int, *, hint: str, title: str = "") -> None:
    item = table.horizontalHeaderItem(column)
    if item is not None:
        item.setToolTip(hint)
        item.setText(title or item.text())


def _table(name: str, titles: Sequence[str], hints: Sequence[str]) -> QTableWidget:
    table = QTableWidget(0, len(titles))
    table.setAccessibleName(name)
    table.setHorizontalHeaderLabels(list(titles))
    for column, hint in enumerate(hints):
        item = table.horizontalHeaderItem(column)
        if item is not None:
            item.setToolTip(hint)
            item.setTextAlignment(_RIGHT if column else Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setTabKeyNavigation(False)
    header = table.horizontalHeader()
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    header.setHighlightSections(False)
    return table


def _fill(table: QTableWidget, rows: Sequence[Sequence[str]]) -> None:
    table.setRowCount(len(rows))
    for y, row in enumerate(rows):
        for x, text in enumerate(row):
            item = QTableWidgetItem(text.replace("-", MINUS) if x else text)
            if x:
                item.setTextAlignment(_RIGHT)
            table.setItem(y, x, item)


class CardPage(QWidget):
    """What is known of a network."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Card | None, bool] | None = None
        self.in_use = QLabel(wordWrap=True)
        self.in_use.setProperty("role", "heading")
        self._rows = QFormLayout()
        self._rows.setVerticalSpacing(8)
        self._rows.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        layout = QVBoxLayout(self)
        layout.addWidget(self.in_use)
        layout.addLayout(self._rows)
        layout.addStretch(1)

    def show_card(self, card: Card | None, path: Path, *, title: str, in_use: bool) -> None:
        """Show the card of the network in a file."""
        if self._shown == (card, in_use):
            return
        self._shown = (card, in_use)
        used = self.tr("\u201c{title}\u201d is the network in use").format(title=title)
        free = self.tr("\u201c{title}\u201d is not in use").format(title=title)
        none = self.tr("There is no network yet")
        self.in_use.setText(none if card is None else used if in_use else free)
        while self._rows.rowCount():
            self._rows.removeRow(0)
        if card is None:
            return
        for what, value in [*card_rows(card), (self.tr("File"), str(path))]:
            label = QLabel(value, wordWrap=True, textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setMinimumWidth(1)
            self._rows.addRow(what, label)

    def text(self) -> str:
        """All it says."""
        return "\n".join(label.text() for label in self.findChildren(QLabel))
