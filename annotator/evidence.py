"""What a person said of a frame as equations: clicks on markings and placed keypoints, and their residuals.

Everything is in the centred units of ``annotator.camera`` (a 960 x 540 frame's pixels). Residuals: a click on a
straight marking is the distance of the undistorted click to the projected line, times the mean local distortion
1 + 2 kap rho^2; a click on a round one the Sampson distance to H^-T C H^-1 (HZ 2.31, 11.4); a placed keypoint the two
parts of its reprojection error over its standard deviation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from annotator.camera import HALF_DIAGONAL, Lens, Model, distort, undistort
from annotator.labels import Instance, Origin, Visibility
from annotator.pitch import CIRCLE_RADIUS, KEYPOINTS, MARKINGS

Array = NDArray[np.float64]

PLACED_SD: Mapping[Origin, float] = {Origin.HAND: 1.0, Origin.IMPORTED: 1.5, Origin.ACCEPTED: 3.0}
FULL_WEIGHT = 12.0  # clicks on one marking beyond this number share the weight of this many
MOST_CLICKS = 60  # of one marking that are used, evenly chosen: an imported outline may have thousands
FARTHEST = 20.0  # half diagonals from the middle at which a click is taken for garbage
FEWEST_CONSTRAINTS = 7


@dataclass(frozen=True, eq=False)
class Evidence:
    """The usable part of what was said, centred: ``markings`` name -> (N, 2), ``points`` name -> (2,) and their sd."""

    markings: Mapping[str, Array]
    points: Mapping[str, Array]
    deviations: Mapping[str, float]

    def ground_only(self) -> Evidence:
        """The part that lies in the plane z = 0."""
        points = {name: xy for name, xy in self.points.items() if KEYPOINTS[name].on_ground}
        markings = {name: xy for name, xy in self.markings.items() if MARKINGS[name].on_ground}
        return Evidence(markings, points, self.deviations)

    @property
    def is_empty(self) -> bool:
        """True when nothing usable was said."""
        return not self.markings and not self.points

    def resembles(self, other: Evidence) -> bool:
        """True when the same points were placed and the same markings clicked equally often."""
        return (
            self.deviations == other.deviations
            and self.markings.keys() == other.markings.keys()
            and all(len(xy) == len(other.markings[name]) for name, xy in self.markings.items())
        )

    def equals(self, other: Evidence) -> bool:
        """True when nothing differs."""
        return (
            self.resembles(other)
            and all(np.array_equal(xy, other.markings[name]) for name, xy in self.markings.items())
            and all(np.array_equal(xy, other.points[name]) for name, xy in self.points.items())
        )

    @cached_property
    def constraints(self) -> int:
        """An upper bound of the independent equations: two a line, five a circle, two a point."""
        total = 2 * len(self.points)
        for name, clicks in self.markings.items():
            total += min(5 if MARKINGS[name].is_round else 2, _places(clicks))
        return total


def _places(clicks: Array) -> int:
    return len({(x, y) for x, y in clicks.tolist()})


def gather(instance: Instance, lens: Lens) -> Evidence:
    """The evidence in an instance: known names, finite positions within reason; absent points say nothing."""
    markings: dict[str, Array] = {}
    for said, clicks in instance.markings.items():
        name = marking_name(said)
        if name is None or not clicks:
            continue
        usable = _usable(np.array(clicks, dtype=np.float64).reshape(-1, 2), lens)
        if len(usable):
            markings[name] = usable
    points: dict[str, Array] = {}
    deviations: dict[str, float] = {}
    for name, label in instance.keypoints.items():
        if name not in KEYPOINTS or label.position is None or label.visibility is Visibility.ABSENT:
            continue
        usable = _usable(np.array([label.position], dtype=np.float64), lens)
        if len(usable):
            points[name], deviations[name] = usable[0], PLACED_SD[label.origin]
    return Evidence(markings, points, deviations)


def marking_name(said: str) -> str | None:
    """The scheme's name of a marking, with or without SoccerNet's trailing blank; None for one it does not know."""
    if said in MARKINGS:
        return said
    return next((name for name in MARKINGS if name.strip() == said.strip()), None)


def _usable(pixels: Array, lens: Lens) -> Array:
    centred = lens.centred(pixels)
    kept = centred[np.isfinite(centred[:, 0]) & np.isfinite(centred[:, 1])]
    near: Array = kept[np.hypot(kept[:, 0], kept[:, 1]) < FARTHEST * HALF_DIAGONAL]
    return near


class Equations:
    """The residuals of some evidence, for many candidate projections at once."""

    def __init__(self, evidence: Evidence) -> None:
        drawn = [(name, _thinned(xy)) for name, xy in evidence.markings.items()]
        straight = [(name, xy) for name, xy in drawn if not MARKINGS[name].is_round]
        rounds = [(name, xy) for name, xy in drawn if MARKINGS[name].is_round]
        self.point_names = tuple(evidence.points)
        self.marking_names = tuple(name for name, _ in straight + rounds)
        self._ends = np.array([[[*MARKINGS[n].start, 1.0], [*MARKINGS[n].end, 1.0]] for n, _ in straight])
        self._line_of = _owners(straight)
        self._circles = np.array([world_circle(name) for name, _ in rounds]).reshape(-1, 3, 3)
        self._circle_of = _owners(rounds)
        clicks = [xy for _, xy in straight + rounds]
        self._clicks = np.concatenate(clicks) if clicks else np.empty((0, 2))
        self._worlds = np.array([[*KEYPOINTS[n].world, 1.0] for n in self.point_names]).reshape(-1, 4)
        self._places = np.array([evidence.points[n] for n in self.point_names]).reshape(-1, 2)
        self._precision = np.array([1.0 / evidence.deviations[n] for n in self.point_names])
        weights = [np.full(len(xy), min(1.0, FULL_WEIGHT / len(xy))) for xy in clicks]
        self.weights = np.concatenate([*weights, np.ones(2 * len(self._places))])
        on_ground = [np.full(len(xy), MARKINGS[name].on_ground) for name, xy in straight + rounds]
        self._on_ground = np.concatenate([*on_ground, np.empty(0, dtype=np.bool_)])

    def misfits(self, residuals: Array) -> dict[str, float]:
        """Root mean square residual of every marking, in centred units, of residuals (R,)."""
        owner = np.concatenate([self._line_of, self._circle_of + (self._line_of.max(initial=-1) + 1)])
        squares = residuals[: len(owner)] ** 2
        return {name: float(np.sqrt(squares[owner == i].mean())) for i, name in enumerate(self.marking_names)}

    def point_rows(self, name: str) -> slice:
        """The two rows of a placed keypoint."""
        first = len(self._clicks) + 2 * self.point_names.index(name)
        return slice(first, first + 2)

    def precision(self, name: str) -> float:
        """One over the standard deviation of a placed keypoint."""
        return float(self._precision[self.point_names.index(name)])

    def residuals(self, matrices: Array, kaps: Array) -> Array:
        """Residuals (B, R) of projections (B, 3, 4) with kap (B,), clicks on lines first, then on circles, points."""
        count, lines = len(self._clicks), len(self._line_of)
        found = np.empty((len(matrices), len(self.weights)))
        if count:
            ideal = undistort(self._clicks[None], kaps[:, None])
            x, y = ideal[..., 0], ideal[..., 1]
            if lines:
                found[:, :lines] = self._to_lines(matrices, x[:, :lines], y[:, :lines])
            if count > lines:
                found[:, lines:count] = self._to_circles(matrices, x[:, lines:], y[:, lines:])
            square = (x * x + y * y) / HALF_DIAGONAL**2
            found[:, :count] *= 1.0 + 2.0 * kaps[:, None] * square
        if len(self._places):
            found[:, count:] = self._to_points(matrices, kaps)
        return found

    def _to_lines(self, matrices: Array, x: Array, y: Array) -> Array:
        ends = self._ends @ matrices[:, None].swapaxes(-1, -2)
        (ax, ay, az), (bx, by, bz) = ends.transpose(2, 3, 0, 1)
        a, b, c = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        length = np.hypot(a, b)
        length = np.where(length > 0.0, length, np.inf)
        of = self._line_of
        signed: Array = ((a / length)[:, of] * x + (b / length)[:, of] * y) + (c / length)[:, of]
        return signed

    def _to_circles(self, matrices: Array, x: Array, y: Array) -> Array:
        """Sampson distances to H^-T C H^-1, through the adjugate (a scale does not matter)."""
        back = _adjugate(matrices[:, :, [0, 1, 3]])
        conics = np.swapaxes(back, -1, -2)[:, None] @ self._circles @ back[:, None]
        c = conics[:, self._circle_of]
        u = c[..., 0, 0] * x + c[..., 0, 1] * y + c[..., 0, 2]
        v = c[..., 0, 1] * x + c[..., 1, 1] * y + c[..., 1, 2]
        w = c[..., 0, 2] * x + c[..., 1, 2] * y + c[..., 2, 2]
        gradient = 2.0 * np.hypot(u, v)
        found: Array = (u * x + v * y + w) / np.where(gradient > 0.0, gradient, np.inf)
        return found

    def _to_points(self, matrices: Array, kaps: Array) -> Array:
        seen = self._worlds @ matrices.swapaxes(-1, -2)
        depth = seen[..., 2:]
        ideal = seen[..., :2] / np.where(depth == 0.0, np.inf, depth)
        radius = np.hypot(ideal[..., :1], ideal[..., 1:])
        ideal = ideal * np.minimum(1.0, 3.0 * HALF_DIAGONAL / np.where(radius > 0.0, radius, np.inf))
        error = (distort(ideal, kaps[:, None]) - self._places) * self._precision[:, None]
        flat: Array = error.reshape(len(matrices), -1)
        return flat

    def in_front(self, matrices: Array, kaps: Array) -> Array:
        """The share (B,) of ground clicks and placed points that lie before the projections' cameras.

        With u = H x the depth of the ground seen at u is 1 / (H^-1 u)_3: its sign says which side it is on.
        """
        shares = []
        if self._on_ground.any():
            ideal = undistort(self._clicks[None, self._on_ground], kaps[:, None])
            ground = matrices[:, :, [0, 1, 3]]
            back = _adjugate(ground)[:, 2]
            third = ideal[..., 0] * back[:, :1] + ideal[..., 1] * back[:, 1:2] + back[:, 2:]
            shares.append(third * np.linalg.det(ground)[:, None] > 0.0)
        if len(self._places):
            shares.append((self._worlds @ matrices.swapaxes(-1, -2))[..., 2] > 0.0)
        if not shares:
            return np.ones(len(matrices))
        share: Array = np.concatenate(shares, axis=1).mean(axis=1)
        return share


def _thinned(clicks: Array) -> Array:
    if len(clicks) <= MOST_CLICKS:
        return clicks
    chosen: Array = clicks[np.linspace(0, len(clicks) - 1, MOST_CLICKS).astype(int)]
    return chosen


def _owners(markings: list[tuple[str, Array]]) -> NDArray[np.intp]:
    return np.repeat(np.arange(len(markings)), [len(xy) for _, xy in markings])


def _adjugate(matrices: Array) -> Array:
    """Adjugates (B, 3, 3): the inverses up to scale, defined for singular matrices too."""
    rows = np.empty_like(matrices)
    for i in range(3):
        p, q = matrices[:, :, (i + 1) % 3], matrices[:, :, (i + 2) % 3]
        rows[:, i, 0] = p[:, 1] * q[:, 2] - p[:, 2] * q[:, 1]
        rows[:, i, 1] = p[:, 2] * q[:, 0] - p[:, 0] * q[:, 2]
        rows[:, i, 2] = p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]
    return rows


def world_circle(name: str) -> Array:
    """The conic (3, 3) of a round marking on the ground, in metres."""
    centre = MARKINGS[name].centre
    assert centre is not None
    x = centre[0]
    return np.array([[1.0, 0.0, -x], [0.0, 1.0, 0.0], [-x, 0.0, x * x - CIRCLE_RADIUS**2]]) / CIRCLE_RADIUS**2


@dataclass(frozen=True, eq=False)
class Linear:
    """Residuals (S, R + Q) of data and priors at some parameters, and their derivatives (S, R + Q, P)."""

    residuals: Array
    jacobian: Array


def linearise(equations: Equations, model: Model, params: Array, free: int) -> Linear:
    """Data and prior residuals at ``params`` (S, P) and forward differences in the first ``free`` parameters."""
    steps = model.steps[:free]
    varied = np.repeat(params[:, None], free + 1, axis=1)
    index = np.arange(free)
    varied[:, index + 1, index] += steps
    matrices, kaps, priors = model.evaluate(varied)
    data = equations.residuals(matrices.reshape(-1, 3, 4), kaps.reshape(-1))
    every = np.concatenate([data.reshape(*varied.shape[:2], -1), priors], axis=2)
    jacobian = (every[:, 1:] - every[:, :1]).swapaxes(1, 2) / steps
    return Linear(every[:, 0], jacobian)


def robust_weights(residuals: Array, scale: float) -> Array:
    """Cauchy's weights 1 / (1 + (r / c)^2)."""
    weights: Array = 1.0 / (1.0 + (residuals / scale) ** 2)
    return weights


def robust_cost(residuals: Array, weights: Array, scale: float) -> Array:
    """Cauchy's cost, the sum over the last axis of w c^2 log(1 + (r / c)^2): r^2 for small residuals."""
    cost: Array = (weights * (scale * scale * np.log1p((residuals / scale) ** 2))).sum(axis=-1)
    return cost


def equations_of(evidence: Evidence) -> Equations | None:
    """The equations, or None when nothing usable was said."""
    if not evidence.markings and not evidence.points:
        return None
    return Equations(evidence)


def mean_view(evidence: Evidence) -> tuple[Array, Array]:
    """The mean place (3,) in metres of what was said and its mean position (2,), long lines counting less."""
    worlds = [np.array(KEYPOINTS[name].world) for name in evidence.points]
    places = [evidence.points[name] for name in evidence.points]
    shares = [1.0] * len(worlds)
    for name, clicks in evidence.markings.items():
        marking = MARKINGS[name]
        length = math.dist(marking.start, marking.end)
        middle = marking.centre if marking.centre is not None else (np.array(marking.start) + marking.end) / 2.0
        worlds.append(np.array(middle))
        places.append(clicks.mean(axis=0))
        shares.append(1.0 if length < 45.0 else 0.15)
    weights = np.array(shares) / sum(shares)
    return weights @ np.array(worlds), weights @ np.array(places)
