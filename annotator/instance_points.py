"""Every keypoint of every thing in a frame, for schemes without football rooms: what persons said, else the network.

As `annotator.keypoints.resolve`, without geometry: a point is placed or predicted. What the network saw of many is
given to the things that persons labelled by similarity; what is left over stands for itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from annotator.instances import Box, area_of, box_around, box_of, labelled_points, overlap, present
from annotator.keypoints import Keypoint, Source
from annotator.labels import EMPTY, FrameLabels, Instance, KeypointLabel, Origin, Point, Visibility
from annotator.network_numbers import suggestions
from annotator.scheme import AttributeScope, AttributeValue, Scheme

if TYPE_CHECKING:
    from model.heatmaps import Prediction
    from model.people import InstancePrediction, PeoplePrediction

__all__ = [
    "ResolvedInstance", "accepted_things", "given_to", "numbers_free_here", "resolve_instances", "seen_of",
    "similarity",
]  # fmt: skip

ALIKE = 0.2
"""OKS from which on a prediction is of a labelled thing; where no point is placed, `OVER` is the overlap of boxes."""
OVER = 0.5
SAME_BOX = 0.999
"""Overlap of boxes that are one and the same, though one of them went to a file and back."""
_SIGMA = 0.1  # of schemes without sigmas: only for who is given which prediction
_FEWEST = 1.0  # square pixels: the area of what has none

Floats = NDArray[np.float64]
Numbers = Callable[[Sequence["InstancePrediction"], Collection[int]], Sequence[int]]
"""The numbers of things that are only seen, best first, given those of the labelled ones."""


@dataclass(frozen=True, eq=False)
class ResolvedInstance:
    """One thing of a frame.

    ``id`` is that of the labels; a thing that only the network saw (``labelled`` False) has one that is free, and takes
    it when it is accepted. ``keypoints`` holds every keypoint of the scheme in its order. ``box`` is what was said,
    else the network's, else that around the points, and ``box_source`` which of these (placed, predicted, constructed).
    ``seen`` is what the network saw of it, ``instance`` what a person said; ``suggested`` the network's scalars.
    ``asked`` is all that the answer depends on beside these two: a next one may be this one.
    """

    id: int
    keypoints: Mapping[str, Keypoint]
    labelled: bool = True
    box: Box | None = None
    box_source: Source | None = None
    score: float | None = None
    instance: Instance = field(default_factory=Instance)
    seen: InstancePrediction | None = None
    asked: tuple[object, ...] = ()

    @property
    def attributes(self) -> Mapping[str, AttributeValue]:
        """What a person said beside the points."""
        return self.instance.attributes

    @property
    def suggested(self) -> Mapping[str, float]:
        """What the network says beside the points."""
        return {} if self.seen is None else self.seen.values


def seen_of(prediction: Prediction | PeoplePrediction | None) -> tuple[InstancePrediction, ...]:
    """What a network saw as a list of things, whichever way it is stored."""
    from model.people import InstancePrediction, PeoplePrediction

    if prediction is None:
        return ()
    if isinstance(prediction, PeoplePrediction):
        return prediction.instances
    return (InstancePrediction.of(prediction),)


def resolve_instances(
    labels: FrameLabels,
    seen: Sequence[InstancePrediction],
    scheme: Scheme,
    *,
    size: tuple[int, int],
    threshold: float,
    least_score: float = 0.0,
    previous: Sequence[ResolvedInstance] = (),
    earlier: Sequence[ResolvedInstance] = (),
    numbers: Numbers | None = None,
) -> tuple[ResolvedInstance, ...]:
    """Every thing of a frame: those that persons labelled, in order, then those that only the network saw, best first.

    Parameters
    ----------
    labels
        What persons said; unknown names and positions that are not finite are passed over.
    seen
        What the network saw.
    size
        Width and height of the frame in pixels.
    threshold
        Confidence from which on a predicted point is a position.
    least_score
        Score from which on a thing that only the network saw is there.
    previous
        The last answer while something is dragged: who has which prediction stays as it was, and things that did not
        change are the same objects.
    earlier
        The answer before an edit: who would be given no prediction now keeps what they had, if nobody else has it. A
        network looked where somebody was then, though points placed since made more of them.
    numbers
        Who the things that only the network saw are; by default they get the smallest numbers that are free here.

    Raises
    ------
    ValueError
        If the size is not positive.
    """
    if min(size) <= 0:
        raise ValueError(f"a frame has a positive width and height, not {size}")
    said = present(labels)
    if not scheme.is_many:
        said = said[:1] or (labels.pitch,)
        given: dict[int, InstancePrediction] = {0: max(seen, key=lambda one: one.score)} if seen else {}
        left: list[InstancePrediction] = []
    else:
        given = _kept(said, seen, _given(said, seen, scheme, size, previous), earlier)
        used = {id(one) for one in given.values()}
        left = [one for one in seen if id(one) not in used and one.score >= least_score]
    asked = (scheme.id, scheme.keypoints, size, threshold)
    before = {one.id: one for one in previous if one.asked == asked}
    found = [_again(one, given.get(n), before, scheme, size, threshold) for n, one in enumerate(said)]
    left, taken = sorted(left, key=lambda one: -one.score), {one.id for one in said}
    for number, one in zip((numbers or numbers_free_here)(left, taken), left, strict=True):
        found.append(_again(Instance(number), one, before, scheme, size, threshold))
    return tuple(found)


def numbers_free_here(left: Sequence[InstancePrediction], taken: Collection[int]) -> list[int]:
    """The smallest numbers that are not taken."""
    return [number for number in range(len(left) + len(taken)) if number not in taken][: len(left)]


def _again(
    said: Instance,
    seen: InstancePrediction | None,
    before: Mapping[int, ResolvedInstance],
    scheme: Scheme,
    size: tuple[int, int],
    threshold: float,
) -> ResolvedInstance:
    """The answer for a thing: the last one where nothing of it changed."""
    last = before.get(said.id)
    if last is not None and last.seen is seen and (last.instance is said or last.instance == said):
        return last
    return _resolved(said, seen, scheme, size, threshold)


def accepted_things(
    labels: FrameLabels,
    things: Sequence[ResolvedInstance],
    scheme: Scheme,
    *,
    ids: Collection[int] | None = None,
    numbers: Mapping[int, Collection[str]] | None = None,
) -> FrameLabels:
    """The labels with what is shown of things taken over: predicted points and boxes, and numbers that nobody said.

    What a person said stays; points are of ``Origin.ACCEPTED``, and numbers are known as accepted. They are rounded to
    what the scheme allows.

    Parameters
    ----------
    ids
        Which things; None for all of them.
    numbers
        The names of the numbers that are taken over, by thing; None for all numbers of those things.
    """
    kept = {one.id: one for one in present(labels)}
    of_thing = {one.name for one in scheme.attributes_of(AttributeScope.INSTANCE)}
    for thing in things:
        if ids is not None and thing.id not in ids:
            continue
        own = kept.get(thing.id, Instance(thing.id))
        shown = {
            name: KeypointLabel(point.position, point.visibility, Origin.ACCEPTED)
            for name, point in thing.keypoints.items()
            if point.source is Source.PREDICTED
        }
        box = own.box if thing.box_source is not Source.PREDICTED or own.box is not None else thing.box
        taken = replace(own, keypoints={**own.keypoints, **shown}, box=box)
        wanted = None if numbers is None else numbers.get(thing.id, ())
        said = {n: v for n, v in suggestions(scheme, thing.suggested).items() if wanted is None or n in wanted}
        taken = _with_numbers(taken, {name: value for name, value in said.items() if name in of_thing})
        labels = _with_numbers(labels, {name: value for name, value in said.items() if name not in of_thing})
        if not taken.is_empty:
            kept[thing.id] = taken
    if tuple(kept.values()) == present(labels):
        return labels
    return replace(labels, instances=tuple(kept.values()) or EMPTY.instances)


_Said = TypeVar("_Said", Instance, FrameLabels)


def _with_numbers(said: _Said, numbers: Mapping[str, AttributeValue]) -> _Said:
    """With numbers of a network where nobody said one."""
    fresh = {name: value for name, value in numbers.items() if name not in said.attributes}
    if not fresh:
        return said
    return replace(said, attributes={**said.attributes, **fresh}, accepted={**said.accepted, **fresh})


def given_to(
    said: Sequence[Instance], seen: Sequence[InstancePrediction], scheme: Scheme, *, size: tuple[int, int]
) -> dict[int, InstancePrediction]:
    """Who of ``said`` (by place in it) is whom of ``seen``, in a frame of ``size`` (w, h); most alike pairs first."""
    return _given(said, seen, scheme, size, ())


def _given(
    said: Sequence[Instance],
    seen: Sequence[InstancePrediction],
    scheme: Scheme,
    size: tuple[int, int],
    previous: Sequence[ResolvedInstance],
) -> dict[int, InstancePrediction]:
    """The prediction of every labelled thing that has one, by place in ``said``; the most alike pair is made first."""
    there = {id(one) for one in seen}
    before = {one.id: one.seen for one in previous if one.labelled and one.seen is not None and id(one.seen) in there}
    given = {n: kept for n, one in enumerate(said) if (kept := before.get(one.id)) is not None}
    used = {id(one) for one in given.values()}
    open_said = [n for n in range(len(said)) if n not in given]
    open_seen = [one for one in seen if id(one) not in used]
    if not open_said or not open_seen:
        return given
    alike = similarity([said[n] for n in open_said], open_seen, scheme)
    # What a network saw in somebody's own box, drawn or around their points, is of them, however far off what was
    # placed there is; and what it saw in about that box is more likely of them than of nobody: networks look into no
    # box that is somebody's already.
    others = [one.box or box_around(_points(one).values()) for one in open_seen]
    shared = _shared([box_of(said[n], size=size) for n in open_said], others)
    alike += np.where(shared >= SAME_BOX, 1.0, np.where(alike > 0.0, 0.0, shared * ALIKE))
    for flat in np.argsort(-alike, axis=None, kind="stable"):
        row, column = divmod(int(flat), alike.shape[1])
        if alike[row, column] <= 0:
            break
        if open_said[row] not in given and id(open_seen[column]) not in used:
            given[open_said[row]] = open_seen[column]
            used.add(id(open_seen[column]))
    return given


def _kept(
    said: Sequence[Instance],
    seen: Sequence[InstancePrediction],
    given: Mapping[int, InstancePrediction],
    earlier: Sequence[ResolvedInstance],
) -> dict[int, InstancePrediction]:
    """With what things had before, where they are given nothing and nobody else has it."""
    free = {id(one) for one in seen} - {id(one) for one in given.values()}
    had = {one.id: one.seen for one in earlier if one.labelled and one.seen is not None and id(one.seen) in free}
    kept = {n: mine for n, one in enumerate(said) if n not in given and (mine := had.get(one.id)) is not None}
    return {**given, **kept}


def _shared(said: Sequence[Box | None], seen: Sequence[Box | None]) -> Floats:
    """The overlap of boxes (intersection over union), (L, P); 0 below `OVER` and where there is none."""
    nowhere = (math.nan,) * 4
    own, theirs = (np.array([box or nowhere for box in boxes], dtype=np.float64) for boxes in (said, seen))
    low, high = np.maximum(own[:, None, :2], theirs[None, :, :2]), np.minimum(own[:, None, 2:], theirs[None, :, 2:])
    both = np.maximum(high - low, 0.0).prod(axis=-1)
    areas = ((some[:, 2:] - some[:, :2]).prod(axis=-1) for some in (own, theirs))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.nan_to_num(both / (next(areas)[:, None] + next(areas)[None] - both))
    return np.where(share >= OVER, share, 0.0)


def similarity(said: Sequence[Instance], seen: Sequence[InstancePrediction], scheme: Scheme) -> Floats:
    """How alike labelled things and predictions are, (L, P) in 0..1; 0 where they are too different to be the same.

    OKS over the placed points (COCO keypoint evaluation), with the area of the labelled box; where none is placed, or
    none predicted, the overlap of the boxes.
    """
    sigmas = np.array(scheme.sigmas or (_SIGMA,) * len(scheme))
    own, theirs = _places([labelled_points(one) for one in said], scheme), _places(map(_points, seen), scheme)
    boxes = [one.box or box_around(labelled_points(one).values()) for one in said]
    others = [one.box or box_around(_points(one).values()) for one in seen]
    least = np.array([_FEWEST if box is None else area_of(box) for box in others])
    areas = np.array([0.0 if box is None else area_of(box) for box in boxes])
    area = np.where(areas[:, None] > _FEWEST, areas[:, None], np.maximum(least, _FEWEST)[None, :])
    apart = ((own[:, None] - theirs[None]) ** 2).sum(axis=-1)
    counted = np.isfinite(own).all(axis=-1).sum(axis=1)
    with np.errstate(invalid="ignore", over="ignore"):
        terms = np.exp(-apart / (2.0 * area[..., None] * (2.0 * sigmas) ** 2))
    oks: Floats = np.nan_to_num(terms).sum(axis=-1) / np.maximum(counted, 1)[:, None]
    found = np.where(oks >= ALIKE, oks, 0.0)
    known = np.isfinite(theirs).all(axis=-1).sum(axis=1)
    without = (counted == 0)[:, None] | (known == 0)[None, :]
    for n, m in np.argwhere(without):
        box, other = boxes[n], others[m]
        shared = 0.0 if box is None or other is None else overlap(box, other)
        found[n, m] = shared if shared >= OVER else 0.0
    return found


def _places(points: Iterable[Mapping[str, Point]], scheme: Scheme) -> Floats:
    """Positions (N, K, 2) of mappings by name, NaN where there is none."""
    listed = list(points)
    found = np.full((len(listed), len(scheme), 2), np.nan)
    for n, one in enumerate(listed):
        for name, place in one.items():
            if name in scheme.index:
                found[n, scheme.index[name]] = place
    return found


def _points(one: InstancePrediction) -> dict[str, Point]:
    return {name: (x, y) for name, (x, y) in zip(one.names, one.xy.tolist(), strict=True) if _finite((x, y))}


def _finite(place: Point) -> bool:
    return math.isfinite(place[0]) and math.isfinite(place[1])


def _resolved(
    said: Instance, seen: InstancePrediction | None, scheme: Scheme, size: tuple[int, int], threshold: float
) -> ResolvedInstance:
    known = {} if seen is None else _known(seen)
    keypoints = {
        name: _keypoint(name, said.keypoints.get(name), known.get(name), size, threshold)
        for name in scheme.keypoints
    }
    box, source = said.box, Source.PLACED if said.box is not None else None
    if box is None and seen is not None and seen.box is not None:
        box, source = seen.box, Source.PREDICTED
    if box is None:
        places = [point.position for point in keypoints.values() if point.position is not None]
        box = box_around(places, size=size)
        source = None if box is None else Source.CONSTRUCTED
    score = None if seen is None else seen.score
    asked = (scheme.id, scheme.keypoints, size, threshold)
    return ResolvedInstance(said.id, keypoints, not said.is_empty, box, source, score, said, seen, asked)


@dataclass(frozen=True)
class _Seen:
    place: Point
    confidence: float
    sd: float | None
    visible: float | None


def _known(seen: InstancePrediction) -> dict[str, _Seen]:
    shown: Sequence[float | None] = [None] * len(seen.names) if seen.visible is None else seen.visible.tolist()
    rows = zip(seen.names, seen.xy.tolist(), seen.confidence.tolist(), seen.sd.tolist(), shown, strict=True)
    return {
        name: _Seen((x, y), confidence, sd if math.isfinite(sd) else None, visible)
        for name, (x, y), confidence, sd, visible in rows
        if _finite((x, y))
    }


def _keypoint(
    name: str, said: KeypointLabel | None, seen: _Seen | None, size: tuple[int, int], threshold: float
) -> Keypoint:
    confidence, predicted = (None, None) if seen is None else (seen.confidence, seen.place)
    visibility = None if said is None else said.visibility
    if visibility is Visibility.ABSENT:
        return Keypoint(name, confidence=confidence, predicted=predicted)
    position, source, sd = None, None, None
    if said is not None and said.position is not None and _finite(said.position):
        position, source = said.position, Source.PLACED
    elif seen is not None and seen.confidence >= threshold:
        position, source, sd = seen.place, Source.PREDICTED, seen.sd
        if visibility is None and seen.visible is not None and seen.visible < 0.5:
            visibility = Visibility.OCCLUDED
    inside = position is not None and _is_inside(position, size)
    if visibility is None:
        visibility = Visibility.VISIBLE if inside or source is Source.PLACED else Visibility.ABSENT
    return Keypoint(
        name, position, source, visibility, (), confidence, sd, None, inside, predicted,
        said.origin if said is not None and source is Source.PLACED else None,
    )  # fmt: skip


def _is_inside(place: Point, size: tuple[int, int]) -> bool:
    return -0.5 <= place[0] <= size[0] - 0.5 and -0.5 <= place[1] <= size[1] - 0.5
