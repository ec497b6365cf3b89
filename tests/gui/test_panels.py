"""Panels show what the session holds, and hand on what a person does with them."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from windows import DRAWN, SEEN, click, load_network, press, settle, spot

from annotator.gui.hovering import NOTHING, Target
from annotator.gui.panels.frames import FramesPanel
from annotator.gui.panels.map_ink import line_pen
from annotator.gui.panels.map_states import LineState, Whereabouts
from annotator.gui.panels.points_model import NAME, SOURCE, X
from annotator.gui.view_state import Glyph, HeatmapLayer, Selection
from annotator.labels import EMPTY, Decision, FrameLabels, FrameState, Instance, Visibility, place, set_visibility
from annotator.pitch import KEYPOINTS, MARKINGS

pytest_plugins = ("window_fixtures",)


def test_the_list_filters_by_text_and_state(window, qtbot):
    panel = window.frames
    panel.start_search()
    qtbot.keyClicks(panel.search, "002")
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1)
    qtbot.keyClick(panel.search, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: panel.model.rowCount() == 5)
    press(window, qtbot, Qt.Key.Key_Space)
    settle(window, qtbot)
    accepted = 2 + list(FrameState).index(FrameState.ACCEPTED)
    panel.states.setCurrentIndex(accepted)
    panel.states.activated.emit(accepted)
    assert panel.model.rowCount() == 1
    assert panel.states.currentText() == "Accepted (1)"


def test_nothing_found_is_said(window, qtbot):
    qtbot.keyClicks(window.frames.search, "zzz")
    qtbot.waitUntil(window.frames.nothing.isVisible)
    assert window.session.frame_id is not None


def test_enter_in_the_search_box_leads_to_the_list(window, qtbot):
    qtbot.keyClicks(window.frames.search, "003")
    qtbot.keyClick(window.frames.search, Qt.Key.Key_Return)
    assert window.frames.model.rowCount() == 1
    qtbot.keyClick(window.frames.view, Qt.Key.Key_Down)
    settle(window, qtbot)
    assert window.session.project.row(window.session.frame_id).name == "frame_003.png"


def test_the_list_keeps_the_keyboard_while_frames_are_read(window, qtbot):
    view = window.frames.view
    view.setFocus()
    for _ in range(3):
        qtbot.keyClick(view, Qt.Key.Key_Down)
        qtbot.waitUntil(lambda: window.session.wanted == window.session.frame_id)
    assert window.session.frame_id == window.session.order.ids[3]
    assert view.hasFocus()


def test_a_hundred_thousand_rows_are_listed_at_once(qtbot, session):
    panel = FramesPanel(session)
    qtbot.addWidget(panel)
    panel.resize(240, 600)
    panel.show()
    real = session.order.ids[0]
    started = time.perf_counter()
    session.order = session.order.with_ids([real, *range(10**6, 10**6 + 100_000)])
    session.frames_changed.emit()
    panel.view.scrollToTop()
    assert time.perf_counter() - started < 1.0
    assert panel.model.rowCount() == 100_001


def test_every_point_and_marking_can_be_chosen_on_the_map(window):
    pitch = window.docks.map
    for name in KEYPOINTS:
        assert pitch.target_at(pitch.position_of(name)) == Target(keypoint=name)
    pitch.prefer_markings(True)
    middles = {name: pitch._paths[name].at(len(pitch._paths[name]) // 2) for name in MARKINGS}
    found = {name for name, at in middles.items() if pitch.target_at(at) == Target(marking=name)}
    assert len(found) >= len(MARKINGS) - 6
    assert pitch.target_at(QPointF(1.0, 1.0)) == Target()


def test_a_click_on_the_map_takes_the_tool_that_is_needed(window, qtbot):
    pitch = window.docks.map
    at = pitch.position_of("CENTER_MARK").toPoint()
    qtbot.mouseClick(pitch, Qt.MouseButton.LeftButton, pos=at)
    assert window.session.active_keypoint == "CENTER_MARK"
    assert window.tools.current == "point"
    line = pitch._paths["Middle line"].at(14).toPoint()
    qtbot.mouseClick(pitch, Qt.MouseButton.LeftButton, pos=line)
    assert window.session.active_marking == "Middle line"
    assert window.tools.current == "marking"
    assert "Halfway line" in window.status.hint.toolTip()


def test_hover_lights_up_what_a_click_would_choose(window, qtbot):
    pitch = window.docks.map
    qtbot.mouseMove(pitch, pitch.position_of("CENTER_MARK").toPoint() + QPoint(1, 1))
    qtbot.waitUntil(lambda: window.session.hovering.target == Target(keypoint="CENTER_MARK"))
    assert pitch.cursor().shape() is Qt.CursorShape.PointingHandCursor


def test_the_table_and_the_canvas_select_together(window, qtbot, tmp_path):
    load_network(window, qtbot, tmp_path)
    table = window.docks.points
    x, y, _ = SEEN["CENTER_MARK"]
    click(window, qtbot, x, y)
    rows = [index.row() for index in table.selectionModel().selectedRows()]
    assert [table._points.name_at(row) for row in rows] == ["CENTER_MARK"]
    other = table._points.row_of("L_PENALTY_MARK")
    table.selectRow(other)
    assert window.session.selection == Selection(keypoints=("L_PENALTY_MARK",))


def test_the_table_says_where_points_are_and_come_from(window, qtbot):
    model = window.docks.points._points
    window.session.edit(place(EMPTY, "CENTER_MARK", (12.25, 20.0)), text="Place")
    row = model.row_of("CENTER_MARK")
    assert model.index(row, NAME).data() == "Center mark"
    assert model.index(row, X).data() == "12.2"
    assert model.index(row, SOURCE).data() == "Placed"
    assert model.index(model.row_of("L_PENALTY_MARK"), X).data() == ""


def test_points_in_the_frame_come_first(window, qtbot, tmp_path):
    load_network(window, qtbot, tmp_path)
    model = window.docks.points._points
    assert {model.name_at(0), model.name_at(1)} == {"CENTER_MARK", "L_PENALTY_MARK"}


def test_layers_and_keys_are_one(window, qtbot):
    layers = window.docks.layers
    layers.boxes["names"].click()
    assert window.session.settings.names
    press(window, qtbot, Qt.Key.Key_N)
    assert not layers.boxes["names"].isChecked()
    layers.heatmaps[HeatmapLayer.ALL].click()
    assert window.session.settings.heatmap is HeatmapLayer.ALL
    assert layers.opacity.isEnabled()
    layers.threshold.setValue(95)
    assert window.session.settings.threshold == pytest.approx(0.95)
    press(window, qtbot, Qt.Key.Key_M, Qt.KeyboardModifier.ShiftModifier)
    assert layers.heatmaps[HeatmapLayer.NONE].isChecked()


def test_the_threshold_decides_what_is_predicted(window, qtbot, tmp_path):
    load_network(window, qtbot, tmp_path)
    window.docks.layers.threshold.setValue(85)
    shown = [point.name for point in window.session.resolved.keypoints.values() if point.position is not None]
    assert shown == ["CENTER_MARK"]


def test_hidden_layers_are_named_with_the_key_that_brings_them_back(window, qtbot):
    press(window, qtbot, Qt.Key.Key_H)
    assert window.status.hidden.text() == "Labels hidden (H)"
    press(window, qtbot, Qt.Key.Key_H)
    assert window.status.hidden.text() == ""


def test_a_point_said_to_be_absent_can_be_told_from_one_of_which_nothing_is_known(window, qtbot):
    model = window.docks.points._points
    window.session.edit(set_visibility(EMPTY, "CENTER_MARK", Visibility.ABSENT), text="absent")
    qtbot.waitUntil(lambda: model.index(model.row_of("CENTER_MARK"), X).data() == "absent")
    icons = [
        model.index(model.row_of(name), NAME).data(Qt.ItemDataRole.DecorationRole)
        for name in ("CENTER_MARK", "BL_PITCH_CORNER")
    ]
    assert icons[0].pixmap(18).toImage() != icons[1].pixmap(18).toImage()
    assert model.index(model.row_of("BL_PITCH_CORNER"), X).data() == ""


# The pitch map says what is drawn, missing, derived and outside


def draw(window, names) -> None:
    markings = {name: DRAWN[name] for name in names}
    window.session.edit(FrameLabels((Instance(markings=markings),)), text="Draw")


def test_the_map_tells_drawn_from_missing_from_outside_from_unknown(window, qtbot):
    pitch = window.docks.map
    assert set(pitch.state.lines.values()) <= {LineState.UNKNOWN}
    drawn = ("Big rect. left main", "Big rect. left top", "Side line left", "Side line top", "Side line bottom",
             "Small rect. left main", "Small rect. left top", "Circle left")  # fmt: skip
    draw(window, drawn)
    qtbot.waitUntil(lambda: pitch.state.lines.get(drawn[0]) is LineState.DRAWN)
    assert {name for name, state in pitch.state.lines.items() if state is LineState.DRAWN} == set(drawn)
    assert pitch.state.lines["Big rect. left bottom"] is LineState.MISSING
    assert pitch.state.lines["Side line right"] is LineState.OUTSIDE
    derived = {Glyph.CONSTRUCTED, Glyph.PROJECTED}
    assert pitch.state.points["L_PENALTY_AREA_TR_CORNER"].shape in derived
    assert pitch.state.points["L_PENALTY_AREA_BR_CORNER"].shape in derived
    assert pitch.state.points["R_PENALTY_MARK"].shape is Whereabouts.OUTSIDE


def test_a_marking_with_one_click_is_begun_and_not_drawn(window, qtbot):
    pitch, name = window.docks.map, "Big rect. left main"
    labels = FrameLabels((Instance(markings={name: DRAWN[name][:1], "Circle left": DRAWN["Circle left"][:2]}),))
    window.session.edit(labels, text="Draw")
    qtbot.waitUntil(lambda: pitch.state.lines.get(name) is LineState.BEGUN)
    assert pitch.state.lines["Circle left"] is LineState.BEGUN
    assert "Begun with 1 click" in pitch.tip_of(Target(marking=name))
    draw(window, (name,))
    qtbot.waitUntil(lambda: pitch.state.lines.get(name) is LineState.DRAWN)


def test_no_two_states_of_the_map_look_alike(window):
    pens = [line_pen(state) for state in LineState]
    assert len({(tuple(pen.dashPattern()), pen.widthF()) for pen in pens}) == len(pens)
    assert len({pen.color().rgb() for pen in pens}) >= len(pens) - 2


def test_the_map_names_a_marking_and_says_how_it_stands_with_it(window, qtbot):
    pitch = window.docks.map
    draw(window, ("Big rect. left main", "Big rect. left top", "Side line left", "Side line top", "Circle left"))
    qtbot.waitUntil(lambda: pitch.state.lines.get("Circle left") is LineState.DRAWN)
    tip = pitch.tip_of(Target(marking="Big rect. left main"))
    assert "Left penalty area, front" in tip
    assert "Drawn with 3 clicks" in tip
    assert "type W P M" in tip
    assert "In view, not drawn yet" in pitch.tip_of(Target(marking="Small rect. left main"))
    assert "Outside the picture" in pitch.tip_of(Target(keypoint="R_PENALTY_MARK"))


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_the_legend_is_there_while_the_pointer_asks_for_it(window, qtbot):
    pitch = window.docks.map
    qtbot.mouseMove(pitch, pitch.chip.center().toPoint())
    qtbot.waitUntil(pitch.legend.isVisible)
    assert {"Drawn", "In view, not drawn", "Outside the picture", "Not known yet"} <= set(pitch.legend.texts)
    assert window.session.hovering.target == NOTHING
    qtbot.mouseMove(pitch, pitch.position_of("CENTER_MARK").toPoint())
    qtbot.waitUntil(lambda: not pitch.legend.isVisible())


# Hovering: canvas, map and table light what another points at


def lit_row(window) -> list[str]:
    model = window.docks.points._points
    rows = range(model.rowCount())
    return [model.name_at(row) for row in rows if model.index(row, NAME).data(Qt.ItemDataRole.BackgroundRole)]


def test_a_point_hovered_on_the_canvas_is_lit_on_map_and_table(window, qtbot, tmp_path):
    load_network(window, qtbot, tmp_path)
    x, y, _ = SEEN["CENTER_MARK"]
    qtbot.mouseMove(window.canvas.viewport(), spot(window, x, y))
    qtbot.waitUntil(lambda: window.session.hovering.target == Target(keypoint="CENTER_MARK"))
    assert lit_row(window) == ["CENTER_MARK"]
    qtbot.mouseMove(window.canvas.viewport(), spot(window, x + 60, y + 60))
    qtbot.waitUntil(lambda: window.session.hovering.target == NOTHING)
    assert lit_row(window) == []


def test_a_point_hovered_on_the_map_is_lit_on_the_canvas(window, qtbot, tmp_path):
    load_network(window, qtbot, tmp_path)
    pitch = window.docks.map
    qtbot.mouseMove(pitch, pitch.position_of("CENTER_MARK").toPoint())
    qtbot.waitUntil(lambda: window.canvas._overlay._marks["CENTER_MARK"].mark.hovered)
    assert lit_row(window) == ["CENTER_MARK"]


def test_a_row_hovered_in_the_table_is_lit_on_the_map(window, qtbot, tmp_path):
    load_network(window, qtbot, tmp_path)
    table = window.docks.points
    row = table._points.row_of("L_PENALTY_MARK")
    qtbot.mouseMove(table.viewport(), table.visualRect(table._points.index(row, NAME)).center())
    qtbot.waitUntil(lambda: window.session.hovering.target == Target(keypoint="L_PENALTY_MARK"))
    assert window.canvas._overlay._marks["L_PENALTY_MARK"].mark.hovered


def test_a_line_hovered_on_the_canvas_is_lit_on_the_map_and_the_other_way_round(window, qtbot):
    draw(window, ("Big rect. left main", "Big rect. left top", "Side line left", "Side line top"))
    (x0, y0), (x1, y1) = DRAWN["Side line top"][:2]
    qtbot.mouseMove(window.canvas.viewport(), spot(window, (x0 + x1) / 2, (y0 + y1) / 2))
    qtbot.waitUntil(lambda: window.session.hovering.target == Target(marking="Side line top"))
    light = window._hover_light._light
    assert light.isVisible()
    pitch = window.docks.map
    middle = pitch.path_of("Small rect. left main")
    pitch.prefer_markings(True)
    qtbot.mouseMove(pitch, middle.at(len(middle) // 2).toPoint())
    qtbot.waitUntil(lambda: window.session.hovering.target == Target(marking="Small rect. left main"))
    assert light.isVisible()  # nobody drew it: the camera says where it is
    qtbot.mouseMove(pitch, QPoint(8, pitch.height() - 12))
    qtbot.waitUntil(lambda: not light.isVisible())


def test_hovering_works_nothing_out(window, qtbot, monkeypatch):
    draw(window, ("Big rect. left main", "Big rect. left top", "Side line left", "Side line top"))
    asked = []
    window.session.resolved_changed.connect(lambda: asked.append("resolved"))
    pitch = window.docks.map
    qtbot.waitUntil(lambda: bool(pitch.state.lines))
    pitch.grab()
    base = pitch._base
    for name in list(KEYPOINTS)[:8]:
        window.session.hovering.point_at(Target(keypoint=name))
        pitch.grab()
    assert asked == []
    assert pitch._base is base


# Guided placing: point after point of those in view


LEFT_END = ("Big rect. left main", "Big rect. left top", "Side line left", "Side line top", "Side line bottom",
            "Small rect. left main", "Small rect. left top", "Circle left")  # fmt: skip


def turn_wheel(qtbot, table, notches: int, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    at = QPointF(30.0, 30.0)
    no_button, no_phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    globally = QPointF(table.viewport().mapToGlobal(at.toPoint()))
    event = QWheelEvent(at, globally, QPoint(), QPoint(0, 120 * notches), no_button, modifiers, no_phase, False)
    QApplication.sendEvent(table.viewport(), event)


def test_points_are_placed_one_after_another_of_those_in_view(window, qtbot):
    session, readiness = window.session, window.docks.readiness
    draw(window, LEFT_END)
    in_view = [name for name, point in session.resolved.keypoints.items() if point.inside]
    press(window, qtbot, Qt.Key.Key_2)
    assert session.active_keypoint == in_view[0]
    qtbot.waitUntil(lambda: readiness.count.text() == f"0 of {len(in_view)} visible points")
    x, y = session.resolved.keypoints[in_view[0]].position
    click(window, qtbot, x, y)
    assert session.labels.pitch.keypoints.keys() == {in_view[0]}
    assert session.active_keypoint == in_view[1]
    qtbot.waitUntil(lambda: readiness.count.text() == f"1 of {len(in_view)} visible points")


def test_j_says_that_a_point_is_absent_and_u_that_it_is_occluded(window, qtbot):
    session, readiness = window.session, window.docks.readiness
    draw(window, LEFT_END)
    in_view = [name for name, point in session.resolved.keypoints.items() if point.inside]
    press(window, qtbot, Qt.Key.Key_2)
    press(window, qtbot, Qt.Key.Key_J)
    assert session.labels.pitch.keypoints[in_view[0]].visibility is Visibility.ABSENT
    assert session.active_keypoint == in_view[1]
    qtbot.waitUntil(lambda: readiness.count.text() == f"0 of {len(in_view) - 1} visible points")
    press(window, qtbot, Qt.Key.Key_Tab)
    assert session.selection.keypoints == (in_view[2],)
    press(window, qtbot, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert session.selection.keypoints == (in_view[1],)
    press(window, qtbot, Qt.Key.Key_U)
    assert session.labels.pitch.keypoints[in_view[1]].visibility is Visibility.OCCLUDED
    qtbot.waitUntil(lambda: readiness.count.text() == f"1 of {len(in_view) - 1} visible points")


def test_when_every_point_in_view_is_placed_that_is_said(window, qtbot):
    session = window.session
    labels = EMPTY
    for number, name in enumerate(KEYPOINTS):
        labels = place(labels, name, (10.0 + 10 * number, 20.0))
    session.edit(labels, text="Place")
    with qtbot.waitSignal(session.message) as said:
        session.advance()
    assert "Every visible point" in said.args[0]


def test_the_wheel_over_the_table_goes_from_point_to_point(window, qtbot, tmp_path):
    load_network(window, qtbot, tmp_path)
    table, session = window.docks.points, window.session
    turn_wheel(qtbot, table, -1)
    first = session.active_keypoint
    assert first == table._points.name_at(0)
    turn_wheel(qtbot, table, -2)
    assert session.selection.keypoints == (table._points.name_at(2),)
    turn_wheel(qtbot, table, 1)
    assert session.active_keypoint == table._points.name_at(1)
    turn_wheel(qtbot, table, -3, Qt.KeyboardModifier.ControlModifier)
    assert session.active_keypoint == table._points.name_at(1)


@pytest.mark.parametrize("which", ["frames", "points"])
def test_space_accepts_in_both_lists_and_letters_are_commands(window, qtbot, which):
    view = window.frames.view if which == "frames" else window.docks.points
    first = window.session.frame_id
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_N)
    assert window.session.settings.names
    qtbot.keyClick(view, Qt.Key.Key_Space)
    settle(window, qtbot)
    assert window.session.project.record(first).review.decision is Decision.ACCEPTED


def test_after_a_nudge_the_pointer_lights_things_again(window, qtbot, tmp_path):
    load_network(window, qtbot, tmp_path)
    x, y, _ = SEEN["CENTER_MARK"]
    click(window, qtbot, x, y)
    press(window, qtbot, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: not window.session.in_gesture)
    x, y, _ = SEEN["L_PENALTY_MARK"]
    qtbot.mouseMove(window.canvas.viewport(), spot(window, x, y))
    qtbot.waitUntil(lambda: window.session.hovering.target == Target(keypoint="L_PENALTY_MARK"))


def test_what_is_hidden_is_not_hovered(window, qtbot):
    draw(window, ("Big rect. left main", "Big rect. left top", "Side line left", "Side line top"))
    (x0, y0), (x1, y1) = DRAWN["Side line top"][:2]
    middle = spot(window, (x0 + x1) / 2, (y0 + y1) / 2)
    press(window, qtbot, Qt.Key.Key_K)
    press(window, qtbot, Qt.Key.Key_T)
    qtbot.mouseMove(window.canvas.viewport(), middle)
    assert window.session.hovering.target == NOTHING
    press(window, qtbot, Qt.Key.Key_K)
    qtbot.mouseMove(window.canvas.viewport(), middle + QPoint(1, 0))
    qtbot.waitUntil(lambda: window.session.hovering.target == Target(marking="Side line top"))
