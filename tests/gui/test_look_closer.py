"""Looking closer in the window: the mirrored frames, in the background, told by the queue."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from windows import SIZE, drag, load_network, open_folder, press, settle

from annotator.gui.review_words import reason
from annotator.labels import FrameLabels, FrameRecord, Instance
from annotator.project import Project
from annotator.review import Kind
from annotator.review.mirrored import kept, kept_things
from annotator.schemes import CARD_PACKET_8, COCO_17
from model.heatmaps import Prediction
from model.people import InstancePrediction, PeoplePrediction

pytest_plugins = ("window_fixtures",)


@pytest.fixture
def predicted(window, qtbot, tmp_path):
    """A window whose frames are all predicted."""
    load_network(window, qtbot, tmp_path)
    window.actions_["predict.all"].trigger()
    qtbot.waitUntil(lambda: not window.session.forecaster.job.running)
    return window


def test_a_key_lets_the_network_see_all_frames_mirrored_and_the_queue_says_so(predicted, qtbot, network):
    project, ids = predicted.session.project, predicted.session.project.frame_ids()
    before = network.asked
    press(predicted, qtbot, Qt.Key.Key_F6, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: project.mirrored_frames("fake") == set(ids))
    qtbot.waitUntil(lambda: not predicted.session.forecaster.job.running)
    assert network.asked == before + len(ids)
    seen = kept(project, ids[0], "fake")
    assert seen is not None
    assert seen["R_PENALTY_MARK"][:2] == (539.0, 200.0)
    press(predicted, qtbot, Qt.Key.Key_Q)
    queue = predicted.reviewing.queue
    qtbot.waitUntil(lambda: not queue.building and all(map(queue.knows, ids)), timeout=30_000)
    assert queue.entries[ids[0]].value(Kind.FLIP) == pytest.approx(1.5)
    press(predicted, qtbot, Qt.Key.Key_F6, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: not predicted.session.forecaster.job.running)
    assert network.asked == before + len(ids)


def test_it_is_stopped_as_other_work_and_what_is_seen_stays(predicted, qtbot, network):
    project, ids = predicted.session.project, predicted.session.project.frame_ids()
    predicted.actions_["predict.closer"].trigger()
    qtbot.waitUntil(lambda: len(project.mirrored_frames("fake")) >= 1)
    predicted.actions_["predict.stop"].trigger()
    assert not predicted.session.forecaster.job.running
    predicted.actions_["predict.closer"].trigger()
    qtbot.waitUntil(lambda: project.mirrored_frames("fake") == set(ids))


def test_predicting_all_after_it_predicts_again(predicted, qtbot):
    project, ids = predicted.session.project, predicted.session.project.frame_ids()
    predicted.actions_["predict.closer"].trigger()
    qtbot.waitUntil(lambda: not predicted.session.forecaster.job.running)
    project.delete_predictions()
    predicted.actions_["predict.all"].trigger()
    qtbot.waitUntil(lambda: all(project.has_prediction(i) for i in ids))


# Where a frame shows people


class Doubtful:
    """A network that sees somebody in every box, and the left knee elsewhere as soon as the frame is mirrored."""

    id = "doubtful"
    device_text = "Fake"
    threshold = 0.3
    names = COCO_17.keypoints
    takes_boxes = True

    def __init__(self) -> None:
        self.asked = 0

    def predict_people(self, rgb, candidates=(), *, same=None):
        self.asked += 1
        found = tuple(self.pose(one.box, mirrored=rgb[:, :320].mean() < rgb[:, 320:].mean()) for one in candidates)
        return PeoplePrediction((), SIZE, self.id).with_instances(found)

    def pose(self, box, *, mirrored=False) -> InstancePrediction:
        x0, y0, x1, y1 = box
        along = np.linspace(0.1, 0.9, 17)
        xy = np.stack([np.full(17, (x0 + x1) / 2), y0 + along * (y1 - y0)], axis=1)
        if mirrored:
            # Left and right have changed places in the picture, and in the names of what is seen there.
            xy = xy[list(COCO_17.mirror)]
            xy[COCO_17.index["right_knee"], 0] += 20.0
        return InstancePrediction(self.names, xy, np.full(17, 0.9), np.ones(17), 0.9, box)


BOXES = ((100.0, 60.0, 180.0, 220.0), (300.0, 60.0, 400.0, 260.0))


@pytest.fixture
def people(make_window, frames, qtbot, tmp_path, network):
    """A window on frames with two boxed people each, all predicted."""
    with Project.for_media([frames], scheme=COCO_17) as project:
        for frame_id in project.frame_ids():
            labels = FrameLabels(tuple(Instance(n, box=box) for n, box in enumerate(BOXES)))
            project.save_record(frame_id, FrameRecord(labels), text="Boxes")
    window = make_window()
    open_folder(window, frames, qtbot)
    window.errands.load_network(tmp_path / "people.safetensors")
    project = window.session.project
    qtbot.waitUntil(lambda: window.session.forecaster.network_id == "doubtful")
    window.actions_["predict.all"].trigger()
    qtbot.waitUntil(lambda: all(project.has_prediction(i, "doubtful") for i in project.frame_ids()))
    qtbot.waitUntil(lambda: not window.session.forecaster.job.running)
    return window


@pytest.mark.parametrize("network", [Doubtful()])
def test_people_are_looked_at_mirrored_one_by_one_and_the_queue_points_at_the_knee(people, qtbot, network):
    session, ids = people.session, people.session.project.frame_ids()
    told = []
    session.message.connect(told.append)
    before = network.asked
    press(people, qtbot, Qt.Key.Key_F6, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: "Frames looked at mirrored: 5" in told, timeout=20_000)
    assert network.asked == before + len(ids)
    assert {one.box for one in kept_things(session.project, ids[0], "doubtful")} == set(BOXES)
    press(people, qtbot, Qt.Key.Key_Q)
    queue = people.reviewing.queue
    qtbot.waitUntil(lambda: not queue.building and all(map(queue.knows, ids)), timeout=30_000)
    # The network's knee is off in both people; in the smaller one that is more of its size.
    sign = next(one for one in queue.entries[ids[0]].signs.signs if one.kind is Kind.FLIP)
    assert (sign.instance, sign.keypoint, sign.count) == (0, "left_knee", 2)
    assert sign.value == pytest.approx(100.0 * 20.0 / np.sqrt(80.0 * 160.0))
    text = "Left knee of no. 0: mirrored, 18 % of its size away"
    assert reason(sign, many=True) == text
    # A box that is drawn now was not looked at mirrored: its frame is done again, no other.
    told.clear()
    session.show(ids[0])
    settle(people, qtbot)
    press(people, qtbot, Qt.Key.Key_4)
    drag(people, qtbot, (450.0, 100.0), (520.0, 240.0))
    qtbot.waitUntil(lambda: len(session.project.people(ids[0], "doubtful").instances) == 3)
    qtbot.waitUntil(lambda: session.forecaster.working_on is None)
    press(people, qtbot, Qt.Key.Key_F6, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: "Frames looked at mirrored: 1" in told, timeout=20_000)
    assert len(kept_things(session.project, ids[0], "doubtful")) == 3


# Where a frame shows one thing that is no pitch


class OfPackets:
    """A network that sees a packet, and one corner elsewhere as soon as the frame is mirrored."""

    id = "packets"
    device_text = "Fake"
    threshold = 0.3
    names = CARD_PACKET_8.keypoints

    def predict(self, rgb):
        xy = np.array(
            [(200, 100), (206, 92), (400, 100), (394, 92), (180, 260), (186, 268), (420, 260), (414, 268)], dtype=float
        )
        if rgb[:, :320].mean() < rgb[:, 320:].mean():
            xy = (xy * (-1, 1) + (SIZE[0] - 1, 0))[list(CARD_PACKET_8.mirror)]
            xy[CARD_PACKET_8.index["upper_left_face"]] += (0.0, 30.0)
        heat = np.zeros((9, 9, 16), dtype=np.uint8)
        return Prediction(
            self.names, xy, np.full(8, 0.9), np.ones(8), heat, SIZE, self.id, (40.0, 40.0), (19.5, 19.5),
            np.full(8, 0.9), {"cards": 20.0},
        )  # fmt: skip


@pytest.mark.parametrize("network", [OfPackets()])
def test_card_packets_are_looked_at_mirrored_as_the_pitch_is(make_window, frames, qtbot, tmp_path, network):
    with Project.for_media([frames], scheme=CARD_PACKET_8) as project:
        ids = project.frame_ids()
        for frame_id in ids[:2]:
            project.save_prediction(frame_id, replace(network.predict(bright_at_the_left()), network="packets"))
    window = make_window()
    open_folder(window, frames, qtbot)
    window.errands.load_network(tmp_path / "packets.safetensors")
    project = window.session.project
    qtbot.waitUntil(lambda: window.session.forecaster.network_id == "packets")
    press(window, qtbot, Qt.Key.Key_F6, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: set(ids[:2]) <= project.mirrored_frames("packets"), timeout=20_000)
    press(window, qtbot, Qt.Key.Key_Q)
    queue = window.reviewing.queue
    qtbot.waitUntil(lambda: not queue.building and all(map(queue.knows, ids)), timeout=30_000)
    sign = next(one for one in queue.entries[ids[0]].signs.signs if one.kind is Kind.FLIP)
    assert sign.keypoint == CARD_PACKET_8.mirrored["upper_left_face"]
    assert reason(sign).startswith("Upper right face: mirrored, ")


def bright_at_the_left() -> np.ndarray:
    rgb = np.zeros((SIZE[1], SIZE[0], 3), dtype=np.uint8)
    rgb[:, 0] = 255
    return rgb


def test_before_anything_is_predicted_it_says_what_comes_first(window, qtbot, tmp_path):
    told = []
    window.session.message.connect(told.append)
    load_network(window, qtbot, tmp_path)
    forecaster = window.session.forecaster
    qtbot.waitUntil(lambda: forecaster.working_on is None)
    window.session.project.delete_predictions()
    press(window, qtbot, Qt.Key.Key_F6, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: "Nothing to look at mirrored yet: let the network predict frames first" in told)
