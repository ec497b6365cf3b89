"""The labels of all accepted frames of a project carried to the frames between them, as one set of changes.

From every accepted frame of a clip labels go both ways, to halfway to the next accepted frame, to the end of the clip
or ``farthest`` frames, and stop earlier where the run is not sure. What a leg leaves over because it ended early is
left to the leg that comes from the other side. Nothing is written here: the records before and after are returned, and
`keep` stores them all or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from annotator.frames import FrameSource, MediaError
from annotator.labels import FrameRecord, FrameState
from annotator.motion import Carry, End, Stop, carry
from annotator.motion_labels import filled, without_carried
from annotator.motion_points import carry_points
from annotator.timeline import STATES, Track, is_clip
from annotator.tripod_store import standing_of

if TYPE_CHECKING:
    from annotator.project import Project

__all__ = ["FARTHEST", "Batch", "Begun", "Leg", "Reached", "keep", "legs_of", "propagate"]

FARTHEST = 250  # frames from a key frame: ten seconds
TEXT = "Carry labels of accepted frames"

Progress = Callable[[int, int], None]


class Begun(Enum):
    """What becomes of a frame that a person began to label: only what is missing is filled in, or it stays as it is."""

    FILL = "fill"
    SKIP = "skip"


@dataclass(frozen=True)
class Leg:
    """One way from a key frame of a clip: its number and name, and the number of the last frame to be reached."""

    media_id: int
    start: int
    until: int
    name: str

    @property
    def way(self) -> int:
        """1 forwards, -1 backwards."""
        return 1 if self.until > self.start else -1


@dataclass(frozen=True)
class Reached:
    """What came of a leg: how many frames got labels, the largest standard deviation in pixels, and how it ended."""

    leg: Leg
    count: int
    sd: float
    end: End


@dataclass(frozen=True)
class Batch:
    """Records by frame id, before and after, only of frames that change; what came of every leg; frames left as is."""

    before: Mapping[int, FrameRecord] = field(default_factory=dict)
    after: Mapping[int, FrameRecord] = field(default_factory=dict)
    reached: tuple[Reached, ...] = ()
    left: int = 0


def legs_of(project: Project, *, farthest: int = FARTHEST, media_ids: Sequence[int] | None = None) -> list[Leg]:
    """The legs of all clips of a project, or of some: forwards before backwards between two key frames.

    Raises
    ------
    ValueError
        If ``farthest`` is less than one frame.
    """
    if farthest < 1:
        raise ValueError(f"labels are carried at least one frame far, not {farthest}")
    found: list[Leg] = []
    for medium in project.media():
        if (media_ids is None or medium.id in media_ids) and is_clip(project, medium.id):
            found += _legs_of_clip(project, Track.of(project, medium.id), farthest)
    return found


def _legs_of_clip(project: Project, track: Track, farthest: int) -> Iterator[Leg]:
    accepted = STATES.index(FrameState.ACCEPTED)
    keys = [int(key) for key in np.flatnonzero((track.states == accepted) & (track.said > 0))]
    if not keys:
        return
    names = {key: project.row(int(track.ids[key])).name for key in keys}

    def leg(start: int, until: int) -> Iterator[Leg]:
        if start != until:
            yield Leg(track.media_id, start, until, names[start])

    yield from leg(keys[0], max(0, keys[0] - farthest))
    for one, two in pairwise(keys):
        middle = (one + two) // 2
        if two - one > 1:
            yield from leg(one, min(middle, one + farthest))
            yield from leg(two, max(middle + 1, two - farthest))
    yield from leg(keys[-1], min(len(track) - 1, keys[-1] + farthest))


def propagate(
    project: Project,
    *,
    farthest: int = FARTHEST,
    begun: Begun = Begun.FILL,
    media_ids: Sequence[int] | None = None,
    progress: Progress = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Batch:
    """What the frames about the accepted ones should hold; up to where it was stopped.

    Accepted and rejected frames stay as they are, and so does every word of a person.

    Raises
    ------
    ProjectError
        If the project cannot be read.
    ValueError
        If ``farthest`` is less than one frame.
    """
    legs = legs_of(project, farthest=farthest, media_ids=media_ids)
    total, done = sum(abs(leg.until - leg.start) for leg in legs), 0
    work = _Work(project, begun)
    reached: list[Reached] = []
    try:
        for leg in legs:
            if should_stop():
                break
            wanted = _with_rest(leg, reached, farthest)

            def told(passed: int, before: int = done) -> None:
                progress(min(total, before + passed), total)

            reached.append(work.along(wanted, should_stop, told))
            done += abs(leg.until - leg.start)
            progress(done, total)
    finally:
        work.source.close()
    changed = [number for number, record in work.after.items() if record != work.before[number]]
    before = {number: work.before[number] for number in changed}
    return Batch(before, {number: work.after[number] for number in changed}, tuple(reached), work.left)


def _with_rest(leg: Leg, reached: Sequence[Reached], farthest: int) -> Leg:
    """The leg, longer by what the one that came to meet it left over."""
    if not reached:
        return leg
    last = reached[-1]
    meets = last.leg.media_id == leg.media_id and last.leg.way > 0 > leg.way and last.leg.until + 1 == leg.until
    if not meets or last.end.reason is Stop.END:
        return leg
    return replace(leg, until=max(last.end.frame, leg.start - farthest))


class _Work:
    """Records gathered leg by leg."""

    def __init__(self, project: Project, begun: Begun) -> None:
        self.project, self.begun = project, begun
        self.source = FrameSource(max_frames=2, max_videos=1)
        self.before: dict[int, FrameRecord] = {}
        self.after: dict[int, FrameRecord] = {}
        self.left = 0
        self._tracks: dict[int, Track] = {}
        self._is_pitch = project.scheme.has_football

    def along(self, leg: Leg, should_stop: Callable[[], bool], told: Callable[[int], None]) -> Reached:
        """Carry along one leg."""
        if leg.media_id not in self._tracks:
            self._tracks[leg.media_id] = Track.of(self.project, leg.media_id)
        ids = self._tracks[leg.media_id].ids
        rows = {number: self.project.row(int(ids[number])) for number in range(*_span(leg))}
        count, sd = 0, 0.0
        try:
            height, width = self.source.read(rows[leg.start]).shape[:2]
            labels = self.project.record(int(ids[leg.start])).labels
            standing = standing_of(self.project, int(ids[leg.start]))
            follow = partial(carry, standing=standing) if self._is_pitch else carry_points
            for step in follow(
                labels, size=(width, height), frames=lambda number: self.source.read(rows[number]), start=leg.start,
                until=leg.until, source=leg.name, should_stop=should_stop,
            ):  # fmt: skip
                if isinstance(step, End):
                    return Reached(leg, count, sd, step)
                count, sd = count + self._put(int(ids[step.frame]), step), max(sd, step.quality.sd)
                told(abs(step.frame - leg.start))
        except MediaError:
            return Reached(leg, count, sd, End(Stop.UNREADABLE, leg.start))
        except ValueError:
            # Nothing of what was said has a place, or a frame of a sequence is of another size.
            return Reached(leg, count, sd, End(Stop.NO_PAINT, leg.start + leg.way * (count + 1)))
        raise AssertionError("a run ends with its end")

    def _put(self, frame_id: int, step: Carry) -> bool:
        """Take over what was carried to a frame; False where it stays as it is."""
        now = self.after.get(frame_id) or self.project.record(frame_id)
        own = not without_carried(now.labels).is_empty
        record = None if own and self.begun is Begun.SKIP else filled(now, step.labels)
        if record is None:
            self.left += 1
            return False
        self.before.setdefault(frame_id, now)
        self.after[frame_id] = record
        return True


def _span(leg: Leg) -> tuple[int, int]:
    return min(leg.start, leg.until), max(leg.start, leg.until) + 1


def keep(project: Project, batch: Batch, *, author: str = "") -> None:
    """Store what was carried, all of it or nothing.

    Raises
    ------
    ChangedElsewhereError
        If one of the frames is no longer what it was; nothing is written then.
    """
    if batch.after:
        project.save_records(batch.after, text=TEXT, author=author, expected=batch.before)
