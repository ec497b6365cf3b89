"""Numbers of things over the frames of a clip as labels: what a tracker found, and a person's corrections of it.

A thing keeps its number (``Instance.id``) from frame to frame: that is who it is. What a tracker brings into a frame is
carried, as labels moved along a clip are: a person's words stay, a hand that touches a point makes it a person's, and
the next run replaces what nobody touched. A number that a person gave is kept with the thing and holds over any run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from annotator.instances import is_crowd, present
from annotator.labels import (
    EMPTY,
    Carried,
    Decision,
    FrameLabels,
    FrameRecord,
    How,
    Instance,
    KeypointLabel,
    Origin,
    Visibility,
)
from annotator.scheme import Scheme
from annotator.tracking_gone import FORMAT, gone_from, renumbered
from annotator.tracking_memory import Pose

if TYPE_CHECKING:
    from annotator.tracking import Tracked

__all__ = [
    "TogetherError", "brought_before", "deleted_from", "free_number", "given", "is_given", "is_machine", "join",
    "renumber", "said_of", "split",
    "with_tracks",
]  # fmt: skip

KEY, GIVEN, TRACKED = "number", "given", "tracked"
_CLOSED = (Decision.ACCEPTED, Decision.REJECTED)
Clip = Mapping[int, FrameLabels]
"""The labels of the frames of a clip, by the number of the frame."""


class TogetherError(ValueError):
    """Two numbers are to be one, and persons labelled both in these ``frames``."""

    def __init__(self, number: int, other: int, frames: tuple[int, ...]) -> None:
        some = ", ".join(str(frame) for frame in frames[:5])
        super().__init__(f"numbers {number} and {other} are both in {len(frames)} frames ({some})")
        self.frames = frames


def is_given(instance: Instance) -> bool:
    """Whether a person said who it is."""
    said = instance.foreign.get(FORMAT)
    return isinstance(said, Mapping) and said.get(KEY) == GIVEN


def given(instance: Instance, number: int) -> Instance:
    """The thing with a number that a person gave it: it holds over any run of a tracker."""
    said = instance.foreign.get(FORMAT)
    kept = dict(said) if isinstance(said, Mapping) else {}
    return replace(instance, id=number, foreign={**instance.foreign, FORMAT: {**kept, KEY: GIVEN}})


def is_machine(instance: Instance) -> bool:
    """Whether a machine brought all of it here: the next run may do without."""
    points = instance.keypoints.values()
    if instance.attributes or instance.own_box is not None or instance.markings or is_given(instance):
        return False
    if not points and instance.box is None:
        return False
    return all(said.origin is Origin.PROPAGATED for said in points)


def said_of(record: FrameRecord, scheme: Scheme) -> tuple[tuple[Pose, ...], frozenset[int]]:
    """The things that persons labelled in a frame, and the numbers in it that no other thing may get.

    In a frame that a person accepted every number holds, and what was carried there is accepted with it. Nothing is
    said by a rejected one.
    """
    is_closed = record.review.decision is Decision.ACCEPTED
    poses, taken = [], set()
    for one in present(record.labels):
        if is_crowd(one) or record.review.decision is Decision.REJECTED:
            taken.add(one.id)
        elif is_closed or not is_machine(one):
            fixed = one.id if is_closed or is_given(one) else None
            poses.append(Pose.labelled(one, scheme, fixed=fixed))
    return tuple(poses), frozenset(taken)


def brought_before(record: FrameRecord, scheme: Scheme) -> tuple[Pose, ...]:
    """Who was brought into a frame by the last run, with the numbers of then as ``key``."""
    return tuple(Pose.labelled(one, scheme) for one in present(record.labels) if is_machine(one))


def deleted_from(record: FrameRecord, scheme: Scheme) -> tuple[Pose, ...]:
    """Whom persons deleted from a frame."""
    some = gone_from(record.labels)
    return tuple(
        Pose.labelled(Instance(one.number, {n: KeypointLabel(at) for n, at in one.points.items()}, box=one.box), scheme)
        for one in some
    )


def with_tracks(
    record: FrameRecord, found: Sequence[Tracked], scheme: Scheme, *, size: tuple[int, int], sources: Mapping[int, str]
) -> FrameRecord | None:
    """The record with what a tracker found in its frame; None where a person's decision closed the frame.

    Labelled things get their numbers, what was carried here before goes, and what the network saw or the flow moved
    here comes beside them, points outside the frame left out. Who was deleted here stays away.

    Parameters
    ----------
    found
        The tracker's answer; a ``key`` there is the id of a label in this record.
    size
        Width and height of the frame in pixels.
    sources
        The name of the frame that a thing was last seen in, by its number.
    """
    if record.review.decision in _CLOSED:
        return None
    numbers = {one.pose.key: one.id for one in found if one.pose.key is not None}
    kept = [
        _followed(one, numbers.get(one.id))
        for one in present(record.labels)
        if one.id in numbers or not is_machine(one)
    ]
    taken = {one.id for one in kept} | {one.number for one in gone_from(record.labels)}
    for one in found:
        if one.pose.key is None and one.id not in taken:
            brought = _brought(one, scheme, size, sources.get(one.id, ""))
            if any(said.position is not None for said in brought.keypoints.values()):
                kept.append(brought)
    labels = replace(record.labels, instances=tuple(sorted(kept, key=lambda each: each.id)) or EMPTY.instances)
    return replace(record, labels=labels)


def _followed(one: Instance, number: int | None) -> Instance:
    """A labelled thing with the number that a tracker gave it; one from a file keeps that it is not the file's own."""
    if number is None or is_given(one) or not one.foreign:
        return one if number is None else replace(one, id=number)
    said = one.foreign.get(FORMAT)
    kept = dict(said) if isinstance(said, Mapping) else {}
    return replace(one, id=number, foreign={**one.foreign, FORMAT: {**kept, KEY: TRACKED}})


def _brought(one: Tracked, scheme: Scheme, size: tuple[int, int], source: str) -> Instance:
    """A thing that no person labelled, as a carried label."""
    seen, sd = one.pose.seen, 0.0
    hidden = _of(one.pose.hidden, scheme) | _of(one.pose.unsure, scheme)
    absent = _of(one.pose.absent, scheme)
    if seen is not None:
        if seen.visible is not None:
            hidden |= {name for name, shown in zip(seen.names, seen.visible, strict=True) if shown < 0.5}
        sd = float(np.nan_to_num(np.nanmedian(seen.sd))) if np.isfinite(seen.sd).any() else 0.0
    points = {}
    for name, (x, y) in zip(scheme.keypoints, one.pose.points.tolist(), strict=True):
        if -0.5 <= x <= size[0] - 0.5 and -0.5 <= y <= size[1] - 0.5:
            state = Visibility.OCCLUDED if name in hidden else Visibility.VISIBLE
            points[name] = KeypointLabel((x, y), state, Origin.PROPAGATED)
        elif name in absent:
            points[name] = KeypointLabel(None, Visibility.ABSENT, Origin.PROPAGATED)
    return Instance(one.id, points, link=Carried((source,) if source else (), How.MOTION, sd))


def _of(which: NDArray[np.bool_] | None, scheme: Scheme) -> set[str]:
    return set() if which is None else {scheme.keypoints[k] for k in np.flatnonzero(which)}


# Corrections: the frames that change, by number.


def free_number(clip: Clip) -> int:
    """The smallest number that nothing in a clip has."""
    taken = {one.id for labels in clip.values() for one in present(labels)}
    return next(number for number in range(len(taken) + 1) if number not in taken)


def split(clip: Clip, number: int, *, start: int) -> tuple[dict[int, FrameLabels], int]:
    """From frame ``start`` on a thing is somebody else: the frames that change, and the new number.

    Raises
    ------
    ValueError
        If it is in no frame from there on, or in none before, where nothing would be split.
    """
    where = _frames_of(clip, number)
    if not any(frame >= start for frame in where):
        raise ValueError(f"number {number} is in no frame from here on")
    if not any(frame < start for frame in where):
        raise ValueError(f"number {number} begins here: there is nothing before to split it from")
    new = free_number(clip)
    return _renamed(clip, {number, new}, lambda frame: {number: new} if frame >= start else {}), new


def join(clip: Clip, number: int, other: int) -> dict[int, FrameLabels]:
    """Two numbers are one thing, everywhere: ``other`` becomes ``number``. The frames that change.

    Where both are in a frame and one of them was only carried there, that one goes.

    Raises
    ------
    ValueError
        If one of them is nowhere or both are the same; a TogetherError if persons labelled both in one frame.
    """
    if number == other:
        raise ValueError(f"number {number} is the same thing already")
    for each in (number, other):
        if not _frames_of(clip, each):
            raise ValueError(f"number {each} is in no frame of the clip")
    thinned, both = dict(clip), []
    for frame, labels in clip.items():
        one, two = labels.instance(number), labels.instance(other)
        if one.is_empty or two.is_empty:
            continue
        if not is_machine(one) and not is_machine(two):
            both.append(frame)
        gone = other if is_machine(two) else number
        thinned[frame] = replace(labels, instances=tuple(each for each in labels.instances if each.id != gone))
    if both:
        raise TogetherError(number, other, tuple(both))
    found = {**thinned, **_renamed(thinned, {number, other}, lambda frame: {other: number})}
    return {frame: labels for frame, labels in found.items() if labels != clip[frame]}


def renumber(clip: Clip, number: int, to: int, *, start: int) -> dict[int, FrameLabels]:
    """From frame ``start`` on a thing has another number; what had that takes the old one. The frames that change.

    Exchanging the two is what mends two tracks that took each other's way.

    Raises
    ------
    ValueError
        If the thing is in no frame from there on, or the number is negative or its own.
    """
    if to < 0 or to == number:
        raise ValueError(f"{to} is no other number")
    if not any(frame >= start for frame in _frames_of(clip, number)):
        raise ValueError(f"number {number} is in no frame from here on")
    return _renamed(clip, {number, to}, lambda frame: {number: to, to: number} if frame >= start else {})


def _frames_of(clip: Clip, number: int) -> list[int]:
    return [frame for frame, labels in clip.items() if not labels.instance(number).is_empty]


def _renamed(
    clip: Clip, numbers: Collection[int], names: Callable[[int], Mapping[int, int]]
) -> dict[int, FrameLabels]:
    """The frames that change when things get other numbers; what had one of ``numbers`` has it by a person's word."""
    found = {}
    for frame, labels in clip.items():
        names_here = names(frame)
        some = tuple(
            given(one, names_here.get(one.id, one.id)) if one.id in numbers and not one.is_empty else one
            for one in labels.instances
        )
        changed = renumbered(labels, names_here)
        if some != labels.instances:
            changed = replace(changed, instances=tuple(sorted(some, key=lambda one: one.id)))
        if changed is not labels:
            found[frame] = changed
    return found
