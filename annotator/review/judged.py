"""A thing that is judged: by its labels, or by what a network saw where nobody labelled; and distances of its points.

Distances are percent of the size of the thing, which is the square root of its box, so that a child far away counts as
much as a player in front.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from annotator.instance_points import resolve_instances
from annotator.instances import Box, area_of, box_around, labelled_points, overlap
from annotator.labels import FrameLabels, Instance, KeypointLabel, Origin, Point, Visibility
from annotator.review.signs import Kind, Sign
from annotator.scheme import Scheme

if TYPE_CHECKING:
    from model.people import InstancePrediction

__all__ = [
    "PLAIN", "SAME", "Judged", "apart", "judge", "largest", "matched", "said_by_network", "shown_points", "size_of",
]  # fmt: skip

PLAIN = 10.0
"""Percent of a thing's size from which on two positions are plainly not the same."""
SAME = 0.5
"""Overlap of boxes from which on two things are one."""
_SMALLEST = 1.0


@dataclass(frozen=True, eq=False)
class Judged:
    """A thing that is judged: by its labels, or by what the network saw where nobody labelled."""

    instance: Instance
    seen: InstancePrediction | None
    places: Mapping[str, Point]
    predicted: Mapping[str, Point]
    unit: float

    @property
    def id(self) -> int:
        """Its number in the frame."""
        return self.instance.id


def judge(said: Instance, seen: InstancePrediction | None, threshold: float) -> Judged:
    """What is judged of a thing that is said to be there, with what the network saw of it."""
    places = labelled_points(said)
    predicted = {} if seen is None else shown_points(seen, threshold)
    box = said.box or (None if seen is None else seen.box) or box_around(places.values())
    return Judged(said, seen, places, predicted, 100.0 / size_of(box or box_around(predicted.values())))


def said_by_network(seen: InstancePrediction, number: int, threshold: float) -> Instance:
    """What a network saw of a thing as if a person had said it: only so it is held against others."""
    points = {
        name: KeypointLabel(at, Visibility.VISIBLE, Origin.IMPORTED)
        for name, at in shown_points(seen, threshold).items()
    }
    return Instance(number, points, box=seen.box)


def matched(
    said: Sequence[Instance],
    seen: Sequence[InstancePrediction],
    scheme: Scheme,
    *,
    size: tuple[int, int],
    threshold: float,
) -> dict[int, InstancePrediction]:
    """The prediction of every labelled thing that has one, by place in ``said``.

    By similarity of the points (OKS), as the canvas has it; what is left over by the overlap of the boxes, so that
    limbs that are all swapped are still those of the same person.
    """
    places = [n for n, one in enumerate(said) if not one.is_empty]
    if not places or not seen:
        return {}
    labels = FrameLabels(tuple(said[n] for n in places))
    resolved = resolve_instances(labels, seen, scheme, size=size, threshold=threshold)
    given = {n: one.seen for n, one in zip(places, resolved, strict=False) if one.seen is not None}
    if not scheme.is_many:
        return given
    used = {id(one) for one in given.values()}
    open_seen = [one for one in seen if id(one) not in used]
    pairs = []
    for n, one in enumerate(said):
        box = one.box or box_around(labelled_points(one).values())
        if n not in given and box is not None:
            for other in open_seen:
                around = other.box or box_around(shown_points(other, threshold).values())
                share = 0.0 if around is None else overlap(box, around)
                if share >= SAME:
                    pairs.append((share, n, other))
    for _, n, other in sorted(pairs, key=lambda pair: -pair[0]):
        if n not in given and id(other) not in used:
            given[n] = other
            used.add(id(other))
    return given


def shown_points(seen: InstancePrediction, threshold: float) -> dict[str, Point]:
    """Where the points are that a network is sure enough of, pixels by name."""
    rows = zip(seen.names, seen.xy.tolist(), seen.confidence.tolist(), strict=True)
    return {name: (x, y) for name, (x, y), sure in rows if sure >= threshold and math.isfinite(x + y)}


def size_of(box: Box | None) -> float:
    """How large a thing is, pixels: the square root of its box, of a flat one half its length, at least one."""
    if box is None:
        return _SMALLEST
    return max(math.sqrt(area_of(box)), (box[2] - box[0]) / 2, (box[3] - box[1]) / 2, _SMALLEST)


def apart(kind: Kind, one: Judged, first: Mapping[str, Point], second: Mapping[str, Point]) -> list[Sign]:
    """How far the points of a thing that both have are apart, and where it is worst."""
    off = {name: math.dist(at, second[name]) * one.unit for name, at in first.items() if name in second}
    if not off:
        return []
    worst = max(off, key=lambda name: off[name])
    return [Sign(kind, off[worst], worst, sum(value > PLAIN for value in off.values()), instance=one.id)]


def largest(signs: Sequence[Sign]) -> list[Sign]:
    """The worst of the same sign of several things, counting what all of them count."""
    if not signs:
        return []
    worst = max(signs, key=lambda sign: sign.value)
    return [Sign(worst.kind, worst.value, worst.keypoint, sum(s.count for s in signs), worst.detail,
                 instance=worst.instance)]  # fmt: skip
