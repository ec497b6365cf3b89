"""How far the project has come: points by name, how far the network was off, what a frame takes, and the frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, QIODevice, QSaveFile, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QMessageBox,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from annotator.effort import RECENT, summary
from annotator.gui import theme
from annotator.gui.dialogs.frame_plots import FramePlots, agreement_sentence, on_bar, progress_plot
from annotator.gui.dialogs.thing_plots import ThingPlots
from annotator.gui.name_axis import NameAxis
from annotator.gui.plain_names import spoken
from annotator.labels import FrameState
from annotator.review.figures import Figures, as_csv
from annotator.statistics import Statistics

_SHOWN = 24
_WIDEST = 40.0


class StatisticsDialog(QDialog):
    """Plots of what was counted; a click on a bar asks for its frames."""

    frames_wanted = Signal(str)

    def __init__(self, statistics: Statistics, parent: QWidget, *, figures: Figures | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Statistics"))
        self.resize(900, 700)
        self._statistics = statistics
        self._figures = figures or Figures()
        self.points = self._points_plot(statistics)
        self.corrections = self._corrections_plot(statistics)
        self.effort = self._effort_plot(statistics)
        self.frame_plots = FramePlots(self._figures, self._plot, of_size=statistics.of_size)
        self.frame_plots.frames_wanted.connect(self._on_wanted)
        self.pages = QTabWidget()
        self.pages.addTab(self._page(self._of_points(statistics)), self.tr("&Points"))
        self.pages.addTab(self._page(self._of_work(statistics)), self.tr("&Work"))
        self.pages.addTab(self.frame_plots, self.tr("&Frames"))
        self.thing_plots = ThingPlots(statistics, self._plot)
        if statistics.of_size:
            self.pages.addTab(self.thing_plots, self.tr("&Things"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 12)
        layout.setSpacing(8)
        layout.addWidget(QLabel(progress_sentence(statistics)))
        layout.addWidget(self.pages, 1)
        layout.addWidget(self._buttons())

    def _of_points(self, statistics: Statistics) -> list[tuple[str, QWidget]]:
        hint = self.tr("Points by name: placed by hand, and accepted as predicted. A click lists their frames")
        return [(hint, self.points), (corrections_sentence(statistics), self.corrections)]

    def _of_work(self, statistics: Statistics) -> list[tuple[str, QWidget]]:
        return [
            (effort_sentence(statistics), self.effort),
            (self.tr("Frames accepted over time"), progress_plot(self._figures, self._plot)),
            (agreement_sentence(self._figures.agreement), QWidget()),
        ]

    def _page(self, parts: list[tuple[str, QWidget]]) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        for text, widget in parts:
            layout.addWidget(self._headed(text))
            layout.addWidget(widget, 1 if isinstance(widget, pg.PlotWidget) else 0)
        return page

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        for text, run in (
            (self.tr("Save picture..."), self._ask_picture), (self.tr("Save table..."), self._ask_table),
        ):  # fmt: skip
            button = QPushButton(text, autoDefault=False)
            button.clicked.connect(run)
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        return buttons

    def _on_wanted(self, query: str) -> None:
        self.frames_wanted.emit(query)
        self.accept()

    # Taking it along

    def _ask_picture(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, self.tr("Save picture"), "statistics.png", self.tr("PNG (*.png)"))
        if path:
            self.save_picture(Path(path))

    def _ask_table(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, self.tr("Save table"), "statistics.csv", self.tr("CSV (*.csv)"))
        if path:
            self.save_table(Path(path))

    def save_picture(self, path: Path) -> None:
        """Write the page that is in front as a PNG file, whole or not at all."""
        target = QSaveFile(str(path))
        done = target.open(QIODevice.OpenModeFlag.WriteOnly)
        done = done and self.pages.currentWidget().grab().save(target, "PNG") and target.commit()
        if not done:
            self._complain(path, target.errorString())

    def save_table(self, path: Path) -> None:
        """Write every figure as a CSV file, whole or not at all."""
        target = QSaveFile(str(path))
        done = target.open(QIODevice.OpenModeFlag.WriteOnly)
        text = as_csv(self._statistics, self._figures)
        if not (done and target.write(text.encode()) >= 0 and target.commit()):
            self._complain(path, target.errorString())

    def _complain(self, path: Path, why: str) -> None:
        text = self.tr("{path} cannot be written ({why}). Choose another place").format(path=path, why=why)
        QMessageBox.warning(self, self.tr("Not saved"), text)

    def _headed(self, text: str) -> QLabel:
        label = QLabel(text, wordWrap=True)
        label.setProperty("role", "muted")
        return label

    def _plot(self) -> pg.PlotWidget:
        plot = pg.PlotWidget(self, background=self.palette().color(QPalette.ColorRole.Base))
        plot.setMouseEnabled(x=False, y=False)
        plot.hideButtons()
        plot.setMenuEnabled(False)
        for side in ("left", "bottom"):
            self._inked(plot.getAxis(side))
        return plot

    def _inked(self, axis: pg.AxisItem) -> pg.AxisItem:
        ink = self.palette().color(QPalette.ColorRole.Text)
        axis.setPen(QColor(ink.red(), ink.green(), ink.blue(), 90))
        axis.setTextPen(ink)
        return axis

    def _points_plot(self, statistics: Statistics) -> pg.PlotWidget:
        """Stacked bars of the points said most often."""
        plot = self._plot()
        names = most_said(statistics)
        placed = np.array([statistics.placed.get(name, 0) for name in names], dtype=float)
        accepted = np.array([statistics.accepted.get(name, 0) for name in names], dtype=float)
        if not names:
            return plot
        at = np.arange(len(names), dtype=float)
        accent = QColor(theme.tokens().accent)
        quiet = QColor(accent.red(), accent.green(), accent.blue(), 90)
        plot.addItem(pg.BarGraphItem(x=at, height=placed, width=0.7, brush=accent, pen=None))
        plot.addItem(pg.BarGraphItem(x=at, y0=placed, height=accepted, width=0.7, brush=quiet, pen=None))
        spoken_names = [spoken(name) for name in names]
        plot.setAxisItems({"bottom": self._inked(NameAxis(spoken_names))})
        plot.setToolTip("\n".join(
            f"{name}: {placed[i]:,.0f} + {accepted[i]:,.0f}" for i, name in enumerate(spoken_names)
        ))  # fmt: skip
        on_bar(plot, len(names), lambda place: self._on_wanted(_having(names[place])))
        return plot

    def _corrections_plot(self, statistics: Statistics) -> pg.PlotWidget:
        """How often the network was how far off, in pixels; the last bar holds all that is further."""
        plot = self._plot()
        of_size = self.tr("% of the size of the thing between the network and the hand")
        plot.setLabel("bottom", of_size if statistics.of_size else self.tr("px between the network and the hand"))
        plot.setVisible(bool(statistics.corrections))
        if statistics.corrections:
            edges = np.linspace(0.0, _WIDEST, 41)
            counts, _ = np.histogram(np.minimum(statistics.corrections, _WIDEST - 1e-9), edges)
            accent = QColor(theme.tokens().accent)
            plot.addItem(pg.BarGraphItem(x0=edges[:-1], x1=edges[1:], height=counts, brush=accent, pen=None))
        return plot

    def _effort_plot(self, statistics: Statistics) -> pg.PlotWidget:
        """The seconds of every accepted frame in the order of work, and the running median through them."""
        plot = self._plot()
        plot.setLabel("left", self.tr("s a frame"))
        plot.setLabel("bottom", self.tr("accepted frames, in the order of work"))
        plot.setVisible(len(statistics.efforts) > 1)
        seconds = np.array([effort.seconds for effort in statistics.efforts])
        at = np.arange(1, len(seconds) + 1, dtype=float)
        accent = QColor(theme.tokens().accent)
        quiet = QColor(accent.red(), accent.green(), accent.blue(), 110)
        plot.addItem(pg.ScatterPlotItem(x=at, y=seconds, size=5, brush=quiet, pen=None))
        plot.addItem(pg.PlotDataItem(x=at, y=np.array(running_median(seconds.tolist())), pen=pg.mkPen(accent, width=2)))
        plot.setYRange(0.0, float(np.quantile(seconds, 0.95)) * 1.1 if len(seconds) else 1.0)
        return plot


def running_median(values: Sequence[float]) -> list[float]:
    """The median of each value and those before it, as many as "lately" means."""
    return [float(np.median(values[max(0, end - RECENT) : end])) for end in range(1, len(values) + 1)]


def effort_sentence(statistics: Statistics) -> str:
    """What an accepted frame takes, and whether that changes."""
    translate = QCoreApplication.translate
    found = summary(statistics.efforts)
    if found is None:
        return translate("Statistics", "Time and actions for each accepted frame: none measured yet")
    text = translate("Statistics", "Each accepted frame takes {seconds} s and {actions} actions (median of {count})")
    said = text.format(seconds=f"{found.median.seconds:.0f}", actions=f"{found.median.actions:g}", count=found.count)
    if found.first is not None and found.last is not None:
        text = translate("Statistics", "; the first {recent} took {first} s, the last {recent} {last} s")
        first, last = f"{found.first.seconds:.0f}", f"{found.last.seconds:.0f}"
        said += text.format(recent=RECENT, first=first, last=last)
    return said


def most_said(statistics: Statistics) -> list[str]:
    """The keypoints of which most was said, at most 24, most first."""
    counts: Mapping[str, int] = {
        name: statistics.placed.get(name, 0) + statistics.accepted.get(name, 0)
        for name in {**statistics.placed, **statistics.accepted}
    }
    return sorted(counts, key=lambda name: (-counts[name], name))[:_SHOWN]


def progress_sentence(statistics: Statistics) -> str:
    """How many frames stand where."""
    text = QCoreApplication.translate(
        "Statistics", "{accepted} of {frames} frames accepted, {rejected} rejected, {draft} in work, {open} to do"
    )
    count = {state: statistics.states.get(state, 0) for state in FrameState}
    return text.format(
        accepted=count[FrameState.ACCEPTED],
        frames=statistics.frames,
        rejected=count[FrameState.REJECTED],
        draft=count[FrameState.DRAFT],
        open=count[FrameState.UNSEEN] + count[FrameState.PREDICTED],
    )


def corrections_sentence(statistics: Statistics) -> str:
    """What the corrections say of the network."""
    median = statistics.median_correction
    if median is None:
        return QCoreApplication.translate("Statistics", "Points moved by hand: none that the network had seen yet")
    text = QCoreApplication.translate("Statistics", "{count} points moved by hand, median {median} px from the network")
    if statistics.of_size:
        text = QCoreApplication.translate(
            "Statistics", "{count} points moved by hand, median {median} % of the size of the thing from the network"
        )
    return text.format(count=len(statistics.corrections), median=f"{median:.1f}")


def _having(name: str) -> str:
    """The query of the frames with a point that a person placed or accepted, as the bar counts them."""
    asked = f'"-missing:{name}"' if " " in name else f"-missing:{name}"
    return f"{asked} -state:predicted -state:unseen"
