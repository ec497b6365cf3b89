"""Carry the labels of all accepted frames: how far, and how many frames that would reach."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QFormLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from annotator.gui.dialogs.go_or_cancel import go_or_cancel
from annotator.gui.propagating import Carrying

_FARTHEST, _USUAL = 10_000, 50


class CarryAllDialog(QDialog):
    """A number to choose, what would come of it, and Carry."""

    def __init__(self, carrying: Carrying, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Carry labels of all accepted frames"))
        self._carrying = carrying
        self.farthest = QSpinBox(minimum=1, maximum=_FARTHEST, value=_USUAL)
        self.farthest.setSuffix(self.tr(" frames"))
        self.farthest.setAccessibleName(self.tr("At most so far each way"))
        self.preview = QLabel(wordWrap=True)
        self.preview.setMinimumWidth(380)
        explained = QLabel(
            self.tr(
                "Labels go along the motion of the picture, both ways, each frame from the accepted frame nearest to "
                "it. A run ends at a cut, and where it is no longer sure. What a person said stays as it is."
            ),
            wordWrap=True,
        )
        explained.setProperty("role", "muted")
        buttons, self.carry = go_or_cancel(self, self.tr("Carry"))
        form = QFormLayout()
        form.addRow(self.tr("At most so far each way"), self.farthest)
        layout = QVBoxLayout(self)
        # As high as its words are: they are never cut.
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        layout.setSpacing(12)
        for part in (explained, form, self.preview, buttons):
            if isinstance(part, QFormLayout):
                layout.addLayout(part)
            else:
                layout.addWidget(part)
        self.farthest.valueChanged.connect(self._show)
        self._show()

    def _show(self) -> None:
        keys, legs = self._carrying.keys(), self._carrying.plan(self.farthest.value())
        count = sum(leg.length for leg in legs)
        text = self.tr("Accepted frames: {keys}. Frames that may get labels from them: {count}.")
        self.preview.setText(text.format(keys=f"{len(keys):,}", count=f"{count:,}"))
        self.carry.setEnabled(count > 0)

    def accept(self) -> None:
        """Begin."""
        self._carrying.carry_all(self.farthest.value())
        super().accept()
