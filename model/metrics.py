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


@dataclass(frozen=True)
class Shares:
    """Shares of labelled points that are near enough; NaN where nothing is labelled.

    ``points`` ``(K,)`` for every point of the scheme, ``mean`` over all labelled points of the scheme together: the
    mean of ``points`` weighted by how often each is labelled. ``labels`` ``(K,)`` is how often.
    """

    points: FloatArray
    labels: NDArray[np.int64]
    mean: float


def within_length(
    predicted: FloatArray,
    truth: FloatArray,
    labelled: Flags,
    *,
    length: FloatArray,
    fraction: float,
    apart: Sequence[int] = (),
) -> Shares:
    """Shares of labelled points within ``fraction`` of each object's own length ``(N,)`` in pixels.

    The common form of PCK, PCKh and PDJ. A point that was not predicted has NaN places and is not near; an object
    whose length is NaN or not positive counts nowhere. Points in ``apart`` are left out of the mean.
    """
    length = np.asarray(length, dtype=np.float64)[:, None]
    labelled = labelled & (np.nan_to_num(length) > 0)
    with np.errstate(invalid="ignore"):
        near = (distance(predicted, truth) <= fraction * length) & labelled
    labels, hits = labelled.sum(axis=0), near.sum(axis=0)
    points = np.array([_ratio(hit, count) for hit, count in zip(hits, labels, strict=True)])
    counted = np.setdiff1d(np.arange(len(labels)), np.array(apart, dtype=np.int64))
    return Shares(points, labels, _ratio(hits[counted].sum(), labels[counted].sum()))


def pckh(
    predicted: FloatArray,
    truth: FloatArray,
    labelled: Flags,
    *,
    head: FloatArray,
    fraction: float = 0.5,
    apart: Sequence[int] = (),
) -> Shares:
    """PCKh@0.5: shares of labelled points within half of each person's head length ``(N,)`` in pixels.

    The head length is what `head_length` gives of the head's box or, without a box, the length of the head segment
    from neck to top. The published mean on MPII leaves pelvis and thorax out: ``apart``.

    Source: Andriluka et al., *2D Human Pose Estimation: New Benchmark and State of the Art Analysis*, CVPR 2014,
    section 5: "50 % of the head segment length".
    """
    return within_length(predicted, truth, labelled, length=head, fraction=fraction, apart=apart)


def head_length(width: float, height: float) -> float:
    """The head segment's length of a head's box in MPII's convention: 0.6 times its diagonal (``SC_BIAS``).

    Source: ``util_get_head_size.m`` of the MPII evaluation, human-pose.mpi-inf.mpg.de.
    """
    return 0.6 * float(np.hypot(width, height))


def percentage_of_detected_joints(
    predicted: FloatArray, truth: FloatArray, labelled: Flags, *, length: FloatArray, fraction: float = 0.2
) -> float:
    """PDJ: share of labelled points within ``fraction`` of each object's own length ``(N,)`` in pixels.

    For people the length is the torso's diameter, from left shoulder to right hip, and fractions of 0.1 to 0.2 are
    usual; a person with one of the two unlabelled (NaN) counts nowhere.

    Sources: Sapp & Taskar, *MODEC: Multimodal Decomposable Models for Human Pose Estimation*, CVPR 2013; Toshev &
    Szegedy, *DeepPose: Human Pose Estimation via Deep Neural Networks*, CVPR 2014, section 4.1.
    """
    return within_length(predicted, truth, labelled, length=length, fraction=fraction).mean


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
