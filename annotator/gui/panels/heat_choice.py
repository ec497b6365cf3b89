"""Which heatmap lies over the frame, in which colours, and the peaks of the active keypoint's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from annotator.gui import theme
from annotator.gui.colours import heat_colours
from annotator.gui.heat import Peak, peaks_of, rivalry
from annotator.gui.session import Session
from annotator.gui.view_settings import HeatColours, HeatmapLayer, ViewSettings

SWATCH = QSize(52, 10)
_COMMANDS = {
    HeatmapLayer.SELECTED: "view.heatmap",
    HeatmapLayer.ALL: "view.heatmapAll",
    HeatmapLayer.ENTROPY: "view.heatmapDoubt",
    HeatmapLayer.BACKGROUND: "view.heatmapBackground",
}


def swatch(colours: HeatColours) -> QIcon:
    """The scale from low to high, as it is painted."""
    row = heat_colours(colours, np.linspace(0.2, 0.94, SWATCH.width())).astype(np.uint8)
    pixels = np.ascontiguousarray(np.broadcast_to(row, (SWATCH.height(), *row.shape)))
    form = QImage.Format.Format_RGB888
    image = QImage(pixels.data, SWATCH.width(), SWATCH.height(), pixels.strides[0], form).copy()
    return QIcon(QPixmap.fromImage(image))


class HeatChoice(QWidget):
    """Five buttons, a choice of colours and a line of figures; each change is a new ``ViewSettings``."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.layers: dict[HeatmapLayer, QPushButton] = {}
        self._tips: dict[HeatmapLayer, str] = {}
        self.colours = QComboBox()
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.share = QLabel(alignment=Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.peaks = QLabel()
        self.peaks.setProperty("role", "muted")
        self.peaks.setFont(theme.tabular(self.peaks.font()))
        self.peaks.setWordWrap(True)
        self.peaks.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        layout.addLayout(self._buttons())
        layout.addLayout(self._strength())
        layout.addWidget(self.peaks)
        for signal in (
            session.settings_changed, session.active_changed, session.resolved_changed, session.frame_changed,
        ):  # fmt: skip
            signal.connect(self.refresh)
        self.refresh()

    def _strength(self) -> QHBoxLayout:
        """Colours and opacity side by side: both are of the heatmap that is shown."""
        row = QHBoxLayout()
        row.setSpacing(10)
        names = {
            HeatColours.MAGMA: self.tr("Magma"),
            HeatColours.INFERNO: self.tr("Inferno"),
            HeatColours.VIRIDIS: self.tr("Viridis"),
            HeatColours.CIVIDIS: self.tr("Cividis"),
        }
        self.colours.setIconSize(SWATCH)
        self.colours.setToolTip(self.tr("Colours of the heatmap: each rises evenly in lightness"))
        self.colours.setAccessibleName(self.tr("Colours of the heatmap"))
        self.colours.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for colours, name in names.items():
            self.colours.addItem(swatch(colours), name, colours)
        self.colours.activated.connect(self._choose_colours)
        self.opacity.setRange(0, 100)
        self.opacity.setPageStep(10)
        self.opacity.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.opacity.setAccessibleName(self.tr("Opacity"))
        self.opacity.setToolTip(self.tr("Opacity: how strongly the heatmap covers the frame"))
        self.opacity.valueChanged.connect(lambda value: self._set(heatmap_opacity=value / 100))
        self.share.setFont(theme.tabular(self.share.font()))
        self.share.setMinimumWidth(38)
        row.addWidget(self.colours)
        row.addWidget(self.opacity, 1)
        row.addWidget(self.share)
        return row

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(0)
        group = QButtonGroup(self)
        texts = {
            HeatmapLayer.NONE: (self.tr("No heat"), self.tr("Show no heatmap")),
            HeatmapLayer.SELECTED: (self.tr("Point"), self.tr("Heatmap of the active keypoint")),
            HeatmapLayer.ALL: (self.tr("All"), self.tr("Heatmap of all keypoints")),
            HeatmapLayer.ENTROPY: (self.tr("Doubt"), self.tr("Where the network cannot decide: entropy, up to 2 bits")),
            HeatmapLayer.BACKGROUND: (self.tr("Ground"), self.tr("Where the network sees no keypoint at all")),
        }
        for layer, (text, tip) in texts.items():
            button = QPushButton(text)
            button.setCheckable(True)
            button.setObjectName("segment")
            button.setToolTip(tip)
            self._tips[layer] = tip
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda checked=False, chosen=layer: self._set(heatmap=chosen))
            group.addButton(button)
            self.layers[layer] = button
            row.addWidget(button, 1)
        return row

    def use_keys(self, key_text: Callable[[str], str]) -> None:
        """Say the keys of those that have a command."""
        for layer, command_id in _COMMANDS.items():
            tip, key = self._tips[layer], key_text(command_id)
            self.layers[layer].setToolTip(f"{tip} ({key})" if key else tip)

    def _choose_colours(self, index: int) -> None:
        self._set(heat_colours=self.colours.itemData(index))

    def _set(self, **changes: object) -> None:
        changed: ViewSettings = replace(self._session.settings, **changes)  # type: ignore[arg-type]
        self._session.set_settings(changed)

    def refresh(self) -> None:
        """Show the present choice, and the peaks of the active keypoint."""
        settings = self._session.settings
        self.layers[settings.heatmap].setChecked(True)
        self.colours.setCurrentIndex(list(HeatColours).index(settings.heat_colours))
        self.opacity.blockSignals(True)
        self.opacity.setValue(round(settings.heatmap_opacity * 100))
        self.opacity.blockSignals(False)
        self.share.setText(f"{round(settings.heatmap_opacity * 100)} %")
        for widget in (self.opacity, self.colours):
            widget.setEnabled(settings.heatmap is not HeatmapLayer.NONE)
        text = ""
        name, prediction = self._session.active_keypoint, self._session.prediction
        if name is not None and prediction is not None and self.isVisible():
            text = self.tell(peaks_of(prediction, name))
        if text != self.peaks.text():
            self.peaks.setText(text)
        self.peaks.setVisible(settings.heatmap is not HeatmapLayer.NONE)

    def tell(self, peaks: tuple[Peak, ...]) -> str:
        """Where a heatmap is high, in words."""
        if not peaks:
            return self.tr("No peak")
        first = peaks[0]
        text = self.tr("Peak {value:.2f} at {x:.0f}, {y:.0f}").format(value=first.value, x=first.x, y=first.y)
        rival = rivalry(peaks)
        if rival is None:
            return text
        ratio, away = rival
        second = self.tr("second {value:.2f}, ratio {ratio:.2f}, {away:.0f} px away")
        return text + "; " + second.format(value=peaks[1].value, ratio=ratio, away=away)

    def showEvent(self, event: QShowEvent) -> None:
        """Peaks are looked for only while they are to be seen."""
        self.refresh()
