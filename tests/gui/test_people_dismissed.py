"""A prediction is dismissed with the real key: gone after closing and opening again, back by undo, not for another."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from test_people import PLAYERS, SIZE, seen
from windows import open_folder, press, settle

from annotator.gui.main_window import MainWindow
from annotator.instances import present
from annotator.project import Project
from model.people import PeoplePrediction

pytest_plugins = ("window_fixtures",)

KEY, HELD = Qt.Key, Qt.KeyboardModifier
BOTH = PeoplePrediction((seen(150.0, 100.0), seen(400.0, 150.0, 0.7)), SIZE, "net")


@pytest.fixture
def window(make_window, frames, qtbot) -> MainWindow:
    """A window on frames of two players whom a network saw and nobody labelled."""
    with Project.for_media([frames], scheme=PLAYERS) as project:
        for frame_id in project.frame_ids()[:2]:
            project.save_people(frame_id, BOTH)
    window = make_window()
    open_folder(window, frames, qtbot)
    return window


def shown(window) -> list[float]:
    """The scores of what is shown."""
    return [one.seen.score for one in window.session.people.things if one.seen is not None]


def dismiss(window, qtbot) -> None:
    press(window, qtbot, KEY.Key_Delete, HELD.ShiftModifier)


def test_it_stays_dismissed_after_closing_and_opening_again(window, make_window, frames, qtbot):
    before = shown(window)
    dismiss(window, qtbot)
    assert shown(window) == before[1:]
    assert not present(window.session.labels)
    window.close()
    again = make_window()
    open_folder(again, frames, qtbot)
    assert shown(again) == before[1:]
    press(again, qtbot, KEY.Key_Space)
    qtbot.waitUntil(lambda: again.session.wanted != again.session.order.ids[0])
    record = again.session.project.record(again.session.order.ids[0])
    assert len(present(record.labels)) == 1


def test_undo_brings_it_back_for_good_and_redo_takes_it_away(window, make_window, frames, qtbot):
    before = shown(window)
    dismiss(window, qtbot)
    press(window, qtbot, KEY.Key_Z, HELD.ControlModifier)
    assert shown(window) == before
    press(window, qtbot, KEY.Key_Y, HELD.ControlModifier)
    assert shown(window) == before[1:]
    press(window, qtbot, KEY.Key_Z, HELD.ControlModifier)
    window.close()
    again = make_window()
    open_folder(again, frames, qtbot)
    assert shown(again) == before


def test_undo_from_another_frame_goes_back_to_where_it_was(window, qtbot):
    session, first = window.session, window.session.frame_id
    dismiss(window, qtbot)
    session.step(1)
    settle(window, qtbot)
    assert len(shown(window)) == 2
    press(window, qtbot, KEY.Key_Z, HELD.ControlModifier)
    qtbot.waitUntil(lambda: session.frame_id == first)
    settle(window, qtbot)
    assert len(shown(window)) == 2


def test_both_may_be_dismissed_and_one_of_them_taken_back(window, qtbot):
    before = shown(window)
    dismiss(window, qtbot)
    dismiss(window, qtbot)
    assert shown(window) == []
    press(window, qtbot, KEY.Key_Z, HELD.ControlModifier)
    assert shown(window) == before[1:]


def test_another_network_may_show_it_again_and_the_same_one_may_not(window, qtbot):
    session = window.session
    dismiss(window, qtbot)
    frame_id = session.frame_id
    for network, count in (("net", 1), ("other weights", 2)):
        session.project.save_people(frame_id, replace(BOTH, network=network))
        session.step(1)
        settle(window, qtbot)
        session.step(-1)
        settle(window, qtbot)
        assert len(shown(window)) == count
