"""One position for many frames: a joint adjustment in which all cameras share where they stand.

Each frame keeps a rotation, a focal length and a lens of its own; position, crown and size of the pitch are common. The
normal equations have the shape of an arrow, so that the frames' own unknowns are eliminated one frame at a time (the
Schur complement) and what is left is as small as what is shared.

Sources: Triggs et al., *Bundle adjustment: a modern synthesis*, 2000, 6.1 (Schur complement) and 4.3 (robust costs);
Hartley & Zisserman, *Multiple View Geometry*, 2nd ed., A6.3 (sparse Levenberg-Marquardt).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.calibration import NARROW, WIDE
from annotator.camera import Solution
from annotator.evidence import Equations, robust_cost, robust_weights
from annotator.lens import KAP_RANGE
from annotator.projections import Pinhole

__all__ = ["Joint", "adjusted"]

Array = NDArray[np.float64]

OWN = np.array([0, 1, 2, 6, 7])  # parameters of a frame: rotation, log focal length, lens
ITERATIONS, FIRST_DAMPING, ENOUGH = 40, 1e-3, 1e-9


@dataclass(frozen=True, eq=False)
class Joint:
    """The common fit of N frames.

    ``shared`` (3 + U,) position and unknowns of the pitch with the information (inverse covariance, for clicks of unit
    deviation) ``information`` (3 + U, 3 + U) and each frame's part of it in ``parts`` (N, 3 + U, 3 + U) and of the
    gradient there in ``pulls`` (N, 3 + U); ``params`` (N, 8 + U) of pinholes about ``bases`` (N, 3, 3); ``costs`` (N,)
    the frames' robust costs without priors, of ``weights`` (N,) clicks.
    """

    shared: Array
    information: Array
    parts: Array
    pulls: Array
    params: Array
    bases: Array
    costs: Array
    weights: Array

    def without(self, left_out: NDArray[np.bool_]) -> Array:
        """What is shared (3 + U,) when some frames (N,) are left out: one Newton step from the common fit."""
        rest = self.information - self.parts[left_out].sum(axis=0)
        step: Array = np.linalg.solve(rest, self.pulls[left_out].sum(axis=0))
        return self.shared + step


@dataclass(frozen=True, eq=False)
class _Blocks:
    """The normal equations of one frame: own, mixed and shared blocks, gradients, cost with priors and without."""

    own: Array
    mixed: Array
    shared: Array
    own_gradient: Array
    shared_gradient: Array
    cost: float
    data_cost: float


def adjusted(
    frames: Sequence[Equations], cameras: Sequence[Solution], position: Array, *, unknowns: int = 0
) -> Joint | None:
    """The fit of all frames from one position, started at their own cameras and at a common ``position`` (3,) metres.

    ``unknowns`` of crown, extra length and extra width of the pitch are fitted along. None where it does not converge.
    """
    bases = np.array([_rotation(camera) for camera in cameras])
    params = np.zeros((len(frames), 8 + unknowns))
    params[:, 6:8] = [camera.params[6:8] for camera in cameras]
    params[:, 3:6] = position
    params[:, 8:] = np.median([camera.unknowns[:unknowns] for camera in cameras], axis=0)
    shared = np.concatenate([[3, 4, 5], 8 + np.arange(unknowns)]).astype(np.intp)
    # The frames turn to the common position first, then all moves.
    params = _minimised(frames, bases, params, shared, scale=WIDE, still=True)
    params = _minimised(frames, bases, params, shared, scale=WIDE)
    params = _minimised(frames, bases, params, shared, scale=NARROW)
    blocks = [_blocks(*each, shared, NARROW) for each in zip(frames, bases, params, strict=True)]
    parts, pulls = _reduced(blocks, 0.0)
    information = parts.sum(axis=0) + _prior(params[0], shared)[0]
    if not np.isfinite(information).all() or np.linalg.eigvalsh(information).min() <= 0.0:
        return None
    costs, weights = np.array([b.data_cost for b in blocks]), np.array([float(f.weights.sum()) for f in frames])
    return Joint(params[0, shared], information, parts, pulls, params, bases, costs, weights)


def _rotation(camera: Solution) -> Array:
    assert isinstance(camera.model, Pinhole)
    found: Array = camera.model.rotation(camera.params[None, None])[0, 0]
    return found


def _minimised(
    frames: Sequence[Equations],
    bases: Array,
    params: Array,
    shared: NDArray[np.intp],
    *,
    scale: float,
    still: bool = False,
) -> Array:
    """Levenberg-Marquardt on everything; with ``still`` on each frame's own parameters only."""
    damping = FIRST_DAMPING
    blocks = [_blocks(*each, shared, scale) for each in zip(frames, bases, params, strict=True)]
    cost = _total(blocks, params[0], shared)
    for _ in range(ITERATIONS):
        trial = params - _step(blocks, params[0], shared, damping, still=still)
        trial[:, 7] = np.clip(trial[:, 7], *KAP_RANGE)
        there = [_blocks(*each, shared, scale) for each in zip(frames, bases, trial, strict=True)]
        reached = _total(there, trial[0], shared)
        if reached < cost:
            gain, params, blocks, cost = cost - reached, trial, there, reached
            damping = max(damping * 0.1, 1e-9)
            if gain <= ENOUGH * cost:
                break
        else:
            damping *= 10.0
            if damping > 1e6:
                break
    return params


def _step(blocks: Sequence[_Blocks], first: Array, shared: NDArray[np.intp], damping: float, *, still: bool) -> Array:
    """The step (N, 8 + U) of all parameters, the shared ones alike in every frame."""
    common = np.zeros(len(shared))
    if not still:
        parts, pulls = _reduced(blocks, damping)
        information, gradient = _prior(first, shared)
        information = information + parts.sum(axis=0)
        information[np.diag_indices(len(shared))] *= 1.0 + damping
        common = np.linalg.solve(information, gradient + pulls.sum(axis=0))
    step = np.zeros((len(blocks), 8 + len(shared) - 3))
    for i, block in enumerate(blocks):
        step[i, OWN] = np.linalg.solve(_damped(block.own, damping), block.own_gradient - block.mixed @ common)
        step[i, shared] = common
    return step


def _damped(normal: Array, damping: float) -> Array:
    found = normal.copy()
    found[np.diag_indices(len(found))] *= 1.0 + damping
    return found


def _reduced(blocks: Sequence[_Blocks], damping: float) -> tuple[Array, Array]:
    """Each frame's share of the reduced normal equations (N, S, S) and of their gradient (N, S)."""
    parts, pulls = [], []
    for block in blocks:
        back = np.linalg.solve(
            _damped(block.own, damping), np.concatenate([block.mixed, block.own_gradient[:, None]], axis=1)
        )
        parts.append(block.shared - block.mixed.T @ back[:, :-1])
        pulls.append(block.shared_gradient - block.mixed.T @ back[:, -1])
    return np.array(parts), np.array(pulls)


def _blocks(equations: Equations, base: Array, params: Array, shared: NDArray[np.intp], scale: float) -> _Blocks:
    """The normal equations of a frame with Cauchy's weights; its own priors are in it, those of what is shared not."""
    model = Pinhole(base[None], len(params) - 8)
    at = model.differentiate(params[None])
    rows = equations.rows(at.matrices, at.kaps, at.unknowns if model.unknowns else None)
    data = rows.residuals[0]
    jacobian = rows.by_matrix[0] @ at.d_matrices[0].reshape(len(params), 12).T
    jacobian[:, 7] = rows.by_kap[0]
    if rows.by_unknowns is not None:
        jacobian[:, 8:] = rows.by_unknowns[0, :, : model.unknowns]
    weights = equations.weights * robust_weights(data, scale)
    kept = [0, 1, 5]
    prior, d_prior = at.priors[0, kept], at.d_priors[0, kept]
    one, two = jacobian[:, OWN], jacobian[:, shared]
    weighed = one * weights[:, None]
    data_cost = float(robust_cost(data, equations.weights, scale))
    return _Blocks(
        one.T @ weighed + d_prior[:, OWN].T @ d_prior[:, OWN],
        weighed.T @ two,
        two.T @ (two * weights[:, None]),
        weighed.T @ data + d_prior[:, OWN].T @ prior,
        two.T @ (weights * data),
        data_cost + float((prior * prior).sum()),
        data_cost,
    )


def _prior(params: Array, shared: NDArray[np.intp]) -> tuple[Array, Array]:
    """Information (S, S) and gradient (S,) of the priors of what is shared."""
    prior, d_prior = _prior_rows(params)
    return d_prior[:, shared].T @ d_prior[:, shared], d_prior[:, shared].T @ prior


def _prior_rows(params: Array) -> tuple[Array, Array]:
    at = Pinhole(np.eye(3)[None], len(params) - 8).differentiate(params[None])
    kept = [2, 3, 4, *range(6, at.priors.shape[1])]
    return at.priors[0, kept], at.d_priors[0, kept]


def _total(blocks: Sequence[_Blocks], first: Array, shared: NDArray[np.intp]) -> float:
    prior, _ = _prior_rows(first)
    total = sum(block.cost for block in blocks) + float((prior * prior).sum())
    return total if math.isfinite(total) else math.inf


