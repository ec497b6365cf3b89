"""Measures placing the whole pitch: drags from far off, and the start that the network gives, with and without paint.

Run from the checkout's root: ``python tests/benchmarks/place.py [--frames 30] [--off 60]``. Frames are those of
``../shared/data/soccernet-dev`` that have human lines. The drags are those of a greedy hand on the camera of the human
lines: it drags what is worst to its place and pins it there. The other half is the keys ``5``, ``Enter`` and ``S``.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

import numpy as np  # noqa: E402

from annotator.closeness import click_residuals  # noqa: E402
from annotator.formats.soccernet import read_lines  # noqa: E402
from annotator.frames import read_image  # noqa: E402
from annotator.keypoints import resolve  # noqa: E402
from annotator.labels import EMPTY, Instance  # noqa: E402
from annotator.paint import PaintField  # noqa: E402
from annotator.pinning import camera_of_labels, camera_to_steer, hold  # noqa: E402
from annotator.pitch import KEYPOINTS  # noqa: E402
from annotator.projections import rotations  # noqa: E402
from annotator.snapping import EVERYTHING, snap_labels  # noqa: E402
from annotator.steering import labels_from_steering, steer  # noqa: E402

DATA = ROOT.parent / "shared" / "data" / "soccernet-dev"
WORLDS = np.array([point.world for point in KEYPOINTS.values()])
NAMES = list(KEYPOINTS)
MOST_DRAGS = 6


def real_frames(count):
    """(stem, rgb, markings in pixels) of frames with human lines."""
    for path in sorted((DATA / "lines").glob("*.json"))[:count]:
        rgb = read_image(DATA / "images" / f"{path.stem}.jpg")
        size = (rgb.shape[1], rgb.shape[0])
        yield path.stem, rgb, read_lines(path, size).markings


def turned(camera, rng):
    """A camera turned, zoomed and moved a little at random."""
    base = camera.model.rotation(camera.params[None, None])[0, 0]
    pan, tilt, roll = rng.normal(0.0, (0.006, 0.003, 0.001))
    p, t, r = rotations(np.array([[0.0, 0.0, pan], [tilt, 0.0, 0.0], [0.0, 0.0, roll]]))
    params = camera.params.copy()
    params[:3] = 0.0
    params[3:6] += rng.normal(0.0, (0.25, 0.25, 0.1))
    params[6] += rng.normal(0.0, 0.01)
    return replace(camera, model=replace(camera.model, base=(r @ t @ base @ p)[None]), params=params)


def off(camera, truth):
    """Distances in pixels at the keypoints that ``truth`` has in the frame, NaN at others."""
    there = truth.project(WORLDS)
    with np.errstate(invalid="ignore"):
        inside = ((there > 2.0) & (there < np.array(truth.size) - 2.0)).all(axis=1)
    return np.where(inside, np.linalg.norm(camera.project(WORLDS) - there, axis=1), np.nan)


def drags(truth, begin):
    """Median distance after none, one, two ... drags, how far pins strayed at most, milliseconds of each movement."""
    camera, pins, course, strayed, took = begin, (), [float(np.nanmedian(off(begin, truth)))], 0.0, []
    for _ in range(MOST_DRAGS):
        places = camera.project(WORLDS)
        with np.errstate(invalid="ignore"):
            seen = ((places > 2.0) & (places < np.array(camera.size) - 2.0)).all(axis=1)
        free = np.array([name not in {pin.keypoint for pin in pins} for name in NAMES])
        away = np.where(seen & free & np.isfinite(off(camera, truth)), off(camera, truth), -1.0)
        worst = int(np.nanargmax(away))
        if away[worst] <= 0.0:
            break
        held = hold(camera, tuple(places[worst]), reach=1e-3)
        end = tuple(truth.project(WORLDS)[worst])
        for part in (0.25, 0.5, 0.75, 1.0):
            at = tuple(a + (b - a) * part for a, b in zip(places[worst], end, strict=True))
            start = time.perf_counter()
            moved = steer(camera, pins=pins, grabbed=held.at(at))
            took.append((time.perf_counter() - start) * 1e3)
            for pin in pins if len(pins) < 4 else ():
                # Four pins say all that there is to know of a camera; more can contradict each other.
                strayed = max(strayed, math.dist(moved.project(np.array([pin.world]))[0], pin.image))
        camera, pins = moved, (*pins, held.at(end))
        course.append(float(np.nanmedian(off(camera, truth))))
    return course, strayed, took


def judged(solution, markings):
    """Median distance in pixels of the human's clicks to where a camera has their markings."""
    if solution is None:
        return math.nan
    found = click_residuals(solution, markings)
    return float(np.median(np.concatenate(list(found.values())))) if found else math.nan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=30)
    parser.add_argument("--off", type=float, default=60.0)
    options = parser.parse_args()
    from annotator.commands.network import load_predictor

    predictor = load_predictor(None, "cpu")
    rng = np.random.default_rng(0)
    needed, strays, times, starts, snaps, humans = [], [], [], [], [], []
    for stem, rgb, markings in real_frames(options.frames):
        size = (rgb.shape[1], rgb.shape[0])
        truth = camera_of_labels(resolve(Instance(markings=markings), None, size=size, threshold=0.3))
        if truth is None:
            print(f"{stem}: the human lines give no camera")
            continue
        begin = truth
        while np.nanmedian(off(begin, truth)) < options.off:
            begin = turned(begin, rng)
        course, strayed, took = drags(truth, begin)
        needed.append(next((i for i, value in enumerate(course) if value <= 3.0), 99))
        strays.append(strayed)
        times += took
        start = time.perf_counter()
        seen = resolve(Instance(), predictor.predict(rgb), size=size, threshold=predictor.card.threshold)
        first = camera_to_steer(seen, size)
        labels = labels_from_steering(EMPTY, first)
        placed = resolve(labels.pitch, None, size=size, threshold=0.3)
        snapped = snap_labels(labels, EVERYTHING, PaintField.of(rgb), resolved=placed).labels
        after = resolve(snapped.pitch, None, size=size, threshold=0.3, previous=placed)
        starts.append(judged(first, markings))
        snaps.append(judged(after.solution, markings))
        humans.append(judged(truth, markings))
        print(f"{stem}: drags {needed[-1]} ({', '.join(f'{v:.1f}' for v in course)}), pins strayed {strayed:.3f}; "
              f"5 Enter {starts[-1]:.2f} px, S {snaps[-1]:.2f} px, the human's own camera {humans[-1]:.2f} px "
              f"({time.perf_counter() - start:.1f} s)", flush=True)  # fmt: skip
    print(f"\ndrags from {options.off:.0f} px to 3 px: median {np.median(needed):.0f}, at most 4 in "
          f"{np.mean(np.array(needed) <= 4):.0%} of {len(needed)}; pins strayed at most {max(strays):.3f} px; a "
          f"movement takes {np.median(times):.1f} ms, nine of ten less than {np.quantile(times, 0.9):.1f}")  # fmt: skip
    for name, values in (("5 Enter", starts), ("5 Enter S", snaps), ("camera of the human lines", humans)):
        values = np.array(values)
        print(f"{name}: clicks of the human {np.nanmedian(values):.2f} px off in the median frame, "
              f"{np.nanquantile(values, 0.9):.2f} in the tenth worst, below 5 px in "
              f"{np.nanmean(values < 5.0):.0%}")  # fmt: skip


if __name__ == "__main__":
    main()
