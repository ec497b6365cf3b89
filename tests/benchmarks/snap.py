"""Measures snapping to paint: real lines with sloppy and with careful clicks, rendered frames, and time.

Run from the checkout's root: ``python tests/benchmarks/snap.py [--noise 8] [--rendered 42] [--worst 5]``. Real frames
are those of ``../shared/data/soccernet-dev`` that have human lines; the clicks are the human ones, moved. "Snapped" and
"p90" are distances in pixels of the clicks of markings that moved, "all ends" of those that were refused as well.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from annotator.geometry import fit_ellipse, fit_line, sampson  # noqa: E402
from annotator.keypoints import resolve  # noqa: E402
from annotator.labels import Instance  # noqa: E402
from annotator.paint import PaintField, snap_marking, snap_point, spans_at  # noqa: E402
from annotator.pitch import KEYPOINTS, MARKINGS, Crossing, MarkingKind  # noqa: E402
from annotator.synthetic import render  # noqa: E402

DATA = ROOT.parent / "shared" / "data" / "soccernet-dev"
WORSE = 2.0
FAMILIES = ("main", "sixteen", "close", "midfield", "high behind", "behind goal", "tactical")
GROUPS = {MarkingKind.GROUND_LINE: "lines", MarkingKind.GOAL_LINE: "goals"}


def real_frames():
    """(number, rgb, markings in pixels) of every frame with human lines."""
    for path in sorted((DATA / "lines").glob("*.json")):
        image = DATA / "images" / f"{path.stem}.jpg"
        if not image.is_file():
            continue
        rgb = cv2.cvtColor(cv2.imread(str(image)), cv2.COLOR_BGR2RGB)
        height, width = rgb.shape[:2]
        drawn = json.loads(path.read_text(encoding="utf-8"))
        markings = {
            name: np.array([(p["x"] * width, p["y"] * height) for p in points])
            for name, points in drawn.items()
            if name in MARKINGS and len(points) >= 2
        }
        yield path.stem, rgb, markings


def distance(name, human, points):
    """Pixels of points (N, 2) from the human's line, polyline or conic."""
    points = np.asarray(points, dtype=float)
    if MARKINGS[name].is_round:
        fit = fit_ellipse(human)
        return np.abs(sampson(fit.conic, points)) if fit is not None else None
    if len(human) == 2:
        fit = fit_line(human)
        return None if fit is None else np.abs(points @ fit.line[:2] + fit.line[2])
    order = human[np.argsort((human - human.mean(axis=0)) @ fit_line(human).direction)]
    start, step = order[:-1], np.diff(order, axis=0)
    t = ((points[:, None] - start) * step).sum(axis=2) / (step * step).sum(axis=1)
    t = np.clip(t, [-np.inf] + [0.0] * (len(step) - 1), [1.0] * (len(step) - 1) + [np.inf])
    return np.linalg.norm(points[:, None] - start - t[..., None] * step, axis=2).min(axis=1)


def sloppy(rng, human, noise):
    """The person's clicks moved by ``noise`` pixels, each way."""
    return human + noise * rng.standard_normal(human.shape)


def report(title, noise, with_camera):
    """Distances before and after over all real markings, by kind."""
    rng = np.random.default_rng(8)
    found = collections.defaultdict(list)
    refusals = collections.Counter()
    for stem, rgb, markings in real_frames():
        field = PaintField.of(rgb)
        ghost = None
        if with_camera:
            instance = Instance(markings={n: tuple(map(tuple, xy)) for n, xy in markings.items()})
            ghost = resolve(instance, None, size=field.size, threshold=0.3).ghost or None
        for name, human in markings.items():
            clicks = sloppy(rng, human, noise)
            before = distance(name, human, clicks)
            if before is None:
                continue
            snap = snap_marking(field, clicks, name, neighbours=ghost)
            after = distance(name, human, snap.clicks)
            kind = MARKINGS[name].kind
            group = GROUPS.get(kind, "circles")
            refusals[group, snap.reason.value if snap.reason else "snapped"] += 1
            found[group].append((before, after, snap.refused, stem, name))
    everything = table(f"{title}, {noise:g} px noise, {'with' if with_camera else 'without'} a camera", found)
    print("  " + ", ".join(f"{group} {why}: {count}" for (group, why), count in sorted(refusals.items())))
    return everything


def table(title, found):
    """One line a kind of marking; the rows of all."""
    print(f"\n{title}")
    print(f"{'':18}{'count':>7}{'refused':>9}{'before':>9}{'snapped':>9}{'p90':>8}{'all ends':>10}{'worse > 2':>11}")
    everything = [row for rows in found.values() for row in rows]
    for group, rows in [*sorted(found.items()), ("all", everything)]:
        taken = [row for row in rows if not row[2]]
        if not taken:
            continue
        worse = sum(row[1].mean() > row[0].mean() + WORSE for row in taken)
        before = np.concatenate([row[0] for row in rows])
        after, ends = (np.concatenate([row[1] for row in part]) for part in (taken, rows))
        print(
            f"{group:18}{len(rows):7}{1 - len(taken) / len(rows):9.1%}{np.median(before):9.2f}{np.median(after):9.2f}"
            f"{np.percentile(after, 90):8.2f}{np.median(ends):10.2f}{worse:6} {worse / len(rows):.1%}"
        )
    return everything


def rendered_frames(count, size):
    """(seed, rgb, exact clicks) of rendered frames."""
    for seed in range(count):
        frame = render(9000 + seed, size, family=FAMILIES[seed % len(FAMILIES)])
        markings = {}
        for name, samples in frame.markings(0.25).items():
            length = np.linalg.norm(np.diff(samples, axis=0), axis=1).sum()
            if length < 0.04 * size[0]:
                continue
            at = np.linspace(0.06, 0.94, 9 if MARKINGS[name].is_round else 2) * (len(samples) - 1)
            markings[name] = samples[at.astype(int)]
        yield seed, frame, markings


def exact_distance(samples, points):
    """Pixels of points (N, 2) from an exact path (M, 2)."""
    points = np.asarray(points, dtype=float)
    start, step = samples[:-1], np.diff(samples, axis=0)
    t = np.clip(((points[:, None] - start) * step).sum(axis=2) / np.maximum((step * step).sum(axis=1), 1e-9), 0.0, 1.0)
    return np.linalg.norm(points[:, None] - start - t[..., None] * step, axis=2).min(axis=1)


def report_rendered(noise, count, size, with_camera):
    """Distances before and after on rendered frames, whose truth is exact."""
    rng = np.random.default_rng(9)
    found = collections.defaultdict(list)
    for seed, frame, markings in rendered_frames(count, size):
        field = PaintField.of(frame.rgb)
        exact = frame.markings(0.1)
        ghost = {name: (samples,) for name, samples in exact.items()} if with_camera else None
        for name, human in markings.items():
            clicks = sloppy(rng, human, noise)
            snap = snap_marking(field, clicks, name, neighbours=ghost)
            before, after = exact_distance(exact[name], clicks), exact_distance(exact[name], snap.clicks)
            found[GROUPS.get(MARKINGS[name].kind, "circles")].append((before, after, snap.refused, seed, name))
    return found


def report_points(noise, count, size):
    """Keypoints where two ground lines cross, visible, moved by ``noise`` pixels, with and without a camera."""
    rng = np.random.default_rng(10)
    found = {"with a camera": [], "without": []}
    times = []
    for _, frame, _ in rendered_frames(count, size):
        field = PaintField.of(frame.rgb)
        paths = {name: (samples,) for name, samples in frame.markings(0.25).items()}
        for name, point in KEYPOINTS.items():
            how = point.construction
            if not isinstance(how, Crossing) or not point.on_ground or frame.states[name] != 2 or name in frame.coarse:
                continue
            exact = np.array(frame.points[name])
            moved = tuple(exact + noise * rng.standard_normal(2))
            known = spans_at(moved, paths, (how.first, how.second), within=40.0, scale=field.scale)
            for way, spans in (("with a camera", known), ("without", None)):
                began = time.process_time()
                snap = snap_point(field, moved, spans=spans)
                times.append(1e3 * (time.process_time() - began))
                before, after = (np.linalg.norm(np.array(p) - exact, keepdims=True) for p in (moved, snap.clicks[0]))
                found[way].append((before, after, snap.refused, name))
    table(f"Crossings on rendered frames, {noise:g} px noise", found)
    print(f"  {np.median(times):.2f} ms median, {np.percentile(times, 95):.2f} ms p95")


def timing(scale):
    """Milliseconds to prepare a frame and to snap a marking of it, enlarged ``scale`` times."""
    prepared, taken = [], []
    for _, rgb, markings in list(real_frames())[:12]:
        big = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        instance = Instance(markings={n: tuple(map(tuple, scale * xy)) for n, xy in markings.items()})
        ghost = resolve(instance, None, size=(big.shape[1], big.shape[0]), threshold=0.3).ghost or None
        start = time.process_time()
        field = PaintField.of(big)
        prepared.append(time.process_time() - start)
        for name, human in markings.items():
            start = time.process_time()
            snap_marking(field, scale * human, name, neighbours=ghost)
            taken.append(time.process_time() - start)
    taken, prepared = 1e3 * np.array(taken), 1e3 * np.array(prepared)
    size = f"{big.shape[1]}x{big.shape[0]}"
    print(f"\n{size}: prepared in {np.median(prepared):.1f} ms, a snap {np.median(taken):.2f} ms median, ", end="")
    print(f"{np.percentile(taken, 95):.2f} ms p95")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--noise", type=float, default=8.0)
    parser.add_argument("--rendered", type=int, default=42)
    parser.add_argument("--worst", type=int, default=0)
    asked = parser.parse_args()
    for noise in (asked.noise, 0.0):
        for with_camera in (False, True):
            rows = report("Real lines", noise, with_camera)
            for row in sorted((r for r in rows if not r[2]), key=lambda r: (r[0] - r[1]).mean())[: asked.worst]:
                print("   ", row[3:], row[0].round(1), row[1].round(1))
    for noise in (asked.noise, 2.0):
        for with_camera in (False, True):
            size = (960, 540)
            found = report_rendered(noise, asked.rendered, size, with_camera)
            title = f"Rendered {size[0]}x{size[1]}, {noise:g} px noise, {'with' if with_camera else 'without'} a camera"
            rows = table(title, found)
            for row in sorted((r for r in rows if not r[2]), key=lambda r: (r[0] - r[1]).mean())[: asked.worst]:
                print("   ", row[3:], row[0].round(1), row[1].round(1))
    report_points(5.0, asked.rendered, (960, 540))
    for scale in (1.0, 2.0):
        timing(scale)


if __name__ == "__main__":
    main()
