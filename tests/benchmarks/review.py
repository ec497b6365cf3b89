"""Measures the review queue: how soon faults come up.

python tests/benchmarks/review.py [--trials 40] [--rendered 100]

One frame in twenty gets one fault: two points swapped, one point 20 px off, or a well visible point missing. Frames are
rendered ones and the real ones of soccernet-dev, with the fault in the labels (the network is the other witness) and
then in the predictions of frames that nobody labelled. The queue orders all frames; printed is the share of the faulty
ones in its first 20 %, by fault, the same without spreading the queue over scenes, and the milliseconds a frame that
building the queue takes.

Published labels of soccernet-dev have faults of their own: frames with a label listed in likely_label_errors.csv, or
one over 15 px from a third party's camera (predictions57), take no part, so that what comes up is what was put in.
Every tenth point in view is unlabelled there, which hides a missing one.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from annotator.labels import Instance, KeypointLabel, Origin, Visibility  # noqa: E402
from annotator.pitch import KEYPOINTS  # noqa: E402
from annotator.review import rank, signs_of  # noqa: E402
from annotator.synthetic import OCCLUDED, VISIBLE, render  # noqa: E402

DATA = ROOT.parent / "shared" / "data" / "soccernet-dev"
NAMES = list(KEYPOINTS)
MOVE = 20.0
FAULTY = 0.05
FIRST = 0.2
FAULTS = ("swapped", "missing", "20 px off")


@dataclass(frozen=True)
class Frame:
    """A frame of the benchmark: its labels and what the network saw."""

    labels: Instance
    prediction: object
    size: tuple[int, int]


def instance_of(points):
    return Instance(
        keypoints={n: KeypointLabel(tuple(xy), Visibility.VISIBLE, Origin.IMPORTED) for n, xy in points.items()}
    )


def is_doubtful(said, path):
    """Whether a published label lies far from where a third party's camera has it, or nothing can be compared."""
    if not path.exists():
        return True
    other = json.loads(path.read_text(encoding="utf-8"))
    off = [np.linalg.norm(np.subtract(said[key][:2], other[key][:2])) for key in said if key in other]
    return len(off) < 5 or max(off) > 15.0


def real_frames(predictor):
    with (DATA / "likely_label_errors.csv").open(encoding="utf-8") as file:
        listed = {int(row["idx"]) for row in csv.DictReader(file)}
    frames = []
    for path in sorted((DATA / "keypoints57").glob("*.json")):
        said = json.loads(path.read_text(encoding="utf-8"))
        if int(path.stem) in listed or is_doubtful(said, DATA / "predictions57" / path.name):
            continue
        image = cv2.imread(str(DATA / "images" / f"{path.stem}.jpg"))[..., ::-1]
        size = (image.shape[1], image.shape[0])
        points = {NAMES[int(i)]: xy for i, xy in said.items() if 0 <= xy[0] < size[0] and 0 <= xy[1] < size[1]}
        frames.append(Frame(instance_of(points), predictor.predict(np.ascontiguousarray(image)), size))
    return frames


def rendered_frames(predictor, count):
    frames = []
    for seed in range(7_000_000, 7_000_000 + count):
        frame = render(seed, (960, 540))
        points = {n: frame.points[n] for n, state in frame.states.items() if state == VISIBLE and n not in frame.coarse}
        hidden = {n: KeypointLabel(None, Visibility.OCCLUDED) for n, state in frame.states.items() if state == OCCLUDED}
        hidden |= {n: KeypointLabel(None, Visibility.OCCLUDED) for n in frame.coarse}
        if len(points) >= 4:
            said = replace(instance_of(points), keypoints={**hidden, **instance_of(points).keypoints})
            frames.append(Frame(said, predictor.predict(frame.rgb), (960, 540)))
    return frames


def broken_labels(rng, labels, fault):
    """The labels with one fault."""
    points = {name: label.position for name, label in labels.keypoints.items() if label.position is not None}
    rest = {name: label for name, label in labels.keypoints.items() if label.position is None}
    return replace(labels, keypoints={**rest, **instance_of(broken(rng, points, fault)).keypoints})


def broken(rng, points, fault):
    names = list(points)
    changed = dict(points)
    if fault == 0 and len(names) >= 2:
        for _ in range(20):
            first, second = rng.choice(names, 2, replace=False)
            if np.linalg.norm(np.subtract(points[first], points[second])) > 15.0:
                changed[first], changed[second] = points[second], points[first]
                return changed
    if fault == 1 and len(names) > 4:
        changed.pop(rng.choice(names))
        return changed
    name = rng.choice(names)
    angle = rng.uniform(0.0, 2 * np.pi)
    changed[name] = (points[name][0] + MOVE * np.cos(angle), points[name][1] + MOVE * np.sin(angle))
    return changed


def broken_prediction(rng, prediction, threshold, fault):
    """The prediction with one fault among the points that are shown; the heatmaps say the same."""
    shown = np.flatnonzero(prediction.confidence >= threshold)
    if len(shown) < 4:
        return None
    points = {int(i): tuple(prediction.xy[i]) for i in shown}
    changed = broken(rng, points, fault)
    xy, confidence, maps = prediction.xy.copy(), prediction.confidence.copy(), prediction.heatmaps.copy()
    for i, before in points.items():
        if i not in changed:
            confidence[i], maps[i] = 0.0, 0
            continue
        by = np.subtract(changed[i], before) / prediction.scale
        xy[i] = changed[i]
        maps[i] = np.roll(prediction.heatmaps[i], (round(by[1]), round(by[0])), axis=(0, 1))
    return replace(prediction, xy=xy, confidence=confidence, heatmaps=maps)


def share_found(frames, threshold, trials, *, labelled, seed=0):
    """Of each fault the share in the first part of the queue, the same unspread, and milliseconds a frame."""
    rng = np.random.default_rng(seed)
    clean, spent = [], 0.0
    for number, frame in enumerate(frames):
        began = time.process_time()
        said = frame.labels if labelled else Instance()
        clean.append(signs_of(number, said, frame.prediction, size=frame.size, threshold=threshold))
        spent += time.process_time() - began
    usable = [i for i, frame in enumerate(frames) if len(frame.labels.keypoints) >= 5]
    many = max(1, round(FAULTY * len(frames)))
    found, unspread = {fault: [] for fault in FAULTS}, []
    for _ in range(trials):
        signs, faulty = list(clean), {}
        for i in map(int, rng.permutation(usable)):
            if len(faulty) == many:
                break
            frame, said, seen, fault = frames[i], Instance(), frames[i].prediction, int(rng.integers(len(FAULTS)))
            if labelled:
                said = broken_labels(rng, frame.labels, fault)
            else:
                seen = broken_prediction(rng, frame.prediction, threshold, fault)
            if seen is not None:
                signs[i] = signs_of(i, said, seen, size=frame.size, threshold=threshold)
                faulty[i] = FAULTS[fault]
        first = {one.frame_id for one in rank(signs)[: round(FIRST * len(frames))]}
        for i, fault in faulty.items():
            found[fault].append(i in first)
        first = {one.frame_id for one in rank(signs, diverse=False)[: round(FIRST * len(frames))]}
        unspread += [i in first for i in faulty]
    return found, unspread, 1000.0 * spent / len(frames)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the review queue.")
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--rendered", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("TOUCHLINE_CACHE", folder)
        from annotator.commands.network import load_predictor

        predictor = load_predictor(None, "cpu")
        threshold = predictor.card.threshold
        sets = {"rendered": rendered_frames(predictor, arguments.rendered)}
        if DATA.is_dir():
            sets["soccernet-dev"] = real_frames(predictor)
    print(f"faulty frames in the first {FIRST:.0%} of the queue (a random order: {FIRST:.0%})")
    columns = "".join(f"{fault:>13}" for fault in FAULTS)
    print(f"{'':28}{'frames':>7}{'all':>8}{columns}{'not spread':>12}{'ms a frame':>12}")
    for name, frames in sets.items():
        for what, labelled in (("labels", True), ("predictions", False)):
            found, unspread, ms = share_found(frames, threshold, arguments.trials, labelled=labelled)
            everything = [hit for hits in found.values() for hit in hits]
            each = "".join(f"{np.mean(hits):13.1%}" for hits in found.values())
            print(
                f"{name + ', ' + what:28}{len(frames):7}{np.mean(everything):8.1%}{each}"
                f"{np.mean(unspread):12.1%}{ms:12.1f}"
            )


if __name__ == "__main__":
    main()
