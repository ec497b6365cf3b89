"""What the pitch map says of a marking or a keypoint, as values: drawn, missing, outside, unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from annotator.gui.glyphs import Glyph, glyph_of
from annotator.keypoints import Keypoint, Resolved
from annotator.labels import Instance, KeypointLabel, Visibility
from annotator.pitch import KEYPOINTS, MARKINGS
from annotator.proposals import agreed_circle

SHORTEST = 0.03  # of the frame's width; less of a marking in view is too little to be drawn


class LineState(Enum):
    """What is known of a marking: clicked, clicked too little, agreed to, in view but neither, out of view, nothing."""

    DRAWN = "drawn"
    BEGUN = "begun"
    AGREED = "agreed"
    MISSING = "missing"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


class Whereabouts(Enum):
    """Of a point without a mark: outside the frame, or nobody knows."""

    OUTSIDE = "outside"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class PointState:
    """How a keypoint is painted on the map: with its mark on the canvas, or as outside or unknown."""

    shape: Glyph | Whereabouts = Whereabouts.UNKNOWN
    occluded: bool = False


@dataclass(frozen=True)
class MapState:
    """Everything that the map says; equal values are painted alike."""

    lines: Mapping[str, LineState] = field(default_factory=dict)
    points: Mapping[str, PointState] = field(default_factory=dict)


def map_state(said: Instance, resolved: Resolved | None) -> MapState:
    """What is drawn, missing, derived and outside in a frame."""
    if resolved is None:
        return MapState()
    lines = {name: _line(name, said, resolved) for name in MARKINGS}
    gone = _outside(resolved)
    points = {
        name: _point(resolved.keypoints.get(name), said.keypoints.get(name), gone=name in gone) for name in KEYPOINTS
    }
    return MapState(lines, points)


def _outside(resolved: Resolved) -> frozenset[str]:
    """The keypoints that a sure camera has outside the frame, or behind it."""
    solution = resolved.solution
    if solution is None or resolved.image_from_pitch is None:
        return frozenset()
    worlds = np.array([point.world for point in KEYPOINTS.values()])
    pixels, (width, height) = solution.project(worlds), resolved.size
    with np.errstate(invalid="ignore"):
        inside = ((pixels >= -0.5) & (pixels <= (width - 0.5, height - 0.5))).all(axis=1)
    gone = ~inside & np.asarray(solution.reaches(worlds))
    return frozenset(name for name, out in zip(KEYPOINTS, gone, strict=True) if out)


def _line(name: str, said: Instance, resolved: Resolved) -> LineState:
    if name in said.markings:
        curve = resolved.curves.get(name)
        short = len(said.markings[name]) < 2 or (curve is not None and bool(curve.reason) and len(curve.path) < 2)
        return LineState.BEGUN if short else LineState.DRAWN
    if agreed_circle(said, name):
        return LineState.AGREED
    width, height = resolved.size
    shown = sum(_length_inside(path, width, height) for path in resolved.ghost.get(name, ()))
    if shown >= SHORTEST * width > 0.0:
        return LineState.MISSING
    return LineState.OUTSIDE if _is_decided(MARKINGS[name].start, resolved) else LineState.UNKNOWN


def _length_inside(path: NDArray[np.float64], width: int, height: int) -> float:
    """How many pixels of a path lie in the frame."""
    inside = np.asarray(((path >= -0.5) & (path <= (width - 0.5, height - 0.5))).all(axis=1))
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    return float(steps[inside[1:] & inside[:-1]].sum())


def _is_decided(world: tuple[float, float, float], resolved: Resolved) -> bool:
    """Whether the camera is sure, and speaks of such a place: a homography of the ground knows no goals."""
    solution = resolved.solution
    if solution is None or resolved.image_from_pitch is None:
        return False
    return bool(np.asarray(solution.reaches(np.array([world]))).all())


def _point(point: Keypoint | None, said: KeypointLabel | None, *, gone: bool) -> PointState:
    if said is not None and said.visibility is Visibility.ABSENT:
        return PointState(Glyph.ABSENT)
    glyph = glyph_of(point) if point is not None and point.inside else None
    if point is not None and glyph is not None:
        return PointState(glyph, point.visibility is Visibility.OCCLUDED)
    if gone or (point is not None and point.position is not None):
        return PointState(Whereabouts.OUTSIDE)
    return PointState()
