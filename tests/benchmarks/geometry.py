"""Measures the geometry engine: accuracy against made-up and real frames, names, time. Run from the checkout's root:

python tests/benchmarks/geometry.py [--views 40] [--files 700]
"""

from __future__ import annotations

import argparse
import collections
import json
import math
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

from annotator.calibration import calibrate, flattened  # noqa: E402
from annotator.camera import Lens  # noqa: E402
from annotator.camera_score import distances, projector_of, score_frame, score_set  # noqa: E402
from annotator.constructions import construct, fitted  # noqa: E402
from annotator.evidence import Evidence, gather, marking_name  # noqa: E402
from annotator.geometry import homography_from, line_meets_conic, meet, tangent_points  # noqa: E402
from annotator.keypoints import resolve  # noqa: E402
from annotator.labels import FrameLabels, Instance, move_marking_point  # noqa: E402
from annotator.pitch import KEYPOINTS, MARKINGS, ConicCrossing, Crossing, Filled, Tangent, marking_samples  # noqa: E402
from annotator.starts import linear_ground  # noqa: E402

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


CLASSES = {"main": "main", "side": "16 m", "goal": "behind goal", "high": "high behind", "tight": "tight"}


def table(count, *, noise, kap):
    """Median and 90th percentile of the error in pixels per camera class, keypoints in the frame, three ways."""
    print(f"\nError in pixels, {noise:g} px noise, kap {kap:g}, 2-9 clicks a line (median, p90), {count} views a class")
    print(f"{'':12}{'':10}" + "".join(f"{kind:>17}" for kind in (*KINDS.values(), "crossbar")))
    everyone = collections.defaultdict(lambda: collections.defaultdict(list))
    for seed, (kind, title) in enumerate(CLASSES.items()):
        rng = np.random.default_rng([1000, seed])
        found = collections.defaultdict(lambda: collections.defaultdict(list))
        for _ in range(count):
            _errors(random_view(rng, kind, kap=kap), rng, noise, found)
        _report(title, found)
        for way, kinds in found.items():
            for name, values in kinds.items():
                everyone[way][name].extend(values)
    _report("all", everyone)


def _errors(view, rng, noise, found):
    """Add the errors on one view to ``found``: way -> kind -> pixels."""
    instance = view.clicks(rng, noise=noise, line_clicks=(2, 9))
    resolved, pairwise = resolve(instance, None, size=SIZE, threshold=0.3), plain_points(instance)
    solution, visible = resolved.solution, view.keypoints()
    five = len(instance.markings) >= 5
    for name, xy in visible.items():
        kind, keypoint = kind_of(name), resolved.keypoints[name]
        if keypoint.position is not None:
            off = np.hypot(*(np.array(keypoint.position) - xy))
            found["shown"][kind].append(off)
            found["ratio"]["all"].append(off / keypoint.sd)
        if five:
            found["known"]["all"].append(keypoint.sd is not None and keypoint.sd < 5.0)
        if solution is not None and solution.reaches(np.array([KEYPOINTS[name].world]))[0]:
            off = np.hypot(*(solution.project(np.array([KEYPOINTS[name].world]))[0] - xy))
            found["camera"][kind].append(np.nan_to_num(off, nan=1e4))
        if name in pairwise:
            found["pairwise"][kind].append(np.hypot(*(pairwise[name] - xy)))
    for name, twin in (("CENTER_CIRCLE_TANGENT_BR", "CENTER_CIRCLE_TANGENT_BL"),):
        at = resolved.keypoints[name].position
        if name in visible and twin in visible and at is not None:
            found["swapped"]["all"].append(math.dist(at, visible[twin]) < math.dist(at, visible[name]))


def _report(title, found):
    for way in ("camera", "shown", "pairwise"):
        columns = "".join(percentiles(found[way][kind]) for kind in (*KINDS.values(), "crossbar"))
        print(f"{title:12}{way:10}{columns}")
        title = ""
    ratio, known, swapped = (found[key]["all"] for key in ("ratio", "known", "swapped"))
    print(
        f"{'':12}error over deviation: median {np.median(ratio):.2f}, p99 {np.percentile(ratio, 99):.2f}; "
        f"sd < 5 px where five markings are drawn: {100 * np.mean(known):.1f} %; 32/33 swapped: {sum(swapped)}"
    )


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


def sampled(folder, count):
    paths = sorted(folder.glob("*.json"))
    return paths[:: max(1, len(paths) // count)]


def jaccard(folder, count):
    """SoccerNet's JaC of the cameras fitted to human lines, every frame counted; a flat pitch, and as fitted."""
    flat, crowned, asked = [], [], collections.Counter()
    for path in sampled(folder, count):
        instance = read(path)
        resolved = resolve(instance, None, size=SIZE, threshold=0.3)
        lines = {_known(n): [(x * 959 / 960, y * 539 / 540) for x, y in xy] for n, xy in instance.markings.items()}
        solution = resolved.solution
        asked[None if solution is None else len(solution.params) - 8] += 1
        for found, rows in ((solution and flattened(resolved.evidence, solution), flat), (solution, crowned)):
            rows.append(None if found is None else score_frame(_published(found), lines, size=SIZE))
    print(f"\n{folder.parent.name}/{folder.name}: {len(flat)} files; unknowns of the pitch asked: {dict(asked)}")
    for label, rows in (("pinhole + k1 (published protocol)", flat), ("with crown and size as chosen", crowned)):
        score = score_set(rows)
        values = ", ".join(f"@{t:g} {100 * v:.1f}" for t, v in score.final.items())
        print(f"  {label:36}JaC {values}; completeness {100 * score.completeness:.1f} %")


def _known(name):
    return marking_name(name) or name


def _published(solution):
    """The solution as a projector in the protocol's pixels, whose last column is at width - 1."""
    project = projector_of(solution)

    def projected(worlds):
        pixels, front = project(worlds)
        return pixels * (959 / 960, 539 / 540), front

    return projected


def held_out(folder, count):
    """Each drawn marking left out: the mean distance of its clicks to where the rest projects it."""
    ways = {"homography, points": _by_points, "homography, lines": _by_lines, "camera": _by_camera}
    rows, asked = {way: collections.defaultdict(list) for way in ways}, collections.Counter()
    for path in sampled(folder, count):
        evidence = gather(read(path), Lens(SIZE))
        for name, clicks in evidence.markings.items():
            rest = Evidence({n: xy for n, xy in evidence.markings.items() if n != name}, {}, {})
            asked[family(name)] += 1
            for way, fit in ways.items():
                project = fit(rest, name)
                line = None if project is None else project(marking_samples(name, 0.5))
                line = None if line is None else line[np.isfinite(line[:, 0])]
                if line is not None and len(line) > 1:
                    off = distances(clicks / Lens(SIZE).scale + Lens(SIZE).centre, line).mean()
                    rows[way][family(name)].append(off)
    print(f"\n{folder.parent.name}/{folder.name}: a marking left out, pixels to its projection (answered, median, p90)")
    for way, found in rows.items():
        columns = "   ".join(f"{k} {len(v)}/{asked[k]}{percentiles(v)}" for k, v in sorted(found.items()))
        print(f"  {way:20}{columns}")


def family(name):
    if MARKINGS[name].is_round:
        return "circles"
    if not MARKINGS[name].on_ground:
        return "goals"
    return "side/halfway" if name.startswith(("Side", "Middle")) else "ground"


def hints_of(evidence):
    return {n: p.place for n, p in construct(fitted(evidence, 0.0), None).items() if p.deviation <= 15.0}


def _flat(matrix):
    def project(worlds):
        seen = np.column_stack([worlds[:, :2], np.ones(len(worlds))]) @ matrix.T
        return Lens(SIZE).pixels(np.where(seen[:, 2:] > 0.0, seen[:, :2] / seen[:, 2:], np.nan))

    return project


def _by_points(rest, name):
    hints = {n: xy for n, xy in hints_of(rest.ground_only()).items() if KEYPOINTS[n].on_ground}
    if not MARKINGS[name].on_ground or len(hints) < 4:
        return None
    worlds = np.array([KEYPOINTS[n].world[:2] for n in hints])
    matrix = homography_from(worlds, np.array(list(hints.values())), np.empty((0, 2)), np.empty((0, 3)))
    return None if matrix is None else _flat(matrix * np.sign(matrix[2] @ (*worlds.mean(axis=0), 1.0)))


def _by_lines(rest, name):
    matrix = linear_ground(rest.ground_only(), {}) if MARKINGS[name].on_ground else None
    return None if matrix is None else _flat(matrix)


def _by_camera(rest, name):
    """None where there is no camera, or where it knows the marking by the clicks less surely than 15 px."""
    solution = calibrate(rest, SIZE, hints=hints_of(rest))
    if solution is None or solution.rms > 6.0:
        return None
    sure = solution.deviations(marking_samples(name, 1.0))
    inside = np.abs(solution.project(marking_samples(name, 1.0)) - (479.5, 269.5)) < (600.0, 400.0)
    seen = sure[inside.all(axis=1)]
    return solution.project if len(seen) and np.nanmedian(seen) <= 15.0 else None


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
        resolved = resolve(labels.pitch, None, size=SIZE, threshold=0.3, previous=resolved)
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
    parser.add_argument("--views", type=int, default=40)
    parser.add_argument("--names", type=int, default=400)
    parser.add_argument("--files", type=int, default=700)
    options = parser.parse_args()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {load:.1f}; numpy {np.__version__}"
    )
    for kap in (0.0, 0.035):
        for noise in (0.0, 0.5, 1.0, 2.0):
            table(options.views, noise=noise, kap=kap)
    names(options.names)
    if DATA.is_dir():
        published()
        drag()
        everything(options.files)
        for folder in (DATA / "soccernet-lines", DATA / "worldcup14" / "lines", DATA / "soccernet-dev" / "lines"):
            jaccard(folder, options.files)
            held_out(folder, options.files)


if __name__ == "__main__":
    with np.errstate(all="ignore"):
        main()
