"""Lines too faint for one profile: far ones, a few grey levels over the grass, seen where many profiles agree.

A line keeps its place across neighbouring profiles and noise does not: profiles are averaged along the line before a
ridge is sought in them, near where the line is expected only, and what is found counts only where most of it lies on
one smooth curve.

Source: the matched filter of a straight edge (Canny, *A computational approach to edge detection*, 1986, IV: the
longer the operator along an edge, the better it sees a weak one).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from annotator.paint_profiles import STEP, WIDEST, PaintField

__all__ = ["FAINT_WEIGHT", "faint_line"]

Array = NDArray[np.float64]

REACH = 4.0  # pixels of 540 rows to either side of where the line is expected
TOGETHER = 7  # profiles that are averaged
LEAST_HEIGHT = 3.5  # grey levels of the mean over its surroundings
STANDS_OUT = 2.5  # times the usual height of what else is there
AGREE = 1.0  # pixels of 540 rows about the curve through all of them
AGREEING = 0.6  # of the profiles must
FEWEST = 10
FAINT_WEIGHT = 0.25  # of a profile: neighbours share what they saw


def faint_line(paint: PaintField, places: Array, normals: Array) -> Array:
    """How far (N,) along each of ``normals`` (N, 2) a faint line lies from ``places`` (N, 2) along it, NaN where none.

    All NaN where too few agree. Pixels of the frame.
    """
    import cv2

    nothing = np.full(len(places), np.nan)
    if len(places) < FEWEST:
        return nothing
    step = STEP * paint.scale
    half = int(np.ceil((REACH + WIDEST) / STEP))
    along = np.arange(-half, half + 1) * step
    x = (places[:, :1] + normals[:, :1] * along).astype(np.float32)
    y = (places[:, 1:] + normals[:, 1:] * along).astype(np.float32)
    seen = np.asarray(cv2.remap(paint.rgb, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
    darkest = seen.min(axis=2).astype(np.float32)
    # The mean leaves out what hides the line in one profile: a player is far brighter or darker than his neighbours.
    middle = np.median(darkest, axis=1, keepdims=True)
    level = cv2.blur(np.clip(darkest - middle, -12.0, 12.0), (1, TOGETHER), borderType=cv2.BORDER_REPLICATE)
    smooth = cv2.GaussianBlur(level, (0, 0), sigmaX=0.8 / STEP, sigmaY=1e-3, borderType=cv2.BORDER_REPLICATE)
    length = 2 * round(WIDEST / STEP / 2.0) + 1
    hat = np.asarray(cv2.morphologyEx(smooth, cv2.MORPH_TOPHAT, np.ones((1, length), np.uint8)), dtype=np.float64)
    near = np.where(np.abs(along) <= REACH * paint.scale, hat, -1.0)
    best = near.argmax(axis=1)
    rows = np.arange(len(best))
    height = hat[rows, best]
    shown = (height >= LEAST_HEIGHT) & (height >= STANDS_OUT * np.median(hat, axis=1))
    shown &= (best > 0) & (best < len(along) - 1)
    if shown.sum() < max(FEWEST // 2, AGREEING * len(places)):
        return nothing
    left, right = (hat[rows, np.clip(best + way, 0, len(along) - 1)] for way in (-1, 1))
    bend = left - 2.0 * height + right
    offset = along[best] + step * np.where(bend < -1e-9, 0.5 * (left - right) / np.minimum(bend, -1e-9), 0.0)
    return _agreeing(offset, shown, AGREE * paint.scale)


def _agreeing(offset: Array, shown: NDArray[np.bool_], near: float) -> Array:
    """The offsets near a straight line through most of them, NaN elsewhere; all NaN where too few are."""
    at = np.linspace(-1.0, 1.0, len(offset))
    kept = shown
    for _ in range(3):
        if kept.sum() < FEWEST // 2:
            break
        line = np.polynomial.Polynomial.fit(at[kept], offset[kept], 1, domain=[-1, 1])
        kept = shown & (np.abs(offset - line(at)) < near)
    enough = kept.sum() >= max(FEWEST // 2, AGREEING * len(offset))
    return np.where(kept & enough, offset, np.nan)
