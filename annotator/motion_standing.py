"""What is known of a camera that stands on one spot, put to use while it is carried from frame to frame.

Position, roll and lens are things that every frame of a tripod has in common. A run may come to know them better than
the clip as a whole does, from its key frame and from the paint, but never worse: what has become less sure on the way,
where little was to be seen, is drawn back to what is known. So the same knowledge is not counted in every frame anew.

Source: Julier & Uhlmann, *A non-divergent estimation algorithm in the presence of unknown correlations*, 1997 (a fact
that was used before must not make the estimate surer than it is itself).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from annotator.camera import Solution
from annotator.projections import Pinhole
from annotator.tripod_prior import Standing

__all__ = ["held"]

Array = NDArray[np.float64]

POSITION, KAP = slice(3, 6), 7  # of a camera's parameters
LEAST = 1e-12  # of a variance, so that it can be divided by


def held(camera: Solution, standing: Standing) -> Solution:
    """The camera, no part of it less sure than what is known of the place where it stands.

    ``camera`` has a rotation vector of zero about its own rotation.

    Raises
    ------
    ValueError
        If it is a homography of the ground alone.
    """
    if not isinstance(camera.model, Pinhole):
        raise ValueError("only a camera can stand somewhere, not a homography of the ground")
    params, covariance = camera.params, camera.covariance
    # The roll is the third part of the right axis, R[0, 2]; a turn w makes R to (I + [w]) R.
    rotation = camera.model.rotation(params[None, None])[0, 0]
    roll = {1: float(rotation[2, 2]), 2: -float(rotation[1, 2])}
    for row, off, known in (
        *_position_rows(params, standing, len(params)),
        (_row(len(params), roll), float(rotation[0, 2]) - standing.roll[0], standing.roll[1] ** 2),
        (_row(len(params), {KAP: 1.0}), params[KAP] - standing.kap[0], standing.kap[1] ** 2),
    ):
        now = float(row @ covariance @ row)
        if now <= known:
            continue
        # A measurement just as sure as leaves ``known`` of what was ``now``.
        noise = 1.0 / max(1.0 / known - 1.0 / now, LEAST)
        gain = covariance @ row / (now + noise)
        moved = row @ (params - camera.params)
        params = params - gain * (off + moved)
        covariance = covariance - np.outer(gain, row @ covariance)
    return replace(camera, params=params, covariance=0.5 * (covariance + covariance.T))


def _position_rows(params: Array, standing: Standing, count: int) -> list[tuple[Array, float, float]]:
    """The position along the axes of what is known of it: row, how far off, and variance."""
    variances, axes = np.linalg.eigh(standing.covariance)
    rows = []
    for variance, axis in zip(variances, axes.T, strict=True):
        row = np.zeros(count)
        row[POSITION] = axis
        rows.append((row, float(axis @ (params[POSITION] - standing.position)), float(variance)))
    return rows


def _row(count: int, parts: dict[int, float]) -> Array:
    row = np.zeros(count)
    for index, value in parts.items():
        row[index] = value
    return row
