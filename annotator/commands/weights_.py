"""``weights``: what a checkpoint holds."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from annotator.commands import CommandError
from annotator.commands.console import write_result


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``weights``."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a network file of Touchline")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write here instead of to standard output")


def run(options: argparse.Namespace) -> int:
    """The exit code of ``weights``."""
    from model.checkpoint import CheckpointError, load

    try:
        checkpoint = load(options.file)
    except CheckpointError as error:
        raise CommandError(str(error)) from error
    card: dict[str, Any] = json.loads(checkpoint.card.to_json())
    numbers = sum(tensor.numel() for tensor in checkpoint.weights.values())
    write_result({"id": checkpoint.id, "numbers": numbers, "card": card}, options.output)
    return 0
