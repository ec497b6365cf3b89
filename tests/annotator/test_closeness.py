import math
from dataclasses import replace

import numpy as np
import pytest
from views import SIZE, WORLDS, look

from annotator.closeness import click_residuals, ellipses
from annotator.keypoints import resolve
from annotator.labels import Instance
from annotator.pitch import marking_samples

VIEW = look((0.0, 65.0, -16.0), (-33.0, 2.0, 0.0), 1300.0, kap=0.04)


def answer(markings):
    return resolve(Instance(markings=markings), None, size=SIZE, threshold=0.3)


def drawn(noise=0.4):
    return dict(VIEW.clicks(np.random.default_rng(2), noise=noise).markings)


def test_the_residuals_of_a_marking_make_up_its_misfit():
    markings = drawn(noise=1.5)
    resolved = answer(markings)
    found = click_residuals(resolved.solution, markings)
    assert found.keys() == markings.keys()
    for name, distances in found.items():
        assert len(distances) == len(markings[name])
        rms = math.sqrt((distances**2).mean())
        assert rms == pytest.approx(resolved.curves[name].misfit, rel=0.05, abs=0.05)


@pytest.mark.parametrize("name", ["Big rect. left main", "Circle left"])
def test_the_click_that_lies_off_is_found_and_how_far(name):
    markings = drawn(noise=0.0)
    points = list(markings[name])
    points[1] = (points[1][0], points[1][1] + 9.0)
    markings[name] = tuple(points)
    off = click_residuals(answer(markings).solution, markings)[name]
    assert int(np.argmax(off)) == 1
    assert 2.0 < off[1] <= 9.5


def test_unknown_and_empty_markings_are_left_out():
    solution = answer(drawn()).solution
    assert click_residuals(solution, {"No such line": ((1.0, 2.0),), "Middle line": ()}) == {}


def test_the_long_axis_is_the_deviation_of_the_solution():
    solution = answer(drawn()).solution
    found = ellipses(solution, WORLDS)
    deviations = solution.deviations(WORLDS)
    assert [e is None for e in found] == np.isnan(deviations).tolist()
    for ellipse, deviation in zip(found, deviations, strict=True):
        if ellipse is not None:
            assert ellipse.long == pytest.approx(deviation, rel=1e-6)
            assert 0.0 <= ellipse.short <= ellipse.long
    assert ellipses(solution, WORLDS[:0]) == []


def test_the_ellipse_points_where_the_projection_wanders():
    rng = np.random.default_rng(5)
    centre = answer(drawn()).solution
    place = np.array([[0.0, 0.0, 0.0]])
    ellipse = ellipses(centre, place)[0]
    steps = np.linalg.cholesky(centre.covariance + 1e-15 * np.eye(len(centre.params)))
    from dataclasses import replace

    moved = np.array([
        replace(centre, params=centre.params + steps @ rng.standard_normal(len(centre.params))).project(place)[0]
        for _ in range(400)
    ])  # fmt: skip
    values, vectors = np.linalg.eigh(np.cov(moved.T))
    along = np.array([math.cos(ellipse.angle), math.sin(ellipse.angle)])
    assert abs(vectors[:, 1] @ along) > 0.97
    assert math.sqrt(values[1]) == pytest.approx(ellipse.long, rel=0.25)


def test_over_a_crowned_pitch_clicks_are_measured_to_the_projected_curve():
    flat = answer(drawn()).solution
    covariance = np.zeros((9, 9))
    covariance[:8, :8] = flat.covariance
    model = replace(flat.model, unknowns=1)
    crowned = replace(flat, model=model, params=np.append(flat.params, 0.3), covariance=covariance)
    assert crowned.crown == 0.3
    samples = crowned.project(marking_samples("Side line top"))
    inside = samples[np.isfinite(samples).all(axis=1) & (samples > 0).all(axis=1) & (samples < SIZE).all(axis=1)]
    on_it = {"Side line top": tuple(map(tuple, inside))}
    assert click_residuals(crowned, on_it)["Side line top"].max() < 0.01
    shifted = {"Side line top": tuple(map(tuple, inside + np.array([0.0, 2.0])))}
    assert 1.0 < click_residuals(crowned, shifted)["Side line top"].min() <= 2.01
    arc = crowned.project(marking_samples("Circle left"))
    on_arc = {"Circle left": tuple(map(tuple, arc[np.isfinite(arc).all(axis=1)]))}
    assert click_residuals(crowned, on_arc)["Circle left"].max() < 0.1
