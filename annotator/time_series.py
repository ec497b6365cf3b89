"""What changes over a clip as numbers: points, confidences, distances and the camera, frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from annotator.camera_text import camera_facts
from annotator.dismissals import seen_left
from annotator.instance_points import resolve_instances
from annotator.keypoints import Resolved, resolve
from annotator.labels import EMPTY, FrameLabels, Instance, KeypointLabel, Origin, Point, Visibility
from annotator.project import Project, ProjectError

if TYPE_CHECKING:
    from annotator.scheme import Scheme
    from model.heatmaps import Prediction
    from model.people import InstancePrediction

__all__ = ["CAMERA", "Moment", "Quantity", "broken_at", "moments", "series", "thing_moment", "thing_moments"]

Floats = NDArray[np.float64]

CAMERA = ("pan", "tilt", "zoom")


@dataclass(frozen=True)
class Quantity:
    """What is plotted: "x", "y" or "confidence" of a ``keypoint``, or "residual", "pan", "tilt" or "zoom"."""

    kind: str
    keypoint: str = ""

    @property
    def unit(self) -> str:
        """The unit of its numbers."""
        return {"confidence": "%", "pan": "\u00b0", "tilt": "\u00b0"}.get(self.kind, "px")


@dataclass(frozen=True)
class Moment:
    """One frame in numbers: pixels of points by name, confidences, and the camera.

    ``pan`` and ``tilt`` are degrees, ``zoom`` the focal length in pixels, ``residual`` the root mean square distance in
    pixels of what was said to the camera; None where there is none.
    """

    points: Mapping[str, Point] = field(default_factory=dict)
    confidence: Mapping[str, float] = field(default_factory=dict)
    pan: float | None = None
    tilt: float | None = None
    zoom: float | None = None
    residual: float | None = None

    def value(self, quantity: Quantity) -> float | None:
        """The number of a quantity here."""
        if quantity.kind in ("x", "y"):
            at = self.points.get(quantity.keypoint)
            return None if at is None else at[quantity.kind == "y"]
        if quantity.kind == "confidence":
            sure = self.confidence.get(quantity.keypoint)
            return None if sure is None else 100.0 * sure
        found: float | None = getattr(self, quantity.kind)
        return found


def moment_of(
    said: Instance, prediction: Prediction | None, *, size: tuple[int, int], threshold: float
) -> Moment:
    """A frame in numbers: from what a person said where that is anything, else from what the network saw."""
    seen = _seen(prediction, threshold)
    judged = said
    if said.is_empty:
        labels = {n: KeypointLabel(at, Visibility.VISIBLE, Origin.IMPORTED) for n, (at, _) in seen.items()}
        judged = Instance(keypoints=labels)
    if judged.is_empty:
        return Moment()
    resolved = resolve(judged, None, size=size, threshold=1.0)
    points = {n: p.position for n, p in resolved.keypoints.items() if p.position is not None and p.inside}
    moment = Moment(points, {name: sure for name, (_, sure) in seen.items()})
    return _with_camera(moment, resolved)


def _seen(prediction: Prediction | None, threshold: float) -> dict[str, tuple[Point, float]]:
    if prediction is None:
        return {}
    rows = zip(prediction.names, prediction.xy.tolist(), prediction.confidence.tolist(), strict=True)
    return {name: ((x, y), sure) for name, (x, y), sure in rows if sure >= threshold and np.isfinite((x, y)).all()}


def _with_camera(moment: Moment, resolved: Resolved) -> Moment:
    solution = resolved.solution
    if solution is None or not resolved.ghost:
        return moment
    moment = replace(moment, residual=float(solution.rms / solution.lens.scale))
    facts = camera_facts(solution) if resolved.is_determined else None
    if facts is None:
        return moment
    return replace(moment, pan=facts.pan.value, tilt=facts.tilt.value, zoom=facts.focal.value)


def thing_moment(
    labels: FrameLabels,
    seen: Sequence[InstancePrediction],
    scheme: Scheme,
    number: int,
    *,
    size: tuple[int, int],
    threshold: float,
) -> Moment:
    """One thing of a frame in numbers; where there may be many one that is labelled: only those keep their numbers."""
    things = resolve_instances(labels, seen, scheme, size=size, threshold=threshold)
    mine = next((one for one in things if one.id == number and (one.labelled or not scheme.is_many)), None)
    if mine is None:
        return Moment()
    shown = {name: point for name, point in mine.keypoints.items() if point.visibility is not Visibility.ABSENT}
    return Moment(
        {name: point.position for name, point in shown.items() if point.position is not None and point.inside},
        {name: point.confidence for name, point in shown.items() if point.confidence is not None},
    )


def thing_moments(
    project: Project,
    frames: Sequence[tuple[int, int]],
    number: int,
    *,
    size: tuple[int, int],
    threshold: float,
    found: Callable[[Mapping[int, Moment]], None],
    progress: Callable[[int, int], None],
    should_stop: Callable[[], bool],
    piece: int = 64,
) -> None:
    """As `moments`, of the thing with this number."""
    done: dict[int, Moment] = {}
    scheme = project.scheme
    for count, (place, frame_id) in enumerate(frames, 1):
        if should_stop():
            break
        try:
            labels = project.record(frame_id).labels
        except ProjectError:
            labels = EMPTY
        prediction = project.people(frame_id) or project.prediction(frame_id)
        own = size if prediction is None else prediction.image_size
        seen = seen_left(project, frame_id, prediction)
        done[place] = thing_moment(labels, seen, scheme, number, size=own, threshold=threshold)
        if len(done) >= piece:
            found(done)
            progress(count, len(frames))
            done = {}
    if done:
        found(done)
    progress(len(frames), len(frames))


def moments(
    project: Project,
    frames: Sequence[tuple[int, int]],
    *,
    size: tuple[int, int],
    threshold: float,
    found: Callable[[Mapping[int, Moment]], None],
    progress: Callable[[int, int], None],
    should_stop: Callable[[], bool],
    piece: int = 16,
) -> None:
    """Tell the numbers of frames, (number, id) each, in the order given; pieces come as they are done.

    ``size`` is that of the frames in pixels where no prediction tells it.
    """
    done: dict[int, Moment] = {}
    for count, (number, frame_id) in enumerate(frames, 1):
        if should_stop():
            break
        try:
            said = project.record(frame_id).labels.pitch
        except ProjectError:
            said = Instance()
        prediction = project.prediction(frame_id)
        own = size if prediction is None else prediction.image_size
        done[number] = moment_of(said, prediction, size=own, threshold=threshold)
        if len(done) >= piece:
            found(done)
            progress(count, len(frames))
            done = {}
    if done:
        found(done)
    progress(len(frames), len(frames))


def series(known: Mapping[int, Moment], quantity: Quantity, cuts: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Numbers of frames (N,) and values (N,) of a quantity in order; NaN parts what is not one stretch.

    A curve is broken at cuts, and where a frame in between is unknown or has no such value.
    """
    numbers = np.array(sorted(known), dtype=np.float64)
    values = np.array([_number(known[int(n)].value(quantity)) for n in numbers])
    return broken_at(numbers, values, cuts)


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def broken_at(numbers: Floats, values: Floats, cuts: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """The curve with a NaN put in wherever frames are missing or a shot begins."""
    if len(numbers) < 2:
        return numbers, values
    gaps = np.flatnonzero((np.diff(numbers) > 1.0) | np.isin(numbers[1:], cuts)) + 1
    return np.insert(numbers, gaps, numbers[gaps] - 0.5), np.insert(values, gaps, np.nan)
