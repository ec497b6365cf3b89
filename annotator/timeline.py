"""A clip over time as arrays: what is known of every frame, and its reduction to the columns of a screen.

A two-hour video has 180,000 frames. Nothing here is an object a frame: a lane is an array, and what one column of
pixels shows is worked out from the frames that fall into it (``reduceat``), a few milliseconds for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from annotator.labels import FrameState
from annotator.store_media import MediaKind
from annotator.store_timeline import FILLED, KEY, MOTION

if TYPE_CHECKING:
    from annotator.project import Project
    from annotator.review.signs import Kind
    from annotator.scheme import Scheme
    from annotator.shots import Shots
    from annotator.video import VideoReader

__all__ = ["FILLED", "KEY", "MOTION", "STATES", "Columns", "Track", "columns_of", "is_clip", "timecode"]

STATES: tuple[FrameState, ...] = tuple(FrameState)
"""The states in the order of their numbers in `Track.states`."""

FEWEST_OF_A_CLIP = 24
"""So many images numbered one after the other are taken for a clip."""
_CODE = {state.value: number for number, state in enumerate(STATES)}

Floats = NDArray[np.float32]
Progress = Callable[[int, int], None]
ShouldStop = Callable[[], bool]


def _none(count: int) -> Floats:
    return np.full(count, np.nan, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Track:
    """What is known of the N frames of one clip, in order.

    ``ids`` (N,) are the frames; ``states`` (N,) numbers of `STATES`; ``said`` (N,) who spoke of a frame, `KEY`,
    `MOTION`, `FILLED` or 0; ``confidence`` (N,) the median confidence of the points the network shows and ``residual``
    (N,) the worst distance (`distance_kind`), NaN where unknown: from the geometry in pixels of a frame 960 wide, or of
    a label from the network in percent of its thing's size; ``times`` (N,) seconds,
    empty for images; ``cuts`` numbers of the first frames of shots, ``doubtful`` those that may be; ``damaged`` (N,).
    """

    media_id: int
    ids: NDArray[np.int64]
    states: NDArray[np.uint8]
    said: NDArray[np.uint8]
    confidence: Floats
    residual: Floats
    times: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    cuts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    doubtful: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    damaged: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=np.bool_))

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def of(cls, project: Project, media_id: int) -> Track:
        """The clip as far as it is known at once: its frames, their states, and who spoke of them."""
        rows = project.timeline_states(media_id)
        ids = np.array([number for number, _ in rows], dtype=np.int64)
        states = np.array([_CODE[state] for _, state in rows], dtype=np.uint8)
        is_pitch = project.scheme.has_football
        kinds = project.timeline_kinds(media_id) if is_pitch else project.timeline_kinds_of_things(media_id)
        said = np.array([kinds.get(number, 0) for number, _ in rows], dtype=np.uint8)
        count = len(ids)
        return cls(media_id, ids, states, said, _none(count), _none(count), damaged=np.zeros(count, dtype=np.bool_))

    def place_of(self, frame_id: int | None) -> int | None:
        """The number of a frame in the clip, from 0; None for a frame of another."""
        if frame_id is None:
            return None
        found = np.flatnonzero(self.ids == frame_id)
        return int(found[0]) if len(found) else None

    def with_frame(self, place: int, *, state: FrameState, said: int) -> Track:
        """The clip after one of its frames was changed."""
        states, kinds = self.states.copy(), self.said.copy()
        states[place], kinds[place] = _CODE[state.value], said
        return replace(self, states=states, said=kinds)

    def with_values(
        self, confidence: Mapping[int, float] | None = None, residual: Mapping[int, float] | None = None
    ) -> Track:
        """The clip with these values, by the id of a frame."""
        return replace(
            self,
            confidence=self._filled(self.confidence, confidence or {}),
            residual=self._filled(self.residual, residual or {}),
        )

    def with_residuals(self, residual: Mapping[int, float]) -> Track:
        """The clip with these distances by the id of a frame, and no others: a label may be gone that had one."""
        return replace(self, residual=self._filled(_none(len(self)), residual))

    def _filled(self, values: Floats, found: Mapping[int, float]) -> Floats:
        if not found:
            return values
        order = np.argsort(self.ids, kind="stable")
        wanted = np.fromiter(found, dtype=np.int64, count=len(found))
        at = np.minimum(np.searchsorted(self.ids[order], wanted), len(order) - 1)
        places = order[at]
        known = self.ids[places] == wanted
        filled = values.copy()
        filled[places[known]] = np.fromiter(found.values(), dtype=np.float32, count=len(found))[known]
        return filled

    def with_times(self, times: Iterable[float]) -> Track:
        """The clip with the presentation time of every frame in seconds; passed over if they are not as many."""
        array = np.array(list(times), dtype=np.float64)
        return replace(self, times=array) if len(array) == len(self) else self

    def with_shots(self, shots: Shots, seen: Collection[int]) -> Track:
        """The clip with its cuts, and those frames damaged that were not ``seen`` when all were decoded."""
        damaged = np.ones(len(self), dtype=np.bool_)
        places = np.fromiter(seen, dtype=np.int64, count=len(seen))
        damaged[places[places < len(self)]] = False
        cuts, doubtful = (np.array(found, dtype=np.int64) for found in (shots.cuts, shots.unsure))
        return replace(self, cuts=cuts, doubtful=doubtful, damaged=damaged)

    def keys(self) -> NDArray[np.int64]:
        """Numbers of the frames of which a person spoke, ascending."""
        return np.flatnonzero(self.said == KEY)

    def shot_around(self, place: int) -> tuple[int, int]:
        """The first frame of the shot of this one, and the first after it."""
        before = self.cuts[self.cuts <= place]
        after = self.cuts[self.cuts > place]
        return (int(before[-1]) if len(before) else 0, int(after[0]) if len(after) else len(self))


def is_clip(project: Project, media_id: int) -> bool:
    """Whether the frames of a medium follow each other in time: a video, or images numbered without a gap."""
    kind = next((medium.kind for medium in project.media() if medium.id == media_id), None)
    if kind is MediaKind.VIDEO:
        return True
    if kind is None:
        return False
    names = project.timeline_ends(media_id)
    if names is None or names[2] < FEWEST_OF_A_CLIP:
        return False
    first, last, count = names
    head, number = _numbered(first)
    other, end = _numbered(last)
    return head == other and number is not None and end is not None and end - number == count - 1


def _numbered(name: str) -> tuple[str, int | None]:
    """What stands before the number at the end of a name, and the number."""
    stem = name.rpartition(".")[0] or name
    head = stem.rstrip("0123456789")
    return head, int(stem[len(head) :]) if len(head) < len(stem) else None


def timecode(times: NDArray[np.float64], place: int) -> str:
    """The time of a frame as ``m:ss.ff``, where ff counts the frames since the second began; "" without times.

    The frames of a second are counted, not computed from a rate: that holds for variable rates as well.
    """
    if not 0 <= place < len(times):
        return ""
    # A time such as 0.9999999 is the next second in every player.
    second = int(np.floor(times[place] + 1e-6))
    begun = int(np.searchsorted(times, second - 1e-6))
    return f"{second // 60}:{second % 60:02d}.{place - begun:02d}"


@dataclass(frozen=True, eq=False)
class Columns:
    """A stretch of a clip reduced to W columns of pixels.

    ``shares`` (S, W) is the share of a column's frames in each of `STATES`; ``said`` (W,) the bits of everybody who
    spoke of one of them; ``confidence`` (2, W) the mean and the least, ``residual`` (W,) the largest, NaN where
    nothing is known; ``cuts`` and ``doubtful`` the columns in which a shot begins; ``damaged`` (W,) whether any is.
    Columns beyond the ends of the clip are False in ``inside``.
    """

    inside: NDArray[np.bool_]
    shares: Floats
    said: NDArray[np.uint8]
    confidence: Floats
    residual: Floats
    cuts: NDArray[np.int64]
    doubtful: NDArray[np.int64]
    damaged: NDArray[np.bool_]


def columns_of(track: Track, edges: NDArray[np.float64]) -> Columns:
    """What the columns between these edges (W + 1,), frame numbers that may be fractions, show of a clip."""
    count = len(track)
    inside = (edges[1:] > 0.0) & (edges[:-1] < count)
    starts = np.clip(np.floor(edges[:-1] + 1e-9).astype(np.int64), 0, count - 1)
    # A column holds the frames that begin in it, and at least the one that it is a part of.
    ends = np.clip(np.ceil(edges[1:] - 1e-9).astype(np.int64), starts + 1, count)
    low, high = int(starts[0]), int(ends[-1])
    at = starts - low
    sizes = np.diff(np.append(at, high - low))
    sizes = np.where(sizes > 0, sizes, 1).astype(np.float32)
    states = track.states[low:high]
    shares = np.stack([np.add.reduceat((states == n).astype(np.float32), at) / sizes for n in range(len(STATES))])
    sure = track.confidence[low:high]
    known = np.isfinite(sure)
    total = np.add.reduceat(np.where(known, sure, 0.0).astype(np.float32), at)
    number = np.add.reduceat(known.astype(np.float32), at)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(number > 0, total / number, np.nan)
    least = np.fmin.reduceat(sure, at)
    return Columns(
        inside=inside,
        shares=shares,
        said=np.bitwise_or.reduceat(track.said[low:high], at),
        confidence=np.stack([mean, least]).astype(np.float32),
        residual=np.fmax.reduceat(track.residual[low:high], at),
        cuts=_columns_at(track.cuts, edges),
        doubtful=_columns_at(track.doubtful, edges),
        damaged=np.logical_or.reduceat(track.damaged[low:high], at),
    )


def _columns_at(frames: NDArray[np.int64], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """The columns in which these frames begin, each once."""
    shown = frames[(frames >= edges[0]) & (frames < edges[-1])]
    return np.unique(np.searchsorted(edges, shown, side="right") - 1)


# What takes longer


def confidences(
    project: Project,
    media_id: int,
    *,
    threshold: float,
    found: Callable[[Mapping[int, float]], None],
    should_stop: ShouldStop,
) -> None:
    """Tell how sure the network is of each predicted frame: the median confidence of its points from ``threshold`` on.

    Reads only the beginnings of the stored predictions, not their heatmaps; the newest of a frame counts. Where it
    shows many, the points of everybody count alike.
    """
    from model.heatmaps import PredictionError

    after: int | None = 0
    while after is not None and not should_stop():
        heads, after = project.timeline_predictions(media_id, after)
        piece: dict[int, float] = {}
        for frame_id, head in heads:
            try:
                confidence = _confidence_in(head)
            except PredictionError:
                continue
            shown = confidence[confidence >= threshold]
            piece[frame_id] = float(np.median(shown)) if len(shown) else 0.0
        found(piece)


def _confidence_in(stored: bytes) -> NDArray[np.float64]:
    """(K,) of the points of one prediction, or of everybody's in one of many; `PredictionError` where it is damaged."""
    from model.heatmaps import stored_points
    from model.people import PeoplePrediction, holds_people

    if not holds_people(stored):
        return stored_points(stored)[2]
    seen = PeoplePrediction.from_bytes(stored).instances
    return np.concatenate([np.empty(0), *(np.asarray(one.confidence, dtype=np.float64) for one in seen)])


def distance_kind(scheme: Scheme) -> Kind:
    """What the distance of a frame is: from the geometry of the pitch, elsewhere of a label from the network."""
    from annotator.review.signs import Kind

    return Kind.GEOMETRY if scheme.has_football else Kind.CORRECTED


def residuals(project: Project, ids: Collection[int]) -> dict[int, float]:
    """The `distance_kind` of each frame at its worst point or marking, as far as the review found out."""
    from annotator.review.survey import known_entries

    values, kind = {}, distance_kind(project.scheme)
    for frame_id, known in known_entries(project).items():
        worst = known.entry.value(kind)
        if worst is not None:
            values[frame_id] = worst
    wanted = set(ids)
    return {frame_id: value for frame_id, value in values.items() if frame_id in wanted}


def shots_and_seen(reader: VideoReader, progress: Progress, should_stop: ShouldStop) -> tuple[Shots, set[int]]:
    """Where a video cuts, and the numbers of the frames that could be decoded, in one way through it.

    Raises
    ------
    InterruptedError
        If ``should_stop`` said so.
    """
    from annotator.shots import shots_of

    seen: set[int] = set()

    def watched() -> Iterable[tuple[int, NDArray[np.uint8]]]:
        for number, rgb in reader.small_frames(width=96):
            seen.add(number)
            yield number, rgb

    return shots_of(iter(watched()), len(reader), progress, should_stop), seen
