"""How far the labels of a frame are from saying where everything is, as a value that a small gauge can show."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from annotator.camera import Solution
from annotator.evidence import FEWEST_CONSTRAINTS
from annotator.keypoints import Resolved, Source
from annotator.labels import Instance
from annotator.pitch import KEYPOINTS

__all__ = ["Readiness", "Stage", "is_checked", "readiness"]

GOOD_RMS = 2.0  # pixels of a 960 wide frame: as near as people agree with each other
FAIR_RMS = 4.0
CHECKED = 4  # markings, or half of those that are drawn, that must be checked before a placed pitch is measured
SURE = 3.0  # pixels of a 960 wide frame; a camera that knows half of the view less surely fits whatever it is given


class Stage(Enum):
    """What can be said of the camera."""

    NOTHING = "nothing"
    GATHERING = "gathering"
    DISAGREES = "disagrees"
    PARTLY = "partly"
    UNSURE = "unsure"
    UNCHECKED = "unchecked"
    DOUBT = "doubt"
    ROUGH = "rough"
    FAIR = "fair"
    BUT = "but"
    GOOD = "good"


@dataclass(frozen=True)
class Readiness:
    """How far it is: ``share`` of the way (0 to 1), ``missing`` markings while too few, ``rms`` in pixels.

    ``sd`` is the deviation in pixels of the camera at the middle one of the keypoints in view: few labels fit perfectly
    and say little, which ``rms`` alone would not tell. ``known`` counts the keypoints inside the frame that were
    placed, constructed or projected, ``issues`` what a check has found wrong with labels that fit well. A pitch that
    was placed as a whole agrees with itself: ``rms`` is that of what was checked, and None while too little was.
    """

    stage: Stage
    share: float = 0.0
    missing: int = 0
    rms: float | None = None
    sd: float | None = None
    known: int = 0
    issues: int = 0


def readiness(resolved: Resolved | None, said: Instance | None = None, *, issues: int = 0) -> Readiness:
    """How ready the frame is, by what was ``said`` of it and how many grave ``issues`` a check has found."""
    if resolved is None or resolved.evidence is None or resolved.evidence.is_empty:
        return Readiness(Stage.NOTHING)
    solution = resolved.solution
    known = sum(point.inside and point.source not in (None, Source.PREDICTED) for point in resolved.keypoints.values())
    wanted = FEWEST_CONSTRAINTS + 1
    gathered = min(resolved.evidence.constraints, wanted)
    if solution is None or not resolved.ghost:
        if resolved.evidence.constraints >= FEWEST_CONSTRAINTS:
            return Readiness(Stage.DISAGREES, gathered / wanted, known=known)
        missing = max((wanted - gathered + 1) // 2, 1)
        return Readiness(Stage.GATHERING, gathered / wanted, missing, known=known)
    unchecked = frozenset() if said is None else said.unchecked
    if said is not None and not is_checked(said):
        return Readiness(Stage.UNCHECKED, 0.8, known=known)
    measured = _measured(solution, unchecked)
    rms = measured / solution.lens.scale
    if resolved.image_from_pitch is None:
        return Readiness(Stage.PARTLY, 0.9, 1, rms, known=known)
    sd = _deviation(resolved, solution)
    stage = Stage.GOOD if measured <= GOOD_RMS else Stage.FAIR if measured <= FAIR_RMS else Stage.ROUGH
    if resolved.status:
        stage = Stage.DOUBT
    elif sd * solution.lens.scale > SURE:
        return Readiness(Stage.UNSURE, 0.95, 1, rms, sd, known)
    elif stage is Stage.GOOD and issues:
        return Readiness(Stage.BUT, 1.0, 0, rms, sd, known, issues)
    return Readiness(stage, 1.0, 0, rms, sd, known)


def is_checked(said: Instance) -> bool:
    """Whether enough was drawn, or found on the paint, for a fit to say more than where the pitch was placed."""
    if not said.unchecked:
        return True
    points = sum(label.position is not None for label in said.keypoints.values())
    own = len(said.markings) - len(said.unchecked) + points
    return own >= min(CHECKED, 0.5 * (len(said.markings) + points))


def _measured(solution: Solution, unchecked: frozenset[str]) -> float:
    """The root mean square misfit of what was checked, in centred units; of everything where that is nothing else."""
    own = [misfit for name, misfit in solution.misfits.items() if name not in unchecked]
    if not unchecked or not own:
        return solution.rms
    return float(np.sqrt(np.mean(np.square(own))))


def _deviation(resolved: Resolved, solution: Solution) -> float:
    """How surely the camera knows the middle one of the keypoints in view, in pixels."""
    names = [name for name, point in resolved.keypoints.items() if point.inside and name in KEYPOINTS]
    worlds = np.array([KEYPOINTS[name].world for name in names]).reshape(-1, 3)
    worlds = worlds[solution.reaches(worlds)]
    deviations = solution.deviations(worlds) if len(worlds) else np.empty(0)
    deviations = deviations[np.isfinite(deviations)]
    return float(np.median(deviations)) if len(deviations) else 0.0
