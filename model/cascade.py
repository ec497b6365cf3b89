"""Refinement stages: a network looks once more, closely, around every point that another one found.

Toshev and Szegedy, *DeepPose*, arXiv 1312.4659, section 3.2: a stage sees a square about the previous estimate of a
joint, as wide as a share of the thing's diameter, and says where in it the joint is; it is trained on squares displaced
as the previous stage errs. One network serves all joints of a stage, of which the square's own is read (eq. 8).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.boxes import MARGIN, Box, cut, image_from_part, region
from model.dataset import Sample, SampleError, TrainingSet, read_image
from model.heatmaps import ABSENT, Prediction
from model.predictor import Predictor

REACH = 0.6
"""Side of a square in diameters of the thing; the paper's delta is 1.0 for sports and 2.0 for film poses."""
_BATCH = 32
_FEWEST = 20
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Errors:
    """How a network errs, per point and axis, in diameters of the thing: mean ``(K, 2)`` and sd ``(K, 2)``."""

    mean: FloatArray
    sd: FloatArray

    def displaced(self, point: int, rng: np.random.Generator) -> FloatArray:
        """A random displacement (x, y) of one point."""
        return np.asarray(rng.normal(self.mean[point], self.sd[point]))


def diameter(points: FloatArray) -> float:
    """Of a thing with points ``(N, 2)``: the diagonal of their hull's box; NaN with fewer than two points.

    The paper takes the distance of opposing joints of the torso, which not every scheme has nor every view shows.
    """
    if len(points) < 2:
        return float("nan")
    return float(np.linalg.norm(points.max(axis=0) - points.min(axis=0)))


def observed_errors(predictor: Predictor, learnt: TrainingSet, *, limit: int = 400) -> Errors:
    """The errors of a network on a set's training samples, or ValueError where it finds too little in them."""
    found: list[list[FloatArray]] = [[] for _ in learnt.keypoints]
    samples = learnt.of_split("train")
    for sample in samples[:: max(1, len(samples) // limit)]:
        try:
            image = read_image(sample)
        except SampleError:
            continue
        truth, state = learnt.labels(sample)
        across = diameter(truth[state > ABSENT])
        if not across > 0:
            continue
        xy = _found(predictor, sample, image)
        for k in np.flatnonzero(state > ABSENT).tolist():
            found[k].append((xy[k] - truth[k]) / across)
    every = np.array([error for errors in found for error in errors])
    if len(every) < _FEWEST:
        raise ValueError(f"only {len(every)} labelled points to learn from; a refinement needs {_FEWEST}")
    mean, sd = np.tile(np.median(every, axis=0), (len(found), 1)), np.tile(_spread(every), (len(found), 1))
    for k, errors in enumerate(found):
        if len(errors) >= _FEWEST:
            mean[k], sd[k] = np.median(errors, axis=0), _spread(np.array(errors))
    return Errors(mean, sd)


def _found(predictor: Predictor, sample: Sample, image: NDArray[np.uint8]) -> FloatArray:
    """(K, 2) image pixels where a network sees the points of a sample, in its box where it has one."""
    if sample.box is None:
        return predictor.predict(image).xy
    size = predictor.card.input_size
    part = region(sample.box, size[0] / size[1])
    return image_from_part((predictor.predict(cut(image, part, size)).xy + 0.5) / np.array(size), part)


def _spread(errors: FloatArray) -> FloatArray:
    """Standard deviation ``(2,)`` that a few wild errors do not decide."""
    return np.asarray(np.median(np.abs(errors - np.median(errors, axis=0)), axis=0) * 1.4826 + 1e-3)


def squares(
    learnt: TrainingSet, errors: Errors, *, seed: int = 0, each: int = 1, reach: float = REACH
) -> TrainingSet:
    """The set that a refinement learns from: ``each`` displaced squares about every labelled point of every sample."""
    return replace(learnt, samples=tuple(_squares(learnt, errors, seed, each, reach)), scalars=())


def _squares(learnt: TrainingSet, errors: Errors, seed: int, each: int, reach: float) -> Iterator[Sample]:
    for number, sample in enumerate(learnt.samples):
        truth, state = learnt.labels(sample)
        across = diameter(truth[state > ABSENT])
        if not across > 0:
            continue
        rng = np.random.default_rng((seed, number))
        for k in np.flatnonzero(state > ABSENT):
            name = learnt.keypoints[k]
            for _ in range(each):
                centre = truth[k] + errors.displaced(int(k), rng) * across
                yield replace(
                    sample,
                    points={name: sample.points[name]},
                    unknown=frozenset(learnt.keypoints) - {name},
                    box=_square(centre, across * reach, margin=MARGIN),
                    scalars={},
                )


def _square(centre: FloatArray, side: float, *, margin: float = 1.0) -> Box:
    """A square (x, y, w, h); with a margin the box about which `model.boxes.region` makes that square."""
    inner = side / margin
    return float(centre[0] - inner / 2), float(centre[1] - inner / 2), inner, inner


def refined(first: Prediction, rgb: NDArray[np.uint8], stage: Predictor, *, reach: float = REACH) -> Prediction:
    """What ``stage`` makes of another network's points, looking around each; heatmaps and confidences stay.

    Points less confident than the stage's threshold, and those that it sees at the rim of its square or not at all,
    are left where they were.

    Raises
    ------
    ValueError
        If the two networks know different points.
    """
    if first.names != stage.names:
        raise ValueError("the refinement knows other points than the network it refines")
    sure = np.flatnonzero(first.confidence >= stage.threshold)
    across = diameter(first.xy[sure])
    if not across > 0:
        return first
    xy = first.xy.copy()
    for some in _parts(sure, _BATCH):
        boxes = [_square(first.xy[k], across * reach) for k in some]
        size = stage.card.input_size
        maps = stage.maps(np.stack([cut(rgb, box, size) for box in boxes]))
        for k, box, one in zip(some, boxes, maps, strict=True):
            places, presence, _ = stage.card.codec.decode(one)
            share = (places[k : k + 1] + 0.5) / np.array(size)
            if presence[k] >= stage.threshold and np.all(np.abs(share - 0.5) < 0.48):
                xy[k] = image_from_part(share, box)[0]
    return replace(first, xy=xy, network=f"{first.network}+{stage.id}")


def _parts(values: NDArray[np.intp], most: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(values), most):
        yield values[start : start + most].tolist()
