"""Snapping in the window: a key and a drop, one step to undo, a reason where nothing moved."""

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from windows import SIZE, click, drag, open_folder, press, settle, spot

from annotator.gui.sketch import NO_SKETCH, Look, Sign
from annotator.gui.view_state import Selection
from annotator.labels import EMPTY, set_marking

pytest_plugins = ("window_fixtures",)

LINE, OTHER = "Middle line", "Side line bottom"
Y = 200.0
OFF = ((100.0, 205.0), (250.0, 204.0), (400.0, 204.0))
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def painted(make_window, tmp_path, qtbot):
    """A window on frames with one white line on grass, along y = 200."""
    folder = tmp_path / "painted"
    folder.mkdir()
    for number in range(2):
        image = np.full((SIZE[1], SIZE[0], 3), (50, 130 - number, 60), np.uint8)
        cv2.line(image, (40, int(Y)), (600, int(Y)), (235, 240, 235), 3, cv2.LINE_AA)
        noise = np.random.default_rng(number).normal(0.0, 3.0, image.shape)
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
        assert cv2.imwrite(str(folder / f"{number}.png"), image)
    window = make_window()
    open_folder(window, folder, qtbot)
    window.session.edit(set_marking(EMPTY, LINE, OFF), text="Draw")
    return window


def wait(window, qtbot):
    qtbot.waitUntil(lambda: not window.tools.snapper.busy)


def shown(window):
    return window.canvas._evidence.sketch


def heights(window, name=LINE):
    return np.array(window.session.labels.pitch.markings[name])[:, 1]


def test_the_key_snaps_the_selected_marking_in_one_step(painted, qtbot):
    painted.session.select(Selection(marking=LINE))
    steps = painted.session.stack.count()
    press(painted, qtbot, Qt.Key.Key_S)
    wait(painted, qtbot)
    np.testing.assert_allclose(heights(painted), Y, atol=0.5)
    assert painted.session.stack.count() == steps + 1
    assert painted.session.stack.undoText() == "Snap to paint"
    painted.session.undo()
    assert painted.session.labels.pitch.markings[LINE] == OFF


def test_the_evidence_is_shown_before_and_after(painted, qtbot):
    press(painted, qtbot, Qt.Key.Key_S)
    wait(painted, qtbot)
    sketch = shown(painted)
    (before,), (after,) = sketch.of(Look.BEFORE), sketch.of(Look.AFTER)
    assert before.points[:, 1].min() > Y + 2.0
    np.testing.assert_allclose(after.points[:, 1], Y, atol=0.7)
    assert sum(spot.sign is Sign.PAINT for spot in sketch.spots) >= 10


def test_the_evidence_goes_with_the_next_change_and_with_time(painted, qtbot):
    press(painted, qtbot, Qt.Key.Key_S)
    wait(painted, qtbot)
    painted.session.undo()
    assert shown(painted) == NO_SKETCH
    press(painted, qtbot, Qt.Key.Key_S)
    wait(painted, qtbot)
    assert shown(painted) != NO_SKETCH
    painted.tools.snapper._hide.setInterval(1)
    painted.tools.snapper._hide.start()
    qtbot.waitUntil(lambda: shown(painted) == NO_SKETCH)


def test_the_evidence_stays_while_the_key_is_held(painted, qtbot):
    painted.tools.snapper._hide.setInterval(1)
    painted.canvas.setFocus()
    qtbot.keyPress(painted.canvas, Qt.Key.Key_S)
    wait(painted, qtbot)
    qtbot.waitUntil(lambda: not painted.tools.snapper._hide.isActive())
    assert shown(painted) != NO_SKETCH
    qtbot.keyRelease(painted.canvas, Qt.Key.Key_S)
    assert shown(painted) == NO_SKETCH


def test_a_key_that_repeats_itself_snaps_once(painted, qtbot):
    press(painted, qtbot, Qt.Key.Key_S)
    wait(painted, qtbot)
    said = []
    painted.session.message.connect(said.append)
    press(painted, qtbot, Qt.Key.Key_S)
    assert not painted.tools.snapper.busy
    assert said == []


def test_what_was_just_nudged_snaps(painted, qtbot):
    painted.session.select(Selection(marking=LINE, click=1))
    press(painted, qtbot, Qt.Key.Key_Down)
    press(painted, qtbot, Qt.Key.Key_S)
    wait(painted, qtbot)
    assert heights(painted)[1] == pytest.approx(Y, abs=0.5)


def test_a_refusal_says_why_and_leaves_no_step(painted, qtbot):
    painted.session.edit(set_marking(EMPTY, OTHER, ((50.0, 300.0), (500.0, 320.0))), text="Draw")
    steps, said = painted.session.stack.count(), []
    painted.session.message.connect(said.append)
    press(painted, qtbot, Qt.Key.Key_S)
    wait(painted, qtbot)
    assert said[-1] == "Near touchline stayed: no paint found near it"
    assert painted.session.stack.count() == steps


def test_a_drop_snaps_when_that_is_switched_on(painted, qtbot):
    painted.session.select(Selection(marking=LINE))
    press(painted, qtbot, Qt.Key.Key_S, SHIFT)
    assert painted.tools.snapper.on_release
    assert painted.actions_["label.snapOnRelease"].isChecked()
    steps = painted.session.stack.count()
    drag(painted, qtbot, OFF[1], (260.0, 207.0))
    wait(painted, qtbot)
    after = heights(painted)
    assert after[1] == pytest.approx(Y, abs=0.5)
    assert after[0] == OFF[0][1]
    assert painted.session.stack.count() == steps + 2
    painted.session.undo()
    assert heights(painted)[1] == pytest.approx(207.0, abs=2.0)


def test_ctrl_at_the_drop_leaves_it_exactly_there(painted, qtbot):
    painted.tools.snapper.toggle()
    painted.session.select(Selection(marking=LINE))
    view = painted.canvas.viewport()
    qtbot.mousePress(view, LEFT, pos=spot(painted, *OFF[1]))
    for modifiers in (Qt.KeyboardModifier.NoModifier, CTRL):
        at = QPointF(spot(painted, 260.0, 207.0))
        event = QMouseEvent(QEvent.Type.MouseMove, at, view.mapToGlobal(at), LEFT, LEFT, modifiers)
        QApplication.sendEvent(view, event)
    qtbot.mouseRelease(view, LEFT, CTRL, pos=spot(painted, 260.0, 207.0))
    assert not painted.tools.snapper.busy
    assert heights(painted)[1] == pytest.approx(207.0, abs=2.0)


def test_a_new_line_snaps_with_its_second_click_and_its_first_needs_no_word(painted, qtbot):
    painted.session.edit(EMPTY, text="Clear")
    painted.tools.snapper.toggle()
    painted.tools.choose_marking(OTHER)
    said = []
    painted.session.message.connect(said.append)
    click(painted, qtbot, 100.0, 204.0)
    wait(painted, qtbot)
    assert not any("snap" in text for text in said)
    click(painted, qtbot, 500.0, 197.0)
    wait(painted, qtbot)
    np.testing.assert_allclose(heights(painted, OTHER), Y, atol=0.6)


def test_an_answer_to_what_is_no_longer_so_is_dropped(painted, qtbot):
    painted.session.select(Selection(marking=LINE))
    painted.tools.snapper.snap_selection()
    elsewhere = set_marking(EMPTY, LINE, ((100.0, 300.0), (400.0, 300.0)))
    painted.session.edit(elsewhere, text="Draw")
    wait(painted, qtbot)
    assert painted.session.labels == elsewhere


def test_a_snap_stays_with_its_frame(painted, qtbot):
    painted.tools.snapper.snap_selection()
    painted.session.step(1)
    settle(painted, qtbot)
    wait(painted, qtbot)
    assert painted.session.labels == EMPTY
    assert shown(painted) == NO_SKETCH


def test_the_choice_is_remembered(painted, make_window, qtbot):
    painted.tools.snapper.toggle()
    painted.close()
    assert make_window().tools.snapper.on_release
