"""A second look: the network sees the whole image first, then, larger, the part that holds what it found there.

One network serves both, so it is trained on both: whole images, and close-ups of the thing in its box (`close_ups`).
The second look is the cascade of DeepPose (Toshev, Szegedy, arXiv 1312.4659, section 3.2) with maps in place of
regression and one stage about the whole thing; the box is grown as for people (`model.boxes`). The close-up is looked
at mirrored, too, where it is known which points are each other's mirror images, and the mean is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from model.boxes import Box, cut, image_from_part, region
from model.dataset import Sample, TrainingSet
from model.heatmaps import ABSENT, Prediction

SHARE_WHOLE = 0.25
"""How many of the views in a training are whole images; the rest are close-ups, whose points are the answer."""
JITTER = 0.05
"""Standard deviation of a training box about the true one, in shares of its longer side: as a first look errs."""
_FEWEST = 3
FloatArray = NDArray[np.float64]


def box_about(points: FloatArray) -> Box | None:
    """The box (x, y, w, h) of points ``(N, 2)`` in pixels; None for too few, or none with an extent."""
    if len(points) < _FEWEST:
        return None
    low, high = points.min(axis=0), points.max(axis=0)
    if not np.isfinite(points).all() or not (high - low > 1).all():
        return None
    return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])


def box_seen(first: Prediction, threshold: float) -> Box | None:
    """Where a second look goes: the box of the points that the first one is sure of."""
    return box_about(first.xy[first.confidence >= threshold])


def close_ups(learnt: TrainingSet, *, seed: int = 0) -> TrainingSet:
    """The set as a second look sees it: every training sample in a box about its points, displaced a little.

    Samples of the other splits get the true box, and samples with too few points are left out.
    """
    return replace(learnt, samples=tuple(_boxed(learnt, seed)))


def with_close_ups(
    sets: Sequence[tuple[TrainingSet, float]], *, seed: int = 0
) -> list[tuple[TrainingSet, float]]:
    """Weighted sets with the close-ups of each beside it; of all draws `SHARE_WHOLE` stay whole images.

    A set of whose samples none has enough points stays as it is.
    """
    found: list[tuple[TrainingSet, float]] = []
    for learnt, weight in sets:
        close = close_ups(learnt, seed=seed)
        if not close.of_split("train"):
            found.append((learnt, weight))
            continue
        found += [(learnt, weight * SHARE_WHOLE), (close, weight * (1 - SHARE_WHOLE))]
    return found


def _boxed(learnt: TrainingSet, seed: int) -> list[Sample]:
    found = []
    for number, sample in enumerate(learnt.samples):
        truth, state = learnt.labels(sample)
        box = box_about(truth[state > ABSENT])
        if box is None:
            continue
        if sample.split == "train":
            x, y, width, height = box
            off = np.random.default_rng((seed, number)).normal(0, JITTER * max(width, height), 4)
            left, top = x + off[0], y + off[1]
            right, bottom = x + width + off[2], y + height + off[3]
            box = (left, top, max(4.0, right - left), max(4.0, bottom - top))
        found.append(replace(sample, box=box))
    return found


def looked_again(
    first: Prediction,
    rgb: NDArray[np.uint8],
    look: Callable[[NDArray[np.uint8]], Prediction],
    *,
    size: tuple[int, int],
    threshold: float,
) -> Prediction:
    """What a network makes of an image at its second look; its first one where that had found too little.

    Parameters
    ----------
    first
        What it saw in the whole image.
    rgb
        ``(H, W, 3)``, the whole image.
    look
        What it sees in an image of ``size``, its points in pixels of that.
    size
        (w, h) of its input.
    threshold
        The confidence from which a point counts.

    Returns
    -------
    Prediction
        Points, what is seen and numbers of the second look, in pixels of the image; heatmaps of the first.
    """
    box = box_seen(first, threshold)
    if box is None:
        return first
    part = region(box, size[0] / size[1])
    second = look(cut(rgb, part, size))
    if int((second.confidence >= threshold).sum()) < _FEWEST:
        return first
    return replace(
        first,
        xy=image_from_part((second.xy + 0.5) / np.array(size), part),
        confidence=second.confidence,
        sd=second.sd * float(np.sqrt(part[2] * part[3] / (size[0] * size[1]))),
        seen=second.seen,
        scalars=second.scalars,
    )
