"""How good a network is on real frames: ``python tests/benchmarks/network.py [WEIGHTS] [--data FOLDER]``.

The measures are those of `annotator.evaluation`, at 960x540 pixels. Without weights, the rows that need none are
printed: labels with noise, and third-party predictions beside the data.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

from annotator.commands.evaluate_ import look  # noqa: E402
from annotator.evaluation import (  # noqa: E402
    HEADER,
    THRESHOLDS,
    WIDTH,
    Points,
    Truth,
    above,
    best_threshold,
    evaluate,
    without,
)
from annotator.evaluation_data import read_labelled, read_likely_errors  # noqa: E402
from annotator.formats.documents import read_object  # noqa: E402


def noisy(truths: Sequence[Truth], *, sigma: float, dropped: float) -> dict[str, Points]:
    """The labels themselves with normal noise, a share of them left out: what a perfect but human detector scores."""
    rng = np.random.default_rng(0)
    result: dict[str, Points] = {}
    for truth in truths:
        kept = {k: p for k, p in truth.labels.items() if rng.random() >= dropped}
        result[truth.name] = {k: (x + sigma * rng.normal(), y + sigma * rng.normal()) for k, (x, y) in kept.items()}
    return result


def print_references(truths: Sequence[Truth], data: Path) -> None:
    """The rows that need no network."""
    print(HEADER)
    for sigma, dropped in ((2.0, 0.0), (4.0, 0.0), (3.0, 0.3)):
        title = f"labels + {sigma:g} px" + (f", {dropped:.0%} dropped" if dropped else "")
        print(evaluate(truths, noisy(truths, sigma=sigma, dropped=dropped)).overall.text(title))
    folder = data / "predictions57"
    if folder.is_dir():
        third = {path.stem: _within(path) for path in folder.glob("*.json")}
        print(evaluate(truths, third).overall.text("third-party camera"))


def _within(path: Path) -> Points:
    """The points of a file of number -> [x, y] that lie inside the image."""
    points = {int(k): (float(x), float(y)) for k, (x, y) in read_object(path).items()}
    return {k: (x, y) for k, (x, y) in points.items() if 0 <= x < WIDTH and 0 <= y < 540}


def print_network(truths: Sequence[Truth], clean: Sequence[Truth], weights: Path) -> None:
    """The sweep over thresholds, and the best one with and without the labels that are probably wrong."""
    from model.predictor import Predictor

    seen, _ = look(Predictor.load(weights, "cpu", threads=1, way="plain"), truths)
    print(HEADER)
    for threshold in THRESHOLDS:
        print(evaluate(truths, above(seen, threshold)).overall.text(f"confidence > {threshold:g}"))
    best = best_threshold(truths, seen)
    print(evaluate(truths, above(seen, best)).overall.text(f"best threshold {best:g}"))
    print(evaluate(clean, above(seen, best)).overall.text("same, likely label errors left out"))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Judge a network on labelled broadcast frames.")
    parser.add_argument("weights", nargs="?", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/soccernet-dev"))
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    truths, _ = read_labelled(arguments.data)
    clean = without(truths, read_likely_errors(arguments.data))
    count = sum(len(truth.labels) for truth in truths)
    planar = sum(truth.image_from_pitch is not None for truth in truths)
    print(f"{len(truths)} frames, {count} labels, {planar} frames with at least four ground labels")
    if arguments.weights is None:
        print_references(truths, arguments.data)
    else:
        print_network(truths, clean, arguments.weights)


if __name__ == "__main__":
    main()
