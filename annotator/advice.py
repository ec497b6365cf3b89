"""What the geometry of a frame knows, and the one sentence that tells a person what would help it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.camera import Lens, Solution, SolutionKind
from annotator.constructions import Constructed, Drawing
from annotator.evidence import FEWEST_CONSTRAINTS, Evidence
from annotator.pitch import KEYPOINTS, MARKINGS, Marking, MarkingKind
from annotator.tripod_prior import StandingCamera

Array = NDArray[np.float64]

MISFIT = 8.0  # centred units off, and this many times the rest, before a marking is named
ELSEWHERE = 5.0  # metres beyond the ends of a line at which a click is on another one
FIRM = 12  # constraints from which on a camera may speak against a construction
_ONE_MORE = "Draw one more marking, away from the others, to find the rest."
FAR_OFF = 100.0  # centred units beyond which a name is more likely wrong than a hand


@dataclass(frozen=True, eq=False)
class Geometry:
    """Everything that labels alone determine.

    ``found`` holds the constructed keypoints sure enough to be shown, in the ideal coordinates of ``lens``;
    ``solution`` the best projection and ``trusted`` the same when it fits; ``pixels`` (57, 2) and ``deviations`` (57,)
    what it makes of the keypoints, None without it; ``undecided`` whether the crossings of halfway line and centre
    circle could not be told apart; ``largest_sd`` the limit above which nothing is shown, in centred units.
    """

    evidence: Evidence
    drawing: Drawing
    found: Mapping[str, Constructed]
    solution: Solution | None
    trusted: Solution | None
    lens: Lens
    pixels: Array | None
    deviations: Array | None
    undecided: bool
    largest_sd: float


def advice(geometry: Geometry) -> str:
    """One sentence on what is missing or contradictory, or "" when the keypoints in view are determined."""
    evidence = geometry.evidence
    if evidence.is_empty:
        return "Nothing is drawn or placed yet."
    if geometry.trusted is None:
        return _why_nothing(geometry)
    complaint = _misfit(geometry) or _misnamed(geometry)
    if complaint is not None:
        return complaint
    if geometry.trusted.rival is not None:
        return "Two cameras explain this equally well: draw one more marking, away from the others, to tell them apart."
    if not is_determined(geometry):
        stands = isinstance(geometry.trusted.model, StandingCamera)
        return _ONE_MORE if stands else _what_to_add(evidence)
    return _undecided(geometry)


def _undecided(geometry: Geometry) -> str:
    if geometry.undecided:
        return "Draw anything left or right of the halfway line to tell its two crossings with the circle apart."
    return ""


def _why_nothing(geometry: Geometry) -> str:
    evidence = geometry.evidence
    if evidence.constraints >= FEWEST_CONSTRAINTS:
        if geometry.solution is None:
            return "No camera sees the pitch like this: check the names of what is drawn."
        offs = geometry.solution.misfits
        first = f" {max(offs, key=lambda key: offs[key]).strip()} first" if offs else ""
        return f"What is drawn does not agree: check{first or ' what is placed'}."
    return _undecided(geometry) or _what_to_add(evidence)


def _what_to_add(evidence: Evidence) -> str:
    """What would help most: height alone, one direction alone, or simply too little."""
    drawn = [MARKINGS[name] for name in evidence.markings]
    if drawn and not evidence.points:
        if all(marking.kind is MarkingKind.GOAL_LINE for marking in drawn):
            return "Draw lines on the ground too: a goal alone does not fix the camera."
        if len(drawn) >= 2 and not any(m.is_round for m in drawn):
            along = {int(np.argmax(np.abs(np.subtract(m.end, m.start)))) for m in drawn}
            if len(along) == 1:
                return "Draw one line across the others: all of them are parallel."
    missing = FEWEST_CONSTRAINTS + 1 - evidence.constraints
    if missing > 2:
        return f"Draw {(missing + 1) // 2} more markings, or place as many keypoints, to find the rest."
    return _ONE_MORE


def is_determined(geometry: Geometry) -> bool:
    """Whether most ground keypoints that appear in view are known well enough to be shown."""
    pixels, deviations = geometry.pixels, geometry.deviations
    if pixels is None or deviations is None:
        return False
    width, height = geometry.lens.size
    inside = ((pixels > -0.5) & (pixels < (width, height))).all(axis=1)
    inside &= np.array([point.on_ground for point in KEYPOINTS.values()])
    if not inside.any():
        return True
    sure = deviations[inside] * geometry.lens.scale <= geometry.largest_sd
    return bool(sure.mean() > 0.5)


def is_firm(geometry: Geometry) -> bool:
    """Whether one camera, and no other, explains much more than it takes to find one."""
    trusted = geometry.trusted
    if trusted is None or trusted.kind is not SolutionKind.CAMERA or trusted.rival is not None:
        return False
    return geometry.evidence.constraints >= FIRM


def _misfit(geometry: Geometry) -> str | None:
    """The marking that lies far off what all the others agree on, by name."""
    assert geometry.trusted is not None
    offs = geometry.trusted.misfits
    if len(offs) < 3:
        return None
    name = max(offs, key=lambda key: offs[key])
    if offs[name] <= MISFIT or offs[name] <= 4.0 * float(np.median(list(offs.values()))):
        return None
    off = offs[name] / geometry.lens.scale
    if offs[name] > FAR_OFF:
        return f"{name.strip()} is far from where everything else puts it: check its name."
    return f"{name.strip()} lies {off:.0f} pixels from where everything else puts it."


def _misnamed(geometry: Geometry) -> str | None:
    """A line drawn where its mirror image is: both lie on one straight line, so that no distance to it can tell."""
    assert geometry.trusted is not None
    pitch_from_ideal = np.linalg.inv(geometry.trusted.ground)
    for name, clicks in geometry.drawing.clicks.items():
        marking = MARKINGS[name]
        twin = MARKINGS[marking.mirror]
        if not marking.on_ground or marking.is_round or twin is marking or marking.start[1] != marking.end[1]:
            continue
        places = np.column_stack([clicks, np.ones(len(clicks))]) @ pitch_from_ideal.T
        x = places[:, 0] / places[:, 2]
        if _beyond(x, marking) > ELSEWHERE and _beyond(x, twin) < ELSEWHERE:
            return f"{marking.title} is drawn where {twin.title} is."
    return None


def _beyond(x: Array, marking: Marking) -> float:
    """How far in metres all of the places ``x`` along a marking lie beyond its ends; 0 when one is between them."""
    low, high = sorted((marking.start[0], marking.end[0]))
    return float(np.maximum(np.maximum(low - x, x - high), 0.0).min())
