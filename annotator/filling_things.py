"""The frames in which a numbered thing is missing, filled in from where it is before and after.

Every point goes along a cubic through the frames around that never leaves the room between the two beside it (Fritsch
and Carlson, "Monotone piecewise cubic interpolation", SIAM J. Numer. Anal. 17(2), 1980); between two frames alone that
is a straight line, as CVAT draws its tracks; boxes that were drawn go straight. What is filled in is a machine's and
says so; it gives way to all that a person or a tracker says, and the frames beside a gap are what they were. Whom a
person deleted from a frame stays away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from annotator.instances import Box, is_crowd, labelled_points, present
from annotator.labels import (
    BOX,
    EMPTY,
    Carried,
    Decision,
    FrameRecord,
    FrameState,
    How,
    Instance,
    KeypointLabel,
    Origin,
)
from annotator.store_timeline import FILLED
from annotator.timeline import STATES, Track
from annotator.timeline_things import Stretches, ThingLanes, kind_of_thing, read_lanes
from annotator.tracking_gone import gone_from

if TYPE_CHECKING:
    from annotator.project import Project

__all__ = ["TEXT", "FilledThings", "Gap", "boxes_between", "fill_things", "gaps", "points_between"]

TEXT = "Fill in between labelled frames"
_CLOSED = (Decision.ACCEPTED, Decision.REJECTED)
_ACCEPTED, _REJECTED = STATES.index(FrameState.ACCEPTED), STATES.index(FrameState.REJECTED)
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Gap:
    """Where a thing is missing: it is in frames ``first`` and ``last`` and in none between, but what was filled in.

    ``before`` and ``after`` are the frames beyond these two that say how it moves there, None at the ends.
    """

    number: int
    first: int
    last: int
    before: int | None = None
    after: int | None = None

    @property
    def known(self) -> tuple[int, ...]:
        """The frames that say how it moves, ascending."""
        return tuple(place for place in (self.before, self.first, self.last, self.after) if place is not None)


@dataclass(frozen=True, eq=False)
class FilledThings:
    """Records by frame id, before and after, only of frames that change; and the numbers that were filled in.

    ``apart`` are those that were not, as the two frames have no placed point in common and not both a box.
    """

    before: Mapping[int, FrameRecord] = field(default_factory=dict)
    after: Mapping[int, FrameRecord] = field(default_factory=dict)
    numbers: frozenset[int] = frozenset()
    apart: frozenset[int] = frozenset()


def gaps(
    lanes: ThingLanes,
    *,
    place: int,
    span: tuple[int, int] | None = None,
    closed: Sequence[int] = (),
    cuts: Sequence[int] = (),
) -> list[Gap]:
    """The gaps of every thing about a frame, or within ``span`` (first and last frame) where there is one.

    Parameters
    ----------
    place
        A frame in the gap or at one of its ends.
    closed
        Frames that a person accepted: a thing that is not in one of them is not there, and not filled in across it.
    cuts
        First frames of shots: nothing is filled in across one.
    """
    found = []
    for number, where in lanes.lanes.items():
        wanted = _gaps_of(number, _known_in(where, closed), np.array(sorted(closed), dtype=np.int64), cuts)
        if span is not None:
            found += [gap for gap in wanted if span[0] <= gap.first and gap.last <= span[1]]
        else:
            found += [gap for gap in wanted if gap.first <= place <= gap.last]
    return found


def _known_in(where: Stretches, closed: Sequence[int]) -> Ints:
    """(S, 2) first frame and frame after the last of the stretches in which a thing is, but for what was filled in.

    What was filled in and then accepted is a person's word.
    """
    kept = where.kinds != FILLED
    accepted = [place for place in closed if where.at(place)]
    pieces = sorted([
        *zip(where.starts[kept].tolist(), where.ends[kept].tolist(), strict=True),
        *((place, place + 1) for place in accepted),
    ])  # fmt: skip
    whole: list[tuple[int, int]] = []
    for start, end in pieces:
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(whole[-1][1], end))
        else:
            whole.append((start, end))
    return np.array(whole, dtype=np.int64).reshape(-1, 2)


def _gaps_of(number: int, known: Ints, closed: Ints, cuts: Sequence[int]) -> list[Gap]:
    found = []
    for n in range(len(known) - 1):
        first, last = int(known[n, 1]) - 1, int(known[n + 1, 0])
        inside = closed[(closed > first) & (closed < last)]
        if last - first < 2 or len(inside) or any(first < cut <= last for cut in cuts):
            continue
        before = _neighbour(known, n, -1)
        after = _neighbour(known, n + 1, 1)
        low = None if before is None or any(before < cut <= first for cut in cuts) else before
        high = None if after is None or any(last < cut <= after for cut in cuts) else after
        found.append(Gap(number, first, last, low, high))
    return found


def _neighbour(known: Ints, n: int, way: int) -> int | None:
    """The frame beyond the end of a stretch that says most of how its thing moves there."""
    start, end = known[n].tolist()
    if end - start > 1:
        # One frame back says little but noise: as far as the stretch reaches, a few frames at the most.
        reach = min(end - start - 1, 5)
        return int(end - 1 - reach if way < 0 else start + reach)
    m = n + way
    if not 0 <= m < len(known):
        return None
    return int(known[m, 1] - 1 if way < 0 else known[m, 0])


def points_between(
    known: Mapping[int, Instance], gap: Gap, times: Callable[[int], float] = float
) -> dict[int, dict[str, KeypointLabel]]:
    """By frame between the ends of a gap, every point that is placed at both of them.

    Parameters
    ----------
    known
        The thing in the frames of `Gap.known`.
    times
        When a frame is shown; frames of one length without it.
    """
    from scipy.interpolate import PchipInterpolator

    between = range(gap.first + 1, gap.last)
    placed = {place: labelled_points(one) for place, one in known.items()}
    said = known[gap.first].keypoints
    found: dict[int, dict[str, KeypointLabel]] = {place: {} for place in between}
    at = [times(place) for place in between]
    for name in said:
        if name not in placed[gap.first] or name not in placed[gap.last]:
            continue
        frames = [place for place in gap.known if name in placed.get(place, {})]
        curve = PchipInterpolator([times(n) for n in frames], np.array([placed[n][name] for n in frames]))
        for place, (x, y) in zip(between, curve(at).tolist(), strict=True):
            # Hidden or not is as it was said before, until it is said otherwise (CVAT).
            found[place][name] = KeypointLabel((x, y), said[name].visibility, Origin.PROPAGATED)
    return found


def boxes_between(known: Mapping[int, Instance], gap: Gap, times: Callable[[int], float] = float) -> dict[int, Box]:
    """By frame between the ends of a gap, the box on the straight way from the one to the other, where both have one.

    Parameters are those of `points_between`.
    """
    first, last = known[gap.first].box, known[gap.last].box
    if first is None or last is None:
        return {}
    start, end = times(gap.first), times(gap.last)
    found = {}
    for place in range(gap.first + 1, gap.last):
        share = (times(place) - start) / (end - start)
        x0, y0, x1, y1 = ((1.0 - share) * a + share * b for a, b in zip(first, last, strict=True))
        found[place] = (x0, y0, x1, y1)
    return found


def fill_things(
    project: Project,
    track: Track,
    place: int,
    *,
    span: tuple[int, int] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> FilledThings | None:
    """What the frames of a clip should hold where things are missing about a frame, or in a span; None when stopped.

    Nothing is stored. Frames that a person accepted or rejected are left as they are.
    """
    places = {number: n for n, number in enumerate(track.ids.tolist())}
    lanes = read_lanes(project, track.media_id, places, should_stop=should_stop)
    if lanes is None:
        return None
    for rejected in np.flatnonzero(track.states == _REJECTED).tolist():
        lanes = lanes.with_frame(rejected, {})
    closed = np.flatnonzero(track.states == _ACCEPTED).tolist()
    wanted = gaps(lanes, place=place, span=span, closed=closed, cuts=track.cuts.tolist())
    work = _Work(project, track)
    for done, gap in enumerate(wanted):
        if should_stop():
            return None
        work.fill(gap)
        progress(done + 1, len(wanted))
    return work.outcome()


class _Work:
    """Gaps of a clip, filled one after the other."""

    def __init__(self, project: Project, track: Track) -> None:
        self._project, self._track = project, track
        self._before: dict[int, FrameRecord] = {}
        self._after: dict[int, FrameRecord] = {}
        self._numbers: set[int] = set()
        self._apart: set[int] = set()

    def _record(self, place: int) -> FrameRecord:
        if place not in self._before:
            self._before[place] = self._after[place] = self._project.record(int(self._track.ids[place]))
        return self._before[place]

    def _name(self, place: int) -> str:
        return self._project.row(int(self._track.ids[place])).name

    def _time(self, place: int) -> float:
        return float(self._track.times[place]) if len(self._track.times) else float(place)

    def fill(self, gap: Gap) -> None:
        """Put what lies between into the frames of a gap."""
        known = {place: self._record(place).labels.instance(gap.number) for place in gap.known}
        if is_crowd(known[gap.first]) or is_crowd(known[gap.last]):
            return
        ends = {place: self._name(place) for place in (gap.first, gap.last)}
        boxes = boxes_between(known, gap, self._time)
        carried = frozenset({BOX} if boxes else ())
        for place, points in points_between(known, gap, self._time).items():
            if not (points or boxes):
                self._apart.add(gap.number)
                return
            if self._record(place).review.decision in _CLOSED:
                continue
            near = sorted(ends, key=lambda end: abs(end - place))
            link = Carried(tuple(ends[end] for end in near), How.INTERPOLATED)
            self._put(place, Instance(gap.number, points, box=boxes.get(place), carried=carried, link=link))

    def _put(self, place: int, one: Instance) -> None:
        record = self._after[place]
        there = record.labels.instance(one.id)
        if not there.is_empty and kind_of_thing(there) != FILLED:
            return
        if any(gone.number == one.id for gone in gone_from(record.labels)):
            return
        others = [other for other in present(record.labels) if other.id != one.id]
        some = tuple(sorted((*others, one), key=lambda each: each.id)) or EMPTY.instances
        self._after[place] = replace(record, labels=replace(record.labels, instances=some))
        self._numbers.add(one.id)

    def outcome(self) -> FilledThings:
        """The frames that change."""
        ids = self._track.ids
        changed = [place for place, record in self._after.items() if record != self._before[place]]
        return FilledThings(
            {int(ids[n]): self._before[n] for n in changed}, {int(ids[n]): self._after[n] for n in changed},
            frozenset(self._numbers), frozenset(self._apart),
        )  # fmt: skip
