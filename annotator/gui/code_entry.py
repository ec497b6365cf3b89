"""Choosing a marking by its two letters: a small list over the canvas that narrows while one types."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractScrollArea, QLabel

from annotator.gui.plain_names import plain
from annotator.proposals import marking_codes

MARGIN = 12
_ROWS = 13


class CodeEntry(QLabel):
    """Takes the keys of the canvas from ``start`` until a marking is found or the person does something else."""

    chosen = Signal(str)

    def __init__(self, canvas: QAbstractScrollArea) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._codes = marking_codes()
        self.typed = ""
        self.setObjectName("codeEntry")
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setStyleSheet(
            "#codeEntry { background: rgba(16, 18, 20, 225); color: #f6f6f2; border-radius: 6px; padding: 8px; }"
        )
        self.hide()

    @property
    def matching(self) -> dict[str, str]:
        """The markings that can still be meant, by their codes."""
        return {code: name for code, name in self._codes.items() if code.startswith(self.typed)}

    def start(self) -> None:
        """Listen from now on; a second time ends it."""
        if self.isVisible():
            self.stop()
            return
        self.typed = ""
        self._canvas.setFocus(Qt.FocusReason.ShortcutFocusReason)
        for watched in (self._canvas, self._canvas.viewport()):
            watched.installEventFilter(self)
        self._show("")
        self.show()
        self.raise_()

    def stop(self) -> None:
        """Listen no longer."""
        for watched in (self._canvas, self._canvas.viewport()):
            watched.removeEventFilter(self)
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Letters are letters of the code; Escape, the space bar, a press or the focus going elsewhere ends it."""
        kind = event.type()
        if isinstance(event, QKeyEvent) and kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
            if event.key() == Qt.Key.Key_Space:
                self.stop()
            if not self._means_something(event):
                return False
            event.accept()
            if kind is QEvent.Type.KeyPress:
                self._on_key(event)
            return True
        elsewhere = isinstance(event, QFocusEvent) and event.reason() is not Qt.FocusReason.ActiveWindowFocusReason
        if (kind is QEvent.Type.FocusOut and elsewhere) or kind in (QEvent.Type.MouseButtonPress, QEvent.Type.Hide):
            self.stop()
        return False

    def _means_something(self, event: QKeyEvent) -> bool:
        plain_key = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
        named = event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Backspace)
        return plain_key and (named or (len(event.text()) == 1 and event.text().isprintable() and event.text() != " "))

    def _on_key(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape or (event.key() == Qt.Key.Key_Backspace and not self.typed):
            self.stop()
        elif event.key() == Qt.Key.Key_Backspace:
            self.typed = self.typed[:-1]
            self._show("")
        else:
            self._type(event.text().lower())

    def _type(self, letter: str) -> None:
        before, self.typed = self.typed, self.typed + letter
        found = self.matching
        if not found:
            self.typed = before
            wrong = (before + letter).upper()
            self._show(self.tr("No marking begins with {letters}").format(letters=wrong))
        elif self.typed in found:
            self.stop()
            self.chosen.emit(found[self.typed])
        else:
            self._show("")

    def _show(self, why: str) -> None:
        """The markings that match, in two columns, and what was typed."""
        rows = [f"<td><b>{code.upper()}</b></td><td>&nbsp;{escape(plain(name))}&nbsp;&nbsp;</td>"
                for code, name in self.matching.items()]  # fmt: skip
        half = min(_ROWS, len(rows))
        table = "".join(f"<tr>{''.join(rows[place::half])}</tr>" for place in range(half))
        head = self.tr("Marking: {letters}").format(letters=self.typed.upper() + "_" * (2 - len(self.typed)))
        note = f"<br>{escape(why)}" if why else ""
        self.setText(f"<b>{escape(head)}</b>{note}<table>{table}</table>")
        self.adjustSize()
        self.move(MARGIN, max(self._canvas.height() - self.height() - MARGIN, 0))
