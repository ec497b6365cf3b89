"""Looking again at people in boxes that changed: only what is not known yet is asked of the network.

A frame may show fifty people; where one box was drawn, moved or resized, one look is enough. What persons said is read,
never written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from annotator.instances import Box
from annotator.labels import FrameLabels
from annotator.people_boxes import free_of, labelled_boxes
from annotator.people_prediction import SAME, Rgb, SeesPeople, boxes_left, see
from annotator.tracking_memory import Pose, alike
from model.people import Candidate, InstancePrediction, PeoplePrediction

if TYPE_CHECKING:
    from annotator.project import Project
    from annotator.scheme import Scheme

__all__ = ["is_same_box", "looking_again", "see_again"]

_NEAR = 0.01
"""Pixels by which the sides of a box may differ that went to a file and back."""


def is_same_box(box: Box | None, other: Box | None) -> bool:
    """Whether two boxes are the same one."""
    if box is None or other is None:
        return box is other
    return max(abs(a - b) for a, b in zip(box, other, strict=True)) <= _NEAR


def see_again(
    network: SeesPeople,
    rgb: Rgb,
    labels: FrameLabels,
    others: Sequence[Candidate] = (),
    *,
    before: PeoplePrediction | None,
    scheme: Scheme,
) -> PeoplePrediction | None:
    """As `annotator.people_prediction.see`, with the answers of ``before`` for boxes that are as they were.

    Answers for boxes that are there no more are left out; without any box nobody is seen. None where all is as it was,
    or there is nothing to look into.
    """
    if before is None or not network.takes_boxes:
        return see(network, rgb, labels, others)
    mine = labelled_boxes(labels, (rgb.shape[1], rgb.shape[0]))
    rest = free_of(others, mine)
    kept = [one for one in before.instances if any(is_same_box(one.box, each.box) for each in (*mine, *rest))]
    fresh, more = _fresh(mine, kept), _fresh(rest, kept)
    if not fresh and not more and len(kept) == len(before.instances):
        return None
    found = list(network.predict_people(rgb, fresh).instances) if fresh else []
    if more:
        theirs = network.predict_people(rgb, more, same=SAME).instances
        found += _others(theirs, [*kept, *found], scheme)
    return before.with_instances((*kept, *found))


def _fresh(boxes: Sequence[Candidate], known: Sequence[InstancePrediction]) -> list[Candidate]:
    """The boxes that nobody looked into yet."""
    return [one for one in boxes if not any(is_same_box(one.box, each.box) for each in known)]


def _others(
    found: Sequence[InstancePrediction], known: Sequence[InstancePrediction], scheme: Scheme
) -> list[InstancePrediction]:
    """Those that are nobody who is known already."""
    sigmas = np.array(scheme.sigmas or (0.1,) * len(scheme))
    poses, taken = ([Pose.of(one, scheme) for one in some] for some in (found, known))
    if not taken or not poses:
        return list(found)
    nearest = alike(taken, poses, sigmas).max(axis=0)
    return [one for one, likeness in zip(found, nearest.tolist(), strict=True) if likeness <= SAME]


def looking_again(project: Project) -> Callable[[Any, Rgb, int], PeoplePrediction | None]:
    """How a network looks again at a frame of a project, by the frame's id, once boxes in it changed."""

    def look(network: Any, rgb: Rgb, frame_id: int) -> PeoplePrediction | None:
        before = project.people(frame_id, network.id)
        labels, others = project.record(frame_id).labels, boxes_left(project, frame_id)
        return see_again(network, rgb, labels, others, before=before, scheme=project.scheme)

    return look
