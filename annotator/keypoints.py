"""Every keypoint of a frame, with where it comes from: labels, geometry and prediction resolved into one answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from annotator.labels import Origin, Point, Visibility


class Source(Enum):
    """Where the position of a keypoint comes from, in falling priority."""

    PLACED = "placed"
    CONSTRUCTED = "constructed"
    PROJECTED = "projected"
    PREDICTED = "predicted"


@dataclass(frozen=True)
class Keypoint:
    """One resolved keypoint; ``position`` is None when nothing gives it one.

    ``visibility`` is what a person said, else VISIBLE for a point inside the frame and ABSENT for one outside or
    without a position. ``parents`` names what a constructed point follows from (markings, or a marking and a
    keypoint). ``confidence`` is the network's at this point (None without a prediction), ``predicted`` where the
    network saw it whether or not that is what is shown. ``sd`` is the standard deviation in pixels of the position
    along its worst direction, ``residual`` the distance in pixels between a placed point and where geometry
    would have it. ``origin`` is set for placed points.
    """

    name: str
    position: Point | None = None
    source: Source | None = None
    visibility: Visibility = Visibility.ABSENT
    parents: tuple[str, ...] = ()
    confidence: float | None = None
    sd: float | None = None
    residual: float | None = None
    inside: bool = False
    predicted: Point | None = None
    origin: Origin | None = None


@dataclass(frozen=True, eq=False)
class Curve:
    """A marking as fitted through its clicks: ``path`` (N, 2) pixels; ``rms`` of the clicks about it in pixels.

    ``path`` is empty and ``rms`` None while the clicks do not determine the marking; ``reason`` then says why.
    """

    name: str
    path: NDArray[np.float64]
    rms: float | None = None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Resolved:
    """The answer for one frame.

    ``keypoints`` holds every keypoint of the scheme in its order; ``curves`` the drawn markings as fitted;
    ``ghost`` the whole pitch as the solution projects it, one (N, 2) path in pixels per marking part in view, empty
    without a solution; ``image_from_pitch`` the ground homography (3, 3), metres to pixels, or None; ``status`` one
    short sentence on what the geometry knows ("", or why nothing is determined yet).
    """

    keypoints: Mapping[str, Keypoint]
    curves: Mapping[str, Curve] = field(default_factory=dict)
    ghost: Mapping[str, tuple[NDArray[np.float64], ...]] = field(default_factory=dict)
    image_from_pitch: NDArray[np.float64] | None = None
    status: str = ""
