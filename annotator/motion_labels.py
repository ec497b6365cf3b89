"""Labels that a machine carried: moved with the picture, linked to key frames, and put beside a person's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from annotator.labels import (
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
from annotator.pitch import MARKINGS

__all__ = ["filled", "linked", "moved_labels", "without_carried"]

Array = NDArray[np.float64]


def linked(labels: FrameLabels, frames: Sequence[str], *, how: How, sd: float) -> FrameLabels:
    """The labels as carried ones: every position and marking a machine's, linked to the key frames of these names.

    Words without a position ("occluded") are left out: what hides a point moves.
    """
    link = Carried(tuple(frames), how, float(sd))
    return FrameLabels(tuple(_linked(instance, link) for instance in labels.instances))


def _linked(instance: Instance, link: Carried) -> Instance:
    keypoints = {
        name: KeypointLabel(said.position, said.visibility, Origin.PROPAGATED)
        for name, said in instance.keypoints.items()
        if said.position is not None and said.visibility is not Visibility.ABSENT
    }
    return replace(instance, keypoints=keypoints, carried=frozenset(instance.markings), link=link)


def without_carried(labels: FrameLabels) -> FrameLabels:
    """The labels without anything that a machine carried here and no hand has touched since."""
    kept = [
        replace(
            one,
            keypoints={n: said for n, said in one.keypoints.items() if said.origin is not Origin.PROPAGATED},
            markings={n: clicks for n, clicks in one.markings.items() if n not in one.carried},
            box=one.own_box,
        )
        for one in labels.instances
    ]
    return replace(labels, instances=tuple(kept))


def filled(record: FrameRecord, carried: FrameLabels) -> FrameRecord | None:
    """The record with what was carried to its frame; None where a person's decision closed the frame.

    A person's words stay: only keypoints and markings of which nobody said anything are filled in. What was carried
    here before gives way. The frame is no further on its way to being accepted than before.
    """
    if record.review.decision in (Decision.ACCEPTED, Decision.REJECTED):
        return None
    labels = without_carried(record.labels)
    for instance in carried.instances:
        own = labels.instance(instance.id)
        said = {name.strip() for name in own.markings}
        new = {name: clicks for name, clicks in instance.markings.items() if name.strip() not in said}
        labels = labels.with_instance(
            replace(
                own,
                keypoints={**instance.keypoints, **own.keypoints},
                markings={**new, **own.markings},
                box=own.box if own.box is not None else instance.box,
                unchecked=own.unchecked | (instance.unchecked & new.keys()),
                carried=own.carried | new.keys(),
                link=instance.link,
            )
        )
    return replace(record, labels=labels)


def moved_labels(labels: FrameLabels, image_from_key: Array, size: tuple[int, int]) -> FrameLabels:
    """The labels moved by a homography (3, 3) between the pixels of two frames; what leaves the frame is left out.

    A marking of which too little stays to draw it goes as a whole.
    """
    return FrameLabels(tuple(_moved_instance(one, image_from_key, size) for one in labels.instances))


def _moved_instance(instance: Instance, by: Array, size: tuple[int, int]) -> Instance:
    keypoints = {}
    for name, said in instance.keypoints.items():
        if said.position is not None:
            (to,) = _inside(np.array([said.position]), by, size) or (None,)
            if to is not None:
                keypoints[name] = replace(said, position=to)
    markings = {}
    for name, clicks in instance.markings.items():
        fewest = min(len(clicks), 5 if name in MARKINGS and MARKINGS[name].is_round else 2)
        kept = _inside(np.array(clicks, dtype=np.float64).reshape(-1, 2), by, size)
        if len(kept) >= fewest:
            markings[name] = tuple(kept)
    return replace(instance, keypoints=keypoints, markings=markings)


def _inside(points: Array, by: Array, size: tuple[int, int]) -> list[tuple[float, float]]:
    """Points (N, 2) after a homography, those in the frame and before the camera."""
    seen = np.column_stack([points, np.ones(len(points))]) @ by.T
    with np.errstate(all="ignore"):
        moved = seen[:, :2] / seen[:, 2:]
        kept = (seen[:, 2] > 0.0) & (moved >= -0.5).all(axis=1) & (moved <= np.array(size) - 0.5).all(axis=1)
    return [(float(x), float(y)) for x, y in moved[kept]]
