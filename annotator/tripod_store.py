"""Where the cameras of a project's clips stand: worked out from its labels, kept in its settings, asked for by frame.

A clip is a shot of a video, or the images of one folder. What a machine carried into a frame says nothing new of where
the camera stands and takes no part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from annotator.frames import FrameSource, MediaError
from annotator.keypoints import resolve
from annotator.labels import Decision, FrameLabels
from annotator.lens import Lens
from annotator.motion_labels import without_carried
from annotator.observations import gather
from annotator.project import ProjectError
from annotator.tripod import Sighting, Tripod, is_usable, tripod_of
from annotator.tripod_prior import Standing

if TYPE_CHECKING:
    from annotator.project import FrameRow, Project

__all__ = ["ClipTripod", "Shot", "find_tripods", "forget_tripods", "keep_tripods", "shots_of", "standing_of"]

KEY = "tripods"
VERSION = 1


@dataclass(frozen=True)
class Shot:
    """Frames seen by one camera: those of a medium from one number to another, or of one of its folders."""

    media_id: int
    name: str
    first: int
    last: int
    folder: str | None = None

    def holds(self, row: FrameRow) -> bool:
        """Whether a frame belongs to it."""
        if row.media_id != self.media_id or not self.first <= row.index_in_media <= self.last:
            return False
        return self.folder is None or _folder(row) == self.folder


@dataclass(frozen=True, eq=False)
class ClipTripod:
    """A shot and what was found out about where its camera stands."""

    shot: Shot
    tripod: Tripod


def shots_of(project: Project, cuts: Mapping[int, Sequence[int]]) -> list[Shot]:
    """The shots of a project; ``cuts`` maps media ids to the numbers of frames with which a new shot begins."""
    rows = [project.row(i) for i in project.frame_ids()]
    found: dict[tuple[int, str | int], list[FrameRow]] = {}
    for row in rows:
        if row.is_video:
            part: str | int = sum(cut <= row.index_in_media for cut in cuts.get(row.media_id, ()))
        else:
            part = _folder(row)
        found.setdefault((row.media_id, part), []).append(row)
    return [_shot(part, some) for (_, part), some in found.items()]


def _shot(part: str | int, rows: Sequence[FrameRow]) -> Shot:
    numbers = [row.index_in_media for row in rows]
    first, last = min(numbers), max(numbers)
    if isinstance(part, str):
        # New images may come to stand anywhere in the folder's list.
        return Shot(rows[0].media_id, (rows[0].path.parent).name, 0, 1 << 40, part)
    return Shot(rows[0].media_id, f"{rows[0].path.name} {first} to {last}", first, last)


def _folder(row: FrameRow) -> str:
    return "" if row.is_video else PurePosixPath(row.name).parent.as_posix()


def find_tripods(
    project: Project,
    shots: Sequence[Shot],
    *,
    size_of: Callable[[FrameRow], tuple[int, int]] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[ClipTripod] | None:
    """Where the camera of each shot stands, as its labelled frames have it; None when it was stopped.

    ``size_of`` says the size of a frame; its file is looked at where it is not given. Frames of another size than the
    first of their shot are left out, and so is what cannot be read.
    """
    if not project.scheme.has_football:
        return []
    source = FrameSource(max_frames=2)
    try:
        found: list[ClipTripod] = []
        ids = project.frame_ids()
        sightings: dict[int, list[Sighting]] = {n: [] for n in range(len(shots))}
        for done, frame_id in enumerate(ids):
            if should_stop():
                return None
            row = project.row(frame_id)
            place = next((n for n, shot in enumerate(shots) if shot.holds(row)), None)
            sighting = None if place is None else _sighting(project, row, size_of or source.size)
            if place is not None and sighting is not None:
                own = sightings[place]
                if not own or own[0].solution.size == sighting.solution.size:
                    own.append(sighting)
            progress(done + 1, len(ids))
        for n, shot in enumerate(shots):
            found.append(ClipTripod(shot, tripod_of(sightings[n])))
        return found
    finally:
        source.close()


def _sighting(project: Project, row: FrameRow, size_of: Callable[[FrameRow], tuple[int, int]]) -> Sighting | None:
    """What a frame's own labels say of its camera; None where they say too little, were carried, or were rejected."""
    try:
        record = project.record(row.id)
        labels = record.labels if record.review.decision is Decision.ACCEPTED else _own(record.labels)
        if record.review.decision is Decision.REJECTED or labels.pitch.is_empty:
            return None
        size = size_of(row)
    except (ProjectError, MediaError):
        return None
    evidence = gather(labels.pitch, Lens(size))
    solution = resolve(labels.pitch, None, size=size, threshold=1.0).solution
    if solution is None or not is_usable(evidence, solution):
        return None
    return Sighting(row.index_in_media, row.name, evidence, solution)


def _own(labels: FrameLabels) -> FrameLabels:
    return without_carried(labels)


def keep_tripods(project: Project, found: Sequence[ClipTripod]) -> None:
    """Keep what is believed for `standing_of`, in place of what was kept of the same media."""
    media = {each.shot.media_id for each in found}
    document: dict[str, Any] = project.setting(KEY, {})
    kept = [one for one in _entries(document) if one.get("media") not in media]
    for each in found:
        if each.tripod.standing is not None:
            shot = each.shot
            kept.append({
                "media": shot.media_id, "name": shot.name, "first": shot.first, "last": shot.last,
                "folder": shot.folder, "frames": len(each.tripod.frames), "standing": each.tripod.standing.document(),
            })  # fmt: skip
    project.set_setting(KEY, {"version": VERSION, "clips": kept})


def forget_tripods(project: Project) -> None:
    """From now on no camera of the project is known to stand anywhere."""
    project.set_setting(KEY, {"version": VERSION, "clips": []})


def standing_of(project: Project | None, frame_id: int | None) -> Standing | None:
    """Where the camera of a frame is known to stand; None where that is not known. Equal questions, one object."""
    if project is None or frame_id is None:
        return None
    try:
        document: dict[str, Any] = project.setting(KEY, {})
        row = project.row(frame_id) if document else None
    except ProjectError:
        return None
    for entry in _entries(document) if row is not None else ():
        shot = _shot_from(entry)
        if shot is not None and row is not None and shot.holds(row):
            return _standing(entry)
    return None


def _entries(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    clips = document.get("clips", [])
    known = document.get("version") == VERSION and isinstance(clips, list)
    return [one for one in clips if isinstance(one, dict)] if known else []


def _shot_from(entry: Mapping[str, Any]) -> Shot | None:
    numbers = [entry.get(key) for key in ("media", "first", "last")]
    folder = entry.get("folder")
    whole = [n for n in numbers if isinstance(n, int)]
    if len(whole) != len(numbers) or not isinstance(folder, str | None):
        return None
    return Shot(whole[0], str(entry.get("name", "")), whole[1], whole[2], folder)


_READ: dict[str, Standing] = {}


def _standing(entry: Mapping[str, Any]) -> Standing | None:
    """The value of an entry, the same object each time: what was solved with it is recognised by it."""
    found = Standing.from_document(entry.get("standing", {}))
    if found is None:
        return None
    key = repr(found.document())
    if len(_READ) > 256:
        _READ.clear()
    return _READ.setdefault(key, found)
