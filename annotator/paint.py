"""Clicks drawn to the white paint: a marking, or a point where markings meet, moves to the middle of its line.

Clicks keep their places along the marking and move across it, to the middle of the painted band. (FIFA's lines belong
to the areas that they bound; the template of ``annotator.pitch`` is the middle of the paint.) Nothing moves where there
is too little evidence, and what was used is returned to be shown: snapping is a suggestion that a person sees and can
undo.

Guards: paint beyond the halfway to a neighbouring marking is not looked at (``neighbours``), and a snap is refused with
a ``Refusal`` when few profiles have a ridge, few of them agree, the marking would turn or move too far.

Sources: Ballard, *Generalizing the Hough transform to detect arbitrary shapes*, 1981; Isard & Blake, *Active Contours*,
1998, 6 (measurements along normals).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from annotator.geometry import ConicFit, fit_ellipse, sampson
from annotator.labels import Point
from annotator.paint_paths import MOST_PROFILES, Base, PaintFit, fitted_to_paint, round_base, straight
from annotator.paint_points import arm_along, arm_between, crossing_of, sought_directions, spans_at
from annotator.paint_profiles import REACH, PaintField, Ridges, ridges_across
from annotator.pitch import MARKINGS, MarkingKind

__all__ = ["PaintField", "Refusal", "Snap", "snap_marking", "snap_point", "spans_at"]

Array = NDArray[np.float64]
Paths = Mapping[str, Sequence[Array]]

FEWEST_RIDGES = 0.25  # of the profiles must show paint,
FEWEST_AGREEING = 0.4  # and of those this share must lie on the fit,
ROUND_AGREEING = 0.55  # or this one for circles, which have more freedom,
GOAL_AGREEING = 0.6  # or this one for goals, behind which anything may be seen
STEEPEST_TURN = 0.25  # across over along
LEAST_SCORE = 0.2  # mean weight of the paint found, over all profiles, where the clicks are;
FAR_SCORE = 0.4  # this much more is asked of paint that lies
FAR = 12.0  # pixels of 540 rows away, or farther
CROWD = 2  # curves beside it that look the same: a net
HAND = 5.0  # pixels of 540 rows: a sloppy click on a circle
GOAL_REACH = 12.0  # pixels of 540 rows: nets have bars and ropes beside every post


class Refusal(Enum):
    """Why nothing moved."""

    TOO_FEW_CLICKS = "too few clicks"
    TOO_SHORT = "too short"
    NO_PAINT = "no paint"
    DISAGREES = "disagrees"
    CROWDED = "crowded"
    TURNED = "turned"
    TOO_FAR = "too far"


@dataclass(frozen=True, eq=False)
class Snap:
    """What snapping would do.

    ``clicks`` are the positions after, the same as ``before`` when refused; ``ticks`` (N, 2) pixels where paint was
    found across the marking, ``agree`` (N,) which of them the answer rests on, ``normals`` (N, 2) their direction
    across the line; ``shift`` the median and ``farthest`` the largest move of a click in pixels.
    """

    before: tuple[Point, ...]
    clicks: tuple[Point, ...]
    reason: Refusal | None = None
    ticks: Array = field(default_factory=lambda: np.empty((0, 2)))
    agree: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    normals: Array = field(default_factory=lambda: np.empty((0, 2)))
    shift: float = 0.0
    farthest: float = 0.0

    @property
    def refused(self) -> bool:
        """Whether nothing moved."""
        return self.reason is not None


def snap_marking(
    paint: PaintField,
    clicks: Sequence[Point],
    marking: str,
    *,
    neighbours: Paths | None = None,
    limit: float | None = None,
) -> Snap:
    """The clicks of a marking drawn to the paint.

    Parameters
    ----------
    paint
        The frame, prepared once by ``PaintField.of``.
    clicks
        (M, 2) pixels along the marking, two at least for a line and five for a circle (any number when ``neighbours``
        has it).
    marking
        Its name; unknown names are taken for lines on the ground.
    neighbours
        Marking -> paths (N, 2) in pixels of what is known to lie about: ``Resolved.ghost`` with a camera, or the paths
        of ``Resolved.curves``. The marking's own path says on which side of it the others are.
    limit
        How far in pixels a click may move; if None ``REACH`` or ``GOAL_REACH`` pixels of a frame of 540 rows.
    """
    kind = MARKINGS[marking].kind if marking in MARKINGS else MarkingKind.GROUND_LINE
    usual = GOAL_REACH if kind is MarkingKind.GOAL_LINE else REACH
    reach = usual * paint.scale if limit is None else float(limit)
    before = tuple((float(x), float(y)) for x, y in clicks)
    points = np.array(before, dtype=np.float64).reshape(-1, 2)
    known = neighbours or {}
    if kind in (MarkingKind.CIRCLE, MarkingKind.ARC):
        base = _round(points, known.get(marking, ()), paint.scale, reach, closed=kind is MarkingKind.CIRCLE)
        missing = Refusal.TOO_FEW_CLICKS
    else:
        base = straight(points, scale=paint.scale, reach=reach)
        missing = Refusal.TOO_SHORT if len(points) > 1 else Refusal.TOO_FEW_CLICKS
    if base is None:
        return Snap(before, before, missing)
    on_grass = kind is not MarkingKind.GOAL_LINE
    ridges = ridges_across(paint, base.places, base.normals, reach=1.25 * reach, on_grass=on_grass)
    others = [path for name, paths in known.items() if name != marking for path in paths]
    if others:
        ridges = ridges.kept(*_between(base, known.get(marking, ()), others, 1.25 * reach))
    fit = fitted_to_paint(base, ridges, scale=paint.scale, reach=reach)
    return _judged(before, base, ridges, fit, reach, FAR * paint.scale, FEWEST_AGREEING if on_grass else GOAL_AGREEING)


def snap_point(
    paint: PaintField,
    position: Point,
    *,
    spans: Array | None = None,
    on_grass: bool = True,
    limit: float | None = None,
) -> Snap:
    """A point drawn to where painted lines meet, or across the one line that passes there.

    Parameters
    ----------
    paint
        The frame, prepared once by ``PaintField.of``.
    position
        Pixels.
    spans
        (K, 2, 2) segments of the markings that meet there, as ``spans_at`` finds them on the projected pitch; the first
        two are crossed. None looks for lines of any direction.
    on_grass
        False where a goal's bar is one of them.
    limit
        As for ``snap_marking``.
    """
    reach = REACH * paint.scale if limit is None else float(limit)
    at = np.array(position, dtype=np.float64)
    before = ((float(at[0]), float(at[1])),)
    if spans is None:
        ways = sought_directions(paint, at, reach=reach)
        arms = [arm_along(paint, at, way, reach=reach, on_grass=on_grass) for way in ways]
    else:
        arms = [arm_between(paint, ends, reach=reach, on_grass=on_grass) for ends in spans[:2]]
    found = [arm for arm in arms if arm is not None]
    if not found or (spans is not None and len(found) < len(arms)):
        return Snap(before, before, Refusal.NO_PAINT)
    ticks, normals = np.concatenate([a.ticks for a in found]), np.concatenate([a.normals for a in found])
    agree = np.concatenate([a.agree for a in found])
    place: Array | None = None
    if len(found) == 2:
        place = crossing_of(found[0], found[1])
        if place is None and spans is not None:
            return Snap(before, before, Refusal.DISAGREES, ticks, agree, normals)
    if place is None:
        line = found[0].line
        place = at - float(line[:2] @ at + line[2]) * line[:2]
    shift = float(np.linalg.norm(place - at))
    if shift > reach:
        return Snap(before, before, Refusal.TOO_FAR, ticks, agree, normals)
    after = ((float(place[0]), float(place[1])),)
    return Snap(before, after, None, ticks, agree, normals, shift, shift)


def _judged(
    before: tuple[Point, ...],
    base: Base,
    ridges: Ridges,
    fit: PaintFit | None,
    reach: float,
    far: float,
    agreeing: float,
) -> Snap:
    """The snap if the evidence is enough, else why not; the ticks either way."""
    if fit is None:
        return Snap(before, before, Refusal.NO_PAINT)
    seen = np.isfinite(fit.ticks)
    ticks = base.places[seen] + fit.ticks[seen, None] * base.normals[seen]
    moves = base.clicks_basis @ fit.coefficients
    after = base.clicks_base + moves[:, None] * base.clicks_normals
    shifts = np.linalg.norm(after - np.array(before), axis=1)
    is_round = base.basis.shape[1] > 3
    usable = max(1, int(ridges.usable.sum()))
    reason = None
    if seen.sum() < FEWEST_RIDGES * usable:
        reason = Refusal.NO_PAINT
    elif fit.agree.sum() < (ROUND_AGREEING if is_round else agreeing) * seen.sum() or fit.score < _asked(fit, far):
        reason = Refusal.DISAGREES
    elif fit.rivals >= CROWD:
        reason = Refusal.CROWDED
    elif float(np.abs(fit.offsets).max()) > 1.25 * reach or float(shifts.max()) > (1.5 * reach if is_round else reach):
        reason = Refusal.TOO_FAR
    elif not is_round and _turn(base, fit) > STEEPEST_TURN:
        reason = Refusal.TURNED
    clicks = before if reason is not None else tuple((float(x), float(y)) for x, y in after)
    shift, farthest = (0.0, 0.0) if reason is not None else (float(np.median(shifts)), float(shifts.max()))
    return Snap(before, clicks, reason, ticks, fit.agree[seen], base.normals[seen], shift, farthest)


def _asked(fit: PaintFit, far: float) -> float:
    """The least score: the farther the paint, the plainer it must be."""
    return LEAST_SCORE + FAR_SCORE * min(1.0, float((fit.offsets**2).mean()) / far**2)


def _turn(base: Base, fit: PaintFit) -> float:
    """The steepest change of direction along the base, across over along."""
    steps = np.linalg.norm(np.diff(base.places, axis=0), axis=1)
    return float((np.abs(np.diff(fit.offsets)) / np.maximum(steps, 1e-9)).max())


def _round(points: Array, own: Iterable[Array], scale: float, reach: float, *, closed: bool) -> Base | None:
    """The conic about the clicks: the projected circle where the clicks lie about it, else the one through them."""
    fit: ConicFit | None = None
    projected = [path[np.isfinite(path).all(axis=1)] for path in own]
    samples = np.concatenate(projected) if projected else np.empty((0, 2))
    if len(samples) >= 9 and len(points):
        fit = fit_ellipse(samples)
        if fit is not None and float(np.median(np.abs(sampson(fit.conic, points)))) > reach:
            fit = None
    hand = None
    if fit is None and len(points) >= 5:
        fit, hand = fit_ellipse(points), HAND * scale
    if fit is None or not len(points):
        return None
    path = _clicked_part(fit, points, scale, closed=closed)
    return round_base(fit, path, points, scale=scale, reach=reach, hand=hand)


def _clicked_part(fit: ConicFit, points: Array, scale: float, *, closed: bool) -> Array:
    """Places (N, 2) along the part of an ellipse that was clicked, evenly in the image."""
    angles = np.linspace(-np.pi, np.pi, 721)
    values, vectors = np.linalg.eigh(fit.conic[:2, :2])
    centre = np.append(fit.centre, 1.0)
    radii = np.sqrt(np.maximum(-float(centre @ fit.conic @ centre) / values, 0.0))
    ellipse = fit.centre + (np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii) @ vectors.T
    local = (points - fit.centre) @ vectors / np.maximum(radii, 1e-9)
    clicked = np.sort(np.arctan2(local[:, 1], local[:, 0]))
    gaps = np.diff(np.append(clicked, clicked[0] + 2.0 * np.pi))
    widest = int(np.argmax(gaps))
    if not closed or gaps[widest] > 0.5 * np.pi:
        start = clicked[(widest + 1) % len(clicked)]
        turn = (angles - start) % (2.0 * np.pi)
        kept = turn <= 2.0 * np.pi - gaps[widest]
        ellipse = ellipse[kept][np.argsort(turn[kept])]
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(ellipse, axis=0), axis=1))])
    count = int(np.clip(along[-1] / (2.0 * scale), 12, 1.2 * MOST_PROFILES))
    at = np.linspace(0.0, along[-1], count, endpoint=len(ellipse) < 721)
    return np.column_stack([np.interp(at, along, ellipse[:, axis]) for axis in (0, 1)])


def _between(base: Base, own: Iterable[Array], others: Iterable[Array], reach: float) -> tuple[Array, Array]:
    """How far each profile may look: halfway from the marking's own projection to the nearest other's, (N,) twice."""
    low, high = np.full(len(base.places), -np.inf), np.full(len(base.places), np.inf)
    middle = np.zeros(len(base.places))
    for path in own:
        met = _met(base, path, reach)
        middle = np.where(np.isfinite(met).any(axis=1), _nearest_to(met, 0.0), middle)
    for path in others:
        met = _met(base, path, 2.0 * reach)
        above = np.where(met > middle[:, None], met, np.inf).min(axis=1)
        below = np.where(met < middle[:, None], met, -np.inf).max(axis=1)
        high = np.minimum(high, 0.5 * (middle + above))
        low = np.maximum(low, 0.5 * (middle + below))
    return low, high


def _nearest_to(met: Array, place: float) -> Array:
    away = np.nan_to_num(np.abs(met - place), nan=np.inf)
    found: Array = np.take_along_axis(met, away.argmin(axis=1)[:, None], axis=1)[:, 0]
    return found


def _met(base: Base, path: Array, reach: float) -> Array:
    """Where the profiles meet a path's steps, as offsets (N, S) along the normals, NaN where they do not."""
    if len(path) < 2:
        return np.full((len(base.places), 1), np.nan)
    start, step = path[:-1], np.diff(path, axis=0)
    away = start[None] - base.places[:, None]
    normal = base.normals[:, None]
    across = normal[..., 0] * step[None, :, 1] - normal[..., 1] * step[None, :, 0]
    with np.errstate(all="ignore"):
        offset = (away[..., 0] * step[None, :, 1] - away[..., 1] * step[None, :, 0]) / across
        part = (away[..., 0] * normal[..., 1] - away[..., 1] * normal[..., 0]) / across
        leaning = np.abs(across) / np.linalg.norm(step, axis=1)
        hit = (part >= 0.0) & (part <= 1.0) & (np.abs(offset) <= reach) & (leaning > 0.7)
    return np.where(hit, offset, np.nan)
