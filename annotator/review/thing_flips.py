"""The flip test of things: where a network sees the points of each of them once the picture is mirrored.

A network that looks into boxes looked into the same boxes, mirrored, so a thing and its mirrored look have one box. One
that finds everybody by itself may find others: those are told apart by how alike the points are (OKS), and a thing that
has no partner was not seen again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from annotator.instances import Box
from annotator.review.judged import Judged, apart, largest, matched, said_by_network, shown_points
from annotator.review.signs import Kind, Sign
from annotator.scheme import Scheme

if TYPE_CHECKING:
    from model.people import InstancePrediction

__all__ = ["brought_back", "covers", "flip_signs", "mirrored_box"]

UNSEEN = 100.0
"""Percent of its size that a thing counts as being away which is sure, and not seen mirrored at all."""
_SAME_BOX = 0.1
"""Pixels that the sides of a box may differ by when it went to a file and back."""


def mirrored_box(box: Box, width: int) -> Box:
    """The box in a mirrored image this many pixels wide: pixel x is pixel width - 1 - x there."""
    return (width - 1 - box[2], box[1], width - 1 - box[0], box[3])


def brought_back(seen: InstancePrediction, width: int, mirror: Mapping[str, str]) -> InstancePrediction:
    """A thing seen in a mirrored image as it lies in the image itself, each point with the name of its mirror.

    Points without a mirror, which another scheme knows, are left out.
    """
    from model.people import InstancePrediction

    known = [n for n, name in enumerate(seen.names) if name in mirror]
    xy = seen.xy[known].copy()
    xy[:, 0] = width - 1 - xy[:, 0]
    return InstancePrediction(
        tuple(mirror[seen.names[n]] for n in known), xy, seen.confidence[known], seen.sd[known], seen.score,
        None if seen.box is None else mirrored_box(seen.box, width),
        None if seen.visible is None else seen.visible[known], dict(seen.values),
    )  # fmt: skip


def covers(seen: Sequence[InstancePrediction], mirrored: Sequence[InstancePrediction]) -> bool:
    """Whether every box that was looked into was looked into mirrored too."""
    return all(one.box is None or _of_box(one.box, mirrored) is not None for one in seen)


def flip_signs(
    judged: Sequence[Judged],
    mirrored: Sequence[InstancePrediction],
    scheme: Scheme,
    *,
    size: tuple[int, int],
    threshold: float,
) -> list[Sign]:
    """How far the points of things move once the picture is mirrored, and which things are not seen any more.

    A thing whose box was not looked into mirrored says nothing.
    """
    seen = [one for one in judged if one.seen is not None and one.predicted]
    given = _paired(seen, mirrored, scheme, size, threshold)
    signs: list[Sign] = []
    for n, one in enumerate(seen):
        assert one.seen is not None
        if n in given:
            back = shown_points(given[n], threshold)
        elif one.seen.box is not None:
            continue
        else:
            back = {}
        if back:
            signs += apart(Kind.FLIP, one, one.predicted, back)
        else:
            signs.append(Sign(Kind.FLIP, UNSEEN * min(one.seen.score, 1.0), None, len(one.predicted), instance=one.id))
    return largest(signs)


def _paired(
    seen: Sequence[Judged],
    mirrored: Sequence[InstancePrediction],
    scheme: Scheme,
    size: tuple[int, int],
    threshold: float,
) -> dict[int, InstancePrediction]:
    """The mirrored look at each thing, by place: the one with its box, or of those without boxes the most alike."""
    if not scheme.is_many:
        return dict(zip(range(len(seen)), mirrored, strict=False))
    given: dict[int, InstancePrediction] = {}
    for n, one in enumerate(seen):
        box = None if one.seen is None else one.seen.box
        other = None if box is None else _of_box(box, mirrored)
        if other is not None:
            given[n] = other
    free = [n for n, one in enumerate(seen) if one.seen is not None and one.seen.box is None]
    said = [said_by_network(looked, n, threshold) for n in free if (looked := seen[n].seen) is not None]
    others = [one for one in mirrored if one.box is None]
    found = matched(said, others, scheme, size=size, threshold=threshold)
    return given | {free[n]: other for n, other in found.items()}


def _of_box(box: Box, mirrored: Sequence[InstancePrediction]) -> InstancePrediction | None:
    """The mirrored look into a box, None without one."""
    with_box = [one for one in mirrored if one.box is not None]
    if not with_box:
        return None
    off = np.abs(np.array([one.box for one in with_box]) - np.array(box)).max(axis=1)
    nearest = int(off.argmin())
    return with_box[nearest] if off[nearest] <= _SAME_BOX else None
