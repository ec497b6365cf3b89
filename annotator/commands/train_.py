"""``train``: the network trained further on exported training sets."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain, duration
from annotator.commands.network import embedded_weights

if TYPE_CHECKING:
    from model.dataset import TrainingSet
    from model.training import Progress, TrainingConfig


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``train``."""
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET", help="folders that 'export' wrote")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="the network file to write")
    parser.add_argument("--start", type=Path, metavar="FILE", help="network to start from (default: the embedded one)")
    parser.add_argument("--from-nothing", action="store_true", help="start from random weights instead")
    parser.add_argument("--epochs", type=float, default=10.0, metavar="N", help="rounds over the sets (default 10)")
    parser.add_argument("--batch", type=int, default=8, metavar="N", help="frames a step (default 8)")
    parser.add_argument("--rate", type=float, metavar="R", help="learning rate (default 3e-4, from nothing 2e-3)")
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="processor threads (default 2)")
    parser.add_argument("--device", choices=("auto", "cuda", "mps", "cpu"), default="auto", help="default: the fastest")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of everything random (default 0)")


def run(options: argparse.Namespace) -> int:
    """The exit code of ``train``."""
    from model.checkpoint import CheckpointError
    from model.dataset import TrainingSetError
    from model.training import TrainingError, train

    start = None if options.from_nothing else options.start or embedded_weights()
    if start is None and not options.from_nothing:
        raise CommandError("There are no embedded weights in this copy; add --start FILE or --from-nothing.")
    try:
        sets = [_read(folder) for folder in options.sets]
        config = _config(options, start)
        total = max(1, math.ceil(options.epochs * sum(len(found.of_split("train")) for found in sets)))
        weighted = [(found, float(len(found.samples))) for found in sets]
        result = train(config, weighted, start=start, progress=_teller(total))
    except (CheckpointError, TrainingSetError, TrainingError, ValueError) as error:
        raise CommandError(str(error)) from error
    for problem in result.problems:
        complain(str(problem))
    complain(f"{result.output}: trained on {result.samples} samples in {duration(result.seconds)}")
    return 1 if result.problems or any(found.problems for found in sets) else 0


def _read(folder: Path) -> TrainingSet:
    from model.dataset import read_training_set

    found = read_training_set(folder)
    for problem in found.problems:
        complain(str(problem))
    return found


def _config(options: argparse.Namespace, start: Path | None) -> TrainingConfig:
    """The training that the arguments describe; a start network keeps its own architecture and input."""
    from model.checkpoint import load
    from model.training import TrainingConfig

    rate = options.rate or (2e-3 if start is None else 3e-4)
    config = TrainingConfig(
        output=options.output,
        epochs=options.epochs,
        batch=options.batch,
        lr=rate,
        threads=options.threads,
        device=options.device,
        seed=options.seed,
    )
    if start is None:
        return config
    card = load(start).card
    return replace(config, network=card.spec, input_size=card.input_size, sigma=card.sigma)


def _teller(total: int) -> Callable[[Progress], None]:
    ticker = Ticker("trained on", total)

    def tell(progress: Progress) -> None:
        remark = f"loss {progress.loss:.3f}"
        if progress.validation is not None:
            remark += f", recall {progress.validation.recall:.2f}"
        ticker.show(min(progress.samples, total), remark)

    return tell
