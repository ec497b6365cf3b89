"""What a tracker remembers: poses, where the flow moved them, and how alike two are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from annotator.instances import Box, area_of, box_around, labelled_points, overlap

if TYPE_CHECKING:
    from annotator.labels import Instance
    from annotator.scheme import Scheme
    from model.people import InstancePrediction

__all__ = ["Memory", "Pose", "alike"]

Array = NDArray[np.float64]
_OVER = 0.5  # overlap of boxes that says as much as an OKS of the same size, where there are no points
_WIDEST = 1.5  # times by which a box may grow or shrink while it is remembered


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
    """

    points: Array
    confidence: Array
    score: float = 1.0
    box: Box | None = None
    key: int | None = None
    fixed: int | None = None
    seen: InstancePrediction | None = None

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
        return cls(points, np.isfinite(points[:, 0]).astype(np.float64), 1.0, one.box, key=one.id, fixed=fixed)

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

    def remember(self, frame: int, pose: Pose) -> None:
        """One more, seen in this frame."""
        self.entries.append((frame, pose))

    def forget(self, *, before: int) -> None:
        """The poses of frames before this one go; the newest stays."""
        self.entries = [entry for entry in self.entries[:-1] if entry[0] >= before] + self.entries[-1:]

    @staticmethod
    def move_all(memories: Iterable[Memory], moved: Callable[[Array], Array]) -> None:
        """Move all poses of several at once: ``moved`` takes places (N, 2) to where they are now."""
        several = list(memories)
        poses = [pose for memory in several for pose in memory.poses]
        if not poses:
            return
        middles = np.array([_middle(pose) for pose in poses])
        placed = [pose.is_placed for pose in poses]
        asked = np.concatenate([pose.points[there] for pose, there in zip(poses, placed, strict=True)] + [middles])
        answer = moved(asked)
        heads, at = answer[len(answer) - len(poses) :], 0
        fresh = []
        for pose, there, middle, head in zip(poses, placed, middles, heads, strict=True):
            count = int(there.sum())
            fresh.append(_placed(pose, there, answer[at : at + count], head - middle))
            at += count
        arrived = iter(fresh)
        for memory in several:
            memory.entries = [(frame, next(arrived)) for frame, _ in memory.entries]


def _middle(pose: Pose) -> tuple[float, float]:
    box = pose.outline
    return (0.0, 0.0) if box is None else (0.5 * (box[0] + box[2]), 0.5 * (box[1] + box[3]))


def _placed(pose: Pose, there: NDArray[np.bool_], to: Array, by: Array) -> Pose:
    """The pose with its points where they are now, and its box along with them."""
    points = pose.points.copy()
    before = points[there]
    points[there] = to
    return replace(pose, points=points, box=None if pose.box is None else _along(pose.box, before, to, by))


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
