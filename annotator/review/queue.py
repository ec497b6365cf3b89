"""The order in which to look at frames: the most surprising first, each with the sign that says why.

Every kind of sign is brought to one scale by what is usual in this project: by how many spreads (that a few wild values
do not move) it exceeds the median, and by how few frames have as much; then it counts by how much such a sign is worth.
A point that a frame lacks counts by how seldom frames that show it lack it: what nobody labels is no finding. A frame
counts as much as its most surprising sign, and a little for every further one, so that one sentence explains its place
and witnesses that agree come before a single one. Frames that say the same of the same scene of a clip as one already
in the queue step back, so that the first fifty are not one clip.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotator.review.bones import with_bones
from annotator.review.signs import FrameSigns, Kind, Sign


@dataclass(frozen=True)
class Scale:
    """How a kind of sign is measured.

    ``floor`` is what it has to exceed the usual by to mean something even where all frames are alike, ``worth`` what
    its surprise counts: less than 1 where it says that a frame is hard rather than that something is wrong.
    """

    floor: float
    worth: float = 1.0


SCALES: Mapping[Kind, Scale] = {
    Kind.GEOMETRY: Scale(1.5),
    Kind.TWO_PEAKS: Scale(0.12, 0.4),
    Kind.FAINT: Scale(0.08, 0.4),
    Kind.CORRECTED: Scale(2.0),
    Kind.UNLABELLED: Scale(0.5),
    Kind.MISSING: Scale(0.5),
    Kind.CHECK: Scale(0.25),
    Kind.JUMP: Scale(1.5),
    Kind.NETWORKS: Scale(2.0),
    Kind.FLIP: Scale(2.0, 0.5),
    Kind.NO_CAMERA: Scale(0.15),
    Kind.OTHER_PEAK: Scale(2.0),
    Kind.SWAPPED: Scale(0.25),
    Kind.BONE: Scale(2.0, 0.7),
    Kind.BOX: Scale(2.0),
    Kind.EXTRA: Scale(0.3),
    Kind.UNFOUND: Scale(0.3, 0.7),
    Kind.NUMBER: Scale(2.0),
    Kind.SIGHT: Scale(0.3),
}
"""By kind; the worths were chosen mostly on frames that the benchmark of the queue does not judge (it says more)."""
_LACKING = frozenset({Kind.UNLABELLED, Kind.MISSING})
_LARGEST = 50.0
_FURTHER = 0.15
"""What each further sign of a frame counts of the one before it."""
_FAMILIAR = 10.0
"""Frames that show a point after which its own habit counts as much as that of all points."""
_RAREST = 1e-3
_NEAR = 8.0
"""Metres (or a like change of zoom) within which two frames of a clip show the same scene."""
_AGAIN, _SAME_SCENE = 0.8, 0.97
"""What the surprise of a frame is worth for each frame of its scene before it: of the same reason, and of any."""


@dataclass(frozen=True)
class Queued:
    """A frame in the queue: ``score`` its surprise (nats), ``reasons`` gravest first."""

    frame_id: int
    score: float
    reasons: tuple[Sign, ...]


def rank(frames: Sequence[FrameSigns], *, diverse: bool = True) -> list[Queued]:
    """The frames, most worth a look first; equals in their order."""
    frames = _by_habit(with_bones(frames))
    usual = _usual(frames)
    scored = []
    for frame in frames:
        weighed = [(usual[sign.kind].surprise(sign.value) * SCALES[sign.kind].worth, sign) for sign in frame.signs]
        surprise = sorted(weighed, key=lambda pair: -pair[0])
        score = sum(value * _FURTHER**place for place, (value, _) in enumerate(surprise))
        reasons = tuple(sign for value, sign in surprise if value > 0.0)
        scored.append(Queued(frame.frame_id, score, tuple(_told(frame, sign) for sign in reasons)))
    order = sorted(range(len(frames)), key=lambda i: -scored[i].score)
    return [scored[i] for i in (_spread(order, scored, frames) if diverse else order)]


def _by_habit(frames: Sequence[FrameSigns]) -> list[FrameSigns]:
    """The frames, each lacking only its most surprising point, by how seldom frames that show it lack it (nats).

    The share of a point is drawn towards that of all points until it was shown `_FAMILIAR` times; the frame itself
    does not count.
    """
    have: defaultdict[str, int] = defaultdict(int)
    lack: defaultdict[str, float] = defaultdict(float)
    for frame in frames:
        for name in frame.said:
            have[name] += 1
        for name, value in frame.gone.items():
            lack[name] += value
    everywhere = (sum(lack.values()) + 1.0) / (sum(have.values()) + sum(lack.values()) + 20.0)

    def surprise(name: str, value: float) -> tuple[float, float]:
        others = lack[name] - value
        share = (others + _FAMILIAR * everywhere) / (others + have[name] + _FAMILIAR)
        return -math.log(max(share, _RAREST)) * value, 1.0 - share

    found = []
    for frame in frames:
        if frame.gone:
            weighed = {name: surprise(name, value) for name, value in frame.gone.items()}
            worst = max(weighed, key=lambda name: weighed[name][0])
            value, usual = weighed[worst]
            signs = tuple(
                replace(sign, value=value, keypoint=worst, usual=usual) if sign.kind in _LACKING else sign
                for sign in frame.signs
            )
            frame = replace(frame, signs=signs)
        found.append(frame)
    return found


def _told(frame: FrameSigns, sign: Sign) -> Sign:
    """A sign in its own unit again."""
    return replace(sign, value=sum(frame.gone.values())) if sign.kind in _LACKING and frame.gone else sign


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
            spread = 1.4826 * float(np.median(np.abs(values - middle)))
            found[kind] = _Usual(middle, max(spread, SCALES[kind].floor), values)
    return found


def _spread(order: Sequence[int], scored: Sequence[Queued], frames: Sequence[FrameSigns]) -> list[int]:
    """The order with frames that repeat a scene put back behind others of like surprise.

    A frame is weighed by ``_AGAIN`` to the power of the frames of its scene with the same gravest reason (kind and
    keypoint) that were taken before it, and by ``_SAME_SCENE`` to that of all frames of its scene.
    """
    taken: defaultdict[tuple[object, ...], int] = defaultdict(int)
    weighed = []
    for i in order:
        scene, reasons, score = _scene(frames[i]), scored[i].reasons, scored[i].score
        if scene and reasons:
            same = (*scene, reasons[0].kind, reasons[0].keypoint)
            score *= _AGAIN ** min(taken[same], 6) * _SAME_SCENE ** min(taken[scene], 20)
            taken[same] += 1
            taken[scene] += 1
        weighed.append((-score, i))
    return [i for _, i in sorted(weighed, key=lambda pair: pair[0])]


def _scene(frame: FrameSigns) -> tuple[int, ...]:
    """A box in the space of views that frames of one scene share; () for a frame without a camera."""
    if not frame.place or not all(map(math.isfinite, frame.place)):
        return ()
    return (frame.group, *(round(value / _NEAR) for value in frame.place))
