"""What a person does at the window is added to the frame on the screen, and shown with the statistics."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from windows import click, make_frames, press, settle, spot

from annotator.effort import PAUSE, RECENT, Effort
from annotator.gui.dialogs.statistics import StatisticsDialog, effort_sentence, running_median
from annotator.gui.effort_log import EffortLog
from annotator.project import Project
from annotator.statistics import Statistics

pytest_plugins = ("window_fixtures",)


class Clock:
    """Seconds that pass when told to."""

    now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(window):
    """The clock of a second log on the same window; the first one, by the real clock, keeps nothing."""
    clock = Clock()
    window.effort._keep = lambda spent: None
    window.effort = EffortLog(window, clock)
    window.effort._turn()
    return clock


def stored(window):
    return window.session.project.efforts()


def test_an_accepted_frame_keeps_its_seconds_and_actions(window, qtbot, clock):
    clock.now += 4.0
    window.docks.map.keypoint_chosen.emit("CENTER_MARK")
    clock.now += 2.0
    click(window, qtbot, 300.0, 150.0)
    clock.now += PAUSE + 100.0
    qtbot.mouseMove(window.canvas.viewport(), spot(window, 200.0, 100.0))
    clock.now += 1.0
    press(window, qtbot, Qt.Key.Key_Space)
    settle(window, qtbot)
    (effort,) = stored(window)
    assert effort == Effort(7.0, 3)


def test_coming_back_to_a_frame_adds_to_it_and_other_frames_do_not(window, qtbot, clock):
    for seconds in (3.0, 20.0):
        clock.now += seconds
        press(window, qtbot, Qt.Key.Key_D)
        settle(window, qtbot)
    press(window, qtbot, Qt.Key.Key_Home)
    settle(window, qtbot)
    clock.now += 5.0
    press(window, qtbot, Qt.Key.Key_Space)
    settle(window, qtbot)
    (effort,) = stored(window)
    assert effort == Effort(8.0, 2)


def test_what_was_spent_is_there_after_closing_and_went_to_its_own_project(window, qtbot, clock, tmp_path):
    path = window.session.project.path
    clock.now += 6.0
    press(window, qtbot, Qt.Key.Key_Space)
    settle(window, qtbot)
    clock.now += 9.0
    click(window, qtbot, 300.0, 150.0)
    other = make_frames(tmp_path / "other", 2)
    window.files.open([other])
    qtbot.waitUntil(lambda: window.session.project is not None and window.session.project.path != path)
    settle(window, qtbot)
    assert stored(window) == []
    with Project.open(path) as before:
        assert before.efforts() == [Effort(6.0, 1)]
    window.files.open([path.with_suffix("")])
    qtbot.waitUntil(lambda: window.session.project is not None and window.session.project.path == path)
    settle(window, qtbot)
    press(window, qtbot, Qt.Key.Key_Space)
    settle(window, qtbot)
    assert [effort.seconds for effort in stored(window)] == [6.0, pytest.approx(9.0, abs=0.5)]


def test_the_dialog_says_what_a_frame_takes_and_where_it_went(qtbot):
    slow, quick = (Effort(60.0, 20),) * RECENT, (Effort(6.0, 3),) * RECENT
    statistics = Statistics({}, {}, {}, {}, (), (*slow, *quick))
    said = effort_sentence(statistics)
    assert said.startswith("Each accepted frame takes 33 s and 11.5 actions (median of 40)")
    assert said.endswith(f"the first {RECENT} took 60 s, the last {RECENT} 6 s")
    assert "none measured" in effort_sentence(Statistics({}, {}, {}, {}, ()))
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = StatisticsDialog(statistics, parent)
    dialog.show()
    assert dialog.effort.isVisibleTo(dialog.effort.parentWidget())
    assert len(dialog.effort.getPlotItem().items[0].data) == 2 * RECENT
    dialog.close()


def test_the_running_median_looks_back_a_little():
    assert running_median([]) == []
    assert running_median([5.0, 1.0, 3.0]) == [5.0, 3.0, 3.0]
    assert running_median([100.0] * RECENT + [1.0] * RECENT)[-1] == 1.0
