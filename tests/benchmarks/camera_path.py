"""Measures cameras over time: between key frames, from one tripod, and which frames of a clip to label.

Run from the checkout's root: ``python tests/benchmarks/camera_path.py [--clips 10] [--rendered 101] [--data FOLDER]``.
Cameras pan, tilt and zoom as operators do (``tests/annotator/panning.py``), 960 x 540 with a lens; clicks have one
pixel of noise. ``--rendered`` frames are rendered with players and filled between key frames by what is to be seen; 0
leaves that out. With ``--data`` (or ``../shared/data``) the tripod is tried on human lines of two matches as well.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "annotator")]

import numpy as np  # noqa: E402
import panning  # noqa: E402

from annotator.calibration import calibrate  # noqa: E402
from annotator.camera_path import Curve, followed, path_through  # noqa: E402
from annotator.choosing import Candidate, choose, coverage, view_of  # noqa: E402
from annotator.evidence import Evidence, gather  # noqa: E402
from annotator.filling import camera_labels, watched  # noqa: E402
from annotator.formats.documents import read_object  # noqa: E402
from annotator.formats.soccernet import parse_lines  # noqa: E402
from annotator.keypoints import resolve  # noqa: E402
from annotator.labels import Instance  # noqa: E402
from annotator.lens import Lens  # noqa: E402
from annotator.pitch import KEYPOINTS  # noqa: E402
from annotator.steering import camera_of  # noqa: E402
from annotator.synthetic.clip import pan_tilt_zoom  # noqa: E402
from annotator.tripod import Sighting, is_usable, tripod_of  # noqa: E402
from annotator.tripod_prior import Standing, solve_with_position  # noqa: E402

NAMES = list(KEYPOINTS)
SIZE = panning.SIZE


def interpolation(clips=20):
    """Rows of pixels between key frames: exactness at them, and the median error of frames in between."""
    rng = np.random.default_rng(3)
    paths = [panning.path(rng, 201, kind=kind) for kind in ("eased", "followed") for _ in range(clips // 2)]
    print(f"\nBetween key frames, nobody watching: {len(paths)} clips of 201 frames, px at keypoints in view")
    exact = 0.0
    for gap in (10, 25, 50):
        for curve in Curve:
            off = []
            for cameras in paths:
                keys = {float(k): cameras[k] for k in range(0, 201, gap)}
                path = path_through(keys, curve=curve)
                for k, camera in keys.items():
                    exact = max(exact, float(panning.errors(path.at(k), camera).max(initial=0.0)))
                between = [n for n in range(201) if n % gap]
                for n, found in zip(between, path.cameras(np.array(between, dtype=float)), strict=True):
                    errors = panning.errors(found, cameras[n])
                    if len(errors):
                        off.append(np.median(errors))
            median, p90 = np.percentile(off, [50, 90])
            print(f"  a key frame every {gap}, {curve.value:<9}: median {median:6.2f} px, p90 {p90:6.1f}")
    print(f"  at the key frames themselves: {exact:.1e} px at most")
    return exact


def watching(frames, gap=50):
    """Rows of a rendered clip with players: filled between exact key frames along the picture."""
    clip = pan_tilt_zoom(frames)
    truth = [_as_solution(camera) for camera in clip.cameras]
    keys = list(range(0, frames, gap))
    labels = {k: camera_labels(truth[k]) for k in keys}
    watch = watched(functools.cache(lambda n: clip.frame(n).rgb), labels, size=SIZE)
    plain = path_through({float(k): truth[k] for k in keys})
    bent = followed(plain, watch.cameras)
    print(f"\nA rendered clip of {frames} frames with players, a key frame every {gap}, px at keypoints in view")
    for name, path in (("nobody watching", plain), ("along the picture", bent)):
        errors = [panning.errors(path.at(float(n)), truth[n]) for n in range(keys[-1]) if n % gap]
        off = [np.median(each) for each in errors if len(each)]
        exact = max(float(panning.errors(path.at(float(k)), truth[k]).max()) for k in keys)
        print(
            f"  {name:<18} median {np.median(off):6.2f}, worst frame {max(off):7.2f}; at key frames {exact:.1e} at most"
        )


def _as_solution(camera):
    """A renderer's camera as a solution."""
    log_focal = float(np.log(camera.focal * Lens(camera.size).scale))
    return camera_of(camera.size, camera.rotation, camera.position, log_focal, camera.kappa)


def clicked(camera, rng, only=None):
    """Every keypoint in view, or only some, with one pixel of noise."""
    inside = np.flatnonzero(panning.in_frame(camera)) if only is None else only
    pixels = camera.project(panning.WORLDS[inside]) + rng.standard_normal((len(inside), 2))
    points = {NAMES[i]: xy for i, xy in zip(inside, Lens(camera.size).centred(pixels), strict=True)}
    return Evidence({}, points, dict.fromkeys(points, 1.0))


def sightings(cameras, count, rng):
    """Frames of a clip that show at least six keypoints, evenly chosen, labelled and solved by themselves."""
    good = [n for n in range(len(cameras)) if panning.in_frame(cameras[n]).sum() >= 6]
    found = []
    for n in [good[i] for i in np.linspace(0, len(good) - 1, count).astype(int)]:
        evidence = clicked(cameras[n], rng)
        solution = calibrate(evidence, SIZE, hints={})
        if solution is not None:
            found.append(Sighting(n, str(n), evidence, solution))
    return found


def two_points(views=200):
    """Root mean square error over the keypoints in view from two clicked points, the position known so well."""
    print("\nTwo points a frame, 1 px noise, RMS over the keypoints in view (median / p90 of views)")
    for off in (0.0, 0.2, 0.5, 2.0):
        rng = np.random.default_rng(11)
        rows = []
        while len(rows) < views:
            camera = panning.path(rng, 40)[int(rng.integers(40))]
            pair = _far_apart(camera, rng)
            if pair is None:
                continue
            way = rng.standard_normal(3)
            way *= off / np.linalg.norm(way)
            standing = Standing(
                camera.params[3:6] + way, np.eye(3) * max(off, 0.05) ** 2 / 3.0, (0.0, 0.02), (camera.params[7], 0.01)
            )
            rows.append(_rms(solve_with_position(clicked(camera, rng, pair), SIZE, standing), camera))
        print(f"  position {off:.1f} m off: {np.median(rows):.2f} / {np.percentile(rows, 90):.2f} px")
    estimated_position(views)


def estimated_position(views):
    """The same with the position that twelve labelled frames of the clip give."""
    rng = np.random.default_rng(12)
    rows = []
    while len(rows) < views:
        cameras = panning.path(rng, 400)
        tripod = tripod_of(sightings(cameras, 12, rng))
        if tripod.standing is None:
            continue
        for camera in cameras[20::40]:
            pair = _far_apart(camera, rng)
            if pair is not None:
                rows.append(_rms(solve_with_position(clicked(camera, rng, pair), SIZE, tripod.standing), camera))
    print(f"  position from 12 labelled frames: {np.median(rows):.2f} / {np.percentile(rows, 90):.2f} px")


def _far_apart(camera, rng):
    """Two keypoints in view at least 150 px apart."""
    inside = np.flatnonzero(panning.in_frame(camera))
    if len(inside) < 4:
        return None
    pixels = camera.project(panning.WORLDS[inside])
    first = int(rng.integers(len(inside)))
    away = np.linalg.norm(pixels - pixels[first], axis=1)
    return inside[[first, int(away.argmax())]] if away.max() >= 150.0 else None


def _rms(solution, camera):
    return float(np.sqrt((panning.errors(solution, camera) ** 2).mean())) if solution is not None else 1e3


def positions(clips=20):
    """Metres that the position is off, by the number of labelled frames; and each frame by itself."""
    print(f"\nWhere the tripod stands, {clips} clips, all keypoints in view clicked with 1 px noise")
    for count in (4, 8, 16, 32):
        rng = np.random.default_rng(13)
        off, alone, accepted = [], [], 0
        for _ in range(clips):
            cameras = panning.path(rng, 400)
            used = sightings(cameras, count, rng)
            tripod = tripod_of(used)
            accepted += tripod.standing is not None
            if tripod.position is not None:
                off.append(np.linalg.norm(tripod.position - cameras[0].params[3:6]))
            alone += [np.linalg.norm(each.solution.params[3:6] - cameras[0].params[3:6]) for each in used]
        print(
            f"  {count:2d} frames: {np.median(off):.2f} m median, {np.percentile(off, 90):.2f} p90 "
            f"(one frame alone {np.median(alone):.2f}); believed {accepted} of {clips}"
        )


def travelling(clips=20):
    """How many cameras that stand are believed, and how many that travel, or are two shots, are refused."""
    print(f"\nStanding or travelling, {clips} clips of 300 frames each, 12 of them labelled")
    for name, metres in (("stands", 0.0), ("travels 2 m", 2.0), ("travels 4 m", 4.0), ("travels 12 m", 12.0)):
        rng = np.random.default_rng(14)
        found = [tripod_of(sightings(panning.path(rng, 300, shift=metres / 3.0), 12, rng)) for _ in range(clips)]
        believed = sum(tripod.standing is not None for tripod in found)
        print(f"  {name:<13} believed {believed} of {clips}, refused {clips - believed}")
    rng, believed = np.random.default_rng(15), 0
    for _ in range(clips):
        place = np.array([rng.normal(0, 6), rng.uniform(52, 80), rng.uniform(-24, -9)])
        way = rng.standard_normal(3) * (1.0, 1.0, 0.3)
        way *= rng.uniform(4, 25) / np.linalg.norm(way)
        shots = panning.path(rng, 150, place=place) + panning.path(rng, 150, place=place + way)
        believed += tripod_of(sightings(shots, 12, rng)).standing is not None
    print(f"  two shots     believed {believed} of {clips}, refused {clips - believed}")


def real_tripods(data):
    """Human lines of the main cameras of two matches: where they stand, and what two or three a frame are worth."""
    folder = data / "soccernet-dev" / "lines"
    if not folder.is_dir():
        print(f"\nReal frames: left out, {folder} is not there")
        return
    matches = {"first match": [], "second match": []}
    for path in sorted(folder.glob("[0-9]*.json")):
        markings = parse_lines(read_object(path), SIZE, path).markings
        instance = Instance(markings=markings)
        evidence = gather(instance, Lens(SIZE))
        solution = resolve(instance, None, size=SIZE, threshold=1.0).solution
        if solution is not None and is_usable(evidence, solution) and solution.rms < 2.5:
            match = "first match" if int(path.stem) < 37 else "second match"
            matches[match].append(Sighting(len(matches[match]), path.stem, evidence, solution))
    print("\nReal frames of two matches, human lines (other cameras than the main one lie far off and are left out)")
    for name, all_frames in matches.items():
        middle = np.median([each.solution.params[3:6] for each in all_frames], axis=0)
        used = [each for each in all_frames if np.linalg.norm(each.solution.params[3:6] - middle) < 8.0]
        tripod = tripod_of(used)
        where = "refused: " + tripod.reason if tripod.standing is None else f"{np.round(tripod.position, 2)} m"
        sure = f"jackknife {np.round(tripod.scatter, 2)} m, ratio {tripod.ratio:.2f}"
        print(f"  {name}: {len(used)} frames, {where}, {sure}")
        few_lines(used)
    mixed = tripod_of(sorted([s for some in matches.values() for s in some], key=lambda each: each.name))
    print(f"  both together: {'refused' if mixed.standing is None else 'believed'}")


def few_lines(used):
    """Each frame from its best few markings, the position from all other frames, on the markings left out."""
    for count in (2, 3):
        rows = {"known": [], "unknown": []}
        for i, frame in enumerate(used):
            rest = tripod_of([other for j, other in enumerate(used) if j != i])
            if rest.standing is None:
                continue
            for way, solve in (
                ("known", lambda few, known=rest.standing: solve_with_position(few, SIZE, known)),
                ("unknown", lambda few: calibrate(few, SIZE, hints={})),
            ):
                rows[way].append(_best_of_few(frame.evidence, count, solve))
        text = []
        for way, found in rows.items():
            known = [off for off in found if off is not None]
            off = f"held-out markings {np.median(known):.1f} px median" if known else "nothing to measure"
            text.append(f"position {way}: {len(known)} of {len(found)} frames determined, {off}")
        print(f"    {count} markings a frame; " + "; ".join(text))


def _best_of_few(evidence, count, solve):
    """Median pixels on the markings left out, with the few of which the camera is surest; None where it is unsure."""
    best, off = 15.0, None
    for kept in itertools.combinations(list(evidence.markings)[:8], count):
        found = solve(Evidence({n: xy for n, xy in evidence.markings.items() if n in kept}, {}, {}))
        if found is None or not panning.in_frame(found).any():
            continue
        sd = float(np.median(found.deviations(panning.WORLDS[panning.in_frame(found)])))
        if sd < best:
            best = sd
            off = _to_curves(found, {n: xy for n, xy in evidence.markings.items() if n not in kept})
    return None if off is None else float(np.median(off))


def _to_curves(solution, markings):
    """Pixels from the clicks of other markings to where the camera has these."""
    from annotator.pitch import marking_samples

    found = []
    for name, xy in markings.items():
        path = solution.project(marking_samples(name, 0.2))
        path = path[np.isfinite(path[:, 0])]
        clicks = Lens(SIZE).pixels(xy)
        if len(path):
            found += np.linalg.norm(clicks[:, None] - path[None], axis=2).min(axis=1).tolist()
    return found


def choosing(clips=10, count=20):
    """The largest gap in camera space that a choice leaves, beside chance and even steps."""
    rows = []
    for seed in range(clips):
        rng = np.random.default_rng(seed)
        candidates = [Candidate(n, view=view_of(camera)) for n, camera in enumerate(panning.path(rng, 1500))]
        mine = {choice.key for choice in choose(candidates, count)}
        even = set(np.linspace(0, len(candidates) - 1, count).astype(int).tolist())
        chance = [set(rng.choice(len(candidates), count, replace=False).tolist()) for _ in range(20)]
        by_chance = float(np.mean([coverage(candidates, some) for some in chance]))
        rows.append((coverage(candidates, mine), coverage(candidates, even), by_chance))
    mine, even, by_chance = np.median(rows, axis=0)
    print(f"\nChoosing {count} of 1500 frames, {clips} clips: largest gap in camera space (1: plainly another view)")
    print(f"  chosen {mine:.2f}, even steps {even:.2f}, chance {by_chance:.2f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--clips", type=int, default=10)
    parser.add_argument("--rendered", type=int, default=101)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    asked = parser.parse_args()
    interpolation(asked.clips)
    if asked.rendered > 1:
        watching(asked.rendered)
    two_points(10 * asked.clips)
    positions(asked.clips)
    travelling(asked.clips)
    real_tripods(asked.data)
    choosing()


if __name__ == "__main__":
    main()
