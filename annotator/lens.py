"""The frame's coordinates and the radial distortion of the lens that took it.

*Pixels* are the frame's; *centred* coordinates have their origin in the middle of the frame and are scaled so that half
the diagonal is ``HALF_DIAGONAL``, that of a 960 x 540 frame, which makes every threshold independent of resolution;
*ideal* ones are centred and undistorted. Radial model rho_d = rho_u (1 + kap rho_u^2) with rho in half diagonals: kap
is the relative shift in the corner, and OpenCV's k1 = kap (f / HALF_DIAGONAL)^2.

Source: Hartley & Zisserman, *Multiple View Geometry*, 2nd ed., 7.4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

HALF_DIAGONAL = math.hypot(480.0, 270.0)
KAP_RANGE = (-0.12, 0.6)  # below, the radial model folds over inside the frame
NEAREST = 0.5  # metres in front of a camera from which on a place counts as in front


def distort(ideal: Array, kap: Array | float) -> Array:
    """Centred points (..., 2) from ideal ones; ``kap`` broadcasts against their leading axes."""
    square = (ideal[..., 0] ** 2 + ideal[..., 1] ** 2) / HALF_DIAGONAL**2
    shifted: Array = ideal * (1.0 + kap * square)[..., None]
    return shifted


def undistort(centred: Array, kap: Array | float) -> Array:
    """Ideal points (..., 2) from centred ones, by Newton's method on rho_d = rho_u (1 + kap rho_u^2).

    A point further out than the model reaches (kap < 0) is answered for the last radius that it does reach.
    """
    kap = np.asarray(kap, dtype=np.float64)
    seen = np.hypot(centred[..., 0], centred[..., 1]) / HALF_DIAGONAL
    limit = 0.98 * reach(kap) * (2.0 / 3.0)
    seen = np.minimum(seen, limit)
    rho = seen / (1.0 + kap * seen * seen)
    for _ in range(4):
        square = kap * rho * rho
        rho = rho - (rho * (1.0 + square) - seen) / (1.0 + 3.0 * square)
    ideal: Array = centred / (1.0 + kap * rho * rho)[..., None]
    return ideal


def reach(kap: Array | float) -> Array:
    """The relative ideal radius up to which the radial model is one to one: 1 / sqrt(-3 kap), infinite for kap >= 0."""
    kap = np.asarray(kap, dtype=np.float64)
    negative = kap < 0.0
    found: Array = np.where(negative, 1.0 / np.sqrt(np.where(negative, -3.0 * kap, 1.0)), np.inf)
    return found


@dataclass(frozen=True)
class Lens:
    """How ideal coordinates and the pixels of a frame of ``size`` (width, height) go into each other."""

    size: tuple[int, int]
    kap: float = 0.0

    @property
    def scale(self) -> float:
        """Centred units per pixel."""
        return HALF_DIAGONAL / math.hypot(self.size[0] / 2.0, self.size[1] / 2.0)

    @property
    def centre(self) -> Array:
        """The middle of the frame, (2,) pixels."""
        return np.array([(self.size[0] - 1) / 2.0, (self.size[1] - 1) / 2.0])

    def centred(self, pixels: Array) -> Array:
        """Centred coordinates of pixels (..., 2), distortion left in."""
        moved: Array = (pixels - self.centre) * self.scale
        return moved

    def ideal(self, pixels: Array) -> Array:
        """Ideal coordinates of pixels (..., 2)."""
        return undistort(self.centred(pixels), self.kap)

    def pixels(self, ideal: Array) -> Array:
        """Pixels of ideal coordinates (..., 2)."""
        moved: Array = distort(ideal, self.kap) / self.scale + self.centre
        return moved
