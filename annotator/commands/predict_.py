"""``predict``: images in, the keypoints that the network sees out."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain, gather, share, write_result
from annotator.commands.network import add_network_arguments, load_predictor
from annotator.formats import keypoints57
from annotator.formats.documents import FormatError, read_object
from annotator.frames import IMAGE_SUFFIXES, MediaError, read_image
from annotator.keypoints import resolve
from annotator.labels import Instance

if TYPE_CHECKING:
    from model.heatmaps import Prediction
    from model.predictor import Predictor

_SAVE_SECONDS, _SAVE_SHARE = 20.0, 20.0
"""A long run is written at least this often, but writing takes no more than a twentieth of the time."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``predict``."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="images, or folders of them")
    parser.add_argument("--threshold", type=share, metavar="T", help="least confidence (default: the network's own)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write here instead of to standard output")
    parser.add_argument("--resume", action="store_true", help="keep what --output holds and predict the rest")
    parser.add_argument("--batch", type=int, default=4, metavar="N", help="frames at a time (default 4)")
    parser.add_argument("--outside", action="store_true", help="also points outside the frame")
    add_network_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """The exit code of ``predict``."""
    files, complaints = gather(options.paths, frozenset(IMAGE_SUFFIXES), "images")
    for text in complaints:
        complain(text)
    if not files:
        raise CommandError("No image to look at; name image files or folders that hold them.")
    if options.batch < 1:
        raise CommandError("A batch has at least one frame.")
    document = _kept(options)
    left = [(key, path) for key, path in files if key not in document]
    if len(left) < len(files):
        complain(f"{len(files) - len(left)} of {len(files)} frames are in {options.output} already")
    predictor = load_predictor(options.weights, options.device)
    complain(f"network {predictor.id[:8]} on {predictor.device_text}")
    threshold = predictor.card.threshold if options.threshold is None else options.threshold
    unusable = len(complaints)

    def lost(error: MediaError) -> None:
        nonlocal unusable
        complain(str(error))
        unusable += 1

    saved, cost = time.monotonic(), 0.0
    for key, prediction in predicted(predictor, left, batch=options.batch, lost=lost):
        size = prediction.image_size
        resolved = resolve(Instance(), prediction, size=size, threshold=threshold)
        document[key] = keypoints57.frame_document(resolved, size, outside=options.outside)
        if options.output is not None and time.monotonic() - saved > max(_SAVE_SECONDS, _SAVE_SHARE * cost):
            began = time.monotonic()
            write_result(document, options.output)
            saved = time.monotonic()
            cost = saved - began
    write_result(document, options.output)
    if not document:
        return 2
    return 1 if unusable else 0


def predicted(
    predictor: Predictor,
    files: Sequence[tuple[str, Path]],
    *,
    batch: int,
    lost: Callable[[MediaError], None],
) -> Iterator[tuple[str, Prediction]]:
    """Key and prediction of every image that can be read, with progress; ``lost`` is told of the others."""
    keys: list[str] = []
    ticker = Ticker("predicted", len(files))

    def images() -> Iterator[NDArray[np.uint8]]:
        for key, path in files:
            try:
                rgb = read_image(path)
            except MediaError as error:
                lost(error)
                continue
            keys.append(key)
            yield rgb

    for done, prediction in enumerate(predictor.predict_many(images(), batch=min(batch, len(files)))):
        yield keys[done], prediction
        ticker.show(done + 1)


def _kept(options: argparse.Namespace) -> dict[str, Any]:
    """What an earlier run wrote, where this one is to go on from it."""
    if not options.resume:
        return {}
    if options.output is None:
        raise CommandError("To resume, name the file of the earlier run with --output.")
    if not options.output.exists():
        return {}
    try:
        return read_object(options.output)
    except FormatError as error:
        raise CommandError(str(error)) from error
