"""Numbers that a network says, in the window: shown as predicted, taken over on purpose alone, mended where refused."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QStyle, QToolButton
from windows import SIZE, click, drag, make_frames, open_folder, press, settle

from annotator.gui.panels.number_field import NumberField
from annotator.labels import Decision, Origin
from annotator.project import Project
from annotator.scheme import Attribute, AttributeKind, AttributeScope, Instances, Scheme
from annotator.schemes import CARD_PACKET_8
from annotator.statistics import project_statistics
from model.heatmaps import Prediction
from model.people import InstancePrediction, PeoplePrediction

pytest_plugins = ("window_fixtures",)
KEY, HELD = Qt.Key, Qt.KeyboardModifier
CORNERS = np.array(
    [(200, 100), (206, 92), (400, 100), (394, 92), (180, 260), (186, 268), (420, 260), (414, 268)], dtype=float
)
SHIRTS = Scheme(
    "shirts", "Shirts", ("head", "foot"), (0, 1), edges=(("head", "foot"),), thing="player", instances=Instances.MANY,
    attributes=(Attribute("shirt", "Shirt", AttributeKind.NUMBER, AttributeScope.INSTANCE, (1.0, 99.0), 1.0),),
)  # fmt: skip


def packet(cards: float = 27.3) -> Prediction:
    heat = np.zeros((9, 9, 16), dtype=np.uint8)
    return Prediction(
        CARD_PACKET_8.keypoints, CORNERS, np.full(8, 0.9), np.ones(8), heat, SIZE, "cards", (40.0, 40.0), (19.5, 19.5),
        None, {"cards": cards},
    )  # fmt: skip


@pytest.fixture
def cards(make_window, frames, qtbot):
    """A window on frames of packets that a network saw; of none anything was said."""
    with Project.for_media([frames], scheme=CARD_PACKET_8) as project:
        for frame_id in project.frame_ids():
            project.save_prediction(frame_id, packet())
    window = make_window()
    open_folder(window, frames, qtbot)
    qtbot.waitUntil(lambda: field(window).shows_prediction)
    return window


@pytest.fixture
def players(make_window, frames, qtbot):
    """A window on frames of two players whose shirts a network reads."""
    def seen(x: float, shirt: float) -> InstancePrediction:
        at = np.array([(x, 100.0), (x, 200.0)])
        box = (x - 30.0, 90.0, x + 30.0, 210.0)
        return InstancePrediction(
            SHIRTS.keypoints, at, np.full(2, 0.9), np.ones(2), x / 1000.0 + 0.4, box, values={"shirt": shirt}
        )

    with Project.for_media([frames], scheme=SHIRTS) as project:
        for frame_id in project.frame_ids():
            project.save_people(frame_id, PeoplePrediction((seen(400.0, 9.0), seen(150.0, 4.0)), SIZE, "net"))
    window = make_window()
    open_folder(window, frames, qtbot)
    return window


def field(window, name: str = "cards") -> NumberField:
    found = window.docks.things.questions.field(name)
    assert isinstance(found, NumberField)
    return found


def stored(window, frame_id: int):
    with Project.open(window.session.project.path) as project:
        return project.record(frame_id)


def type_in(window, qtbot, text: str, end: Qt.Key | None = KEY.Key_Return) -> None:
    """Click into the field and type, as a person does."""
    one = field(window)
    qtbot.mouseClick(one.lineEdit(), Qt.MouseButton.LeftButton, pos=one.lineEdit().rect().center())
    one.selectAll()
    qtbot.keyClicks(one, text)
    if end is not None:
        qtbot.keyClick(one, end)


# Shown, and taken over on purpose


def test_a_predicted_number_is_shown_as_one(cards):
    one = field(cards)
    edit = one.lineEdit()
    assert (one.text(), edit.placeholderText()) == ("", "27 predicted")
    assert edit.font().italic()
    assert [action.isVisible() for action in edit.actions()] == [True]
    assert cards.docks.things.questions.taker("cards").isVisible()
    room = edit.width() - edit.style().pixelMetric(QStyle.PixelMetric.PM_SmallIconSize)
    assert edit.fontMetrics().horizontalAdvance("27 predicted") < room
    assert cards.session.labels.is_empty


@pytest.mark.parametrize("width", range(40, 200, 4))
def test_a_predicted_number_is_never_cut(cards, width):
    one = field(cards)
    one.setFixedWidth(width)
    QApplication.processEvents()
    edit = one.lineEdit()
    button = next(child for child in edit.findChildren(QToolButton) if child.isVisible())
    room = edit.width() - button.geometry().right() - 5
    words = edit.placeholderText()
    assert words in ("27 predicted", "27?", "27")
    assert words == "27" or edit.fontMetrics().horizontalAdvance(words) <= room
    # The whole word is there as soon as there is room for it.
    assert (words == "27 predicted") is (edit.fontMetrics().horizontalAdvance("27 predicted") <= room - 1)


def test_space_takes_the_number_that_is_on_the_screen_and_it_is_known_as_taken_over(cards, qtbot):
    frame = cards.session.frame_id
    press(cards, qtbot, KEY.Key_Space)
    qtbot.waitUntil(lambda: cards.session.frame_id != frame)
    record = stored(cards, frame)
    assert record.review.decision is Decision.ACCEPTED
    assert (record.labels.attributes, record.labels.accepted) == ({"cards": 27.0}, {"cards": 27.0})
    cards.session.show(frame)
    qtbot.waitUntil(lambda: field(cards).text() == "27")
    assert not field(cards).lineEdit().font().italic()
    found = project_statistics(cards.session.project)
    assert (found.numbers, found.numbers_accepted) == ({"cards": (27.0,)}, {"cards": 1})


def test_a_click_beside_a_point_and_a_drag_take_no_number(cards, qtbot):
    press(cards, qtbot, KEY.Key_2)
    cards.session.activate(keypoint="upper_left_face", marking=None)
    click(cards, qtbot, 210.0, 110.0)
    qtbot.waitUntil(lambda: not cards.session.labels.is_empty)
    assert not cards.session.labels.attributes
    press(cards, qtbot, KEY.Key_1)
    drag(cards, qtbot, (420.0, 260.0), (430.0, 265.0))
    labels = stored(cards, cards.session.frame_id).labels
    assert (labels.attributes, labels.accepted) == ({}, {})
    assert labels.pitch.keypoints["lower_right_face"].origin is Origin.HAND
    qtbot.waitUntil(lambda: field(cards).shows_prediction)


@pytest.mark.parametrize("hide", ["dock", "layer"])
def test_space_takes_no_number_that_is_not_to_be_seen(cards, qtbot, hide):
    frame = cards.session.frame_id
    if hide == "dock":
        cards.docks.by_name["dockThings"].hide()
    else:
        click_points_first(cards, qtbot)
        press(cards, qtbot, KEY.Key_P)
    qtbot.waitUntil(lambda: not field(cards).shows_prediction)
    press(cards, qtbot, KEY.Key_Space)
    qtbot.waitUntil(lambda: cards.session.frame_id != frame)
    labels = stored(cards, frame).labels
    assert labels.pitch.keypoints
    assert not labels.attributes


def click_points_first(window, qtbot) -> None:
    press(window, qtbot, KEY.Key_2)
    window.session.activate(keypoint="upper_left_face", marking=None)
    click(window, qtbot, 210.0, 110.0)


def test_taking_over_all_of_it_takes_the_number(cards, qtbot):
    press(cards, qtbot, KEY.Key_Insert, HELD.ShiftModifier)
    assert dict(cards.session.labels.accepted) == {"cards": 27.0}
    assert len(cards.session.labels.pitch.keypoints) == 8


def test_the_number_alone_is_taken_with_two_keys_and_overwritten_with_three(cards, qtbot):
    press(cards, qtbot, KEY.Key_T, HELD.ShiftModifier)
    qtbot.waitUntil(field(cards).hasFocus)
    qtbot.keyClick(field(cards), KEY.Key_Return)
    assert dict(cards.session.labels.accepted) == {"cards": 27.0}
    assert not cards.session.labels.pitch.keypoints
    qtbot.waitUntil(cards.canvas.hasFocus)
    press(cards, qtbot, KEY.Key_T, HELD.ShiftModifier)
    qtbot.keyClicks(field(cards), "31")
    qtbot.keyClick(field(cards), KEY.Key_Return)
    assert (cards.session.labels.attributes, cards.session.labels.accepted) == ({"cards": 31.0}, {})
    for _ in range(2):
        press(cards, qtbot, KEY.Key_Z, HELD.ControlModifier)
    assert cards.session.labels.is_empty


def test_a_click_takes_the_number_and_another_forgets_it(cards, qtbot):
    taker = cards.docks.things.questions.taker("cards")
    qtbot.mouseClick(taker, Qt.MouseButton.LeftButton)
    assert dict(cards.session.labels.accepted) == {"cards": 27.0}
    assert not taker.isVisible()


def test_the_click_that_takes_a_number_takes_what_stands_there(cards, qtbot):
    taker = cards.docks.things.questions.taker("cards")
    type_in(cards, qtbot, "99", end=None)
    assert [action.isVisible() for action in field(cards).lineEdit().actions()] == [False]
    qtbot.mouseClick(taker, Qt.MouseButton.LeftButton)
    assert cards.session.labels.is_empty
    type_in(cards, qtbot, "12", end=None)
    qtbot.mouseClick(taker, Qt.MouseButton.LeftButton)
    assert (dict(cards.session.labels.attributes), cards.session.labels.accepted) == ({"cards": 12.0}, {})


def test_leaving_the_field_takes_nothing(cards, qtbot):
    press(cards, qtbot, KEY.Key_T, HELD.ShiftModifier)
    cards.canvas.setFocus()
    QApplication.processEvents()
    assert cards.session.labels.is_empty
    qtbot.keyClick(field(cards), KEY.Key_Escape)
    assert cards.session.labels.is_empty


def test_of_several_only_the_number_that_is_shown_is_taken(players, qtbot):
    frame = players.session.frame_id
    players.session.choose_thing(1)
    qtbot.waitUntil(lambda: field(players, "shirt").lineEdit().placeholderText() == "4 predicted")
    press(players, qtbot, KEY.Key_Space)
    qtbot.waitUntil(lambda: players.session.frame_id != frame)
    labels = stored(players, frame).labels
    assert {one.id: dict(one.accepted) for one in labels.instances} == {0: {}, 1: {"shirt": 4.0}}
    assert {one.id: len(one.keypoints) for one in labels.instances} == {0: 2, 1: 2}


# Refused, and mended


@pytest.mark.parametrize("text", ["99", "12345678901", "0"])
def test_a_number_out_of_range_stays_as_it_was_typed_until_it_is_mended(cards, qtbot, text):
    note = cards.docks.things.questions.note("cards")
    type_in(cards, qtbot, text)
    assert (field(cards).text(), note.text(), note.isVisible()) == (text, "1 to 52", True)
    assert cards.session.labels.is_empty
    cards.canvas.setFocus()
    QApplication.processEvents()
    cards.docks.things.refresh()
    assert field(cards).text() == text
    frame = cards.session.frame_id
    type_in(cards, qtbot, "39")
    assert (dict(cards.session.labels.attributes), note.isVisible()) == ({"cards": 39.0}, False)
    press(cards, qtbot, KEY.Key_D)
    settle(cards, qtbot)
    assert cards.session.frame_id != frame
    qtbot.waitUntil(lambda: field(cards).shows_prediction)


def test_with_a_refused_number_in_the_field_space_takes_no_other(cards, qtbot):
    type_in(cards, qtbot, "99")
    frame = cards.session.frame_id
    press(cards, qtbot, KEY.Key_Space)
    qtbot.waitUntil(lambda: cards.session.frame_id != frame)
    assert not stored(cards, frame).labels.attributes
    qtbot.waitUntil(lambda: field(cards).text() == "" and not cards.docks.things.questions.note("cards").isVisible())


def test_what_is_no_number_of_the_scheme_says_what_is(cards, qtbot):
    note = cards.docks.things.questions.note("cards")
    type_in(cards, qtbot, "2.5")
    assert (note.text(), field(cards).text()) == ("Whole numbers", "2.5")
    qtbot.keyClick(field(cards), KEY.Key_Escape)
    assert (field(cards).text(), note.isVisible()) == ("", False)
    type_in(cards, qtbot, "3d0 ")
    assert dict(cards.session.labels.attributes) == {"cards": 30.0}


def test_up_and_down_go_on_from_what_stands_there(cards, qtbot):
    press(cards, qtbot, KEY.Key_T, HELD.ShiftModifier)
    qtbot.keyClick(field(cards), KEY.Key_Up)
    assert (dict(cards.session.labels.attributes), cards.session.labels.accepted) == ({"cards": 28.0}, {})
    for _ in range(30):
        qtbot.keyClick(field(cards), KEY.Key_Up)
    assert dict(cards.session.labels.attributes) == {"cards": 52.0}


def test_an_emptied_field_says_nothing_again(cards, qtbot):
    type_in(cards, qtbot, "12")
    one = field(cards)
    one.setFocus()
    one.selectAll()
    qtbot.keyClick(one, KEY.Key_Delete)
    qtbot.keyClick(one, KEY.Key_Return)
    assert cards.session.labels.is_empty
    assert one.lineEdit().placeholderText() == "27 predicted"


def test_the_wheel_over_a_field_that_nobody_is_at_changes_nothing(cards, qtbot):
    type_in(cards, qtbot, "12")
    cards.canvas.setFocus()
    QApplication.processEvents()
    turn(field(cards))
    assert dict(cards.session.labels.attributes) == {"cards": 12.0}


def turn(widget) -> None:
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QWheelEvent

    at = QPointF(widget.rect().center())
    event = QWheelEvent(
        at, QPointF(widget.mapToGlobal(widget.rect().center())), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        HELD.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def test_frames_of_a_folder_begin_anew(cards, tmp_path, qtbot):
    type_in(cards, qtbot, "12")
    open_folder(cards, make_frames(tmp_path / "more", 2), qtbot)
    qtbot.waitUntil(lambda: cards.session.labels.is_empty)
