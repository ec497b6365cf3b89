"""What geometry adds to the picture, as values to paint: the pitch overlay, residuals, and where points may be."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from annotator.closeness import click_residuals, ellipses
from annotator.curves import ghost_parts
from annotator.keypoints import Keypoint, Resolved, Source
from annotator.labels import Instance
from annotator.pitch import KEYPOINTS

# The pitch overlay is dashed where it is known less surely than this share of the frame's width.
UNSURE_SHARE = 0.005
# How many standard deviations the ellipses about points reach.
DEVIATIONS = 2.0


@dataclass(frozen=True, eq=False)
class Polyline:
    """A path that compares by its points: ``points`` (N, 2) pixels."""

    points: NDArray[np.float64]

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """The upright rectangle (x0, y0, x1, y1) that its points lie in."""
        (x0, y0), (x1, y1) = self.points.min(axis=0).tolist(), self.points.max(axis=0).tolist()
        return (x0, y0, x1, y1)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Polyline):
            return NotImplemented
        return self.points is other.points or np.array_equal(self.points, other.points)

    def __hash__(self) -> int:
        return hash(self.points.shape)


@dataclass(frozen=True)
class SpreadView:
    """Where a point may be: an ellipse of two standard deviations, half axes in pixels, ``angle`` in radians."""

    name: str
    x: float
    y: float
    long: float
    short: float
    angle: float


def residuals_of(resolved: Resolved, labels: Instance, warn: float) -> dict[str, NDArray[np.float64]]:
    """The distances of the clicks of those markings of which one can be over the limit."""
    if resolved.solution is None:
        return {}
    worth = {}
    for name, points in labels.markings.items():
        curve = resolved.curves.get(name)
        if curve is not None and curve.misfit is not None and curve.misfit * math.sqrt(len(points)) > warn:
            worth[name] = points
    return click_residuals(resolved.solution, worth) if worth else {}


# Canvas and tool ask for the same answer in turn.
@lru_cache(maxsize=4)
def ghost_paths(resolved: Resolved, size: tuple[int, int]) -> tuple[tuple[Polyline, ...], tuple[Polyline, ...]]:
    """The parts of the projected pitch that are known surely, and the others."""
    if resolved.solution is None:
        return tuple(Polyline(path) for paths in resolved.ghost.values() for path in paths if len(path) >= 2), ()
    if not resolved.ghost:
        return (), ()
    limit = min(UNSURE_SHARE * max(size[0], 1), resolved.ghost_sd)
    sure, unsure = ghost_parts(resolved.solution, largest_sd=resolved.ghost_sd, sure_sd=limit)
    return tuple(map(Polyline, sure)), tuple(map(Polyline, unsure))


def spreads_of(resolved: Resolved, shown: Sequence[Keypoint]) -> Iterator[SpreadView]:
    """An ellipse for what the camera projects, a circle of the worst direction for all else with a deviation."""
    projected = [point for point in shown if point.source is Source.PROJECTED and point.name in KEYPOINTS]
    if resolved.solution is not None and projected:
        worlds = np.array([KEYPOINTS[point.name].world for point in projected])
        for point, ellipse in zip(projected, ellipses(resolved.solution, worlds), strict=True):
            if ellipse is not None and point.position is not None:
                long, short = DEVIATIONS * ellipse.long, DEVIATIONS * ellipse.short
                yield SpreadView(point.name, *point.position, long, short, ellipse.angle)
    for point in shown:
        if point.source in (Source.CONSTRUCTED, Source.PREDICTED) and point.sd and point.position is not None:
            yield SpreadView(point.name, *point.position, DEVIATIONS * point.sd, DEVIATIONS * point.sd, 0.0)
