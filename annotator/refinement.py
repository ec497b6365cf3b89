"""Levenberg-Marquardt on what was said of a frame with Cauchy's robust cost, many starts side by side.

Sources: Hartley & Zisserman, *Multiple View Geometry*, 2nd ed., A6 (iterative estimation); Triggs et al., *Bundle
adjustment: a modern synthesis*, 2000, 4.3 (robust costs).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from annotator.evidence import Equations, Linear, linearise, robust_cost
from annotator.lens import KAP_RANGE
from annotator.projections import Model
from annotator.residuals import Observed, own_rows

Array = NDArray[np.float64]
T = TypeVar("T")

FIRST_DAMPING = 1e-3
LAST_GAIN, ROUGH_GAIN = 1e-7, 1e-2  # of the cost, in the last refinement and in those before it
NEAR = 0.1  # share of the cost that a step gains below which the end is near
LEAST_CURVATURE = 0.1  # of a robust residual, as a share of its weight
TOGETHER = 192  # starts side by side, beyond which their numbers leave the processor's cache


@dataclass(frozen=True, eq=False)
class Fit:
    """Candidates at the end of a refinement: parameters (S, P), their robust costs (S,), the equations there."""

    params: Array
    costs: Array
    here: Linear


@dataclass(frozen=True, eq=False)
class Refinement:
    """A refinement that is asked for: from ``params`` (S, P) in the first ``free`` parameters, all starts side by side.

    ``scale`` is Cauchy's; it ends after ``iterations``, or when no start gains more than the share ``enough`` of its
    cost.
    """

    equations: Equations
    model: Model
    params: Array
    free: int
    scale: float
    iterations: int
    enough: float = LAST_GAIN

    @property
    def shape(self) -> tuple[object, ...]:
        """Equal for those that are worked out side by side."""
        how = (self.free, self.scale, self.iterations, self.enough)
        return (*self.model.family, self.model.bases, *self.params.shape, *self.equations.observed.kind, *how)


Steps = Generator[Refinement, Fit, T]
"""Work that asks for one refinement after the other, and what it comes to."""


def alone(steps: Steps[T]) -> T:
    """What the work comes to."""
    return side_by_side([steps])[0]


def side_by_side(works: Sequence[Steps[T]]) -> list[T]:
    """What each work comes to; whatever they ask for at the same time is refined together where it is alike.

    Each gets the bits that it would get alone: what stands side by side is never added up, and every product of
    matrices is worked out for itself.
    """
    found: dict[int, T] = {}
    fits: dict[int, Fit | None] = dict.fromkeys(range(len(works)))
    while fits:
        asked: dict[int, Refinement] = {}
        for at, fit in fits.items():
            try:
                asked[at] = next(works[at]) if fit is None else works[at].send(fit)
            except StopIteration as end:
                found[at] = end.value
        fits = dict(zip(asked, refine_all(list(asked.values())), strict=True))
    return [found[at] for at in range(len(works))]


def refine_all(asked: Sequence[Refinement]) -> list[Fit]:
    """Each refinement, those of one shape together."""
    alike: dict[tuple[object, ...], list[int]] = {}
    for at, one in enumerate(asked):
        alike.setdefault(one.shape, []).append(at)
    fits: dict[int, Fit] = {}
    for places in alike.values():
        places.sort(key=lambda at: asked[at].equations.observed.shape)
        room = max(1, TOGETHER // len(asked[places[0]].params))
        for first in range(0, len(places), room):
            some = places[first : first + room]
            fits.update(zip(some, _refined([asked[at] for at in some]), strict=True))
    return [fits[at] for at in range(len(asked))]


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
    """One `Refinement`, alone."""
    return _refined([Refinement(equations, model, params, free, scale, iterations, enough)])[0]


@dataclass(eq=False)
class _Part:
    """Starts ``at`` (N,) among all with equally many residuals of their own, ``rows`` (N, R); None where all have.

    What is added up over residuals is added up here, in the order that it has for a frame alone.
    """

    at: NDArray[np.intp]
    rows: NDArray[np.intp] | None
    weights: Array
    here: Linear

    @property
    def place(self) -> NDArray[np.intp] | slice:
        """Where its starts stand among all."""
        return slice(None) if self.rows is None else self.at

    def own(self, whole: Linear) -> Linear:
        """Its residuals of all that stand side by side."""
        if self.rows is None:
            return whole
        at = self.at[:, None]
        return Linear(whole.residuals[at, self.rows], whole.jacobian[at, self.rows])

    def normal(self, how: Refinement, near: NDArray[np.bool_]) -> tuple[Array, Array]:
        """The normal equations: matrices (N, P, P) and gradients (N, P)."""
        jacobian = self.here.jacobian[..., : how.free]
        first, second = _curvatures(self.weights, self.here.residuals, how.scale, near)
        transposed = jacobian.swapaxes(1, 2)
        normal = (transposed * second[:, None]) @ jacobian
        return normal, (transposed @ (first * self.here.residuals)[..., None])[..., 0]

    def costs(self, there: Linear, scale: float) -> Array:
        """The robust costs (N,) of residuals of its own."""
        return _cost(self.weights, there.residuals, scale)

    def kept(self, chosen: NDArray[np.bool_], numbers: NDArray[np.intp]) -> _Part:
        """The chosen starts (of all), under new numbers."""
        mine = chosen[self.at]
        rows = None if self.rows is None else self.rows[mine]
        weights = self.weights[mine] if self.weights.ndim > 1 else self.weights
        here = Linear(self.here.residuals[mine], self.here.jacobian[mine])
        return _Part(numbers[self.at[mine]], rows, weights, here)


@dataclass(eq=False)
class _State:
    """Refinements of one shape under way, ``each`` starts of one after the other."""

    which: NDArray[np.intp]
    each: int
    observed: Observed
    model: Model
    params: Array
    damping: Array
    near: NDArray[np.bool_]
    costs: Array
    parts: list[_Part]

    @classmethod
    def begin(cls, asked: Sequence[Refinement]) -> _State:
        first, each = asked[0], len(asked[0].params)
        observed, model, params = first.equations.observed, first.model, first.params.copy()
        if len(asked) > 1:
            observed = Observed.side_by_side([one.equations.observed for one in asked], each)
            model = first.model.joined([one.model for one in asked[1:]])
            params = np.concatenate([one.params for one in asked])
        here = linearise(observed, model, params)
        parts = _parts([one.equations.observed for one in asked], each, observed, here)
        costs = np.empty(len(params))
        for part in parts:
            costs[part.place] = part.costs(part.here, first.scale)
        damping = np.full(len(params), FIRST_DAMPING if each > 1 else 1e-6)
        near = np.zeros(len(params), dtype=np.bool_)
        return cls(np.arange(len(asked)), each, observed, model, params, damping, near, costs, parts)

    def step(self, how: Refinement) -> NDArray[np.bool_]:
        """One step of every start, taken where it is better; which refinements (T,) have come to their end."""
        step, promised = self._steps(how)
        trial = self.params.copy()
        trial[:, : how.free] -= step
        trial[:, self.model.kap_index] = np.clip(trial[:, self.model.kap_index], *KAP_RANGE)
        whole = linearise(self.observed, self.model, trial)
        there = [part.own(whole) for part in self.parts]
        reached = np.empty_like(self.costs)
        for part, own in zip(self.parts, there, strict=True):
            reached[part.place] = part.costs(own, how.scale)
        better = reached < self.costs
        gain = np.where(better, self.costs - reached, 0.0)
        limit = how.enough * self.costs + 1e-13
        settled, spent = gain <= limit, promised <= limit
        self.near = np.less(gain, NEAR * self.costs)
        self.params[better] = trial[better]
        for part, own in zip(self.parts, there, strict=True):
            mine = better[part.place]
            part.here.residuals[mine], part.here.jacobian[mine] = own.residuals[mine], own.jacobian[mine]
        self.costs = np.where(better, reached, self.costs)
        ended = settled & (better | spent | (self.damping > 1e4) | (self.costs < 1e-16))
        lower, higher = np.maximum(self.damping * 0.1, 1e-10), np.minimum(self.damping * 10.0, 1e8)
        self.damping = np.where(better, lower, higher)
        over: NDArray[np.bool_] = np.logical_and.reduce(ended.reshape(-1, self.each), axis=1)
        return over

    def _steps(self, how: Refinement) -> tuple[Array, Array]:
        """The damped steps (S, F) of the free parameters, and what each promises to gain (S,)."""
        normal, gradient = np.empty((len(self.params), how.free, how.free)), np.empty((len(self.params), how.free))
        for part in self.parts:
            normal[part.place], gradient[part.place] = part.normal(how, self.near[part.place])
        diagonal = np.arange(how.free)
        size = normal[:, diagonal, diagonal]
        normal[:, diagonal, diagonal] += self.damping[:, None] * size + 1e-15 * size.max(axis=1, keepdims=True)
        step = _solve(normal, gradient)
        return step, (step * gradient).sum(axis=1)

    def fits(self, over: NDArray[np.bool_]) -> Iterator[tuple[int, Fit]]:
        """Those of the refinements that are over (T,), by number."""
        for part in self.parts:
            for first in range(0, len(part.at), self.each):
                start = int(part.at[first])
                if over[start // self.each]:
                    own, mine = slice(start, start + self.each), slice(first, first + self.each)
                    here = Linear(part.here.residuals[mine], part.here.jacobian[mine])
                    yield int(self.which[start // self.each]), Fit(self.params[own], self.costs[own], here)

    def keep(self, going: NDArray[np.bool_]) -> None:
        """Go on with these refinements (T,) only."""
        chosen = np.repeat(going, self.each)
        numbers = np.cumsum(chosen) - 1
        self.which, self.observed, self.model = self.which[going], self.observed.taken(chosen), self.model.taken(chosen)
        self.params, self.damping, self.near = self.params[chosen], self.damping[chosen], self.near[chosen]
        self.costs = self.costs[chosen]
        self.parts = [part.kept(chosen, numbers) for part in self.parts if chosen[part.at].any()]


def _parts(frames: Sequence[Observed], each: int, observed: Observed, here: Linear) -> list[_Part]:
    """All starts, those with equally many residuals together."""
    if len({frame.shape for frame in frames}) == 1:
        return [_Part(np.arange(len(frames) * each), None, observed.weights, here)]
    data = observed.weights.shape[-1]
    alike: dict[int, list[tuple[int, NDArray[np.intp]]]] = {}
    for number, rows in enumerate(own_rows(frames, here.residuals.shape[1] - data)):
        alike.setdefault(len(rows), []).append((number, rows))
    parts = []
    for some in alike.values():
        at = np.concatenate([np.arange(number * each, (number + 1) * each) for number, _ in some])
        own = np.repeat(np.stack([rows for _, rows in some]), each, axis=0)
        count = len(frames[some[0][0]].weights)
        part = _Part(at, own, observed.weights[at[:, None], own[:, :count]], here)
        parts.append(replace(part, here=part.own(here)))
    return parts


def _refined(asked: Sequence[Refinement]) -> list[Fit]:
    """Levenberg-Marquardt for refinements of one shape.

    Each start has its own damping of the normal equations' diagonal (HZ A6.2); a step that does not lower the robust
    cost is not taken.
    """
    how, state, fits = asked[0], _State.begin(asked), dict[int, Fit]()
    for _ in range(how.iterations):
        over = state.step(how)
        if over.all():
            break
        if over.any():
            fits.update(state.fits(over))
            state.keep(~over)
    fits.update(state.fits(np.ones(len(state.which), dtype=np.bool_)))
    return [fits[at] for at in range(len(asked))]


def _curvatures(weights: Array, residuals: Array, scale: float, near: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Cauchy's weights w = 1 / (1 + t), t = (r / c)^2, and what stands for them in the normal equations.

    ``near`` the end, that is the cost's curvature w^2 (1 - t), but a tenth of w at least, for steps that are Newton's
    (Triggs et al., *Bundle adjustment: a modern synthesis*, 2000, 4.3); else w itself, which bears worse starts. The
    rows of the priors, after the data, weigh one.
    """
    first, second = np.ones_like(residuals), np.ones_like(residuals)
    data = weights.shape[-1]
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


def _cost(weights: Array, residuals: Array, scale: float) -> Array:
    data = weights.shape[-1]
    cost = robust_cost(residuals[:, :data], weights, scale) + (residuals[:, data:] ** 2).sum(axis=1)
    finite: Array = np.where(np.isfinite(cost), cost, np.inf)
    return finite
