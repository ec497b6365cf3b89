"""The grass and its white paint: every pixel mapped to the pitch plane."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.synthetic.cameras import RenderCamera
from annotator.synthetic.plan import GroundMaps, Plan, white_share
from annotator.synthetic.textures import noise_tile, periodic_share, sample

Map = NDArray[np.float32]
Image = NDArray[np.float32]
_FAR = np.float32(1e4)


def ground_maps(camera: RenderCamera, rays: tuple[Map, Map, Map]) -> tuple[GroundMaps, Map]:
    """What every pixel sees of the plane z = 0, and the depth of that plane in metres (1e4 where it is not seen)."""
    dx, dy, dz = rays
    cx, cy, cz = (np.float32(c) for c in camera.position)
    seen = dz > 1e-5
    depth = np.where(seen, -cz / np.where(seen, dz, 1), _FAR)
    far = depth >= _FAR
    depth[far] = _FAR
    x, y = cx + depth * dx, cy + depth * dy
    x[far], y[far] = _FAR, _FAR
    right, down = (camera.rotation[i].astype(np.float32) / np.float32(camera.focal) for i in range(2))
    slope_u, slope_v = right[2] / np.maximum(dz, 1e-5), down[2] / np.maximum(dz, 1e-5)
    maps = GroundMaps(
        x=x,
        y=y,
        x_du=depth * (right[0] - slope_u * dx),
        x_dv=depth * (down[0] - slope_v * dx),
        y_du=depth * (right[1] - slope_u * dy),
        y_dv=depth * (down[1] - slope_v * dy),
    )
    return maps, depth


def _grass_colour(rng: np.random.Generator) -> Map:
    """A green, (3,) RGB 0..1."""
    hsv = np.array([[[rng.uniform(38, 51), rng.uniform(105, 235), rng.uniform(90, 155)]]], np.uint8)
    if rng.random() < 0.12:
        hsv[..., 0], hsv[..., 1] = int(rng.uniform(50, 72)), int(rng.uniform(90, 170))
    colour: Map = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0].astype(np.float32) / np.float32(255.0)
    return colour


def _stripes(rng: np.random.Generator, ground: GroundMaps, plan: Plan) -> Map:
    """The mowing pattern, (H, W) about -0.5..0.5: along x, y, both, diagonal or rings."""
    kind = rng.choice(["x", "y", "chequer", "diagonal", "ring", "none"], p=[0.4, 0.08, 0.2, 0.12, 0.06, 0.14])
    period = 2.0 * float(rng.choice([5.5, plan.half_length / 9, plan.half_length / 10, rng.uniform(3.0, 7.0)]))
    x_step, y_step = ground.x_step, ground.y_step

    def train(value: Map, step: Map, length: float) -> Map:
        return periodic_share(value, step, period=length, width=length / 2) - np.float32(0.5)

    if kind == "none":
        return np.zeros_like(ground.x)
    shifted = ground.x + np.float32(plan.half_length)
    if kind == "x":
        return train(shifted, x_step, period)
    if kind == "y":
        return train(ground.y, y_step, period)
    if kind == "chequer":
        across = train(ground.y + np.float32(rng.uniform(0, 9)), y_step, period * float(rng.uniform(0.8, 1.3)))
        both = train(shifted, x_step, period)
        return both + across if rng.random() < 0.5 else both * across * 2
    if kind == "diagonal":
        angle = rng.uniform(0.5, 1.07)
        c, s = np.float32(math.cos(angle)), np.float32(math.sin(angle))
        one = train(ground.x * c + ground.y * s, x_step * c + y_step * s, period)
        return one + train(ground.x * c - ground.y * s, x_step * c + y_step * s, period) * (rng.random() < 0.5)
    return train(np.sqrt(ground.x**2 + ground.y**2), np.maximum(x_step, y_step), period)


def _roughness(rng: np.random.Generator, ground: GroundMaps) -> Map:
    """Patches and blades, relative brightness, (H, W) about zero; fine detail fades where a pixel is coarser."""
    offset = rng.uniform(0, 512, 4).astype(np.float32)
    coarse = sample(noise_tile(9.0), ground.x * 4 + offset[0], ground.y * 4 + offset[1])
    fine = sample(noise_tile(0.7), ground.x * 11 + offset[2], ground.y * 7 + offset[3])
    step = np.sqrt(np.abs(ground.x_du * ground.y_dv - ground.x_dv * ground.y_du)) + np.float32(1e-3)
    fade = np.clip(0.09 / step, 0.0, 1.0)
    rough: Map = coarse * np.float32(rng.uniform(0.005, 0.035)) + fine * fade * np.float32(rng.uniform(0.01, 0.045))
    return rough


def _wear(rng: np.random.Generator, ground: GroundMaps, plan: Plan) -> Map:
    """Bare ground in 0..1 about the goal mouths and along the middle, (H, W)."""
    depth = plan.half_length - np.abs(ground.x)
    mouth = np.exp(-(((depth - 3.0) / 4.0) ** 2) - (ground.y / 4.5) ** 2)
    spots = np.clip(sample(noise_tile(5.0), ground.x * 6, ground.y * 6) * 0.5 + 0.4, 0.0, 1.0)
    worn: Map = (mouth * spots * np.float32(rng.uniform(0.2, 0.7))).astype(np.float32)
    return worn


def paint_ground(
    rng: np.random.Generator, ground: GroundMaps, plan: Plan, apron: tuple[float, float, float]
) -> tuple[Image, Map]:
    """The pitch and the strip about it, (H, W, 3) RGB 0..1, and the painted share, (H, W).

    ``apron`` is how far the grass reaches beyond the far touchline, the goal lines and the near touchline, metres.
    """
    base = _grass_colour(rng)
    contrast = np.float32(rng.uniform(0.015, 0.12) if rng.random() < 0.8 else rng.uniform(0.1, 0.24))
    light = 1 + contrast * _stripes(rng, ground, plan) + _roughness(rng, ground)
    tint = np.array(rng.normal(0.0, 0.02, 3), np.float32)
    grass: Image = light[..., None] * (base + tint)
    if rng.random() < 0.25:
        worn = _wear(rng, ground, plan)[..., None]
        grass += worn * (np.array([0.46, 0.42, 0.28], np.float32) - grass)
    _surround(rng, grass, ground, plan, apron)
    white = white_share(plan, ground)
    strength = np.float32(rng.uniform(0.65, 1.0))
    if rng.random() < 0.4:
        bare = np.clip(0.85 + 0.25 * sample(noise_tile(2.0), ground.x * 5, ground.y * 5), 0.2, 1.0)
        strength = (strength * bare).astype(np.float32)
    white = white * strength
    chalk = np.array(rng.uniform(0.82, 1.0, 3), np.float32) * np.float32(rng.uniform(0.86, 1.0))
    grass += white[..., None] * (chalk - grass)
    return grass, white


def _surround(
    rng: np.random.Generator, grass: Image, ground: GroundMaps, plan: Plan, apron: tuple[float, float, float]
) -> None:
    """Colour what lies beyond the mown grass, in place: a track, artificial turf, dark rubber."""
    far, ends, near = apron
    outside = (
        (ground.y < -plan.half_width - far)
        | (np.abs(ground.x) > plan.half_length + ends)
        | (ground.y > plan.half_width + near)
    )
    if not outside.any():
        return
    choice = rng.random()
    if choice < 0.45:
        colour = grass[outside] * np.float32(rng.uniform(0.6, 0.95))
    elif choice < 0.9:
        colour = np.full(3, rng.uniform(0.08, 0.45), np.float32) + rng.normal(0, 0.02, 3).astype(np.float32)
    else:
        colour = np.array([0.5, 0.26, 0.2], np.float32) * np.float32(rng.uniform(0.6, 1.1))
    grass[outside] = colour
