"""Line-first labelling: two clicks finish a line, the next one is proposed, letters choose, circles cost one key."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from windows import DRAWN, click, open_folder, press, settle, spot

from annotator.gui.guide_ranking import agreed_circle
from annotator.gui.panels.map_states import LineState
from annotator.labels import EMPTY, FrameLabels, Instance, Visibility
from annotator.pitch import MARKINGS
from annotator.proposals import circle_keypoints, marking_codes

pytest_plugins = ("window_fixtures",)
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

FRONT, FAR, GOAL_LINE = "Big rect. left main", "Big rect. left top", "Side line left"
SHIFT = Qt.KeyboardModifier.ShiftModifier
LINES = (FRONT, FAR, GOAL_LINE, "Side line top", "Big rect. left bottom", "Side line bottom", "Small rect. left main")


def ends(name: str):
    """The two clicks of a person who draws this line."""
    return DRAWN[name][0], DRAWN[name][-1]


def draw(window, qtbot, name: str) -> None:
    for x, y in ends(name):
        click(window, qtbot, x, y)


def drawn(window, names=LINES) -> None:
    """These lines are there already."""
    window.session.edit(FrameLabels((Instance(markings={name: DRAWN[name] for name in names}),)), text="Draw")


def guide(window):
    return window.tools.guide


# Two clicks finish a line, and the next one is proposed


def test_two_clicks_finish_a_line_and_the_next_clicks_draw_what_is_proposed(window, qtbot):
    session = window.session
    window.tools.choose_marking(FRONT)
    draw(window, qtbot, FRONT)
    assert len(session.labels.pitch.markings[FRONT]) == 2
    assert guide(window).proposal is not None
    proposed = guide(window).proposal.marking
    assert session.active_marking == proposed != FRONT
    click(window, qtbot, 100.0, 60.0)
    click(window, qtbot, 300.0, 90.0)
    clicks = 1 if MARKINGS[proposed].is_round else 2
    assert len(session.labels.pitch.markings[proposed]) >= clicks
    assert len(session.labels.pitch.markings[FRONT]) == 2


def test_a_frame_is_drawn_by_clicks_alone(window, qtbot):
    session = window.session
    window.tools.choose_marking(FRONT)
    draw(window, qtbot, FRONT)
    for _ in range(20):
        name = session.active_marking
        if name is None or len(session.labels.pitch.markings) >= 6:
            break
        if name not in DRAWN or MARKINGS[name].is_round:
            press(window, qtbot, Qt.Key.Key_Tab)
            continue
        draw(window, qtbot, name)
    assert len(session.labels.pitch.markings) >= 6
    assert all(len(points) == 2 for points in session.labels.pitch.markings.values())
    assert session.resolved.image_from_pitch is not None


def test_a_circle_is_finished_by_enter(window, qtbot):
    drawn(window, (FRONT, FAR, GOAL_LINE))
    window.tools.choose_marking("Circle left")
    for x, y in ((250.0, 190.0), (280.0, 186.5), (310.0, 182.5), (330.0, 176.0), (340.0, 164.0)):
        click(window, qtbot, x, y)
    assert window.session.active_marking == "Circle left"
    clicked = window.session.labels
    press(window, qtbot, Qt.Key.Key_Return)
    assert window.session.labels == clicked
    assert window.session.active_marking not in (None, "Circle left")


def test_a_line_chosen_again_takes_more_clicks(window, qtbot):
    drawn(window, (FRONT, FAR))
    labels = window.session.labels
    x, y = (sum(axis) / 2 for axis in zip(DRAWN[FRONT][0], DRAWN[FRONT][1], strict=True))
    window.tools.choose_marking(FRONT)
    click(window, qtbot, x, y)
    assert len(window.session.labels.pitch.markings[FRONT]) == len(labels.pitch.markings[FRONT]) + 1
    assert window.session.active_marking == FRONT


def test_undo_of_the_second_click_draws_the_line_on(window, qtbot):
    window.tools.choose_marking(FRONT)
    draw(window, qtbot, FRONT)
    assert window.session.active_marking != FRONT
    press(window, qtbot, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.session.active_marking == FRONT
    x, y = DRAWN[FRONT][1]
    click(window, qtbot, x, y)
    assert len(window.session.labels.pitch.markings[FRONT]) == 2


def test_a_habitual_double_click_at_the_end_of_a_line_is_no_click_on_the_next_one(window, qtbot):
    window.tools.choose_marking(FRONT)
    (x0, y0), (x1, y1) = ends(FRONT)
    click(window, qtbot, x0, y0)
    click(window, qtbot, x1, y1)
    qtbot.mouseDClick(window.canvas.viewport(), Qt.MouseButton.LeftButton, pos=spot(window, x1, y1))
    assert {name: len(points) for name, points in window.session.labels.pitch.markings.items()} == {FRONT: 2}
    assert guide(window).proposal is not None


def test_every_click_is_a_step_of_its_own(window, qtbot):
    window.tools.choose_marking(FRONT)
    draw(window, qtbot, FRONT)
    assert window.session.stack.count() == 2
    window.session.undo()
    window.session.undo()
    assert window.session.labels == EMPTY


# What is proposed


def test_a_proposal_says_what_and_why_and_is_shown_where_the_camera_has_it(window, qtbot):
    drawn(window, (FRONT, FAR, GOAL_LINE, "Side line top", "Small rect. left main"))
    press(window, qtbot, Qt.Key.Key_E)
    proposal = guide(window).proposal
    assert window.tools.current == "marking"
    assert proposal.marking not in window.session.labels.pitch.markings
    assert f"{proposal.gain:.1f} px" in guide(window).text or "Enter takes it" in guide(window).text
    assert window.docks.readiness.advice.text() == guide(window).text
    assert window.tools._next_ghost.item.isVisible()
    assert not window.docks.map.grab().isNull()


def test_tab_takes_another_proposal_and_shift_tab_the_one_before(window, qtbot):
    drawn(window, (FRONT, FAR, GOAL_LINE, "Side line top"))
    press(window, qtbot, Qt.Key.Key_E)
    first = window.session.active_marking
    press(window, qtbot, Qt.Key.Key_Tab)
    second = window.session.active_marking
    assert second not in (None, first)
    press(window, qtbot, Qt.Key.Key_Backtab, SHIFT)
    assert window.session.active_marking == first


def test_what_was_passed_over_is_not_proposed_again_first(window, qtbot):
    drawn(window, (FRONT, FAR, GOAL_LINE))
    press(window, qtbot, Qt.Key.Key_E)
    passed = window.session.active_marking
    press(window, qtbot, Qt.Key.Key_Tab)
    name = next(one for one in LINES if one not in window.session.labels.pitch.markings and one != passed)
    window.tools.choose_marking(name)
    draw(window, qtbot, name)
    assert window.session.active_marking not in (None, passed)


def test_escape_leaves_and_nothing_nags(window, qtbot):
    drawn(window, (FRONT, FAR, GOAL_LINE))
    press(window, qtbot, Qt.Key.Key_E)
    press(window, qtbot, Qt.Key.Key_Escape)
    assert window.session.active_marking is None
    assert guide(window).proposal is None
    assert not window.tools._next_ghost.item.isVisible()
    click(window, qtbot, 300.0, 90.0)
    assert len(window.session.labels.pitch.markings) == 3


def test_a_persons_choice_wins_over_a_proposal(window, qtbot):
    drawn(window, (FRONT, FAR))
    press(window, qtbot, Qt.Key.Key_E)
    other = next(name for name in LINES if name not in (FRONT, FAR, window.session.active_marking))
    window.tools.choose_marking(other)
    assert window.session.active_marking == other
    assert guide(window).proposal is None


def test_nothing_is_proposed_in_an_empty_frame_until_somebody_asks(window, qtbot):
    press(window, qtbot, Qt.Key.Key_3)
    assert window.session.active_marking is None
    assert "type W" in guide(window).text
    press(window, qtbot, Qt.Key.Key_E)
    assert window.session.active_marking is not None


def test_another_tool_and_another_frame_forget_the_proposal(window, qtbot):
    drawn(window, (FRONT, FAR, GOAL_LINE))
    press(window, qtbot, Qt.Key.Key_E)
    press(window, qtbot, Qt.Key.Key_1)
    assert window.session.active_marking is None
    press(window, qtbot, Qt.Key.Key_E)
    press(window, qtbot, Qt.Key.Key_D)
    settle(window, qtbot)
    assert window.session.active_marking is None


def test_one_key_switches_proposing_off_and_it_is_remembered(window, qtbot, make_window, frames):
    press(window, qtbot, Qt.Key.Key_E, SHIFT)
    window.tools.choose_marking(FRONT)
    draw(window, qtbot, FRONT)
    assert window.session.active_marking is None
    assert guide(window).proposal is None
    window.close()
    again = make_window()
    open_folder(again, frames, qtbot)
    assert not guide(again).proposing


def test_lines_can_take_as_many_clicks_as_one_likes(window, qtbot):
    window.actions_["guide.finishLines"].trigger()
    window.tools.choose_marking(FRONT)
    for x, y in DRAWN[FRONT]:
        click(window, qtbot, x, y)
    assert len(window.session.labels.pitch.markings[FRONT]) == 3
    press(window, qtbot, Qt.Key.Key_Return)
    assert window.session.active_marking != FRONT


# Two letters


def test_two_letters_choose_a_marking(window, qtbot):
    press(window, qtbot, Qt.Key.Key_W)
    codes = window.tools.codes
    assert codes.isVisible()
    qtbot.keyClick(window.canvas, Qt.Key.Key_P)
    assert set(codes.matching) == {"pt", "pb", "pm"}
    assert "Left penalty area, front" in codes.text()
    qtbot.keyClick(window.canvas, Qt.Key.Key_M)
    assert not codes.isVisible()
    assert window.session.active_marking == FRONT
    assert window.tools.current == "marking"


@pytest.mark.parametrize(("code", "marking"), marking_codes().items())
def test_every_code_is_typed_over_commands_of_the_same_letters(window, qtbot, code, marking):
    press(window, qtbot, Qt.Key.Key_W)
    settings = window.session.settings
    qtbot.keyClicks(window.canvas, code)
    assert window.session.active_marking == marking
    assert window.session.settings == settings


def test_a_letter_that_nothing_begins_with_is_named_and_backspace_takes_one_back(window, qtbot):
    press(window, qtbot, Qt.Key.Key_W)
    codes = window.tools.codes
    qtbot.keyClick(window.canvas, Qt.Key.Key_X)
    assert "No marking begins with X" in codes.text()
    qtbot.keyClick(window.canvas, Qt.Key.Key_H)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Backspace)
    assert len(codes.matching) == 26
    qtbot.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert not codes.isVisible()
    qtbot.keyClick(window.canvas, Qt.Key.Key_H)
    assert not window.session.settings.labels


def test_a_click_or_another_widget_ends_typing(window, qtbot):
    press(window, qtbot, Qt.Key.Key_W)
    window.frames.view.setFocus()
    qtbot.waitUntil(lambda: not window.tools.codes.isVisible())
    press(window, qtbot, Qt.Key.Key_W)
    click(window, qtbot, 100.0, 60.0)
    assert not window.tools.codes.isVisible()
    press(window, qtbot, Qt.Key.Key_P)
    assert not window.session.settings.predictions


# Circles without clicks


def test_enter_takes_a_circle_as_the_camera_has_it_in_one_step(window, qtbot):
    drawn(window)
    session = window.session
    press(window, qtbot, Qt.Key.Key_3)
    while session.active_marking != "Circle left":
        press(window, qtbot, Qt.Key.Key_Tab)
    offer = guide(window).offer
    assert offer is not None
    assert window.tools._next_ghost.item.isVisible()
    assert "Enter takes it" in guide(window).text
    camera, before, steps = session.resolved.solution, session.labels, session.stack.count()
    press(window, qtbot, Qt.Key.Key_Return)
    assert session.stack.count() == steps + 1
    assert session.labels.pitch.markings == before.pitch.markings
    said = session.labels.pitch.keypoints
    assert set(said) == set(offer.keypoints) <= set(circle_keypoints("Circle left"))
    assert all(one.position is None and one.visibility is Visibility.VISIBLE for one in said.values())
    assert session.resolved.solution is camera
    assert agreed_circle(session.labels.pitch, "Circle left")
    assert session.active_marking != "Circle left"
    qtbot.waitUntil(lambda: window.docks.map.state.lines["Circle left"] is LineState.AGREED)
    session.undo()
    assert session.labels == before


def test_a_circle_named_with_another_tool_in_the_hand_is_offered_at_once(window, qtbot):
    drawn(window)
    press(window, qtbot, Qt.Key.Key_1)
    for key in (Qt.Key.Key_W, Qt.Key.Key_C, Qt.Key.Key_L):
        press(window, qtbot, key)
    assert guide(window).offer is not None
    press(window, qtbot, Qt.Key.Key_Return)
    assert agreed_circle(window.session.labels.pitch, "Circle left")
    window.checker.check_now()
    assert not any("Circle left" in finding.markings for finding in window.checker.findings)


def test_a_circle_that_was_taken_is_not_offered_again(window, qtbot):
    drawn(window)
    press(window, qtbot, Qt.Key.Key_3)
    while window.session.active_marking != "Circle left":
        press(window, qtbot, Qt.Key.Key_Tab)
    press(window, qtbot, Qt.Key.Key_Return)
    seen = set()
    for _ in range(12):
        seen.add(window.session.active_marking)
        press(window, qtbot, Qt.Key.Key_Tab)
    assert "Circle left" not in seen


def test_without_a_sure_camera_no_circle_is_offered(window, qtbot):
    drawn(window, (FRONT, FAR))
    window.tools.choose_marking("Circle left")
    assert guide(window).offer is None
    window.actions_["guide.takeCircle"].trigger()
    assert "No circle is offered" in window.status.hint.toolTip()


def test_a_frame_with_an_open_check_is_not_called_done(window, qtbot):
    guide, hint = window.tools.guide, window.status.hint
    window.tools.choose("marking")
    guide._take(None)
    window.tools.say_hint()
    assert "something does not fit" not in guide.text
    guide.has_issues = lambda: True
    window.checker.changed.emit()
    assert "something does not fit" in guide.text
    assert hint.toolTip() == guide.text
