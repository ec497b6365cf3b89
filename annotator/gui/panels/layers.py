"""What is to be seen over the frame: layers, heatmap and the confidence below which predictions stay away."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from annotator.gui import theme
from annotator.gui.session import Session
from annotator.gui.view_state import HeatmapLayer, ViewSettings


class LayersPanel(QWidget):
    """Boxes, a choice and two sliders; each change is a new ``ViewSettings``."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.boxes: dict[str, QCheckBox] = {}
        self.heatmaps: dict[HeatmapLayer, QPushButton] = {}
        self._values: dict[QSlider, QLabel] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 6, 10, 10)
        layout.setSpacing(8)
        layout.addLayout(self._boxes())
        layout.addLayout(self._heatmap())
        layout.addLayout(self._sliders())
        layout.addStretch(1)
        self.show_settings(session.settings)
        session.settings_changed.connect(lambda: self.show_settings(session.settings))

    def _boxes(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(5)
        rows = (
            ("labels", self.tr("Labels"), "H", self.tr("Placed and constructed points and markings")),
            ("predictions", self.tr("Predictions"), "P", self.tr("What the network sees")),
            ("markings", self.tr("Markings"), "K", self.tr("Lines and circles as drawn")),
            ("ghost", self.tr("Pitch overlay"), "T", self.tr("The whole pitch where geometry has it")),
            ("names", self.tr("Names"), "N", self.tr("The names of the points")),
            ("residuals", self.tr("Residuals"), "R", self.tr("A red halo about what does not fit the rest")),
            ("spreads", self.tr("Uncertainty"), "Shift+R", self.tr("Where each point may be: two standard deviations")),
        )
        for place, (field, text, key, tip) in enumerate(rows):
            box = QCheckBox(text)
            box.setToolTip(f"{text} ({key}): {tip}")
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            box.toggled.connect(lambda on, name=field: self._set(**{name: on}))
            self.boxes[field] = box
            grid.addWidget(box, place // 2, place % 2)
        return grid

    def _heatmap(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(QLabel(self.tr("Heatmap")))
        row.addSpacing(12)
        row.addStretch(1)
        group = QButtonGroup(self)
        texts = {
            HeatmapLayer.NONE: (self.tr("None"), self.tr("Show no heatmap")),
            HeatmapLayer.SELECTED: (self.tr("Point"), self.tr("Heatmap of the active keypoint (M)")),
            HeatmapLayer.ALL: (self.tr("All"), self.tr("Heatmap of all keypoints (Shift+M)")),
        }
        for layer, (text, tip) in texts.items():
            button = QPushButton(text)
            button.setCheckable(True)
            button.setObjectName("segment")
            button.setToolTip(tip)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda checked=False, chosen=layer: self._set(heatmap=chosen))
            group.addButton(button)
            self.heatmaps[layer] = button
            row.addWidget(button)
        return row

    def _sliders(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        self.opacity = self._slider(self.tr("How strongly the heatmap covers the frame"))
        self.opacity.valueChanged.connect(lambda value: self._set(heatmap_opacity=value / 100))
        self.threshold = self._slider(self.tr("Predictions less sure than this are not shown and not accepted"))
        self.threshold.valueChanged.connect(lambda value: self._set(threshold=value / 100))
        for place, (text, slider) in enumerate(
            ((self.tr("Opacity"), self.opacity), (self.tr("Confidence"), self.threshold))
        ):
            value = QLabel(alignment=Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            value.setFont(theme.tabular(value.font()))
            value.setMinimumWidth(38)
            self._values[slider] = value
            slider.setAccessibleName(text)
            grid.addWidget(QLabel(text), place, 0)
            grid.addWidget(slider, place, 1)
            grid.addWidget(value, place, 2)
        return grid

    def _slider(self, tip: str) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, 100)
        slider.setPageStep(10)
        slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        slider.setToolTip(tip)
        return slider

    def _set(self, **changes: object) -> None:
        changed: ViewSettings = replace(self._session.settings, **changes)  # type: ignore[arg-type]
        self._session.set_settings(changed)

    def show_settings(self, settings: ViewSettings) -> None:
        """Show these settings without setting them again."""
        widgets = (*self.boxes.values(), *self.heatmaps.values(), self.opacity, self.threshold)
        for widget in widgets:
            widget.blockSignals(True)
        for field, box in self.boxes.items():
            box.setChecked(getattr(settings, field))
        self.heatmaps[settings.heatmap].setChecked(True)
        self.opacity.setValue(round(settings.heatmap_opacity * 100))
        self.threshold.setValue(round(settings.threshold * 100))
        for widget in widgets:
            widget.blockSignals(False)
        self.opacity.setEnabled(settings.heatmap is not HeatmapLayer.NONE)
        self._values[self.opacity].setText(f"{round(settings.heatmap_opacity * 100)} %")
        self._values[self.threshold].setText(f"{settings.threshold:.2f}")
