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


def timeline_rows() -> list[tuple[str, str]]:
    """What keys and mouse do while the timeline has the keyboard, where some mean other things than on the canvas."""
    return [
        (translate("Keys", "Space"), translate("Keys", "Play or stop")),
        ("L, J", translate("Keys", "Play forward or backward; once more for twice as fast")),
        ("K", translate("Keys", "Stop; held, J and L are single steps")),
        (translate("Keys", "Left, Right"), translate("Keys", "Frame before or next frame; with Shift choose a range")),
        (translate("Keys", "Up, Down"), translate("Keys", "Beginning of this shot, or of the next one")),
        (translate("Keys", "+, -, 0"), translate("Keys", "Show less or more of the clip, or all of it")),
        (translate("Keys", "Drag"), translate("Keys", "Go through the frames")),
        (translate("Keys", "Shift+drag"), translate("Keys", "Choose a range; Esc lets it go")),
        (translate("Keys", "Wheel, Shift+wheel"), translate("Keys", "Zoom at the pointer, go along the clip")),
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
    for gesture, meaning in timeline_rows():
        yield KeyRow("", translate("Keys", "Timeline"), gesture, "", meaning)


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
