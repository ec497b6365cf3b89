"""A camera between the frames of which it is known: pan, tilt, roll, log focal length, position and lens over time.

Each parameter follows a curve of its own through its values at the key frames: a straight line through two, a
shape-preserving cubic (PCHIP) through more, which neither overshoots nor moves where the camera rests (Fritsch &
Carlson, *Monotone piecewise cubic interpolation*, 1980; ``tests/benchmarks/camera_path.py`` measures it against the
alternatives). At a key frame the path is exactly the key frame's camera.

Angles are those of SoccerNet's camera files (``annotator.formats.cameras``), which are smooth while a camera pans.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from annotator.camera import Solution, SolutionKind
from annotator.formats.cameras import pan_tilt_roll
from annotator.keypoints import Resolved
from annotator.lens import HALF_DIAGONAL
from annotator.pinning import camera_of_labels
from annotator.projections import Pinhole

__all__ = [
    "CameraPath",
    "Curve",
    "Refusal",
    "camera_between",
    "camera_known",
    "followed",
    "path_through",
    "rotation_of",
    "state_of",
]

Array = NDArray[np.float64]

PAN, TILT, ROLL, LOG_FOCAL, POSITION, KAP, UNKNOWNS = 0, 1, 2, 3, slice(4, 7), 7, slice(8, 11)
STATES = 11
LOOSEST_GROUND = 3.0  # centred units that a camera may be off a homography it stands for
GAP = 50.0  # frames between two key frames over which a camera that nobody watched strays in the middle by
STRAY, STRAY_SHARE = 25.0, 0.36  # so many centred units and this share of its way (two thirds of rendered clips),
STRAY_POWER = 1.7  # and over other gaps by this power of their ratio


class Curve(Enum):
    """How a parameter goes through more than two values."""

    LINEAR = "linear"
    MONOTONE = "monotone"
    NATURAL = "natural"


@dataclass(frozen=True)
class Refusal:
    """Why something is not done, one sentence for people; ``frame`` the key that it is about, where it is one."""

    reason: str
    frame: float | None = None


@dataclass(frozen=True, eq=False)
class CameraPath:
    """A camera over time.

    ``times`` (K,) are those of the key frames in rising order, ``states`` (K, 11) the camera there: pan, tilt and roll
    in radians (pan without jumps of a full turn), log focal length in centred units, position in metres, kap, and
    crown, extra length and width of the pitch in metres. ``covariances`` (K, 11, 11) are of rotation vector, position,
    log focal length, kap and unknowns, in the order of a solution's parameters. ``strays`` (K,) are standard deviations
    in pixels of a path that was followed frame by frame, None where nobody looked between the key frames.
    """

    size: tuple[int, int]
    times: Array
    states: Array
    covariances: Array
    curve: Curve = Curve.MONOTONE
    strays: Array | None = None

    def state(self, times: Array) -> Array:
        """The camera (T, 11) at times (T,); before the first key frame and after the last it rests there."""
        at = np.clip(np.asarray(times, dtype=np.float64), self.times[0], self.times[-1])
        found: Array = _through(self.times, self.states, at, self.curve)
        last = np.searchsorted(self.times, at)
        exact = self.times[np.minimum(last, len(self.times) - 1)] == at
        found[exact] = self.states[np.minimum(last[exact], len(self.times) - 1)]
        return found

    def at(self, time: float) -> Solution:
        """The camera at a time as a solution, with the covariance to be expected there."""
        return self.cameras(np.array([time]))[0]

    def cameras(self, times: Array) -> list[Solution]:
        """The cameras at times (T,)."""
        asked = np.asarray(times, dtype=np.float64)
        return [
            _solution(self.size, state, self.covariance(float(time), stray=self.deviation(float(time))))
            for state, time in zip(self.state(asked), asked, strict=True)
        ]

    def deviation(self, time: float) -> float:
        """Standard deviation in pixels that is to be expected at a time because nobody looked: 0 at the key frames.

        As the picture was followed, where it was; else as cameras stray that start, stop and turn between two frames.
        """
        at = float(np.clip(time, self.times[0], self.times[-1]))
        if self.strays is not None:
            return float(np.interp(at, self.times, self.strays))
        after = self._after(at)
        gap = float(self.times[after] - self.times[after - 1])
        part = (at - float(self.times[after - 1])) / gap
        way = _way(self.states[after - 1], self.states[after])
        unit = math.hypot(*self.size) / math.hypot(960.0, 540.0)
        return float(4.0 * part * (1.0 - part) * (STRAY + STRAY_SHARE * way) * (gap / GAP) ** STRAY_POWER * unit)

    def _after(self, at: float) -> int:
        """The number of the first key frame after a time, the last where there is none."""
        return min(max(int(np.searchsorted(self.times, at, side="right")), 1), len(self.times) - 1)

    def covariance(self, time: float, *, stray: float) -> Array:
        """The covariance (11, 11) at a time: (1 - a)^2 S + a^2 T of the ends about it, and ``stray`` pixels besides."""
        at = float(np.clip(time, self.times[0], self.times[-1]))
        after = self._after(at)
        span = self.times[after] - self.times[after - 1]
        part = (at - self.times[after - 1]) / span
        spread: Array = (1.0 - part) ** 2 * self.covariances[after - 1] + part**2 * self.covariances[after]
        unit = math.hypot(960.0, 540.0) / math.hypot(*self.size)
        angle = stray * unit / math.exp(float(self.states[after, LOG_FOCAL]))
        spread[:3, :3] += angle**2 * np.eye(3)
        return spread


def state_of(solution: Solution) -> Array:
    """The state (11,) of a camera, see `CameraPath`; ValueError for a homography of the ground."""
    if not isinstance(solution.model, Pinhole):
        raise ValueError("a homography of the ground has no pan, tilt and position; take the camera nearest to it")
    rotation = solution.model.rotation(solution.params[None, None])[0, 0]
    state = np.zeros(STATES)
    state[:3] = np.radians(pan_tilt_roll(rotation))
    state[LOG_FOCAL], state[POSITION], state[KAP] = solution.params[6], solution.params[3:6], solution.params[7]
    state[UNKNOWNS] = solution.unknowns
    return state


def rotation_of(state: Array) -> Array:
    """Camera axes (right, down, forward) from the pitch's, (3, 3), of a state."""
    pan, tilt, roll = state[:3]
    nod = np.array([[1.0, 0.0, 0.0], [0.0, math.cos(tilt), -math.sin(tilt)], [0.0, math.sin(tilt), math.cos(tilt)]])
    found: Array = (_about_z(float(pan)) @ nod @ _about_z(float(roll))).T
    return found


def _way(first: Array, last: Array) -> float:
    """How far in centred units the picture goes between two states: what is turned and what is zoomed."""
    turned = rotation_of(first) @ rotation_of(last).T
    angle = math.acos(float(np.clip((np.trace(turned) - 1.0) / 2.0, -1.0, 1.0)))
    focal = math.exp(0.5 * float(first[LOG_FOCAL] + last[LOG_FOCAL]))
    return math.hypot(angle * focal, 0.5 * HALF_DIAGONAL * abs(float(last[LOG_FOCAL] - first[LOG_FOCAL])))


def _about_z(angle: float) -> Array:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def path_through(keys: Mapping[float, Solution | None], *, curve: Curve = Curve.MONOTONE) -> CameraPath | Refusal:
    """The path through the cameras of key frames, time (a frame number) -> camera; a refusal that says why not.

    A homography of the ground is taken for the camera nearest to it where that is near.
    """
    if len(keys) < 2:
        return Refusal("Two frames whose camera is known are needed, to find what lies between them.")
    cameras: dict[float, Solution] = {}
    for time in sorted(keys):
        camera = _camera(keys[time])
        if isinstance(camera, str):
            return Refusal(camera, time)
        cameras[time] = camera
    sizes = {camera.size for camera in cameras.values()}
    if len(sizes) > 1:
        return Refusal("The frames are of different sizes.")
    states = np.array([state_of(camera) for camera in cameras.values()])
    states[:, :3] = np.unwrap(states[:, :3], axis=0)
    covariances = np.array([_padded(camera.covariance) for camera in cameras.values()])
    return CameraPath(sizes.pop(), np.array(list(cameras), dtype=np.float64), states, covariances, curve)


def camera_between(first: Solution, last: Solution, part: float) -> Solution | None:
    """The camera the given part (0 to 1) of the way from one to another; None where there is no path."""
    path = path_through({0.0: first, 1.0: last})
    return None if isinstance(path, Refusal) else path.at(part)


def followed(path: CameraPath, seen: Mapping[tuple[int, int], Solution]) -> CameraPath:
    """The path bent to what the picture did between the key frames.

    ``seen`` maps (key frame, frame) to the camera that was carried there from the key frame along the picture
    (``annotator.motion``). Between two key frames what was carried on from the first and what was carried back from the
    last are blended by distance, so that the path stays exact at the key frames and what the two disagree by is shared
    out. Where one is missing the whole stretch stays as it was.
    """
    times, states, strays = [path.times[:1]], [path.states[:1]], [np.zeros(1)]
    for after in range(1, len(path.times)):
        between, bent, stray = _bent(path, after, seen)
        times += [between, path.times[after : after + 1]]
        states += [bent, path.states[after : after + 1]]
        strays += [stray, np.zeros(1)]
    at = np.concatenate(times)
    covariances = np.array([path.covariance(float(time), stray=0.0) for time in at])
    return CameraPath(path.size, at, np.concatenate(states), covariances, Curve.LINEAR, np.concatenate(strays))


def _bent(path: CameraPath, after: int, seen: Mapping[tuple[int, int], Solution]) -> tuple[Array, Array, Array]:
    """Frame numbers (N,) between two key frames, states (N, 11) as the picture has them, and deviations (N,) in pixels.

    What was carried on and what was carried back are two measurements of one thing: half of what they differ by in the
    middle, less towards the ends, and half a pixel.
    """
    first, last = int(path.times[after - 1]), int(path.times[after])
    between = np.arange(first + 1, last, dtype=np.float64)
    numbers = range(first + 1, last)
    known = [(seen.get((first, n)), seen.get((last, n))) for n in numbers]
    pairs = [(state_of(on), state_of(back)) for on, back in known if _is_camera(on) and _is_camera(back)]
    if len(pairs) < len(numbers) or not numbers:
        return between, path.state(between), np.array([path.deviation(float(time)) for time in between])
    plain = path.state(between)
    on, back = (_near(np.array(side), plain) for side in zip(*pairs, strict=True))
    part = (between - first) / (last - first)
    apart = np.array([_way(one, two) for one, two in zip(on, back, strict=True)])
    unit = math.hypot(*path.size) / math.hypot(960.0, 540.0)
    mixed = (1.0 - part[:, None]) * on + part[:, None] * back
    return between, mixed, unit * (0.5 + np.sqrt(part * (1.0 - part)) * 0.5 * apart)


def _is_camera(solution: Solution | None) -> TypeGuard[Solution]:
    return solution is not None and isinstance(solution.model, Pinhole)


def _near(states: Array, others: Array) -> Array:
    """States (T, 11) with angles within half a turn of the others'."""
    found: Array = states.copy()
    found[:, :3] -= 2.0 * math.pi * np.round((states[:, :3] - others[:, :3]) / (2.0 * math.pi))
    return found


def camera_known(resolved: Resolved) -> Solution | None:
    """The camera of a key frame: what its labels determine, whole; None where they do not."""
    if resolved.solution is None or not resolved.is_determined:
        return None
    camera = camera_of_labels(resolved)
    return camera if camera is None or resolved.solution.kind is SolutionKind.CAMERA else _stands_for(resolved.solution)


def _stands_for(ground: Solution) -> Solution | None:
    camera = _camera(ground)
    return None if isinstance(camera, str) else camera


def _camera(solution: Solution | None) -> Solution | str:
    """A camera with a position, or why there is none."""
    if solution is None:
        return "The camera of a key frame is not known: label more of it."
    if isinstance(solution.model, Pinhole):
        return solution
    from annotator.steering import as_camera

    camera = as_camera(solution)
    if camera.rms > LOOSEST_GROUND:
        return (
            "A key frame shows the ground alone, and no camera with square pixels sees it like that "
            f"(the best is {camera.rms / camera.lens.scale:.0f} px off)."
        )
    return camera


def _padded(covariance: Array) -> Array:
    found = np.zeros((STATES, STATES))
    found[: len(covariance), : len(covariance)] = covariance
    return found


def _solution(size: tuple[int, int], state: Array, covariance: Array) -> Solution:
    unknowns = 3 if state[9:].any() else 1 if state[8] else 0
    params = np.array([0.0, 0.0, 0.0, *state[POSITION], state[LOG_FOCAL], state[KAP], *state[8 : 8 + unknowns]])
    model = Pinhole(rotation_of(state)[None], unknowns)
    return Solution(SolutionKind.CAMERA, size, model, params, covariance[: len(params), : len(params)], 0.0, 1.0, 0.0)


def _through(times: Array, states: Array, at: Array, curve: Curve) -> Array:
    """Values (T, D) at ``at`` (T,) of curves through ``states`` (K, D) at ``times`` (K,)."""
    if len(times) > 2 and curve is not Curve.LINEAR:
        from scipy.interpolate import CubicSpline, PchipInterpolator

        found: Any = (
            PchipInterpolator(times, states)
            if curve is Curve.MONOTONE
            else CubicSpline(times, states, bc_type="natural")
        )
        return np.asarray(found(at), dtype=np.float64)
    return np.column_stack([np.interp(at, times, column) for column in states.T])
