"""What to label next: markings by what they tell, circles without clicks, points in their order, codes to type."""

import math

import numpy as np
import pytest
from views import SIZE, random_view

from annotator.keypoints import Resolved, Source, resolve
from annotator.labels import EMPTY, FrameLabels, Instance, Visibility, place, set_visibility
from annotator.pitch import KEYPOINTS, MARKINGS
from annotator.proposals import (
    WHY_CIRCLE,
    WHY_GAIN,
    WHY_USUAL,
    circle_keypoints,
    guided_points,
    marking_codes,
    next_marking,
    next_point,
    offered_circle,
    take_circle,
    updated,
)

FOUR = ("Big rect. left main", "Side line left", "Big rect. left top", "Small rect. left main")
FIVE = (*FOUR, "Big rect. left bottom")


def answer(instance):
    return resolve(instance, None, size=SIZE, threshold=0.3)


def of(view, names, *, noise=1.0, seed=0):
    full = view.clicks(np.random.default_rng(seed), noise=noise, line_clicks=(2, 2))
    return Instance(markings={name: full.markings[name] for name in names if name in full.markings})


def median_error(view, instance):
    found = answer(instance).keypoints
    off = [math.dist(found[n].position, xy) if found[n].position else 99.0 for n, xy in view.keypoints().items()]
    return float(np.median(off))


@pytest.fixture
def box():
    """A penalty area on the left, seen by the main camera."""
    rng = np.random.default_rng(3)
    while True:
        view = random_view(rng, "main")
        if {"Circle left", "Big rect. left main", "Side line left", "Small rect. left main"} <= set(
            view.clicks(rng).markings
        ):
            return view


def test_with_nothing_drawn_something_common_is_proposed():
    ranked = next_marking(Instance(), answer(Instance()), SIZE)
    assert len(ranked) > 10
    assert all(proposal.why == WHY_USUAL for proposal in ranked)
    assert all(proposal.marking in MARKINGS for proposal in ranked)


def test_before_a_camera_stands_what_is_usually_seen_with_it_comes_first(box):
    instance = of(box, ["Small rect. left main"])
    ranked = [proposal.marking for proposal in next_marking(instance, answer(instance), SIZE)]
    assert "Small rect. left main" not in ranked
    assert all("right" not in name.split(" post")[0] for name in ranked[:6])


def test_a_marking_that_was_skipped_is_not_proposed_again(box):
    first = next_marking(Instance(), answer(Instance()), SIZE)[0].marking
    ranked = [p.marking for p in next_marking(Instance(), answer(Instance()), SIZE, skipped=[first])]
    assert first not in ranked
    instance = of(box, FIVE)
    first = next_marking(instance, answer(instance), SIZE)[0].marking
    assert first not in [p.marking for p in next_marking(instance, answer(instance), SIZE, skipped={first})]


def test_with_a_camera_only_what_is_in_view_and_not_drawn_is_proposed(box):
    instance = of(box, FOUR)
    resolved = answer(instance)
    assert resolved.ghost
    ranked = next_marking(instance, resolved, SIZE)
    drawable = set(box.clicks(np.random.default_rng(0)).markings)
    assert ranked
    assert {proposal.marking for proposal in ranked} <= drawable - set(FOUR)
    assert all(proposal.why in (WHY_GAIN, WHY_CIRCLE) for proposal in ranked)
    gains = [proposal.gain for proposal in ranked if not MARKINGS[proposal.marking].is_round]
    assert gains == sorted(gains, reverse=True)
    assert min(gains) > 0.0


def test_the_gain_is_what_drawing_the_marking_takes_off_the_deviation(box):
    instance = of(box, FOUR, noise=0.7)
    resolved = answer(instance)
    proposal = next(p for p in next_marking(instance, resolved, SIZE) if not MARKINGS[p.marking].is_round)

    def deviation(answered):
        worlds = np.array([KEYPOINTS[name].world for name in box.keypoints()])
        return math.sqrt(np.mean(np.minimum(answered.solution.deviations(worlds), 60.0) ** 2))

    after = answer(of(box, [*FOUR, proposal.marking], noise=0.7))
    fallen = deviation(resolved) - deviation(after)
    assert fallen > 0.25 * proposal.gain


def test_measurements_lower_the_covariance_as_the_information_says():
    rng = np.random.default_rng(1)
    root, rows = rng.normal(size=(5, 5)), rng.normal(size=(3, 5))
    covariance = root @ root.T
    expected = np.linalg.inv(np.linalg.inv(covariance) + rows.T @ rows / 4.0)
    assert updated(covariance, rows, 2.0) == pytest.approx(expected)


def test_following_the_proposals_finds_the_pitch_sooner_than_drawing_at_random():
    proposed, chance = [], []
    for seed in range(24):
        view = random_view(np.random.default_rng(seed), ["main", "side", "tight", "high"][seed % 4])
        drawable = list(view.clicks(np.random.default_rng(0)).markings)
        order = np.random.default_rng(seed).permutation(drawable)
        taken: list[str] = []
        for _ in range(min(4, len(drawable))):
            instance = of(view, taken)
            ranked = [proposal.marking for proposal in next_marking(instance, answer(instance), SIZE)]
            left = [name for name in drawable if name not in taken]
            taken.append(next((name for name in ranked if name in left), left[0]))
        proposed.append(median_error(view, of(view, taken, seed=seed)) < 3.0)
        chance.append(median_error(view, of(view, list(order[:4]), seed=seed)) < 3.0)
    assert sum(proposed) >= sum(chance) + 5


def test_a_circle_is_offered_once_the_camera_is_sure_and_not_when_it_was_drawn(box):
    assert offered_circle(Instance(), answer(Instance())) is None
    instance = of(box, FIVE)
    resolved = answer(instance)
    offer = offered_circle(instance, resolved, "Circle left")
    assert offer is not None
    assert offer.marking == "Circle left"
    assert len(offer.points) >= 5
    exact = resolved.solution.project(np.array([KEYPOINTS[name].world for name in offer.keypoints]))
    assert np.abs(np.array(list(offer.keypoints.values())) - exact).max() < 8.0
    assert offered_circle(instance, resolved, "Big rect. left main") is None
    drawn = of(box, [*FIVE, "Circle left"])
    assert offered_circle(drawn, answer(drawn), "Circle left") is None


def test_taking_a_circle_says_that_it_is_seen_and_tells_the_camera_nothing(box):
    instance = of(box, FIVE)
    resolved = answer(instance)
    offer = offered_circle(instance, resolved, "Circle left")
    taken = take_circle(FrameLabels((instance,)), offer).pitch
    assert taken.markings == instance.markings
    after = answer(taken)
    assert after.evidence.equals(resolved.evidence)
    assert np.array_equal(after.solution.params, resolved.solution.params)
    for name in offer.keypoints:
        assert taken.keypoints[name].position is None
        assert taken.keypoints[name].visibility is Visibility.VISIBLE
        assert after.keypoints[name].position == resolved.keypoints[name].position
        assert after.keypoints[name].source is not Source.PLACED
    assert offered_circle(taken, after, "Circle left") is None


def test_the_circle_of_what_was_said_to_be_absent_keeps_that(box):
    labels = FrameLabels((of(box, FIVE),))
    offer = offered_circle(labels.pitch, answer(labels.pitch), "Circle left")
    hidden = next(iter(offer.keypoints))
    labels = set_visibility(labels, hidden, Visibility.ABSENT)
    again = offered_circle(labels.pitch, answer(labels.pitch), "Circle left")
    assert hidden not in again.keypoints


def test_the_points_of_circles_are_those_on_them():
    for name in ("Circle central", "Circle left", "Circle right"):
        centre = MARKINGS[name].centre
        for point in circle_keypoints(name):
            x, y, _ = KEYPOINTS[point].world
            assert math.hypot(x - centre[0], y - centre[1]) == pytest.approx(9.15, abs=1e-6)
    assert len(circle_keypoints("Circle central")) == 12
    assert len(circle_keypoints("Circle left")) == 5


def test_guided_points_leave_out_what_is_placed_and_what_the_camera_has_outside(box):
    assert guided_points(Instance(), answer(Instance())) == tuple(KEYPOINTS)
    labels = FrameLabels((of(box, FIVE),))
    inside = set(box.keypoints())
    order = guided_points(labels.pitch, answer(labels.pitch))
    assert len(set(order) - inside) <= 2
    assert len(order) < 45
    first = order[0]
    labels = place(labels, first, box.keypoints().get(first, (10.0, 10.0)))
    assert first not in guided_points(labels.pitch, answer(labels.pitch))


def test_the_next_point_follows_the_last_and_comes_round():
    resolved = answer(Instance())
    order = list(KEYPOINTS)
    assert next_point(Instance(), resolved) == order[0]
    assert next_point(Instance(), resolved, after=order[4]) == order[5]
    assert next_point(Instance(), resolved, after=order[-1]) == order[0]
    assert next_point(Instance(), resolved, after="no such point") == order[0]
    labels = EMPTY
    for name in order:
        labels = set_visibility(labels, name, Visibility.ABSENT)
    assert next_point(labels.pitch, answer(labels.pitch)) is None
    assert next_point(Instance(), Resolved({})) is None


def test_every_marking_has_a_code_of_two_letters_of_its_own():
    codes = marking_codes()
    assert set(codes.values()) == set(MARKINGS)
    assert len(codes) == len(MARKINGS)
    assert all(len(code) == 2 and code.isascii() and code.isalpha() and code.islower() for code in codes)
    import annotator.proposals as module

    assert all(f"{code} " in module.__doc__ for code in codes)


def test_mirrored_markings_have_codes_that_mirror():
    code_of = {name: code for code, name in marking_codes().items()}
    swap = str.maketrans("pqgh", "qphg")
    for name, code in code_of.items():
        if name.startswith(("Big", "Small", "Goal")):
            mirrored = code_of[MARKINGS[name].mirror]
            assert mirrored[0] == code[0].translate(swap)
