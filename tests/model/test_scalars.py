"""Numbers and boxes that belong to a sample, in the training set on disk."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from model.dataset import Sample, SampleError, Scalar, TrainingSet, TrainingSetError, read_training_set
from model.dataset import write_training_set as write

CARDS = Scalar("cards", 1.0, 52.0)


def _write(folder: Path, *samples: Sample) -> TrainingSet:
    return write(
        folder, scheme="s", keypoints=("A", "B"), mirror=[1, 0], mirror_rules={}, samples=samples, settings={},
        scalars=[CARDS],
    )  # fmt: skip


def _sample(name: str, **changes: Any) -> Sample:
    return Sample(image=name, size=(64, 48), points={"A": (1.0, 2.0, 2)}, source=b"x", **changes)


def test_scalars_and_boxes_come_back_as_they_were_written(tmp_path: Path) -> None:
    got = _write(
        tmp_path / "set", _sample("a.jpg", scalars={"cards": 17}, box=(1.5, 2, 30, 20)), _sample("b.jpg")
    )
    assert got.scalars == (CARDS,)
    first, second = got.samples
    assert (first.scalars, first.box) == ({"cards": 17.0}, (1.5, 2.0, 30.0, 20.0))
    assert (second.scalars, second.box) == ({}, None)
    assert got.shares(first) == pytest.approx([16 / 51])
    assert math.isnan(got.shares(second)[0])
    assert read_training_set(tmp_path / "set").samples[0].scalars == first.scalars


def test_a_share_is_the_place_in_the_range_and_never_leaves_it() -> None:
    assert [CARDS.share(1), CARDS.share(52)] == [0.0, 1.0]
    assert CARDS.value(CARDS.share(33)) == pytest.approx(33)
    assert [CARDS.value(-3), CARDS.value(7)] == [1.0, 52.0]


@pytest.mark.parametrize("range_", [(2.0, 2.0), (3.0, 1.0), (0.0, math.inf)])
def test_a_range_without_extent_is_refused(range_: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="cards"):
        Scalar("cards", *range_)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"scalars": {"decks": 1.0}}, "decks"),
        ({"scalars": {"cards": math.nan}}, "cards"),
        ({"box": (0.0, 0.0, 0.0, 5.0)}, "box"),
    ],
)
def test_what_the_set_does_not_know_is_refused(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(SampleError, match=reason):
        _write(tmp_path / "set", _sample("a.jpg", **changes))


def test_sets_without_scalars_are_written_as_ever(tmp_path: Path) -> None:
    write(
        tmp_path / "set", scheme="s", keypoints=("A", "B"), mirror=[1, 0], mirror_rules={}, samples=[_sample("a.jpg")],
        settings={},
    )  # fmt: skip
    assert "scalars" not in json.loads((tmp_path / "set" / "manifest.json").read_text())
    assert "box" not in (tmp_path / "set" / "samples.jsonl").read_text()


def test_damaged_scalars_are_one_clear_error(tmp_path: Path) -> None:
    _write(tmp_path / "set", _sample("a.jpg"))
    path = tmp_path / "set" / "manifest.json"
    manifest = json.loads(path.read_text())
    for broken in ([{"name": "cards"}], [{"name": "cards", "range": [1, "x"]}], [{"name": "c", "range": [1, 2]}] * 2):
        path.write_text(json.dumps(manifest | {"scalars": broken}))
        with pytest.raises(TrainingSetError, match="scalars"):
            read_training_set(tmp_path / "set")
