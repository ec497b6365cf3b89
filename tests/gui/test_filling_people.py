"""Filling in between labelled frames of people, with the real key: marked, undone in one step, never over a person."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from windows import open_folder, press

from annotator.instances import present
from annotator.labels import FrameLabels, FrameRecord, Instance
from annotator.timeline import FILLED, KEY
from annotator.timeline_things import kinds_of

sys.path.append(str(Path(__file__).resolve().parents[1] / "annotator"))
import sprites

pytest_plugins = ("window_fixtures",)


@pytest.fixture
def said():
    """What was told."""
    return []


@pytest.fixture
def window(make_window, tmp_path, qtbot, said):
    """Two people labelled in frames 1, 9 and 17, one of them in frame 5 as well; frame 5 is on the screen."""
    with sprites.project(tmp_path, tmp_path / "frames.touchline") as project:
        ids = project.frame_ids()
        for place in (0, 8, 16):
            project.save_record(ids[place], FrameRecord(sprites.labels(place, 0, 1)), text="Label")
        project.save_record(ids[4], FrameRecord(sprites.labels(4, 0)), text="Label")
    window = make_window()
    open_folder(window, tmp_path / "frames.touchline", qtbot)
    qtbot.waitUntil(lambda: window.timing.timeline.track is not None, timeout=20000)
    window.timing.player.go(4)
    qtbot.waitUntil(lambda: window.timing.timeline.place == 4 and window.session.can_decide, timeout=20000)
    window.timing.filling_things.told.connect(said.append)
    return window


def stored(window) -> list[dict[int, int]]:
    project = window.session.project
    return [kinds_of(project.record(n).labels) for n in project.frame_ids()]


def fill(window, qtbot, said, count: int = 1) -> None:
    window.canvas.setFocus()
    press(window, qtbot, Qt.Key.Key_I)
    qtbot.waitUntil(lambda: len(said) == count, timeout=30000)


def test_the_gaps_about_the_frame_are_filled_in_and_taken_back_in_one_step(window, qtbot, said):
    before = stored(window)
    fill(window, qtbot, said)
    after = stored(window)
    assert said == ["Filled in: 2. Frames changed: 7"]
    assert after[4] == {0: KEY, 1: FILLED}
    assert [after[n] for n in (5, 6, 7)] == [{0: FILLED, 1: FILLED}] * 3
    assert [after[n] for n in (1, 2, 3)] == [{0: FILLED, 1: FILLED}] * 3
    assert after[8:] == before[8:]
    track = window.timing.timeline
    qtbot.waitUntil(lambda: track.track.said[5] == FILLED and track.track.said[4] == KEY)
    rows = window.timing.panel.identities
    qtbot.waitUntil(lambda: rows.lanes.lanes[1].at(6) == FILLED)
    QTest.keyClick(window.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: stored(window) == before, timeout=20000)
    assert not window.session.stack.canUndo()
    qtbot.waitUntil(lambda: not window.timing.carrying.changes.busy)
    window.session.stack.redo()
    qtbot.waitUntil(lambda: stored(window) == after, timeout=20000)


def test_all_of_a_range_is_filled_in(window, qtbot, said):
    window.timing.timeline.choose((0, 16))
    fill(window, qtbot, said)
    after = stored(window)
    assert [len(some) for some in after] == [2] * 17 + [0] * 7
    # What is filled in is followed when what it hangs on moved, and nothing is left to do then.
    fill(window, qtbot, said, 2)
    assert said[1] == "Nothing is missing between two labelled frames here"


def test_a_hand_that_touches_a_filled_point_makes_the_person_s_word_of_it(window, qtbot, said):
    fill(window, qtbot, said)
    window.timing.player.go(6)
    qtbot.waitUntil(lambda: window.timing.timeline.place == 6 and window.session.can_decide, timeout=20000)
    session = window.session
    session.choose_thing(1)
    from annotator.labels import place

    session.edit(place(session.labels, "nose", (11.0, 12.0), instance=1), text="Place")
    session.end_gesture()
    fill(window, qtbot, said, 2)
    project = session.project
    kept = project.record(project.frame_ids()[6]).labels.instance(1).keypoints["nose"]
    assert kept.position == (11.0, 12.0)
    assert stored(window)[6][1] == KEY
    nose = [project.record(project.frame_ids()[n]).labels.instance(1).keypoints["nose"].position[0] for n in (5, 7)]
    # Its neighbours go through where the hand has put it now.
    assert abs(nose[0] - 11.0) < abs(sprites.points(1, 5)[0, 0] - 11.0)
    assert abs(nose[1] - 11.0) < abs(sprites.points(1, 7)[0, 0] - 11.0)


def test_in_front_of_the_first_and_behind_the_last_frame_nothing_is_made_up(window, qtbot, said):
    window.timing.player.go(20)
    qtbot.waitUntil(lambda: window.timing.timeline.place == 20 and window.session.can_decide, timeout=20000)
    fill(window, qtbot, said)
    assert said == ["Nothing is missing between two labelled frames here"]
    assert all(len(present(record.labels)) == 0 for record in map(
        window.session.project.record, window.session.project.frame_ids()[17:]
    ))  # fmt: skip


def test_boxes_alone_are_filled_in_and_taken_back_and_what_cannot_be_is_said(make_window, tmp_path, qtbot, said):
    def box(x: float) -> tuple[float, float, float, float]:
        return (x, 10.0, x + 20.0, 50.0)

    with sprites.project(tmp_path, tmp_path / "frames.touchline") as project:
        ids = project.frame_ids()
        boxed = {0: Instance(0, box=box(0.0)), 11: Instance(0, box=box(22.0)), 15: sprites.labelled(0, 15, 0)}
        for place, one in boxed.items():
            project.save_record(ids[place], FrameRecord(FrameLabels((one,))), text="Label")
    window = make_window()
    open_folder(window, tmp_path / "frames.touchline", qtbot)
    qtbot.waitUntil(lambda: window.timing.timeline.track is not None, timeout=20000)
    qtbot.waitUntil(lambda: window.session.can_decide, timeout=20000)
    window.timing.filling_things.told.connect(said.append)
    before = stored(window)
    fill(window, qtbot, said)
    assert said == ["Filled in: 1. Frames changed: 10"]
    boxes = [window.session.project.record(frame_id).labels.instance(0).box for frame_id in ids[:12]]
    assert boxes == [pytest.approx(box(2.0 * n)) for n in range(12)]
    assert stored(window)[:12] == [{0: KEY}, *[{0: FILLED}] * 10, {0: KEY}]
    window.timing.player.go(5)
    qtbot.waitUntil(lambda: window.timing.timeline.place == 5 and window.session.can_decide, timeout=20000)
    assert window.docks.things.view.model().rows[0][2] == "carried"
    window.session.undo()
    qtbot.waitUntil(lambda: stored(window) == before, timeout=20000)
    qtbot.waitUntil(lambda: not window.timing.carrying.changes.busy)
    window.timing.player.go(13)
    qtbot.waitUntil(lambda: window.timing.timeline.place == 13 and window.session.can_decide, timeout=20000)
    fill(window, qtbot, said, 2)
    assert said[1] == "Nothing was filled in: the frames before and after have no point and no box in common"
