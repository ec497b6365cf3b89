"""The usable part of what a person said of a frame: clicks on markings and placed keypoints, in centred units."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from annotator.labels import Instance, Origin, Visibility
from annotator.lens import HALF_DIAGONAL, Lens
from annotator.pitch import CIRCLE_RADIUS, KEYPOINTS, MARKINGS

Array = NDArray[np.float64]

PLACED_SD: Mapping[Origin, float] = {
    Origin.HAND: 1.0, Origin.IMPORTED: 1.5, Origin.ACCEPTED: 3.0, Origin.PROPAGATED: 2.0
}  # fmt: skip
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
        """An upper bound of the independent equations: two a line, five a circle, two a point, five all on one line."""
        total = 2 * len(self.points)
        for name, clicks in self.markings.items():
            total += min(5 if MARKINGS[name].is_round else 2, _places(clicks))
        return min(total, 5) if self._is_on_one_line() else total

    def _is_on_one_line(self) -> bool:
        """Whether all of it says something of one straight line in the world: a line and the places along it."""
        if any(MARKINGS[name].is_round for name in self.markings):
            return False
        ends = [end for name in self.markings for end in (MARKINGS[name].start, MARKINGS[name].end)]
        worlds = np.array(ends + [KEYPOINTS[name].world for name in self.points]).reshape(-1, 3)
        if len(worlds) < 3:
            return True
        ways = worlds - worlds[0]
        longest = ways[np.argmax((ways * ways).sum(axis=1))]
        return bool(np.abs(np.cross(ways, longest)).max() < 1e-6 * max(1.0, float(longest @ longest)))


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


def world_circle(name: str) -> Array:
    """The conic (3, 3) of a round marking on the ground, in metres."""
    centre = MARKINGS[name].centre
    assert centre is not None
    x = centre[0]
    return np.array([[1.0, 0.0, -x], [0.0, 1.0, 0.0], [-x, 0.0, x * x - CIRCLE_RADIUS**2]]) / CIRCLE_RADIUS**2


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
