"""Taking hold of the projected pitch: what of it lies under a pointer, and what moves along when it is moved."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from annotator.camera import Solution
from annotator.keypoints import Resolved, Source, resolve
from annotator.labels import (
    FrameLabels,
    Instance,
    KeypointLabel,
    Origin,
    Point,
    Visibility,
    give_back,
    place,
    set_marking,
)
from annotator.pitch import KEYPOINTS, MARKINGS, marking_samples
from annotator.starts import HIGHEST_FOCAL, LOWEST_FOCAL
from annotator.steering import Mode, Pin, Start, as_camera, grab, starting_camera, steer

__all__ = [
    "camera_of_labels",
    "camera_of_predictions",
    "camera_to_steer",
    "carried",
    "hold",
    "is_seen",
    "pinned_under",
    "shown_at",
    "zoomed",
]

Array = NDArray[np.float64]

FEWEST_SEEN = 3  # keypoints of one half that a network must see for the starting camera to look there
LOG_FOCAL = 6
STILL = 0.05  # pixels; clicks that a camera carries no further are still what was said


def camera_of_labels(resolved: Resolved | None) -> Solution | None:
    """The camera on the screen, or the one nearest to a homography there; None while labels determine neither."""
    if resolved is None or not resolved.ghost or resolved.solution is None:
        return None
    return _steerable(resolved.solution)


@lru_cache(maxsize=2)
def _steerable(solution: Solution) -> Solution:
    """As ``as_camera``: asked for again and again, and the same camera each time."""
    return as_camera(solution)


def camera_to_steer(resolved: Resolved | None, size: tuple[int, int]) -> Solution:
    """The camera on the screen, else the one that the predicted keypoints ask for, else a plausible main camera.

    Raises
    ------
    ValueError
        If the size is not positive.
    """
    seen = {} if resolved is None else _predicted(resolved)
    camera = camera_of_labels(resolved)
    if camera is None and seen:
        camera = _asked_for(tuple(seen.items()), size)
    if camera is not None:
        return camera
    sides = [math.copysign(1.0, KEYPOINTS[name].world[0]) for name in seen if abs(KEYPOINTS[name].world[0]) > 20.0]
    start = Start.CENTRE
    if len(sides) >= FEWEST_SEEN:
        start = Start.LEFT if sum(sides) < 0.0 else Start.RIGHT
    return starting_camera(size, start=start)


def is_seen(resolved: Resolved | None) -> bool:
    """Whether labels or network say where the pitch is; a camera to steer is a mere guess without."""
    return camera_of_labels(resolved) is not None or camera_of_predictions(resolved) is not None


def camera_of_predictions(resolved: Resolved | None) -> Solution | None:
    """The camera that the predicted keypoints ask for; None where they determine none."""
    seen = {} if resolved is None else _predicted(resolved)
    return _asked_for(tuple(seen.items()), resolved.size) if resolved is not None and seen else None


@lru_cache(maxsize=4)
def _asked_for(seen: tuple[tuple[str, KeypointLabel], ...], size: tuple[int, int]) -> Solution | None:
    return camera_of_labels(resolve(Instance(keypoints=dict(seen)), None, size=size, threshold=1.0))


def _predicted(resolved: Resolved) -> dict[str, KeypointLabel]:
    """The keypoints that the network sees and nobody has spoken of, as if they were accepted."""
    return {
        name: KeypointLabel(point.position, Visibility.VISIBLE, Origin.ACCEPTED)
        for name, point in resolved.keypoints.items()
        if point.source is Source.PREDICTED and point.inside and name in KEYPOINTS
    }


def shown_at(camera: Solution, pin: Pin) -> Point:
    """The pixel at which the camera has the place of a pin; NaN where it does not see it."""
    x, y = camera.project(np.array([pin.world]))[0]
    return float(x), float(y)


def hold(camera: Solution, at: Point, *, reach: float) -> Pin | None:
    """What a press at a pixel takes hold of, where the camera has it: a keypoint, a marking, or the ground there.

    A keypoint or marking must lie within ``reach`` pixels. Above the horizon it is the ground in the middle of the
    lower half of the frame, so that the pitch can be dragged from anywhere; None where that is not to be seen either.
    """
    held = grab(camera, at, reach=reach)
    if held is None:
        width, height = camera.size
        held = grab(camera, (0.5 * width, 0.75 * height), reach=0.0)
    place = shown_at(camera, held) if held is not None else (math.nan, math.nan)
    return held.at(place) if held is not None and math.isfinite(place[0] + place[1]) else None


def pinned_under(pins: tuple[Pin, ...], at: Point, *, reach: float) -> Pin | None:
    """The pin nearest to a pixel, within ``reach`` pixels of it."""
    near = [pin for pin in pins if math.dist(pin.image, at) <= reach]
    return min(near, key=lambda pin: math.dist(pin.image, at), default=None)


def zoomed(camera: Solution, factor: float, at: Point, pins: tuple[Pin, ...]) -> Solution:
    """The camera with its focal length times ``factor`` and the place at a pixel still there; pins stay before that."""
    held = hold(camera, at, reach=0.0)
    params = camera.params.copy()
    params[LOG_FOCAL] = np.clip(params[LOG_FOCAL] + math.log(factor), math.log(LOWEST_FOCAL), math.log(HIGHEST_FOCAL))
    return steer(replace(camera, params=params), pins=pins, grabbed=held, mode=Mode.PAN)


def carried(labels: FrameLabels, before: Solution, after: Solution) -> FrameLabels:
    """The labels moved along with the pitch from one camera to another, each click and point with its own place on it.

    What leaves the frame is given back, and a marking of which too little stays in it; what ``before`` does not see
    stays where it is. Clicks that were carried anywhere say where the pitch was brought and are unchecked.
    """
    for name, points in labels.pitch.markings.items():
        if name in MARKINGS:
            clicks = np.array(points, dtype=np.float64).reshape(-1, 2)
            moved = _moved(clicks, _nearest(before, name, clicks), before, after)
            kept = tuple(moved[i] for i in range(len(moved)) if _is_inside(moved[i], after.size))
            fewest = 5 if MARKINGS[name].is_round else 2
            stirred = bool(len(moved)) and float(np.abs(np.subtract(moved, clicks)).max()) > STILL
            left = stirred or name in labels.pitch.unchecked
            labels = set_marking(labels, name, kept if len(kept) >= min(fewest, len(points)) else (), unchecked=left)
    for name, said in labels.pitch.keypoints.items():
        if name in KEYPOINTS and said.position is not None:
            (to,) = _moved(np.array([said.position]), np.array([KEYPOINTS[name].world]), before, after)
            if _is_inside(to, after.size):
                labels = place(labels, name, to, origin=said.origin)
            else:
                labels = give_back(labels, name)
    return labels


def _moved(pixels: Array, worlds: Array, before: Solution, after: Solution) -> list[Point]:
    """Pixels (N, 2) moved as much as their places (N, 3) are between two cameras."""
    by = np.nan_to_num(after.project(worlds) - before.project(worlds), nan=0.0)
    return [(float(x), float(y)) for x, y in pixels + by]


def _is_inside(at: Point, size: tuple[int, int]) -> bool:
    return -0.5 <= at[0] <= size[0] - 0.5 and -0.5 <= at[1] <= size[1] - 0.5


@cache
def _steps(name: str) -> Array:
    """Steps (N, 2, 3) of at most half a metre along a marking."""
    path = marking_samples(name, 0.5)
    return np.stack([path[:-1], path[1:]], axis=1)


def _nearest(camera: Solution, name: str, pixels: Array) -> Array:
    """The places (N, 3) on a marking that the camera has nearest to pixels (N, 2)."""
    steps = _steps(name)
    seen = camera.project(steps.reshape(-1, 3)).reshape(-1, 2, 2)
    start, along = seen[:, 0], seen[:, 1] - seen[:, 0]
    square = np.maximum((along * along).sum(axis=1), 1e-12)
    away = pixels[:, None] - start
    part = np.clip((away * along).sum(axis=2) / square, 0.0, 1.0)
    off = np.nan_to_num(np.linalg.norm(away - part[..., None] * along, axis=2), nan=math.inf)
    nearest = off.argmin(axis=1)
    share = np.nan_to_num(np.take_along_axis(part, nearest[:, None], axis=1))
    places: Array = steps[nearest, 0] + share * (steps[nearest, 1] - steps[nearest, 0])
    return places
