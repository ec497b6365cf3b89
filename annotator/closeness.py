"""How near what was said lies to where the camera puts it, and how far the camera's own word can be off.

A click tells of a marking only across it: its residual is the distance to the projected line or circle. The covariance
of a projected place is drawn as an ellipse, which is long where the camera is unsure and short where it is not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.camera import HALF_DIAGONAL, Lens, Solution
from annotator.evidence import world_circle
from annotator.geometry import sampson
from annotator.labels import Point
from annotator.pitch import MARKINGS, marking_samples

Array = NDArray[np.float64]

__all__ = ["Ellipse", "click_residuals", "ellipses"]


@dataclass(frozen=True)
class Ellipse:
    """The ellipse of one standard deviation about a place, in pixels; ``angle`` of its long axis in radians."""

    long: float
    short: float
    angle: float


def click_residuals(solution: Solution, markings: Mapping[str, Sequence[Point]]) -> dict[str, Array]:
    """Distances (N,) in pixels of the clicks of each marking to where the solution puts it.

    A straight marking is taken as endless, a round one by Sampson's distance (HZ 11.4), both in ideal coordinates and
    stretched by the mean local distortion 1 + 2 kap rho^2. Over a crowned pitch, where no line stays straight, it is
    the distance to the projected curve. Markings of which the solution does not speak are left out.
    """
    lens = solution.lens
    found: dict[str, Array] = {}
    for name, clicks in markings.items():
        if name not in MARKINGS or not len(clicks):
            continue
        if solution.unknowns.any():
            away = _away_from_curve(solution, name, np.asarray(clicks, dtype=np.float64))
            if away is not None:
                found[name] = away
            continue
        ideal = lens.ideal(np.asarray(clicks, dtype=np.float64))
        distances = _distances(solution, name, ideal)
        if distances is not None:
            found[name] = np.abs(distances) * _stretch(ideal, lens)
    return found


def _distances(solution: Solution, name: str, ideal: Array) -> Array | None:
    marking = MARKINGS[name]
    if marking.is_round:
        back = np.linalg.inv(solution.ground)
        return sampson(back.T @ world_circle(name) @ back, ideal)
    ends = np.array([marking.start, marking.end])
    if not solution.reaches(ends).all():
        return None
    start, end = np.column_stack([ends, np.ones(2)]) @ solution.matrix.T
    line = np.cross(start, end)
    length = math.hypot(line[0], line[1])
    if not length > 0.0:
        return None
    offsets: Array = (ideal @ line[:2] + line[2]) / length
    return offsets


def _away_from_curve(solution: Solution, name: str, clicks: Array) -> Array | None:
    """Distances (N,) in pixels of clicks (N, 2) to a marking as projected, a line with a fifth more at each end."""
    worlds = marking_samples(name)
    if not solution.reaches(worlds).all():
        return None
    if MARKINGS[name].is_round:
        centre = np.array(MARKINGS[name].centre)
        worlds = centre + marking_samples("Circle central")
    else:
        share = np.linspace(-0.2, 1.2, 2 * len(worlds))[:, None]
        worlds = worlds[0] + share * (worlds[-1] - worlds[0])
    path = solution.project(worlds)
    start, along = path[:-1], np.diff(path, axis=0)
    squared = (along**2).sum(axis=1)
    known = np.isfinite(squared) & (squared > 0.0)
    if not known.any():
        return None
    start, along, squared = start[known], along[known], squared[known]
    offset = clicks[:, None] - start
    share = np.clip((offset * along).sum(axis=2) / squared, 0.0, 1.0)
    away: Array = np.linalg.norm(offset - share[..., None] * along, axis=2).min(axis=1)
    return away


def _stretch(ideal: Array, lens: Lens) -> Array:
    """Pixels per ideal unit at ideal places (N, 2), the mean over all directions."""
    square = (ideal**2).sum(axis=1) / HALF_DIAGONAL**2
    factor: Array = (1.0 + 2.0 * lens.kap * square) / lens.scale
    return factor


def ellipses(solution: Solution, worlds: Array) -> list[Ellipse | None]:
    """The ellipse of the projection of each place (N, 3) in metres, None where it is not projected.

    First order: J S J' with the covariance S of the parameters (HZ 5.2.6).
    """
    if not len(worlds):
        return []
    spread = solution.spreads(worlds)
    seen = np.isfinite(solution.deviations(worlds)) & np.isfinite(spread).all(axis=(1, 2))
    found: list[Ellipse | None] = []
    for known, (a, b, c) in zip(seen, spread[:, [0, 0, 1], [0, 1, 1]], strict=True):
        if not known:
            found.append(None)
            continue
        mean, half = 0.5 * (a + c), math.hypot(0.5 * (a - c), b)
        angle = 0.5 * math.atan2(2.0 * b, a - c)
        found.append(Ellipse(math.sqrt(max(mean + half, 0.0)), math.sqrt(max(mean - half, 0.0)), angle))
    return found
