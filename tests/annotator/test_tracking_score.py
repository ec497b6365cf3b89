"""MOTA, IDF1 and switches against numbers worked out by hand."""

import numpy as np
import pytest

from annotator.schemes import scheme_of
from annotator.tracking_memory import Pose
from annotator.tracking_score import Counts, score_tracks

COCO, MPII = scheme_of("coco-17"), scheme_of("mpii-16")


def person(x: float, count: int = 17) -> Pose:
    body = np.array([[np.cos(angle), 2.0 * np.sin(angle)] for angle in np.linspace(0.0, 6.0, count)]) * 20.0
    return Pose(body + np.array([x, 100.0]), np.ones(count))


def clip(*frames):
    """Frames as ({number: x}, {number: x})."""
    return [tuple({n: person(x) for n, x in side.items()} for side in frame) for frame in frames]


def test_a_perfect_run_scores_one():
    scores = score_tracks([clip(*[({1: 0, 2: 500}, {7: 0, 9: 500})] * 4)], COCO)
    assert (scores.things, scores.idf1) == (Counts(8, 0, 0, 0), 1.0)
    assert scores.things.mota == scores.mota_of_points == 1.0


def test_a_miss_a_false_one_and_a_switch():
    # Four frames of one person: seen as 1, missed, seen as 2, seen as 2 with a false one beside.
    scores = score_tracks([clip(({1: 0}, {1: 0}), ({1: 0}, {}), ({1: 0}, {2: 0}), ({1: 0}, {2: 0, 5: 900}))], COCO)
    assert scores.things == Counts(labelled=4, misses=1, false=1, switches=1)
    assert scores.things.mota == pytest.approx(1 - 3 / 4)
    # Track 2 shares two of its frames: IDTP 2 of 4 labelled and 4 tracked.
    assert scores.idf1 == pytest.approx(2 * 2 / (4 + 4))


def test_two_who_exchange_their_numbers_halfway():
    same, swapped = ({1: 0, 2: 500}, {1: 0, 2: 500}), ({1: 0, 2: 500}, {2: 0, 1: 500})
    scores = score_tracks([clip(same, same, swapped, swapped)], COCO)
    assert scores.things == Counts(8, 0, 0, 2)
    assert scores.things.mota == pytest.approx(1 - 2 / 8)
    assert scores.idf1 == pytest.approx(2 * 4 / 16)


def test_a_pair_stays_a_pair_while_it_is_near_enough():
    # In the second frame the other track is nearer; CLEAR MOT keeps the pair, so there is no switch.
    scores = score_tracks([clip(({1: 0}, {1: 0}), ({1: 0}, {1: 4, 2: 0}))], COCO)
    assert scores.things == Counts(2, 0, 1, 0)


def test_numbers_of_two_clips_have_nothing_to_do_with_each_other():
    one, other = clip(({1: 0}, {1: 0})), clip(({1: 0}, {2: 0}))
    scores = score_tracks([one, other], COCO)
    assert (scores.things.switches, scores.idf1, scores.frames) == (0, 1.0, 2)


def test_a_keypoint_is_counted_alone_where_it_is_labelled():
    truth, off = person(0), person(0)
    labelled, moved = truth.points.copy(), off.points.copy()
    labelled[4] = np.nan
    moved[0] += 100.0
    moved[4] = np.nan
    pair = ({1: Pose(labelled, truth.confidence)}, {1: Pose(moved, off.confidence)})
    scores = score_tracks([[pair, pair]], COCO)
    nose, ear, eye = (scores.points[COCO.keypoints[k]] for k in (0, 4, 1))
    assert nose == Counts(2, 2, 2, 0)
    assert nose.mota == -1.0
    assert (ear, eye) == (Counts(), Counts(2, 0, 0, 0))
    assert np.isnan(ear.mota)
    assert scores.mota_of_points == pytest.approx((15 - 1) / 16)


@pytest.mark.parametrize(("share", "missed"), [(0.49, 0), (0.51, 1)])
def test_a_point_of_a_scheme_with_a_head_is_near_enough_within_half_of_it(share, missed):
    truth = person(0, 16)
    neck, top = (MPII.index[name] for name in MPII.head)
    head = np.linalg.norm(truth.points[neck] - truth.points[top])
    moved = truth.points.copy()
    moved[0, 0] += share * head
    scores = score_tracks([[({1: truth}, {1: Pose(moved, truth.confidence)})]], MPII)
    assert scores.points[MPII.keypoints[0]].misses == missed


def test_without_anything_there_is_no_score():
    scores = score_tracks([], COCO)
    assert np.isnan(scores.things.mota)
    assert np.isnan(scores.idf1)
    assert scores.document()["mota"] is None
