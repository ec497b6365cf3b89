"""Levenberg-Marquardt on what was said of a frame with Cauchy's robust cost, many starts side by side.

Sources: Hartley & Zisserman, *Multiple View Geometry*, 2nd ed., A6 (iterative estimation); Triggs et al., *Bundle
adjustment: a modern synthesis*, 2000, 4.3 (robust costs).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.evidence import Equations, Linear, linearise, robust_cost
from annotator.lens import KAP_RANGE
from annotator.projections import Model

Array = NDArray[np.float64]

FIRST_DAMPING = 1e-3
LAST_GAIN, ROUGH_GAIN = 1e-7, 1e-2  # of the cost, in the last refinement and in those before it
NEAR = 0.1  # share of the cost that a step gains below which the end is near
LEAST_CURVATURE = 0.1  # of a robust residual, as a share of its weight


@dataclass(frozen=True, eq=False)
class Fit:
    """Candidates at the end of a refinement: parameters (S, P), their robust costs (S,), the equations there."""

    params: Array
    costs: Array
    here: Linear


def refine(
    equations: Equations,
    model: Model,
    params: Array,
    *,
    free: int,
    scale: float,
    iterations: int,
    enough: float = LAST_GAIN,
) -> Fit:
    """Levenberg-Marquardt from ``params`` (S, P) in the first ``free`` parameters, all starts side by side.

    Each start has its own damping of the normal equations' diagonal (HZ A6.2); a step that does not lower the robust
    cost is not taken. Ends when no start gains more than the share ``enough`` of its cost.
    """
    params = params.copy()
    count, data = len(params), len(equations.weights)
    damping = np.full(count, FIRST_DAMPING if count > 1 else 1e-6)
    here = linearise(equations, model, params)
    costs = _cost(equations, here.residuals, data, scale)
    diagonal = np.arange(free)
    near = np.zeros(count, dtype=np.bool_)
    for _ in range(iterations):
        jacobian = here.jacobian[..., :free]
        first, second = _curvatures(equations.weights, here.residuals, scale, near)
        transposed = jacobian.swapaxes(1, 2)
        normal = (transposed * second[:, None]) @ jacobian
        gradient = (transposed @ (first * here.residuals)[..., None])[..., 0]
        size = normal[:, diagonal, diagonal]
        normal[:, diagonal, diagonal] += damping[:, None] * size + 1e-15 * size.max(axis=1, keepdims=True)
        step = _solve(normal, gradient)
        promised = (step * gradient).sum(axis=1)
        trial = params.copy()
        trial[:, :free] -= step
        trial[:, model.kap_index] = np.clip(trial[:, model.kap_index], *KAP_RANGE)
        there = linearise(equations, model, trial)
        reached = _cost(equations, there.residuals, data, scale)
        better = reached < costs
        gain = np.where(better, costs - reached, 0.0)
        settled = gain <= enough * costs + 1e-13
        spent = promised <= enough * costs + 1e-13
        near = gain < NEAR * costs
        params[better] = trial[better]
        here.residuals[better], here.jacobian[better] = there.residuals[better], there.jacobian[better]
        costs = np.where(better, reached, costs)
        if (settled & (better | spent | (damping > 1e4) | (costs < 1e-16))).all():
            break
        damping = np.where(better, np.maximum(damping * 0.1, 1e-10), np.minimum(damping * 10.0, 1e8))
    return Fit(params, costs, here)


def _curvatures(weights: Array, residuals: Array, scale: float, near: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Cauchy's weights w = 1 / (1 + t), t = (r / c)^2, and what stands for them in the normal equations.

    ``near`` the end, that is the cost's curvature w^2 (1 - t), but a tenth of w at least, for steps that are Newton's
    (Triggs et al., *Bundle adjustment: a modern synthesis*, 2000, 4.3); else w itself, which bears worse starts. The
    rows of the priors, after the data, weigh one.
    """
    first, second = np.ones_like(residuals), np.ones_like(residuals)
    data = len(weights)
    square = (residuals[:, :data] / scale) ** 2
    plain = 1.0 / (1.0 + square)
    first[:, :data] = weights * plain
    second[:, :data] = first[:, :data]
    second[near, :data] *= np.maximum(plain[near] * (1.0 - square[near]), LEAST_CURVATURE)
    return first, second


def _solve(normal: Array, gradient: Array) -> Array:
    with np.errstate(all="ignore"):
        usable = np.isfinite(normal).all(axis=(1, 2)) & np.isfinite(gradient).all(axis=1)
        steps = np.zeros_like(gradient)
        scale = 1.0 / np.sqrt(normal[usable].diagonal(axis1=1, axis2=2))
        scaled = normal[usable] * scale[:, :, None] * scale[:, None, :]
        steps[usable] = np.linalg.solve(scaled, (gradient[usable] * scale)[..., None])[..., 0] * scale
    return np.where(np.isfinite(steps), steps, 0.0)


def _cost(equations: Equations, residuals: Array, data: int, scale: float) -> Array:
    cost = robust_cost(residuals[:, :data], equations.weights, scale) + (residuals[:, data:] ** 2).sum(axis=1)
    finite: Array = np.where(np.isfinite(cost), cost, np.inf)
    return finite
