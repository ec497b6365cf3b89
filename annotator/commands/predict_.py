"""``predict``: images in, the keypoints that the network sees out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain, gather, write_result
from annotator.commands.network import add_network_arguments, load_predictor
from annotator.formats import keypoints57
from annotator.frames import IMAGE_SUFFIXES, MediaError, read_image
from annotator.keypoints import resolve
from annotator.labels import Instance


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``predict``."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="images, or folders of them")
    parser.add_argument("--threshold", type=float, metavar="T", help="least confidence (default: the network's own)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write here instead of to standard output")
    parser.add_argument("--outside", action="store_true", help="also points outside the frame")
    add_network_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """The exit code of ``predict``."""
    files, complaints = gather(options.paths, frozenset(IMAGE_SUFFIXES), "images")
    for text in complaints:
        complain(text)
    if not files:
        raise CommandError("No image to look at; name image files or folders that hold them.")
    predictor = load_predictor(options.weights, options.device)
    threshold = predictor.card.threshold if options.threshold is None else options.threshold
    complain(f"network {predictor.id[:8]} on {predictor.device_text}")
    document: dict[str, Any] = {}
    unusable = len(complaints)
    ticker = Ticker("predicted", len(files))
    for done, (key, path) in enumerate(files):
        try:
            rgb = read_image(path)
        except MediaError as error:
            complain(str(error))
            unusable += 1
            continue
        size = (rgb.shape[1], rgb.shape[0])
        resolved = resolve(Instance(), predictor.predict(rgb), size=size, threshold=threshold)
        document[key] = keypoints57.frame_document(resolved, size, outside=options.outside)
        ticker.show(done + 1)
    write_result(document, options.output)
    if not document:
        return 2
    return 1 if unusable else 0
