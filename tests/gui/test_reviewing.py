"""Reviewing with real keys and clicks: many frames at once, second looks and second reviewers, remarks, history."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QMenu
from windows import click, prediction, press, settle

from annotator.gui.accepting import accepted
from annotator.gui.dialogs.bulk_accept import BulkAcceptDialog
from annotator.keypoints import resolve
from annotator.labels import (
    Decision,
    FrameLabels,
    FrameRecord,
    FrameState,
    Instance,
    KeypointLabel,
    Note,
    Origin,
    Review,
    Visibility,
    place,
)
from annotator.pitch import KEYPOINTS
from annotator.review.bulk import accepted_record

pytest_plugins = ("window_fixtures",)

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def sure(confidence: float):
    """What a network sees that is as sure as this of six points that contradict nothing."""
    found = prediction()
    names = list(KEYPOINTS)
    xy, confidences = found.xy.copy(), found.confidence.copy() * 0.0
    for place_, name in enumerate([n for n in names if KEYPOINTS[n].on_ground][:6]):
        x, y = KEYPOINTS[name].world[:2]
        xy[names.index(name)] = 320.0 + 5.0 * x, 180.0 + 4.0 * y
        confidences[names.index(name)] = confidence + 0.001 * place_
    return replace(found, xy=xy, confidence=confidences)


@pytest.fixture
def predicted(window, qtbot):
    """Five predicted frames, each surer than the one before: 50 to 90 %."""
    project = window.session.project
    for frame_id, confidence in zip(project.frame_ids(), (0.5, 0.6, 0.7, 0.8, 0.9), strict=True):
        project.save_prediction(frame_id, sure(confidence))
    window.session.reload()
    settle(window, qtbot)
    return window


@pytest.fixture
def dialog(predicted, qtbot):
    press(predicted, qtbot, Qt.Key.Key_Space, SHIFT)
    found = predicted.findChild(BulkAcceptDialog)
    assert found is not None
    found.confidence.setValue(65)
    found.residual.setValue(100.0)
    qtbot.waitUntil(lambda: len(found.chosen) == 3, timeout=15_000)
    qtbot.waitUntil(lambda: not predicted.reviewing.queue.building)
    return found


def decisions(window) -> list[Decision]:
    project = window.session.project
    return [project.record(frame_id).review.decision for frame_id in project.frame_ids()]


OPEN, YES = Decision.OPEN, Decision.ACCEPTED


def accept(dialog, qtbot) -> None:
    qtbot.waitUntil(dialog.accept_button.isEnabled)
    qtbot.mouseClick(dialog.accept_button, Qt.MouseButton.LeftButton)


def undo(window, qtbot) -> None:
    qtbot.waitUntil(lambda: window.findChild(BulkAcceptDialog) is None)
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and window.actions_["edit.undo"].isEnabled())
    press(window, qtbot, Qt.Key.Key_Z, CTRL)


def test_many_frames_are_accepted_as_one_step(predicted, dialog, qtbot):
    ids = predicted.session.project.frame_ids()
    assert dialog.accept_button.text() == "Accept 3 frames"
    dialog.confidence.setValue(100)
    assert dialog.count.text() == "No frame would be accepted; with lower limits: 5"
    assert not dialog.accept_button.isEnabled()
    dialog.confidence.setValue(65)
    qtbot.waitUntil(lambda: sum(tile.picture is not None for tile in dialog.tiles) == 3)
    assert {tile.frame_id for tile in dialog.tiles} == {*ids[2:], None}
    predicted.session.author = "Anna"
    accept(dialog, qtbot)
    qtbot.waitUntil(lambda: decisions(predicted) == [OPEN, OPEN, YES, YES, YES])
    qtbot.waitUntil(lambda: predicted.session.stack.count() == 1)
    record = predicted.session.project.record(ids[4])
    assert len(record.labels.pitch.keypoints) == 6
    assert record.review.by == "Anna"
    assert predicted.session.project.last_change(ids[4]).author == "Anna"
    undo(predicted, qtbot)
    qtbot.waitUntil(lambda: decisions(predicted) == [OPEN] * 5)
    assert predicted.session.project.record(ids[4]) == FrameRecord()
    qtbot.waitUntil(lambda: not predicted.reviewing.many.busy)
    qtbot.waitUntil(predicted.actions_["edit.redo"].isEnabled)
    press(predicted, qtbot, Qt.Key.Key_Y, CTRL)
    qtbot.waitUntil(lambda: decisions(predicted) == [OPEN, OPEN, YES, YES, YES])


def test_a_frame_that_changed_elsewhere_keeps_all_of_them_as_they_are(predicted, dialog, qtbot, monkeypatch):
    project, ids = predicted.session.project, predicted.session.project.frame_ids()
    save = project.save_records

    def late(records, **kwargs):
        other = FrameRecord(place(FrameLabels(), "CENTER_MARK", (1.0, 2.0)))
        project.save_record(ids[3], other, text="Elsewhere")
        save(records, **kwargs)

    monkeypatch.setattr(project, "save_records", late)
    with qtbot.waitSignal(predicted.session.failed) as told:
        accept(dialog, qtbot)
    assert "changed elsewhere" in told.args[0]
    assert decisions(predicted) == [OPEN] * 5
    assert predicted.session.stack.count() == 0
    assert "CENTER_MARK" in project.record(ids[3]).labels.pitch.keypoints


def test_an_undo_that_comes_too_late_changes_nothing(predicted, dialog, qtbot):
    project, ids = predicted.session.project, predicted.session.project.frame_ids()
    accept(dialog, qtbot)
    qtbot.waitUntil(lambda: predicted.session.stack.count() == 1)
    project.save_record(ids[3], FrameRecord(), text="Elsewhere")
    with qtbot.waitSignal(predicted.session.failed):
        undo(predicted, qtbot)
    assert decisions(predicted) == [OPEN, OPEN, YES, OPEN, YES]
    assert not predicted.session.stack.canUndo()


def test_writing_and_its_undo_say_how_far_they_are(predicted, dialog, qtbot):
    job, shown = predicted.reviewing.many.job, []
    job.changed.connect(lambda: shown.append((predicted.errands.current is job, job.done, job.total)))
    accept(dialog, qtbot)
    qtbot.waitUntil(lambda: predicted.session.stack.count() == 1)
    assert (True, 3, 3) in shown
    assert not job.running
    shown.clear()
    undo(predicted, qtbot)
    qtbot.waitUntil(lambda: (True, 3, 3) in shown and not job.running)
    assert decisions(predicted) == [OPEN] * 5


def test_writing_that_is_stopped_in_time_changes_nothing(predicted, dialog, qtbot, monkeypatch):
    project, many = predicted.session.project, predicted.reviewing.many
    save = project.save_records

    def stopped(records, **kwargs):
        many._lane.stop()
        save(records, **kwargs)

    monkeypatch.setattr(project, "save_records", stopped)
    with qtbot.waitSignal(many.ended) as told:
        accept(dialog, qtbot)
    assert told.args == [False]
    assert decisions(predicted) == [OPEN] * 5
    assert predicted.session.stack.count() == 0
    assert not many.job.running


def test_undo_and_redo_that_are_stopped_in_time_leave_all_as_it_is(predicted, dialog, qtbot, monkeypatch):
    project, many, stack = predicted.session.project, predicted.reviewing.many, predicted.session.stack
    accept(dialog, qtbot)
    qtbot.waitUntil(lambda: stack.count() == 1)
    save = project.save_records

    def stopped(records, **kwargs):
        many._lane.stop()
        save(records, **kwargs)

    for first in (True, False):
        before, place_ = decisions(predicted), stack.index()
        with monkeypatch.context() as patch:
            patch.setattr(project, "save_records", stopped)
            undo(predicted, qtbot) if first else predicted.session.redo()
            qtbot.waitUntil(lambda: not many.busy)
        assert (decisions(predicted), stack.index()) == (before, place_)
        # The same key does it after all.
        predicted.session.undo() if first else predicted.session.redo()
        qtbot.waitUntil(lambda: not many.busy)
        assert decisions(predicted) == ([OPEN] * 5 if first else [OPEN, OPEN, YES, YES, YES])
        assert stack.index() == (0 if first else 1)


def test_nothing_else_changes_while_frames_are_written(predicted, qtbot):
    session = predicted.session
    session.hold("Frames are being written: 3")
    session.edit(place(session.labels, "CENTER_MARK", (5.0, 5.0)), text="Place")
    assert session.labels.is_empty
    session.hold("")
    session.edit(place(session.labels, "CENTER_MARK", (5.0, 5.0)), text="Place")
    assert not session.labels.is_empty


def test_accepting_without_a_look_gives_what_accepting_on_the_screen_gives(predicted):
    found, settings = sure(0.7), predicted.session.settings
    record = accepted_record(FrameRecord(), found, threshold=settings.threshold)
    resolved = resolve(Instance(), found, size=found.image_size, threshold=settings.threshold)
    assert record.labels == accepted(FrameLabels(), resolved, settings)


def test_a_frame_begun_by_a_person_is_never_among_them(predicted, dialog, qtbot):
    assert predicted.session.project.state_counts()[FrameState.PREDICTED] == 5
    dialog.reject()
    first = predicted.session.project.frame_ids()[4]
    predicted.session.show(first)
    settle(predicted, qtbot)
    predicted.session.edit(place(predicted.session.labels, "CENTER_MARK", (5.0, 5.0)), text="Place")
    qtbot.waitUntil(lambda: predicted.findChild(BulkAcceptDialog) is None)
    predicted.activateWindow()
    qtbot.waitUntil(predicted.isActiveWindow)
    press(predicted, qtbot, Qt.Key.Key_Space, SHIFT)
    again = predicted.findChild(BulkAcceptDialog)
    again.confidence.setValue(65)
    again.residual.setValue(100.0)
    qtbot.waitUntil(lambda: len(again.chosen) == 2)
    assert first not in {one.frame_id for one in again.chosen}
    assert again.accept_button.text() == "Accept 2 frames"
    again.confidence.setValue(75)
    qtbot.waitUntil(lambda: again.accept_button.text() == "Accept 1 frame")
    again.reject()


# Second looks


@pytest.mark.qt_log_ignore("This plugin does not support")
@pytest.mark.parametrize(("key", "reason"), [(Qt.Key.Key_Return, ""), (Qt.Key.Key_3, "Hard to see")])
def test_a_frame_is_left_for_a_second_look_without_a_reason_or_with_one(window, qtbot, key, reason):
    first, second = window.session.order.ids[:2]
    press(window, qtbot, Qt.Key.Key_X, SHIFT)
    menu = window.findChild(QMenu, "lookAgainMenu")
    qtbot.waitUntil(menu.isVisible)
    qtbot.keyClick(menu, key)
    qtbot.waitUntil(lambda: window.session.frame_id == second)
    review = window.session.project.record(first).review
    assert (review.decision, review.reason) == (Decision.LOOK_AGAIN, reason)
    assert window.session.project.row(first).state is FrameState.LOOK_AGAIN


def test_a_second_reviewer_confirms_and_changes_nothing_else(window, qtbot):
    session, first = window.session, window.session.frame_id
    window.reviewing.call("Anna")
    click(window, qtbot, 100, 100)
    session.edit(place(session.labels, "CENTER_MARK", (50.0, 60.0)), text="Place")
    qtbot.keyClick(window.canvas, Qt.Key.Key_Space)
    settle(window, qtbot)
    assert session.project.record(first).review.by == "Anna"
    session.show(first)
    settle(window, qtbot)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Space)
    settle(window, qtbot)
    assert session.project.record(first).review.confirmed_by == ""
    window.reviewing.call("Ben")
    session.show(first)
    settle(window, qtbot)
    labels = session.labels
    qtbot.keyClick(window.canvas, Qt.Key.Key_Space)
    settle(window, qtbot)
    record = session.project.record(first)
    assert record.labels == labels
    assert (record.review.by, record.review.confirmed_by) == ("Anna", "Ben")
    assert session.project.last_change(first).author == "Ben"


def test_the_name_is_remembered(window, make_window, qtbot, monkeypatch):
    monkeypatch.setattr(QInputDialog, "getText", lambda *args, **kwargs: (" Anna ", True))
    window.actions_["review.name"].trigger()
    window.close()
    assert make_window().reviewing.name == "Anna"


# Remarks and history


@pytest.fixture
def remarked(window, qtbot, monkeypatch):
    """A frame with a placed point, which is selected, and a remark pinned to it."""
    session = window.session
    window.docks.toggle_history()
    session.edit(place(session.labels, "CENTER_MARK", (320.0, 180.0)), text="Place")

    click(window, qtbot, 320.0, 180.0)
    assert session.selection.keypoints == ("CENTER_MARK",)
    monkeypatch.setattr(QInputDialog, "getText", lambda *args, **kwargs: ("Is this the spot?", True))
    press(window, qtbot, Qt.Key.Key_C)
    return window


def test_a_remark_is_pinned_to_the_selected_point_and_moves_with_it(remarked, qtbot):
    session, flags = remarked.session, remarked.reviewing.flags
    assert session.record.review.notes == (Note("Is this the spot?", "CENTER_MARK", (320.0, 180.0), ""),)
    assert [flag.pos().toTuple() for flag in flags.flags] == [(320.0, 180.0)]
    session.edit(place(session.labels, "CENTER_MARK", (400.0, 200.0)), text="Move")
    assert [flag.pos().toTuple() for flag in flags.flags] == [(400.0, 200.0)]
    notes = remarked.docks.history.notes
    qtbot.waitUntil(lambda: notes.count() == 1)
    assert notes.item(0).text() == "1  Is this the spot?  (centre mark)"
    qtbot.mouseClick(notes.viewport(), Qt.MouseButton.LeftButton, pos=notes.visualItemRect(notes.item(0)).center())
    qtbot.mouseClick(remarked.docks.history.remove, Qt.MouseButton.LeftButton)
    assert session.record.review.notes == ()
    assert flags.flags == []
    press(remarked, qtbot, Qt.Key.Key_Z, CTRL)
    assert len(flags.flags) == 1


def test_flags_go_with_their_frame(remarked, qtbot):
    press(remarked, qtbot, Qt.Key.Key_D)
    settle(remarked, qtbot)
    assert remarked.reviewing.flags.flags == []


def test_the_history_tells_what_was_done_and_brings_any_of_it_back(window, qtbot):
    session, history = window.session, window.docks.history
    press(window, qtbot, Qt.Key.Key_H, CTRL)
    window.reviewing.call("Anna")
    first = place(session.labels, "CENTER_MARK", (320.0, 180.0))
    session.edit(first, text="Place")
    session.edit(place(first, "CENTER_MARK", (330.0, 190.0)), text="Move")
    session.decide(Review(Decision.REJECTED, reason="Too blurred"), text="Reject frame")
    qtbot.waitUntil(lambda: history.edits.count() == 4)
    lines = [history.edits.item(row).text() for row in range(4)]
    assert "Anna" in lines[0]
    assert "Reject frame" in lines[0]
    assert "points moved: 1" in lines[1]
    assert "points added: 1" in lines[2]
    assert lines[3] == "How it began"
    spot = history.edits.visualItemRect(history.edits.item(2)).center()
    qtbot.mouseClick(history.edits.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert [ring.pos().toTuple() for ring in history._marks.rings] == [(320.0, 180.0)]
    qtbot.mouseClick(history.restore, Qt.MouseButton.LeftButton)
    assert session.record == FrameRecord(first)
    assert session.project.record(session.frame_id) == FrameRecord(first)
    assert history._marks.rings == []
    press(window, qtbot, Qt.Key.Key_Z, CTRL)
    assert session.record.review.decision is Decision.REJECTED


def test_a_label_of_a_person_survives_what_the_history_does(window, qtbot):
    label = KeypointLabel((10.0, 10.0), Visibility.OCCLUDED, Origin.HAND)
    record = FrameRecord(FrameLabels((Instance(keypoints={"CENTER_MARK": label}),)))
    session, history = window.session, window.docks.history
    press(window, qtbot, Qt.Key.Key_H, CTRL)
    session.edit(record.labels, text="Place")
    session.edit(FrameLabels(), text="Clear frame")
    qtbot.waitUntil(lambda: history.edits.count() == 3)
    history.edits.setCurrentRow(1)
    history.edits.setFocus()
    qtbot.keyClick(history.edits, Qt.Key.Key_Return)
    assert session.record == record
