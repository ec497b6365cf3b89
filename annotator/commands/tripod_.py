"""``tripod``: where the cameras of a project's clips stand, so that two points a frame are enough; or why not."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain, say, write_result
from annotator.project import Project, ProjectError
from annotator.store_media import MediaKind
from annotator.tripod_store import ClipTripod, find_tripods, forget_tripods, keep_tripods, shots_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``tripod``."""
    parser.add_argument("project", type=Path, metavar="PROJECT", help="a .touchline file, or its folder or video")
    parser.add_argument("--no-cuts", action="store_true", help="take every video for one shot, do not look for cuts")
    parser.add_argument("--dry-run", action="store_true", help="only look: keep nothing in the project")
    parser.add_argument("--forget", action="store_true", help="forget where the cameras stand")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found here too")


def run(options: argparse.Namespace) -> int:
    """The exit code of ``tripod``: 0 every clip's camera stands, 1 some are refused, 2 none is known to stand."""
    if not options.project.exists() or not Project.is_there_for(options.project):
        raise CommandError(f"{options.project}: there is no project. Open it in the window, or import labels, first.")
    try:
        with Project.for_media([options.project]) as project:
            if options.forget:
                forget_tripods(project)
                return 0
            found = _found(project, look_for_cuts=not options.no_cuts)
            if not options.dry_run:
                keep_tripods(project, found)
    except ProjectError as error:
        raise CommandError(str(error)) from error
    for each in found:
        say(line(each))
    if options.json is not None:
        write_result({"version": 1, "clips": [_document(each) for each in found]}, options.json)
    believed = sum(each.tripod.standing is not None for each in found)
    complain(f"{believed} of {len(found)} clips have a camera that is known to stand somewhere")
    return 2 if not believed else 0 if believed == len(found) else 1


def _found(project: Project, *, look_for_cuts: bool) -> list[ClipTripod]:
    cuts = _cuts(project) if look_for_cuts else {}
    ticker = Ticker("frames", len(project.frame_ids()))
    found = find_tripods(project, shots_of(project, cuts), progress=lambda done, total: ticker.show(done))
    return found or []


def _cuts(project: Project) -> dict[int, Sequence[int]]:
    """The cuts of every video of the project that can be read."""
    from annotator.frames import MediaError
    from annotator.shots import find_cuts

    cuts: dict[int, Sequence[int]] = {}
    for medium in project.media():
        if medium.kind is MediaKind.VIDEO:
            try:
                cuts[medium.id] = find_cuts(medium.path)
            except MediaError as error:
                complain(f"{error}")
    return cuts


def line(each: ClipTripod) -> str:
    """One clip in a line: its name, then the position and how surely, or the reason."""
    tripod = each.tripod
    if tripod.standing is None or tripod.scatter is None:
        return f"{each.shot.name}: {tripod.reason}"
    x, y, z = tripod.standing.position
    worst = float(tripod.scatter.max())
    out = f", left out {', '.join(tripod.left_out)}" if tripod.left_out else ""
    return (
        f"{each.shot.name}: the camera stands at x {x:.2f}, y {y:.2f} m, {-z:.2f} m high, to {worst:.2f} m, "
        f"by {len(tripod.frames)} frames{out}"
    )


def _document(each: ClipTripod) -> dict[str, object]:
    tripod = each.tripod
    return {
        "clip": each.shot.name,
        "position_meters": None if tripod.standing is None else tripod.standing.position.tolist(),
        "deviation_meters": None if tripod.scatter is None else tripod.scatter.tolist(),
        "frames": list(tripod.frames),
        "left_out": list(tripod.left_out),
        "reason": tripod.reason,
    }
