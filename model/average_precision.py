"""Average precision of detected keypoints by object keypoint similarity (OKS), as COCO defines it.

A detection is right at a threshold t when its OKS with an object that no better scored detection has taken is at least
t. Precision over recall is made monotonous from the right and read at 101 recalls; AP is its mean over these, and over
t = .50, .55, ..., .95; AR the mean of the largest recalls. Medium and large count objects of 32^2 to 96^2 and of more
square pixels. Crowds and objects without a labelled point are neither found nor missed; a detection that matches one,
or that matches none and has itself another size, counts nowhere. At most the 20 best scored detections an image count.

Every step and its order is that of ``pycocotools.cocoeval`` (github.com/cocodataset/cocoapi), which the tests take for
the judge: numbers agree to 1e-9. Unlike there an object's id plays no part (id 0 loses it there), and a mean of nothing
is NaN, not -1.

Sources: Lin et al., *Microsoft COCO: Common Objects in Context*, ECCV 2014, and cocodataset.org/#keypoints-eval;
Ronchi & Perona, *Benchmarking and Error Diagnosis in Multi-Instance Pose Estimation*, ICCV 2017.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Flags = NDArray[np.bool_]

THRESHOLDS: FloatArray = np.linspace(0.5, 0.95, 10)
RECALLS: FloatArray = np.linspace(0.0, 1.0, 101)
MOST = 20
MOST_BOXES = 100
_ALL, _SMALL, _MEDIUM, _LARGE = (0.0, 1e10), (0.0, 32.0**2), (32.0**2, 96.0**2), (96.0**2, 1e10)


@dataclass(frozen=True, eq=False)
class Annotated:
    """One object as labelled.

    Attributes
    ----------
    xy : (K, 2) pixels.
    labelled : (K,) true where a person placed the point, hidden or not.
    area : square pixels of its outline.
    box : x, y, width, height in pixels.
    is_crowd : a group that nobody told apart; any number of detections may match it.
    is_ignored : to be neither found nor missed, as every object without a labelled point.
    """

    xy: FloatArray
    labelled: Flags
    area: float
    box: tuple[float, float, float, float]
    is_crowd: bool = False
    is_ignored: bool = False

    @property
    def counts(self) -> bool:
        """Whether it has to be found."""
        return bool(self.labelled.any()) and not self.is_crowd and not self.is_ignored


@dataclass(frozen=True, eq=False)
class Detected:
    """One object as detected: all points (K, 2) pixels, its score, its area in square pixels.

    ``confidence`` (K,) says how surely each point is there, where the detector says that; ``values`` are its scalars.
    """

    xy: FloatArray
    score: float
    area: float
    confidence: FloatArray | None = None
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class AveragePrecision:
    """COCO's ten numbers; NaN where there is no object of that size."""

    ap: float
    ap50: float
    ap75: float
    ap_medium: float
    ap_large: float
    ar: float
    ar50: float
    ar75: float
    ar_medium: float
    ar_large: float


@dataclass(frozen=True)
class DetectedBox:
    """One object as detected by its box alone: x, y, width, height in pixels, and a score."""

    box: tuple[float, float, float, float]
    score: float


@dataclass(frozen=True)
class BoxPrecision:
    """COCO's twelve numbers of boxes; ``ar1`` and ``ar10`` with that many detections an image, the others with 100."""

    ap: float
    ap50: float
    ap75: float
    ap_small: float
    ap_medium: float
    ap_large: float
    ar1: float
    ar10: float
    ar100: float
    ar_small: float
    ar_medium: float
    ar_large: float


Image = tuple[Sequence[Annotated], Sequence[Detected]]


def average_precision(images: Iterable[Image], sigmas: FloatArray) -> AveragePrecision:
    """The ten numbers of detections against the labelled objects of the same images.

    Parameters
    ----------
    images
        What is labelled and what is detected in every image; of detections with equal scores the earlier one counts as
        better, and so do those of an earlier image.
    sigmas
        The scheme's constants (K,): standard deviation of a labelled point over the square root of the area.
    """
    ranked = [_ranked(annotated, detected, sigmas) for annotated, detected in images]
    (ap, ar), (ap_medium, ar_medium), (ap_large, ar_large) = (_curves(ranked, r) for r in (_ALL, _MEDIUM, _LARGE))
    return AveragePrecision(
        ap=_mean(ap),
        ap50=_mean(ap[:1]),
        ap75=_mean(ap[5:6]),
        ap_medium=_mean(ap_medium),
        ap_large=_mean(ap_large),
        ar=_mean(ar),
        ar50=_mean(ar[:1]),
        ar75=_mean(ar[5:6]),
        ar_medium=_mean(ar_medium),
        ar_large=_mean(ar_large),
    )


def box_precision(images: Iterable[tuple[Sequence[Annotated], Sequence[DetectedBox]]]) -> BoxPrecision:
    """The twelve numbers of detected boxes against those of labelled objects: as above, by overlap instead of OKS.

    Every object counts but crowds, whether it has labelled points or not.
    """
    there = np.ones(1, dtype=np.bool_)
    listed = [([replace(one, labelled=there, is_ignored=False) for one in some], seen) for some, seen in images]
    best = {most: [_ranked_boxes(some, seen, most) for some, seen in listed] for most in (1, 10, MOST_BOXES)}
    overall, small, medium, large = (_curves(best[MOST_BOXES], bounds) for bounds in (_ALL, _SMALL, _MEDIUM, _LARGE))
    return BoxPrecision(
        ap=_mean(overall[0]),
        ap50=_mean(overall[0][:1]),
        ap75=_mean(overall[0][5:6]),
        ap_small=_mean(small[0]),
        ap_medium=_mean(medium[0]),
        ap_large=_mean(large[0]),
        ar1=_mean(_curves(best[1], _ALL)[1]),
        ar10=_mean(_curves(best[10], _ALL)[1]),
        ar100=_mean(overall[1]),
        ar_small=_mean(small[1]),
        ar_medium=_mean(medium[1]),
        ar_large=_mean(large[1]),
    )


def _ranked_boxes(annotated: Sequence[Annotated], detected: Sequence[DetectedBox], most: int) -> _Ranked:
    order = np.argsort([-one.score for one in detected], kind="stable")[:most]
    best = [detected[int(i)] for i in order]
    found = np.array([one.box for one in best], dtype=np.float64).reshape(-1, 4)
    areas = found[:, 2] * found[:, 3]
    overlap = np.zeros((len(best), len(annotated)))
    for column, one in enumerate(annotated):
        x, y, width, height = one.box
        wide = np.minimum(found[:, 0] + found[:, 2], x + width) - np.maximum(found[:, 0], x)
        high = np.minimum(found[:, 1] + found[:, 3], y + height) - np.maximum(found[:, 1], y)
        both = np.where((wide > 0) & (high > 0), wide * high, 0.0)
        # In a crowd it is enough to lie within.
        of = areas if one.is_crowd else areas + width * height - both
        overlap[:, column] = both / np.maximum(of, np.spacing(1.0))
    return _Ranked(annotated, np.array([one.score for one in best]), areas, overlap)


def similarities(annotated: Sequence[Annotated], detected: Sequence[Detected], sigmas: FloatArray) -> FloatArray:
    """OKS ``(D, G)`` of every detection with every object: mean over labelled points of exp(-d^2 / (2 area (2 s)^2)).

    For an object without a labelled point, d is how far a point lies outside its box made three times as large, the
    mean over all points.
    """
    found = np.zeros((len(detected), len(annotated)))
    if not len(detected):
        return found
    places = np.array([one.xy for one in detected], dtype=np.float64)
    variances = (2.0 * np.asarray(sigmas, dtype=np.float64)) ** 2
    for column, one in enumerate(annotated):
        if one.labelled.any():
            off = places - one.xy
        else:
            x, y, width, height = one.box
            near, far = np.array([x - width, y - height]), np.array([x + 2.0 * width, y + 2.0 * height])
            off = np.maximum(0.0, near - places) + np.maximum(0.0, places - far)
        similar = np.exp(-(off**2).sum(axis=2) / variances / (one.area + np.spacing(1.0)) / 2.0)
        counted = one.labelled if one.labelled.any() else np.ones_like(one.labelled)
        found[:, column] = similar[:, counted].mean(axis=1)
    return found


@dataclass(frozen=True, eq=False)
class _Ranked:
    """An image with its best scored detections, best first, and their OKS with its objects."""

    annotated: Sequence[Annotated]
    scores: FloatArray
    areas: FloatArray
    similarity: FloatArray


def _ranked(annotated: Sequence[Annotated], detected: Sequence[Detected], sigmas: FloatArray) -> _Ranked:
    order = np.argsort([-one.score for one in detected], kind="stable")[:MOST]
    best = [detected[int(i)] for i in order]
    scores, areas = np.array([one.score for one in best]), np.array([one.area for one in best])
    return _Ranked(annotated, scores, areas, similarities(annotated, best, sigmas))


def _curves(images: Sequence[_Ranked], bounds: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    """Mean precision and largest recall (T,) at every threshold over objects of some sizes; NaN without one."""
    judged = [_judged(image, bounds) for image in images]
    count = sum(one[2] for one in judged)
    if not count:
        nothing = np.full(len(THRESHOLDS), np.nan)
        return nothing, nothing
    order = np.argsort(-np.concatenate([image.scores for image in images]), kind="stable")
    matched = np.concatenate([one[0] for one in judged], axis=1)[:, order]
    ignored = np.concatenate([one[1] for one in judged], axis=1)[:, order]
    right = np.cumsum(matched & ~ignored, axis=1).astype(np.float64)
    wrong = np.cumsum(~matched & ~ignored, axis=1).astype(np.float64)
    precisions, recalls = np.zeros(len(THRESHOLDS)), np.zeros(len(THRESHOLDS))
    for row in range(len(THRESHOLDS) if right.shape[1] else 0):
        recall = right[row] / count
        precision = right[row] / (wrong[row] + right[row] + np.spacing(1.0))
        falling = np.maximum.accumulate(precision[::-1])[::-1]
        at = np.searchsorted(recall, RECALLS, side="left")
        precisions[row] = np.where(at < len(falling), falling[np.minimum(at, len(falling) - 1)], 0.0).mean()
        recalls[row] = recall[-1]
    return precisions, recalls


def _judged(image: _Ranked, bounds: tuple[float, float]) -> tuple[Flags, Flags, int]:
    """Of every detection (T, D) whether it is matched and whether it counts nowhere; how many objects count."""
    lowest, highest = bounds
    skipped = np.array([not one.counts or not lowest <= one.area <= highest for one in image.annotated], dtype=np.bool_)
    order = np.argsort(skipped, kind="stable")
    skipped = skipped[order]
    crowds = np.array([one.is_crowd for one in image.annotated], dtype=np.bool_)[order]
    similarity = image.similarity[:, order]
    other_size = (image.areas < lowest) | (image.areas > highest)
    matched = np.zeros((len(THRESHOLDS), len(image.scores)), dtype=np.bool_)
    ignored = np.zeros_like(matched)
    for row, threshold in enumerate(THRESHOLDS):
        partners = _partners(similarity, skipped, crowds, least=min(float(threshold), 1.0 - 1e-10))
        for column, partner in enumerate(partners):
            matched[row, column] = partner is not None
            ignored[row, column] = other_size[column] if partner is None else skipped[partner]
    return matched, ignored, int((~skipped).sum())


def _partners(similarity: FloatArray, skipped: Flags, crowds: Flags, *, least: float) -> list[int | None]:
    """The object that every detection takes, best scored first: the most similar free one, of equal ones the last.

    Objects that count nowhere stand last and are asked only where none that counts is similar enough.
    """
    taken = np.zeros(len(skipped), dtype=np.bool_)
    partners: list[int | None] = []
    for row in similarity:
        best, partner = least, None
        for column in range(len(skipped)):
            if taken[column] and not crowds[column]:
                continue
            if partner is not None and not skipped[partner] and skipped[column]:
                break
            if row[column] >= best:
                best, partner = float(row[column]), column
        if partner is not None:
            taken[partner] = True
        partners.append(partner)
    return partners


def _mean(values: FloatArray) -> float:
    return float(values.mean())
