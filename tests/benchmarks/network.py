"""How good a network is on real frames: ``python tests/benchmarks/network.py [WEIGHTS] [--data FOLDER]``.

Definitions, all at 960x540 pixels:

recall, precision
    A labelled point is found when its confidence is above the threshold, wherever it lies; precision is found labelled
    points over all detections. About a tenth of the points in view carry no label, so precision cannot reach 1.
geometric precision
    Share of detections within 20 px of their own label or, for ground points, of the place that the homography through
    the frame's labels (at least four ground labels) gives them.
PCKt
    Share of all labels whose detection lies within t px; an undetected label counts against it.
median
    Of the distances of detected labelled points, px.
H<t
    Share of the frames with at least four ground labels where a homography through the detected ground points (RANSAC,
    5 px, at least four) lies within t px of the ground labels, as the median over the frame.

Without weights, the rows that need none are printed: labels with noise, and third-party predictions beside the data.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.pitch import KEYPOINTS, PITCH_57

Floats = NDArray[np.float64]
Points = dict[int, tuple[float, float]]

SIZE = (960, 540)
NEAR = 20.0
DISTANCES = (5.0, 10.0, 20.0)
THRESHOLDS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
WORLD = np.array([point.world[:2] for point in KEYPOINTS.values()])
GROUND = np.array([point.on_ground for point in KEYPOINTS.values()])
HEADER = f"{'':34}recall  prec. geo.p.  PCK5  PCK10 PCK20 median  H<5   H<10"


@dataclass(frozen=True)
class Truth:
    """The labels of a frame, channel -> pixels, and the homography through them, if there are four ground labels."""

    name: str
    labels: Points
    image_from_pitch: Floats | None

    def projected(self) -> Points:
        """Ground keypoints that the homography puts into the image."""
        if self.image_from_pitch is None:
            return {}
        pixels = mapped(self.image_from_pitch, WORLD)
        with np.errstate(invalid="ignore"):
            inside = GROUND & ((pixels >= 0) & (pixels < SIZE)).all(axis=1)
        return {int(k): (float(pixels[k, 0]), float(pixels[k, 1])) for k in np.flatnonzero(inside)}


@dataclass(frozen=True)
class Row:
    """The measures of one set of detections."""

    recall: float
    precision: float
    geometric: float
    pck: tuple[float, ...]
    median: float
    homography: tuple[float, float]

    def text(self, title: str) -> str:
        """One line of the table."""
        pck = " ".join(f"{value:5.3f}" for value in self.pck)
        h = " ".join(f"{value:5.3f}" for value in self.homography)
        shares = f"{self.recall:5.3f}  {self.precision:5.3f}  {self.geometric:5.3f}"
        return f"{title:34}{shares}  {pck}  {self.median:5.2f}  {h}"


def mapped(matrix: Floats, world: Floats) -> Floats:
    """Pitch points (N, 2) in the image; NaN for those behind the camera."""
    homogeneous = np.column_stack([world, np.ones(len(world))]) @ matrix.T
    depth = homogeneous[:, 2:]
    front = depth > 1e-9
    found: Floats = np.where(front, homogeneous[:, :2] / np.where(front, depth, 1.0), np.nan)
    return found


def homography(points: Points, *, threshold: float) -> Floats | None:
    """``image_from_pitch`` through the ground points among ``points`` by RANSAC, pixels; None below four."""
    ground = [k for k in points if GROUND[k]]
    if len(ground) < 4:
        return None
    cv2.setRNGSeed(1)
    pixels = np.array([points[k] for k in ground])
    found, _ = cv2.findHomography(WORLD[ground], pixels, cv2.RANSAC, threshold, maxIters=3000, confidence=0.999)
    if found is None:
        return None
    depth = np.column_stack([WORLD[ground], np.ones(len(ground))]) @ found[2]
    # The sign is that of the points it was made from, so that they are in front of the camera.
    return np.asarray(found * np.sign(np.median(depth)))


def read_points(path: Path) -> Points:
    """A file of channel -> [x, y]."""
    return {int(k): (float(x), float(y)) for k, (x, y) in json.loads(path.read_text(encoding="utf-8")).items()}


def read_truth(data: Path, wrong: Mapping[str, set[int]]) -> list[Truth]:
    """The labels of all frames but those named in ``wrong``."""
    truths = []
    for path in sorted((data / "keypoints57").glob("*.json")):
        leave = wrong.get(path.stem, set())
        labels = {k: p for k, p in read_points(path).items() if k not in leave}
        truths.append(Truth(path.stem, labels, homography(labels, threshold=10.0)))
    return truths


def read_errors(data: Path) -> dict[str, set[int]]:
    """Labels that are probably wrong: frame -> channels."""
    wrong: dict[str, set[int]] = {}
    with (data / "likely_label_errors.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            wrong.setdefault(f"{int(row['idx']):03d}", set()).add(int(row["kp"]))
    return wrong


def measure(truths: Sequence[Truth], detections: Mapping[str, Points]) -> Row:
    """Score detections, frame -> channel -> pixels; frames without an entry have no detection."""
    errors: list[float] = []
    labels = detected = right = 0
    moves: list[float] = []
    for truth in truths:
        found = detections.get(truth.name, {})
        projected = truth.projected()
        labels += len(truth.labels)
        detected += len(found)
        for k, place in found.items():
            near = [p for p in (truth.labels.get(k), projected.get(k)) if p is not None]
            right += any(_apart(place, p) < NEAR for p in near)
            if k in truth.labels:
                errors.append(_apart(place, truth.labels[k]))
        if truth.image_from_pitch is not None:
            moves.append(_move(truth, found))
    error, move = np.array(errors), np.array(moves)
    return Row(
        recall=len(errors) / max(labels, 1),
        precision=len(errors) / max(detected, 1),
        geometric=right / max(detected, 1),
        pck=tuple(float((error <= t).sum()) / max(labels, 1) for t in DISTANCES),
        median=float(np.median(error)) if len(error) else float("nan"),
        homography=(float((move < 5).mean()), float((move < 10).mean())),
    )


def _apart(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(np.hypot(a[0] - b[0], a[1] - b[1]))


def _move(truth: Truth, found: Points) -> float:
    """Median distance of the ground labels from where the detections' homography puts them; inf without one."""
    matrix = homography(found, threshold=5.0)
    if matrix is None:
        return float("inf")
    channels = [k for k in truth.labels if GROUND[k]]
    away = np.linalg.norm(mapped(matrix, WORLD)[channels] - np.array([truth.labels[k] for k in channels]), axis=1)
    return float(np.median(np.nan_to_num(away, nan=np.inf)))


def noisy(truths: Sequence[Truth], *, sigma: float, dropped: float) -> dict[str, Points]:
    """The labels themselves with normal noise, a share of them left out: what a perfect but human detector scores."""
    rng = np.random.default_rng(0)
    result: dict[str, Points] = {}
    for truth in truths:
        kept = {k: p for k, p in truth.labels.items() if rng.random() >= dropped}
        result[truth.name] = {k: (x + sigma * rng.normal(), y + sigma * rng.normal()) for k, (x, y) in kept.items()}
    return result


def predict(weights: Path, data: Path, names: Sequence[str]) -> dict[str, dict[int, tuple[float, float, float]]]:
    """What a network sees in every frame: channel -> x, y in pixels at 960x540 and confidence."""
    from model.predictor import Predictor

    predictor = Predictor.load(weights, device="cpu", threads=1)
    order = [PITCH_57.index[name] for name in predictor.names]
    result = {}
    for name in names:
        bgr = cv2.imread(str(data / "images" / f"{name}.jpg"), cv2.IMREAD_COLOR)
        prediction = predictor.predict(np.ascontiguousarray(bgr[..., ::-1]))
        scale = np.array(SIZE) / (bgr.shape[1], bgr.shape[0])
        xy = (prediction.xy + 0.5) * scale - 0.5
        seen = zip(order, xy, prediction.confidence, strict=True)
        result[name] = {k: (float(x), float(y), float(c)) for k, (x, y), c in seen if np.isfinite((x, y)).all()}
    return result


def above(predictions: Mapping[str, dict[int, tuple[float, float, float]]], threshold: float) -> dict[str, Points]:
    """Detections whose confidence is above a threshold."""
    return {name: {k: (x, y) for k, (x, y, c) in one.items() if c > threshold} for name, one in predictions.items()}


def print_references(truths: Sequence[Truth], data: Path) -> None:
    """The rows that need no network."""
    print(HEADER)
    for sigma, dropped in ((2.0, 0.0), (4.0, 0.0), (3.0, 0.3)):
        title = f"labels + {sigma:g} px" + (f", {dropped:.0%} dropped" if dropped else "")
        print(measure(truths, noisy(truths, sigma=sigma, dropped=dropped)).text(title))
    folder = data / "predictions57"
    if folder.is_dir():
        third = {path.stem: _within(read_points(path)) for path in folder.glob("*.json")}
        print(measure(truths, third).text("third-party camera"))


def _within(points: Points) -> Points:
    """Points inside the image."""
    return {k: (x, y) for k, (x, y) in points.items() if 0 <= x < SIZE[0] and 0 <= y < SIZE[1]}


def print_network(truths: Sequence[Truth], clean: Sequence[Truth], weights: Path, data: Path) -> None:
    """The sweep over thresholds, and the best one with and without the labels that are probably wrong.

    The best threshold has the largest sum of recall and geometric precision.
    """
    predictions = predict(weights, data, [truth.name for truth in truths])
    rows = {t: measure(truths, above(predictions, t)) for t in THRESHOLDS}
    print(HEADER)
    for threshold, row in rows.items():
        print(row.text(f"confidence > {threshold:g}"))
    best = max(rows, key=lambda t: rows[t].recall + rows[t].geometric)
    print(rows[best].text(f"best threshold {best:g}"))
    print(measure(clean, above(predictions, best)).text("same, likely label errors left out"))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Judge a network on labelled broadcast frames.")
    parser.add_argument("weights", nargs="?", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/soccernet-dev"))
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    truths = read_truth(arguments.data, {})
    clean = read_truth(arguments.data, read_errors(arguments.data))
    count = sum(len(truth.labels) for truth in truths)
    planar = sum(truth.image_from_pitch is not None for truth in truths)
    print(f"{len(truths)} frames, {count} labels, {planar} frames with at least four ground labels")
    if arguments.weights is None:
        print_references(truths, arguments.data)
    else:
        print_network(truths, clean, arguments.weights, arguments.data)


if __name__ == "__main__":
    main()
