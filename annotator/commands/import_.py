"""``import``: SoccerNet line files into a project, as drawn markings."""

from __future__ import annotations

import argparse
from pathlib import Path

from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain
from annotator.formats import soccernet
from annotator.project import Project, ProjectError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``import``."""
    parser.add_argument("media", type=Path, metavar="MEDIA", help="a folder of images, a video or a .touchline project")
    parser.add_argument("lines", nargs="+", type=Path, metavar="LINES", help="line JSON files, or folders of them")


def run(options: argparse.Namespace) -> int:
    """The exit code of ``import``."""
    if not options.media.exists():
        raise CommandError(f"{options.media}: there is no such folder, video or project.")
    ticker: list[Ticker] = []

    def show(done: int, total: int) -> None:
        if not ticker:
            ticker.append(Ticker("imported", total))
        ticker[0].show(done)

    try:
        with Project.for_media([options.media]) as project:
            report = soccernet.import_lines(project, options.lines, progress=show)
    except (ProjectError, soccernet.FormatError) as error:
        raise CommandError(str(error)) from error
    for finding in (*report.findings, *report.unmatched, *report.skipped):
        complain(str(finding))
    complain(f"{len(report.added)} frames have new lines")
    if not report.added:
        return 2
    return 1 if report.findings or report.unmatched else 0
