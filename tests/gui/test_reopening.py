"""What was accepted is a draft again once it is changed; and the frame that was on the screen outlives a kill."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from windows import drag, make_frames, open_folder, press, settle

from annotator.gui.dialogs.preferences import PreferencesDialog
from annotator.gui.view_state import Selection
from annotator.labels import EMPTY, Decision, FrameRecord, FrameState, Review, place
from annotator.project import Project

pytest_plugins = ("window_fixtures",)
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

POINT, AT = "CENTER_MARK", (300.0, 150.0)
ACCEPTED = FrameRecord(place(EMPTY, POINT, AT), Review(Decision.ACCEPTED, by="Ann", confirmed_by="Bea", comment="fog"))


@pytest.fixture
def accepted(window, qtbot):
    """A window on a frame that Ann accepted and Bea confirmed."""
    session = window.session
    session.project.save_record(session.frame_id, ACCEPTED, text="Accept", author="Ann")
    session.reload()
    settle(window, qtbot)
    return window


def state(window) -> FrameState:
    return window.session.project.row(window.session.frame_id).state


def test_a_changed_frame_is_a_draft_again_says_so_and_undo_takes_that_back(accepted, qtbot):
    session = accepted.session
    heard: list[str] = []
    session.message.connect(heard.append)
    session.edit(place(EMPTY, POINT, (310.0, 150.0)), text="Place")
    assert any("a draft again" in text for text in heard)
    assert state(accepted) is FrameState.DRAFT
    assert session.record.review == Review(comment="fog")
    assert accepted.status.decision.text() == ""
    session.undo()
    assert session.record == ACCEPTED
    assert session.project.record(session.frame_id) == ACCEPTED
    assert state(accepted) is FrameState.ACCEPTED
    session.redo()
    assert state(accepted) is FrameState.DRAFT


def test_the_history_tells_that_the_frame_was_reopened_and_leads_back(accepted, qtbot):
    session = accepted.session
    session.edit(place(EMPTY, POINT, (310.0, 150.0)), text="Place")
    accepted.docks.toggle_history()
    history = accepted.docks.history
    qtbot.waitUntil(lambda: history.edits.count() == 3)
    assert history.edits.item(0).text().endswith("Place (points moved: 1, a draft again)")
    history.edits.setCurrentRow(1)
    history.go_back()
    assert session.record == ACCEPTED


def test_accepting_again_makes_it_accepted_by_whoever_did(accepted, qtbot):
    session = accepted.session
    accepted.reviewing.call("Cem")
    session.edit(place(EMPTY, POINT, (310.0, 150.0)), text="Place")
    frame_id = session.frame_id
    press(accepted, qtbot, Qt.Key.Key_Space)
    review = session.project.record(frame_id).review
    assert (review.decision, review.by, review.confirmed_by) == (Decision.ACCEPTED, "Cem", "")


def test_a_drag_back_to_the_start_leaves_the_frame_accepted(accepted, qtbot):
    session = accepted.session
    session.select(Selection(keypoints=(POINT,)))
    gesture = object()
    session.edit(place(EMPTY, POINT, (310.0, 150.0)), text="Move", gesture=gesture)
    assert session.record.review.decision is Decision.OPEN
    session.edit(ACCEPTED.labels, text="Move", gesture=gesture)
    session.end_gesture()
    assert session.record == ACCEPTED
    assert session.stack.count() == 0
    assert session.project.record(session.frame_id) == ACCEPTED
    drag(accepted, qtbot, AT, (330.0, 170.0))
    assert state(accepted) is FrameState.DRAFT
    assert session.stack.count() == 1


def test_a_comment_leaves_the_decision_alone(accepted):
    session = accepted.session
    review = Review(Decision.ACCEPTED, by="Ann", confirmed_by="Bea", comment="sun")
    session.decide(review, text="Comment")
    assert state(accepted) is FrameState.ACCEPTED


def test_a_killed_program_begins_again_at_the_frame_that_was_on_the_screen(window, qtbot):
    session = window.session
    third = session.project.frame_ids()[2]
    session.show(third)
    settle(window, qtbot)

    def stored() -> int:
        # What a program that was killed now would leave behind.
        with Project.look_into(session.project.path) as beside:
            return beside.setting("frame", 0)

    qtbot.waitUntil(lambda: stored() == third)


def test_the_frame_of_one_project_is_not_kept_in_the_next(window, qtbot, tmp_path):
    window.session.show(window.session.project.frame_ids()[4])
    settle(window, qtbot)
    open_folder(window, make_frames(tmp_path / "others", 2), qtbot)
    qtbot.waitUntil(lambda: window.session.project.path.stem == "others" and window.session.frame_id is not None)
    settle(window, qtbot)
    assert window.session.frame_id == window.session.project.frame_ids()[0]
    qtbot.waitUntil(lambda: window.session.project.setting("frame", 0) == window.session.frame_id)


def test_the_name_is_said_in_the_preferences_and_seen_where_it_is_used(window, qtbot):
    window.actions_["app.preferences"].trigger()
    dialog = next(one for one in window.findChildren(PreferencesDialog) if one.isVisible())
    qtbot.keyClicks(dialog.name, "Ann ")
    dialog.close()
    assert window.reviewing.name == "Ann"
    assert window.settings.value("person/name") == "Ann"
    session = window.session
    frame_id = session.frame_id
    session.edit(place(EMPTY, POINT, AT), text="Place")
    press(window, qtbot, Qt.Key.Key_Space)
    settle(window, qtbot)
    session.show(frame_id)
    settle(window, qtbot)
    assert window.status.decision.text() == "Accepted by Ann"
    assert session.project.history(frame_id)[-1].author == "Ann"
    session.decide(Review(Decision.ACCEPTED, by="Ann", confirmed_by="Bea"), text="Confirm")
    qtbot.waitUntil(lambda: window.status.decision.toolTip() == "Confirmed by Bea")
