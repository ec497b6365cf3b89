"""What stands between the camera and the pitch: dug-outs by the near touchline, heads of the crowd below the camera."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.synthetic.cameras import RenderCamera, View
from annotator.synthetic.plan import Plan
from annotator.synthetic.textures import CROWD_METRES, CROWD_PIXELS, crowd_tile, sample

Map = NDArray[np.float32]
Image = NDArray[np.float32]
Floats = NDArray[np.float64]


def paint_foreground(rng: np.random.Generator, image: Image, covered: Map, *, view: View, plan: Plan) -> None:
    """Sometimes paint dug-outs, a dark strip or spectators before the pitch, in place."""
    draw = rng.random()
    if view.behind_goal:
        if draw < 0.45:
            _spectators(rng, image, covered)
    elif draw < 0.3:
        _dugouts(rng, image, covered, camera=view.camera, plan=plan)
    elif draw < 0.36:
        _spectators(rng, image, covered)


def _spectators(rng: np.random.Generator, image: Image, covered: Map) -> None:
    """Backs of heads along the lower edge, seen from behind and above."""
    height, width = image.shape[:2]
    top = int(height * (1 - rng.uniform(0.06, 0.24)))
    tile = crowd_tile(rng) * np.float32(rng.uniform(0.35, 0.9))
    density = np.float32(CROWD_PIXELS / CROWD_METRES)
    metre = np.float32(rng.uniform(0.03, 0.07) * width)
    x = np.arange(width, dtype=np.float32)[None] + np.zeros((height - top, 1), np.float32)
    y = np.arange(height - top, dtype=np.float32)[:, None] + np.zeros((1, width), np.float32)
    crowd = sample(tile, x / metre * density + np.float32(rng.uniform(0, 512)), y / metre * density)
    if rng.random() < 0.5:
        left, wide = rng.uniform(-0.1, 1.0) * width, rng.uniform(0.04, 0.13) * width
        lean = (x - np.float32(width / 2)) * y / np.float32(height) * np.float32(0.8)
        steps = (x + lean > left) & (x + lean < left + wide)
        stair = np.where(y % max(3.0, float(metre) * 0.4) < 2, 0.5, 1.0)[..., None] * rng.uniform(0.1, 0.6, 3)
        crowd = np.where(steps[..., None], stair, crowd)
    edge = np.clip(y - np.float32(rng.uniform(0, 4)), 0, 1)[..., None]
    image[top:] += edge * (crowd - image[top:])
    if rng.random() < 0.5:
        rail = max(2, int(height * rng.uniform(0.01, 0.035)))
        image[top : top + rail] = rng.uniform(0.03, 0.3, 3).astype(np.float32)
    covered[top:] = 1.0


def _dugouts(rng: np.random.Generator, image: Image, covered: Map, *, camera: RenderCamera, plan: Plan) -> None:
    """Two roofs beyond the near touchline, or one dark strip all along it."""
    y = plan.half_width + float(rng.uniform(1.5, 5.0))
    tall, deep = float(rng.uniform(1.2, 2.5)), float(rng.uniform(1.5, 3.0))
    if rng.random() < 0.4:
        spans = [(-plan.half_length - 5, plan.half_length + 5)]
        tall = float(rng.uniform(0.6, 1.6))
    else:
        start, length = float(rng.uniform(4, 9)), float(rng.uniform(8, 16))
        spans = [(-start - length, -start), (start, start + length)]
    roof = np.clip(rng.uniform(0.1, 0.5) + rng.normal(0, 0.06, 3), 0.03, 0.7).astype(np.float32)
    for first, last in spans:
        x = np.linspace(first, last, 9)
        _face(image, covered, camera, x, ((y, 0.0), (y, -tall)), roof * 0.35)
        _face(image, covered, camera, x, ((y, -tall), (y + deep, -tall * 1.05)), roof)


def _face(
    image: Image,
    covered: Map,
    camera: RenderCamera,
    x: Floats,
    profile: tuple[tuple[float, float], tuple[float, float]],
    colour: Map,
) -> None:
    """A face along x between two (y, z) edges, in place."""
    edges = [np.stack([x, np.full_like(x, y), np.full_like(x, z)], axis=1) for y, z in profile]
    pixels = camera.project(np.concatenate([edges[0], edges[1][::-1]]))
    if not np.isfinite(pixels).all() or np.abs(pixels).max() > 8000:
        return
    mask = np.zeros(covered.shape, np.uint8)
    cv2.fillPoly(mask, [(pixels * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    share = mask.astype(np.float32) / np.float32(255)
    if share.any():
        image += share[..., None] * (colour - image)
        np.maximum(covered, share, out=covered)
