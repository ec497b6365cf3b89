"""A frame's labels beside the solution fitted to them: what every rule asks for, worked out once.

Everything is in the centred units of ``annotator.camera`` (a 960 x 540 frame's pixels), so that limits are the same
for every resolution; ``Scene.pixel`` and ``Scene.px`` turn places and lengths into the frame's own pixels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from annotator.calibration import NARROW
from annotator.camera import Lens, Solution, SolutionKind
from annotator.camera_score import distances
from annotator.evidence import (
    FEWEST_CONSTRAINTS,
    MOST_CLICKS,
    Equations,
    Evidence,
    equations_of,
    gather,
    linearise,
    marking_name,
    robust_weights,
)
from annotator.keypoints import TRUSTED_RMS, TRUSTED_SUPPORT, Resolved, resolve
from annotator.labels import Instance, Point
from annotator.pitch import KEYPOINTS, MARKINGS, marking_samples

Array = NDArray[np.float64]

LEAST_FREEDOM = 0.05  # of an element that is left to the rest; below, the rest says nothing of it


@dataclass(frozen=True)
class Standing:
    """How far an element lies from where everything else has it: root mean square, and over what is to be expected.

    ``click`` is the worst of its clicks with the same two figures for that click alone; of a point, the point.
    """

    distance: float
    excess: float
    click: int
    click_distance: float
    click_excess: float


@cache
def _samples() -> tuple[Array, dict[str, slice]]:
    parts = {name: marking_samples(name, 1.0) for name in MARKINGS}
    ends = np.cumsum([0, *(len(part) for part in parts.values())])
    return np.concatenate(list(parts.values())), {
        name: slice(int(ends[i]), int(ends[i + 1])) for i, name in enumerate(parts)
    }


@dataclass(frozen=True, eq=False)
class Scene:
    """The labels of one frame and their solution, which was fitted to all but the elements ``left_out``."""

    instance: Instance
    evidence: Evidence
    solution: Solution | None
    size: tuple[int, int]
    left_out: frozenset[str] = frozenset()

    @classmethod
    def of(cls, instance: Instance, resolved: Resolved, size: tuple[int, int]) -> Scene:
        """The scene of labels and what was resolved from them."""
        return cls(instance, gather(instance, Lens(size)), resolved.solution, size)

    @cached_property
    def trusted(self) -> Solution | None:
        """The solution, or None while it explains too little to judge by."""
        s = self.solution
        return s if s is not None and s.rms <= TRUSTED_RMS and s.support >= TRUSTED_SUPPORT else None

    @cached_property
    def camera(self) -> Solution | None:
        """The trusted solution where it is a camera with a place of its own."""
        return self.trusted if self.trusted is not None and self.trusted.kind is SolutionKind.CAMERA else None

    @cached_property
    def lens(self) -> Lens:
        """The lens of the trusted solution, a plain one without."""
        return self.trusted.lens if self.trusted is not None else Lens(self.size)

    def pixel(self, centred: Array) -> Point:
        """A centred place (2,) in the frame's pixels."""
        x, y = centred / self.lens.scale + self.lens.centre
        return float(x), float(y)

    def px(self, centred: float) -> str:
        """A length for people, in the frame's pixels."""
        return f"{centred / self.lens.scale:.0f} px"

    def said_marking(self, name: str) -> str:
        """The name under which a marking stands in the labels, with or without SoccerNet's trailing blank."""
        return next((said for said in self.instance.markings if said.strip() == name.strip()), name)

    def is_unchecked(self, name: str) -> bool:
        """Whether a marking lies where the pitch was placed, and neither paint nor a hand has confirmed it."""
        return self.said_marking(name) in self.instance.unchecked

    def refitted(self, names: frozenset[str]) -> Scene | None:
        """The scene judged by the solution of all but these; None where the rest determines none to be trusted."""
        keypoints = {name: said for name, said in self.instance.keypoints.items() if name not in names}
        markings = {said: xy for said, xy in self.instance.markings.items() if marking_name(said) not in names}
        rest = replace(self.instance, keypoints=keypoints, markings=markings)
        if gather(rest, self.lens).constraints < FEWEST_CONSTRAINTS + 1:
            return None
        solution = resolve(rest, None, size=self.size, threshold=1.0).solution
        scene = replace(self, solution=solution, left_out=names)
        return scene if scene.trusted is not None else None

    @cached_property
    def half(self) -> Array:
        """Half the frame's width and height, (2,) centred units."""
        return np.array(self.size) * self.lens.scale / 2.0

    def is_inside(self, places: Array, *, margin: float = 0.0) -> NDArray[np.bool_]:
        """Which places (N, 2) lie within the frame, ``margin`` further in."""
        with np.errstate(invalid="ignore"):
            within: NDArray[np.bool_] = np.all(np.abs(places) <= self.half - margin, axis=1)
        return within

    @cached_property
    def projected(self) -> dict[str, Array]:
        """Where the trusted solution puts every keypoint that it reaches, (2,) each."""
        if self.trusted is None:
            return {}
        worlds = np.array([point.world for point in KEYPOINTS.values()])
        places = self.lens.centred(self.trusted.project(worlds))
        known = np.isfinite(places).all(axis=1) & self.trusted.reaches(worlds)
        return {name: places[i] for i, name in enumerate(KEYPOINTS) if known[i]}

    @cached_property
    def curves(self) -> dict[str, Array]:
        """Where the trusted solution puts every marking from end to end, (N, 2) each, the part behind it cut off."""
        if self.trusted is None:
            return {}
        worlds, slices = _samples()
        places = self.lens.centred(self.trusted.project(worlds))
        known = np.isfinite(places).all(axis=1) & self.trusted.reaches(worlds)
        return {name: places[part][known[part]] for name, part in slices.items() if known[part].any()}

    def off_curve(self, clicks: Array, marking: str) -> float:
        """The largest distance of clicks (N, 2) to a marking from end to end; infinite where it is not in front."""
        curve = self.curves.get(marking)
        return math.inf if curve is None else float(distances(clicks, curve).max())

    def ground(self, centred: Array) -> Array:
        """Places (N, 2) in metres of centred points (N, 2) on the ground; NaN above the horizon."""
        if self.trusted is None:
            return np.full(centred.shape, np.nan)
        ideal = self.lens.ideal(centred / self.lens.scale + self.lens.centre)
        matrix = self.trusted.ground
        places = np.column_stack([ideal, np.ones(len(ideal))]) @ np.linalg.inv(matrix).T
        front = places[:, 2] > 0.0
        found: Array = places[:, :2] / np.where(front, places[:, 2], np.nan)[:, None]
        return found

    @cached_property
    def standings(self) -> Mapping[str, Standing]:
        """Of every marking and point that the rest determines how far off it lies; nothing without a solution."""
        equations = equations_of(self.evidence)
        if equations is None or self.trusted is None:
            return {}
        with np.errstate(all="ignore"):
            return _standings(equations, self.evidence, self.trusted, self.left_out)

    @cached_property
    def misfits(self) -> Mapping[str, float]:
        """Of every marking how far its clicks lie off the endless line or circle that it is a stretch of."""
        equations = equations_of(self.evidence)
        if equations is None or self.trusted is None:
            return {}
        kap, unknowns = np.array([self.trusted.lens.kap]), self.trusted.unknowns[None]
        return equations.misfits(equations.residuals(self.trusted.matrix[None], kap, unknowns)[0])


def _standings(
    equations: Equations, evidence: Evidence, solution: Solution, left_out: frozenset[str]
) -> dict[str, Standing]:
    """Leave-one-out residuals e = (I - J S J' W)^-1 r of whole elements, and sqrt(e' V^-1 e / k) with V of e.

    V = s^2 I + (I - J S J' W)^-1 J S J': the noise of the clicks and what the rest leaves open (Woodbury's identity;
    Cook & Weisberg, *Residuals and influence in regression*, 2.2).
    """
    count = len(solution.params)
    here = linearise(equations, solution.model, solution.params[None], count)
    data = len(equations.weights)
    residuals, jacobian = here.residuals[0, :data], here.jacobian[0, :data]
    weights = equations.weights * robust_weights(residuals, NARROW)
    freedom = float(weights.sum()) - min(count, data - 1)
    square = float((weights * residuals**2).sum()) / freedom if freedom >= 1.0 else 1.0
    variance = max(1.0, square)
    found: dict[str, Standing] = {}
    for name, rows, precision in _rows(equations, evidence):
        weight = weights[rows] * (name not in left_out)
        own, off = jacobian[rows], residuals[rows]
        spread = own @ solution.covariance @ own.T
        rest = np.eye(len(off)) - spread * weight / variance
        try:
            if float(np.linalg.eigvals(rest).real.min()) < LEAST_FREEDOM:
                continue
            alone = np.linalg.solve(rest, off)
            expected = variance * np.eye(len(off)) + np.linalg.solve(rest, spread)
            excess = float(alone @ np.linalg.solve(expected, alone)) / len(off)
        except np.linalg.LinAlgError:
            continue
        size = 1.0 if name in evidence.points else math.sqrt(len(off))
        distance = float(np.linalg.norm(alone)) / precision / size
        single = off / np.maximum(rest.diagonal(), LEAST_FREEDOM)
        likely = np.sqrt(variance + spread.diagonal() / np.maximum(rest.diagonal(), LEAST_FREEDOM))
        worst = int(np.argmax(np.abs(single) / likely))
        values = (distance, math.sqrt(max(excess, 0.0)), worst, *np.abs([single[worst], single[worst] / likely[worst]]))
        if np.isfinite(values).all():
            found[name] = Standing(values[0], values[1], worst, float(values[3]), float(values[4]))
    return found


def _rows(equations: Equations, evidence: Evidence) -> list[tuple[str, slice, float]]:
    """Which residuals belong to which element, and one over the unit of each."""
    found, start = [], 0
    for name in equations.marking_names:
        count = min(len(evidence.markings[name]), MOST_CLICKS)
        found.append((name, slice(start, start + count), 1.0))
        start += count
    found.extend((name, equations.point_rows(name), equations.precision(name)) for name in equations.point_names)
    return found
