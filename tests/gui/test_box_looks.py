"""Boxes that a person draws or changes are looked into at once, and nothing that a person said moves."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from windows import SIZE, drag, open_folder, press, settle

from annotator import instances
from annotator.keypoints import Source
from annotator.labels import EMPTY, FrameRecord, Instance, KeypointLabel, Visibility
from annotator.project import Project
from annotator.schemes import COCO_17
from model.people import InstancePrediction, PeoplePrediction

pytest_plugins = ("window_fixtures",)
KEY, HELD = Qt.Key, Qt.KeyboardModifier
FIRST, SECOND = (100.0, 60.0, 200.0, 260.0), (300.0, 80.0, 380.0, 240.0)


class IntoBoxes:
    """A network that sees the same pose in every box, and remembers where it was asked to look."""

    id = "boxes"
    device_text = "Fake"
    threshold = 0.3
    names = COCO_17.keypoints
    takes_boxes = True

    def __init__(self) -> None:
        self.asked: list[list[tuple[float, ...]]] = []

    def predict_people(self, rgb, candidates=(), *, same=None):
        self.asked.append([one.box for one in candidates])
        found = tuple(self.pose(one.box) for one in candidates)
        return PeoplePrediction((), (rgb.shape[1], rgb.shape[0]), self.id).with_instances(found)

    def pose(self, box) -> InstancePrediction:
        x0, y0, x1, y1 = box
        along = np.linspace(0.1, 0.9, 17)
        xy = np.stack([x0 + along * (x1 - x0), y0 + along * (y1 - y0)], axis=1)
        return InstancePrediction(self.names, xy, np.full(17, 0.9), np.ones(17), 0.9, box)


@pytest.fixture
def network():
    return IntoBoxes()


@pytest.fixture
def window(make_window, frames, qtbot, tmp_path):
    """A window with that network on frames of people, the first of which has a box with a point placed in it."""
    with Project.for_media([frames], scheme=COCO_17) as project:
        first, *_ = project.frame_ids()
        nose = {"nose": KeypointLabel((150.0, 70.0), Visibility.VISIBLE)}
        one = instances.add(EMPTY, Instance(0, nose, box=FIRST))
        project.save_record(first, FrameRecord(one), text="Box")
    found = make_window()
    open_folder(found, frames, qtbot)
    found.errands.load_network(tmp_path / "boxes.safetensors")
    qtbot.waitUntil(lambda: found.session.people.has_seen)
    settle(found, qtbot)
    return found


def boxes(window) -> list[tuple[float, ...]]:
    """Where the network saw somebody, as it is stored."""
    stored = window.session.project.people(window.session.frame_id, "boxes")
    return sorted(tuple(round(side, 1) for side in one.box) for one in stored.instances)


def seen_of(window, number):
    return next(one for one in window.session.people.things if one.id == number).seen


def near(box, other, within=2.0) -> bool:
    return bool(np.abs(np.subtract(box, other)).max() <= within)


def test_a_drawn_box_is_looked_into_at_once_and_no_other(window, qtbot, network):
    network.asked.clear()
    press(window, qtbot, KEY.Key_4)
    drag(window, qtbot, SECOND[:2], SECOND[2:])
    session = window.session
    qtbot.waitUntil(lambda: len(boxes(window)) == 2)
    assert [len(asked) for asked in network.asked] == [1]
    assert near(network.asked[0][0], SECOND)
    number = session.people.active
    assert number != 0
    qtbot.waitUntil(lambda: seen_of(window, number) is not None)
    assert session.labels.instance(number).keypoints == {}  # what is seen is not said


def test_a_resized_box_is_looked_into_again_and_what_was_placed_stays(window, qtbot, network):
    session = window.session
    before = session.labels.instance(0).keypoints
    press(window, qtbot, KEY.Key_4)
    drag(window, qtbot, FIRST[2:], (240.0, 300.0))
    wanted = (*FIRST[:2], 240.0, 300.0)
    qtbot.waitUntil(lambda: len(boxes(window)) == 1 and near(boxes(window)[0], wanted))
    assert session.labels.instance(0).keypoints == before
    qtbot.waitUntil(lambda: near(seen_of(window, 0).box, wanted))
    assert session.resolved.keypoints["nose"].position == (150.0, 70.0)
    assert session.resolved.keypoints["left_knee"].source is Source.PREDICTED
    assert [one.id for one in session.people.things] == [0]
    press(window, qtbot, KEY.Key_Z, HELD.ControlModifier)
    qtbot.waitUntil(lambda: near(boxes(window)[0], FIRST, 0.1))
    assert session.labels.instance(0).keypoints == before


def test_a_box_moved_with_its_person_is_looked_into_where_it_is_now(window, qtbot, network):
    press(window, qtbot, KEY.Key_1)
    drag(window, qtbot, (FIRST[0], 200.0), (FIRST[0] + 40.0, 200.0))
    wanted = (FIRST[0] + 40.0, FIRST[1], FIRST[2] + 40.0, FIRST[3])
    qtbot.waitUntil(lambda: len(boxes(window)) == 1 and near(boxes(window)[0], wanted))


def test_a_point_that_is_moved_asks_nothing(window, qtbot, network):
    network.asked.clear()
    press(window, qtbot, KEY.Key_1)
    drag(window, qtbot, (150.0, 70.0), (160.0, 80.0))
    assert window.session.labels.instance(0).keypoints["nose"].position != (150.0, 70.0)
    qtbot.waitUntil(lambda: window.session.forecaster.working_on is None)
    assert network.asked == []


def test_a_box_that_is_taken_back_leaves_nobody_behind(window, qtbot, network):
    press(window, qtbot, KEY.Key_4)
    drag(window, qtbot, SECOND[:2], SECOND[2:])
    qtbot.waitUntil(lambda: len(boxes(window)) == 2)
    press(window, qtbot, KEY.Key_Z, HELD.ControlModifier)
    qtbot.waitUntil(lambda: len(boxes(window)) == 1)
    qtbot.waitUntil(lambda: [one.id for one in window.session.people.things] == [0])


def test_boxes_that_came_after_the_prediction_are_looked_into_when_the_frame_is_shown(
    make_window, frames, qtbot, tmp_path, network
):
    with Project.for_media([frames], scheme=COCO_17) as project:
        first, *_ = project.frame_ids()
        project.save_people(first, PeoplePrediction((network.pose(FIRST),), SIZE, network.id))
        both = FrameRecord(instances.add(instances.add(EMPTY, Instance(0, box=FIRST)), Instance(1, box=SECOND)))
        project.save_record(first, both, text="Boxes")
    window = make_window()
    window.errands.load_network(tmp_path / "boxes.safetensors")
    qtbot.waitUntil(lambda: window.session.forecaster.network_id == "boxes")
    open_folder(window, frames, qtbot)
    qtbot.waitUntil(lambda: len(boxes(window)) == 2)
    assert network.asked == [[SECOND]]


def test_a_box_around_points_that_changed_is_looked_into_when_the_frame_is_shown_again(
    make_window, frames, qtbot, tmp_path, network
):
    places = {"nose": (150.0, 70.0), "left_eye": (160.0, 60.0)}
    points = {name: KeypointLabel(at, Visibility.VISIBLE) for name, at in places.items()}
    with Project.for_media([frames], scheme=COCO_17) as project:
        first, *_ = project.frame_ids()
        project.save_people(first, PeoplePrediction((network.pose((150.0, 60.0, 160.0, 70.0)),), SIZE, network.id))
        more = {**points, "left_ankle": KeypointLabel((300.0, 300.0), Visibility.VISIBLE)}
        project.save_record(first, FrameRecord(instances.add(EMPTY, Instance(0, more))), text="Points")
    window = make_window()
    window.errands.load_network(tmp_path / "boxes.safetensors")
    qtbot.waitUntil(lambda: window.session.forecaster.network_id == "boxes")
    open_folder(window, frames, qtbot)
    qtbot.waitUntil(lambda: boxes(window) == [(150.0, 60.0, 300.0, 300.0)])
    qtbot.waitUntil(lambda: [one.id for one in window.session.people.things] == [0])
    assert network.asked == [[(150.0, 60.0, 300.0, 300.0)]]


def test_a_frame_without_a_box_says_which_key_draws_one(window, qtbot, network):


    press(window, qtbot, KEY.Key_D)
    settle(window, qtbot)
    told = []
    window.session.message.connect(told.append)
    press(window, qtbot, KEY.Key_F6)
    assert told == ["Draw a box first (4), or find some with a detector (F5): the network looks there"]
    assert window.status.hint.toolTip() == told[0]
    press(window, qtbot, KEY.Key_4)
    drag(window, qtbot, SECOND[:2], SECOND[2:])
    qtbot.waitUntil(lambda: window.session.people.has_seen)
    network.asked.clear()
    told.clear()
    press(window, qtbot, KEY.Key_F6)
    qtbot.waitUntil(lambda: len(network.asked) == 1)
    assert told == []


def test_a_frame_with_nobody_in_it_can_be_accepted(window, qtbot):
    session = window.session
    press(window, qtbot, KEY.Key_D)
    settle(window, qtbot)
    frame = session.frame_id
    qtbot.waitUntil(lambda: not session.forecaster.will_look_at(frame))
    press(window, qtbot, KEY.Key_Space)
    qtbot.waitUntil(lambda: session.project.row(frame).state.value == "accepted")
