"""Boxes that nobody looked into: accepted with a word about it, one for everybody, and none of who is labelled."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from windows import SIZE, open_folder, opened, press, settle

from annotator.gui.dialogs.import_preview import ImportPreview
from annotator.instances import present
from annotator.project import Project
from annotator.schemes import COCO_17
from model.people import Candidate

pytest_plugins = ("window_fixtures",)
KEY, HELD = Qt.Key, Qt.KeyboardModifier
LEFT, TWIN, RIGHT = (100.0, 60.0, 220.0, 300.0), (103.0, 62.0, 222.0, 300.0), (400.0, 80.0, 500.0, 320.0)


@pytest.fixture
def boxes(make_window, frames, qtbot):
    """A window on frames; in the first two, somebody was found twice and somebody else once."""
    with Project.for_media([frames], scheme=COCO_17) as project:
        some = (Candidate(LEFT, 0.3), Candidate(TWIN, 1.0), Candidate(RIGHT, 0.6))
        first, second, third, *_ = project.frame_ids()
        project.save_boxes({first: some, second: some, third: some[2:]})
    window = make_window()
    open_folder(window, frames, qtbot)
    qtbot.waitUntil(lambda: window.session.people.has_seen)
    return window


def shown(window):
    return [(one.id, one.labelled, one.box, one.score) for one in window.session.people.things]


def test_of_boxes_of_the_same_one_the_surest_is_seen(boxes):
    assert shown(boxes) == [(0, False, TWIN, 1.0), (1, False, RIGHT, 0.6)]


def test_accepting_boxes_without_points_says_so_and_can_be_taken_back(boxes, qtbot):
    session = boxes.session
    first, _, third, *_ = session.project.frame_ids()
    press(boxes, qtbot, KEY.Key_Space)
    qtbot.waitUntil(lambda: session.frame_id != first)
    assert boxes.message.text == "2 boxes without points were kept"
    button = next(one for one in boxes.message.toasts[-1].findChildren(QPushButton) if one.text() == "Undo")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.frame_id == first)
    assert present(session.project.record(first).labels) == ()
    session.show(third)
    settle(boxes, qtbot)
    press(boxes, qtbot, KEY.Key_Space)
    qtbot.waitUntil(lambda: session.frame_id != third)
    assert boxes.message.text == "1 box without points was kept"


def test_undo_there_takes_nothing_else_back(boxes, qtbot):
    session = boxes.session
    first, second, *_ = session.project.frame_ids()
    press(boxes, qtbot, KEY.Key_Space)
    settle(boxes, qtbot)
    assert session.frame_id == second
    press(boxes, qtbot, KEY.Key_Insert, HELD.ShiftModifier)
    assert len(present(session.labels)) == 1
    button = next(one for one in boxes.message.toasts[-1].findChildren(QPushButton) if one.text() == "Undo")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert len(present(session.labels)) == 1
    assert len(present(session.project.record(first).labels)) == 2
    assert boxes.status.hint.whole == "Something else was changed since: take that back first"


def test_a_frame_that_was_labelled_by_hand_is_accepted_without_a_word(boxes, qtbot):
    session = boxes.session
    press(boxes, qtbot, KEY.Key_Insert, HELD.ShiftModifier)
    press(boxes, qtbot, KEY.Key_G)
    press(boxes, qtbot, KEY.Key_Insert, HELD.ShiftModifier)
    assert len(present(session.labels)) == 2
    boxes.message.hide()
    settle(boxes, qtbot)
    press(boxes, qtbot, KEY.Key_Space)
    settle(boxes, qtbot)
    assert boxes.message.text == ""


def test_imported_people_have_no_second_box_as_after_the_next_opening(boxes, frames, make_window, qtbot, tmp_path):
    x0, y0, x1, y1 = 101.0, 61.0, 221.0, 300.0
    points = [value for n in range(17) for value in (x0 + 7 * n, y0 + 14 * n, 2)]
    file = tmp_path / "people.json"
    file.write_text(json.dumps({
        "images": [{"id": 1, "file_name": "frame_000.png", "width": SIZE[0], "height": SIZE[1]}],
        "categories": [{"id": 1, "name": "person", "keypoints": list(COCO_17.keypoints), "skeleton": []}],
        "annotations": [{
            "id": 9, "image_id": 1, "category_id": 1, "keypoints": points, "num_keypoints": 17, "iscrowd": 0,
            "bbox": [x0, y0, x1 - x0, y1 - y0], "area": (x1 - x0) * (y1 - y0),
        }],
    }))  # fmt: skip
    boxes.arrivals.bring([file])
    preview = opened(boxes, qtbot, ImportPreview)
    qtbot.mouseClick(preview.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(present(boxes.session.labels)))
    after = shown(boxes)
    assert [(labelled, box) for _, labelled, box, _ in after] == [(True, (x0, y0, x1, y1)), (False, RIGHT)]
    boxes.close()
    again = make_window()
    open_folder(again, frames, qtbot)
    qtbot.waitUntil(lambda: len(again.session.people.things) == 2)
    assert shown(again) == after
