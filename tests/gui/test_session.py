"""The single door: edits, gestures, undo across frames, decisions, and what is on disk after each."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QObject, Signal
from windows import SEEN

from annotator.gui.session import UNLABELLED
from annotator.gui.view_state import Selection
from annotator.labels import EMPTY, Decision, FrameState, Origin, Review, place
from annotator.project import Project

pytest_plugins = ("window_fixtures",)


def stored(session, frame_id=None):
    """What another reader of the project finds."""
    with Project.open(session.project.path) as other:
        return other.record(session.frame_id if frame_id is None else frame_id)


def go(session, qtbot, frame_id):
    session.show(frame_id)
    qtbot.waitUntil(lambda: session.frame_id == frame_id)


def test_an_edit_is_on_disk_when_the_call_returns(session):
    session.edit(place(EMPTY, "CENTER_MARK", (10.0, 20.0)), text="Place")
    assert stored(session).labels.pitch.keypoints["CENTER_MARK"].position == (10.0, 20.0)


def test_one_gesture_is_one_step_and_one_entry_of_history(session):
    token = object()
    for x in range(20):
        session.edit(place(EMPTY, "CENTER_MARK", (float(x), 5.0)), text="Move", gesture=token)
    session.end_gesture()
    assert session.stack.count() == 1
    assert stored(session).labels.pitch.keypoints["CENTER_MARK"].position == (19.0, 5.0)
    assert len(session.project.history(session.frame_id)) == 1
    session.undo()
    assert session.labels == EMPTY
    assert stored(session).labels == EMPTY


def test_a_drag_back_to_the_start_leaves_no_step(session):
    before = place(EMPTY, "CENTER_MARK", (10.0, 10.0))
    session.edit(before, text="Place")
    token = object()
    session.edit(place(before, "CENTER_MARK", (50.0, 50.0)), text="Move", gesture=token)
    session.edit(before, text="Move", gesture=token)
    session.end_gesture()
    assert session.stack.count() == 1
    assert stored(session).labels == before


def test_a_gesture_that_nobody_ends_is_stored_after_a_pause(session, qtbot):
    with qtbot.waitSignal(session.saved, timeout=2000):
        session.edit(place(EMPTY, "CENTER_MARK", (1.0, 2.0)), text="Nudge", gesture=object())
    assert not stored(session).labels.is_empty


def test_a_second_gesture_is_a_step_of_its_own_even_with_the_same_token(session):
    token = object()
    session.edit(place(EMPTY, "CENTER_MARK", (1.0, 1.0)), text="Move", gesture=token)
    session.end_gesture()
    session.edit(place(EMPTY, "CENTER_MARK", (2.0, 2.0)), text="Move", gesture=token)
    session.end_gesture()
    assert session.stack.count() == 2


def test_undo_goes_back_across_frames_and_shows_each(session, qtbot):
    ids = session.order.ids
    for frame_id in ids[:3]:
        go(session, qtbot, frame_id)
        session.edit(place(EMPTY, "CENTER_MARK", (5.0, 5.0)), text="Place")
    for frame_id in reversed(ids[:3]):
        session.undo()
        qtbot.waitUntil(lambda wanted=frame_id: session.frame_id == wanted)
        assert session.labels == EMPTY
    assert not session.stack.canUndo()
    for frame_id in ids[:3]:
        session.redo()
        qtbot.waitUntil(lambda wanted=frame_id: session.frame_id == wanted)
        assert not session.labels.is_empty
        assert not stored(session).labels.is_empty


def test_undo_twice_at_once_ends_where_it_should(session, qtbot):
    ids = session.order.ids
    for frame_id in ids[:2]:
        go(session, qtbot, frame_id)
        session.edit(place(EMPTY, "CENTER_MARK", (5.0, 5.0)), text="Place")
    session.undo()
    session.undo()
    qtbot.waitUntil(lambda: session.frame_id == ids[0] and session.wanted == ids[0])
    assert stored(session, ids[0]).labels == stored(session, ids[1]).labels == EMPTY


def test_accept_places_what_is_shown_in_one_step_and_goes_on(session, qtbot, tmp_path):
    first, second = session.order.ids[:2]
    session.forecaster.load(tmp_path / "fake.safetensors")
    qtbot.waitUntil(lambda: session.prediction is not None and session.forecaster.working_on is None)
    session.accept_and_next()
    qtbot.waitUntil(lambda: session.frame_id == second)
    record = stored(session, first)
    assert record.review.decision is Decision.ACCEPTED
    sure = {name for name, (_, _, confidence) in SEEN.items() if confidence >= session.settings.threshold}
    assert set(record.labels.pitch.keypoints) == sure
    assert all(said.origin is Origin.ACCEPTED for said in record.labels.pitch.keypoints.values())
    session.undo()
    qtbot.waitUntil(lambda: session.frame_id == first)
    assert session.record.review.decision is Decision.OPEN
    assert session.labels == EMPTY


def test_a_frame_that_was_not_painted_cannot_be_accepted(session, qtbot):
    session.frame_changed.disconnect(session.mark_painted)
    go(session, qtbot, session.order.ids[1])
    session.accept_and_next()
    session.reject("blurred")
    assert session.stack.count() == 0
    session.mark_painted()
    session.accept_and_next()
    assert session.stack.count() == 1


def test_nothing_is_accepted_while_the_next_frame_is_read(session, monkeypatch):
    # Read ahead, it would be there at once.
    monkeypatch.setattr(session.loader, "cached", lambda row: None)
    session.step(1)
    assert session.wanted != session.frame_id
    session.accept_and_next()
    assert session.stack.count() == 0


def test_hidden_predictions_are_not_accepted(session, qtbot, tmp_path):
    from dataclasses import replace

    session.forecaster.load(tmp_path / "fake.safetensors")
    qtbot.waitUntil(lambda: session.prediction is not None and session.forecaster.working_on is None)
    session.set_settings(replace(session.settings, predictions=False))
    first = session.frame_id
    session.accept_and_next()
    assert stored(session, first).labels == EMPTY


def test_reject_keeps_labels_and_reason(session, qtbot):
    first, second = session.order.ids[:2]
    session.edit(place(EMPTY, "CENTER_MARK", (5.0, 5.0)), text="Place")
    session.reject("Too blurred")
    qtbot.waitUntil(lambda: session.frame_id == second)
    record = stored(session, first)
    assert record.review == Review(Decision.REJECTED, "Too blurred")
    assert not record.labels.is_empty


def test_the_filter_lists_what_fits_and_keeps_the_frame(session, qtbot):
    session.set_filter(None, "003")
    assert [session.project.row(frame_id).name for frame_id in session.order.ids] == ["frame_003.png"]
    session.set_filter(frozenset({FrameState.ACCEPTED}), "")
    assert session.order.ids == []
    session.step(1)
    session.set_filter(None, "")
    assert len(session.order.ids) == 5


def test_back_and_forward_follow_the_way_taken(session, qtbot):
    ids = session.order.ids
    go(session, qtbot, ids[3])
    go(session, qtbot, ids[1])
    session.go_back(-1)
    qtbot.waitUntil(lambda: session.frame_id == ids[3])
    session.go_back(-1)
    qtbot.waitUntil(lambda: session.frame_id == ids[0])
    session.go_back(1)
    qtbot.waitUntil(lambda: session.frame_id == ids[3])


def test_the_next_frame_without_labels_is_found_or_said_to_be_missing(session, qtbot):
    ids = session.order.ids
    go(session, qtbot, ids[1])
    session.edit(place(EMPTY, "CENTER_MARK", (5.0, 5.0)), text="Place")
    go(session, qtbot, ids[0])
    session.show_next(1, UNLABELLED, "none")
    qtbot.waitUntil(lambda: session.frame_id == ids[2])
    go(session, qtbot, ids[-1])
    with qtbot.waitSignal(session.message) as said:
        session.show_next(1, UNLABELLED, "none")
    assert said.args == ["none"]


def test_an_unreadable_frame_says_so_and_the_next_one_works(session, qtbot):
    ids = session.order.ids
    session.project.row(ids[4]).path.write_bytes(b"no picture")
    with qtbot.waitSignal(session.unreadable) as failed:
        session.show(ids[4])
    assert "frame_004.png" in failed.args[0]
    assert session.rgb is None
    assert session.resolved is None
    go(session, qtbot, ids[3])
    assert session.rgb is not None


def test_a_network_that_cannot_be_loaded_says_so(qtbot, frames):
    from annotator.gui.session import Session

    def broken(path):
        raise ValueError("not a network")

    session = Session(broken)
    with qtbot.waitSignal(session.failed) as failed:
        session.forecaster.load(frames / "bad.safetensors")
    assert failed.args == ["bad.safetensors could not be loaded: not a network"]
    session.close()


def test_selecting_makes_active_and_advancing_skips_what_is_placed(session):
    session.select(Selection(keypoints=("CENTER_MARK",)))
    assert session.active_keypoint == "CENTER_MARK"
    session.edit(place(EMPTY, "LEFT_CIRCLE_R", (5.0, 5.0)), text="Place")
    session.advance()
    assert session.active_keypoint not in ("CENTER_MARK", "LEFT_CIRCLE_R")


def test_the_frame_is_remembered(session, qtbot, frames):
    target = session.order.ids[3]
    go(session, qtbot, target)
    session.adopt(None)
    assert session.frame_id is None
    session.adopt(Project.for_media([frames]))
    qtbot.waitUntil(lambda: session.frame_id == target)


def test_five_thousand_signals_go_through(qtbot):
    """PySide6 6.12.0 on Python 3.11 aborts after some 570."""

    class Sender(QObject):
        sent = Signal(object, bool, str)

    sender = Sender()
    received = []
    sender.sent.connect(lambda *values: received.append(values))
    for _ in range(5000):
        sender.sent.emit(None, True, "")
    assert len(received) == 5000


@pytest.mark.parametrize("count", [1, 3])
def test_only_the_newest_answer_counts(qtbot, count):
    from annotator.gui.background import Lane

    lane = Lane("test")
    answers = []
    for number in range(count):
        lane.ask(lambda progress, should_stop, n=number: n, then=answers.append, failed=answers.append)
    qtbot.waitUntil(lambda: not lane.busy)
    lane.close()
    assert answers == [count - 1]


def test_a_frame_that_the_network_has_yet_to_see_is_not_accepted_as_empty(session, qtbot, tmp_path):
    session.forecaster.load(tmp_path / "fake.safetensors")
    said = []
    session.message.connect(said.append)
    session.accept_and_next()
    assert session.stack.count() == 0
    assert said
    qtbot.waitUntil(lambda: session.prediction is not None)
    session.accept_and_next()
    assert session.stack.count() == 1


def test_a_frame_changed_in_another_window_is_shown_anew_and_not_overwritten(session, qtbot):
    frame = session.frame_id
    with Project.open(session.project.path) as other:
        theirs = replace(other.record(frame), labels=place(EMPTY, "CENTER_MARK", (1.0, 2.0)))
        other.save_record(frame, theirs, text="theirs")
    with qtbot.waitSignal(session.failed):
        session.edit(place(session.labels, "L_PENALTY_MARK", (3.0, 4.0)), text="ours")
    assert stored(session, frame) == theirs
    assert session.record == theirs
    qtbot.waitUntil(lambda: session.stack.count() == 0)
    session.edit(place(session.labels, "L_PENALTY_MARK", (3.0, 4.0)), text="ours again")
    assert set(stored(session, frame).labels.pitch.keypoints) == {"CENTER_MARK", "L_PENALTY_MARK"}
    session.undo()
    assert stored(session, frame) == theirs
