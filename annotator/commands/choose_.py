"""``choose``: which frames of a video, a folder or a project to label, the most different ones first."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotator.choosing import Candidate, Choice, choose
from annotator.choosing_sources import images, labelled_in, looked_at, project_candidates, seen_as, video_frames
from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain, gather, say, write_result
from annotator.commands.network import add_network_arguments, load_predictor
from annotator.frames import IMAGE_SUFFIXES, MediaError, VideoReader, read_image
from annotator.project import Project, ProjectError
from annotator.shots import find_cuts
from annotator.store_media import VIDEO_SUFFIXES

_MOST_PREDICTED = 400
"""Frames that a network is asked to look at, where it is."""


@dataclass(frozen=True)
class _Offer:
    """Candidates, the names of their keys, and the keys of those that are labelled already."""

    candidates: list[Candidate]
    names: dict[int, str]
    labelled: frozenset[int] = frozenset()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``choose``."""
    parser.add_argument("media", type=Path, metavar="MEDIA", help="a video, a folder of images, or a project")
    parser.add_argument("-n", "--count", type=int, default=50, metavar="N", help="as many frames (default 50)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the names here, one a line")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write names and distances here too")
    parser.add_argument("--predict", action="store_true", help="let the network say where the cameras look")
    parser.add_argument("--no-cuts", action="store_true", help="take a video for one shot, do not look for cuts")
    add_network_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """The exit code of ``choose``: 0 as many as asked for, 1 fewer, 2 none."""
    if options.count < 1:
        raise CommandError("Choose at least one frame; name how many with -n.")
    if not options.media.exists():
        raise CommandError(f"{options.media}: there is no such file or folder.")
    try:
        offer = _offer(options)
    except (ProjectError, MediaError) as error:
        raise CommandError(str(error)) from error
    chosen = choose(offer.candidates, options.count, labelled=offer.labelled)
    names = [offer.names[choice.key] for choice in chosen]
    for name in names:
        say(name)
    _write(options, names, chosen)
    complain(f"{len(chosen)} of {len(offer.candidates)} frames looked at, {len(offer.labelled)} labelled already")
    return 2 if not chosen else 0 if len(chosen) == options.count else 1


def _write(options: argparse.Namespace, names: Sequence[str], chosen: Sequence[Choice]) -> None:
    if options.json is not None:
        rows: list[dict[str, Any]] = [
            {"name": name, "distance": None if choice.distance == float("inf") else round(choice.distance, 4)}
            for name, choice in zip(names, chosen, strict=True)
        ]
        write_result({"version": 1, "frames": rows}, options.json)
    if options.output is not None:
        building = options.output.with_name(f".{options.output.name}.part")
        try:
            building.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
            building.replace(options.output)
        except OSError as error:
            raise CommandError(f"{options.output}: it cannot be written ({error.strerror or error}).") from error


def _offer(options: argparse.Namespace) -> _Offer:
    media: Path = options.media
    if Project.is_there_for(media):
        return _of_project(options)
    if media.suffix.lower() in VIDEO_SUFFIXES:
        return _of_video(options)
    return _of_images(options)


def _of_project(options: argparse.Namespace) -> _Offer:
    with Project.for_media([options.media]) as project:
        if options.predict:
            complain("The network's stored predictions are used; let it look at more frames in the window first.")
        ids = project.frame_ids()
        ticker = Ticker("looked at", len(ids))
        found = project_candidates(project, progress=lambda done, total: ticker.show(done))
        names = {i: project.row(i).name for i in ids}
        return _Offer(found or [], names, labelled_in(project))


def _of_video(options: argparse.Namespace) -> _Offer:
    path: Path = options.media
    with VideoReader(path) as video:
        cuts = () if options.no_cuts else find_cuts(video)
        ticker, found = Ticker("looked at", len(video)), []
        for number, shot, rgb in video_frames(video, count=options.count, cuts=cuts):
            found.append(looked_at(number, rgb, shot))
            ticker.show(number + 1)
        if options.predict:
            found = _predicted(found, lambda key: video.read(key), options)
    if len(cuts):
        complain(f"{len(cuts) + 1} shots")
    return _Offer(found, {c.key: f"{path.name}#{c.key:06d}" for c in found})


def _of_images(options: argparse.Namespace) -> _Offer:
    files, complaints = gather([str(options.media)], frozenset(IMAGE_SUFFIXES), "images")
    for text in complaints:
        complain(text)
    if not files:
        raise CommandError(f"{options.media}: nothing to choose from; name a video, a folder of images or a project.")
    ticker = Ticker("looked at", len(files))
    found = []
    for place, rgb in images([path for _, path in files]):
        found.append(looked_at(place, rgb))
        ticker.show(place + 1)
    if options.predict:
        found = _predicted(found, lambda key: read_image(files[key][1]), options)
    return _Offer(found, {place: name for place, (name, _) in enumerate(files)})


def _predicted(found: list[Candidate], read: Any, options: argparse.Namespace) -> list[Candidate]:
    """The candidates with what the network sees of them; of many only so many are shown to it."""
    fewer = found[:: max(1, -(-len(found) // _MOST_PREDICTED))]
    predictor = load_predictor(options.weights, options.device)
    ticker = Ticker("predicted", len(fewer))
    seen = []
    for done, prediction in enumerate(predictor.predict_many((read(c.key) for c in fewer), batch=4)):
        seen.append(seen_as(fewer[done], prediction, threshold=predictor.card.threshold))
        ticker.show(done + 1)
    return seen


