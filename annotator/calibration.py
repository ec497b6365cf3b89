"""One camera fitted to everything a person said of a frame, cold from a bank of starts or warm from the last one.

Many starts at a time (``annotator.refinement``), wide robust cost first and narrow last; the checks that a camera must
pass; the crown and the size of the pitch where what was said
asks for them; and the covariance of what is kept. Nothing here is random: the same labels give the same answer.

Sources: Hartley & Zisserman, *Multiple View Geometry*, 2nd ed., 5.2 (covariance); Huber &
Ronchetti, *Robust Statistics*, 7 (weights); Akaike, *A new look at the statistical model identification*, 1974.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from annotator.camera import Solution, SolutionKind
from annotator.evidence import (
    FEWEST_CONSTRAINTS,
    Equations,
    Evidence,
    equations_of,
    robust_weights,
)
from annotator.lens import HALF_DIAGONAL
from annotator.pitch import KEYPOINTS
from annotator.projections import Model, Pinhole, Plane
from annotator.refinement import ROUGH_GAIN, Fit, Refinement, Steps, alone, refine
from annotator.starts import HIGHEST_FOCAL, LOWEST_FOCAL, POSITIONS, bank, decomposed, linear_ground
from annotator.surface import USUAL

Array = NDArray[np.float64]

COARSE, WIDE, NARROW = 60.0, 10.0, 2.5  # Cauchy scales in centred units, first to last
CLICK_NOISE = 1.0  # centred units: what a click is worth at best
LOWEST_CAMERA = -0.3  # metres, z down
PLENTY = 12  # constraints with which a camera found directly needs no search
EXPLAINED = 8.0  # centred units within which a click counts as explained
USUAL_RMS = 1.6  # centred units; what a careful hand leaves over
CHEAPER = 0.6  # a homography must cost less than this share of the camera's cost to be preferred
WORTH = 2.0  # variances of a click that an unknown of the pitch must save to be asked (Akaike)
HIGHEST_CROWN = 0.8  # metres; no pitch is cambered more
JUMP = (1.25, 12.0)  # times the last robust cost plus this is no longer the same view, warm
RIVAL = 6.0  # variances of a click within which another camera explains the same,
APART = 10.0  # and centred units at a keypoint from which on it is another one
BETTER = 0.8  # share of the cost below which a rival takes over in a drag

_WORLDS = np.array([point.world for point in KEYPOINTS.values()])


def calibrate(evidence: Evidence, size: tuple[int, int], *, hints: Mapping[str, Array]) -> Solution | None:
    """What `calibration` comes to, for one frame alone."""
    return alone(calibration(evidence, size, hints=hints))


def calibration(
    evidence: Evidence, size: tuple[int, int], *, hints: Mapping[str, Array]
) -> Steps[Solution | None]:
    """The projection that explains the evidence, or None when too little was said or nothing explains it.

    Parameters
    ----------
    evidence
        Clicks and points in centred units.
    size
        Width and height of the frame in pixels.
    hints
        Keypoints constructed from the drawn markings, name -> (2,) centred: starts for the search, not evidence.
    """
    equations = equations_of(evidence)
    if equations is None or evidence.constraints < FEWEST_CONSTRAINTS:
        return None
    camera = yield from _camera_cold(evidence, equations, hints, size)
    if camera is not None:
        camera = yield from _surveyed(equations, camera)
        if camera.rms <= USUAL_RMS:
            return camera
    ground = yield from _ground_cold(evidence.ground_only(), hints, camera, size)
    if ground is None or (camera is not None and ground.cost >= CHEAPER * camera.cost):
        return camera
    return ground


def refined(evidence: Evidence, previous: Solution, *, hints: Mapping[str, Array] | None = None) -> Solution | None:
    """The projection of a moment ago, refined; None where it no longer explains what it did, and a search must tell.

    What is unknown of the pitch stays what it was. While little is said, a rival and what ``hints`` suggest are refined
    beside it, so that a better explanation is found without a search, and taken when it is clearly cheaper.
    """
    of_ground = previous.kind is SolutionKind.GROUND
    equations = equations_of(evidence.ground_only() if of_ground else evidence)
    if equations is None or evidence.constraints < FEWEST_CONSTRAINTS:
        return None
    model, params = previous.restarted()
    fit = refine(equations, model, params, free=params.shape[1], scale=NARROW, iterations=20)
    if not could_exist(equations, model, fit.params)[0] or fit.costs[0] > JUMP[0] * previous.cost + JUMP[1]:
        return None
    solution = solution_of(equations, model, fit, 0, previous.size)
    if of_ground or (previous.rival is None and evidence.constraints >= PLENTY):
        return solution
    others = [_as_start(previous.rival)] if previous.rival is not None else []
    if hints is not None and (start := decomposed(evidence, hints)) is not None:
        others.append(start)
    if not others:
        return solution
    model = Pinhole(np.concatenate([base for base, _ in others]))
    starts = np.concatenate([params for _, params in others])
    best = alone(_polished(equations, model, starts, previous.size))
    if best is None:
        return solution
    if best.cost < BETTER * solution.cost - 1.0 and is_elsewhere(best, solution):
        return best
    return _with_rival(solution, [best, *([best.rival] if best.rival is not None else [])])


def flattened(evidence: Evidence, solution: Solution) -> Solution:
    """What `flattening` comes to, for one frame alone."""
    return alone(flattening(evidence, solution))


def flattening(evidence: Evidence, solution: Solution) -> Steps[Solution]:
    """The best camera of a flat pitch of the book's size: what formats can hold that know no other.

    The solution itself where it is one, or no camera.
    """
    equations = equations_of(evidence)
    if equations is None or len(solution.params) == 8 or not isinstance(solution.model, Pinhole):
        return solution
    started, params = solution.restarted()
    assert isinstance(started, Pinhole)
    model = replace(started, unknowns=0)
    fit = yield Refinement(equations, model, params[:, :8], free=8, scale=NARROW, iterations=30)
    return solution_of(equations, model, fit, 0, solution.size)


def _as_start(solution: Solution) -> tuple[Array, Array]:
    """Base (1, 3, 3) and parameters (1, 8) of a camera on the book's pitch where this one stands."""
    model, params = solution.restarted()
    return model.base, params[:, :8]


def _camera_cold(
    evidence: Evidence, equations: Equations, hints: Mapping[str, Array], size: tuple[int, int]
) -> Steps[Solution | None]:
    """The best camera: behind the linear homography, from the usual places, from the unusual ones.

    Each is asked only when what came before explains the clicks poorly, or so little was said that two cameras may
    explain it. (On 380 real and made-up frames with ``PLENTY`` the first never differed from the best of all.)
    """
    start = decomposed(evidence, hints)
    if start is not None and evidence.constraints >= PLENTY:
        model = Pinhole(start[0])
        fit = yield Refinement(equations, model, start[1], free=7, scale=WIDE, iterations=8, enough=ROUGH_GAIN)
        direct = yield from _polished(equations, model, fit.params, size)
        if direct is not None and direct.rms <= USUAL_RMS:
            return direct
    usual = yield from _searched(evidence, equations, start, POSITIONS, size)
    if usual is not None and usual.rms <= USUAL_RMS:
        return usual
    unusual = yield from _searched(evidence, equations, None, POSITIONS * (-1.0, -1.0, 1.2), size)
    if usual is None or unusual is None:
        return usual or unusual
    return unusual if unusual.cost < 0.9 * usual.cost else usual


def _searched(
    evidence: Evidence,
    equations: Equations,
    start: tuple[Array, Array] | None,
    positions: Array,
    size: tuple[int, int],
) -> Steps[Solution | None]:
    """Coarse, wide, narrow: many starts, then the best ten, then four."""
    model, params = bank(evidence, positions)
    if start is not None:
        model = Pinhole(np.concatenate([model.base, start[0]]))
        params = np.concatenate([params, start[1]])
    fit = yield Refinement(equations, model, params, free=7, scale=COARSE, iterations=8)
    model, params = _best(equations, model, fit, 10)
    fit = yield Refinement(equations, model, params, free=7, scale=WIDE, iterations=10, enough=ROUGH_GAIN)
    model, params = _best(equations, model, fit, 4)
    return (yield from _polished(equations, model, params, size))


def _polished(equations: Equations, model: Pinhole, params: Array, size: tuple[int, int]) -> Steps[Solution | None]:
    """The cheapest camera that could exist, from few starts, lens and all; of equals the one on the main side."""
    fit = yield Refinement(equations, model, params, free=8, scale=WIDE, iterations=10, enough=ROUGH_GAIN)
    fit = yield Refinement(equations, model, fit.params, free=8, scale=NARROW, iterations=40)
    good = np.flatnonzero(could_exist(equations, model, fit.params) & np.isfinite(fit.costs))
    if not len(good):
        return None
    cheapest = float(fit.costs[good].min())
    near = good[fit.costs[good] <= cheapest * 1.02 + 0.05]
    chosen = int(near[np.lexsort((fit.costs[near], fit.params[near, 4] < 0.0))[0]])
    solution = solution_of(equations, model, fit, chosen, size)
    close = good[(fit.costs[good] <= cheapest + RIVAL * _variance(equations, cheapest)) & (good != chosen)]
    return _with_rival(solution, [solution_of(equations, model, fit, int(i), size) for i in close])


def _variance(equations: Equations, cost: float) -> float:
    """Of a click, what a fit of this robust cost leaves over, but no less than a careful hand's."""
    return max(CLICK_NOISE**2, cost / max(1.0, float(equations.weights.sum()) - 8.0))


def _with_rival(solution: Solution, others: list[Solution]) -> Solution:
    """The solution with the cheapest of the others that puts the pitch elsewhere, where it is nearly as cheap."""
    limit = solution.cost + RIVAL * max(CLICK_NOISE, solution.rms) ** 2
    elsewhere = [other for other in others if other.cost <= limit and is_elsewhere(other, solution)]
    if not elsewhere:
        return replace(solution, rival=None)
    return replace(solution, rival=replace(min(elsewhere, key=lambda other: other.cost), rival=None))


def is_elsewhere(one: Solution, two: Solution) -> bool:
    """Whether two solutions disagree on a keypoint in the frame by more than ``APART`` and what each is sure of."""
    first, second = one.project(_WORLDS), two.project(_WORLDS)
    width, height = one.size
    inside = ((first > -0.5) & (first < (width, height))).all(axis=1)
    inside |= ((second > -0.5) & (second < (width, height))).all(axis=1)
    off = np.linalg.norm(np.nan_to_num(first - second, nan=4.0 * HALF_DIAGONAL), axis=1) * one.lens.scale
    if not (inside & (off > APART)).any():
        return False
    sure = 3.0 * np.hypot(one.deviations(_WORLDS), two.deviations(_WORLDS)) * one.lens.scale
    return bool((inside & (off > np.maximum(APART, np.nan_to_num(sure)))).any())


def _surveyed(equations: Equations, flat: Solution) -> Steps[Solution]:
    """The camera, with the crown of the pitch, or crown and size, where they save more than they cost.

    Akaike's criterion: an unknown is worth asking when it lowers the cost, its prior's included, by more than
    ``WORTH`` variances of a click.
    """
    base, params = _as_start(flat)
    variance = _variance(equations, flat.cost)
    best, score = flat, flat.cost / variance
    for unknowns in (1, 3):
        model = Pinhole(base, unknowns)
        start = np.concatenate([params, USUAL[None, :unknowns]], axis=1)
        fit = yield Refinement(equations, model, start, free=8 + unknowns, scale=NARROW, iterations=15)
        reached = float(fit.costs[0]) / variance + WORTH * unknowns
        if reached < score and abs(fit.params[0, 8]) <= HIGHEST_CROWN and could_exist(equations, model, fit.params)[0]:
            best, score = solution_of(equations, model, fit, 0, flat.size), reached
    return best if best is flat else replace(best, rival=flat.rival)


def _best(equations: Equations, model: Pinhole, fit: Fit, count: int) -> tuple[Pinhole, Array]:
    """The cheapest candidates, those that see everything in front of them first."""
    order = np.lexsort((fit.costs, ~could_exist(equations, model, fit.params)))
    taken: list[int] = []
    for i in order:
        if all(
            abs(fit.costs[i] - fit.costs[j]) > 1e-6 * fit.costs[j]
            or np.linalg.norm(fit.params[i, 3:6] - fit.params[j, 3:6]) > 0.05
            for j in taken
        ):
            taken.append(int(i))
        if len(taken) == count:
            break
    return Pinhole(model.base[taken]), fit.params[taken]


def could_exist(equations: Equations, model: Model, params: Array) -> NDArray[np.bool_]:
    """Which candidates (S,) pass: what was said lies in front, seen from above, with a camera that could exist."""
    matrices, kaps, _ = model.evaluate(params[:, None])
    finite = np.isfinite(matrices).all(axis=(1, 2, 3))
    front = equations.in_front(matrices[:, 0], kaps[:, 0]) >= 0.999
    if isinstance(model, Pinhole):
        upright = model.rotation(params[:, None])[:, 0, 1, 2] > 0.0
        focal = params[:, 6]
        real = (focal > math.log(LOWEST_FOCAL)) & (focal < math.log(HIGHEST_FOCAL))
        above: NDArray[np.bool_] = params[:, 5] < LOWEST_CAMERA
        return finite & front & upright & above & real
    kept: NDArray[np.bool_] = finite & front & (np.linalg.det(matrices[:, 0][:, :, [0, 1, 3]]) > 0.0)
    return kept


def _ground_cold(
    evidence: Evidence, hints: Mapping[str, Array], camera: Solution | None, size: tuple[int, int]
) -> Steps[Solution | None]:
    equations = equations_of(evidence)
    if equations is None or evidence.constraints < 8:
        return None
    starts = [h for h in (linear_ground(evidence, hints), camera.ground if camera else None) if h is not None]
    if not starts:
        return None
    model = Plane.about(np.array(starts))
    params = np.zeros((len(starts), 9))
    fit = yield Refinement(equations, model, params, free=9, scale=WIDE, iterations=15, enough=ROUGH_GAIN)
    fit = yield Refinement(equations, model, fit.params, free=9, scale=NARROW, iterations=30)
    good = np.flatnonzero(could_exist(equations, model, fit.params) & np.isfinite(fit.costs))
    if not len(good):
        return None
    return solution_of(equations, model, fit, int(good[np.argmin(fit.costs[good])]), size)


def solution_of(equations: Equations, model: Model, fit: Fit, chosen: int, size: tuple[int, int]) -> Solution:
    """The chosen candidate with its covariance and what leaving out each placed point would give."""
    params, residuals, jacobian = fit.params[chosen], fit.here.residuals[chosen], fit.here.jacobian[chosen]
    if isinstance(model, Pinhole):
        model, kind = replace(model, base=model.base[chosen : chosen + 1]), SolutionKind.CAMERA
    else:
        assert isinstance(model, Plane)
        model = Plane(model.base[chosen : chosen + 1], model.directions[chosen : chosen + 1])
        kind = SolutionKind.GROUND
    data = len(equations.weights)
    weights = np.ones_like(residuals)
    weights[:data] = equations.weights * robust_weights(residuals[:data], NARROW)
    inverse = _inverse(jacobian.T @ (jacobian * weights[:, None]))
    used = weights[:data]
    square = float((used * residuals[:data] ** 2).sum())
    scale = max(CLICK_NOISE, _spread(equations.weights, residuals[:data], len(params)))
    rms = math.sqrt(square / float(used.sum()))
    agreeing = np.abs(residuals[:data]) < EXPLAINED
    support = float(equations.weights[agreeing].sum() / equations.weights.sum())
    left_out = {
        name: _left_out(equations, name, residuals, jacobian, weights, inverse) for name in equations.point_names
    }
    misfits = equations.misfits(residuals[:data])
    return Solution(
        kind, size, model, params, inverse * scale**2, rms, support, float(fit.costs[chosen]), left_out, misfits
    )


def _spread(weights: Array, residuals: Array, count: int) -> float:
    """The standard deviation of a click for the covariance s^2 (J' W J)^-1 of an M-estimate of ``count`` parameters.

    s^2 = n / (n - p) mean(psi^2) mean(w) / mean(psi')^2 with psi = w r of Cauchy's cost (Huber & Ronchetti, 7.6), the
    mean curvature no less than a fifth: many gross errors are no noise.
    """
    square = (residuals / NARROW) ** 2
    plain = 1.0 / (1.0 + square)
    total = float(weights.sum())
    freedom = total - count
    if freedom < 1.0:
        return CLICK_NOISE
    push = float((weights * (plain * residuals) ** 2).sum()) / freedom
    curvature = max(float((weights * plain * plain * (1.0 - square)).sum()) / total, 0.2)
    return math.sqrt(push * float((weights * plain).sum()) / total) / curvature


def _inverse(normal: Array) -> Array:
    """Inverse of a symmetric matrix, its diagonal scaled to one first; directions nobody saw get a huge variance."""
    scale = 1.0 / np.sqrt(np.maximum(normal.diagonal(), 1e-30))
    values, vectors = np.linalg.eigh(normal * scale[:, None] * scale[None])
    inverse = (vectors / np.maximum(values, 1e-14)) @ vectors.T
    found: Array = inverse * scale[:, None] * scale[None]
    return found


def _left_out(
    equations: Equations, name: str, residuals: Array, jacobian: Array, weights: Array, inverse: Array
) -> float | None:
    """Distance in centred units from a placed point to where the rest alone puts it, (I - J N^-1 J' W)^-1 r."""
    rows = equations.point_rows(name)
    own = jacobian[rows]
    rest = np.eye(2) - own @ inverse @ own.T * weights[rows]
    if np.linalg.eigvals(rest).real.min() < 0.05:
        return None
    precision = equations.precision(name)
    return float(np.linalg.norm(np.linalg.solve(rest, residuals[rows]))) / precision
