"""How good keypoint detections are on labelled frames: what an evaluation has to know of football.

All measures are in pixels of a frame 960 wide, whatever the size of the images:

recall, precision
    A labelled point is found when its confidence is above the threshold, wherever it lies; precision is found labelled
    points over all detections. Where points in view carry no label, precision cannot reach 1.
geometric precision
    Share of detections within 20 px of their own label or, for ground points, of the place that the homography through
    the frame's labels (at least four ground labels) gives them.
PCKt
    Share of all labels whose detection lies within t px; an undetected label counts against it.
median, p95
    Of the distances of detected labelled points, px.
H<t
    Share of the frames with at least four ground labels where a homography through the detected ground points (RANSAC,
    5 px, at least four) lies within t px of the ground labels, as the median over the frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.pitch import KEYPOINTS, PITCH_57

Floats = NDArray[np.float64]
Points = Mapping[int, tuple[float, float]]
"""Keypoint number -> (x, y) in pixels of a frame 960 wide."""
Seen = Mapping[int, tuple[float, float, float]]
"""The same with a confidence."""

WIDTH = 960
NEAR = 20.0
DISTANCES = (5.0, 10.0, 20.0)
THRESHOLDS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
_THIRD = 17.5
_FEW = 4
_WORLD = np.array([point.world[:2] for point in KEYPOINTS.values()])
_GROUND = np.array([point.on_ground for point in KEYPOINTS.values()])


class View(Enum):
    """What a frame shows, derived from which points are labelled and how the pitch lies in it."""

    LEFT = "left box"
    RIGHT = "right box"
    MIDFIELD = "midfield"
    BEHIND = "behind a goal"
    UNCLEAR = "fewer than four labels"


@dataclass(frozen=True)
class Truth:
    """The labels of a frame whose size (w, h) is 960 wide, the homography through them, and the image it is of.

    ``unknown`` are points nobody can tell about: a detection of one counts neither as right nor as wrong.
    """

    name: str
    labels: Points
    size: tuple[int, int] = (WIDTH, 540)
    image: Path | None = None
    unknown: frozenset[int] = frozenset()

    @cached_property
    def image_from_pitch(self) -> Floats | None:
        """The homography through the ground labels, None below four of them."""
        return homography(self.labels, threshold=10.0)

    @cached_property
    def projected(self) -> Points:
        """Ground keypoints that the homography puts into the image."""
        if self.image_from_pitch is None:
            return {}
        pixels = mapped(self.image_from_pitch, _WORLD)
        with np.errstate(invalid="ignore"):
            inside = _GROUND & ((pixels >= 0) & (pixels < self.size)).all(axis=1)
        return {int(k): (float(pixels[k, 0]), float(pixels[k, 1])) for k in np.flatnonzero(inside)}

    @cached_property
    def view(self) -> View:
        """From behind a goal when going along the pitch is going up or down in the image; else where the labels lie."""
        if len(self.labels) < 4:
            return View.UNCLEAR
        centre = _WORLD[list(self.labels)].mean(axis=0)
        if self.image_from_pitch is not None:
            steps = mapped(self.image_from_pitch, centre + np.array([[0.0, 0.0], [1.0, 0.0]]))
            along = steps[1] - steps[0]
            if np.isfinite(along).all() and abs(along[1]) > abs(along[0]):
                return View.BEHIND
        return View.LEFT if centre[0] < -_THIRD else View.RIGHT if centre[0] > _THIRD else View.MIDFIELD


@dataclass(frozen=True)
class FrameResult:
    """What became of one frame: distances by found label, labels without a detection, detections in a wrong place.

    ``move`` is how far the homography through the detections lies from the ground labels (median, px; inf without
    one), None where the labels give no homography.
    """

    truth: Truth
    errors: Mapping[int, float]
    missed: frozenset[int]
    wrong: frozenset[int]
    detected: int
    right: int
    move: float | None

    @property
    def badness(self) -> float:
        """Share of labels and detections that are missed, astray or wrong; less where there are few to judge by."""
        astray = {k for k, error in self.errors.items() if error > NEAR}
        bad = len(self.missed | astray | self.wrong)
        return bad / (_FEW + len(self.errors) + len(self.missed) + len(self.wrong - set(self.errors)))


@dataclass(frozen=True)
class Row:
    """The measures of one set of detections; a ratio without a denominator is NaN."""

    frames: int
    labels: int
    recall: float
    precision: float
    geometric: float
    pck: tuple[float, ...]
    median: float
    p95: float
    homography: tuple[float, float]

    def text(self, title: str) -> str:
        """One line of the table under `HEADER`."""
        pck = " ".join(f"{value:5.3f}" for value in self.pck)
        h = " ".join(f"{value:5.3f}" for value in self.homography)
        shares = f"{self.recall:5.3f}  {self.precision:5.3f}  {self.geometric:5.3f}"
        return f"{title:34}{shares}  {pck}  {self.median:5.2f} {self.p95:6.1f}  {h}"


HEADER = f"{'':34}recall  prec. geo.p.  PCK5  PCK10 PCK20 median   p95  H<5   H<10"


@dataclass(frozen=True)
class KeypointRow:
    """One keypoint over all frames: labels, found ones, those within 10 px, median distance, detections astray."""

    name: str
    labels: int
    found: int
    within: int
    median: float
    wrong: int


@dataclass(frozen=True)
class Evaluation:
    """Everything about one set of detections."""

    frames: Sequence[FrameResult]
    overall: Row = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "overall", row_of(self.frames))

    @property
    def views(self) -> dict[str, View]:
        """What every frame shows, by name."""
        return {one.truth.name: one.truth.view for one in self.frames}

    def by_view(self, views: Mapping[str, View] | None = None) -> dict[View, Row]:
        """The measures of every kind of view that occurs; ``views`` says of frames by name what they show."""
        known = self.views if views is None else views
        kinds = {view: [one for one in self.frames if known[one.truth.name] is view] for view in View}
        return {view: row_of(frames) for view, frames in kinds.items() if frames}

    def by_keypoint(self) -> list[KeypointRow]:
        """One row for every keypoint that is labelled or detected anywhere."""
        rows = []
        for k, name in enumerate(PITCH_57.keypoints):
            errors = [one.errors[k] for one in self.frames if k in one.errors]
            labels = len(errors) + sum(k in one.missed for one in self.frames)
            wrong = sum(k in one.wrong for one in self.frames)
            if labels or wrong:
                within = sum(error <= 10.0 for error in errors)
                median = float(np.median(errors)) if errors else float("nan")
                rows.append(KeypointRow(name, labels, len(errors), within, median, wrong))
        return rows

    def worst(self, count: int = 10) -> list[FrameResult]:
        """The worst frames, worst first; none that is faultless."""
        ordered = sorted(self.frames, key=lambda one: (-one.badness, one.truth.name))
        return [one for one in ordered[:count] if one.badness > 0]


def evaluate(truths: Sequence[Truth], detections: Mapping[str, Points]) -> Evaluation:
    """Score detections by frame name; frames without an entry have no detection."""
    return Evaluation([judge(truth, detections.get(truth.name, {})) for truth in truths])


def judge(truth: Truth, found: Points) -> FrameResult:
    """What became of one frame."""
    # The homography is judged where labels are; a detection that nobody can judge may yet help it.
    move = None if truth.image_from_pitch is None else _move(truth, found)
    found = {k: place for k, place in found.items() if k not in truth.unknown}
    errors = {k: _apart(place, truth.labels[k]) for k, place in found.items() if k in truth.labels}
    wrong = {
        k
        for k, place in found.items()
        if not any(_apart(place, p) < NEAR for p in (truth.labels.get(k), truth.projected.get(k)) if p is not None)
    }
    return FrameResult(
        truth=truth,
        errors=errors,
        missed=frozenset(truth.labels) - frozenset(found),
        wrong=frozenset(wrong),
        detected=len(found),
        right=len(found) - len(wrong),
        move=move,
    )


def row_of(frames: Sequence[FrameResult]) -> Row:
    """The measures over frames: counts over all of them, never means of frames."""
    error = np.array([value for one in frames for value in one.errors.values()])
    move = np.array([one.move for one in frames if one.move is not None])
    labels = sum(len(one.errors) + len(one.missed) for one in frames)
    detected = sum(one.detected for one in frames)
    return Row(
        frames=len(frames),
        labels=labels,
        recall=_ratio(len(error), labels),
        precision=_ratio(len(error), detected),
        geometric=_ratio(sum(one.right for one in frames), detected),
        pck=tuple(_ratio(float((error <= t).sum()), labels) for t in DISTANCES),
        median=float(np.median(error)) if len(error) else float("nan"),
        p95=float(np.percentile(error, 95)) if len(error) else float("nan"),
        homography=(_ratio(float((move < 5).sum()), len(move)), _ratio(float((move < 10).sum()), len(move))),
    )


def above(seen: Mapping[str, Seen], threshold: float) -> dict[str, Points]:
    """Detections whose confidence is above a threshold."""
    return {name: {k: (x, y) for k, (x, y, c) in one.items() if c > threshold} for name, one in seen.items()}


def best_threshold(truths: Sequence[Truth], seen: Mapping[str, Seen]) -> float:
    """The threshold of `THRESHOLDS` with the largest sum of recall and geometric precision."""

    def value(threshold: float) -> float:
        row = evaluate(truths, above(seen, threshold)).overall
        return float(np.nansum([row.recall, row.geometric]))

    return max(THRESHOLDS, key=value)


def without(truths: Sequence[Truth], wrong: Mapping[str, set[int]]) -> list[Truth]:
    """The frames without the labels that are named as wrong, frame -> keypoint numbers: there nobody can tell."""
    return [
        Truth(
            one.name,
            {k: p for k, p in one.labels.items() if k not in wrong.get(one.name, ())},
            one.size,
            one.image,
            one.unknown | wrong.get(one.name, set()),
        )
        for one in truths
    ]


def mapped(matrix: Floats, world: Floats) -> Floats:
    """Pitch points (N, 2) in the image; NaN for those behind the camera."""
    homogeneous = np.column_stack([world, np.ones(len(world))]) @ matrix.T
    depth = homogeneous[:, 2:]
    front = depth > 1e-9
    found: Floats = np.where(front, homogeneous[:, :2] / np.where(front, depth, 1.0), np.nan)
    return found


def homography(points: Points, *, threshold: float) -> Floats | None:
    """``image_from_pitch`` through the ground points among ``points`` by RANSAC, pixels; None below four."""
    ground = [k for k in points if _GROUND[k]]
    if len(ground) < 4:
        return None
    cv2.setRNGSeed(1)
    pixels = np.array([points[k] for k in ground])
    found, _ = cv2.findHomography(_WORLD[ground], pixels, cv2.RANSAC, threshold, maxIters=3000, confidence=0.999)
    if found is None:
        return None
    depth = np.column_stack([_WORLD[ground], np.ones(len(ground))]) @ found[2]
    # The sign is that of the points it was made from, so that they are in front of the camera.
    return np.asarray(found * np.sign(np.median(depth)))


def _apart(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(np.hypot(a[0] - b[0], a[1] - b[1]))


def _move(truth: Truth, found: Points) -> float:
    """Median distance of the ground labels from where the detections' homography puts them; inf without one."""
    matrix = homography(found, threshold=5.0)
    if matrix is None:
        return float("inf")
    channels = [k for k in truth.labels if _GROUND[k]]
    away = np.linalg.norm(mapped(matrix, _WORLD)[channels] - np.array([truth.labels[k] for k in channels]), axis=1)
    return float(np.median(np.nan_to_num(away, nan=np.inf)))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
