"""The motion of a picture as a camera that stands makes it: a turn and a zoom, four numbers instead of eight.

A homography fitted to corners in one part of a frame says little of the others; a turn and a zoom fitted to the same
corners says nearly as much of all of it. Where they do not explain the motion the camera moved.

Where grass has little texture half of the corners are wrong. Eight numbers always find some wrong ones that agree with
them; four, near what is expected, do not: corners are drawn at random, and the turn that most of them agree with wins.

Sources: Hartley & Zisserman, *Multiple View Geometry*, 2nd ed., 8.4 (H = K' R K^-1 of a camera that turns and zooms);
Fischler & Bolles, *Random sample consensus*, 1981; Chen, Zhu & Little, arXiv 1801.09005, 2018 (two points of a camera
that stands).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.lens import HALF_DIAGONAL
from annotator.projections import rotations

__all__ = ["Turn", "turn_among", "turned"]

Array = NDArray[np.float64]

ROBUST = 0.7  # centred units: Cauchy's scale
PLAIN, STEPS = 4, 10  # Gauss-Newton steps without and with it
KAP_SD = 0.01  # by which the lens of both frames may be known wrongly
SMALL = 1e-3
NEAR, TWICE = 1.5, 2.0  # centred units within which a corner agrees; and times as far as is listened to in the end
DRAWS = 250  # pairs of corners
FARTHEST = 0.1  # radians, and of the logarithm of a zoom, that a guess may be wrong by
FEWEST = 8


@dataclass(frozen=True, eq=False)
class Turn:
    """A turn and a zoom: ``by`` (3, 3) in ideal units; the median distance of the corners asked about, and how many
    of all corners it takes to within ``NEAR``.
    """

    by: Array
    off: float
    count: int


def turned(one: Array, two: Array, focal: float) -> tuple[Array, float]:
    """The homography (3, 3) of the turn and zoom that takes ideal places ``one`` (N, 2) to ``two``, and how far off.

    ``focal`` is the focal length of the first camera in centred units; the second value the median distance, an error
    of kap that both frames share taken out.
    """
    return _fitted(one, two, focal, (np.eye(3), 0.0), plain=PLAIN)


def turn_among(
    pairs: tuple[Array, Array], everything: tuple[Array, Array], focal: float, guess: Array | None
) -> Turn:
    """The turn and zoom that most corners agree with.

    Parameters
    ----------
    pairs
        Places (N, 2) in both frames, ideal, that a homography found to move as one.
    everything
        Places (M, 2) in both frames of all corners that were found again, right or wrong.
    focal
        The focal length of the first camera in centred units.
    guess
        The homography (3, 3) that is expected; None where nothing is.
    """
    found = [turned(*pairs, focal)[0]]
    if guess is not None:
        found.append(guess)
    first, second = everything
    best = max((_drawn(first, second, focal, start) for start in found), key=lambda start: _count(first, second, start))
    near = _away(first, second, best) < TWICE * NEAR
    if near.sum() >= FEWEST:
        best, off = _fitted(first[near], second[near], focal, _parts(best, focal), plain=0)
    off = float(np.median(_away(*pairs, best)))
    return Turn(best, off, _count(first, second, best))


def _drawn(one: Array, two: Array, focal: float, start: Array) -> Array:
    """The turn and zoom near ``start`` with the largest consensus; pairs of corners are drawn, the same ones always."""
    if len(one) < FEWEST:
        return start
    rotation, log_zoom = _parts(start, focal)
    zoomed = focal * math.exp(log_zoom)
    flat = _seen(one, rotation, focal)
    off = zoomed * flat - two
    jacobian = zoomed * _rows(flat)
    drawn = np.random.default_rng(len(one)).integers(0, len(one), (DRAWS, 2))
    drawn = drawn[drawn[:, 0] != drawn[:, 1]]
    matrices, rights = jacobian[drawn].reshape(-1, 4, 4), off[drawn].reshape(-1, 4, 1)
    sound = np.abs(np.linalg.det(matrices)) > 1e-9 * zoomed**4
    steps = np.linalg.solve(matrices[sound], rights[sound])[..., 0]
    steps = steps[(np.abs(steps) < FARTHEST).all(axis=1)]
    steps = np.concatenate([np.zeros((1, 4)), steps])
    away = np.linalg.norm(off[None] - np.einsum("nij,sj->sni", jacobian, steps), axis=2)
    step = steps[int((1.0 / (1.0 + (away / NEAR) ** 2)).sum(axis=1).argmax())]
    return _matrix(rotations(-step[:3]) @ rotation, log_zoom - float(step[3]), focal)


def _fitted(one: Array, two: Array, focal: float, start: tuple[Array, float], *, plain: int) -> tuple[Array, float]:
    """Gauss-Newton from a rotation and log zoom, the first ``plain`` steps without Cauchy's weights."""
    (rotation, log_zoom), kap = start, 0.0
    first, second = (places * _square(places)[:, None] for places in (one, two))
    rows = np.empty((len(one), 2, 5))
    prior = np.diag([0.0, 0.0, 0.0, 0.0, KAP_SD**-2.0]) + 1e-9 * np.eye(5)
    for number in range(STEPS):
        flat = _seen(one + kap * first, rotation, focal)
        zoomed = focal * math.exp(log_zoom)
        off = zoomed * flat - two - kap * second
        rows[:, :, :4] = _rows(flat)
        rows[:, :, 4] = (_seen(one + (kap + SMALL) * first, rotation, focal) - flat) / SMALL - second / zoomed
        weights = np.ones(len(one)) if number < plain else 1.0 / (1.0 + (off * off).sum(axis=1) / ROBUST**2)
        jacobian = zoomed * rows
        normal = np.einsum("nij,n,nik->jk", jacobian, weights, jacobian) + prior
        gradient = np.einsum("nij,n,ni->j", jacobian, weights, off) + prior @ (0.0, 0.0, 0.0, 0.0, kap)
        step = np.linalg.solve(normal, gradient)
        rotation = rotations(-step[:3]) @ rotation
        log_zoom -= float(np.clip(step[3], -0.5, 0.5))
        kap -= float(step[4])
    off = focal * math.exp(log_zoom) * _seen(one + kap * first, rotation, focal) - two - kap * second
    return _matrix(rotation, log_zoom, focal), float(np.median(np.linalg.norm(off, axis=1)))


def _matrix(rotation: Array, log_zoom: float, focal: float) -> Array:
    after = np.diag([focal * math.exp(log_zoom)] * 2 + [1.0])
    by: Array = after @ rotation @ np.diag([1.0 / focal, 1.0 / focal, 1.0])
    return by


def _parts(by: Array, focal: float) -> tuple[Array, float]:
    """Rotation and log zoom of the turn nearest to a homography."""
    rays = by @ np.diag([focal, focal, 1.0])
    rays = rays * np.sign(np.linalg.det(rays))
    lengths = np.linalg.norm(rays, axis=1)
    zoomed = math.sqrt(lengths[0] * lengths[1]) / lengths[2]
    left, _, right = np.linalg.svd(np.diag([1.0 / zoomed, 1.0 / zoomed, 1.0]) @ rays / lengths[2])
    rotation: Array = left @ np.diag([1.0, 1.0, np.linalg.det(left @ right)]) @ right
    return rotation, math.log(zoomed / focal)


def _away(one: Array, two: Array, by: Array) -> Array:
    seen = np.column_stack([one, np.ones(len(one))]) @ by.T
    with np.errstate(all="ignore"):
        found: Array = np.nan_to_num(np.linalg.norm(seen[:, :2] / seen[:, 2:] - two, axis=1), nan=np.inf)
    return found


def _count(one: Array, two: Array, by: Array) -> int:
    return int((_away(one, two, by) < NEAR).sum())


def _rows(flat: Array) -> Array:
    """Derivatives (N, 2, 4) of places (N, 2) at a focal length of 1 by a turn and a log zoom."""
    x, y = flat.T
    rows = np.empty((len(flat), 2, 4))
    rows[:, 0, 0], rows[:, 1, 0] = -x * y, -1.0 - y * y
    rows[:, 0, 1], rows[:, 1, 1] = 1.0 + x * x, x * y
    rows[:, 0, 2], rows[:, 1, 2] = -y, x
    rows[:, :, 3] = flat
    return rows


def _square(places: Array) -> Array:
    """The squared radius (N,) in half diagonals."""
    found: Array = (places * places).sum(axis=1) / HALF_DIAGONAL**2
    return found


def _seen(ideal: Array, rotation: Array, focal: float) -> Array:
    """Places (N, 2) after a turn, at a focal length of 1."""
    turned_rays = np.column_stack([ideal / focal, np.ones(len(ideal))]) @ rotation.T
    flat: Array = turned_rays[:, :2] / turned_rays[:, 2:]
    return flat
