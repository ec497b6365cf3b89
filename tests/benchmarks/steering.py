"""Measures dragging the template: how many drags a person needs, and milliseconds a move.

Run from the checkout's root: ``python tests/benchmarks/steering.py [--cameras 50] [--frames 20]``. The person is
scripted and greedy: of the keypoints in the frame that are farthest from where they belong, take hold of the worst, put
it where it belongs with a hand of one pixel, and leave it pinned there. Cameras are those that ``annotator.synthetic``
renders with. Milliseconds are of processor time.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

import numpy as np  # noqa: E402

from annotator.keypoints import resolve  # noqa: E402
from annotator.labels import EMPTY  # noqa: E402
from annotator.paint import PaintField  # noqa: E402
from annotator.paint_labels import labels_on_paint  # noqa: E402
from annotator.pitch import HALF_LENGTH, HALF_WIDTH, KEYPOINTS  # noqa: E402
from annotator.steering import (  # noqa: E402
    Mode,
    Pin,
    Start,
    camera_of,
    labels_from_steering,
    starting_camera,
    steer,
)
from annotator.synthetic import render  # noqa: E402
from annotator.synthetic.cameras import random_view  # noqa: E402

SIZE = (960, 540)
FAMILIES = ("main", "sixteen", "midfield", "tactical", "close", "high behind")
WORLDS = np.array([point.world for point in KEYPOINTS.values()])
OFF, GOOD, HAND = 60.0, 3.0, 1.0


def cameras(count):
    """Cameras with at least eight keypoints in the frame, lens and all."""
    rng = np.random.default_rng(50)
    found = []
    while len(found) < count:
        camera = random_view(rng, size=SIZE, half=(HALF_LENGTH, HALF_WIDTH), family=FAMILIES[len(found) % 6]).camera
        if seen(camera).sum() >= 8:
            found.append(camera)
    return found


def seen(camera):
    """Which keypoints are in the frame."""
    pixels = camera.project(WORLDS)
    with np.errstate(invalid="ignore"):
        return ((pixels >= 0) & (pixels <= (SIZE[0] - 1, SIZE[1] - 1))).all(axis=1)


def errors(solution, truth):
    """Pixels that the keypoints in the frame are off; one behind the camera is very far off."""
    off = np.linalg.norm(solution.project(WORLDS) - truth.project(WORLDS), axis=1)
    return np.where(seen(truth), np.nan_to_num(off, nan=1e4), -1.0)


def astray(rng, truth):
    """The true camera turned, zoomed, rolled and moved at random until the template is ``OFF`` pixels off."""
    way = rng.standard_normal(8) * (0.05, 0.03, 0.01, 0.08, 3.0, 5.0, 2.0, 0.0)
    low, high = 0.0, 8.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        camera = disturbed(truth, way * middle)
        off = errors(camera, truth)
        low, high = (middle, high) if np.median(off[off >= 0]) < OFF else (low, middle)
    return disturbed(truth, way * low)


def disturbed(truth, change):
    """A camera near the true one, without its lens."""
    pan, tilt, roll, zoom = change[:4]
    about = np.array([[np.cos(pan), -np.sin(pan), 0.0], [np.sin(pan), np.cos(pan), 0.0], [0.0, 0.0, 1.0]])
    nod = np.array([[1.0, 0.0, 0.0], [0.0, np.cos(tilt), -np.sin(tilt)], [0.0, np.sin(tilt), np.cos(tilt)]])
    lean = np.array([[np.cos(roll), -np.sin(roll), 0.0], [np.sin(roll), np.cos(roll), 0.0], [0.0, 0.0, 1.0]])
    position = truth.position + change[4:7]
    position[2] = min(position[2], -2.0)
    return camera_of(SIZE, lean @ nod @ truth.rotation @ about, position, float(np.log(truth.focal)) + zoom, 0.0)


def greedy(rng, camera, truth, *, drags, mode=Mode.PAN, times=None):
    """Median error after each drag, the last camera, its pins, and how far pins moved while something was dragged."""
    pins, medians, slipped = [], [], []
    names = list(KEYPOINTS)
    for _ in range(drags):
        off = errors(camera, truth)
        off[[names.index(pin.keypoint) for pin in pins]] = -1.0
        worst = int(off.argmax())
        grabbed = Pin(KEYPOINTS[names[worst]].world, (0.0, 0.0), keypoint=names[worst])
        target = truth.project(WORLDS[worst : worst + 1])[0] + HAND * rng.standard_normal(2)
        start = camera.project(WORLDS[worst : worst + 1])[0]
        start = np.where(np.isfinite(start), start, target)
        before = camera
        held = camera.project(np.array([pin.world for pin in pins])) if pins else None
        for part in (0.25, 0.5, 0.75, 1.0):
            began = time.process_time()
            camera = steer(before, pins=pins, grabbed=grabbed.at(start + part * (target - start)), mode=mode)
            if times is not None:
                times.append(1e3 * (time.process_time() - began))
        if held is not None and len(held) <= 3:
            now = camera.project(np.array([pin.world for pin in pins]))
            slipped.append(float(np.linalg.norm(now - held, axis=1).max()))
        pins.append(grabbed.at(target))
        camera = steer(camera, pins=pins, mode=mode)
        off = errors(camera, truth)
        medians.append(float(np.median(off[off >= 0])))
    return medians, camera, pins, slipped


def report(title, starts, truths, mode, drags=5):
    """A line for every number of drags."""
    rng = np.random.default_rng(51)
    times, medians, slips, kept = [], [], [], []
    for start, truth in zip(starts, truths, strict=True):
        done, camera, pins, slipped = greedy(rng, start, truth, drags=drags, mode=mode, times=times)
        medians.append(done)
        slips.extend(slipped)
        labels = labels_from_steering(EMPTY, camera, pins)
        solved = resolve(labels.pitch, None, size=SIZE, threshold=0.3).solution
        if solved is not None:
            inside = seen(truth)
            off = np.linalg.norm(solved.project(WORLDS[inside]) - camera.project(WORLDS[inside]), axis=1)
            kept.append(float(np.nanmedian(off)))
    medians = np.array(medians)
    rows = [errors(start, truth) for start, truth in zip(starts, truths, strict=True)]
    first = [np.median(row[row >= 0]) for row in rows]
    print(f"\n{title}, {mode.value}: median error of a frame {np.median(first):.0f} px at the start")
    for i in range(drags):
        row = medians[:, i]
        print(
            f"  {i + 1} drags: median {np.median(row):7.2f} px, p90 {np.percentile(row, 90):8.2f}, "
            f"{(row <= GOOD).sum()} of {len(row)} frames at {GOOD:g} px or better"
        )
    reached = (medians[:, :4] <= GOOD).any(axis=1)
    print(f"  within 4 drags: {reached.sum()} of {len(reached)}; up to 3 pins slipped", end=" ")
    print(f"{np.median(slips):.4f} px median, {np.percentile(slips, 99):.3f} p99, {max(slips):.3f} at most")
    solved = f"{len(kept)} of {len(medians)} solved"
    print(f"  labels taken give the same camera to {np.median(kept):.2f} px median, {solved}")
    print(f"  a move: {np.median(times):.2f} ms median, {np.percentile(times, 95):.2f} ms p95")


def start_for(truth):
    """The starting camera that a person would choose."""
    x, y, _ = truth.position
    middle = np.mean(WORLDS[seen(truth), 0])
    if abs(x) > HALF_LENGTH and abs(y) < HALF_WIDTH:
        return Start.BEHIND_LEFT if x < 0 else Start.BEHIND_RIGHT
    return Start.CENTRE if abs(middle) < 18 else Start.LEFT if middle < 0 else Start.RIGHT


def report_paint(count):
    """Four drags on rendered frames of a standard pitch, then all markings drawn to the paint."""
    rng = np.random.default_rng(53)
    rows, seed = [], 7000
    while len(rows) < count:
        frame = render(seed, SIZE, family=FAMILIES[seed % 6])
        seed += 1
        if abs(frame.length - 2 * HALF_LENGTH) > 0.01 or seen(frame.camera).sum() < 8:
            continue
        medians, camera, pins, _ = greedy(rng, astray(rng, frame.camera), frame.camera, drags=4)
        labels, snaps = labels_on_paint(EMPTY, camera, pins, PaintField.of(frame.rgb))
        solved = resolve(labels.pitch, None, size=SIZE, threshold=0.3).solution
        off = errors(solved, frame.camera) if solved is not None else np.array([1e4])
        rows.append((medians[-1], np.median(off[off >= 0]), sum(not snap.refused for snap in snaps.values())))
    dragged, snapped, confirmed = np.array(rows).T
    print(f"\nFour drags and the paint, {count} rendered frames: median error of a frame, median and p90 px")
    print(f"  after the drags {np.median(dragged):.2f} / {np.percentile(dragged, 90):.2f}")
    print(f"  drawn to the paint {np.median(snapped):.2f} / {np.percentile(snapped, 90):.2f}", end="")
    print(f", {np.median(confirmed):.0f} markings confirmed")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cameras", type=int, default=50)
    parser.add_argument("--frames", type=int, default=20)
    asked = parser.parse_args()
    truths = cameras(asked.cameras)
    rng = np.random.default_rng(52)
    off = [astray(rng, truth) for truth in truths]
    for mode in (Mode.PAN, Mode.FULL):
        report(f"{OFF:g} px off", off, truths, mode)
    report_paint(asked.frames)
    report("From a starting camera", [starting_camera(SIZE, start=start_for(t)) for t in truths], truths, Mode.PAN, 6)


if __name__ == "__main__":
    main()
