"""What is usually seen together: cameras of broadcasts, and what each marking would tell about where they are.

Before any camera stands, the next marking to draw is the one that is likely in view, given what was drawn, and tells
most of the camera. Both are asked of a fixed sample of the cameras that ``annotator.synthetic`` renders with: of those
that see everything drawn so far. Nothing here comes from anyone's annotations.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from annotator.evidence import Equations, Evidence, linearise
from annotator.in_view import stretches
from annotator.pitch import HALF_LENGTH, HALF_WIDTH, KEYPOINTS, MARKINGS
from annotator.steering import camera_of

Array = NDArray[np.float64]

COUNT = 160
FAMILIES = ("main", "sixteen", "midfield", "main", "close", "tactical", "midfield", "high behind")  # in turn
SEED = 57
SIZE = (960, 540)
CLICK_SD = 1.5
FARTHEST_SD = 300.0
MOST = 24  # of the views that fit, the first ones asked


@dataclass(frozen=True, eq=False)
class PriorView:
    """A camera before anything is known: what it has in view and what that would tell.

    ``covariance`` (8, 8) of its parameters; ``markings`` maps those in view to the information (8, 8) of their clicks;
    ``points`` (N, 2, 8) are the derivatives of the keypoints in view, ``names`` which they are.
    """

    information: Array
    markings: dict[str, Array]
    points: Array
    names: tuple[str, ...]


@cache
def prior_views() -> tuple[PriorView, ...]:
    """The sample; about 0.2 s once."""
    from annotator.synthetic.cameras import random_view

    rng = np.random.default_rng(SEED)
    found: list[PriorView] = []
    while len(found) < COUNT:
        family = FAMILIES[len(found) % len(FAMILIES)]
        camera = random_view(rng, size=SIZE, half=(HALF_LENGTH, HALF_WIDTH), family=family).camera
        made = _prior_view(camera.rotation, camera.position, float(np.log(camera.focal)))
        if made is not None:
            found.append(made)
    return tuple(found)


def _prior_view(rotation: Array, position: Array, log_focal: float) -> PriorView | None:
    """None for a view with too little in it to be labelled."""
    solution = camera_of(SIZE, rotation, position, log_focal, 0.0)
    view = stretches(solution)
    markings = {name: solution.lens.centred(stretch.usual_clicks) for name, stretch in view.items()}
    pixels = solution.project(np.array([point.world for point in KEYPOINTS.values()]))
    with np.errstate(invalid="ignore"):
        inside = np.all((pixels >= 0) & (pixels <= (SIZE[0] - 1, SIZE[1] - 1)), axis=1)
    centred = solution.lens.centred(pixels)
    points = {name: centred[i] for i, name in enumerate(KEYPOINTS) if inside[i]}
    if len(markings) < 3 or len(points) < 3:
        return None
    equations = Equations(Evidence(markings, points, dict.fromkeys(points, 1.0)))
    rows = linearise(equations, solution.model, solution.params[None]).jacobian[0]
    information, start = {}, 0
    for name in equations.marking_names:
        own = rows[start : start + len(markings[name])]
        start += len(markings[name])
        information[name] = own.T @ own / CLICK_SD**2
    of_points = rows[start : start + 2 * len(points)].reshape(len(points), 2, -1)
    before: Array = np.asarray(np.linalg.inv(solution.covariance), dtype=np.float64)
    return PriorView(before, information, of_points, tuple(points))


def expected_gains(
    drawn: frozenset[str], placed: frozenset[str], size: tuple[int, int], *, skipped: frozenset[str] = frozenset()
) -> dict[str, float]:
    """Pixels that each marking is expected to take off the deviation of the keypoints in view.

    Over the views with all of ``drawn`` and ``placed`` and none ``skipped``; one without the marking gains nothing.
    """
    views = [v for v in prior_views() if drawn <= v.markings.keys() and placed <= set(v.names)]
    views = [v for v in views if not skipped & v.markings.keys()] or views
    views = views or [v for v in prior_views() if drawn & v.markings.keys()] or list(prior_views())
    views = views[:MOST]
    total = dict.fromkeys(MARKINGS, 0.0)
    scale = float(np.hypot(*size)) / float(np.hypot(*SIZE))
    for view in views:
        known = view.information + sum((view.markings[name] for name in drawn & view.markings.keys()), np.zeros((8, 8)))
        for name in placed:
            if name in view.names:
                rows = view.points[view.names.index(name)]
                known = known + rows.T @ rows
        candidates = [name for name in view.markings if name not in drawn | skipped]
        if not candidates:
            continue
        after = known + np.array([view.markings[name] for name in candidates])
        covariances = np.linalg.inv(np.concatenate([known[None], after]))
        variances = _variances(view.points, covariances)
        pixels = np.sqrt(np.minimum(variances, FARTHEST_SD**2).mean(axis=1)) * scale
        for i, name in enumerate(candidates, start=1):
            total[name] += float(pixels[0] - pixels[i]) / len(views)
    return {name: gain for name, gain in total.items() if name not in drawn | skipped}


def _variances(points: Array, covariances: Array) -> Array:
    """Variances (C, N) of points with derivatives (N, 2, 8)."""
    rows = points.reshape(-1, points.shape[-1])
    found: Array = ((rows @ covariances) * rows).sum(axis=-1).reshape(len(covariances), -1, 2).sum(axis=-1)
    return found
