import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.geometry import (
    ellipse_axes,
    ellipse_centre,
    fit_ellipse,
    fit_line,
    homography_from,
    join,
    line_meets_conic,
    meet,
    polar,
    runs,
    sampson,
    side,
    tangent_points,
)

angles = st.floats(0.0, math.pi)
places = st.floats(-1000.0, 1000.0)


def ellipse(long=200.0, short=60.0, turn=0.3, centre=(400.0, 250.0), start=0.0, span=2 * math.pi, count=12):
    t = start + np.linspace(0.0, span, count, endpoint=span < 6.2)
    c, s = math.cos(turn), math.sin(turn)
    flat = np.stack([long * np.cos(t), short * np.sin(t)], axis=1)
    return flat @ np.array([[c, s], [-s, c]]) + centre


@given(angles, places, places)
def test_a_line_is_found_in_every_direction(angle, x, y):
    t = np.array([-130.0, 20.0, 90.0, 250.0])
    points = np.stack([x + t * math.cos(angle), y + t * math.sin(angle)], axis=1)
    fit = fit_line(points)
    assert fit is not None
    assert fit.rms < 1e-8
    assert np.abs(points @ fit.line[:2] + fit.line[2]).max() < 1e-8
    assert math.isclose(float(np.hypot(*fit.line[:2])), 1.0)


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_the_clicks_does_not_matter_to_a_line(order):
    points = np.array([[100.0, 0.0], [100.3, 200.0], [99.9, 400.0]])
    fit, again = fit_line(points), fit_line(points[::order])
    assert np.allclose(fit.line, again.line)


def test_one_place_is_no_line():
    assert fit_line(np.empty((0, 2))) is None
    assert fit_line(np.array([[5.0, 5.0]])) is None
    assert fit_line(np.full((4, 2), 731.25)) is None


def test_two_clicks_a_pixel_apart_are_a_line_of_little_worth():
    fit = fit_line(np.array([[100.0, 100.0], [101.0, 100.0]]))
    assert fit is not None
    assert fit.variance((100.5, 100.0)) < 1.0 < 10.0 < math.sqrt(fit.variance((110.5, 100.0)))


def test_total_least_squares_beats_the_slope_of_a_nearly_vertical_line():
    rng = np.random.default_rng(3)
    off_fit, off_slope = [], []
    for _ in range(200):
        t = np.linspace(0.0, 100.0, 5)
        points = np.stack([300.0 + 0.009 * t, t], axis=1) + rng.standard_normal((5, 2))
        fit = fit_line(points)
        off_fit.append(abs(float(fit.line @ (300.0 + 0.009 * 120.0, 120.0, 1.0))))
        slope, height = np.polyfit(points[:, 0], points[:, 1], 1)
        off_slope.append(abs(slope * 301.08 - 120.0 + height) / math.hypot(slope, 1.0))
    assert np.median(off_fit) < 1.0
    assert np.median(off_fit) < 0.6 * np.median(off_slope)


def test_the_variance_of_a_line_is_what_repeated_clicking_shows():
    rng = np.random.default_rng(0)
    exact = np.array([[0.0, 0.0], [80.0, 0.0], [200.0, 0.0]])
    off = [fit_line(exact + rng.standard_normal(exact.shape)).line @ (300.0, 0.0, 1.0) for _ in range(4000)]
    assert np.var(off) == pytest.approx(fit_line(exact).variance((300.0, 0.0)), rel=0.1)


@given(places, places, places, places)
def test_a_line_joins_two_points_and_holds_both(x, y, u, v):
    line = join((x, y), (u, v))
    if math.hypot(x - u, y - v) < 1e-3:
        return
    assert line is not None
    assert abs(line @ (x, y, 1.0)) < 1e-7
    assert abs(line @ (u, v, 1.0)) < 1e-7


def test_a_point_joins_nothing_to_itself():
    assert join((3.0, 4.0), (3.0, 4.0)) is None


@pytest.mark.parametrize("turn", [0.0, 0.5, math.pi / 2])
def test_parallel_lines_do_not_meet_either_way_round(turn):
    c, s = math.cos(turn), math.sin(turn)
    assert meet(np.array([c, s, 10.0]), np.array([c, s, -30.0])) is None
    assert meet(np.array([c, s, 10.0]), np.array([-c, -s, -30.0])) is None


def test_a_vertical_and_a_horizontal_line_meet():
    assert np.allclose(meet(np.array([1.0, 0.0, -7.0]), np.array([0.0, 2.0, -6.0])), (7.0, 3.0))


@settings(max_examples=50)
@given(st.floats(30.0, 400.0), st.floats(0.06, 1.0), angles)
def test_an_ellipse_is_found_exactly(long, ratio, turn):
    points = ellipse(long, long * ratio, turn)
    fit = fit_ellipse(points)
    assert fit is not None
    assert fit.rms < 1e-6
    assert np.allclose(fit.centre, (400.0, 250.0), atol=1e-5)
    found_long, found_short, _ = ellipse_axes(fit.conic)
    assert found_long == pytest.approx(long, rel=1e-6)
    assert found_short == pytest.approx(long * ratio, rel=1e-6)
    centre = np.append(fit.centre, 1.0)
    assert centre @ fit.conic @ centre < 0.0


def test_too_few_clicks_or_clicks_on_a_line_are_no_ellipse():
    assert fit_ellipse(ellipse(count=4)) is None
    assert fit_ellipse(np.concatenate([ellipse(count=4)] * 3)) is None
    assert fit_ellipse(np.stack([np.arange(9.0), 3.0 * np.arange(9.0) + 1.0], axis=1)) is None
    assert fit_ellipse(np.full((7, 2), 12.0)) is None


def test_clicks_on_a_hyperbola_or_a_parabola_are_no_close_fit():
    x = np.linspace(-2.0, 2.0, 11)
    branches = np.concatenate([np.stack([x, np.sqrt(1 + x * x)], axis=1), np.stack([x, -np.sqrt(1 + x * x)], axis=1)])
    fit = fit_ellipse(100.0 * branches)
    assert fit is None or fit.rms > 5.0


def test_a_short_arc_says_that_it_knows_little():
    short = fit_ellipse(ellipse(span=math.radians(30.0), count=5) + 0.01)
    whole = fit_ellipse(ellipse(count=5))
    assert whole is not None
    at = whole.centre + np.array([0.0, 1.0])
    row = whole.shift_rows(at, at)
    known = float(row @ whole.covariance @ row)
    if short is not None:
        row = short.shift_rows(at, at)
        gradient = np.hypot(*(2.0 * (short.conic @ np.append(at, 1.0))[:2]))
        whole_gradient = np.hypot(*(2.0 * (whole.conic @ np.append(at, 1.0))[:2]))
        assert float(row @ short.covariance @ row) / gradient**2 > 100.0 * known / whole_gradient**2


def test_the_covariance_of_an_ellipse_is_what_repeated_clicking_shows():
    rng = np.random.default_rng(1)
    points = ellipse(count=14)
    fit = fit_ellipse(points)
    at = ellipse(count=29)[3]
    row = fit.shift_rows(at, at)
    gradient = float(np.hypot(*(2.0 * (fit.conic @ np.append(at, 1.0))[:2])))
    expected = math.sqrt(float(row @ fit.covariance @ row)) / gradient
    offs = []
    for _ in range(1500):
        noisy = fit_ellipse(points + rng.standard_normal(points.shape))
        offs.append(float(sampson(noisy.conic, at[None])[0]))
    assert np.std(offs) == pytest.approx(expected, rel=0.15)


def test_a_line_meets_an_ellipse_twice_once_or_never():
    conic = fit_ellipse(ellipse(long=100.0, short=50.0, turn=0.0, centre=(0.0, 0.0))).conic
    conic = np.diag([1 / 100.0**2, 1 / 50.0**2, -1.0]) if abs(conic[0, 1]) < 1 else conic
    assert np.allclose(line_meets_conic(np.array([0.0, 1.0, 0.0]), conic), [(-100.0, 0.0), (100.0, 0.0)])
    assert np.allclose(line_meets_conic(np.array([1.0, 0.0, 0.0]), conic), [(0.0, 50.0), (0.0, -50.0)])
    assert np.allclose(line_meets_conic(np.array([0.0, 1.0, -50.0]), conic), [(0.0, 50.0)], atol=1e-3)
    assert line_meets_conic(np.array([0.0, 1.0, -51.0]), conic).shape == (0, 2)
    assert line_meets_conic(np.array([0.0, 0.0, 1.0]), conic).shape == (0, 2)


@given(angles, st.floats(1.05, 20.0), st.floats(0.0, 2 * math.pi))
def test_tangents_touch_once_and_pass_through_the_point(turn, far, around):
    conic = fit_ellipse(ellipse(turn=turn)).conic
    outside = np.array([400.0 + far * 210.0 * math.cos(around), 250.0 + far * 210.0 * math.sin(around)])
    touching = tangent_points(conic, outside)
    assert len(touching) == 2
    for point in touching:
        assert abs(sampson(conic, point[None])[0]) < 1e-5
        assert abs(polar(conic, point) @ np.append(outside, 1.0)) < 1e-6 * far


def test_no_tangent_leaves_from_inside():
    conic = fit_ellipse(ellipse()).conic
    assert tangent_points(conic, (400.0, 250.0)).shape == (0, 2)
    assert tangent_points(conic, (430.0, 255.0)).shape == (0, 2)


def test_a_parabola_has_no_centre():
    with pytest.raises(ValueError, match="parabola"):
        ellipse_centre(np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -0.5], [0.0, -0.5, 0.0]]))


def test_points_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="finite"):
        fit_line(np.array([[0.0, np.nan], [1.0, 1.0]]))
    with pytest.raises(ValueError, match="finite"):
        fit_ellipse(np.full((6, 2), np.inf))


def random_homography(rng):
    return np.array([[8.0, 1.0, 480.0], [0.5, 4.0, 260.0], [1e-3, 8e-3, 1.0]]) * rng.uniform(0.8, 1.2, (3, 3))


@pytest.mark.parametrize("seed", range(5))
def test_a_homography_comes_back_from_points_and_lines_mixed(seed):
    rng = np.random.default_rng(seed)
    forward = random_homography(rng)
    world = rng.uniform(-40.0, 40.0, (10, 2))
    image = np.column_stack([world, np.ones(10)]) @ forward.T
    image = image[:, :2] / image[:, 2:]
    lines = np.stack([np.cross(np.append(world[i], 1.0), np.append(world[i + 1], 1.0)) for i in range(2, 9)])
    found = homography_from(image[:2], world[:2], image[2:9], lines)
    back = np.column_stack([image, np.ones(10)]) @ found.T
    assert np.abs(back[:, :2] / back[:, 2:] - world).max() < 1e-6


def test_parallel_lines_alone_leave_a_homography_open():
    rng = np.random.default_rng(0)
    forward = random_homography(rng)
    world, lines = [], []
    for y in (-30.0, -10.0, 10.0, 30.0):
        world += [(x, y) for x in (-20.0, 0.0, 20.0)]
        lines += [(0.0, 1.0, -y)] * 3
    image = np.column_stack([np.array(world), np.ones(12)]) @ forward.T
    nothing = np.empty((0, 2))
    assert homography_from(nothing, nothing, image[:, :2] / image[:, 2:], np.array(lines)) is None


def test_unequal_numbers_of_partners_are_refused():
    with pytest.raises(ValueError, match="differ"):
        homography_from(np.zeros((4, 2)), np.zeros((3, 2)), np.empty((0, 2)), np.empty((0, 3)))


def test_orientation_is_the_sign_of_the_area():
    assert side((0, 0), (1, 0), (0, 1)) == 1.0
    assert side((0, 0), (0, 1), (1, 0)) == -1.0


def test_runs_are_the_stretches_of_two_and_more():
    kept = np.array([True, True, False, True, False, True, True, True])
    assert [(r.start, r.stop) for r in runs(kept)] == [(0, 2), (5, 8)]
    assert list(runs(np.zeros(4, dtype=bool))) == []
