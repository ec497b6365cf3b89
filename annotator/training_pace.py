"""How fast a network is trained on this machine: as earlier trainings say, or from a few steps made for the purpose."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from annotator.training_plans import Pace
from annotator.training_runs import program
from model.card import Card, CheckpointError, card_of, read_bytes

__all__ = ["pace_of"]

_WAITED = 0.1
_measured: dict[str, Pace] = {}
"""What was measured since the program began, by architecture, input and threads."""


def pace_of(
    start: Path,
    earlier: Sequence[tuple[Card, float]],
    *,
    threads: int,
    should_stop: Callable[[], bool] = lambda: False,
) -> tuple[Pace, bool] | None:
    """How fast trainings from a network are here, and whether earlier trainings say so; None where nobody knows.

    ``earlier`` are cards of networks trained here and the samples a second that was done at, newest first. The few
    steps are made in a process of its own, for they need torch; what they showed is kept.
    """
    try:
        kind = _kind(card_of(start, read_bytes(start)), threads)
    except CheckpointError:
        return None
    if kind not in _measured:
        found = _measure(start, threads, should_stop)
        if found is None:
            return None
        _measured[kind] = found
    pace = _measured[kind]
    rate = next((rate for card, rate in earlier if rate > 0 and _kind(card, threads) == kind), None)
    return (pace, False) if rate is None else (Pace(1 / rate, pace.rendered), True)


def _kind(card: Card, threads: int) -> str:
    return json.dumps([card.spec.to_dict(), card.input_size, threads], sort_keys=True)


def _measure(start: Path, threads: int, should_stop: Callable[[], bool]) -> Pace | None:
    words = [*program(), "train", "--pace", "--start", str(start), "--threads", str(threads)]
    try:
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except OSError:
        return None
    with process:
        while process.poll() is None:
            if should_stop():
                process.kill()
            time.sleep(_WAITED)
        said, _ = process.communicate()
    try:
        found = json.loads(said)
        return Pace(float(found["sample"]), float(found["rendered"]))
    except (ValueError, KeyError, TypeError):
        return None
