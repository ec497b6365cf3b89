"""Predictions that a person dismissed: none of the things that are there. They stay away wherever predictions count.

A dismissal is of one prediction of one network in one frame, told by where its points are: the same network that looks
again and sees the same is not asked again, another network may be right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from annotator.instance_points import seen_of
from annotator.store_dismissed import Mark

if TYPE_CHECKING:
    from annotator.project import Project
    from model.heatmaps import Prediction
    from model.people import InstancePrediction, PeoplePrediction

__all__ = ["Mark", "is_dismissed", "left", "mark_of", "seen_left", "take_dismissed"]

SAME = 0.5
"""Pixels between the points of two predictions, on average, up to which they are the same one."""


def mark_of(one: InstancePrediction) -> Mark:
    """What tells a prediction from the others of its network in a frame: its points, its box where it has none."""
    places = one.xy[np.isfinite(one.xy).all(axis=1)]
    if not len(places):
        places = np.array(one.box or (0.0,) * 4).reshape(2, 2)
    return tuple((round(x, 2), round(y, 2)) for x, y in places.tolist())


def is_dismissed(one: InstancePrediction, marks: Sequence[Mark]) -> bool:
    """Whether a prediction is one of those that were dismissed."""
    if not marks:
        return False
    own = np.array(mark_of(one))
    return any(
        len(mark) == len(own) and float(np.hypot(*(np.array(mark) - own).T).mean()) <= SAME for mark in marks
    )


def left(
    prediction: Prediction | PeoplePrediction | None, dismissed: Mapping[str, Sequence[Mark]]
) -> tuple[InstancePrediction, ...]:
    """What a network saw as a list of things, without those ``dismissed`` of it, by network."""
    seen = seen_of(prediction)
    marks = dismissed.get(prediction.network, ()) if prediction is not None else ()
    return tuple(one for one in seen if not is_dismissed(one, marks)) if marks else seen


def seen_left(
    project: Project, frame_id: int, prediction: Prediction | PeoplePrediction | None
) -> tuple[InstancePrediction, ...]:
    """As `left`, by what a project keeps of a frame."""
    return left(prediction, {} if prediction is None else project.dismissed(frame_id))


def take_dismissed(project: Project, theirs: Project, frames: Mapping[int, int]) -> int:
    """Take over what was dismissed in another project; in how many frames.

    Parameters
    ----------
    frames
        The frames of this project by their ids in the other.
    """
    taken = 0
    for there, networks in theirs.all_dismissed().items():
        here = frames.get(there)
        if here is None:
            continue
        own, is_new = project.dismissed(here), False
        for network, marks in networks.items():
            new = [mark for mark in marks if mark not in own.get(network, ())]
            if new:
                project.save_dismissed(here, network, [*own.get(network, ()), *new])
                is_new = True
        taken += is_new
    return taken
