"""Tools turn what the pointer does into what a person said, and into nothing else."""

import pytest

from annotator.gui.selected import Burst
from annotator.gui.tools import (
    Cursor,
    Gesture,
    Held,
    MarkingTool,
    PanTool,
    PointerEvent,
    PointTool,
    SelectTool,
    ToolKey,
    delete_selected,
    nudge,
    set_visibility_selected,
)
from annotator.gui.view_state import Selection, ViewSettings
from annotator.labels import EMPTY, Origin, Visibility, place, set_marking, set_visibility

LINE = "Middle line"
CLICKS = ((50.0, 50.0), (200.0, 150.0))


def at(x, y, held=Held.NONE, scale=1.0):
    return PointerEvent(x, y, scale, held)


def drag(tool, start, *stops, held=Held.NONE, scale=1.0):
    tool.press(at(*start, held, scale))
    for stop in stops:
        tool.move(at(*stop, held, scale))
    tool.release(at(*(stops or (start,))[-1], held, scale))


@pytest.fixture
def select(desk):
    return SelectTool(desk)


@pytest.fixture
def marked(desk):
    desk.set_labels(set_marking(EMPTY, LINE, CLICKS))
    return desk


# Select and move


def test_a_plain_click_selects_and_edits_nothing(desk, select):
    drag(select, (102.0, 81.0))
    assert desk.selection == Selection(("CENTER_MARK",))
    assert desk.edits == []
    assert desk.labels == EMPTY


def test_a_tremble_edits_nothing(desk, select):
    drag(select, (102.0, 81.0), (103.0, 82.0), (102.5, 81.0))
    assert desk.edits == []


def test_a_drag_places_the_point_and_keeps_the_grab_offset(desk, select):
    drag(select, (303.0, 202.0), (320.0, 210.0), (323.0, 222.0))
    assert desk.placed("L_PENALTY_MARK") == (320.25, 220.5)
    assert desk.labels.pitch.keypoints["L_PENALTY_MARK"].origin is Origin.HAND


def test_one_drag_is_one_gesture(desk, select):
    drag(select, (100.0, 80.0), (110.0, 80.0), (120.0, 80.0), (130.0, 90.0))
    assert len(desk.edits) == 3
    assert len(desk.tokens) == 1
    assert desk.ended == 1


def test_two_drags_are_two_gestures(desk, select):
    drag(select, (100.0, 80.0), (110.0, 80.0))
    drag(select, (110.0, 80.0), (120.0, 80.0))
    assert len(desk.tokens) == 2


def test_a_drag_back_to_the_start_says_nothing(desk, select):
    drag(select, (102.0, 81.0), (150.0, 90.0), (102.0, 81.0))
    assert desk.labels == EMPTY


def test_the_slack_is_measured_on_the_screen(desk, select):
    drag(select, (100.0, 80.0), (100.5, 80.0), scale=8.0)
    assert desk.placed("CENTER_MARK") == (100.5, 80.0)


def test_shift_keeps_an_axis(desk, select):
    drag(select, (100.0, 80.0), (130.0, 85.0), held=Held.SHIFT)
    assert desk.placed("CENTER_MARK") == (130.0, 80.0)
    drag(select, (130.0, 80.0), (134.0, 100.0), held=Held.SHIFT)
    assert desk.placed("CENTER_MARK") == (130.0, 100.0)


def test_a_drag_stays_on_the_frame(desk, select):
    drag(select, (100.0, 80.0), (-300.0, 500.0))
    assert desk.placed("CENTER_MARK") == (-0.5, 359.5)


def test_escape_takes_the_drag_back(desk, select):
    select.press(at(100.0, 80.0))
    select.move(at(140.0, 80.0))
    assert select.wanted_keys() == {ToolKey.ESCAPE}
    select.key(ToolKey.ESCAPE)
    select.move(at(200.0, 200.0))
    select.release(at(200.0, 200.0))
    assert desk.labels == EMPTY
    assert len(desk.tokens) == 1


@pytest.mark.parametrize("kind", [SelectTool, PointTool, MarkingTool])
def test_a_drag_that_outlives_its_frame_says_nothing_of_the_next(marked, kind):
    marked.active_keypoint, marked.active_marking = "CENTER_MARK", LINE
    tool = kind(marked)
    tool.press(at(200.0, 150.0))
    tool.move(at(230.0, 150.0))
    said = len(marked.edits)
    marked.frame_id = 2
    tool.move(at(260.0, 150.0))
    tool.key(ToolKey.ESCAPE) if kind is SelectTool else tool.cancel()
    tool.release(at(260.0, 150.0))
    assert len(marked.edits) == said


def test_a_quick_second_press_drags(desk, select):
    drag(select, (100.0, 80.0))
    select.double_click(at(100.0, 80.0))
    select.move(at(140.0, 80.0))
    select.release(at(140.0, 80.0))
    assert desk.placed("CENTER_MARK") == (140.0, 80.0)


def test_a_rubber_band_selects_what_it_encloses(desk, select):
    select.press(at(320.0, 20.0))
    select.move(at(560.0, 220.0))
    assert select.band == (320.0, 20.0, 560.0, 220.0)
    select.release(at(560.0, 220.0))
    assert desk.selection.keypoints == ("R_PENALTY_MARK",)
    assert select.band is None
    drag(select, (20.0, 20.0), (400.0, 300.0), held=Held.SHIFT)
    assert desk.selection.keypoints == ("R_PENALTY_MARK", "CENTER_MARK", "L_PENALTY_MARK")
    assert desk.edits == []


def test_a_click_on_empty_ground_selects_nothing(desk, select):
    desk.select(Selection(("CENTER_MARK",)))
    drag(select, (20.0, 300.0))
    assert desk.selection == Selection()


def test_shift_click_adds_and_takes_away(desk, select):
    drag(select, (100.0, 80.0))
    drag(select, (500.0, 120.0), held=Held.SHIFT)
    assert desk.selection.keypoints == ("CENTER_MARK", "R_PENALTY_MARK")
    drag(select, (100.0, 80.0), held=Held.SHIFT)
    assert desk.selection.keypoints == ("R_PENALTY_MARK",)


def test_shift_drag_of_another_point_moves_only_that(desk, select):
    desk.select(Selection(("CENTER_MARK",)))
    drag(select, (500.0, 120.0), (520.0, 121.0), held=Held.SHIFT)
    assert desk.placed("R_PENALTY_MARK") == (520.0, 120.0)
    assert desk.placed("CENTER_MARK") is None
    assert desk.selection.keypoints == ("R_PENALTY_MARK",)


def test_one_of_several_moves_all_of_them(desk, select):
    desk.select(Selection(("CENTER_MARK", "R_PENALTY_MARK")))
    drag(select, (100.0, 80.0), (110.0, 90.0))
    assert desk.placed("CENTER_MARK") == (110.0, 90.0)
    assert desk.placed("R_PENALTY_MARK") == (510.0, 130.0)
    assert len(desk.tokens) == 1


def test_a_click_on_one_of_several_selects_it_alone(desk, select):
    desk.select(Selection(("CENTER_MARK", "R_PENALTY_MARK")))
    drag(select, (100.0, 80.0))
    assert desk.selection.keypoints == ("CENTER_MARK",)


def test_a_click_of_a_marking_is_dragged(marked, select):
    drag(select, (201.0, 150.0), (211.0, 160.0))
    assert marked.labels.pitch.markings[LINE] == (CLICKS[0], (210.0, 160.0))
    assert marked.selection == Selection(marking=LINE, click=1)


def test_hidden_points_are_not_hit(desk, select):
    desk.settings = ViewSettings(predictions=False)
    drag(select, (100.0, 80.0), (130.0, 80.0))
    assert desk.edits == []
    assert desk.selection == Selection()


def test_hidden_clicks_are_not_hit(marked, select):
    marked.settings = ViewSettings(markings=False)
    drag(select, (200.0, 150.0), (230.0, 180.0))
    assert marked.edits == []


def test_alt_on_empty_ground_zooms_and_on_a_point_does_not(select):
    assert select.gesture(at(20.0, 300.0, Held.ALT)) is Gesture.ZOOM
    assert select.gesture(at(100.0, 80.0, Held.ALT)) is Gesture.TOOL
    assert select.gesture(at(20.0, 300.0)) is Gesture.TOOL


def test_the_hint_says_what_a_drag_will_do(select):
    assert "L penalty mark" in select.hint(at(300.0, 200.0))
    assert "several" in select.hint(at(20.0, 300.0))
    assert select.cursor(at(300.0, 200.0)) is Cursor.MOVE
    assert select.cursor(at(20.0, 300.0)) is Cursor.ARROW


def test_without_keypoints_nothing_is_hit(desk, select):
    desk.resolved = None
    drag(select, (100.0, 80.0), (130.0, 80.0))
    assert desk.edits == []


# Place points


def test_a_press_places_the_active_point_and_asks_for_the_next(desk):
    asked = []
    desk.active_keypoint = "CENTER_MARK"
    drag(PointTool(desk, advance=lambda: asked.append(True)), (320.25, 10.5))
    assert desk.placed("CENTER_MARK") == (320.25, 10.5)
    assert desk.said == ["Center mark placed"]
    assert asked == [True]
    assert desk.ended == 1


def test_a_press_that_becomes_a_drag_is_one_step(desk):
    desk.active_keypoint = "CENTER_MARK"
    tool = PointTool(desk)
    drag(tool, (320.0, 10.0), (330.0, 20.0), (335.0, 25.0))
    assert desk.placed("CENTER_MARK") == (335.0, 25.0)
    assert len(desk.tokens) == 1
    drag(tool, (20.0, 10.0), (60.0, 20.0), (20.0, 10.0))
    assert desk.placed("CENTER_MARK") == (20.0, 10.0)


def test_escape_takes_the_placed_point_back(desk):
    desk.active_keypoint = "CENTER_MARK"
    tool = PointTool(desk, advance=lambda: pytest.fail("nothing was placed"))
    tool.press(at(320.0, 10.0))
    tool.key(ToolKey.ESCAPE)
    tool.release(at(320.0, 10.0))
    assert desk.labels == EMPTY


def test_without_an_active_point_the_tool_says_so(desk):
    drag(PointTool(desk), (320.0, 10.0))
    assert desk.said == ["Choose a keypoint on the pitch map"]
    assert desk.edits == []


@pytest.mark.parametrize("outside", [(-1.0, 10.0), (640.0, 10.0), (10.0, 359.6)])
def test_a_press_outside_the_picture_places_nothing(desk, outside):
    desk.active_keypoint, desk.active_marking = "CENTER_MARK", LINE
    drag(PointTool(desk), outside)
    drag(MarkingTool(desk), outside)
    assert desk.edits == []
    assert desk.said == ["Outside the picture"] * 2


# Draw markings


def test_clicks_add_points_along_the_active_marking(desk):
    desk.active_marking = LINE
    tool = MarkingTool(desk)
    drag(tool, CLICKS[0])
    drag(tool, CLICKS[1])
    assert desk.labels.pitch.markings == {LINE: CLICKS}
    assert desk.selection == Selection(marking=LINE, click=1)
    assert len(desk.tokens) == 2


def test_a_new_point_can_be_dragged_into_place_in_the_same_step(desk):
    desk.active_marking = LINE
    drag(MarkingTool(desk), (50.0, 50.0), (60.0, 55.0))
    assert desk.labels.pitch.markings == {LINE: ((60.0, 55.0),)}
    assert len(desk.tokens) == 1


def test_escape_takes_the_new_point_back(marked):
    marked.active_marking = LINE
    tool = MarkingTool(marked)
    tool.press(at(400.0, 300.0))
    tool.key(ToolKey.ESCAPE)
    assert marked.labels.pitch.markings == {LINE: CLICKS}


def test_a_click_of_another_marking_does_not_stand_in_the_way(marked):
    marked.active_marking = "Side line top"
    drag(MarkingTool(marked), (201.0, 150.0))
    assert marked.labels.pitch.markings == {LINE: CLICKS, "Side line top": ((201.0, 150.0),)}


def test_a_double_click_places_one_point(desk):
    desk.active_keypoint = "CENTER_MARK"
    tool = PointTool(desk)
    drag(tool, (320.0, 10.0))
    desk.active_keypoint = "R_PENALTY_MARK"
    tool.double_click(at(320.0, 10.0))
    tool.release(at(320.0, 10.0))
    assert desk.placed("R_PENALTY_MARK") is None


def test_a_drag_moves_a_point_that_is_there(marked):
    marked.active_marking = LINE
    drag(MarkingTool(marked), (202.0, 150.0), (222.0, 150.0))
    assert marked.labels.pitch.markings == {LINE: (CLICKS[0], (220.0, 150.0))}


def test_a_right_click_removes_a_point(marked):
    tool = MarkingTool(marked)
    assert tool.right_click(at(50.0, 50.0))
    assert marked.labels.pitch.markings == {LINE: CLICKS[1:]}
    assert not tool.right_click(at(400.0, 300.0))


@pytest.mark.parametrize("key", list(ToolKey))
def test_enter_and_escape_finish(marked, key):
    finished = []
    marked.active_marking = LINE
    tool = MarkingTool(marked, finish=lambda: finished.append(True))
    assert key in tool.wanted_keys()
    tool.key(key)
    assert finished == [True]
    assert marked.edits == []


def test_a_double_click_adds_one_point_and_finishes(desk):
    finished = []
    desk.active_marking = LINE
    tool = MarkingTool(desk, finish=lambda: finished.append(True))
    drag(tool, (50.0, 50.0))
    tool.double_click(at(50.0, 50.0))
    tool.release(at(50.0, 50.0))
    assert desk.labels.pitch.markings == {LINE: ((50.0, 50.0),)}
    assert finished == [True]


def test_without_an_active_marking_the_tool_says_so(desk):
    tool = MarkingTool(desk)
    drag(tool, (320.0, 10.0))
    assert desk.said == ["Choose a marking on the pitch map"]
    assert desk.edits == []
    assert tool.wanted_keys() == frozenset()


def test_the_pan_tool_leaves_the_drag_to_the_canvas(desk):
    assert PanTool(desk).gesture(at(100.0, 80.0)) is Gesture.PAN


# Keys


def test_a_burst_of_nudges_is_one_step_and_a_pause_begins_another(desk):
    now = [0.0]
    burst = Burst(lambda: now[0])
    desk.select(Selection(("L_PENALTY_MARK",)))
    for _ in range(3):
        nudge(desk, 0.1, 0.0, burst=burst)
        now[0] += 0.3
    assert len(desk.tokens) == 1
    assert desk.placed("L_PENALTY_MARK") == pytest.approx((300.55, 200.5))
    now[0] += 5.0
    nudge(desk, 0.0, -10.0, burst=burst)
    assert len(desk.tokens) == 2
    desk.select(Selection(("CENTER_MARK",)))
    nudge(desk, 1.0, 0.0, burst=burst)
    assert len(desk.tokens) == 3


def test_a_selected_click_is_nudged(marked):
    marked.select(Selection(marking=LINE, click=0))
    nudge(marked, -1.0, 10.0)
    assert marked.labels.pitch.markings[LINE] == ((49.0, 60.0), CLICKS[1])


def test_a_nudge_of_nothing_says_nothing(desk):
    nudge(desk, 1.0, 0.0)
    desk.select(Selection(marking=LINE, click=7))
    nudge(desk, 1.0, 0.0)
    assert desk.edits == []


def test_delete_gives_a_placed_point_back(desk):
    desk.set_labels(place(EMPTY, "CENTER_MARK", (1.0, 2.0)))
    desk.select(Selection(("CENTER_MARK", "L_PENALTY_MARK")))
    delete_selected(desk)
    assert desk.labels == EMPTY
    assert len(desk.edits) == 1


def test_delete_removes_a_click_and_then_the_marking(marked):
    marked.select(Selection(marking=LINE, click=0))
    delete_selected(marked)
    assert marked.labels.pitch.markings == {LINE: CLICKS[1:]}
    assert marked.selection == Selection(marking=LINE)
    delete_selected(marked)
    assert marked.labels == EMPTY
    assert marked.selection == Selection()


def test_delete_of_what_nobody_said_says_so(desk):
    desk.select(Selection(("CENTER_MARK",)))
    delete_selected(desk)
    assert desk.edits == []
    assert len(desk.said) == 1


def test_visibility_is_said_of_every_selected_point(desk):
    set_visibility_selected(desk, Visibility.OCCLUDED)
    assert len(desk.said) == 1
    desk.select(Selection(("CENTER_MARK", "R_PENALTY_MARK")))
    set_visibility_selected(desk, Visibility.OCCLUDED)
    set_visibility_selected(desk, Visibility.OCCLUDED)
    wanted = set_visibility(EMPTY, "CENTER_MARK", Visibility.OCCLUDED)
    assert desk.labels == set_visibility(wanted, "R_PENALTY_MARK", Visibility.OCCLUDED)
    assert len(desk.edits) == 1
