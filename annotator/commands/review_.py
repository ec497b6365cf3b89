"""``review``: which frames of a project deserve a look first, and why; ``--flip`` lets a network look closer before."""

from __future__ import annotations

import argparse
from pathlib import Path

from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain, say, share
from annotator.commands.network import add_network_arguments, load_predictor
from annotator.project import Project, ProjectError
from annotator.review import FrameSigns, rank
from annotator.review.bones import with_bones
from annotator.review.mirrored import look_closer, to_look_at
from annotator.review.plain import line
from annotator.review.query import QueryError, facts_of, parse_query
from annotator.review.survey import THRESHOLD, Survey, known_entries
from annotator.review.worker import Inspector
from annotator.schemes import family

_REASONS = 3
_USUAL = 0.3
"""As a window without a network shows points."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``review``."""
    parser.add_argument("project", type=Path, metavar="PROJECT", help="a .touchline file, or its folder or video")
    parser.add_argument("--first", type=int, default=50, metavar="N", help="as many frames (default 50; 0: all)")
    parser.add_argument("--query", default="", metavar="TEXT", help="only frames that fit, as in the window's filter")
    parser.add_argument("--threshold", type=share, metavar="T", help="least confidence (default: as in the window)")
    parser.add_argument("--flip", action="store_true", help="the network looks at every frame it saw mirrored too")
    add_network_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """The exit code of ``review``."""
    if not options.project.exists() or not Project.is_there_for(options.project):
        raise CommandError(f"{options.project}: there is no project. Open it in the window, or import lines, first.")
    if options.first < 0:
        raise CommandError("The queue cannot show fewer than no frames; name 0 or more with --first.")
    try:
        query = parse_query(options.query)
        with Project.for_media([options.project]) as project:
            lost = _look_closer(project, options) if options.flip else []
            known, many = _surveyed(project, options), project.scheme.is_many
            rows = {i: project.row(i) for i in project.frame_ids()}
            queue = rank([known.get(i, FrameSigns(i)) for i in rows])
            listed = [
                one
                for one in queue
                if query.matches(
                    facts_of(
                        known.get(one.frame_id, FrameSigns(one.frame_id)),
                        name=rows[one.frame_id].name,
                        state=rows[one.frame_id].state,
                    )
                )
            ]
    except (ProjectError, QueryError) as error:
        raise CommandError(str(error)) from error
    for place, one in enumerate(listed[: options.first or None]):
        why = "; ".join(line(sign, many=many) for sign in one.reasons[:_REASONS]) or "nothing odd"
        say(f"{place + 1}\t{rows[one.frame_id].name}\t{rows[one.frame_id].state.value}\t{why}")
    for text in lost:
        complain(text)
    return 1 if lost else 0


def _look_closer(project: Project, options: argparse.Namespace) -> list[str]:
    predictor = load_predictor(options.weights, options.device, scheme=family(project.scheme))
    ids = to_look_at(project, predictor.id)
    if not ids and predictor.id not in project.networks():
        raise CommandError("This network saw no frame of the project yet; predict them in the window first.")
    ticker = Ticker("looked at mirrored", len(ids))
    return look_closer(project, predictor, ids, progress=lambda done, total: ticker.show(done))


def _surveyed(project: Project, options: argparse.Namespace) -> dict[int, FrameSigns]:
    """What is odd about every frame; what is not known yet is found out and kept, as the window does."""
    threshold = options.threshold or project.setting(THRESHOLD, 0.0) or _USUAL
    known = known_entries(project)
    ticker: list[Ticker] = []

    def progress(done: int, total: int) -> None:
        if not ticker:
            ticker.append(Ticker("looked at", total))
        ticker[0].show(done)

    inspector = Inspector()
    try:
        Survey(project, inspector, threshold=threshold).run(
            known, found=known.update, progress=progress, should_stop=lambda: False
        )
    finally:
        inspector.close()
    return {one.frame_id: one for one in with_bones([one.entry.signs for one in known.values()])}
