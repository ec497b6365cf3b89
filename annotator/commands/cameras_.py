"""``evaluate cameras``: camera files against line files, by SoccerNet's published score."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from annotator.camera_score import THRESHOLDS, FrameScore, SetScore, annotated_size, score_frame, score_set
from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain, frame_size, gather, write_result
from annotator.evaluation_cameras import score_document
from annotator.formats.cameras import FormatError, read_camera
from annotator.formats.soccernet import read_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``evaluate cameras``."""
    parser.add_argument("cameras", type=Path, metavar="CAMERAS", help="a folder of camera_*.json")
    parser.add_argument("lines", type=Path, metavar="LINES", help="a folder of SoccerNet line files")
    parser.add_argument(
        "--size", type=frame_size, default=(960, 540), metavar="WxH", help="size of the frames (default 960x540)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the scores here too")


def run(options: argparse.Namespace) -> int:
    """The exit code of ``evaluate cameras``: 1 when a file could not be read, 2 when there is nothing to score."""
    if not options.cameras.is_dir():
        raise CommandError(f"{options.cameras}: there is no such folder.")
    files, complaints = gather([str(options.lines)], frozenset({".json"}), "line files (.json)")
    files = [(key, path) for key, path in files if "info" not in path.stem and not path.name.startswith("camera_")]
    for text in complaints:
        complain(text)
    scores: list[FrameScore | None] = []
    unusable = len(complaints)
    ticker = Ticker("scored", len(files))
    for done, (key, path) in enumerate(files):
        try:
            lines = read_lines(path, annotated_size(options.size))
        except FormatError as error:
            complain(str(error))
            unusable += 1
            continue
        score, problem = _scored(options.cameras, key, {**lines.markings, **lines.aside}, options.size)
        if problem:
            complain(problem)
            unusable += 1
        scores.append(score)
        ticker.show(done + 1)
    if not scores:
        raise CommandError("No line file to score by; name a folder of SoccerNet line files.")
    total = score_set(scores)
    sys.stdout.write(report(total))
    if options.json is not None:
        write_result(score_document(total), options.json)
    return 1 if unusable else 0


def _scored(
    cameras: Path, key: str, lines: dict[str, tuple[tuple[float, float], ...]], size: tuple[int, int]
) -> tuple[FrameScore | None, str]:
    """The score of a frame, None without a camera, and what is wrong with its file."""
    name = f"camera_{Path(key).stem}.json"
    path = next((p for p in (cameras / Path(key).parent / name, cameras / name) if p.is_file()), None)
    if path is None:
        return None, ""
    try:
        return score_frame(read_camera(path).project, lines, size=size), ""
    except FormatError as error:
        return None, str(error)


def report(total: SetScore) -> str:
    """The scores as a table in percent."""
    lines = [f"{total.frames} frames, {100.0 * total.completeness:.1f} % with a camera\n", "          JaC   final\n"]
    lines.extend(f"@{t:<4g}{100.0 * total.jaccard[t]:8.2f}{100.0 * total.final[t]:8.2f}\n" for t in THRESHOLDS)
    return "".join(lines)
