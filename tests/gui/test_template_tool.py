"""Dragging the whole pitch: it follows the pointer, pins stay, and a release says it in one step."""

import math
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from windows import SIZE, press, settle, spot

from annotator.gui.pointing import Held, PointerEvent, ToolKey
from annotator.gui.sketch import NO_SKETCH, Look, Sign
from annotator.gui.template_tool import TemplateTool
from annotator.labels import EMPTY, set_marking
from annotator.pinning import camera_of_labels, hold, shown_at
from annotator.pitch import KEYPOINTS
from annotator.projections import rotations
from annotator.steering import Start, labels_from_steering, starting_camera

pytest_plugins = ("window_fixtures",)

LEFT = Qt.MouseButton.LeftButton
NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
ALT, CTRL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier
WORLDS = np.array([point.world for point in KEYPOINTS.values()])
NAMES = list(KEYPOINTS)


def turned(camera, *, pan=0.0, tilt=0.0, roll=0.0, zoom=1.0, move=(0.0, 0.0, 0.0)):
    """A camera turned, zoomed and moved: angles in degrees, metres."""
    base = camera.model.rotation(camera.params[None, None])[0, 0]
    turns = np.radians([[0.0, 0.0, pan], [tilt, 0.0, 0.0], [0.0, 0.0, roll]])
    p, t, r = rotations(turns)
    params = camera.params.copy()
    params[:3] = 0.0
    params[3:6] += move
    params[6] += math.log(zoom)
    return replace(camera, model=replace(camera.model, base=(r @ t @ base @ p)[None]), params=params)


def off(camera, truth):
    """Distances (57,) in pixels at keypoints that ``truth`` has in the frame, NaN at others."""
    there = truth.project(WORLDS)
    with np.errstate(invalid="ignore"):
        inside = ((there > 4.0) & (there < np.array(truth.size) - 4.0)).all(axis=1)
    return np.where(inside, np.linalg.norm(camera.project(WORLDS) - there, axis=1), np.nan)


class Hand:
    """A hand on the mouse that knows where the pitch truly is."""

    def __init__(self, window, qtbot):
        self.window, self.qtbot = window, qtbot
        self.view = window.canvas.viewport()

    def send(self, kind, at, button, buttons, held=NONE):
        at = QPointF(spot(self.window, *at))
        QApplication.sendEvent(
            self.view, QMouseEvent(kind, at, self.view.mapToGlobal(at), button, buttons, held)
        )

    def drag(self, start, end, held=NONE, *, let_go=True):
        self.send(QEvent.Type.MouseButtonPress, start, LEFT, LEFT, held)
        for part in (0.3, 0.7, 1.0):
            at = tuple(a + (b - a) * part for a, b in zip(start, end, strict=True))
            self.send(QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton, LEFT, held)
        if let_go:
            self.send(QEvent.Type.MouseButtonRelease, end, LEFT, Qt.MouseButton.NoButton, held)

    def click(self, at):
        self.qtbot.mouseClick(self.view, LEFT, pos=spot(self.window, *at))

    def wheel(self, at, notches, held=CTRL):
        at = QPointF(spot(self.window, *at))
        event = QWheelEvent(at, self.view.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
                            held, Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
        QApplication.sendEvent(self.view, event)


@pytest.fixture
def hand(window, qtbot):
    window.tools.choose("template")
    return Hand(window, qtbot)


def tool(window):
    return window.tools._tool


def camera(window):
    return tool(window)._now().camera


def sketched(window):
    return window.canvas._sketch.sketch


def at_keypoint(camera, name):
    x, y = camera.project(np.array([KEYPOINTS[name].world]))[0]
    return float(x), float(y)


MARK, CORNER = "CENTER_MARK", "T_TOUCH_AND_HALFWAY_LINES_INTERSECTION"


def test_a_faint_pitch_awaits_on_an_empty_frame(window, hand):
    assert sketched(window).of(Look.FAINT)
    assert window.session.labels == EMPTY


def test_a_drag_brings_the_place_to_the_pointer_and_stores_on_release_only(window, hand):
    start = at_keypoint(camera(window), MARK)
    end = (start[0] + 60.0, start[1] + 20.0)
    hand.drag(start, end, let_go=False)
    assert window.session.labels == EMPTY
    assert sketched(window).of(Look.TEMPLATE)
    hand.send(QEvent.Type.MouseButtonRelease, end, LEFT, Qt.MouseButton.NoButton)
    assert window.session.stack.count() == 1
    assert window.session.stack.undoText() == "Place the pitch"
    shown = camera_of_labels(window.session.resolved)
    assert at_keypoint(shown, MARK) == pytest.approx(end, abs=2.0)
    assert np.nanmax(off(shown, camera(window))) < 0.5
    assert not sketched(window).of(Look.TEMPLATE)


def test_escape_takes_the_gesture_back(window, hand, qtbot):
    before = camera(window)
    hand.drag((300.0, 200.0), (360.0, 230.0), let_go=False)
    press(window, qtbot, Qt.Key.Key_Escape)
    hand.send(QEvent.Type.MouseButtonRelease, (360.0, 230.0), LEFT, Qt.MouseButton.NoButton)
    assert camera(window) is before
    assert window.session.labels == EMPTY
    assert not sketched(window).of(Look.TEMPLATE)


def test_a_click_pins_and_another_one_unpins(window, hand):
    hand.click(at_keypoint(camera(window), MARK))
    (pin,) = tool(window)._now().pins
    assert pin.keypoint == MARK
    assert [spot_.sign for spot_ in sketched(window).spots].count(Sign.PIN) == 1
    hand.click(pin.image)
    assert tool(window)._now().pins == ()
    assert window.session.labels == EMPTY


def test_a_line_is_pinned_where_it_was_clicked(window, hand):
    world = np.array([[0.0, 20.0, 0.0]])
    x, y = camera(window).project(world)[0]
    hand.click((float(x), float(y)))
    (pin,) = tool(window)._now().pins
    assert pin.marking == "Middle line"
    assert pin.world[0] == pytest.approx(0.0, abs=1e-6)


def test_pins_stay_while_the_rest_follows(window, hand):
    hand.click(at_keypoint(camera(window), MARK))
    hand.click(at_keypoint(camera(window), CORNER))
    pins = tool(window)._now().pins
    assert len(pins) == 2
    grabbed = camera(window).project(np.array([[30.0, 10.0, 0.0]]))[0]
    start = (float(grabbed[0]), float(grabbed[1]))
    hand.drag(start, (start[0] + 12.0, start[1] + 6.0), let_go=False)
    moved = tool(window)._grip.camera
    for pin in pins:
        assert math.dist(shown_at(moved, pin), pin.image) < 0.1
    hand.send(QEvent.Type.MouseButtonRelease, (start[0] + 12.0, start[1] + 6.0), LEFT, Qt.MouseButton.NoButton)
    said = window.session.labels.pitch.keypoints
    assert said[MARK].position == pytest.approx(pins[0].image)


def test_a_pin_that_is_dragged_goes_along(window, hand):
    at = at_keypoint(camera(window), MARK)
    hand.click(at)
    hand.drag(at, (at[0] + 40.0, at[1]))
    (pin,) = tool(window)._now().pins
    assert pin.image == pytest.approx((at[0] + 40.0, at[1]), abs=2.0)


@pytest.mark.parametrize("zooms", [ALT, CTRL])
def test_shift_rolls_and_alt_or_ctrl_zooms(window, hand, zooms):
    before = camera(window)
    right = (560.0, float(before.project(np.array([[20.0, 10.0, 0.0]]))[0][1]))
    hand.drag(right, (right[0], right[1] + 12.0), SHIFT, let_go=False)
    moved = tool(window)._grip.camera
    rolled = moved.model.rotation(moved.params[None, None])[0, 0, 0, 2]
    was = before.model.rotation(before.params[None, None])[0, 0, 0, 2]
    assert abs(rolled - was) > math.radians(0.5)
    tool(window).cancel()
    hand.send(QEvent.Type.MouseButtonRelease, right, LEFT, Qt.MouseButton.NoButton)
    hand.drag(right, (right[0] + 40.0, right[1]), zooms, let_go=False)
    assert tool(window)._grip.camera.params[6] > before.params[6] + 0.05


def test_the_wheel_zooms_about_the_pointer_in_one_step(window, hand):
    before = camera(window)
    at = at_keypoint(before, MARK)
    scale = window.canvas.scale
    for _ in range(3):
        hand.wheel(at, 1)
    assert window.canvas.scale == scale
    assert camera(window).params[6] > before.params[6] + 0.1
    assert at_keypoint(camera(window), MARK) == pytest.approx(at, abs=1.5)
    assert window.session.stack.count() == 1
    hand.wheel(at, 1, NONE)
    assert window.canvas.scale > scale


def test_undo_gives_the_camera_and_the_pins_back(window, hand):
    first = camera(window)
    hand.drag((300.0, 200.0), (360.0, 230.0))
    second = camera(window)
    hand.drag((300.0, 200.0), (330.0, 210.0))
    window.session.undo()
    assert camera(window) is second
    window.session.undo()
    assert camera(window) is first
    assert window.session.labels == EMPTY


def test_pins_put_after_an_undo_hold_on_to_the_same_beginning(window, hand):
    hand.drag((300.0, 200.0), (360.0, 230.0))
    window.session.undo()
    hand.click(at_keypoint(camera(window), MARK))
    hand.drag((300.0, 300.0), (310.0, 305.0))
    window.session.undo()
    assert window.session.labels == EMPTY
    assert [pin.keypoint for pin in tool(window)._now().pins] == [MARK]


def put(window, hand):
    """A little drag: from here on somebody has said where the pitch is."""
    hand.drag((300.0, 300.0), (304.0, 302.0))


def test_enter_takes_the_pitch_as_it_stands(window, hand, qtbot):
    put(window, hand)
    press(window, qtbot, Qt.Key.Key_Return)
    assert window.session.labels.pitch.markings
    assert window.tools.current == "select"
    assert sketched(window) == NO_SKETCH


def test_enter_stores_no_guess(window, hand, qtbot):
    said = []
    window.session.message.connect(said.append)
    press(window, qtbot, Qt.Key.Key_Return)
    assert window.session.labels == EMPTY
    assert window.tools.current == "template"
    assert said[-1] == "Nothing says yet where the pitch is; drag it there" == tool(window).hint()


def test_enter_stores_no_guess_of_a_network_that_sees_no_pitch(window, hand, qtbot, monkeypatch):
    stray = {name: replace(point, confidence=0.02) for name, point in window.session.resolved.keypoints.items()}
    monkeypatch.setattr(type(window.session), "resolved", replace(window.session.resolved, keypoints=stray))
    press(window, qtbot, Qt.Key.Key_Return)
    assert window.session.labels == EMPTY
    assert tool(window).hint() == "The network sees no pitch here; drag the pitch to where it is"


def test_a_pin_says_that_the_guess_is_right(window, hand, qtbot):
    hand.click(at_keypoint(camera(window), MARK))
    press(window, qtbot, Qt.Key.Key_Return)
    assert MARK in window.session.labels.pitch.keypoints


def test_a_placed_pitch_is_not_called_good_before_it_is_checked(window, hand, qtbot):
    put(window, hand)
    press(window, qtbot, Qt.Key.Key_Return)
    pitch = window.session.labels.pitch
    assert pitch.unchecked == frozenset(pitch.markings)
    view = window.docks.readiness
    view.refresh()
    assert view.words.text() == "Placed, not checked"
    press(window, qtbot, Qt.Key.Key_E)
    view.refresh()
    assert window.tools.guide.text == "Placed, not checked yet: S draws the lines to the paint"


def test_enter_snaps_what_was_placed_when_drops_are_snapped(window, hand, qtbot):
    asked = []
    window.tools.snapper.toggle()
    window.tools.snapper._lane.ask = lambda work, **then: asked.append(work)
    put(window, hand)
    press(window, qtbot, Qt.Key.Key_Return)
    assert len(asked) == 1
    found = asked[0](None, None)
    assert {outcome.name for outcome in found.outcomes} == set(window.session.labels.pitch.markings)


def test_a_pitch_out_of_sight_is_not_taken(window, hand, qtbot):
    before, said = camera(window), []
    window.session.message.connect(said.append)
    hand.drag((300.0, 200.0), (305.0, 205.0), let_go=False)
    grip = tool(window)._grip
    tool(window)._grip = replace(grip, camera=turned(before, tilt=80.0))
    hand.send(QEvent.Type.MouseButtonRelease, (305.0, 205.0), LEFT, Qt.MouseButton.NoButton)
    assert any("out of sight" in text for text in said)
    assert camera(window) is before
    assert window.session.labels == EMPTY


def test_what_was_drawn_moves_along_with_a_pitch_that_follows_from_it(window, hand):
    truth = turned(starting_camera(SIZE, start=Start.LEFT), pan=2.0)
    drawn = labels_from_steering(EMPTY, truth)
    window.session.edit(drawn, text="Draw")
    assert camera(window) is window.session.resolved.solution
    assert not sketched(window).of(Look.FAINT)
    start = at_keypoint(camera(window), "L_PENALTY_AREA_BR_CORNER")
    hand.drag(start, (start[0] + 15.0, start[1] + 5.0))
    shown = camera_of_labels(window.session.resolved)
    assert at_keypoint(shown, "L_PENALTY_AREA_BR_CORNER") == pytest.approx((start[0] + 15.0, start[1] + 5.0), abs=2.0)
    assert window.session.labels.pitch.markings.keys() >= {"Big rect. left main", "Big rect. left bottom"}


def test_what_was_drawn_without_a_pitch_stays(window, hand):
    line = ((40.0, 200.0), (600.0, 210.0))
    window.session.edit(set_marking(EMPTY, "Side line top", line), text="Draw")
    hand.drag((300.0, 250.0), (330.0, 260.0))
    assert window.session.labels.pitch.markings["Side line top"] == line


def test_another_frame_begins_anew(window, hand, qtbot):
    hand.click(at_keypoint(camera(window), MARK))
    hand.drag((300.0, 200.0), (360.0, 230.0), let_go=False)
    window.session.step(1)
    settle(window, qtbot)
    assert tool(window)._now().pins == ()
    hand.send(QEvent.Type.MouseButtonRelease, (360.0, 230.0), LEFT, Qt.MouseButton.NoButton)
    assert window.session.labels == EMPTY


def test_nothing_is_offered_without_a_frame(desk):
    desk.frame_id = None
    placing = TemplateTool(desk)
    event = PointerEvent(100.0, 100.0)
    placing.press(event)
    placing.release(event)
    placing.key(ToolKey.ENTER)
    assert placing.sketch(event) == NO_SKETCH
    assert not placing.wheel(replace(event, held=Held.CTRL), 1.0)
    assert desk.edits == []


@pytest.mark.parametrize("seed", range(3))
def test_four_drags_bring_a_pitch_that_is_sixty_pixels_off_to_three(window, qtbot, seed):
    """A greedy hand drags what is worst to its place and pins it there."""
    rng = np.random.default_rng(seed)
    start = (Start.LEFT, Start.CENTRE, Start.RIGHT)[seed % 3]
    truth = turned(starting_camera(SIZE, start=start), roll=float(rng.normal(0.0, 0.5)), zoom=1.05,
                   move=tuple(rng.normal(0.0, (1.5, 2.0, 1.0))))  # fmt: skip
    begin = truth
    while np.nanmedian(off(begin, truth)) < 60.0:
        begin = turned(begin, pan=1.0, tilt=-0.25, zoom=1.01)
    window.session.edit(labels_from_steering(EMPTY, begin), text="Far off")
    window.tools.choose("template")
    hand, drags = Hand(window, qtbot), 0
    assert np.nanmedian(off(camera(window), truth)) > 50.0
    while np.nanmedian(off(camera(window), truth)) > 3.0 and drags < 4:
        now = camera(window)
        seen = off(now, truth)
        places = now.project(WORLDS)
        with np.errstate(invalid="ignore"):
            reachable = ((places > 4.0) & (places < np.array(SIZE) - 4.0)).all(axis=1)
        pinned = {pin.keypoint for pin in tool(window)._now().pins}
        free = np.array([name not in pinned for name in NAMES])
        worst = int(np.nanargmax(np.where(reachable & free, seen, -1.0)))
        end = tuple(float(v) for v in truth.project(WORLDS)[worst])
        hand.drag(tuple(float(v) for v in places[worst]), end)
        drags += 1
        pin = hold(camera(window), end, reach=4.0)
        assert pin is not None
        hand.click(end)
    assert np.nanmedian(off(camera(window), truth)) <= 3.0
    assert np.nanmedian(off(camera_of_labels(window.session.resolved), truth)) <= 3.0
