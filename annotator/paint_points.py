"""A keypoint drawn to where painted lines meet: each line fitted on its own near the point, then crossed.

A corner or a T has paint on one side of the point only, so that each line is looked for to both sides and to either,
and the side with most paint says. Without directions they are sought first, by summing the paint along all lines
through the neighbourhood (Radon transform).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotator.geometry import meet
from annotator.labels import Point
from annotator.paint_paths import PaintFit, fitted_to_paint, straight
from annotator.paint_profiles import PaintField, ridges_across

Array = NDArray[np.float64]

ARM = 36.0  # pixels of 540 rows to either side of the point that are looked at
SHORTEST = 12.0  # pixels of 540 rows: no line is told from less
FEWEST_RIDGES, FEWEST_AGREEING, LEAST_SCORE = 0.4, 0.5, 0.25
SOUGHT_SCORE = 0.5  # of a line whose direction nobody knew
CROWD = 2  # curves beside it that look the same: a net
FLATTEST = np.sin(np.radians(12.0))  # of the angle between two lines that are crossed
APART = np.radians(20.0)  # between two lines that are sought without directions
LEAST_RADON = 6.0  # grey levels on average along a line that is sought


@dataclass(frozen=True, eq=False)
class Arm:
    """One painted line near a point: ``line`` (3,) with a unit normal, what was seen of it, and how much."""

    line: Array
    ticks: Array
    agree: NDArray[np.bool_]
    normals: Array
    score: float


def arm_along(paint: PaintField, position: Array, direction: Array, *, reach: float, on_grass: bool) -> Arm | None:
    """The painted line nearest to the one through ``position`` along unit ``direction``; None where there is none.

    To both sides or to either, where more paint is seen.
    """
    length, gap = ARM * paint.scale, 3.0 * paint.scale
    best: Arm | None = None
    for low, high in ((-length, length), (gap, length), (-length, -gap)):
        ends = position + np.array([[low], [high]]) * direction
        arm = arm_between(paint, ends, reach=reach, on_grass=on_grass, least=SOUGHT_SCORE)
        if arm is None:
            continue
        arm = replace(arm, score=arm.score * (1.0 if low * high < 0.0 else 0.8))
        if best is None or arm.score > best.score:
            best = arm
    return best


def arm_between(
    paint: PaintField, ends: Array, *, reach: float, on_grass: bool, least: float = LEAST_SCORE
) -> Arm | None:
    """The painted line beside the segment ``ends`` (2, 2), or None."""
    base = straight(ends, scale=paint.scale, reach=reach)
    if base is None:
        return None
    ridges = ridges_across(paint, base.places, base.normals, reach=1.25 * reach, on_grass=on_grass)
    fit = fitted_to_paint(base, ridges, scale=paint.scale, reach=reach)
    if fit is None or not _is_enough(fit, int(ridges.usable.sum()), least):
        return None
    seen = np.isfinite(fit.ticks)
    ticks = base.places[seen] + fit.ticks[seen, None] * base.normals[seen]
    first, last = base.places[[0, -1]] + fit.offsets[[0, -1], None] * base.normals[[0, -1]]
    line = np.cross(np.append(first, 1.0), np.append(last, 1.0))
    line = line / np.hypot(line[0], line[1])
    return Arm(line, ticks, fit.agree[seen], base.normals[seen], fit.score)


def _is_enough(fit: PaintFit, usable: int, least: float) -> bool:
    seen = int(np.isfinite(fit.ticks).sum())
    agree = int(fit.agree.sum())
    enough = seen >= FEWEST_RIDGES * max(usable, 1) and agree >= FEWEST_AGREEING * seen
    return enough and fit.score >= least and fit.rivals < CROWD


def crossing_of(first: Arm, second: Arm) -> Array | None:
    """Where two arms meet, (2,); None when they are nearly parallel."""
    if abs(float(first.line[0] * second.line[1] - first.line[1] * second.line[0])) < FLATTEST:
        return None
    return meet(first.line, second.line)


def spans_at(
    position: Point, paths: Mapping[str, Sequence[Array]], markings: Iterable[str], *, within: float, scale: float
) -> Array:
    """The segments (K, 2, 2) of markings' paths about a pixel, moved across themselves to pass through it.

    Of each marking whose path passes within ``within`` pixels, as far as it goes and ``ARM`` at most to either side;
    ``scale`` is the field's.
    """
    at = np.array(position, dtype=np.float64)
    found = []
    for name in markings:
        best: tuple[float, Array] | None = None
        for path in paths.get(name, ()):
            if len(path) < 2:
                continue
            near, along, lengths = _nearest_on(path, at)
            away = float(np.linalg.norm(near - at))
            if away > within or (best is not None and away >= best[0]):
                continue
            ends = np.clip([along - ARM * scale, along + ARM * scale], 0.0, lengths[-1])
            span = np.column_stack([np.interp(ends, lengths, path[:, axis]) for axis in (0, 1)])
            way = span[1] - span[0]
            size = float(np.hypot(way[0], way[1]))
            if size >= SHORTEST * scale:
                normal = np.array([-way[1], way[0]]) / size
                best = away, span + float((at - near) @ normal) * normal
        if best is not None:
            found.append(best[1])
    return np.array(found).reshape(-1, 2, 2)


def _nearest_on(path: Array, at: Array) -> tuple[Array, float, Array]:
    """The point (2,) of a path nearest to a pixel, how far along it is, and how far along every vertex is."""
    start, step = path[:-1], np.diff(path, axis=0)
    square = np.maximum((step * step).sum(axis=1), 1e-12)
    part = np.clip(((at - start) * step).sum(axis=1) / square, 0.0, 1.0)
    near = start + part[:, None] * step
    i = int(np.nan_to_num(np.linalg.norm(near - at, axis=1), nan=np.inf).argmin())
    lengths = np.concatenate([[0.0], np.cumsum(np.sqrt(square))])
    return near[i], float(lengths[i] + part[i] * np.sqrt(square[i])), lengths


def sought_directions(paint: PaintField, position: Array, *, reach: float) -> Array:
    """Directions (0 to 2, 2) of the painted lines that pass near a pixel."""
    hat = _patch(paint, position, reach)
    half = hat.shape[0] // 2
    angles = np.arange(0.0, np.pi, np.radians(4.0))
    along = np.arange(-int(ARM), int(ARM) + 1)
    across = np.arange(-int(reach / paint.scale), int(reach / paint.scale) + 1)
    ways = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    x = half + ways[:, 0, None, None] * along - ways[:, 1, None, None] * across[:, None]
    y = half + ways[:, 1, None, None] * along + ways[:, 0, None, None] * across[:, None]
    values = hat[np.clip(np.rint(y).astype(int), 0, 2 * half), np.clip(np.rint(x).astype(int), 0, 2 * half)]
    middle = len(along) // 2
    halves = np.maximum(values[..., :middle].mean(axis=2), values[..., middle + 1 :].mean(axis=2))
    score = (0.5 * (halves + values.mean(axis=2))).max(axis=1)
    first = int(score.argmax())
    if score[first] < LEAST_RADON:
        return np.empty((0, 2))
    turn = np.abs((angles - angles[first] + np.pi / 2) % np.pi - np.pi / 2)
    rest = np.where(turn > APART, score, 0.0)
    second = int(rest.argmax())
    chosen = [first] if rest[second] < max(LEAST_RADON, 0.35 * score[first]) else [first, second]
    return ways[chosen]


def _patch(paint: PaintField, position: Array, reach: float) -> NDArray[np.float32]:
    """White top-hat about a pixel, one sample a pixel of 540 rows, capped so that no blob outshines a line."""
    import cv2

    half = int(reach / paint.scale + ARM) + 1
    grid = np.arange(-half, half + 1, dtype=np.float32) * np.float32(paint.scale)
    x, y = np.meshgrid(grid + np.float32(position[0]), grid + np.float32(position[1]))
    colours = cv2.remap(paint.rgb, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    bright = cv2.GaussianBlur(colours.min(axis=2).astype(np.float32), (0, 0), 0.8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13))
    hat: NDArray[np.float32] = np.minimum(cv2.morphologyEx(bright, cv2.MORPH_TOPHAT, kernel), 40.0)
    return hat


