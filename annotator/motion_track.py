"""How the background of a picture moves: one homography from a key frame to each of its neighbours.

Corners spread evenly over grass and lines, people left out, are followed by pyramidal Lucas-Kanade from the key frame,
warped to where it is expected, to the new frame and back; a robust homography corrects the expectation. As every step
looks at the key frame again, errors do not add up; only when little of it is left in view another frame takes its
place. A camera that turns and zooms where it stands moves all that stands still by one homography, and any camera moves
a plane by one.

Sources: Bouguet, *Pyramidal implementation of the Lucas Kanade feature tracker*, 2000; Shi & Tomasi, *Good features to
track*, 1994; Kalal et al., *Forward-backward error*, 2010; Barath et al., *MAGSAC++*, 2020.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.paint_profiles import green_excess

__all__ = ["LEAST_INLIERS", "Background", "Boxes", "Step"]

Array = NDArray[np.float64]
Boxes = NDArray[np.float64]
Rgb = NDArray[np.uint8]
Grey = NDArray[np.uint8]

LEAST_INLIERS = 0.4  # of the places tracked must move as one
WIDTH = 960  # pixels at which is tracked; larger frames are made smaller for it
COLUMNS, ROWS, PER_CELL = 8, 6, 8  # cells of a frame, and corners in each
FEWEST = 15  # corners
WINDOW = (15, 15)
LEVELS = 3
BACK = 0.7  # pixels by which a place may miss itself, there and back
NOISE = 1.0  # pixels: MAGSAC's upper limit
KEPT = 0.5  # share of its corners that must still be in view of the frame that is followed,
GROWN = 1.5  # and times that it may have grown or shrunk
GREEN = 0.06  # excess of green from which on a pixel is grass
GREEN_SHARE = 0.15  # of the frame that must be grass for grass alone to be looked at
SOLDER = 11  # pixels: white lines are narrower, people are wider
ALIKE = 0.5  # correlation of two pictures' colours below which they are of two shots
"""Pixels are those at which is tracked."""


@dataclass(frozen=True, eq=False)
class Step:
    """The motion to one frame: ``image_from_key`` (3, 3) pixels of the frame from those of the key frame.

    ``inliers`` is the share of the corners in view that follow it, ``residual`` their median distance in pixels to it,
    ``is_cut`` whether the picture looks like another shot's.
    """

    image_from_key: Array
    inliers: float
    residual: float
    is_cut: bool


@dataclass(frozen=True, eq=False)
class _View:
    """One frame made ready: grey, its colours' histogram, and the grass and lines in it where it was asked for."""

    grey: Grey
    colours: NDArray[np.float32]
    mask: NDArray[np.uint8]


class Background:
    """The background of a key frame, followed from frame to frame."""

    def __init__(self, rgb: Rgb, boxes: Boxes | None = None) -> None:
        height, width = rgb.shape[:2]
        self._shape = (height, width)
        self._scale = max(1.0, width / WIDTH)
        self._anchor = self._last = self._view(rgb, boxes)
        self._corners = _corners(self._anchor)
        self._anchor_from_key = np.eye(3)
        self._now_from_anchor = np.eye(3)
        self._pace = np.eye(3)

    def follow(self, rgb: Rgb, boxes: Boxes | None = None) -> Step:
        """The motion to the next frame; nothing is learned from a step with too few inliers.

        Raises
        ------
        ValueError
            If the frame is of another size than the key frame.
        """
        if rgb.shape[:2] != self._shape:
            raise ValueError(f"a frame of {rgb.shape[1]}x{rgb.shape[0]} follows one of another size")
        view = self._view(rgb, boxes)
        is_cut = _correlation(view.colours, self._last.colours) < ALIKE
        best = self._registered(view, self._pace @ self._now_from_anchor)
        if best[1] < LEAST_INLIERS:
            near = _tracked(self._last.grey, view.grey, _corners(self._last), np.eye(3))
            if near[1] >= LEAST_INLIERS:
                best = max(best, self._registered(view, near[0] @ self._now_from_anchor), key=lambda one: one[1])
        found, inliers, residual = best
        if inliers >= LEAST_INLIERS:
            self._pace = found @ np.linalg.inv(self._now_from_anchor)
            self._now_from_anchor, self._last = found, view
        step = Step(self._in_pixels(found @ self._anchor_from_key), inliers, residual * self._scale, is_cut)
        if inliers >= LEAST_INLIERS and self._is_far(found):
            self._settle()
        return step

    def _registered(self, view: _View, guess: Array) -> tuple[Array, float, float]:
        return _tracked(self._anchor.grey, view.grey, self._corners, guess)

    def _is_far(self, by: Array) -> bool:
        """Whether so little of the anchor is in view, or so much larger or smaller, that another should be taken."""
        to = _mapped(self._corners, by)
        height, width = self._last.grey.shape
        inside = ((to > 0.0) & (to < (width - 1, height - 1))).all(axis=1)
        growth = math.sqrt(abs(float(np.linalg.det(by[:2, :2] / by[2, 2]))))
        return bool(inside.mean() < KEPT) or not 1.0 / GROWN < growth < GROWN

    def _settle(self) -> None:
        """The last frame becomes the anchor."""
        corners = _corners(self._last)
        if len(corners) < FEWEST:
            return
        self._anchor, self._corners = self._last, corners
        self._anchor_from_key = self._now_from_anchor @ self._anchor_from_key
        self._now_from_anchor = np.eye(3)

    def _in_pixels(self, by: Array) -> Array:
        """A homography of tracked pixels as one of the frame's, pixel (0, 0) being the centre of the first one."""
        s = self._scale
        if s == 1.0:
            plain: Array = by / by[2, 2]
            return plain
        shift = 0.5 * (s - 1.0)
        up = np.array([[s, 0.0, shift], [0.0, s, shift], [0.0, 0.0, 1.0]])
        found = up @ by @ np.linalg.inv(up)
        scaled: Array = found / found[2, 2]
        return scaled

    def _view(self, rgb: Rgb, boxes: Boxes | None) -> _View:
        import cv2

        if self._scale > 1.0:
            size = (round(self._shape[1] / self._scale), round(self._shape[0] / self._scale))
            rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        small = np.ascontiguousarray(rgb[::4, ::4])
        colours = cv2.calcHist([small], [0, 1, 2], None, [8, 8, 8], [0, 256, 0, 256, 0, 256])
        spread = np.sqrt(np.asarray(colours, dtype=np.float32).ravel())
        return _View(grey, spread, _ground_mask(rgb, None if boxes is None else boxes / self._scale))


def _correlation(one: NDArray[np.float32], two: NDArray[np.float32]) -> float:
    return float(np.corrcoef(one, two)[0, 1])


def _ground_mask(rgb: Rgb, boxes: Boxes | None) -> NDArray[np.uint8]:
    """255 where grass and the lines on it are, people left out; all of the frame where there is little grass."""
    import cv2

    half = np.ascontiguousarray(rgb[::2, ::2])
    green = (green_excess(half.astype(np.float32)) > GREEN).astype(np.uint8)
    height, width = rgb.shape[:2]
    if green.mean() < GREEN_SHARE:
        mask = np.full((height, width), 255, np.uint8)
    else:
        size = SOLDER // 2 + 1
        closed = cv2.morphologyEx(green, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
        eroded = cv2.erode(closed, np.ones((3, 3), np.uint8))
        mask = np.asarray(cv2.resize(eroded * 255, (width, height), interpolation=cv2.INTER_NEAREST), dtype=np.uint8)
    mask[:8], mask[-8:], mask[:, :8], mask[:, -8:] = 0, 0, 0, 0
    for left, top, right, bottom in () if boxes is None else np.rint(boxes).astype(int):
        mask[max(0, top - 4) : max(0, bottom + 5), max(0, left - 4) : max(0, right + 5)] = 0
    return mask


def _corners(view: _View) -> Array:
    """Corners (N, 2), the best of every cell."""
    import cv2

    strength = np.asarray(cv2.cornerMinEigenVal(view.grey, 3, ksize=3), dtype=np.float32)
    peaks = (strength == cv2.dilate(strength, np.ones((7, 7), np.uint8))) & (view.mask > 0)
    y, x = np.nonzero(peaks)
    value = strength[y, x]
    if not len(value):
        return np.empty((0, 2))
    kept = value > 1e-3 * float(np.percentile(value, 99.0))
    y, x, value = y[kept], x[kept], value[kept]
    height, width = view.grey.shape
    cell = (y * ROWS // height) * COLUMNS + x * COLUMNS // width
    order = np.lexsort((-value, cell))
    rank = np.arange(len(order)) - np.searchsorted(cell[order], cell[order])
    chosen = order[rank < PER_CELL]
    return np.column_stack([x[chosen], y[chosen]]).astype(np.float64)


def _mapped(points: Array, by: Array) -> Array:
    seen = np.column_stack([points, np.ones(len(points))]) @ by.T
    with np.errstate(all="ignore"):
        moved: Array = np.where(seen[:, 2:] > 1e-9, seen[:, :2] / seen[:, 2:], np.nan)
    return moved


def _flow(one: NDArray[Any], two: NDArray[Any], at: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[Any]]:
    """Where places (N, 1, 2) of one picture are in the other, and whether they were found (N, 1)."""
    import cv2

    start: Any = None
    to, seen, _ = cv2.calcOpticalFlowPyrLK(one, two, at, start, winSize=WINDOW, maxLevel=LEVELS, criteria=(3, 20, 0.01))
    return np.asarray(to, dtype=np.float32), np.asarray(seen)


def _tracked(anchor: Grey, grey: Grey, corners: Array, guess: Array) -> tuple[Array, float, float]:
    """The homography from the anchor to a frame near ``guess``, the share of corners that follow it, their residual."""
    import cv2

    height, width = grey.shape
    there = _mapped(corners, guess)
    inside = np.nan_to_num((there > 8.0) & (there < (width - 9, height - 9)), nan=0.0).all(axis=1)
    if inside.sum() < FEWEST:
        return guess, 0.0, math.inf
    at = there[inside].astype(np.float32)[:, None]
    warped = np.asarray(cv2.warpPerspective(anchor, guess, (width, height), borderMode=cv2.BORDER_REPLICATE))
    to, seen = _flow(warped, grey, at)
    back, again = _flow(grey, warped, to)
    good = (seen[:, 0] == 1) & (again[:, 0] == 1) & (np.linalg.norm((back - at)[:, 0], axis=1) < BACK)
    if good.sum() < FEWEST:
        return guess, 0.0, math.inf
    one, two = at[good, 0].astype(np.float64), to[good, 0].astype(np.float64)
    by, agrees = cv2.findHomography(one, two, cv2.USAC_MAGSAC, NOISE, maxIters=2000, confidence=0.999)
    if by is None or np.sum(agrees) < FEWEST:
        return guess, 0.0, math.inf
    step = np.asarray(by, dtype=np.float64)
    off = np.linalg.norm(_mapped(one, step) - two, axis=1)[np.asarray(agrees)[:, 0] > 0]
    found: Array = step @ guess
    return found / found[2, 2], float(np.sum(agrees)) / float(inside.sum()), float(np.median(off))
