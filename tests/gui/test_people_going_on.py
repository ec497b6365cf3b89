"""What stays as a person works on: the tool in the hand, and the active one after a change that was refused."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from windows import drag, open_folder, press

from annotator.instances import present, set_box
from annotator.labels import EMPTY, FrameRecord, place
from annotator.project import Project
from annotator.schemes import COCO_17

pytest_plugins = ("window_fixtures",)

KEY, HELD = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def people(make_window, frames, qtbot):
    with Project.for_media([frames], scheme=COCO_17):
        pass
    window = make_window()
    open_folder(window, frames, qtbot)
    return window


def boxes(window) -> list[int]:
    return [one.id for one in present(window.session.labels) if one.box is not None]


@pytest.mark.parametrize("between", [False, True])
def test_every_drag_of_the_box_tool_boxes_somebody_else_with_insert_between_or_without(people, qtbot, between):
    press(people, qtbot, KEY.Key_4)
    drag(people, qtbot, (60, 60), (160, 260))
    if between:
        press(people, qtbot, KEY.Key_Insert)
        assert people.tools.current == "box"
    drag(people, qtbot, (260, 60), (360, 260))
    assert people.tools.current == "box"
    assert boxes(people) == [0, 1]
    assert all(not one.keypoints for one in present(people.session.labels))


def test_insert_takes_the_point_tool_where_no_box_is_drawn(people, qtbot):
    press(people, qtbot, KEY.Key_1)
    press(people, qtbot, KEY.Key_Insert)
    assert people.tools.current == "point"


def test_who_could_not_be_deleted_stays_the_active_one(people, qtbot):
    session = people.session
    labels = place(set_box(EMPTY, 0, (40.0, 40.0, 90.0, 120.0)), "nose", (60.0, 60.0))
    session.edit(set_box(labels, 1, (240.0, 40.0, 290.0, 120.0)), text="two")
    session.choose_thing(1)
    # Another window says something of the frame.
    later = set_box(session.labels, 2, (340.0, 40.0, 390.0, 120.0))
    with Project.open(session.project.path) as elsewhere:
        elsewhere.save_record(session.frame_id, FrameRecord(later), text="three")
    with qtbot.waitSignal(session.failed):
        press(people, qtbot, KEY.Key_Delete, HELD.ShiftModifier)
    assert session.people.active == 1
    assert boxes(people) == [0, 1, 2]
    press(people, qtbot, KEY.Key_Delete, HELD.ShiftModifier)
    assert boxes(people) == [0, 2]
    assert session.people.active != 1


def test_nothing_in_a_project_of_people_speaks_of_lines(people, qtbot):
    assert people.tip.isVisible()
    assert "line" not in people.tip.label.text()
