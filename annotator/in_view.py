"""Which stretches of the markings a camera has in the frame, and where on them a person would click."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from annotator.camera import Solution
from annotator.geometry import runs
from annotator.pitch import MARKINGS, World, marking_samples

Array = NDArray[np.float64]

BORDER = 0.01  # of the frame's width, from its edges inward, where nothing is clicked
SHORTEST = 0.03  # of the frame's width; shorter stretches are too small to be drawn
LINE_CLICKS, ROUND_CLICKS = 2, 7
INSET = 0.08  # of a stretch, from its ends inward, where its first and last click go


@dataclass(frozen=True, eq=False)
class Stretch:
    """The longest part of a marking inside the frame: ``path`` (N, 2) pixels and ``length`` of it in pixels."""

    marking: str
    path: Array
    length: float

    def clicks(self, count: int) -> Array:
        """Evenly spread places (count, 2) along it, a little inside its ends."""
        steps = np.linalg.norm(np.diff(self.path, axis=0), axis=1)
        along = np.concatenate([[0.0], np.cumsum(steps)])
        at = np.linspace(INSET, 1.0 - INSET, count) * along[-1]
        return np.column_stack([np.interp(at, along, self.path[:, axis]) for axis in (0, 1)])

    @property
    def usual_clicks(self) -> Array:
        """Two places of a line, seven of a circle."""
        return self.clicks(ROUND_CLICKS if MARKINGS[self.marking].is_round else LINE_CLICKS)


@cache
def _samples() -> tuple[Array, tuple[tuple[str, slice], ...]]:
    """All markings as one array (N, 3) in metres, half a metre apart, and which part is whose."""
    parts = [marking_samples(name, 0.5) for name in MARKINGS]
    ends = np.cumsum([0, *(len(part) for part in parts)])
    slices = tuple((name, slice(int(ends[i]), int(ends[i + 1]))) for i, name in enumerate(MARKINGS))
    return np.concatenate(parts), slices


def nearest_on_marking(solution: Solution, pixel: Array) -> tuple[str, World, float] | None:
    """The marking that passes nearest to a pixel, the place on it in metres there, and how many pixels away.

    None where no marking is in front of the camera.
    """
    samples, slices = _samples()
    pixels = solution.project(samples)
    best: tuple[str, World, float] | None = None
    for name, part in slices:
        start, step = pixels[part][:-1], np.diff(pixels[part], axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.clip(((pixel - start) * step).sum(axis=1) / (step * step).sum(axis=1), 0.0, 1.0)
            away = np.linalg.norm(start + share[:, None] * step - pixel, axis=1)
        away = np.nan_to_num(away, nan=np.inf)
        i = int(away.argmin())
        if np.isfinite(away[i]) and (best is None or away[i] < best[2]):
            x, y, z = samples[part][i] + share[i] * (samples[part][i + 1] - samples[part][i])
            best = name, (float(x), float(y), float(z)), float(away[i])
    return best


def stretches(solution: Solution) -> dict[str, Stretch]:
    """Of every marking that the solution has in the frame for long enough to be drawn, its longest stretch there."""
    samples, slices = _samples()
    pixels = solution.project(samples)
    width, height = solution.size
    border = BORDER * width
    with np.errstate(invalid="ignore"):
        inside = np.all((pixels >= border) & (pixels <= (width - 1 - border, height - 1 - border)), axis=1)
    reached = solution.reaches(samples)
    found: dict[str, Stretch] = {}
    for name, part in slices:
        if not reached[part.start] or not inside[part].any():
            continue
        stretch = _longest(name, pixels[part], inside[part])
        if stretch is not None and stretch.length >= SHORTEST * width:
            found[name] = stretch
    return found


def _longest(name: str, pixels: Array, inside: NDArray[np.bool_]) -> Stretch | None:
    """The longest run inside; that of a closed circle may pass where its samples start."""
    if MARKINGS[name].start == MARKINGS[name].end and not inside.all():
        first = int(np.flatnonzero(~inside)[0])
        pixels, inside = np.roll(pixels[:-1], -first, axis=0), np.roll(inside[:-1], -first)
    best: Stretch | None = None
    for run in runs(inside):
        path = pixels[run]
        length = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
        if best is None or length > best.length:
            best = Stretch(name, path, length)
    return best
