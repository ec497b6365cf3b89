"""``track``: people, or other things, followed through the clips of a project, and how well they were followed."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain, say, write_result
from annotator.project import Project, ProjectError
from annotator.timeline import is_clip
from annotator.tracking import Look
from annotator.tracking_project import Followed, clips_to_score, follow, keep, look_with, saw_people, settings_for
from annotator.tracking_score import score_tracks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``track``."""
    add = parser.add_argument
    add("project", type=Path, metavar="PROJECT", help="a .touchline file, or its folder or video")
    text = "do not track: judge the numbers in PROJECT by the labels of this one (MOTA, IDF1, identity switches)"
    add("--score", type=Path, metavar="TRUTH", help=text)
    text = "a pose network (.safetensors or .pth) that looks at every box; without it what was predicted counts"
    add("--weights", type=Path, metavar="FILE", help=text)
    add("--device", default="auto", metavar="NAME", help="where the network computes (default auto)")
    text = "frames for which somebody who is not seen is remembered (default 20, or 50 without "
    add("--gap", type=int, metavar="N", help=text + "predictions)")
    add("--dry-run", action="store_true", help="only look: keep nothing in the project")
    add("--author", default="", metavar="NAME", help="whose edit it is in the history")
    add("--json", type=Path, metavar="FILE", help="write the measures, or what was found, here too")


def run(options: argparse.Namespace) -> int:
    """The exit code of ``track``: 0 done, 1 frames could not be read, 2 nobody to follow."""
    if options.gap is not None and options.gap < 1:
        raise CommandError("Somebody is remembered for at least one frame; give --gap a number from 1 up.")
    try:
        with _opened(options.project) as project:
            if not project.scheme.is_many:
                raise CommandError(f"{options.project}: the project labels one {project.scheme.thing} a frame.")
            if options.score is not None:
                return _score(project, options)
            return _follow(project, options)
    except ProjectError as error:
        raise CommandError(str(error)) from error


def _opened(path: Path) -> Project:
    if not path.exists() or not Project.is_there_for(path):
        raise CommandError(f"{path}: there is no project. Open it in the window, or import labels, first.")
    return Project.for_media([path])


def _score(project: Project, options: argparse.Namespace) -> int:
    with _opened(options.score) as truth:
        if truth.scheme.keypoints != project.scheme.keypoints:
            raise CommandError(f"{options.score}: its labels have other points than those of {options.project}.")
        scores = score_tracks(clips_to_score(truth, project), truth.scheme)
    if not scores.frames:
        raise CommandError(f"{options.score}: no labelled frame of it is in {options.project}, by name.")
    say(scores.text().rstrip())
    if options.json is not None:
        write_result({"version": 1, **scores.document()}, options.json)
    return 0


def _follow(project: Project, options: argparse.Namespace) -> int:
    clips = [medium for medium in project.media() if is_clip(project, medium.id)]
    if not clips:
        raise CommandError(f"{options.project}: there is no clip, no video nor frames numbered one after the other.")
    look = None if options.weights is None else _look(project, options)
    found, lost, nobody = [], 0, []
    for medium in clips:
        ticker: Ticker | None = None

        def progress(done: int, total: int) -> None:
            nonlocal ticker
            ticker = ticker or Ticker("tracked through", total)
            ticker.show(done)

        settings = None
        if options.gap is not None:
            predicted = look is not None or saw_people(project, project.frame_ids())
            settings = replace(settings_for(predicted=predicted), queue=options.gap)
        try:
            followed = follow(project, medium.id, settings=settings, look=look, progress=progress)
        except ValueError as error:
            nobody.append(f"{medium.path}: {error}")
            continue
        assert followed is not None
        for each in followed.lost:
            complain(each)
        if not options.dry_run:
            keep(project, followed, author=options.author)
        lost += len(followed.lost)
        _tell(medium.path.name, followed, kept=not options.dry_run)
        things, limited = sorted(followed.numbers), sorted(followed.limited)
        found.append({"clip": medium.path.name, "things": things, "frames": len(followed.after), "limited": limited})
    for each in nobody:
        complain(each)
    if options.json is not None:
        write_result({"version": 1, "clips": found}, options.json)
    return 2 if not found else 1 if lost or nobody else 0


def _tell(name: str, followed: Followed, *, kept: bool) -> None:
    say(f"{name}: {len(followed.numbers)} followed, {len(followed.after)} frames "
        f"{'changed' if kept else 'would change'}, {followed.closed} left as they were accepted")  # fmt: skip
    if followed.limited:
        some = ", ".join(str(number) for number in sorted(followed.limited))
        say(f"  stopped {followed.longest} frames after the last label: {some}; --gap N goes further")


def _look(project: Project, options: argparse.Namespace) -> Look:
    from model.card import CheckpointError
    from model.predictor import Predictor

    try:
        network = Predictor.load(options.weights, options.device)
    except (CheckpointError, ValueError) as error:
        raise CommandError(f"{options.weights}: {error}") from error
    if network.names != project.scheme.keypoints:
        raise CommandError(f"{options.weights}: its points are not those of {project.scheme.id}.")
    if not network.takes_boxes:
        raise CommandError(f"{options.weights}: it sees everybody at once; let `predict` look, then track without it.")
    return look_with(network, project.scheme)
