"""Plots of the frames: how sure the network is, how far labels lie from geometry and network; bars to click."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from annotator.gui import theme
from annotator.review.figures import Figures
from annotator.review.recheck import Agreement
from annotator.review.signs import Kind

translate = QCoreApplication.translate
MakePlot = Callable[[], pg.PlotWidget]
_WIDEST = 40.0
_SECONDS_A_DAY = 86400.0
_HAS_ONE = {"residual": "residual>0", "corrected": "-state:predicted -state:unseen"}
"""What keeps frames without such a value out of the first bar."""


def on_bar(plot: pg.PlotWidget, count: int, then: Callable[[int], None]) -> None:
    """Call ``then`` with the number of the bar that is clicked; bars stand at 0, 1, ... ``count`` - 1."""

    def clicked(event: object) -> None:
        at = plot.getPlotItem().vb.mapSceneToView(event.scenePos())  # type: ignore[attr-defined]
        place = int(np.floor(at.x() + 0.5))
        if 0 <= place < count:
            then(place)

    plot.scene().sigMouseClicked.connect(clicked)


def bar_query(word: str, edges: Sequence[float], place: int) -> str:
    """What asks for the frames of a bar; the last bar has all that is more."""
    low, high = edges[place], edges[place + 1]
    # A minus turns a comparison round: not below the low edge.
    above = f"-{word}<{low:.4g}" if place else _HAS_ONE.get(word, "")
    return above if place == len(edges) - 2 else f"{above} {word}<{high:.4g}".strip()


class FramePlots(QWidget):
    """Three histograms of frames; a click on a bar asks for its frames as a query of the review queue."""

    frames_wanted = Signal(str)

    def __init__(self, figures: Figures, make_plot: MakePlot, *, of_size: bool = False) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        px = tuple(np.linspace(0.0, _WIDEST, 21).tolist())
        shares = tuple(np.linspace(0.0, 1.0, 21).tolist())
        self.plots: dict[str, pg.PlotWidget] = {}
        apart = self.tr("Worst distance between label and network, px")
        second = (self.tr("Worst distance from the geometry, px"), "residual", Kind.GEOMETRY)
        if of_size:
            apart = self.tr("Worst distance between label and network, % of the size of the thing")
            second = (self.tr("Most unusual length, in deviations"), "length", Kind.BONE)
        for title, word, values, edges in (
            (self.tr("Confidence of predicted frames"), "confidence", figures.confidences(), shares),
            (second[0], second[1], figures.values.get(second[2], ()), px),
            (apart, "corrected", figures.values.get(Kind.CORRECTED, ()), px),
        ):
            label = QLabel(title if values else self.tr("{what}: not known yet").format(what=title))
            label.setProperty("role", "muted")
            layout.addWidget(label)
            plot = self._histogram(make_plot(), word, values, edges)
            plot.setVisible(bool(values))
            self.plots[word] = plot
            layout.addWidget(plot, 1)
        note = QLabel(self.tr("What the review queue found out so far. A click on a bar lists its frames."))
        note.setProperty("role", "muted")
        layout.addWidget(note)
        layout.addStretch(0)

    def _histogram(
        self, plot: pg.PlotWidget, word: str, values: Sequence[float], edges: tuple[float, ...]
    ) -> pg.PlotWidget:
        counts, _ = np.histogram(np.clip(values, edges[0], edges[-1] - 1e-9), edges)
        bars = np.arange(len(counts), dtype=float)
        accent = QColor(theme.tokens().accent)
        plot.addItem(pg.BarGraphItem(x=bars, height=counts, width=0.9, brush=accent, pen=None))
        plot.getAxis("bottom").setTicks([[(i - 0.5, f"{edges[i]:.4g}") for i in range(0, len(edges), 2)]])
        on_bar(plot, len(counts), lambda place: self.frames_wanted.emit(bar_query(word, edges, place)))
        return plot


def progress_plot(figures: Figures, make_plot: MakePlot) -> pg.PlotWidget:
    """How many frames were accepted by when, in days since the first."""
    plot = make_plot()
    times = np.array(figures.accepted_at)
    plot.setVisible(len(times) > 1)
    if len(times) > 1:
        days = (times - times[0]) / _SECONDS_A_DAY
        unit, name = (days, translate("Statistics", "days")) if days[-1] > 1.0 else (
            days * 24.0, translate("Statistics", "hours"))
        plot.setLabel("bottom", name)
        plot.setLabel("left", translate("Statistics", "frames"))
        accent = QColor(theme.tokens().accent)
        plot.addItem(pg.PlotDataItem(x=unit, y=np.arange(1, len(times) + 1), pen=pg.mkPen(accent, width=2)))
    return plot


def agreement_sentence(found: Agreement) -> str:
    """How far two answers to the same frame lie apart."""
    if found.median is None or found.p95 is None:
        return translate("Statistics", "Blind checks: none with points in both answers yet")
    text = translate(
        "Statistics",
        "Blind checks: {frames} frames, {points} points; {median} px apart in the middle, {p95} px for 95 %, "
        "{alone} of the points in one answer only",
    )
    if found.of_size:
        text = translate(
            "Statistics",
            "Blind checks: {frames} frames, {points} points; {median} % of the size of the thing apart in the middle, "
            "{p95} % for 95 %, {alone} of the points in one answer only",
        )
    if found.alike is not None:
        text += translate("Statistics", "; similarity {alike} (OKS)").format(alike=f"{found.alike:.3f}")
    for name, value in found.numbers.items():
        text += translate("Statistics", "; {name}: {value} apart").format(name=name, value=f"{value:.1f}")
    return text.format(
        frames=found.frames,
        points=found.points,
        median=f"{found.median:.1f}",
        p95=f"{found.p95:.1f}",
        alone=f"{found.one_sided:.0%}",
    )
