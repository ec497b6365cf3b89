"""Which of many answers are the same thing seen twice: by how alike the points are (OKS), or the boxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from model.card import Card
from model.people import InstancePrediction
from model.published import sigmas_of_scheme

FloatArray = NDArray[np.float64]
SAME = 0.9
"""OKS from which the published evaluation takes two answers for the same person (OKS_THRE)."""
SAME_BOX = 0.65
"""Share of overlap from which two boxes of a detector are the same thing."""
ANY_SIGMA = 0.1
"""Of points whose scheme names none."""


def sigmas_of(card: Card, given: Sequence[float] = ()) -> FloatArray:
    """The OKS constants (K,) to go by: those given, else those of the card's published scheme, else equal ones."""
    count = len(card.names)
    found = np.array(given or sigmas_of_scheme(card.scheme) or [ANY_SIGMA] * count, dtype=np.float64)
    if found.shape != (count,) or not (found > 0).all():
        raise ValueError(f"{len(found)} constants above 0 are needed for {count} points, got {len(found)}")
    return found


def alike(points: FloatArray, others: FloatArray, areas: tuple[float, FloatArray], sigmas: FloatArray) -> FloatArray:
    """OKS ``(M,)`` of one thing's points ``(K, 2)`` with those of others ``(M, K, 2)``.

    exp(-d^2 / (2 (2 sigma)^2 s^2)) with s^2 the mean of both areas (COCO's measure as the published evaluation takes
    it between detections), averaged over the points that both have.
    """
    area, other_areas = areas
    squared = ((others - points) ** 2).sum(axis=2)
    both = (area + other_areas)[:, None] / 2 + np.spacing(1)
    near = np.exp(-squared / (2 * sigmas) ** 2 / both / 2)
    known = np.isfinite(near)
    return np.asarray(np.where(known, near, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1))


def distinct_things(
    found: Sequence[InstancePrediction], areas: FloatArray, sigmas: FloatArray, *, same: float = SAME
) -> list[int]:
    """Which of them stay, the surest first: none is more alike than ``same`` to one that is surer."""
    xy = np.stack([one.xy for one in found]) if found else np.empty((0, len(sigmas), 2))

    def likeness(one: int, rest: NDArray[np.intp]) -> FloatArray:
        return alike(xy[one], xy[rest], (float(areas[one]), areas[rest]), sigmas)

    return _greedy(np.array([one.score for one in found]), likeness, same)


def distinct_boxes(
    corners: FloatArray, scores: FloatArray, *, same: float = SAME_BOX, kinds: NDArray[np.intp] | None = None
) -> list[int]:
    """Which boxes ``(N, 4)`` x0, y0, x1, y1 stay, the surest first; of other ``kinds`` (N,) never take each other."""
    sizes = np.clip(corners[:, 2:] - corners[:, :2], 0, None)
    areas = sizes[:, 0] * sizes[:, 1]

    def overlap(one: int, rest: NDArray[np.intp]) -> FloatArray:
        low, high = np.maximum(corners[one, :2], corners[rest, :2]), np.minimum(corners[one, 2:], corners[rest, 2:])
        both = np.clip(high - low, 0, None).prod(axis=1)
        share = both / np.maximum(areas[one] + areas[rest] - both, 1e-12)
        return np.asarray(share if kinds is None else np.where(kinds[rest] == kinds[one], share, 0))

    return _greedy(scores, overlap, same)


def _greedy(scores: FloatArray, likeness: Callable[[int, NDArray[np.intp]], FloatArray], same: float) -> list[int]:
    """The surest, then the surest of those that are not like it, and so on."""
    rest = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while len(rest):
        one, rest = int(rest[0]), rest[1:]
        kept.append(one)
        if len(rest):
            rest = rest[likeness(one, rest) <= same]
    return kept
