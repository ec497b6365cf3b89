"""Where the search for a camera starts: where cameras stand, and what a linear homography of the ground says.

Source: Hartley & Zisserman, *Multiple View Geometry*, 2nd ed., 4.1 (direct linear transform), 8.6 (camera of a plane).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from annotator.geometry import homography_from
from annotator.observations import Evidence, mean_view
from annotator.pitch import KEYPOINTS, MARKINGS
from annotator.projections import Pinhole

Array = NDArray[np.float64]

HIGHEST_FOCAL, LOWEST_FOCAL = 12.0 * 960.0, 0.4 * 960.0

_MAIN = [(x, y, z) for x, y, z in ((0, 65, -15), (-20, 62, -13), (20, 62, -13), (-40, 60, -12), (40, 60, -12))]
_HIGH = [(0, 95, -28), (-80, 0, -18), (80, 0, -18), (-85, 45, -20), (85, 45, -20)]
_LOW = [(-66, 6, -5), (66, 6, -5), (-36, 42, -4), (36, 42, -4)]
_REVERSE = [(0, -65, -15), (-40, -60, -12), (40, -60, -12)]
POSITIONS = np.array([*_MAIN, *_HIGH, *_LOW, *_REVERSE], dtype=np.float64)
FOCALS = np.array([900.0, 2000.0, 4200.0])


def bank(evidence: Evidence, places: Array) -> tuple[Pinhole, Array]:
    """Cameras where cameras stand, each turned so that the mean place appears at the mean click."""
    world, seen = mean_view(evidence)
    positions = np.repeat(places, len(FOCALS), axis=0)
    focals = np.tile(FOCALS, len(places))
    params = np.zeros((len(positions), 8))
    params[:, 3:6], params[:, 6] = positions, np.log(focals)
    base = np.stack([_aimed(p, f, world, seen) for p, f in zip(positions, focals, strict=True)])
    return Pinhole(base), params


def _aimed(position: Array, focal: float, world: Array, seen: Array) -> Array:
    """The level rotation (3, 3) that puts ``world`` at ``seen`` from ``position``, by a few pan and tilt steps."""
    forward = world - position
    aim = forward / np.linalg.norm(forward)
    pan, tilt = math.atan2(aim[0], -aim[1]), math.asin(aim[2])
    pan -= math.atan2(float(seen[0]), focal)
    tilt -= math.atan2(float(seen[1]), focal)
    ahead = np.array([math.sin(pan) * math.cos(tilt), -math.cos(pan) * math.cos(tilt), math.sin(tilt)])
    right = np.array([math.cos(pan), math.sin(pan), 0.0])
    return np.stack([right, np.cross(ahead, right), ahead])


def linear_ground(evidence: Evidence, hints: Mapping[str, Array]) -> Array | None:
    """A ground homography (3, 3), centred units from metres, from points, hints and clicks on straight markings."""
    ground = evidence.ground_only()
    known = {name: xy for name, xy in hints.items() if KEYPOINTS[name].on_ground} | dict(ground.points)
    points = np.array(list(known.values())).reshape(-1, 2)
    places = np.array([KEYPOINTS[name].world[:2] for name in known]).reshape(-1, 2)
    clicks, lines = [np.empty((0, 2))], [np.empty((0, 3))]
    for name, xy in ground.markings.items():
        marking = MARKINGS[name]
        if marking.is_round:
            continue
        (ax, ay, _), (bx, by, _) = marking.start, marking.end
        line = np.array([ay - by, bx - ax, ax * by - ay * bx])
        clicks.append(xy)
        lines.append(np.repeat(line[None] / np.hypot(line[0], line[1]), len(xy), axis=0))
    pitch_from_image = homography_from(points, places, np.concatenate(clicks), np.concatenate(lines))
    if pitch_from_image is None or abs(np.linalg.det(pitch_from_image)) < 1e-18:
        return None
    depths = np.sign(np.concatenate([points, *clicks]) @ pitch_from_image[2, :2] + pitch_from_image[2, 2])
    image_from_pitch: Array = np.asarray(np.linalg.inv(pitch_from_image), dtype=np.float64)
    return image_from_pitch if depths.sum() >= 0.0 else -image_from_pitch


def decomposed(evidence: Evidence, hints: Mapping[str, Array]) -> tuple[Array, Array] | None:
    """Cameras, bases (S, 3, 3) and parameters (S, 8), behind the linear homography: H = K (r1 r2 -RC) (HZ 8.6)."""
    homography = linear_ground(evidence, hints)
    if homography is None:
        return None
    first, second, third = homography.T
    a = np.array([first[0] * second[0] + first[1] * second[1], first[:2] @ first[:2] - second[:2] @ second[:2]])
    b = np.array([first[2] * second[2], first[2] ** 2 - second[2] ** 2])
    size = float(a @ a)
    inverse_square = -float(a @ b) / size if size > 0.0 else 0.0
    focals = [1500.0, 3000.0]
    if inverse_square > 0.0 and LOWEST_FOCAL < inverse_square**-0.5 < HIGHEST_FOCAL:
        focals.insert(0, inverse_square**-0.5)
    bases, params = [], []
    for focal in focals:
        r1, r2, t = (column / np.array([focal, focal, 1.0]) for column in (first, second, third))
        scale = math.sqrt(float(np.linalg.norm(r1) * np.linalg.norm(r2)))
        u, _, v = np.linalg.svd(np.stack([r1, r2, np.cross(r1, r2) / scale], axis=1) / scale)
        rotation = u @ np.diag([1.0, 1.0, float(np.linalg.det(u @ v))]) @ v
        bases.append(rotation)
        params.append([0.0, 0.0, 0.0, *(-rotation.T @ t / scale), math.log(focal), 0.0])
    return np.array(bases), np.array(params)
