"""The order in which to look at frames: the most surprising first, each with the sign that says why.

Every kind of sign is brought to one scale by what is usual in this project: by how many spreads (that a few wild values
do not move) it exceeds the median, and by how few frames have as much. A frame counts as much as its most surprising
sign, so that one sentence explains its place. Frames that show the same scene of the same clip as one already in the
queue step back, so that the first fifty are not one clip.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.review.signs import FrameSigns, Kind, Sign

# What a kind has to exceed the usual by to mean something even where all frames are alike, and what is fine anyway.
_FLOOR: Mapping[Kind, float] = {
    Kind.GEOMETRY: 1.5, Kind.TWO_PEAKS: 0.12, Kind.FAINT: 0.08, Kind.CORRECTED: 2.0, Kind.MISSING: 1.5,
    Kind.UNLABELLED: 0.5, Kind.CHECK: 0.25, Kind.JUMP: 1.5, Kind.NETWORKS: 2.0, Kind.FLIP: 2.0, Kind.NO_CAMERA: 0.15,
}  # fmt: skip
_LARGEST = 50.0
_TIE = 0.02
_NEAR = 8.0
"""Metres (or a like change of zoom) within which two frames of a clip show the same scene."""
_AGAIN = 0.8
"""What the surprise of a frame is worth for each one of the same scene that stands before it."""


@dataclass(frozen=True)
class Queued:
    """A frame in the queue: ``score`` its surprise (nats), ``reasons`` gravest first."""

    frame_id: int
    score: float
    reasons: tuple[Sign, ...]


def rank(frames: Sequence[FrameSigns], *, diverse: bool = True) -> list[Queued]:
    """The frames, most worth a look first; ties by what else is odd, then by their order."""
    usual = _usual(frames)
    scored = []
    for frame in frames:
        weighed = [(usual[sign.kind].surprise(sign.value), sign) for sign in frame.signs]
        surprise = sorted(weighed, key=lambda pair: -pair[0])
        values = [value for value, _ in surprise]
        score = values[0] + _TIE * float(np.mean(values)) if values else 0.0
        scored.append(Queued(frame.frame_id, score, tuple(sign for value, sign in surprise if value > 0.0)))
    order = sorted(range(len(frames)), key=lambda i: -scored[i].score)
    return [scored[i] for i in (_spread(order, scored, frames) if diverse else order)]


@dataclass(frozen=True)
class _Usual:
    """What is usual for one kind: the median, the spread, and all values in falling order."""

    middle: float
    spread: float
    values: NDArray[np.float64]

    def surprise(self, value: float) -> float:
        """How much a value exceeds the usual: by its size (log of robust deviations) and by how few frames have it."""
        above = (value - self.middle) / self.spread
        if above <= 0.0:
            return 0.0
        share = float((self.values >= value).mean())
        return math.log1p(min(above, _LARGEST)) - math.log(max(share, 1.0 / len(self.values)))


def _usual(frames: Sequence[FrameSigns]) -> dict[Kind, _Usual]:
    """What is usual of every kind; a frame without the sign counts as 0."""
    found: dict[Kind, _Usual] = {}
    for kind in Kind:
        values = np.zeros(len(frames))
        for i, frame in enumerate(frames):
            values[i] = max((sign.value for sign in frame.signs if sign.kind is kind), default=0.0)
        if len(values):
            middle = float(np.median(values))
            found[kind] = _Usual(middle, max(1.4826 * float(np.median(np.abs(values - middle))), _FLOOR[kind]), values)
    return found


def _spread(order: Sequence[int], scored: Sequence[Queued], frames: Sequence[FrameSigns]) -> list[int]:
    """The order with frames that repeat a scene put back behind others of like surprise.

    A frame is weighed by ``_AGAIN`` to the power of the frames of its scene that were taken before it.
    """
    taken: dict[tuple[int, ...], int] = {}
    weighed = []
    for i in order:
        scene = _scene(frames[i])
        again = taken.get(scene, 0) if scene else 0
        if scene:
            taken[scene] = again + 1
        weighed.append((-scored[i].score * _AGAIN ** min(again, 6), i))
    return [i for _, i in sorted(weighed, key=lambda pair: pair[0])]


def _scene(frame: FrameSigns) -> tuple[int, ...]:
    """A box in the space of views that frames of one scene share; () for a frame without a camera."""
    if not frame.place or not all(map(math.isfinite, frame.place)):
        return ()
    return (frame.group, *(round(value / _NEAR) for value in frame.place))
