"""One labelled image of a training set as a value, what it may hold, and the errors that name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from model.heatmaps import ABSENT, OCCLUDED, VISIBLE

SPLITS = ("train", "val", "test")
IMAGES = "images"


class TrainingSetError(Exception):
    """A training set that cannot be written or read: the path, the reason, what to do."""

    def __init__(self, path: Path, reason: str, advice: str) -> None:
        super().__init__(f"{path}: {reason}. {advice}")
        self.path, self.reason, self.advice = path, reason, advice


class SampleError(TrainingSetError):
    """One sample that cannot be used; the others still can."""


@dataclass(frozen=True)
class Scalar:
    """A number that a whole sample has, such as how many cards lie there, and the range it comes from."""

    name: str
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.name or not np.isfinite((self.low, self.high)).all() or not self.low < self.high:
            raise ValueError(f"{self.name!r} is no number between {self.low} and {self.high}")

    def share(self, value: float) -> float:
        """The value as 0..1 of the range."""
        return (value - self.low) / (self.high - self.low)

    def value(self, share: float) -> float:
        """The inverse of `share`, kept within the range."""
        return self.low + min(1.0, max(0.0, share)) * (self.high - self.low)


@dataclass(frozen=True)
class Sample:
    """One labelled image.

    Attributes
    ----------
    image : file name below ``images/``.
    size : (w, h) pixels.
    points : name -> (x, y, state) with state 1 (occluded) or 2 (visible); a name in neither ``points`` nor ``unknown``
        is absent, as is one with state 0.
    unknown : names nobody can tell about; they are left out of the loss.
    source : the image file, or its encoded bytes when writing.
    group : frames of one match share a group, so that splits never separate them.
    split : "train", "val" or "test".
    mirror_rule : name of the permutation a mirrored copy needs instead of the usual one.
    sd : name -> standard deviation of the label in pixels.
    scalars : name -> number, for those of the set's scalars that are known here.
    box : (x, y, w, h) pixels of the one thing that is labelled, or None for the whole image.
    """

    image: str
    size: tuple[int, int]
    points: Mapping[str, tuple[float, float, int]]
    source: Path | bytes
    unknown: frozenset[str] = frozenset()
    group: str = ""
    split: str = "train"
    mirror_rule: str | None = None
    sd: Mapping[str, float] = field(default_factory=dict)
    scalars: Mapping[str, float] = field(default_factory=dict)
    box: tuple[float, float, float, float] | None = None


def check_sample(
    folder: Path, sample: Sample, names: frozenset[str], rules: Mapping[str, Any], scalars: frozenset[str]
) -> None:
    """Refuse a sample that its set could not hold, with a `SampleError` naming the file and the first reason."""
    reason = None
    if not sample.image or Path(sample.image).name != sample.image:
        reason = "the file name of an image has no folder in it"
    elif min(sample.size) < 1:
        reason = f"an image cannot be {sample.size[0]}x{sample.size[1]}"
    elif sample.split not in SPLITS:
        reason = f"unknown split {sample.split!r}"
    elif sample.mirror_rule is not None and sample.mirror_rule not in rules:
        reason = f"unknown mirror rule {sample.mirror_rule!r}"
    elif strange := sorted((set(sample.points) | sample.unknown) - names):
        reason = f"unknown keypoint {strange[0]!r}"
    elif bad := [name for name, point in sample.points.items() if not _is_place(point)]:
        reason = f"{bad[0]} has no usable place or state"
    elif odd := [name for name, number in sample.scalars.items() if name not in scalars or not np.isfinite(number)]:
        reason = f"{odd[0]!r} is no scalar of this set, or no number"
    elif sample.box is not None and not (np.isfinite(sample.box).all() and min(sample.box[2:]) > 0):
        reason = f"{sample.box} is no box"
    if reason:
        raise SampleError(folder / IMAGES / (sample.image or "?"), reason, "Correct or leave out this sample.")


def _is_place(point: tuple[float, float, int]) -> bool:
    return point[2] in (ABSENT, OCCLUDED, VISIBLE) and bool(np.isfinite(point[:2]).all())
