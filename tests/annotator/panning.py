"""Cameras that pan, tilt and zoom as operators do, exact, frame by frame; and ones that travel or are cut."""

import math

import numpy as np

from annotator.camera_path import rotation_of
from annotator.pitch import KEYPOINTS
from annotator.steering import camera_of

SIZE = (960, 540)
WORLDS = np.array([point.world for point in KEYPOINTS.values()])


def eased(rng, frames, targets, *, holds=(5, 40), moves=(20, 90)):
    """Values that rest, then go to the next target with the least jerk, as a hand on a pan bar does."""
    values, here = [], targets(rng)
    while len(values) < frames:
        values += [here] * int(rng.integers(*holds))
        there, count = targets(rng), int(rng.integers(*moves))
        part = np.arange(1, count + 1) / count
        values += list(here + (there - here) * part**3 * (10 - 15 * part + 6 * part**2))
        here = there
    return np.array(values[:frames])


def followed(rng, frames, targets, *, stiffness=0.004):
    """Values that follow a target which jumps now and then, as an operator follows the ball: a damped spring."""
    value, speed, found, target = targets(rng), 0.0, [], targets(rng)
    for _ in range(frames):
        if rng.random() < 1 / 45:
            target = targets(rng)
        speed += stiffness * (target - value) - 2.0 * math.sqrt(stiffness) * speed
        value += speed
        found.append(value)
    return np.array(found)


def path(rng, frames=200, *, kind="eased", shift=0.0, kap=None, place=None):
    """Cameras (solutions without error) of a clip from one tripod; ``shift`` metres it travels a hundred frames."""
    place = np.array([rng.normal(0, 6), rng.uniform(52, 80), rng.uniform(-24, -9)]) if place is None else place
    walk = eased if kind == "eased" else followed
    x = walk(rng, frames, lambda r: r.uniform(-40, 40))
    y = walk(rng, frames, lambda r: r.uniform(-8, 8))
    zoom = walk(rng, frames, lambda r: r.uniform(math.log(1100), math.log(2600)))
    bend = rng.uniform(-0.05, 0.01) if kap is None else kap
    roll = math.radians(rng.normal(0, 0.7))
    way = rng.standard_normal(3) * (1.0, 1.0, 0.15)
    way *= shift / np.linalg.norm(way)
    return [
        camera_at(place + way * i / 100.0, (x[i], y[i], 0.0), zoom[i], roll=roll, kap=bend) for i in range(frames)
    ]


def camera_at(place, target, log_focal, *, roll=0.0, kap=0.0, size=SIZE):
    """A camera at ``place`` that looks at ``target``."""
    ahead = np.subtract(target, place)
    ahead = ahead / np.linalg.norm(ahead)
    right = np.cross([0.0, 0.0, 1.0], ahead)
    right /= np.linalg.norm(right)
    c, s = math.cos(roll), math.sin(roll)
    level = np.stack([right, np.cross(ahead, right), ahead])
    rotation = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ level
    return camera_of(size, rotation, np.asarray(place, dtype=float), log_focal, kap)


def in_frame(camera, worlds=WORLDS):
    """Which places are in the frame."""
    pixels = camera.project(worlds)
    with np.errstate(invalid="ignore"):
        return ((pixels >= 0) & (pixels <= np.subtract(camera.size, 1))).all(axis=1)


def errors(found, truth, worlds=WORLDS):
    """Pixels that the places in the true frame are off."""
    seen = in_frame(truth, worlds)
    return np.nan_to_num(np.linalg.norm(found.project(worlds[seen]) - truth.project(worlds[seen]), axis=1), nan=1e3)


__all__ = ["SIZE", "WORLDS", "camera_at", "eased", "errors", "followed", "in_frame", "path", "rotation_of"]
