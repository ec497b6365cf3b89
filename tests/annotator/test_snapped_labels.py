"""What is meant is drawn to the paint, and nothing else."""

import cv2
import numpy as np
import pytest

from annotator.keypoints import Source, resolve
from annotator.labels import EMPTY, Visibility, place, set_marking
from annotator.paint import PaintField, Refusal
from annotator.pitch import KEYPOINTS, MARKINGS
from annotator.snapping import EVERYTHING, Target, markings_through, snap_labels

SIZE = (960, 540)
ACROSS, DOWN = "Big rect. left main", "Big rect. left bottom"
CORNER = "L_PENALTY_AREA_BR_CORNER"
# Painted: a line along y = 200 and one along x = 600, which meet.
Y, X = 200.0, 600.0


@pytest.fixture(scope="module")
def paint():
    rgb = np.full((SIZE[1], SIZE[0], 3), (60, 130, 50), np.uint8)
    noise = np.random.default_rng(0).normal(0.0, 3.0, rgb.shape)
    cv2.line(rgb, (100, int(Y)), (600, int(Y)), (235, 240, 235), 4, cv2.LINE_AA)
    cv2.line(rgb, (int(X), 100), (int(X), 500), (235, 240, 235), 4, cv2.LINE_AA)
    rgb = np.clip(cv2.GaussianBlur(rgb, (0, 0), 0.8) + noise, 0, 255).astype(np.uint8)
    return PaintField.of(rgb)


def of(*markings):
    labels = EMPTY
    for name, clicks in markings:
        labels = set_marking(labels, name, clicks)
    return labels


def seen(labels):
    return resolve(labels.pitch, None, size=SIZE, threshold=0.3)


def snapped(labels, target, paint):
    return snap_labels(labels, target, paint, resolved=seen(labels))


OFF = ((150.0, 206.0), (350.0, 203.0), (550.0, 204.0))
ASIDE = ((604.0, 150.0), (603.0, 450.0))


def test_everything_drawn_is_meant_when_nothing_is_named(paint):
    found = snapped(of((ACROSS, OFF), (DOWN, ASIDE)), EVERYTHING, paint)
    assert [outcome.moved for outcome in found.outcomes] == [True, True]
    np.testing.assert_allclose(np.array(found.labels.pitch.markings[ACROSS])[:, 1], Y, atol=0.5)
    np.testing.assert_allclose(np.array(found.labels.pitch.markings[DOWN])[:, 0], X, atol=0.5)


def test_a_marking_moves_alone(paint):
    labels = of((ACROSS, OFF), (DOWN, ASIDE))
    found = snapped(labels, Target(marking=DOWN), paint)
    assert found.labels.pitch.markings[ACROSS] == OFF
    assert found.labels.pitch.markings[DOWN] != ASIDE


def test_a_click_moves_alone_when_the_others_make_a_line(paint):
    found = snapped(of((ACROSS, OFF)), Target(marking=ACROSS, click=0), paint)
    after = found.labels.pitch.markings[ACROSS]
    assert after[1:] == OFF[1:]
    assert after[0][1] == pytest.approx(Y, abs=0.5)


def test_the_second_click_takes_the_first_along(paint):
    found = snapped(of((DOWN, ASIDE)), Target(marking=DOWN, click=1), paint)
    np.testing.assert_allclose(np.array(found.labels.pitch.markings[DOWN])[:, 0], X, atol=0.5)


def test_a_placed_corner_goes_to_where_its_lines_meet(paint):
    labels = place(of((ACROSS, ((150.0, 200.0), (550.0, 200.0))), (DOWN, ((600.0, 150.0), (600.0, 450.0)))), CORNER,
                   (605.0, 204.0))  # fmt: skip
    found = snapped(labels, Target(keypoints=(CORNER,)), paint)
    assert found.labels.pitch.keypoints[CORNER].position == pytest.approx((X, Y), abs=0.7)
    assert found.labels.pitch.markings == labels.pitch.markings


def test_a_corner_finds_its_lines_when_nothing_is_drawn(paint):
    labels = place(EMPTY, CORNER, (605.0, 204.0))
    found = snapped(labels, Target(keypoints=(CORNER,)), paint)
    assert found.labels.pitch.keypoints[CORNER].position == pytest.approx((X, Y), abs=1.0)


def test_the_lines_move_that_a_constructed_corner_follows_from(paint):
    labels = of((ACROSS, OFF), (DOWN, ASIDE))
    assert seen(labels).keypoints[CORNER].source is Source.CONSTRUCTED
    found = snapped(labels, Target(keypoints=(CORNER,)), paint)
    assert CORNER not in found.labels.pitch.keypoints
    assert {outcome.name for outcome in found.outcomes} == {ACROSS, DOWN}
    assert seen(found.labels).keypoints[CORNER].position == pytest.approx((X, Y), abs=0.5)


def test_grass_refuses_and_keeps_every_word(paint):
    labels = of((ACROSS, ((100.0, 400.0), (500.0, 420.0))))
    found = snapped(labels, EVERYTHING, paint)
    assert found.labels == labels
    assert found.outcomes[0].reason is Refusal.NO_PAINT
    assert not found.outcomes[0].moved


def test_a_penalty_mark_lies_on_no_line(paint):
    labels = place(EMPTY, "L_PENALTY_MARK", (605.0, 204.0))
    found = snapped(labels, Target(keypoints=("L_PENALTY_MARK",)), paint)
    assert found.labels == labels
    assert found.outcomes[0].reason is Refusal.NO_PAINT


def test_a_point_without_a_place_and_a_marking_without_clicks_mean_nothing(paint):
    assert snapped(EMPTY, Target(keypoints=(CORNER,)), paint).outcomes == ()
    assert snapped(EMPTY, Target(marking=ACROSS), paint).outcomes == ()
    assert snapped(EMPTY, EVERYTHING, paint).outcomes == ()


def test_what_lies_on_the_paint_does_not_move(paint):
    once = snapped(of((ACROSS, OFF)), EVERYTHING, paint).labels
    twice = snapped(once, EVERYTHING, paint)
    assert twice.outcomes[0].shift < 0.2


def test_a_visibility_said_of_a_point_stays(paint):
    from annotator.labels import set_visibility

    labels = set_visibility(place(EMPTY, CORNER, (605.0, 204.0)), CORNER, Visibility.OCCLUDED)
    found = snapped(labels, Target(keypoints=(CORNER,)), paint)
    assert found.labels.pitch.keypoints[CORNER].visibility is Visibility.OCCLUDED


def test_every_keypoint_lies_on_the_markings_through_it():
    for name in KEYPOINTS:
        through = markings_through(name)
        assert all(marking in MARKINGS for marking in through)
        assert bool(through) == (not name.endswith("PENALTY_MARK"))
    assert markings_through("no such point") == ()
