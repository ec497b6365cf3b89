"""Frames of a project as a film, as the window asks for it: who speaks, what is drawn, how wide, where to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from annotator.frames import FrameSource, MediaError
from annotator.instance_points import seen_of
from annotator.labels import EMPTY
from annotator.rendering import Progress, ShouldStop, Shown, labels_scene, network_scene, render_film
from annotator.rendering_layers import Rgb, Scene, chosen_layers
from annotator.rendering_things import chosen_thing_layers, thing_scene
from annotator.tripod_store import standing_of

if TYPE_CHECKING:
    from annotator.project import Project

__all__ = ["Film", "Filmed", "Speaker", "frames_to_film", "write_film"]

IMAGES_A_SECOND = 5.0
"""How fast single images go by: they have no times of their own."""
SLOWEST = 1.0
"""Pictures a second, however far apart the frames are."""
_THERE = 0.3


class Speaker(Enum):
    """Who says what is drawn over the frames."""

    LABELS = "labels"
    NETWORK = "network"


@dataclass(frozen=True)
class Film:
    """What is to be written.

    ``path`` ends in one of `annotator.rendering_files.SUFFIXES`; ``ids`` are the frames in order; ``layers`` names of
    `annotator.rendering_layers.LAYERS`, or of `annotator.rendering_things.THING_LAYERS` where there is no pitch;
    ``width`` pixels, None for that of the frames; ``threshold`` the least confidence of what a network says.
    """

    path: Path
    ids: tuple[int, ...]
    speaker: Speaker
    layers: tuple[str, ...]
    width: int | None = None
    threshold: float = 0.3


@dataclass(frozen=True)
class Filmed:
    """What was written: how many frames the film shows, and the names of those that could not be read."""

    film: Film
    count: int
    lost: tuple[str, ...] = ()


def frames_to_film(project: Project, ids: Sequence[int], speaker: Speaker) -> tuple[int, ...]:
    """Those of the frames of which this speaker says something."""
    if speaker is Speaker.NETWORK:
        return tuple(frame_id for frame_id in ids if project.has_prediction(frame_id))
    return tuple(frame_id for frame_id in ids if not project.record(frame_id).labels.is_empty)


def write_film(
    project: Project,
    film: Film,
    *,
    progress: Progress = lambda done, total: None,
    should_stop: ShouldStop = lambda: False,
) -> Filmed | None:
    """Write a film whole, in real time where the frames are of a video; None when it was stopped: nothing is left then.

    Raises
    ------
    RenderError
        If the file cannot be written.
    MediaError
        If none of the frames can be read.
    ProjectError
        If the project cannot be read.
    """
    lost: list[str] = []
    chosen = chosen_layers if project.scheme.has_football else chosen_thing_layers
    pixels = FrameSource(max_frames=4)
    try:
        count = render_film(
            film.path,
            _scenes(project, film, pixels, lost),
            total=len(film.ids),
            fps=_rate(project, film.ids, pixels),
            layers=chosen(film.layers),
            width=film.width,
            progress=progress,
            should_stop=should_stop,
        )
    except InterruptedError:
        return None
    finally:
        pixels.close()
    return Filmed(film, count, tuple(lost))


def _scenes(project: Project, film: Film, pixels: FrameSource, lost: list[str]) -> Iterator[tuple[Rgb, Scene]]:
    """Pictures and what is drawn over them; a frame that cannot be read is left out and named in ``lost``."""
    scheme = project.scheme
    has_pitch = scheme.has_football
    for number, frame_id in enumerate(film.ids):
        row = project.row(frame_id)
        try:
            rgb = pixels.read(row)
        except MediaError:
            lost.append(row.name)
            if number + 1 == len(film.ids) == len(lost):
                raise
            continue
        if has_pitch:
            yield rgb, _pitch_scene(project, film, frame_id, rgb, row.name)
            continue
        speaks = film.speaker is Speaker.NETWORK
        said = EMPTY if speaks else project.record(frame_id).labels
        seen = seen_of(project.people(frame_id) or project.prediction(frame_id)) if speaks else ()
        yield rgb, thing_scene(
            rgb, said, seen, scheme, threshold=film.threshold, least_score=_THERE, caption=row.name
        )


def _pitch_scene(project: Project, film: Film, frame_id: int, rgb: Rgb, name: str) -> Scene:
    prediction = project.prediction(frame_id) if film.speaker is Speaker.NETWORK or "heatmap" in film.layers else None
    shown = Shown(name, rgb, project.record(frame_id).labels.pitch, prediction, standing_of(project, frame_id))
    if film.speaker is Speaker.NETWORK:
        return network_scene(shown, threshold=film.threshold, caption=name)
    # What the network alone says is not drawn: no confidence reaches 2.
    return labels_scene(shown, threshold=2.0, caption=name)


def _rate(project: Project, ids: Sequence[int], pixels: FrameSource) -> float:
    """Pictures a second of frames of a video in real time, as far apart as they are listed."""
    first = project.row(ids[0]) if ids else None
    if first is None or not first.is_video:
        return IMAGES_A_SECOND
    numbers = [row.index_in_media for row in map(project.row, ids) if row.media_id == first.media_id]
    apart = float(np.median(np.abs(np.diff(numbers)))) if len(numbers) > 1 else 1.0
    return max(pixels.video(first.path).fps / max(apart, 1.0), SLOWEST)
