"""What is painted beside the pitch and is none of its markings: coaches' zones, second lines, advertising carpets."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.synthetic.plan import GroundMaps, Plan, band, below
from annotator.synthetic.textures import BOARD_PIXELS, board_strip, periodic_share, sample

Map = NDArray[np.float32]
Image = NDArray[np.float32]


def paint_pitchside(rng: np.random.Generator, image: Image, ground: GroundMaps, plan: Plan) -> None:
    """Sometimes paint distractors outside the lines, in place."""
    if rng.random() < 0.4:
        _zones(rng, image, ground, plan)
    if rng.random() < 0.08:
        _second_line(rng, image, ground, plan)
    if rng.random() < 0.35:
        _carpets(rng, image, ground, plan)


def _paint(image: Image, share: Map, strength: float) -> None:
    image += (share * np.float32(strength))[..., None] * (np.float32(0.95) - image)


def _zones(rng: np.random.Generator, image: Image, ground: GroundMaps, plan: Plan) -> None:
    """The two dashed zones of the coaches beyond the near touchline."""
    x, y = np.abs(ground.x), ground.y
    x_step, y_step = np.maximum(ground.x_step, 1e-6), np.maximum(ground.y_step, 1e-6)
    near = np.float32(plan.half_width + rng.uniform(0.9, 1.3))
    far = near + np.float32(rng.uniform(1.5, 4.0))
    start = float(rng.uniform(3, 12))
    end = start + float(rng.uniform(9, 20))
    paint = float(rng.uniform(0.05, 0.13))
    dash = float(rng.uniform(0.4, 1.4))
    if rng.random() < 0.75:
        along_x = periodic_share(ground.x, x_step, period=2 * dash, width=dash)
        along_y = periodic_share(ground.y, y_step, period=2 * dash, width=dash)
    else:
        along_x = along_y = np.ones_like(ground.x)
    within = below(x, end, x_step) - below(x, start, x_step)
    lines = band(y, float(near), y_step, paint) * within * along_x
    for edge in (start, end):
        across = below(y, float(far), y_step) - below(y, float(near), y_step)
        np.maximum(lines, band(x, edge, x_step, paint) * across * along_y, out=lines)
    _paint(image, lines, float(rng.uniform(0.5, 0.95)))


def _second_line(rng: np.random.Generator, image: Image, ground: GroundMaps, plan: Plan) -> None:
    """A line all along a touchline or goal line, a little outside: the edge of a track or of artificial turf."""
    out, paint = float(rng.uniform(1.2, 5.0)), float(rng.uniform(0.05, 0.2))
    if rng.random() < 0.7:
        side = -1.0 if rng.random() < 0.5 else 1.0
        line = band(ground.y, side * (plan.half_width + out), np.maximum(ground.y_step, 1e-6), paint)
    else:
        line = band(np.abs(ground.x), plan.half_length + out, np.maximum(ground.x_step, 1e-6), paint)
    _paint(image, line, float(rng.uniform(0.4, 0.9)))


def _carpets(rng: np.random.Generator, image: Image, ground: GroundMaps, plan: Plan) -> None:
    """Lettered rectangles on the ground beside the goals, as television shows them upright."""
    strip = board_strip(rng)
    deep, start, length = float(rng.uniform(0.8, 3.0)), float(rng.uniform(4.5, 8)), float(rng.uniform(4, 12))
    out = float(rng.uniform(0.4, 2.0))
    depth = np.abs(ground.x) - np.float32(plan.half_length + out)
    aside = np.abs(ground.y) - np.float32(start)
    mask = (depth > 0) & (depth < deep) & (aside > 0) & (aside < length)
    if not mask.any():
        return
    pixel = float(np.median(np.maximum(ground.x_step, ground.y_step)[mask]))
    shrink = int(np.clip(BOARD_PIXELS * pixel / deep, 1, 16))
    high = max(2, BOARD_PIXELS // shrink)
    size = (strip.shape[1] // shrink, high)
    small = np.asarray(cv2.resize(strip, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    density = np.float32(high / deep)
    rise = np.clip(depth * density, 0, high - 1)
    colour = sample(small, ground.y * density * np.sign(ground.x), rise.astype(np.float32))
    np.copyto(image, colour, where=mask[..., None])
