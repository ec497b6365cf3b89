"""A second look: close-ups to learn from, and points that come back from a close-up to the pixel."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model.boxes import part_from_image, region
from model.dataset import Sample, TrainingSet, write_training_set
from model.heatmaps import ABSENT, Prediction
from model.plan import TrainingConfig, TrainingError
from model.predictor import Predictor
from model.second_look import SHARE_WHOLE, box_seen, close_ups, looked_again, with_close_ups
from model.spec import preset
from model.training import train
from tests.model.toys import NAMES, toy_samples

SIZE = (96, 80)
PLACES = np.array([[100.25, 60.5], [140.0, 64.0], [150.5, 90.75], [98.0, 101.0], [120.0, 80.0], [130.0, 70.0]])


def _set(folder: Path, samples: list[Sample] | None = None) -> TrainingSet:
    return write_training_set(
        folder, scheme="toy", keypoints=NAMES, mirror=range(6), mirror_rules={}, settings={},
        samples=list(toy_samples(20)) if samples is None else samples,
    )  # fmt: skip


def _prediction(xy: NDArray[np.float64], sure: NDArray[np.float64], size: tuple[int, int]) -> Prediction:
    maps = np.zeros((7, 4, 4), np.uint8)
    return Prediction(
        NAMES, xy, sure, np.ones(6), maps, size, "toy", (1.0, 1.0), (0.0, 0.0), np.full(6, 0.9), {"cards": sure.sum()}
    )


class _Eye:
    """Sees every point of `PLACES` where it is in the part of the image that it is shown, and keeps what it saw."""

    def __init__(self, sure: float = 0.9) -> None:
        self.sure = np.full(6, sure)
        self.shown: list[NDArray[np.uint8]] = []

    def __call__(self, part: NDArray[np.uint8]) -> Prediction:
        self.shown.append(part)
        box = box_seen(_FIRST, 0.3)
        assert box is not None
        shares = part_from_image(PLACES, region(box, SIZE[0] / SIZE[1]))
        return _prediction(shares * np.array(SIZE) - 0.5, self.sure, SIZE)


_FIRST = _prediction(PLACES + np.array([2.0, -1.5]), np.array([0.9, 0.9, 0.9, 0.9, 0.9, 0.1]), (320, 200))


def test_a_second_look_puts_points_back_where_they_are_in_the_image() -> None:
    eye = _Eye()
    image = np.random.default_rng(0).integers(0, 255, (200, 320, 3), dtype=np.uint8)
    found = looked_again(_FIRST, image, eye, size=SIZE, threshold=0.3)
    assert found.xy == pytest.approx(PLACES, abs=1e-9)
    assert eye.shown[0].shape == (SIZE[1], SIZE[0], 3)
    assert found.scalars == {"cards": pytest.approx(5.4)}
    assert (found.image_size, found.heatmaps.shape) == ((320, 200), (7, 4, 4))
    # 52.5 pixels of the box, a quarter more, fill 96 of the input.
    assert found.sd == pytest.approx(np.full(6, 52.5 * 1.25 / 96))


@pytest.mark.parametrize(("first", "second"), [(0.2, 0.9), (0.9, 0.2)])
def test_what_is_not_sure_leaves_the_first_look_as_it_is(first: float, second: float) -> None:
    unsure = replace(_FIRST, confidence=np.full(6, first))
    image = np.zeros((200, 320, 3), np.uint8)
    assert looked_again(unsure, image, _Eye(second), size=SIZE, threshold=0.3) is unsure


def test_points_on_one_spot_have_no_close_up() -> None:
    same = replace(_FIRST, xy=np.tile(PLACES[:1], (6, 1)))
    eye = _Eye()
    assert looked_again(same, np.zeros((200, 320, 3), np.uint8), eye, size=SIZE, threshold=0.3) is same
    assert not eye.shown


def test_close_ups_hold_the_thing_and_are_exact_where_they_judge(tmp_path: Path) -> None:
    learnt = _set(tmp_path / "set")
    found = close_ups(learnt)
    assert len(found.samples) == len(learnt.samples)
    displaced = 0
    for whole, close in zip(learnt.samples, found.samples, strict=True):
        truth, state = learnt.labels(whole)
        assert close.box is not None
        shares = part_from_image(truth[state > ABSENT], region(close.box, 1.2))
        assert ((shares > 0) & (shares < 1)).all()
        exact = truth.min(axis=0) == pytest.approx(close.box[:2], abs=1e-9)
        assert exact or close.split == "train"
        displaced += not exact
    assert displaced == len(learnt.of_split("train"))
    assert close_ups(learnt) == found
    assert close_ups(learnt, seed=1) != found


def test_samples_with_too_few_points_have_no_close_up(tmp_path: Path) -> None:
    some = list(toy_samples(6))
    few = [replace(one, points=dict(list(one.points.items())[:2])) for one in some[:3]]
    learnt = _set(tmp_path / "set", [*few, *some[3:]])
    assert len(close_ups(learnt).samples) == 3
    ((whole, small), (close, large)) = with_close_ups([(learnt, 2.0)])
    assert whole is learnt
    assert len(close.samples) == 3
    assert (small, large) == pytest.approx((2 * SHARE_WHOLE, 2 - 2 * SHARE_WHOLE))
    nothing = _set(tmp_path / "few", few)
    assert with_close_ups([(nothing, 1.0)]) == [(nothing, 1.0)]


def _config(output: Path, **changes: object) -> TrainingConfig:
    spec = preset("unet-small", channels=7, levels=(4, 8, 8, 16))
    base = TrainingConfig(
        output=output, network=spec, input_size=(96, 64), samples=32, batch=8, workers=0, precision="float32"
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def test_a_network_trained_for_it_looks_twice(tmp_path: Path) -> None:
    learnt = _set(tmp_path / "set")
    train(_config(tmp_path / "two.safetensors", second_look=True), [(learnt, 1.0)])
    predictor = Predictor.load(tmp_path / "two.safetensors", "cpu", way="plain")
    assert predictor.card.second_look
    image = np.random.default_rng(1).integers(0, 255, (96, 160, 3), dtype=np.uint8)
    seen: list[int] = []
    ways: list[bool] = []
    maps_of = predictor._maps

    def counted(pixels: NDArray[np.uint8], both: bool) -> NDArray[np.float32]:
        """Maps with a peak for every point, a little further to the right each time."""
        ways.append(both)
        seen.append(len(pixels))
        found = np.zeros_like(maps_of(pixels, False))
        for k in range(6):
            found[:, k, 8 + 3 * k, 6 + 5 * k + len(seen)] = 0.9
        return np.asarray(found)

    predictor._maps = counted  # type: ignore[method-assign]
    found = list(predictor.predict_many([image, image], batch=2))
    assert seen == [1, 1, 1, 1]
    assert ways == [False, True, False, True]
    assert [one.image_size for one in found] == [(160, 96)] * 2
    assert not np.allclose(found[0].xy, found[1].xy)


def test_boxes_and_second_looks_do_not_go_together(tmp_path: Path) -> None:
    boxed = close_ups(_set(tmp_path / "set"))
    with pytest.raises(TrainingError, match="is for whole images"):
        train(_config(tmp_path / "no.safetensors", second_look=True), [(boxed, 1.0)])


def test_a_second_look_belongs_to_a_training() -> None:
    one = _config(Path("one"))
    assert one.fingerprint() != replace(one, second_look=True).fingerprint()
