"""Goes through the frames of a project and finds out what is odd about each, as far as that is not known yet."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from annotator.dismissals import Mark, left
from annotator.frames import FrameSource, MediaError
from annotator.labels import EMPTY, Instance, Point
from annotator.project import FrameRow, Project, ProjectError
from annotator.review.entries import Entry, Inspection, entry_document, entry_from, points_of
from annotator.review.mirrored import as_thing, kept, kept_things, points
from annotator.review.signs import FrameSigns
from annotator.review.thing_signs import Things
from annotator.timeline import is_clip

if TYPE_CHECKING:
    from annotator.review.worker import Inspector
    from model.heatmaps import Prediction
    from model.people import InstancePrediction, PeoplePrediction

__all__ = ["THRESHOLD", "Known", "Survey", "known_entries"]

THRESHOLD = "review/threshold"
"""The setting of a project that holds the confidence which counts as seen."""

_VERSION = 4
_VERSION_OF_THINGS = 4
_STORE_SECONDS = 2.0


@dataclass(frozen=True)
class Known:
    """An entry and the version of the frame it was found for."""

    version: str
    entry: Entry


def known_entries(project: Project) -> dict[int, Known]:
    """What the project keeps of earlier surveys."""
    found = {}
    for frame_id, (version, document) in project.stored_signs().items():
        entry = entry_from(frame_id, document)
        if entry is not None:
            found[frame_id] = Known(version, entry)
    return found


class Survey:
    """One way through all frames of a project; what is found is kept in the project on the way."""

    def __init__(self, project: Project, inspector: Inspector, *, threshold: float) -> None:
        self._project = project
        self._inspector = inspector
        self._threshold = threshold
        self._source = FrameSource(max_frames=1)
        self._scheme = project.scheme
        # Folders of numbered images are clips of things, which a tracker follows; the pitch has cameras to go by.
        self._clips = frozenset(
            medium.id
            for medium in project.media()
            if medium.kind.value == "video" or (not self._scheme.has_football and is_clip(project, medium.id))
        )

    def run(
        self,
        known: Mapping[int, Known],
        *,
        found: Callable[[Mapping[int, Known]], None],
        progress: Callable[[int, int], None],
        should_stop: Callable[[], bool],
    ) -> None:
        """Inspect every frame that is not as it was; ``found`` is told now and then, and ``progress`` often."""
        ids, versions = self._versions()
        stale = [i for i in ids if i not in known or known[i].version != versions[i]]
        fresh: dict[int, Known] = {}
        last = time.monotonic()
        try:
            for done, (frame_id, entry) in enumerate(self._inspected(stale, ids)):
                fresh[frame_id] = Known(versions[frame_id], entry)
                progress(done + 1, len(stale))
                if time.monotonic() - last > _STORE_SECONDS:
                    self._keep(fresh, found)
                    fresh, last = {}, time.monotonic()
                if should_stop():
                    break
        finally:
            self._source.close()
            self._keep(fresh, found)

    def _keep(self, fresh: Mapping[int, Known], found: Callable[[Mapping[int, Known]], None]) -> None:
        if fresh:
            self._project.store_signs((i, one.version, entry_document(one.entry)) for i, one in fresh.items())
            found(fresh)

    def _versions(self) -> tuple[list[int], dict[int, str]]:
        """The frames in order, and what their signs follow from; in a video the neighbours are a part of that."""
        plain = self._project.sign_versions()
        ids = list(plain)
        head = f"{_VERSION}:{self._threshold:.4f}"
        if not self._scheme.has_football:
            points = zlib.crc32(",".join((*self._scheme.keypoints, *map(str, self._scheme.edges))).encode())
            head = f"{head}:{points:08x}:{_VERSION_OF_THINGS}"
        if not self._clips:
            return ids, {i: f"{head}:{plain[i]}" for i in ids}
        versions = {}
        for place, i in enumerate(ids):
            around = [plain.get(ids[other], "") for other in (place - 1, place + 1) if 0 <= other < len(ids)]
            versions[i] = ":".join((head, plain[i], *around))
        return ids, versions

    def _inspected(self, stale: Sequence[int], ids: Sequence[int]) -> Iterator[tuple[int, Entry]]:
        place = {frame_id: number for number, frame_id in enumerate(ids)}
        for frame_id in stale:
            around = [ids[other] for other in (place[frame_id] - 1, place[frame_id] + 1) if 0 <= other < len(ids)]
            yield frame_id, self._one(frame_id, around)

    def _one(self, frame_id: int, around: Sequence[int]) -> Entry:
        row = self._project.row(frame_id)
        group = zlib.crc32(f"{row.media_id}/{row.name.rpartition('/')[0]}".encode())
        instance, prediction = self._state(frame_id)
        things = None if self._scheme.has_football else self._things(frame_id, prediction)
        nothing = instance.is_empty if things is None else not (things.is_said or things.seen)
        if nothing and prediction is None:
            return Entry(FrameSigns(frame_id, group=group))
        try:
            size = self._source.size(row) if prediction is None else prediction.image_size
        except MediaError:
            return Entry(FrameSigns(frame_id, group=group))
        before, after = self._beside(row, around) if row.is_video and things is None else ({}, {})
        clips = row.is_video and things is None and not instance.is_empty
        return self._inspector.inspect(
            Inspection(
                frame_id,
                instance,
                prediction,
                size,
                self._threshold,
                group,
                self._other(frame_id, prediction) if things is None else None,
                before,
                after,
                self._mirrored(frame_id, prediction) if things is None else None,
                self._said_beside(row, around) if clips else {},
                things,
                None if things is None else self._things_beside(row, around),
            )
        )

    def _things(self, frame_id: int, prediction: Prediction | None) -> Things:
        """What was said and seen of the things in a frame."""
        try:
            labels = self._project.record(frame_id).labels
        except ProjectError:
            labels = EMPTY
        seen: Prediction | PeoplePrediction | None = prediction or self._project.people(frame_id)
        other = None
        if seen is not None:
            for network in self._project.networks():
                if network != seen.network and other is None:
                    other = self._project.prediction(frame_id, network) or self._project.people(frame_id, network)
        gone = self._project.dismissed(frame_id)
        return Things(
            self._scheme, labels, self._known(seen, gone), self._known(other, gone),
            self._things_mirrored(frame_id, seen),
        )  # fmt: skip

    def _things_mirrored(
        self, frame_id: int, seen: Prediction | PeoplePrediction | None
    ) -> tuple[InstancePrediction, ...] | None:
        """What the network saw of the mirrored frame, thing by thing, where it looked."""
        if seen is None:
            return None
        alone = kept(self._project, frame_id, seen.network)
        return kept_things(self._project, frame_id, seen.network) if alone is None else (as_thing(alone),)

    def _things_beside(self, row: FrameRow, around: Sequence[int]) -> tuple[Things, Things] | None:
        """The things in the frames before and after of a clip; None where one of the two is not there."""
        found: dict[int, Things] = {}
        for other in around if row.media_id in self._clips else ():
            neighbour = self._project.row(other)
            by = neighbour.index_in_media - row.index_in_media
            if neighbour.media_id == row.media_id and by in (-1, 1):
                found[by] = self._things(other, self._project.prediction(other))
        return (found[-1], found[1]) if len(found) == 2 else None

    def _known(
        self, seen: Prediction | PeoplePrediction | None, dismissed: Mapping[str, Sequence[Mark]]
    ) -> tuple[InstancePrediction, ...]:
        """What a network saw and nobody dismissed, unless it is one of another scheme."""
        return tuple(one for one in left(seen, dismissed) if not self._scheme.index.keys().isdisjoint(one.names))

    def _mirrored(self, frame_id: int, prediction: Prediction | None) -> dict[str, Point] | None:
        """What the network of the prediction saw of the mirrored frame, where it looked."""
        seen = None if prediction is None else kept(self._project, frame_id, prediction.network)
        return None if seen is None else points(seen, self._threshold)

    def _state(self, frame_id: int) -> tuple[Instance, Prediction | None]:
        try:
            instance = self._project.record(frame_id).labels.pitch
        except ProjectError:
            # A damaged record: the window says so when the frame is opened.
            instance = Instance()
        return instance, self._project.prediction(frame_id)

    def _other(self, frame_id: int, prediction: Prediction | None) -> Prediction | None:
        """What another network saw in the frame."""
        if prediction is None:
            return None
        for network in self._project.networks():
            if network != prediction.network:
                other = self._project.prediction(frame_id, network)
                if other is not None:
                    return other
        return None

    def _said_beside(self, row: FrameRow, around: Sequence[int]) -> dict[int, Instance]:
        """The labels of the frames before and after in the video, where there are any."""
        found = {}
        for other in around:
            neighbour = self._project.row(other)
            by, (said, _) = neighbour.index_in_media - row.index_in_media, self._state(other)
            if neighbour.media_id == row.media_id and not said.is_empty:
                found[by] = said
        return found

    def _beside(self, row: FrameRow, around: Sequence[int]) -> tuple[dict[str, Point], dict[str, Point]]:
        """The points of the frames before and after in the video."""
        sides: dict[int, dict[str, Point]] = {-1: {}, 1: {}}
        for other in around:
            neighbour = self._project.row(other)
            by = neighbour.index_in_media - row.index_in_media
            if neighbour.media_id == row.media_id and by in sides:
                sides[by] = points_of(*self._state(other), self._threshold)
        return sides[-1], sides[1]
