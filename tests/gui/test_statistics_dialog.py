"""The statistics in plots."""

import csv

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from annotator.gui.dialogs.frame_plots import agreement_sentence, bar_query
from annotator.gui.dialogs.statistics import StatisticsDialog, corrections_sentence, most_said, progress_sentence
from annotator.labels import FrameState
from annotator.review import FrameSigns, Kind, Sign
from annotator.review.figures import Figures
from annotator.review.query import facts_of, parse_query
from annotator.review.recheck import Agreement
from annotator.statistics import Statistics

pytest_plugins = ("window_fixtures",)

SOME = Statistics(
    states={FrameState.ACCEPTED: 3, FrameState.PREDICTED: 7},
    placed={"CENTER_MARK": 2, "L_PENALTY_MARK": 1},
    accepted={"CENTER_MARK": 1},
    drawn={},
    corrections=(1.0, 3.0, 80.0),
)


@pytest.mark.parametrize("statistics", [SOME, Statistics({}, {}, {}, {}, ())])
def test_the_plots_show_what_was_counted(qtbot, statistics):
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = StatisticsDialog(statistics, parent)
    dialog.show()
    bars = dialog.points.getPlotItem().items
    assert bool(bars) == bool(statistics.placed)
    if bars:
        assert list(bars[0].opts["height"]) == [2.0, 1.0]
        assert list(bars[1].opts["y0"]) == [2.0, 1.0]
        assert sum(dialog.corrections.getPlotItem().items[0].opts["height"]) == 3
    dialog.close()


@pytest.mark.parametrize(("count", "is_turned"), [(2, False), (24, True)])
def test_bars_have_the_names_of_their_points(qtbot, count, is_turned):
    parent = QWidget()
    qtbot.addWidget(parent)
    placed = {f"left_corner_{n}": 1 for n in range(count)}
    dialog = StatisticsDialog(Statistics({}, placed, {}, {}, ()), parent)
    dialog.show()
    axis = dialog.points.getAxis("bottom")
    assert [text for _, text in axis._tickLevels[0]] == [f"Left corner {n}" for n in sorted(map(str, range(count)))]
    assert axis.is_turned is is_turned
    qtbot.waitExposed(dialog)
    dialog.grab()
    dialog.close()


def test_the_sentences_carry_the_numbers():
    assert progress_sentence(SOME) == "3 of 10 frames accepted, 0 rejected, 0 in work, 7 to do"
    assert corrections_sentence(SOME) == "3 points moved by hand, median 3.0 px from the network"
    assert most_said(SOME) == ["CENTER_MARK", "L_PENALTY_MARK"]


def test_the_command_counts_the_open_project_and_shows_the_plots(window, qtbot):
    with qtbot.waitSignal(window.errands.counted):
        window.actions_["review.statistics"].trigger()
    dialogs = [child for child in window.findChildren(StatisticsDialog) if child.isVisible()]
    assert len(dialogs) == 1
    dialogs[0].close()


FIGURES = Figures(
    accepted_at=(1000.0, 2000.0, 9000.0),
    values={Kind.FAINT: (0.2, 0.25, 0.6), Kind.GEOMETRY: (1.0, 2.5, 55.0)},
    agreement=Agreement(2, 20, 1.5, 4.0, 0.1),
)


@pytest.fixture
def page(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = StatisticsDialog(SOME, parent, figures=FIGURES)
    dialog.show()
    qtbot.waitExposed(dialog)
    yield dialog
    dialog.close()


def bar_at(plot, place: float) -> QPoint:
    """Where a bar is in the plot, a little above its foot."""
    (low, high) = plot.getPlotItem().vb.viewRange()[1]
    at = plot.getPlotItem().vb.mapViewToScene(QPointF(place, low + 0.05 * (high - low)))
    return plot.mapFromScene(at)


def test_a_click_on_a_bar_asks_for_its_frames(page, qtbot):
    page.pages.setCurrentIndex(2)
    plot = page.frame_plots.plots["residual"]
    qtbot.waitUntil(plot.isVisible)
    with qtbot.waitSignal(page.frames_wanted) as wanted:
        qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=bar_at(plot, 1))
    assert wanted.args == ["-residual<2 residual<4"]


def test_a_click_on_a_point_asks_for_the_frames_that_have_it(page, qtbot):
    qtbot.waitUntil(page.points.isVisible)
    with qtbot.waitSignal(page.frames_wanted) as wanted:
        qtbot.mouseClick(page.points.viewport(), Qt.MouseButton.LeftButton, pos=bar_at(page.points, 1))
    assert wanted.args == ["-missing:L_PENALTY_MARK -state:predicted -state:unseen"]


@pytest.mark.parametrize(("value", "place"), [(0.5, 0), (1.999, 0), (2.0, 1), (39.0, 3), (400.0, 3)])
def test_the_query_of_a_bar_finds_what_the_bar_counts(value, place):
    edges = (0.0, 2.0, 4.0, 6.0, 40.0)
    facts = facts_of(FrameSigns(1, (Sign(Kind.GEOMETRY, value),)), name="x", state=FrameState.DRAFT)
    found = [n for n in range(4) if parse_query(bar_query("residual", edges, n)).matches(facts)]
    assert found == [place]


def test_the_page_is_saved_as_a_picture_and_the_figures_as_a_table(page, tmp_path):
    page.save_picture(tmp_path / "page.png")
    assert QImage(str(tmp_path / "page.png")).width() > 400
    page.save_table(tmp_path / "page.csv")
    with (tmp_path / "page.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert ["placed", "CENTER_MARK", "2"] in rows
    assert ["model against geometry", "3", "55"] in rows
    assert ["blind checks", "points", "20"] in rows


def test_the_blind_checks_are_told_in_a_sentence():
    said = agreement_sentence(FIGURES.agreement)
    assert said.startswith("Blind checks: 2 frames, 20 points; 1.5 px apart in the middle, 4.0 px for 95 %, 10%")
    assert "none" in agreement_sentence(Agreement())


def test_a_bar_of_the_open_project_leads_into_the_queue(window, qtbot):
    with qtbot.waitSignal(window.errands.counted):
        window.actions_["review.statistics"].trigger()
    dialog = next(child for child in window.findChildren(StatisticsDialog) if child.isVisible())
    dialog.frames_wanted.emit("state:unseen")
    dialog.close()
    qtbot.waitUntil(lambda: len(window.reviewing.queue.rows) == 5)
    assert window.docks.review.query.text.text() == "state:unseen"


def test_other_schemes_have_a_page_of_things(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    counted = Statistics(
        {FrameState.ACCEPTED: 3}, {"nose": 5}, {}, {}, (3.0, 5.0, 9.0), (), True, {1: 4, 3: 2},
        {"cards": (12.0, 12.0, 30.0)}, {"side": {"left": 2, "right": 7}},
    )  # fmt: skip
    dialog = StatisticsDialog(counted, parent)
    titles = [dialog.pages.tabText(place) for place in range(dialog.pages.count())]
    assert titles[-1] == "&Things"
    heights = {key: list(plot.getPlotItem().items[0].opts["height"]) for key, plot in dialog.thing_plots.plots.items()}
    assert heights == {"things": [0.0, 4.0, 0.0, 2.0], "cards": [2.0, 1.0], "side": [7.0, 2.0]}
    said = "3 points moved by hand, median 5.0 % of the size of the thing from the network"
    assert corrections_sentence(counted) == said
    assert set(dialog.frame_plots.plots) == {"confidence", "length", "corrected"}


def test_blind_checks_of_things_say_their_unit_and_numbers():
    said = agreement_sentence(Agreement(2, 8, 1.5, 4.0, 0.25, True, 0.912, {"cards": 2.5}))
    assert "1.5 % of the size" in said
    assert "similarity 0.912 (OKS)" in said
    assert "cards: 2.5 apart" in said
