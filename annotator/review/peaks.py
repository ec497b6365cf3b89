"""The second thing that a heatmap could mean: two peaks of like height are a point that the network cannot tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from annotator.labels import Point

if TYPE_CHECKING:
    from model.heatmaps import Prediction

APART = 5
"""Cells from the first peak within which a hill is still the same one."""


@dataclass(frozen=True)
class Peak:
    """The second peak of a heatmap: ``ratio`` of its height to the first, ``position`` in pixels of the frame."""

    ratio: float
    position: Point


def second_peaks(prediction: Prediction, *, least: float) -> dict[str, Peak]:
    """The second peak of every keypoint seen with at least ``least`` confidence, by name.

    A second peak is the highest cell more than `APART` cells (in either direction) from the highest one.
    """
    maps = prediction.heatmaps[:-1]
    chosen = np.flatnonzero(prediction.confidence >= least)
    found: dict[str, Peak] = {}
    for channel in chosen:
        heat = maps[channel]
        width = heat.shape[1]
        row, column = divmod(int(heat.argmax()), width)
        first = int(heat[row, column])
        if first == 0:
            continue
        rest = heat.copy()
        rest[max(row - APART, 0) : row + APART + 1, max(column - APART, 0) : column + APART + 1] = 0
        other = int(rest.argmax())
        at_row, at_column = divmod(other, width)
        x = at_column * prediction.scale[0] + prediction.offset[0]
        y = at_row * prediction.scale[1] + prediction.offset[1]
        found[prediction.names[channel]] = Peak(int(rest[at_row, at_column]) / first, (x, y))
    return found
