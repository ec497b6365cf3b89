"""What is odd about the things of one frame, for schemes without football: people, packets, one's own.

As `annotator.review.signs` for the pitch, without geometry: where persons labelled something, labels are held against
what the network saw of the same thing, else what it saw is judged by itself. Distances are percent of the size of the
thing, which is the square root of its box, so that a child far away counts as much as a player in front.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from annotator.instances import box_around, is_crowd, labelled_points, overlap, present
from annotator.labels import FrameLabels, Instance, Point, Visibility
from annotator.network_numbers import as_allowed, as_text
from annotator.review.judged import SAME, Judged, apart, judge, largest, matched, said_by_network, shown_points
from annotator.review.peaks import second_peaks
from annotator.review.signs import DOUBTFUL, FrameSigns, Kind, Sign
from annotator.review.thing_flips import flip_signs
from annotator.scheme import AttributeKind, AttributeScope, Scheme

if TYPE_CHECKING:
    from model.heatmaps import Prediction
    from model.people import InstancePrediction

__all__ = ["Things", "bones_of", "judged_of", "signs_of_things"]

APART = 5.0
"""Percent of a thing's size that two mirrored points are apart from which on it can be told that they are swapped."""
CROSSED = 0.5
"""Share of the distances that is left when left and right are exchanged, below which they are taken for swapped."""
STRONG = 0.5
"""Confidence with which a network that sees a point is a witness against a person who said nothing of it."""
UNWITNESSED = 0.3
"""How surely a point is absent by mistake where no network looked."""


@dataclass(frozen=True, eq=False)
class Things:
    """What persons said of a frame, and what a network and another one saw in it."""

    scheme: Scheme
    labels: FrameLabels
    seen: tuple[InstancePrediction, ...] = ()
    other: tuple[InstancePrediction, ...] = ()
    mirrored: tuple[InstancePrediction, ...] | None = None
    """What the network saw in the mirrored frame, brought back; None where it did not look."""

    @property
    def is_said(self) -> bool:
        """Whether persons said anything of things in the frame."""
        return not self.labels.is_empty

    def said(self) -> list[Instance]:
        """The things that persons labelled, without regions of many that nobody told apart."""
        found = [one for one in present(self.labels) if not is_crowd(one)]
        return found if self.scheme.is_many else found[:1]


def signs_of_things(
    frame_id: int,
    things: Things,
    prediction: Prediction | None,
    *,
    size: tuple[int, int],
    threshold: float,
    group: int = 0,
) -> FrameSigns:
    """What is odd about a frame; parameters as `annotator.review.signs.signs_of`.

    ``prediction`` is that of the one thing of a frame with its heatmaps, where there is one.
    """
    judged, extra = _judged(things, size, threshold)
    gone: dict[str, float] = {}
    signs: list[Sign] = []
    if things.is_said:
        gone, lacking = _unlabelled(things, judged)
        signs += [
            *_corrected(judged), *_swapped(judged, things.scheme.mirrored), *_sight(judged),
            *_numbers(things, judged), *_boxes(judged), *_unmatched(things, judged, extra), *lacking,
        ]  # fmt: skip
    elif things.seen:
        gone, lacking = _unseen(things.scheme, judged)
        signs += [*_faint(judged, threshold), *lacking]
        if prediction is not None:
            signs += _two_peaks(prediction, threshold)
    if things.other:
        signs += _networks(things, threshold, size)
    if things.mirrored is not None:
        signs += flip_signs(judged, things.mirrored, things.scheme, size=size, threshold=threshold)
    said = {name for one in judged for name in one.instance.keypoints} | {
        name for one in judged for name in one.instance.attributes
    }
    bones = bones_of([(one.id, one.places, one.unit) for one in judged if _is_whole(one, things.scheme)], things.scheme)
    return FrameSigns(frame_id, tuple(signs), (), group, frozenset(said | things.labels.attributes.keys()), gone, bones)


def judged_of(things: Things, *, size: tuple[int, int], threshold: float) -> list[Judged]:
    """What is judged in a frame: the things that persons labelled, else those that the network saw."""
    return _judged(things, size, threshold)[0]


def bones_of(
    placed: Sequence[tuple[int, Mapping[str, Point], float]], scheme: Scheme
) -> dict[str, tuple[tuple[int, float], ...]]:
    """The lengths of edges by their two names (joined by a tab): number of the thing, log of the share of its size.

    ``placed`` holds number, places and percent of the size a pixel is, of every thing.
    """
    found: dict[str, tuple[tuple[int, float], ...]] = {}
    for first, second in scheme.edges:
        lengths = []
        for number, places, unit in placed:
            if first in places and second in places:
                share = math.dist(places[first], places[second]) * unit / 100.0
                lengths.append((number, round(math.log(max(share, 1e-3)), 3)))
        if lengths:
            found[f"{first}\t{second}"] = tuple(lengths)
    return found


def _judged(
    things: Things, size: tuple[int, int], threshold: float
) -> tuple[list[Judged], list[InstancePrediction]]:
    """What is judged, and what the network saw of which nobody said anything."""
    shown = [one for one in things.seen if not things.scheme.is_many or one.score >= threshold]
    if not things.is_said:
        return [
            judge(said_by_network(one, n, threshold), one, threshold) for n, one in enumerate(shown)
        ], []
    said = things.said()
    given = matched(said, things.seen, things.scheme, size=size, threshold=threshold)
    used = {id(one) for one in given.values()}
    judged = [judge(one, given.get(n), threshold) for n, one in enumerate(said)]
    return judged, [one for one in shown if id(one) not in used] if things.scheme.is_many else []


def _is_whole(one: Judged, scheme: Scheme) -> bool:
    """Whether its size is known well enough to measure lengths by: from a box, or from most of its points."""
    return one.instance.box is not None or 2 * len(one.places) >= len(scheme)


def _corrected(judged: Sequence[Judged]) -> list[Sign]:
    return largest([s for one in judged for s in apart(Kind.CORRECTED, one, one.places, one.predicted)])


def _swapped(judged: Sequence[Judged], mirror: Mapping[str, str]) -> Iterator[Sign]:
    """Pairs of left and right that fit the network better the other way round."""
    crossed: list[tuple[float, str, int]] = []
    for one in judged:
        if one.seen is None:
            continue
        for first, second in _pairs(one, mirror):
            a, b, at, bt = one.places[first], one.places[second], one.predicted[first], one.predicted[second]
            straight, other = math.dist(a, at) + math.dist(b, bt), math.dist(a, bt) + math.dist(b, at)
            if math.dist(at, bt) * one.unit >= APART and other < CROSSED * straight:
                crossed.append((straight * one.unit, first, one.id))
    if crossed:
        _, name, number = max(crossed)
        yield Sign(Kind.SWAPPED, float(len(crossed)), name, len(crossed), instance=number)


def _pairs(one: Judged, mirror: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    both = one.places.keys() & one.predicted.keys()
    for name in sorted(both):
        other = mirror.get(name, name)
        if other in both and name < other:
            yield name, other


def _sight(judged: Sequence[Judged]) -> Iterator[Sign]:
    """Points said to be seen that the network takes for hidden, or the other way round, each by how sure it is."""
    differ: dict[tuple[int, str], float] = {}
    for one in judged:
        if one.seen is None or one.seen.visible is None:
            continue
        for name, chance in zip(one.seen.names, one.seen.visible.tolist(), strict=True):
            said = one.instance.keypoints.get(name)
            if said is not None and said.position is not None and said.visibility is not Visibility.ABSENT:
                is_seen = said.visibility is not Visibility.OCCLUDED
                if name in one.predicted and is_seen != (chance > 0.5):
                    differ[one.id, name] = abs(2.0 * chance - 1.0)
    if differ:
        number, name = max(differ, key=lambda key: differ[key])
        yield Sign(Kind.SIGHT, sum(differ.values()), name, len(differ), instance=number)


def _numbers(things: Things, judged: Sequence[Judged]) -> Iterator[Sign]:
    """Numbers that a person said and the network says otherwise, as the scheme allows them, in percent of their range.

    A number that was taken over from a network is no person's word against it.
    """
    found = []
    for attribute in things.scheme.attributes:
        if attribute.kind is not AttributeKind.NUMBER:
            continue
        for one in judged:
            whose = things.labels if attribute.scope is AttributeScope.FRAME else one.instance
            said = whose.attributes.get(attribute.name)
            seen = None if one.seen is None else as_allowed(attribute, one.seen.values.get(attribute.name))
            if not isinstance(said, int | float) or attribute.name in whose.accepted:
                continue
            if seen is not None and as_text(said) != as_text(seen):
                low, high = attribute.range or (0.0, max(abs(said), abs(seen), 1.0))
                off = 100.0 * abs(said - seen) / max(high - low, 1e-9)
                detail = f"{as_text(said)} {as_text(seen)}"
                found.append(Sign(Kind.NUMBER, off, attribute.name, 1, detail, instance=one.id))
    yield from largest(found)


def _boxes(judged: Sequence[Judged]) -> list[Sign]:
    """Points outside the box that was said, the furthest in percent of the thing's size."""
    found = []
    for one in judged:
        box = one.instance.box
        if box is None:
            continue
        off = {
            name: max(box[0] - x, x - box[2], box[1] - y, y - box[3], 0.0) * one.unit
            for name, (x, y) in one.places.items()
        }
        if max(off.values(), default=0.0) > 0.0:
            worst = max(off, key=lambda name: off[name])
            found.append(Sign(Kind.BOX, off[worst], worst, sum(v > 0.0 for v in off.values()), instance=one.id))
    return largest(found)


def _unmatched(things: Things, judged: Sequence[Judged], extra: Sequence[InstancePrediction]) -> Iterator[Sign]:
    """Things that only one of the two has: those seen outside every box that was said, and labels that are not seen."""
    boxes = [one.box or box_around(labelled_points(one).values()) for one in present(things.labels)]
    crowds = [one.box for one in present(things.labels) if is_crowd(one) and one.box is not None]
    left = []
    for one in extra:
        box = one.box or box_around(shown_points(one, 0.0).values())
        if box is not None and all(other is None or overlap(box, other) < SAME for other in boxes):
            middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
            if not any(c[0] <= middle[0] <= c[2] and c[1] <= middle[1] <= c[3] for c in crowds):
                left.append(one.score)
    if left:
        yield Sign(Kind.EXTRA, float(sum(left)), None, len(left), instance=0)
    if things.seen and things.scheme.is_many:
        lost = [one for one in judged if one.seen is None and one.places]
        if lost:
            yield Sign(Kind.UNFOUND, float(len(lost)), None, len(lost), instance=lost[0].id)


def _unlabelled(things: Things, judged: Sequence[Judged]) -> tuple[dict[str, float], list[Sign]]:
    """Points and numbers that nobody said anything of, by how surely that is a slip."""
    gone: dict[str, float] = {}
    lacking: dict[str, int] = {}
    count = 0
    for one in judged:
        sure = {} if one.seen is None else dict(zip(one.seen.names, one.seen.confidence.tolist(), strict=True))
        for name in things.scheme.keypoints:
            if name not in one.instance.keypoints:
                value = UNWITNESSED if one.seen is None else float(sure.get(name, 0.0) >= STRONG)
                if value > gone.get(name, 0.0):
                    gone[name], lacking[name] = value, one.id
                count += value > 0.0
        for attribute in things.scheme.attributes:
            of_frame = attribute.scope is AttributeScope.FRAME
            if attribute.name not in (things.labels if of_frame else one.instance).attributes:
                gone[attribute.name], lacking[attribute.name] = 1.0 if one.seen is not None else UNWITNESSED, one.id
                count += 1
    return gone, _lack(Kind.UNLABELLED, gone, lacking, count)


def _unseen(scheme: Scheme, judged: Sequence[Judged]) -> tuple[dict[str, float], list[Sign]]:
    """Points that the network does not see of things that it sees."""
    gone: dict[str, float] = {}
    lacking: dict[str, int] = {}
    count = 0
    for one in judged:
        for name in scheme.keypoints:
            if name not in one.places:
                gone[name], count = 1.0, count + 1
                lacking.setdefault(name, one.id)
    return gone, _lack(Kind.MISSING, gone, lacking, count)


def _lack(kind: Kind, gone: Mapping[str, float], lacking: Mapping[str, int], count: int) -> list[Sign]:
    if not gone:
        return []
    worst = max(gone, key=lambda name: gone[name])
    return [Sign(kind, sum(gone.values()), worst, count, instance=lacking[worst])]


def _faint(judged: Sequence[Judged], threshold: float) -> Iterator[Sign]:
    shown = [c for one in judged if one.seen is not None for c in one.seen.confidence.tolist() if c >= threshold]
    yield Sign(Kind.FAINT, 1.0 - float(np.median(shown)) if shown else 1.0, count=len(shown), instance=0)


def _two_peaks(prediction: Prediction, threshold: float) -> Iterator[Sign]:
    sure = dict(zip(prediction.names, prediction.confidence.tolist(), strict=True))
    peaks = second_peaks(prediction, least=max(DOUBTFUL, threshold))
    peaks = {name: peak for name, peak in peaks.items() if sure[name] >= threshold}
    if peaks:
        worst = max(peaks, key=lambda name: peaks[name].ratio)
        doubtful = sum(peak.ratio > 0.5 for peak in peaks.values())
        yield Sign(Kind.TWO_PEAKS, peaks[worst].ratio, worst, doubtful, instance=0)


def _networks(things: Things, threshold: float, size: tuple[int, int]) -> list[Sign]:
    """How far what two networks saw of the same things is apart."""
    said = [said_by_network(one, n, threshold) for n, one in enumerate(things.seen)]
    given = matched(said, things.other, things.scheme, size=size, threshold=threshold)
    both = [judge(said[n], other, threshold) for n, other in given.items()]
    return largest([s for one in both for s in apart(Kind.NETWORKS, one, one.places, one.predicted)])
