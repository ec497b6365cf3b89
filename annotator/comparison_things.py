"""Two networks of any scheme on the same held-back samples: people in their boxes, packets, one's own things.

Distances are percent of the size of the thing, the square root of its box, so that near and far ones count alike; a
point is right within 10 of them. Otherwise as `annotator.comparison`.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotator.comparison import NEAR, Comparison, FrameChange, Measures, PointChange, resampled
from annotator.evaluation_things import Answered, ThingsEvaluation
from annotator.scheme import Scheme

__all__ = ["compare_things"]

_CLOSE = 5.0


def compare_things(
    titles: tuple[str, str],
    before: ThingsEvaluation | None,
    after: ThingsEvaluation,
    scheme: Scheme,
    thresholds: tuple[float, float],
) -> Comparison:
    """The new network against the old one, on the same samples; None for a new one that began with nothing.

    ``thresholds`` are the confidences from which on points of each are shown.

    Raises
    ------
    ValueError
        If they are not of the same samples.
    """
    old = [_unseen(one) for one in after.answers] if before is None else list(before.answers)
    new = list(after.answers)
    if [one.sample.image for one in old] != [one.sample.image for one in new]:
        raise ValueError("the networks were not judged on the same samples")
    off = [_off(one, thresholds[0]) for one in old], [_off(one, thresholds[1]) for one in new]
    there = np.array([one.there for one in new]).reshape(-1, len(scheme))
    right = tuple(np.array(side).reshape(-1, len(scheme)) <= NEAR for side in off)
    points = [
        PointChange(name, int(there[:, k].sum()), int(right[0][:, k].sum()), int(right[1][:, k].sum()))
        for k, name in enumerate(scheme.keypoints)
        if there[:, k].any()
    ]
    frames = [_frame(a, b, scheme, thresholds) for a, b in zip(old, new, strict=True)]
    measures = (_measures(old, thresholds[0]), _measures(new, thresholds[1]))
    gap = resampled([(len(one.labels), *one.right) for one in frames])
    return Comparison(titles, measures, points, frames, gap, True, _further(before, after))


def _unseen(one: Answered) -> Answered:
    """What no network at all says."""
    nothing = np.zeros_like(one.confidence) - 1.0
    return Answered(one.sample, one.truth, one.there, np.full_like(one.xy, np.nan), nothing, one.unit)


def _off(one: Answered, threshold: float) -> NDArray[np.float64]:
    """Percent of the size (K,); infinite where a point is not labelled, not shown or has no place."""
    apart = np.linalg.norm(one.xy - one.truth, axis=1) * one.unit
    return np.where(one.there & (one.confidence >= threshold) & np.isfinite(apart), apart, np.inf)


def _measures(answers: list[Answered], threshold: float) -> Measures:
    """As of the pitch: shares of labels found and right, of points that are labelled, the median of those found."""
    labels = sum(int(one.there.sum()) for one in answers)
    shown = [one.confidence >= threshold for one in answers]
    found = [_off(one, threshold) for one in answers]
    off = np.concatenate(found) if found else np.empty(0)
    off = off[np.isfinite(off)]
    said = sum(int(side.sum()) for side in shown)
    return Measures(
        recall=_share(len(off), labels),
        precision=_share(len(off), said),
        pck5=_share(int((off <= _CLOSE).sum()), labels),
        pck10=_share(int((off <= NEAR).sum()), labels),
        median=float(np.median(off)) if len(off) else math.nan,
        h10=math.nan,
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def _frame(old: Answered, new: Answered, scheme: Scheme, thresholds: tuple[float, float]) -> FrameChange:
    off = (_off(old, thresholds[0]), _off(new, thresholds[1]))
    labels = int(new.there.sum())
    right = (int((off[0] <= NEAR).sum()), int((off[1] <= NEAR).sum()))
    sample = new.sample
    return FrameChange(
        name=sample.image,
        image=sample.source if isinstance(sample.source, Path) else None,
        size=sample.size,
        labels=_places(new.truth, new.there, scheme),
        before=_places(old.xy, old.confidence >= thresholds[0], scheme),
        after=_places(new.xy, new.confidence >= thresholds[1], scheme),
        right=right,
        badness=(float(labels - right[0]), float(labels - right[1])),
    )


def _places(xy: NDArray[np.float64], which: NDArray[np.bool_], scheme: Scheme) -> dict[str, tuple[float, float]]:
    shown = which & np.isfinite(xy).all(axis=1)
    return {name: (float(xy[k, 0]), float(xy[k, 1])) for k, name in enumerate(scheme.keypoints) if shown[k]}


def _further(before: ThingsEvaluation | None, after: ThingsEvaluation) -> dict[str, tuple[float, float]]:
    """Measures with their papers' definitions, of both networks where both say them."""
    said = [{} if one is None else _published(one) for one in (before, after)]
    return {name: (said[0].get(name, math.nan), value) for name, value in said[1].items()}


def _published(one: ThingsEvaluation) -> dict[str, float]:
    poses = one.poses
    found: dict[str, float] = {}
    if poses.oks is not None:
        found["OKS-AP"] = poses.oks.ap
    if poses.pckh is not None:
        found["PCKh@0.5"] = poses.pckh.mean
    found |= {f"PDJ@{t:g}": shares.mean for t, shares in poses.pdj.items()}
    sight = one.sight
    if sight is not None and sight.said and sight.seen:
        found["seen: precision"], found["seen: recall"] = sight.both / sight.said, sight.both / sight.seen
    found |= {f"{name}: mean distance": mean for name, (mean, _) in poses.errors.items()}
    return {name: float(value) for name, value in found.items() if math.isfinite(value)}
