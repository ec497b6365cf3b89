"""How many of the points in view a person has spoken of: what guided placing counts."""

from __future__ import annotations

from typing import NamedTuple

from annotator.keypoints import Resolved
from annotator.labels import Instance, Visibility
from annotator.proposals import guided_points


class Progress(NamedTuple):
    """``done`` of ``total`` points in view are placed or marked."""

    done: int
    total: int


def progress(said: Instance, resolved: Resolved | None) -> Progress | None:
    """How far guided placing is; None while no camera says which points are in view."""
    if resolved is None or resolved.image_from_pitch is None:
        return None
    left = len(guided_points(said, resolved))
    done = sum(
        point.inside and point.visibility is not Visibility.ABSENT and name in said.keypoints
        for name, point in resolved.keypoints.items()
    )
    return Progress(done, done + left)
