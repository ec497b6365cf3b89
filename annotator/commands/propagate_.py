"""``propagate``: the labels of accepted frames of a project's videos, carried to the frames about them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain, say, write_result
from annotator.motion import End, Stop
from annotator.motion_batch import FARTHEST, Batch, Begun, Reached, keep, propagate
from annotator.project import Project, ProjectError

_WHY = {
    Stop.END: "",
    Stop.ASKED: "it was stopped",
    Stop.LABELLED: "it has labels of its own",
    Stop.CUT: "the picture cuts to another view",
    Stop.LOW_INLIERS: "too little of the background moves as one",
    Stop.RESIDUAL: "the markings leave the paint",
    Stop.NO_PAINT: "nothing that was labelled can be made out",
    Stop.UNREADABLE: "it cannot be read",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``propagate``."""
    parser.add_argument("project", type=Path, metavar="PROJECT", help="a .touchline file, or its folder or video")
    parser.add_argument(
        "--farthest", type=int, default=FARTHEST, metavar="N", help=f"frames from an accepted one (default {FARTHEST})"
    )
    parser.add_argument("--skip-begun", action="store_true", help="leave frames alone that a person began to label")
    parser.add_argument("--dry-run", action="store_true", help="only look: keep nothing in the project")
    parser.add_argument("--author", default="", metavar="NAME", help="whose edit it is in the history")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write how far each accepted frame went here too")


def run(options: argparse.Namespace) -> int:
    """The exit code of ``propagate``: 0 all frames were reached, 1 some were not, 2 none got labels."""
    if options.farthest < 1:
        raise CommandError("Labels are carried at least one frame far; give --farthest a number from 1 up.")
    if not options.project.exists() or not Project.is_there_for(options.project):
        raise CommandError(f"{options.project}: there is no project. Open it in the window, or import labels, first.")
    try:
        with Project.for_media([options.project]) as project:
            batches = [_carried(project, medium.id, options) for medium in project.media()]
    except ProjectError as error:
        raise CommandError(str(error)) from error
    reached = [each for batch in batches for each in batch.reached]
    for each in reached:
        say(line(each))
    if options.json is not None:
        write_result({"version": 1, "legs": [_document(each) for each in reached]}, options.json)
    if not reached:
        complain("no accepted frame of a video has a neighbour to carry its labels to")
    count, left = sum(len(batch.after) for batch in batches), sum(batch.left for batch in batches)
    beside = f", {left} left as they are" if left else ""
    complain(f"{count} frames {'would get' if options.dry_run else 'got'} labels{beside}")
    if not count:
        return 2
    return 0 if all(each.end.reason is Stop.END for each in reached) else 1


def _carried(project: Project, media_id: int, options: argparse.Namespace) -> Batch:
    """One clip, kept as soon as it is done: what an interrupted run did before is not lost."""
    ticker: Ticker | None = None

    def progress(done: int, total: int) -> None:
        nonlocal ticker
        ticker = ticker or Ticker("carried through", total)
        ticker.show(done)

    begun = Begun.SKIP if options.skip_begun else Begun.FILL
    batch = propagate(project, farthest=options.farthest, begun=begun, media_ids=[media_id], progress=progress)
    if not options.dry_run:
        keep(project, batch, author=options.author)
    return batch


def line(each: Reached) -> str:
    """One leg in a line: from where, how many frames, how surely, and why it went no further."""
    way = "onwards" if each.leg.way > 0 else "back"
    sure = f", sd up to {each.sd:.1f} px" if each.count else ""
    return f"{each.leg.name}: {each.count} frames {way}{sure}{_why(each.end)}"


def _why(end: End) -> str:
    why = _WHY[end.reason]
    return f"; ended before frame {end.frame}: {why}" if why else ""


def _document(each: Reached) -> dict[str, Any]:
    return {
        "frame": each.leg.name,
        "start": each.leg.start,
        "until": each.leg.until,
        "count": each.count,
        "sd": round(each.sd, 3),
        "end": {"reason": each.end.reason.value, "frame": each.end.frame},
    }
