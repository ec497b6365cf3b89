"""The choices of an export: what goes out, how it is split, and, folded away, what few people need."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from annotator.export import Box, ExportKind, ExportOptions, GroupBy, Images, Scope, Splits, Unaccepted
from annotator.export.options import CARRIES_IMAGES, HAS_BOX, HAS_SPLITS
from annotator.export.splits import parse_shares, read_split_lists
from annotator.formats.documents import FormatError
from annotator.formats.soccernet import Dialect
from annotator.gui.dialogs.export_words import choices

_SEEDS = 999_999


class ExportForm(QWidget):
    """Turns what is chosen into options of an export; ``problem`` says why they cannot be, "" when they can."""

    changed = Signal()

    def __init__(self, threshold: float) -> None:
        super().__init__()
        self._kind = ExportKind.TRAINING_SET
        self.lists: tuple[Path, ...] = ()
        self._fixed: tuple[tuple[str, str], ...] = ()
        self.problem = ""
        self._build_choices(threshold)
        self._build_splits()
        self._rows = QFormLayout()
        self._folded = QFormLayout()
        for form in (self._rows, self._folded):
            form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
            form.setVerticalSpacing(8)
            form.setContentsMargins(0, 0, 0, 0)
        self._rows.addRow(self.tr("Frames"), self.scope)
        self._rows.addRow(self.tr("Points nobody accepted"), self._row(self.unaccepted, self.threshold))
        self._rows.addRow(self.tr("Images"), self.images)
        self._rows.addRow(self.tr("Split"), self._row(self.split, self.shares))
        self._rows.addRow(self.tr("Kept together"), self.group)
        self._build_more()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._rows)
        layout.addWidget(self.more)
        layout.addWidget(self._folding)
        self.show_kind(self._kind)

    def _build_choices(self, threshold: float) -> None:
        self.scope = self._combo(self.tr("Frames"), Scope)
        self.unaccepted = self._combo(self.tr("Points nobody accepted"), Unaccepted)
        self.threshold = QDoubleSpinBox(minimum=0.0, maximum=1.0, singleStep=0.05, decimals=2, value=threshold)
        self.threshold.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self.threshold.setAccessibleName(self.tr("Confidence from which on they are taken"))
        self.threshold.setToolTip(self.tr("Confidence from which on points of the network are taken"))
        self.threshold.setPrefix(self.tr("from ", "confidence"))
        self.threshold.valueChanged.connect(self._on_changed)
        self.images = self._combo(self.tr("Images"), Images)
        self.box = self._combo(self.tr("Box"), Box)
        self.dialect = self._combo(self.tr("Names of lines"), Dialect)

    def _build_splits(self) -> None:
        self.split = QCheckBox(self.tr("Train, validation"))
        self.split.toggled.connect(self._on_changed)
        self.shares = QLineEdit("80/20")
        self.shares.setMaximumWidth(110)
        self.shares.setAccessibleName(self.tr("Shares of train, validation and test"))
        self.shares.setToolTip(self.tr("Shares of train, validation and, if wanted, test, such as 70/20/10"))
        self.shares.textChanged.connect(self._on_changed)
        self.group = self._combo(self.tr("Kept together"), GroupBy)
        self.seed = QSpinBox(minimum=0, maximum=_SEEDS)
        self.seed.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.seed.setAccessibleName(self.tr("Seed of the split"))
        self.seed.valueChanged.connect(self._on_changed)

    def _build_more(self) -> None:
        self.more = QToolButton()
        self.more.setCheckable(True)
        self.more.setText(self.tr("More choices"))
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.setArrowType(Qt.ArrowType.RightArrow)
        self.list_button = QPushButton(self.tr("Choose..."), autoDefault=False)
        self.list_button.setToolTip(self.tr("Text files called train, valid and test, with a frame's name a line"))
        self.list_button.clicked.connect(self._choose_lists)
        self._folded.addRow(self.tr("Seed"), self.seed)
        self._folded.addRow(self.tr("Fixed lists"), self.list_button)
        self._folded.addRow(self.tr("Box"), self.box)
        self._folded.addRow(self.tr("Names of lines"), self.dialect)
        self._folding = QWidget()
        self._folding.setLayout(self._folded)
        self._folding.hide()
        self.more.toggled.connect(self._fold)

    def _fold(self, on: bool) -> None:
        self.more.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        self._folding.setVisible(on)

    def _combo(self, name: str, kind: type[Enum]) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        words = choices()
        for choice in kind:
            box.addItem(words[choice], choice)
        box.currentIndexChanged.connect(self._on_changed)
        return box

    def _row(self, *widgets: QWidget) -> QHBoxLayout:
        row = QHBoxLayout()
        for number, widget in enumerate(widgets):
            row.addWidget(widget, 1 if number == 0 else 0)
        return row

    def _choose_lists(self) -> None:
        kinds = self.tr("Lists of frames") + " (*.txt)"
        chosen, _ = QFileDialog.getOpenFileNames(self, self.tr("Fixed lists"), "", kinds)
        if chosen:
            self.take_lists([Path(name) for name in chosen])

    def take_lists(self, paths: Sequence[Path]) -> None:
        """Take the splits of these lists."""
        try:
            self._fixed = read_split_lists(paths)
        except FormatError as error:
            self.problem = str(error)
            self.lists, self._fixed = (), ()
        else:
            self.lists = tuple(paths)
        names = ", ".join(path.name for path in self.lists)
        self.list_button.setText(names or self.tr("Choose..."))
        self._on_changed()

    def show_kind(self, kind: ExportKind) -> None:
        """Offer the choices that a format has."""
        self._kind = kind
        usual = ExportOptions(kind)
        self.images.setCurrentIndex(self.images.findData(usual.placing))
        model = self.images.model()
        row = self.images.findData(Images.REFERENCE)
        enabled = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        flags = Qt.ItemFlag.NoItemFlags if kind in CARRIES_IMAGES else enabled
        model.setData(model.index(row, 0), flags.value, Qt.ItemDataRole.UserRole - 1)
        self.split.setChecked(kind in HAS_SPLITS)
        self.split.setEnabled(kind not in HAS_SPLITS)
        shown = {
            self.images: kind is not ExportKind.CAMERAS,
            self.box: kind in HAS_BOX,
            self.dialect: kind is ExportKind.SOCCERNET,
        }
        for widget, on in shown.items():
            for form in (self._rows, self._folded):
                if form.indexOf(widget) >= 0:
                    form.setRowVisible(widget, on)
        self._on_changed()

    def options(self) -> ExportOptions | None:
        """What is chosen; None where it cannot be, and ``problem`` says why."""
        try:
            self.problem = ""
            return ExportOptions(
                self._kind,
                scope=self.scope.currentData(),
                unaccepted=self.unaccepted.currentData(),
                threshold=round(self.threshold.value(), 4),
                images=self.images.currentData(),
                box=self.box.currentData(),
                splits=self._splits(),
                dialect=self.dialect.currentData(),
            )
        except ValueError:
            self.problem = self.tr("Shares are numbers such as 80/20 or 70/20/10.")
            return None

    def _splits(self) -> Splits | None:
        if not self.split.isChecked():
            return None
        shares = parse_shares(self.shares.text())
        return Splits(shares, self.seed.value(), self.group.currentData(), self._fixed)

    def _on_changed(self) -> None:
        if not hasattr(self, "_folding"):
            return
        takes = self.unaccepted.currentData() is Unaccepted.ACCEPT or self.scope.currentData() is Scope.CONFIDENT
        self.unaccepted.setEnabled(self.scope.currentData() is not Scope.CONFIDENT)
        self.threshold.setVisible(takes)
        for widget in (self.shares, self.seed, self.group, self.list_button):
            widget.setEnabled(self.split.isChecked())
        self.changed.emit()
