"""Accepting many predicted frames at once: which could be, which would pass, and what their records become."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from annotator.dismissals import Mark, left
from annotator.instance_points import Numbers, accepted_things, resolve_instances
from annotator.labels import Decision, FrameLabels, FrameRecord, FrameState, Instance, KeypointLabel, Origin, Visibility
from annotator.review.bulk_numbers import NumbersAlong
from annotator.review.entries import Entry
from annotator.review.signs import Kind
from annotator.scheme import Scheme
from annotator.store_many import PIECE, pieces
from model.heatmaps import Head, PredictionError

if TYPE_CHECKING:
    from annotator.project import Project
    from model.heatmaps import Prediction
    from model.people import PeoplePrediction

__all__ = ["Candidate", "accepted_record", "accepted_records", "accepted_things_record", "candidates", "passing"]

NOTHING = FrameRecord()
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


def accepted_record(
    record: FrameRecord, prediction: Prediction | Head, *, threshold: float, by: str = ""
) -> FrameRecord:
    """The record with every point that the network shows placed where it is seen, and the frame accepted."""
    width, height = prediction.image_size
    if isinstance(prediction, Head):
        places, confidences = prediction.places, prediction.confidences
    else:
        places, confidences = prediction.xy.tolist(), prediction.confidence.tolist()
    keypoints = {
        name: KeypointLabel((x, y), Visibility.VISIBLE, Origin.ACCEPTED)
        for name, (x, y), sure in zip(prediction.names, places, confidences, strict=True)
        if sure >= threshold and -0.5 <= x <= width - 0.5 and -0.5 <= y <= height - 0.5
    }
    review = record.review.decided(Decision.ACCEPTED, by=by)
    return FrameRecord(FrameLabels((Instance(keypoints=keypoints),)), review)


def accepted_things_record(
    record: FrameRecord,
    seen: Prediction | PeoplePrediction,
    scheme: Scheme,
    *,
    size: tuple[int, int],
    threshold: float,
    by: str = "",
    dismissed: Mapping[str, Sequence[Mark]] | None = None,
    numbers: Numbers | None = None,
) -> FrameRecord:
    """As `accepted_record`, of a scheme without football: every thing with its box, numbers and hidden points.

    But for what a person ``dismissed``, by network. ``numbers`` says who those are that only the network saw.
    """
    found = left(seen, dismissed or {})
    things = resolve_instances(
        record.labels, found, scheme, size=size, threshold=threshold, least_score=threshold if scheme.is_many else 0.0,
        numbers=numbers,
    )  # fmt: skip
    inside = [
        replace(one, keypoints={name: point for name, point in one.keypoints.items() if point.inside}) for one in things
    ]
    labels = accepted_things(record.labels, inside, scheme)
    return FrameRecord(labels, record.review.decided(Decision.ACCEPTED, by=by))


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
    before: dict[int, FrameRecord] = {}
    after: dict[int, FrameRecord] = {}
    scheme = project.scheme
    along = NumbersAlong(project) if scheme.is_many else None
    ids = ids if along is None else along.ordered(ids)
    for done, piece in enumerate(pieces(ids)):
        if should_stop():
            return None
        documents, heads = project.documents(piece), project.prediction_heads_of(piece)
        for frame_id in piece:
            # A document is seldom there: of most frames nobody ever said anything.
            record = NOTHING if documents[frame_id] is None else project.record(frame_id)
            if not record.labels.is_empty or record.review.decision is not Decision.OPEN:
                continue
            accepted = (
                _accepted(record, _seen(project, frame_id, heads.get(frame_id, []), network), threshold, by)
                if scheme.has_football
                else _accepted_things(project, frame_id, record, network, threshold, by, along)
            )
            if accepted is not None:
                if along is not None:
                    along.took(frame_id, accepted.labels)
                before[frame_id], after[frame_id] = record, accepted
        progress(min((done + 1) * PIECE, len(ids)), len(ids))
    return before, after


def _accepted(
    record: FrameRecord, seen: Prediction | Head | None, threshold: float, by: str
) -> FrameRecord | None:
    return None if seen is None else accepted_record(record, seen, threshold=threshold, by=by)


def _accepted_things(
    project: Project, frame_id: int, record: FrameRecord, network: str | None, threshold: float, by: str,
    along: NumbersAlong | None,
) -> FrameRecord | None:
    """What a frame of things becomes; None where no network saw it, or one of another scheme."""
    for name in (network, None):
        seen = project.prediction(frame_id, name) or project.people(frame_id, name)
        if seen is not None:
            found = accepted_things_record(
                record, seen, project.scheme, size=seen.image_size, threshold=threshold, by=by,
                dismissed=project.dismissed(frame_id),
                numbers=None if along is None else along.of(frame_id, seen.image_size),
            )  # fmt: skip
            return None if found.labels.is_empty else found
    return None


def _seen(
    project: Project, frame_id: int, heads: Sequence[tuple[str, bytes]], network: str | None
) -> Prediction | Head | None:
    """What the network saw of a frame, or the newest prediction of any where it saw nothing."""
    for wanted in sorted(heads, key=lambda head: head[0] != network):
        try:
            return Head.from_bytes(wanted[1])
        except PredictionError:
            # A scheme of very many points does not fit the beginning.
            whole = project.prediction(frame_id, wanted[0])
            if whole is not None:
                return whole
    return None
