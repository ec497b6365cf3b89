"""One camera fitted to everything a person said of a frame, cold from a bank of starts or warm from the last one.

Levenberg-Marquardt on the residuals of ``annotator.evidence`` with Cauchy's robust cost, many starts at a time, wide
cost first and narrow last; the checks that a camera must pass; and the covariance of what is kept. Nothing here is
random: the same labels give the same answer.

Sources: Hartley & Zisserman, *Multiple View Geometry*, 2nd ed., 8.6 (camera from a plane), A6 (iterative estimation);
Huber & Ronchetti, *Robust Statistics*, 7 (weights).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.camera import KAP_RANGE, Model, Pinhole, Plane, Solution, SolutionKind
from annotator.evidence import (
    FEWEST_CONSTRAINTS,
    Equations,
    Evidence,
    equations_of,
    linearise,
    mean_view,
    robust_cost,
    robust_weights,
)
from annotator.geometry import homography_from
from annotator.pitch import KEYPOINTS, MARKINGS

Array = NDArray[np.float64]

COARSE, WIDE, NARROW = 60.0, 10.0, 2.5  # Cauchy scales in centred units, first to last
CLICK_NOISE = 1.0  # centred units: what a click is worth at best
HIGHEST_FOCAL, LOWEST_FOCAL = 12.0 * 960.0, 0.4 * 960.0
LOWEST_CAMERA = -0.3  # metres, z down
PLENTY = 12  # constraints with which a camera found directly needs no search
FEWEST_TO_WARM = 9  # constraints; below, two cameras may explain the same, and only a search compares them
EXPLAINED = 8.0  # centred units within which a click counts as explained
USUAL_RMS = 1.6  # centred units; what a careful hand leaves over
FIRST_DAMPING = 1e-3
CHEAPER = 0.6  # a homography must cost less than this share of the camera's cost to be preferred

_MAIN = [(x, y, z) for x, y, z in ((0, 65, -15), (-20, 62, -13), (20, 62, -13), (-40, 60, -12), (40, 60, -12))]
_HIGH = [(0, 95, -28), (-80, 0, -18), (80, 0, -18), (-85, 45, -20), (85, 45, -20)]
_LOW = [(-66, 6, -5), (66, 6, -5), (-36, 42, -4), (36, 42, -4)]
_REVERSE = [(0, -65, -15), (-40, -60, -12), (40, -60, -12)]
POSITIONS = np.array([*_MAIN, *_HIGH, *_LOW, *_REVERSE], dtype=np.float64)
FOCALS = np.array([900.0, 2000.0, 4200.0])


@dataclass(frozen=True, eq=False)
class Fit:
    """Candidates at the end of a refinement: parameters (S, P) and their robust costs (S,)."""

    params: Array
    costs: Array


def refine(equations: Equations, model: Model, params: Array, *, free: int, scale: float, iterations: int) -> Fit:
    """Levenberg-Marquardt from ``params`` (S, P) in the first ``free`` parameters, all starts side by side.

    Each start has its own damping of the normal equations' diagonal (HZ A6.2); a step that does not lower the robust
    cost is not taken. Ends when no start gains more than a hundred-millionth.
    """
    params = params.copy()
    count = len(params)
    data = len(equations.weights)
    damping = np.full(count, FIRST_DAMPING if count > 1 else 1e-6)
    here = linearise(equations, model, params, free)
    costs = _cost(equations, here.residuals, data, scale)
    diagonal = np.arange(free)
    for _ in range(iterations):
        weights = np.ones_like(here.residuals)
        weights[:, :data] = equations.weights * robust_weights(here.residuals[:, :data], scale)
        weighted = here.jacobian * weights[..., None]
        normal = weighted.swapaxes(1, 2) @ here.jacobian
        gradient = (weighted.swapaxes(1, 2) @ here.residuals[..., None])[..., 0]
        size = normal[:, diagonal, diagonal]
        normal[:, diagonal, diagonal] += damping[:, None] * size + 1e-15 * size.max(axis=1, keepdims=True)
        trial = params.copy()
        trial[:, :free] -= _solve(normal, gradient)
        trial[:, -1] = np.clip(trial[:, -1], *KAP_RANGE)
        there = linearise(equations, model, trial, free)
        reached = _cost(equations, there.residuals, data, scale)
        better = reached < costs
        gain = np.where(better, costs - reached, 0.0)
        settled = gain <= 1e-8 * costs + 1e-13
        params[better] = trial[better]
        here.residuals[better], here.jacobian[better] = there.residuals[better], there.jacobian[better]
        costs = np.where(better, reached, costs)
        if (settled & (better | (damping > 1e4) | (costs < 1e-16))).all():
            break
        damping = np.where(better, np.maximum(damping * 0.1, 1e-10), np.minimum(damping * 10.0, 1e8))
    return Fit(params, costs)


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


def calibrate(evidence: Evidence, size: tuple[int, int], *, hints: Mapping[str, Array]) -> Solution | None:
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
    camera = _camera_cold(evidence, equations, hints, size)
    if camera is not None and camera.rms <= USUAL_RMS:
        return camera
    ground = _ground_cold(evidence.ground_only(), hints, camera, size)
    if ground is None or (camera is not None and ground.cost >= CHEAPER * camera.cost):
        return camera
    return ground


def refined(evidence: Evidence, previous: Solution) -> Solution | None:
    """The camera of a moment ago, refined; None where only a search can tell: too little said, too much unexplained."""
    equations = equations_of(evidence)
    if equations is None or previous.kind is not SolutionKind.CAMERA or evidence.constraints < FEWEST_TO_WARM:
        return None
    model, params = previous.restarted()
    fit = refine(equations, model, params, free=params.shape[1], scale=NARROW, iterations=20)
    if not _accepted(equations, model, fit.params)[0]:
        return None
    solution = _solution(equations, model, fit.params, fit.costs, 0, previous.size)
    return solution if solution.rms <= USUAL_RMS else None


def _camera_cold(
    evidence: Evidence, equations: Equations, hints: Mapping[str, Array], size: tuple[int, int]
) -> Solution | None:
    """The best camera: behind the linear homography, from the usual places, from the unusual ones.

    Each is asked only when what came before explains the clicks poorly, or so little was said that two cameras may
    explain it. (On 380 real and made-up frames with ``PLENTY`` the first never differed from the best of all.)
    """
    start = _decomposed(evidence, hints)
    if start is not None and evidence.constraints >= PLENTY:
        model = Pinhole(start[0])
        fit = refine(equations, model, start[1], free=7, scale=WIDE, iterations=8)
        direct = _polished(equations, model, fit.params, size)
        if direct is not None and direct.rms <= USUAL_RMS:
            return direct
    usual = _searched(evidence, equations, start, POSITIONS, size)
    if usual is not None and usual.rms <= USUAL_RMS:
        return usual
    unusual = _searched(evidence, equations, None, POSITIONS * (-1.0, -1.0, 1.2), size)
    if usual is None or unusual is None:
        return usual or unusual
    return unusual if unusual.cost < 0.9 * usual.cost else usual


def _searched(
    evidence: Evidence,
    equations: Equations,
    decomposed: tuple[Array, Array] | None,
    positions: Array,
    size: tuple[int, int],
) -> Solution | None:
    """Coarse, wide, narrow: many starts, then the best ten, then four."""
    model, params = _bank(evidence, positions)
    if decomposed is not None:
        model = Pinhole(np.concatenate([model.base, decomposed[0]]))
        params = np.concatenate([params, decomposed[1]])
    fit = refine(equations, model, params, free=7, scale=COARSE, iterations=8)
    model, params = _best(equations, model, fit, 10)
    fit = refine(equations, model, params, free=7, scale=WIDE, iterations=10)
    model, params = _best(equations, model, fit, 4)
    return _polished(equations, model, params, size)


def _polished(equations: Equations, model: Pinhole, params: Array, size: tuple[int, int]) -> Solution | None:
    """The cheapest camera that could exist, from few starts, lens and all; of equals the one on the main side."""
    fit = refine(equations, model, params, free=8, scale=WIDE, iterations=10)
    fit = refine(equations, model, fit.params, free=8, scale=NARROW, iterations=40)
    good = np.flatnonzero(_accepted(equations, model, fit.params) & np.isfinite(fit.costs))
    if not len(good):
        return None
    near = good[fit.costs[good] <= fit.costs[good].min() * 1.02 + 0.05]
    chosen = int(near[np.lexsort((fit.costs[near], fit.params[near, 4] < 0.0))[0]])
    return _solution(equations, model, fit.params, fit.costs, chosen, size)


def _best(equations: Equations, model: Pinhole, fit: Fit, count: int) -> tuple[Pinhole, Array]:
    """The cheapest candidates, those that see everything in front of them first."""
    order = np.lexsort((fit.costs, ~_accepted(equations, model, fit.params)))
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


def _accepted(equations: Equations, model: Model, params: Array) -> NDArray[np.bool_]:
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


def _bank(evidence: Evidence, places: Array) -> tuple[Pinhole, Array]:
    """Cameras where cameras stand, each turned so that the mean place appears at the mean click."""
    world, seen = mean_view(evidence)
    positions = np.repeat(places, len(FOCALS), axis=0)
    focals = np.tile(FOCALS, len(places))
    params = np.zeros((len(positions), 8))
    params[:, 3:6], params[:, 6] = positions, np.log(focals)
    base = np.stack([_aimed(p, f, world, seen) for p, f in zip(positions, focals, strict=True)])
    return Pinhole(base), params


def _aimed(position: Array, focal: float, world: Array, seen: Array) -> Array:
    """The level rotation (3, 3) that puts ``world`` at ``seen`` from ``position``, by a few pan and tilt steps."""
    forward = world - position
    aim = forward / np.linalg.norm(forward)
    pan, tilt = math.atan2(aim[0], -aim[1]), math.asin(aim[2])
    pan -= math.atan2(float(seen[0]), focal)
    tilt -= math.atan2(float(seen[1]), focal)
    ahead = np.array([math.sin(pan) * math.cos(tilt), -math.cos(pan) * math.cos(tilt), math.sin(tilt)])
    right = np.array([math.cos(pan), math.sin(pan), 0.0])
    return np.stack([right, np.cross(ahead, right), ahead])


def _linear_ground(evidence: Evidence, hints: Mapping[str, Array]) -> Array | None:
    """A ground homography (3, 3), centred units from metres, from points, hints and clicks on straight markings."""
    ground = evidence.ground_only()
    known = {name: xy for name, xy in hints.items() if KEYPOINTS[name].on_ground} | dict(ground.points)
    points = np.array(list(known.values())).reshape(-1, 2)
    places = np.array([KEYPOINTS[name].world[:2] for name in known]).reshape(-1, 2)
    clicks, lines = [np.empty((0, 2))], [np.empty((0, 3))]
    for name, xy in ground.markings.items():
        marking = MARKINGS[name]
        if marking.is_round:
            continue
        (ax, ay, _), (bx, by, _) = marking.start, marking.end
        line = np.array([ay - by, bx - ax, ax * by - ay * bx])
        clicks.append(xy)
        lines.append(np.repeat(line[None] / np.hypot(line[0], line[1]), len(xy), axis=0))
    pitch_from_image = homography_from(points, places, np.concatenate(clicks), np.concatenate(lines))
    if pitch_from_image is None or abs(np.linalg.det(pitch_from_image)) < 1e-18:
        return None
    depths = np.sign(np.concatenate([points, *clicks]) @ pitch_from_image[2, :2] + pitch_from_image[2, 2])
    image_from_pitch: Array = np.asarray(np.linalg.inv(pitch_from_image), dtype=np.float64)
    return image_from_pitch if depths.sum() >= 0.0 else -image_from_pitch


def _decomposed(evidence: Evidence, hints: Mapping[str, Array]) -> tuple[Array, Array] | None:
    """Cameras, bases (S, 3, 3) and parameters (S, 8), behind the linear homography: H = K (r1 r2 -RC) (HZ 8.6)."""
    homography = _linear_ground(evidence, hints)
    if homography is None:
        return None
    first, second, third = homography.T
    a = np.array([first[0] * second[0] + first[1] * second[1], first[:2] @ first[:2] - second[:2] @ second[:2]])
    b = np.array([first[2] * second[2], first[2] ** 2 - second[2] ** 2])
    size = float(a @ a)
    inverse_square = -float(a @ b) / size if size > 0.0 else 0.0
    focals = [1500.0, 3000.0]
    if inverse_square > 0.0 and LOWEST_FOCAL < inverse_square**-0.5 < HIGHEST_FOCAL:
        focals.insert(0, inverse_square**-0.5)
    bases, params = [], []
    for focal in focals:
        r1, r2, t = (column / np.array([focal, focal, 1.0]) for column in (first, second, third))
        scale = math.sqrt(float(np.linalg.norm(r1) * np.linalg.norm(r2)))
        u, _, v = np.linalg.svd(np.stack([r1, r2, np.cross(r1, r2) / scale], axis=1) / scale)
        rotation = u @ np.diag([1.0, 1.0, float(np.linalg.det(u @ v))]) @ v
        bases.append(rotation)
        params.append([0.0, 0.0, 0.0, *(-rotation.T @ t / scale), math.log(focal), 0.0])
    return np.array(bases), np.array(params)


def _ground_cold(
    evidence: Evidence, hints: Mapping[str, Array], camera: Solution | None, size: tuple[int, int]
) -> Solution | None:
    equations = equations_of(evidence)
    if equations is None or evidence.constraints < 8:
        return None
    starts = [h for h in (_linear_ground(evidence, hints), camera.ground if camera else None) if h is not None]
    if not starts:
        return None
    model = Plane.about(np.array(starts))
    fit = refine(equations, model, np.zeros((len(starts), 9)), free=9, scale=WIDE, iterations=15)
    fit = refine(equations, model, fit.params, free=9, scale=NARROW, iterations=30)
    good = np.flatnonzero(_accepted(equations, model, fit.params) & np.isfinite(fit.costs))
    if not len(good):
        return None
    return _solution(equations, model, fit.params, fit.costs, int(good[np.argmin(fit.costs[good])]), size)


def _solution(
    equations: Equations, model: Model, params: Array, costs: Array, chosen: int, size: tuple[int, int]
) -> Solution:
    """The chosen candidate with its covariance and what leaving out each placed point would give."""
    params = params[chosen : chosen + 1]
    if isinstance(model, Pinhole):
        model, kind = Pinhole(model.base[chosen : chosen + 1]), SolutionKind.CAMERA
    else:
        assert isinstance(model, Plane)
        model = Plane(model.base[chosen : chosen + 1], model.directions[chosen : chosen + 1])
        kind = SolutionKind.GROUND
    here = linearise(equations, model, params, params.shape[1])
    residuals, jacobian = here.residuals[0], here.jacobian[0]
    data = len(equations.weights)
    weights = np.ones_like(residuals)
    weights[:data] = equations.weights * robust_weights(residuals[:data], NARROW)
    inverse = _inverse(jacobian.T @ (jacobian * weights[:, None]))
    used = weights[:data]
    freedom = float(used.sum()) - min(params.shape[1], data - 1)
    square = float((used * residuals[:data] ** 2).sum())
    scale = max(CLICK_NOISE, math.sqrt(square / freedom) if freedom >= 1.0 else CLICK_NOISE)
    rms = math.sqrt(square / float(used.sum()))
    agreeing = np.abs(residuals[:data]) < EXPLAINED
    support = float(equations.weights[agreeing].sum() / equations.weights.sum())
    left_out = {
        name: _left_out(equations, name, residuals, jacobian, weights, inverse) for name in equations.point_names
    }
    misfits = equations.misfits(residuals[:data])
    return Solution(
        kind, size, model, params[0], inverse * scale**2, rms, support, float(costs[chosen]), left_out, misfits
    )


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
