"""Paths to paint: every drawn marking as fitted, and the whole pitch as the solution projects it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache

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
def _pitch_samples() -> tuple[Array, NDArray[np.bool_], tuple[str, ...], NDArray[np.intp]]:
    """All markings as one array (N, 3) in metres, where one ends (N,), their names, and whose each place is (N,)."""
    parts = []
    for name, marking in MARKINGS.items():
        samples = marking_samples(name, 0.5 if marking.is_round else 1.0)
        # The last place once more: between two markings nothing is drawn.
        parts.append(np.concatenate([samples, samples[-1:]]))
    lengths = [len(part) for part in parts]
    ends = np.zeros(sum(lengths), dtype=np.bool_)
    ends[np.cumsum(lengths) - 1] = True
    return np.concatenate(parts), ends, tuple(MARKINGS), np.repeat(np.arange(len(parts)), lengths)


class _Seen:
    """The whole pitch as one solution projects it: ``pixels`` (N, 2), which of them are ``known`` and ``near``."""

    def __init__(self, solution: Solution) -> None:
        samples, ends, _, _ = _pitch_samples()
        self._solution = solution
        self.pixels = solution.project(samples)
        size = np.array(solution.size)
        margin = size * MARGIN
        self.known = np.isfinite(self.pixels[:, 0]) & ~ends
        inside = np.where(self.known[:, None], self.pixels, np.inf)
        reached = solution.reaches(samples)
        self.near: NDArray[np.bool_] = ((inside > -margin) & (inside < margin + size)).all(axis=1) & reached

    @cached_property
    def deviations(self) -> Array:
        """Standard deviations (N,) in pixels, infinite for what is not near."""
        found = np.full(len(self.near), np.inf)
        found[self.near] = self._solution.deviations(_pitch_samples()[0][self.near])
        return found

    def shown(self, largest_sd: float) -> NDArray[np.bool_]:
        """What is near and known as surely as this, and the next place to both sides of it."""
        near = self.near & (self.deviations <= largest_sd) if largest_sd < math.inf else self.near
        shown = near.copy()
        shown[1:] |= near[:-1]
        shown[:-1] |= near[1:]
        return shown & self.known


@lru_cache(maxsize=2)
def _seen(solution: Solution) -> _Seen:
    return _Seen(solution)


def ghost_of(solution: Solution, *, largest_sd: float = math.inf) -> dict[str, tuple[Array, ...]]:
    """The markings that the solution projects near the frame, each as one or more paths (N, 2) in pixels.

    Cut where they pass behind the camera, leave the frame by more than ``MARGIN`` or are known less surely than
    ``largest_sd`` pixels; a homography of the ground draws no goals.
    """
    _, _, names, owners = _pitch_samples()
    seen = _seen(solution)
    ghost: dict[str, tuple[Array, ...]] = {}
    for stretch in runs(seen.shown(largest_sd)):
        name = names[owners[stretch.start]]
        ghost[name] = (*ghost.get(name, ()), seen.pixels[stretch])
    return ghost


def ghost_parts(solution: Solution, *, largest_sd: float, sure_sd: float) -> tuple[list[Array], list[Array]]:
    """``ghost_of`` in two: the paths that are known as surely as ``sure_sd`` pixels, and the rest, up to the sure ones.

    ``sure_sd`` is the smaller one.
    """
    seen = _seen(solution)
    shown, sure = seen.shown(largest_sd), np.zeros(len(seen.known), dtype=np.bool_)
    inner = list(runs(seen.shown(sure_sd)))
    for stretch in inner:
        sure[stretch] = True
    rest = shown & ~sure
    # The last sure place on either side, so that both parts meet.
    wide = rest.copy()
    wide[1:] |= rest[:-1]
    wide[:-1] |= rest[1:]
    return [seen.pixels[stretch] for stretch in inner], [seen.pixels[stretch] for stretch in runs(wide & shown)]


def curves_of(
    drawing: Drawing, *, lens: Lens, solution: Solution | None, found: Mapping[str, Constructed]
) -> dict[str, Curve]:
    """Every drawn marking as fitted; ``lens`` is the one with which ``drawing`` was undistorted."""
    ends = _all_ends(drawing, solution)
    for point in found.values():
        for name in point.parents:
            ends.setdefault(name, []).append(point.place)
    lines, clicked = drawing.lines, drawing.clicks
    stretches = {name: _stretch(line, clicked[name], ends.get(name), lens) for name, line in lines.items()}
    paths = _in_pixels(stretches, lens)
    curves = {}
    for name, clicks in clicked.items():
        misfit = solution.misfits.get(name) if solution is not None else None
        off = None if misfit is None else misfit / lens.scale
        if MARKINGS[name].is_round:
            curves[name] = replace(_round(name, drawing, lens, solution, found), misfit=off)
        elif name in paths:
            curves[name] = Curve(name, paths[name], lines[name].rms / lens.scale, misfit=off)
        else:
            reason = "One more click makes a line." if len(clicks) == 1 else "All its clicks are in one place."
            curves[name] = Curve(name, np.empty((0, 2)), None, reason, off)
    return curves


def _in_pixels(paths: Mapping[str, Array], lens: Lens) -> dict[str, Array]:
    """Ideal paths as pixels, all in one go."""
    if not paths:
        return {}
    cuts = np.cumsum([len(path) for path in paths.values()])[:-1]
    return dict(zip(paths, np.split(lens.pixels(np.concatenate(list(paths.values()))), cuts), strict=True))


def _stretch(line: LineFit, clicks: Array, ends: list[Array] | None, lens: Lens) -> Array:
    """The fitted line from the first click to the last, on to its constructed and projected ends within the frame."""
    clicked = (clicks - line.centre) @ line.direction
    first, last = float(clicked.min()), float(clicked.max())
    if ends:
        along = (np.array(ends) - line.centre) @ line.direction
        low, high = _inside(line, lens)
        first = min(first, max(float(along.min()), low))
        last = max(last, min(float(along.max()), high))
    steps = 2 if lens.kap == 0.0 else max(2, math.ceil((last - first) / LONGEST_STEP) + 1)
    path: Array = line.centre + np.linspace(first, last, steps)[:, None] * line.direction
    return path


@cache
def _extremities() -> tuple[dict[str, int], Array]:
    """Of every straight marking which pair of places (2N, 3) in metres is its own."""
    straight = [marking for marking in MARKINGS.values() if not marking.is_round]
    worlds = np.array([place for marking in straight for place in (marking.start, marking.end)])
    return {marking.name: 2 * number for number, marking in enumerate(straight)}, worlds


def _all_ends(drawing: Drawing, solution: Solution | None) -> dict[str, list[Array]]:
    """The ideal places of the projected ends of the drawn straight markings that agree with the solution."""
    if solution is None:
        return {}
    places, worlds = _extremities()
    rays, reached, near = solution.rays(worlds), solution.reaches(worlds), solution.nearest
    found = {}
    for name in drawing.lines:
        own = slice(places[name], places[name] + 2)
        if solution.misfits.get(name, 0.0) <= AGREES and reached[own].all():
            found[name] = _ends(rays[own], near)
    return found


def _ends(seen: Array, near: float) -> list[Array]:
    """The ideal places of two homogeneous ends (2, 3), what is hidden cut off."""
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


@cache
def _keypoint_worlds() -> Array:
    return np.array([point.world for point in KEYPOINTS.values()])


def sight(solution: Solution) -> tuple[Array, Array]:
    """Pixels (57, 2) and standard deviations (57,) of all keypoints as projected; NaN where it has nothing to say."""
    worlds = _keypoint_worlds()
    pixels, deviations = solution.seen(worlds)
    width, height = solution.size
    with np.errstate(invalid="ignore"):
        far = np.hypot(pixels[:, 0] - width / 2.0, pixels[:, 1] - height / 2.0) * solution.lens.scale
        hidden = ~solution.reaches(worlds) | ~(far < 3.0 * HALF_DIAGONAL)
    pixels[hidden], deviations[hidden] = np.nan, np.nan
    return pixels, deviations
