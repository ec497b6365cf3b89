"""Choose which frames to label: how many, and from where."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QDialog, QFormLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from annotator.gui.dialogs.go_or_cancel import go_or_cancel
from annotator.gui.whole_clip import WholeClip

_MOST, _USUAL = 2000, 20


class ChooseFramesDialog(QDialog):
    """A number, whether all media count, and Choose."""

    def __init__(self, clip: WholeClip, *, several: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Choose frames to label"))
        self._clip = clip
        explained = QLabel(
            self.tr(
                "Lists the frames that differ most, by where the camera looks and by how they look, so that nobody "
                "labels neighbours. Blurred frames and those without a pitch are left out; what is labelled already "
                "counts as chosen."
            ),
            wordWrap=True,
        )
        explained.setProperty("role", "muted")
        explained.setMinimumWidth(400)
        self.count = QSpinBox(minimum=1, maximum=_MOST, value=_USUAL)
        self.count.setAccessibleName(self.tr("How many frames"))
        self.everywhere = QCheckBox(self.tr("From all videos and folders of the project"))
        self.everywhere.setVisible(several)
        form = QFormLayout()
        form.addRow(self.tr("How many frames"), self.count)
        buttons, self.choose = go_or_cancel(self, self.tr("Choose"))
        layout = QVBoxLayout(self)
        # As high as its words are: they are never cut.
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        layout.setSpacing(12)
        layout.addWidget(explained)
        layout.addLayout(form)
        layout.addWidget(self.everywhere)
        layout.addWidget(buttons)

    def accept(self) -> None:
        """Begin."""
        self._clip.choose(self.count.value(), everywhere=self.everywhere.isChecked())
        super().accept()
