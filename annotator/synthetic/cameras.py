"""The camera of a rendered frame: projection both ways, and the families of places it may stand.

The world frame is that of `annotator.pitch`: metres, x along the length, y towards the main camera, z down.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Map = NDArray[np.float32]


@dataclass(frozen=True)
class RenderCamera:
    """A pinhole with one radial term: ``r_d = r_u (1 + kappa (r_u / r0)^2)``, r0 half the image diagonal.

    Parameters
    ----------
    position : (3,) float
        Metres; z is negative above ground.
    rotation : (3, 3) float
        ``camera_from_world``: rows are the image's right, down and forward axes in the world.
    focal : float
        Pixels, the same for both axes; the principal point is the image centre.
    kappa : float
        Relative displacement at the corner; negative is barrel.
    size : (int, int)
        Width and height in pixels.
    """

    position: Floats
    rotation: Floats
    focal: float
    kappa: float
    size: tuple[int, int]

    @cached_property
    def centre(self) -> Floats:
        """Principal point, (2,) pixels; pixel (0, 0) is the centre of the top-left pixel."""
        return np.array([(self.size[0] - 1) / 2.0, (self.size[1] - 1) / 2.0])

    @cached_property
    def half_diagonal(self) -> float:
        """The radius r0 to which ``kappa`` refers, in pixels."""
        return math.hypot(*self.size) / 2.0

    @cached_property
    def largest_radius(self) -> float:
        """Undistorted radius in pixels beyond which the lens would fold the image back; infinite for pincushion."""
        return self.half_diagonal / math.sqrt(-3.0 * self.kappa) if self.kappa < 0 else math.inf

    def project(self, world: Floats) -> Floats:
        """Pixels of world points, (..., 2); NaN for points behind the camera or beyond the lens's fold."""
        local = (np.asarray(world, dtype=np.float64) - self.position) @ self.rotation.T
        depth = np.where(local[..., 2] > 0.05, local[..., 2], np.nan)
        flat = local[..., :2] / depth[..., None] * self.focal
        radius = np.linalg.norm(flat, axis=-1)
        scale = 1.0 + self.kappa * (radius / self.half_diagonal) ** 2
        scale = np.where(radius < self.largest_radius, scale, np.nan)
        placed: Floats = flat * scale[..., None] + self.centre
        return placed

    def depth(self, world: Floats) -> Floats:
        """Distance of world points along the optical axis, metres."""
        along: Floats = (np.asarray(world, dtype=np.float64) - self.position) @ self.rotation[2]
        return along

    def rays(self, box: tuple[int, int, int, int] | None = None) -> tuple[Map, Map, Map]:
        """World directions (x, y, z) through every pixel of a box, three (H, W) float32 maps.

        ``box`` is left, top, right, bottom in pixels, right and bottom excluded; the whole image if None. Forward
        component of every direction is 1, so that a ray parameter is a depth in metres.
        """
        left, top, right, bottom = box or (0, 0, *self.size)
        u = np.arange(left, right, dtype=np.float32)[None] - np.float32(self.centre[0])
        v = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(self.centre[1])
        factor = self._undistortion(np.sqrt(u * u + v * v)) / np.float32(self.focal)
        a, b = u * factor, v * factor
        right_axis, down, forward = self.rotation.astype(np.float32)
        x, y, z = (a * right_axis[i] + b * down[i] + forward[i] for i in range(3))
        return x, y, z

    def _undistortion(self, radius: Map) -> Map:
        """What a distorted radius in pixels is multiplied by to be undistorted; a table of the exact inverse."""
        limit = float(radius.max()) + 1.0
        span = min(limit * 1.4, self.largest_radius * 0.999)
        undistorted = np.linspace(1e-3, span, 4096)
        distorted = undistorted * (1.0 + self.kappa * (undistorted / self.half_diagonal) ** 2)
        even = np.linspace(0.0, limit, 2048)
        table = np.interp(even, distorted, undistorted / distorted).astype(np.float32)
        at = radius * np.float32(2047 / limit)
        low = at.astype(np.int32)
        part = at - low.astype(np.float32)
        return table[low] * (1 - part) + table[np.minimum(low + 1, 2047)] * part


def look_at(
    position: Floats, target: Floats, *, size: tuple[int, int], coverage: float, kappa: float, roll: float
) -> RenderCamera:
    """A camera at ``position`` that sees ``coverage`` metres across the image at the distance of ``target``.

    ``roll`` is in radians.
    """
    forward = target - position
    distance = float(np.linalg.norm(forward))
    forward = forward / distance
    right = np.cross(np.array([0.0, 0.0, 1.0]), forward)
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    c, s = math.cos(roll), math.sin(roll)
    rotation = np.stack([c * right + s * down, c * down - s * right, forward])
    return RenderCamera(position, rotation, size[0] * distance / coverage, kappa, size)


@dataclass(frozen=True)
class View:
    """A camera, the family that it comes from, and whether the goal in front is named the left one by rule."""

    camera: RenderCamera
    family: str
    behind_goal: bool


Pose = tuple[Floats, Floats, float]


def _main(rng: np.random.Generator, half: tuple[float, float], side: int) -> Pose:
    """The main camera on a penalty area: high, about the halfway line."""
    position = [rng.uniform(-9, 9), half[1] + rng.uniform(14, 48), -rng.uniform(11, 27)]
    target = [side * (half[0] - rng.uniform(2, 24)), rng.uniform(-17, 20), 0.0]
    return np.array(position), np.array(target), rng.uniform(24, 60)


def _sixteen(rng: np.random.Generator, half: tuple[float, float], side: int) -> Pose:
    """A camera by the sixteen-metre line, or anywhere else along the main stand."""
    along = side * (half[0] - rng.uniform(6, 24)) if rng.random() < 0.5 else rng.uniform(-44, 44)
    position = [along, half[1] + rng.uniform(8, 36), -rng.uniform(6, 20)]
    target = [side * (half[0] - rng.uniform(1, 20)), rng.uniform(-16, 16), 0.0]
    return np.array(position), np.array(target), rng.uniform(20, 52)


def _close(rng: np.random.Generator, half: tuple[float, float], side: int) -> Pose:
    """A zoom of the main camera on a part of a penalty area."""
    position = [rng.uniform(-12, 12), half[1] + rng.uniform(16, 55), -rng.uniform(8, 24)]
    target = [side * (half[0] - rng.uniform(0, 20)), rng.uniform(-22, 20), -rng.uniform(0, 1.5)]
    return np.array(position), np.array(target), rng.uniform(13, 26)


def _high_behind(rng: np.random.Generator, half: tuple[float, float], side: int) -> Pose:
    """High in the stand behind the left goal, often well aside of it."""
    position = [-half[0] - rng.uniform(10, 48), rng.uniform(-16, 16), -rng.uniform(5, 24)]
    target = [-half[0] + rng.uniform(-1, 30), rng.uniform(-14, 14), 0.0]
    return np.array(position), np.array(target), rng.uniform(14, 56)


def _behind(rng: np.random.Generator, half: tuple[float, float], side: int) -> Pose:
    """Close behind the left goal, low or on a crane."""
    back = rng.uniform(7, 20)
    position = [-half[0] - back, rng.uniform(-0.4, 0.4) * back, -rng.uniform(3, 10)]
    target = [-half[0] + rng.uniform(1, 18), rng.uniform(-5, 5), 0.0]
    return np.array(position), np.array(target), rng.uniform(13, 34)


def _midfield(rng: np.random.Generator, half: tuple[float, float], side: int) -> Pose:
    """The main camera on the middle of the pitch."""
    position = [rng.uniform(-9, 9), half[1] + rng.uniform(14, 55), -rng.uniform(9, 26)]
    target = [rng.uniform(-28, 28), rng.uniform(-16, 14), 0.0]
    return np.array(position), np.array(target), rng.uniform(30, 75)


def _tactical(rng: np.random.Generator, half: tuple[float, float], side: int) -> Pose:
    """A wide camera that sees half of the pitch or all of it; sometimes low."""
    position = [rng.uniform(-14, 14), half[1] + rng.uniform(12, 45), -rng.uniform(8, 34)]
    target = [rng.uniform(-22, 22), rng.uniform(-12, 10), 0.0]
    return np.array(position), np.array(target), rng.uniform(60, 112)


def _along(rng: np.random.Generator, half: tuple[float, float], side: int) -> Pose:
    """Any place along the main stand, looking at any other part of the pitch: oblique midfields without a box."""
    position = [rng.uniform(-48, 48), half[1] + rng.uniform(8, 45), -rng.uniform(5, 24)]
    target = [rng.uniform(-48, 48), rng.uniform(-20, 20), 0.0]
    return np.array(position), np.array(target), rng.uniform(25, 85)


def _beside(rng: np.random.Generator, half: tuple[float, float], side: int) -> Pose:
    """Near a goal line on the main side, low or on a crane, close on the goal; never looking along the pitch."""
    target = [side * (half[0] - rng.uniform(-2, 9)), rng.uniform(-8, 8), -rng.uniform(0, 1.5)]
    away = rng.uniform(10, 50)
    position = [target[0] + rng.uniform(-0.8, 0.8) * away, target[1] + away, -rng.uniform(1.2, 12)]
    return np.array(position), np.array(target), rng.uniform(7, 26)


def _level(rng: np.random.Generator, half: tuple[float, float], side: int) -> Pose:
    """A camera beside the pitch at the height of the players' heads."""
    position = [rng.uniform(-54, 54), half[1] + rng.uniform(1.5, 6), -rng.uniform(1.0, 3.0)]
    away = rng.uniform(8, 60)
    target = [position[0] + rng.uniform(-45, 45), half[1] - away, -rng.uniform(0.3, 1.8)]
    return np.array(position), np.array(target), away * rng.uniform(0.25, 0.9)


def _stands(rng: np.random.Generator, half: tuple[float, float], side: int) -> Pose:
    """The crowd, the bench or the boards, and at most a strip of grass."""
    position = [rng.uniform(-30, 30), half[1] + rng.uniform(0, 30), -rng.uniform(2, 18)]
    target = [rng.uniform(-60, 60), -half[1] - rng.uniform(2, 20), -rng.uniform(2, 12)]
    return np.array(position), np.array(target), rng.uniform(5, 45)


def _player(rng: np.random.Generator, half: tuple[float, float], side: int) -> Pose:
    """A close-up of a player, in which next to nothing of the pitch can be told."""
    position = [rng.uniform(-12, 12), half[1] + rng.uniform(8, 45), -rng.uniform(3, 18)]
    target = [rng.uniform(-50, 50), rng.uniform(-30, 30), -rng.uniform(0.8, 1.4)]
    return np.array(position), np.array(target), rng.uniform(3.5, 9)


Family = Callable[[np.random.Generator, tuple[float, float], int], Pose]
FAMILIES: dict[str, tuple[float, Family]] = {
    "main": (0.18, _main),
    "sixteen": (0.15, _sixteen),
    "close": (0.12, _close),
    "high behind": (0.14, _high_behind),
    "behind goal": (0.06, _behind),
    "player": (0.04, _player),
    "midfield": (0.10, _midfield),
    "tactical": (0.07, _tactical),
    "along": (0.05, _along),
    "beside": (0.05, _beside),
    "level": (0.03, _level),
    "stands": (0.01, _stands),
}
CLOSE_UP = ("player", "level", "stands")
"""Families whose frames need not show any keypoint."""
BEHIND_GOAL = ("high behind", "behind goal")


def random_view(
    rng: np.random.Generator,
    *,
    size: tuple[int, int],
    half: tuple[float, float],
    family: str | None = None,
) -> View:
    """A view of a pitch with the given half length and half width in metres.

    Shares are those of `FAMILIES`: half of the frames show a penalty area from the main side, a fifth a goal from
    behind, a fifth midfield or most of the pitch, the rest close-ups and crowds; unless ``family`` names one.
    """
    if family is not None and family not in FAMILIES:
        raise ValueError(f"there is no camera family {family!r}; there are {', '.join(FAMILIES)}")
    names = list(FAMILIES)
    shares = np.array([FAMILIES[name][0] for name in names])
    drawn = names[int(rng.choice(len(names), p=shares / shares.sum()))]
    name = family or drawn
    side = -1 if rng.random() < 0.5 else 1
    position, target, coverage = FAMILIES[name][1](rng, half, side)
    kappa = float(rng.uniform(-0.055, 0.012)) if rng.random() < 0.85 else 0.0
    roll = math.radians(float(np.clip(rng.normal(0.0, 0.5), -2.0, 2.0)))
    camera = look_at(position, target, size=size, coverage=coverage, kappa=kappa, roll=roll)
    return View(camera, name, name in BEHIND_GOAL)
