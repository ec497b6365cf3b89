"""Dragging the whole template: a camera that follows the pointer while pinned places stay where they are.

A person grabs the projected pitch anywhere and drags; of the current camera as few things change as need be: pan and
tilt first, and what pins ask for beyond that in the measure in which it is usually wrong of a camera that was guessed
(``USUAL_SD``). Places follow ``annotator.pitch``, so that straight lines stay straight (but for the lens).

Only labels are stored, so a steered camera ends as labels, once, when the person takes it: what was pinned was said by
hand and becomes placed keypoints or clicks, the markings in view clicks where the camera has them
(``labels_from_steering``). The latter say no more than the person's eye did; ``annotator.paint`` can make measurements
of them.

Source: Bjorck, *Numerical Methods for Least Squares Problems*, 1996, 2.7 and 5.1 (weighted constraints; least change).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from annotator.camera import Solution, SolutionKind
from annotator.in_view import nearest_on_marking, stretches
from annotator.labels import FrameLabels, Point, add_marking_point, place, set_marking
from annotator.lens import HALF_DIAGONAL, KAP_RANGE, NEAREST, Lens, undistort
from annotator.pitch import KEYPOINTS, MARKINGS, World
from annotator.projections import Pinhole, rotations
from annotator.starts import HIGHEST_FOCAL, LOWEST_FOCAL
from annotator.surface import USUAL_SD as PITCH_SD
from annotator.surface import moved

__all__ = ["Mode", "Pin", "Start", "as_camera", "camera_of", "grab", "labels_from_steering", "starting_camera", "steer"]

Array = NDArray[np.float64]

PAN, TILT, ROLL, FOCAL, POSITION, KAP = 0, 1, 2, 3, slice(4, 7), 7
USUAL_SD = np.array([0.6, 0.2, math.radians(1.5), 0.7, 8.0, 12.0, 5.0, 0.02])  # radians, log, metres, relative
HELD = 0.05  # of its usual deviation is what a parameter of another mode changes as readily
PIN_SD, GRABBED_SD = 1e-3, 1e-2  # centred units: pins first, then the pointer
SAID_SD = 1.0  # centred units: where there are more places than a camera has freedom
FIRM, MOST_FIRM = 2, 3  # pins with which the pointer is followed exactly, and that are met exactly themselves
SEEN_SD = 1.0  # centred units that a pinned place is worth as a measurement
STAGES = ((10.0, 3), (0.1, 3))  # how firmly places are held before the end, in centred units, for how many steps
ITERATIONS, HALVINGS = 12, 8
SETTLED = 1e-3  # centred units
LOWEST = -0.3  # metres, z down: no camera is lower
ROUND_CLICKS = 7


class Mode(Enum):
    """What a drag changes first. Pins may ask for more."""

    PAN = "pan"
    ZOOM = "zoom"
    ROLL = "roll"
    FULL = "full"


class Start(Enum):
    """Which part of the pitch a starting camera looks at: from the main stand, or from behind a goal."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"
    BEHIND_LEFT = "behind left"
    BEHIND_RIGHT = "behind right"


_STARTS: dict[Start, tuple[World, World, float]] = {  # position, where it looks, metres across the frame there
    Start.LEFT: ((0.0, 65.0, -15.0), (-38.0, 2.0, 0.0), 50.0),
    Start.CENTRE: ((0.0, 65.0, -15.0), (0.0, 2.0, 0.0), 55.0),
    Start.RIGHT: ((0.0, 65.0, -15.0), (38.0, 2.0, 0.0), 50.0),
    Start.BEHIND_LEFT: ((-82.0, 0.0, -15.0), (-43.0, 0.0, 0.0), 32.0),
    Start.BEHIND_RIGHT: ((82.0, 0.0, -15.0), (43.0, 0.0, 0.0), 32.0),
}


WIDE_SD = np.array([0.6, 0.2, 0.5, 0.7, 8.0, 12.0, 5.0, 0.02])  # of what a mode changes
_FREE = {
    Mode.PAN: np.array([1, 1, 0, 0, 0, 0, 0, 0], dtype=bool),
    Mode.ZOOM: np.array([0, 0, 0, 1, 0, 0, 0, 0], dtype=bool),
    Mode.ROLL: np.array([0, 0, 1, 0, 0, 0, 0, 0], dtype=bool),
    Mode.FULL: np.array([1, 1, 0, 1, 1, 1, 1, 1], dtype=bool),
}


@dataclass(frozen=True)
class Pin:
    """A place of the pitch in metres and the pixel at which it is to be.

    ``keypoint`` or ``marking`` names what was taken hold of, where it was either.
    """

    world: World
    image: Point
    keypoint: str | None = None
    marking: str | None = None

    def at(self, image: Point) -> Pin:
        """The same place at another pixel."""
        return Pin(self.world, (float(image[0]), float(image[1])), self.keypoint, self.marking)


def starting_camera(size: tuple[int, int], *, start: Start = Start.CENTRE) -> Solution:
    """A plausible camera for a frame of ``size`` (width, height), for a person who drags the template only.

    Raises
    ------
    ValueError
        If the size is not positive.
    """
    if min(size) <= 0:
        raise ValueError(f"a frame has a positive width and height, not {size}")
    position, target = (np.array(place) for place in _STARTS[start][:2])
    distance = float(np.linalg.norm(target - position))
    ahead = (target - position) / distance
    right = np.cross([0.0, 0.0, 1.0], ahead)
    right /= np.linalg.norm(right)
    base = np.stack([right, np.cross(ahead, right), ahead])
    across = 2.0 * HALF_DIAGONAL * size[0] / math.hypot(*size)
    focal = across * distance / _STARTS[start][2]
    return camera_of(size, base, position, math.log(focal), 0.0)


def steer(camera: Solution, *, pins: Sequence[Pin] = (), grabbed: Pin | None = None, mode: Mode = Mode.PAN) -> Solution:
    """The camera nearest to this one that has the pins and the grabbed place where they are to be.

    Least change first in what ``mode`` names, then, as pins ask for it, in everything else; where all cannot be met,
    pins come before the pointer. Pins that contradict each other are met in the least squares sense.

    Parameters
    ----------
    camera
        Where the drag started: each move of one drag starts from there, so that a drag back leaves no trace.
    pins
        Places that stay; those outside the frame are allowed.
    grabbed
        What the pointer holds, with ``image`` where the pointer is.

    Raises
    ------
    ValueError
        If ``camera`` is a homography of the ground alone: take ``as_camera`` of it.
    """
    if not isinstance(camera.model, Pinhole):
        raise ValueError("only a camera can be steered, not a homography of the ground")
    wanted = [*pins, *([grabbed] if grabbed is not None else [])]
    frame = _Frame.of(camera)
    if not wanted:
        return _camera(camera.size, frame, ())
    worlds = np.array([pin.world for pin in wanted], dtype=np.float64)
    seen = camera.lens.centred(np.array([pin.image for pin in wanted], dtype=np.float64))
    deviations = np.full(len(wanted), PIN_SD if len(pins) <= MOST_FIRM else SAID_SD)
    if grabbed is not None:
        deviations[-1] = GRABBED_SD if len(pins) <= FIRM else SAID_SD
    readiness = USUAL_SD
    if len(pins) < FIRM:
        readiness = np.where(_FREE[mode], WIDE_SD, (1.0 if mode is Mode.FULL else HELD) * USUAL_SD)
    changes = frame.solved(worlds, seen, deviations, readiness)
    return _camera(camera.size, replace(_Frame(*frame.changed(changes)), unknowns=frame.unknowns), pins)


@dataclass(frozen=True, eq=False)
class _Frame:
    """A camera as it was when the drag began, and cameras by their change (8,) from it.

    Changes: pan about the vertical and tilt about the camera's right axis in radians, roll about its view, log focal
    length, position in metres, kap. ``unknowns`` are those of the pitch (``annotator.surface``), which no drag changes.
    """

    base: Array
    position: Array
    log_focal: float
    kap: float
    unknowns: Array = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def of(cls, camera: Solution) -> _Frame:
        assert isinstance(camera.model, Pinhole)
        p = camera.params
        base = camera.model.rotation(p[None, None])[0, 0]
        return cls(base, p[3:6].copy(), float(p[6]), float(p[7]), p[8:].copy())

    def changed(self, x: Array) -> tuple[Array, Array, float, float]:
        """Rotation (3, 3), position (3,), log focal length and kap after a change."""
        pan, tilt, roll = rotations(np.array([[0.0, 0.0, x[PAN]], [x[TILT], 0.0, 0.0], [0.0, 0.0, x[ROLL]]]))
        return roll @ tilt @ self.base @ pan, self.position + x[POSITION], self.log_focal + x[FOCAL], self.kap + x[KAP]

    def raised(self, worlds: Array) -> Array:
        """Places (N, 3) of the book's pitch where this pitch has them."""
        if not len(self.unknowns):
            return worlds
        every = np.zeros(3)
        every[: len(self.unknowns)] = self.unknowns
        return moved(worlds, every)

    def projected(self, worlds: Array, x: Array) -> tuple[Array, Array, bool]:
        """Centred places (N, 2), their derivatives (N, 2, 8) by the change, and whether all lie in front."""
        rotation, position, log_focal, kap = self.changed(x)
        away = self.raised(worlds) - position
        q = away @ rotation.T
        front = bool((q[:, 2] > NEAREST).all())
        depth = np.maximum(q[:, 2], NEAREST)
        by_q = np.zeros((len(worlds), 3, 8))
        by_q[..., PAN] = np.stack([-away[:, 1], away[:, 0], np.zeros(len(away))], axis=1) @ rotation.T
        c, s = math.cos(x[ROLL]), math.sin(x[ROLL])
        by_q[..., TILT] = np.stack([s * q[:, 2], -c * q[:, 2], c * q[:, 1] - s * q[:, 0]], axis=1)
        by_q[..., ROLL] = np.stack([-q[:, 1], q[:, 0], np.zeros(len(q))], axis=1)
        by_q[..., POSITION] = -rotation
        focal = math.exp(log_focal)
        flat = q[:, :2] / depth[:, None]
        ideal = focal * flat
        jacobian = focal / depth[:, None, None] * (by_q[:, :2] - flat[..., None] * by_q[:, 2:])
        jacobian[..., FOCAL] = ideal
        square = (ideal * ideal).sum(axis=1) / HALF_DIAGONAL**2
        around = (ideal[:, None] @ jacobian) * (2.0 * kap / HALF_DIAGONAL**2)
        jacobian = jacobian * (1.0 + kap * square)[:, None, None] + ideal[..., None] * around
        jacobian[..., KAP] = ideal * square[:, None]
        return ideal * (1.0 + kap * square)[:, None], jacobian, front

    def solved(self, worlds: Array, seen: Array, deviations: Array, readiness: Array) -> Array:
        """The change (8,) of least size over ``readiness`` with which ``worlds`` appear at ``seen``.

        Gauss-Newton, with the places held loosely first and then ever more firmly: stiff ones would leave a step only
        the narrow curved valley of cameras that hold them (Nocedal & Wright, *Numerical Optimization*, 2006, 17.1).
        """
        x = np.zeros(8)
        for softest, iterations in STAGES:
            if softest > float(deviations.min()):
                held = np.maximum(deviations, softest)
                x = self._refined(x, worlds, seen, held, readiness, iterations)
        return self._refined(x, worlds, seen, deviations, readiness, ITERATIONS)

    def _refined(
        self, x: Array, worlds: Array, seen: Array, deviations: Array, readiness: Array, iterations: int
    ) -> Array:
        """Gauss-Newton steps from ``x``, halved where they do not lower the cost, until nothing moves."""
        weights = np.repeat(1.0 / deviations, 2)
        rows, target = np.zeros((len(weights) + 8, 8)), np.zeros(len(weights) + 8)
        rows[-8:] = np.eye(8)
        places, jacobian, front = self.projected(worlds, x)
        cost = self._cost(places, seen, deviations, x, readiness)
        for _ in range(iterations):
            # The least change that meets the rows, a ridge of one on what is in units of its readiness; orthogonal
            # factors, not normal equations, because a pin weighs ten million times what holds a parameter.
            rows[:-8] = jacobian.reshape(-1, 8) * readiness * weights[:, None]
            target[:-8] = (seen - places).reshape(-1) * weights + rows[:-8] @ (x / readiness)
            q, r = np.linalg.qr(rows)
            step = readiness * np.linalg.solve(r, q.T @ target) - x
            for _ in range(HALVINGS):
                trial = self._kept(x + step)
                there, slope, ahead = self.projected(worlds, trial)
                reached = self._cost(there, seen, deviations, trial, readiness)
                if (ahead or not front) and reached <= cost:
                    break
                step = 0.5 * step
            else:
                break
            shift = float(np.abs(there - places).max())
            x, places, jacobian, cost, front = trial, there, slope, reached, ahead
            if shift < SETTLED:
                break
        return x

    @staticmethod
    def _cost(places: Array, seen: Array, deviations: Array, x: Array, readiness: Array) -> float:
        off = (places - seen) / deviations[:, None]
        return float((off * off).sum() + ((x / readiness) ** 2).sum())

    def _kept(self, x: Array) -> Array:
        """The change within what a camera may be: above the ground, with a focal length and lens that exist."""
        x = x.copy()
        x[FOCAL] = np.clip(x[FOCAL], math.log(LOWEST_FOCAL) - self.log_focal, math.log(HIGHEST_FOCAL) - self.log_focal)
        x[6] = min(x[6], LOWEST - self.position[2])
        x[KAP] = np.clip(x[KAP], KAP_RANGE[0] - self.kap, KAP_RANGE[1] - self.kap)
        return x


def camera_of(size: tuple[int, int], rotation: Array, position: Array, log_focal: float, kap: float) -> Solution:
    """A camera as a solution, with the covariance of a guess.

    ``rotation`` (3, 3) is camera axes (right, down, forward) from world axes, ``position`` (3,) metres, the focal
    length in centred units.
    """
    return _camera(size, _Frame(rotation, position, log_focal, kap), ())


def _camera(size: tuple[int, int], frame: _Frame, pins: Sequence[Pin]) -> Solution:
    """The solution; its covariance is that of a guess which the pins have measured."""
    known, count = 8, 8 + len(frame.unknowns)
    information = np.diag(USUAL_SD**-2.0)
    rms = 0.0
    if pins:
        worlds = np.array([pin.world for pin in pins], dtype=np.float64)
        places, jacobian, _ = frame.projected(worlds, np.zeros(8))
        rows = jacobian.reshape(-1, 8) / SEEN_SD
        information += rows.T @ rows
        seen = Lens(size).centred(np.array([pin.image for pin in pins], dtype=np.float64))
        rms = float(np.sqrt(((places - seen) ** 2).sum(axis=1).mean()))
    to_params = np.zeros((8, 8))
    to_params[:3, PAN], to_params[0, TILT], to_params[2, ROLL] = frame.base[:, 2], 1.0, 1.0
    to_params[6, FOCAL] = to_params[7, KAP] = 1.0
    to_params[3:6, POSITION] = np.eye(3)
    covariance = np.diag(np.concatenate([np.zeros(known), PITCH_SD[: count - known] ** 2]))
    covariance[:known, :known] = to_params @ np.linalg.inv(information) @ to_params.T
    params = np.array([0.0, 0.0, 0.0, *frame.position, frame.log_focal, frame.kap, *frame.unknowns])
    model = Pinhole(frame.base[None], count - known)
    return Solution(SolutionKind.CAMERA, size, model, params, covariance, rms, 1.0, 0.0)


def as_camera(solution: Solution) -> Solution:
    """A camera that can be steered where a solution has the ground: itself, or the one nearest to a homography."""
    if isinstance(solution.model, Pinhole):
        return solution
    pins = [
        Pin((float(world[0]), float(world[1]), 0.0), (float(x), float(y)))
        for world, (x, y) in zip(*_ground_in_view(solution), strict=True)
    ]
    tried = [steer(starting_camera(solution.size, start=start), pins=pins, mode=Mode.FULL) for start in Start]
    return min(tried, key=lambda camera: camera.rms)


def _ground_in_view(solution: Solution) -> tuple[Array, Array]:
    """Places (N, 3) of the markings on the ground that are in view and their pixels (N, 2), at most three a marking."""
    view = {name: stretch.clicks(3) for name, stretch in stretches(solution).items() if MARKINGS[name].on_ground}
    pixels = np.concatenate([np.empty((0, 2)), *view.values()])
    ideal = np.column_stack([solution.lens.ideal(pixels), np.ones(len(pixels))])
    places = ideal @ np.linalg.inv(solution.ground).T
    return np.column_stack([places[:, :2] / places[:, 2:], np.zeros(len(places))]), pixels


def grab(camera: Solution, at: Point, *, reach: float) -> Pin | None:
    """What a pointer at a pixel takes hold of: a keypoint or marking within ``reach`` pixels, else the ground there.

    The pin's ``image`` is the pointer. None above the horizon, where there is nothing to hold.
    """
    pointer = np.array(at, dtype=np.float64)
    worlds = np.array([point.world for point in KEYPOINTS.values()])
    off = np.nan_to_num(np.linalg.norm(camera.project(worlds) - pointer, axis=1), nan=math.inf)
    nearest = int(off.argmin())
    if off[nearest] <= reach:
        name = list(KEYPOINTS)[nearest]
        return Pin(KEYPOINTS[name].world, (float(at[0]), float(at[1])), keypoint=name)
    held = nearest_on_marking(camera, pointer)
    if held is not None and held[2] <= reach:
        return Pin(held[1], (float(at[0]), float(at[1])), marking=held[0])
    ground = _ground_at(camera, pointer)
    if ground is None:
        return None
    return Pin(ground, (float(at[0]), float(at[1])))


def _ground_at(camera: Solution, pointer: Array) -> World | None:
    """Where on the ground a pixel is, in metres."""
    ideal = undistort(camera.lens.centred(pointer), camera.lens.kap)
    place = np.linalg.inv(camera.ground) @ np.array([ideal[0], ideal[1], 1.0])
    if place[2] <= 1e-6:
        return None
    return float(place[0] / place[2]), float(place[1] / place[2]), 0.0


def labels_from_steering(
    labels: FrameLabels, camera: Solution, pins: Sequence[Pin] = (), *, instance: int = 0
) -> FrameLabels:
    """The labels that say what a steered camera does; one value, so that taking it is one step to undo.

    Pinned keypoints are placed, pins on markings become clicks; every other marking in view on which nothing was drawn
    gets clicks where the camera has it, two on a line and ``ROUND_CLICKS`` on a circle, as not yet checked. What a
    person drew or placed before stays.
    """
    taken = labels
    for pin in pins:
        if pin.keypoint is not None:
            taken = place(taken, pin.keypoint, pin.image, instance=instance)
        elif pin.marking is not None:
            taken = add_marking_point(taken, pin.marking, pin.image, instance=instance)
    drawn = {name.strip() for name in labels.instance(instance).markings}
    for name, stretch in stretches(camera).items():
        if name.strip() in drawn:
            continue
        own = taken.instance(instance).markings.get(name, ())
        clicks = stretch.clicks(ROUND_CLICKS if MARKINGS[name].is_round else 2)
        points = (*own, *((float(x), float(y)) for x, y in clicks))
        taken = set_marking(taken, name, points, unchecked=True, instance=instance)
    return taken
