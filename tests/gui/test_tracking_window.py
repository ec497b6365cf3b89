"""Who is who through a clip, in the window: tracked, split, joined, renumbered, undone, with real keys."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog
from windows import open_folder, press, settle

from annotator.gui import tracking_deeds
from annotator.gui.people_deeds import renumber_to
from annotator.gui.people_view import identity_rgba
from annotator.gui.tracking_deeds import active_number
from annotator.instances import present
from annotator.labels import Decision, FrameLabels, FrameRecord, Origin, Review
from annotator.tracking_labels import is_given

sys.path.append(str(Path(__file__).resolve().parents[1] / "annotator"))
import sprites

pytest_plugins = ("window_fixtures",)

KEY, HELD = Qt.Key, Qt.KeyboardModifier
CTRL_SHIFT = HELD.ControlModifier | HELD.ShiftModifier


@pytest.fixture
def said():
    """What was told."""
    return []


@pytest.fixture
def window(make_window, tmp_path, qtbot, said):
    """A clip of two who pass each other, both labelled in the first frame."""
    with sprites.project(tmp_path, tmp_path / "frames.touchline") as project:
        first, *_ = project.frame_ids()
        project.save_record(first, FrameRecord(sprites.labels(0, 0, 1)), text="Label")
    window = make_window()
    open_folder(window, tmp_path / "frames.touchline", qtbot)
    qtbot.waitUntil(lambda: window.timing.timeline.track is not None, timeout=20000)
    window.timing.tracking.told.connect(said.append)
    return window


def track(window, qtbot, said) -> None:
    window.canvas.setFocus()
    press(window, qtbot, KEY.Key_T, CTRL_SHIFT)
    qtbot.waitUntil(lambda: bool(said), timeout=60000)


def numbers(window) -> list[list[int]]:
    project = window.session.project
    return [[one.id for one in present(project.record(n).labels)] for n in project.frame_ids()]


def go_to(window, place: int, qtbot) -> None:
    session = window.session
    session.show(int(window.timing.timeline.track.ids[place]))
    qtbot.waitUntil(lambda: session.wanted == session.frame_id and session.can_decide, timeout=20000)


def middle(window, place: int, number: int) -> float:
    project = window.session.project
    points = project.record(project.frame_ids()[place]).labels.instance(number).keypoints.values()
    return float(np.mean([said.position[0] for said in points]))


def test_everybody_is_followed_through_the_clip_and_taken_back_in_one_step(window, qtbot, said):
    track(window, qtbot, said)
    assert numbers(window) == [[0, 1]] * sprites.COUNT
    assert said == ["Followed: 2. Frames changed: 23"]
    assert middle(window, 10, 1) == pytest.approx(sprites.points(1, 10)[:, 0].mean(), abs=2.0)
    window.session.stack.undo()
    qtbot.waitUntil(lambda: not window.timing.carrying.changes.busy, timeout=20000)
    assert numbers(window) == [[0, 1]] + [[]] * (sprites.COUNT - 1)
    window.session.stack.redo()
    qtbot.waitUntil(lambda: not window.timing.carrying.changes.busy, timeout=20000)
    assert numbers(window) == [[0, 1]] * sprites.COUNT


def test_only_the_range_is_tracked_where_there_is_one(window, qtbot, said):
    window.timing.timeline.choose((0, 5))
    track(window, qtbot, said)
    assert [len(some) for some in numbers(window)] == [2] * 6 + [0] * 18


def test_a_split_here_is_somebody_else_from_here_on_and_active(window, qtbot, said):
    track(window, qtbot, said)
    go_to(window, 8, qtbot)
    window.session.choose_thing(1)
    tracking_deeds.split(window)
    qtbot.waitUntil(lambda: len(said) == 2, timeout=20000)
    assert numbers(window)[7:9] == [[0, 1], [0, 2]]
    assert window.session.people.active == 2
    assert active_number(window) == 2
    window.timing.tracking.join(1, 2)
    qtbot.waitUntil(lambda: len(said) == 3, timeout=20000)
    assert numbers(window) == [[0, 1]] * sprites.COUNT
    assert said[1:] == ["From here on number 1 is 2", "2 is 1 now"]
    for _ in range(3):
        window.session.stack.undo()
        qtbot.waitUntil(lambda: not window.timing.carrying.changes.busy, timeout=20000)
    assert numbers(window) == [[0, 1]] + [[]] * (sprites.COUNT - 1)


def test_a_number_from_here_on_is_exchanged_and_holds_when_tracked_again(window, qtbot, said):
    track(window, qtbot, said)
    before = middle(window, 12, 0)
    go_to(window, 12, qtbot)
    window.timing.tracking.renumber(0, 1)
    qtbot.waitUntil(lambda: len(said) == 2, timeout=20000)
    assert middle(window, 12, 1) == before
    track_again = len(said)
    press(window, qtbot, KEY.Key_T, CTRL_SHIFT)
    qtbot.waitUntil(lambda: len(said) > track_again, timeout=60000)
    assert middle(window, 12, 1) == before


def test_two_who_are_labelled_together_cannot_be_one(window, qtbot, said):
    window.timing.tracking.join(0, 1)
    qtbot.waitUntil(lambda: bool(said), timeout=20000)
    assert said == ["Numbers 0 and 1 are both labelled in frame 1: they are two"]
    window.timing.tracking.join(0, 77)
    qtbot.waitUntil(lambda: len(said) == 2, timeout=20000)
    assert said[1] == "Nothing in the clip has the number 77"
    assert not window.session.stack.canUndo()


def test_a_split_where_there_is_nothing_before_says_so(window, qtbot, said):
    window.timing.tracking.split(0)
    qtbot.waitUntil(lambda: bool(said), timeout=20000)
    assert said == ["Number 0 begins or ends here: there is nothing to split"]


def test_accepted_frames_are_left_as_they_are(window, qtbot, said):
    project = window.session.project
    record = FrameRecord(FrameLabels((sprites.labelled(0, 5, 9, Origin.HAND),)), Review(Decision.ACCEPTED))
    project.save_record(project.frame_ids()[5], record, text="Label")
    window.session.reload()
    window.timing.timeline.reread()
    qtbot.waitUntil(lambda: bool(window.timing.timeline.track.said[5]), timeout=20000)
    track(window, qtbot, said)
    assert said == ["Followed: 2. Frames changed: 23. Decided frames left as they are: 1"]
    assert project.record(project.frame_ids()[5]) == record


def test_a_clip_without_anybody_says_what_to_do(window, qtbot, said):
    project = window.session.project
    project.save_record(project.frame_ids()[0], FrameRecord(), text="Clear")
    window.session.reload()
    track(window, qtbot, said)
    assert said == ["There is nobody to follow yet: label somebody in a frame, or let a network look"]


def test_the_numbers_colours_are_the_same_in_every_frame_and_on_the_skeletons_when_asked(window, qtbot, said):
    track(window, qtbot, said)
    tints = []
    for place in (0, 7):
        go_to(window, place, qtbot)
        tints.append({view.id: view.tint for view in window.session.people.views(window.session.settings)})
    assert tints[0] == tints[1] == {0: identity_rgba(0), 1: identity_rgba(1)}
    window.canvas.setFocus()
    press(window, qtbot, KEY.Key_I, HELD.ShiftModifier)
    settle(window, qtbot)
    for view in window.session.people.views(window.session.settings):
        assert {colour for colour, _, _ in view.strokes} == {identity_rgba(view.id)}


def test_a_number_given_in_one_frame_holds_when_tracked_again_and_undo_takes_it_back(window, qtbot, said, monkeypatch):
    project = window.session.project
    third = project.frame_ids()[3]
    # Somebody labels a later frame in another order, and says of one of them who it is.
    project.save_record(third, FrameRecord(sprites.labels(3, 0, 1)), text="Label")
    go_to(window, 3, qtbot)
    monkeypatch.setattr(QInputDialog, "getInt", lambda *arguments: (7, True))
    window.session.choose_thing(1)
    press(window, qtbot, KEY.Key_R, HELD.ControlModifier)
    assert [one.id for one in present(window.session.labels)] == [0, 7]
    assert [is_given(one) for one in present(project.record(third).labels)] == [False, True]
    track(window, qtbot, said)
    assert numbers(window) == [[0, 7]] * sprites.COUNT
    assert middle(window, 10, 7) == pytest.approx(sprites.points(1, 10)[:, 0].mean(), abs=2.0)
    for _ in range(2):
        window.session.undo()
        qtbot.waitUntil(lambda: not window.timing.carrying.changes.busy, timeout=20000)
    assert project.record(third).labels == sprites.labels(3, 0, 1)
    track_again = len(said)
    press(window, qtbot, KEY.Key_T, CTRL_SHIFT)
    qtbot.waitUntil(lambda: len(said) > track_again, timeout=60000)
    assert numbers(window) == [[0, 1]] * sprites.COUNT


def test_a_number_can_be_confirmed_and_two_that_are_exchanged_both_hold(window, qtbot):
    session = window.session
    renumber_to(session, 1, 1)
    assert session.stack.undoText() == "Number 1 holds"
    assert [is_given(one) for one in present(session.labels)] == [False, True]
    renumber_to(session, 0, 1)
    assert [(one.id, is_given(one)) for one in present(session.labels)] == [(1, True), (0, True)]
    assert middle(window, 0, 1) == pytest.approx(sprites.points(0, 0)[:, 0].mean())
    session.undo()
    session.undo()
    assert session.labels == sprites.labels(0, 0, 1)
