"""``check``: labels in, a table of what looks wrong with them out."""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from annotator.checks import Finding, Severity, deep_check
from annotator.commands import CommandError
from annotator.commands.console import complain, frame_size, write_result
from annotator.commands.labelled import WHAT, Labelled, labelled_frames
from annotator.keypoints import Resolved, resolve
from annotator.temporal import Instant, odd_over_time

CLEAN, FINDINGS, NOTHING = 0, 1, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``check``."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help=f"{WHAT}, or folders of files")
    parser.add_argument(
        "--size", type=frame_size, default=(960, 540), metavar="WxH", help="size of the frames (default 960x540)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the findings here too")
    parser.add_argument("--hints", action="store_true", help="also what is probably forgotten")


def run(options: argparse.Namespace) -> int:
    """The exit code of ``check``: 0 nothing looks wrong, 1 something does or could not be read, 2 nothing to check."""
    unusable: list[str] = []

    def say(text: str) -> None:
        unusable.append(text)
        complain(text)

    document: dict[str, list[dict[str, Any]]] = {}
    rows: list[tuple[str, str, str]] = []
    frames = labelled_frames(options.paths, size=options.size, fractions_of=options.size, complain=say)
    for frame, found in checked(frames):
        wanted = [finding for finding in found if options.hints or finding.severity is not Severity.HINT]
        rows.extend((frame.key, finding.rule.value, finding.reason) for finding in wanted)
        document[frame.key] = [finding_document(finding) for finding in wanted]
    if not document:
        raise CommandError(f"Nothing to check; name {WHAT}.")
    sys.stdout.write(table(rows))
    if options.json is not None:
        write_result({"version": 1, "frames": document}, options.json)
    touched = sum(bool(found) for found in document.values())
    complain(f"{len(rows)} findings in {touched} of {len(document)} frames")
    return FINDINGS if rows or unusable else CLEAN


def checked(frames: Iterable[Labelled]) -> Iterator[tuple[Labelled, tuple[Finding, ...]]]:
    """Every frame with its findings; in a video the labelled frames before and after are its neighbours."""
    resolved = (
        (frame, resolve(frame.instance, None, size=frame.size, threshold=1.0, standing=frame.standing))
        for frame in frames
    )
    previous: tuple[Labelled, Resolved] | None = None
    shot: list[tuple[Labelled, Instant, tuple[Finding, ...]]] = []
    for (frame, here), following in _pairs(resolved):
        beside = [pair[1] for pair in (previous, following) if pair is not None and _is_same_shot(frame, pair[0])]
        found = deep_check(frame.instance, here, size=frame.size, neighbours=beside)
        shot.append((frame, Instant.of(_number(frame, len(shot)), here), found))
        if following is None or not _is_same_shot(frame, following[0]):
            yield from _with_time(shot)
            shot = []
        previous = (frame, here)


def _with_time(
    shot: list[tuple[Labelled, Instant, tuple[Finding, ...]]],
) -> Iterator[tuple[Labelled, tuple[Finding, ...]]]:
    """The frames of a video with what is odd against their neighbours in time besides."""
    odd = odd_over_time([instant for _, instant, _ in shot]) if len(shot) > 1 else {}
    for frame, instant, found in shot:
        over_time = (one.finding(instant.points.get(one.keypoint or "")) for one in odd.get(instant.number, ()))
        yield frame, (*found, *over_time)


def _number(frame: Labelled, place: int) -> int:
    """The number of a frame in its video, which its key ends with."""
    number = frame.key.rpartition("#")[2]
    return int(number) if number.isdecimal() else place


def _pairs(
    frames: Iterator[tuple[Labelled, Resolved]],
) -> Iterator[tuple[tuple[Labelled, Resolved], tuple[Labelled, Resolved] | None]]:
    ahead: Iterator[tuple[Labelled, Resolved] | None] = itertools.chain(frames, [None])
    here = next(ahead)
    for following in ahead:
        assert here is not None
        yield here, following
        here = following


def _is_same_shot(first: Labelled, second: Labelled) -> bool:
    return first.shot is not None and first.shot == second.shot


def table(rows: list[tuple[str, str, str]]) -> str:
    """Aligned columns file, rule and reason; "" without rows."""
    if not rows:
        return ""
    rows = [("file", "rule", "reason"), *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    return "".join(f"{file:<{widths[0]}}  {rule:<{widths[1]}}  {reason}\n" for file, rule, reason in rows)


def finding_document(finding: Finding) -> dict[str, Any]:
    """A finding as JSON; ``at`` is in pixels or null, ``mend`` what would mend it or null."""
    return {
        "rule": finding.rule.value,
        "severity": finding.severity.value,
        "reason": finding.reason,
        "keypoints": list(finding.keypoints),
        "markings": list(finding.markings),
        "at": None if finding.at is None else list(finding.at),
        "mend": None if finding.mend is None else finding.mend.text,
    }
