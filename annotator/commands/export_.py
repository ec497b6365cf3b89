"""``export``: frames of a project, in one of the formats."""

from __future__ import annotations

import argparse
import shlex
from enum import Enum
from pathlib import Path

from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain, share
from annotator.export import (
    Box,
    ExportError,
    ExportKind,
    ExportOptions,
    ExportReport,
    Images,
    Scope,
    Unaccepted,
    export,
)
from annotator.export.options import THRESHOLD
from annotator.export.splits import GroupBy, Splits, parse_shares, read_split_lists
from annotator.formats.documents import FormatError
from annotator.formats.soccernet import Dialect
from annotator.project import Project, ProjectError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``export``."""
    parser.add_argument("project", type=Path, metavar="PROJECT", help="a .touchline file, or its folder or video")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder, or one that an export made")
    _choice(parser, "--what", ExportKind.TRAINING_SET, "the format (default: a training set)")
    _choice(parser, "--scope", Scope.ACCEPTED, "accepted frames, those and drafts, or all with confident points")
    _choice(
        parser, "--unaccepted", Unaccepted.MASK,
        "points that nobody accepted: unknown (mask), not there (exclude), or as the network sees them (accept)",
    )  # fmt: skip
    parser.add_argument("--above", type=share, default=THRESHOLD, metavar="T", help="confidence from which on the "
                        f"network's points are taken (default: {THRESHOLD:g})")  # fmt: skip
    parser.add_argument("--network", metavar="ID", help="whose predictions (default: the newest of each frame)")
    parser.add_argument("--images", choices=[one.value for one in Images], help="copied, hard-linked, or only named "
                        "(default: what suits the format)")  # fmt: skip
    _choice(parser, "--box", Box.HULL, "the box of COCO and YOLO-pose: hull of the points, or the whole frame")
    parser.add_argument("--shares", type=_shares, metavar="80/20", help="shares of train, val and test")
    parser.add_argument("--seed", type=int, metavar="N", help="the seed of the split (default: 0)")
    text = "what is never separated: a match or folder (default), a clip, or nothing, for single photographs (frame)"
    parser.add_argument("--group", choices=[one.value for one in GroupBy], help=text)
    parser.add_argument("--lists", nargs="+", type=Path, metavar="FILE", help="train.txt, valid.txt, test.txt: names "
                        "of frames with a fixed split")  # fmt: skip
    _choice(parser, "--dialect", Dialect.CALIBRATION, "how SoccerNet lines name the left goal post")


def _choice(parser: argparse.ArgumentParser, name: str, default: Enum, text: str) -> None:
    choices = [one.value for one in type(default)]
    parser.add_argument(name, choices=choices, default=default.value, help=text)


def _shares(text: str) -> tuple[tuple[str, float], ...]:
    try:
        return parse_shares(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def options_of(options: argparse.Namespace) -> ExportOptions:
    """The choices that the arguments make.

    Raises
    ------
    CommandError
        If they contradict each other, or a list cannot be read.
    """
    try:
        return ExportOptions(
            ExportKind(options.what),
            scope=Scope(options.scope),
            unaccepted=Unaccepted(options.unaccepted),
            threshold=options.above,
            network=options.network,
            images=None if options.images is None else Images(options.images),
            box=Box(options.box),
            splits=_splits(options),
            dialect=Dialect(options.dialect),
        )
    except (ValueError, FormatError) as error:
        raise CommandError(str(error)) from error


def _splits(options: argparse.Namespace) -> Splits | None:
    given = (options.shares, options.seed, options.group, options.lists)
    if all(one is None for one in given):
        return None
    usual = Splits()
    return Splits(
        options.shares or usual.shares,
        usual.seed if options.seed is None else options.seed,
        usual.group_by if options.group is None else GroupBy(options.group),
        read_split_lists(options.lists) if options.lists else (),
    )


def command_line(project: Path, folder: Path, options: ExportOptions, *, lists: tuple[Path, ...] = ()) -> str:
    """The command that makes an export, without the choices that are usual; ``lists`` are files of fixed splits."""
    usual = ExportOptions(options.kind)
    words = ["python", "main.py", "export", str(project), str(folder), "--what", options.kind.value]
    for name, chosen, common in (
        ("--scope", options.scope, usual.scope),
        ("--unaccepted", options.unaccepted, usual.unaccepted),
        ("--images", options.placing, usual.placing),
        ("--box", options.box, usual.box),
        ("--dialect", options.dialect, usual.dialect),
    ):
        words += [name, str(chosen.value)] if chosen is not common else []
    words += ["--above", f"{options.threshold:g}"] if options.takes_predictions else []
    words += ["--network", options.network] if options.network else []
    if options.splits is not None:
        shares = "/".join(f"{100 * part:g}" for _, part in options.splits.shares)
        words += ["--shares", shares, "--seed", str(options.splits.seed), "--group", options.splits.group_by.value]
        words += ["--lists", *map(str, lists)] if lists else []
    return shlex.join(words)


def run(options: argparse.Namespace) -> int:
    """The exit code of ``export``."""
    if not options.project.exists():
        raise CommandError(f"{options.project}: there is no such project, folder or video.")
    if not Project.is_there_for(options.project):
        raise CommandError(f"{options.project}: it has no project yet. Open it in the window, or import labels, first.")
    ticker: list[Ticker] = []

    def show(done: int, total: int) -> None:
        if not ticker:
            ticker.append(Ticker("exported", total))
        ticker[0].show(done)

    what = options_of(options)
    try:
        with Project.for_media([options.project]) as project:
            report = export(project, options.folder, what=what, progress=show)
    except (ProjectError, ExportError) as error:
        raise CommandError(str(error)) from error
    return 2 if report is None else _tell(report)


def _tell(report: ExportReport) -> int:
    for line in (*report.left_out, *report.points):
        complain(str(line))
    for warning in report.warnings:
        complain(f"Careful: {warning}.")
    points = report.counts.get("points", 0)
    complain(f"{report.folder}: {report.frames} frames exported" + (f", {points} points" if points else ""))
    return 1 if report.left_out or report.points else 0
