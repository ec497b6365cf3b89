"""What a carried camera says of its frame: the markings in view, drawn to the paint, and what was placed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from annotator.camera import Solution
from annotator.in_view import Stretch, stretches
from annotator.labels import FrameLabels, Instance, KeypointLabel, Point, Visibility
from annotator.motion_camera import Seen
from annotator.observations import marking_name
from annotator.pitch import KEYPOINTS, MARKINGS

__all__ = ["KeyFrame", "labels_seen"]

Array = NDArray[np.float64]

LINE_CLICKS, ROUND_CLICKS = 3, 9
ENOUGH = 10  # independent constraints by markings; with fewer, points say the rest of what the camera knows
SURE = 3.0  # pixels of a 960 wide frame; points known less surely are not said
FARTHEST = 3.0  # pixels of a 960 wide frame by which paint may pull a marking off the camera's
BENDING = 25.0  # pixels: marks about so far apart tell a line from a curve


class KeyFrame:
    """What was said in a key frame, and how far from the camera's word each placed point was put."""

    def __init__(self, instance: Instance, camera: Solution) -> None:
        self.markings = {name for said in instance.markings if (name := marking_name(said)) is not None}
        self.instance = instance
        self.points: dict[str, Array] = {}
        placed = {
            name: said.position
            for name, said in instance.keypoints.items()
            if name in KEYPOINTS and said.position is not None and said.visibility is not Visibility.ABSENT
        }
        if placed:
            worlds = np.array([KEYPOINTS[name].world for name in placed])
            off = np.array(list(placed.values())) - camera.project(worlds)
            self.points = {name: by for name, by in zip(placed, off, strict=True) if np.isfinite(by).all()}


def labels_seen(key: KeyFrame, seen: Seen) -> FrameLabels:
    """The labels of a frame whose camera was found.

    A marking is drawn where the paint shows it, or where it was drawn in the key frame and is still in view: then as
    not checked. Points that were placed keep their distance to where the camera has them. Where the markings in view
    say too little of the camera, it also places what it is sure of.
    """
    camera = seen.solution
    markings: dict[str, tuple[Point, ...]] = {}
    unchecked = set()
    for name, stretch in stretches(camera).items():
        if name in seen.confirmed or name in key.markings:
            markings[name] = _clicks(name, stretch, seen)
            if name not in seen.confirmed:
                unchecked.add(name)
    points = _points(key, camera)
    sure = [name for name in markings if name not in unchecked]
    if sum(5 if MARKINGS[name].is_round else 2 for name in sure) + 2 * len(points) < ENOUGH:
        points = {**_sure_points(camera), **points}
    keypoints = {
        name: KeypointLabel(at, Visibility.VISIBLE)
        for name, at in points.items()
        if _is_inside(at, camera.size)
    }
    pitch = replace(key.instance, keypoints=keypoints, markings=markings, unchecked=frozenset(unchecked))
    return FrameLabels((pitch,))


def _clicks(name: str, stretch: Stretch, seen: Seen) -> tuple[Point, ...]:
    """Clicks along a marking: on the camera's projection, drawn to a smooth curve through the paint about it."""
    count = ROUND_CLICKS if MARKINGS[name].is_round else LINE_CLICKS
    places = stretch.clicks(count)
    if name in seen.offsets:
        places = places + _drawn(places, *seen.offsets[name], limit=FARTHEST / seen.solution.lens.scale)
    return tuple((float(x), float(y)) for x, y in places)


def _drawn(places: Array, marks: Array, across: Array, *, limit: float) -> Array:
    """How far (N, 2) the paint lies from places near ``marks`` (M, 2): a mean over the marks about each."""
    away = np.linalg.norm(places[:, None] - marks, axis=2)
    spread = max(BENDING, 0.25 * float(np.linalg.norm(np.ptp(marks, axis=0))))
    weights = np.exp(-0.5 * (away / spread) ** 2)
    # As if a handful of marks without any offset lay about: where little paint is near, the camera is believed.
    mean = (weights @ across) / (weights.sum(axis=1, keepdims=True) + 2.0)
    length = np.linalg.norm(mean, axis=1, keepdims=True)
    found: Array = mean * np.minimum(1.0, limit / np.maximum(length, 1e-12))
    return found


def _points(key: KeyFrame, camera: Solution) -> dict[str, Point]:
    if not key.points:
        return {}
    pixels = camera.project(np.array([KEYPOINTS[name].world for name in key.points]))
    rows = zip(key.points.items(), pixels, strict=True)
    return {name: (float(x + off[0]), float(y + off[1])) for (name, off), (x, y) in rows if math.isfinite(x)}


def _sure_points(camera: Solution) -> dict[str, Point]:
    """Where the camera has the keypoints in view that it is sure of."""
    worlds = np.array([point.world for point in KEYPOINTS.values()])
    pixels, deviations = camera.project(worlds), camera.deviations(worlds)
    limit = SURE / camera.lens.scale
    rows = zip(KEYPOINTS, pixels, deviations, strict=True)
    return {name: (float(x), float(y)) for name, (x, y), sd in rows if math.isfinite(x) and sd <= limit}


def _is_inside(at: Point, size: tuple[int, int]) -> bool:
    return -0.5 <= at[0] <= size[0] - 0.5 and -0.5 <= at[1] <= size[1] - 0.5
