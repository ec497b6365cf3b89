"""Measures networks on rendered card packets: corners, which of them are seen, and how many cards there are.

python -m tests.benchmarks.cards [--weights FILE] [--frames 400] [--stage FILE] [--train N]

Packets are rendered from seeds from 3,000,000 on, which no training of the README begins with and at which nobody
looked while one was made. A network that looks twice is judged by what it says after its first look, too, and
without looking mirrored. Without
--weights the embedded network is judged; --train N first trains a UNet on N rendered packets here, which takes hours
for figures like those of the README. --stage adds a refinement (`train --refines`) and prints its row beside that
without.

An error is the distance in the image from a true corner inside the image, seen or hidden, in per cent of the packet's
width there; the row of reference is a guess that knows nothing: every corner where it lies on average over the same
packets, every packet with their median number of cards.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from annotator.commands.network import embedded_weights
from annotator.synthetic.card_sets import CARDS, render_card_set
from annotator.synthetic.cards import ABSENT, SCHEME_ID, VISIBLE, CardPacket, render_cards
from model.cascade import refined
from model.checkpoint import load
from model.heatmaps import Prediction
from model.predictor import Predictor
from model.training import TrainingConfig, train

FIRST_SEED = 3_000_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, metavar="FILE")
    parser.add_argument("--stage", type=Path, metavar="FILE")
    parser.add_argument("--frames", type=int, default=400, metavar="N")
    parser.add_argument("--train", type=int, default=0, metavar="N")
    options = parser.parse_args()
    packets = [render_cards(FIRST_SEED + i) for i in range(options.frames)]
    print(f"{len(packets)} packets of {packets[0].rgb.shape[1]}x{packets[0].rgb.shape[0]}")
    errors = f"{'median %':>10}{'seen':>7}{'hidden':>8}{'p90 %':>8}{'within 3 %':>12}"
    print(f"{'':28}{errors}{'seen P':>8}{'R':>7}{'cards off':>11}")
    names = tuple(packets[0].points)
    middle = np.array([np.mean([packet.points[name] for packet in packets], axis=0) for name in names])
    usual = float(np.median([packet.cards for packet in packets]))
    show("knows nothing", names, packets, lambda _: (middle, None, usual))
    weights = options.weights or embedded_weights(SCHEME_ID)
    with tempfile.TemporaryDirectory() as folder:
        if options.train:
            weights = trained(Path(folder), options.train)
        if weights is None:
            print("This copy holds no network for card packets: name one with --weights FILE.")
            return 1
        predictor = Predictor.load(weights, "cpu", way="plain")
        order = [predictor.names.index(name) for name in names]

        def said(prediction: Prediction) -> tuple[NDArray[np.float64], NDArray[np.float64] | None, float | None]:
            seen = None if prediction.seen is None else prediction.seen[order]
            return prediction.xy[order], seen, prediction.scalars.get(CARDS.name)

        if predictor.card.second_look:
            whole = load(weights)
            once = Predictor.of(replace(whole, card=replace(whole.card, second_look=False)), "cpu")
            show(f"{weights.stem}, first look", names, packets, lambda packet: said(once.predict(packet.rgb)))
            plain = Predictor.of(replace(whole, card=replace(whole.card, mirror=())), "cpu")
            show(f"{weights.stem}, not mirrored", names, packets, lambda packet: said(plain.predict(packet.rgb)))
        show(weights.stem, names, packets, lambda packet: said(predictor.predict(packet.rgb)))
        if options.stage is not None:
            stage = Predictor.load(options.stage, "cpu", way="plain")
            show(
                f"{weights.stem}, refined", names, packets,
                lambda packet: said(refined(predictor.predict(packet.rgb), packet.rgb, stage)),
            )  # fmt: skip
    return 0


def trained(folder: Path, frames: int) -> Path:
    """A UNet that looks twice, trained on ``frames`` packets, five times over each."""
    from annotator.training_kinds import from_nothing

    learnt = render_card_set(folder / "set", frames=frames)
    config = TrainingConfig(output=folder / "trained.safetensors", samples=5 * frames, batch=16, second_look=True)
    train(from_nothing(config, learnt, input_size=(192, 176)), [(learnt, 1.0)])
    return config.output


Said = tuple[NDArray[np.float64], NDArray[np.float64] | None, float | None]


def show(
    title: str, names: Sequence[str], packets: Sequence[CardPacket], look: Callable[[CardPacket], Said]
) -> None:
    """A row of the table."""
    errors: list[float] = []
    visible: list[bool] = []
    cards: list[float] = []
    hits = np.zeros(3, int)  # seen, said to be seen, both
    for packet in packets:
        xy, seen, number = look(packet)
        state = np.array([packet.states[name] for name in names])
        truth = np.array([packet.points[name] for name in names])
        there = state > ABSENT
        errors += (100 * np.linalg.norm(xy - truth, axis=1)[there] / packet.width).tolist()
        visible += (state == VISIBLE)[there].tolist()
        if seen is not None:
            true, told = (state == VISIBLE)[there], (seen > 0.5)[there]
            hits += [true.sum(), told.sum(), (true & told).sum()]
        if number is not None:
            cards.append(abs(number - packet.cards))
    values, clear = np.array(errors), np.array(visible)
    sight = f"{hits[2] / hits[1]:8.3f}{hits[2] / hits[0]:7.3f}" if hits[1] else f"{'-':>8}{'-':>7}"
    off = f"{np.mean(cards):11.2f}" if cards else f"{'-':>11}"
    shares = f"{np.median(values):10.2f}{np.median(values[clear]):7.2f}{np.median(values[~clear]):8.2f}"
    shares += f"{np.percentile(values, 90):8.2f}{np.mean(values <= 3):12.3f}"
    print(f"{title:28}{shares}{sight}{off}")


if __name__ == "__main__":
    sys.exit(main())
