"""``import``: labels of other programs into a project."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain
from annotator.formats.documents import FormatError
from annotator.import_things import other_scheme, scheme_in
from annotator.imports import Change, Conflicts, ImportPlan, carry_out, plan_import
from annotator.project import Project, ProjectError
from annotator.scheme import Scheme
from annotator.schemes import known_schemes, named_scheme


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``import``."""
    parser.add_argument("media", type=Path, metavar="MEDIA", help="a folder of images, a video or a .touchline project")
    parser.add_argument(
        "labels",
        nargs="+",
        type=Path,
        metavar="LABELS",
        help="SoccerNet lines or cameras, COCO keypoints, MPII lists, CVAT XML, YOLO-pose sets, DeepLabCut or "
        "Lightning Pose CSV, keypoint documents, training sets; files, or folders of JSON",
    )
    parser.add_argument("--scheme", metavar="SCHEME", help="of a project that is made by this: the id of a scheme, or "
                        "its JSON file (default: what the labels name)")  # fmt: skip
    parser.add_argument(
        "--conflicts",
        choices=[choice.value for choice in Conflicts],
        default=Conflicts.KEEP.value,
        help="where project and file say something else: keep the project's words, or take the file's (default: keep)",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would happen")


def run(options: argparse.Namespace) -> int:
    """The exit code of ``import``."""
    if not options.media.exists():
        raise CommandError(f"{options.media}: there is no such folder, video or project.")
    try:
        with Project.for_media([options.media], scheme=_scheme(options)) as project:
            return _import(project, options)
    except (ProjectError, FormatError) as error:
        raise CommandError(str(error)) from error


def _scheme(options: argparse.Namespace) -> Scheme | None:
    """The scheme of a project that has to be made; None of one that is there."""
    if Project.is_there_for(options.media):
        if options.scheme is not None:
            reason = "it has a project with a scheme already; change that with: project scheme"
            raise CommandError(f"{options.media}: {reason}.")
        return None
    return scheme_in(options.labels) if options.scheme is None else named_scheme(options.scheme)


def _import(project: Project, options: argparse.Namespace) -> int:
    ticker: list[Ticker] = []

    def show(done: int, total: int) -> None:
        if not ticker:
            ticker.append(Ticker("looked at", total))
        ticker[0].show(done)

    plan = plan_import(project, options.labels, progress=show)
    if plan is None:
        return 2
    for finding in plan.findings:
        complain(str(finding))
    _tell(plan)
    _tell_of_others(project, plan, options.labels)
    conflicts = Conflicts(options.conflicts)
    if options.dry_run:
        return 1 if plan.findings else 0
    report = carry_out(project, plan, conflicts=conflicts)
    for finding in report.findings:
        complain(str(finding))
    complain(f"{len(report.changed)} frames changed")
    disputed = plan.counts[Change.CONFLICT] if conflicts is Conflicts.KEEP else 0
    if not plan.frames:
        return 2
    return 1 if plan.findings or report.findings or disputed else 0


def _tell_of_others(project: Project, plan: ImportPlan, labels: list[Path]) -> None:
    """Where nothing came of it because the labels are of other things, say how to make the project theirs."""
    if any(frame.added for frame in plan.frames):
        return
    theirs = other_scheme(project, labels)
    if theirs is not None:
        is_known = theirs.id in known_schemes()
        way = f"project scheme {shlex.quote(str(project.path))} --to {theirs.id if is_known else 'SCHEME.json'}"
        complain(
            f"These labels are of {theirs.title}, the project is of {project.scheme.title}. Change that with: {way}"
        )


def _tell(plan: ImportPlan) -> None:
    counts = plan.counts
    complain(
        f"{plan.title}: {counts[Change.ADD]} frames to label, {counts[Change.CHANGE]} to add to, "
        f"{counts[Change.CONFLICT]} in conflict, {counts[Change.UNTOUCHED]} the same already"
    )
    for frame in plan.frames:
        if frame.change is Change.CONFLICT:
            named = ", ".join(frame.disputed[:4]) + (" ..." if len(frame.disputed) > 4 else "")
            complain(f"{frame.name}: the project and the file disagree about {named}")
