"""The training recipe of the network that ships with the program: render, convert, train.

Every step is a plain function that anyone can run again. Rendered pitches give exact labels in any number; a small
set of real frames with human labels teaches what no renderer shows.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from annotator.real_frames import (
    ATTRIBUTION,
    SIZE,
    RecipeStoppedError,
    Report,
    Stop,
    fit_ground,
    jpeg,
    never,
    no_report,
    planar_sample,
    roboflow_training_set,
    write_set,
)
from annotator.synthetic import SyntheticFrame, render
from model.dataset import Sample, TrainingSet, read_training_set

if TYPE_CHECKING:
    from model.training import Progress, TrainingConfig, TrainingResult

__all__ = [
    "ATTRIBUTION",
    "HARD",
    "SIZE",
    "Amounts",
    "RecipeStoppedError",
    "fit_ground",
    "jpeg",
    "planar_sample",
    "render_training_set",
    "rendered_sample",
    "roboflow_training_set",
    "run_recipe",
    "weighted_sets",
]

ROBOFLOW_SHARE, HARD_SHARE = 0.2, 0.5
RENDERER = 5
"""Counts the changes of what the renderer draws: see docs/renderer-rounds.md."""
HARD = {
    "high behind": 0.28,
    "behind goal": 0.14,
    "along": 0.12,
    "beside": 0.10,
    "main": 0.06,
    "sixteen": 0.06,
    "midfield": 0.06,
    "level": 0.06,
    "player": 0.06,
    "close": 0.05,
    "stands": 0.01,
}
"""Shares of camera families where the first network failed most."""
_VALIDATION_EVERY = 40
_PART = 2000
_FIRST_HARD = 2_000_000


def render_training_set(
    folder: Path,
    *,
    frames: int,
    first_seed: int = 0,
    size: tuple[int, int] = SIZE,
    shares: Mapping[str, float] | None = None,
    progress: Report = no_report,
    should_stop: Stop = never,
) -> TrainingSet:
    """Write ``frames`` rendered frames as a training set; the same arguments give the same bytes.

    Points hidden by people are labelled as occluded, points too small to be told are unknown. One frame in 40 is for
    validation. ``shares`` are those of the camera families (`annotator.synthetic.cameras.FAMILIES`) where other ones
    than usual are wanted.

    Raises
    ------
    RecipeStoppedError
        If ``should_stop`` said so; nothing is written then.
    model.dataset.TrainingSetError
        If the folder cannot be written.
    """

    def samples() -> Iterator[Sample]:
        for i in range(frames):
            if should_stop():
                raise RecipeStoppedError
            seed = first_seed + i
            yield rendered_sample(render(seed, size, family=_drawn(seed, shares)), seed)
            progress(i + 1, frames, "rendering")

    settings: dict[str, object] = {"renderer": RENDERER, "first_seed": first_seed, "frames": frames}
    return write_set(folder, samples(), settings | ({"shares": dict(shares)} if shares else {}))


def _drawn(seed: int, shares: Mapping[str, float] | None) -> str | None:
    """The camera family of a frame, by its seed alone; None for the usual mixture."""
    if not shares:
        return None
    rng = np.random.default_rng((seed, 1))
    weights = np.array(list(shares.values()))
    return list(shares)[int(rng.choice(len(weights), p=weights / weights.sum()))]


def rendered_sample(frame: SyntheticFrame, seed: int) -> Sample:
    """A rendered frame as a training sample."""
    points = {name: (*frame.points[name], state) for name, state in frame.states.items() if state}
    return Sample(
        image=f"{seed:07d}.jpg",
        size=frame.camera.size,
        points={name: point for name, point in points.items() if name not in frame.coarse},
        source=jpeg(frame.rgb, quality=90),
        unknown=frozenset(frame.coarse),
        group=f"rendered-{seed}",
        split="val" if seed % _VALIDATION_EVERY == 0 else "train",
        mirror_rule="behind-goal" if frame.behind_goal else None,
    )


def _rendered_parts(
    folder: Path,
    frames: int,
    *,
    name: str = "rendered",
    first_seed: int = 0,
    shares: Mapping[str, float] | None = None,
    progress: Report,
    should_stop: Stop,
) -> Iterator[Path]:
    """Folders of rendered sets, at most `_PART` frames each; parts that are there already are kept."""
    for number, first in enumerate(range(0, frames, _PART)):
        target = folder / f"{name}-{number:02d}"
        if not (target / "manifest.json").exists():

            def report(done: int, total: int, what: str, first: int = first) -> None:
                progress(first + done, frames, what)

            render_training_set(
                target,
                frames=min(_PART, frames - first),
                first_seed=first_seed + first,
                shares=shares,
                progress=report,
                should_stop=should_stop,
            )
        yield target


@dataclass(frozen=True)
class Amounts:
    """How much of everything: rendered frames of the usual mixture and samples shown of them, and then of hard ones.

    ``sharpening`` is the number of samples shown at the end with narrower targets.
    """

    frames: int = 12_000
    samples: int = 130_000
    hard_frames: int = 8_000
    finishing: int = 30_000
    sharpening: int = 6_000


def run_recipe(
    *,
    roboflow: Path | None,
    output: Path,
    amounts: Amounts = Amounts(),
    workdir: Path,
    threads: int | None = None,
    progress: Report = no_report,
    should_stop: Stop = never,
) -> TrainingResult | None:
    """Render, convert, train, and finish on hard views; the same call goes on where an earlier one was stopped.

    Parameters
    ----------
    roboflow : Path or None
        The real frames, if there are any; their licence asks for attribution, which is written on the weights' card.
    output : Path
        The weights, a ``.safetensors`` file.
    amounts : Amounts
        Frames and samples; without ``finishing`` samples the first training is the only one.
    workdir : Path
        Where the training sets and the first weights are kept.
    threads : int, optional
        Of the network; all cores by default.
    progress, should_stop : callables
        Told what is done; asked whether to stop. When stopped, None is returned or a result that is not finished.
    """
    from model.training import train

    workdir.mkdir(parents=True, exist_ok=True)
    real = workdir / "real" if roboflow is not None else None
    try:
        usual, hard = _rendered(workdir, amounts, progress=progress, should_stop=should_stop)
        if roboflow is not None and real is not None and not (real / "manifest.json").exists():
            roboflow_training_set(roboflow, real, progress=progress, should_stop=should_stop)
    except RecipeStoppedError:
        return None
    result = None
    start: Path | None = None
    for name, config, sets in _stages(output, amounts, usual=usual, hard=hard, real=real, threads=threads):
        # Weights without the state of an unfinished training beside them are finished.
        if config.output != output and config.output.exists() and not config.state_path.exists():
            start = config.output
            continue
        result = train(config, sets, start=start, progress=_teller(progress, name), should_stop=should_stop)
        if not result.finished:
            return result
        start = config.output
    return result


Stage = tuple[str, "TrainingConfig", list[tuple[TrainingSet, float]]]


def _stages(
    output: Path, amounts: Amounts, *, usual: list[Path], hard: list[Path], real: Path | None, threads: int | None
) -> list[Stage]:
    """The trainings one after the other, each from the weights of the one before; the last one writes ``output``."""
    kept = usual[0].parent
    count = threads or os.cpu_count() or 1
    first = training_config(output, samples=amounts.samples, threads=count, real=real is not None)
    if not hard:
        return [("training", first, weighted_sets(usual, real))]
    first = replace(first, output=kept / "first.safetensors")
    finish = finishing_config(first, kept / "finished.safetensors", samples=amounts.finishing)
    mixed = weighted_sets(usual, real, hard=hard)
    stages = [("training", first, weighted_sets(usual, real)), ("finishing", finish, mixed)]
    if amounts.sharpening:
        sharp = replace(finish, output=output, samples=amounts.sharpening, lr=2e-4, sigma=1.0)
        return [*stages, ("sharpening", sharp, mixed)]
    return [stages[0], ("finishing", replace(finish, output=output), mixed)]


def _teller(progress: Report, stage: str) -> Callable[[Progress], None]:
    return lambda p: progress(p.samples, p.total, f"{stage}, loss {p.loss:.4f}")


def _rendered(workdir: Path, amounts: Amounts, *, progress: Report, should_stop: Stop) -> tuple[list[Path], list[Path]]:
    """The rendered sets of the usual mixture and, where there is to be a finish, of hard views."""
    usual = _rendered_parts(workdir, amounts.frames, progress=progress, should_stop=should_stop)
    hard = _rendered_parts(
        workdir,
        amounts.hard_frames if amounts.finishing else 0,
        name="hard",
        first_seed=_FIRST_HARD,
        shares=HARD,
        progress=progress,
        should_stop=should_stop,
    )
    return list(usual), list(hard)


def training_config(output: Path, *, samples: int, threads: int, real: bool) -> TrainingConfig:
    """The settings of the first training: half of the input size first, then three quarters."""
    from model.augment import Augmentation
    from model.training import TrainingConfig

    return TrainingConfig(
        output=output,
        network="touchline-small",
        input_size=(480, 270),
        sigma=1.3,
        samples=samples,
        batch=8,
        lr=2e-3,
        input_scale=((0.4, 0.5), (0.7, 0.75), (1.0, 1.0)),
        augmentation=Augmentation(zoom=2.0),
        threads=threads,
        workers=1,
        save_minutes=4.0,
        validate_every=10_000,
        validate_limit=150,
        attribution=ATTRIBUTION if real else "",
    )


def finishing_config(first: TrainingConfig, output: Path, *, samples: int) -> TrainingConfig:
    """The settings of the second training: whole input size, a quarter of the rate."""
    return replace(first, output=output, samples=samples, lr=5e-4, input_scale=((1.0, 1.0),))


def weighted_sets(
    rendered: Sequence[Path], real: Path | None, *, hard: Sequence[Path] = ()
) -> list[tuple[TrainingSet, float]]:
    """Rendered sets weighted by their size, the real one with a fifth of the draws, hard ones with half of them."""
    groups = [(rendered, 1.0 - (ROBOFLOW_SHARE if real is not None else 0.0) - (HARD_SHARE if hard else 0.0))]
    groups += [(hard, HARD_SHARE)] if hard else []
    groups += [((real,), ROBOFLOW_SHARE)] if real is not None else []
    weighted = []
    for folders, share in groups:
        sets = [read_training_set(folder) for folder in folders]
        total = sum(len(one.samples) for one in sets)
        weighted += [(one, share * len(one.samples) / total) for one in sets]
    return weighted
