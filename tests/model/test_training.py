from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from toys import NAMES, toy_samples

from model.augment import NO_AUGMENTATION, Augmentation
from model.checkpoint import CheckpointError, load
from model.dataset import SampleError, TrainingSet, read_image, read_training_set, write_training_set
from model.feed import Feed, Mixture
from model.heatmaps import Codec
from model.plan import scale_at, work
from model.predictor import Predictor
from model.training import Progress, TrainingConfig, TrainingError, learning_rate, train


def _config(folder: Path, **changes: object) -> TrainingConfig:
    plain = TrainingConfig(
        output=folder / "net.safetensors",
        network="touchline-tiny",
        input_size=(160, 96),
        samples=48,
        batch=8,
        workers=0,
        precision="float32",
        validate_every=0,
        augmentation=Augmentation(mirror=0),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def _after(count: int) -> Callable[[], bool]:
    calls = iter(range(10**9))
    return lambda: next(calls) >= count


def test_a_tiny_set_is_learnt(toy_set: TrainingSet, tmp_path: Path) -> None:
    config = _config(
        tmp_path, samples=1400, lr=6e-3, ema=0.98, validate_every=700, augmentation=NO_AUGMENTATION, workers=1,
        input_scale=((0.3, 0.5), (1.0, 1.0)), precision="auto",
    )  # fmt: skip
    seen: list[Progress] = []
    result = train(config, [(toy_set, 1.0)], progress=seen.append)
    assert result.finished
    assert result.validation is not None
    assert result.validation.recall > 0.9
    assert result.validation.pck[5.0] > 0.9
    assert [p.samples for p in seen] == list(range(8, 1401, 8))
    assert seen[-1].seconds_left == 0
    assert seen[-1].loss < 0.5 * seen[0].loss

    sample = toy_set.of_split("val")[0]
    prediction = Predictor.load(config.output, "cpu", threads=1).predict(read_image(sample))
    truth, _ = toy_set.labels(sample)
    assert prediction.names == NAMES
    assert np.median(np.linalg.norm(prediction.xy - truth, axis=1)) < 3

    with config.log_path.open() as file:
        rows = list(csv.DictReader(file))
    assert int(rows[-1]["samples"]) == 1400
    assert float(rows[-1]["recall"]) > 0.9
    card = load(config.output).card
    assert card.scheme == "discs"
    assert card.training["samples"] == 1400


def test_a_resumed_training_ends_where_an_uninterrupted_one_does(toy_set: TrainingSet, tmp_path: Path) -> None:
    steps = {"input_scale": ((0.5, 0.5), (1.0, 1.0)), "save_minutes": 0.0}
    whole = train(_config(tmp_path / "a", **steps), [(toy_set, 1.0)])
    config = _config(tmp_path / "b", **steps)
    part = train(config, [(toy_set, 1.0)], should_stop=_after(2))
    assert (part.finished, part.samples) == (False, 16)
    assert config.state_path.exists()
    assert load(config.output).card.training["samples"] == 16
    rest = train(replace(config, workers=2, save_minutes=9), [(toy_set, 1.0)])
    assert (rest.finished, rest.samples) == (True, 48)
    assert not config.state_path.exists()
    first, second = load(whole.output).weights, load(rest.output).weights
    assert all(torch.allclose(first[name], second[name], rtol=1e-3, atol=1e-4) for name in first)


def test_a_state_of_other_settings_or_a_damaged_one_is_named(toy_set: TrainingSet, tmp_path: Path) -> None:
    config = _config(tmp_path)
    train(config, [(toy_set, 1.0)], should_stop=_after(1))
    with pytest.raises(TrainingError, match="other settings"):
        train(replace(config, lr=1e-5), [(toy_set, 1.0)])
    config.state_path.write_bytes(b"torn")
    with pytest.raises(CheckpointError, match="damaged"):
        train(config, [(toy_set, 1.0)])


def test_stopping_before_the_first_step_writes_nothing(toy_set: TrainingSet, tmp_path: Path) -> None:
    result = train(_config(tmp_path), [(toy_set, 1.0)], should_stop=lambda: True)
    assert (result.finished, result.samples) == (False, 0)
    assert list(tmp_path.iterdir()) == []


def test_fine_tuning_starts_from_a_checkpoint(toy_set: TrainingSet, tmp_path: Path) -> None:
    base = train(_config(tmp_path / "a"), [(toy_set, 1.0)])
    tuned = train(_config(tmp_path / "b", samples=8, lr=1e-9), [(toy_set, 1.0)], start=base.output)
    before, after = load(base.output).weights, load(tuned.output).weights
    assert torch.allclose(before["conv1.weight"], after["conv1.weight"], atol=1e-3)
    other = _config(tmp_path / "c", network="touchline-small")
    with pytest.raises(TrainingError, match="weights fit"):
        train(other, [(toy_set, 1.0)], start=base.output)


@pytest.mark.parametrize("loss", ["mse", "kl", "adaptive_wing"])
def test_the_other_losses_train(toy_set: TrainingSet, tmp_path: Path, loss: str) -> None:
    result = train(_config(tmp_path, loss=loss, samples=16), [(toy_set, 1.0)])
    assert result.finished


def test_half_precision_trains(toy_set: TrainingSet, tmp_path: Path) -> None:
    assert train(_config(tmp_path, precision="bfloat16", samples=16, epochs=0.5), [(toy_set, 1.0)]).samples == 16


def test_unreadable_images_are_left_out_and_named(tmp_path: Path) -> None:
    got = _write(tmp_path / "set")
    for name in ("001.png", "002.png"):
        (tmp_path / "set" / "images" / name).write_bytes(b"torn")
    result = train(_config(tmp_path / "out", samples=32), [(got, 1.0)])
    assert result.finished
    assert sorted(Path(p.path).name for p in result.problems) == ["001.png", "002.png"]
    for path in (tmp_path / "set" / "images").iterdir():
        path.unlink()
    with pytest.raises(SampleError, match="No such file"):
        train(_config(tmp_path / "none", samples=32), [(got, 1.0)])


def _write(folder: Path, **changes: object) -> TrainingSet:
    plain: dict[str, object] = {"scheme": "discs", "keypoints": NAMES, "mirror": range(6), "mirror_rules": {}}
    options = {**plain, "samples": toy_samples(12), "settings": {}, **changes}
    return write_training_set(folder, **options)  # type: ignore[arg-type]


def test_sets_that_do_not_fit_together_are_refused(toy_set: TrainingSet, tmp_path: Path) -> None:
    other = _write(tmp_path / "other", keypoints=NAMES[::-1])
    only_test = replace(toy_set, samples=tuple(replace(s, split="test") for s in toy_set.samples))
    for sets, reason in (
        ([], "no training set"),
        ([(toy_set, 1.0), (other, 1.0)], "other keypoints"),
        ([(only_test, 1.0)], "no sample is marked"),
        ([(toy_set, 0.0)], "not positive"),
    ):
        with pytest.raises(TrainingError, match=reason):
            train(_config(tmp_path / "out"), sets)
    with pytest.raises(TrainingError, match="must be positive"):
        train(_config(tmp_path / "out", batch=0), [(toy_set, 1.0)])
    with pytest.raises(TrainingError, match="no 'tpu' device"):
        train(_config(tmp_path / "out", device="tpu"), [(toy_set, 1.0)])
    with pytest.raises(TrainingError, match="joints_mse"):
        train(_config(tmp_path / "out", network="pose-w32"), [(toy_set, 1.0)])


def test_a_mixture_keeps_its_proportions_and_visits_everything() -> None:
    mixture = Mixture([10, 5], [3.0, 1.0], seed=1)
    draws = [mixture.draw() for _ in range(40)]
    assert sum(chosen == 0 for chosen, _ in draws) == 30
    first = [index for chosen, index in draws if chosen == 0]
    assert all(sorted(first[i : i + 10]) == list(range(10)) for i in (0, 10, 20))
    assert first[:10] != first[10:20]
    again = Mixture([10, 5], [3.0, 1.0], seed=1)
    again.skip(17)
    assert [again.draw() for _ in range(23)] == draws[17:]
    with pytest.raises(ValueError, match="mixture"):
        Mixture([0], [1.0], seed=0)


def test_batches_do_not_depend_on_the_number_of_threads(toy_set: TrainingSet) -> None:
    def batches(workers: int, start: int) -> list[bytes]:
        feed = Feed(
            [(toy_set, 1.0)], split="train", codec=Codec((160, 96)), augmentation=Augmentation(), seed=5,
            cache_bytes=1 << 20,
        )  # fmt: skip
        sizes = iter([(4, 0.5), (4, 1.0), (2, 1.0)][start:])
        made = feed.batches(start=4 * start, sizes=sizes, workers=workers)
        return [batch.images.tobytes() + batch.targets.tobytes() for batch in made]

    whole = batches(0, 0)
    assert len(whole) == 3
    assert batches(2, 0) == whole
    assert batches(1, 1) == whole[1:]


def test_occluded_points_can_be_left_out(tmp_path: Path) -> None:
    hidden = (replace(s, points={n: (x, y, 1) for n, (x, y, _) in s.points.items()}) for s in toy_samples(4))
    got = _write(tmp_path / "set", samples=hidden)
    for unknown, mask in ((False, 1.0), (True, 0.0)):
        feed = Feed(
            [(got, 1.0)], split="train", codec=Codec((160, 96)), augmentation=NO_AUGMENTATION, seed=0, cache_bytes=0,
            occluded_unknown=unknown,
        )  # fmt: skip
        batch = next(feed.batches(start=0, sizes=iter([(2, 1.0)]), workers=0))
        assert (batch.masks[:, :-1] == mask).all()


def test_a_behind_goal_sample_uses_its_own_permutation(tmp_path: Path) -> None:
    samples = [replace(s, mirror_rule="turn", split="train") for s in toy_samples(1)]
    rules = {"turn": [0, 1, 2, 3, 4, 5]}
    got = _write(tmp_path / "set", samples=samples, mirror=[1, 0, 3, 2, 5, 4], mirror_rules=rules)
    how = replace(NO_AUGMENTATION, mirror=1.0)
    feed = Feed([(got, 1.0)], split="train", codec=Codec((160, 96)), augmentation=how, seed=0, cache_bytes=0)
    batch = next(feed.batches(start=0, sizes=iter([(1, 1.0)]), workers=0))
    xy, _, _ = Codec((160, 96)).decode(batch.targets[0])
    truth, _ = got.labels(got.samples[0])
    assert np.allclose(xy[:, 0], 159 - truth[:, 0], atol=0.05)


def test_the_schedule_is_by_samples(tmp_path: Path) -> None:
    config = _config(tmp_path, lr=1.0, warm_up=0.1, samples=1000)
    rates = [learning_rate(config, done, 1000) for done in range(0, 1001, 10)]
    top = int(np.argmax(rates))
    assert 8 <= top <= 11
    assert rates[top] == pytest.approx(1.0, abs=0.02)
    assert rates == sorted(rates[: top + 1]) + sorted(rates[top + 1 :], reverse=True)
    assert rates[-1] == pytest.approx(0.01)
    steps = replace(config, input_scale=((0.4, 0.5), (1.0, 1.0)))
    assert [scale_at(steps, share) for share in (0, 0.39, 0.4, 1)] == [0.5, 0.5, 1, 1]
    assert work(steps, 1000, 1000) == pytest.approx(1000 * (0.4 * 0.25 + 0.6))
    assert work(steps, 200, 1000) == pytest.approx(50)


def test_a_set_read_again_trains(tmp_path: Path) -> None:
    _write(tmp_path / "set")
    got = read_training_set(tmp_path / "set")
    assert json.loads((tmp_path / "set" / "manifest.json").read_text())["counts"]["samples"] == 12
    assert train(_config(tmp_path / "out", samples=8), [(got, 1.0)]).finished
