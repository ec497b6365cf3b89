"""A frame from a prediction costs a look and one key: nothing on the way takes the focus or asks for more."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication
from windows import DRAWN, SEEN, click, load_network, press, settle

from annotator.labels import Decision, FrameLabels, Instance, Origin

pytest_plugins = ("window_fixtures",)
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture
def predicted(window, qtbot, tmp_path):
    """A window on the first of five frames, each predicted as soon as it is shown."""
    load_network(window, qtbot, tmp_path)
    window.canvas.setFocus()
    return window


def tap_space(window, qtbot) -> None:
    """The space bar, wherever the focus is: the test gives it to nobody."""
    focused = QApplication.focusWidget()
    assert focused is not None
    qtbot.keyClick(focused, Qt.Key.Key_Space)


def seen(window, qtbot) -> None:
    session = window.session
    qtbot.waitUntil(lambda: session.wanted == session.frame_id and session.can_decide)
    qtbot.waitUntil(lambda: session.prediction is not None and session.can_decide)


def decisions(window) -> list[Decision]:
    project = window.session.project
    return [project.record(frame_id).review.decision for frame_id in window.session.order.ids]


def test_five_frames_are_accepted_with_five_keys(predicted, qtbot):
    for _ in predicted.session.order.ids:
        seen(predicted, qtbot)
        assert QApplication.focusWidget() is predicted.canvas
        tap_space(predicted, qtbot)
    qtbot.waitUntil(lambda: decisions(predicted) == [Decision.ACCEPTED] * 5)
    assert predicted.session.stack.count() == 5
    assert QApplication.focusWidget() is predicted.canvas


@pytest.mark.parametrize("tool", [Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_6])
def test_space_accepts_whatever_tool_is_in_the_hand(predicted, qtbot, tool):
    press(predicted, qtbot, tool)
    for number in range(3):
        seen(predicted, qtbot)
        tap_space(predicted, qtbot)
        qtbot.waitUntil(lambda wanted=number + 1: decisions(predicted).count(Decision.ACCEPTED) == wanted)
    assert predicted.session.stack.count() == 3


def test_a_proposal_neither_takes_the_key_nor_leaves_a_trace(predicted, qtbot):
    drawn = {name: DRAWN[name] for name in ("Big rect. left main", "Big rect. left top", "Side line left")}
    predicted.session.edit(FrameLabels((Instance(markings=drawn),)), text="Draw")
    press(predicted, qtbot, Qt.Key.Key_E)
    assert predicted.tools.guide.proposal is not None
    seen(predicted, qtbot)
    first = predicted.session.frame_id
    tap_space(predicted, qtbot)
    settle(predicted, qtbot)
    assert predicted.session.frame_id != first
    assert predicted.session.active_marking is None
    assert set(predicted.session.project.record(first).labels.pitch.markings) == set(drawn)


def test_space_ends_the_typing_of_letters_and_accepts(predicted, qtbot):
    seen(predicted, qtbot)
    press(predicted, qtbot, Qt.Key.Key_W)
    assert predicted.tools.codes.isVisible()
    tap_space(predicted, qtbot)
    assert not predicted.tools.codes.isVisible()
    qtbot.waitUntil(lambda: decisions(predicted)[0] is Decision.ACCEPTED)


def test_looking_round_with_the_pointer_takes_no_focus(predicted, qtbot):
    seen(predicted, qtbot)
    docks = predicted.docks
    for widget in (docks.map, docks.points.viewport(), predicted.frames.view.viewport(), docks.readiness):
        qtbot.mouseMove(widget, QPoint(20, 20))
        assert QApplication.focusWidget() is predicted.canvas
    qtbot.mouseMove(docks.map, docks.map.chip.center().toPoint())
    qtbot.waitUntil(docks.map.legend.isVisible)
    assert QApplication.focusWidget() is predicted.canvas
    qtbot.mouseClick(docks.map, Qt.MouseButton.LeftButton, pos=docks.map.position_of("CENTER_MARK").toPoint())
    assert QApplication.focusWidget() is predicted.canvas
    tap_space(predicted, qtbot)
    qtbot.waitUntil(lambda: decisions(predicted)[0] is Decision.ACCEPTED)


def test_after_a_click_in_the_table_space_still_accepts(predicted, qtbot):
    seen(predicted, qtbot)
    table = predicted.docks.points
    row = table.visualRect(table.model().index(0, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=row)
    tap_space(predicted, qtbot)
    qtbot.waitUntil(lambda: decisions(predicted)[0] is Decision.ACCEPTED)
    settle(predicted, qtbot)


# One point


def placed(window) -> set[str]:
    return {name for name, said in window.session.labels.pitch.keypoints.items() if said.position is not None}


def test_enter_takes_the_one_point_that_is_chosen_and_nothing_else(predicted, qtbot):
    session = predicted.session
    seen(predicted, qtbot)
    first, there = session.frame_id, SEEN["CENTER_MARK"][:2]
    press(predicted, qtbot, Qt.Key.Key_Return)
    assert session.labels.is_empty
    click(predicted, qtbot, *there)
    press(predicted, qtbot, Qt.Key.Key_Return)
    assert placed(predicted) == {"CENTER_MARK"}
    said = session.labels.pitch.keypoints["CENTER_MARK"]
    assert said.position == pytest.approx(there)
    # A yes is no correction: the statistics would count one of 0 px.
    assert said.origin is Origin.ACCEPTED
    assert session.frame_id == first
    assert session.record.review.decision is Decision.OPEN
    assert session.project.record(first).labels == session.labels
    # Held down, or pressed again, it says nothing new and leaves no step.
    for repeated in (True, False):
        event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", repeated)
        QApplication.sendEvent(predicted.canvas, event)
    assert session.stack.count() == 1
    press(predicted, qtbot, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.labels.is_empty


def test_enter_says_nothing_of_a_frame_that_is_not_on_the_screen_yet(predicted, qtbot, monkeypatch):
    session = predicted.session
    seen(predicted, qtbot)
    click(predicted, qtbot, *SEEN["CENTER_MARK"][:2])
    with monkeypatch.context() as patch:
        # As between the arrival of the pixels and the first paint.
        patch.setattr(session, "mark_painted", lambda: None)
        patch.setattr(session, "_painted", False)
        qtbot.keyClick(predicted.canvas, Qt.Key.Key_Return)
    assert session.labels.is_empty
    press(predicted, qtbot, Qt.Key.Key_D)
    seen(predicted, qtbot)
    # What was chosen there is not chosen here.
    press(predicted, qtbot, Qt.Key.Key_Return)
    assert session.labels.is_empty
    assert session.stack.count() == 0


# A key held down


def space(widget, kind, at: int) -> None:
    event = QKeyEvent(kind, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, " ")
    event.setTimestamp(at)
    QApplication.sendEvent(widget, event)


@pytest.mark.parametrize("where", ["canvas", "frames"])
def test_the_space_bar_held_down_accepts_one_frame_only(predicted, qtbot, where):
    widget = predicted.canvas if where == "canvas" else predicted.frames.view
    for number, began in enumerate((1_000, 9_000), start=1):
        # As X11 tells it: releases and presses in turn, each pair of one moment, and time to paint between the pairs.
        seen(predicted, qtbot)
        space(widget, QEvent.Type.KeyPress, began)
        for at in range(began + 660, began + 900, 40):
            space(widget, QEvent.Type.KeyRelease, at)
            space(widget, QEvent.Type.KeyPress, at)
            seen(predicted, qtbot)
        space(widget, QEvent.Type.KeyRelease, began + 900)
        assert decisions(predicted).count(Decision.ACCEPTED) == number
