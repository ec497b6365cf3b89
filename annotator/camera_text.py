"""A fitted camera in numbers that people use: angles, focal length, position, lens, each with its deviation."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotator.camera import HALF_DIAGONAL, Pinhole, Solution

__all__ = ["CameraFacts", "Measure", "camera_facts", "plain_text"]


@dataclass(frozen=True)
class Measure:
    """A number and its standard deviation."""

    value: float
    sd: float


@dataclass(frozen=True)
class CameraFacts:
    """What a camera is, in degrees, pixels and metres.

    ``pan`` is 0 for a camera that looks straight across the pitch from the main stand, positive to the right; ``tilt``
    how far it looks below the horizon; ``roll`` how far its right side hangs lower than its left. ``position`` is from
    the centre spot: along the pitch to the right, towards the main camera, and up. ``k1`` is OpenCV's radial term and
    ``corner`` the share by which the lens moves a corner of the frame outwards.
    """

    pan: Measure
    tilt: Measure
    roll: Measure
    focal: Measure
    position: tuple[Measure, Measure, Measure]
    k1: Measure
    corner: Measure


def camera_facts(solution: Solution) -> CameraFacts | None:
    """The camera of a solution; None for a homography, which is many cameras.

    Deviations are to first order: J S J' with the covariance S of the parameters (HZ 5.2.6) and J by differences.
    """
    if not isinstance(solution.model, Pinhole):
        return None
    steps = solution.model.steps
    here = _numbers(solution)
    moved = [_numbers(replace(solution, params=solution.params + step)) for step in np.diag(steps)]
    change = np.array(moved) - here
    # An angle that steps over the half turn between two parameters has not turned by a whole one.
    change[:, :3] = (change[:, :3] + 180.0) % 360.0 - 180.0
    jacobian = change / steps[:, None]
    variances = np.einsum("pn,pq,qn->n", jacobian, solution.covariance, jacobian)
    deviations = np.sqrt(np.maximum(variances, 0.0))
    found = [Measure(float(value), float(sd)) for value, sd in zip(here, deviations, strict=True)]
    return CameraFacts(found[0], found[1], found[2], found[3], (found[4], found[5], found[6]), found[7], found[8])


def _numbers(solution: Solution) -> NDArray[np.float64]:
    """Pan, tilt, roll in degrees; focal length in pixels; position in metres, up positive; k1; kap."""
    assert isinstance(solution.model, Pinhole)
    params = solution.params
    right, down, forward = solution.model.rotation(params[None, None])[0, 0]
    focal = math.exp(params[6])
    kap = float(params[7])
    return np.array([
        math.degrees(math.atan2(forward[0], -forward[1])),
        math.degrees(math.asin(min(max(float(forward[2]), -1.0), 1.0))),
        math.degrees(math.atan2(right[2], down[2])),
        focal / solution.lens.scale,
        params[3],
        params[4],
        -params[5],
        kap * (focal / HALF_DIAGONAL) ** 2,
        kap,
    ])  # fmt: skip


def plain_text(solution: Solution) -> str:
    """The solution as lines of name, number, deviation and unit, to be pasted elsewhere."""
    facts = camera_facts(solution)
    lines = [f"kind {solution.kind.value}", f"size {solution.size[0]} {solution.size[1]} px"]
    if facts is None:
        rows = "; ".join(" ".join(f"{value:.6g}" for value in row) for row in solution.nearest_homography())
        lines.append(f"image_from_pitch {rows}")
    else:
        x, y, up = facts.position
        for name, measure, digits, unit in (
            ("pan", facts.pan, 3, "deg"),
            ("tilt", facts.tilt, 3, "deg"),
            ("roll", facts.roll, 3, "deg"),
            ("focal", facts.focal, 1, "px"),
            ("x", x, 2, "m"),
            ("y", y, 2, "m"),
            ("height", up, 2, "m"),
            ("k1", facts.k1, 4, ""),
        ):
            lines.append(f"{name} {measure.value:.{digits}f} +- {measure.sd:.{digits}f} {unit}".rstrip())
    lines.append(f"rms {solution.rms / solution.lens.scale:.2f} px")
    return "\n".join(lines)
