"""Which frames of a video a command works on: ``--from``, ``--to``, ``--every``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from annotator.commands import CommandError


@dataclass(frozen=True)
class Address:
    """Where the pixels of a frame are, as `annotator.frames.FrameAddress` asks."""

    path: Path
    index_in_media: int = 0
    is_video: bool = False


@dataclass(frozen=True)
class Stretch:
    """Every ``step``-th frame from ``first`` to ``last`` inclusive, counted from 0; None is the end."""

    first: int = 0
    last: int | None = None
    step: int = 1

    def of(self, count: int) -> range:
        """The numbers among ``count`` frames."""
        return range(self.first, count if self.last is None else min(count, self.last + 1), self.step)

    def __contains__(self, number: int) -> bool:
        return number >= self.first and (self.last is None or number <= self.last) and not (
            (number - self.first) % self.step
        )


def add_range_arguments(parser: argparse.ArgumentParser) -> None:
    """``--from``, ``--to`` and ``--every``."""
    parser.add_argument("--from", dest="first", type=int, default=0, metavar="N", help="first frame, from 0")
    parser.add_argument("--to", dest="last", type=int, metavar="N", help="last frame")
    parser.add_argument("--every", dest="step", type=int, default=1, metavar="N", help="only every N-th frame")


def stretch_of(options: argparse.Namespace) -> Stretch:
    """The frames that the arguments ask for; CommandError for ones that make no sense."""
    if options.first < 0 or options.step < 1 or (options.last is not None and options.last < options.first):
        raise CommandError("--from starts at 0, --to is not before it, and --every is at least 1.")
    return Stretch(options.first, options.last, options.step)
