"""A rendered clip: one stadium and its players over many frames, seen by a camera that pans, tilts and zooms.

Everything that stands still keeps its texture from frame to frame, players run, the score stays where it is on the
screen, noise is fresh in every frame, and the shutter smears what moves; what is true of every frame is known exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.synthetic.cameras import RenderCamera, View, look_at
from annotator.synthetic.finish import grade, graphics
from annotator.synthetic.frame import SyntheticFrame, _Scene
from annotator.synthetic.ground import paint_ground
from annotator.synthetic.people import Kit, Person, random_kits, shadow_map
from annotator.synthetic.plan import Plan
from annotator.synthetic.stadium import Sight, Stadium, paint_boards, paint_stands, random_stadium

Floats = NDArray[np.float64]
Map = NDArray[np.float32]
Image = NDArray[np.float32]
Picture = NDArray[np.uint8]

__all__ = ["Clip", "pan_tilt_zoom", "still"]

SHUTTER = 0.3  # of the time between frames that it is open
GRAIN = 2.5  # grey levels
QUALITY = 80  # of the JPEG that every frame goes through
SOFT = 0.45  # blur in pixels of 288 rows
RIM = 0.06  # shift of the image's corner by the lens where the view is widest
EVERYWHERE = 300.0  # metres of grass about the pitch, so that what is seen of it changes no other texture
PLAYERS = 22


@dataclass(frozen=True)
class _Runner:
    """A player who runs about a place: where, how far in x and y, how many frames a round takes, and when he began."""

    middle: tuple[float, float]
    reach: tuple[float, float]
    period: float
    phase: float
    height: float
    kit: Kit
    seed: int

    def at(self, number: int) -> Person:
        turn = 2.0 * math.pi * number / self.period + self.phase
        x = self.middle[0] + self.reach[0] * math.cos(turn)
        y = self.middle[1] + self.reach[1] * math.sin(0.7 * turn)
        return Person(np.array([x, y, 0.0]), self.height, self.kit, self.seed)


@dataclass(frozen=True)
class Clip:
    """A clip of ``len(cameras)`` frames of one stadium; ``seed`` fixes all that is seen but the cameras."""

    seed: int
    cameras: tuple[RenderCamera, ...]

    def __len__(self) -> int:
        return len(self.cameras)

    def frame(self, number: int) -> SyntheticFrame:
        """Frame ``number`` with its exact truth; the same every time it is asked for.

        Raises
        ------
        ValueError
            If the clip has no such frame.
        """
        if not 0 <= number < len(self.cameras):
            raise ValueError(f"the clip has {len(self.cameras)} frames, no frame {number}")
        people = [runner.at(number) for runner in self._runners]
        scene = _ClipScene(self.seed, self.cameras[number], self._stadium, people)
        return scene.shot(smeared=self._motion(number), grain=np.random.default_rng([self.seed, 9, number]))

    def _motion(self, number: int) -> tuple[float, float]:
        """How far in pixels the middle of the picture moves to the next frame."""
        here, there = self.cameras[number], self.cameras[min(number + 1, len(self) - 1)]
        ahead = here.position + 60.0 * here.rotation[2]
        moved = there.project(ahead) - here.centre
        return float(moved[0]), float(moved[1])

    @cached_property
    def _stadium(self) -> Stadium:
        return random_stadium(np.random.default_rng([self.seed, 1]))

    @cached_property
    def _runners(self) -> tuple[_Runner, ...]:
        rng = np.random.default_rng([self.seed, 2])
        kits = random_kits(rng)
        return tuple(
            _Runner(
                middle=(float(rng.uniform(-44, 44)), float(rng.uniform(-28, 28))),
                reach=(float(rng.uniform(2, 9)), float(rng.uniform(1, 5))),
                period=float(rng.uniform(90, 200)),
                phase=float(rng.uniform(0, 6)),
                height=float(rng.uniform(1.7, 1.92)),
                kit=kits[i % 2],
                seed=int(rng.integers(1 << 30)),
            )
            for i in range(PLAYERS)
        )


class _ClipScene(_Scene):
    """One frame in the making; every layer has a generator of its own, so that none depends on what another saw."""

    def __init__(self, seed: int, camera: RenderCamera, stadium: Stadium, people: list[Person]) -> None:
        super().__init__(np.random.default_rng([seed, 3]), Plan(), View(camera, "midfield", behind_goal=False))
        self._seed, self._stadium, self._people = seed, stadium, people

    def shot(self, *, smeared: tuple[float, float], grain: np.random.Generator) -> SyntheticFrame:
        """Draw everything, with a shutter that smears by so many pixels, and say where the keypoints are."""
        image = self._still()
        self._rng = self._layer(6)
        self._standing(image)
        graded = np.clip(grade(self._layer(7), image), 0.0, 1.0)
        picture = np.asarray(graded * 255.0 + 0.5).astype(np.uint8)
        picture = _developed(_smeared(picture, smeared))
        graphics(self._layer(8), picture, self._covered)
        points, states, coarse = self._truth()
        length, width = 2.0 * self._plan.half_length, 2.0 * self._plan.half_width
        rgb = _broadcast(grain, picture)
        return SyntheticFrame(rgb, self._camera, "midfield", False, length, width, points, states, coarse)

    def _still(self) -> Image:
        image, _ = paint_ground(self._layer(4), self._ground, self._plan, (EVERYWHERE,) * 3)
        lights = np.array([[0.35, 0.6]])
        height, width = self._depth.shape
        image *= shadow_map(
            (height, width), camera=self._camera, people=self._people, lights=lights, strength=0.35
        )[..., None]  # fmt: skip
        sight = Sight(self._camera, self._rays, self._depth)
        paint_stands(self._layer(5), image, stadium=self._stadium, plan=self._plan, sight=sight)
        boards = paint_boards(self._layer(10), image, stadium=self._stadium, plan=self._plan, sight=sight)
        self._covered[boards] = 1.0
        return image

    def _layer(self, number: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, number])


def _smeared(picture: Picture, motion: tuple[float, float]) -> Picture:
    """What a shutter open for ``SHUTTER`` of that motion in pixels sees, the truth being in the middle of it."""
    across, down = SHUTTER * motion[0], SHUTTER * motion[1]
    length = math.hypot(across, down)
    if length < 1.0:
        return picture
    half = math.ceil(length / 2.0) + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    for part in np.linspace(-0.5, 0.5, 8 * half + 1):
        x, y = half + part * across, half + part * down
        u, v = math.floor(x), math.floor(y)
        for i, j, share in (
            (u, v, (1 - x + u) * (1 - y + v)), (u + 1, v, (x - u) * (1 - y + v)),
            (u, v + 1, (1 - x + u) * (y - v)), (u + 1, v + 1, (x - u) * (y - v)),
        ):  # fmt: skip
            kernel[j, i] += share
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), dtype=np.uint8)


def _developed(picture: Picture) -> Picture:
    """The softness of a lens."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), SOFT * picture.shape[0] / 288), dtype=np.uint8)


def _broadcast(rng: np.random.Generator, picture: Picture) -> Picture:
    """Noise and compression."""
    noise = rng.standard_normal(picture.shape[:2], dtype=np.float32) * np.float32(GRAIN)
    noisy = np.clip(picture.astype(np.float32) + noise[..., None], 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", noisy[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)[..., ::-1])


Path = Callable[[float], tuple[float, float, float]]


def pan_tilt_zoom(count: int = 200, size: tuple[int, int] = (960, 540), *, seed: int = 11) -> Clip:
    """A clip of the main camera that sweeps from one penalty area over the middle to the other, tilting and zooming.

    The lens bends most where the view is widest, as zoom lenses do.
    """

    def path(t: float) -> tuple[float, float, float]:
        x = -34.0 * math.cos(math.pi * t) + 5.0 * math.sin(6.0 * math.pi * t)
        y = -4.0 + 6.0 * math.sin(4.0 * math.pi * t)
        return x, y, 46.0 - 9.0 * math.cos(4.0 * math.pi * t)

    return _filmed(path, count, size, seed)


def still(count: int, size: tuple[int, int] = (960, 540), *, seed: int = 23, x: float = 30.0) -> Clip:
    """A clip of a camera that stands still: another shot to cut to."""
    return _filmed(lambda t: (x, 6.0, 40.0), count, size, seed)


def _filmed(path: Path, count: int, size: tuple[int, int], seed: int) -> Clip:
    """A clip along a path: of the time from 0 to 1, where on the pitch the camera looks, and metres across there."""
    position = np.array([3.0, 62.0, -17.0])
    cameras = []
    for number in range(count):
        x, y, across = path(number / max(1, count - 1))
        target = np.array([x, y, 0.0])
        straight = look_at(position, target, size=size, coverage=across, kappa=0.0, roll=0.006)
        kappa = RIM * (0.9 * size[0] / straight.focal) ** 2
        cameras.append(look_at(position, target, size=size, coverage=across, kappa=kappa, roll=0.006))
    return Clip(seed, tuple(cameras))
