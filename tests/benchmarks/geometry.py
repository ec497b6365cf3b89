"""Measures the geometry engine: accuracy against made-up and real frames, names, time. Run from the checkout's root:

python tests/benchmarks/geometry.py [--views 120] [--files 700]
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import platform
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "annotator")]

import cv2  # noqa: E402
import numpy as np  # noqa: E402
from views import SIZE, WORLDS, random_view  # noqa: E402

from annotator.constructions import construct, fitted  # noqa: E402
from annotator.evidence import gather  # noqa: E402
from annotator.geometry import line_meets_conic, meet, tangent_points  # noqa: E402
from annotator.keypoints import resolve  # noqa: E402
from annotator.labels import FrameLabels, Instance, move_marking_point  # noqa: E402
from annotator.pitch import KEYPOINTS, MARKINGS, ConicCrossing, Crossing, Filled, Tangent  # noqa: E402

DATA = ROOT.parent / "shared" / "data"
NAMES = list(KEYPOINTS)
EXACT = (4, 5, 8, 11, 12, 15, 21, 25, 29)
KINDS = {Crossing: "line x line", ConicCrossing: "line x circle", Tangent: "tangent", Filled: "filled"}


def kind_of(name):
    if isinstance(KEYPOINTS[name].construction, Crossing) and not KEYPOINTS[name].on_ground:
        return "crossbar"
    return KINDS[type(KEYPOINTS[name].construction)]


# The plain way: every keypoint from its own pair of curves, homography for the rest.


def plain_line(xy):
    """Slope and height by least squares, with the axes swapped for a steep line."""
    if len(xy) < 2 or np.ptp(xy, axis=0).max() == 0.0:
        return None
    if np.ptp(xy[:, 0]) >= np.ptp(xy[:, 1]):
        k, h = np.polyfit(xy[:, 0], xy[:, 1], 1)
        return np.array([k, -1.0, h])
    k, h = np.polyfit(xy[:, 1], xy[:, 0], 1)
    return np.array([-1.0, k, h])


def plain_conic(xy):
    if len(xy) < 5:
        return None
    (x, y), (long, short), turn = cv2.fitEllipseDirect(xy.astype(np.float32))
    if not long > 0.0 < short:
        return None
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    back = np.array([[c, s, -c * x - s * y], [-s, c, s * x - c * y], [0.0, 0.0, 1.0]])
    return back.T @ np.diag([4.0 / long**2, 4.0 / short**2, -1.0]) @ back


def plain_points(instance):
    """Keypoint -> (2,): pairs of curves, names by where they lie in the image, the rest by a RANSAC homography."""
    drawn = {name: np.array(xy) for name, xy in instance.markings.items()}
    lines = {name: line for name, xy in drawn.items() if (line := plain_line(xy)) is not None}
    conics = {n: c for n, xy in drawn.items() if MARKINGS[n].is_round and (c := plain_conic(xy)) is not None}
    found = {}
    for name, point in KEYPOINTS.items():
        how = point.construction
        if isinstance(how, Crossing) and how.first in lines and how.second in lines:
            place = meet(lines[how.first], lines[how.second])
            found |= {} if place is None else {name: place}
        elif isinstance(how, ConicCrossing) and how.circle in conics and how.line in lines:
            both = sorted(line_meets_conic(lines[how.line], conics[how.circle]), key=lambda p: p[1])
            found |= {name: both[0 if how.far else 1]} if len(both) == 2 else {}
        elif isinstance(how, Tangent) and how.circle in conics and how.outside in found:
            both = tangent_points(conics[how.circle], found[how.outside])
            right = name.endswith("R") or name.startswith("LEFT")
            found |= {name: sorted(both, key=lambda p: p[0])[int(right)]} if len(both) == 2 else {}
    ground = [n for n in found if KEYPOINTS[n].on_ground and np.abs(found[n]).max() < 5000.0]
    if len(ground) >= 4:
        worlds = np.array([KEYPOINTS[n].world[:2] for n in ground])
        matrix, _ = cv2.findHomography(worlds, np.array([found[n] for n in ground]), cv2.RANSAC, 8.0)
        if matrix is not None:
            for name, point in KEYPOINTS.items():
                if name not in found and point.on_ground:
                    x, y, w = matrix @ (*point.world[:2], 1.0)
                    found[name] = np.array([x / w, y / w])
    return found


# Reports.


def percentiles(values):
    a = np.array(values)
    return f"{np.median(a):8.2f}{np.percentile(a, 90):9.2f}" if len(a) else "       -        -"


def accuracy(count, *, noise, kap):
    """Median and 90th percentile of the error in pixels per kind, in-frame keypoints, both ways on the same clicks."""
    rng = np.random.default_rng(1000)
    ours, plain, camera, visible = (collections.defaultdict(list) for _ in range(4))
    honest = []
    for i in range(count):
        view = random_view(rng, "main" if i % 2 else "side", kap=kap)
        instance = view.clicks(rng, noise=noise, line_clicks=(2, 6))
        resolved, pairwise = resolve(instance, None, size=SIZE, threshold=0.3), plain_points(instance)
        for name, xy in view.keypoints().items():
            kind, keypoint = kind_of(name), resolved.keypoints[name]
            visible[kind].append(keypoint.position is not None)
            if keypoint.position is not None:
                off = np.hypot(*(np.array(keypoint.position) - xy))
                ours[kind].append(off)
                honest.append(off / keypoint.sd)
                ours[f"  {keypoint.source.value}"].append(off)
            if resolved.solution is not None:
                projected = resolved.solution.project(np.array([KEYPOINTS[name].world]))[0]
                camera[kind].append(np.hypot(*(projected - xy)))
            if name in pairwise:
                plain[kind].append(np.hypot(*(pairwise[name] - xy)))
    print(f"\nError in pixels on {count} made-up frames, {noise:g} px noise, kap {kap:g} (median, p90)")
    print(f"{'':20}{'this engine':>17}{'its camera':>19}{'pairwise':>19}{'answered':>11}")
    for kind in (*KINDS.values(), "crossbar"):
        columns = "  ".join(percentiles(found[kind]) for found in (ours, camera, plain))
        print(f"{kind:20}{columns}{100 * np.mean(visible[kind]):10.1f}%")
    for kind in ("  constructed", "  projected"):
        print(f"{kind:20}{percentiles(ours[kind])}")
    print(f"error over predicted deviation: median {np.median(honest):.2f}, p99 {np.percentile(honest, 99):.2f}")


def names(count):
    """Constructed points nearer to a namesake than to themselves, exact clicks and no camera to help."""
    rng = np.random.default_rng(5)
    wrong, asked, plain_wrong, plain_asked, undecided = 0, 0, 0, 0, 0
    for i in range(count):
        view = random_view(rng, ("main", "side", "goal", "reverse")[i % 4], roll=4.0)
        instance = view.clicks(rng)
        truth = view.project(WORLDS)
        found = construct(fitted(gather(instance, view.lens), 0.0), None)
        for name, point in plain_points(instance).items():
            if isinstance(KEYPOINTS[name].construction, ConicCrossing | Tangent) and name in view.keypoints():
                plain_asked += 1
                plain_wrong += np.hypot(*(point - truth[NAMES.index(name)])) > 3.0
        for name in view.keypoints():
            if isinstance(KEYPOINTS[name].construction, ConicCrossing | Tangent):
                undecided += name not in found
                if name in found:
                    asked += 1
                    off = view.lens.pixels(found[name].place) - truth[NAMES.index(name)]
                    wrong += bool(np.hypot(*off) > 3.0)
    print(f"\nNames of points on circles in {count} views (main, 16 m, behind goal, reverse), exact clicks")
    print(f"  this engine: {wrong} wrong of {asked} constructed ({undecided} left to the camera or not drawn)")
    print(f"  by where they lie in the image: {plain_wrong} wrong of {plain_asked}")


def read(path):
    drawn = json.loads(path.read_text(encoding="utf-8"))
    return Instance(markings={n: tuple((p["x"] * SIZE[0], p["y"] * SIZE[1]) for p in xy) for n, xy in drawn.items()})


def published():
    """The nine exact frames: distance to the published points, the worst of each kind named."""
    rows = collections.defaultdict(list)
    for number in EXACT:
        resolved = resolve(
            read(DATA / "soccernet-dev" / "lines" / f"{number:03d}.json"), None, size=SIZE, threshold=0.3
        )
        path = DATA / "soccernet-dev" / "keypoints57" / f"{number:03d}.json"
        for index, xy in json.loads(path.read_text(encoding="utf-8")).items():
            keypoint = resolved.keypoints[NAMES[int(index)]]
            kind = kind_of(keypoint.name)
            if keypoint.position is None:
                rows[kind, "no answer"].append((0.0, number, index, 0.0))
                continue
            off = float(np.hypot(*np.subtract(keypoint.position, xy)))
            rows[kind, keypoint.source.value].append((off, number, index, keypoint.sd))
    print("\nNine frames of SoccerNet, distance in pixels to the published points (n, median, p90, max; worst)")
    for (kind, source), found in sorted(rows.items()):
        off = [row[0] for row in found]
        worst = ", ".join(f"{f}.{i} {o:.1f} (sd {sd:.1f})" for o, f, i, sd in sorted(found)[:-4:-1] if o > 3.0)
        print(f"{kind:15}{source:12}{len(off):4}{percentiles(off)}{max(off):9.2f}   {worst}")


def drag():
    """Wall and processor time of a live drag, a click of a real frame moved by a few pixels at a time."""
    warm, busy, cold, apart = [], [], [], []
    for number in EXACT:
        labels = FrameLabels((read(DATA / "soccernet-dev" / "lines" / f"{number:03d}.json"),))
        started = time.perf_counter()
        resolved = resolve(labels.pitch, None, size=SIZE, threshold=0.3)
        cold.append(time.perf_counter() - started)
        name = next(n for n in labels.pitch.markings if n.startswith("Big rect"))
        x, y = labels.pitch.markings[name][0]
        for step in range(1, 15):
            labels = move_marking_point(labels, name, 0, (x + 3.0 * step, y - step))
            started, ran = time.perf_counter(), time.process_time()
            resolved = resolve(labels.pitch, None, size=SIZE, threshold=0.3, previous=resolved)
            warm.append(time.perf_counter() - started)
            busy.append(time.process_time() - ran)
        fresh = resolve(labels.pitch, None, size=SIZE, threshold=0.3)
        for name, keypoint in fresh.keypoints.items():
            if keypoint.position is not None and keypoint.inside:
                apart.append(np.hypot(*np.subtract(keypoint.position, resolved.keypoints[name].position)))
    print("\nA drag on nine real frames, milliseconds a mouse move (median, p95)")
    for label, values in (("warm, wall", warm), ("warm, processor", busy), ("cold, wall", cold)):
        print(f"  {label:18}{1e3 * np.median(values):7.2f}{1e3 * np.percentile(values, 95):8.2f}")
    print(f"  warm against cold at the end: median {np.median(apart):.5f}, max {max(apart):.4f} px")


def everything(count):
    """All that people drew: does it resolve, how fast, how well does a camera explain it."""
    paths = sorted((DATA / "soccernet-lines").glob("*.json"))
    paths = paths[:: max(1, len(paths) // count)]
    spent, rms, statuses, sources = [], [], collections.Counter(), collections.Counter()
    for path in paths:
        started = time.process_time()
        resolved = resolve(read(path), None, size=SIZE, threshold=0.3)
        spent.append(time.process_time() - started)
        statuses["nothing to add" if not resolved.status else "advice or complaint"] += 1
        sources.update(k.source.value for k in resolved.keypoints.values() if k.inside)
        if resolved.solution is not None:
            rms.append(resolved.solution.rms)
    print(f"\n{len(paths)} human annotations, cold")
    print(
        f"  milliseconds: median {1e3 * np.median(spent):.0f}, p95 {1e3 * np.percentile(spent, 95):.0f}, "
        f"max {1e3 * max(spent):.0f}"
    )
    print(f"  residual of {len(rms)} solutions: median {np.median(rms):.2f}, p90 {np.percentile(rms, 90):.2f} px")
    print(f"  {dict(statuses)}; points in frame {dict(sources)}")


def main():
    """Run all reports."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--views", type=int, default=120)
    parser.add_argument("--names", type=int, default=400)
    parser.add_argument("--files", type=int, default=700)
    options = parser.parse_args()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {load:.1f}; numpy {np.__version__}"
    )
    accuracy(options.views, noise=0.0, kap=0.0)
    accuracy(options.views, noise=1.0, kap=0.035)
    names(options.names)
    if DATA.is_dir():
        published()
        drag()
        everything(options.files)


if __name__ == "__main__":
    with np.errstate(all="ignore"):
        main()
