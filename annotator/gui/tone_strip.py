"""A small strip at the top of the canvas: how bright, with which contrast and gamma the frame is shown."""

from __future__ import annotations

import math
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QGridLayout, QLabel, QPushButton, QSlider, QWidget

from annotator.gui.session import Session
from annotator.gui.tone import GAMMAS, NEUTRAL, Tone

MARGIN = 10
STEPS = 100
WIDTH = 92
_ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End)


class _Slider(QSlider):
    """A slider from -1 to 1 that keeps its arrow keys from the shortcuts of the canvas."""

    def __init__(self, title: str, tip: str) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(-STEPS, STEPS)
        self.setPageStep(10)
        self.setFixedWidth(WIDTH)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(title)
        self.setToolTip(f"{title}: {tip}")

    def event(self, event: QEvent) -> bool:
        """Arrow keys move the slider that has the focus."""
        wanted = isinstance(event, QKeyEvent) and event.type() is QEvent.Type.ShortcutOverride
        if wanted and isinstance(event, QKeyEvent) and event.key() in _ARROWS:
            event.accept()
            return True
        return super().event(event)


class ToneStrip(QFrame):
    """Three sliders, the paint view, and the way back; each change is a new ``ViewSettings``."""

    def __init__(self, session: Session, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.setObjectName("toneStrip")
        self.setAutoFillBackground(True)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._session = session
        self._canvas = canvas
        self.brightness = _Slider(self.tr("Brightness"), self.tr("Lighter or darker throughout"))
        self.contrast = _Slider(self.tr("Contrast"), self.tr("Light and dark further apart or nearer"))
        self.gamma = _Slider(self.tr("Gamma"), self.tr("Lift the shadows, or deepen them"))
        self.paint = QCheckBox(self.tr("White lines"))
        self.paint.setToolTip(self.tr("Show what is thin and white, and the rest faintly"))
        self.paint.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.reset = QPushButton(self.tr("Reset"))
        self.reset.setObjectName("small")
        self.reset.setToolTip(self.tr("Show the frame as it is"))
        self.reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._lay_out()
        for slider in (self.brightness, self.contrast, self.gamma):
            slider.valueChanged.connect(self._take)
        self.paint.toggled.connect(self._take)
        self.reset.clicked.connect(lambda: self._set(NEUTRAL))
        session.settings_changed.connect(self.show_tone)
        canvas.installEventFilter(self)
        self.show_tone()
        self.hide()

    def _lay_out(self) -> None:
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(12, 6, 10, 6)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        sliders = (self.brightness, self.contrast, self.gamma)
        self._labels = [QLabel(slider.accessibleName()) for slider in sliders]
        self._flow(self._parts(), columns=8)

    def _parts(self) -> list[QWidget]:
        """What is in the strip, from left to right."""
        sliders = (self.brightness, self.contrast, self.gamma)
        pairs = [part for pair in zip(self._labels, sliders, strict=True) for part in pair]
        return [*pairs, self.paint, self.reset]

    def _flow(self, parts: list[QWidget], *, columns: int) -> None:
        """Side by side, or in rows of so many."""
        for place, part in enumerate(parts):
            self._grid.addWidget(part, place // columns, place % columns)

    def toggle(self) -> None:
        """Show the strip, or put it away; the tone stays."""
        self.setVisible(self.isHidden())
        if not self.isHidden():
            self._place()
            self.raise_()

    def show_tone(self) -> None:
        """Show the present tone without setting it again."""
        tone = self._session.settings.tone
        widgets = (self.brightness, self.contrast, self.gamma, self.paint)
        for widget in widgets:
            widget.blockSignals(True)
        self.brightness.setValue(round(tone.brightness * STEPS))
        self.contrast.setValue(round(tone.contrast * STEPS))
        self.gamma.setValue(round(STEPS * math.log(tone.gamma) / math.log(GAMMAS[1])))
        self.paint.setChecked(tone.paint)
        for widget in widgets:
            widget.blockSignals(False)
        self.reset.setEnabled(tone != NEUTRAL)

    def _take(self) -> None:
        gamma = math.exp(self.gamma.value() / STEPS * math.log(GAMMAS[1]))
        tone = Tone(
            brightness=self.brightness.value() / STEPS,
            contrast=self.contrast.value() / STEPS,
            gamma=min(max(gamma, GAMMAS[0]), GAMMAS[1]),
            paint=self.paint.isChecked(),
        )
        self._set(tone)

    def _set(self, tone: Tone) -> None:
        self._session.set_settings(replace(self._session.settings, tone=tone))

    def _place(self) -> None:
        """At the top of the canvas, in its middle, where crowds are; in rows of two where the canvas is narrow."""
        room = self._canvas.rect()
        for columns in (8, 2):
            self._flow(self._parts(), columns=columns)
            self._grid.activate()
            self.adjustSize()
            if self.width() <= room.width() - 2 * MARGIN:
                break
        left = max(MARGIN, (room.width() - self.width()) // 2)
        self.move(QPoint(left, MARGIN))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the middle when the canvas changes its size."""
        if event.type() is QEvent.Type.Resize and not self.isHidden():
            self._place()
        return False
