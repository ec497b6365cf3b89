"""How good points are: counts over a whole set, never averages of batches.

Arrays: places ``(N, K, 2)`` pixels, ``labelled`` ``(N, K)`` true where a person placed the point, ``known``
``(N, K)`` false where nobody can tell, confidences ``(N, K)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import SupportsFloat

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Score:
    """One row of an evaluation; a ratio without a denominator is NaN.

    ``recall`` and ``precision`` ask for presence only (confidence above the threshold), ``pck[t]`` is the share of all
    labelled points detected within t pixels, ``precision_within[t]`` the share of detections that lie within t pixels
    of a label, ``mean`` and ``median`` are distances of detected labelled points in pixels.
    """

    labels: int
    detections: int
    recall: float
    precision: float
    pck: dict[float, float]
    precision_within: dict[float, float]
    mean: float
    median: float


def score(
    predicted: FloatArray,
    confidence: FloatArray,
    truth: FloatArray,
    labelled: Flags,
    *,
    known: Flags | None = None,
    threshold: float = 0.5,
    distances: Sequence[float] = (5.0, 10.0, 20.0),
) -> Score:
    """Score detections with ``confidence > threshold`` against labels; unknown points count nowhere."""
    known = np.ones_like(labelled) if known is None else known
    labelled = labelled & known
    detected = (confidence > threshold) & known
    both = labelled & detected
    error = distance(predicted, truth)[both]
    return Score(
        labels=int(labelled.sum()),
        detections=int(detected.sum()),
        recall=_ratio(both.sum(), labelled.sum()),
        precision=_ratio(both.sum(), detected.sum()),
        pck={t: _ratio((error <= t).sum(), labelled.sum()) for t in distances},
        precision_within={t: _ratio((error <= t).sum(), detected.sum()) for t in distances},
        mean=float(error.mean()) if error.size else float("nan"),
        median=float(np.median(error)) if error.size else float("nan"),
    )


def distance(predicted: FloatArray, truth: FloatArray) -> FloatArray:
    """Euclidean distance over the last axis."""
    return np.asarray(np.linalg.norm(np.asarray(predicted) - np.asarray(truth), axis=-1))


def oks(
    predicted: FloatArray, truth: FloatArray, labelled: Flags, *, area: FloatArray, sigmas: FloatArray
) -> FloatArray:
    """Object keypoint similarity ``(N,)``: mean over labelled points of exp(-d^2 / (2 area (2 sigma_k)^2)).

    ``area`` is ``(N,)`` square pixels, ``sigmas`` ``(K,)`` the scheme's constants (COCO keypoint evaluation). NaN where
    an object has no labelled point.
    """
    spread = 2 * np.asarray(area, dtype=np.float64)[:, None] * (2 * np.asarray(sigmas, dtype=np.float64)) ** 2
    similarity = np.exp(-(distance(predicted, truth) ** 2) / np.maximum(spread, np.spacing(1.0)))
    count = labelled.sum(axis=1)
    total = np.where(labelled, similarity, 0.0).sum(axis=1)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def percentage_of_detected_joints(
    predicted: FloatArray, truth: FloatArray, labelled: Flags, *, length: FloatArray, fraction: float = 0.2
) -> float:
    """PDJ: share of labelled points within ``fraction`` of each object's own length ``(N,)`` in pixels."""
    near = distance(predicted, truth) <= fraction * np.asarray(length, dtype=np.float64)[:, None]
    return _ratio((near & labelled).sum(), labelled.sum())


def pck_of_maps(predicted: FloatArray, truth: FloatArray, *, map_size: tuple[int, int], bound: float = 0.5) -> float:
    """The training monitor of the pose networks: distances relative to a tenth of the map, mean over joints.

    Places ``(N, K, 2)`` in cells; points whose truth lies within one cell of the border at 0 are skipped.
    """
    valid: Flags = np.all(np.asarray(truth) > 1, axis=-1)
    scale = np.array(map_size, dtype=np.float64) / 10
    relative = distance(np.asarray(predicted) / scale, np.asarray(truth) / scale)
    joints = [_ratio((relative[valid[:, k], k] < bound).sum(), valid[:, k].sum()) for k in range(valid.shape[1])]
    rated = [value for value in joints if not np.isnan(value)]
    return float(np.mean(rated)) if rated else float("nan")


def precision_recall_curve(
    predicted: FloatArray, confidence: FloatArray, truth: FloatArray, labelled: Flags, *, within: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Thresholds (descending), precision and recall at each, where a hit lies ``within`` pixels of its label."""
    order = np.argsort(-confidence, axis=None, kind="stable")
    hit = (labelled & (distance(predicted, truth) <= within)).ravel()[order]
    hits = np.cumsum(hit)
    precision = hits / np.arange(1, hits.size + 1)
    return confidence.ravel()[order], precision, hits / max(1, int(labelled.sum()))


def _ratio(part: SupportsFloat, whole: SupportsFloat) -> float:
    return float(part) / float(whole) if float(whole) else float("nan")
