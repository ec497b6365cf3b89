"""The settings of a training, its schedule, and what it reports."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from model import losses
from model.augment import Augmentation
from model.dataset import SampleError
from model.hrnet import Spec
from model.metrics import Score

Loss = Literal["cross_entropy", "mse", "kl", "adaptive_wing", "joints_mse", "ohkm"]
Precision = Literal["auto", "float32", "bfloat16"]
_SITTING = ("threads", "workers", "save_minutes", "cache_bytes", "device", "precision")
_REPORTING = ("output", "validate_every", "validate_limit", "licence", "attribution", "patience")
_FREE = frozenset((*_SITTING, *_REPORTING, "samples", "epochs"))
"""Settings that may change between two sittings of one training."""


class TrainingError(Exception):
    """A training that cannot start or go on, with what to do."""


@dataclass(frozen=True)
class TrainingConfig:
    """One training.

    Attributes
    ----------
    output : the checkpoint to write; the state (``.state``) and the log (``.csv``) stand beside it.
    network : name of a preset, or a whole `Spec` (its channels are replaced).
    input_size : (w, h) pixels.
    sigma : of the targets in cells.
    samples : total number of samples drawn; ``epochs`` (rounds over all sets together) takes its place when given.
    batch, lr, weight_decay, clip, warm_up, ema : AdamW; ``batch`` is that of all processes together, ``warm_up`` a
        share of the samples, ``ema`` the decay.
    loss : what is minimised; ``focus`` is the extra weight of cells with a point (cross-entropy only). "joints_mse" is
        the mean over points of half the squared error, "ohkm" that of the eight hardest of every sample.
    input_scale : ``(until, scale)`` steps: up to that share of the samples the input is so many times as large.
    occluded : "point" teaches occluded points, "unknown" leaves them out.
    second_look : teach whole images and close-ups of what is in them, see `model.second_look`.
    threads, workers : torch threads; loading threads (0 loads in the loop).
    precision : "auto" takes bfloat16 where the processor multiplies it natively (AMX or CUDA).
    save_minutes, validate_every, validate_limit : minutes between states; samples between validations (0: only at
        the end) and the largest number of validation samples.
    patience : validations in a row without a better share of points within 10 px after which the training ends early
        (0: never); the weights written are then those of the best validation.
    cache_bytes : memory for decoded images.
    licence, attribution : written on the card.
    """

    output: Path
    network: str | Spec = "touchline-small"
    input_size: tuple[int, int] = (480, 270)
    sigma: float = 1.3
    samples: int = 100_000
    epochs: float | None = None
    batch: int = 8
    lr: float = 2e-3
    weight_decay: float = 1e-3
    clip: float = 1.0
    warm_up: float = 0.02
    ema: float = 0.999
    loss: Loss = "cross_entropy"
    focus: float = losses.FOCUS
    input_scale: tuple[tuple[float, float], ...] = ((1.0, 1.0),)
    augmentation: Augmentation = field(default_factory=Augmentation)
    occluded: Literal["point", "unknown"] = "point"
    second_look: bool = False
    seed: int = 0
    device: str = "auto"
    threads: int = 1
    workers: int = 1
    precision: Precision = "auto"
    save_minutes: float = 5.0
    validate_every: int = 20_000
    validate_limit: int = 200
    patience: int = 0
    cache_bytes: int = 2 << 30
    licence: str = ""
    attribution: str = ""

    @property
    def state_path(self) -> Path:
        """Where an unfinished training is kept."""
        return self.output.with_name(self.output.name + ".state")

    @property
    def log_path(self) -> Path:
        """One row per report: samples, seconds, rate, loss, and the validation where there was one."""
        return self.output.with_suffix(".csv")

    def fingerprint(self) -> str:
        """Changes when a kept state could not be continued with these settings."""
        values = {key: value for key, value in asdict(self).items() if key not in _FREE}
        # States of trainings from before there was a second look stay theirs.
        if not self.second_look:
            del values["second_look"]
        return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Progress:
    """Where a training stands; ``loss`` is a running mean, ``validation`` the latest score, if any."""

    samples: int
    total: int
    loss: float
    lr: float
    seconds: float
    seconds_left: float
    validation: Score | None = None


@dataclass(frozen=True)
class TrainingResult:
    """What came of it; an unfinished training was stopped and can be resumed by the same call."""

    output: Path
    samples: int
    seconds: float
    finished: bool
    validation: Score | None
    problems: tuple[SampleError, ...]


def learning_rate(config: TrainingConfig, done: int, total: int) -> float:
    """Linear warm-up, then half a cosine down to 1 %, by samples (arXiv 1608.03983, eq. 5)."""
    warm = max(1.0, config.warm_up * total)
    if done < warm:
        return config.lr * (done + config.batch) / (warm + config.batch)
    phase = min(1.0, (done - warm) / max(1.0, total - warm))
    return config.lr * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * phase)))


def scale_at(config: TrainingConfig, share: float) -> float:
    """The input scale once ``share`` (0..1) of the samples is done."""
    return next((scale for until, scale in config.input_scale if share < until), 1.0)


def work(config: TrainingConfig, done: int, total: int) -> float:
    """What ``done`` of ``total`` samples cost, in samples of full size: the integral of the squared scale."""
    cost, begin = 0.0, 0.0
    for until, scale in (*config.input_scale, (1.0, 1.0)):
        end = min(until, done / total)
        if end > begin:
            cost += (end - begin) * scale**2
            begin = end
    return cost * total
