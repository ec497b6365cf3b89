"""Numbers for the things that only a network or a detector saw in a frame of a clip, before they are accepted.

A number is who somebody is in every frame of the clip. Who is seen where somebody is labelled in a frame close by has
that number, as a tracker would say it; anybody else gets one that nobody in the clip has.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from annotator.instance_points import given_to
from annotator.instances import is_crowd
from annotator.labels import Instance
from annotator.scheme import Scheme

if TYPE_CHECKING:
    from model.people import InstancePrediction

__all__ = ["numbers_in_clip"]


def numbers_in_clip(
    seen: Sequence[InstancePrediction],
    taken: Collection[int],
    scheme: Scheme,
    *,
    size: tuple[int, int],
    elsewhere: Collection[int],
    near: Sequence[Sequence[Instance]],
) -> list[int]:
    """The number of each thing that is only seen.

    Parameters
    ----------
    seen
        The things, best first.
    taken
        The numbers that labelled things of this frame have.
    size
        Width and height of the frame in pixels.
    elsewhere
        The numbers that are in other frames of the clip.
    near
        The labelled things of frames close by, the closest frame first; a later one is asked for who is left.
    """
    numbers: dict[int, int] = {}
    used = set(taken)
    for labelled in near:
        said = [one for one in labelled if one.id not in used and not is_crowd(one)]
        left = [one for one in seen if id(one) not in numbers]
        for place, one in given_to(said, left, scheme, size=size).items():
            numbers[id(one)] = said[place].id
            used.add(said[place].id)
    used |= set(elsewhere)
    free = 0
    for one in seen:
        if id(one) not in numbers:
            while free in used:
                free += 1
            numbers[id(one)] = free
            used.add(free)
    return [numbers[id(one)] for one in seen]
