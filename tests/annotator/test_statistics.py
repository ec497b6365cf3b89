"""Counts over a project."""

import cv2
import numpy as np
import pytest

from annotator.labels import Decision, FrameRecord, FrameState, Origin, Review, place, set_marking
from annotator.project import Project
from annotator.statistics import Statistics, project_statistics
from model.heatmaps import Prediction

NAMES = ("CENTER_MARK", "L_PENALTY_MARK")


def prediction() -> Prediction:
    return Prediction(
        names=NAMES,
        xy=np.array([[10.0, 20.0], [30.0, 20.0]]),
        confidence=np.array([0.9, 0.8]),
        sd=np.ones(2),
        heatmaps=np.zeros((3, 6, 8), dtype=np.uint8),
        image_size=(64, 48),
        network="n",
        scale=(8.0, 8.0),
        offset=(0.0, 0.0),
    )


@pytest.fixture
def project(tmp_path):
    for number in range(3):
        assert cv2.imwrite(str(tmp_path / f"{number}.png"), np.zeros((48, 64, 3), np.uint8))
    with Project.for_media([tmp_path]) as project:
        first, second, _ = project.frame_ids()
        project.save_prediction(first, prediction())
        labels = place(FrameRecord().labels, "CENTER_MARK", (13.0, 24.0))
        labels = place(labels, "L_PENALTY_MARK", (30.0, 20.0), origin=Origin.ACCEPTED)
        project.save_record(first, FrameRecord(labels, Review(Decision.ACCEPTED)), text="Accept")
        drawn = set_marking(FrameRecord().labels, "Middle line", ((1.0, 1.0), (2.0, 30.0)))
        project.save_record(second, FrameRecord(place(drawn, "CENTER_MARK", (5.0, 5.0))), text="Draw")
        yield project


def test_frames_points_and_markings_are_counted(project):
    found = project_statistics(project)
    assert found.frames == 3
    assert found.states[FrameState.ACCEPTED] == 1
    assert found.placed == {"CENTER_MARK": 2}
    assert found.accepted == {"L_PENALTY_MARK": 1}
    assert found.drawn == {"Middle line": 1}


def test_a_correction_is_how_far_the_network_was_from_the_hand(project):
    found = project_statistics(project)
    assert found.corrections == pytest.approx((5.0,))
    assert found.median_correction == pytest.approx(5.0)


def test_without_corrections_there_is_no_median():
    assert Statistics({}, {}, {}, {}, ()).median_correction is None


def test_counting_can_be_stopped(project):
    assert project_statistics(project, should_stop=lambda: True) is None


def test_things_numbers_and_corrections_of_other_schemes_are_counted(tmp_path):
    from annotator.labels import FrameLabels, Instance, KeypointLabel, Visibility
    from annotator.schemes import known_schemes
    from model.people import InstancePrediction, PeoplePrediction

    scheme = known_schemes()["coco-17"]
    for number in range(2):
        assert cv2.imwrite(str(tmp_path / f"{number}.png"), np.zeros((240, 320, 3), np.uint8))
    at = np.stack([np.linspace(20.0, 120.0, len(scheme)), np.linspace(20.0, 220.0, len(scheme))], axis=1)
    seen = InstancePrediction(
        scheme.keypoints, at, np.full(len(scheme), 0.9), np.ones(len(scheme)), 0.9, (20.0, 20.0, 120.0, 220.0)
    )

    def person(number, by):
        points = {
            name: KeypointLabel((x + by, y), Visibility.VISIBLE)
            for name, (x, y) in zip(scheme.keypoints, at.tolist(), strict=True)
        }
        return Instance(number, points, box=(20.0, 20.0, 120.0, 220.0))

    with Project.for_media([tmp_path], scheme=scheme) as project:
        first, second = project.frame_ids()
        project.save_people(first, PeoplePrediction((seen,), (320, 240), "people"))
        far = Instance(3, {"nose": KeypointLabel((300.0, 20.0), Visibility.VISIBLE, Origin.ACCEPTED)})
        project.save_record(first, FrameRecord(FrameLabels((person(0, 10.0), far))), text="Label")
        project.save_record(second, FrameRecord(FrameLabels((person(0, 0.0),))), text="Label")
        found = project_statistics(project)
    assert found.of_size
    assert found.things == {2: 1, 1: 1}
    assert found.placed["left_knee"] == 2
    assert found.accepted == {"nose": 1}
    assert found.corrections == pytest.approx((100.0 * 10.0 / np.sqrt(100.0 * 200.0),) * len(scheme))


def test_what_is_said_beside_the_points_is_counted(tmp_path):
    from annotator.instances import set_attribute
    from annotator.schemes import known_schemes

    scheme = known_schemes()["card-packet-8"]
    for number in range(3):
        assert cv2.imwrite(str(tmp_path / f"{number}.png"), np.zeros((24, 32, 3), np.uint8))
    with Project.for_media([tmp_path], scheme=scheme) as project:
        for frame_id, cards in zip(project.frame_ids(), (12, 12, 30), strict=True):
            labels = place(FrameRecord().labels, "upper_left_face", (3.0, 3.0))
            labels = set_attribute(labels, scheme.attributes[0], float(cards))
            project.save_record(frame_id, FrameRecord(labels), text="Label")
        found = project_statistics(project)
    assert found.numbers == {"cards": (12.0, 12.0, 30.0)}
    assert found.things == {1: 3}
