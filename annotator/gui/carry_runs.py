"""Runs that carry labels through a clip, as plain work for a thread: what frames should hold, and why a run ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from annotator.frames import FrameSource, MediaError
from annotator.labels import Decision, FrameRecord
from annotator.timeline import KEY, Track
from annotator.tripod_store import standing_of

if TYPE_CHECKING:
    from annotator.filling import Watch
    from annotator.gui.background import Progress, ShouldStop
    from annotator.gui.loading import Image
    from annotator.motion import End
    from annotator.project import Project

_CLOSED = (Decision.ACCEPTED, Decision.REJECTED)
Seen = Callable[[int, "Image", FrameRecord], None]
"""Told of every frame that labels were carried to: its number in the clip, its picture, and what it should hold."""


Keep = Callable[[Mapping[int, FrameRecord], Mapping[int, FrameRecord]], None]
"""Told of what frames should hold and held before, now and then while a run goes on."""
KEEP_SECONDS = 10.0


@dataclass(frozen=True)
class Leg:
    """One way from a key frame: numbers of the key frame and of the last frame to be reached."""

    start: int
    until: int

    @property
    def length(self) -> int:
        """How many frames it reaches at the most."""
        return abs(self.until - self.start)


@dataclass(frozen=True)
class Run:
    """What came of legs: records by frame id, those that the frames hold now, and how each leg ended."""

    after: Mapping[int, FrameRecord] = field(default_factory=dict)
    before: Mapping[int, FrameRecord] = field(default_factory=dict)
    ends: tuple[tuple[Leg, End], ...] = ()


class Clip:
    """The frames of a clip for work in a thread: their pictures and what is said of them."""

    def __init__(self, project: Project, track: Track, source: FrameSource) -> None:
        self.project, self.track, self._source = project, track, source

    def picture(self, number: int) -> Image:
        """(H, W, 3) RGB of a frame; MediaError if it cannot be read."""
        return self._source.read(self.project.row(self.id_of(number)))

    def id_of(self, number: int) -> int:
        """The frame of this number."""
        return int(self.track.ids[number])

    def record(self, number: int) -> FrameRecord:
        """What is said of a frame; ProjectError where that cannot be read."""
        return self.project.record(self.id_of(number))

    def is_taken(self, number: int) -> bool:
        """Whether a person spoke of a frame or closed it: a run ends before it."""
        if self.track.said[number] == KEY:
            return True
        return self.record(number).review.decision in _CLOSED

    def size(self, number: int) -> tuple[int, int]:
        """Width and height of a frame in pixels; MediaError if it cannot be read."""
        height, width = self.picture(number).shape[:2]
        return width, height


def carried(
    clip: Clip, legs: Sequence[Leg], *, seen: Seen, keep: Keep, progress: Progress, should_stop: ShouldStop
) -> Run:
    """Labels carried along legs, one after the other, each until it ends or is unsure.

    What is done is handed to ``keep`` every `KEEP_SECONDS`: a long run that is killed is not lost.
    """
    from annotator.motion import Carry, carry
    from annotator.motion_labels import filled

    after: dict[int, FrameRecord] = {}
    before: dict[int, FrameRecord] = {}
    ends: list[tuple[Leg, End]] = []
    fresh: set[int] = set()
    kept_at = time.monotonic()
    total, passed = sum(leg.length for leg in legs), 0
    for leg in legs:
        labels, row = clip.record(leg.start).labels, clip.project.row(clip.id_of(leg.start))
        link = labels.pitch.link
        source = row.name if link is None or not link.frames else link.frames[0]
        last: dict[int, Image] = {}

        def frames(number: int, last: dict[int, Image] = last) -> Image:
            last.clear()
            last[number] = clip.picture(number)
            return last[number]

        for step in carry(
            labels, size=clip.size(leg.start), frames=frames, start=leg.start, until=leg.until, source=source,
            standing=standing_of(clip.project, clip.id_of(leg.start)), is_taken=clip.is_taken, should_stop=should_stop,
        ):  # fmt: skip
            if not isinstance(step, Carry):
                ends.append((leg, step))
                break
            frame_id, now = clip.id_of(step.frame), clip.record(step.frame)
            record = filled(now, step.labels)
            if record is None:
                continue
            before.setdefault(frame_id, now)
            after[frame_id] = record
            fresh.add(frame_id)
            if step.frame in last:
                seen(step.frame, last[step.frame], record)
            if time.monotonic() - kept_at > KEEP_SECONDS:
                keep({i: after[i] for i in fresh}, {i: before[i] for i in fresh})
                fresh, kept_at = set(), time.monotonic()
            progress(passed + abs(step.frame - leg.start), total)
        passed += leg.length
        progress(passed, total)
        if should_stop():
            break
    changed = {frame_id for frame_id, record in after.items() if record != before[frame_id]}
    return Run({i: after[i] for i in changed}, {i: before[i] for i in changed}, tuple(ends))


def legs_of_all(track: Track, keys: Sequence[int], farthest: int) -> list[Leg]:
    """Both ways from every key frame, to halfway to the next one, the cut, or ``farthest`` frames, whichever is near.

    Every frame is reached from the key frame nearest to it.
    """
    legs = []
    for place, key in enumerate(keys):
        first, after = track.shot_around(key)
        left = keys[place - 1] if place else None
        right = keys[place + 1] if place + 1 < len(keys) else None
        low = first if left is None or left < first else (left + key) // 2 + 1
        high = after - 1 if right is None or right >= after else (key + right) // 2
        high = min(high, key + farthest)
        low = max(low, key - farthest)
        if right is not None and right < after:
            high = min(high, right - 1)
        legs += [Leg(key, end) for end in (high, low) if end != key]
    return legs


def watch_between(
    clip: Clip, keys: Sequence[int], known: Watch | None, *, progress: Progress, should_stop: ShouldStop
) -> Watch | None:
    """The cameras between key frames as the picture moves, what is ``known`` taken over; None when it was stopped.

    What was seen from a key frame holds as long as its labels are the same.
    """
    import itertools

    from annotator.filling import Watch, watched

    labels = {key: clip.record(key).labels for key in keys}
    seen = Watch({}) if known is None else known
    pairs = [(a, b) for a, b in itertools.pairwise(sorted(labels)) if b - a > 1]
    missing = [pair for pair in pairs if not seen.holds(pair, labels)]
    length, passed = sum(b - a for a, b in missing), 0
    for a, b in missing:

        def told(done: int, total: int, passed: int = passed, span: int = b - a) -> None:
            progress(passed + done * span // max(total, 1), length)

        passed += b - a
        try:
            ends = {a: labels[a], b: labels[b]}
            standing = standing_of(clip.project, clip.id_of(a))
            found = watched(
                clip.picture, ends, size=clip.size(a), standing=standing, progress=told, should_stop=should_stop
            )
        except MediaError:
            # Where a frame cannot be read the camera goes the short way.
            continue
        if found is None:
            return None
        seen = seen.with_more(found)
    return seen
