"""What is to be seen over the frame: layers, heatmap, loupe, and the confidence below which predictions stay away."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from annotator.gui import theme
from annotator.gui.panels.heat_choice import HeatChoice
from annotator.gui.session import Session
from annotator.gui.view_settings import LOUPE_ZOOMS, HeatmapLayer, LoupeWhen, ViewSettings


class LayersPanel(QScrollArea):
    """Boxes, choices and two sliders; each change is a new ``ViewSettings``."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.boxes: dict[str, QCheckBox] = {}
        self._values: dict[QSlider, QLabel] = {}
        self.heat = HeatChoice(session)
        self.heatmaps = self.heat.layers
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        holder = QWidget()
        holder.setAutoFillBackground(False)
        layout = QVBoxLayout(holder)
        layout.setContentsMargins(10, 6, 10, 10)
        layout.setSpacing(8)
        layout.addLayout(self._boxes())
        layout.addWidget(self.heat)
        layout.addLayout(self._sliders())
        layout.addLayout(self._loupe())
        layout.addStretch(1)
        self.setWidget(holder)
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
            ("indices", self.tr("Indices"), "Shift+N", self.tr("The numbers of the points, as data sets count them")),
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

    def _loupe(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.loupe, self.loupe_zoom = QComboBox(), QComboBox()
        texts = {
            LoupeWhen.PLACING: self.tr("While placing"),
            LoupeWhen.ALWAYS: self.tr("Always"),
            LoupeWhen.NEVER: self.tr("Never"),
        }
        for when, text in texts.items():
            self.loupe.addItem(text, when)
        for zoom in LOUPE_ZOOMS:
            self.loupe_zoom.addItem(f"{zoom}\u00d7", zoom)
        self.loupe.setToolTip(self.tr("Loupe (L): when the pixels under the pointer are shown large"))
        self.loupe.setAccessibleName(self.tr("Loupe"))
        self.loupe_zoom.setToolTip(self.tr("How large the loupe shows the pixels of the frame (Alt+wheel)"))
        self.loupe_zoom.setAccessibleName(self.tr("Magnification of the loupe"))
        self.loupe.activated.connect(lambda index: self._set(loupe=self.loupe.itemData(index)))
        self.loupe_zoom.activated.connect(lambda index: self._set(loupe_zoom=self.loupe_zoom.itemData(index)))
        row.addWidget(QLabel(self.tr("Loupe")))
        row.addStretch(1)
        for box in (self.loupe, self.loupe_zoom):
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(box)
        return row

    def _set(self, **changes: object) -> None:
        changed: ViewSettings = replace(self._session.settings, **changes)  # type: ignore[arg-type]
        self._session.set_settings(changed)

    def show_settings(self, settings: ViewSettings) -> None:
        """Show these settings without setting them again."""
        widgets = (*self.boxes.values(), self.opacity, self.threshold)
        for widget in widgets:
            widget.blockSignals(True)
        for field, box in self.boxes.items():
            box.setChecked(getattr(settings, field))
        self.opacity.setValue(round(settings.heatmap_opacity * 100))
        self.threshold.setValue(round(settings.threshold * 100))
        for widget in widgets:
            widget.blockSignals(False)
        self.loupe.setCurrentIndex(self.loupe.findData(settings.loupe))
        self.loupe_zoom.setCurrentIndex(self.loupe_zoom.findData(settings.loupe_zoom))
        self.opacity.setEnabled(settings.heatmap is not HeatmapLayer.NONE)
        self._values[self.opacity].setText(f"{round(settings.heatmap_opacity * 100)} %")
        self._values[self.threshold].setText(f"{settings.threshold:.2f}")
