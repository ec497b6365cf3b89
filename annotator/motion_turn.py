"""The motion of a picture as a camera that stands makes it: a turn and a zoom, four numbers instead of eight.

A homography fitted to corners in one part of a frame says little of the others; a turn and a zoom fitted to the same
corners says nearly as much of all of it. Where they do not explain the motion the camera moved.

Source: Hartley & Zisserman, *Multiple View Geometry*, 2nd ed., 8.4 (H = K' R K^-1 of a camera that turns and zooms).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from annotator.lens import HALF_DIAGONAL
from annotator.projections import rotations

__all__ = ["turned"]

Array = NDArray[np.float64]

ROBUST = 0.7  # centred units: Cauchy's scale
PLAIN, STEPS = 4, 10  # Gauss-Newton steps without and with it
KAP_SD = 0.01  # by which the lens of both frames may be known wrongly
SMALL = 1e-3


def turned(one: Array, two: Array, focal: float) -> tuple[Array, float]:
    """The homography (3, 3) of the turn and zoom that takes ideal places ``one`` (N, 2) to ``two``, and how far off.

    ``focal`` is the focal length of the first camera in centred units; the second value the median distance, an error
    of kap that both frames share taken out.
    """
    rotation, log_zoom, kap = np.eye(3), 0.0, 0.0
    first, second = (places * _square(places)[:, None] for places in (one, two))
    rows = np.empty((len(one), 2, 5))
    prior = np.diag([0.0, 0.0, 0.0, 0.0, KAP_SD**-2.0]) + 1e-9 * np.eye(5)
    for number in range(STEPS):
        flat = _seen(one + kap * first, rotation, focal)
        zoomed = focal * math.exp(log_zoom)
        off = zoomed * flat - two - kap * second
        x, y = flat.T
        rows[:, 0, 0], rows[:, 1, 0] = -x * y, -1.0 - y * y
        rows[:, 0, 1], rows[:, 1, 1] = 1.0 + x * x, x * y
        rows[:, 0, 2], rows[:, 1, 2] = -y, x
        rows[:, :, 3] = flat
        rows[:, :, 4] = (_seen(one + (kap + SMALL) * first, rotation, focal) - flat) / SMALL - second / zoomed
        weights = np.ones(len(one)) if number < PLAIN else 1.0 / (1.0 + (off * off).sum(axis=1) / ROBUST**2)
        jacobian = zoomed * rows
        normal = np.einsum("nij,n,nik->jk", jacobian, weights, jacobian) + prior
        gradient = np.einsum("nij,n,ni->j", jacobian, weights, off) + prior @ (0.0, 0.0, 0.0, 0.0, kap)
        step = np.linalg.solve(normal, gradient)
        rotation = rotations(-step[:3]) @ rotation
        log_zoom -= float(np.clip(step[3], -0.5, 0.5))
        kap -= float(step[4])
    after = np.diag([focal * math.exp(log_zoom)] * 2 + [1.0])
    by: Array = after @ rotation @ np.diag([1.0 / focal, 1.0 / focal, 1.0])
    off = focal * math.exp(log_zoom) * _seen(one + kap * first, rotation, focal) - two - kap * second
    return by, float(np.median(np.linalg.norm(off, axis=1)))


def _square(places: Array) -> Array:
    """The squared radius (N,) in half diagonals."""
    found: Array = (places * places).sum(axis=1) / HALF_DIAGONAL**2
    return found


def _seen(ideal: Array, rotation: Array, focal: float) -> Array:
    """Places (N, 2) after a turn, at a focal length of 1."""
    turned_rays = np.column_stack([ideal / focal, np.ones(len(ideal))]) @ rotation.T
    flat: Array = turned_rays[:, :2] / turned_rays[:, 2:]
    return flat
