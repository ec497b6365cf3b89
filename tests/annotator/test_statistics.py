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
