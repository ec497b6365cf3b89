"""What a rendered frame shows over the picture, layer by layer, drawn with anti-aliased OpenCV in the window's look.

A layer is anything with ``draw(canvas, scene)``: layers for other schemes, such as skeletons with identities, are
further classes here or elsewhere; `annotator.rendering` takes a sequence of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from annotator.keypoints import Keypoint, Resolved, Source
from annotator.labels import Instance, Origin, Visibility
from annotator.pitch import HALF_LENGTH, HALF_WIDTH, KEYPOINTS, MARKINGS, marking_samples

if TYPE_CHECKING:
    from model.heatmaps import Prediction

Rgb = NDArray[np.uint8]
Colour = tuple[int, int, int]
Path2 = NDArray[np.float64]

YELLOW, SKY, PURPLE, ORANGE, GREEN = (240, 228, 66), (86, 180, 233), (204, 121, 167), (230, 159, 0), (96, 219, 170)
CASING, WHITE = (16, 18, 20), (246, 246, 242)
GROUND, PAINT = (38, 50, 45), (122, 138, 131)

_SHIFT = 4
_HEAT_OPACITY = 0.75
_MAP_SHARE = 0.22
_MAP_MARGIN = 3.0


@dataclass(frozen=True, eq=False)
class Scene:
    """All that is known of one frame of ``size`` (width, height) pixels, in which every position is given.

    ``instance`` is what was said of it (or what the network's points say), ``resolved`` what follows, ``caption`` a
    line of text.
    """

    size: tuple[int, int]
    resolved: Resolved | None = None
    instance: Instance = field(default_factory=Instance)
    prediction: Prediction | None = None
    caption: str = ""


class Layer(Protocol):
    """One kind of thing to draw."""

    def draw(self, canvas: Canvas, scene: Scene) -> None:
        """Draw it, as far as the scene has it."""


class Canvas:
    """A picture that is drawn on in place: ``rgb`` (H, W, 3) uint8.

    Positions are pixels of the frame, (0, 0) the centre of its top-left one; widths and reaches are in units of a
    picture 720 pixels high, so that a rendering looks alike at every size.
    """

    def __init__(self, rgb: Rgb, frame_size: tuple[int, int]) -> None:
        self.rgb = rgb
        height, width = rgb.shape[:2]
        self.scale = (width / frame_size[0], height / frame_size[1])
        self.unit = max(height, width * 9 / 16) / 720.0

    def place(self, points: Any) -> Path2:
        """Pixels of the picture (N, 2) of pixels of the frame."""
        return np.asarray((np.asarray(points, dtype=np.float64).reshape(-1, 2) + 0.5) * self.scale - 0.5)

    def line(self, points: Any, colour: Colour, *, width: float = 1.6, casing: float = 1.6) -> None:
        """A path with a dark casing; what is not finite breaks it."""
        self.stroke(self.place(points), colour, width=width, casing=casing)

    def stroke(self, placed: Path2, colour: Colour, *, width: float, casing: float, closed: bool = False) -> None:
        """As `line`, of pixels of the picture."""
        import cv2

        paths = [_fixed(part) for part in _finite_parts(placed)]
        for grown, ink in ((casing, CASING), (0.0, colour)):
            if grown or ink == colour:
                thick = max(1, round((width + grown) * self.unit + 0.25))
                for path in paths:
                    cv2.polylines(self.rgb, [path], closed, ink, thick, cv2.LINE_AA, _SHIFT)

    def fill(self, placed: Path2, colour: Colour, *, casing: float = 1.6) -> None:
        """A filled polygon of pixels of the picture, cased."""
        import cv2

        path = _fixed(placed)
        if casing:
            cv2.polylines(self.rgb, [path], True, CASING, max(1, round(casing * self.unit)), cv2.LINE_AA, _SHIFT)
        cv2.fillPoly(self.rgb, [path], colour, cv2.LINE_AA, _SHIFT)

    def disc(self, at: Path2, radius: float, colour: Colour, *, casing: float = 1.0) -> None:
        """A filled disc about a pixel of the picture (2,)."""
        import cv2

        x, y = (round(float(v) * (1 << _SHIFT)) for v in at)
        for grown, ink in ((casing, CASING), (0.0, colour)):
            size = round((radius + grown) * self.unit * (1 << _SHIFT))
            cv2.circle(self.rgb, (x, y), size, ink, -1, cv2.LINE_AA, _SHIFT)

    def ring(self, at: Path2, radius: float, colour: Colour, *, width: float = 1.6) -> None:
        """An open ring about a pixel of the picture (2,), cased."""
        turn = np.linspace(0.0, 2.0 * math.pi, 25)[:-1]
        path = at + radius * self.unit * np.stack([np.cos(turn), np.sin(turn)], axis=1)
        self.stroke(path, colour, width=width, casing=1.6, closed=True)

    def shade(self, left: int, top: int, right: int, bottom: int, colour: Colour, opacity: float) -> None:
        """A plate under text or a map."""
        part = self.rgb[max(0, top) : bottom, max(0, left) : right]
        part[:] = np.rint(part * (1.0 - opacity) + np.array(colour) * opacity).astype(np.uint8)

    def write(self, text: str, left: int, bottom: int, *, size: float = 15.0) -> None:
        """A line of text on a plate; ``left`` and ``bottom`` are pixels of the picture."""
        import cv2

        scale, thick = size * self.unit / 22.0, max(1, round(self.unit))
        (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
        pad = round(6 * self.unit)
        self.shade(left - pad, bottom - height - pad, left + width + pad, bottom + below + pad // 2, CASING, 0.69)
        cv2.putText(self.rgb, text, (left, bottom), cv2.FONT_HERSHEY_SIMPLEX, scale, WHITE, thick, cv2.LINE_AA)


@dataclass(frozen=True)
class HeatLayer:
    """Where the network sees any keypoint, coloured as in the window."""

    def draw(self, canvas: Canvas, scene: Scene) -> None:
        """Blend the heatmap over the picture."""
        import cv2

        prediction = scene.prediction
        if prediction is None:
            return
        heat = prediction.any_point
        (sx, sy), (ox, oy) = prediction.scale, prediction.offset
        (kx, ky), (height, width) = canvas.scale, canvas.rgb.shape[:2]
        # picture = (frame + 0.5) * scale - 0.5, frame = cell * s + o
        picture_from_cell = np.array([[sx * kx, 0, (ox + 0.5) * kx - 0.5], [0, sy * ky, (oy + 0.5) * ky - 0.5]])
        value = cv2.warpAffine(heat, picture_from_cell, (width, height), flags=cv2.INTER_LINEAR)
        steps = np.rint(255 * (0.2 + 0.74 * np.arange(256) / 255)).astype(np.uint8)
        table = np.asarray(cv2.applyColorMap(steps, cv2.COLORMAP_MAGMA)).reshape(256, 3)[:, ::-1].astype(np.float32)
        alpha = np.sqrt(np.clip((np.arange(256) / 255 - 0.02) / 0.98, 0, 1)) * _HEAT_OPACITY
        seen = np.flatnonzero(value.max(axis=1) > 5)
        if not len(seen):
            return
        rows = slice(int(seen[0]), int(seen[-1]) + 1)
        cells = value[rows]
        share = alpha.astype(np.float32)[cells][:, :, None]
        part = canvas.rgb[rows]
        part[:] = (part * (1 - share) + table[cells] * share + 0.5).astype(np.uint8)


@dataclass(frozen=True)
class GhostLayer:
    """The whole pitch as the camera projects it."""

    def draw(self, canvas: Canvas, scene: Scene) -> None:
        """Thin purple lines along every marking in view."""
        if scene.resolved is not None:
            for parts in scene.resolved.ghost.values():
                for part in parts:
                    canvas.line(part, PURPLE, width=1.5, casing=1.2)


@dataclass(frozen=True)
class MarkingsLayer:
    """The markings that were drawn, as fitted through their clicks, and the clicks."""

    def draw(self, canvas: Canvas, scene: Scene) -> None:
        """Yellow lines and small open rings."""
        if scene.resolved is None:
            return
        for curve in scene.resolved.curves.values():
            if len(curve.path) >= 2:
                canvas.line(curve.path, YELLOW)
        for clicks in scene.instance.markings.values():
            for at in canvas.place(clicks) if len(clicks) else ():
                canvas.ring(at, 3.2, YELLOW, width=1.2)


@dataclass(frozen=True)
class KeypointsLayer:
    """Every keypoint that has a position, in the shape that says where it comes from."""

    def draw(self, canvas: Canvas, scene: Scene) -> None:
        """Marks as on the canvas: filled for what a person said, diamonds for geometry, plus signs for the network."""
        if scene.resolved is None:
            return
        for keypoint in scene.resolved.keypoints.values():
            if keypoint.position is not None and keypoint.inside:
                draw_keypoint(canvas, canvas.place(keypoint.position)[0], keypoint)


@dataclass(frozen=True)
class MapLayer:
    """A small pitch from above in the corner: what the camera sees of it, and the keypoints it has in view."""

    def draw(self, canvas: Canvas, scene: Scene) -> None:
        """The map, at the bottom right."""
        height, width = canvas.rgb.shape[:2]
        scale = width * _MAP_SHARE / (2 * (HALF_LENGTH + _MAP_MARGIN))
        across, down = 2 * (HALF_LENGTH + _MAP_MARGIN) * scale, 2 * (HALF_WIDTH + _MAP_MARGIN) * scale
        gap = 14 * canvas.unit
        left, top = width - across - gap, height - down - gap
        canvas.shade(round(left), round(top), round(left + across), round(top + down), GROUND, 0.86)
        middle = np.array([left + across / 2, top + down / 2])
        resolved = scene.resolved
        ground = None if resolved is None else resolved.image_from_pitch
        if ground is not None:
            seen = view_on_pitch(ground, scene.size)
            if len(seen) > 2:
                _veil(canvas, middle + seen * scale)
        for name, marking in MARKINGS.items():
            if marking.on_ground:
                canvas.stroke(middle + marking_samples(name, 1.0)[:, :2] * scale, PAINT, width=1.0, casing=0.0)
        for keypoint in () if resolved is None else resolved.keypoints.values():
            known = KEYPOINTS.get(keypoint.name)
            if known is not None and keypoint.inside and keypoint.position is not None:
                canvas.disc(middle + np.array(known.world[:2]) * scale, 2.2, colour_of(keypoint), casing=0.6)


@dataclass(frozen=True)
class CaptionLayer:
    """A line of text at the top left."""

    def draw(self, canvas: Canvas, scene: Scene) -> None:
        """The caption of the scene."""
        if scene.caption:
            canvas.write(scene.caption, round(16 * canvas.unit), round(30 * canvas.unit))


LAYERS: dict[str, Layer] = {
    "heatmap": HeatLayer(),
    "ghost": GhostLayer(),
    "markings": MarkingsLayer(),
    "keypoints": KeypointsLayer(),
    "map": MapLayer(),
    "caption": CaptionLayer(),
}
"""All layers by name, from bottom to top."""


def chosen_layers(names: Sequence[str]) -> tuple[Layer, ...]:
    """The layers of these names from bottom to top; an unknown name is a ValueError."""
    unknown = set(names) - set(LAYERS)
    if unknown:
        raise ValueError(f"there is no layer {', '.join(sorted(unknown))}; there are {', '.join(LAYERS)}")
    return tuple(layer for name, layer in LAYERS.items() if name in names)


def draw_scene(rgb: Rgb, scene: Scene, layers: Sequence[Layer], size: tuple[int, int] | None = None) -> Rgb:
    """A new picture of ``size`` (width, height), that of ``rgb`` by default, with the layers over it."""
    import cv2

    if size is None or size == (rgb.shape[1], rgb.shape[0]):
        picture = np.array(rgb)
    else:
        way = cv2.INTER_AREA if size[0] < rgb.shape[1] else cv2.INTER_CUBIC
        picture = np.asarray(cv2.resize(rgb, size, interpolation=way), dtype=np.uint8)
    canvas = Canvas(picture, scene.size)
    for layer in layers:
        layer.draw(canvas, scene)
    return canvas.rgb


def colour_of(keypoint: Keypoint) -> Colour:
    """The colour that says where a keypoint comes from, as in the window."""
    if keypoint.source is Source.PLACED:
        return GREEN if keypoint.origin is Origin.PROPAGATED else YELLOW
    return {Source.CONSTRUCTED: SKY, Source.PROJECTED: PURPLE}.get(keypoint.source or Source.PREDICTED, ORANGE)


def draw_keypoint(canvas: Canvas, at: Path2, keypoint: Keypoint) -> None:
    """The mark of a keypoint about a pixel of the picture (2,)."""
    colour, reach = colour_of(keypoint), canvas.unit
    hidden = keypoint.visibility is Visibility.OCCLUDED
    if keypoint.source is Source.PREDICTED:
        arm = (3.5 + 4.0 * (keypoint.confidence or 0.5)) * reach
        # One path of two strokes: the casing of one never crosses the other.
        cross = np.array([[-arm, 0.0], [arm, 0.0], [np.nan, np.nan], [0.0, -arm], [0.0, arm]])
        canvas.stroke(at + cross, colour, width=1.8, casing=2.0)
    elif keypoint.source is Source.PLACED and keypoint.origin is Origin.PROPAGATED:
        corners = np.array([[0.0, -1.0], [0.87, 0.5], [-0.87, 0.5]]) * 5.5 * reach
        canvas.fill(at + corners, colour)
    elif keypoint.source is Source.PLACED and not hidden:
        if keypoint.origin is Origin.ACCEPTED:
            canvas.ring(at, 6.0, colour, width=1.2)
        else:
            for along in np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]]) * reach:
                canvas.stroke(np.stack([at + 5 * along, at + 9 * along]), colour, width=1.2, casing=1.6)
        canvas.disc(at, 3.0, colour)
    elif keypoint.source is Source.PLACED:
        canvas.ring(at, 5.0, colour)
    else:
        corners = np.array([[0.0, -1.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]) * 5.0 * reach
        if keypoint.source is Source.CONSTRUCTED and not hidden:
            canvas.fill(at + corners, colour)
        else:
            canvas.stroke(at + corners, colour, width=1.6, casing=1.6, closed=True)


def view_on_pitch(image_from_pitch: NDArray[np.float64], size: tuple[int, int]) -> Path2:
    """What a frame shows of the ground and its surroundings, (N, 2) metres; empty where it cannot be told.

    The frame's border is taken back by the inverse homography; what lies at or over the horizon is cut off first
    (Sutherland & Hodgman 1974, against the half-plane in front of the camera), then what is far from the pitch.
    """
    width, height = size
    right, bottom = width - 0.5, height - 0.5
    corners = np.array([[-0.5, -0.5, 1.0], [right, -0.5, 1.0], [right, bottom, 1.0], [-0.5, bottom, 1.0]])
    try:
        pitch_from_image = np.linalg.inv(image_from_pitch)
    except np.linalg.LinAlgError:
        return np.empty((0, 2))
    rays = corners @ pitch_from_image.T
    # The bottom middle of the picture is on the ground in front of the camera: its sign is that of what can be seen.
    front = math.copysign(1.0, float((pitch_from_image @ [width / 2, height - 1, 1])[2]))
    rays *= front
    nearest = 1e-3 * float(np.abs(rays[:, 2]).max())
    rays = _clipped(rays, np.array([0.0, 0.0, 1.0]), nearest)
    reach_x, reach_y = HALF_LENGTH + _MAP_MARGIN, HALF_WIDTH + _MAP_MARGIN
    for plane in ([-1, 0, reach_x], [1, 0, reach_x], [0, -1, reach_y], [0, 1, reach_y]):
        rays = _clipped(rays, np.array(plane, dtype=np.float64), 0.0)
    return rays[:, :2] / rays[:, 2:] if len(rays) else np.empty((0, 2))


def _clipped(polygon: Path2, plane: Path2, least: float) -> Path2:
    """The part of a polygon (N, 3) on which ``plane @ point >= least``."""
    kept: list[Path2] = []
    for before, point in zip(np.roll(polygon, 1, axis=0), polygon, strict=True):
        a, b = float(plane @ before) - least, float(plane @ point) - least
        if (a < 0) != (b < 0):
            kept.append(before + (point - before) * (a / (a - b)))
        if b >= 0:
            kept.append(point)
    return np.array(kept).reshape(-1, 3)


def _veil(canvas: Canvas, placed: Path2) -> None:
    import cv2

    veiled = canvas.rgb.copy()
    cv2.fillPoly(veiled, [_fixed(placed)], (96, 128, 104), cv2.LINE_AA, _SHIFT)
    cv2.addWeighted(veiled, 0.8, canvas.rgb, 0.2, 0.0, dst=canvas.rgb)
    canvas.stroke(placed, WHITE, width=1.0, casing=0.0, closed=True)


def _fixed(placed: Path2) -> NDArray[np.int32]:
    """Pixels as OpenCV's fixed-point numbers, kept within what they can hold."""
    return np.rint(np.clip(placed, -20_000, 20_000) * (1 << _SHIFT)).astype(np.int32)


def _finite_parts(placed: Path2) -> list[Path2]:
    good = np.isfinite(placed).all(axis=1)
    if good.all():
        return [placed] if len(placed) > 1 else []
    edges = np.flatnonzero(np.diff(np.concatenate([[0], good.astype(np.int8), [0]])))
    return [placed[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 1]
