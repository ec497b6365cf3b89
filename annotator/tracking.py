"""People, or other things, followed through a clip: who in one frame is who in the next.

The flow-based tracker of Xiao, Wu, Wei, *Simple baselines for human pose estimation and tracking*, ECCV 2018 (section
3, algorithm 1). In every frame the boxes that a detector found and those to which the flow moved the poses before are
thinned out together, each is looked at by a pose network where there is one, and what is weak is dropped. A pose is as
like a track as the best OKS between it and the track's poses of up to ``Settings.queue`` frames before, moved here by
the flow; the most alike pair is matched first, and what is left begins a track. A track that nobody saw for a while can
therefore go on with its number.

Without a network the same holds for poses that are there already, a detector's or a person's: a pose moved by the flow
is then a copy, taken for a fact only until it was moved for too long.

What a person said is never changed. Things that persons labelled are matched first, and a number that a person gave
holds: the track takes it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from annotator.instances import Box
from annotator.tracking_flow import Flow, stream
from annotator.tracking_memory import Memory, Pose, alike, thinned
from annotator.tracking_names import named
from annotator.tracking_sure import Tints

if TYPE_CHECKING:
    from annotator.scheme import Scheme

__all__ = ["Copies", "Look", "Pose", "Settings", "Tracked", "View", "track"]

Rgb = NDArray[np.uint8]
Look = Callable[[Rgb, Sequence[Box]], Sequence[Pose]]
"""A pose network: the poses in boxes of a picture."""


class Copies(Enum):
    """Which poses moved by the flow are facts: those of a track that is seen again later, or every one."""

    BRIDGES = "bridges"
    ALL = "all"


@dataclass(frozen=True)
class Settings:
    """What the tracker goes by; the first five as published, but for the memory: 10 frames lose who was hidden longer.

    Parameters
    ----------
    queue
        Frames for which a pose is remembered, the last ten of each: a gap may be one frame shorter.
    growth
        How much wider a box is than a moved pose.
    least_box, least_point
        Score of a thing and confidence of a point below which they are dropped.
    together
        Overlap of two boxes (IoU), or OKS of two poses looked at, from which on they are of one thing.
    least_alike
        OKS from which on a pose may go on with a track.
    shortest
        Frames in which a track is seen at the least; one with a person's word may be shorter.
    copies
        Which moved poses are facts.
    longest
        Frames for which somebody whom a person labelled is carried on where nothing is seen of them, while most points
        are sure: such copies are facts, too.
    """

    queue: int = 20
    growth: float = 1.15
    least_box: float = 0.5
    least_point: float = 0.4
    together: float = 0.6
    least_alike: float = 0.3
    shortest: int = 3
    copies: Copies = Copies.BRIDGES
    longest: int = 50

    @property
    def reach(self) -> int:
        """Frames for which what a person labelled is carried on at the most."""
        return self.queue if self.copies is Copies.ALL else self.longest

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        if self.queue < 1 or self.shortest < 1 or self.growth < 1.0:
            raise ValueError(f"a tracker remembers, waits and grows by at least 1, not {self}")


@dataclass(frozen=True, eq=False)
class View:
    """A frame to be tracked through.

    ``rgb`` is (H, W, 3), or None where there is no picture: then nothing moved since the frame before. ``said`` are the
    things that persons labelled, ``seen`` what a network found, of which only the boxes count where there is a `Look`.
    With ``begins`` another shot begins here: nobody in it is known by likeness. ``gone`` are those that persons deleted
    here: nothing seen in their place is anybody. ``named`` are those that the last run brought here: who is one of them
    keeps that number, if no person says otherwise.
    """

    frame: int
    rgb: Rgb | None
    said: tuple[Pose, ...] = ()
    seen: tuple[Pose, ...] = ()
    begins: bool = False
    gone: tuple[Pose, ...] = ()
    named: tuple[Pose, ...] = ()


@dataclass(frozen=True, eq=False)
class Tracked:
    """A thing in a frame with the number that it has in the whole clip; ``is_copy`` where the flow moved it there."""

    id: int
    pose: Pose
    is_copy: bool = False


@dataclass(eq=False)
class _Track:
    """One under way. ``fixed`` is the number that a person gave; ``found`` its poses by frame, copies apart.

    ``carried`` are the frames with copies of what a person said, sure enough to be facts.
    """

    order: int
    fixed: int | None = None
    wanted: int | None = None
    found: dict[int, Pose] = field(default_factory=dict)
    copies: dict[int, Pose] = field(default_factory=dict)
    carried: set[int] = field(default_factory=set)
    memory: Memory = field(default_factory=Memory)
    votes: Counter[int] = field(default_factory=Counter)

    @property
    def last(self) -> int:
        """The last frame in which it was seen."""
        return max(self.found)

    @property
    def is_said(self) -> bool:
        """Whether a person spoke of it anywhere."""
        return any(pose.key is not None for pose in self.found.values())


def track(
    views: Iterable[View],
    scheme: Scheme,
    *,
    settings: Settings | None = None,
    look: Look | None = None,
    flow: Flow = stream,
    reserved: Collection[int] = (),
    should_stop: Callable[[], bool] = lambda: False,
) -> dict[int, tuple[Tracked, ...]]:
    """Who is who in the frames of a clip, by the number of the frame; frames after a stop are not there.

    Parameters
    ----------
    views
        The frames in order, one at a time: only the last picture is kept.
    scheme
        What the points are; its sigmas count in OKS.
    settings
        As published where none are given.
    look
        The pose network, where one is to look at every box.
    flow
        Where points of one picture are in the next.
    reserved
        Numbers that no track gets by itself.
    should_stop
        Asked before every frame.

    Raises
    ------
    ValueError
        If a frame does not come after the one before it, or two things in a frame have the same number by a person's
        word.
    """
    run = _Run(scheme, settings or Settings(), look, flow)
    frames: list[int] = []
    for view in views:
        if should_stop():
            break
        if frames and view.frame <= frames[-1]:
            raise ValueError(f"frame {view.frame} cannot come after frame {frames[-1]}")
        run.step(view)
        frames.append(view.frame)
    return run.answer(frames, reserved)


class _Run:
    """The tracks on the way through a clip."""

    def __init__(self, scheme: Scheme, settings: Settings, look: Look | None, flow: Flow) -> None:
        self._settings, self._look, self._flow = settings, look, flow
        self._sigmas = np.array(scheme.sigmas or (0.1,) * len(scheme))
        self._tracks: list[_Track] = []
        self._alive: list[_Track] = []
        self._last: Rgb | None = None
        self._tints: Tints | None = None
        self._steps: deque[int] = deque(maxlen=settings.queue)

    def step(self, view: View) -> None:
        """One more frame."""
        if view.begins or _differ(self._last, view.rgb):
            self._alive, self._last = [], None
        self._forget(view.frame)
        self._tints = None if view.rgb is None else Tints(view.rgb)
        self._move(view.rgb)
        self._match(view.said, view.frame)
        there = [one.found[view.frame] for one in self._alive if view.frame in one.found]
        self._match(self._candidates(view, there), view.frame)
        self._copy(view.frame, None if view.rgb is None else view.rgb.shape[:2])
        self._vote(view)
        self._steps.append(view.frame)
        if view.rgb is not None:
            self._last = view.rgb

    def _forget(self, frame: int) -> None:
        """Tracks that were not seen for too long are over, and so are poses of theirs."""
        if len(self._steps) < self._settings.queue:
            return
        oldest = self._steps[0]
        self._alive = [one for one in self._alive if one.last >= oldest or self._carries(one, frame)]
        for one in self._alive:
            one.memory.forget(before=oldest)

    def _carries(self, one: _Track, frame: int) -> bool:
        """Whether the last word about a thing was a person's, and the flow still surely says where it is."""
        pose = one.memory.newest
        is_sure = pose.unsure is None or 2 * int(pose.unsure.sum()) <= int(pose.is_placed.sum())
        return one.found[one.last].key is not None and frame - one.last <= self._settings.reach and is_sure

    def _move(self, rgb: Rgb | None) -> None:
        """Everything remembered is moved to where the flow says that it is now."""
        if rgb is None or self._last is None:
            return
        last = self._last
        memories = [one.memory for one in self._alive]
        Memory.move_all(memories, lambda places: self._flow(last, rgb, places), self._tints)

    def _candidates(self, view: View, there: Sequence[Pose]) -> list[Pose]:
        """What a network sees in a frame beside the things that are known to be there, best first."""
        rules = self._settings
        seen = [one for one in view.seen if one.score >= rules.least_box]
        if seen and view.gone:
            again = alike(view.gone, seen, self._sigmas).max(axis=0)
            seen = [one for one, like in zip(seen, again, strict=True) if like < _SAME]
        if self._look is None:
            found = [one.without_weak(rules.least_point) for one in seen]
        elif view.rgb is None:
            found = []
        else:
            moved = [one.memory.newest for one in self._alive if view.frame not in one.found]
            offers = [(one.score, box) for one in seen if (box := one.outline) is not None]
            offers += [(one.score, box) for one in moved if (box := one.grown(rules.growth)) is not None]
            boxes = thinned(offers, [box for one in there if (box := one.outline) is not None], rules.together)
            poses = self._look(view.rgb, boxes) if boxes else ()
            found = [one.without_weak(rules.least_point) for one in poses if one.score >= rules.least_box]
        return self._apart([one for one in found if one.outline is not None], there)

    def _apart(self, poses: Sequence[Pose], there: Sequence[Pose]) -> list[Pose]:
        """The poses of which no two are of one thing, nor of one that is there."""
        kept: list[Pose] = []
        for one in sorted(poses, key=lambda pose: -pose.score):
            others = [*there, *kept]
            if not others or alike(others, [one], self._sigmas).max() < self._settings.together:
                kept.append(one)
        return kept

    def _match(self, poses: Sequence[Pose], frame: int) -> None:
        """Give every pose its track, the most alike first; a number that a person gave goes before."""
        free = [one for one in self._alive if frame not in one.found]
        left = list(poses)
        given = [pose for pose in left if pose.fixed is not None]
        if len({pose.fixed for pose in given}) < len(given):
            raise ValueError(f"two things in frame {frame} have the same number by a person's word")
        for pose in given:
            owner = next((one for one in self._tracks if one.fixed == pose.fixed), None)
            if owner is not None:
                self._put(owner, pose, frame)
                left = [one for one in left if one is not pose]
                free = [one for one in free if one is not owner]
        pairs = list(self._pairs(free, left))
        for row, column in pairs:
            self._put(free[row], left[column], frame)
        matched = {column for _, column in pairs}
        for pose in (one for n, one in enumerate(left) if n not in matched):
            # Like nobody: whoever has that number by other labels, before a stranger takes it.
            known = None if pose.fixed is None else next(
                (one for one in self._tracks if one.fixed is None and one.wanted == pose.fixed
                 and frame not in one.found), None
            )  # fmt: skip
            self._put(known or _Track(len(self._tracks)), pose, frame)

    def _pairs(self, tracks: Sequence[_Track], poses: Sequence[Pose]) -> Iterator[tuple[int, int]]:
        """Places of tracks and poses that belong together."""
        if not tracks or not poses:
            return
        remembered = [(n, pose) for n, one in enumerate(tracks) for pose in one.memory.poses]
        each = alike([pose for _, pose in remembered], poses, self._sigmas)
        table = np.zeros((len(tracks), len(poses)))
        for (row, _), values in zip(remembered, each, strict=True):
            table[row] = np.maximum(table[row], values)
        for row, one in enumerate(tracks):
            for column, pose in enumerate(poses):
                if one.fixed is not None and pose.fixed is not None and one.fixed != pose.fixed:
                    table[row, column] = 0.0
        rows: set[int] = set()
        columns: set[int] = set()
        for flat in np.argsort(-table, axis=None, kind="stable"):
            row, column = divmod(int(flat), len(poses))
            if table[row, column] < self._settings.least_alike:
                return
            if row not in rows and column not in columns:
                rows.add(row)
                columns.add(column)
                yield row, column

    def _put(self, one: _Track, pose: Pose, frame: int) -> None:
        if one.order == len(self._tracks):
            self._tracks.append(one)
        if all(other is not one for other in self._alive):
            self._alive.append(one)
        one.found[frame] = pose
        one.fixed = pose.fixed if one.fixed is None else one.fixed
        one.wanted = pose.key if one.wanted is None else one.wanted
        if pose.fixed is not None:
            # Where a person had to say who it is, likeness to what was before is no guide.
            one.memory.entries.clear()
        one.memory.remember(frame, pose, self._tints)
        if pose.key is None:
            one.found[frame] = replace(pose, absent=one.memory.newest.absent)

    def _copy(self, frame: int, shape: tuple[int, ...] | None) -> None:
        """Tracks that nobody saw in a frame are where the flow moved them, unless somebody else is there."""
        there = [one.found[frame] for one in self._alive if frame in one.found]
        for one in sorted(self._alive, key=lambda each: -each.last):
            carries = self._carries(one, frame)
            if frame in one.found or (self._look is not None and not carries):
                continue
            pose = replace(one.memory.newest, key=None, fixed=None)
            if not _is_in_view(pose, shape):
                continue
            if not there or alike(there, [pose], self._sigmas).max() < self._settings.together:
                one.copies[frame] = pose
                if carries:
                    one.carried.add(frame)
                there.append(pose)

    def _vote(self, view: View) -> None:
        """Who is where the last run had somebody may be the same one."""
        if not view.named:
            return
        here = [(one, pose) for one in self._alive
                if (pose := one.found.get(view.frame) or one.copies.get(view.frame)) is not None]  # fmt: skip
        for (one, _), like in zip(here, alike([pose for _, pose in here], view.named, self._sigmas), strict=True):
            best = int(np.argmax(like))
            if like[best] >= _SAME:
                one.votes[view.named[best].key or 0] += 1

    def answer(self, frames: Sequence[int], reserved: Collection[int]) -> dict[int, tuple[Tracked, ...]]:
        """The tracks that are long enough, with their numbers, by frame."""
        kept = [one for one in self._tracks if one.is_said or len(one.found) >= self._settings.shortest]
        numbers = named([(one.fixed, one.wanted, one.votes) for one in kept], reserved)
        found: dict[int, list[Tracked]] = {frame: [] for frame in frames}
        for number, one in zip(numbers, kept, strict=True):
            for frame, pose in one.found.items():
                found[frame].append(Tracked(number, pose))
            for frame, pose in one.copies.items():
                if self._settings.copies is Copies.ALL or frame < one.last or frame in one.carried:
                    found[frame].append(Tracked(number, pose, is_copy=True))
        return {frame: tuple(sorted(some, key=lambda one: one.id)) for frame, some in found.items()}


_SAME = 0.9
"""OKS from which on two poses are one and the same, but for weak points and the last run's labels."""


def _differ(last: Rgb | None, rgb: Rgb | None) -> bool:
    """Whether two pictures are of two sizes: no flow leads from one to the other."""
    return last is not None and rgb is not None and last.shape != rgb.shape


def _is_in_view(pose: Pose, shape: tuple[int, ...] | None) -> bool:
    """Whether the middle of a pose is in a picture of this height and width."""
    box = pose.outline
    if box is None or shape is None:
        return box is not None
    x, y = 0.5 * (box[0] + box[2]), 0.5 * (box[1] + box[3])
    return -0.5 <= x <= shape[1] - 0.5 and -0.5 <= y <= shape[0] - 0.5
