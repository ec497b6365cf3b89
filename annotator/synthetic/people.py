"""Players, referees and others: small figures with shadows, drawn from far to near."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.synthetic.cameras import RenderCamera

Floats = NDArray[np.float64]
Map = NDArray[np.float32]
Image = NDArray[np.float32]
Colour = tuple[int, int, int]

_SKIN: tuple[Colour, ...] = ((222, 178, 150), (196, 146, 116), (140, 96, 70), (92, 62, 48))
_BOOTS: tuple[Colour, ...] = (
    (24, 24, 26), (24, 24, 26), (24, 24, 26), (240, 240, 240), (235, 70, 130), (240, 120, 30), (210, 240, 40),
    (40, 130, 220),
)  # fmt: skip
_HAIR: tuple[Colour, ...] = ((30, 24, 20), (60, 42, 28), (120, 92, 52), (24, 22, 22))


@dataclass(frozen=True)
class Kit:
    """Shirt, a second shirt colour for stripes or hoops, shorts and socks, RGB 0..255."""

    shirt: Colour
    second: Colour
    shorts: Colour
    socks: Colour
    pattern: str


@dataclass(frozen=True)
class Person:
    """Someone standing at ``foot`` (metres), ``height`` metres tall, in a kit; ``seed`` fixes pose and skin."""

    foot: Floats
    height: float
    kit: Kit
    seed: int


def random_kits(rng: np.random.Generator) -> list[Kit]:
    """Two teams, two goalkeepers and a referee."""

    def colour() -> Colour:
        if rng.random() < 0.5:
            return ((238, 238, 238), (26, 26, 30), (200, 24, 34), (36, 60, 150))[int(rng.integers(4))]
        hsv = np.array([[[rng.integers(180), rng.integers(70, 245), rng.integers(60, 240)]]], np.uint8)
        r, g, b = (int(c) for c in cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0])
        return r, g, b

    kits = []
    for _ in range(2):
        shirt, pattern = colour(), str(rng.choice(["plain", "stripes", "hoops"], p=[0.7, 0.2, 0.1]))
        kits.append(Kit(shirt, colour(), colour() if rng.random() < 0.6 else shirt, colour(), pattern))
    bright: list[Colour] = [(250, 120, 20), (60, 220, 140), (240, 230, 40), (70, 200, 220), (230, 60, 160)]
    keepers = [bright[int(i)] for i in rng.choice(len(bright), 3, replace=False)]
    kits += [Kit(c, c, c, c, "plain") for c in keepers[:2]]
    kits.append(Kit(keepers[2], keepers[2], (20, 20, 22), (20, 20, 22), "plain"))
    return kits


@dataclass(frozen=True)
class _Pose:
    """Where the joints of a figure one unit tall are, feet at y = 0, up negative; x to the right."""

    head: tuple[float, float]
    shoulders: tuple[tuple[float, float], tuple[float, float]]
    hips: tuple[tuple[float, float], tuple[float, float]]
    knees: tuple[tuple[float, float], tuple[float, float]]
    feet: tuple[tuple[float, float], tuple[float, float]]
    elbows: tuple[tuple[float, float], tuple[float, float]]
    hands: tuple[tuple[float, float], tuple[float, float]]


def _pose(rng: np.random.Generator) -> _Pose:
    """Standing, walking or running, seen from any side."""
    stride = float(rng.choice([0.05, 0.1, 0.2, 0.3])) * rng.uniform(0.6, 1.2)
    lean, turn = rng.normal(0, 0.035), rng.uniform(0.55, 1.0)
    wide, lift = 0.115 * turn, rng.uniform(0, 0.16) * (stride > 0.12)
    swing = stride * rng.uniform(0.3, 0.8) * rng.choice([-1, 1])
    hip = 0.05 * turn
    bend = rng.uniform(0.0, 0.06)
    return _Pose(
        head=(lean * 1.5, -0.925),
        shoulders=((lean - wide, -0.8), (lean + wide, -0.8)),
        hips=((-hip, -0.49), (hip, -0.49)),
        knees=((-stride * 0.45 + bend, -0.27), (stride * 0.5 + bend, -0.27 - lift * 0.3)),
        feet=((-stride * 0.75, -0.02), (stride * 0.55, -0.02 - lift)),
        elbows=((lean - wide - 0.05, -0.64), (lean + wide + 0.05, -0.64)),
        hands=((lean - wide - 0.03 + swing, -0.53), (lean + wide + 0.03 - swing, -0.53 - abs(swing) * 0.3)),
    )


def _figure(person: Person, height: float, origin: tuple[float, float], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """A figure ``height`` pixels tall with its feet at ``origin``: (H, W, 4) colour times alpha, and alpha."""
    rng = np.random.default_rng(person.seed)
    pose, kit = _pose(rng), person.kit
    skin, hair = _SKIN[int(rng.integers(4))], _HAIR[int(rng.integers(4))]
    boots = _BOOTS[int(rng.integers(len(_BOOTS)))]
    patch = np.zeros((*shape, 4), np.uint8)

    def at(p: tuple[float, float]) -> tuple[int, int]:
        return int((origin[0] + p[0] * height) * 16), int((origin[1] + p[1] * height) * 16)

    def limb(a: tuple[float, float], b: tuple[float, float], width: float, colour: Colour) -> None:
        cv2.line(patch, at(a), at(b), (*colour, 255), max(1, round(width * height)), cv2.LINE_8, 4)

    for knee, foot, hip in zip(pose.knees, pose.feet, pose.hips, strict=True):
        limb(hip, knee, 0.075, skin)
        shin = (knee[0] * 0.8 + foot[0] * 0.2, knee[1] * 0.8 + foot[1] * 0.2)
        limb(shin, foot, 0.055, kit.socks)
        limb(foot, (foot[0] + 0.035, foot[1] + 0.005), 0.04, boots)
        thigh = (hip[0] * 0.35 + knee[0] * 0.65, hip[1] * 0.35 + knee[1] * 0.65)
        limb(hip, thigh, 0.095, kit.shorts)
    for shoulder, elbow, hand in zip(pose.shoulders, pose.elbows, pose.hands, strict=True):
        limb(shoulder, elbow, 0.06, kit.shirt)
        limb(elbow, hand, 0.042, skin)
    (ax, ay), (bx, by) = pose.shoulders
    torso = np.array([at((ax, ay)), at((bx, by)), at((0.085, -0.47)), at((-0.085, -0.47))], np.int32)
    cv2.fillConvexPoly(patch, torso, (*kit.shirt, 255), cv2.LINE_8, 4)
    limb((ax, ay), (bx, by), 0.05, kit.shirt)
    for start, end, width in _trim(kit, pose):
        limb(start, end, width, kit.second)
    limb((pose.head[0], -0.85), pose.head, 0.05, skin)
    cv2.circle(patch, at(pose.head), int(0.06 * height * 16), (*skin, 255), -1, cv2.LINE_8, 4)
    crown = (pose.head[0], pose.head[1] - 0.022)
    cv2.circle(patch, at(crown), int(0.052 * height * 16), (*hair, 255), -1, cv2.LINE_8, 4)
    return patch


def _trim(kit: Kit, pose: _Pose) -> list[tuple[tuple[float, float], tuple[float, float], float]]:
    """Stripes or hoops on a shirt: start, end and width of each."""
    (ax, ay), (bx, _) = pose.shoulders
    parts = (0.2, 0.5, 0.8)
    if kit.pattern == "stripes":
        return [((ax + (bx - ax) * p, ay), ((ax + (bx - ax) * p) * 0.75, -0.48), 0.028) for p in parts]
    if kit.pattern == "hoops":
        return [((ax * 0.95, ay + (-0.47 - ay) * p), (bx * 0.95, ay + (-0.47 - ay) * p), 0.04) for p in parts]
    return []


def draw_person(image: Image, covered: Map, *, camera: RenderCamera, person: Person, light: float) -> None:
    """Draw someone in place; ``light`` scales the colours."""
    ends = camera.project(np.array([person.foot, person.foot - (0.0, 0.0, person.height)]))
    if not np.isfinite(ends).all() or camera.depth(person.foot) < 2.0:
        return
    height = float(np.hypot(*(ends[1] - ends[0])))
    if height < 3 or height > 3 * image.shape[0]:
        return
    reach = height * 0.42 + 2
    left, right = int(ends[0, 0] - reach), int(ends[0, 0] + reach) + 1
    top, bottom = int(ends[0, 1] - height * 1.05) - 1, int(ends[0, 1] + height * 0.04) + 3
    clip = max(left, 0), max(top, 0), min(right, image.shape[1]), min(bottom, image.shape[0])
    if clip[0] >= clip[2] or clip[1] >= clip[3]:
        return
    factor = 4 if height < 50 else 3 if height < 110 else 2
    origin = (ends[0, 0] - left + 0.5) * factor, (ends[0, 1] - top + 0.5) * factor
    patch = _figure(person, height * factor, origin, ((bottom - top) * factor, (right - left) * factor))
    small = cv2.resize(patch, (right - left, bottom - top), interpolation=cv2.INTER_AREA).astype(np.float32)
    across = np.linspace(-1, 1, small.shape[1], dtype=np.float32)
    shade = light * (1.0 - 0.5 * np.clip(across * (1 if person.seed % 2 else -1) * 1.6, -0.5, 0.6)) - 0.12
    seen = small[clip[1] - top : clip[3] - top, clip[0] - left : clip[2] - left] / np.float32(255)
    shade = shade[clip[0] - left : clip[2] - left]
    alpha = seen[..., 3]
    part = np.s_[clip[1] : clip[3], clip[0] : clip[2]]
    image[part] = image[part] * (1 - alpha[..., None]) + seen[..., :3] * shade[None, :, None].astype(np.float32)
    np.maximum(covered[part], alpha, out=covered[part])


def draw_ball(image: Image, covered: Map, *, camera: RenderCamera, middle: Floats, light: float) -> None:
    """Draw the ball in place: bright above, darker below, as easily mistaken for a mark as a real one."""
    pixel, depth = camera.project(middle), float(camera.depth(middle))
    if not np.isfinite(pixel).all() or depth < 2.0:
        return
    radius = max(0.11 * camera.focal / depth, 0.6)
    reach = int(radius) + 2
    left, top = int(pixel[0]) - reach, int(pixel[1]) - reach
    right, bottom = min(left + 2 * reach + 1, image.shape[1]), min(top + 2 * reach + 1, image.shape[0])
    clip = max(left, 0), max(top, 0), right, bottom
    if clip[0] >= clip[2] or clip[1] >= clip[3]:
        return
    x = np.arange(clip[0], clip[2], dtype=np.float32)[None] - np.float32(pixel[0])
    y = np.arange(clip[1], clip[3], dtype=np.float32)[:, None] - np.float32(pixel[1])
    share = np.clip(radius + 0.5 - np.hypot(x, y), 0.0, 1.0)
    shade = np.clip(0.8 - 0.35 * y / np.float32(radius), 0.35, 1.0) * np.float32(light)
    part = np.s_[clip[1] : clip[3], clip[0] : clip[2]]
    image[part] += share[..., None] * (shade[..., None] - image[part])
    np.maximum(covered[part], share, out=covered[part])


def shadow_map(
    shape: tuple[int, int], *, camera: RenderCamera, people: list[Person], lights: Floats, strength: float
) -> Map:
    """How much light reaches the ground, (H, W) in 0..1; ``lights`` (L, 2) is each shadow's tip per metre of height."""
    dark = np.zeros(shape, np.uint8)
    if not people or not len(lights):
        return np.ones(shape, np.float32)
    share = int(255 * strength)
    outline = np.array([(0.0, -0.16), (0.5, -0.2), (0.8, -0.22), (1.0, -0.08), (1.0, 0.08), (0.8, 0.22), (0.5, 0.2),
                        (0.0, 0.16)])  # fmt: skip
    for light in lights:
        length = float(np.hypot(*light)) + 1e-6
        aside = np.array([-light[1], light[0]]) / length
        for person in people:
            flat = outline[:, :1] * light * person.height + outline[:, 1:] * aside
            corners = person.foot + np.concatenate([flat, np.zeros((len(flat), 1))], axis=1)
            pixels = camera.project(corners)
            if not np.isfinite(pixels).all() or np.abs(pixels).max() > 4000:
                continue
            one = np.zeros_like(dark) if len(lights) == 1 else dark
            cv2.fillConvexPoly(one, (pixels * 16).astype(np.int32), share, cv2.LINE_AA, 4)
            np.maximum(dark, one, out=dark)
    soft = cv2.GaussianBlur(dark, (0, 0), max(0.5, shape[0] / 700))
    lit: Map = 1 - soft.astype(np.float32) / np.float32(255)
    return lit
