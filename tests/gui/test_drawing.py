"""Drawing with the pointer: what lies ahead is sketched, what says nothing is refused, what moves together stays so."""

import math

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QStyleFactory
from windows import click, drag, press, settle, spot

from annotator.gui.drag import place_between
from annotator.gui.drawing import curve_through
from annotator.gui.items import GhostItem
from annotator.gui.pointing import Held, PointerEvent
from annotator.gui.sketch import NO_SKETCH, Look, Sign, Sketch, Spot, spots, stroke
from annotator.gui.sketch_items import SketchLayer
from annotator.gui.stamps import StampItem
from annotator.gui.tools import MarkingTool, PointTool, SelectTool
from annotator.gui.view_state import Selection
from annotator.labels import EMPTY, Visibility, set_marking

pytest_plugins = ("window_fixtures",)

LINE, CIRCLE = "Middle line", "Circle central"
ROUND = tuple((320.0 + 120.0 * math.cos(t), 180.0 + 50.0 * math.sin(t)) for t in (0.2, 1.3, 2.6, 4.0, 5.3))
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


def at(x, y, held=Held.NONE, scale=1.0):
    return PointerEvent(x, y, scale, held)


def hover(window, qtbot, x, y):
    qtbot.mouseMove(window.canvas.viewport(), spot(window, x, y))


def sketched(window):
    return window.canvas._sketch.sketch


# The layer


def test_what_did_not_change_is_not_painted_anew(canvas):
    layer = SketchLayer(canvas.scene())
    line = stroke(Look.RUBBER, [(0.0, 0.0), (10.0, 10.0)])
    layer.show_sketch(Sketch((line,), spots(Sign.PIN, [(5.0, 5.0)])))
    paths = [item for item in canvas.scene().items() if isinstance(item, GhostItem) and item.shown]
    assert [item.shown for item in paths] == [(line.path,)]
    stamps = [item for item in canvas.scene().items() if isinstance(item, StampItem) and item.isVisible()]
    layer.show_sketch(Sketch((line,), spots(Sign.PIN, [(9.0, 5.0)])))
    assert [item.pos() for item in stamps] == [QPointF(9.0, 5.0)]
    layer.show_sketch(NO_SKETCH)
    assert not any(item.isVisible() for item in (*paths, *stamps))


def test_signs_are_told_apart_by_their_shape(canvas):
    layer = SketchLayer(canvas.scene())
    layer.show_sketch(Sketch(spots=tuple(Spot(sign, 50.0 * i, 50.0) for i, sign in enumerate(Sign))))
    images = []
    for item in canvas.scene().items():
        if isinstance(item, StampItem) and item.isVisible():
            shape = {(round(e.x, 1), round(e.y, 1)) for _, _, path in item._layers for e in _elements(path)}
            images.append(frozenset(shape))
    assert len(set(images)) == len(Sign)


def _elements(path):
    return [path.elementAt(i) for i in range(path.elementCount())]


def test_lines_keep_their_width_when_the_view_is_zoomed(canvas):
    canvas.show_evidence(Sketch((stroke(Look.AFTER, [(0.0, 0.0), (100.0, 0.0)]),)))
    item = next(item for item in canvas.scene().items() if isinstance(item, GhostItem) and item.shown)
    canvas.zoom_to(2.0)
    wide = item.boundingRect().height()
    canvas.zoom_to(8.0)
    assert item.boundingRect().height() == pytest.approx(wide / 4.0)


def test_every_line_and_sign_of_a_sketch_looks_as_it_did(canvas, check_picture):
    QApplication.setStyle(QStyleFactory.create("Fusion"))
    canvas.resize(384, 216)
    rgb = np.full((216, 384, 3), (92, 130, 58), np.uint8)
    rgb[150:170] = (236, 240, 230)
    canvas.show_frame(rgb, keep_view=False)
    canvas.actual_size()
    canvas.centre_on(191.5, 107.5)
    lines = tuple(
        stroke(look, [(12.0 + 60.0 * i, 10.0), (40.0 + 60.0 * i, 120.0), (30.0 + 60.0 * i, 205.0)])
        for i, look in enumerate(Look)
    )
    signs = tuple(
        Spot(sign, 52.0 + 60.0 * i, y) for i, sign in enumerate(Sign) for y in (40.0, 100.0, 160.0)
    )
    canvas.show_evidence(Sketch(lines, signs))
    QApplication.processEvents()
    check_picture(canvas.viewport().grab().toImage(), "sketch")


# A look ahead


def test_the_line_so_far_and_the_next_click_make_one_line():
    path, off = curve_through(LINE, ((0.0, 0.0), (100.0, 50.0)), (640, 360))
    assert off == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_allclose(path.points[[0, -1]], [(0.0, 0.0), (100.0, 50.0)], atol=1e-9)


def test_four_clicks_and_the_pointer_make_an_ellipse():
    path, off = curve_through(CIRCLE, ROUND, (640, 360))
    x, y = ((path.points - (320.0, 180.0)) / (120.0, 50.0)).T
    np.testing.assert_allclose(np.hypot(x, y), 1.0, atol=1e-6)
    assert off < 1e-6


def test_too_little_makes_nothing():
    assert curve_through(LINE, ((0.0, 0.0),), (640, 360)) is None
    assert curve_through(CIRCLE, ROUND[:4], (640, 360)) is None


def test_a_rubber_line_runs_from_the_last_click_to_the_pointer(window, qtbot):
    window.tools.choose_marking(LINE)
    hover(window, qtbot, 300.0, 100.0)
    assert sketched(window) == NO_SKETCH
    click(window, qtbot, 100.0, 60.0)
    hover(window, qtbot, 300.0, 160.0)
    (line,) = sketched(window).of(Look.RUBBER)
    np.testing.assert_allclose(line.points, [(100.0, 60.0), (300.0, 160.0)], atol=2.5)
    press(window, qtbot, Qt.Key.Key_Return)
    assert sketched(window) == NO_SKETCH


def test_the_ellipse_that_the_fifth_click_would_make_is_shown(window, qtbot):
    window.tools.choose_marking(CIRCLE)
    for x, y in ROUND[:4]:
        click(window, qtbot, x, y)
    hover(window, qtbot, *ROUND[4])
    (curve,) = sketched(window).of(Look.PREVIEW)
    x, y = ((curve.points - (320.0, 180.0)) / (120.0, 50.0)).T
    assert np.abs(np.hypot(x, y) - 1.0).max() < 0.1
    assert CIRCLE in window.session.labels.pitch.markings
    assert len(window.session.labels.pitch.markings[CIRCLE]) == 4


def test_a_pointer_that_leaves_takes_the_rubber_line_along(window, qtbot):
    window.tools.choose_marking(LINE)
    click(window, qtbot, 100.0, 60.0)
    hover(window, qtbot, 300.0, 160.0)
    assert sketched(window).strokes
    QApplication.sendEvent(window.canvas.viewport(), QEvent(QEvent.Type.Leave))
    assert sketched(window) == NO_SKETCH


def test_undo_takes_the_rubber_line_along(window, qtbot):
    window.tools.choose_marking(LINE)
    click(window, qtbot, 100.0, 60.0)
    hover(window, qtbot, 300.0, 160.0)
    window.session.undo()
    assert sketched(window) == NO_SKETCH


# What says nothing


def test_a_click_on_top_of_another_is_refused_with_a_word(desk):
    desk.set_labels(set_marking(EMPTY, LINE, ((50.0, 50.0),)))
    desk.active_marking = LINE
    tool = MarkingTool(desk)
    tool.press(at(51.5, 50.0, scale=30.0))
    tool.release(at(51.5, 50.0, scale=30.0))
    assert desk.edits == []
    assert "further" in desk.said[-1]


def test_a_click_dragged_onto_another_goes_back(window, qtbot):
    window.session.edit(set_marking(EMPTY, LINE, ((50.0, 50.0), (300.0, 200.0))), text="x")
    steps = window.session.stack.count()
    drag(window, qtbot, (300.0, 200.0), (50.0, 50.0))
    assert window.session.labels.pitch.markings[LINE] == ((50.0, 50.0), (300.0, 200.0))
    assert window.session.stack.count() == steps


def test_a_line_of_one_point_is_named_when_it_is_finished(window, qtbot):
    said = []
    window.session.message.connect(said.append)
    window.tools.choose_marking(LINE)
    click(window, qtbot, 100.0, 60.0)
    press(window, qtbot, Qt.Key.Key_Return)
    assert "One more click" in said[-1]
    assert LINE in window.session.labels.pitch.markings


def test_a_double_click_draws_one_point_and_moves_none(window, qtbot):
    window.tools.choose_marking(LINE)
    click(window, qtbot, 100.0, 60.0)
    at_end = spot(window, 300.0, 160.0)
    view = window.canvas.viewport()
    qtbot.mouseClick(view, LEFT, pos=at_end)
    qtbot.mouseDClick(view, LEFT, pos=at_end)
    assert len(window.session.labels.pitch.markings[LINE]) == 2
    assert window.session.active_marking != LINE
    window.tools.choose("select")
    before = window.session.labels
    qtbot.mouseClick(view, LEFT, pos=at_end)
    qtbot.mouseDClick(view, LEFT, pos=at_end)
    assert window.session.labels == before


# Moving together


def test_a_selected_line_moves_as_a_whole_and_keeps_its_shape_at_the_edge(window, qtbot):
    clicks = ((100.0, 100.0), (300.0, 200.0))
    window.session.edit(set_marking(EMPTY, LINE, clicks), text="x")
    click(window, qtbot, 200.0, 150.0)
    assert window.session.selection == Selection(marking=LINE)
    drag(window, qtbot, (200.0, 150.0), (220.0, 140.0))
    moved = window.session.labels.pitch.markings[LINE]
    np.testing.assert_allclose(moved, np.add(clicks, (20.0, -10.0)), atol=2.5)
    drag(window, qtbot, (220.0, 140.0), (-200.0, 140.0))
    moved = np.array(window.session.labels.pitch.markings[LINE])
    assert moved[0, 0] == -0.5
    np.testing.assert_allclose(moved[1] - moved[0], (200.0, 100.0), atol=1e-9)
    window.session.undo()
    window.session.undo()
    assert window.session.labels.pitch.markings[LINE] == clicks


def test_ctrl_click_on_a_line_puts_a_point_between_its_neighbours(window, qtbot):
    clicks = ((100.0, 100.0), (300.0, 200.0), (340.0, 220.0))
    window.session.edit(set_marking(EMPTY, LINE, clicks), text="x")
    ctrl = Qt.KeyboardModifier.ControlModifier
    qtbot.mouseClick(window.canvas.viewport(), LEFT, ctrl, pos=spot(window, 200.0, 150.0))
    after = window.session.labels.pitch.markings[LINE]
    assert len(after) == 4
    assert after[1] == pytest.approx((200.0, 150.0), abs=2.0)
    assert window.session.selection == Selection(marking=LINE, click=1)
    window.session.undo()
    assert window.session.labels.pitch.markings[LINE] == clicks


@pytest.mark.parametrize(("at", "index"), [((-5.0, 0.0), 0), ((5.0, 1.0), 1), ((15.0, 0.0), 2), ((25.0, 0.0), 3)])
def test_a_new_point_goes_where_it_is_no_detour(at, index):
    assert place_between(((0.0, 0.0), (10.0, 0.0), (20.0, 0.0)), at) == index
    assert place_between((), at) == 0


def test_a_line_that_is_not_selected_is_not_moved(window, qtbot):
    labels = set_marking(EMPTY, LINE, ((100.0, 100.0), (300.0, 200.0)))
    window.session.edit(labels, text="x")
    drag(window, qtbot, (200.0, 150.0), (220.0, 140.0))
    assert window.session.labels == labels


def test_points_chosen_with_band_and_shift_move_together(busy, desk, qtbot):
    view = busy.viewport()

    def place(x, y):
        return busy.viewportTransform().map(QPointF(x, y)).toPoint()

    qtbot.mousePress(view, LEFT, pos=place(320.0, 20.0))
    qtbot.mouseMove(view, place(560.0, 160.0))
    qtbot.mouseRelease(view, LEFT, pos=place(560.0, 160.0))
    assert desk.selection.keypoints == ("R_PENALTY_MARK",)
    shift = Qt.KeyboardModifier.ShiftModifier
    qtbot.mousePress(view, LEFT, shift, place(60.0, 40.0))
    _move(view, place(340.0, 230.0), shift)
    qtbot.mouseRelease(view, LEFT, shift, place(340.0, 230.0))
    assert set(desk.selection.keypoints) == {"CENTER_MARK", "L_PENALTY_MARK", "R_PENALTY_MARK"}
    qtbot.mousePress(view, LEFT, pos=place(100.0, 80.0))
    qtbot.mouseMove(view, place(110.0, 90.0))
    qtbot.mouseRelease(view, LEFT, pos=place(110.0, 90.0))
    assert desk.placed("CENTER_MARK") == pytest.approx((110.0, 90.0), abs=1.0)
    assert desk.placed("R_PENALTY_MARK") == pytest.approx((510.0, 130.0), abs=1.0)


def _move(view, to: QPoint, modifiers) -> None:
    event = QMouseEvent(QEvent.Type.MouseMove, QPointF(to), view.mapToGlobal(QPointF(to)), LEFT, LEFT, modifiers)
    QApplication.sendEvent(view, event)


# What a drop tells


@pytest.mark.parametrize("held", [Held.NONE, Held.CTRL])
def test_a_drop_is_told_unless_ctrl_is_held(desk, held):
    told = []
    tool = SelectTool(desk, dropped=told.append)
    tool.press(at(100.0, 80.0))
    tool.move(at(120.0, 80.0, held))
    tool.release(at(120.0, 80.0, held))
    assert told == ([] if held else [Selection(keypoints=("CENTER_MARK",))])


def test_a_click_is_no_drop_and_a_new_point_of_a_line_is_one(desk):
    told = []
    tool = SelectTool(desk, dropped=told.append)
    tool.press(at(100.0, 80.0))
    tool.release(at(100.0, 80.0))
    assert told == []
    desk.active_marking = LINE
    tool = MarkingTool(desk, dropped=told.append)
    tool.press(at(50.0, 50.0))
    tool.release(at(50.0, 50.0))
    assert told == [Selection(marking=LINE, click=0)]


def test_a_right_click_with_the_point_tool_hides_and_shows(desk):
    tool = PointTool(desk)
    assert not tool.right_click(at(10.0, 10.0))
    assert tool.right_click(at(300.0, 200.0))
    assert desk.labels.pitch.keypoints["L_PENALTY_MARK"].visibility is Visibility.OCCLUDED
    assert tool.right_click(at(300.0, 200.0))
    assert desk.labels.pitch.keypoints["L_PENALTY_MARK"].visibility is Visibility.VISIBLE


def test_a_sketch_follows_to_the_next_frame(window, qtbot):
    window.tools.choose_marking(LINE)
    click(window, qtbot, 100.0, 60.0)
    hover(window, qtbot, 300.0, 160.0)
    window.session.step(1)
    settle(window, qtbot)
    assert sketched(window) == NO_SKETCH


def test_arrow_keys_nudge_all_that_is_selected_by_three_steps(window, qtbot):
    from annotator.labels import place

    session = window.session
    session.edit(place(place(EMPTY, "CENTER_MARK", (100.0, 100.0)), "L_PENALTY_MARK", (200.0, 150.0)), text="x")
    session.select(Selection(keypoints=("CENTER_MARK", "L_PENALTY_MARK")))
    press(window, qtbot, Qt.Key.Key_Right)
    press(window, qtbot, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    press(window, qtbot, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    said = session.labels.pitch.keypoints
    assert said["CENTER_MARK"].position == pytest.approx((100.9, 110.0))
    assert said["L_PENALTY_MARK"].position == pytest.approx((200.9, 160.0))


def test_arrow_keys_nudge_the_selected_click_of_a_line(window, qtbot):
    window.session.edit(set_marking(EMPTY, LINE, ((100.0, 60.0), (300.0, 160.0))), text="x")
    window.session.select(Selection(marking=LINE, click=1))
    press(window, qtbot, Qt.Key.Key_Up)
    press(window, qtbot, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert window.session.labels.pitch.markings[LINE] == ((100.0, 60.0), pytest.approx((300.1, 159.0)))
