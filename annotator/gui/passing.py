"""A frame in passing: what was said and seen of it, without the geometry that a frame to work on is given."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from annotator.curves import Curve
from annotator.keypoints import Resolved, Source, resolve
from annotator.labels import Instance, Visibility
from annotator.pitch import MARKINGS

if TYPE_CHECKING:
    from model.heatmaps import Prediction


def glimpse(said: Instance, prediction: Prediction | None, *, size: tuple[int, int], threshold: float) -> Resolved:
    """The placed points where they were put and the others where the network saw them: a fifth of a millisecond.

    Nothing is constructed and no camera fitted, which takes a hundred times as long where markings are drawn; markings
    are strings between their clicks.
    """
    seen = resolve(Instance(), prediction, size=size, threshold=threshold)
    keypoints = dict(seen.keypoints)
    for name, label in said.keypoints.items():
        point = keypoints.get(name)
        if point is None or (label.position is None and label.visibility is None):
            continue
        visibility = label.visibility or Visibility.VISIBLE
        if label.position is None:
            keypoints[name] = replace(point, visibility=visibility)
            continue
        x, y = label.position
        inside = -0.5 <= x <= size[0] - 0.5 and -0.5 <= y <= size[1] - 0.5
        keypoints[name] = replace(
            point, position=label.position, source=Source.PLACED, visibility=visibility, inside=inside,
            origin=label.origin, sd=None,
        )  # fmt: skip
    return Resolved(keypoints, _strings(said), size=size)


def _strings(said: Instance) -> dict[str, Curve]:
    """The drawn markings as their clicks have them: straight ones from end to end, carried arcs from click to click."""
    found = {}
    for name, clicks in said.markings.items():
        marking = MARKINGS.get(name)
        points = np.array(clicks, dtype=np.float64).reshape(-1, 2)
        if marking is None or len(points) < 2:
            continue
        if not marking.is_round:
            along = (points - points[0]) @ (points[-1] - points[0])
            found[name] = Curve(name, points[[int(along.argmin()), int(along.argmax())]])
        elif name in said.carried:
            # A machine's clicks follow each other along the marking; a hand's may not.
            found[name] = Curve(name, points)
    return found
