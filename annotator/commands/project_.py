"""``project``: what a project holds; two merged; one checked, made smaller, backed up, cut, or told where media are.

``scheme`` shows the keypoints of a project and gives it others.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from annotator.commands import CommandError
from annotator.commands.console import complain, say
from annotator.formats.documents import FormatError
from annotator.labels import FrameState
from annotator.merging import Effect, Winner, merge
from annotator.project import MediaKind, Predictions, Project, ProjectError
from annotator.scheme_change import SchemeChange, carry_out_change, plan_change
from annotator.schemes import named_scheme, text_of_scheme, write_scheme
from annotator.store_media import home_beside, home_elsewhere
from annotator.store_schema import SUFFIX
from annotator.travel import back_up, backups_of, is_in_use, look_at_backup, restore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``project`` and its parts."""
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
    for name, text in (
        ("info", "media, frames by state, networks"),
        ("check", "read everything and say what is damaged or missing"),
        ("vacuum", "give back the room of what was deleted"),
        ("backup", "write a backup beside the project"),
    ):
        _project(parts.add_parser(name, help=text))
    restoring = _project(parts.add_parser("restore", help="list the backups of a project, or go back to one of them"))
    restoring.add_argument("backup", nargs="?", metavar="BACKUP",
                           help="its file, or its name as listed; what the project is now is kept")  # fmt: skip
    merging = _project(parts.add_parser("merge", help="bring in what another person's project says"))
    merging.add_argument("other", type=Path, metavar="OTHER", help="a .touchline file; it is not changed")
    merging.add_argument("--winner", choices=[one.value for one in Winner], default=Winner.NEWEST.value)
    merging.add_argument("--author", default="", help="whose words they are (default: as the other project says)")
    merging.add_argument("--dry-run", action="store_true", help="only say what would happen")
    cutting = _project(parts.add_parser("slice", help="some frames as a project of their own"))
    cutting.add_argument("target", type=Path, metavar="TARGET", help="a new .touchline file")
    cutting.add_argument("--state", choices=[s.value for s in FrameState], action="append", help="may be repeated")
    cutting.add_argument("--text", default="", help="frames with this in their name")
    cutting.add_argument("--predictions", action="store_true", help="take along what networks saw")
    moving = _project(parts.add_parser("relink", help="say where a folder or video that moved lies now"))
    moving.add_argument("place", type=Path, metavar="PLACE")
    changing = _project(parts.add_parser("scheme", help="show the scheme, or change it after a look at what happens"))
    changing.add_argument("--to", metavar="SCHEME", help="its id, or a JSON file (docs/schemes.md)")
    changing.add_argument("--map", action="append", default=[], metavar="OLD=NEW", dest="pairs",
                          help="what a keypoint is called now, nothing where it goes; may be repeated")  # fmt: skip
    changing.add_argument("--author", default="", help="who changes it")
    changing.add_argument("--dry-run", action="store_true", help="only say what would happen")
    changing.add_argument("--write", type=Path, metavar="FILE", help="write the project's scheme to a file")
    moving.add_argument("--media", type=int, metavar="N", help="its number in info; needed where there are several")


def _project(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("project", type=Path, metavar="PROJECT", help="a .touchline file, or its folder or video")
    return parser


def run(options: argparse.Namespace) -> int:
    """The exit code of ``project``."""
    if options.part == "restore":
        return _restore(options)
    if not options.project.exists():
        raise CommandError(f"{options.project}: there is no such project, folder or video.")
    if not Project.is_there_for(options.project):
        raise CommandError(f"{options.project}: it has no project yet. Open it in the window, or import lines, first.")
    try:
        with Project.for_media([options.project]) as project:
            return _PARTS[options.part](project, options)
    except (ProjectError, FormatError) as error:
        raise CommandError(str(error)) from error


def _info(project: Project, options: argparse.Namespace) -> int:
    say(f"{project.path}  {project.scheme_id}")
    for medium in project.media():
        there = "" if medium.path.exists() else "  not found"
        say(f"  {medium.id}  {medium.kind.value:7} {medium.path}{there}")
    counts = project.state_counts()
    say(f"  {sum(counts.values()):,} frames: " + ", ".join(f"{n:,} {state.value}" for state, n in counts.items() if n))
    for network in project.networks():
        say(f"  predictions of {network}")
    last = project.last_change()
    if last is not None:
        say(f"  last change {last.when:%Y-%m-%d %H:%M} UTC: {last.text}" + (f", {last.author}" if last.author else ""))
    return 0


def _check(project: Project, options: argparse.Namespace) -> int:
    problems = project.problems()
    missing = sum(project.row(number).missing for number in project.frame_ids())
    if missing:
        problems.append(f"{missing:,} frames are not where they were; project relink says where they lie now")
    for problem in problems:
        complain(f"{project.path}: {problem}")
    if not problems:
        say(f"{project.path}: sound, every record can be read")
    return 1 if problems else 0


def _vacuum(project: Project, options: argparse.Namespace) -> int:
    say(f"{project.path}: {project.vacuum() / 1e6:.1f} MB given back")
    return 0


def _backup(project: Project, options: argparse.Namespace) -> int:
    say(str(back_up(project)))
    return 0


def _restore(options: argparse.Namespace) -> int:
    """A project that is damaged, or gone, has no other way back: it is not opened here."""
    path = _file_of(options.project)
    found = [look_at_backup(backup) for backup in backups_of(path)]
    if not found:
        raise CommandError(f"{path}: it has no backup.")
    if options.backup is None:
        for one in found:
            what = one.problem or f"{one.labelled:,} of {one.frames:,} frames labelled, {one.accepted:,} accepted"
            say(f"{one.path.name}  {one.size / 1e6:.1f} MB  {what}")
        return 0
    chosen = Path(options.backup)
    named = next((one.path for one in found if options.backup in (one.path.name, one.path.stem)), chosen)
    if not named.is_file():
        raise CommandError(f"{named}: there is no such backup; project restore {path} lists them.")
    if is_in_use(path):
        raise CommandError(f"{path}: it is open in a window. Close it first, or restore the backup there.")
    try:
        kept = restore(path, named)
    except ProjectError as error:
        raise CommandError(str(error)) from error
    say(f"{path}: as it was in {named.name}" + ("" if kept is None else f"; what it was before is kept as {kept}"))
    return 0


def _file_of(given: Path) -> Path:
    """The project file that is meant, which need not be there."""
    place = given.absolute()
    if place.suffix.lower() == SUFFIX and not place.is_dir():
        return place
    beside, elsewhere = home_beside(place), home_elsewhere(place)
    return elsewhere if elsewhere.exists() and not beside.exists() else beside


def _merge(project: Project, options: argparse.Namespace) -> int:
    effect = Effect.LOOK if options.dry_run else Effect.STORE
    report = merge(project, options.other, winner=Winner(options.winner), author=options.author, effect=effect)
    for conflict in report.conflicts:
        complain(f"{conflict.name}: both say something else; {'theirs' if conflict.taken else 'ours'} is taken")
    for name in report.unknown:
        complain(f"{name}: no frame of this project has this name")
    say(
        f"{len(report.filled)} frames filled, {len(report.conflicts)} in conflict, {report.equal} the same already, "
        f"{len(report.unknown)} unknown" + (" (nothing stored)" if options.dry_run else "")
    )
    return 1 if report.unknown or report.conflicts else 0


def _slice(project: Project, options: argparse.Namespace) -> int:
    states = [FrameState(name) for name in options.state] if options.state else None
    numbers = project.frame_ids(states, options.text)
    if not numbers:
        raise CommandError(f"{project.path}: no frame is meant by this; nothing was written.")
    wanted = Predictions.TAKE if options.predictions else Predictions.LEAVE
    project.copy_to(options.target, frame_ids=numbers, predictions=wanted)
    say(f"{options.target}: {len(numbers):,} frames")
    return 0


def _relink(project: Project, options: argparse.Namespace) -> int:
    media = project.media()
    chosen = [medium for medium in media if options.media in (None, medium.id)]
    if len(chosen) != 1:
        listed = "; ".join(f"{medium.id} {medium.path}" for medium in media)
        raise CommandError(f"{project.path}: say with --media which of these moved: {listed}.")
    found = project.relink(chosen[0].id, options.place)
    what = "frames of the video" if chosen[0].kind is MediaKind.VIDEO else "frames"
    say(f"{options.place}: {found:,} {what} found")
    return 0


def _scheme(project: Project, options: argparse.Namespace) -> int:
    if options.write is not None:
        write_scheme(options.write, project.scheme)
        say(f"{options.write}: {project.scheme.title}")
    if options.to is None:
        if options.write is None:
            say(text_of_scheme(project.scheme).rstrip())
        return 0
    try:
        change = plan_change(project, named_scheme(options.to), _pairs(options.pairs))
    except ValueError as error:
        raise CommandError(f"{project.path}: {error}.") from error
    if change.is_nothing:
        say(f"{project.path}: it has this scheme already")
        return 0
    _tell_change(change)
    if not options.dry_run:
        carry_out_change(project, change, author=options.author)
    say(f"{change.frames:,} frames " + ("would change (nothing stored)" if options.dry_run else "changed"))
    return 1 if change.lost else 0


def _tell_change(change: SchemeChange) -> None:
    say(f"{change.old.title} -> {change.new.title}")
    for old, new in change.renamed.items():
        say(f"  {old} is called {new} ({change.points[old]:,} frames)")
    for old in change.removed:
        if change.points[old]:
            say(f"  {old} goes ({change.points[old]:,} frames)")
    unused = sum(not change.points[old] for old in change.removed)
    if unused:
        say(f"  {unused} keypoints go of which nothing was said")
    if change.added:
        say(f"  {len(change.added)} new: " + ", ".join(change.added[:6]) + (" ..." if len(change.added) > 6 else ""))
    for what, count in sorted(change.lost.items()):
        complain(f"{count:,} frames lose {what}; their history keeps them")
    if change.predictions:
        complain("What networks saw is forgotten: predict again.")


def _pairs(given: list[str]) -> dict[str, str | None]:
    """Old and new names of ``old=new``, None of ``old=``."""
    found: dict[str, str | None] = {}
    for text in given:
        old, equals, new = text.partition("=")
        if not equals or not old:
            raise CommandError(f"{text!r} is not like old=new.")
        found[old] = new or None
    return found


_PARTS: dict[str, Callable[[Project, argparse.Namespace], int]] = {
    "info": _info,
    "check": _check,
    "vacuum": _vacuum,
    "backup": _backup,
    "merge": _merge,
    "slice": _slice,
    "relink": _relink,
    "scheme": _scheme,
}
