"""What a tracker remembers: poses, where the flow moved them, and how alike two are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from annotator.instances import Box, area_of, box_around, labelled_points, overlap
from annotator.labels import Visibility
from annotator.tracking_sure import Tints, fits, learned

if TYPE_CHECKING:
    from annotator.labels import Instance
    from annotator.scheme import Scheme
    from model.people import InstancePrediction

__all__ = ["Memory", "Pose", "alike", "thinned"]

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
_OUT_OF_SIGHT = (Visibility.OCCLUDED, Visibility.ABSENT)
_OVER = 0.5  # overlap of boxes that says as much as an OKS of the same size, where there are no points
_WIDEST = 1.5  # times by which a box may grow or shrink while it is remembered
_FEWEST, _MOST_OF = 3, 0.5  # points, and the share of them all, that say how a whole body moves
_POSES = 10  # of a track that are remembered: as many as there are frames in the published queue
_LEAVES = 0.1  # of the size of a body by which its points may go apart from it from frame to frame


@dataclass(frozen=True, eq=False)
class Pose:
    """One thing in one frame.

    Attributes
    ----------
    points : (K, 2) pixels in the scheme's order, NaN where there is none.
    confidence : (K,) in 0..1, 1 for what a person placed.
    score : of the thing, 0..1.
    box : the one it was said or looked for in; None where it has none of its own.
    key : the id of the label that it is, None for what a network saw.
    fixed : the number that a person gave it.
    seen : the prediction that it is, where it is one.
    hidden : (K,) which points somebody said are hidden; None for none.
    absent : (K,) which points somebody said are not there at all; None for none.
    unsure : (K,) which points moved by the flow may be elsewhere; None for none.
    tints : (K, 3) the colours round its points where it was seen, NaN where unknown; None without a picture.
    pace : (2,) pixels that it moved in the last frame, where that is known.
    """

    points: Array
    confidence: Array
    score: float = 1.0
    box: Box | None = None
    key: int | None = None
    fixed: int | None = None
    seen: InstancePrediction | None = None
    hidden: Bools | None = None
    absent: Bools | None = None
    unsure: Bools | None = None
    tints: Array | None = None
    pace: Array | None = None

    @classmethod
    def of(cls, seen: InstancePrediction, scheme: Scheme) -> Pose:
        """What a network saw, in the order of a scheme."""
        points, confidence = np.full((len(scheme), 2), np.nan), np.zeros(len(scheme))
        for name, place, sure in zip(seen.names, seen.xy, seen.confidence, strict=True):
            if name in scheme.index:
                points[scheme.index[name]], confidence[scheme.index[name]] = place, sure
        return cls(points, confidence, float(seen.score), seen.box, seen=seen)

    @classmethod
    def labelled(cls, one: Instance, scheme: Scheme, *, fixed: int | None = None) -> Pose:
        """What is said of a thing."""
        points = np.full((len(scheme), 2), np.nan)
        for name, place in labelled_points(one).items():
            if name in scheme.index:
                points[scheme.index[name]] = place
        said = [None if told is None else told.visibility for told in map(one.keypoints.get, scheme.keypoints)]
        hidden, absent = (np.array([each is what for each in said]) for what in _OUT_OF_SIGHT)
        sure = np.isfinite(points[:, 0]).astype(np.float64)
        return cls(points, sure, 1.0, one.box, key=one.id, fixed=fixed, hidden=hidden, absent=absent)

    @property
    def is_placed(self) -> NDArray[np.bool_]:
        """Which points have a place, (K,)."""
        return np.asarray(np.isfinite(self.points).all(axis=1))

    @property
    def outline(self) -> Box | None:
        """Its box, else that around its points; None without either."""
        return self.box or self.grown(1.0)

    def grown(self, factor: float) -> Box | None:
        """The box around its points so many times as wide and high, its own where they span none."""
        places = [(float(x), float(y)) for x, y in self.points[self.is_placed]]
        return box_around(places, margin=0.5 * (factor - 1.0)) or self.box

    def without_weak(self, least: float) -> Pose:
        """The pose with the points of which the network is sure enough."""
        strong = self.confidence >= least
        return self if strong.all() else replace(self, points=np.where(strong[:, None], self.points, np.nan))


def alike(first: Sequence[Pose], second: Sequence[Pose], sigmas: Array) -> Array:
    """How alike poses are, (N, M) in 0..1: OKS (COCO) over the points that both have, the second's box its area.

    Where two have no point in common it is the overlap of their boxes, 0 below a half.
    """
    found = np.zeros((len(first), len(second)))
    if not first or not second:
        return found
    one, two = np.stack([pose.points for pose in first]), np.stack([pose.points for pose in second])
    boxes = [pose.outline for pose in second]
    areas = np.array([1.0 if box is None else max(area_of(box), 1.0) for box in boxes])
    apart = ((one[:, None] - two[None]) ** 2).sum(axis=-1)
    both = np.isfinite(apart).sum(axis=-1)
    with np.errstate(invalid="ignore", over="ignore"):
        terms = np.nan_to_num(np.exp(-apart / (2.0 * areas[None, :, None] * (2.0 * sigmas) ** 2)))
    found += terms.sum(axis=-1) / np.maximum(both, 1)
    for n, m in zip(*np.nonzero(both == 0), strict=True):
        box, other = first[n].outline, boxes[m]
        shared = 0.0 if box is None or other is None else overlap(box, other)
        found[n, m] = shared if shared >= _OVER else 0.0
    return found


def thinned(offers: Sequence[tuple[float, Box]], taken: Sequence[Box], together: float) -> list[Box]:
    """The boxes of which no two are of one thing, nor of one that is taken, best score first; the first of equals."""
    kept: list[Box] = []
    for _, box in sorted(offers, key=lambda offer: -offer[0]):
        if all(overlap(box, other) < together for other in (*taken, *kept)):
            kept.append(box)
    return kept


@dataclass(eq=False)
class Memory:
    """The last poses of a track, moved from frame to frame; the newest last."""

    entries: list[tuple[int, Pose]] = field(default_factory=list)

    @property
    def poses(self) -> list[Pose]:
        """Where they are now."""
        return [pose for _, pose in self.entries]

    @property
    def newest(self) -> Pose:
        """The pose seen last, where it is now."""
        return self.entries[-1][1]

    def remember(self, frame: int, pose: Pose, tints: Tints | None = None) -> None:
        """One more, seen in this frame; what persons said is absent stays so where a network does not see it."""
        known = self.entries[-1][1] if self.entries else None
        colours = None if tints is None else tints.at(pose.points)
        if colours is not None and pose.hidden is not None:
            colours[pose.hidden] = np.nan
        absent = pose.absent
        if pose.key is None and known is not None and known.absent is not None:
            absent = known.absent & ~pose.is_placed
        pace = None if known is None else known.pace
        entry = frame, replace(pose, tints=colours, absent=absent, pace=pace)
        self.entries = [*self.entries[1 - _POSES :], entry]

    def forget(self, *, before: int) -> None:
        """The poses of frames before this one go; the newest stays."""
        self.entries = [entry for entry in self.entries[:-1] if entry[0] >= before] + self.entries[-1:]

    @staticmethod
    def move_all(
        memories: Iterable[Memory], moved: Callable[[Array], tuple[Array, Bools]], tints: Tints | None = None
    ) -> None:
        """Move all poses of several at once.

        Parameters
        ----------
        moved
            Takes places (N, 2) to where they are now, and says which of them surely are there (N,).
        tints
            The colours of the picture they are moved to.
        """
        several = list(memories)
        poses = [pose for memory in several for pose in memory.poses]
        if not poses:
            return
        middles = np.array([_middle(pose) for pose in poses])
        placed = [pose.is_placed for pose in poses]
        asked = np.concatenate([pose.points[there] for pose, there in zip(poses, placed, strict=True)] + [middles])
        answer, sure = moved(asked)
        colours = None if tints is None else tints.at(answer)
        heads, at = answer[len(answer) - len(poses) :], 0
        fresh = []
        for pose, there, middle, head in zip(poses, placed, middles, heads, strict=True):
            here = slice(at, at + int(there.sum()))
            now = None if colours is None else colours[here]
            fresh.append(_placed(pose, there, answer[here], _Signs(sure[here], now, head - middle)))
            at = here.stop
        arrived = iter(fresh)
        for memory in several:
            memory.entries = [(frame, next(arrived)) for frame, _ in memory.entries]


@dataclass(frozen=True, eq=False)
class _Signs:
    """What tells whether P placed points were moved well: ``back`` (P,) found their way back, the colours round them
    now (P, 3), and how the middle of the pose was moved (2,).
    """

    back: Bools
    colours: Array | None
    middle: Array


def _middle(pose: Pose) -> tuple[float, float]:
    box = pose.outline
    return (0.0, 0.0) if box is None else (0.5 * (box[0] + box[2]), 0.5 * (box[1] + box[3]))


def _placed(pose: Pose, there: Bools, to: Array, signs: _Signs) -> Pose:
    """The pose with its points where they are now, and its box along with them.

    A point that did not find its way back or does not look as it did goes along with the body, and so does one that
    somebody said is hidden.
    """
    before, tints = pose.points[there], pose.tints
    follows = signs.back if pose.hidden is None else signs.back & ~pose.hidden[there]
    if tints is not None and signs.colours is not None:
        follows = follows & fits(tints[there], signs.colours)
        tints = tints.copy()
        tints[there] = np.where(follows[:, None], learned(tints[there], signs.colours), tints[there])
    step = to - before
    pace = pose.pace
    if len(before) and follows.sum() >= max(_MOST_OF * len(before), min(_FEWEST, len(before))):
        pace = np.median(step[follows], axis=0)
    body = signs.middle if pace is None else pace
    # The edge of somebody who passes in front pushes points along long before it lies over them.
    follows = follows & (np.linalg.norm(step - body, axis=1) < _LEAVES * max(_size_of(before), 1.0))
    step[~follows] = body
    points, unsure = pose.points.copy(), np.zeros(len(pose.points), dtype=np.bool_)
    points[there] = before + step
    unsure[there] = ~follows
    box = None if pose.box is None else _along(pose.box, before, before + step, body)
    return replace(pose, points=points, box=box, unsure=unsure, tints=tints, pace=pace)


def _size_of(points: Array) -> float:
    """The longer side of the box around points, pixels."""
    return float(np.ptp(points, axis=0).max()) if len(points) else 0.0


def _along(box: Box, before: Array, to: Array, by: Array) -> Box:
    """The box moved by the median motion of the points in it, or of its middle, and grown as they spread."""
    shift, factor = (np.median(to - before, axis=0), 1.0) if len(before) else (by, 1.0)
    if len(before) > 2:
        spread, now = (np.linalg.norm(some - some.mean(axis=0), axis=1).mean() for some in (before, to))
        if spread > 1.0:
            factor = float(np.clip(now / spread, 1.0 / _WIDEST, _WIDEST))
    x, y = 0.5 * (box[0] + box[2]) + float(shift[0]), 0.5 * (box[1] + box[3]) + float(shift[1])
    half, tall = 0.5 * factor * (box[2] - box[0]), 0.5 * factor * (box[3] - box[1])
    return x - half, y - tall, x + half, y + tall
