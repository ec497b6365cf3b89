"""A pitch that is shown is taken by Enter wherever frames are looked at, and by Space before the frame is accepted."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication
from test_template_tool import at_keypoint, camera
from windows import SIZE, press, settle, spot

from annotator.labels import Decision
from annotator.steering import Start, starting_camera
from model.heatmaps import Prediction

pytest_plugins = ("window_fixtures",)


class SeesThePitch:
    """A network that sees every point of one camera."""

    id, device_text, threshold = "fake", "Fake", 0.3

    def predict(self, rgb) -> Prediction:
        import numpy as np
        from windows import prediction

        from annotator.pitch import KEYPOINTS

        base = prediction()
        xy = starting_camera(SIZE, start=Start.LEFT).project(np.array([p.world for p in KEYPOINTS.values()]))
        with np.errstate(invalid="ignore"):
            inside = ((xy > 4.0) & (xy < np.array(SIZE) - 4.0)).all(axis=1)
        confidence = np.where(inside, 0.9, 0.0)
        return Prediction(
            names=base.names, xy=np.where(inside[:, None], xy, 0.0), confidence=confidence, sd=base.sd,
            heatmaps=base.heatmaps, image_size=SIZE, network="fake", scale=base.scale, offset=base.offset,
        )  # fmt: skip


@pytest.fixture
def network():
    return SeesThePitch()


@pytest.fixture
def predicted(window, qtbot, tmp_path):
    window.errands.load_network(tmp_path / "fake.safetensors")
    qtbot.waitUntil(lambda: window.session.prediction is not None)
    settle(window, qtbot)
    return window


def click_row(view, qtbot, row: int) -> None:
    place = view.visualRect(view.model().index(row, 0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)


@pytest.mark.parametrize("where", ["frames", "points"])
def test_enter_takes_the_pitch_after_a_click_in_a_list(predicted, qtbot, where) -> None:
    window, session = predicted, predicted.session
    view = window.frames.view if where == "frames" else window.docks.points
    click_row(view, qtbot, 0)
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    qtbot.keyClick(view, Qt.Key.Key_5)
    assert (window.tools.current, window.canvas.hasFocus()) == ("template", True)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert session.labels.pitch.markings
    assert window.tools.current == "select"


@pytest.mark.parametrize("where", ["frames", "points"])
def test_enter_in_a_list_takes_the_pitch_that_is_in_the_hand(predicted, qtbot, where) -> None:
    window = predicted
    press(window, qtbot, Qt.Key.Key_5)
    view = window.frames.view if where == "frames" else window.docks.points
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert window.session.labels.pitch.markings
    assert window.tools.current == "select"


def test_space_takes_the_pitch_and_then_accepts_in_two_steps_to_undo(predicted, qtbot) -> None:
    window, session = predicted, predicted.session
    frame_id = session.frame_id
    press(window, qtbot, Qt.Key.Key_5)
    press(window, qtbot, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: session.wanted != frame_id)
    record = session.project.record(frame_id)
    assert record.review.decision is Decision.ACCEPTED
    assert record.labels.pitch.markings
    assert window.tools.current == "select"
    settle(window, qtbot)
    press(window, qtbot, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle(window, qtbot)
    assert (session.frame_id, session.record.review.decision) == (frame_id, Decision.OPEN)
    assert session.labels.pitch.markings
    press(window, qtbot, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.labels.is_empty


def test_space_takes_a_pinned_pitch_where_the_network_saw_none(window, qtbot) -> None:
    session, frame_id = window.session, window.session.frame_id
    press(window, qtbot, Qt.Key.Key_5)
    x, y = next(at for name in ("CENTER_MARK", "L_PENALTY_MARK") if (at := at_keypoint(camera(window), name)))
    qtbot.mouseClick(window.canvas.viewport(), Qt.MouseButton.LeftButton, pos=spot(window, *QPointF(x, y).toTuple()))
    press(window, qtbot, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: session.wanted != frame_id)
    assert session.project.record(frame_id).labels.pitch.markings


def test_space_takes_no_pitch_that_nobody_placed_and_nothing_speaks_for(window, qtbot) -> None:
    session, frame_id = window.session, window.session.frame_id
    press(window, qtbot, Qt.Key.Key_5)
    press(window, qtbot, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: session.wanted != frame_id)
    assert session.project.record(frame_id).labels.is_empty


def test_escape_twice_puts_the_marking_tool_away(window, qtbot) -> None:
    press(window, qtbot, Qt.Key.Key_E)
    assert window.tools.current == "marking"
    for _ in range(2):
        press(window, qtbot, Qt.Key.Key_Escape)
    assert window.tools.current == "select"
    press(window, qtbot, Qt.Key.Key_D)
    settle(window, qtbot)
    assert window.tools.current == "select"
    assert window.status.hint.toolTip() == window.tools._tool.hint()
