"""How well things are followed: MOTA, identity switches, IDF1, and MOTA of every keypoint.

MOTA
    1 - (misses + false ones + switches) / labelled things, over all frames (Bernardin, Stiefelhagen, *Evaluating
    multiple object tracking performance: the CLEAR MOT metrics*, 2008). In a frame a pair of the frame before stays a
    pair while it is near enough; the others are paired so that the sum of their distances is least. A switch is a
    labelled thing paired with another track than the last time it was paired.
IDF1
    2 IDTP / (labelled + tracked), where every labelled identity is given at most one track for the whole clip, the
    choice with the most frames in which the two are near enough (Ristani et al., *Performance measures and a data set
    for multi-target, multi-camera tracking*, 2016).
MOTA of a keypoint
    As above for each keypoint alone, over the frames and things where it is labelled, as PoseTrack has it (Andriluka et
    al., *PoseTrack: a benchmark for human pose estimation and tracking*, CVPR 2018). There a point is near enough
    within half a head; a scheme without a head takes the distance at which its term of OKS is a half.

Things are near enough where their OKS is at least ``LIKE`` (for things without common points, the overlap of boxes).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from annotator.instances import area_of
from annotator.tracking_memory import Pose, alike

if TYPE_CHECKING:
    from annotator.scheme import Scheme

__all__ = ["LIKE", "Counts", "Scores", "score_tracks"]

LIKE = 0.5
Array = NDArray[np.float64]
Frame = Mapping[int, Pose]
"""The things of one frame by their number."""


@dataclass(frozen=True)
class Counts:
    """What is counted for MOTA: labelled things, misses, tracked ones that are none, and switches."""

    labelled: int = 0
    misses: int = 0
    false: int = 0
    switches: int = 0

    @property
    def mota(self) -> float:
        """1 at best, below 0 where there are more mistakes than things; NaN without any."""
        if not self.labelled:
            return float("nan")
        return 1.0 - (self.misses + self.false + self.switches) / self.labelled


@dataclass(frozen=True)
class Scores:
    """The measures of a set of clips; ``points`` holds the counts of every keypoint by name."""

    things: Counts
    idf1: float
    points: Mapping[str, Counts]
    frames: int

    @property
    def mota_of_points(self) -> float:
        """The mean of the keypoints' MOTA over those that are labelled anywhere."""
        values = [one.mota for one in self.points.values() if one.labelled]
        return float(np.mean(values)) if values else float("nan")

    def document(self) -> dict[str, Any]:
        """The measures as JSON values."""
        one = self.things
        return {
            "frames": self.frames, "labelled": one.labelled, "misses": one.misses, "false": one.false,
            "switches": one.switches, "mota": _plain(one.mota), "idf1": _plain(self.idf1),
            "mota_of_points": _plain(self.mota_of_points),
            "points": {name: _plain(counts.mota) for name, counts in self.points.items()},
        }  # fmt: skip

    def text(self) -> str:
        """The measures as lines for a terminal."""
        one = self.things
        lines = [
            f"{self.frames} frames, {one.labelled} labelled, {one.misses} missed, {one.false} false",
            f"MOTA {one.mota:.3f}   IDF1 {self.idf1:.3f}   identity switches {one.switches}",
            f"MOTA of keypoints {self.mota_of_points:.3f}",
        ]
        lines += [f"  {name:22} {counts.mota:7.3f}" for name, counts in self.points.items() if counts.labelled]
        return "\n".join(lines) + "\n"


def score_tracks(clips: Iterable[Sequence[tuple[Frame, Frame]]], scheme: Scheme) -> Scores:
    """The measures over clips, each a sequence of frames: what is labelled and what was tracked, by number.

    Identities and switches are those of one clip each; the counts of all are summed.
    """
    sigmas = np.array(scheme.sigmas or (0.1,) * len(scheme))
    things, frames = _Clear(), 0
    points = {name: _Clear() for name in scheme.keypoints}
    shared: list[tuple[int, int]] = []
    for clip in clips:
        frames += len(clip)
        for each in (things, *points.values()):
            each.begin()
        both: Counter[tuple[int, int]] = Counter()
        for truth, tracked in clip:
            likeness = alike(list(tracked.values()), list(truth.values()), sigmas).T
            apart = np.where(likeness >= LIKE, 1.0 - likeness, np.inf)
            things.add(list(truth), list(tracked), apart)
            both.update((a, b) for n, a in enumerate(truth) for m, b in enumerate(tracked) if np.isfinite(apart[n, m]))
            for k, name in enumerate(scheme.keypoints):
                points[name].add(*_point(truth, tracked, k, _reaches(truth, scheme, sigmas, k)))
        shared.append((_most(both), sum(len(truth) + len(tracked) for truth, tracked in clip)))
    total = sum(count for _, count in shared)
    idf1 = 2.0 * sum(hit for hit, _ in shared) / total if total else float("nan")
    return Scores(things.counts, idf1, {name: one.counts for name, one in points.items()}, frames)


class _Clear:
    """CLEAR MOT's counting, frame by frame."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._pairs: dict[int, int] = {}
        self._last: dict[int, int] = {}

    def begin(self) -> None:
        """Another clip."""
        self._pairs, self._last = {}, {}

    def add(self, truth: Sequence[int], tracked: Sequence[int], apart: Array) -> None:
        """One frame: numbers of what is there and what was tracked, and distances (T, H), infinite where too far."""
        rows, columns = {number: n for n, number in enumerate(truth)}, {number: m for m, number in enumerate(tracked)}
        pairs = {
            a: b
            for a, b in self._pairs.items()
            if a in rows and b in columns and np.isfinite(apart[rows[a], columns[b]])
        }
        left = [n for number, n in rows.items() if number not in pairs]
        free = [m for number, m in columns.items() if number not in set(pairs.values())]
        for n, m in _nearest(apart[np.ix_(left, free)]):
            pairs[truth[left[n]]] = tracked[free[m]]
        switches = sum(self._last.get(a, b) != b for a, b in pairs.items())
        old = self.counts
        self.counts = Counts(
            old.labelled + len(truth), old.misses + len(truth) - len(pairs),
            old.false + len(tracked) - len(pairs), old.switches + switches,
        )  # fmt: skip
        self._pairs = pairs
        self._last.update(pairs)


def _nearest(apart: Array) -> list[tuple[int, int]]:
    """As many pairs as can be, with the least sum of distances, none of them infinite."""
    from scipy.optimize import linear_sum_assignment

    good = np.isfinite(apart)
    if not good.any():
        return []
    # Dearer than all others together: as many pairs as possible come first.
    far = 1.0 + 2.0 * float(apart[good].max()) * min(apart.shape)
    rows, columns = linear_sum_assignment(np.where(good, apart, far))
    return [(int(n), int(m)) for n, m in zip(rows, columns, strict=True) if good[n, m]]


def _most(both: Counter[tuple[int, int]]) -> int:
    """How many frames identities and tracks share when each has one partner at the most."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = sorted({a for a, _ in both}), sorted({b for _, b in both})
    table = np.array([[both[a, b] for b in columns] for a in rows], dtype=np.float64).reshape(len(rows), len(columns))
    return int(table[linear_sum_assignment(-table)].sum())


def _point(truth: Frame, tracked: Frame, k: int, reaches: Mapping[int, float]) -> tuple[list[int], list[int], Array]:
    """The numbers that have keypoint ``k`` and its distances in units of what is near enough, infinite beyond."""
    own = [number for number, pose in truth.items() if pose.is_placed[k]]
    theirs = [number for number, pose in tracked.items() if pose.is_placed[k]]
    at = np.array([truth[number].points[k] for number in own]).reshape(-1, 2)
    to = np.array([tracked[number].points[k] for number in theirs]).reshape(-1, 2)
    reach = np.array([reaches[number] for number in own])
    apart = np.linalg.norm(at[:, None] - to[None], axis=2) / np.maximum(reach, 1e-9)[:, None]
    return own, theirs, np.where(apart <= 1.0, apart, np.inf)


def _reaches(truth: Frame, scheme: Scheme, sigmas: Array, k: int) -> dict[int, float]:
    """Pixels within which keypoint ``k`` of every labelled thing is near enough."""
    found = {}
    for number, pose in truth.items():
        head = None if scheme.head is None else [pose.points[scheme.index[name]] for name in scheme.head]
        if head is not None and np.isfinite(head).all():
            found[number] = 0.5 * float(np.linalg.norm(head[0] - head[1]))
        else:
            box = pose.outline
            size = 1.0 if box is None else max(area_of(box), 1.0)
            found[number] = 2.0 * float(sigmas[k]) * float(np.sqrt(2.0 * np.log(2.0) * size))
    return found


def _plain(value: float) -> float | None:
    return value if np.isfinite(value) else None
