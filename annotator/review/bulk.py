"""Accepting many predicted frames at once: which could be, which would pass, and what their records become."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from annotator.labels import Decision, FrameLabels, FrameRecord, FrameState, Instance, KeypointLabel, Origin, Visibility
from annotator.review.entries import Entry
from annotator.review.signs import Kind

if TYPE_CHECKING:
    from annotator.project import Project
    from model.heatmaps import Prediction

__all__ = ["Candidate", "accepted_record", "accepted_records", "candidates", "passing"]

FEWEST = 4
"""Points below which no frame is accepted without being looked at."""


@dataclass(frozen=True)
class Candidate:
    """A predicted frame that nobody began: the median confidence of its points, and the worst distance in pixels.

    ``residual`` is None where too few points say how far off one is; ``place`` is its place in the queue by surprise.
    """

    frame_id: int
    confidence: float
    residual: float | None
    place: int


def candidates(
    project: Project, ids: Sequence[int], entries: Mapping[int, Entry], places: Mapping[int, int]
) -> tuple[list[Candidate], int]:
    """The frames among ``ids`` that could be accepted, and how many predicted ones could not.

    Left out are frames in which a check finds an error, with fewer than `FEWEST` points, or not looked at yet.
    """
    predicted = set(project.frame_ids({FrameState.PREDICTED}))
    found, left_out = [], 0
    for frame_id in ids:
        if frame_id not in predicted:
            continue
        entry = entries.get(frame_id)
        faint = None if entry is None else next((s for s in entry.signs.signs if s.kind is Kind.FAINT), None)
        if entry is None or faint is None or faint.count < FEWEST or (entry.value(Kind.CHECK) or 0.0) >= 2.0:
            left_out += 1
            continue
        place = places.get(frame_id, len(places))
        found.append(Candidate(frame_id, 1.0 - faint.value, entry.value(Kind.GEOMETRY), place))
    return found, left_out


def passing(found: Sequence[Candidate], *, confidence: float, residual: float) -> list[Candidate]:
    """The candidates that pass both limits, the most doubtful first."""
    good = [one for one in found if one.confidence >= confidence and (one.residual or 0.0) <= residual]
    return sorted(good, key=lambda one: (one.place, one.confidence))


def accepted_record(record: FrameRecord, prediction: Prediction, *, threshold: float, by: str = "") -> FrameRecord:
    """The record with every point that the network shows placed where it is seen, and the frame accepted."""
    width, height = prediction.image_size
    x, y = prediction.xy[:, 0], prediction.xy[:, 1]
    with np.errstate(invalid="ignore"):
        inside = (x >= -0.5) & (y >= -0.5) & (x <= width - 0.5) & (y <= height - 0.5)
    shown = np.flatnonzero(inside & (prediction.confidence >= threshold))
    keypoints = {
        prediction.names[i]: KeypointLabel((float(x[i]), float(y[i])), Visibility.VISIBLE, Origin.ACCEPTED)
        for i in shown
    }
    review = record.review.decided(Decision.ACCEPTED, by=by)
    return FrameRecord(FrameLabels((Instance(keypoints=keypoints),)), review)


def accepted_records(
    project: Project,
    ids: Sequence[int],
    *,
    network: str | None,
    threshold: float,
    by: str = "",
    progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> tuple[dict[int, FrameRecord], dict[int, FrameRecord]] | None:
    """What the frames are and what they become when accepted; frames of which something is said stay out.

    None when stopped.
    """
    before, after = {}, {}
    for done, frame_id in enumerate(ids):
        if should_stop():
            return None
        record = project.record(frame_id)
        prediction = (project.prediction(frame_id, network) if network else None) or project.prediction(frame_id)
        if prediction is not None and record.labels.is_empty and record.review.decision is Decision.OPEN:
            before[frame_id] = record
            after[frame_id] = accepted_record(record, prediction, threshold=threshold, by=by)
        if done % 50 == 0:
            progress(done + 1, len(ids))
    return before, after
