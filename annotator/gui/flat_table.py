"""Tables whose rows can be chosen, or ticked: how they are made, how they look, and how a program changes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from PySide6.QtWidgets import QHeaderView, QTreeWidget

from annotator.gui import theme


def flat_table(name: str, titles: Sequence[str], widths: Sequence[int]) -> QTreeWidget:
    """An empty table; columns begin as wide as said, in pixels, and the last has what is left.

    ``name`` is what a screen reader calls it.
    """
    table = QTreeWidget()
    table.setAccessibleName(name)
    table.setRootIsDecorated(False)
    table.setHeaderLabels(list(titles))
    header = table.header()
    header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    for column, width in enumerate(widths):
        header.resizeSection(column, width)
    return table


def make_tickable(table: QTreeWidget) -> None:
    """Show boxes as plain as those beside a word, in both palettes; rows are equally high, however many there are."""
    colours = theme.tokens()
    tick = (theme.ICONS / f"{colours.tick}.svg").as_posix()
    table.setUniformRowHeights(True)
    table.setStyleSheet(
        "QTreeView::item { padding: 3px 4px; }"
        f"QTreeView::indicator {{ width: 13px; height: 13px; background: {colours.base};"
        f" border: 1px solid {colours.muted}; border-radius: 3px; }}"
        f"QTreeView::indicator:checked {{ background: {colours.accent}; border-color: {colours.accent};"
        f" image: url({tick}); }}"
    )


@contextmanager
def by_the_program(table: QTreeWidget) -> Iterator[None]:
    """Change rows without it being taken for a person's ticks."""
    table.blockSignals(True)
    try:
        yield
    finally:
        table.blockSignals(False)
        table.viewport().update()
