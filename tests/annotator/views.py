"""Made-up cameras with exact projections, and the clicks that a person with a given hand would make."""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from annotator.camera import Lens
from annotator.labels import Instance
from annotator.pitch import KEYPOINTS, MARKINGS, marking_samples

SIZE = (960, 540)
WORLDS = np.array([point.world for point in KEYPOINTS.values()])
SAMPLES = np.concatenate([marking_samples(name, 0.2) for name in MARKINGS])
_ENDS = np.cumsum([0, *(len(marking_samples(name, 0.2)) for name in MARKINGS)])
PARTS = {name: slice(a, b) for name, (a, b) in zip(MARKINGS, itertools.pairwise(_ENDS), strict=True)}


@dataclass(frozen=True)
class View:
    """A camera: (3, 4) matrix from metres to ideal units, and its lens."""

    matrix: np.ndarray
    lens: Lens

    def project(self, worlds):
        """Pixels (N, 2); NaN behind the camera."""
        seen = worlds @ self.matrix[:, :3].T + self.matrix[:, 3]
        ideal = seen[:, :2] / np.where(seen[:, 2] > 0.5, seen[:, 2], np.nan)[:, None]
        ideal[np.hypot(ideal[:, 0], ideal[:, 1]) > 550 * 1.7] = np.nan
        return self.lens.pixels(ideal)

    def inside(self, pixels):
        w, h = self.lens.size
        with np.errstate(invalid="ignore"):
            return ((pixels >= -0.5) & (pixels <= (w - 0.5, h - 0.5))).all(axis=1)

    def keypoints(self):
        """Name -> (2,) of those inside the frame."""
        pixels = self.project(WORLDS)
        return {name: xy for name, xy, seen in zip(KEYPOINTS, pixels, self.inside(pixels), strict=True) if seen}

    def clicks(self, rng, *, noise=0.0, round_clicks=9, line_clicks=(2, 4)):
        """An instance with clicks on every marking of which a stretch is in the frame."""
        markings = {}
        pixels = self.project(SAMPLES)
        inside = self.inside(pixels)
        for name, part in PARTS.items():
            seen = pixels[part][inside[part]]
            if len(seen) < 2 or np.ptp(seen, axis=0).max() < 15.0:
                continue
            is_round = MARKINGS[name].is_round
            number = round_clicks if is_round else int(rng.integers(line_clicks[0], line_clicks[1] + 1))
            at = np.linspace(0.03, 0.97, number) + rng.uniform(-0.02, 0.02, number)
            chosen = seen[np.clip((at * len(seen)).astype(int), 0, len(seen) - 1)]
            chosen = np.unique(chosen, axis=0)
            markings[name] = tuple(map(tuple, chosen + noise * rng.standard_normal(chosen.shape)))
        return Instance(markings=markings)


def look(position, target, focal, *, roll=0.0, kap=0.0, size=SIZE):
    """The view from ``position`` at ``target`` (metres), focal length in ideal units, roll in degrees."""
    ahead = np.asarray(target, dtype=float) - position
    ahead /= np.linalg.norm(ahead)
    right = np.cross([0.0, 0.0, 1.0], ahead)
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(ahead, right), ahead])
    c, s = math.cos(math.radians(roll)), math.sin(math.radians(roll))
    rotation = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ rotation
    matrix = np.diag([focal, focal, 1.0]) @ np.column_stack([rotation, -rotation @ position])
    return View(matrix, Lens(size, kap))


def random_view(rng, kind="main", *, roll=1.5, kap=0.0):
    """A plausible view.

    ``kind``: main, side (the 16 m cameras), goal (behind one), high (behind one, from the stand), tight (main, zoomed
    in) or reverse (from the far side).
    """
    sign = rng.choice([-1.0, 1.0])
    if kind == "goal":
        position = np.array([sign * rng.uniform(58, 90), rng.uniform(-25, 25), rng.uniform(-22, -4)])
        target = np.array([sign * rng.uniform(5, 45), rng.uniform(-12, 12), 0.0])
        focal = rng.uniform(600, 1800)
    elif kind == "high":
        position = np.array([sign * rng.uniform(75, 95), rng.uniform(-10, 10), rng.uniform(-28, -16)])
        target = np.array([sign * rng.uniform(15, 45), rng.uniform(-10, 10), 0.0])
        focal = rng.uniform(900, 2200)
    elif kind == "tight":
        position = np.array([rng.normal(0, 5), rng.uniform(58, 85), rng.uniform(-24, -10)])
        target = np.array([sign * rng.uniform(36, 47), rng.uniform(-12, 8), 0.0])
        focal = rng.uniform(2200, 3600)
    else:
        x = rng.normal(0, 5) if kind == "main" else sign * rng.uniform(25, 45)
        position = np.array([x, rng.uniform(52, 85), rng.uniform(-26, -8)])
        target = np.array([rng.uniform(-48, 48), rng.uniform(-20, 15), 0.0])
        focal = rng.uniform(900, 3200)
        if kind == "reverse":
            position[1], target[1] = -position[1], -target[1]
    return look(position, target, focal, roll=rng.normal(0, roll) if roll else 0.0, kap=kap)
