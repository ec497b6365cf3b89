"""What is to be seen over the frame: layers, heatmap, loupe, and the confidence below which predictions stay away."""

from __future__ import annotations

from collections.abc import Callable
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
from annotator.gui.panels.loupe_choice import LoupeChoice
from annotator.gui.session import Session
from annotator.gui.view_settings import LOUPE_ZOOMS, ViewSettings

_OF_PITCH, _OF_THINGS = frozenset({"ghost", "residuals", "spreads"}), frozenset({"boxes", "identities"})


class LayersPanel(QScrollArea):
    """Boxes, choices and two sliders; each change is a new ``ViewSettings``."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.boxes: dict[str, QCheckBox] = {}
        self._tips: dict[str, str] = {}
        self.heat = HeatChoice(session)
        self.heatmaps, self.opacity = self.heat.layers, self.heat.opacity
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        holder = QWidget()
        holder.setAutoFillBackground(False)
        layout = QVBoxLayout(holder)
        layout.setContentsMargins(10, 6, 10, 10)
        layout.setSpacing(7)
        layout.addLayout(self._boxes())
        layout.addLayout(self._confidence())
        layout.addWidget(self.heat)
        layout.addLayout(self._loupe())
        layout.addStretch(1)
        self.setWidget(holder)
        self.show_settings(session.settings)
        session.settings_changed.connect(lambda: self.show_settings(session.settings))
        session.project_changed.connect(self._furnish)
        self._furnish()

    def _boxes(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(5)
        rows = (
            ("labels", self.tr("Labels"), self.tr("Placed and constructed points and markings")),
            ("predictions", self.tr("Predictions"), self.tr("What the network sees")),
            ("markings", self.tr("Markings"), self.tr("Lines and circles as drawn")),
            ("boxes", self.tr("Boxes"), self.tr("Boxes of people or things")),
            ("identities", self.tr("By number"), self.tr("Skeletons in the colour of each one's number")),
            ("ghost", self.tr("Pitch overlay"), self.tr("The whole pitch where geometry has it")),
            ("names", self.tr("Names"), self.tr("The names of the points")),
            ("indices", self.tr("Indices"), self.tr("The numbers of the points, as data sets count them")),
            ("residuals", self.tr("Residuals"), self.tr("A red halo about what does not fit the rest")),
            ("spreads", self.tr("Uncertainty"), self.tr("Where each point may be: two standard deviations")),
        )
        for field, text, tip in rows:
            box = QCheckBox(text)
            box.setToolTip(f"{text}: {tip}")
            self._tips[field] = tip
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            box.toggled.connect(lambda on, name=field: self._set(**{name: on}))
            self.boxes[field] = box
        self._grid = grid
        return grid

    def _furnish(self) -> None:
        """Only the layers that the project's scheme has, without gaps between them."""
        things = self._session.people.is_on
        self.boxes["markings"].setText(self.tr("Skeleton") if things else self.tr("Markings"))
        place = 0
        for field, box in self.boxes.items():
            shown = field not in (_OF_PITCH if things else _OF_THINGS)
            shown &= field != "identities" or self._session.people.is_many
            # In the grid first: a box without a parent would be a window of its own.
            self._grid.addWidget(box, place // 2, place % 2)
            box.setVisible(shown)
            place += shown

    def use_keys(self, key_text: Callable[[str], str]) -> None:
        """Say the keys that change the layers."""
        for field, box in self.boxes.items():
            key = key_text(f"view.{field}")
            box.setToolTip(f"{box.text()}{f' ({key})' if key else ''}: {self._tips[field]}")
        self.loupe.say_key(key_text("view.loupe"))
        self.heat.use_keys(key_text)

    def _confidence(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(10)
        self.threshold = QSlider(Qt.Orientation.Horizontal)
        self.threshold.setRange(0, 100)
        self.threshold.setPageStep(10)
        self.threshold.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.threshold.setAccessibleName(self.tr("Confidence"))
        self.threshold.setToolTip(self.tr("Predictions less sure than this are not shown and not accepted"))
        self.threshold.valueChanged.connect(lambda value: self._set(threshold=value / 100))
        self._least = QLabel(alignment=Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._least.setFont(theme.tabular(self._least.font()))
        self._least.setMinimumWidth(38)
        row.addWidget(QLabel(self.tr("Confidence")))
        row.addWidget(self.threshold, 1)
        row.addWidget(self._least)
        return row

    def _loupe(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.loupe, self.loupe_zoom = LoupeChoice(self._session), QComboBox()
        for zoom in LOUPE_ZOOMS:
            self.loupe_zoom.addItem(f"{zoom}\u00d7", zoom)
        self.loupe_zoom.setToolTip(self.tr("How large the loupe shows the pixels of the frame (Alt+wheel)"))
        self.loupe_zoom.setAccessibleName(self.tr("Magnification of the loupe"))
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
        widgets = (*self.boxes.values(), self.threshold)
        for widget in widgets:
            widget.blockSignals(True)
        for field, box in self.boxes.items():
            box.setChecked(getattr(settings, field))
        self.threshold.setValue(round(settings.threshold * 100))
        for widget in widgets:
            widget.blockSignals(False)
        self.loupe_zoom.setCurrentIndex(self.loupe_zoom.findData(settings.loupe_zoom))
        self._least.setText(f"{settings.threshold:.2f}")
