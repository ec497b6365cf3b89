"""The statistics in plots."""

import pytest
from PySide6.QtWidgets import QWidget

from annotator.gui.dialogs.statistics import StatisticsDialog, corrections_sentence, most_said, progress_sentence
from annotator.labels import FrameState
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
