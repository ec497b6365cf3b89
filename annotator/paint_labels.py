"""Whole frames drawn to the paint: every marking of some labels, or a steered camera made into measurements.

What a steered camera says of the markings in view is the person's eye at best. Drawn to the paint each of them becomes
a measurement of its own, and what the paint does not confirm is left out; so a few drags end as labels as exact as the
picture allows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from annotator.camera import Solution
from annotator.curves import ghost_of
from annotator.labels import FrameLabels, set_marking
from annotator.paint import PaintField, Paths, Snap, snap_marking
from annotator.pitch import MARKINGS
from annotator.snapping import ENOUGH
from annotator.steering import Pin, labels_from_steering

__all__ = ["labels_on_paint", "snap_labels"]


def snap_labels(
    labels: FrameLabels,
    paint: PaintField,
    *,
    neighbours: Paths | None = None,
    markings: Collection[str] | None = None,
    instance: int = 0,
) -> tuple[FrameLabels, Mapping[str, Snap]]:
    """The labels with their markings drawn to the paint, one value and so one step to undo, and each marking's snap.

    Parameters
    ----------
    labels, paint, neighbours
        As for ``snap_marking``.
    markings
        Which; all that are drawn if None. Those that are refused stay as they are.
    """
    snaps = {}
    for name, clicks in labels.instance(instance).markings.items():
        if markings is not None and name not in markings:
            continue
        snaps[name] = snap_marking(paint, clicks, name, neighbours=neighbours)
        if not snaps[name].refused:
            labels = set_marking(labels, name, snaps[name].clicks, instance=instance)
    return labels, snaps


def labels_on_paint(
    labels: FrameLabels, camera: Solution, pins: Sequence[Pin], paint: PaintField, *, instance: int = 0
) -> tuple[FrameLabels, Mapping[str, Snap]]:
    """As ``labels_from_steering``, with the camera's markings drawn to the paint, and the snaps of these.

    Markings that the paint does not confirm are left out, and so are the pins, which were the means to get there, where
    at least ``ENOUGH`` markings on the ground are confirmed; else everything stays. What was drawn or placed before is
    not touched.
    """
    before = labels.instance(instance)
    taken = labels_from_steering(labels, camera, pins, instance=instance)
    drawn = {name.strip() for name in before.markings}
    added = [name for name in taken.instance(instance).markings if name.strip() not in drawn]
    snapped, snaps = snap_labels(taken, paint, neighbours=ghost_of(camera), markings=added, instance=instance)
    if sum(not snap.refused and MARKINGS[name].on_ground for name, snap in snaps.items()) < ENOUGH:
        return snapped, snaps
    after = snapped.instance(instance)
    kept = {name: clicks for name, clicks in after.markings.items() if name not in snaps or not snaps[name].refused}
    own = {name: clicks for name, clicks in before.markings.items() if name.strip() in drawn}
    return snapped.with_instance(replace(after, keypoints=before.keypoints, markings={**kept, **own})), snaps
