"""A camera that is known to stand somewhere: two points or two markings are then enough to find where it looks.

With the position known, four numbers are left, pan, tilt, roll and focal length; the lens and the roll are as in the
other frames of the clip. Where the position comes from, and when it is to be believed, is ``annotator.tripod``'s.

Source: Chen, Zhu & Little, *A two-point method for PTZ camera calibration in sports*, 2018 (arXiv 1801.09005).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.calibration import (
    COARSE,
    JUMP,
    NARROW,
    RIVAL,
    USUAL_RMS,
    WIDE,
    calibrate,
    could_exist,
    solution_of,
)
from annotator.camera import Solution
from annotator.evidence import FEWEST_CONSTRAINTS, Equations, Evidence, equations_of
from annotator.projections import ROLL_SD, Derivatives, Pinhole
from annotator.refinement import ROUGH_GAIN, refine
from annotator.starts import bank

__all__ = [
    "FEWEST_WITH_POSITION",
    "Standing",
    "StandingCamera",
    "solve_standing",
    "solve_with_position",
    "stands",
]

Array = NDArray[np.float64]

FEWEST_WITH_POSITION = 4  # constraints: two points, or two markings
ROLL_ROW, POSITION_ROWS, KAP_ROW, UNKNOWN_ROWS = 0, slice(2, 5), 5, slice(6, None)  # priors of a pinhole
UNKNOWN_SD = 0.02  # metres: of crown and size, which the whole clip has measured
FOCALS = (0.6, 1.0, 1.5)  # times those of the bank


@dataclass(frozen=True, eq=False)
class Standing:
    """Where a clip's camera stands and what its frames have in common.

    ``position`` (3,) metres with ``covariance`` (3, 3); ``roll`` and ``kap`` as (mean, standard deviation), the roll as
    the sine of the camera's lean (the third part of its right axis); ``unknowns``, of crown, extra length and extra
    width of the pitch in metres, as many as were asked for.
    """

    position: Array
    covariance: Array
    roll: tuple[float, float] = (0.0, 0.02)
    kap: tuple[float, float] = (0.0, 0.04)
    unknowns: tuple[float, ...] = ()

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "position": self.position.tolist(),
            "covariance": self.covariance.tolist(),
            "roll": list(self.roll),
            "kap": list(self.kap),
            "unknowns": list(self.unknowns),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Standing | None:
        """The value of a `document`; None for anything else."""
        try:
            position = np.array(document["position"], dtype=np.float64).reshape(3)
            covariance = np.array(document["covariance"], dtype=np.float64).reshape(3, 3)
            roll, kap = (tuple(float(v) for v in document[key]) for key in ("roll", "kap"))
            unknowns = tuple(float(v) for v in document["unknowns"])
        except (KeyError, TypeError, ValueError):
            return None
        sound = np.isfinite(position).all() and np.isfinite(covariance).all() and len(roll) == len(kap) == 2
        if not sound or len(unknowns) not in (0, 1, 3) or not all(map(math.isfinite, (*roll, *kap, *unknowns))):
            return None
        if min(roll[1], kap[1]) <= 0.0 or np.linalg.eigvalsh(covariance).min() <= 0.0:
            return None
        return cls(position, covariance, (roll[0], roll[1]), (kap[0], kap[1]), unknowns)


@dataclass(frozen=True, eq=False)
class StandingCamera(Pinhole):
    """Pinhole cameras about some bases of which `Standing` is known beforehand; its parameters are a `Pinhole`'s."""

    standing: Standing = field(default_factory=lambda: Standing(np.zeros(3), np.eye(3)))

    @property
    def family(self) -> tuple[object, ...]:
        """See ``Model``."""
        return StandingCamera, self.unknowns, id(self.standing)

    def differentiate(self, params: Array) -> Derivatives:
        """As a `Pinhole`'s, with what is known in place of the usual priors."""
        at = super().differentiate(params)
        known = self.standing
        rotation = self.rotation(params[:, None])[:, 0]
        at.d_priors[:, ROLL_ROW] *= ROLL_SD / known.roll[1]
        at.priors[:, ROLL_ROW] = (rotation[:, 0, 2] - known.roll[0]) / known.roll[1]
        root = np.linalg.inv(np.linalg.cholesky(known.covariance))
        at.priors[:, POSITION_ROWS] = (params[:, 3:6] - known.position) @ root.T
        at.d_priors[:, POSITION_ROWS] = 0.0
        at.d_priors[:, POSITION_ROWS, 3:6] = root
        at.priors[:, KAP_ROW] = (params[:, 7] - known.kap[0]) / known.kap[1]
        at.d_priors[:, KAP_ROW, 7] = 1.0 / known.kap[1]
        if self.unknowns:
            at.priors[:, UNKNOWN_ROWS] = (params[:, 8:] - np.array(known.unknowns)) / UNKNOWN_SD
            for i in range(self.unknowns):
                at.d_priors[:, 6 + i, 8 + i] = 1.0 / UNKNOWN_SD
        return at




def solve_with_position(
    evidence: Evidence, size: tuple[int, int], standing: Standing, *, near: Solution | None = None
) -> Solution | None:
    """The camera of a frame, from as little as two points or two markings, where it is known where it stands.

    Parameters
    ----------
    evidence
        Clicks and points in centred units.
    size
        Width and height of the frame in pixels.
    standing
        What is known of the clip's camera.
    near
        The camera of a moment ago, found with the same position: refined alone as long as it explains what it did.

    Returns
    -------
    The camera, its position within the covariance of what is known; None when fewer than ``FEWEST_WITH_POSITION``
    things were said or no camera that stands there explains them.
    """
    with np.errstate(all="ignore"):
        return _solved(evidence, size, standing, near)


def _solved(evidence: Evidence, size: tuple[int, int], standing: Standing, near: Solution | None) -> Solution | None:
    equations = equations_of(evidence)
    if equations is None or evidence.constraints < FEWEST_WITH_POSITION:
        return None
    if near is not None and (warm := _refined(equations, standing, near)) is not None:
        return warm
    free = 8 + len(standing.unknowns)
    model, params = _starts(evidence, standing)
    fit = refine(equations, model, params, free=free, scale=COARSE, iterations=12)
    fit = refine(equations, model, fit.params, free=free, scale=WIDE, iterations=10, enough=ROUGH_GAIN)
    fit = refine(equations, model, fit.params, free=free, scale=NARROW, iterations=40)
    good = np.flatnonzero(could_exist(equations, model, fit.params) & np.isfinite(fit.costs))
    if not len(good):
        return None
    return solution_of(equations, model, fit, int(good[np.argmin(fit.costs[good])]), size)


def solve_standing(
    evidence: Evidence,
    size: tuple[int, int],
    standing: Standing,
    *,
    hints: Mapping[str, Array],
    near: Solution | None = None,
) -> Solution | None:
    """As `solve_with_position`; where a camera somewhere else explains what was said plainly better, that camera.

    So a frame of another shot, or one labelled before the position was known, is never bent to the position.
    ``hints`` are those of ``annotator.calibration.calibrate``.
    """
    found = solve_with_position(evidence, size, standing, near=near)
    if found is not None and found.rms <= USUAL_RMS:
        return found
    free = calibrate(evidence, size, hints=hints) if evidence.constraints >= FEWEST_CONSTRAINTS else None
    if found is None or free is None:
        return found or free
    variance = max(1.0, free.rms) ** 2
    return free if free.cost < found.cost - 2.0 * RIVAL * variance else found


def stands(solution: Solution | None, standing: Standing) -> bool:
    """Whether a solution was found with this position."""
    return solution is not None and isinstance(solution.model, StandingCamera) and solution.model.standing is standing


def _refined(equations: Equations, standing: Standing, near: Solution) -> Solution | None:
    """A camera of the same position a moment later; None where it no longer explains what it did."""
    if not stands(near, standing):
        return None
    model, params = near.restarted()
    fit = refine(equations, model, params, free=params.shape[1], scale=NARROW, iterations=20)
    if not could_exist(equations, model, fit.params)[0] or fit.costs[0] > JUMP[0] * near.cost + JUMP[1]:
        return None
    return solution_of(equations, model, fit, 0, near.size)


def _starts(evidence: Evidence, standing: Standing) -> tuple[StandingCamera, Array]:
    """Cameras where it stands, of several focal lengths, each turned to what was said."""
    count = len(standing.unknowns)
    plain, params = bank(evidence, standing.position[None])
    many = np.tile(params, (len(FOCALS), 1))
    many[:, 6] += np.log(np.repeat(FOCALS, len(params)))
    many[:, 3:6], many[:, 7] = standing.position, standing.kap[0]
    known = np.broadcast_to(np.array(standing.unknowns), (len(many), count))
    model = StandingCamera(np.tile(plain.base, (len(FOCALS), 1, 1)), count, standing)
    return model, np.concatenate([many, known], axis=1)
