"""``train``: the network trained further on exported sets, judged before and after on their held-back frames."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain, duration, frame_size, positive
from annotator.commands.network import embedded_weights
from annotator.pitch import PITCH_57
from annotator.schemes import family_of
from annotator.training_kinds import LOSSES, as_refinement, from_nothing, with_views
from annotator.training_log import Follower
from annotator.training_plans import RENDERED_SHARE, samples_of

if TYPE_CHECKING:
    from annotator.evaluation import Truth
    from model.dataset import TrainingSet
    from model.metrics import Score
    from model.training import Progress, TrainingConfig

_VALIDATIONS = 20
_FIRST_SEED = 1_000_001
"""Of mixed-in frames: none that the embedded network was trained on."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``train``."""
    parser.add_argument("sets", nargs="*", type=Path, metavar="SET", help="folders that 'export' wrote")
    parser.add_argument("--output", type=Path, metavar="FILE", help="the network file to write")
    parser.add_argument("--start", type=Path, metavar="FILE", help="network to start from (default: the embedded one)")
    parser.add_argument("--from-nothing", action="store_true", help="start from random weights instead")
    parser.add_argument("--network", metavar="NAME", help="architecture of a network from nothing")
    parser.add_argument("--input", type=frame_size, metavar="WxH", help="what it looks at (default: as before)")
    parser.add_argument("--loss", choices=LOSSES, metavar="NAME", help=f"what is minimised: {', '.join(LOSSES)}")
    text = "teach it to look twice: at the whole image, then closely at what it found there"
    parser.add_argument("--second-look", action="store_true", help=text)
    text = "train a refinement of this network: it looks closely around each of its points"
    parser.add_argument("--refines", type=Path, metavar="FILE", help=text)
    parser.add_argument("--epochs", type=positive, default=10.0, metavar="N", help="rounds over the sets (default 10)")
    parser.add_argument("--mix-rendered", type=int, default=0, metavar="N", help="render N frames, half of the draws")
    parser.add_argument("--patience", type=int, default=0, metavar="N", help="end after N rounds without progress")
    parser.add_argument("--batch", type=int, default=8, metavar="N", help="frames a step (default 8)")
    parser.add_argument("--rate", type=float, metavar="R", help="learning rate (default 3e-4, from nothing 2e-3)")
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="processor threads (default 2)")
    parser.add_argument("--device", choices=("auto", "cuda", "mps", "cpu"), default="auto", help="default: the fastest")
    parser.add_argument("--devices", type=int, default=1, metavar="N", help="processes, a device each (default 1)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of everything random (default 0)")
    parser.add_argument(
        "--follow", type=Path, metavar="FOLDER", help="where it says how far it is, and is asked to stop by a file"
    )
    text = "train nothing: say as JSON how many seconds a sample and a rendered frame take here"
    parser.add_argument("--pace", action="store_true", help=text)


def run(options: argparse.Namespace) -> int:
    """The exit code of ``train``."""
    if options.pace:
        from annotator.commands.train_pace import measure

        start = options.start or embedded_weights()
        if start is None:
            raise CommandError("There are no embedded weights in this copy; add --start FILE.")
        return measure(start, threads=options.threads, batch=options.batch, device=options.device)
    if not options.sets or options.output is None:
        raise CommandError("Name at least one SET that 'export' wrote, and the network to write with --output FILE.")
    if options.follow is None:
        return _run(options)
    try:
        return _run(options)
    except CommandError as error:
        Follower(options.follow).end(code=2, finished=False, reason=str(error))
        raise


def _run(options: argparse.Namespace) -> int:
    from annotator.recipe import RecipeStoppedError
    from model.dataset import TrainingSetError

    try:
        sets = [_read(folder) for folder in options.sets]
        start = _start(options, sets)
        if options.refines is not None:
            sets = [_squares(options, found) for found in sets]
        mixed = [*sets, _rendered(options)] if options.mix_rendered > 0 else sets
    except TrainingSetError as error:
        raise CommandError(str(error)) from error
    except RecipeStoppedError:
        complain("Stopped while rendering; the same command begins anew.")
        Follower(options.follow).end(code=0, finished=False)
        return 0
    # Who follows a training compares the networks afterwards, and has a report of it.
    truths = _held_back(options.sets, sets) if options.follow is None else []
    if not any(found.of_split("val") for found in sets) and _leads() and options.follow is None:
        complain("No frame of these sets is held back for validation; before and after are not compared.")
    if truths:
        _judge([("before", start)] if start is not None else [], truths)
    if options.devices > 1:
        from model.ranks import run_together

        code = run_together(_train_as_one_of_several, [options, start, mixed], options.devices)
    else:
        code = _train(options, start, mixed)
    if truths and code < 2 and _leads():
        _judge([("after", options.output)], truths)
    return max(code, 1) if any(found.problems for found in sets) and code < 2 else code


def _start(options: argparse.Namespace, sets: Sequence[TrainingSet]) -> Path | None:
    """The network to begin with; None for one from nothing, as for a scheme that no embedded network knows."""
    other = options.network is not None or options.refines is not None
    if options.from_nothing or (other and options.start is None):
        return None
    found: Path | None = options.start or embedded_weights(family_of(sets[0].scheme, sets[0].keypoints))
    if found is None and sets[0].scheme == PITCH_57.id:
        raise CommandError("There are no embedded weights in this copy; add --start FILE or --from-nothing.")
    return found


def _squares(options: argparse.Namespace, learnt: TrainingSet) -> TrainingSet:
    """What a refinement learns from: displaced as the network errs that it refines."""
    from model.card import CheckpointError
    from model.cascade import observed_errors, squares
    from model.predictor import Predictor

    try:
        first = Predictor.load(options.refines, "cpu", way="plain")
        return squares(learnt, observed_errors(first, learnt), seed=options.seed)
    except (CheckpointError, ValueError) as error:
        raise CommandError(str(error)) from error


def _train_as_one_of_several(options: argparse.Namespace, start: Path | None, sets: Sequence[TrainingSet]) -> int:
    """The exit code of one process among several."""
    try:
        return _train(options, start, sets)
    except CommandError as error:
        if _leads():
            complain(str(error))
        return 2


def _train(options: argparse.Namespace, start: Path | None, sets: Sequence[TrainingSet]) -> int:
    """Train on sets; where frames are rendered they come last."""
    from model.checkpoint import CheckpointError
    from model.dataset import SampleError
    from model.training import TrainingError, train

    try:
        own = sets[:-1] if options.mix_rendered > 0 else sets
        config = _config(options, start, own)
        follower = None if options.follow is None or not _leads() else Follower(options.follow)
        if follower is not None:
            follower.plan(config.samples)
        result = train(
            config,
            _weighted(options, sets),
            start=start,
            progress=_teller(config.samples, follower),
            should_stop=follower.should_stop if follower is not None else lambda: False,
        )
        if result.finished and _leads():
            _sign(options, start, sets)
    except (CheckpointError, SampleError, TrainingError, ValueError) as error:
        raise CommandError(str(error)) from error
    if _leads():
        for problem in result.problems:
            complain(str(problem))
        if not result.finished:
            early = ", stopped; the same command goes on"
        else:
            early = "" if result.samples >= config.samples else ", ended early for want of progress"
        if result.validation is not None and options.follow is None and sets[0].scheme != PITCH_57.id:
            complain(_said(result.validation))
        complain(f"{result.output}: trained on {result.samples} samples in {duration(result.seconds)}{early}")
        if options.follow is not None:
            Follower(options.follow).end(code=1 if result.problems else 0, finished=result.finished)
    return 1 if result.problems else 0


def _said(score: Score) -> str:
    """The held-back score in words, in pixels of the network's input."""
    shares = ", ".join(f"{value:.1%} within {t:g} px" for t, value in score.pck.items())
    return f"held back: {score.labels} points, {shares}, median {score.median:.2f} px of the input"


def _leads() -> bool:
    """Whether this process speaks for all that ``torchrun`` or ``--devices`` started."""
    return os.environ.get("RANK", "0") == "0"


def _read(folder: Path) -> TrainingSet:
    from model.dataset import read_training_set

    found = read_training_set(folder)
    for problem in found.problems:
        complain(str(problem))
    return found


def _rendered(options: argparse.Namespace) -> TrainingSet:
    """Rendered frames beside the output, made once."""
    from annotator.recipe import render_training_set
    from model.dataset import read_training_set

    folder = options.output.with_suffix(".rendered")
    if (folder / "manifest.json").is_file():
        found = read_training_set(folder)
        if len(found.samples) == options.mix_rendered:
            return replace(found, samples=found.of_split("train"))
    ticker = Ticker("rendered", options.mix_rendered)
    follower = None if options.follow is None or not _leads() else Follower(options.follow)

    def tell(done: int, total: int, _what: str) -> None:
        ticker.show(done)
        if follower is not None:
            follower.tell_rendered(done, total)

    found = render_training_set(
        folder,
        frames=options.mix_rendered,
        first_seed=_FIRST_SEED,
        progress=tell,
        should_stop=follower.should_stop if follower is not None else lambda: False,
    )
    # People's frames alone are what this training is judged on.
    return replace(found, samples=found.of_split("train"))


def _weighted(options: argparse.Namespace, sets: Sequence[TrainingSet]) -> list[tuple[TrainingSet, float]]:
    """Sets by their size; rendered frames, last, take their share."""
    if options.mix_rendered <= 0:
        return [(found, float(len(found.samples))) for found in sets]
    *own, rendered = sets
    total = sum(len(found.samples) for found in own)
    weighted = [(found, (1 - RENDERED_SHARE) * len(found.samples) / max(1, total)) for found in own]
    return [*weighted, (rendered, RENDERED_SHARE)]


def _config(options: argparse.Namespace, start: Path | None, sets: Sequence[TrainingSet]) -> TrainingConfig:
    """The training that the arguments describe; a start network keeps its own architecture and input.

    ``sets`` are those of people; an epoch shows each of their training frames once.
    """
    from model.checkpoint import load
    from model.training import TrainingConfig

    counts = [len(found.of_split("train")) for found in sets]
    rate = options.rate or (2e-3 if start is None else 3e-4)
    each = sum(counts) / (1 - RENDERED_SHARE if options.mix_rendered > 0 else 1)
    samples = samples_of(options.epochs, sum(counts), rendered=options.mix_rendered)
    if options.follow is not None and not options.patience:
        validate_every = max(options.batch, math.ceil(max(each, samples / _VALIDATIONS)))
    else:
        validate_every = max(options.batch, math.ceil(each)) if options.patience else 20_000
    config = TrainingConfig(
        output=options.output,
        samples=samples,
        batch=options.batch,
        lr=rate,
        threads=options.threads,
        device=options.device,
        seed=options.seed,
        patience=options.patience,
        validate_every=validate_every,
    )
    if options.loss is not None:
        config = replace(config, loss=options.loss)
    if options.second_look:
        config = replace(config, second_look=True)
    if start is None:
        kind = "deeppose-small" if options.refines is not None and options.network is None else options.network
        found = from_nothing(config, sets[0], network=kind, input_size=options.input)
        return found if options.refines is None else as_refinement(found, input_size=options.input)
    card = load(start).card
    return replace(
        with_views(config, sets[0]),
        network=card.spec,
        input_size=options.input or card.input_size,
        sigma=card.sigma,
        second_look=options.second_look or card.second_look,
        licence=card.licence,
        attribution=card.attribution,
    )


def _sign(options: argparse.Namespace, start: Path | None, sets: Sequence[TrainingSet]) -> None:
    """Put on the finished network's card what it came from, and the threshold of the network it began with."""
    from model.card import identity, read_bytes
    from model.checkpoint import load, save

    found = load(options.output)
    own = sets[:-1] if options.mix_rendered > 0 else sets
    facts: dict[str, object] = {
        "frames": sum(len(one.of_split("train")) for one in own),
        "held back": sum(len(one.of_split("val")) for one in own),
        "rendered": options.mix_rendered,
    }
    card = found.card
    if start is not None:
        facts["began with"] = {"name": start.stem, "network": identity(read_bytes(start))}
        card = replace(card, threshold=load(start).card.threshold)
    save(options.output, found.weights, replace(card, training={**card.training, **facts}))


def _teller(total: int, follower: Follower | None) -> Callable[[Progress], None]:
    ticker = Ticker("trained on", total)
    validated: list[Score | None] = [None]

    def tell(progress: Progress) -> None:
        remark = f"loss {progress.loss:.3f}"
        score = progress.validation
        if score is not None:
            remark += f", recall {score.recall:.2f}"
        ticker.show(min(progress.samples, total), remark)
        if follower is not None:
            new = score is not validated[0] and score is not None
            follower.tell(
                progress.samples,
                total,
                seconds=progress.seconds,
                left=progress.seconds_left,
                loss=progress.loss,
                pck=score.pck.get(10.0) if new and score is not None else None,
            )
            validated[0] = score

    return tell


def _held_back(folders: Sequence[Path], sets: Sequence[TrainingSet]) -> list[Truth]:
    """The validation frames of the people's sets, where their points are those of the pitch."""
    from annotator.evaluation_data import read_labelled
    from annotator.formats.documents import FormatError

    truths: list[Truth] = []
    for folder, found in zip(folders, sets, strict=True):
        if _leads() and found.of_split("val") and found.scheme == PITCH_57.id:
            try:
                truths += read_labelled(folder, split="val")[0]
            except FormatError as error:
                complain(str(error))
    return [replace(one, name=f"{n}/{one.name}") for n, one in enumerate(truths)]


def _judge(networks: Sequence[tuple[str, Path]], truths: Sequence[Truth]) -> None:
    """A row of the comparison on standard output for every (title, weights); the head of the table comes first."""
    from annotator.commands.evaluate_ import look
    from annotator.evaluation import HEADER, above, evaluate
    from model.card import CheckpointError
    from model.predictor import Predictor

    if not networks or networks[0][0] == "before":
        labels = sum(len(one.labels) for one in truths)
        sys.stdout.write(f"{len(truths)} held-back frames, {labels} labels\n{HEADER}\n")
    for title, weights in networks:
        try:
            predictor = Predictor.load(weights, "cpu", way="plain")
        except CheckpointError as error:
            raise CommandError(str(error)) from error
        seen, _ = look(predictor, truths)
        threshold = predictor.card.threshold
        row = evaluate([one for one in truths if one.name in seen], above(seen, threshold)).overall
        sys.stdout.write(row.text(f"{title} > {threshold:g}") + "\n")
    sys.stdout.flush()
