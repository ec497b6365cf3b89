"""A blind check shows the bare frame, says why, and keeps an answer half given apart from the first one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from windows import drag, load_network, open_folder, prediction, press, settle

from annotator.gui.blink import Seen
from annotator.gui.panels.blind_note import BlindNote
from annotator.gui.view_state import HeatmapLayer, Selection
from annotator.labels import EMPTY, Decision, FrameLabels, FrameRecord, Review, place
from annotator.project import Project
from annotator.review.second_answers import rechecks

pytest_plugins = ("window_fixtures",)
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

POINT = "CENTER_MARK"
FIRST, SECOND = (300.0, 150.0), (310.0, 160.0)


def said(at: tuple[float, float]) -> FrameLabels:
    return place(EMPTY, POINT, at)


def begin(window, qtbot, frame_id: int) -> None:
    """Go along the queue to a frame whose blind check is due."""
    queue = window.reviewing.queue
    window.docks.show_review()
    queue.switch(True)
    qtbot.waitUntil(lambda: any(row.blind for row in queue.rows), timeout=30_000)
    queue.show(frame_id)
    settle(window, qtbot)
    qtbot.waitUntil(lambda: window.session.is_blind)


@pytest.fixture
def chosen(window, monkeypatch):
    """The second frame: accepted, and the one that comes back."""
    project = window.session.project
    frame_id = project.frame_ids()[1]
    name = project.row(frame_id).name
    monkeypatch.setattr("annotator.review.second_answers.is_chosen", lambda other: other == name)
    project.save_record(frame_id, FrameRecord(said(FIRST), Review(Decision.ACCEPTED)), text="Accept")
    window.session.reload()
    return frame_id


@pytest.fixture
def blind(window, qtbot, tmp_path, chosen):
    """A window with a network on a frame under a blind check, which two networks have seen."""
    load_network(window, qtbot, tmp_path)
    for network in ("fake", "older"):
        window.session.project.save_prediction(chosen, prediction(network))
    begin(window, qtbot, chosen)
    return window


def note(window) -> BlindNote:
    return window.findChild(BlindNote)


def test_a_blind_frame_is_bare_and_says_why(blind, qtbot):
    session = blind.session
    assert session.labels.is_empty
    assert session.prediction is None
    assert all(point.position is None for point in session.resolved.keypoints.values())
    assert note(blind).isVisible()
    assert "prediction are hidden" in note(blind).label.text()
    session.set_settings(replace(session.settings, heatmap=HeatmapLayer.ALL))
    assert blind.canvas._backdrop.heat is None
    press(blind, qtbot, Qt.Key.Key_Q)
    settle(blind, qtbot)
    assert session.prediction is not None
    assert blind.canvas._backdrop.heat is not None
    assert not session.labels.is_empty
    assert not note(blind).isVisible()


def test_no_network_is_asked_and_none_is_heard_during_a_blind_check(blind, qtbot, network):
    session, asked = blind.session, network.asked
    heard: list[str] = []
    session.message.connect(heard.append)
    session.predict_again()
    assert heard == ["No prediction during a blind check"]
    session.forecaster.predicted.emit(session.frame_id, prediction())
    assert session.prediction is None
    blind.easel.blink.seen = Seen.PREVIOUS
    assert blind.easel._prediction_seen() is None
    assert network.asked == asked


def test_nothing_is_copied_into_a_blind_answer(blind, qtbot):
    blind.actions_["edit.copyPrevious"].trigger()
    assert blind.session.labels.is_empty


def test_an_answer_half_given_is_back_after_a_restart_and_gone_when_it_is_given(blind, qtbot, chosen):
    session = blind.session
    session.edit(said(SECOND), text="Place")
    path = session.project.path
    with Project.look_into(path) as beside:
        # What a program that was killed now would leave behind.
        assert beside.second_answer(chosen).labels == said(SECOND)
        assert beside.record(chosen).labels == said(FIRST)
    session.adopt(None)
    open_folder(blind, path, qtbot)
    settle(blind, qtbot)
    assert (session.frame_id, session.labels, session.prediction) == (chosen, said(SECOND), None)
    assert note(blind).isVisible()
    begin(blind, qtbot, chosen)
    assert session.labels == said(SECOND)
    press(blind, qtbot, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(rechecks(session.project)) == 1)
    assert session.project.second_answer(chosen) == FrameRecord()
    assert session.project.record(chosen).labels == said(FIRST)


def test_a_drag_in_a_blind_answer_is_stored_when_it_ends(blind, qtbot, chosen):
    session = blind.session
    session.edit(said(SECOND), text="Place")
    session.select(Selection(keypoints=(POINT,)))
    drag(blind, qtbot, SECOND, (350.0, 200.0))
    stored = session.project.second_answer(chosen).labels.pitch.keypoints[POINT].position
    assert stored == pytest.approx((350.0, 200.0), abs=2.0)
    assert session.project.record(chosen).labels == said(FIRST)


def test_an_empty_answer_is_not_accepted_by_mistake_and_rejecting_says_that_there_is_nothing(blind, qtbot):
    session = blind.session
    press(blind, qtbot, Qt.Key.Key_Space)
    assert session.is_blind
    assert rechecks(session.project) == []
    session.reject("Nothing to see")
    (found,) = rechecks(session.project)
    assert found.only_first == (POINT,)


def test_the_last_frame_shows_its_labels_again_when_its_check_is_done(blind, qtbot):
    session = blind.session
    session.arrange([session.frame_id])
    session.edit(said(SECOND), text="Place")
    press(blind, qtbot, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: session.labels == said(FIRST))
    assert session.prediction is not None


def test_undo_in_a_blind_check_reaches_no_step_made_before_it(window, qtbot, chosen):
    session = window.session
    other = session.project.frame_ids()[0]
    session.show(other)
    settle(window, qtbot)
    session.edit(said(SECOND), text="Place")
    press(window, qtbot, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: session.project.record(other).review.decision is Decision.ACCEPTED)
    settle(window, qtbot)
    begin(window, qtbot, chosen)
    heard: list[str] = []
    session.message.connect(heard.append)
    press(window, qtbot, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert heard == ["Nothing of this blind check to take back or make again"]
    assert (session.frame_id, session.is_blind) == (chosen, True)
    assert session.project.record(other).review.decision is Decision.ACCEPTED
    session.edit(said(SECOND), text="Place")
    press(window, qtbot, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.labels.is_empty
    press(window, qtbot, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert session.labels == said(SECOND)
