"""``recipe``: the embedded weights trained again from nothing."""

from __future__ import annotations

import argparse
from pathlib import Path

from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain, duration


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``recipe``."""
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="the network file to write")
    parser.add_argument("--roboflow", type=Path, metavar="FOLDER", help="real frames too, see docs/weights.md")
    parser.add_argument("--frames", type=int, default=12_000, metavar="N", help="rendered frames (default 12000)")
    parser.add_argument("--samples", type=int, default=130_000, metavar="N", help="frames shown (default 130000)")
    text = "rendered frames of hard views (default 8000)"
    parser.add_argument("--hard-frames", type=int, default=8_000, metavar="N", help=text)
    text = "frames shown in the finish, half of them hard views; 0 for none (default 30000)"
    parser.add_argument("--finishing", type=int, default=30_000, metavar="N", help=text)
    text = "frames shown at the end with narrower targets (default 6000)"
    parser.add_argument("--sharpening", type=int, default=6_000, metavar="N", help=text)
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="keep rendered frames here and resume from them")


def run(options: argparse.Namespace) -> int:
    """The exit code of ``recipe``."""
    from annotator.formats.yolo_pose import YoloPoseError
    from annotator.recipe import Amounts, run_recipe
    from model.dataset import TrainingSetError
    from model.training import TrainingError

    workdir = options.work or options.output.with_suffix(".work")
    shown = (options.samples, options.hard_frames, options.finishing, options.sharpening)
    amounts = Amounts(options.frames, *shown)
    try:
        result = run_recipe(
            roboflow=options.roboflow,
            output=options.output,
            amounts=amounts,
            workdir=workdir,
            progress=Stages().show,
        )
    except (YoloPoseError, TrainingSetError, TrainingError, OSError) as error:
        raise CommandError(str(error)) from error
    if result is None:
        return 2
    complain(f"{result.output}: trained on {result.samples} samples in {duration(result.seconds)}")
    return 0


class Stages:
    """Progress of work in several stages, a ticker for each."""

    def __init__(self) -> None:
        self._stage = ""
        self._ticker = Ticker("", 1)

    def show(self, done: int, total: int, what: str) -> None:
        """Say that ``done`` of ``total`` are done of the stage that ``what`` begins with."""
        stage, _, remark = what.partition(", ")
        if stage != self._stage:
            self._stage, self._ticker = stage, Ticker(stage, total)
        self._ticker.show(done, remark)
