"""A packet of playing cards on a table, rendered with its exact corners, what hides them, and how many cards it has.

A packet is a cuboid seen by a pinhole camera: as wide and as high as a card, as thick as its cards together. Corners
are named as the viewer sees the packet: upper is away from the viewer, left is his left, face is the side with the
pips. World axes: x to the right, y away from the viewer along the table, z up, in millimetres.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.synthetic.textures import noise_tile, periodic_share, sample

Floats = NDArray[np.float64]
Image = NDArray[np.float32]
Colour = tuple[float, float, float]

ABSENT, OCCLUDED, VISIBLE = 0, 1, 2
SCHEME_ID = "card-packet-8"
DECK = 52
CARD_THICKNESS = 0.3
"""Millimetres; casino-quality cards measure 0.28 to 0.32."""

_CARDS = ((63.0, 88.0), (57.0, 89.0))
"""Poker and bridge size, width and height in millimetres."""
_FINER = 3
"""Samples per pixel along each axis."""
_CARD_PIXELS = (252, 352)
_SKIN: tuple[Colour, ...] = ((236, 200, 178), (214, 164, 132), (176, 122, 90), (120, 78, 56), (84, 56, 44))
_CLOTHS: tuple[Colour, ...] = (
    (28, 96, 58), (30, 60, 120), (120, 30, 36), (150, 112, 74), (96, 66, 42), (204, 200, 190), (58, 58, 62),
    (180, 150, 120),
)  # fmt: skip
_BACKS: tuple[Colour, ...] = ((176, 28, 38), (28, 52, 140), (30, 30, 34), (24, 104, 70))


@dataclass(frozen=True)
class CardPacket:
    """A rendered packet and everything that is true of it.

    Parameters
    ----------
    rgb : (H, W, 3) uint8
        The picture.
    points : mapping of str to (x, y)
        Exact pixels of all eight corners, (0, 0) the centre of the top-left pixel; inside the image or not.
    states : mapping of str to int
        For all eight corners: 0 outside the image, 1 hidden by the packet itself or by a finger, 2 visible.
    cards : int
        How many cards the packet has.
    width : float
        Pixels from the left to the right edge of the upper side, mean of its two short edges: the yardstick of errors.
    """

    rgb: NDArray[np.uint8]
    points: Mapping[str, tuple[float, float]]
    states: Mapping[str, int]
    cards: int
    width: float


def render_cards(seed: int, size: tuple[int, int] = (320, 240), *, cards: int | None = None) -> CardPacket:
    """The packet of a seed, in an image of ``size`` (width, height); the same seed gives the same pixels.

    Raises
    ------
    ValueError
        If ``cards`` is not 1 to 52, or the image is smaller than 32 pixels.
    """
    if min(size) < 32:
        raise ValueError(f"a packet needs an image of at least 32 pixels a side, not {size[0]} x {size[1]}")
    if cards is not None and not 1 <= cards <= DECK:
        raise ValueError(f"a packet has 1 to {DECK} cards, not {cards}")
    rng = np.random.default_rng((seed, 57))
    drawn = int(rng.integers(1, DECK + 1))
    table = _Table(rng, size, drawn if cards is None else cards)
    return table.developed()


@dataclass(frozen=True)
class _Eye:
    """A pinhole camera above a table: ``image ~ focal * (rotation @ (world - position)) + centre``."""

    rotation: Floats
    position: Floats
    focal: float
    centre: tuple[float, float]

    @classmethod
    def of(cls, rng: np.random.Generator, size: tuple[int, int], width: float) -> _Eye:
        """A viewer in front of the packet, near enough that its width fills a fifth to a half of the image."""
        elevation = np.radians(rng.uniform(22, 78))
        share = rng.uniform(0.22, 0.46)
        focal = rng.uniform(0.9, 1.9) * size[0]
        distance = width * focal / (share * size[0])
        away = np.array([0.0, -np.cos(elevation), np.sin(elevation)])
        forward = -away
        right = np.array([1.0, 0.0, 0.0])
        roll = np.radians(rng.normal(0, 4))
        down = np.cross(forward, right)
        right, down = (
            np.cos(roll) * right + np.sin(roll) * down,
            np.cos(roll) * down - np.sin(roll) * right,
        )
        shift = rng.uniform(-0.16, 0.16, 2) * np.array(size)
        centre = ((size[0] - 1) / 2 + float(shift[0]), (size[1] - 1) / 2 + float(shift[1]))
        return cls(np.stack([right, down, forward]), away * distance, focal, centre)

    def project(self, worlds: Floats) -> Floats:
        """(N, 2) pixels of (N, 3) points in front of the camera."""
        seen = (worlds - self.position) @ self.rotation.T
        return np.asarray(seen[:, :2] / seen[:, 2:] * self.focal + np.array(self.centre))

    def table_at(self, pixels: tuple[NDArray[np.float64], NDArray[np.float64]]) -> tuple[Floats, Floats]:
        """Where the rays of pixels meet the table, x and y in millimetres."""
        u, v = (pixels[0] - self.centre[0]) / self.focal, (pixels[1] - self.centre[1]) / self.focal
        rays = u[..., None] * self.rotation[0] + v[..., None] * self.rotation[1] + self.rotation[2]
        falls = np.maximum(-rays[..., 2], 1e-3)
        steps = self.position[2] / falls
        return self.position[0] + steps * rays[..., 0], self.position[1] + steps * rays[..., 1]


def _corner_names(face_up: bool) -> dict[tuple[int, int, int], str]:
    """Names by (x side, y side, z side), each 0 or 1: left and lower and the table's side are 0."""
    found = {}
    for x, left in enumerate(("left", "right")):
        for y, low in enumerate(("lower", "upper")):
            for z in (0, 1):
                found[x, y, z] = f"{low}_{left}_{'face' if bool(z) is face_up else 'back'}"
    return found


_SIDES = {  # corners in turn, starting where the texture's top-left goes; and the normal's axis and sign
    "top": (((0, 1, 1), (1, 1, 1), (1, 0, 1), (0, 0, 1)), 2, 1),
    "near": (((0, 0, 1), (1, 0, 1), (1, 0, 0), (0, 0, 0)), 1, -1),
    "far": (((1, 1, 1), (0, 1, 1), (0, 1, 0), (1, 1, 0)), 1, 1),
    "left": (((0, 1, 1), (0, 0, 1), (0, 0, 0), (0, 1, 0)), 0, -1),
    "right": (((1, 0, 1), (1, 1, 1), (1, 1, 0), (1, 0, 0)), 0, 1),
}


class _Table:
    """One picture in the making, at three times its size."""

    def __init__(self, rng: np.random.Generator, size: tuple[int, int], cards: int) -> None:
        self.rng, self.size, self.cards = rng, size, cards
        self.card = _CARDS[int(rng.integers(len(_CARDS)))]
        self.face_up = bool(rng.random() < 0.7)
        turn = np.radians(float(np.clip(rng.normal(0, 18), -42, 42)))
        self.axes = np.array([[np.cos(turn), np.sin(turn), 0], [-np.sin(turn), np.cos(turn), 0], [0, 0, 1.0]])
        self.eye = _Eye.of(rng, size, self.card[0])
        light = np.array([rng.uniform(-1, 1), rng.uniform(-0.6, 1), rng.uniform(1.0, 2.2)])
        self.light = light / np.linalg.norm(light)
        self.image = np.zeros((size[1] * _FINER, size[0] * _FINER, 3), np.float32)
        self.covered = np.zeros(self.image.shape[:2], np.float32)

    def developed(self) -> CardPacket:
        """Everything painted from far to near, then lens and sensor."""
        self._paint_table()
        self._paint_shadow()
        for name in self._seen_sides():
            self._paint_side(name)
        if self.rng.random() < 0.4:
            self._paint_fingers()
        points = {name: self._pixel(corner) for corner, name in _corner_names(self.face_up).items()}
        states = {name: self._state(corner, points[name]) for corner, name in _corner_names(self.face_up).items()}
        return CardPacket(self._photographed(), points, states, self.cards, self._width())

    def _worlds(self, corners: tuple[tuple[int, int, int], ...]) -> Floats:
        """(N, 3) millimetres of corners given by their sides."""
        sides = np.array(corners, dtype=np.float64)
        middle = np.array([0.5, 0.5, 0.0])
        extent = np.array([*self.card, self.cards * CARD_THICKNESS])
        return np.asarray(((sides - middle) * extent) @ self.axes)

    def _pixel(self, corner: tuple[int, int, int]) -> tuple[float, float]:
        x, y = self.eye.project(self._worlds((corner,)))[0]
        return float(x), float(y)

    def _width(self) -> float:
        upper = self.eye.project(self._worlds(((0, 1, 1), (1, 1, 1), (0, 0, 1), (1, 0, 1))))
        return float(np.linalg.norm(upper[1] - upper[0]) + np.linalg.norm(upper[3] - upper[2])) / 2

    def _normal(self, side: str) -> Floats:
        _, axis, sign = _SIDES[side]
        return np.asarray(self.axes[axis] * sign)

    def _seen_sides(self) -> list[str]:
        """Sides turned towards the camera; the packet is convex, so their order does not matter."""
        return [
            side
            for side, (corners, _, _) in _SIDES.items()
            if float(self._normal(side) @ (self.eye.position - self._worlds(corners).mean(axis=0))) > 0
        ]

    def _state(self, corner: tuple[int, int, int], at: tuple[float, float]) -> int:
        """A corner is hidden when no side that meets in it is seen, or when a finger lies over it."""
        x, y = at
        if not (-0.5 <= x <= self.size[0] - 0.5 and -0.5 <= y <= self.size[1] - 0.5):
            return ABSENT
        if not any(corner in _SIDES[side][0] for side in self._seen_sides()):
            return OCCLUDED
        high, wide = self.covered.shape
        row, column = min(int((y + 0.5) * _FINER), high - 1), min(int((x + 0.5) * _FINER), wide - 1)
        return OCCLUDED if self.covered[row, column] > 0.5 else VISIBLE

    def _fine(self, pixels: Floats) -> Floats:
        """Pixels of the finished picture as pixels of the large one; both have their centres at whole numbers."""
        return np.asarray((pixels + 0.5) * _FINER - 0.5)

    def _paint_table(self) -> None:
        rows, columns = np.mgrid[0 : self.size[1], 0 : self.size[0]].astype(np.float64)
        x, y = self.eye.table_at((columns, rows))
        cloth = np.array(_CLOTHS[int(self.rng.integers(len(_CLOTHS)))], np.float32)
        grain = sample(noise_tile(1.0), x * 4.0, y * 4.0) * np.float32(self.rng.uniform(0, 6))
        along = sample(noise_tile(6.0, 11), x * 0.3, y * 4.0) * np.float32(self.rng.choice([0, 0, 7, 14]))
        clouds = sample(noise_tile(24.0, 13), x * 0.8, y * 0.8) * np.float32(self.rng.uniform(0, 9))
        table = cloth * np.float32(self.rng.uniform(0.7, 1.15)) + (grain + along + clouds)[..., None]
        shape = (self.image.shape[1], self.image.shape[0])
        self.image = np.asarray(cv2.resize(table, shape, interpolation=cv2.INTER_LINEAR), np.float32)
        if self.rng.random() < 0.35:  # other things on the table, flat and of any colour
            for _ in range(int(self.rng.integers(1, 4))):
                self._paint_clutter()

    def _paint_clutter(self) -> None:
        middle = self.rng.uniform(-170, 170, 2)
        if float(np.linalg.norm(middle)) < 95:
            return
        corners = self.rng.uniform(-55, 55, (4, 2)) + middle
        hull = cv2.convexHull(corners.astype(np.float32)).reshape(-1, 2)
        pixels = self.eye.project(np.column_stack([hull, np.zeros(len(hull))]))
        self._blend(self._fine(pixels), np.array(self.rng.uniform(20, 240, 3), np.float32))

    def _paint_shadow(self) -> None:
        """The shadow that the light throws on the table, softer the higher the packet."""
        foot = self._worlds(((0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)))
        head = self._worlds(((0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)))
        fallen = head - self.light * (head[:, 2:] / self.light[2])
        pixels = self._fine(self.eye.project(np.vstack([foot, fallen])))
        hull = cv2.convexHull(pixels.astype(np.float32)).reshape(-1, 2)
        soft = _filled(self.image.shape[:2], hull.astype(np.float64))
        soft = np.asarray(cv2.GaussianBlur(soft, (0, 0), 1 + self.rng.uniform(0.4, 1.8) * _FINER), np.float32)
        self.image *= 1 - np.float32(self.rng.uniform(0.25, 0.65)) * soft[..., None]

    def _paint_side(self, side: str) -> None:
        corners, _, _ = _SIDES[side]
        quad = self._fine(self.eye.project(self._worlds(corners)))
        texture = self._top() if side == "top" else self._edges(quad)
        high, wide = texture.shape[:2]
        source = np.array([[-0.5, -0.5], [wide - 0.5, -0.5], [wide - 0.5, high - 0.5], [-0.5, high - 0.5]], np.float32)
        top, left, bottom, right = _bounds(self.image.shape[:2], quad)
        if top >= bottom or left >= right:
            return
        matrix = cv2.getPerspectiveTransform(source, (quad - (left, top)).astype(np.float32))
        shape = (right - left, bottom - top)
        flat = cv2.warpPerspective(texture, matrix, shape, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        light = 0.55 + 0.5 * max(0.0, float(self._normal(side) @ self.light))
        self._blend(quad, np.asarray(flat, np.float32) * np.float32(light))

    def _top(self) -> Image:
        return _face(self.rng) if self.face_up else _back(self.rng)

    def _edges(self, quad: Floats) -> Image:
        """The edges of the cards, one above the other, as fine as they are seen."""
        rows = max(2, int(np.ceil(float(np.linalg.norm(quad[3] - quad[0])))))
        place = (np.arange(rows) + 0.5) * self.cards / rows
        step = np.full(rows, self.cards / rows)
        gaps = periodic_share(place, step, period=1.0, width=0.28)
        shade = 232 * (1 - 0.42 * gaps) * (1 - 0.05 * self.rng.random(rows))
        return np.asarray(np.repeat(shade[:, None, None], 8, axis=1) * np.ones(3), np.float32)

    def _paint_fingers(self) -> None:
        """Fingers that reach in from the rim and lie over a part of the packet."""
        skin = np.array(_SKIN[int(self.rng.integers(len(_SKIN)))], np.float32)
        middle = self._fine(self.eye.project(self._worlds(((0, 0, 1), (1, 1, 1)))).mean(axis=0, keepdims=True))[0]
        span = self._width() * _FINER
        comes = self.rng.uniform(0, 2 * np.pi)
        for number in range(int(self.rng.integers(1, 4))):
            towards = comes + (number - 1) * 0.25
            tip = middle + span * self.rng.uniform(0.35, 0.75) * np.array([np.cos(towards), np.sin(towards)])
            root = middle + 4 * span * np.array([np.cos(comes), np.sin(comes)])
            thick = span * self.rng.uniform(0.16, 0.24)
            across, along = np.array([root[1] - tip[1], tip[0] - root[0]]), tip - root
            across = across / np.linalg.norm(across) * thick / 2
            along = along / np.linalg.norm(along) * thick / 2
            turns = np.linspace(-np.pi / 2, np.pi / 2, 15)
            rounded = tip + np.cos(turns)[:, None] * along + np.sin(turns)[:, None] * across
            outline = np.vstack([root - across, rounded, root + across])
            mask = _filled(self.image.shape[:2], outline)
            top, left, bottom, right = _bounds(self.image.shape[:2], outline)
            inside = (mask[top:bottom, left:right] > 0.5).astype(np.uint8)
            distance = np.asarray(cv2.distanceTransform(inside, cv2.DIST_L2, 3)) if inside.size else inside
            rim = np.clip(distance / (thick / 2), 0, 1).astype(np.float32)
            self._blend(outline, skin * (0.62 + 0.42 * np.sqrt(rim))[..., None])
            self.covered = np.maximum(self.covered, mask)

    def _blend(self, outline: Floats, colour: Image) -> None:
        """Lay a colour, or an image of the outline's bounds, over what lies inside a convex outline."""
        top, left, bottom, right = _bounds(self.image.shape[:2], outline)
        below = self.image[top:bottom, left:right]
        mask = _filled(self.image.shape[:2], outline)[top:bottom, left:right, None]
        below += mask * (colour - below)

    def _photographed(self) -> NDArray[np.uint8]:
        """Light fall-off, blur, the sensor's pixels, colour cast and noise."""
        fall = 1 + np.float32(self.rng.uniform(-0.25, 0.25)) * np.linspace(-1, 1, self.image.shape[1], dtype=np.float32)
        image = self.image * fall[None, :, None] * np.float32(self.rng.uniform(0.65, 1.2))
        blurred = cv2.GaussianBlur(image, (0, 0), float(self.rng.uniform(0.2, 0.8)) * _FINER)
        small = np.asarray(cv2.resize(blurred, self.size, interpolation=cv2.INTER_AREA), np.float32)
        small *= self.rng.uniform(0.9, 1.1, 3).astype(np.float32)
        small += self.rng.normal(0, self.rng.uniform(0.5, 7), small.shape).astype(np.float32)
        return np.clip(np.round(small), 0, 255).astype(np.uint8)


def _bounds(shape: tuple[int, ...], outline: Floats) -> tuple[int, int, int, int]:
    """Top, left, bottom, right of what lies in the image of an outline, one pixel wider; empty outside."""
    low, high = np.floor(outline.min(axis=0)) - 1, np.ceil(outline.max(axis=0)) + 2
    left, top = (int(np.clip(value, 0, most)) for value, most in zip(low, shape[1::-1], strict=True))
    right, bottom = (int(np.clip(value, 0, most)) for value, most in zip(high, shape[1::-1], strict=True))
    return top, left, bottom, right


def _filled(shape: tuple[int, ...], outline: Floats) -> NDArray[np.float32]:
    """Share of every pixel inside a convex outline, (H, W) of 0..1, edges to a sixteenth of a pixel."""
    mask = np.zeros(shape, np.uint8)
    fixed = np.round(np.clip(outline, -4000, 8000) * 16).astype(np.int32)
    cv2.fillConvexPoly(mask, cv2.convexHull(fixed), 255, cv2.LINE_AA, 4)
    return np.asarray(mask, np.float32) / np.float32(255)


def _suit(canvas: NDArray[np.uint8], at: tuple[int, int], unit: int, colour: tuple[int, ...], which: int) -> None:
    """A diamond, heart, club or spade of about two units; drawn on ``canvas``."""
    x, y = at
    if which == 0:
        shape = np.array([[x, y - unit], [x + unit * 3 // 4, y], [x, y + unit], [x - unit * 3 // 4, y]])
        cv2.fillConvexPoly(canvas, shape, colour, cv2.LINE_AA)
        return
    up = -1 if which == 1 else 1
    half, ball = unit // 2, max(1, unit * 11 // 20)
    if which == 2:
        for dx, dy in ((0, -half), (-half, half // 3), (half, half // 3)):
            cv2.circle(canvas, (x + dx, y + dy), ball, colour, -1, cv2.LINE_AA)
    else:
        for dx in (-half, half):
            cv2.circle(canvas, (x + dx, y + up * half // 2), ball, colour, -1, cv2.LINE_AA)
        tip = np.array([[x - unit, y + up * half // 2], [x + unit, y + up * half // 2], [x, y - up * unit]])
        cv2.fillConvexPoly(canvas, tip, colour, cv2.LINE_AA)
    if which != 1:
        cv2.line(canvas, (x, y), (x, y + unit), colour, max(1, unit // 5), cv2.LINE_AA)


def _face(rng: np.random.Generator) -> Image:
    """The pips of a random card, (352, 252, 3)."""
    wide, high = _CARD_PIXELS
    canvas = np.full((high, wide, 3), int(rng.integers(232, 253)), np.uint8)
    which = int(rng.integers(4))
    colour = (196, 24, 32) if which < 2 else (22, 22, 26)
    rank = str(rng.choice(["A", *map(str, range(2, 11)), "J", "Q", "K"]))
    cv2.putText(canvas, rank, (10, 48), cv2.FONT_HERSHEY_DUPLEX, 1.4, colour, 3, cv2.LINE_AA)
    _suit(canvas, (28, 80), 15, colour, which)
    canvas[high // 2 :] = canvas[: high - high // 2][::-1, ::-1]
    if rank in "JQK":
        cv2.rectangle(canvas, (58, 40), (wide - 59, high - 41), colour, 3, cv2.LINE_AA)
        for _ in range(10):
            ends = rng.integers((62, 46), (wide - 62, high - 46), (2, 2))
            tint = tuple(int(c) for c in rng.integers(20, 240, 3))
            cv2.line(canvas, tuple(ends[0].tolist()), tuple(ends[1].tolist()), tint, 9, cv2.LINE_AA)
    else:
        count = 1 if rank == "A" else int(rank)
        rows = (count + 1) // 2
        for i in range(count):
            column = 0.5 if count == 1 or (count % 2 and i == count - 1) else 0.33 + 0.34 * (i % 2)
            _suit(canvas, (int(wide * column), int(high * (i // 2 + 0.5) / rows)), 22, colour, which)
    return canvas.astype(np.float32)


def _back(rng: np.random.Generator) -> Image:
    """The pattern on the back of a card, (352, 252, 3)."""
    wide, high = _CARD_PIXELS
    ink = np.array(_BACKS[int(rng.integers(len(_BACKS)))], np.float32)
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    period = float(rng.uniform(12, 30))
    weave = np.sin((x + y) * 2 * np.pi / period) * np.sin((x - y) * 2 * np.pi / period)
    pattern = ink + (np.float32(250) - ink) * (np.clip(weave * 2, 0, 1) * np.float32(0.55))[..., None]
    rim = np.minimum(np.minimum(x, wide - 1 - x), np.minimum(y, high - 1 - y)) < rng.choice([0, 14, 18])
    return np.where(rim[..., None], np.float32(245), pattern).astype(np.float32)
