"""The curves of a training: the loss on frames learnt from, and the score on frames held back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from annotator.gui import theme
from annotator.gui.training_words import progress_text
from annotator.training_runs import RunState, RunStatus

_FINE = 1000


def _lowest(score: list[float]) -> float:
    """Where the axis of a score begins: whole tens below all of it, so that a few points are to be seen."""
    return max(0.0, 10.0 * math.floor(min(score) / 10.0) - 10.0) if score else 0.0


class CurvesPage(QWidget):
    """How far a training is, and its two curves; pyqtgraph comes with the first of them."""

    def __init__(self) -> None:
        super().__init__()
        self.bar = QProgressBar(textVisible=False)
        self.bar.setRange(0, _FINE)
        self.bar.setAccessibleName(self.tr("Progress"))
        self.text = QLabel(wordWrap=True, textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse)
        self._plots = QHBoxLayout()
        self._plots.setSpacing(12)
        self.loss: Any = None
        self.score: Any = None
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addWidget(self.bar)
        layout.addLayout(self._plots, 1)

    def show_status(self, status: RunStatus) -> None:
        """Show where the training is now."""
        self.text.setText(progress_text(status))
        rendering = status.rendered is not None and status.state is RunState.RUNNING
        share = status.rendered[0] / max(1, status.rendered[1]) if rendering and status.rendered else status.share
        self.bar.setValue(round(_FINE * share))
        self.bar.setVisible(status.state is not RunState.DONE)
        if self.loss is None:
            self._build()
        curve = status.curve
        self._draw(self.loss, curve.samples, curve.loss, dots=len(curve.samples) < 2)
        score = [100 * value for value in curve.pck]
        self._draw(self.score, curve.validated, score, dots=True)
        self.score.setYRange(_lowest(score), 100.0, padding=0.03)

    def _build(self) -> None:
        self.loss = self._plot(self.tr("Loss"), self.tr("samples shown"))
        title = self.tr("Held-back labels within 10 px, whatever the confidence, %")
        self.score = self._plot(title, self.tr("samples shown"))

    def _plot(self, title: str, below: str) -> Any:
        import pyqtgraph as pg

        ink = self.palette().color(QPalette.ColorRole.Text)
        plot = pg.PlotWidget(background=self.palette().color(QPalette.ColorRole.Base))
        plot.setMouseEnabled(x=False, y=False)
        plot.hideButtons()
        plot.setMenuEnabled(False)
        plot.setAccessibleName(title)
        for side in ("left", "bottom"):
            axis = plot.getAxis(side)
            axis.setPen(QColor(ink.red(), ink.green(), ink.blue(), 90))
            axis.setTextPen(ink)
            axis.enableAutoSIPrefix(False)
        plot.setLabel("bottom", below)
        heading = QLabel(title)
        heading.setProperty("role", "section")
        column = QVBoxLayout()
        column.addWidget(heading)
        column.addWidget(plot, 1)
        self._plots.addLayout(column, 1)
        return plot

    def _draw(self, plot: Any, at: Any, values: Any, *, dots: bool) -> None:
        import pyqtgraph as pg

        accent = QColor(theme.tokens().accent)
        plot.clear()
        if len(at):
            plot.setXRange(0.0, float(max(at)))
            x, y = np.asarray(at, dtype=float), np.asarray(values, dtype=float)
            marks = {"symbol": "o", "symbolSize": 6, "symbolBrush": accent, "symbolPen": None} if dots else {}
            plot.addItem(pg.PlotDataItem(x=x, y=y, pen=pg.mkPen(accent, width=2), **marks))
