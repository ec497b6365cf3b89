"""Goals: posts, crossbar and nets, and corner flags; drawn with exact sub-pixel coverage."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.pitch import CROSSBAR_HEIGHT, GOAL_HALF_WIDTH
from annotator.synthetic.cameras import RenderCamera
from annotator.synthetic.plan import Plan
from annotator.synthetic.textures import periodic_share

Floats = NDArray[np.float64]
Map = NDArray[np.float32]
Image = NDArray[np.float32]
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class GoalLook:
    """How both goals of a frame are built: net depths in metres, strand spacing and width, colours in 0..1.

    ``hem`` is the width in metres of the net's edges, where it is folded and bright; ``frame`` the colour of the bars
    that hold it; ``haze`` the share that strands too thin to be told cover besides; ``poles`` how far aside of the
    posts and behind the net free poles stand (None without them). A net that hangs from those poles has no bars: its
    upper back corners are pulled ``spread`` aside, between them it sags by ``sag`` of the height. ``tube`` is the width
    of a white frame on the ground that goes on from the feet of the posts (0 without one).
    """

    depth_below: float
    depth_above: float
    spacing: float
    strand: float
    net: Map
    hem: float
    frame: Map
    haze: float
    poles: tuple[float, float] | None
    spread: float
    sag: float
    tube: float


def random_goal_look(rng: np.random.Generator) -> GoalLook:
    """A box or a wedge net, white or coloured, with or without free poles behind."""
    below = float(rng.uniform(1.4, 2.6))
    above = below * float(rng.uniform(0.9, 1.0)) if rng.random() < 0.65 else float(rng.uniform(0.6, 1.3))
    net = np.array(rng.uniform(0.75, 1.0, 3), np.float32)
    if rng.random() < 0.12:
        net = rng.uniform(0.05, 0.95, 3).astype(np.float32)
    white, hung = rng.random() < 0.4, rng.random() < 0.55
    if hung:
        below, above = float(rng.uniform(1.2, 2.2)), float(rng.uniform(0.9, 1.9))
    hem = float(rng.uniform(0.02, 0.09)) if rng.random() < 0.75 else 0.0
    poles = (float(rng.uniform(1.2, 3.4)), float(rng.uniform(0.1, 2.2))) if hung or rng.random() < 0.4 else None
    return GoalLook(
        depth_below=below,
        depth_above=above,
        spacing=float(rng.uniform(0.09, 0.15)),
        strand=float(rng.uniform(0.006, 0.014 if hung else 0.022)),
        net=net,
        hem=hem * 0.4 if hung else hem,
        frame=np.full(3, rng.uniform(0.75, 0.95) if white else rng.uniform(0.1, 0.6), np.float32),
        haze=float(rng.uniform(0.0, 0.3)) if rng.random() < 0.5 else 0.0,
        poles=poles,
        spread=float(rng.uniform(0.1, 0.9)) if hung else 0.0,
        sag=float(rng.uniform(0.08, 0.35)) if hung else 0.0,
        tube=float(rng.uniform(0.06, 0.13)) if rng.random() < 0.6 else 0.0,
    )


def draw_bar(image: Image, ends: Floats, widths: Floats, colour: Map) -> None:
    """Draw a straight bar between two pixels with anti-aliased edges, in place.

    ``ends`` is (2, 2) pixels, ``widths`` (2,) pixels at the ends; bars thinner than a pixel become translucent.
    """
    if not np.isfinite(ends).all():
        return
    reach = float(widths.max()) / 2 + 2
    box = _clip_box(ends, reach, image.shape)
    if box is None:
        return
    left, top, right, bottom = box
    x = np.arange(left, right, dtype=np.float32)[None] - np.float32(ends[0, 0])
    y = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(ends[0, 1])
    span = (ends[1] - ends[0]).astype(np.float32)
    length = max(float(np.hypot(*span)), 1e-3)
    ux, uy = span / np.float32(length)
    part = np.clip((x * ux + y * uy) / length, 0.0, 1.0)
    half = np.float32(widths[0] / 2) + part * np.float32((widths[1] - widths[0]) / 2)
    away = np.hypot(x - part * length * ux, y - part * length * uy)
    share = np.clip(half + 0.5 - away, 0.0, 1.0) - np.clip(0.5 - half - away, 0.0, 1.0)
    part = np.s_[top:bottom, left:right]
    image[part] += share[..., None] * (colour - image[part])


def _clip_box(points: Floats, reach: float, shape: tuple[int, ...]) -> Box | None:
    """The pixels within ``reach`` of points' bounding box, or None where none is in the image."""
    low, high = np.floor(points.min(axis=0) - reach), np.ceil(points.max(axis=0) + reach) + 1
    left, top = max(int(low[0]), 0), max(int(low[1]), 0)
    right, bottom = min(int(high[0]), shape[1]), min(int(high[1]), shape[0])
    return (left, top, right, bottom) if left < right and top < bottom else None


def _bar(image: Image, camera: RenderCamera, ends: Floats, width: float, colour: Map) -> None:
    """Draw a bar of the world, cut in pieces so that it bends with the lens."""
    pieces = np.linspace(0.0, 1.0, 5)[:, None]
    line = ends[0] + pieces * (ends[1] - ends[0])
    pixels, depth = camera.project(line), camera.depth(line)
    if (depth < 0.5).any():
        return
    widths = camera.focal * width / depth
    for i in range(len(line) - 1):
        draw_bar(image, pixels[i : i + 2], widths[i : i + 2], colour)


def _net_panel(image: Image, camera: RenderCamera, corners: Floats, look: GoalLook) -> None:
    """Draw one flat panel of net, (N, 3) metres, its strands filtered by the pixel's footprint."""
    pixels = camera.project(corners)
    if not np.isfinite(pixels).all() or (camera.depth(corners) < 1.0).any():
        return
    box = _clip_box(pixels, 1.0, image.shape)
    if box is None or min(box[2] - box[0], box[3] - box[1]) < 2:
        return
    left, top, right, bottom = box
    mask = np.zeros((bottom - top, right - left), np.uint8)
    shifted = np.clip((pixels - (left, top)) * 16, -30000, 30000).astype(np.int32)
    cv2.fillPoly(mask, [shifted], 255, cv2.LINE_AA, 4)
    across = corners[1] - corners[0]
    across /= np.linalg.norm(across)
    normal = np.cross(across, corners[-1] - corners[0])
    normal /= np.linalg.norm(normal)
    up = np.cross(normal, across)
    rays = camera.rays(box)
    facing = sum(ray * np.float32(n) for ray, n in zip(rays, normal, strict=True))
    reach = np.float32((corners[0] - camera.position) @ normal) / np.where(np.abs(facing) > 1e-4, facing, 1e-4)
    clear = np.ones((bottom - top, right - left), np.float32)
    for axis in (across, up):
        hit = sum(ray * np.float32(a) for ray, a in zip(rays, axis, strict=True)) * reach
        value = np.asarray(hit + np.float32((camera.position - corners[0]) @ axis), dtype=np.float32)
        step = np.minimum(np.hypot(*np.gradient(value)), 5.0)
        clear = clear * (1 - periodic_share(value, step, period=look.spacing, width=look.strand))
    veiled = 1 - clear * np.float32(1 - look.haze)
    share = np.minimum(veiled * (mask / np.float32(255)), 0.9)
    part = np.s_[top:bottom, left:right]
    image[part] += share[..., None] * (look.net - image[part])


def draw_goal(image: Image, *, camera: RenderCamera, plan: Plan, look: GoalLook, side: int) -> None:
    """Draw the goal at x = side * half length (side -1 is left) in place; from behind, the net hangs before the posts.

    Seen from behind, the bright lower corners of the net are not the feet of the posts: those stand on the goal line.
    """
    x = side * plan.half_length
    edge = _upper_edge(x, side, look)
    low = x + side * look.depth_below
    if not np.isfinite(camera.project(np.concatenate([edge, [(low, -4.0, 0.0), (low, 4.0, 0.0)]]))).all():
        return
    if side * float(camera.position[0]) > plan.half_length:
        _frame(image, camera, x)
        _net(image, camera, x, low, edge, look)
    else:
        _net(image, camera, x, low, edge, look)
        _frame(image, camera, x)
    if look.poles is not None:
        aside, behind = look.poles
        for upper, sign in ((edge[0], -1), (edge[-1], 1)):
            foot = np.array([low + side * behind, sign * (GOAL_HALF_WIDTH + aside), 0.0])
            _bar(image, camera, np.stack([foot - (0.0, 0.0, CROSSBAR_HEIGHT), upper]), 0.02, look.net)
            _pole(image, camera, foot)


def _upper_edge(x: float, side: int, look: GoalLook) -> Floats:
    """The upper back edge of the net from -y to +y, (N, 3) metres: straight, or sagging between the ropes' ends."""
    part = np.linspace(0.0, 1.0, 7 if look.sag > 0 else 2)
    droop = 4 * part * (1 - part) * look.sag + look.sag * 0.25
    width = GOAL_HALF_WIDTH + look.spread * np.abs(2 * part - 1) ** 3
    back = np.full_like(part, x + side * look.depth_above)
    return np.stack([back, width * (2 * part - 1), -CROSSBAR_HEIGHT * (1 - droop)], axis=1)


def _net(image: Image, camera: RenderCamera, x: float, low: float, edge: Floats, look: GoalLook) -> None:
    """Roof, back and sides, the bars between them and the folded edges, in place."""
    g, top = GOAL_HALF_WIDTH, -CROSSBAR_HEIGHT
    y = np.linspace(-g, g, len(edge))
    for i in range(len(edge) - 1):
        pair = [edge[i + 1], edge[i]]
        _net_panel(image, camera, np.array([(low, y[i], 0.0), (low, y[i + 1], 0.0), *pair]), look)
        _net_panel(image, camera, np.array([(x, y[i], top), (x, y[i + 1], top), *pair]), look)
    ends = [edge[0], edge[-1]]
    aside = [np.array([(x, sign, 0.0), (low, sign, 0.0)]) for sign in (-g, g)]
    floor = [np.array([(low, -g, 0.0), (low, g, 0.0)])]
    if look.tube > 0:
        for tube in (*aside, *floor):
            _bar(image, camera, tube, look.tube, np.full(3, 0.9, np.float32))
    for sign, upper in zip((-g, g), ends, strict=True):
        _net_panel(image, camera, np.array([(x, sign, 0.0), (low, sign, 0.0), upper, (x, sign, top)]), look)
    corners = [np.array([(low, sign, 0.0), upper]) for sign, upper in zip((-g, g), ends, strict=True)]
    roof = [np.array([(x, sign, top), upper]) for sign, upper in zip((-g, g), ends, strict=True)]
    if look.sag == 0:
        for bar in (*floor, *corners, *roof):
            _bar(image, camera, bar, 0.045, look.frame)
    if look.hem > 0:
        upper_edge = [edge[i : i + 2] for i in range(len(edge) - 1)]
        for fold in (*floor, *corners, *roof, *aside, *upper_edge):
            _bar(image, camera, fold, look.hem, look.net)


def _frame(image: Image, camera: RenderCamera, x: float) -> None:
    """The posts and the bar, in place."""
    white, g, top = np.array([0.93, 0.93, 0.93], np.float32), GOAL_HALF_WIDTH, -CROSSBAR_HEIGHT
    for y in (-g, g):
        _bar(image, camera, np.array([(x, y, top), (x, y, 0.0)]), 0.12, white)
    _bar(image, camera, np.array([(x, -g, top), (x, g, top)]), 0.12, white)


def _pole(image: Image, camera: RenderCamera, foot: Floats) -> None:
    """A striped pole that holds the net."""
    for i in range(6):
        ends = foot + np.array([(0, 0, -0.42 * i), (0, 0, -0.42 * (i + 1))])
        _bar(image, camera, ends, 0.09, np.full(3, 0.08 if i % 2 else 0.85, np.float32))


def draw_flag(image: Image, *, camera: RenderCamera, foot: Floats, colour: Map) -> None:
    """A corner flag: a stick of 1.5 m and its cloth, in place; none close before the lens."""
    if float(camera.depth(foot)) < 8.0:
        return
    _bar(image, camera, foot + np.array([(0, 0, -1.5), (0, 0, 0.0)]), 0.05, np.full(3, 0.8, np.float32))
    _bar(image, camera, foot + np.array([(0.2, 0, -1.5), (0.2, 0, -1.15)]), 0.38, colour)
