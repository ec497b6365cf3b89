"""Frames for the benchmark of the review queue, and the faults that are put into them."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from annotator.labels import Instance, KeypointLabel, Origin, Visibility
from annotator.pitch import KEYPOINTS
from annotator.review.mirrored import look, points
from annotator.synthetic import OCCLUDED, VISIBLE, render

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "soccernet-dev"
NAMES = list(KEYPOINTS)
MOVE, APART = 20.0, 15.0
SOUND, WRONG = 12.0, 20.0
FAULTS = ("swapped", "missing", "20 px off")


@dataclass(frozen=True)
class Frame:
    """A frame of the benchmark: its true labels, what the network saw, and saw in the mirrored frame."""

    labels: Instance
    prediction: object
    size: tuple[int, int]
    mirrored: dict[str, tuple[float, float]]

    def points(self):
        return {name: label.position for name, label in self.labels.keypoints.items() if label.position is not None}

    def seen(self, threshold):
        shown = np.flatnonzero(self.prediction.confidence >= threshold)
        return {self.prediction.names[i]: tuple(self.prediction.xy[i]) for i in shown}

    def off(self, threshold):
        """How far every point that the network shows is from the truth, pixels, as far as there is one."""
        true = self.points()
        return {n: np.hypot(*np.subtract(at, true[n])) for n, at in self.seen(threshold).items() if n in true}

    def is_sound(self, threshold):
        """Whether the network is right about the frame: nothing far off, no labelled point unseen."""
        off = self.off(threshold)
        return len(off) >= 4 and max(off.values()) <= SOUND and self.points().keys() <= self.seen(threshold).keys()


def looked_at(predictor, rgb, labels, size):
    """The frame with what the network sees in it both ways."""
    rgb = np.ascontiguousarray(rgb)
    mirrored = points(look(predictor.predict, rgb), predictor.card.threshold)
    return Frame(labels, predictor.predict(rgb), size, mirrored)


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
        frames.append(looked_at(predictor, image, instance_of(points), size))
    return frames


def rendered_frames(predictor, count, first):
    frames = []
    for seed in range(first, first + count):
        frame = render(seed, (960, 540))
        points = {n: frame.points[n] for n, state in frame.states.items() if state == VISIBLE and n not in frame.coarse}
        hidden = {n: KeypointLabel(None, Visibility.OCCLUDED) for n, state in frame.states.items() if state == OCCLUDED}
        hidden |= {n: KeypointLabel(None, Visibility.OCCLUDED) for n in frame.coarse}
        if len(points) >= 4:
            said = replace(instance_of(points), keypoints={**hidden, **instance_of(points).keypoints})
            frames.append(looked_at(predictor, frame.rgb, said, (960, 540)))
    return frames


def broken(rng, points, fault, name=None):
    """The points with one fault, at the named point or any."""
    names = list(points)
    changed = dict(points)
    if fault == 0 and len(names) >= 2:
        for _ in range(20):
            first, second = rng.choice(names, 2, replace=False)
            first = name or first
            if np.linalg.norm(np.subtract(points[first], points[second])) > APART:
                changed[first], changed[second] = points[second], points[first]
                return changed
    name = name or rng.choice(names)
    if fault == 1 and len(names) > 4:
        changed.pop(name)
        return changed
    angle = rng.uniform(0.0, 2 * np.pi)
    changed[name] = (points[name][0] + MOVE * np.cos(angle), points[name][1] + MOVE * np.sin(angle))
    return changed


def with_points(labels, points):
    """Labels with these points in place of their own; what was said without a position stays."""
    rest = {name: label for name, label in labels.keypoints.items() if label.position is None}
    return replace(labels, keypoints={**rest, **instance_of(points).keypoints})


def with_seen(prediction, threshold, points):
    """The prediction as if it showed these points; the heatmaps say the same."""
    xy, confidence, maps = prediction.xy.copy(), prediction.confidence.copy(), prediction.heatmaps.copy()
    for i in map(int, np.flatnonzero(prediction.confidence >= threshold)):
        name = prediction.names[i]
        if name not in points:
            confidence[i], maps[i] = 0.0, 0
        elif tuple(points[name]) != tuple(prediction.xy[i]):
            by = np.subtract(points[name], prediction.xy[i]) / prediction.scale
            xy[i] = points[name]
            maps[i] = np.roll(prediction.heatmaps[i], (round(by[1]), round(by[0])), axis=(0, 1))
    return replace(prediction, xy=xy, confidence=confidence, heatmaps=maps)
