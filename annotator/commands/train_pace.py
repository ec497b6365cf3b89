"""How fast this machine trains: a few steps on a few rendered frames, timed."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from annotator.commands import CommandError

_FRAMES, _STEPS = 2, 3


def measure(start: Path, *, threads: int, batch: int, device: str) -> int:
    """Write ``{"sample": s, "rendered": s}`` in seconds to standard output; the exit code.

    The first step warms up and is not counted.

    Raises
    ------
    CommandError
        If the network cannot be read or trained.
    """
    from annotator.recipe import render_training_set
    from model.checkpoint import CheckpointError, load
    from model.dataset import SampleError, TrainingSetError
    from model.training import Progress, TrainingConfig, TrainingError, train

    times: list[float] = []

    def note(progress: Progress) -> None:
        times.append(time.monotonic())

    try:
        card = load(start).card
        with tempfile.TemporaryDirectory() as folder:
            began = time.monotonic()
            found = render_training_set(Path(folder) / "set", frames=_FRAMES, first_seed=1_000_000)
            rendered = (time.monotonic() - began) / _FRAMES
            config = TrainingConfig(
                output=Path(folder) / "network.safetensors",
                network=card.spec,
                input_size=card.input_size,
                sigma=card.sigma,
                samples=batch * _STEPS,
                batch=batch,
                threads=threads,
                device=device,
                validate_every=0,
            )
            train(config, [(found, 1.0)], start=start, progress=note)
    except (CheckpointError, SampleError, TrainingError, TrainingSetError, ValueError) as error:
        raise CommandError(str(error)) from error
    sample = (times[-1] - times[0]) / (batch * (len(times) - 1))
    sys.stdout.write(json.dumps({"sample": round(sample, 4), "rendered": round(rendered, 4)}) + "\n")
    return 0
