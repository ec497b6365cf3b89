"""``keypoints``: SoccerNet line files in, the 57 keypoints that follow from them out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain, frame_size, gather, write_result
from annotator.formats import keypoints57, soccernet
from annotator.keypoints import resolve
from annotator.labels import Instance


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``keypoints``."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="SoccerNet line JSON files, or folders of them")
    parser.add_argument(
        "--size", type=frame_size, default=(960, 540), metavar="WxH", help="size of the frames (default 960x540)"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write here instead of to standard output")
    parser.add_argument("--outside", action="store_true", help="also points outside the frame")


def run(options: argparse.Namespace) -> int:
    """The exit code of ``keypoints``."""
    files, complaints = gather(options.paths, frozenset({".json"}), "line files (.json)")
    files = [(key, path) for key, path in files if "match_info" not in path.name]
    for text in complaints:
        complain(text)
    if not files:
        raise CommandError("No line file to read; name SoccerNet line JSON files or folders that hold them.")
    document: dict[str, Any] = {}
    unusable = len(complaints)
    ticker = Ticker("resolved", len(files))
    for done, (key, path) in enumerate(files):
        try:
            lines = soccernet.read_lines(path, options.size)
        except soccernet.FormatError as error:
            complain(str(error))
            unusable += 1
            continue
        for finding in lines.findings:
            complain(str(finding))
        resolved = resolve(Instance(markings=lines.markings), None, size=options.size, threshold=1.0)
        document[key] = keypoints57.frame_document(resolved, options.size, outside=options.outside)
        ticker.show(done + 1)
    write_result(document, options.output)
    if not document:
        return 2
    return 1 if unusable else 0
