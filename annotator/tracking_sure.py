"""Whether a point that the flow moved is still the one it was: it looks as it did, and found its way there and back.

Behind somebody else the flow holds on to the one in front. The colour round a point gives that away where the two
differ; such a point goes along with the body it belongs to, and is not sure until it looks as it did again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Tints", "fits", "learned"]

Array = NDArray[np.float64]
Rgb = NDArray[np.uint8]

REACH = 0.012
"""Of the height of a picture: the sides of the square round a point whose mean colour is its tint."""
LEAST_REACH = 3
FAR = 30.0
"""Levels by which a tint may differ (Euclidean, RGB of 0..255) and still be the same."""
LEARNING = 0.1
"""How much of what is seen now goes into a tint that fits: light changes slowly."""


class Tints:
    """The mean colours round the places of one picture, (H, W, 3) RGB."""

    def __init__(self, rgb: Rgb) -> None:
        import cv2

        reach = max(LEAST_REACH, round(REACH * rgb.shape[0])) | 1
        self._mean = np.asarray(cv2.blur(rgb, (reach, reach)))

    def at(self, places: Array) -> Array:
        """(N, 3) levels at places (N, 2); NaN outside the picture."""
        height, width = self._mean.shape[:2]
        found = np.full((len(places), 3), np.nan)
        with np.errstate(invalid="ignore"):
            inside = (
                (places >= -0.5).all(axis=1) & (places[:, 0] <= width - 0.5) & (places[:, 1] <= height - 0.5)
            )
        x, y = np.rint(places[inside]).astype(int).T
        found[inside] = self._mean[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
        return found


def fits(known: Array, now: Array) -> NDArray[np.bool_]:
    """Which tints (N, 3) are still the ones that they were; where one is not known nothing speaks against it."""
    apart = np.linalg.norm(known - now, axis=1)
    return np.asarray(~(apart > FAR))


def learned(known: Array, now: Array) -> Array:
    """Tints (N, 3) that fit, brought a little nearer to what is seen now."""
    blended = (1.0 - LEARNING) * known + LEARNING * now
    return np.where(np.isfinite(known) & np.isfinite(now), blended, known)
