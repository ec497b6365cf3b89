"""``weights``: what a checkpoint holds, ours or another program's, and other programs' weights as a network of ours."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.commands import CommandError
from annotator.commands.console import complain, frame_size, write_result
from annotator.pitch import PITCH_57

if TYPE_CHECKING:
    from model.card import Card

NBJW_ORDER = tuple(
    PITCH_57.keypoints[k]
    for k in (
        13, 15, 29, 11, 9, 17, 19, 7, 5, 21, 23, 1, 3, 26, 24, 0, 2, 27, 25, 6, 4, 20, 22, 10, 8, 16, 18, 12, 14, 28,
        45, 40, 52, 44, 41, 51, 46, 31, 30, 53, 47, 33, 32, 54, 48, 49, 43, 35, 34, 39, 42, 38, 37, 36, 50, 56, 55,
    )
)  # fmt: skip
"""The 57 points in the order of No Bells Just Whistles: row by row over the pitch as seen on a plan, its 30 corners and
posts first, then what lies on circles, then the long axis. Checked by coordinates in the tests.
"""
_ORDERS = {"nbjw": NBJW_ORDER, "points": PITCH_57.keypoints}
_USAGE = "Say 'weights FILE', 'weights inspect FILE' or 'weights import FILE OUT'."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``weights``."""
    parser.usage = (
        "main.py weights [inspect] FILE [--output FILE]\n"
        "       main.py weights import FILE OUT [--family NAME] [--size WxH]"
    )
    parser.add_argument("words", nargs="+", metavar="FILE", help="a network file, of Touchline or another program")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write here instead of to standard output")
    parser.add_argument("--family", metavar="NAME", help="of another program's file: points, nbjw, ... (default: seen)")
    parser.add_argument("--size", type=frame_size, metavar="WxH", help="input size of an import (default: published)")


def run(options: argparse.Namespace) -> int:
    """The exit code of ``weights``."""
    from model.card import CheckpointError

    words = list(options.words)
    try:
        if words[0] == "import" and len(words) == 3:
            return _import(Path(words[1]), Path(words[2]), family=options.family, size=options.size)
        if words[0] == "inspect" and len(words) == 2:
            words.pop(0)
        if len(words) != 1:
            raise CommandError(_USAGE)
        write_result(_inspected(Path(words[0]), options.family), options.output)
    except CheckpointError as error:
        raise CommandError(str(error)) from error
    return 0


def _inspected(path: Path, family: str | None) -> dict[str, Any]:
    """What a file of ours or another program's holds."""
    from model.card import has_card, read_bytes

    if has_card(read_bytes(path)):
        from model.checkpoint import load

        checkpoint = load(path)
        numbers = sum(tensor.numel() for tensor in checkpoint.weights.values())
        return {"id": checkpoint.id, "numbers": numbers, "card": json.loads(checkpoint.card.to_json())}
    from model.foreign import inspect
    from model.published import decoder_of, input_size_of, points_of

    found = inspect(path, _known(family))
    unknown = f"{found.spec.channels} channels without known names"
    order = _ORDERS.get(found.family)
    fits = order is not None and found.spec.channels == len(order) + 1
    people = points_of(found.family, found.spec.channels)
    # As an import of the file takes them.
    size = found.facts.input_size if people is None else input_size_of(path.name, found.family, people.scheme)
    return {
        "family": found.family,
        "numbers": found.numbers,
        "network": found.spec.to_dict(),
        "input": {
            "size": list(size),
            "colour": found.facts.colour,
            "mean": list(found.facts.mean),
            "std": list(found.facts.std),
        },
        "points": "the 57 of the pitch" if fits else people.scheme if people is not None else unknown,
        **({} if people is None else {"maps read by": decoder_of(path.name)}),
        "complete": found.report.exact,
        "loaded": len(found.report.loaded),
        "unused": list(found.report.unused),
        "missing": list(found.report.missing),
        "mismatched": list(found.report.mismatched),
    }


def _import(path: Path, target: Path, *, family: str | None, size: tuple[int, int] | None) -> int:
    """Another program's points of the pitch, in our order, or of people, as a network of ours."""
    from model.checkpoint import save
    from model.foreign import import_foreign, inspect, reordered
    from model.published import import_published, points_of

    found = inspect(path, _known(family))
    if points_of(found.family, found.spec.channels) is not None:
        checkpoint = import_published(path, family=family, size=size)
        save(target, checkpoint.weights, checkpoint.card)
        complain(f"{target}: family {found.family}, {found.report.text()} {_read_as(checkpoint.card)}")
        return 0
    order = _ORDERS.get(found.family)
    if order is None or found.spec.channels != len(order) + 1:
        raise CommandError(
            f"{path}: this is a network of family {found.family!r} with {found.spec.channels} channels, neither of the "
            "57 points of the pitch and background nor of people. Import a file that NBJW, the Sportlight pitch "
            "network, or an HRNet or HigherHRNet for COCO's or MPII's people wrote."
        )
    mirror = [order.index(PITCH_57.keypoints[PITCH_57.mirror[PITCH_57.index[name]]]) for name in order]
    checkpoint, report = import_foreign(
        path, names=order, family=found.family, input_size=size, scheme=PITCH_57.id, mirror=mirror
    )
    if order != PITCH_57.keypoints:
        checkpoint = reordered(checkpoint, PITCH_57.keypoints)
    save(target, checkpoint.weights, checkpoint.card)
    complain(f"{target}: family {found.family}, {report.text()} Convolutions are stored in half precision.")
    return 0


def _read_as(card: Card) -> str:
    """How an imported network of people is run, for who may have to correct it."""
    width, height = card.input_size
    return f"{card.scheme}, input {width}x{height}, maps read by {card.decoder!r}. Convolutions in half precision."


def _known(family: str | None) -> str | None:
    from model.foreign import FAMILIES

    if family is not None and family not in FAMILIES:
        raise CommandError(f"There is no family {family!r}; known: {', '.join(FAMILIES)}.")
    return family
