"""What stands about the pitch: advertising boards, stands with crowds, their roof or the sky."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.synthetic.cameras import RenderCamera
from annotator.synthetic.plan import Plan
from annotator.synthetic.textures import (
    BOARD_PIXELS,
    CROWD_METRES,
    CROWD_PIXELS,
    board_strip,
    crowd_tile,
    noise_tile,
    sample,
)

Map = NDArray[np.float32]
Image = NDArray[np.float32]
_NEVER = np.float32(1e5)
SIDES = {"far": (0.0, -1.0), "left": (-1.0, 0.0), "right": (1.0, 0.0), "near": (0.0, 1.0)}


@dataclass(frozen=True)
class Stadium:
    """Distances in metres: boards from the lines (far, ends, near), the stands behind them, heights and slope."""

    boards: tuple[float, float, float]
    board_height: float
    gap: float
    wall: float
    slope: float
    tier: float
    top: float

    def board_distance(self, side: str, plan: Plan) -> float:
        """Distance of a side's boards from the centre spot."""
        if side == "far":
            return plan.half_width + self.boards[0]
        if side == "near":
            return plan.half_width + self.boards[2]
        return plan.half_length + self.boards[1]


def random_stadium(rng: np.random.Generator) -> Stadium:
    """A stadium: boards 3-9 m from the lines, stands up to two tiers high."""
    near_track = 12.0 if rng.random() < 0.06 else 0.0
    boards = (rng.uniform(2.5, 7) + near_track, rng.uniform(3.5, 9) + near_track, rng.uniform(3, 8) + near_track)
    return Stadium(
        boards=boards,
        board_height=float(rng.uniform(0.7, 1.2)),
        gap=float(rng.uniform(0.3, 4.0)),
        wall=float(rng.uniform(0.3, 1.6)),
        slope=float(rng.uniform(0.38, 0.75)),
        tier=float(rng.uniform(9, 40)),
        top=float(rng.uniform(16, 60)),
    )


@dataclass(frozen=True)
class Sight:
    """A camera, its rays (three (H, W) maps, see `RenderCamera.rays`) and the depth of the ground along them."""

    camera: RenderCamera
    rays: tuple[Map, Map, Map]
    ground: Map


@dataclass(frozen=True)
class _Hits:
    """The nearest stand behind every pixel: its depth, the place along it, and up its slope (negative: the wall)."""

    depth: Map
    along: Map
    up: Map


def _stand_hits(stadium: Stadium, plan: Plan, sight: Sight) -> _Hits:
    """A stand is the solid behind a wall and below a slope: a ray enters it at the later of the two planes."""
    dx, dy, dz = sight.rays
    cx, cy, cz = (float(c) for c in sight.camera.position)
    depth = np.full(dx.shape, _NEVER, np.float32)
    along, up = np.zeros_like(depth), np.zeros_like(depth)
    rise = np.float32(np.hypot(1.0, stadium.slope))
    for index, (side, (nx, ny)) in enumerate(SIDES.items()):
        front = stadium.board_distance(side, plan) + stadium.gap
        out = nx * cx + ny * cy
        above = cz + stadium.wall + stadium.slope * (out - front)
        if above >= -0.5:
            continue
        outward = np.float32(nx) * dx + np.float32(ny) * dy
        fall = dz + np.float32(stadium.slope) * outward
        t_slope = np.where(fall > 1e-4, -above / np.maximum(fall, 1e-4), _NEVER)
        if out < front:
            t_wall = np.where(outward > 1e-4, (front - out) / np.maximum(outward, 1e-4), _NEVER)
            t_slope = np.maximum(t_slope, t_wall)
        nearer = t_slope < depth
        reach = np.where(nearer, t_slope, 0)
        depth = np.where(nearer, t_slope, depth)
        where = (cx + reach * dx) if ny else (cy + reach * dy)
        along = np.where(nearer, where + np.float32(137.0 * index), along)
        up = np.where(nearer, (np.float32(out - front) + reach * outward) * rise, up)
        wall_z = cz + reach * dz
        on_wall = nearer & (up < 0.05)
        up = np.where(on_wall, -np.float32(stadium.wall) - np.minimum(wall_z, 0), up)
    return _Hits(depth, along, up)


def paint_stands(
    rng: np.random.Generator,
    image: Image,
    *,
    stadium: Stadium,
    plan: Plan,
    sight: Sight,
) -> None:
    """Paint stands, roof and sky over ``image`` in place."""
    hits = _stand_hits(stadium, plan, sight)
    hidden = (hits.depth < sight.ground) | (sight.ground > 900)
    if not hidden.any():
        return
    rows, columns = np.flatnonzero(hidden.any(axis=1)), np.flatnonzero(hidden.any(axis=0))
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    mask = hidden[part]
    seen = hits.depth[part][mask]
    scale = sight.camera.focal / max(float(np.median(seen)), 5.0)
    colour = _stand_colour(rng, stadium, hits, part, scale)
    np.copyto(image[part], colour, where=mask[..., None])


def _stand_colour(
    rng: np.random.Generator, stadium: Stadium, hits: _Hits, part: tuple[slice, slice], scale: float
) -> Image:
    """Crowd, aisles, the front of the upper tier, roof and sky for a part of the image; ``scale`` in pixels a metre."""
    along, up = hits.along[part], hits.up[part]
    tile = crowd_tile(rng)
    pixels = CROWD_PIXELS
    while pixels / CROWD_METRES > 1.3 * scale and pixels > 32:
        pixels //= 2
    tile = np.asarray(cv2.resize(tile, (pixels, pixels), interpolation=cv2.INTER_AREA), dtype=np.float32)
    density = np.float32(pixels / CROWD_METRES)
    colour = sample(tile, along * density, -up * density)
    blocks = sample(noise_tile(0.0), along * np.float32(0.08), up * np.float32(0.05))
    colour *= (1 + np.float32(rng.uniform(0.0, 0.12)) * blocks)[..., None]
    aisle_share = np.float32(0.65 if rng.random() < 0.7 else 0.0)
    aisle = (along + np.float32(rng.uniform(0, 20))) % np.float32(rng.uniform(9, 22)) < rng.uniform(0.7, 1.5)
    stairs = np.full(3, rng.uniform(0.2, 0.65), np.float32)
    colour = np.where(aisle[..., None], colour * (1 - aisle_share) + stairs * aisle_share, colour)
    upper = up > stadium.tier
    colour = np.where(upper[..., None], colour * np.float32(rng.uniform(0.4, 0.95)), colour)
    front = (up > stadium.tier) & (up < stadium.tier + rng.uniform(1.0, 3.5))
    colour[front] = _wall_colour(rng)
    colour[up < 0] = _wall_colour(rng)
    roof = (up > stadium.tier + stadium.top) | (hits.depth[part] >= _NEVER)
    colour[roof] = _above(rng)
    return colour


def _wall_colour(rng: np.random.Generator) -> Map:
    """Concrete, dark cladding or, seldom, club colours, (3,) RGB 0..1."""
    if rng.random() < 0.75:
        grey = np.full(3, rng.uniform(0.06, 0.4)) + rng.normal(0, 0.02, 3)
    else:
        grey = rng.uniform(0.08, 0.6, 3)
    colour: Map = np.clip(grey, 0, 1).astype(np.float32)
    return colour


def _above(rng: np.random.Generator) -> Map:
    """The colour beyond the stands: a dark roof, night, or sky."""
    kind = rng.random()
    if kind < 0.6:
        return np.full(3, rng.uniform(0.04, 0.2), np.float32)
    if kind < 0.8:
        return np.array([0.62, 0.7, 0.8], np.float32) * np.float32(rng.uniform(0.8, 1.2))
    return np.full(3, rng.uniform(0.7, 0.95), np.float32)


def paint_boards(
    rng: np.random.Generator,
    image: Image,
    *,
    stadium: Stadium,
    plan: Plan,
    sight: Sight,
) -> NDArray[np.bool_]:
    """Paint the advertising boards in place, nearest side last; return where they stand, (H, W) bool."""
    dx, dy, dz = sight.rays
    cx, cy, cz = (float(c) for c in sight.camera.position)
    strip, covered = board_strip(rng), np.zeros(dx.shape, bool)
    sides = [(float(abs(nx * cx + ny * cy - stadium.board_distance(s, plan))), s) for s, (nx, ny) in SIDES.items()]
    for _, side in sorted(sides, reverse=True):
        nx, ny = SIDES[side]
        distance = stadium.board_distance(side, plan) - (nx * cx + ny * cy)
        outward = np.float32(nx) * dx + np.float32(ny) * dy
        depth = np.float32(distance) / np.where(np.abs(outward) > 1e-5, outward, 1e-5)
        height = -(cz + depth * dz)
        hit = (depth > 0.5) & (height > 0) & (height < stadium.board_height)
        across = plan.half_width + max(stadium.boards[0], stadium.boards[2])
        limit = plan.half_length + stadium.boards[1] if ny else across
        along = (cx + depth * dx) if ny else (cy + depth * dy)
        hit &= np.abs(along) < limit + 0.2
        if side == "near" and rng.random() < 0.4:
            continue
        if not hit.any():
            continue
        covered |= hit
        behind = distance < 0
        if behind and rng.random() < 0.5:
            image[hit] = _wall_colour(rng) * np.float32(0.7)
            continue
        # Boards that light up on both sides can be read from behind as well.
        mirrored = (side in ("left", "near")) != behind
        _letter(image, hit, strip, along, height, stadium.board_height, mirrored=mirrored)
    return covered


def _letter(
    image: Image,
    hit: NDArray[np.bool_],
    strip: Image,
    along: NDArray[np.floating],
    height: NDArray[np.floating],
    tall: float,
    *,
    mirrored: bool,
) -> None:
    """Copy a strip of boards onto its pixels, in place, blurred where a pixel is coarser than the strip."""
    rows, columns = np.flatnonzero(hit.any(axis=1)), np.flatnonzero(hit.any(axis=0))
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    mask = hit[part]
    seen = max(float(mask.sum(axis=0).max()), 1.0)
    shrink = int(np.clip(BOARD_PIXELS / seen, 1, 16))
    wide, high = strip.shape[1] // shrink, max(2, BOARD_PIXELS // shrink)
    small = np.asarray(cv2.resize(strip, (wide, high), interpolation=cv2.INTER_AREA), dtype=np.float32)
    density = np.float32(small.shape[0] / tall)
    across = along[part] * density * np.float32(-1.0 if mirrored else 1.0)
    rise = np.clip(small.shape[0] * (1 - height[part] / np.float32(tall)) - 0.5, 0, small.shape[0] - 1)
    colour = sample(small, across, rise.astype(np.float32))
    np.copyto(image[part], colour, where=mask[..., None])
