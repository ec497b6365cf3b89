"""Where the markings of a pitch of any size lie: keypoints in metres and the painted white, analytically."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.pitch import (
    CIRCLE_RADIUS,
    GOAL_AREA,
    HALF_LENGTH,
    HALF_WIDTH,
    KEYPOINTS,
    MARKINGS,
    PENALTY_AREA,
    PENALTY_MARK,
    marking_samples,
)

Floats = NDArray[np.float64]
Map = NDArray[np.float32]

_BOX_DEPTH, _BOX_HALF = HALF_LENGTH - PENALTY_AREA[0], PENALTY_AREA[1]
_SMALL_DEPTH, _SMALL_HALF = HALF_LENGTH - GOAL_AREA[0], GOAL_AREA[1]
_MARK_DEPTH = HALF_LENGTH - PENALTY_MARK
_MARK_RADIUS = 0.13


@dataclass(frozen=True)
class Plan:
    """The size of a pitch and the width of its paint, metres. Areas, circles and goals keep their sizes by law."""

    half_length: float = HALF_LENGTH
    half_width: float = HALF_WIDTH
    paint: float = 0.12

    def moved(self, world: Floats) -> Floats:
        """Points (N, 3) of the standard pitch moved to where this pitch has them; tangent points excepted."""
        placed = np.array(world, dtype=np.float64)
        ends = np.abs(placed[:, 0]) > HALF_LENGTH - _BOX_DEPTH - CIRCLE_RADIUS
        placed[:, 0] += np.where(ends, np.sign(placed[:, 0]) * (self.half_length - HALF_LENGTH), 0.0)
        sides = np.abs(placed[:, 1]) > HALF_WIDTH - 1e-6
        placed[:, 1] = np.where(sides, np.sign(placed[:, 1]) * self.half_width, placed[:, 1])
        return placed

    def keypoints(self) -> Floats:
        """The 57 keypoints in scheme order, (57, 3) metres."""
        placed = self.moved(np.array([point.world for point in KEYPOINTS.values()]))
        along = CIRCLE_RADIUS**2 / self.half_width
        across = np.sqrt(CIRCLE_RADIUS**2 - along**2)
        for i, name in enumerate(KEYPOINTS):
            if name.startswith("CENTER_CIRCLE_TANGENT"):
                placed[i, :2] = np.sign(placed[i, :2]) * (across, along)
        return placed

    def marking(self, name: str, step: float) -> Floats:
        """Points along a marking, (N, 3) metres, at most about ``step`` apart, first and last at its extremities."""
        samples = marking_samples(name, step)
        marking = MARKINGS[name]
        if marking.is_round:
            return self.moved(samples) if marking.centre != (0.0, 0.0, 0.0) else samples
        first, last = self.moved(np.array([marking.start, marking.end]))
        part = np.linspace(0.0, 1.0, len(samples))[:, None]
        line: Floats = first + part * (last - first)
        return line


@dataclass(frozen=True)
class GroundMaps:
    """What every pixel sees of the ground plane: place in metres and its derivative per pixel, (H, W) float32."""

    x: Map
    y: Map
    x_du: Map
    x_dv: Map
    y_du: Map
    y_dv: Map

    @property
    def x_step(self) -> Map:
        """Metres of x per pixel, across the line x = const."""
        step: Map = np.sqrt(self.x_du**2 + self.x_dv**2)
        return step

    @property
    def y_step(self) -> Map:
        """Metres of y per pixel, across the line y = const."""
        step: Map = np.sqrt(self.y_du**2 + self.y_dv**2)
        return step


def below(value: Map, edge: float, step: Map) -> Map:
    """Share of a pixel where value < edge, for a value that changes by ``step`` a pixel: a box filter."""
    share: Map = np.clip((edge - value) / step + 0.5, 0.0, 1.0)
    return share


def band(value: Map, middle: float, step: Map, paint: float) -> Map:
    """Share of a pixel within half a paint width of ``middle``."""
    return below(value, middle + paint / 2, step) - below(value, middle - paint / 2, step)


def white_share(plan: Plan, ground: GroundMaps) -> Map:
    """How much of every pixel is painted, (H, W) in 0..1.

    The pitch is folded by its two symmetries, so that every marking is computed once in one quarter. Coverage is a
    box filter one pixel wide along the gradient of the distance to the marking; thin far lines fade as they should.
    """
    paint, reach = plan.paint, plan.paint / 2
    x, y = np.abs(ground.x), np.abs(ground.y)
    depth = np.float32(plan.half_length) - x
    x_step, y_step = np.maximum(ground.x_step, 1e-6), np.maximum(ground.y_step, 1e-6)
    inside_x = below(x, plan.half_length + reach, x_step)
    inside_y = below(y, plan.half_width + reach, y_step)
    white = band(depth, 0.0, x_step, paint) * inside_y
    np.maximum(white, band(y, plan.half_width, y_step, paint) * inside_x, out=white)
    np.maximum(white, band(x, 0.0, x_step, paint) * inside_y, out=white)
    for length, half in ((_BOX_DEPTH, _BOX_HALF), (_SMALL_DEPTH, _SMALL_HALF)):
        np.maximum(white, band(depth, length, x_step, paint) * below(y, half + reach, y_step), out=white)
        sides = band(y, half, y_step, paint) * below(depth, length + reach, x_step) * inside_x
        np.maximum(white, sides, out=white)
    return _with_rounds(white, plan, ground, depth)


def _with_rounds(white: Map, plan: Plan, ground: GroundMaps, depth: Map) -> Map:
    """The painted share with circles, arcs and marks added, in place."""
    from_mark = np.abs(ground.x) - np.float32(plan.half_length - _MARK_DEPTH)
    fold = np.sign(ground.x)
    for x, x_sign, clip in ((ground.x, np.float32(1.0), None), (from_mark, fold, _BOX_DEPTH)):
        radius = np.sqrt(x * x + ground.y**2)
        near = radius < CIRCLE_RADIUS + 1.0
        if not near.any():
            continue
        top, bottom, left, right = _bounds(near)
        part = np.s_[top:bottom, left:right]
        sign = x_sign[part] if isinstance(x_sign, np.ndarray) else x_sign
        r, px, py = np.maximum(radius[part], 1e-3), x[part] * sign, ground.y[part]
        du = (px * ground.x_du[part] + py * ground.y_du[part]) / r
        dv = (px * ground.x_dv[part] + py * ground.y_dv[part]) / r
        step = np.maximum(np.sqrt(du * du + dv * dv), 1e-6)
        ring = band(r, CIRCLE_RADIUS, step, plan.paint)
        if clip is not None:
            ring *= depth[part] > clip
        np.maximum(white[part], ring, out=white[part])
        np.maximum(white[part], _mark(r, ground, part), out=white[part])
    return white


def _mark(radius: Map, ground: GroundMaps, part: tuple[slice, slice]) -> Map:
    """Coverage of the penalty or centre mark, a disc."""
    area = np.abs(ground.x_du[part] * ground.y_dv[part] - ground.x_dv[part] * ground.y_du[part])
    step = np.sqrt(np.maximum(area, 1e-8))
    full = np.minimum(1.0, np.pi * _MARK_RADIUS**2 / np.maximum(area, 1e-8))
    share = np.clip((_MARK_RADIUS - radius) / step + 0.5, 0.0, 1.0) * full
    return np.asarray(share, dtype=np.float32)


def _bounds(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Top, bottom, left, right of the true part of a mask, ends excluded."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
