"""How far the labels of a frame are from saying where everything is, as a value that a small gauge can show."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from annotator.evidence import FEWEST_CONSTRAINTS
from annotator.keypoints import Resolved, Source

__all__ = ["Readiness", "Stage", "readiness"]

GOOD_RMS = 2.0  # pixels of a 960 wide frame: as near as people agree with each other
FAIR_RMS = 4.0


class Stage(Enum):
    """What can be said of the camera."""

    NOTHING = "nothing"
    GATHERING = "gathering"
    DISAGREES = "disagrees"
    PARTLY = "partly"
    DOUBT = "doubt"
    ROUGH = "rough"
    FAIR = "fair"
    GOOD = "good"


@dataclass(frozen=True)
class Readiness:
    """How far it is: ``share`` of the way (0 to 1), ``missing`` markings while too few, ``rms`` in pixels.

    ``known`` counts the keypoints inside the frame that were placed, constructed or projected.
    """

    stage: Stage
    share: float = 0.0
    missing: int = 0
    rms: float | None = None
    known: int = 0


def readiness(resolved: Resolved | None) -> Readiness:
    """How ready the frame is."""
    if resolved is None or resolved.evidence is None or resolved.evidence.is_empty:
        return Readiness(Stage.NOTHING)
    solution = resolved.solution
    known = sum(point.inside and point.source not in (None, Source.PREDICTED) for point in resolved.keypoints.values())
    wanted = FEWEST_CONSTRAINTS + 1
    said = min(resolved.evidence.constraints, wanted)
    if solution is None or not resolved.ghost:
        if resolved.evidence.constraints >= FEWEST_CONSTRAINTS:
            return Readiness(Stage.DISAGREES, said / wanted, known=known)
        missing = max((wanted - said + 1) // 2, 1)
        return Readiness(Stage.GATHERING, said / wanted, missing, known=known)
    rms = solution.rms / solution.lens.scale
    if resolved.image_from_pitch is None:
        return Readiness(Stage.PARTLY, 0.9, 1, rms, known)
    stage = Stage.GOOD if solution.rms <= GOOD_RMS else Stage.FAIR if solution.rms <= FAIR_RMS else Stage.ROUGH
    if resolved.status:
        stage = Stage.DOUBT
    return Readiness(stage, 1.0, 0, rms, known)
