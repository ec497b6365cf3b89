"""A camera carried from frame to frame: moved with the background, then drawn to the paint.

What the motion of the background says of the camera and what the paint across the projected markings says are put
into one least-squares fit; the position of the camera and its lens hardly change from one frame to the next. So the
paint takes out what the motion gets wrong, and the motion carries the camera over where little paint is to be seen.

Sources: Harris, *Tracking with rigid models*, 1992 (RAPID); Drummond & Cipolla, *Real-time visual tracking of complex
structures*, 2002 (normal distances to edges, robust weights); Hartley & Zisserman, *Multiple View Geometry*, 2nd ed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from annotator.camera import Solution, SolutionKind
from annotator.lens import HALF_DIAGONAL, KAP_RANGE
from annotator.motion_faint import FAINT_WEIGHT, faint_line
from annotator.motion_standing import held
from annotator.paint import PaintField
from annotator.paint_profiles import ridges_across
from annotator.pitch import KEYPOINTS, MARKINGS, marking_samples
from annotator.projections import Pinhole
from annotator.surface import moved
from annotator.tripod_prior import Standing

__all__ = [
    "KNOWN", "MOVING", "STANDING", "Seen", "camera_with", "deviation_in_view", "drawn_to_paint", "focal_of",
    "paint_distance",
]  # fmt: skip

Array = NDArray[np.float64]

GRID = (7, 5)  # places of a frame at which its motion is taken
FIELD = 150.0  # metres: ground farther away says little
# How much the camera's parameters are held in a motion: turns and focal length not at all, then its place and lens.
KEEPING = np.array([1e-6, 1e-6, 1e-6, 1.0, 1.0, 1.0, 1e-6, 4e6])
KNOWN, STANDING, MOVING = 0.001, 0.02, 0.5  # metres a frame, for its place
STEP_SD = 0.15  # centred units by which a motion may be wrong
KAP_DRIFT = 0.0005  # a frame: zooming changes what the lens bends
LEAST_SD = np.array([1e-5, 1e-5, 1e-5, 1e-3, 1e-3, 1e-3, 1e-5, 1e-5])  # nothing is known better
PAINT_SD = 0.6  # centred units: of paint across one profile; more than it scatters, as neighbours err alike
FULL = 14.0  # profiles of one marking that count in full; more share the weight of so many
REACH, CLOSER = 9.0, 4.0  # centred units to either side where paint is looked for, first and again
SPACING = 7.0  # pixels of 540 rows between two profiles, at least
MOST = 26  # profiles of one marking
APART = 0.45  # of the way to the nearest other marking is as far as a profile looks
BESIDE = 12.0  # pixels along a marking within which another lies beside it
NARROWEST = 1.6  # centred units: profiles that could look less far are left out
ROBUST = 1.5  # centred units: Cauchy's scale for paint
AGREES = 1.5  # centred units within which paint confirms a marking
CONFIRMING, FEWEST = 0.4, 5  # share and number of a marking's profiles that must agree
ROUNDS = 4


@dataclass(frozen=True, eq=False)
class Seen:
    """What the paint says of one camera.

    ``solution`` is the camera; ``residual`` the median distance in pixels between paint and markings, and ``pulled``
    what it was before the paint was listened to, None without paint; ``profiles`` is how many places were looked at;
    ``confirmed`` names the markings that the paint shows; ``offsets`` maps each of them to places on its
    projection, (N, 2) pixels, and how far from there the paint lies, (N, 2) pixels across the marking.
    """

    solution: Solution
    residual: float | None = None
    pulled: float | None = None
    profiles: int = 0
    confirmed: frozenset[str] = frozenset()
    offsets: Mapping[str, tuple[Array, Array]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Profiles:
    """Profiles across the projected markings: places (N, 3) in metres of this pitch, pixels, normals, whose each is."""

    worlds: Array
    pixels: Array
    normals: Array
    reach: Array
    owner: NDArray[np.intp]


@cache
def _ground_samples() -> tuple[Array, NDArray[np.intp], tuple[str, ...]]:
    """Places (N, 3) along all markings on the ground, half a metre apart, whose each is, and their names."""
    names = tuple(name for name, marking in MARKINGS.items() if marking.on_ground)
    parts = [marking_samples(name, 0.5) for name in names]
    return np.concatenate(parts), np.repeat(np.arange(len(parts)), [len(part) for part in parts]), names


def camera_with(solution: Solution, params: Array, covariance: Array | None = None) -> Solution:
    """The same kind of camera with other parameters, about the rotation of ``solution``."""
    return Solution(
        SolutionKind.CAMERA, solution.size, solution.model, params,
        solution.covariance if covariance is None else covariance, solution.rms, solution.support, solution.cost,
    )  # fmt: skip


def drawn_to_paint(
    paint: PaintField, before: Solution, by: Array | None = None, *,
    pace: float = STANDING, standing: Standing | None = None,
) -> Seen:  # fmt: skip
    """The camera of a frame: the one before, moved, then drawn to the paint as far as it was not sure.

    A step of an extended Kalman filter whose measurements are robust (Cauchy's weights) and repeated where it ends.

    Parameters
    ----------
    paint
        The frame, prepared.
    before
        The camera of the frame before, with its covariance.
    by
        The motion (3, 3) in ideal units from there; None where ``before`` is of this very frame.
    pace
        How far in metres the camera may have gone since, as a deviation: ``STANDING``, ``MOVING`` on a crane, or
        ``KNOWN``.
    standing
        What is known of a camera that stands on one spot; nothing of it is ever less sure than that.

    Raises
    ------
    ValueError
        If ``before`` is a homography of the ground alone.
    """
    prior = _restarted(before) if by is None else _moved(_restarted(before), by, pace)
    if standing is not None:
        prior = held(prior, standing)
    seen, pulled = Seen(prior), None
    for reach in (REACH, CLOSER):
        found = _paint(paint, seen.solution, reach)
        if found is None:
            break
        if reach == REACH and (found.weight > 0.0).sum() >= FEWEST:
            pulled = float(np.median(np.abs(found.offset[found.weight > 0.0])))
        fitted, away = _updated(prior, seen.solution, found)
        seen = _confirmed(fitted, found, away)
    return replace(seen, pulled=pulled)


def _restarted(solution: Solution) -> Solution:
    """The same camera with a rotation vector of zero about its own rotation."""
    if not isinstance(solution.model, Pinhole):
        raise ValueError("only a camera can be carried, not a homography of the ground")
    model, params = solution.restarted()
    return replace(solution, model=model, params=params[0])


def _moved(before: Solution, by: Array, pace: float) -> Solution:
    """The camera after a motion, a little less sure: turned and zoomed, its place and lens all but kept.

    What is wrong of its rotation turns along with it: with R' = M R, exp(d) R becomes exp(M d) R'.
    """
    motion = _motion(before, by)
    after, count = before, _known(before)
    keeping = np.where(np.arange(count) // 3 == 1, pace**-2.0, KEEPING[:count])
    if motion is not None:
        for _ in range(ROUNDS):
            places, jacobian = _rows(after, motion.worlds)
            rows = jacobian[..., :count].reshape(-1, count)
            normal = rows.T @ rows + np.diag(keeping)
            gradient = rows.T @ (places - _bent(motion.ideal, after)).reshape(-1)
            gradient += keeping * (after.params - before.params)[:count]
            params = after.params.copy()
            params[:count] -= np.linalg.solve(normal, gradient)
            after = camera_with(after, params)
    after = _restarted(after)
    assert isinstance(before.model, Pinhole)
    assert isinstance(after.model, Pinhole)
    turn = np.eye(len(before.params))
    turn[:3, :3] = after.model.base[0] @ before.model.base[0].T
    covariance = turn @ before.covariance @ turn.T
    off = STEP_SD / math.exp(float(after.params[6]))
    drift = np.array([off, off, off, *[0.5 * pace] * 3, 3.0 * STEP_SD / HALF_DIAGONAL, KAP_DRIFT])
    covariance[np.arange(count), np.arange(count)] += drift[:count] ** 2
    return camera_with(after, after.params, covariance)


def focal_of(solution: Solution) -> float:
    """The focal length of a camera in centred units."""
    return math.exp(float(solution.params[6]))


def _known(solution: Solution) -> int:
    """How many of the parameters may change from frame to frame: not those of the pitch."""
    return min(8, len(solution.params))


@dataclass(frozen=True, eq=False)
class _Motion:
    """Places (N, 3) on the ground in metres of this pitch, and where in ideal units (N, 2) the motion has them."""

    worlds: Array
    ideal: Array


@dataclass(frozen=True, eq=False)
class _Paint:
    """What was found across the profiles: distance along each normal in pixels, and its weight, (N,)."""

    profiles: _Profiles
    offset: Array
    weight: Array


def _motion(before: Solution, by: Array) -> _Motion | None:
    """The ground under a grid of the frame, as the frame before knows it; None where too little ground is in view."""
    ground = by @ before.ground
    width, height = before.size
    x, y = np.meshgrid(np.linspace(0.05, 0.95, GRID[0]) * width, np.linspace(0.05, 0.95, GRID[1]) * height)
    ideal = before.lens.ideal(np.column_stack([x.ravel(), y.ravel()]))
    met = np.column_stack([ideal, np.ones(len(ideal))]) @ np.linalg.inv(ground).T
    with np.errstate(all="ignore"):
        places = met[:, :2] / met[:, 2:]
    depth = (np.column_stack([places, np.ones(len(places))]) @ before.ground.T)[:, 2]
    near = np.isfinite(places).all(axis=1) & (np.abs(places) < FIELD).all(axis=1) & (depth > 0.0)
    if near.sum() < 6:
        return None
    return _Motion(np.column_stack([places[near], np.zeros(int(near.sum()))]), ideal[near])


def _profiles(solution: Solution, reach: float) -> _Profiles | None:
    """Profiles across the markings in view, at most ``MOST`` each, none that could meet another marking first."""
    samples, owners, _ = _ground_samples()
    pixels = solution.project(samples)
    width, height = solution.size
    step = np.zeros_like(pixels)
    step[1:-1] = pixels[2:] - pixels[:-2]
    same = np.zeros(len(pixels), dtype=np.bool_)
    same[1:-1] = (owners[2:] == owners[1:-1]) & (owners[:-2] == owners[1:-1])
    length = np.hypot(step[:, 0], step[:, 1])
    with np.errstate(invalid="ignore"):
        usable = same & (pixels >= 2.0).all(axis=1) & (pixels <= (width - 3.0, height - 3.0)).all(axis=1) & (length > 0)
    kept = np.flatnonzero(usable)
    spacing = SPACING / solution.lens.scale
    parts = [_spread(kept[owners[kept] == i], 0.5 * length, spacing) for i in np.unique(owners[kept])]
    chosen = np.concatenate([kept[:0], *parts])
    if len(chosen) < FEWEST:
        return None
    normals = np.column_stack([-step[chosen, 1], step[chosen, 0]]) / length[chosen, None]
    far = np.minimum(reach / solution.lens.scale, APART * _nearest_other(pixels, kept, chosen, owners, normals))
    good = far >= NARROWEST / solution.lens.scale
    if good.sum() < FEWEST:
        return None
    worlds = moved(samples[chosen[good]], solution.unknowns)
    return _Profiles(worlds, pixels[chosen[good]], normals[good], far[good], owners[chosen[good]])


def _spread(indices: NDArray[np.intp], steps: Array, spacing: float) -> NDArray[np.intp]:
    """Some of the indices, evenly in the image, at least ``spacing`` pixels apart."""
    along = np.cumsum(steps[indices])
    count = int(min(MOST, along[-1] / spacing, len(indices)))
    return indices[np.searchsorted(along, np.linspace(along[0], along[-1], count))] if count >= 2 else indices[:0]


def _nearest_other(
    pixels: Array, kept: NDArray[np.intp], chosen: NDArray[np.intp], owners: NDArray[np.intp], normals: Array
) -> Array:
    """How far (N,) along its normal each chosen place is from the nearest place of another marking beside it."""
    others, here, ways = pixels[kept].T, pixels[chosen], normals @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    across = np.abs(normals @ others - (normals * here).sum(axis=1)[:, None])
    along = np.abs(ways @ others - (ways * here).sum(axis=1)[:, None])
    beside = (owners[kept][None] != owners[chosen][:, None]) & (along < BESIDE)
    nearest: Array = np.where(beside, across, np.inf).min(axis=1)
    return nearest


def _paint(paint: PaintField, solution: Solution, reach: float) -> _Paint | None:
    """The paint across the projected markings, the ridge nearest to each."""
    profiles = _profiles(solution, reach)
    if profiles is None:
        return None
    ridges = ridges_across(
        paint, profiles.pixels, profiles.normals, reach=reach / solution.lens.scale, on_grass=True
    ).kept(-profiles.reach, profiles.reach)
    with np.errstate(invalid="ignore"):
        value = np.where(np.isfinite(ridges.offset), ridges.weight / (1.0 + np.abs(ridges.offset) / 2.0), -1.0)
    best = value.argmax(axis=1)
    rows = np.arange(len(best))
    weight = np.where(value[rows, best] > 0.0, ridges.weight[rows, best], 0.0)
    offset = ridges.offset[rows, best]
    for owner in np.unique(profiles.owner):
        own = np.flatnonzero(profiles.owner == owner)
        if (weight[own] > 0.0).sum() < CONFIRMING * len(own):
            faint = faint_line(paint, profiles.pixels[own], profiles.normals[own])
            shown = np.isfinite(faint) & (np.abs(faint) < profiles.reach[own])
            offset[own[shown]], weight[own[shown]] = faint[shown], FAINT_WEIGHT
    return _Paint(profiles, offset, weight)


def _rows(solution: Solution, worlds: Array) -> tuple[Array, Array]:
    """Centred places (N, 2) of places in metres of this pitch, and their derivatives (N, 2, P)."""
    at = solution.model.differentiate(solution.params[None])
    places = np.column_stack([worlds, np.ones(len(worlds))])
    q = places @ at.matrices[0].T
    d_q = (at.d_matrices[0] @ places.T).transpose(2, 0, 1)  # (N, P, 3)
    ideal = q[:, :2] / q[:, 2:]
    d_ideal = ((d_q[..., :2] - ideal[:, None] * d_q[..., 2:]) / q[:, None, 2:]).swapaxes(1, 2)
    kap, square = solution.lens.kap, (ideal * ideal).sum(axis=1) / HALF_DIAGONAL**2
    radial = (ideal[:, None] @ d_ideal) * (2.0 * kap / HALF_DIAGONAL**2)
    jacobian = d_ideal * (1.0 + kap * square)[:, None, None] + ideal[..., None] * radial
    jacobian[..., at.kap_index] = ideal * square[:, None]
    return ideal * (1.0 + kap * square)[:, None], jacobian


def _updated(prior: Solution, start: Solution, paint: _Paint) -> tuple[Solution, Array]:
    """The camera between ``prior`` and the paint, from ``start``; the paint's distances to it in centred units (N,)."""
    count, lens, normals = _known(prior), prior.lens, paint.profiles.normals
    seen = lens.centred(paint.profiles.pixels + np.nan_to_num(paint.offset)[:, None] * normals)
    share = paint.weight * _shared(paint)
    information = np.linalg.inv(prior.covariance[:count, :count] + np.diag(LEAST_SD**2))
    solution, covariance = start, np.zeros_like(prior.covariance)
    covariance[count:, count:] = prior.covariance[count:, count:]
    for _ in range(ROUNDS):
        places, jacobian = _rows(solution, paint.profiles.worlds)
        away = ((places - seen) * normals).sum(axis=1)
        weights = share / (1.0 + (away / ROBUST) ** 2) / PAINT_SD**2
        rows = (jacobian[..., :count] * normals[..., None]).sum(axis=1)
        normal = information + rows.T @ (rows * weights[:, None])
        gradient = rows.T @ (away * weights) + information @ (solution.params - prior.params)[:count]
        step = np.linalg.solve(normal, gradient)
        params = solution.params.copy()
        params[:count] -= step
        params[7] = np.clip(params[7], *KAP_RANGE)
        inverse = np.linalg.inv(normal)
        covariance[:count, :count] = 0.5 * (inverse + inverse.T)
        solution = camera_with(solution, params, covariance.copy())
        if float(np.abs(step[:3]).max()) < 1e-7:
            break
    places, _ = _rows(solution, paint.profiles.worlds)
    return solution, ((seen - places) * normals).sum(axis=1)


def _bent(ideal: Array, solution: Solution) -> Array:
    """Centred places of ideal ones through the lens of a solution."""
    square = (ideal * ideal).sum(axis=1) / HALF_DIAGONAL**2
    bent: Array = ideal * (1.0 + solution.lens.kap * square)[:, None]
    return bent


def _shared(paint: _Paint) -> Array:
    """The weight (N,) of each profile: those of a marking share at most that of ``FULL``."""
    counts = np.bincount(paint.profiles.owner, weights=(paint.weight > 0.0).astype(np.float64))
    shares: Array = np.minimum(1.0, FULL / np.maximum(counts, 1.0))[paint.profiles.owner]
    return shares


def _confirmed(solution: Solution, paint: _Paint, away: Array) -> Seen:
    """Which markings the paint shows, and where it lies about them."""
    _, _, names = _ground_samples()
    scale = solution.lens.scale
    hit = (paint.weight > 0.0) & (np.abs(away) < AGREES)
    shown: dict[str, tuple[Array, Array]] = {}
    across = (away / scale)[:, None] * paint.profiles.normals
    painted = paint.profiles.pixels + np.nan_to_num(paint.offset)[:, None] * paint.profiles.normals
    for owner in np.unique(paint.profiles.owner):
        own = paint.profiles.owner == owner
        good = own & hit
        if good.sum() >= max(FEWEST, CONFIRMING * own.sum()):
            shown[names[owner]] = painted[good] - across[good], across[good]
    found = paint.weight > 0.0
    residual = float(np.median(np.abs(away[found]))) / scale if found.sum() >= FEWEST else None
    return Seen(solution, residual, None, len(away), frozenset(shown), shown)


def paint_distance(paint: PaintField, solution: Solution) -> tuple[float, float]:
    """How far the projected markings lie from the white ridge nearest to each place on them, and where there is one.

    The mean distance in pixels, within ``REACH``, over the places that have a ridge, NaN without any; and their share.
    """
    found = _paint(paint, solution, REACH)
    if found is None:
        return math.nan, 0.0
    with_paint = found.weight > 0.0
    if not with_paint.any():
        return math.nan, 0.0
    return float(np.abs(found.offset[with_paint]).mean()), float(with_paint.mean())


@cache
def _keypoint_worlds() -> Array:
    return np.array([point.world for point in KEYPOINTS.values()])


def deviation_in_view(solution: Solution) -> float:
    """The median standard deviation in pixels of the keypoints in the frame; infinite where there is none."""
    worlds = _keypoint_worlds()
    pixels = solution.project(worlds)
    width, height = solution.size
    with np.errstate(invalid="ignore"):
        inside = ((pixels >= -0.5) & (pixels < (width - 0.5, height - 0.5))).all(axis=1)
    found = solution.deviations(worlds[inside]) if inside.any() else np.empty(0)
    return float(np.nanmedian(found)) if np.isfinite(found).any() else math.inf
