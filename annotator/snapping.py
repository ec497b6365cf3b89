"""Labels drawn to the white paint: what of them is meant, what is known to lie about it, and what came of it.

``annotator.paint`` moves clicks and points; here it is asked for what a person selected, with the projected pitch or
the drawn markings as neighbours, and its answers are put into labels. A snap is a suggestion: what was found is
returned to be shown, and the labels are one value, so that taking it is one step to undo.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from annotator.keypoints import Resolved, Source
from annotator.labels import FrameLabels, Point, confirm_marking, place, set_marking
from annotator.paint import PaintField, Refusal, Snap, snap_marking, snap_point, spans_at
from annotator.pitch import KEYPOINTS, MARKINGS, Crossing, marking_samples

__all__ = ["ENOUGH", "EVERYTHING", "Outcome", "Snapped", "Target", "markings_through", "snap_labels"]

ENOUGH = 4  # markings on the ground that the paint confirms, from which on nothing else is needed
STILL = 0.05  # pixels; what moves less was on the paint already
NEAR = 40.0  # pixels of 540 rows within which a marking's path tells in which direction it runs at a point
ON_MARKING = 0.02  # metres

Paths = Mapping[str, Sequence[NDArray[np.float64]]]


@dataclass(frozen=True)
class Target:
    """What is to be drawn to the paint: keypoints by name, a marking, one click of it by index; none of it: all."""

    keypoints: tuple[str, ...] = ()
    marking: str | None = None
    click: int | None = None


EVERYTHING = Target()


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of snapping one keypoint or marking; ``dropped``: it was only the machine's and no paint shows it."""

    name: str
    snap: Snap
    is_marking: bool
    shift: float
    dropped: bool = False

    @property
    def reason(self) -> Refusal | None:
        """Why it stayed, None where it could be snapped."""
        return self.snap.reason

    @property
    def moved(self) -> bool:
        """Whether anything of it moved."""
        return self.reason is None and self.shift > STILL


@dataclass(frozen=True, eq=False)
class Snapped:
    """The labels after snapping, and what came of every thing that was meant, in their order."""

    labels: FrameLabels
    outcomes: tuple[Outcome, ...]


def snap_labels(labels: FrameLabels, target: Target, paint: PaintField, *, resolved: Resolved | None) -> Snapped:
    """The labels with what is meant drawn to the paint.

    A single click moves alone, once the others make a line or circle without it; of a constructed keypoint the drawn
    markings move that it follows from; any other keypoint is placed where the paint has it. What has too little paint
    about it stays as it is, and so does a penalty mark, which lies on no line. Only what was read off a placed pitch
    and never checked is left out where the paint does not show it, once all was meant and ``ENOUGH`` other markings
    lie on the paint.

    Parameters
    ----------
    labels
        What a person said of the frame.
    target
        What of it is meant; ``EVERYTHING`` means every drawn marking.
    paint
        The frame, prepared.
    resolved
        What followed from the labels: where keypoints are, and what lies about them.
    """
    known = _paths(resolved)
    outcomes: list[Outcome] = []
    for name in _markings_meant(labels, target, resolved):
        labels, outcome = _marking_snapped(labels, name, target, paint, known)
        outcomes.append(outcome)
    for name, at in _points_meant(labels, target, resolved):
        snap = _point_snapped(name, at, paint, known)
        shift = 0.0 if snap.refused else float(np.hypot(snap.clicks[0][0] - at[0], snap.clicks[0][1] - at[1]))
        outcomes.append(Outcome(name, snap, is_marking=False, shift=shift))
        if outcomes[-1].moved:
            labels = place(labels, name, snap.clicks[0])
    if target == EVERYTHING:
        labels, outcomes = _without_guesses(labels, outcomes)
    return Snapped(labels, tuple(outcomes))


def _without_guesses(labels: FrameLabels, outcomes: list[Outcome]) -> tuple[FrameLabels, list[Outcome]]:
    """Without the markings that only a placed pitch speaks of, where the paint shows enough others and not these."""
    found = [one for one in outcomes if one.name in MARKINGS and one.reason is None]
    if sum(MARKINGS[one.name].on_ground for one in found) < ENOUGH:
        return labels, outcomes
    gone = {one.name for one in outcomes if one.reason is not None and one.name in labels.pitch.unchecked}
    for name in gone:
        labels = set_marking(labels, name, ())
    return labels, [replace(one, dropped=True) if one.name in gone else one for one in outcomes]


def _paths(resolved: Resolved | None) -> Paths:
    """What is known to lie in the frame: the projected pitch, or else what is drawn."""
    if resolved is None:
        return {}
    if resolved.ghost:
        return resolved.ghost
    return {name: (curve.path,) for name, curve in resolved.curves.items() if len(curve.path) >= 2}


def _markings_meant(labels: FrameLabels, target: Target, resolved: Resolved | None) -> tuple[str, ...]:
    drawn = labels.pitch.markings
    if target.marking is not None:
        return (target.marking,) if target.marking in drawn else ()
    if not target.keypoints:
        return tuple(drawn)
    parents = [name for key in target.keypoints for name in _parents(key, resolved) if name in drawn]
    return tuple(dict.fromkeys(parents))


def _parents(name: str, resolved: Resolved | None) -> tuple[str, ...]:
    keypoint = resolved.keypoints.get(name) if resolved is not None else None
    return keypoint.parents if keypoint is not None and keypoint.source is Source.CONSTRUCTED else ()


def _points_meant(labels: FrameLabels, target: Target, resolved: Resolved | None) -> Iterator[tuple[str, Point]]:
    drawn = labels.pitch.markings
    for name in target.keypoints:
        keypoint = resolved.keypoints.get(name) if resolved is not None else None
        follows = any(parent in drawn for parent in _parents(name, resolved))
        if keypoint is not None and keypoint.position is not None and not follows:
            yield name, keypoint.position


def _marking_snapped(
    labels: FrameLabels, name: str, target: Target, paint: PaintField, known: Paths
) -> tuple[FrameLabels, Outcome]:
    points = labels.pitch.markings[name]
    snap = snap_marking(paint, points, name, neighbours=known)
    after = snap.clicks
    fewest = 5 if name in MARKINGS and MARKINGS[name].is_round else 2
    if target.click is not None and 0 <= target.click < len(points) and len(points) > fewest:
        after = (*points[: target.click], snap.clicks[target.click], *points[target.click + 1 :])
    shift = float(np.linalg.norm(np.subtract(after, points), axis=1).max(initial=0.0))
    outcome = Outcome(name, snap, is_marking=True, shift=shift)
    if outcome.moved:
        return set_marking(labels, name, after), outcome
    # What is on the paint already needs no move to be found there.
    return (labels if snap.refused else confirm_marking(labels, name)), outcome


def _point_snapped(name: str, at: Point, paint: PaintField, known: Paths) -> Snap:
    meeting = markings_through(name)
    if not meeting:
        return Snap((at,), (at,), Refusal.NO_PAINT)
    spans = spans_at(at, known, meeting, within=NEAR * paint.scale, scale=paint.scale)
    on_grass = all(MARKINGS[marking].on_ground for marking in meeting)
    if len(spans) < min(2, len(meeting)):
        if len(meeting) == 1:
            return Snap((at,), (at,), Refusal.TOO_FEW_CLICKS)
        return snap_point(paint, at, on_grass=on_grass)
    return snap_point(paint, at, spans=spans, on_grass=on_grass)


@cache
def markings_through(name: str) -> tuple[str, ...]:
    """The markings that meet at a keypoint: those that construct it first, () for one that lies on none."""
    if name not in KEYPOINTS:
        return ()
    point = KEYPOINTS[name]
    if isinstance(point.construction, Crossing):
        return (point.construction.first, point.construction.second)
    world = np.array(point.world)
    found = []
    for marking in MARKINGS:
        samples = marking_samples(marking, 0.25)
        start, step = samples[:-1], np.diff(samples, axis=0)
        part = np.clip(((world - start) * step).sum(axis=1) / (step * step).sum(axis=1), 0.0, 1.0)
        if float(np.linalg.norm(start + part[:, None] * step - world, axis=1).min()) < ON_MARKING:
            found.append(marking)
    return tuple(found)
