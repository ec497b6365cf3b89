"""Refinement stages: errors that were seen, squares displaced alike, and points that move to what they show."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.cascade import Errors, diameter, observed_errors, refined, squares
from model.dataset import TrainingSet, read_image, write_training_set
from model.heatmaps import Prediction
from model.plan import TrainingConfig
from model.predictor import Predictor
from model.spec import preset
from model.training import train
from tests.model.toys import NAMES, toy_samples


def _set(folder: Path, count: int = 40) -> TrainingSet:
    return write_training_set(
        folder, scheme="toy", keypoints=NAMES, mirror=range(6), mirror_rules={}, samples=toy_samples(count), settings={}
    )


class _Off:
    """A network that sees every point of the toys where it is, and 4 pixels further right and 1 up."""

    def __init__(self, learnt: TrainingSet) -> None:
        self._truth = {read_image(sample).tobytes(): learnt.labels(sample)[0] for sample in learnt.samples}
        self.names = learnt.keypoints

    def predict(self, image: np.ndarray) -> Prediction:
        xy = self._truth[image.tobytes()] + [4.0, -1.0]
        count = len(self.names)
        maps = np.zeros((count + 1, 12, 20), np.uint8)
        return Prediction(
            self.names, xy, np.ones(count), np.ones(count), maps, (160, 96), "off", (8.0, 8.0), (3.5, 3.5)
        )


def test_errors_are_told_in_diameters_of_the_thing(tmp_path: Path) -> None:
    learnt = _set(tmp_path / "set")
    errors = observed_errors(_Off(learnt), learnt)  # type: ignore[arg-type]
    across = np.median([diameter(learnt.labels(sample)[0]) for sample in learnt.of_split("train")])
    assert errors.mean == pytest.approx(np.tile([4 / across, -1 / across], (6, 1)), rel=0.2)
    assert (errors.sd > 0).all()
    with pytest.raises(ValueError, match="a refinement needs"):
        observed_errors(_Off(learnt), replace(learnt, samples=learnt.samples[1:3]))  # type: ignore[arg-type]


def test_squares_lie_about_displaced_points_and_know_only_theirs(tmp_path: Path) -> None:
    learnt = _set(tmp_path / "set", 6)
    still = Errors(np.zeros((6, 2)), np.zeros((6, 2)))
    found = squares(learnt, still)
    assert len(found.samples) == 6 * 6
    for sample in found.samples:
        (name, (x, y, _)), = sample.points.items()
        assert sample.unknown == frozenset(NAMES) - {name}
        assert sample.box is not None
        left, top, wide, high = sample.box
        assert (left + wide / 2, top + high / 2, wide) == pytest.approx((x, y, high))
    moved = squares(learnt, Errors(np.full((6, 2), 0.1), np.zeros((6, 2))))
    shift = np.array([b.box[:2] for b in moved.samples]) - [a.box[:2] for a in found.samples]  # type: ignore[index]
    assert (shift > 0).all()
    assert squares(learnt, Errors(still.mean, still.sd + 0.1), seed=4).samples == squares(
        learnt, Errors(still.mean, still.sd + 0.1), seed=4
    ).samples


def test_a_trained_stage_moves_points_to_where_they_are(tmp_path: Path) -> None:
    learnt = _set(tmp_path / "set", 60)
    off = _Off(learnt)
    errors = observed_errors(off, learnt)  # type: ignore[arg-type]
    spec = preset("touchline-tiny", channels=7)
    config = TrainingConfig(
        output=tmp_path / "stage.safetensors", network=spec, input_size=(64, 64), samples=700, batch=8, workers=0,
        lr=4e-3, precision="float32",
    )  # fmt: skip
    train(config, [(squares(learnt, errors), 1.0)])
    stage = Predictor.load(config.output, "cpu", way="plain")
    after = []
    for sample in learnt.of_split("val"):
        image, truth = read_image(sample), learnt.labels(sample)[0]
        first = off.predict(image)
        better = refined(first, image, stage)
        assert better.network == f"off+{stage.id}"
        still = (better.xy == first.xy).all(axis=1)
        after.append(np.where(still, np.nan, np.linalg.norm(better.xy - truth, axis=1)))
    # So short a training is sure of some points only; those that it is not sure of stay where they were.
    assert np.isfinite(after).mean() > 0.15
    assert np.nanmedian(after) < 1.0


def test_a_refinement_of_other_points_is_refused(tmp_path: Path) -> None:
    learnt = _set(tmp_path / "set", 2)
    off = _Off(learnt)
    first = off.predict(read_image(learnt.samples[0]))
    off.names = NAMES[::-1]
    with pytest.raises(ValueError, match="other points"):
        refined(first, np.zeros((96, 160, 3), np.uint8), off)  # type: ignore[arg-type]
