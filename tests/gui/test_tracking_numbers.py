"""Numbers that persons gave and people whom they deleted, in the window, with real keys, before and after tracking."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QInputDialog, QPushButton, QSpinBox
from windows import click, open_folder, press, settle

from annotator.instances import present
from annotator.labels import FrameLabels, FrameRecord, Visibility
from annotator.tracking_gone import gone_from
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
def opened(make_window, tmp_path, qtbot, said):
    """Opens the clip with these labels by the number of the frame."""

    def open_with(records: dict[int, FrameLabels]):
        with sprites.project(tmp_path, tmp_path / "frames.touchline") as project:
            frames = project.frame_ids()
            for n, labels in records.items():
                project.save_record(frames[n], FrameRecord(labels), text="Label")
        window = make_window()
        open_folder(window, tmp_path / "frames.touchline", qtbot)
        qtbot.waitUntil(lambda: window.timing.timeline.track is not None, timeout=20000)
        qtbot.waitUntil(lambda: set(known(window)) == {one.id for r in records.values() for one in present(r)})
        window.timing.tracking.told.connect(said.append)
        window.timing.tracking.offered.connect(said.append)
        return window

    return open_with


def known(window) -> tuple[int, ...]:
    return window.timing.panel.identities.lanes.numbers


def track(window, qtbot, said) -> None:
    before = len(said)
    press(window, qtbot, KEY.Key_T, CTRL_SHIFT)
    qtbot.waitUntil(lambda: len(said) > before, timeout=60000)
    settle(window, qtbot)


def back_in(window, qtbot) -> None:
    """The window is the active one again after a dialog, as a window manager makes it."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=20000)


def undo(window, qtbot) -> None:
    back_in(window, qtbot)
    press(window, qtbot, KEY.Key_Z, HELD.ControlModifier)
    qtbot.waitUntil(lambda: not window.timing.carrying.changes.busy, timeout=20000)
    settle(window, qtbot)


def go_to(window, place: int, qtbot) -> None:
    session = window.session
    session.show(int(window.timing.timeline.track.ids[place]))
    qtbot.waitUntil(lambda: session.wanted == session.frame_id and session.can_decide, timeout=20000)


def labels_at(window, place: int) -> FrameLabels:
    project = window.session.project
    return project.record(project.frame_ids()[place]).labels


def ids(window, place: int) -> list[int]:
    return [one.id for one in present(labels_at(window, place))]


def middle(labels: FrameLabels, number: int) -> float:
    points = labels.instance(number).keypoints.values()
    return float(np.mean([said.position[0] for said in points if said.position is not None]))


def typed(qtbot, *keys, value: int | None = None) -> list[int]:
    """Keys for the dialog that asks for a number next, and the number that it offers."""
    offered: list[int] = []

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, QInputDialog):
            QTimer.singleShot(20, answer)
            return
        box = dialog.findChild(QSpinBox)
        offered.append(box.value())
        if value is not None:
            box.selectAll()
            qtbot.keyClicks(box, str(value))
        for key in keys:
            qtbot.keyClick(box, key)

    QTimer.singleShot(0, answer)
    return offered


def test_who_was_deleted_stays_deleted_and_who_was_pasted_keeps_the_number(opened, qtbot, said):
    window = opened({0: sprites.labels(0, 0, 1)})
    track(window, qtbot, said)
    go_to(window, 5, qtbot)
    window.session.choose_thing(0)
    press(window, qtbot, KEY.Key_Delete, HELD.ShiftModifier)
    assert ids(window, 5) == [1]
    track(window, qtbot, said)
    assert [ids(window, n) for n in (4, 5, 6)] == [[0, 1], [1], [0, 1]]
    # Their pose of the frame before, pasted here.
    go_to(window, 4, qtbot)
    window.session.choose_thing(0)
    press(window, qtbot, KEY.Key_C, HELD.ControlModifier)
    go_to(window, 5, qtbot)
    press(window, qtbot, KEY.Key_V, HELD.ControlModifier)
    assert ids(window, 5) == [1, 0]
    pasted = window.session.labels.instance(0)
    assert is_given(pasted)
    assert gone_from(window.session.labels) == ()
    track(window, qtbot, said)
    assert [ids(window, n) for n in (4, 5, 6)] == [[0, 1]] * 3
    assert labels_at(window, 5).instance(0) == pasted


def test_a_deletion_holds_after_closing_and_goes_with_undo(opened, make_window, tmp_path, qtbot, said):
    window = opened({0: sprites.labels(0, 0, 1)})
    track(window, qtbot, said)
    go_to(window, 5, qtbot)
    for _ in range(2):
        press(window, qtbot, KEY.Key_Delete, HELD.ShiftModifier)
        settle(window, qtbot)
    assert ids(window, 5) == []
    window.close()
    again = make_window()
    open_folder(again, tmp_path / "frames.touchline", qtbot)
    qtbot.waitUntil(lambda: again.timing.timeline.track is not None, timeout=20000)
    for signal in (again.timing.tracking.told, again.timing.tracking.offered):
        signal.connect(said.append)
    track(again, qtbot, said)
    assert [ids(again, n) for n in (4, 5, 6)] == [[0, 1], [], [0, 1]]
    go_to(again, 7, qtbot)
    again.session.choose_thing(0)
    press(again, qtbot, KEY.Key_Delete, HELD.ShiftModifier)
    assert ids(again, 7) == [1]
    undo(again, qtbot)
    assert gone_from(labels_at(again, 7)) == ()
    assert ids(again, 7) == [0, 1]


def test_a_new_person_gets_a_number_that_nobody_in_the_clip_has_and_keeps_it(opened, qtbot, said):
    second = FrameLabels((sprites.labelled(1, 0, 1),))
    window = opened({0: second, 3: FrameLabels((sprites.labelled(0, 3, 0),))})
    press(window, qtbot, KEY.Key_Insert)
    assert window.session.people.active == 2
    x, y = sprites.points(0, 0)[0].tolist()
    click(window, qtbot, x, y)
    settle(window, qtbot)
    assert ids(window, 0) == [1, 2]
    assert is_given(labels_at(window, 0).instance(2))
    track(window, qtbot, said)
    # Near as the two are, the number that was given by hand is never another.
    assert ids(window, 0) == [1, 2]
    assert middle(labels_at(window, 0), 2) == pytest.approx(x, abs=1.0)


def test_the_number_of_somebody_whose_only_point_was_deleted_is_free_again(opened, qtbot):
    window = opened({0: sprites.labels(0, 0, 1)})
    press(window, qtbot, KEY.Key_Insert)
    click(window, qtbot, 160.0, 20.0)
    settle(window, qtbot)
    assert ids(window, 0) == [0, 1, 2]
    press(window, qtbot, KEY.Key_Delete)
    settle(window, qtbot)
    assert ids(window, 0) == [0, 1]
    press(window, qtbot, KEY.Key_Insert)
    assert window.session.people.active == 2


def test_a_copy_in_the_same_frame_is_somebody_new(opened, qtbot):
    window = opened({0: FrameLabels((sprites.labelled(0, 0, 0),)), 3: FrameLabels((sprites.labelled(1, 3, 1),))})
    press(window, qtbot, KEY.Key_C, HELD.ControlModifier)
    press(window, qtbot, KEY.Key_V, HELD.ControlModifier)
    assert ids(window, 0) == [0, 2]


def test_a_limit_is_said_and_following_goes_on_from_the_message(opened, qtbot, said, monkeypatch):
    monkeypatch.setattr("annotator.tracking_project.LONGEST", 10)
    window = opened({0: sprites.labels(0, 0, 1)})
    track(window, qtbot, said)
    stopped = ". Stopped 10 frames after the last label, where no network saw them: 0, 1"
    assert said == ["Followed: 2. Frames changed: 10" + stopped]
    assert (ids(window, 10), ids(window, 11)) == ([0, 1], [])
    (way,) = [one for one in window.findChildren(QPushButton) if one.text() == "Follow to the end"]
    qtbot.mouseClick(way, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(said) == 2, timeout=60000)
    assert said[1].startswith("Followed: 2. Frames changed: ")
    assert "Stopped" not in said[1]
    assert ids(window, 20) == [0, 1]


def test_the_offer_to_follow_goes_with_the_next_step(opened, qtbot, said, monkeypatch):
    monkeypatch.setattr("annotator.tracking_project.LONGEST", 10)
    window = opened({0: sprites.labels(0, 0, 1)})
    track(window, qtbot, said)
    track(window, qtbot, said)
    qtbot.waitUntil(lambda: window.message.text == said[1], timeout=20000)
    assert said[1].startswith("Every frame holds already what was found. Stopped")
    window.session.undo()
    qtbot.waitUntil(lambda: not any("Stopped" in toast.text for toast in window.message.toasts), timeout=20000)


def test_a_join_by_keys_offers_the_likeliest_other_and_never_oneself(opened, qtbot, said):
    one = {n: FrameLabels((sprites.labelled(0, n, 0), sprites.labelled(1, n, 1))) for n in range(6)}
    two = {n: FrameLabels((sprites.labelled(0, n, 3), sprites.labelled(1, n, 1))) for n in range(7, 12)}
    far = {20: FrameLabels((sprites.labelled(1, 20, 2),))}
    window = opened({**one, **two, **far})
    go_to(window, 2, qtbot)
    window.session.choose_thing(0)
    typed(qtbot, KEY.Key_Return, value=0)
    press(window, qtbot, KEY.Key_J, CTRL_SHIFT)
    qtbot.waitUntil(lambda: said == ["0 is 0 already: choose another number"], timeout=20000)
    assert not window.session.stack.canUndo()
    back_in(window, qtbot)
    offered = typed(qtbot, KEY.Key_Return)
    press(window, qtbot, KEY.Key_J, CTRL_SHIFT)
    qtbot.waitUntil(lambda: len(said) == 2, timeout=20000)
    assert (offered, said[1]) == ([3], "3 is 0 now")
    assert [ids(window, n) for n in (5, 7, 20)] == [[0, 1], [0, 1], [2]]
    undo(window, qtbot)
    assert [ids(window, n) for n in (5, 7)] == [[0, 1], [3, 1]]


def test_nobody_else_to_join_with_is_said(opened, qtbot):
    window = opened({0: FrameLabels((sprites.labelled(0, 0, 0),))})
    heard: list[str] = []
    window.session.message.connect(heard.append)
    press(window, qtbot, KEY.Key_J, CTRL_SHIFT)
    assert "There is nobody else in the clip" in heard


def test_undoing_a_split_keeps_who_is_worked_on(opened, qtbot, said):
    window = opened({n: sprites.labels(n, 0, 1) for n in range(8)})
    go_to(window, 4, qtbot)
    window.session.choose_thing(1)
    window.timing.tracking.split(1)
    qtbot.waitUntil(lambda: len(said) == 1, timeout=20000)
    assert window.session.people.active == 2
    undo(window, qtbot)
    assert window.session.people.active == 1
    press(window, qtbot, KEY.Key_Z, CTRL_SHIFT)
    qtbot.waitUntil(lambda: ids(window, 4) == [0, 2], timeout=20000)
    qtbot.waitUntil(lambda: window.session.people.active == 2, timeout=20000)


def test_a_point_marked_absent_or_hidden_stays_so_along_the_clip(opened, qtbot, said):
    window = opened({0: sprites.labels(0, 0, 1)})
    window.session.choose_thing(1)
    window.session.activate(keypoint="left_wrist", marking=None)
    press(window, qtbot, KEY.Key_J)
    track(window, qtbot, said)
    told = labels_at(window, 6).instance(1).keypoints["left_wrist"]
    assert (told.position, told.visibility) == (None, Visibility.ABSENT)
