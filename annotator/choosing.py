"""Which frames to label: the most different ones of a video, a folder or a project, so that nobody labels neighbours.

Frames differ by where their camera looks, as far as that is known (labels, or what a network saw), and by how they
look. Chosen is the frame farthest from all that are chosen or labelled already, again and again: so the largest gap
that is left is at most twice the smallest possible (Gonzalez, *Clustering to minimize the maximum intercluster
distance*, 1985). Blurred frames, and those that show no pitch, are not offered. The same frames give the same choice.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.camera import Solution
from annotator.paint_profiles import green_excess

__all__ = ["Candidate", "Choice", "choose", "coverage", "look_of", "view_of"]

Array = NDArray[np.float64]
Rgb = NDArray[np.uint8]

LOOK_WIDTH = 192  # pixels at which frames are compared
GRID = (8, 5)  # cells of a frame
GREEN, LEAST_GREEN = 0.06, 0.12  # excess of green that is grass, and its share of a frame that shows a pitch
SHARP = 0.35  # share of the usual sharpness of a shot below which a frame is blurred
FEWEST_SEEN = 4  # points a network must see for a frame to show a pitch
VIEW_SCALE = np.array([15.0, 12.0, 0.35, 0.35, 0.35])  # metres, metres, log width, direction: as different as one look
LOOK_SHARE = 0.3  # of the difference in looks that counts beside one of views
NO_VIEW = 0.5  # of a usual difference that a frame without a known camera is worth less


@dataclass(frozen=True, eq=False)
class Candidate:
    """A frame that may be chosen: ``key`` names it to whoever asked.

    ``view`` (5,) is where its camera looks and how wide (`view_of`), ``look`` (D,) how the frame looks (`look_of`),
    both None where unknown; ``sharpness`` is comparable within a ``shot``; ``green`` the share of grass; ``seen`` how
    many points a network sees, None where none looked.
    """

    key: int
    view: Array | None = None
    look: Array | None = None
    sharpness: float | None = None
    green: float | None = None
    seen: int | None = None
    shot: int = 0


@dataclass(frozen=True)
class Choice:
    """A chosen frame, and how far it was from all chosen before: 1 is as different as two usual frames."""

    key: int
    distance: float


def choose(candidates: Sequence[Candidate], count: int, *, labelled: Collection[int] = ()) -> list[Choice]:
    """The most different frames, at most ``count``, in the order in which to label them.

    Parameters
    ----------
    candidates
        All frames, in order.
    labelled
        Keys of those that are labelled already: they are not chosen, and what is like them comes last.
    """
    offered = [i for i in np.flatnonzero(_fit(candidates)).tolist() if candidates[i].key not in labelled]
    if not offered or count < 1:
        return []
    space = _Space.of(candidates)
    known = [i for i, candidate in enumerate(candidates) if candidate.key in labelled]
    away = np.full(len(candidates), math.inf)
    for i in known:
        away = np.minimum(away, space.from_one(i))
    chosen: list[Choice] = []
    left = np.zeros(len(candidates), dtype=np.bool_)
    left[offered] = True
    while len(chosen) < min(count, len(offered)):
        if math.isinf(away[left].min(initial=math.inf)) and not chosen and not known:
            at = space.middle(np.array(offered))
            distance = math.inf
        else:
            at = int(np.where(left, away, -1.0).argmax())
            distance = float(away[at])
        chosen.append(Choice(candidates[at].key, distance))
        left[at] = False
        away = np.minimum(away, space.from_one(at))
    return chosen


def coverage(candidates: Sequence[Candidate], chosen: Collection[int]) -> float:
    """The largest gap: how far the frame that is least like any chosen one is from it; infinite without any."""
    space = _Space.of(candidates)
    away = np.full(len(candidates), math.inf)
    for i, candidate in enumerate(candidates):
        if candidate.key in chosen:
            away = np.minimum(away, space.from_one(i))
    fit = _fit(candidates)
    return float(away[fit].max()) if fit.any() else 0.0


def view_of(solution: Solution) -> Array | None:
    """Where a camera looks, (5,); None where the middle of the frame shows no ground near the pitch.

    The ground in the middle in metres, the logarithm of the metres across the frame there, the direction on the map.
    """
    width, height = solution.size
    middle = np.array([0.5 * width, 0.6 * height])
    pixels = middle + np.array([[0.0, 0.0], [1.0, 0.0], [0.0, -1.0]])
    ideal = np.column_stack([solution.lens.ideal(pixels), np.ones(3)])
    with np.errstate(all="ignore"):
        met = ideal @ np.linalg.inv(solution.ground).T
        places = met[:, :2] / met[:, 2:]
    if not np.isfinite(places).all() or met[:, 2].min() <= 0.0 or np.abs(places[0]).max() > 120.0:
        return None
    across = float(np.linalg.norm(places[1] - places[0])) * width
    ahead = places[2] - places[0]
    ahead = ahead / max(float(np.linalg.norm(ahead)), 1e-12)
    return np.array([places[0, 0], places[0, 1], math.log(max(across, 1e-3)), *ahead])


def look_of(rgb: Rgb) -> tuple[Array, float, float]:
    """How a frame looks, (D,), how sharp it is, and what share of it is grass.

    The look is the colour of the cells of a grid and how much there is to see in each, horizontally and vertically:
    enough to tell views of one pitch apart, and blind to where single players stand.
    """
    import cv2

    height = max(1, round(rgb.shape[0] * LOOK_WIDTH / rgb.shape[1]))
    small = np.asarray(cv2.resize(rgb, (LOOK_WIDTH, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    grey: Any = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    grass = (green_excess(small.astype(np.float32)) > GREEN).astype(np.float32)
    across, down = (np.abs(cv2.Sobel(grey, cv2.CV_32F, dx, 1 - dx)) for dx in (1, 0))
    colours = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32)
    layers = [colours[..., 0], colours[..., 1], colours[..., 2], 120.0 * grass, 0.5 * across, 0.5 * down]
    cells = [cv2.resize(layer, GRID, interpolation=cv2.INTER_AREA).ravel() for layer in layers]
    sharpness = float(cv2.Laplacian(grey, cv2.CV_32F).var())
    return np.concatenate(cells).astype(np.float64), sharpness, float(grass.mean())


def _fit(candidates: Sequence[Candidate]) -> NDArray[np.bool_]:
    """Which candidates (N,) show a pitch, sharply; all of them where hardly any does."""
    usual: dict[int, float] = {}
    for shot in {candidate.shot for candidate in candidates}:
        sharp = [c.sharpness for c in candidates if c.shot == shot and c.sharpness is not None]
        usual[shot] = float(np.median(sharp)) if sharp else 0.0
    found = np.array([_is_fit(candidate, usual[candidate.shot]) for candidate in candidates], dtype=np.bool_)
    return found if found.any() else np.ones(len(candidates), dtype=np.bool_)


def _is_fit(candidate: Candidate, usual: float) -> bool:
    if candidate.seen is not None:
        shows = candidate.seen >= FEWEST_SEEN
    else:
        shows = candidate.green is None or candidate.green >= LEAST_GREEN
    return shows and (candidate.sharpness is None or candidate.sharpness >= SHARP * usual)


@dataclass(frozen=True, eq=False)
class _Space:
    """Candidates as points: ``views`` (N, 5) over their scale and ``looks`` (N, D) so that 1 is usual; NaN: unknown."""

    views: Array
    looks: Array

    @classmethod
    def of(cls, candidates: Sequence[Candidate]) -> _Space:
        views = np.full((len(candidates), 5), np.nan)
        width = max((len(c.look) for c in candidates if c.look is not None), default=0)
        looks = np.full((len(candidates), width), np.nan)
        for i, candidate in enumerate(candidates):
            if candidate.view is not None:
                views[i] = candidate.view / VIEW_SCALE
            if candidate.look is not None:
                looks[i] = candidate.look
        return cls(views, looks / _usual_distance(looks))

    def from_one(self, i: int) -> Array:
        """How different all candidates (N,) are from one."""
        view = np.linalg.norm(self.views - self.views[i], axis=1)
        look = np.linalg.norm(self.looks - self.looks[i], axis=1) if self.looks.shape[1] else np.full(len(view), np.nan)
        both = np.hypot(view, LOOK_SHARE * np.nan_to_num(look))
        alone = np.where(np.isnan(look), 1.0, look)
        if not np.isnan(self.views).all():
            alone = np.maximum(0.0, NO_VIEW * alone)
        found: Array = np.where(np.isnan(view), alone, both)
        found[i] = 0.0
        return found

    def middle(self, offered: NDArray[np.intp]) -> int:
        """The candidate from which the others are least far: where to begin."""
        some = offered[np.unique(np.linspace(0, len(offered) - 1, 64).astype(int))]
        sums = [float(self.from_one(int(i))[offered].sum()) for i in some]
        return int(some[int(np.argmin(sums))])


def _usual_distance(looks: Array) -> float:
    """The median distance between two frames far apart in the list; 1 where there is none."""
    known = looks[~np.isnan(looks).any(axis=1)] if looks.shape[1] else looks[:0]
    if len(known) < 2:
        return 1.0
    some = known[np.unique(np.linspace(0, len(known) - 1, 64).astype(int))]
    distances = np.linalg.norm(some[:, None] - some[None], axis=2)
    upper = distances[np.triu_indices(len(some), 1)]
    usual = float(np.median(upper))
    return usual if usual > 0.0 else 1.0
