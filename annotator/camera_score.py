"""How well a camera explains drawn lines: SoccerNet's camera score, by the published definition.

The 26 markings are sampled and projected; a marking of which any part appears in the frame counts as predicted. A
predicted marking is right when every annotated point of it lies nearer than a threshold to its projected polyline,
else wrong; predicted but not annotated is wrong too, annotated but not predicted is missed. The Jaccard index of one
frame at t pixels is JaC@t = right / (right + wrong + missed), for the names as given or turned by 180 degrees,
whichever is better. Over a set: the mean of JaC@t over the frames with a camera, completeness = the share of frames
that have one, and final = completeness x mean.

Source: SoccerNet camera calibration challenge 2023 (github.com/SoccerNet/sn-calibration, ``evaluate_camera.py``);
Magera et al., *A Universal Protocol to Benchmark Camera Calibration for Sports*, CVPR workshops 2024
(arXiv 2404.09807). Annotations there are fractions of width - 1 and height - 1: see ``annotated_size``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from annotator.camera import Solution
from annotator.labels import Point
from annotator.pitch import CIRCLE_RADIUS, MARKINGS, MarkingKind, marking_samples

Array = NDArray[np.float64]
Projector = Callable[[Array], tuple[Array, NDArray[np.bool_]]]

THRESHOLDS = (2.0, 5.0, 10.0, 20.0)
LINE_STEP, CIRCLE_STEP = 0.9, 0.2  # metres between the published samples


@dataclass(frozen=True)
class FrameScore:
    """JaC of one frame at each threshold in pixels; ``markings`` is how many are annotated or predicted."""

    jaccard: Mapping[float, float]
    markings: int


@dataclass(frozen=True)
class SetScore:
    """JaC over all frames with a camera, the share of frames that have one, and both multiplied."""

    jaccard: Mapping[float, float]
    completeness: float
    final: Mapping[float, float]
    frames: int


def annotated_size(size: tuple[int, int]) -> tuple[int, int]:
    """What fractions in line files are multiplied by in the published evaluation: the last pixel is at 1."""
    return size[0] - 1, size[1] - 1


def projector_of(solution: Solution) -> Projector:
    """The projector of a fitted solution; what it says nothing of counts as not in front."""

    def project(worlds: Array) -> tuple[Array, NDArray[np.bool_]]:
        pixels = solution.project(worlds)
        return pixels, np.isfinite(pixels).all(axis=1) & solution.reaches(worlds)

    return project


def score_frame(
    project: Projector,
    lines: Mapping[str, Sequence[Point]],
    *,
    size: tuple[int, int],
    thresholds: Sequence[float] = THRESHOLDS,
) -> FrameScore:
    """JaC of one camera against the annotated lines of its frame.

    Parameters
    ----------
    project
        Places (N, 3) in metres to pixels (N, 2) and whether each is in front of the camera (N,).
    lines
        Name of a marking to its annotated points in pixels. A name that is no marking counts as missed.
    size
        Width and height of the frame in pixels.
    """
    drawn = {name: np.array(xy, dtype=np.float64).reshape(-1, 2) for name, xy in lines.items() if len(xy)}
    turned = {MARKINGS[name].rot180 if name in MARKINGS else name: xy for name, xy in drawn.items()}
    seen = projected_lines(project, size)
    scores = [_jaccard(seen, names, thresholds) for names in (drawn, turned)]
    best = {t: max(score[t] for score in scores) for t in thresholds}
    return FrameScore(best, len(seen.keys() | drawn.keys()))


def score_set(frames: Iterable[FrameScore | None], *, thresholds: Sequence[float] = THRESHOLDS) -> SetScore:
    """The scores of all frames of a set together; None stands for a frame without a camera.

    Raises
    ------
    ValueError
        If there is no frame at all.
    """
    scores = list(frames)
    if not scores:
        raise ValueError("a set of no frames has no score")
    known = [score for score in scores if score is not None]
    completeness = len(known) / len(scores)
    mean = {t: float(np.mean([score.jaccard[t] for score in known])) if known else 0.0 for t in thresholds}
    return SetScore(mean, completeness, {t: completeness * mean[t] for t in thresholds}, len(scores))


def _jaccard(seen: Mapping[str, Array], drawn: Mapping[str, Array], thresholds: Sequence[float]) -> dict[float, float]:
    worst = [float(distances(xy, seen[name]).max()) for name, xy in drawn.items() if name in seen]
    total = len(seen.keys() | drawn.keys())
    return {t: sum(off < t for off in worst) / total if total else 0.0 for t in thresholds}


def projected_lines(project: Projector, size: tuple[int, int]) -> dict[str, Array]:
    """Of every marking that appears in the frame the polyline (N, 2) of its part there, in pixels."""
    worlds, slices = _samples()
    with np.errstate(all="ignore"):
        pixels, front = project(worlds)
    lines = {}
    for name, part in slices:
        line = _within(pixels[part][front[part]], size)
        if len(line):
            lines[name] = line
    return lines


@cache
def _samples() -> tuple[Array, tuple[tuple[str, slice], ...]]:
    """All markings as one array (N, 3) in metres, and which stretch is whose."""
    parts = {name: _sampled(name) for name in MARKINGS}
    ends = np.cumsum([0, *(len(part) for part in parts.values())])
    slices = tuple((name, slice(int(ends[i]), int(ends[i + 1]))) for i, name in enumerate(parts))
    return np.concatenate(list(parts.values())), slices


def _sampled(name: str) -> Array:
    """One marking as published: steps of fixed length from its start, then its end; the circle is left open."""
    marking = MARKINGS[name]
    if marking.centre is None:
        start, end = np.array(marking.start), np.array(marking.end)
        length = float(np.linalg.norm(end - start))
        steps = np.arange(int(length / LINE_STEP - 1.0) + 1) * LINE_STEP
        return np.vstack([start + steps[:, None] * (end - start) / length, end])
    step = CIRCLE_STEP / CIRCLE_RADIUS
    if marking.kind is MarkingKind.CIRCLE:
        angle = np.arange(int(2.0 * math.pi / step)) * step
    else:
        ends = marking_samples(name)[[0, -1], :2] - np.array(marking.centre)[:2]
        first, last = np.unwrap(np.arctan2(ends[:, 1], ends[:, 0]) % (2.0 * math.pi))
        angle = np.append(first + np.arange(int((last - first) / step) + 1) * step, last)
    circle = np.column_stack([np.cos(angle), np.sin(angle), np.zeros(len(angle))]) * CIRCLE_RADIUS
    moved: Array = circle + np.array(marking.centre)
    return moved


def _within(path: Array, size: tuple[int, int]) -> Array:
    """The points of a path inside the frame, with those where it crosses the border, as one polyline (N, 2)."""
    inside = _is_inside(path, size)
    if inside.all():
        return path
    found: list[Array] = []
    for i in np.flatnonzero(inside | np.append(False, inside[:-1])):
        if i > 0 and inside[i] != inside[i - 1]:
            found.extend(_border(path[i], path[i - 1], size))
        if inside[i]:
            found.append(path[i])
    return np.array(found).reshape(-1, 2)


def _is_inside(points: Array, size: tuple[int, int]) -> NDArray[np.bool_]:
    within: NDArray[np.bool_] = np.all((points >= 0.0) & (points < size), axis=1)
    return within


def _border(point: Array, before: Array, size: tuple[int, int]) -> list[Array]:
    """Where the line through two points crosses the border: the crossing nearest to ``point``, if any."""
    crossings = []
    for axis, limit in ((0, 0.0), (0, size[0] - 1.0), (1, 0.0), (1, size[1] - 1.0)):
        run = point[axis] - before[axis]
        if run != 0.0:
            crossing = point + (before - point) * ((point[axis] - limit) / run)
            crossing[axis] = limit
            crossings.append(crossing)
    usable = [crossing for crossing in crossings if _is_inside(crossing[None], size)[0]]
    return sorted(usable, key=lambda crossing: float(np.hypot(*(crossing - point))))[:1]


def distances(points: Array, line: Array) -> Array:
    """Distances (N,) of points (N, 2) to a polyline (M, 2) of at least one point."""
    start = line[:-1] if len(line) > 1 else line
    run = line[1:] - start if len(line) > 1 else np.zeros_like(line)
    square = (run * run).sum(axis=1)
    offset = points[:, None] - start
    along = (offset * run).sum(axis=2) / np.where(square > 0.0, square, 1.0)
    foot = offset - np.clip(along, 0.0, 1.0)[..., None] * run
    nearest: Array = np.hypot(foot[..., 0], foot[..., 1]).min(axis=1)
    return nearest
