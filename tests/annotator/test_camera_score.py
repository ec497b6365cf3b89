"""SoccerNet's camera score on cases small enough to count by hand."""

import numpy as np
import pytest
from views import SIZE, look, random_view

from annotator.camera_score import (
    annotated_size,
    distances,
    projected_lines,
    score_frame,
    score_set,
)
from annotator.pitch import MARKINGS

MAIN = look(np.array([0.0, 65.0, -15.0]), np.array([30.0, 0.0, 0.0]), 1600.0)


def projector(view):
    def project(worlds):
        pixels = view.project(worlds)
        return pixels, np.isfinite(pixels).all(axis=1)

    return project


def from_above(worlds):
    """A map of the pitch: 9 pixels a metre, everything in view but what lies more than 53 m from the middle."""
    return worlds[:, :2] * 9.0 + np.array(SIZE) / 2.0, np.ones(len(worlds), dtype=bool)


def drawn(project, names):
    seen = projected_lines(project, SIZE)
    return {name: [tuple(xy) for xy in seen[name][:: max(1, len(seen[name]) // 7)]] for name in names if name in seen}


def test_a_camera_explains_its_own_lines_completely():
    rng = np.random.default_rng(3)
    for kind in ("main", "side", "goal", "reverse"):
        project = projector(random_view(rng, kind, kap=0.03))
        lines = drawn(project, MARKINGS)
        assert score_frame(project, lines, size=SIZE).jaccard == {2.0: 1.0, 5.0: 1.0, 10.0: 1.0, 20.0: 1.0}


def test_names_turned_by_180_degrees_count_as_much():
    project = projector(MAIN)
    lines = {MARKINGS[name].rot180: xy for name, xy in drawn(project, MARKINGS).items()}
    assert score_frame(project, lines, size=SIZE).jaccard[5.0] == 1.0


def test_mirrored_names_do_not():
    project = projector(MAIN)
    lines = {MARKINGS[name].mirror: xy for name, xy in drawn(project, MARKINGS).items()}
    assert score_frame(project, lines, size=SIZE).jaccard[5.0] < 0.5


def test_right_wrong_and_missed_are_counted_as_published():
    seen = projected_lines(from_above, SIZE)
    lines = drawn(from_above, ["Middle line", "Circle central", "Big rect. left main"])
    lines["Big rect. left main"][2] = (lines["Big rect. left main"][2][0] + 7.0, lines["Big rect. left main"][2][1])
    lines["Line unknown"] = [(3.0, 3.0), (9.0, 9.0)]
    score = score_frame(from_above, lines, size=SIZE)
    assert score.markings == len(seen) + 1
    assert score.jaccard[5.0] == pytest.approx(2 / (len(seen) + 1))
    assert score.jaccard[10.0] == pytest.approx(3 / (len(seen) + 1))


def test_a_point_exactly_at_the_threshold_is_wrong():
    lines = {"Middle line": [(SIZE[0] / 2 + 5.0, 100.0)]}
    others = len(projected_lines(from_above, SIZE))
    score = score_frame(from_above, lines, size=SIZE, thresholds=(5.0, 5.001))
    assert (score.jaccard[5.0], score.jaccard[5.001]) == (0.0, pytest.approx(1 / others))


def test_a_class_without_points_is_not_annotated():
    lines = {"Middle line": [(480.0, 100.0)], "Line unknown": []}
    assert score_frame(from_above, lines, size=SIZE).markings == len(projected_lines(from_above, SIZE))


def test_nothing_seen_and_nothing_drawn_scores_nothing():
    def nowhere(worlds):
        return np.full((len(worlds), 2), np.nan), np.zeros(len(worlds), dtype=bool)

    assert score_frame(nowhere, {}, size=SIZE).jaccard[5.0] == 0.0
    assert score_frame(nowhere, {"Middle line": [(1.0, 1.0)]}, size=SIZE).jaccard[5.0] == 0.0


def test_a_line_ends_where_it_leaves_the_frame():
    seen = projected_lines(from_above, SIZE)
    line = seen["Middle line"]
    assert line[0] == pytest.approx((480.0, 0.0))
    assert line[-1] == pytest.approx((480.0, SIZE[1] - 1.0))
    assert "Side line top" not in seen


def test_a_point_beyond_the_end_of_a_line_is_as_far_as_from_its_end():
    line = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]])
    found = distances(np.array([[5.0, 2.0], [-3.0, 4.0], [12.0, 5.0]]), line)
    assert found == pytest.approx([2.0, 5.0, 2.0])
    assert distances(np.array([[3.0, 4.0]]), np.zeros((1, 2))) == pytest.approx([5.0])


def test_a_frame_without_a_camera_lowers_completeness_alone():
    score = score_frame(from_above, drawn(from_above, MARKINGS), size=SIZE)
    total = score_set([score, None, score, None])
    assert total.jaccard[5.0] == 1.0
    assert (total.completeness, total.final[5.0], total.frames) == (0.5, 0.5, 4)
    assert score_set([None]).final[5.0] == 0.0
    with pytest.raises(ValueError, match="no frames"):
        score_set([])


def test_the_last_pixel_is_at_one():
    assert annotated_size((960, 540)) == (959, 539)
