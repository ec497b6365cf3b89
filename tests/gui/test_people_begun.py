"""Beginning somebody new: the list, the points, what the status bar says, and boxes that a click does not draw."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from windows import click, drag, open_folder, press, spot

from annotator.instances import present
from annotator.labels import FrameLabels, FrameRecord, Instance, KeypointLabel, Visibility
from annotator.project import Project
from annotator.schemes import COCO_17

pytest_plugins = ("window_fixtures",)
KEY = Qt.Key


def person(number: int, x: float, y: float) -> Instance:
    """Somebody whose points run down and to the right."""
    points = {
        name: KeypointLabel((x + 4.0 * n, y + 8.0 * n), Visibility.VISIBLE)
        for n, name in enumerate(COCO_17.keypoints)
    }
    return Instance(number, points)


@pytest.fixture
def people(make_window, frames, qtbot):
    """A window on a frame with ten people."""
    with Project.for_media([frames], scheme=COCO_17) as project:
        first, *_ = project.frame_ids()
        ten = FrameLabels(tuple(person(n, 40.0 + 55.0 * n, 20.0) for n in range(10)))
        project.save_record(first, FrameRecord(ten), text="Ten")
    window = make_window()
    open_folder(window, frames, qtbot)
    qtbot.waitUntil(lambda: window.docks.things.view.model().rowCount() == 10)
    return window


def is_shown(view, row: int) -> bool:
    """Whether a row is to be seen as a whole."""
    rect = view.visualRect(view.model().index(row, 0))
    return rect.isValid() and rect.height() > 0 and view.viewport().rect().contains(rect)


def test_somebody_new_has_a_row_that_is_chosen_and_seen(people, qtbot):
    view = people.docks.things.view
    press(people, qtbot, KEY.Key_Insert)
    qtbot.waitUntil(lambda: view.model().rowCount() == 11)
    assert [view.model().index(10, column).data() for column in range(4)] == ["10, new", "0 / 17", "", ""]
    assert [index.row() for index in view.selectionModel().selectedRows()] == [10]
    assert is_shown(view, 10)
    click(people, qtbot, 600.0, 300.0)
    qtbot.waitUntil(lambda: view.model().index(10, 0).data() == "10")
    assert view.model().index(10, 1).data() == "1 / 17"
    assert [index.row() for index in view.selectionModel().selectedRows()] == [10]


def test_somebody_who_is_not_begun_after_all_leaves_the_list(people, qtbot):
    view = people.docks.things.view
    press(people, qtbot, KEY.Key_Insert)
    qtbot.waitUntil(lambda: view.model().rowCount() == 11)
    press(people, qtbot, KEY.Key_G)
    qtbot.waitUntil(lambda: view.model().rowCount() == 10)


def test_the_points_begin_at_the_first_one_again(people, qtbot):
    points = people.docks.points
    points.scrollToBottom()
    assert not is_shown(points, 0)
    press(people, qtbot, KEY.Key_Insert)
    assert people.session.active_keypoint == COCO_17.keypoints[0]
    qtbot.waitUntil(lambda: is_shown(points, 0))


def test_after_the_last_point_the_key_of_the_next_person_is_said(people, qtbot):
    session = people.session
    press(people, qtbot, KEY.Key_Insert)
    for n in range(len(COCO_17)):
        click(people, qtbot, 590.0 + 2.0 * (n % 3), 40.0 + 18.0 * n)
    assert len(session.labels.instance(10).keypoints) == 17
    assert people.status.hint.whole == "Something was said of every point of it; Ins begins another one"


def test_a_click_with_the_box_tool_draws_nothing_and_says_how_it_is_done(people, qtbot):
    press(people, qtbot, KEY.Key_4)
    qtbot.mouseMove(people.canvas.viewport(), spot(people, 20.0, 330.0))
    before, said = people.session.labels, people.status.hint.whole
    for end in ((20.0, 330.0), (21.0, 331.0)):
        drag(people, qtbot, (20.0, 330.0), end)
        assert people.session.labels == before
        assert people.status.hint.whole == "Drag to draw a box: nothing is drawn yet"
        assert people.status.hint.whole != said
    drag(people, qtbot, (20.0, 330.0), (60.0, 350.0))
    assert len(present(people.session.labels)) == 11
