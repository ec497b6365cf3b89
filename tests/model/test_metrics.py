from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.metrics import (
    head_length,
    oks,
    pckh,
    percentage_of_detected_joints,
    precision_recall_curve,
    score,
    within_length,
)

TRUTH = np.array([[[10.0, 10], [20, 20], [30, 30], [40, 40]]])
LABELLED = np.array([[True, True, True, False]])


def test_a_perfect_prediction_scores_one() -> None:
    got = score(TRUTH, np.array([[1, 1, 1, 0.0]]), TRUTH, LABELLED)
    assert (got.labels, got.detections, got.recall, got.precision, got.median) == (3, 3, 1, 1, 0)
    assert got.pck == {5: 1, 10: 1, 20: 1}


def test_counts_are_those_of_a_hand_worked_case() -> None:
    predicted = TRUTH + np.array([[[3, 4], [0, 8], [0, 0], [0, 0]]])
    got = score(predicted, np.array([[0.9, 0.9, 0.1, 0.9]]), TRUTH, LABELLED, distances=(5, 10))
    assert got.recall == pytest.approx(2 / 3)
    assert got.precision == pytest.approx(2 / 3)
    assert got.pck == {5: pytest.approx(1 / 3), 10: pytest.approx(2 / 3)}
    assert got.precision_within[5] == pytest.approx(1 / 3)
    assert (got.mean, got.median) == (6.5, 6.5)


def test_unknown_points_count_nowhere() -> None:
    known = np.array([[True, True, False, False]])
    got = score(TRUTH, np.ones((1, 4)), TRUTH, LABELLED, known=known)
    assert (got.labels, got.detections, got.precision) == (2, 2, 1)


def test_no_labels_give_nan_and_no_warning() -> None:
    got = score(TRUTH, np.zeros((1, 4)), TRUTH, np.zeros((1, 4), dtype=bool))
    assert np.isnan([got.recall, got.precision, got.mean, got.median, got.pck[5]]).all()


def test_oks_follows_its_formula() -> None:
    sigmas = np.full(4, 0.05)
    shifted = TRUTH + np.array([[[3.0, 4], [0, 0], [0, 0], [99, 99]]])
    got = oks(shifted, TRUTH, LABELLED, area=np.array([1000.0]), sigmas=sigmas)
    assert got[0] == pytest.approx((np.exp(-25 / (2 * 1000 * 0.01)) + 2) / 3)
    assert np.isnan(oks(TRUTH, TRUTH, np.zeros((1, 4), dtype=bool), area=np.ones(1), sigmas=sigmas)[0])


def test_oks_agrees_with_pycocotools() -> None:
    mask = pytest.importorskip("pycocotools.mask")
    assert mask is not None
    from pycocotools.cocoeval import Params

    sigmas = Params(iouType="keypoints").kpt_oks_sigmas
    rng = np.random.default_rng(0)
    truth, predicted = rng.uniform(0, 100, (1, 17, 2)), rng.uniform(0, 100, (1, 17, 2))
    squares = ((truth - predicted) ** 2).sum(axis=2)[0]
    expected = np.exp(-squares / (sigmas * 2) ** 2 / (5000 + np.spacing(1)) / 2).mean()
    got = oks(predicted, truth, np.ones((1, 17), dtype=bool), area=np.array([5000.0]), sigmas=sigmas)
    assert got[0] == pytest.approx(expected, rel=1e-12)


def test_pdj_scales_with_the_object() -> None:
    predicted = TRUTH + np.array([[[0, 9.0], [0, 11], [0, 0], [0, 0]]])
    value = percentage_of_detected_joints(predicted, TRUTH, LABELLED, length=np.array([100.0]), fraction=0.1)
    assert value == pytest.approx(2 / 3)


def test_the_curve_falls_in_threshold_and_rises_in_recall() -> None:
    predicted = TRUTH + np.array([[[0, 0], [0, 50.0], [0, 0], [0, 0]]])
    threshold, precision, recall = precision_recall_curve(
        predicted, np.array([[0.9, 0.8, 0.7, 0.6]]), TRUTH, LABELLED, within=5
    )
    assert threshold.tolist() == [0.9, 0.8, 0.7, 0.6]
    assert precision.tolist() == pytest.approx([1, 1 / 2, 2 / 3, 1 / 2])
    assert recall.tolist() == pytest.approx([1 / 3, 1 / 3, 2 / 3, 2 / 3])


def test_pckh_is_half_a_head_in_a_hand_worked_case():
    # A head of 40 px: 20 px are near enough, 20.5 are not. The second person has no head and counts nowhere.
    moved = np.array([[0, 20.0], [20.5, 0], [0, 0], [0, 0]])
    truth, predicted = np.concatenate([TRUTH, TRUTH]), np.concatenate([TRUTH + moved, TRUTH])
    labelled = np.concatenate([LABELLED, LABELLED])
    got = pckh(predicted, truth, labelled, head=np.array([40.0, np.nan]))
    assert got.points[:3].tolist() == [1, 0, 1]
    assert np.isnan(got.points[3])
    assert got.labels.tolist() == [1, 1, 1, 0]
    assert got.mean == pytest.approx(2 / 3)


def test_the_mean_is_weighted_by_labels_and_leaves_some_points_apart():
    # Point 0 is labelled twice and near once, point 1 once and far, point 2 once and near.
    truth = np.zeros((2, 3, 2))
    predicted = np.array([[[0.0, 0], [99, 0], [0, 0]], [[99, 0], [0, 0], [0, 0]]])
    labelled = np.array([[True, True, True], [True, False, False]])
    head = np.array([10.0, 10.0])
    assert pckh(predicted, truth, labelled, head=head).mean == pytest.approx(2 / 4)
    assert pckh(predicted, truth, labelled, head=head, apart=[1]).mean == pytest.approx(2 / 3)


def test_a_head_of_a_box_is_six_tenths_of_its_diagonal():
    # 30 x 40: diagonal 50, head 30, half of it 15.
    assert head_length(30, 40) == pytest.approx(30)
    far = TRUTH + np.array([15.01, 0])
    near = TRUTH + np.array([15, 0])
    assert pckh(near, TRUTH, LABELLED, head=np.array([head_length(30, 40)])).mean == 1
    assert pckh(far, TRUTH, LABELLED, head=np.array([head_length(30, 40)])).mean == 0


def test_points_that_were_not_predicted_are_missed():
    got = pckh(np.full_like(TRUTH, np.nan), TRUTH, LABELLED, head=np.array([1e9]))
    assert got.mean == 0
    nobody = pckh(np.zeros((0, 4, 2)), np.zeros((0, 4, 2)), np.zeros((0, 4), dtype=bool), head=np.zeros(0))
    assert np.isnan(nobody.mean)
    assert np.isnan(nobody.points).all()


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**6), factor=st.floats(0.1, 50.0), fraction=st.floats(0.05, 1.0))
def test_shares_of_a_length_know_no_scale_and_no_place_and_rise_with_it(seed, factor, fraction):
    rng = np.random.default_rng(seed)
    truth, predicted = rng.uniform(0, 100, (3, 5, 2)), rng.uniform(0, 100, (3, 5, 2))
    labelled, length = rng.random((3, 5)) < 0.7, rng.uniform(20, 120, 3)
    plain = within_length(predicted, truth, labelled, length=length, fraction=fraction)
    scaled = within_length(
        predicted * factor + 7, truth * factor + 7, labelled, length=length * factor, fraction=fraction
    )
    np.testing.assert_allclose(scaled.points, plain.points)
    more = within_length(predicted, truth, labelled, length=length, fraction=fraction * 1.3)
    assert (np.nan_to_num(more.points) >= np.nan_to_num(plain.points)).all()
    order = rng.permutation(5)
    turned = within_length(predicted[:, order], truth[:, order], labelled[:, order], length=length, fraction=fraction)
    np.testing.assert_allclose(turned.points, plain.points[order])
    if labelled.any():
        weighted = np.nansum(plain.points * plain.labels) / plain.labels.sum()
        assert plain.mean == pytest.approx(weighted)
        assert 0 <= plain.mean <= 1
