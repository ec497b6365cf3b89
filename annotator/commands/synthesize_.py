"""``synthesize``: rendered frames with exact labels, as a training set."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain, duration, frame_size
from annotator.recipe import SIZE, render_training_set


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``synthesize``."""
    parser.add_argument("frames", type=int, metavar="N", help="how many frames")
    parser.add_argument("folder", type=Path, metavar="OUT", help="the training set to write")
    default = f"{SIZE[0]}x{SIZE[1]}"
    parser.add_argument("--size", type=frame_size, default=SIZE, metavar="WxH", help=f"of the frames ({default})")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the first frame (default 0)")


def run(options: argparse.Namespace) -> int:
    """The exit code of ``synthesize``."""
    from model.dataset import TrainingSetError

    if options.frames < 1 or options.seed < 0 or min(options.size) < 64:
        raise CommandError("Give at least one frame, a seed of 0 or more, and a size of at least 64x64.")
    ticker = Ticker("rendered", options.frames)
    began = time.monotonic()
    try:
        render_training_set(
            options.folder,
            frames=options.frames,
            first_seed=options.seed,
            size=options.size,
            progress=lambda done, _total, _what: ticker.show(done),
        )
    except TrainingSetError as error:
        raise CommandError(str(error)) from error
    spent = time.monotonic() - began
    made = f"{options.frames} frames of {options.size[0]}x{options.size[1]}"
    complain(f"{options.folder}: {made} in {duration(spent)}, {spent / options.frames * 1000:.0f} ms a frame")
    return 0
