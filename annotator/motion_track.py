"""How the background of a picture moves: one homography from a key frame to each of its neighbours.

Corners spread evenly over grass and lines, people left out, are followed by pyramidal Lucas-Kanade from a frame
settled on, warped to where it is expected, to the new frame and back; a robust homography of what the lens has not bent
says how all of it moved. As every step looks at the settled frame again, errors do not add up; only when little of that
is left in view another takes its place. A camera that turns and zooms where it stands moves all that stands still by
one homography, and any camera moves a plane by one (HZ 13.1, 8.4).

Sources: Hartley & Zisserman, *Multiple View Geometry*, 2nd ed. (HZ); Bouguet, *Pyramidal implementation of the Lucas
Kanade feature tracker*, 2000; Shi & Tomasi, *Good features to track*, 1994; Kalal et al., *Forward-backward error*,
2010; Barath et al., *MAGSAC++*, 2020.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.lens import Lens
from annotator.paint_profiles import green_excess

__all__ = [
    "ALIKE", "LEAST_INLIERS", "Background", "Boxes", "Step", "colours_of", "correlation", "flow", "ground_mask",
    "shrunk",
]  # fmt: skip

Array = NDArray[np.float64]
Boxes = NDArray[np.float64]
Rgb = NDArray[np.uint8]
Grey = NDArray[np.uint8]

LEAST_INLIERS = 0.4  # of the places tracked must move as one
COLLAPSE = 0.2  # of them, from one frame to the next, means another shot
WIDTH = 960  # pixels at which is tracked; larger frames are made smaller for it
COLUMNS, ROWS, PER_CELL = 8, 6, 8  # cells of a frame, and corners in each
FEWEST = 15  # corners
WEAKEST = 0.001  # of the strength of the strongest corners
WINDOW = (31, 31)  # pixels: less, and where grass has little texture noise and the blocks of compression win
LEVELS = 3
BACK = 0.7  # pixels by which a place may miss itself, there and back
NOISE = 1.0  # pixels: MAGSAC's upper limit
NEAR = 1.5  # pixels from the common motion within which a place follows it
FOUND = 0.2  # share of the places that must be found again at all: with fewer, those that were count for less
GRID, FEWEST_ON_GRID = (9, 6), 8  # places of a frame by which a motion is told in pixels
KEPT = 0.6  # share of its corners that must still be in view of the frame that is followed,
FADED = 0.6  # times the largest share of them that was found again,
GROWN = 1.4  # and times that it may have grown or shrunk
GREEN = 0.06  # excess of green from which on a pixel is grass
GREEN_SHARE = 0.15  # of the frame that must be grass for grass alone to be looked at
SOLDER = 11  # pixels: white lines are narrower, people are wider
RIM = 8  # pixels of a frame's edge that are not looked at
ALIKE = 0.5  # correlation of two pictures' colours below which they are of two shots


@dataclass(frozen=True, eq=False)
class Step:
    """The motion to one frame, in ideal units (``annotator.lens``): ``by`` (3, 3) from the frame settled on.

    ``pairs`` are the corners that follow it, in both frames, (N, 2) twice, ``tracked`` all that were found again;
    ``inliers`` is their share of those in view, ``residual`` their median distance to it;
    ``is_cut`` says whether the picture looks like another shot's, ``anew`` that the frame before this one was settled
    on for it, and ``is_far`` that this one should be for the next.
    """

    by: Array
    pairs: tuple[Array, Array]
    tracked: tuple[Array, Array]
    inliers: float
    residual: float
    is_cut: bool = False
    anew: bool = False
    is_far: bool = False


@dataclass(frozen=True, eq=False)
class _View:
    """One frame made ready: grey, its colours, the grass and lines in it, and how much its lens bends."""

    grey: Grey
    colours: NDArray[np.float32]
    mask: NDArray[np.uint8]
    lens: Lens


@dataclass(frozen=True, eq=False)
class _Match:
    """A registration: by in ideal units and in pixels, the share of inliers and their residual."""

    by: Array
    in_pixels: Array
    pairs: tuple[Array, Array]
    tracked: tuple[Array, Array]
    inliers: float
    residual: float
    found: float


class Background:
    """The background of a frame, followed from frame to frame.

    ``kap`` is the radial term of the lens in each frame as far as it is known, 0 where it is not.
    """

    def __init__(self, rgb: Rgb, boxes: Boxes | None = None, *, kap: float = 0.0) -> None:
        self._shape = rgb.shape[:2]
        self._anchor = self._last = self._view(rgb, boxes, kap)
        self._corners = _corners(self._anchor)
        self._now = self._before = np.eye(3)  # pixels of the last frame, and the one before, from those of the anchor
        self._pace = np.eye(3)
        self._inliers, self._best = 1.0, 0.0

    def follow(self, rgb: Rgb, boxes: Boxes | None = None, *, kap: float = 0.0) -> Step:
        """The motion to the next frame; nothing is learned from a step with too few inliers.

        Raises
        ------
        ValueError
            If the frame is of another size than the key frame.
        """
        if rgb.shape[:2] != self._shape:
            raise ValueError(f"a frame of {rgb.shape[1]}x{rgb.shape[0]} follows one of another size")
        view, anew = self._view(rgb, boxes, kap), False
        found = _registered(self._anchor, view, self._corners, self._pace @ self._now)
        if found.inliers < LEAST_INLIERS and self._last is not self._anchor:
            near = _registered(self._last, view, corners := _corners(self._last), np.eye(3))
            if near.inliers > found.inliers:
                found, anew = near, True
                if near.inliers >= LEAST_INLIERS:
                    self._anchor, self._corners, self._now = self._last, corners, np.eye(3)
        alike = correlation(view.colours, self._last.colours)
        if found.inliers < LEAST_INLIERS:
            is_cut = alike < ALIKE or (self._inliers >= LEAST_INLIERS and found.inliers < COLLAPSE)
            return Step(found.by, found.pairs, found.tracked, found.inliers, found.residual, is_cut=is_cut, anew=anew)
        self._pace, self._before = found.in_pixels @ np.linalg.inv(self._now), self._now
        self._now, self._last, self._inliers = found.in_pixels, view, found.inliers
        self._best = found.found if anew else max(found.found, self._best)
        is_far = self._is_far(found.found)
        return Step(found.by, found.pairs, found.tracked, found.inliers, found.residual, anew=anew, is_far=is_far)

    def correct(self, by: Array, kap: float) -> None:
        """The motion (3, 3) in ideal units to the last frame as it is known better now: the next is sought from there.

        ``kap`` is the radial term of the lens in the last frame.
        """
        import cv2

        width, height = self._last.lens.size
        x, y = np.meshgrid(np.linspace(0.0, width - 1.0, GRID[0]), np.linspace(0.0, height - 1.0, GRID[1]))
        here = np.column_stack([x.ravel(), y.ravel()])
        there = Lens(self._last.lens.size, kap).pixels(_mapped(self._anchor.lens.ideal(here), by))
        near = np.nan_to_num(np.abs(there - self._last.lens.centre) < (width, height), nan=0.0).all(axis=1)
        if near.sum() < FEWEST_ON_GRID:
            return
        found, _ = cv2.findHomography(here[near], there[near], 0)
        if found is not None:
            self._now = np.asarray(found, dtype=np.float64)
            self._pace = self._now @ np.linalg.inv(self._before)

    def settle(self, kap: float) -> None:
        """From now on the last frame is looked back at, whose lens is better known now; unless it has no corners."""
        corners = _corners(self._last)
        if len(corners) >= FEWEST:
            last = self._last
            self._anchor = self._last = _View(last.grey, last.colours, last.mask, Lens(last.lens.size, kap))
            self._corners, self._now, self._best = corners, np.eye(3), 0.0

    def _is_far(self, found: float) -> bool:
        """Whether so little of the anchor is in view or found again, or so much larger or smaller, that it is left."""
        if found < FADED * self._best:
            return True
        to = _mapped(self._corners, self._now)
        height, width = self._last.grey.shape
        inside = np.nan_to_num((to > 0.0) & (to < (width - 1, height - 1)), nan=0.0).all(axis=1)
        middle = np.array([0.5 * width, 0.5 * height, 1.0])
        depth = float(self._now[2] @ middle)
        growth = math.sqrt(abs(float(np.linalg.det(self._now)) / depth**3)) if depth else math.inf
        return bool(inside.mean() < KEPT) or not 1.0 / GROWN < growth < GROWN

    def _view(self, rgb: Rgb, boxes: Boxes | None, kap: float) -> _View:
        import cv2

        small, scale = shrunk(rgb)
        grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        mask = ground_mask(small, None if boxes is None else boxes / scale)
        return _View(grey, colours_of(small), mask, Lens((grey.shape[1], grey.shape[0]), kap))


def shrunk(rgb: Rgb) -> tuple[Rgb, float]:
    """A frame at the size at which it is tracked, and how many of its pixels one of that is."""
    import cv2

    height, width = rgb.shape[:2]
    scale = width / WIDTH
    if scale <= 1.0:
        return rgb, 1.0
    smaller = cv2.resize(rgb, (WIDTH, round(height / scale)), interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, dtype=np.uint8), scale


def colours_of(rgb: Rgb) -> NDArray[np.float32]:
    """How often each colour is in a picture, (512,): square roots, so that one colour does not drown all others."""
    import cv2

    sparse = np.ascontiguousarray(rgb[::4, ::4])
    counts = cv2.calcHist([sparse], [0, 1, 2], None, [8, 8, 8], [0, 256, 0, 256, 0, 256])
    return np.sqrt(np.asarray(counts, dtype=np.float32).ravel())


def correlation(one: NDArray[np.float32], two: NDArray[np.float32]) -> float:
    """How alike the colours of two pictures are: 1 for the same, below ``ALIKE`` for two shots."""
    return float(np.corrcoef(one, two)[0, 1])


def ground_mask(rgb: Rgb, boxes: Boxes | None) -> NDArray[np.uint8]:
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
    mask[:RIM], mask[-RIM:], mask[:, :RIM], mask[:, -RIM:] = 0, 0, 0, 0
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
    kept = value > WEAKEST * float(np.percentile(value, 99.0))
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


def flow(
    one: NDArray[Any], two: NDArray[Any], at: Array, *, window: tuple[int, int] = WINDOW, levels: int = LEVELS
) -> tuple[Array, NDArray[np.bool_]]:
    """Where places (N, 2) of one grey picture are in the other, (N, 2), and which of them find their way back (N,)."""
    import cv2

    nothing: Any = None
    places = at.astype(np.float32)[:, None]
    how: dict[str, Any] = {"winSize": window, "maxLevel": levels, "criteria": (3, 20, 0.01)}
    to, seen, _ = cv2.calcOpticalFlowPyrLK(one, two, places, nothing, **how)
    back, again, _ = cv2.calcOpticalFlowPyrLK(two, one, to, nothing, **how)
    miss = np.linalg.norm(np.asarray(back - places)[:, 0], axis=1)
    good = (np.asarray(seen)[:, 0] == 1) & (np.asarray(again)[:, 0] == 1) & (miss < BACK)
    return np.asarray(to, dtype=np.float64)[:, 0], good


def _registered(anchor: _View, view: _View, corners: Array, guess: Array) -> _Match:
    """The homography from the anchor to a frame near ``guess``, a homography of their pixels."""
    import cv2

    none = np.empty((0, 2)), np.empty((0, 2))
    nothing = _Match(np.eye(3), guess, none, none, 0.0, math.inf, 0.0)
    height, width = view.grey.shape
    there = _mapped(corners, guess)
    limit = (width - 1 - RIM, height - 1 - RIM)
    inside = np.nan_to_num((there > RIM) & (there < limit), nan=0.0).all(axis=1)
    if inside.sum() < FEWEST:
        return nothing
    edge = cv2.BORDER_REPLICATE
    warped = np.asarray(cv2.warpPerspective(anchor.grey, guess, (width, height), borderMode=edge), dtype=np.uint8)
    to, good = flow(warped, view.grey, there[inside])
    if good.sum() < FEWEST:
        return nothing
    first, second = corners[inside][good], to[good]
    one, two = anchor.lens.ideal(first), view.lens.ideal(second)
    by, agrees = cv2.findHomography(one, two, cv2.USAC_MAGSAC, NOISE, maxIters=2000, confidence=0.999)
    kept = np.asarray(agrees).ravel() > 0
    if by is None or kept.sum() < FEWEST:
        return nothing
    plain, _ = cv2.findHomography(first[kept], second[kept], 0)
    if plain is None:
        return nothing
    off = np.linalg.norm(_mapped(one, np.asarray(by, dtype=np.float64)) - two, axis=1)
    near = np.nan_to_num(off, nan=np.inf) < NEAR
    found = float(good.sum()) / float(inside.sum())
    share = float(near.sum()) / float(good.sum()) * min(1.0, found / FOUND)
    matrices = np.asarray(by, np.float64), np.asarray(plain, np.float64)
    return _Match(*matrices, (one[near], two[near]), (one, two), share, float(np.median(off[kept])), found)
