"""``synthesize``: rendered frames with exact labels, as a training set."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain, duration, frame_size
from annotator.recipe import SIZE, render_training_set
from annotator.synthetic.card_sets import SIZE as CARDS_SIZE
from annotator.synthetic.card_sets import render_card_set
from annotator.synthetic.cards import SCHEME_ID

_SIZES = {"pitch-57": SIZE, SCHEME_ID: CARDS_SIZE}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``synthesize``."""
    parser.add_argument("frames", type=int, metavar="N", help="how many frames")
    parser.add_argument("folder", type=Path, metavar="OUT", help="the training set to write")
    parser.add_argument("--scheme", choices=tuple(_SIZES), default="pitch-57", help="what is rendered (pitch-57)")
    default = ", ".join(f"{width}x{height} for {scheme}" for scheme, (width, height) in _SIZES.items())
    parser.add_argument("--size", type=frame_size, metavar="WxH", help=f"of the frames ({default})")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the first frame (default 0)")


def run(options: argparse.Namespace) -> int:
    """The exit code of ``synthesize``."""
    from model.dataset import TrainingSetError

    size = options.size or _SIZES[options.scheme]
    if options.frames < 1 or options.seed < 0 or min(size) < 64:
        raise CommandError("Give at least one frame, a seed of 0 or more, and a size of at least 64x64.")
    ticker = Ticker("rendered", options.frames)
    began = time.monotonic()
    try:
        if options.scheme == SCHEME_ID:
            render_card_set(
                options.folder,
                frames=options.frames,
                first_seed=options.seed,
                size=size,
                progress=lambda done, _total: ticker.show(done),
            )
        else:
            render_training_set(
                options.folder,
                frames=options.frames,
                first_seed=options.seed,
                size=size,
                progress=lambda done, _total, _what: ticker.show(done),
            )
    except TrainingSetError as error:
        raise CommandError(str(error)) from error
    spent = time.monotonic() - began
    made = f"{options.frames} frames of {size[0]}x{size[1]}"
    complain(f"{options.folder}: {made} in {duration(spent)}, {spent / options.frames * 1000:.0f} ms a frame")
    return 0
