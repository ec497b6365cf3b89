"""The things in the clips of a project followed through them: what the frames should hold, and how good that is.

Nothing is written here: the records before and after are returned, and `keep` stores them all or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from annotator.dismissals import seen_left
from annotator.frames import FrameSource, MediaError
from annotator.instances import Box, is_crowd, present
from annotator.labels import FrameRecord, FrameState
from annotator.timeline import STATES, Track, is_clip
from annotator.tracking import Copies, Look, Rgb, Settings, Tracked, View, track
from annotator.tracking_labels import brought_before, deleted_from, said_of, with_tracks
from annotator.tracking_memory import Pose

if TYPE_CHECKING:
    from annotator.project import Project
    from annotator.scheme import Scheme
    from model.people import Candidate, InstancePrediction, PeoplePrediction

__all__ = [
    "TEXT", "Followed", "NobodyError", "clips_to_score", "follow", "keep", "look_with", "saw_people", "settings_for",
    "spoken_frames", "without_limit",
]  # fmt: skip

TEXT = "Track through the clip"
LONGEST = 50
"""Frames for which a labelled pose is moved by the flow at the most, where there is no network."""

_AT_ONCE = 500
_UNTOUCHED = (FrameState.UNSEEN, FrameState.PREDICTED)
Progress = Callable[[int, int], None]


class SeesPeople(Protocol):
    """A network that looks for one thing in each box."""

    def predict_people(self, rgb: Rgb, candidates: Sequence[Candidate] = ()) -> PeoplePrediction:
        """Everybody that it sees."""


class NobodyError(ValueError):
    """Nobody is labelled or predicted anywhere in a clip."""


@dataclass(frozen=True, eq=False)
class Followed:
    """Records by frame id, before and after, only of frames that change.

    ``numbers`` are those of the things followed, ``closed`` how many frames with labels stay as a person accepted them,
    ``lost`` why frames could not be read. ``limited`` are those whom the picture alone would have carried for more than
    ``longest`` frames, each with the number of the last frame.
    """

    before: Mapping[int, FrameRecord] = field(default_factory=dict)
    after: Mapping[int, FrameRecord] = field(default_factory=dict)
    numbers: frozenset[int] = frozenset()
    closed: int = 0
    lost: tuple[str, ...] = ()
    limited: Mapping[int, int] = field(default_factory=dict)
    longest: int = LONGEST


def look_with(network: SeesPeople, scheme: Scheme) -> Look:
    """A pose network as the tracker asks it."""
    from model.people import Candidate

    def look(rgb: Rgb, boxes: Sequence[Box]) -> Sequence[Pose]:
        seen = network.predict_people(rgb, [Candidate(box) for box in boxes])
        return [Pose.of(one, scheme) for one in seen.instances]

    return look


def settings_for(*, predicted: bool) -> Settings:
    """As published where a network saw the frames; else for poses that persons labelled every so often.

    Those are moved on by the flow, ``LONGEST`` frames far at the most, and everything on the way is a fact.
    """
    return Settings() if predicted else Settings(queue=LONGEST, copies=Copies.ALL, shortest=1)


def without_limit(settings: Settings, frames: int) -> Settings:
    """The settings with no limit, in a clip of so many frames, to how far the picture carries what persons labelled."""
    queue = max(settings.queue, frames) if settings.copies is Copies.ALL else settings.queue
    return replace(settings, queue=queue, longest=max(settings.longest, frames))


def saw_people(project: Project, frame_ids: Sequence[int]) -> bool:
    """Whether a network looked for things in any of these frames; predictions of one whole frame do not count."""
    from model.people import holds_people

    for start in range(0, len(frame_ids), _AT_ONCE):
        heads = project.prediction_heads_of(frame_ids[start : start + _AT_ONCE])
        if any(holds_people(head) for several in heads.values() for _, head in several):
            return True
    return False


def spoken_frames(project: Project, media_id: int) -> frozenset[int]:
    """The frames of a medium of which something is kept: who is in them, or who was deleted from them."""
    found: set[int] = set()
    after: int | None = -1
    while after is not None:
        documents, after = project.timeline_documents(media_id, after)
        found.update(frame_id for frame_id, _ in documents)
    return frozenset(found)


def follow(
    project: Project,
    media_id: int,
    *,
    settings: Settings | None = None,
    look: Look | None = None,
    cuts: Collection[int] = (),
    span: tuple[int, int] | None = None,
    progress: Progress = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Followed | None:
    """Follow everybody through a clip; None where it was stopped.

    Parameters
    ----------
    settings
        Those of `settings_for` where none are given.
    look
        A pose network that looks at every box; without one the predictions in the project and the labels are what is
        known.
    cuts
        Numbers of the first frames of shots.
    span
        The first and the last frame, by their number; the whole clip where it is None.

    Raises
    ------
    ValueError
        If the medium is no clip; a NobodyError if nobody is labelled or predicted anywhere in it.
    ProjectError
        If the project cannot be read.
    """
    if not is_clip(project, media_id):
        raise ValueError("this is no clip: its frames do not follow each other")
    scheme, clip = project.scheme, Track.of(project, media_id)
    first, last = span or (0, len(clip) - 1)
    work = _Work(project, scheme, clip, range(first, last + 1), frozenset(cuts), progress)
    if settings is None:
        settings = settings_for(predicted=look is not None or saw_people(project, clip.ids[first : last + 1].tolist()))
    try:
        found = track(
            work.views(), scheme, settings=settings, look=look, reserved=work.reserved(), should_stop=should_stop
        )
    finally:
        work.source.close()
    if should_stop():
        return None
    if not any(found.values()):
        raise NobodyError("there is nobody to follow: label somebody in a frame, or let a network look at the clip")
    return replace(work.outcome(found), limited=_limited(found, settings.reach, cuts), longest=settings.reach)


def _limited(found: Mapping[int, Sequence[Tracked]], longest: int, cuts: Collection[int]) -> dict[int, int]:
    """Who was carried as far as may be, and on into no frame though there are some: the last frame of each."""
    seen: dict[int, int] = {}
    copied: dict[int, int] = {}
    for frame, some in found.items():
        for one in some:
            (copied if one.is_copy else seen)[one.id] = frame
    end = max(found, default=0)
    return {
        number: last for number, last in copied.items()
        if number in seen and last - seen[number] >= longest and last < end and last + 1 not in cuts
    }  # fmt: skip




class _Work:
    """One clip on the way."""

    def __init__(
        self, project: Project, scheme: Scheme, clip: Track, numbers: range, cuts: frozenset[int], progress: Progress
    ) -> None:
        self.source = FrameSource(max_frames=2, max_videos=1)
        self._project, self._scheme, self._clip = project, scheme, clip
        self._numbers, self._cuts, self._progress = numbers, cuts, progress
        spoken = spoken_frames(project, clip.media_id)
        touched = [n for n in numbers if clip.ids[n] in spoken or STATES[clip.states[n]] not in _UNTOUCHED]
        self._records = {n: project.record(int(clip.ids[n])) for n in touched}
        self._sizes: dict[int, tuple[int, int]] = {}
        self._lost: list[str] = []

    def reserved(self) -> frozenset[int]:
        """Numbers that no thing may get by itself."""
        return frozenset().union(*(said_of(record, self._scheme)[1] for record in self._records.values()))

    def views(self) -> Iterator[View]:
        """The frames that can be read, in order."""
        for number in self._numbers:
            self._progress(number - self._numbers.start, len(self._numbers))
            frame_id = int(self._clip.ids[number])
            try:
                rgb = self.source.read(self._project.row(frame_id))
            except MediaError as error:
                self._lost.append(str(error))
                continue
            self._sizes[number] = (rgb.shape[1], rgb.shape[0])
            record = self._records.get(number, FrameRecord())
            seen = tuple(Pose.of(one, self._scheme) for one in self._seen(frame_id))
            yield View(
                number, rgb, said_of(record, self._scheme)[0], seen, begins=number in self._cuts,
                gone=deleted_from(record, self._scheme), named=brought_before(record, self._scheme),
            )  # fmt: skip
        self._progress(len(self._numbers), len(self._numbers))

    def _seen(self, frame_id: int) -> tuple[InstancePrediction, ...]:
        return seen_left(self._project, frame_id, self._project.people(frame_id))

    def outcome(self, found: Mapping[int, Sequence[Tracked]]) -> Followed:
        """What the frames should hold."""
        before: dict[int, FrameRecord] = {}
        after: dict[int, FrameRecord] = {}
        sources: dict[int, str] = {}
        closed = 0
        for number, some in found.items():
            frame_id = int(self._clip.ids[number])
            name = self._project.row(frame_id).name
            sources |= {one.id: name for one in some if not one.is_copy}
            record = self._records.get(number, FrameRecord())
            wanted = with_tracks(record, some, self._scheme, size=self._sizes[number], sources=sources)
            if wanted is None:
                closed += 1
            elif wanted != record:
                before[frame_id], after[frame_id] = record, wanted
        numbers = frozenset(one.id for some in found.values() for one in some)
        return Followed(before, after, numbers, closed, tuple(self._lost))


def keep(project: Project, followed: Followed, *, author: str = "") -> None:
    """Store what was found, all of it or nothing; ChangedElsewhereError if a frame is no longer what it was."""
    if followed.after:
        project.save_records(followed.after, text=TEXT, author=author, expected=followed.before)


def clips_to_score(
    truth: Project, tracked: Project
) -> Iterator[list[tuple[dict[int, Pose], dict[int, Pose]]]]:
    """The clips of two projects side by side, by the names of frames, for `annotator.tracking_score.score_tracks`.

    A frame without labels in ``truth`` is not judged.
    """
    scheme = truth.scheme
    theirs = {tracked.row(frame_id).name: frame_id for frame_id in tracked.frame_ids()}
    for medium in truth.media():
        clip = []
        for frame_id, _ in truth.timeline_states(medium.id):
            record = truth.record(frame_id)
            other = theirs.get(truth.row(frame_id).name)
            if other is not None and not record.labels.is_empty:
                clip.append((_things(record, scheme), _things(tracked.record(other), scheme)))
        if clip:
            yield clip


def _things(record: FrameRecord, scheme: Scheme) -> dict[int, Pose]:
    """Everybody in a frame by number, whoever spoke of them."""
    return {one.id: Pose.labelled(one, scheme) for one in present(record.labels) if not is_crowd(one)}
