"""What a heatmap layer shows: one channel, all of them, where the network cannot decide, or where it sees nothing.

Also the peaks of a channel: a second one nearly as high says that the network takes two places for the same keypoint.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from annotator.gui.view_settings import HeatmapLayer

if TYPE_CHECKING:
    from model.heatmaps import Prediction

# Peaks below this share of certainty are noise.
LEAST_PEAK = 0.05
# Two peaks nearer than this, in cells, are one.
APART = 3
# So many bits of doubt are shown at full strength: a choice among four.
MOST_BITS = 2.0


@dataclass(frozen=True)
class Peak:
    """A summit of a heatmap: its place in image pixels (the centre of its cell) and its value in 0..1."""

    x: float
    y: float
    value: float


def layer_of(prediction: Prediction, layer: HeatmapLayer, name: str | None) -> NDArray[np.uint8] | None:
    """The map (h, w) of this layer, of the keypoint ``name`` where it is one channel; None when there is none."""
    if layer is HeatmapLayer.ALL:
        return prediction.any_point
    if layer is HeatmapLayer.ENTROPY:
        return entropy(prediction.heatmaps)
    if layer is HeatmapLayer.BACKGROUND:
        return np.asarray(prediction.heatmaps[-1])
    if layer is HeatmapLayer.SELECTED and name in prediction.names:
        return prediction.heatmap_of(str(name))
    return None


def entropy(maps: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shannon entropy of each cell over the channels of ``maps`` (K + 1, h, w): (h, w) uint8, 255 is `MOST_BITS`.

    H = log2 S - (sum of v log2 v) / S with S the sum of the channels there, which need not be 1. Empty channels and
    rows cost nothing: most of a heatmap is zero.
    """
    values = np.arange(256, dtype=np.float32)
    weights = values * np.log2(np.maximum(values, 1.0))
    total = np.zeros(maps.shape[1:], dtype=np.float32)
    spread = np.zeros_like(total)
    for channel in maps:
        rows = np.flatnonzero(channel.any(axis=1))
        if len(rows) == 0:
            continue
        part = slice(int(rows[0]), int(rows[-1]) + 1)
        total[part] += channel[part]
        spread[part] += weights[channel[part]]
    safe = np.maximum(total, 1.0)
    bits = np.log2(safe) - spread / safe
    found: NDArray[np.uint8] = np.rint(np.clip(bits / MOST_BITS, 0.0, 1.0) * 255.0).astype(np.uint8)
    return found


def peaks_of(prediction: Prediction, name: str, *, most: int = 3) -> tuple[Peak, ...]:
    """The highest peaks of a keypoint's heatmap, highest first; none for a keypoint that the network does not know."""
    import cv2

    if name not in prediction.names:
        return ()
    heat = prediction.heatmap_of(name)
    side = 2 * APART + 1
    tops = (heat == cv2.dilate(heat, np.ones((side, side), np.uint8))) & (heat >= round(LEAST_PEAK * 255))
    rows, columns = np.nonzero(tops)
    order = np.argsort(-heat[rows, columns].astype(int), kind="stable")
    (sx, sy), (ox, oy) = prediction.scale, prediction.offset
    found: list[tuple[int, int]] = []
    for index in order:
        cell = (int(columns[index]), int(rows[index]))
        # A flat summit has several tops.
        if all(max(abs(cell[0] - x), abs(cell[1] - y)) > APART for x, y in found):
            found.append(cell)
        if len(found) == most:
            break
    return tuple(Peak(sx * x + ox, sy * y + oy, float(heat[y, x]) / 255.0) for x, y in found)


def rivalry(peaks: tuple[Peak, ...]) -> tuple[float, float] | None:
    """How high the second peak is beside the first, and how far away in image pixels; None without a second."""
    if len(peaks) < 2:
        return None
    first, second = peaks[:2]
    return second.value / first.value, math.hypot(second.x - first.x, second.y - first.y)
