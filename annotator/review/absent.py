"""Points that a frame should have and has not: what the camera has in view, or the network sees, and nobody said.

How sure it is that a point is absent by mistake is a number from 0 to 1: full where the network sees a point about
where the camera fitted to the others has it, half where the camera alone has it in view. Of labels it counts less where
the other points of the same markings are absent too: a marking that nobody drew is a decision, one point of it left out
is a slip. What is usual in a project is not known here, see `annotator.review.queue`.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import TYPE_CHECKING

import numpy as np

from annotator.keypoints import Keypoint, Resolved, Source
from annotator.labels import Instance, Point
from annotator.pitch import KEYPOINTS, ConicCrossing, Construction, Crossing, Tangent

if TYPE_CHECKING:
    from model.heatmaps import Prediction

__all__ = ["surely_in_view", "unlabelled", "unseen"]

WIDTH = 960.0
WELL_KNOWN, KNOWN = 4.0, 15.0
"""Deviation, pixels of a 960 wide frame, up to which geometry says that a point is in view: alone, and with a second
witness."""
WELL_INSIDE = 12.0
STRONG, UNDOUBTED = 0.5, 0.7
"""Confidence that makes the network a witness: where geometry says the same, and where it says nothing."""
PEAK_SD, GATE = 4.0, 3.0
"""What a peak is usually off by, pixels of a 960 wide frame, and combined deviations within which two agree."""
ONLY_CAMERA, ONLY_NETWORK = 0.5, 0.75
ALONE = 0.5
"""What counts of a point whose whole markings are unlabelled."""


def _markings(construction: Construction) -> frozenset[str]:
    match construction:
        case Crossing(first=first, second=second):
            return frozenset({first, second})
        case ConicCrossing(circle=circle, line=line):
            return frozenset({circle, line})
        case Tangent(circle=circle):
            return frozenset({circle})
        case _:
            return frozenset()


_ON = {name: _markings(point.construction) for name, point in KEYPOINTS.items()}
_BESIDE = {
    name: frozenset(other for other, markings in _ON.items() if other != name and own & markings)
    for name, own in _ON.items()
}
"""The keypoints that share a marking with each."""


def unlabelled(resolved: Resolved, judged: Instance, prediction: Prediction) -> dict[str, float]:
    """Points that nobody labelled, name -> how surely that is a slip; none where markings were drawn instead."""
    if judged.markings:
        return {}
    gone = {}
    for name, certainty in _by_witnesses(resolved, prediction).items():
        if name not in judged.keypoints:
            gone[name] = certainty
    return {name: value * _slip(name, judged.keypoints.keys(), gone.keys()) for name, value in gone.items()}


def unseen(resolved: Resolved, seen: Mapping[str, Point]) -> dict[str, float]:
    """Points that the network does not see although what it sees has them surely in view."""
    return {name: 1.0 for name in surely_in_view(resolved) if name not in seen}


def surely_in_view(resolved: Resolved) -> dict[str, Point]:
    """Points that are the camera's alone, well inside the frame and well known, with their pixels."""
    unit = WIDTH / resolved.size[0]
    found = {}
    for name, point in resolved.keypoints.items():
        if point.source is Source.PROJECTED and point.position is not None and _is_sure(point, resolved.size, unit):
            found[name] = point.position
    return found


def _by_witnesses(resolved: Resolved, prediction: Prediction) -> dict[str, float]:
    """Of every point without a place of its own, how surely it is in view by camera and network."""
    unit = WIDTH / resolved.size[0]
    confidences = prediction.confidence.tolist()
    strong = {
        name: (at, sure)
        for name, at, sure in zip(prediction.names, prediction.xy, confidences, strict=True)
        if sure >= STRONG and np.isfinite(at).all()
    }
    found = {}
    for name, point in resolved.keypoints.items():
        at, sure = strong.get(name, (None, 0.0))
        if point.position is None or point.sd is None:
            if sure >= UNDOUBTED:
                found[name] = ONLY_NETWORK
        elif point.source is Source.PROJECTED and _room(point.position, resolved.size) >= 0.0:
            sd = point.sd * unit
            off = np.inf if at is None else float(np.hypot(*np.subtract(at, point.position))) * unit
            if sd <= KNOWN and off <= GATE * float(np.hypot(sd, PEAK_SD)):
                found[name] = 1.0
            elif _is_sure(point, resolved.size, unit):
                found[name] = ONLY_CAMERA
    return found


def _is_sure(point: Keypoint, size: tuple[int, int], unit: float) -> bool:
    if point.position is None or point.sd is None:
        return False
    return _room(point.position, size) * unit >= WELL_INSIDE and point.sd * unit <= WELL_KNOWN


def _room(at: Point, size: tuple[int, int]) -> float:
    """Pixels to the nearest edge of the frame, negative outside."""
    return min(at[0], at[1], size[0] - at[0], size[1] - at[1])


def _slip(name: str, said: Set[str], gone: Set[str]) -> float:
    """From `ALONE` to 1 as more of the points in view on the same markings are labelled."""
    have, lack = len(_BESIDE[name] & said), len(_BESIDE[name] & gone)
    share = have / (have + lack) if have + lack else 0.5
    return ALONE + (1.0 - ALONE) * share
