"""Guided placing: which point in view comes next, and how many of them a person has spoken of."""

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


def point_after(active: str | None, said: Instance, resolved: Resolved, *, by: int = 1) -> str | None:
    """The next (+1) or previous (-1) point in view of which nobody spoke, in the scheme's order; None without one."""
    order = list(resolved.keypoints)
    start = order.index(active) if active in order else -by
    left = guided_points(said, resolved)
    return min(left, key=lambda name: (by * (order.index(name) - start) - 1) % len(order), default=None)
