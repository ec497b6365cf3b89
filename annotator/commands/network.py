"""Which network a command or the window uses, and the arguments that name one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from annotator.commands import CommandError, repository
from annotator.embedded import weights_in

if TYPE_CHECKING:
    from model.predictor import Device, Predictor


def embedded_weights(scheme: str = "pitch-57") -> Path | None:
    """The weights that ship with Touchline for a scheme, or None where there are none (in this copy)."""
    return weights_in(repository() / "resources", scheme)


def add_network_arguments(parser: argparse.ArgumentParser) -> None:
    """``--weights`` and ``--device``."""
    parser.add_argument("--weights", type=Path, metavar="FILE", help="a network file (default: the embedded one)")
    add_device_argument(parser)


def add_device_argument(parser: argparse.ArgumentParser) -> None:
    """``--device``."""
    parser.add_argument("--device", choices=("auto", "cuda", "mps", "cpu"), default="auto", help="default: the fastest")


def load_predictor(named: Path | None, device: Device, *, scheme: str = "pitch-57") -> Predictor:
    """The network in a file, or the embedded one of a scheme where none is named.

    Raises
    ------
    CommandError
        If it cannot be read, or the device is not there.
    """
    weights = named or embedded_weights(scheme)
    if weights is None:
        raise CommandError(f"No weights of {scheme} are embedded in this copy; name a network file with --weights.")
    from model.card import CheckpointError
    from model.predictor import Predictor

    try:
        return Predictor.load(weights, device)
    except (CheckpointError, ValueError) as error:
        raise CommandError(str(error)) from error
