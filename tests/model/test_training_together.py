"""Trainings of several processes, trainings that are killed, trainings that end early."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model.augment import NO_AUGMENTATION
from model.checkpoint import load
from model.dataset import TrainingSet, read_training_set
from model.feed import Feed
from model.heatmaps import Codec
from model.plan import TrainingConfig, TrainingError, learning_rate
from model.ranks import run_together
from model.training import Progress, train

ROOT = Path(__file__).resolve().parents[2]


def config_for(folder: Path, **changes: object) -> TrainingConfig:
    plain = TrainingConfig(
        output=folder / "net.safetensors",
        network="touchline-tiny",
        input_size=(160, 96),
        samples=240,
        batch=8,
        lr=4e-3,
        ema=0.9,
        workers=0,
        precision="float32",
        validate_every=0,
        augmentation=NO_AUGMENTATION,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def train_one_rank(folder: str, set_folder: str) -> int:
    """What each of several processes does; the leader writes every loss down."""
    torch.set_num_threads(1)
    losses: list[float] = []
    sets = [(read_training_set(Path(set_folder)), 1.0)]
    result = train(config_for(Path(folder)), sets, progress=lambda p: losses.append(p.loss))
    if os.environ["RANK"] == "0":
        (Path(folder) / "losses.txt").write_text(" ".join(str(loss) for loss in losses))
    return 0 if result.finished else 3


def test_two_processes_learn_what_one_learns_with_the_doubled_batch(toy_set: TrainingSet, tmp_path: Path) -> None:
    alone: list[Progress] = []
    train(config_for(tmp_path / "one"), [(toy_set, 1.0)], progress=alone.append)
    (tmp_path / "two").mkdir()
    assert run_together(train_one_rank, [str(tmp_path / "two"), str(toy_set.folder)], 2) == 0
    together = [float(text) for text in (tmp_path / "two" / "losses.txt").read_text().split()]
    assert len(together) == len(alone)
    assert together[0] == pytest.approx(alone[0].loss, rel=0.02)
    assert together[-1] == pytest.approx(alone[-1].loss, rel=0.1)
    assert together[-1] < 0.8 * together[0]
    card = load(tmp_path / "two" / "net.safetensors").card
    assert card.training["samples"] == 240
    assert sorted(p.name for p in (tmp_path / "two").iterdir()) == ["losses.txt", "net.csv", "net.safetensors"]


def test_shares_of_a_batch_make_up_the_batch(toy_set: TrainingSet) -> None:
    def images(share: tuple[int, int]) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
        feed = Feed(
            [(toy_set, 1.0)], split="train", codec=Codec((160, 96)), augmentation=NO_AUGMENTATION, seed=5, cache_bytes=0
        )
        made = feed.batches(start=0, sizes=iter([(5, 1.0), (4, 1.0)]), workers=0, share=share)
        return [batch.images for batch in made]

    whole, even, odd = images((0, 1)), images((0, 2)), images((1, 2))
    for all_of_it, first, second in zip(whole, even, odd, strict=True):
        assert np.array_equal(all_of_it[0::2], first)
        assert np.array_equal(all_of_it[1::2], second)


def test_a_batch_must_suffice_for_all(toy_set: TrainingSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "9")
    with pytest.raises(TrainingError, match="cannot be shared"):
        train(config_for(tmp_path), [(toy_set, 1.0)])


def test_a_killed_training_goes_on_from_the_last_step_saved(toy_set: TrainingSet, tmp_path: Path) -> None:
    config = config_for(tmp_path, samples=4000, save_minutes=0.0)
    program = (
        "import sys; sys.path.insert(0, 'tests/model'); from pathlib import Path; from test_training_together import *;"
        f"train(config_for(Path({str(tmp_path)!r}), samples=4000, save_minutes=0.0), "
        f"[(read_training_set(Path({str(toy_set.folder)!r})), 1.0)])"
    )
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)
    try:
        deadline = time.monotonic() + 60
        while not config.state_path.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.3)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    kept = torch.load(config.state_path, weights_only=True)
    assert 0 < kept["done"] < 4000
    seen: list[Progress] = []
    result = train(config, [(toy_set, 1.0)], progress=seen.append, should_stop=lambda: len(seen) >= 3)
    assert [p.samples for p in seen] == [kept["done"] + 8 * n for n in (1, 2, 3)]
    assert [p.lr for p in seen] == [learning_rate(config, p.samples, 4000) for p in seen]
    assert not result.finished
    assert load(config.output).card.training["samples"] == seen[-1].samples


def test_a_training_without_progress_ends_early_with_its_best_weights(toy_set: TrainingSet, tmp_path: Path) -> None:
    config = config_for(tmp_path, samples=2000, lr=1e-9, validate_every=40, patience=2)
    half = train(config, [(toy_set, 1.0)], should_stop=iter([False] * 6 + [True]).__next__)
    assert not half.finished
    result = train(config, [(toy_set, 1.0)])
    assert result.finished
    assert result.samples == 120
    assert not config.state_path.exists()
    with config.log_path.open() as file:
        assert "recall" in next(csv.reader(file))


def test_patience_does_not_change_what_a_kept_state_belongs_to(tmp_path: Path) -> None:
    assert config_for(tmp_path).fingerprint() == config_for(tmp_path, patience=3).fingerprint()
