"""``render`` for projects without a pitch: skeletons with identities, from the labels or from stored predictions."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from annotator.commands import CommandError
from annotator.commands.stretch import Stretch
from annotator.frames import FrameSource, MediaError
from annotator.instance_points import seen_of
from annotator.labels import EMPTY
from annotator.project import Project
from annotator.rendering_layers import Layer, Rgb, Scene
from annotator.rendering_things import chosen_thing_layers, thing_scene

USUAL = ("skeletons", "names", "caption")
_SURE, _THERE = 0.3, 0.3  # of a point and of a thing that only a network saw, where nothing else is asked for


def thing_layers(options: argparse.Namespace, usual: str) -> tuple[Layer, ...]:
    """The layers asked for; ``usual`` is what the option holds where nothing was asked."""
    names = USUAL if options.layers == usual else [name for name in options.layers.split(",") if name]
    try:
        return chosen_thing_layers(names)
    except ValueError as error:
        raise CommandError(f"{str(error)[0].upper()}{str(error)[1:]}.") from error


def thing_frames(project: Project, stretch: Stretch, *, what: str, only_labelled: bool) -> list[int]:
    """The ids of the frames to render; CommandError where a network should speak and did not look."""
    ids = project.frame_ids()
    chosen = [ids[place] for place in stretch.of(len(ids)) if not project.row(ids[place]).missing]
    if only_labelled:
        chosen = [frame_id for frame_id in chosen if not project.record(frame_id).labels.is_empty]
    if what == "network" and not any(project.has_prediction(frame_id) for frame_id in chosen):
        raise CommandError(f"{project.path}: no network looked at these frames yet; run predict on the project first.")
    return chosen


def thing_scenes(
    path: Path, frames: list[int], pixels: FrameSource, options: argparse.Namespace,
    missed: Callable[[MediaError], None],
) -> Iterator[tuple[Rgb, Scene]]:  # fmt: skip
    """Pictures and what is drawn over them."""
    threshold = _SURE if options.threshold is None else options.threshold
    with Project.look_into(path) as project:
        scheme = project.scheme
        for frame_id in frames:
            row = project.row(frame_id)
            try:
                rgb = pixels.read(row)
            except MediaError as error:
                missed(error)
                continue
            said = project.record(frame_id).labels if options.what == "labels" else EMPTY
            seen = () if options.what == "labels" else seen_of(project.people(frame_id) or project.prediction(frame_id))
            caption = f"{row.name}  {options.what}"
            yield rgb, thing_scene(
                rgb, said, seen, scheme, threshold=threshold, least_score=_THERE, caption=caption
            )
