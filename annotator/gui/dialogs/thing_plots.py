"""Figures of a project's things: how many a frame has, and what was said of them beside their points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from annotator.gui import theme
from annotator.gui.review_words import thing
from annotator.statistics import Statistics

MakePlot = Callable[[], pg.PlotWidget]
_BARS = 26
_MOST = 30


class ThingPlots(QWidget):
    """Bars: frames by the number of things in them, and every number and choice that the scheme asks."""

    def __init__(self, statistics: Statistics, make_plot: MakePlot) -> None:
        super().__init__()
        self._make_plot = make_plot
        self._column = QVBoxLayout(self)
        self.plots: dict[str, pg.PlotWidget] = {}
        if max(statistics.things, default=0) > 1:
            self._add("things", self.tr("Frames by the number of things labelled in them"), _counted(statistics.things))
        for name, values in statistics.numbers.items():
            median = f"{float(np.median(values)):g}"
            text = self.tr("{name}: said {count} times, median {median}")
            said = text.format(name=thing(name).capitalize(), count=f"{len(values):,}", median=median)
            if statistics.numbers_accepted.get(name):
                taken = self.tr("{said}; {count} of them accepted as predicted")
                said = taken.format(said=said, count=f"{statistics.numbers_accepted[name]:,}")
            self._add(name, said, _binned(values))
        for name, words in statistics.words.items():
            bars = [(word, float(count)) for word, count in sorted(words.items(), key=lambda one: -one[1])]
            self._add(name, thing(name).capitalize(), bars[:_MOST])
        if not self.plots:
            self._column.addWidget(QLabel(self.tr("Nothing is labelled yet")))
        self._column.addStretch(0)

    def _add(self, key: str, title: str, bars: Sequence[tuple[str, float]]) -> None:
        label = QLabel(title)
        label.setProperty("role", "muted")
        plot = self._make_plot()
        at = np.arange(len(bars), dtype=float)
        heights = np.array([height for _, height in bars])
        plot.addItem(pg.BarGraphItem(x=at, height=heights, width=0.85, brush=QColor(theme.tokens().accent), pen=None))
        plot.getAxis("bottom").setTicks([[(float(i), text) for i, (text, _) in enumerate(bars)]])
        self.plots[key] = plot
        self._column.addWidget(label)
        self._column.addWidget(plot, 1)


def _counted(things: Mapping[int, int]) -> list[tuple[str, float]]:
    """A bar for every number of things up to the largest; more than `_MOST` are put together."""
    top = max(things)
    step = -(-(top + 1) // _MOST)
    return [
        (
            str(start) if step == 1 else f"{start}\u2013{start + step - 1}",
            float(sum(count for number, count in things.items() if start <= number < start + step)),
        )
        for start in range(0, top + 1, step)
    ]


def _binned(values: Sequence[float]) -> list[tuple[str, float]]:
    """A bar for every value where there are few, else bins of one width."""
    different = sorted(set(values))
    if len(different) <= _BARS:
        return [(f"{value:g}", float(sum(one == value for one in values))) for value in different]
    counts, edges = np.histogram(values, _BARS)
    return [(f"{edges[i]:.3g}", float(count)) for i, count in enumerate(counts)]
