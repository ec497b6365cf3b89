"""What was said of a frame as equations, and how far candidate projections are from fulfilling them.

The residuals themselves are those of ``annotator.residuals``, in the centred units of ``annotator.lens``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.lens import undistort
from annotator.observations import (
    FEWEST_CONSTRAINTS,
    PLACED_SD,
    Evidence,
    gather,
    marking_name,
    mean_view,
    world_circle,
)
from annotator.pitch import KEYPOINTS, MARKINGS
from annotator.projections import Model
from annotator.residuals import Observed, Rows, adjugate
from annotator.surface import shifts

__all__ = [
    "FEWEST_CONSTRAINTS",
    "FULL_WEIGHT",
    "MOST_CLICKS",
    "PLACED_SD",
    "Equations",
    "Evidence",
    "Linear",
    "Rows",
    "equations_of",
    "gather",
    "linearise",
    "marking_name",
    "mean_view",
    "robust_cost",
    "robust_weights",
    "world_circle",
]

Array = NDArray[np.float64]

FULL_WEIGHT = 12.0  # clicks on one marking beyond this number share the weight of this many
MOST_CLICKS = 60  # of one marking that are used, evenly chosen: an imported outline may have thousands


class Equations:
    """The residuals of some evidence, for many candidate projections at once."""

    def __init__(self, evidence: Evidence) -> None:
        drawn = [(name, _thinned(xy)) for name, xy in evidence.markings.items()]
        straight = [(name, xy) for name, xy in drawn if not MARKINGS[name].is_round]
        rounds = [(name, xy) for name, xy in drawn if MARKINGS[name].is_round]
        ordered = straight + rounds
        counts = [len(xy) for _, xy in ordered]
        self.point_names = tuple(evidence.points)
        self.marking_names = tuple(name for name, _ in ordered)
        self._owner = np.repeat(np.arange(len(ordered)), counts)
        start = [MARKINGS[name].start for name, _ in straight] + [_centre(name) for name, _ in rounds]
        along = [_direction(name) for name, _ in straight] + [(0.0, 0.0, 0.0) for _ in rounds]
        bent = [m.is_round or (m.on_ground and m.start[0] == m.end[0]) for m in (MARKINGS[n] for n, _ in ordered)]
        weights = [np.full(count, min(1.0, FULL_WEIGHT / count)) for count in counts]
        places = np.repeat(np.array(start).reshape(-1, 3), counts, axis=0)
        self.observed = Observed(
            clicks=np.concatenate([xy for _, xy in ordered]) if ordered else np.empty((0, 2)),
            lines=sum(len(xy) for _, xy in straight),
            places=places,
            along=np.repeat(np.array(along).reshape(-1, 3), counts, axis=0),
            shifts=shifts(places),
            bent=np.flatnonzero(np.repeat(np.array(bent, dtype=np.bool_), counts)),
            worlds=np.array([KEYPOINTS[n].world for n in self.point_names]).reshape(-1, 3),
            seen=np.array([evidence.points[n] for n in self.point_names]).reshape(-1, 2),
            precision=np.array([1.0 / evidence.deviations[n] for n in self.point_names]),
            weights=np.concatenate([*weights, np.ones(2 * len(self.point_names))]),
        )
        on_ground = [MARKINGS[name].on_ground for name, _ in ordered]
        self._on_ground = np.repeat(np.array(on_ground, dtype=np.bool_), counts)

    @property
    def weights(self) -> Array:
        """The weight (R,) of every residual."""
        return self.observed.weights

    def rows(self, matrices: Array, kaps: Array, unknowns: Array | None) -> Rows:
        """See `Observed.rows`."""
        return self.observed.rows(matrices, kaps, unknowns)

    def residuals(self, matrices: Array, kaps: Array, unknowns: Array | None = None) -> Array:
        """The residuals (S, R) of ``rows`` alone."""
        return self.observed.rows(matrices, kaps, unknowns).residuals

    def misfits(self, residuals: Array) -> dict[str, float]:
        """Root mean square residual of every marking, in centred units, of residuals (R,)."""
        squares = residuals[: len(self._owner)] ** 2
        return {name: float(np.sqrt(squares[self._owner == i].mean())) for i, name in enumerate(self.marking_names)}

    def point_rows(self, name: str) -> slice:
        """The two rows of a placed keypoint."""
        first = len(self._owner) + 2 * self.point_names.index(name)
        return slice(first, first + 2)

    def precision(self, name: str) -> float:
        """One over the standard deviation of a placed keypoint."""
        return float(self.observed.precision[self.point_names.index(name)])

    def in_front(self, matrices: Array, kaps: Array) -> Array:
        """The share (B,) of ground clicks and placed points that lie before the projections' cameras.

        With u = H x the depth of the ground seen at u is 1 / (H^-1 u)_3: its sign says which side it is on.
        """
        shares = []
        if self._on_ground.any():
            ideal = undistort(self.observed.clicks[None, self._on_ground], kaps[:, None])
            ground = matrices[:, :, [0, 1, 3]]
            back = adjugate(ground)[:, 2]
            third = ideal[..., 0] * back[:, :1] + ideal[..., 1] * back[:, 1:2] + back[:, 2:]
            shares.append(third * np.linalg.det(ground)[:, None] > 0.0)
        if self.point_names:
            shares.append(self.observed.worlds @ matrices[:, 2, :3, None] + matrices[:, 2, 3, None, None] > 0.0)
            shares[-1] = shares[-1][..., 0]
        if not shares:
            return np.ones(len(matrices))
        share: Array = np.concatenate(shares, axis=1).mean(axis=1)
        return share


def _centre(name: str) -> tuple[float, float, float]:
    centre = MARKINGS[name].centre
    assert centre is not None
    return centre


def _direction(name: str) -> tuple[float, float, float]:
    """The unit vector along a straight marking."""
    way = np.subtract(MARKINGS[name].end, MARKINGS[name].start)
    x, y, z = way / np.linalg.norm(way)
    return float(x), float(y), float(z)


def _thinned(clicks: Array) -> Array:
    if len(clicks) <= MOST_CLICKS:
        return clicks
    chosen: Array = clicks[np.linspace(0, len(clicks) - 1, MOST_CLICKS).astype(int)]
    return chosen


@dataclass(frozen=True, eq=False)
class Linear:
    """Residuals (S, R + Q) of data and priors at some parameters, and their derivatives (S, R + Q, P)."""

    residuals: Array
    jacobian: Array


def linearise(equations: Equations | Observed, model: Model, params: Array, free: int | None = None) -> Linear:
    """Data and prior residuals at ``params`` (S, P) with their derivatives in the first ``free`` parameters, or all."""
    at = model.differentiate(params)
    count, size = params.shape
    extra = size - at.kap_index - 1
    rows = equations.rows(at.matrices, at.kaps, at.unknowns if extra else None)
    data = rows.residuals.shape[1]
    jacobian = np.empty((count, data + at.priors.shape[1], size))
    jacobian[:, :data] = rows.by_matrix @ at.d_matrices.reshape(count, size, 12).swapaxes(1, 2)
    jacobian[:, :data, at.kap_index] = rows.by_kap
    if rows.by_unknowns is not None:
        jacobian[:, :data, at.kap_index + 1 :] = rows.by_unknowns[..., :extra]
    jacobian[:, data:] = at.d_priors
    return Linear(np.concatenate([rows.residuals, at.priors], axis=1), jacobian[..., :free])


def robust_weights(residuals: Array, scale: float) -> Array:
    """Cauchy's weights 1 / (1 + (r / c)^2)."""
    weights: Array = 1.0 / (1.0 + (residuals / scale) ** 2)
    return weights


def robust_cost(residuals: Array, weights: Array, scale: float) -> Array:
    """Cauchy's cost, the sum over the last axis of w c^2 log(1 + (r / c)^2): r^2 for small residuals."""
    cost: Array = (weights * (scale * scale * np.log1p((residuals / scale) ** 2))).sum(axis=-1)
    return cost


def equations_of(evidence: Evidence) -> Equations | None:
    """The equations, or None when nothing usable was said."""
    if not evidence.markings and not evidence.points:
        return None
    return Equations(evidence)
