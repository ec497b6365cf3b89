"""What a pointer takes hold of, and what moves along with the pitch."""

import math
from dataclasses import replace

import numpy as np
import pytest

from annotator.keypoints import Keypoint, Resolved, Source, resolve
from annotator.labels import EMPTY, Instance, Visibility, confirm_marking, place, set_marking
from annotator.pinning import (
    camera_of_labels,
    camera_to_steer,
    carried,
    hold,
    is_seen,
    pinned_under,
    shown_at,
    zoomed,
)
from annotator.pitch import KEYPOINTS
from annotator.steering import Pin, Start, labels_from_steering, starting_camera, steer

SIZE = (960, 540)
CORNER = "L_PENALTY_AREA_BR_CORNER"


@pytest.fixture
def camera():
    return starting_camera(SIZE, start=Start.LEFT)


def at(camera, *world):
    x, y = camera.project(np.array([world], dtype=float))[0]
    return float(x), float(y)


def seen(camera, names):
    return Resolved({
        name: Keypoint(name, at(camera, *KEYPOINTS[name].world), Source.PREDICTED, Visibility.VISIBLE, inside=True)
        for name in names
    })  # fmt: skip


def test_a_keypoint_comes_before_a_line_and_a_line_before_the_grass(camera):
    x, y = at(camera, *KEYPOINTS[CORNER].world)
    assert hold(camera, (x + 3.0, y), reach=9.0).keypoint == CORNER
    on_line = at(camera, -36.0, 15.0, 0.0)
    held = hold(camera, (on_line[0] + 1.0, on_line[1]), reach=9.0)
    assert held.marking == "Big rect. left main"
    assert shown_at(camera, held) == pytest.approx(held.image, abs=1e-6)
    assert math.dist(held.image, on_line) < 1.5
    grass = hold(camera, at(camera, -25.0, 15.0, 0.0), reach=9.0)
    assert grass.keypoint is None
    assert grass.marking is None
    assert grass.world == pytest.approx((-25.0, 15.0, 0.0), abs=1e-6)


def test_the_pitch_can_be_held_by_the_sky(camera):
    held = hold(camera, (480.0, -4000.0), reach=9.0)
    assert held is not None
    assert 0.0 < held.image[0] < SIZE[0]
    assert 0.0 < held.image[1] < SIZE[1]


def test_the_nearest_pin_within_reach_is_meant():
    pins = (Pin((0.0, 0.0, 0.0), (10.0, 10.0)), Pin((1.0, 0.0, 0.0), (14.0, 10.0)))
    assert pinned_under(pins, (13.0, 10.0), reach=5.0) is pins[1]
    assert pinned_under(pins, (40.0, 10.0), reach=5.0) is None
    assert pinned_under((), (13.0, 10.0), reach=5.0) is None


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_a_zoom_keeps_the_place_under_the_pointer(camera, factor):
    pointer = at(camera, -40.0, 5.0, 0.0)
    after = zoomed(camera, factor, pointer, ())
    assert at(after, -40.0, 5.0, 0.0) == pytest.approx(pointer, abs=0.1)
    assert after.params[6] - camera.params[6] == pytest.approx(math.log(factor), abs=0.02)


def test_a_zoom_ends_where_no_lens_goes_further(camera):
    for _ in range(60):
        camera = zoomed(camera, 1.3, (480.0, 300.0), ())
    assert np.isfinite(camera.params).all()


def test_labels_move_along_with_their_pitch(camera):
    held = hold(camera, at(camera, -40.0, 5.0, 0.0), reach=0.0)
    after = steer(camera, grabbed=held.at((held.image[0] + 30.0, held.image[1] + 10.0)))
    before = place(labels_from_steering(EMPTY, camera), CORNER, at(camera, *KEYPOINTS[CORNER].world))
    moved = carried(before, camera, after)
    assert moved.pitch.keypoints[CORNER].position == pytest.approx(at(after, *KEYPOINTS[CORNER].world), abs=1e-6)
    found = camera_of_labels(resolve(moved.pitch, None, size=SIZE, threshold=0.3))
    assert at(found, -40.0, 5.0, 0.0) == pytest.approx(at(after, -40.0, 5.0, 0.0), abs=0.3)


def test_a_hand_that_was_beside_the_line_stays_beside_it(camera):
    x, y = at(camera, -36.0, 15.0, 0.0)
    labels = set_marking(EMPTY, "Big rect. left main", ((x, y + 2.0), at(camera, -36.0, -5.0, 0.0)))
    moved = carried(labels, camera, camera)
    assert moved == labels


def test_what_leaves_the_frame_is_given_back(camera):
    labels = place(labels_from_steering(EMPTY, camera), CORNER, at(camera, *KEYPOINTS[CORNER].world))
    away = starting_camera(SIZE, start=Start.RIGHT)
    moved = carried(labels, camera, away)
    assert CORNER not in moved.pitch.keypoints
    assert "Big rect. left main" not in moved.pitch.markings


def test_labels_beyond_the_pitch_are_left_alone(camera):
    labels = set_marking(EMPTY, "Line unknown", ((1.0, 2.0),))
    assert carried(labels, camera, starting_camera(SIZE)) == labels


def test_the_start_is_the_camera_on_the_screen(camera):
    resolved = resolve(labels_from_steering(EMPTY, camera).pitch, None, size=SIZE, threshold=0.3)
    assert camera_to_steer(resolved, SIZE) is resolved.solution


def test_the_start_is_what_the_network_sees(camera):
    inside = [name for name, point in KEYPOINTS.items()
              if 0 < at(camera, *point.world)[0] < SIZE[0] and 0 < at(camera, *point.world)[1] < SIZE[1]]  # fmt: skip
    found = camera_to_steer(seen(camera, inside), SIZE)
    assert at(found, *KEYPOINTS[CORNER].world) == pytest.approx(at(camera, *KEYPOINTS[CORNER].world), abs=1.0)


@pytest.mark.parametrize(("names", "start"), [
    (("L_PENALTY_MARK", "L_GOAL_BL_POST", "L_GOAL_BR_POST"), Start.LEFT),
    (("R_PENALTY_MARK", "R_GOAL_BL_POST", "R_GOAL_BR_POST"), Start.RIGHT),
    (("R_PENALTY_MARK",), Start.CENTRE),
])  # fmt: skip
def test_too_few_predictions_say_on_which_side_to_begin(camera, names, start):
    resolved = Resolved({
        name: Keypoint(name, (100.0 + 40.0 * i, 200.0), Source.PREDICTED, Visibility.VISIBLE, inside=True)
        for i, name in enumerate(names)
    })  # fmt: skip
    found = camera_to_steer(resolved, SIZE)
    np.testing.assert_array_equal(found.matrix, starting_camera(SIZE, start=start).matrix)


def test_nothing_known_begins_in_the_middle():
    np.testing.assert_array_equal(camera_to_steer(None, SIZE).matrix, starting_camera(SIZE).matrix)
    empty = resolve(Instance(), None, size=SIZE, threshold=0.3)
    np.testing.assert_array_equal(camera_to_steer(empty, SIZE).matrix, starting_camera(SIZE).matrix)
    with pytest.raises(ValueError, match="positive"):
        camera_to_steer(None, (0, 0))


def test_what_a_camera_carries_along_is_no_longer_checked(camera):
    labels = labels_from_steering(EMPTY, camera)
    own = next(iter(labels.pitch.markings))
    labels = confirm_marking(labels, own)
    assert labels.pitch.unchecked == frozenset(labels.pitch.markings) - {own}
    assert carried(labels, camera, camera) == labels
    there = steer(camera, grabbed=Pin((-36.0, 0.0, 0.0), at(camera, -35.0, 0.5, 0.0)))
    after = carried(labels, camera, there).pitch
    assert after.unchecked == frozenset(after.markings)


def test_without_labels_or_network_the_pitch_is_a_guess(camera):
    assert not is_seen(None)
    assert not is_seen(replace(seen(camera, ["CENTER_MARK", CORNER]), size=SIZE))
    places = {name: np.array(at(camera, *point.world)) for name, point in KEYPOINTS.items()}
    whole = [name for name, xy in places.items() if ((xy > 0.0) & (xy < SIZE)).all()]
    assert is_seen(replace(seen(camera, whole), size=SIZE))
