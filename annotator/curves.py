"""Paths to paint: every drawn marking as fitted, and the whole pitch as the solution projects it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from annotator.camera import HALF_DIAGONAL, Lens, Solution
from annotator.constructions import Constructed, Drawing
from annotator.geometry import LineFit, ellipse_axes, ellipse_centre, runs
from annotator.pitch import KEYPOINTS, MARKINGS, MarkingKind, marking_samples

Array = NDArray[np.float64]

MARGIN = 0.25  # of the frame, around it, in which the ghost is still drawn
AGREES = 4.0  # centred units within which clicks must lie of the projected marking for it to complete theirs
LONGEST_STEP = 25.0  # centred units between the points of a path that the lens bends
ARC_OVERHANG = 0.08  # of the clicked angle, at either end of an arc that nothing else bounds


@dataclass(frozen=True, eq=False)
class Curve:
    """A marking as fitted through its clicks: ``path`` (N, 2) pixels; ``rms`` of the clicks about it in pixels.

    ``path`` is empty and ``rms`` None while the clicks do not determine the marking; ``reason`` then says why.
    ``misfit`` is the root mean square distance in pixels of the clicks to where the solution fitted to everything
    projects the marking, None without one.
    """

    name: str
    path: NDArray[np.float64]
    rms: float | None = None
    reason: str = ""
    misfit: float | None = None


@cache
def _pitch_samples() -> tuple[Array, tuple[tuple[str, slice], ...]]:
    """All markings as one array (N, 3) in metres, and which stretch is whose."""
    parts, slices, start = [], [], 0
    for name, marking in MARKINGS.items():
        samples = marking_samples(name, 0.5 if marking.is_round else 1.0)
        parts.append(samples)
        slices.append((name, slice(start, start + len(samples))))
        start += len(samples)
    return np.concatenate(parts), tuple(slices)


def ghost_of(solution: Solution, *, largest_sd: float = math.inf) -> dict[str, tuple[Array, ...]]:
    """The markings that the solution projects near the frame, each as one or more paths (N, 2) in pixels.

    Cut where they pass behind the camera, leave the frame by more than ``MARGIN`` or are known less surely than
    ``largest_sd`` pixels; a homography of the ground draws no goals.
    """
    samples, slices = _pitch_samples()
    pixels = solution.project(samples)
    width, height = solution.size
    margin = np.array([width, height]) * MARGIN
    known = np.isfinite(pixels[:, 0])
    inside = np.where(known[:, None], pixels, np.inf)
    near: NDArray[np.bool_] = ((inside > -margin) & (inside < margin + np.array([width, height]))).all(axis=1)
    if largest_sd < math.inf:
        near[near] = solution.deviations(samples[near]) <= largest_sd
    reached = solution.reaches(samples)
    ghost: dict[str, tuple[Array, ...]] = {}
    for name, part in slices:
        if not reached[part.start] or not near[part].any():
            continue
        own = near[part]
        shown = own.copy()
        shown[1:] |= own[:-1]
        shown[:-1] |= own[1:]
        paths = tuple(pixels[part][stretch] for stretch in runs(shown & known[part]))
        if paths:
            ghost[name] = paths
    return ghost


def curves_of(
    drawing: Drawing, *, lens: Lens, solution: Solution | None, found: Mapping[str, Constructed]
) -> dict[str, Curve]:
    """Every drawn marking as fitted; ``lens`` is the one with which ``drawing`` was undistorted."""
    curves = {}
    for name, clicks in drawing.clicks.items():
        if not MARKINGS[name].is_round:
            curve = _straight(name, clicks, drawing.lines.get(name), lens, solution, found)
        else:
            curve = _round(name, drawing, lens, solution, found)
        misfit = solution.misfits.get(name) if solution is not None else None
        curves[name] = curve if misfit is None else replace(curve, misfit=misfit / lens.scale)
    return curves


def _straight(
    name: str,
    clicks: Array,
    line: LineFit | None,
    lens: Lens,
    solution: Solution | None,
    found: Mapping[str, Constructed],
) -> Curve:
    """The fitted line from the first click to the last, on to its constructed and projected ends within the frame."""
    if line is None:
        reason = "One more click makes a line." if len(clicks) == 1 else "All its clicks are in one place."
        return Curve(name, np.empty((0, 2)), None, reason)
    clicked = (clicks - line.centre) @ line.direction
    ends = [c.place for c in found.values() if name in c.parents]
    if solution is not None and solution.misfits.get(name, 0.0) <= AGREES:
        ends.extend(_ends(name, solution))
    first, last = float(clicked.min()), float(clicked.max())
    if ends:
        along = (np.array(ends) - line.centre) @ line.direction
        low, high = _inside(line, lens)
        first = min(first, max(float(along.min()), low))
        last = max(last, min(float(along.max()), high))
    steps = 2 if lens.kap == 0.0 else max(2, math.ceil((last - first) / LONGEST_STEP) + 1)
    path = line.centre + np.linspace(first, last, steps)[:, None] * line.direction
    return Curve(name, lens.pixels(path), line.rms / lens.scale)


def _ends(name: str, solution: Solution) -> list[Array]:
    """The ideal places of the projected extremities of a straight marking, the hidden part of it cut off."""
    worlds = np.array([MARKINGS[name].start, MARKINGS[name].end])
    if not solution.reaches(worlds).all():
        return []
    seen = solution.rays(worlds)
    near = solution.nearest
    if (seen[:, 2] <= near).all():
        return []
    if (seen[:, 2] <= near).any():
        t = (near - seen[0, 2]) / (seen[1, 2] - seen[0, 2])
        seen[seen[:, 2] <= near] = seen[0] + t * (seen[1] - seen[0])
    return [end[:2] / end[2] for end in seen]


def _inside(line: LineFit, lens: Lens) -> tuple[float, float]:
    """Between which places along it a line is inside the frame (Liang & Barsky), a little beyond the edges."""
    half = np.array(lens.size) * lens.scale / 2.0 * 1.03
    low, high = -np.inf, np.inf
    for axis in range(2):
        speed, start = float(line.direction[axis]), float(line.centre[axis])
        if speed != 0.0:
            one, two = (-half[axis] - start) / speed, (half[axis] - start) / speed
            low, high = max(low, min(one, two)), min(high, max(one, two))
        elif abs(start) > half[axis]:
            return np.inf, -np.inf
    return (low, high) if low <= high else (np.inf, -np.inf)


def _round(
    name: str, drawing: Drawing, lens: Lens, solution: Solution | None, found: Mapping[str, Constructed]
) -> Curve:
    """The projected circle where there is one and it fits the clicks, else the ellipse through them."""
    clicks = drawing.clicks[name]
    if solution is not None:
        rms = solution.misfits.get(name, np.inf)
        path = solution.project(marking_samples(name, 0.5))
        if rms <= AGREES and np.isfinite(path).all():
            return Curve(name, path, rms / lens.scale)
    fit = drawing.conics.get(name)
    if fit is None:
        return Curve(name, np.empty((0, 2)), None, _why_no_ellipse(clicks))
    path = _ellipse_path(name, fit.conic, clicks, [c.place for c in found.values() if c.parents[0] == name])
    return Curve(name, lens.pixels(path), fit.rms / lens.scale)


def _why_no_ellipse(clicks: Array) -> str:
    count = len({(x, y) for x, y in clicks.tolist()})
    if count < 5:
        return f"Five clicks make a circle; {count} so far."
    return "Its clicks do not lie on one ellipse."


def _ellipse_path(name: str, conic: Array, clicks: Array, ends: list[Array]) -> Array:
    """The whole ellipse of a circle clicked over half its angle or more, else the part about the clicks."""
    axes = ellipse_axes(conic)
    assert axes is not None
    long, short, directions = axes
    centre = ellipse_centre(conic)

    def angles(points: Array) -> Array:
        across = (points - centre) @ directions
        return np.asarray(np.arctan2(across[:, 1] / short, across[:, 0] / long))

    clicked = np.sort(angles(clicks))
    gaps = np.diff(np.append(clicked, clicked[0] + 2.0 * math.pi))
    widest = int(np.argmax(gaps))
    span = 2.0 * math.pi - float(gaps[widest])
    start = float(clicked[(widest + 1) % len(clicked)])
    if MARKINGS[name].kind is MarkingKind.CIRCLE and span >= math.pi:
        start, span = start, 2.0 * math.pi
    else:
        low, high = -ARC_OVERHANG * span, (1.0 + ARC_OVERHANG) * span
        for end in angles(np.array(ends)) if ends else []:
            offset = (float(end) - start - span / 2.0 + math.pi) % (2.0 * math.pi) - math.pi + span / 2.0
            if -0.6 <= offset <= span + 0.6:
                low, high = min(low, offset), max(high, offset)
        start, span = start + low, high - low
    turn = start + np.linspace(0.0, span, max(9, math.ceil(span * (long + short) / 2.0 / 8.0)))
    across = np.stack([long * np.cos(turn), short * np.sin(turn)], axis=1)
    path: Array = centre + across @ directions.T
    return path


def sight(solution: Solution) -> tuple[Array, Array]:
    """Pixels (57, 2) and standard deviations (57,) of all keypoints as projected; NaN where it has nothing to say."""
    worlds = np.array([point.world for point in KEYPOINTS.values()])
    pixels, deviations = solution.project(worlds), solution.deviations(worlds)
    width, height = solution.size
    with np.errstate(invalid="ignore"):
        far = np.hypot(pixels[:, 0] - width / 2.0, pixels[:, 1] - height / 2.0) * solution.lens.scale
        hidden = ~solution.reaches(worlds) | ~(far < 3.0 * HALF_DIAGONAL)
    pixels[hidden], deviations[hidden] = np.nan, np.nan
    return pixels, deviations
