"""What a network from nothing is to be, given what it is to learn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from annotator.pitch import PITCH_57

if TYPE_CHECKING:
    from model.dataset import TrainingSet
    from model.training import TrainingConfig

LOSSES = ("cross_entropy", "kl", "mse", "adaptive_wing", "joints_mse", "ohkm")
_PERSON = (192, 256)
_SQUARE = (96, 96)
_LONGEST = 480


def from_nothing(
    config: TrainingConfig,
    learnt: TrainingSet,
    *,
    network: str | None = None,
    input_size: tuple[int, int] | None = None,
) -> TrainingConfig:
    """The settings for a network with fresh weights that learns from sets like ``learnt``.

    Without a ``network`` a UNet is taken where samples carry numbers, as it says such numbers, else the small HRNet.
    Without an ``input_size`` a person's box is seen at 192x256, other images as they are, at most 480 pixels long.
    Where numbers are learnt, views are cropped little: what is cut away cannot be counted (`with_views`).
    """
    chosen = network or ("unet-small" if learnt.scalars else "touchline-small")
    samples = learnt.of_split("train")
    if input_size is None and learnt.scheme != PITCH_57.id and samples:
        input_size = _PERSON if samples[0].box is not None else _fitting(samples[0].size)
    return replace(with_views(config, learnt), network=chosen, input_size=input_size or config.input_size)


def with_views(config: TrainingConfig, learnt: TrainingSet) -> TrainingConfig:
    """The settings with random views that suit what is learnt."""
    views = config.augmentation
    if learnt.scalars:
        views = replace(
            views, zoom=1.15, rotation=8.0, perspective=0.01, aspect=0.02, cut_out=0.12, blur=0.06, noise=8.0, jpeg=0.1
        )
    elif any(sample.box is not None for sample in learnt.samples[:1]):
        views = replace(views, zoom=1.35, rotation=30.0, perspective=0.0)
    return replace(config, augmentation=views)


def as_refinement(config: TrainingConfig, *, input_size: tuple[int, int] | None = None) -> TrainingConfig:
    """The settings for a network that looks at a square around each point (`model.cascade`)."""
    views = replace(config.augmentation, zoom_chance=0.0, rotation=5.0, perspective=0.0)
    return replace(config, input_size=input_size or _SQUARE, augmentation=views)


def _fitting(size: tuple[int, int]) -> tuple[int, int]:
    """The size of an image, smaller where its longer side exceeds what is worth looking at, in multiples of 16."""
    share = min(1.0, _LONGEST / max(size))
    width, height = (max(64, round(side * share / 16) * 16) for side in size)
    return width, height
