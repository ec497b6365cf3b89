"""The two ways out of a dialog that asks before it does something."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton


def go_or_cancel(
    dialog: QDialog, text: str, go: Callable[[], object] | None = None
) -> tuple[QDialogButtonBox, QPushButton]:
    """Cancel, and a button with this text, which Enter presses; it accepts the dialog, or calls ``go``.

    The row of buttons comes back, and the button.
    """
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    button = buttons.addButton(text, QDialogButtonBox.ButtonRole.AcceptRole)
    button.setDefault(True)
    buttons.accepted.connect(go or dialog.accept)
    buttons.rejected.connect(dialog.reject)
    return buttons, button
