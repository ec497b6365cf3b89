"""Two networks on the same frames: what changed, by keypoint and by frame, and whether it is more than chance.

All distances are in pixels of a frame 960 wide, as in `annotator.evaluation`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from annotator.evaluation import Evaluation, FrameResult, Points, Row
from annotator.formats.documents import FormatError, number, read_object
from annotator.pitch import PITCH_57

__all__ = [
    "COMPARISON", "Comparison", "FrameChange", "Interval", "Measures", "Place", "PointChange", "Verdict", "compare",
    "read_comparison", "resampled",
]  # fmt: skip

COMPARISON = "comparison.json"
NEAR = 10.0
LEAST_FRAMES = 5
_DRAWS, _PART = 2000, 100
_VERSION = 1
_ADVICE = "Compare the networks again."
Place = tuple[float, float]


class Verdict(Enum):
    """What a difference says; UNCLEAR where its interval holds 0, TOO_FEW below five frames."""

    BETTER = "better"
    WORSE = "worse"
    UNCLEAR = "within chance"
    TOO_FEW = "too few frames"


@dataclass(frozen=True)
class Interval:
    """A difference of shares and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Measures:
    """A network over all frames: shares from 0 to 1, the median in px; NaN without a denominator."""

    recall: float
    precision: float
    pck5: float
    pck10: float
    median: float
    h10: float

    @classmethod
    def of(cls, row: Row) -> Measures:
        """From a row of an evaluation."""
        return cls(row.recall, row.precision, row.pck[0], row.pck[1], row.median, row.homography[1])


@dataclass(frozen=True)
class PointChange:
    """A keypoint: how often it is labelled, and how often each network has it within 10 px."""

    name: str
    labels: int
    before: int
    after: int

    @property
    def change(self) -> int:
        """Labels won, or lost below 0."""
        return self.after - self.before


@dataclass(frozen=True)
class FrameChange:
    """A frame: its labels and what each network detects, by name; labels each has within 10 px, and its badness."""

    name: str
    image: Path | None
    size: tuple[int, int]
    labels: Mapping[str, Place]
    before: Mapping[str, Place]
    after: Mapping[str, Place]
    right: tuple[int, int]
    badness: tuple[float, float]

    @property
    def change(self) -> int:
        """Labels won, or lost below 0."""
        return self.right[1] - self.right[0]


@dataclass(frozen=True)
class Comparison:
    """Everything about two networks on the same frames; ``difference`` is that of PCK10, None below five frames.

    Of other schemes than the pitch (``of_size``, see `annotator.comparison_things`) distances are percent of the size
    of the thing, and ``further`` holds measures of the scheme by name, of both networks.
    """

    titles: tuple[str, str]
    measures: tuple[Measures, Measures]
    points: Sequence[PointChange]
    frames: Sequence[FrameChange]
    difference: Interval | None
    of_size: bool = False
    further: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """What may honestly be said."""
        if self.difference is None:
            return Verdict.TOO_FEW
        if self.difference.low > 0:
            return Verdict.BETTER
        return Verdict.WORSE if self.difference.high < 0 else Verdict.UNCLEAR

    @property
    def labels(self) -> int:
        """Labels in all frames."""
        return sum(len(frame.labels) for frame in self.frames)

    def points_by_change(self) -> list[PointChange]:
        """Keypoints, those with the most labels won or lost first."""
        return sorted(self.points, key=lambda one: (-abs(one.change), -one.labels, one.name))

    def worst(self, count: int) -> list[FrameChange]:
        """The frames in which the new network is worst; none in which it is faultless."""
        ordered = sorted(self.frames, key=lambda one: (-one.badness[1], one.name))
        return [one for one in ordered[:count] if one.badness[1] > 0]

    def most_changed(self, count: int) -> list[FrameChange]:
        """The frames with the most labels won or lost."""
        ordered = sorted(self.frames, key=lambda one: (-abs(one.change), one.name))
        return [one for one in ordered[:count] if one.change]

    def text(self) -> str:
        """The difference in a line."""
        name = "within 10 % of the size" if self.of_size else "PCK10"
        if self.difference is None:
            return f"{name}: fewer than {LEAST_FRAMES} frames, no interval"
        found = self.difference
        return f"{name} {found.value:+.3f} (95 % {found.low:+.3f} to {found.high:+.3f}): {self.verdict.value}"

    def document(self) -> dict[str, Any]:
        """All of it as JSON values; what is not a number is null."""
        found = self.difference
        return {
            "version": _VERSION,
            "titles": list(self.titles),
            "measures": [_plain(vars(one)) for one in self.measures],
            "difference": None if found is None else _plain(vars(found)),
            "verdict": self.verdict.value,
            "points": [vars(one) for one in self.points],
            "frames": [_frame_document(one) for one in self.frames],
            "of_size": self.of_size,
            "further": {
                name: [value if math.isfinite(value) else None for value in pair] for name, pair in self.further.items()
            },
        }


def compare(
    titles: tuple[str, str],
    evaluations: tuple[Evaluation, Evaluation],
    detections: tuple[Mapping[str, Points], Mapping[str, Points]],
) -> Comparison:
    """Two evaluations of the same frames, the old network first, with the detections that were judged.

    Raises
    ------
    ValueError
        If they are not of the same frames.
    """
    pairs = list(zip(evaluations[0].frames, evaluations[1].frames, strict=False))
    names = [[one.truth.name for one in found.frames] for found in evaluations]
    if names[0] != names[1]:
        raise ValueError("the networks were not judged on the same frames")
    rows = [{row.name: row for row in found.by_keypoint()} for found in evaluations]
    points = [
        PointChange(name, labelled, *(found[name].within if name in found else 0 for found in rows))
        for name in PITCH_57.keypoints
        if (labelled := max(found[name].labels if name in found else 0 for found in rows))
    ]
    frames = [_frame(old, new, detections) for old, new in pairs]
    return Comparison(
        titles,
        (Measures.of(evaluations[0].overall), Measures.of(evaluations[1].overall)),
        points,
        frames,
        resampled([(len(one.labels), *one.right) for one in frames]),
    )


def resampled(counts: Sequence[tuple[int, int, int]], *, seed: int = 0) -> Interval | None:
    """The difference of two shares over frames of (labels, right before, right after), and its 95 % interval.

    The interval holds the middle 95 % of the difference over 2,000 draws of as many frames with replacement (the
    percentile bootstrap: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3). Frames are drawn,
    not labels, for the labels of a frame are right or wrong together. Frames of one clip look alike too, so the true
    uncertainty is rather larger than said. None below five frames with labels.
    """
    table = np.array([one for one in counts if one[0]], dtype=np.int64).reshape(-1, 3)
    if len(table) < LEAST_FRAMES:
        return None
    won = table[:, 2] - table[:, 1]
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(_DRAWS // _PART):
        chosen = random.integers(0, len(table), (_PART, len(table)))
        drawn.append(won[chosen].sum(axis=1) / table[chosen, 0].sum(axis=1))
    low, high = np.percentile(np.concatenate(drawn), [2.5, 97.5])
    return Interval(float(won.sum() / table[:, 0].sum()), float(low), float(high))


def read_comparison(path: Path) -> Comparison:
    """The comparison in a file that `Comparison.document` was written to.

    Raises
    ------
    FormatError
        If it cannot be read or holds something else.
    """
    said = read_object(path)
    if said.get("version") != _VERSION:
        raise FormatError(path, "the comparison is of another version", _ADVICE)
    try:
        titles, measures, gap = said["titles"], said["measures"], said["difference"]
        return Comparison(
            (str(titles[0]), str(titles[1])),
            (_measures(measures[0]), _measures(measures[1])),
            [PointChange(str(p["name"]), int(p["labels"]), int(p["before"]), int(p["after"])) for p in said["points"]],
            [_read_frame(one) for one in said["frames"]],
            None if gap is None else Interval(*(float(gap[name]) for name in ("value", "low", "high"))),
            said.get("of_size") is True,
            {str(name): (_number(a), _number(b)) for name, (a, b) in said.get("further", {}).items()},
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(path, f"it holds no comparison ({error})", _ADVICE) from error


def _frame(
    old: FrameResult, new: FrameResult, detections: tuple[Mapping[str, Points], Mapping[str, Points]]
) -> FrameChange:
    truth = old.truth
    before, after = (_named(found.get(truth.name, {})) for found in detections)
    right = (_right(old), _right(new))
    return FrameChange(
        truth.name, truth.image, truth.size, _named(truth.labels), before, after, right, (old.badness, new.badness)
    )


def _right(result: FrameResult) -> int:
    return sum(error <= NEAR for error in result.errors.values())


def _named(points: Points) -> dict[str, Place]:
    return {PITCH_57.keypoints[k]: (float(x), float(y)) for k, (x, y) in points.items()}


def _frame_document(one: FrameChange) -> dict[str, Any]:
    def rounded(points: Mapping[str, Place]) -> dict[str, list[float]]:
        return {name: [round(x, 2), round(y, 2)] for name, (x, y) in points.items()}

    return {
        "name": one.name,
        "image": None if one.image is None else str(one.image),
        "size": list(one.size),
        "labels": rounded(one.labels),
        "before": rounded(one.before),
        "after": rounded(one.after),
        "right": list(one.right),
        "badness": list(one.badness),
    }


def _read_frame(said: Mapping[str, Any]) -> FrameChange:
    def places(name: str) -> dict[str, Place]:
        return {str(key): (float(x), float(y)) for key, (x, y) in said[name].items()}

    image = said["image"]
    return FrameChange(
        name=str(said["name"]),
        image=None if image is None else Path(image),
        size=(int(said["size"][0]), int(said["size"][1])),
        labels=places("labels"),
        before=places("before"),
        after=places("after"),
        right=(int(said["right"][0]), int(said["right"][1])),
        badness=(float(said["badness"][0]), float(said["badness"][1])),
    )


def _measures(said: Mapping[str, Any]) -> Measures:
    return Measures(*(_number(said[name]) for name in Measures.__dataclass_fields__))


def _number(said: Any) -> float:
    value = number(said)
    return math.nan if value is None else value


def _plain(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in values.items()}
