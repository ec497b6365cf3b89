"""Who is who where many frames of a clip are accepted at once: numbers go on from frame to frame, in the order of time.

Photographs that do not follow each other in time have numbers of their own each, as ever. Where a shot ends is not
known here; who stands after a cut where somebody else stood before it is taken for the same.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from annotator.instance_numbers import numbers_in_clip
from annotator.instances import present
from annotator.labels import FrameLabels, Instance
from annotator.timeline import Track, is_clip
from annotator.timeline_things import ThingLanes, read_lanes

if TYPE_CHECKING:
    from annotator.instance_points import Numbers
    from annotator.project import Project
    from model.people import InstancePrediction

__all__ = ["NumbersAlong"]

_FEW = 5
"""Frames up to which somebody is taken for the one who is labelled about there."""


@dataclass
class _Clip:
    """A clip while frames of it are accepted: all its numbers, and who is in the last frames accepted, by place."""

    track: Track
    places: dict[int, int]
    lanes: ThingLanes
    numbers: set[int]
    last: dict[int, tuple[Instance, ...]] = field(default_factory=dict)


class NumbersAlong:
    """Numbers for the things of frames that are accepted one after the other, see `ordered`."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._clips: dict[int, _Clip | None] = {}
        self._media: dict[int, int] = {}

    def ordered(self, ids: Sequence[int]) -> list[int]:
        """The frames medium by medium, in the order of time: in which they have to be asked for."""
        rows = [self._project.row(frame_id) for frame_id in ids]
        self._media = {row.id: row.media_id for row in rows}
        return [row.id for row in sorted(rows, key=lambda row: (row.media_id, row.index_in_media))]

    def of(self, frame_id: int, size: tuple[int, int]) -> Numbers | None:
        """Who those are that are only seen in a frame of ``size`` (w, h); None where nothing follows in time."""
        clip = self._clip(self._media[frame_id])
        if clip is None:
            return None
        near, scheme = self._near(clip, clip.places[frame_id]), self._project.scheme

        def numbers(seen: Sequence[InstancePrediction], taken: Collection[int]) -> list[int]:
            return numbers_in_clip(seen, taken, scheme, size=size, elsewhere=clip.numbers, near=near)

        return numbers

    def took(self, frame_id: int, labels: FrameLabels) -> None:
        """A frame was accepted with these labels: the next ones go by it."""
        clip = self._clip(self._media[frame_id])
        if clip is None:
            return
        place, here = clip.places[frame_id], tuple(present(labels))
        clip.numbers |= {one.id for one in here}
        clip.last = {at: said for at, said in clip.last.items() if at >= place - _FEW} | {place: here}

    def _clip(self, media_id: int) -> _Clip | None:
        if media_id not in self._clips:
            self._clips[media_id] = self._read(media_id)
        return self._clips[media_id]

    def _read(self, media_id: int) -> _Clip | None:
        if not is_clip(self._project, media_id):
            return None
        track = Track.of(self._project, media_id)
        places = {int(frame_id): place for place, frame_id in enumerate(track.ids)}
        lanes = read_lanes(self._project, media_id, places) or ThingLanes()
        return _Clip(track, places, lanes, set(lanes.numbers))

    def _near(self, clip: _Clip, here: int) -> list[tuple[Instance, ...]]:
        """Who is in the closest frame before and the closest after in which anybody is, the closer one first."""
        found: list[tuple[int, tuple[Instance, ...]]] = []
        for by in (-1, 1):
            for far in range(1, _FEW + 1):
                said = self._said(clip, here + by * far)
                if said:
                    found.append((far, said))
                    break
        return [said for _, said in sorted(found, key=lambda one: one[0])]

    def _said(self, clip: _Clip, place: int) -> tuple[Instance, ...]:
        if place in clip.last:
            return clip.last[place]
        if not 0 <= place < len(clip.track) or not any(lane.at(place) for lane in clip.lanes.lanes.values()):
            return ()
        return tuple(present(self._project.record(int(clip.track.ids[place])).labels))
