"""One rendered frame with its exact truth: `render` draws a pitch, its stadium and people, and says where all is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.pitch import HALF_LENGTH, HALF_WIDTH, KEYPOINTS, MARKINGS, MarkingKind
from annotator.synthetic.cameras import CLOSE_UP, RenderCamera, View, random_view
from annotator.synthetic.finish import grade, graphics, lens, smear, stadium_shadow
from annotator.synthetic.foreground import paint_foreground
from annotator.synthetic.goals import draw_flag, draw_goal, random_goal_look
from annotator.synthetic.ground import ground_maps, paint_ground
from annotator.synthetic.people import Kit, Person, draw_ball, draw_person, random_kits, shadow_map
from annotator.synthetic.pitchside import paint_pitchside
from annotator.synthetic.plan import GroundMaps, Plan
from annotator.synthetic.stadium import Sight, paint_boards, paint_stands, random_stadium

Floats = NDArray[np.float64]
Map = NDArray[np.float32]
Image = NDArray[np.float32]

ABSENT, OCCLUDED, VISIBLE = 0, 1, 2
COARSE = 1.2
"""Metres per pixel along the coarser axis at 512 pixels of width beyond which a ground point cannot be told."""

_BIBS = ((250, 90, 40), (230, 60, 40), (240, 220, 40), (30, 30, 34), (60, 70, 110), (150, 150, 155))
"""Colours of those who work behind the goals."""


@dataclass(frozen=True)
class SyntheticFrame:
    """A rendered frame and everything that is true of it.

    Parameters
    ----------
    rgb : (H, W, 3) uint8
        The picture.
    camera : RenderCamera
        What projected it.
    family : str
        The kind of camera, a key of `annotator.synthetic.cameras.FAMILIES`.
    behind_goal : bool
        True for views along the pitch; the goal in front is the left one by construction.
    length, width : float
        Of the pitch in metres, touchline to touchline and goal line to goal line.
    points : mapping of str to (x, y)
        Exact pixels, distortion included, of every keypoint in front of the camera, inside the image or not.
    states : mapping of str to int
        For all 57 keypoints: 0 outside the image, 1 hidden by a person, a board or a graphic, 2 visible.
    coarse : tuple of str
        Keypoints inside the image that are too small in it to be told.
    """

    rgb: NDArray[np.uint8]
    camera: RenderCamera
    family: str
    behind_goal: bool
    length: float
    width: float
    points: Mapping[str, tuple[float, float]]
    states: Mapping[str, int]
    coarse: tuple[str, ...]

    def markings(self, step: float = 1.0) -> dict[str, Floats]:
        """Exact clicks on every marking of which at least two samples lie in the image.

        Returns
        -------
        dict of str to (N, 2)
            Pixels along each marking, samples ``step`` metres apart; full circles do not repeat their first point.
        """
        plan = Plan(self.length / 2, self.width / 2)
        width, height = self.camera.size
        found: dict[str, Floats] = {}
        for name in MARKINGS:
            samples = plan.marking(name, step)
            pixels = self.camera.project(samples[:-1] if MARKINGS[name].kind is MarkingKind.CIRCLE else samples)
            with np.errstate(invalid="ignore"):
                inside = np.asarray((pixels >= 0) & (pixels <= (width - 1, height - 1))).all(axis=1)
            if int(inside.sum()) >= 2:
                found[name] = pixels[inside]
        return found


def render(
    seed: int | np.random.Generator, size: tuple[int, int] = (480, 270), *, family: str | None = None
) -> SyntheticFrame:
    """A frame of a random pitch; the same seed, size and family give the same frame.

    Parameters
    ----------
    seed : int or numpy.random.Generator
    size : (int, int)
        Width and height in pixels.
    family : str, optional
        Keep to one kind of camera; by default they come in the shares of `annotator.synthetic.cameras.FAMILIES`.

    Raises
    ------
    ValueError
        If there is no such family.
    """
    rng = np.random.default_rng(seed)
    plan = _random_plan(rng)
    view = _useful_view(rng, plan, size, family)
    return _Scene(rng, plan, view).frame()


def _random_plan(rng: np.random.Generator) -> Plan:
    """The standard pitch in three frames of five, else one of 100-109 by 64-71 m."""
    paint = float(rng.uniform(0.1, 0.13))
    if rng.random() < 0.6:
        return Plan(HALF_LENGTH, HALF_WIDTH, paint)
    return Plan(float(rng.uniform(50.0, 54.5)), float(rng.uniform(32.0, 35.5)), paint)


def _useful_view(rng: np.random.Generator, plan: Plan, size: tuple[int, int], family: str | None) -> View:
    """A view that shows at least five keypoints (three in one frame of ten); a close-up need not show any."""
    wanted = 3 if rng.random() < 0.1 else 5
    world = plan.keypoints()
    view = random_view(rng, size=size, half=(plan.half_length, plan.half_width), family=family)
    for _ in range(30):
        if view.family in CLOSE_UP or int(_inside(view.camera.project(world), size).sum()) >= wanted:
            break
        view = random_view(rng, size=size, half=(plan.half_length, plan.half_width), family=view.family)
    return view


def _inside(pixels: Floats, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Which pixels (N, 2) lie in the image."""
    with np.errstate(invalid="ignore"):
        inside = (pixels >= -0.5) & (pixels < (size[0] - 0.5, size[1] - 0.5))
    return np.asarray(inside.all(axis=1))


class _Scene:
    """A picture in the making: every layer draws with the one random generator, back to front."""

    def __init__(self, rng: np.random.Generator, plan: Plan, view: View) -> None:
        self._rng, self._plan, self._view, self._camera = rng, plan, view, view.camera
        self._rays = self._camera.rays()
        self._ground, self._depth = ground_maps(self._camera, self._rays)
        self._covered = np.zeros(self._depth.shape, np.float32)
        self._stadium = random_stadium(rng)
        self._people: list[Person] = []

    def frame(self) -> SyntheticFrame:
        """Draw everything and say where the keypoints are."""
        image = self._ground_and_stadium()
        if self._view.family in CLOSE_UP and (self._view.family == "player" or self._rng.random() < 0.5):
            # The lens is focused on someone near.
            image = np.asarray(cv2.GaussianBlur(image, (0, 0), image.shape[0] * self._rng.uniform(0.006, 0.03)))
        self._standing(image)
        paint_foreground(self._rng, image, self._covered, view=self._view, plan=self._plan)
        picture = (np.clip(grade(self._rng, image), 0, 1) * 255 + 0.5).astype(np.uint8)
        picture = smear(self._rng, picture)
        graphics(self._rng, picture, self._covered)
        picture = lens(self._rng, picture)
        points, states, coarse = self._truth()
        return SyntheticFrame(
            rgb=picture,
            camera=self._camera,
            family=self._view.family,
            behind_goal=self._view.behind_goal,
            length=2 * self._plan.half_length,
            width=2 * self._plan.half_width,
            points=points,
            states=states,
            coarse=coarse,
        )

    def _ground_and_stadium(self) -> Image:
        """Grass, paint, shadows, stands and boards."""
        rng, plan = self._rng, self._plan
        margins = tuple(float(rng.uniform(0.8, d)) for d in self._stadium.boards)
        image, _ = paint_ground(rng, self._ground, plan, (margins[0], margins[1], margins[2]))
        paint_pitchside(rng, image, self._ground, plan)
        self._people = self._random_people()
        image *= self._light()[..., None]
        sight = Sight(self._camera, self._rays, self._depth)
        paint_stands(rng, image, stadium=self._stadium, plan=plan, sight=sight)
        boards = paint_boards(rng, image, stadium=self._stadium, plan=plan, sight=sight)
        self._covered[boards] = 1.0
        return image

    def _light(self) -> Map:
        """Shadows of people and of the stadium's roof on the ground."""
        rng = self._rng
        sunny = rng.random() < 0.5
        if sunny:
            angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(0.4, 2.2)
            lights = np.array([[np.cos(angle), np.sin(angle)]]) * reach
            strength = float(rng.uniform(0.25, 0.6))
        else:
            angles = rng.uniform(0, 2 * np.pi, int(rng.integers(0, 5)))
            lights = np.stack([np.cos(angles), np.sin(angles)], axis=1) * rng.uniform(0.4, 0.9)
            strength = float(rng.uniform(0.08, 0.25))
        shape = self._depth.shape
        light = shadow_map(
            (shape[0], shape[1]), camera=self._camera, people=self._people, lights=lights, strength=strength
        )
        if sunny and rng.random() < 0.4:
            light = light * stadium_shadow(rng, self._ground.x, self._ground.y)
        return light

    def _random_people(self) -> list[Person]:
        """Players where the camera looks, and some people about the pitch."""
        rng, plan, kits = self._rng, self._plan, random_kits(self._rng)
        height, width = self._depth.shape
        people = []
        pace = 0.35 if self._view.family in ("close", "beside", *CLOSE_UP) else 1.0
        for _ in range(int(rng.integers(3, 23) * pace) + 1):
            u, v = int(rng.integers(width)), int(rng.uniform(0.12, 1.0) * height)
            x, y = float(self._ground.x[v, u]), float(self._ground.y[v, u])
            if abs(x) > plan.half_length + 0.5 or abs(y) > plan.half_width + 0.5:
                continue
            kit = kits[int(rng.choice(5, p=[0.44, 0.44, 0.03, 0.03, 0.06]))]
            people.append(self._person(np.array([x, y, 0.0]), kit, float(rng.uniform(1.68, 1.92))))
        people += self._near_people(kits)
        if rng.random() < 0.7:
            keeper = np.array([-plan.half_length + rng.uniform(0.5, 5), rng.uniform(-3, 3), 0.0])
            people.append(self._person(keeper, kits[2], 1.88))
            people.append(self._person(keeper * (-1, 1, 1), kits[3], 1.88))
        for _ in range(int(rng.integers(0, 9))):
            side = -1 if rng.random() < 0.5 else 1
            x = side * (plan.half_length + self._stadium.boards[1] - rng.uniform(0.4, 1.0))
            place = np.array([x, rng.uniform(-20, 20), 0.0])
            if abs(place[1]) > 5:
                bib = _BIBS[int(rng.integers(len(_BIBS)))]
                clothes = kits[4] if rng.random() < 0.3 else Kit(bib, bib, (28, 28, 34), (28, 28, 34), "plain")
                people.append(self._person(place, clothes, float(rng.uniform(0.9, 1.3))))
        return people

    def _near_people(self, kits: list[Kit]) -> list[Person]:
        """In close-ups, people who fill much of the picture."""
        rng, camera = self._rng, self._camera
        if self._view.family not in CLOSE_UP or rng.random() < 0.2:
            return []
        width, height = camera.size
        people = []
        for _ in range(int(rng.integers(1, 5))):
            tall = float(rng.uniform(1.68, 1.92))
            away = max(camera.focal * tall / (height * rng.uniform(0.35, 1.5)), 2.5)
            aside = away * (float(rng.uniform(0.0, 1.0)) - 0.5) * width / camera.focal
            ahead = camera.rotation[2, :2] / np.linalg.norm(camera.rotation[2, :2])
            across = np.array([-ahead[1], ahead[0]])
            foot = np.append(camera.position[:2] + away * ahead + aside * across, 0.0)
            people.append(self._person(foot, kits[int(rng.integers(2))], tall))
        return people

    def _person(self, foot: Floats, kit: Kit, height: float) -> Person:
        """Someone with a pose of their own."""
        return Person(foot, height, kit, int(self._rng.integers(1 << 30)))

    def _standing(self, image: Image) -> None:
        """People, goals and flags from far to near, in place."""
        rng, plan, camera, covered = self._rng, self._plan, self._camera, self._covered
        light = float(rng.uniform(0.8, 1.1))
        look = random_goal_look(rng)
        cloth = rng.uniform(0.1, 1.0, 3).astype(np.float32)
        items: list[tuple[float, Callable[[], None]]] = []
        for person in self._people:
            draw = partial(draw_person, image, covered, camera=camera, person=person, light=light)
            items.append((float(camera.depth(person.foot)), draw))
        if rng.random() < 0.8:
            ball = self._ball()
            kick = partial(draw_ball, image, covered, camera=camera, middle=ball, light=light)
            items.append((float(camera.depth(ball)), kick))
        for side in (-1, 1):
            middle = np.array([side * (plan.half_length + 1.0), 0.0, -1.2])
            goal = partial(draw_goal, image, camera=camera, plan=plan, look=look, side=side)
            items.append((float(camera.depth(middle)), goal))
            for y in (-plan.half_width, plan.half_width):
                foot = np.array([side * plan.half_length, y, 0.0])
                flag = partial(draw_flag, image, camera=camera, foot=foot, colour=cloth)
                items.append((float(camera.depth(foot)), flag))
        for depth, paint in sorted(items, key=lambda item: -item[0]):
            if depth > 1.0:
                paint()

    def _ball(self) -> Floats:
        """Where the ball is: on the ground before the camera, one time in five in the air."""
        rng = self._rng
        height, width = self._depth.shape
        v, u = int(rng.uniform(0.2, 1.0) * height), int(rng.integers(width))
        up = -float(rng.uniform(0.3, 3.0)) if rng.random() < 0.2 else -0.11
        return np.array([float(self._ground.x[v, u]), float(self._ground.y[v, u]), up])

    def _truth(self) -> tuple[dict[str, tuple[float, float]], dict[str, int], tuple[str, ...]]:
        """Points, states and the points that are too coarse."""
        size = self._camera.size
        pixels = self._camera.project(self._plan.keypoints())
        inside = _inside(pixels, size)
        points: dict[str, tuple[float, float]] = {}
        states: dict[str, int] = {}
        coarse = []
        for name, pixel, within in zip(KEYPOINTS, pixels, inside, strict=True):
            if np.isfinite(pixel).all():
                points[name] = float(pixel[0]), float(pixel[1])
            states[name] = ABSENT
            if not within:
                continue
            u, v = int(pixel[0] + 0.5), int(pixel[1] + 0.5)
            ground = KEYPOINTS[name].on_ground
            states[name] = OCCLUDED if ground and self._covered[v, u] > 0.5 else VISIBLE
            if ground and _footprint(self._ground, u, v) * size[0] / 512 > COARSE:
                coarse.append(name)
        return points, states, tuple(coarse)


def _footprint(ground: GroundMaps, u: int, v: int) -> float:
    """The longer side of a pixel's footprint on the ground, metres: the larger singular value of the derivative."""
    jacobian = np.array([[ground.x_du[v, u], ground.x_dv[v, u]], [ground.y_du[v, u], ground.y_dv[v, u]]])
    return float(np.linalg.norm(jacobian, 2))
