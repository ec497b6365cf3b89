"""Two networks on the same frames: what is won and lost, and whether it is more than chance."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from annotator.comparison import Verdict, compare, read_comparison, resampled
from annotator.evaluation import Truth, evaluate
from annotator.formats.documents import FormatError
from annotator.pitch import PITCH_57

LABELS = {k: (100.0 + 20 * k, 80.0 + 13 * k) for k in range(6)}


def truths(count: int) -> list[Truth]:
    return [Truth(f"{n:02d}.png", LABELS) for n in range(count)]


def shifted(by: float, *, without: frozenset[int] = frozenset()) -> dict[int, tuple[float, float]]:
    return {k: (x + by, y) for k, (x, y) in LABELS.items() if k not in without}


def compared(before: list[dict], after: list[dict]):
    frames = truths(len(before))
    found = tuple({one.name: points for one, points in zip(frames, side, strict=True)} for side in (before, after))
    return compare(("old", "new"), (evaluate(frames, found[0]), evaluate(frames, found[1])), (found[0], found[1]))


def test_what_is_won_is_counted_by_point_and_by_frame():
    lost = frozenset({2})
    found = compared([shifted(3.0, without=lost)] * 6, [shifted(3.0)] * 5 + [shifted(15.0)])
    names = PITCH_57.keypoints
    by_name = {one.name: one for one in found.points}
    assert (by_name[names[2]].labels, by_name[names[2]].before, by_name[names[2]].after) == (6, 0, 5)
    assert (by_name[names[0]].before, by_name[names[0]].after) == (6, 5)
    assert found.points_by_change()[0].name == names[2]
    assert [one.name for one in found.most_changed(1)] == ["05.png"]
    assert found.most_changed(1)[0].right == (5, 0)
    assert found.measures[0].pck10 == pytest.approx(5 / 6)
    assert found.labels == 36
    assert found.difference is not None
    assert found.difference.value == pytest.approx(0.0)
    assert found.verdict is Verdict.UNCLEAR


def test_frames_that_are_right_are_not_among_the_worst():
    found = compared([shifted(3.0)] * 6, [shifted(3.0)] * 5 + [{}])
    assert [one.name for one in found.worst(6)] == ["05.png"]


def test_a_clear_gain_is_called_better_and_a_clear_loss_worse():
    good, bad = [shifted(2.0)] * 12, [shifted(14.0)] * 12
    assert compared(bad, good).verdict is Verdict.BETTER
    assert compared(good, bad).verdict is Verdict.WORSE
    assert "+1.000" in compared(bad, good).text()


def test_of_few_frames_nothing_is_said():
    found = compared([shifted(14.0)] * 4, [shifted(2.0)] * 4)
    assert found.difference is None
    assert found.verdict is Verdict.TOO_FEW
    assert "fewer than 5" in found.text()


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    """Frames drawn from a known population: the true difference lies in the 95 % interval in most of 120 trials."""
    random = np.random.default_rng(3)
    truth, held = 0.10, 0
    for trial in range(120):
        before = random.binomial(10, 0.5, 40)
        after = random.binomial(10, 0.5 + truth, 40)
        found = resampled([(10, int(b), int(a)) for b, a in zip(before, after, strict=True)], seed=trial)
        assert found is not None
        held += found.low <= truth <= found.high
    assert 104 <= held <= 120


def test_frames_without_labels_do_not_count():
    assert resampled([(0, 0, 0)] * 10 + [(3, 1, 2)] * 4) is None
    found = resampled([(0, 0, 0)] * 10 + [(3, 1, 2)] * 5)
    assert found is not None
    assert found.value == found.low == found.high == pytest.approx(1 / 3)


def test_a_comparison_comes_back_from_its_file(tmp_path):
    found = compared([{}] * 6, [shifted(1.0)] * 6)
    path = tmp_path / "comparison.json"
    path.write_text(json.dumps(found.document(), allow_nan=False))
    back = read_comparison(path)
    assert back.document() == found.document()
    assert math.isnan(back.measures[0].median)
    assert back.frames[0].after == found.frames[0].after


@pytest.mark.parametrize(
    "text", ["{}", '{"version": 1}', '{"version": 1, "titles": [], "measures": []}', "[]", "{"]
)
def test_a_file_without_a_comparison_is_one_sentence(tmp_path, text):
    path = tmp_path / "comparison.json"
    path.write_text(text)
    with pytest.raises(FormatError, match=r"comparison\.json"):
        read_comparison(path)


def test_networks_judged_on_other_frames_are_not_compared():
    frames = truths(3)
    with pytest.raises(ValueError, match="same frames"):
        compare(("a", "b"), (evaluate(frames, {}), evaluate(frames[:2], {})), ({}, {}))
