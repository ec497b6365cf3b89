"""The schemes that are there, to choose one from: those of the program and a person's own."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from annotator.gui.dialogs.go_or_cancel import go_or_cancel
from annotator.gui.dialogs.scheme_choice import SchemeChoice
from annotator.scheme import Scheme
from annotator.schemes import known_schemes


class SchemePick(QDialog):
    """The list with pictures, as a new project has it; ``take`` is told which one was chosen."""

    def __init__(self, take: Callable[[Scheme], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Known schemes"))
        self._take = take
        self.choice = SchemeChoice(list(known_schemes().values()))
        self.choice.list.itemDoubleClicked.connect(lambda item: self.accept())
        buttons, self.go = go_or_cancel(self, self.tr("Take this one"))
        layout = QVBoxLayout(self)
        layout.addWidget(self.choice, 1)
        layout.addWidget(buttons)
        self.resize(600, 420)
        self.choice.list.setFocus()

    def accept(self) -> None:
        """Take it."""
        chosen = self.choice.chosen
        super().accept()
        if chosen is not None:
            self._take(chosen)


def pick_scheme(take: Callable[[Scheme], None], parent: QWidget) -> None:
    """Have one of the known schemes chosen over a dialog."""
    SchemePick(take, parent).open()
