"""``export``: the accepted frames of a project, in one of the formats."""

from __future__ import annotations

import argparse
from pathlib import Path

from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain
from annotator.export import ExportError, ExportKind, export
from annotator.project import Project, ProjectError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``export``."""
    parser.add_argument("project", type=Path, metavar="PROJECT", help="a .touchline file, or its folder or video")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder, or one that an export made")
    parser.add_argument(
        "--what",
        choices=[kind.value for kind in ExportKind],
        default=ExportKind.TRAINING_SET.value,
        help="default: a training set",
    )


def run(options: argparse.Namespace) -> int:
    """The exit code of ``export``."""
    if not options.project.exists():
        raise CommandError(f"{options.project}: there is no such project, folder or video.")
    if not Project.is_there_for(options.project):
        raise CommandError(f"{options.project}: it has no project yet. Open it in the window, or import lines, first.")
    ticker: list[Ticker] = []

    def show(done: int, total: int) -> None:
        if not ticker:
            ticker.append(Ticker("exported", total))
        ticker[0].show(done)

    try:
        with Project.for_media([options.project]) as project:
            report = export(project, options.folder, what=ExportKind(options.what), progress=show)
    except (ProjectError, ExportError) as error:
        raise CommandError(str(error)) from error
    if report is None:
        return 2
    for line in report.left_out:
        complain(str(line))
    complain(f"{options.folder}: {report.frames} frames exported")
    return 1 if report.left_out else 0
