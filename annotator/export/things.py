"""The frames of an export of any scheme but the pitch: each with all its things, and no geometry to ask."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotator.dismissals import seen_left
from annotator.export.answers import Answer, StoppedError
from annotator.export.frames import Frame, Work, labels_of
from annotator.export.options import Box, ExportKind
from annotator.formats.coco_edits import NUMBER, OURS, TRACKED
from annotator.formats.exchange import ExchangeFrame, ExchangeInstance
from annotator.formats.export_folder import ExportError
from annotator.frames import MediaError, image_size
from annotator.instance_points import ResolvedInstance, resolve_instances
from annotator.instances import is_crowd
from annotator.keypoints import Keypoint, Source
from annotator.labels import EMPTY, FrameLabels, FrameState, Visibility
from annotator.project import FrameRow, ProjectError
from annotator.scheme import Scheme
from annotator.schemes import MPII_16
from annotator.timeline import Track, is_clip
from model.people import InstancePrediction

__all__ = ["PITCH_ALONE", "ThingsFrame", "ThingsWork", "kinds_for", "points_of", "refuse_kind"]

PITCH_ALONE = frozenset({ExportKind.SOCCERNET, ExportKind.CAMERAS, ExportKind.KEYPOINTS57})
_AT_ONCE = 500
_NOTHING = Answer({})
_KEEPS_CROWDS = frozenset({ExportKind.COCO})


def kinds_for(scheme: Scheme) -> tuple[ExportKind, ...]:
    """The formats that can hold the things of a scheme."""
    return tuple(kind for kind in ExportKind if not _why_not(scheme, kind))


def refuse_kind(path: Path, scheme: Scheme, kind: ExportKind) -> None:
    """Refuse a format that cannot hold the things of a scheme; ExportError says why and what to do."""
    reason = _why_not(scheme, kind)
    if reason:
        several = kind is ExportKind.LIGHTNING_POSE
        advice = "Choose DeepLabCut, whose tables tell several apart." if several else "Choose another format."
        raise ExportError(path, reason, advice)


def _why_not(scheme: Scheme, kind: ExportKind) -> str:
    if kind in PITCH_ALONE and not scheme.has_football:
        return f"the project labels {scheme.id}, and {kind.value} holds the pitch alone"
    if kind is ExportKind.MPII and scheme.keypoints != MPII_16.keypoints:
        return f"the project labels {scheme.id}, and MPII's list holds its own 16 joints alone"
    if kind is ExportKind.LIGHTNING_POSE and scheme.is_many:
        return f"a frame of {scheme.id} may show several, and a Lightning Pose table holds one thing a frame"
    return ""


@dataclass(frozen=True)
class ThingsFrame(Frame):
    """One frame that goes out, with all its things."""

    labels: FrameLabels = EMPTY
    things: tuple[ResolvedInstance, ...] = ()
    followed: frozenset[int] = frozenset()
    """Numbers that a tracker gave in the frame's clip."""

    def points(self) -> dict[str, Keypoint]:
        """Every point that goes out, by the thing's number and its name."""
        return {f"{one.id} {name}": point for one in self.things for name, point in points_of(one).items()}

    def beside(self) -> list[str]:
        """The points that lie outside the picture."""
        return [name for name, point in self.points().items() if not point.inside]

    def exchange(self, name: str, scheme: Scheme, box: Box, kind: ExportKind) -> ExchangeFrame:
        """The frame as writers take it, under a name."""
        width, height = self.size
        whole = (-0.5, -0.5, width - 0.5, height - 0.5) if box is Box.FRAME else None
        instances = []
        for one in self.things:
            places = {n: (*p.position, p.visibility) for n, p in points_of(one).items() if p.position is not None}
            said = one.box if one.box_source in (Source.PLACED, Source.PREDICTED) else None
            instances.append(
                ExchangeInstance(
                    places, {}, whole or said, one.id if scheme.is_many else None, one.attributes,
                    self._foreign(one, kind),
                )
            )  # fmt: skip
        kept = tuple(one for one in instances if not one.is_empty)
        foreign = self.labels.foreign if kind.value in self.labels.foreign else {}
        return ExchangeFrame(name, self.size, kept, self.labels.attributes, foreign)


    def _foreign(self, one: ResolvedInstance, kind: ExportKind) -> Mapping[str, Any]:
        """What a file said of it, and whether its number is one that a tracker gave, here or elsewhere in the clip."""
        kept = one.instance.foreign
        if kind.value not in kept:
            return {}
        return {**kept, OURS: {NUMBER: TRACKED}} if one.id in self.followed and OURS not in kept else kept


def points_of(one: ResolvedInstance) -> dict[str, Keypoint]:
    """What goes out of a thing: placed points wherever they are, predicted ones in the picture."""
    return {
        name: point
        for name, point in one.keypoints.items()
        if point.position is not None
        and point.visibility is not Visibility.ABSENT
        and (point.inside or point.source is Source.PLACED)
    }


@dataclass
class ThingsWork(Work):
    """One export of a project of any scheme but the pitch."""

    _followed: dict[int, frozenset[int]] | None = field(default=None, init=False)

    def frames(self) -> Iterator[Frame]:
        """Every frame that can be read, in media order; the others are left out with their reason."""
        yield from self.things_frames()

    def things_frames(self) -> Iterator[ThingsFrame]:
        """As `frames`."""
        labels, scheme = labels_of(self.project, self.rows), self.project.scheme
        for done, row in enumerate(self.rows, start=1):
            if self.should_stop():
                raise StoppedError
            try:
                said = self.project.record(row.id).labels
                size = self.pixels.size(row) if row.is_video else image_size(row.path)
            except (MediaError, ProjectError) as error:
                self.leave_out(row.name, error.reason)
                continue
            things = self._things(row, said, scheme, size)
            if row.state is FrameState.PREDICTED and not things:
                self.counts["frames without a confident point"] += 1
            else:
                group, split = self.plan.groups[row.id], self.plan.splits[row.id]
                yield ThingsFrame(
                    row, labels[row.id], group, split, size, said.pitch, _NOTHING, labels=said, things=things,
                    followed=self._followed_beside(row),
                )  # fmt: skip
            self.progress(done, len(self.rows))

    def _things(
        self, row: FrameRow, said: FrameLabels, scheme: Scheme, size: tuple[int, int]
    ) -> tuple[ResolvedInstance, ...]:
        """The things that go out: those that persons labelled, and where it is asked for what the network saw."""
        least = self.options.threshold
        seen = self._seen_of(row) if self.options.takes_predictions else ()
        found = resolve_instances(said, seen, scheme, size=size, threshold=least, least_score=least)
        kept = [one for one in found if one.labelled or points_of(one)]
        if self.options.kind not in _KEEPS_CROWDS:
            crowds = sum(is_crowd(one.instance) for one in kept)
            if crowds:
                self.counts["crowds left out"] += crowds
                kept = [one for one in kept if not is_crowd(one.instance)]
        self.counts["points of the network"] += sum(
            point.source is Source.PREDICTED for one in kept for point in points_of(one).values()
        )
        return tuple(kept)

    def _followed_beside(self, row: FrameRow) -> frozenset[int]:
        """The numbers that a tracker gave in the clip of a frame, also in frames that do not go out."""
        if self._followed is None:
            of = {row.media_id for row in self.rows} if self.options.kind is ExportKind.COCO else set()
            found: dict[int, set[int]] = defaultdict(set)
            for media_id in of:
                ids = Track.of(self.project, media_id).ids.tolist() if is_clip(self.project, media_id) else []
                for start in range(0, len(ids), _AT_ONCE):
                    for document in self.project.documents(ids[start : start + _AT_ONCE]).values():
                        found[media_id] |= _followed_in(document)
            self._followed = {media_id: frozenset(numbers) for media_id, numbers in found.items()}
        return self._followed.get(row.media_id, frozenset())

    def _seen_of(self, row: FrameRow) -> tuple[InstancePrediction, ...]:
        network = self.options.network
        found = self.project.people(row.id, network) or self.project.prediction(row.id, network)
        if found is not None:
            self.networks.add(found.network)
        return seen_left(self.project, row.id, found)



def _followed_in(document: str | None) -> set[int]:
    """The numbers that a stored record has from a tracker, without making it whole."""
    if document is None or not (f'"{TRACKED}"' in document or '"link"' in document):
        return set()
    instances = json.loads(document).get("instances", ())
    return {
        int(one["id"])
        for one in instances
        if "link" in one or (one.get("foreign", {}).get(OURS) or {}).get(NUMBER) == TRACKED
    }
