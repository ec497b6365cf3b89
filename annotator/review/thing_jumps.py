"""Points of things that jump: where a thing is in the frames before and after says where its points should be.

Who in one frame is who in the next is known by numbers where persons gave them or a tracker did; else things are
matched as a tracker does it, the most alike pair first (OKS; Xiao, Wu, Wei, *Simple baselines for human pose estimation
and tracking*, ECCV 2018, algorithm 1). Of each thing what all its points share is taken off, as it walks, stops or
falls; a point that jumps alone stays.

Such a point lies off halfway between its neighbours, and off each of them. A limb that swings lies off each, but not
off halfway; the frame beside a jump lies off halfway, but not off the neighbour on its other side. So the least of the
three distances is what counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from annotator.instance_points import resolve_instances
from annotator.instances import is_crowd, present
from annotator.labels import Instance, Point
from annotator.review.judged import PLAIN, Judged, largest
from annotator.review.signs import Kind, Sign
from annotator.review.thing_signs import Things, judged_of
from annotator.scheme import Scheme
from annotator.tracking_labels import is_given
from annotator.tracking_memory import Pose, alike

__all__ = ["LEAST_ALIKE", "jumps"]

FEWEST = 3
"""Points that a thing shows in all three frames below which nobody can say which of them jumps."""
LEAST_ALIKE = 0.3
"""OKS from which on two are the same thing in two frames: what a tracker goes by."""
_SIGMA = 0.1


@dataclass(frozen=True, eq=False)
class _Here:
    """A thing in a frame: its number, whether that says who it is, and where its points are."""

    number: int
    is_known: bool
    places: Mapping[str, Point]
    pose: Pose


def jumps(
    here: Things, before: Things, after: Things, *, size: tuple[int, int], threshold: float
) -> list[Sign]:
    """The point that jumps furthest against the frames before and after, in percent of the size of its thing.

    What is judged in a frame are its labels, else what the network saw; its neighbours are taken as they are shown.
    """
    scheme = here.scheme
    judged = [one for one in judged_of(here, size=size, threshold=threshold) if len(one.places) >= FEWEST]
    if not judged:
        return []
    things = [_here(one.instance, one.places, scheme, is_said=here.is_said) for one in judged]
    sides = [_shown(side, size, threshold) for side in (before, after)]
    if not all(sides):
        return []
    first, second = (_partners(things, side, scheme) for side in sides)
    signs = []
    for n, one in enumerate(judged):
        if n in first and n in second:
            sign = _sign(one, first[n].places, second[n].places)
            signs += [] if sign is None else [sign]
    return largest(signs)


def _sign(one: Judged, before: Mapping[str, Point], after: Mapping[str, Point]) -> Sign | None:
    """The jump of one thing; ``one.unit`` is percent of its size that a pixel is."""
    names = [name for name in one.places if name in before and name in after]
    if len(names) < FEWEST:
        return None
    first, here, last = (np.array([points[name] for name in names]) for points in (before, one.places, after))
    ways = [here - first, here - last, here - 0.5 * (first + last)]
    off = np.min([np.linalg.norm(way - np.median(way, axis=0), axis=1) for way in ways], axis=0) * one.unit
    worst = int(off.argmax())
    return Sign(Kind.JUMP, float(off[worst]), names[worst], int((off > PLAIN).sum()), instance=one.id)


def _here(one: Instance, places: Mapping[str, Point], scheme: Scheme, *, is_said: bool) -> _Here:
    points = np.array([places.get(name, (np.nan, np.nan)) for name in scheme.keypoints], dtype=np.float64)
    pose = Pose(points, np.isfinite(points[:, 0]).astype(np.float64), box=one.box)
    # A number in a single frame is only an order; one that was carried there, or given, says who it is.
    return _Here(one.id, is_said and (one.link is not None or is_given(one)), places, pose)


def _shown(things: Things, size: tuple[int, int], threshold: float) -> list[_Here]:
    """The things of a frame as they are shown: as persons placed them, else as the network sees them."""
    scheme = things.scheme
    crowds = {one.id for one in present(things.labels) if is_crowd(one)}
    found = []
    for one in resolve_instances(
        things.labels, things.seen, scheme, size=size, threshold=threshold, least_score=threshold
    ):
        places = {name: point.position for name, point in one.keypoints.items() if point.position is not None}
        if places and one.id not in crowds:
            said = one.instance if one.labelled else Instance(one.id, box=one.box)
            found.append(_here(said, places, scheme, is_said=one.labelled))
    return found


def _partners(things: Sequence[_Here], others: Sequence[_Here], scheme: Scheme) -> dict[int, _Here]:
    """Who each thing is in another frame, by its place."""
    if not scheme.is_many:
        return {0: others[0]}
    by_number = {one.number: one for one in others if one.is_known}
    found = {n: by_number[one.number] for n, one in enumerate(things) if one.is_known and one.number in by_number}
    left = [n for n in range(len(things)) if n not in found]
    used = {id(one) for one in found.values()}
    free = [one for one in others if id(one) not in used]
    sigmas = np.array(scheme.sigmas or (_SIGMA,) * len(scheme))
    table = alike([things[n].pose for n in left], [one.pose for one in free], sigmas)
    for flat in np.argsort(-table, axis=None, kind="stable"):
        row, column = divmod(int(flat), table.shape[1])
        if table[row, column] < LEAST_ALIKE:
            break
        if left[row] not in found and id(free[column]) not in used:
            found[left[row]] = free[column]
            used.add(id(free[column]))
    return found
