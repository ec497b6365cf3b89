"""Every key and every gesture of the mouse as rows, and as a sheet of paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QMarginsF
from PySide6.QtGui import QPagedPaintDevice, QPageLayout, QPageSize, QPdfWriter, QTextDocument

from annotator.gui.menus.table import COMMANDS, MENUS
from annotator.gui.mnemonics import bare

if TYPE_CHECKING:
    from pathlib import Path

    from annotator.gui.actions import Actions

translate = QCoreApplication.translate
_WIDTHS = (18, 26, 56)


@dataclass(frozen=True)
class KeyRow:
    """One line: the id of a command ("" for a gesture of the mouse), its menu, name, keys and what it does."""

    id: str
    menu: str
    title: str
    keys: str
    hint: str


def mouse_rows() -> list[tuple[str, str]]:
    """What the mouse does on the canvas, and how."""
    return [
        (translate("Keys", "Wheel"), translate("Keys", "Zoom at the pointer")),
        (translate("Keys", "Shift+wheel"), translate("Keys", "Scroll sideways")),
        (translate("Keys", "Middle drag, Space+drag"), translate("Keys", "Pan")),
        (translate("Keys", "Double middle click"), translate("Keys", "Fit")),
        (translate("Keys", "Drag a point"), translate("Keys", "Place it there")),
        (translate("Keys", "Shift+drag"), translate("Keys", "Keep to one axis")),
        (translate("Keys", "Drag over empty ground"), translate("Keys", "Select what lies inside")),
        (translate("Keys", "Alt+drag over empty ground"), translate("Keys", "Zoom to the region")),
        (translate("Keys", "Right click"), translate("Keys", "Commands for what is there")),
        (translate("Keys", "Click on the pitch map"), translate("Keys", "Choose a point or a marking")),
    ]


def key_rows(actions: Actions) -> Iterator[KeyRow]:
    """Every command with its keys as they are now, and why it cannot be used now; then the mouse."""
    titles = dict(MENUS)
    for command in COMMANDS:
        menu = bare(translate("Menus", titles[command.menu])) if command.menu in titles else ""
        hint = actions.why_not(command) or command.hint
        title = command.title.removesuffix("...")
        yield KeyRow(command.id, menu or translate("Keys", "Canvas"), title, actions.key_text(command.id), hint)
    for gesture, meaning in mouse_rows():
        yield KeyRow("", translate("Keys", "Mouse"), gesture, "", meaning)


def sheet(actions: Actions) -> QTextDocument:
    """The keys as a document to print: a table for each menu, commands without a key left out."""
    groups: dict[str, list[str]] = {}
    for row in key_rows(actions):
        command = actions.commands.get(row.id)
        hint = row.hint if command is None else command.hint
        if row.keys or not row.id:
            texts = (row.keys, row.title, hint) if row.id else (row.title, hint, "")
            cells = "".join(f"<td width='{width}%'>{escape(text)}</td>"
                            for width, text in zip(_WIDTHS, texts, strict=True))  # fmt: skip
            groups.setdefault(row.menu, []).append(f"<tr>{cells}</tr>")
    title = escape(translate("Keys", "Keys and mouse of Touchline"))
    parts = [f"<h2>{title}</h2>"]
    for menu, lines in groups.items():
        parts.append(f"<h4>{escape(menu)}</h4><table width='100%' cellpadding='2'>{''.join(lines)}</table>")
    document = QTextDocument()
    document.setDefaultStyleSheet("td { font-size: 8pt; } h2 { font-size: 14pt; } h4 { font-size: 9pt; }")
    document.setHtml("".join(parts))
    return document


def print_sheet(document: QTextDocument, device: QPagedPaintDevice) -> None:
    """Print a document to paper, or to a file."""
    document.print_(device)


def write_pdf(document: QTextDocument, path: Path) -> None:
    """Write a document as a PDF file, on A4.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    # Qt says nothing about a file that it cannot open: opening it first gives the reason.
    with path.open("ab"):
        pass
    writer = QPdfWriter(str(path))
    layout = QPageLayout(
        QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, QMarginsF(15, 15, 15, 15)
    )
    writer.setPageLayout(layout)
    writer.setTitle(translate("Keys", "Keys and mouse of Touchline"))
    print_sheet(document, writer)
