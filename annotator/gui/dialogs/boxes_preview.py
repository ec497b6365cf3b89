"""The boxes of a file before they are taken: how many fit how many frames, of which kind and how sure."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from annotator.box_offers import BoxOffer, Category
from annotator.gui.detector_choice import USUAL_LEAST

translate = QCoreApplication.translate
_WIDE = 460


def category_text(one: Category) -> str:
    """A kind of things with what is known of it."""
    name = one.name or translate("Boxes", "category {number}").format(number=one.number)
    return translate("Boxes", "{name} ({count})").format(name=name, count=f"{one.boxes:,}")


class BoxesPreview(QDialog):
    """Shows what a file offers; ``asked`` brings the boxes by frame."""

    asked = Signal(object)

    def __init__(self, offer: BoxOffer, parent: QWidget) -> None:
        super().__init__(parent)
        self.offer = offer
        self.setWindowTitle(self.tr("Boxes from a file"))
        heading = QLabel(self.tr("Boxes of {name}").format(name=offer.path.name), wordWrap=True)
        heading.setProperty("role", "heading")
        heading.setMinimumWidth(_WIDE)
        self.counts = QLabel(wordWrap=True)
        explained = QLabel(
            self.tr(
                "A network looks into these boxes, in place of boxes found before. What you labelled stays, and nobody "
                "who has a label gets a second one."
            ),
            wordWrap=True,
        )
        explained.setProperty("role", "muted")
        self.remarks = QLabel("\n".join([*self._strangers(), *offer.remarks]), wordWrap=True)
        self.remarks.setTextFormat(Qt.TextFormat.PlainText)
        self.remarks.setVisible(bool(self.remarks.text()))
        layout = QVBoxLayout(self)
        # As high as its words are: they are never cut.
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        layout.setSpacing(12)
        for widget in (heading, explained):
            layout.addWidget(widget)
        layout.addLayout(self._questions())
        layout.addWidget(self.counts)
        layout.addWidget(self.remarks)
        layout.addWidget(self._buttons())
        self._refresh()

    def _questions(self) -> QFormLayout:
        form = QFormLayout()
        self.kinds = QComboBox()
        for one in self.offer.categories:
            self.kinds.addItem(category_text(one), one.number)
        self.kinds.setCurrentIndex(max(self.kinds.findData(self.offer.usual), 0))
        self.least = QDoubleSpinBox(minimum=0.0, maximum=1.0, singleStep=0.05, decimals=2)
        scores = self.offer.scores
        # Annotations are all sure; of detections most are not worth a look.
        self.least.setValue(USUAL_LEAST if scores.size and scores.min() < 1.0 else 0.0)
        form.addRow(self.tr("Boxes of"), self.kinds)
        form.addRow(self.tr("Least score"), self.least)
        form.setRowVisible(self.kinds, self.kinds.count() > 0)
        self.kinds.currentIndexChanged.connect(self._refresh)
        self.least.valueChanged.connect(self._refresh)
        return form

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = buttons.addButton(self.tr("Take boxes"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.go.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons

    def _strangers(self) -> list[str]:
        """What is said of images that no frame is of."""
        if not self.offer.strangers:
            return []
        text = self.tr("Images in it that are no frame of this project: {count} of {all}")
        return [text.format(count=f"{self.offer.strangers:,}", all=f"{self.offer.images:,}")]

    @property
    def _category(self) -> int | None:
        return self.kinds.currentData() if self.kinds.count() else None

    def _refresh(self) -> None:
        boxes, frames = self.offer.counts(self._category, self.least.value())
        text = self.tr("Boxes: {boxes}, in frames of this project: {frames}")
        self.counts.setText(text.format(boxes=f"{boxes:,}", frames=f"{frames:,}"))
        self.go.setEnabled(boxes > 0)

    def accept(self) -> None:
        """Take them."""
        self.asked.emit(self.offer.chosen(self._category, self.least.value()))
        super().accept()
