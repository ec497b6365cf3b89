"""A person's first minute: open a folder, look, label, accept, export, close, and find it all again."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from windows import SEEN, click, drag, draw, load_network, open_folder, press, settle

from annotator.export import ExportKind
from annotator.keypoints import Source
from annotator.labels import EMPTY, FrameState

pytest_plugins = ("window_fixtures",)


def name_of(window):
    return window.session.project.row(window.session.frame_id).name


def test_d_and_a_go_through_the_frames(window, qtbot):
    assert name_of(window) == "frame_000.png"
    press(window, qtbot, Qt.Key.Key_D)
    settle(window, qtbot)
    press(window, qtbot, Qt.Key.Key_D)
    settle(window, qtbot)
    assert name_of(window) == "frame_002.png"
    press(window, qtbot, Qt.Key.Key_A)
    settle(window, qtbot)
    assert name_of(window) == "frame_001.png"
    press(window, qtbot, Qt.Key.Key_Right)
    settle(window, qtbot)
    assert name_of(window) == "frame_002.png"
    press(window, qtbot, Qt.Key.Key_End)
    settle(window, qtbot)
    assert name_of(window) == "frame_004.png"


def test_a_point_is_placed_and_dragged_and_all_of_it_taken_back(window, qtbot):
    session = window.session
    window.docks.map.keypoint_chosen.emit("CENTER_MARK")
    assert window.tools.current == "point"
    click(window, qtbot, 300.0, 150.0)
    x, y = session.labels.pitch.keypoints["CENTER_MARK"].position
    assert (x, y) == pytest.approx((300.0, 150.0), abs=1.5)
    press(window, qtbot, Qt.Key.Key_1)
    drag(window, qtbot, (x, y), (340.0, 190.0))
    assert session.labels.pitch.keypoints["CENTER_MARK"].position == pytest.approx((340.0, 190.0), abs=1.5)
    assert session.stack.count() == 2
    stored = session.project.record(session.frame_id)
    assert stored == session.record
    for _ in range(2):
        press(window, qtbot, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.labels == EMPTY
    assert not session.stack.canUndo()
    assert session.project.record(session.frame_id).labels == EMPTY


def test_two_lines_make_a_crossing_that_follows_them(window, qtbot):
    session = window.session
    draw(window, qtbot, "Big rect. left main", (200.0, 60.0), (260.0, 300.0))
    draw(window, qtbot, "Big rect. left top", (60.0, 120.0), (400.0, 140.0))
    corner = session.resolved.keypoints["L_PENALTY_AREA_TR_CORNER"]
    assert corner.source is Source.CONSTRUCTED
    before = corner.position
    press(window, qtbot, Qt.Key.Key_1)
    drag(window, qtbot, (400.0, 140.0), (400.0, 240.0))
    after = session.resolved.keypoints["L_PENALTY_AREA_TR_CORNER"].position
    assert after[1] > before[1] + 20
    assert session.stack.count() == 5
    for _ in range(5):
        session.undo()
    assert session.labels == EMPTY


def test_a_circle_is_drawn_by_clicks_along_it(window, qtbot):
    around = [(320.0, 120.0), (400.0, 150.0), (420.0, 190.0), (320.0, 250.0), (220.0, 190.0), (240.0, 150.0)]
    draw(window, qtbot, "Circle central", *around)
    curve = window.session.resolved.curves["Circle central"]
    assert len(curve.path) > 8
    assert curve.rms is not None
    assert window.session.active_marking != "Circle central"


def test_nudging_moves_the_selected_point_and_else_changes_the_frame(window, qtbot, tmp_path):
    load_network(window, qtbot, tmp_path)
    x, y, _ = SEEN["CENTER_MARK"]
    click(window, qtbot, x, y)
    assert window.session.selection.keypoints == ("CENTER_MARK",)
    press(window, qtbot, Qt.Key.Key_Right)
    press(window, qtbot, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert window.session.labels.pitch.keypoints["CENTER_MARK"].position == pytest.approx((x + 1, y + 10))
    assert name_of(window) == "frame_000.png"
    press(window, qtbot, Qt.Key.Key_Escape)
    press(window, qtbot, Qt.Key.Key_Right)
    settle(window, qtbot)
    assert name_of(window) == "frame_001.png"


def test_space_accepts_what_the_network_sees_and_goes_on(window, qtbot, tmp_path):
    load_network(window, qtbot, tmp_path)
    qtbot.waitUntil(lambda: window.session.forecaster.working_on is None)
    first = window.session.frame_id
    press(window, qtbot, Qt.Key.Key_Space)
    settle(window, qtbot)
    assert name_of(window) == "frame_001.png"
    assert window.session.project.row(first).state is FrameState.ACCEPTED
    qtbot.waitUntil(lambda: "1 of 5 accepted" in window.frames._counts.text())


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_x_asks_for_a_reason_and_a_digit_gives_it(window, qtbot):
    first = window.session.frame_id
    press(window, qtbot, Qt.Key.Key_X)
    menu = window.findChild(object, "rejectMenu")
    qtbot.waitUntil(menu.isVisible)
    qtbot.keyClick(menu, Qt.Key.Key_4)
    settle(window, qtbot)
    review = window.session.project.record(first).review
    assert review.reason == "No pitch to be seen"
    assert window.session.project.row(first).state is FrameState.REJECTED


def test_what_is_accepted_is_exported_and_found_again(window, qtbot, tmp_path, frames, make_window):
    draw(window, qtbot, "Big rect. left main", (200.0, 60.0), (260.0, 300.0))
    draw(window, qtbot, "Big rect. left top", (60.0, 120.0), (400.0, 140.0))
    first = window.session.frame_id
    press(window, qtbot, Qt.Key.Key_Space)
    settle(window, qtbot)
    target = tmp_path / "out"
    with qtbot.waitSignal(window.errands.exported, timeout=10000) as exported:
        window.errands.export(target, ExportKind.COCO)
    report = exported.args[0]
    assert report.frames == 1
    assert len(json.loads((target / "annotations.json").read_text())["images"]) == 1
    labels = window.session.project.record(first)
    window.close()
    again = make_window()
    open_folder(again, frames, qtbot)
    assert again.session.frame_id == again.session.order.ids[1]
    assert again.session.project.record(first) == labels


def test_the_sample_project_is_one_click_away(empty_window, qtbot, tmp_path):
    button = empty_window.empty.buttons[2]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: empty_window.session.frame_id is not None)
    assert empty_window.session.project.row(empty_window.session.frame_id).path.parent == tmp_path / "data" / "sample"
    assert len(empty_window.session.order.ids) == 3


def test_every_sample_frame_is_predicted_without_being_asked_for(empty_window, qtbot, resources):
    (resources / "weights" / "net.safetensors").write_bytes(b"")
    empty_window.errands.open_sample()
    session = empty_window.session
    qtbot.waitUntil(lambda: session.project is not None)
    qtbot.waitUntil(lambda: session.project.state_counts()[FrameState.PREDICTED] == 3)
