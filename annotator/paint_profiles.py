"""White paint seen across a curve: brightness profiles along its normals and the narrow bright ridges in them.

A ridge is paint when it is narrower than ``WIDEST``, stands out of both of its sides in the darkest of its three
colours (white top-hat along the profile; Soille, *Morphological Image Analysis*, 2004, 4.5: grass, boards in one
colour and shirts are dark in at least one), and, for markings on the ground, has grass on both sides.

All lengths are pixels of a frame of 540 rows and grow with the frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Map = NDArray[np.float32]
Index = NDArray[np.intp]

REACH = 18.0  # how far to either side paint is looked for
ROOM = 7.0  # beyond, for the background of what lies at the end of that
STEP = 0.5
WIDEST = 9.0  # a ridge that is wider is no line
LEAST_HEIGHT = 12.0  # grey levels over its surroundings
RIDGES = 5  # of a profile that are kept, the highest
BESIDE = (1.0, 3.5)  # from the edges of a ridge outward, where its sides are judged
ONE_SIDED = 0.1  # of the weight of paint keeps a ridge with grass on one side only: the edge of a board, a sock
FAINTEST = 0.5  # of the usual greenness of a frame's grass is grass still
GREEN_SHARE = 0.15  # of the frame that must be grass for grass to be asked of a ridge's sides


@dataclass(frozen=True, eq=False)
class PaintField:
    """A frame made ready for snapping, once: ``rgb`` (H, W, 3) uint8, pixels per pixel of 540 rows, and its grass.

    ``greenness`` is the least excess of green over the other colours, as a share of their sum, that counts as grass in
    this frame; None where the frame has too little grass to tell.
    """

    rgb: NDArray[np.uint8]
    scale: float
    greenness: float | None

    @classmethod
    def of(cls, rgb: NDArray[np.uint8]) -> PaintField:
        """The field of a frame.

        Raises
        ------
        ValueError
            If ``rgb`` is not (H, W, 3) uint8.
        """
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
            raise ValueError(f"a frame is (H, W, 3) uint8, not {rgb.shape} {rgb.dtype}")
        step = max(1, rgb.shape[0] // 90)
        excess = green_excess(rgb[::step, ::step].astype(np.float32))
        green = excess > 0.06
        usual = float(np.median(excess[green])) * FAINTEST if green.mean() >= GREEN_SHARE else None
        return cls(np.ascontiguousarray(rgb), rgb.shape[0] / 540.0, usual)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.rgb.shape[1], self.rgb.shape[0]


def green_excess(rgb: Map) -> Map:
    """(2 G - R - B) / (R + G + B) of colours (..., 3): 0 for greys, over a tenth for grass."""
    total = rgb.sum(axis=-1)
    found: Map = (3.0 * rgb[..., 1] - total) / np.maximum(total, 24.0)
    return found


@dataclass(frozen=True, eq=False)
class Ridges:
    """What looks like paint across N places of a curve.

    ``offset`` (N, RIDGES) pixels along the normal, NaN where there is no more; ``weight`` (N, RIDGES) between 0 and 1;
    ``usable`` (N,) whether the place is in the frame; ``width`` (N, RIDGES) pixels.
    """

    offset: Array
    weight: Array
    usable: NDArray[np.bool_]
    width: Array

    def kept(self, low: Array, high: Array) -> Ridges:
        """Only those between ``low`` and ``high`` (N,)."""
        with np.errstate(invalid="ignore"):
            fits = (self.offset > low[:, None]) & (self.offset < high[:, None])
        return Ridges(
            np.where(fits, self.offset, np.nan), np.where(fits, self.weight, 0.0), self.usable, self.width
        )


def ridges_across(field: PaintField, places: Array, normals: Array, *, reach: float, on_grass: bool) -> Ridges:
    """The ridges of paint across ``places`` (N, 2), within ``reach`` pixels along unit ``normals`` (N, 2)."""
    import cv2

    step = STEP * field.scale
    half = int(np.ceil((reach + ROOM * field.scale) / step))
    along = np.asarray(np.arange(-half, half + 1) * step, dtype=np.float64)
    colours = _sampled(field, places, normals, along)
    bright = colours.min(axis=2)
    smooth = cv2.GaussianBlur(bright, (0, 0), sigmaX=0.8 / STEP, sigmaY=1e-3, borderType=cv2.BORDER_REPLICATE)
    length = 2 * round((WIDEST + 4.0) / STEP / 2.0) + 1
    hat = np.asarray(cv2.morphologyEx(smooth, cv2.MORPH_TOPHAT, np.ones((1, length), np.uint8)), dtype=np.float32)
    width, height = field.size
    usable = np.asarray(((places >= -0.5) & (places <= (width - 0.5, height - 0.5))).all(axis=1))
    rows, columns = _peaks(hat, abs(along) <= reach, usable)
    found = _measured(field, colours, hat, (rows, columns), on_grass)
    return _highest(found, along, len(places), usable)


def _sampled(field: PaintField, places: Array, normals: Array, along: Array) -> Map:
    """Colours (N, M, 3) at M distances along each normal."""
    import cv2

    x = (places[:, :1] + normals[:, :1] * along).astype(np.float32)
    y = (places[:, 1:] + normals[:, 1:] * along).astype(np.float32)
    taken: Map = cv2.remap(field.rgb, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    return taken


def _peaks(hat: Map, within: NDArray[np.bool_], usable: NDArray[np.bool_]) -> tuple[Index, Index]:
    """Rows and columns of the local maxima that stand out of their profile."""
    limit = np.maximum(LEAST_HEIGHT, 2.0 * np.median(hat, axis=1, keepdims=True) + 3.0)
    tall = (hat >= limit) & within & usable[:, None]
    tall[:, 1:] &= hat[:, 1:] > hat[:, :-1]
    tall[:, :-1] &= hat[:, :-1] >= hat[:, 1:]
    tall[:, [0, -1]] = False
    rows, columns = np.nonzero(tall)
    return rows, columns


@dataclass(frozen=True, eq=False)
class _Found:
    rows: Index
    middle: Array
    width: Array
    weight: Array


def _measured(
    field: PaintField, colours: Map, hat: Map, peaks: tuple[Index, Index], on_grass: bool
) -> _Found:
    """Middle and width of each peak at half its height, in samples and pixels, and how much it looks like paint."""
    (rows, columns), step = peaks, STEP * field.scale
    own = hat[rows]
    height = own[np.arange(len(rows)), columns]
    low = own < 0.5 * height[:, None]
    index = np.arange(hat.shape[1])
    left = np.where(low & (index < columns[:, None]), index, -1).max(axis=1)
    right = np.where(low & (index > columns[:, None]), index, len(index)).min(axis=1)
    good = (left >= 0) & (right < len(index))
    rows, columns, own, height = rows[good], columns[good], own[good], height[good]
    left, right = left[good], right[good]
    at = np.arange(len(rows))
    first = left + (0.5 * height - own[at, left]) / np.maximum(own[at, left + 1] - own[at, left], 1e-6)
    last = right - (0.5 * height - own[at, right]) / np.maximum(own[at, right - 1] - own[at, right], 1e-6)
    width = (last - first) * step
    weight = np.clip(height / 40.0, 0.3, 1.0) * (width <= WIDEST * field.scale)
    if on_grass and field.greenness is not None and len(rows):
        weight = weight * _grass_beside(field, colours, rows, first, last, step)
    return _Found(rows, 0.5 * (first + last), width, weight)


def _grass_beside(field: PaintField, colours: Map, rows: Index, first: Array, last: Array, step: float) -> Array:
    """1 with grass on both sides of a ridge, ``ONE_SIDED`` with grass on one, 0 with none."""
    assert field.greenness is not None
    out = np.linspace(BESIDE[0], BESIDE[1], 4) * field.scale / step
    sides = []
    for edge, way in ((first, -1.0), (last, 1.0)):
        columns = np.clip(np.rint(edge[:, None] + way * out).astype(int), 0, colours.shape[1] - 1)
        beside = np.median(green_excess(colours[rows[:, None], columns]), axis=1)
        sides.append(beside >= field.greenness)
    return np.where(sides[0] & sides[1], 1.0, np.where(sides[0] | sides[1], ONE_SIDED, 0.0))


def _highest(found: _Found, along: Array, count: int, usable: NDArray[np.bool_]) -> Ridges:
    """The ``RIDGES`` best of every profile."""
    offset = np.full((count, RIDGES), np.nan)
    weight, width = np.zeros((count, RIDGES)), np.zeros((count, RIDGES))
    order = np.lexsort((-found.weight, found.rows))
    rows = found.rows[order].astype(int)
    rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
    kept = (rank < RIDGES) & (found.weight[order] > 0.0)
    rows, rank, order = rows[kept], rank[kept], order[kept]
    offset[rows, rank] = np.interp(found.middle[order], np.arange(len(along)), along)
    weight[rows, rank], width[rows, rank] = found.weight[order], found.width[order]
    return Ridges(offset, weight, usable, width)
