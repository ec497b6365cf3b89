"""``predict``: images and videos in, the keypoints that the network sees out."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain, share
from annotator.commands.network import add_network_arguments, load_predictor
from annotator.commands.people import add_people_arguments, run_people, wants_people
from annotator.commands.per_frame import Item, Results, fresh, items_to_see, left_of, predicted, results_in, resumed
from annotator.commands.stretch import add_range_arguments, stretch_of
from annotator.formats import keypoints57
from annotator.frames import FrameSource, MediaError
from annotator.keypoints import resolve
from annotator.labels import Instance

_COLUMNS = ("keypoint", "x", "y", "source", "confidence", "sd")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``predict``."""
    text = "images, videos, folders of them, or projects of people"
    parser.add_argument("paths", nargs="+", metavar="PATH", help=text)
    parser.add_argument("--threshold", type=share, metavar="T", help="least confidence (default: the network's own)")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="write here instead of to standard output: .jsonl or .csv frame by frame, else one JSON object",
    )
    parser.add_argument("--resume", action="store_true", help="keep what --output holds and predict the rest")
    parser.add_argument("--batch", type=int, default=4, metavar="N", help="frames at a time (default 4)")
    parser.add_argument("--outside", action="store_true", help="also points outside the frame")
    add_range_arguments(parser)
    add_network_arguments(parser)
    add_people_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """The exit code of ``predict``."""
    if wants_people(options):
        return run_people(options)
    unusable = 0

    def say(text: str) -> None:
        nonlocal unusable
        complain(text)
        unusable += 1

    if options.batch < 1:
        raise CommandError("A batch has at least one frame.")
    with closing(FrameSource(max_frames=2)) as pixels:
        items = items_to_see(options.paths, stretch_of(options), pixels, say)
        resume = resumed if options.resume else fresh
        results = results_in(options.output, resume=resume, columns=_COLUMNS, rows=_rows)
        left = left_of(items, results, options.output)
        done = _predict(options, left, pixels, results, lambda error: say(str(error)))
    if not done and not results.known:
        return 2
    return 1 if unusable else 0


def _predict(
    options: argparse.Namespace,
    left: list[Item],
    pixels: FrameSource,
    results: Results,
    lost: Callable[[MediaError], None],
) -> int:
    """How many frames were predicted; their results are in place."""
    predictor = load_predictor(options.weights, options.device)
    complain(f"network {predictor.id[:8]} on {predictor.device_text}")
    threshold = predictor.card.threshold if options.threshold is None else options.threshold
    ticker, done = Ticker("predicted", len(left)), 0
    batch = min(options.batch, max(len(left), 1))
    for item, prediction in predicted(predictor, left, pixels, batch=batch, lost=lost):
        size = prediction.image_size
        resolved = resolve(Instance(), prediction, size=size, threshold=threshold)
        results.add(item, keypoints57.frame_document(resolved, size, outside=options.outside))
        done += 1
        ticker.show(done)
    results.finish()
    return done


def _rows(document: Mapping[str, Any]) -> list[list[Any]]:
    """A row a keypoint; one without values for a frame in which the network sees none."""
    points = document["keypoints"]
    rows = [
        [name, *("" if said[key] is None else said[key] for key in ("x", "y", "source", "confidence", "sd"))]
        for name, said in points.items()
    ]
    return rows or [[""] * len(_COLUMNS)]
