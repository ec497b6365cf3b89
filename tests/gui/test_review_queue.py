"""The review queue with real keys and clicks: why frames come first, filters, the way along it, blind checks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QInputDialog
from windows import load_network, press, settle

from annotator.gui.panels.queue_note import QueueNote
from annotator.labels import Decision, FrameLabels, FrameState, Instance, KeypointLabel, Origin, Visibility
from annotator.review import Kind
from annotator.review.recheck import is_chosen
from annotator.review.second_answers import rechecks

pytest_plugins = ("window_fixtures",)

# Corners of the left penalty area and goal area, as the lines of DRAWN cross.
FITTING = {
    "L_PENALTY_AREA_TR_CORNER": (374.0, 144.0),
    "L_PENALTY_AREA_BR_CORNER": (181.0, 219.5),
    "L_PENALTY_AREA_TL_CORNER": (271.0, 133.8),
    "L_PENALTY_AREA_BL_CORNER": (33.0, 197.0),
    "L_GOAL_AREA_TR_CORNER": (259.0, 149.8),
    "L_GOAL_AREA_BR_CORNER": (160.5, 178.9),
    "L_GOAL_AREA_TL_CORNER": (221.0, 146.2),
    "L_GOAL_AREA_BL_CORNER": (117.0, 173.8),
}


def said(points) -> FrameLabels:
    keypoints = {n: KeypointLabel(xy, Visibility.VISIBLE, Origin.HAND) for n, xy in points.items()}
    return FrameLabels((Instance(keypoints=keypoints),))


@pytest.fixture
def queued(window, qtbot):
    """A window whose second frame has one point far off, whose third is labelled well, with the queue in front."""
    project, ids = window.session.project, window.session.order.ids
    wrong = {**FITTING, "L_PENALTY_AREA_TR_CORNER": (414.0, 184.0)}
    for frame_id, points in ((ids[1], wrong), (ids[2], FITTING)):
        record = project.record(frame_id)
        project.save_record(frame_id, replace(record, labels=said(points)), text="Draw")
    window.session.reload()
    press(window, qtbot, Qt.Key.Key_Q)
    queue = window.reviewing.queue
    qtbot.waitUntil(lambda: not queue.building and len(queue.rows) == 5 and queue.knows(ids[1]), timeout=30_000)
    return window


def shown(window) -> list[int]:
    return [row.frame_id for row in window.reviewing.queue.rows]


def test_the_frame_with_a_point_far_off_comes_first_and_says_why(queued, qtbot):
    ids = queued.session.project.frame_ids()
    assert shown(queued)[0] == ids[1]
    assert queued.session.order.ids == shown(queued)
    view = queued.docks.review.view
    assert view.isVisible()
    tip = view.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "px at left penalty area" in tip
    assert "Neither labelled nor predicted yet" in view.model().index(4, 0).data(Qt.ItemDataRole.AccessibleTextRole)


def test_a_click_on_a_row_shows_its_frame_and_points_at_the_keypoint(queued, qtbot):
    view = queued.docks.review.view
    first = shown(queued)[0]
    queued.canvas._flash._run.setDuration(10 * 60_000)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(view.model().index(0, 0)).center())
    qtbot.waitUntil(lambda: queued.session.frame_id == first)
    qtbot.waitUntil(lambda: queued.canvas._flash.ring.isVisible())
    reason = next(sign for sign in queued.reviewing.queue.reasons(first) if sign.keypoint)
    at = queued.session.resolved.keypoints[reason.keypoint].position
    assert queued.canvas._flash.ring.pos().toTuple() == pytest.approx(at)
    # It is the one that Enter takes, and the arrows move.
    assert queued.session.selection.keypoints == (reason.keypoint,)


def test_keys_go_along_the_queue_and_space_accepts_in_its_order(queued, qtbot):
    order = shown(queued)
    queued.session.show(order[0])
    settle(queued, qtbot)
    press(queued, qtbot, Qt.Key.Key_Period)
    qtbot.waitUntil(lambda: queued.session.frame_id == order[1])
    press(queued, qtbot, Qt.Key.Key_Comma)
    qtbot.waitUntil(lambda: queued.session.frame_id == order[0])
    settle(queued, qtbot)
    qtbot.keyClick(queued.canvas, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: queued.session.frame_id == order[1])
    assert queued.session.project.record(order[0]).review.decision is Decision.ACCEPTED
    # Nothing jumps about beneath the hand.
    assert shown(queued) == order


def test_the_queue_off_lists_the_files_again(queued, qtbot):
    note = queued.frames.findChild(QueueNote)
    assert not note.isHidden()
    queued.docks.show_frames()
    qtbot.waitUntil(lambda: not note.visibleRegion().isEmpty())
    qtbot.mouseClick(note.files, Qt.MouseButton.LeftButton)
    assert note.isHidden()
    assert queued.session.order.ids == queued.session.project.frame_ids()
    assert not queued.reviewing.queue.is_on


def test_a_filter_is_typed_and_nonsense_is_said_in_one_line(queued, qtbot):
    ids = queued.session.project.frame_ids()
    query = queued.docks.review.query
    qtbot.mouseClick(query.text, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(query.text, "state:draft residual>15")
    qtbot.waitUntil(lambda: shown(queued) == [ids[1]])
    assert queued.session.order.ids == [ids[1]]
    query.text.clear()
    qtbot.keyClicks(query.text, "colour>5")
    qtbot.waitUntil(query.error.isVisible)
    assert "cannot be compared" in query.error.text()
    query.text.clear()
    qtbot.waitUntil(lambda: len(shown(queued)) == 5)
    assert not query.error.isVisible()


def test_a_filter_is_kept_under_a_name_and_there_after_a_restart(queued, qtbot, monkeypatch, make_window):
    query, queue = queued.docks.review.query, queued.reviewing.queue
    monkeypatch.setattr(QInputDialog, "getText", lambda *args, **kwargs: ("Bad ones", True))
    query.take("residual>15")
    query.keep()
    query.take("")
    qtbot.waitUntil(lambda: len(shown(queued)) == 5)
    query.menu.aboutToShow.emit()
    next(action for action in query.menu.actions() if action.text().startswith("Bad ones")).trigger()
    qtbot.waitUntil(lambda: len(shown(queued)) == 1)
    assert queue.filters() == {"Bad ones": "residual>15"}
    path = queued.session.project.path
    queued.close()
    again = make_window()
    again.files.open([path])
    qtbot.waitUntil(lambda: again.session.frame_id is not None)
    assert again.reviewing.queue.filters() == {"Bad ones": "residual>15"}


def test_a_changed_frame_says_something_else_and_stays_in_its_place(queued, qtbot):
    order, queue = shown(queued), queued.reviewing.queue
    queued.session.show(order[0])
    settle(queued, qtbot)
    before = queue.entries[order[0]].value(Kind.GEOMETRY)
    queued.session.edit(said(FITTING), text="Mend")
    qtbot.waitUntil(lambda: queue.entries[order[0]].value(Kind.GEOMETRY) != before, timeout=15_000)
    assert queue.entries[order[0]].value(Kind.GEOMETRY) < before - 5.0
    assert shown(queued) == order


def test_what_was_found_out_is_kept_with_the_project(queued, qtbot, make_window):
    from annotator.review.survey import known_entries

    path, entries = queued.session.project.path, queued.reviewing.queue.entries
    queued.close()
    again = make_window()
    again.files.open([path])
    qtbot.waitUntil(lambda: again.session.frame_id is not None)
    kept = {frame_id: known.entry for frame_id, known in known_entries(again.session.project).items()}
    assert kept == entries
    calls = []
    again.reviewing.queue._inspector.inspect = calls.append
    again.reviewing.queue.wake()
    qtbot.waitUntil(lambda: len(again.reviewing.queue.rows) == 5 and not again.reviewing.queue.building)
    assert calls == []


def test_sorting_by_a_measure_puts_its_largest_first(queued, qtbot):
    panel, ids = queued.docks.review, queued.session.project.frame_ids()
    panel.sorting.setCurrentIndex(panel.sorting.findData(Kind.GEOMETRY))
    panel.sorting.activated.emit(panel.sorting.currentIndex())
    qtbot.waitUntil(lambda: shown(queued)[:2] == [ids[1], ids[2]])
    panel.sorting.setCurrentIndex(1)
    panel.sorting.activated.emit(1)
    qtbot.waitUntil(lambda: shown(queued) == ids)


@pytest.fixture
def blind(window, qtbot, monkeypatch):
    """A window in which the second frame is accepted and its blind check is due."""
    project, ids = window.session.project, window.session.order.ids
    name = project.row(ids[1]).name
    monkeypatch.setattr("annotator.review.second_answers.is_chosen", lambda other: other == name)
    window.session.show(ids[1])
    settle(window, qtbot)
    window.session.edit(said(FITTING), text="Draw")
    qtbot.keyClick(window.canvas, Qt.Key.Key_Space)
    settle(window, qtbot)
    press(window, qtbot, Qt.Key.Key_Q)
    queue = window.reviewing.queue
    qtbot.waitUntil(lambda: any(row.blind for row in queue.rows), timeout=30_000)
    window.session.show(ids[1])
    settle(window, qtbot)
    return window


def test_a_blind_check_hides_the_first_answer_and_keeps_the_second_apart(blind, qtbot):
    session, ids = blind.session, blind.session.project.frame_ids()
    first = session.project.record(ids[1])
    assert session.labels.is_empty
    moved = {name: (x + 3.0, y) for name, (x, y) in FITTING.items()}
    session.edit(said(moved), text="Draw again")
    assert session.project.record(ids[1]) == first
    qtbot.keyClick(blind.canvas, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(rechecks(session.project)) == 1)
    found = rechecks(session.project)[0]
    assert found.frame == session.project.row(ids[1]).name
    assert set(FITTING) <= set(found.distances)
    assert all(distance == pytest.approx(4.5) for name, distance in found.distances.items() if name in FITTING)
    assert session.project.record(ids[1]) == first
    # The second answer leaves nothing to undo: the step before it is.
    settle(blind, qtbot)
    press(blind, qtbot, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.project.record(ids[1]).review.decision is Decision.OPEN


def test_leaving_the_queue_ends_the_hiding(blind, qtbot):
    assert blind.session.labels.is_empty
    press(blind, qtbot, Qt.Key.Key_Q)
    settle(blind, qtbot)
    assert not blind.session.labels.is_empty
    assert rechecks(blind.session.project) == []


def test_about_one_frame_in_thirty_is_chosen():
    assert 70 <= sum(is_chosen(f"clip/{number:05d}.jpg") for number in range(3000)) <= 130


def test_predicted_frames_have_their_signs_too(window, qtbot, tmp_path):
    load_network(window, qtbot, tmp_path)
    window.errands.predict_all()
    qtbot.waitUntil(lambda: not window.session.forecaster.job.running)
    ids = window.session.project.frame_ids()
    qtbot.waitUntil(lambda: window.session.project.state_counts()[FrameState.PREDICTED] == 5)
    press(window, qtbot, Qt.Key.Key_Q)
    queue = window.reviewing.queue
    qtbot.waitUntil(lambda: all(queue.knows(i) for i in ids) and not queue.building, timeout=30_000)
    assert queue.entries[ids[0]].value(Kind.FAINT) == pytest.approx(0.15)
    assert queue.entries[ids[0]].present == {"CENTER_MARK", "L_PENALTY_MARK"}
    QApplication.processEvents()
