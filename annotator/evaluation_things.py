"""Networks judged on training sets of any scheme: people in their boxes, card packets, one's own things.

Each sample is one thing with one answer, so what `annotator.pose_metrics` measures of detections is measured of these;
networks that say which points are hidden are also judged by that (visibility of labelled points, 2 against 1).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from annotator.formats.documents import FormatError
from annotator.pose_data import Person, Poses
from annotator.pose_metrics import PoseEvaluation, evaluate_poses
from annotator.scheme import Scheme
from annotator.schemes import known_schemes
from model.average_precision import Annotated, Detected
from model.boxes import Box, cut, image_from_part, region
from model.dataset import Sample, SampleError, TrainingSet, TrainingSetError, read_image, read_training_set
from model.heatmaps import ABSENT, VISIBLE

if TYPE_CHECKING:
    from model.predictor import Predictor

Array = NDArray[np.float64]
_WHOLE = 0.5


@dataclass(frozen=True)
class Sight:
    """How well seen points are told from hidden ones: counts over labelled points."""

    seen: int
    said: int
    both: int
    points: int

    def text(self) -> str:
        """One line for a terminal."""
        precision = self.both / self.said if self.said else float("nan")
        recall = self.both / self.seen if self.seen else float("nan")
        return f"seen, not hidden: precision {precision:.3f}, recall {recall:.3f} ({self.seen} of {self.points} points)"


@dataclass(frozen=True, eq=False)
class Answered:
    """What a network said of a sample; ``truth`` and ``xy`` (K, 2) in image pixels, ``there`` (K,) of labelled points.

    ``unit`` is how many percent of the size of the thing (the square root of its box) a pixel is.
    """

    sample: Sample
    truth: Array
    there: NDArray[np.bool_]
    xy: Array
    confidence: Array
    unit: float


@dataclass(frozen=True, eq=False)
class ThingsEvaluation:
    """One network on one set; ``errors`` are the distances in pixels of all labelled points from where they are seen.

    ``remarks`` says which samples could not be used, ``answers`` what was said of the others.
    """

    poses: PoseEvaluation
    errors: Array
    sight: Sight | None
    remarks: tuple[str, ...]
    answers: tuple[Answered, ...] = ()

    def text(self) -> str:
        """The measures as tables for a terminal."""
        lines = [self.poses.text().rstrip("\n")]
        if len(self.errors):
            median, ninth = np.median(self.errors), np.percentile(self.errors, 90)
            lines += ["", f"distance of points: median {median:.2f} px, 90 % within {ninth:.2f} px"]
        if self.sight is not None:
            lines += ["", self.sight.text()]
        return "\n".join(lines) + "\n"


def is_of_things(folder: Path) -> bool:
    """Whether a folder is a training set of another scheme than the pitch."""
    if not (folder / "manifest.json").is_file():
        return False
    try:
        return read_training_set(folder).scheme != "pitch-57"
    except TrainingSetError:
        return False


def read_things(folder: Path) -> tuple[TrainingSet, Scheme]:
    """A training set and the scheme of its points.

    Raises
    ------
    FormatError
        If it cannot be read, or its scheme is unknown or has other points.
    """
    try:
        found = read_training_set(folder)
    except TrainingSetError as error:
        raise FormatError(error.path, error.reason, error.advice) from error
    known = known_schemes()
    # A changed copy that nobody kept: one with the same points has the same sigmas and lengths.
    scheme = known.get(found.scheme) or next((one for one in known.values() if one.keypoints == found.keypoints), None)
    if scheme is None:
        scheme = Scheme(id=found.scheme, title=found.scheme, keypoints=found.keypoints, mirror=found.mirror)
    if scheme.keypoints != found.keypoints:
        raise FormatError(folder, f"its points are not those of {scheme.id}", "Export the set again.")
    return found, scheme


def evaluate_things(
    predictor: Predictor, found: TrainingSet, scheme: Scheme, *, split: str = "val"
) -> ThingsEvaluation:
    """What a network makes of the samples of one split.

    Raises
    ------
    ValueError
        If the network knows other points than the scheme, or the split is empty.
    """
    if predictor.names != scheme.keypoints:
        raise ValueError(f"the network's points are not those of {scheme.id}")
    samples = found.of_split(split)
    if not samples:
        raise ValueError(f"{found.folder} holds no sample marked {split!r}")
    people: dict[str, list[Person]] = {}
    detections: dict[str, list[Detected]] = {}
    errors: list[Array] = []
    hidden: list[tuple[NDArray[np.bool_], NDArray[np.bool_]]] = []
    remarks: list[str] = []
    answers: list[Answered] = []
    for sample, truth, state, answer in _answered(predictor, found, samples, remarks):
        xy, confidence, seen, scalars = answer
        people[sample.image] = [_person(sample, truth, state)]
        detections[sample.image] = [Detected(xy, float(confidence.mean()), _area(sample), confidence, scalars)]
        there = state > ABSENT
        errors.append(np.linalg.norm(xy - truth, axis=1)[there])
        unit = 100.0 / math.sqrt(max(_area(sample), 1.0))
        answers.append(Answered(sample, truth, there, xy, confidence, unit))
        if seen is not None:
            hidden.append((state[there] == VISIBLE, seen[there] > _WHOLE))
    poses = evaluate_poses(Poses(scheme, people), detections, threshold=predictor.card.threshold)
    off = np.concatenate(errors or [np.empty(0)])
    return ThingsEvaluation(poses, off, _sight(hidden), tuple(remarks), tuple(answers))


_Answer = tuple[Array, Array, Array | None, dict[str, float]]


def _answered(
    predictor: Predictor, found: TrainingSet, samples: Sequence[Sample], remarks: list[str]
) -> Iterator[tuple[Sample, Array, NDArray[np.int8], _Answer]]:
    """Every readable sample with its labels and what the network says of it, in image pixels."""
    for sample in samples:
        try:
            image = read_image(sample)
        except SampleError as error:
            remarks.append(str(error))
            continue
        truth, state = found.labels(sample)
        if sample.box is None:
            seen = predictor.predict(image)
            xy = seen.xy
        else:
            size = predictor.card.input_size
            part = region(sample.box, size[0] / size[1])
            seen = predictor.predict(cut(image, part, size))
            xy = image_from_part((seen.xy + 0.5) / np.array(size), part)
        yield sample, truth, state, (xy, seen.confidence, seen.seen, dict(seen.scalars))


def _person(sample: Sample, truth: Array, state: NDArray[np.int8]) -> Person:
    return Person(Annotated(truth, state > ABSENT, _area(sample), _box(sample)), values=dict(sample.scalars))


def _box(sample: Sample) -> Box:
    """The box of a sample's thing: its own, else that of its points, else the image."""
    if sample.box is not None:
        return sample.box
    places = np.array([point[:2] for point in sample.points.values() if point[2] > ABSENT])
    if len(places) < 2:
        return -0.5, -0.5, float(sample.size[0]), float(sample.size[1])
    low, high = places.min(axis=0), places.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])


def _area(sample: Sample) -> float:
    _, _, width, height = _box(sample)
    return width * height


def _sight(pairs: Sequence[tuple[NDArray[np.bool_], NDArray[np.bool_]]]) -> Sight | None:
    if not pairs:
        return None
    truth, said = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
    return Sight(int(truth.sum()), int(said.sum()), int((truth & said).sum()), len(truth))
