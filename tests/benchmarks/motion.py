"""Measures how exactly labels are carried through a video, and how fast.

python tests/benchmarks/motion.py [--frames 200] [--every 50] [--seed 11] [--noise 1.0] [--stride 4] [--no-clips]
python tests/benchmarks/motion.py --seeds 1-12

A rendered clip of a camera that pans, tilts and zooms over a match is labelled in one frame of ``--every``, two clicks
a line and eight a circle: ones that are ``--noise`` pixels off, then exact ones. From every key frame labels are
carried forwards to the next key frame and backwards to the one before. An error is the distance of a resolved keypoint
in view to where it truly is, and a frame's error the median of those; the worst is that of the worst frame. Printed
beside it in the same run: the same with what the key frames together say of where the camera stands; the frames between
the key frames filled by the camera in between (``annotator.filling``), the short way from key to key and along what the
picture did, and how far that camera is from the key frames' own there; the keypoints of the exact key frames moved by a
plain chain of homographies, by the same corners but without looking back, paint or lens, and each followed alone; both
are judged by the keypoints that they still have ("points": the share of those in view). A last row carries from the
first frame alone through every ``--stride``-th frame, that is with a camera so many times faster. ms is processor time
a frame, one thread, decoding and rendering left out.

Then a hard cut to another shot, and, where the real clips are, one frame of each labelled by the network and drawn to
the paint, carried on: the mean distance from the projected markings to the white ridge, with the camera left where it
was and carried. ``--sheets`` writes contact sheets of those to look at.

``--seeds`` renders other stadiums instead, one a seed, seen by the same camera: grass, light, players and boards
differ. One row each, both ways together, with exact and with unsure clicks: errors as above; "lost" is how many frames
no labels were carried to because a run ended early, and "wrong" how many are over 2 px off and were not held back.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from annotator.camera_path import camera_known, followed, path_through  # noqa: E402
from annotator.evidence import gather  # noqa: E402
from annotator.filling import camera_labels, watched  # noqa: E402
from annotator.keypoints import resolve  # noqa: E402
from annotator.labels import FrameLabels, set_marking  # noqa: E402
from annotator.lens import Lens  # noqa: E402
from annotator.motion import Carry, End, Stop, carry  # noqa: E402
from annotator.motion_camera import paint_distance  # noqa: E402
from annotator.motion_track import Background, flow  # noqa: E402
from annotator.paint import PaintField  # noqa: E402
from annotator.pitch import KEYPOINTS, MARKINGS  # noqa: E402
from annotator.synthetic.clip import Clip, pan_tilt_zoom, still  # noqa: E402
from annotator.tripod import Sighting, tripod_of  # noqa: E402
from annotator.tripod_prior import Standing  # noqa: E402

DATA = ROOT.parent / "shared" / "data" / "clips"
SHOTS = (
    ("broadcast_1080p_header_lies.mp4", 0),
    ("broadcast_1080p_header_lies.mp4", 100),
    ("broadcast_small.mp4", 0),
    ("broadcast_small.mp4", 150),
    ("broadcast_small.mp4", 290),
    ("bundesliga_480p.mp4", 0),
)
SIZE = (960, 540)
Points = dict[str, np.ndarray]
Frames = Callable[[int], np.ndarray]
HEAD = f"{'px: median of a frame':<36}{'median':>6}{'p90':>8}{'worst':>8}{'<= 2':>10}{'points':>10}{'ms':>9}"
SEEDS = f"{'seed':>5}{'clicks':>8}{'median':>8}{'p90':>8}{'worst':>8}{'wrong':>8}{'lost':>8}"
REAL = f"{'px to the ridge':<42}{'key':>7}{'left':>8}{'carried':>9}{'labels':>8}{'frames':>8}{'ms':>9}"


def truth(clip: Clip, number: int) -> Points:
    """Where the keypoints in view are."""
    worlds = np.array([point.world for point in KEYPOINTS.values()])
    pixels = clip.cameras[number].project(worlds)
    inside = ((pixels >= -0.5) & (pixels <= np.array(SIZE) - 0.5)).all(axis=1)
    return {name: at for name, at, seen in zip(KEYPOINTS, pixels, inside, strict=True) if seen}


def key_numbers(count: int, every: int) -> list[int]:
    """Every so manieth frame, and the last."""
    return sorted({*range(0, count, every), count - 1})


def key_labels(clip: Clip, number: int, noise: float) -> FrameLabels:
    """What a person would draw in a frame: two clicks a line, eight a circle, so many pixels off."""
    rng, labels = np.random.default_rng([5, number]), FrameLabels()
    for name, path in clip.frame(number).markings(0.5).items():
        if np.linalg.norm(np.ptp(path, axis=0)) < 40.0:
            continue
        count = 8 if MARKINGS[name].is_round else 2
        places = path[np.rint(np.linspace(0.05, 0.95, count) * (len(path) - 1)).astype(int)]
        clicks = places + rng.normal(0.0, noise, places.shape)
        labels = set_marking(labels, name, tuple((float(x), float(y)) for x, y in clicks))
    return labels


def resolved(labels: FrameLabels, standing: Standing | None = None) -> Points:
    """The keypoints that follow from labels."""
    found = resolve(labels.pitch, None, size=SIZE, threshold=1.0, standing=standing).keypoints.values()
    return {point.name: np.array(point.position) for point in found if point.position is not None}


def error(points: Points, true: Points) -> tuple[float, int]:
    """The median distance of points in view to where they are, and of how many."""
    off = [float(np.linalg.norm(points[name] - at)) for name, at in true.items() if name in points]
    return (float(np.median(off)), len(off)) if off else (float("nan"), 0)


def chained(frames: Frames, start: int, until: int, points: Points) -> Iterator[tuple[int, Points]]:
    """Points moved by one homography after another, each between neighbours, by the same corners as the real thing."""
    way = 1 if until >= start else -1
    lens, by, last = Lens(SIZE), np.eye(3), frames(start)
    at = lens.centred(np.array(list(points.values())))
    for number in range(start + way, until + way, way):
        by = Background(last).follow(frames(number)).by @ by
        last = frames(number)
        moved = cv2.perspectiveTransform(at[:, None], by)[:, 0]
        yield number, dict(zip(points, lens.pixels(moved), strict=True))


def traced(frames: Frames, start: int, until: int, points: Points) -> Iterator[tuple[int, Points]]:
    """Every point followed alone; those that do not find their way back are lost."""
    way = 1 if until >= start else -1
    last, left = cv2.cvtColor(frames(start), cv2.COLOR_RGB2GRAY), dict(points)
    for number in range(start + way, until + way, way):
        grey = cv2.cvtColor(frames(number), cv2.COLOR_RGB2GRAY)
        if left:
            to, good = flow(last, grey, np.array(list(left.values())), window=(21, 21), levels=4)
            left = {name: at for name, at, found in zip(left, to, good, strict=True) if found}
        last = grey
        yield number, left


class Tally:
    """Errors of one way of carrying, frame by frame."""

    def __init__(self, title: str) -> None:
        self.title, self.errors, self.seen, self.seconds = title, {}, [], 0.0

    def note(self, number: int, points: Points, true: Points) -> None:
        """Judge one frame."""
        off, count = error(points, true)
        self.errors[number] = min(off, self.errors.get(number, np.inf)) if count else self.errors.get(number, np.nan)
        self.seen.append(count / max(1, len(true)))

    def row(self) -> str:
        """A line of the table."""
        off = np.array(list(self.errors.values()))
        known = off[np.isfinite(off)]
        if not len(known):
            return f"{self.title:<34}   no frame was reached"
        return (
            f"{self.title:<34}{np.median(known):8.2f}{np.percentile(known, 90):8.2f}{known.max():8.2f}"
            f"{(known <= 2.0).mean() * 100:8.0f} %{np.mean(self.seen) * 100:8.0f} %"
            f"{1000 * self.seconds / max(1, len(self.seen)):9.1f}"
        )


def rendered(options: argparse.Namespace) -> None:
    """The rendered clip: carried both ways, beside the plain ways; then a cut."""
    clip = pan_tilt_zoom(options.frames, SIZE, seed=options.seed)
    print(f"rendering {len(clip)} frames of {SIZE[0]}x{SIZE[1]} ...", file=sys.stderr)
    pictures = [clip.frame(number).rgb for number in range(len(clip))]
    frames = pictures.__getitem__
    keys = key_numbers(len(clip), options.every)
    print(f"{len(clip)} rendered frames, {len(keys)} key frames\n{HEAD}")
    for noise in (options.noise, 0.0):
        labels = {key: key_labels(clip, key, noise) for key in keys}
        begun = max(error(resolved(labels[key]), truth(clip, key))[0] for key in keys)
        print(f"clicks {noise} px off: the worst key frame is {begun:.2f} px off")
        both_ways(clip, frames, labels, options.every)
        tripod = tripod_of([sighting(key, said) for key, said in labels.items()])
        if tripod.standing is None:
            print(f"where the camera stands: {tripod.reason}")
        else:
            away = np.linalg.norm(tripod.standing.position - clip.cameras[0].position)
            print(f"where the camera stands, from the key frames: {away:.2f} m off")
            both_ways(clip, frames, labels, options.every, tripod.standing)
        between(clip, frames, labels)
    for title, method in (("chain of homographies, forwards", chained), ("points alone, forwards", traced)):
        tally = Tally(title)
        for key in keys:
            until = min(key + options.every - 1, len(clip) - 1)
            for number, points in timed(tally, method(frames, key, until, resolved(labels[key]))):
                tally.note(number, points, truth(clip, number))
        print(tally.row())
    print(hasty(clip, pictures, labels[0], options.stride))
    cut(clip, pictures, labels)


def many_seeds(options: argparse.Namespace) -> None:
    """One row for every stadium: how exactly labels are carried there."""
    first, last = (int(part) for part in options.seeds.split("-"))
    print(f"{len(range(first, last + 1))} stadiums, key frame every {options.every}\n{SEEDS}   ended early")
    for seed in range(first, last + 1):
        clip = pan_tilt_zoom(options.frames, SIZE, seed=seed)
        pictures = [clip.frame(number).rgb for number in range(len(clip))]
        for noise in (0.0, options.noise):
            print(f"{seed:>5}{noise:>8.1f}{one_seed(clip, pictures, noise, options.every)}", flush=True)


def one_seed(clip: Clip, pictures: list[np.ndarray], noise: float, every: int) -> str:
    """The row of one stadium."""
    off, wanted, ended = [], 0, []
    for key in key_numbers(len(clip), every):
        said = key_labels(clip, key, noise)
        for sign in (1, -1):
            until = min(max(key + sign * (every - 1), 0), len(clip) - 1)
            wanted += abs(until - key)
            for step in carry(said, size=SIZE, frames=pictures.__getitem__, start=key, until=until):
                if isinstance(step, Carry):
                    off.append(error(resolved(step.labels), truth(clip, step.frame))[0])
                elif step.reason is not Stop.END:
                    ended.append(f"{key} to {step.frame} ({step.reason.value})")
    errors = np.array(off)
    if not np.isfinite(errors).any():
        return f"   no frame of {wanted} was reached"
    wrong = int((~(errors <= 2.0)).sum())
    return (
        f"{np.nanmedian(errors):8.2f}{np.nanpercentile(errors, 90):8.2f}{np.nanmax(errors):8.2f}"
        f"{wrong:8d}{wanted - len(errors):8d}   {', '.join(ended) or '-'}"
    )


def sighting(number: int, labels: FrameLabels) -> Sighting:
    """What a key frame says of where the camera stands."""
    solution = resolve(labels.pitch, None, size=SIZE, threshold=1.0).solution
    return Sighting(number, str(number), gather(labels.pitch, Lens(SIZE)), solution)


def hasty(clip: Clip, pictures: list[np.ndarray], labels: FrameLabels, stride: int) -> str:
    """A row: carried from the first frame through every so manieth."""
    chosen = list(range(0, len(clip), stride))
    tally = Tally(f"one key frame, every {stride}th frame")
    steps = carried(labels, lambda number: pictures[chosen[number]], 0, len(chosen) - 1)
    for number, step in timed(tally, steps):
        tally.note(number, resolved(step.labels), truth(clip, chosen[number]))
    return tally.row()


def both_ways(
    clip: Clip, frames: Frames, labels: dict[int, FrameLabels], every: int, standing: Standing | None = None
) -> None:
    """Two rows: carried from all key frames forwards, then backwards; and how far these are apart."""
    found: dict[str, dict[int, Points]] = {}
    for way, sign in (("forwards", 1), ("backwards", -1)):
        tally, found[way] = Tally(f"carried {way}{', camera stands' if standing else ''}"), {}
        for key, said in labels.items():
            until = min(max(key + sign * (every - 1), 0), len(clip) - 1)
            for number, step in timed(tally, carried(said, frames, key, until, standing)):
                found[way][number] = resolved(step.labels, standing)
                tally.note(number, found[way][number], truth(clip, number))
        print(tally.row())
    print(agreement(clip, found["forwards"], found["backwards"]))


def between(clip: Clip, frames: Frames, labels: dict[int, FrameLabels]) -> None:
    """Two rows: the frames between the key frames filled, unwatched and watched; and how exact that is at these."""
    cameras = {
        float(key): camera_known(resolve(said.pitch, None, size=SIZE, threshold=1.0)) for key, said in labels.items()
    }
    short, began = path_through(cameras), time.process_time()
    long = followed(short, watched(frames, labels, size=SIZE).cameras)
    spent = time.process_time() - began
    for title, path, seconds in (("unwatched", short, 0.0), ("watched", long, spent)):
        tally = Tally(f"filled between, {title}")
        numbers = [number for number in range(len(clip)) if number not in labels]
        for number, camera in zip(numbers, path.cameras(np.array(numbers, dtype=float)), strict=True):
            tally.note(number, resolved(camera_labels(camera)), truth(clip, number))
        tally.seconds = seconds
        print(tally.row())
    worlds = np.array([point.world for point in KEYPOINTS.values()])
    off = [
        float(np.nanmax(np.linalg.norm(path.at(key).project(worlds) - camera.project(worlds), axis=1)[inside]))
        for path in (short, long)
        for key, camera in cameras.items()
        if (inside := ((at := camera.project(worlds)) >= 0).all(axis=1) & (at <= SIZE).all(axis=1)).any()
    ]
    print(f"filled between, at the key frames: {max(off):.6f} px from the key frame's camera at most")


def carried(labels: FrameLabels, frames: Frames, start: int, until: int, standing: Standing | None = None):
    """Number and carry of every frame reached."""
    size = frames(start).shape[1::-1]
    for step in carry(labels, size=size, frames=frames, start=start, until=until, standing=standing):
        if isinstance(step, Carry):
            yield step.frame, step


def timed(tally: Tally, steps: Iterator) -> Iterator:
    """The steps, with the processor time that they take added to the tally."""
    while True:
        began = time.process_time()
        step = next(steps, None)
        tally.seconds += time.process_time() - began
        if step is None:
            return
        yield step


def agreement(clip: Clip, one: dict[int, Points], two: dict[int, Points]) -> str:
    """How far apart both ways are in the frames that both reach."""
    apart = []
    for number in sorted(one.keys() & two.keys()):
        both = [name for name in truth(clip, number) if name in one[number] and name in two[number]]
        if both:
            apart.append(float(np.median([np.linalg.norm(one[number][n] - two[number][n]) for n in both])))
    if not apart:
        return "forwards and backwards: no frame was reached both ways"
    return f"forwards and backwards apart: {np.median(apart):.2f} px median, {max(apart):.2f} px in the worst frame"


def cut(clip: Clip, pictures: list[np.ndarray], labels: dict[int, FrameLabels]) -> None:
    """A hard cut, to another stadium and to another part of the same one."""
    other = still(3, SIZE)
    shots = {"another stadium": [other.frame(i).rgb for i in range(3)], "the same match": pictures[-3:]}
    first = min(labels)
    for title, after in shots.items():
        spliced = [*pictures[first : first + 10], *after]
        last = None
        for step in carry(labels[first], size=SIZE, frames=spliced.__getitem__, start=0, until=len(spliced) - 1):
            last = step
        assert isinstance(last, End)
        print(f"cut to {title} in frame 10: ended before frame {last.frame} ({last.reason.value})")


def real(options: argparse.Namespace) -> None:
    """The real clips: one frame labelled, carried on."""
    from annotator.commands.network import load_predictor
    from annotator.video import VideoReader

    predictor = load_predictor(None, "cpu")
    print(f"\n{REAL}   ended")
    for name, start in SHOTS:
        with VideoReader(DATA / name) as reader:
            pictures = {n: reader.read(n) for n in range(start, min(start + options.reach + 1, len(reader)))}
        labels = labels_by_network(predictor, pictures[start])
        if labels is None:
            print(f"{name:<36}{start:>6}   the network sees too little")
            continue
        row, sheet = one_clip(pictures, labels, start)
        print(f"{name:<36}{start:>6}{row}")
        if options.sheets is not None:
            options.sheets.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(options.sheets / f"{Path(name).stem}_{start}.jpg"), sheet[..., ::-1])


def labels_by_network(predictor, rgb: np.ndarray) -> FrameLabels | None:
    """The markings that the paint confirms about the camera that the network's points give."""
    from annotator.labels import place
    from annotator.paint_labels import labels_on_paint

    prediction, size, labels = predictor.predict(rgb), rgb.shape[1::-1], FrameLabels()
    for name, at, confidence in zip(prediction.names, prediction.xy, prediction.confidence, strict=True):
        if confidence >= predictor.card.threshold and (at >= 0).all() and (at < size).all():
            labels = place(labels, name, (float(at[0]), float(at[1])))
    found = resolve(labels.pitch, None, size=size, threshold=1.0)
    if not found.is_determined:
        return None
    drawn, snaps = labels_on_paint(FrameLabels(), found.solution, (), PaintField.of(rgb))
    for name in [name for name, snap in snaps.items() if snap.refused]:
        drawn = set_marking(drawn, name, ())
    return drawn if resolve(drawn.pitch, None, size=size, threshold=1.0).is_determined else labels


def one_clip(pictures: dict[int, np.ndarray], labels: FrameLabels, start: int) -> tuple[str, np.ndarray]:
    """A line of the table, and a contact sheet."""
    size = pictures[start].shape[1::-1]
    camera = resolve(labels.pitch, None, size=size, threshold=1.0).solution
    off, ended, tally = [], "", Tally("")
    tiles = {start: drawn(pictures[start], camera)}
    steps = carry(labels, size=size, frames=pictures.__getitem__, start=start, until=max(pictures))
    for step in timed(tally, steps):
        if isinstance(step, End):
            ended = step.reason.value
            break
        paint = PaintField.of(pictures[step.frame])
        again = resolve(step.labels.pitch, None, size=size, threshold=1.0).solution
        off.append([paint_distance(paint, one)[0] if one else np.nan for one in (camera, step.solution, again)])
        tiles[step.frame] = drawn(pictures[step.frame], step.solution)
    key = paint_distance(PaintField.of(pictures[start]), camera)[0]
    left, moved, again = np.nanmean(np.array(off), axis=0)
    row = f"{key:7.2f}{left:8.2f}{moved:9.2f}{again:8.2f}{len(off):8d}{1000 * tally.seconds / len(off):9.1f}   {ended}"
    chosen = [tiles[n] for n in np.array(sorted(tiles))[np.linspace(0, len(tiles) - 1, 6).astype(int)]]
    return row, np.vstack([np.hstack(chosen[i : i + 2]) for i in (0, 2, 4)])


def drawn(rgb: np.ndarray, solution) -> np.ndarray:
    """The frame with the projected markings, small."""
    from annotator.curves import ghost_of

    picture = rgb.copy()
    for paths in ghost_of(solution).values():
        for path in paths:
            cv2.polylines(picture, [np.rint(path * 16).astype(np.int32)], False, (255, 40, 40), 1, cv2.LINE_AA, 4)
    return cv2.resize(picture, (800, 450), interpolation=cv2.INTER_AREA)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--every", type=int, default=50)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--noise", type=float, default=1.0)
    parser.add_argument("--stride", type=int, default=4)
    parser.add_argument("--reach", type=int, default=25, help="frames that real clips are carried (default 25)")
    parser.add_argument("--no-clips", action="store_true", help="the rendered clip alone")
    parser.add_argument("--sheets", type=Path, help="write contact sheets of the real clips into this folder")
    parser.add_argument("--seeds", metavar="A-B", help="a table over stadiums instead of everything else")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    if options.seeds:
        many_seeds(options)
        return
    rendered(options)
    if options.no_clips:
        return
    if DATA.is_dir():
        real(options)
    else:
        print(f"no real clips at {DATA}")


if __name__ == "__main__":
    main()
