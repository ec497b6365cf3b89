"""Candidates for `annotator.choosing` out of videos, folders of images and projects.

Of a long video only so many frames are looked at, key frames of the codec where there are enough, because they decode
alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from annotator.choosing import LOOK_WIDTH, Candidate, look_of, view_of
from annotator.frames import FrameSource, MediaError, read_image
from annotator.keypoints import Resolved, resolve
from annotator.labels import FrameState, Instance, KeypointLabel, Origin, Visibility
from annotator.project import ProjectError
from annotator.video import Rgb, VideoReader

if TYPE_CHECKING:
    from annotator.project import FrameRow, Project
    from model.heatmaps import Prediction

__all__ = ["images", "labelled_in", "project_candidates", "seen_as", "spaced", "video_frames"]

MOST = 1500  # frames that are looked at
NEAR_CUT = 3  # frames about a cut in which two pictures may be mixed
SPAN = 6  # times as many key frames of the codec as frames wanted are enough to look at these alone

Progress = Callable[[int, int], None]
ShouldStop = Callable[[], bool]


def spaced(total: int, most: int = MOST) -> list[int]:
    """At most ``most`` numbers below ``total``, evenly."""
    return sorted({int(n) for n in np.linspace(0, total - 1, min(total, most))}) if total else []


def video_frames(video: VideoReader, *, count: int, cuts: Sequence[int] = ()) -> Iterator[tuple[int, int, Rgb]]:
    """Number, shot and small picture of the frames of a video to choose from; those beside a cut are left out."""
    numbers = _worth_reading(video, count)
    wanted = {n for n in numbers if all(not -NEAR_CUT <= n - cut < NEAR_CUT for cut in cuts)}
    dense = len(numbers) * SPAN > len(video)
    pictures = video.small_frames(width=LOOK_WIDTH) if dense else _one_by_one(video, sorted(wanted))
    for number, rgb in pictures:
        if number in wanted:
            yield number, sum(cut <= number for cut in cuts), rgb


def _worth_reading(video: VideoReader, count: int) -> list[int]:
    numbers = spaced(len(video))
    if len(numbers) * SPAN > len(video):
        return numbers
    keys = sorted({video.key_before(number) for number in numbers})
    return keys if len(keys) >= SPAN * count else numbers


def _one_by_one(video: VideoReader, numbers: Sequence[int]) -> Iterator[tuple[int, Rgb]]:
    for number in numbers:
        try:
            yield number, video.read_small(number, width=LOOK_WIDTH)
        except MediaError:
            continue


def images(paths: Sequence[Path], *, most: int = MOST) -> Iterator[tuple[int, Rgb]]:
    """Place in the list and picture of images to choose from; what cannot be read is left out."""
    for place in spaced(len(paths), most):
        try:
            yield place, read_image(paths[place])
        except MediaError:
            continue


def looked_at(key: int, rgb: Rgb, shot: int = 0) -> Candidate:
    """A candidate by how it looks."""
    look, sharpness, green = look_of(rgb)
    return Candidate(key, None, look, sharpness, green, None, shot)


def seen_as(candidate: Candidate, prediction: Prediction, *, threshold: float) -> Candidate:
    """The candidate with what a network saw of it: whether there is a pitch, and where its camera looks."""
    shown = prediction.confidence >= threshold
    points = {
        name: KeypointLabel((float(x), float(y)), Visibility.VISIBLE, Origin.IMPORTED)
        for name, (x, y), ok in zip(prediction.names, prediction.xy, shown, strict=True)
        if ok and np.isfinite((x, y)).all()
    }
    resolved = resolve(Instance(keypoints=points), None, size=prediction.image_size, threshold=1.0)
    return replace(candidate, seen=len(points), view=_view(resolved))


def _view(resolved: Resolved) -> np.ndarray | None:
    known = resolved.solution is not None and resolved.is_determined and bool(resolved.ghost)
    return view_of(resolved.solution) if known and resolved.solution is not None else None


def labelled_in(project: Project) -> frozenset[int]:
    """The frames of a project of which a person said something."""
    open_states = {FrameState.UNSEEN, FrameState.PREDICTED}
    return frozenset(project.frame_ids([state for state in FrameState if state not in open_states]))


def project_candidates(
    project: Project,
    *,
    threshold: float = 0.3,
    most: int = MOST,
    cuts: Mapping[int, Sequence[int]] | None = None,
    with_pictures: bool = True,
    progress: Progress = lambda done, total: None,
    should_stop: ShouldStop = lambda: False,
) -> list[Candidate] | None:
    """The frames of a project to choose from, keys being frame ids, and those labelled already; None when stopped.

    By the cameras of labels and stored predictions; frames without either by how they look, where ``with_pictures``.
    In a project without football all are taken by how they look, whether they are green or not.
    """
    ids, said = project.frame_ids(), labelled_in(project)
    some = {ids[n] for n in spaced(len(ids), most)} | said
    wanted = [frame_id for frame_id in ids if frame_id in some]
    source = FrameSource(max_frames=2)
    found: list[Candidate] = []
    football = project.scheme.has_football
    try:
        for done, frame_id in enumerate(wanted):
            if should_stop():
                return None
            if football:
                candidate = _of_frame(project, frame_id, source, threshold, with_pictures)
            else:
                candidate = _by_look(project.row(frame_id), source)
            own = () if cuts is None else cuts.get(project.row(frame_id).media_id, ())
            row = project.row(frame_id)
            if candidate is not None and all(not -NEAR_CUT <= row.index_in_media - cut < NEAR_CUT for cut in own):
                shot = row.media_id * 4096 + sum(cut <= row.index_in_media for cut in own)
                found.append(replace(candidate, shot=shot))
            progress(done + 1, len(wanted))
    finally:
        source.close()
    return found


def _of_frame(
    project: Project, frame_id: int, source: FrameSource, threshold: float, with_pictures: bool
) -> Candidate | None:
    row = project.row(frame_id)
    if row.missing:
        return None
    prediction = project.prediction(frame_id)
    try:
        labels = project.record(frame_id).labels.pitch
    except ProjectError:
        return None
    candidate = Candidate(frame_id)
    if prediction is None and with_pictures:
        rgb = _picture(source, row)
        if rgb is None:
            return None
        candidate = looked_at(frame_id, rgb)
    if not labels.is_empty and (size := _size(source, row, prediction)) is not None:
        resolved = resolve(labels, None, size=size, threshold=1.0)
        return replace(candidate, view=_view(resolved))
    return candidate if prediction is None else seen_as(candidate, prediction, threshold=threshold)


def _by_look(row: FrameRow, source: FrameSource) -> Candidate | None:
    """A frame of things that may be anywhere, not on grass alone."""
    rgb = None if row.missing else _picture(source, row)
    return None if rgb is None else replace(looked_at(row.id, rgb), green=None)


def _picture(source: FrameSource, row: FrameRow) -> Rgb | None:
    try:
        return source.read(row)
    except MediaError:
        return None


def _size(source: FrameSource, row: FrameRow, prediction: Prediction | None) -> tuple[int, int] | None:
    if prediction is not None:
        return prediction.image_size
    try:
        return source.size(row)
    except MediaError:
        return None
