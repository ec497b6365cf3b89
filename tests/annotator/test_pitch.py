"""The scheme against the published tables."""

import csv

import numpy as np
import pytest

from annotator.pitch import (
    CIRCLE_RADIUS,
    KEYPOINTS,
    MARKINGS,
    PITCH_57,
    ConicCrossing,
    Crossing,
    Filled,
    Tangent,
    behind_goal_mirror,
    marking_samples,
)


@pytest.fixture
def points(shared_data):
    with (shared_data / "pitch57.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def lines(shared_data):
    with (shared_data / "pitch_lines.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["kind"] != "none"]


def test_the_57_points_have_the_published_names_order_and_places(points):
    assert [row["name"] for row in points] == list(PITCH_57.keypoints)
    expected = np.array([[float(row[f"{axis}_m"]) for axis in "xyz"] for row in points])
    assert np.abs(np.array([p.world for p in KEYPOINTS.values()]) - expected).max() < 1e-5


def test_the_symmetries_are_the_published_permutations(points):
    assert PITCH_57.mirror == tuple(int(row["mirror_lr_index"]) for row in points)
    assert PITCH_57.permutations["rot180"] == tuple(int(row["rot180_index"]) for row in points)


def test_every_point_is_constructed_as_published(points):
    kinds = {"line-line": Crossing, "line-conic": ConicCrossing, "tangent": Tangent, "homography": Filled}
    for row in points:
        construction = KEYPOINTS[row["name"]].construction
        assert type(construction) is kinds[row["type"]], row["name"]
        if isinstance(construction, Crossing):
            assert {construction.first, construction.second} == {row["def1"], row["def2"]}
        if isinstance(construction, ConicCrossing):
            assert (construction.circle, construction.line) == (row["def1"], row["def2"])
            assert construction.far == (row["detail"] == "side=Top")
        if isinstance(construction, Tangent):
            assert (construction.circle, construction.outside) == (row["def1"], row["def2"])
        assert KEYPOINTS[row["name"]].on_ground == (row["on_ground"] == "1")


def test_the_26_markings_have_the_published_geometry(lines):
    assert [row["name"] for row in lines] == list(MARKINGS)
    for row in lines:
        marking = MARKINGS[row["name"]]
        start = [float(row[f"{axis}1_m"]) for axis in "xyz"]
        end = [float(row[f"{axis}2_m"]) for axis in "xyz"]
        ends = {tuple(np.round(start, 5)), tuple(np.round(end, 5))}
        assert {tuple(np.round(marking.start, 5)), tuple(np.round(marking.end, 5))} == ends, row["name"]
        assert marking.kind.value == row["kind"]
        assert marking.mirror == row["lr_flip_name(Flip)"]
        assert marking.rot180 == row["rot180_name(mirror_labels)"]


def test_tangent_points_lie_on_their_circle_where_the_tangent_is_square_to_the_radius():
    for point in KEYPOINTS.values():
        if isinstance(point.construction, Tangent):
            centre = np.array(MARKINGS[point.construction.circle].centre)
            outside = np.array(KEYPOINTS[point.construction.outside].world)
            radius = np.array(point.world) - centre
            assert abs(np.linalg.norm(radius) - CIRCLE_RADIUS) < 1e-9
            assert abs(radius @ (outside - np.array(point.world))) < 1e-9


def test_mirroring_a_behind_goal_view_keeps_every_point_on_its_side():
    permutation = behind_goal_mirror()
    for i, point in enumerate(KEYPOINTS.values()):
        image = list(KEYPOINTS.values())[permutation[i]].world
        assert image == pytest.approx((point.world[0], -point.world[1], point.world[2]))


def test_samples_of_an_arc_stay_outside_the_penalty_area():
    assert (marking_samples("Circle left")[:, 0] >= -36.0 - 1e-9).all()
    assert (marking_samples("Circle right")[:, 0] <= 36.0 + 1e-9).all()
    gaps = np.linalg.norm(np.diff(marking_samples("Circle central"), axis=0), axis=1)
    assert gaps.max() <= 0.5 + 1e-9


def test_an_unknown_marking_is_refused():
    with pytest.raises(ValueError, match="no marking"):
        marking_samples("Half moon")
