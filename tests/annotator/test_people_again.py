"""Looking again at boxes that changed: only those are asked for, and the rest stays as it was seen."""

from __future__ import annotations

import numpy as np
import pytest

from annotator import instances
from annotator.labels import EMPTY, Instance
from annotator.people_again import is_same_box, see_again
from annotator.people_prediction import see
from annotator.schemes import COCO_17
from model.people import Candidate, InstancePrediction, PeoplePrediction

RGB = np.zeros((300, 400, 3), dtype=np.uint8)
A, B, C = (10.0, 10.0, 90.0, 200.0), (120.0, 20.0, 200.0, 220.0), (250.0, 30.0, 330.0, 240.0)


class Eyes:
    """Sees a pose in every box, surer the further to the right; remembers the boxes it was asked for."""

    names = COCO_17.keypoints

    def __init__(self, *, takes_boxes: bool = True) -> None:
        self.takes_boxes = takes_boxes
        self.asked: list[tuple[float, ...]] = []

    def predict_people(self, rgb, candidates=(), *, same=None):
        self.asked += [one.box for one in candidates]
        found = tuple(self.pose(one.box) for one in candidates)
        return PeoplePrediction((), (rgb.shape[1], rgb.shape[0]), "eyes").with_instances(found)

    def pose(self, box) -> InstancePrediction:
        along = np.linspace(0.1, 0.9, 17)
        xy = np.stack([box[0] + along * (box[2] - box[0]), box[1] + along * (box[3] - box[1])], axis=1)
        return InstancePrediction(self.names, xy, np.full(17, 0.9), np.ones(17), box[0] / 400.0, box)


def labelled(*boxes):
    labels = EMPTY
    for number, box in enumerate(boxes):
        labels = instances.add(labels, Instance(number, box=box))
    return labels


def boxes(found):
    return [one.box for one in found.instances]


def again(network, labels, before, others=()):
    return see_again(network, RGB, labels, others, before=before, scheme=COCO_17)


def test_only_a_new_box_is_looked_into_and_the_answer_is_that_of_a_whole_look():
    network = Eyes()
    before = see(network, RGB, labelled(A, C))
    network.asked.clear()
    found = again(network, labelled(A, C, B), before)
    assert network.asked == [B]
    assert boxes(found) == boxes(see(Eyes(), RGB, labelled(A, C, B))) == [C, B, A]
    assert found.instances[0] is before.instances[0]


def test_a_box_that_changed_takes_the_place_of_what_it_was():
    network = Eyes()
    before = see(network, RGB, labelled(A, B))
    network.asked.clear()
    moved = (B[0] + 5.0, *B[1:])
    assert boxes(again(network, labelled(A, moved), before)) == [moved, A]
    assert network.asked == [moved]
    assert boxes(again(network, labelled(A), before)) == [A]
    assert boxes(again(network, EMPTY, before)) == []


def test_nothing_is_asked_or_stored_where_all_is_as_it_was():
    network = Eyes()
    before = PeoplePrediction.from_bytes(see(network, RGB, labelled((A[0] + 1e-4, *A[1:]), B)).to_bytes())
    network.asked.clear()
    assert again(network, labelled((A[0] + 1e-4, *A[1:]), B), before) is None
    assert network.asked == []


def test_boxes_of_a_detector_stay_unless_a_label_takes_them():
    network = Eyes()
    others = [Candidate(B, 0.8), Candidate(C, 0.7)]
    before = see(network, RGB, labelled(A), others)
    network.asked.clear()
    near = (C[0] + 6.0, *C[1:])
    assert boxes(again(network, labelled(A, near), before, others)) == [near, B, A]
    assert network.asked == [near]
    # The label goes: the detector's box is free again.
    found = again(network, labelled(A), again(Eyes(), labelled(A, near), before, others), others)
    assert boxes(found) == [C, B, A]


def test_a_new_box_of_a_detector_with_somebody_known_in_it_adds_nobody():
    network = Eyes()
    before = see(network, RGB, labelled(A), [Candidate(B)])

    class Alike(Eyes):
        def pose(self, box):
            return super().pose(B)

    twice = [Candidate(B), Candidate((B[0] - 60.0, B[1], B[2], B[3]))]
    assert boxes(again(Alike(), labelled(A), before, twice)) == [B, A]


@pytest.mark.parametrize("takes_boxes", [True, False])
def test_without_an_answer_before_or_without_boxes_the_frame_is_looked_at_as_a_whole(takes_boxes):
    network = Eyes(takes_boxes=takes_boxes)
    found = again(network, labelled(A), None if takes_boxes else see(network, RGB, labelled(A)))
    assert boxes(found) == ([A] if takes_boxes else [])
    assert again(Eyes(), EMPTY, None) is None


def test_boxes_are_the_same_within_what_a_file_rounds():
    assert is_same_box(A, (A[0] + 0.0005, *A[1:]))
    assert not is_same_box(A, (A[0] + 0.5, *A[1:]))
    assert not is_same_box(A, None)
    assert is_same_box(None, None)
