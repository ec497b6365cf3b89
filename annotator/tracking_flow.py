"""Where points of one frame are in the next, for whatever moves by itself: dense flow, sharpened where it can be.

Every point has an answer: dense inverse search gives one everywhere, and where pyramidal Lucas-Kanade finds its way
there and back near it, its answer is taken, which is several times as exact (Kroeger et al., *Fast optical flow using
dense inverse search*, ECCV 2016; Bouguet 2000; Kalal et al., *Forward-backward error*, 2010).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.motion_track import flow, shrunk

__all__ = ["Flow", "still", "stream"]

Array = NDArray[np.float64]
Rgb = NDArray[np.uint8]
Flow = Callable[[Rgb, Rgb, Array], tuple[Array, NDArray[np.bool_]]]
"""Where places (N, 2) of the first picture are in the second, (N, 2), every one with an answer; and which are sure."""

WINDOW, LEVELS = (21, 21), 4
NEAR = 4.0  # pixels at the size tracked by which the two may differ


def still(last: Rgb, rgb: Rgb, places: Array) -> tuple[Array, NDArray[np.bool_]]:
    """No motion at all: for frames without pictures."""
    return places, np.ones(len(places), dtype=np.bool_)


def stream(last: Rgb, rgb: Rgb, places: Array) -> tuple[Array, NDArray[np.bool_]]:
    """The flow from one frame to the next at some places, (N, 2) pixels, and where it found its way there and back.

    Raises
    ------
    ValueError
        If the frames differ in size.
    """
    import cv2

    if last.shape != rgb.shape:
        before, now = (f"{picture.shape[1]}x{picture.shape[0]}" for picture in (last, rgb))
        raise ValueError(f"a frame of {now} cannot follow one of {before}")
    if not len(places):
        return still(last, rgb, places)
    (one, scale), (two, _) = shrunk(last), shrunk(rgb)
    first, second = (
        np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.uint8) for picture in (one, two)
    )
    shift = 0.5 * (scale - 1.0)
    at = (places - shift) / scale
    dense: Array = at + _sampled(_dense(first, second), at)
    sharp, good = flow(first, second, at, window=WINDOW, levels=LEVELS)
    good &= np.linalg.norm(sharp - dense, axis=1) < NEAR
    moved: Array = np.where(good[:, None], sharp, dense) * scale + shift
    return moved, good


def _dense(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(H, W, 2) of the pictures' size."""
    import cv2

    nothing: Any = None
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    return np.asarray(search.calc(first, second, nothing), dtype=np.float32)


def _sampled(field: NDArray[np.float32], at: Array) -> Array:
    """The field between its pixels, bilinear; places outside take the nearest pixel's."""
    height, width = field.shape[:2]
    x = np.clip(at[:, 0], 0.0, width - 1.0)
    y = np.clip(at[:, 1], 0.0, height - 1.0)
    left, top = np.minimum(x.astype(int), max(width - 2, 0)), np.minimum(y.astype(int), max(height - 2, 0))
    right, down = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    u, v = (x - left)[:, None], (y - top)[:, None]
    upper = (1 - u) * field[top, left] + u * field[top, right]
    lower = (1 - u) * field[down, left] + u * field[down, right]
    return np.asarray((1 - v) * upper + v * lower, dtype=np.float64)
