"""Who those are that are only seen: in a clip they keep or get a number of the whole clip, and are accepted with it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from windows import drag, make_frames, open_folder, press, settle

from annotator import instances
from annotator.instances import overlap, present
from annotator.labels import EMPTY, FrameRecord, Instance
from annotator.project import Project
from annotator.schemes import COCO_17
from annotator.shots import Shots
from annotator.timeline import FEWEST_OF_A_CLIP
from model.people import Candidate

pytest_plugins = ("window_fixtures",)
KEY, HELD = Qt.Key, Qt.KeyboardModifier
LEFT, RIGHT, LOW = (100.0, 60.0, 220.0, 300.0), (400.0, 80.0, 500.0, 320.0), (250.0, 200.0, 330.0, 350.0)


def moved(box, by):
    return (box[0] + by, box[1], box[2] + by, box[3])


def folder_with(tmp_path, count, labelled, boxes):
    """A folder of frames, some with labelled boxes by number, some with boxes that a detector found, by place."""
    folder = make_frames(tmp_path / "clip", count)
    with Project.for_media([folder], scheme=COCO_17) as project:
        ids = project.frame_ids()
        for place, people in labelled.items():
            labels = EMPTY
            for number, box in people.items():
                labels = instances.add(labels, Instance(number, box=box))
            project.save_record(ids[place], FrameRecord(labels), text="Box")
        project.save_boxes({ids[place]: some for place, some in boxes.items()})
    return folder


def opened(make_window, folder, qtbot):
    window = make_window()
    open_folder(window, folder, qtbot)
    qtbot.waitUntil(lambda: window.timing.timeline.track is not None)
    qtbot.waitUntil(lambda: bool(window.timing.panel.identities.lanes.numbers))
    return window


def go(window, qtbot, place):
    window.session.show(window.session.project.frame_ids()[place])
    settle(window, qtbot)


def numbers(window):
    return {tuple(one.box): one.id for one in window.session.people.things}


@pytest.fixture
def clip(make_window, tmp_path, qtbot):
    """Somebody is labelled on the right in the first frame; three are found in the second, and far on."""
    three = (Candidate(LEFT, 0.9), Candidate(LOW, 0.8), Candidate(moved(RIGHT, 6.0), 0.5))
    folder = folder_with(tmp_path, FEWEST_OF_A_CLIP, {0: {0: RIGHT}}, {1: three, 20: three})
    return opened(make_window, folder, qtbot)


def test_accepting_keeps_the_number_of_who_was_there_and_gives_others_free_ones(clip, qtbot):
    go(clip, qtbot, 1)
    shown = numbers(clip)
    assert shown == {LEFT: 1, LOW: 2, moved(RIGHT, 6.0): 0}
    second = clip.session.frame_id
    press(clip, qtbot, KEY.Key_Space)
    qtbot.waitUntil(lambda: clip.session.frame_id != second)
    assert {one.box: one.id for one in present(clip.session.project.record(second).labels)} == shown


def test_far_from_the_labelled_frame_everybody_is_somebody_new(clip, qtbot):
    go(clip, qtbot, 20)
    assert sorted(numbers(clip).values()) == [1, 2, 3]
    press(clip, qtbot, KEY.Key_Insert, HELD.ShiftModifier)
    assert [one.id for one in present(clip.session.labels)] == [1]
    assert clip.session.people.active == 1
    press(clip, qtbot, KEY.Key_Z, HELD.ControlModifier)
    assert sorted(numbers(clip).values()) == [1, 2, 3]


def test_beyond_a_cut_everybody_is_somebody_new(clip, qtbot):
    timeline = clip.timing.timeline
    qtbot.waitUntil(lambda: not timeline.scanning)
    timeline._take(timeline.track.with_shots(Shots((1,), ()), set(range(len(timeline.track)))))
    go(clip, qtbot, 1)
    assert sorted(numbers(clip).values()) == [1, 2, 3]


def test_numbers_follow_from_frame_to_frame_as_they_are_accepted(clip, qtbot):
    project = clip.session.project
    ids = project.frame_ids()
    project.save_boxes({ids[2]: (Candidate(moved(LOW, 4.0), 0.9), Candidate(moved(LEFT, 4.0), 0.4))})
    go(clip, qtbot, 1)
    press(clip, qtbot, KEY.Key_Space)
    settle(clip, qtbot)
    assert clip.session.frame_id == ids[2]
    assert numbers(clip) == {moved(LOW, 4.0): 2, moved(LEFT, 4.0): 1}


def test_a_predicted_one_that_is_dragged_keeps_its_number(clip, qtbot):
    go(clip, qtbot, 20)
    clip.session.choose_thing(1)
    press(clip, qtbot, KEY.Key_4)
    drag(clip, qtbot, (220.0, 300.0), (230.0, 310.0))
    (said,) = present(clip.session.labels)
    assert said.id == 1
    assert overlap(said.box, LEFT) > 0.8


def test_photographs_number_their_own_people(make_window, tmp_path, qtbot):
    three = (Candidate(LEFT, 0.9), Candidate(RIGHT, 0.5))
    folder = folder_with(tmp_path, 3, {0: {0: RIGHT}}, {1: three})
    window = make_window()
    open_folder(window, folder, qtbot)
    go(window, qtbot, 1)
    assert numbers(window) == {LEFT: 0, RIGHT: 1}


def test_the_one_chosen_in_the_list_is_taken_over_from_the_list(clip, qtbot):
    go(clip, qtbot, 1)
    view = clip.docks.things.view
    clip.docks.show_things()
    qtbot.waitUntil(lambda: view.isVisible() and view.model().rowCount() == 3)
    row = clip.docks.things._model.ids.index(2)
    at = view.visualRect(view.model().index(row, 0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert clip.session.people.active == 2
    assert view.hasFocus()
    qtbot.keyClick(view, KEY.Key_Insert, HELD.ShiftModifier)
    qtbot.waitUntil(lambda: [one.id for one in present(clip.session.labels)] == [2])
