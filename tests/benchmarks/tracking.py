"""Measures how well people keep their numbers through a clip, beside a plain tracker by boxes, in one run.

python tests/benchmarks/tracking.py [--clips 6] [--frames 120] [--people 6] [--seed 3] [--misses 0.1] [--false 0.1]
                                    [--noise 2.0] [--gap 8] [--film FILE]

Rendered people of 17 points walk to and fro in front of a textured wall, each in a dress of its own, cross each other
and hide each other; the camera pans slowly. A made-up detector sees every one that is not hidden (of two whose boxes
overlap by 0.7 and more only the nearer) with points ``--noise`` pixels off, misses ``--misses`` of them at random and
everyone once for ``--gap`` frames in a row, and finds ``--false`` boxes a frame where nobody is. From its detections

    boxes       a plain tracker: greedy overlap of boxes from frame to frame (IoU >= 0.3), no picture, no gaps
    boxes, gaps the same, which remembers where everyone was for as long as ours does
    no flow     ours, but as if nothing had moved: what the flow gives
    ours        ours: likeness by OKS of poses moved by the flow, gaps bridged by copies
    labelled    ours without a detector: persons label every 10th frame, everything between is copied by the flow

All drop what they saw in fewer than three frames. The truth is everyone in the picture, hidden or not: nobody can find
one behind another, so 1.000 is out of reach. "ms" is processor time a frame, one thread, rendering left out.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from annotator.instances import overlap  # noqa: E402
from annotator.schemes import scheme_of  # noqa: E402
from annotator.tracking import Copies, Settings, Tracked, View, track  # noqa: E402
from annotator.tracking_flow import still  # noqa: E402
from annotator.tracking_memory import Pose  # noqa: E402
from annotator.tracking_score import score_tracks  # noqa: E402

COCO = scheme_of("coco-17")
SIZE = (640, 360)
LIMBS = tuple((COCO.index[a], COCO.index[b]) for a, b in COCO.edges)
COLOURS = np.array(
    [(204, 60, 50), (40, 90, 200), (230, 190, 40), (240, 240, 240), (30, 30, 40), (150, 60, 170), (60, 170, 160),
     (240, 130, 40)], np.uint8
)  # fmt: skip
EVERY = 10
Frames = dict[int, dict[int, Pose]]
HEAD = f"{'':<14}{'MOTA':>8}{'IDF1':>8}{'switches':>10}{'missed':>8}{'false':>8}{'points':>8}{'ms':>8}"


@dataclass(frozen=True)
class Walker:
    """Somebody who walks to and fro between two sides: height and start in pixels, speed in pixels a frame."""

    number: int
    height: float
    start: float
    speed: float
    ground: float
    phase: float

    def pose(self, frame: int, pan: float) -> np.ndarray:
        """(17, 2) pixels."""
        way = (self.start + self.speed * frame) % (2.0 * SIZE[0])
        x = (way if way < SIZE[0] else 2.0 * SIZE[0] - way) - pan
        ahead = 1.0 if way < SIZE[0] else -1.0
        swing = np.sin(self.phase + 2.0 * np.pi * frame * abs(self.speed) / (0.55 * self.height))
        return np.array([x, self.ground]) + self.height * _body(swing, ahead)


def _body(swing: float, ahead: float) -> np.ndarray:
    """A walking person of height 1 about the middle of its feet, y downwards."""
    head = [(0.03, -0.93), (0.02, -0.945), (0.005, -0.945), (-0.005, -0.93), (-0.03, -0.93)]
    leg, arm = 0.11 * swing, 0.12 * swing
    rest = [
        (0.055, -0.80), (-0.055, -0.80), (0.07 - 0.5 * arm, -0.64), (-0.07 + 0.5 * arm, -0.64),
        (0.075 - arm, -0.49), (-0.075 + arm, -0.49), (0.04, -0.50), (-0.04, -0.50),
        (0.045 + 0.6 * leg, -0.26), (-0.045 - 0.6 * leg, -0.26), (0.045 + leg, -0.02), (-0.045 - leg, -0.02),
    ]  # fmt: skip
    return np.array(head + rest) * [ahead, 1.0]


@dataclass(frozen=True)
class Clip:
    """The rendered clip: its people, nearest last, and how far the camera has panned in every frame."""

    people: tuple[Walker, ...]
    wall: np.ndarray
    pan: np.ndarray

    @classmethod
    def made(cls, seed: int, *, people: int, frames: int) -> Clip:
        """A clip of its own for every seed."""
        rng = np.random.default_rng([seed, 71])
        walkers = []
        for number in range(people):
            height = float(rng.uniform(110, 170))
            speed = float(rng.uniform(2.0, 5.0) * rng.choice([-1, 1]))
            start, phase = float(rng.uniform(0, 2 * SIZE[0])), float(rng.uniform(0, 6.3))
            walkers.append(Walker(number, height, start, speed, 250.0 + 0.55 * (height - 110), phase))
        walkers.sort(key=lambda one: one.ground)
        noise = rng.integers(60, 200, (SIZE[1] + 20, SIZE[0] + 200, 3), dtype=np.uint8)
        wall = cv2.addWeighted(cv2.GaussianBlur(noise, (0, 0), 2.0), 0.6, cv2.GaussianBlur(noise, (0, 0), 9.0), 0.4, 0)
        pan = 40.0 * np.sin(np.arange(frames) / 35.0)
        return cls(tuple(walkers), np.asarray(wall, dtype=np.uint8), pan)

    def picture(self, frame: int) -> np.ndarray:
        """(H, W, 3) RGB."""
        shift = np.array([[1.0, 0.0, -(100.0 + self.pan[frame])], [0.0, 1.0, -10.0]])
        rgb = np.asarray(cv2.warpAffine(self.wall, shift, SIZE, flags=cv2.INTER_LINEAR))
        for one in self.people:
            _dress(rgb, one.pose(frame, float(self.pan[frame])), one)
        noise = np.random.default_rng([one.number for one in self.people] + [frame]).normal(0, 3, rgb.shape)
        return np.clip(rgb + noise, 0, 255).astype(np.uint8)

    def truth(self, frame: int) -> dict[int, Pose]:
        """Everyone whose middle is in the picture."""
        found = {}
        for one in self.people:
            points = one.pose(frame, float(self.pan[frame]))
            if 0 <= points[:, 0].mean() <= SIZE[0] - 1:
                found[one.number] = Pose(points, np.ones(len(points)))
        return found


def _dress(rgb: np.ndarray, points: np.ndarray, one: Walker) -> None:
    shirt, trousers = COLOURS[one.number % len(COLOURS)], COLOURS[(3 * one.number + 2) % len(COLOURS)]
    thick = max(2, round(0.05 * one.height))
    at = [tuple(int(v) for v in np.rint(16 * place)) for place in points]
    for a, b in LIMBS:
        if a >= 5 and b >= 5:
            colour = trousers if max(a, b) >= 13 else shirt
            cv2.line(rgb, at[a], at[b], colour.tolist(), thick, cv2.LINE_AA, 4)
    chest = np.array([at[5], at[6], at[12], at[11]], np.int32)
    cv2.fillConvexPoly(rgb, chest, shirt.tolist(), cv2.LINE_AA, 4)
    head = np.rint(16 * (points[0] + [0.0, 0.01 * one.height])).astype(int)
    cv2.circle(rgb, tuple(head.tolist()), round(16 * 0.055 * one.height), (214, 164, 132), -1, cv2.LINE_AA, 4)


@dataclass(frozen=True)
class Faults:
    """How often the made-up detector errs: shares of people, boxes a frame, pixels, frames of the long gap."""

    misses: float
    false: float
    noise: float
    gap: int


def detected(clip: Clip, frames: int, seed: int, faults: Faults) -> list[tuple[Pose, ...]]:
    """What the made-up detector says of every frame."""
    rng = np.random.default_rng([seed, 5])
    gaps = {one.number: int(rng.integers(10, max(11, frames - faults.gap))) for one in clip.people}
    found = []
    for frame in range(frames):
        truth, seen = clip.truth(frame), []
        order = [one.number for one in clip.people if one.number in truth]
        for place, number in enumerate(order):
            own = truth[number].outline
            hidden = any(overlap(own, truth[other].outline) > 0.7 for other in order[place + 1 :])
            away = gaps[number] <= frame < gaps[number] + faults.gap
            if hidden or away or rng.random() < faults.misses:
                continue
            points = truth[number].points + rng.normal(0.0, faults.noise, truth[number].points.shape)
            seen.append(Pose(points, np.full(len(points), 0.9), float(rng.uniform(0.7, 1.0))))
        for _ in range(rng.poisson(faults.false)):
            place = rng.uniform([40, 150], [SIZE[0] - 40, 330])
            points = place + 130 * (_body(float(rng.uniform(-1, 1)), 1.0) + rng.normal(0.0, 0.02, (17, 2)))
            seen.append(Pose(points, np.full(17, 0.6), float(rng.uniform(0.5, 0.8))))
        found.append(tuple(seen[n] for n in rng.permutation(len(seen))))
    return found


def by_boxes(seen: list[tuple[Pose, ...]], *, memory: int, shortest: int = 3) -> Frames:
    """The plain tracker: the box that overlaps most goes on (Bochinski et al., AVSS 2017, greedily over all pairs)."""
    last: dict[int, tuple[int, Pose]] = {}
    found: Frames = {}
    count = 0
    for frame, poses in enumerate(seen):
        last = {number: at for number, at in last.items() if frame - at[0] <= memory}
        pairs = [
            (overlap(at[1].outline, pose.outline), number, n)
            for number, at in last.items()
            for n, pose in enumerate(poses)
        ]
        given: dict[int, int] = {}
        for shared, number, n in sorted(pairs, reverse=True):
            if shared >= 0.3 and n not in given and number not in given.values():
                given[n] = number
        for n, pose in enumerate(poses):
            if n not in given:
                given[n], count = count, count + 1
            last[given[n]] = frame, pose
        found[frame] = {given[n]: pose for n, pose in enumerate(poses)}
    lengths: dict[int, int] = {}
    for some in found.values():
        for number in some:
            lengths[number] = lengths.get(number, 0) + 1
    return {frame: {n: pose for n, pose in some.items() if lengths[n] >= shortest} for frame, some in found.items()}


def _named(found: dict[int, tuple[Tracked, ...]]) -> Frames:
    return {frame: {one.id: one.pose for one in some} for frame, some in found.items()}


def methods(clip: Clip, pictures: list[np.ndarray], seen: list[tuple[Pose, ...]]) -> Iterator[tuple[str, Callable]]:
    """Every way of following, by its name in the table."""
    memory = Settings().queue
    yield "boxes", lambda: by_boxes(seen, memory=1)
    yield "boxes, gaps", lambda: by_boxes(seen, memory=memory)
    views = [View(n, rgb, seen=poses) for n, (rgb, poses) in enumerate(zip(pictures, seen, strict=True))]
    yield "no flow", lambda: _named(track(views, COCO, flow=still))
    yield "ours", lambda: _named(track(views, COCO))
    # Persons number anew in every frame that they label: who is who is for the tracker to find out.
    said = []
    for frame, rgb in enumerate(pictures):
        people = list(clip.truth(frame).values()) if frame % EVERY == 0 else []
        turned = np.random.default_rng([frame, 9]).permutation(len(people))
        said.append(View(frame, rgb, tuple(replace(people[n], key=place) for place, n in enumerate(turned))))
    every = Settings(queue=EVERY + 1, copies=Copies.ALL)
    yield "labelled", lambda: _named(track(said, COCO, settings=every))


def film(path: Path, pictures: list[np.ndarray], found: Frames) -> None:
    """The clip with the numbers found, to look at."""
    from annotator.rendering_files import film as writing

    with writing(path, 12.0) as out:
        for frame, rgb in enumerate(pictures):
            picture = rgb.copy()
            for number, pose in found.get(frame, {}).items():
                colour = tuple(int(v) for v in np.random.default_rng(number).integers(80, 255, 3))
                for a, b in LIMBS:
                    if pose.is_placed[[a, b]].all():
                        ends = [tuple(int(v) for v in np.rint(16 * pose.points[k])) for k in (a, b)]
                        cv2.line(picture, ends[0], ends[1], colour, 1, cv2.LINE_AA, 4)
                x, y = (int(v) for v in pose.outline[:2])
                cv2.putText(picture, str(number), (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1, cv2.LINE_AA)
            out.add(picture)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=6)
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--misses", type=float, default=0.1)
    parser.add_argument("--false", type=float, default=0.1)
    parser.add_argument("--noise", type=float, default=2.0)
    parser.add_argument("--gap", type=int, default=8)
    parser.add_argument("--film", type=Path, help="the first clip as ours sees it")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    faults = Faults(options.misses, options.false, options.noise, options.gap)
    results: dict[str, list[list[tuple[dict[int, Pose], dict[int, Pose]]]]] = {}
    spent: dict[str, float] = {}
    for number in range(options.clips):
        seed = options.seed + number
        clip = Clip.made(seed, people=options.people, frames=options.frames)
        pictures = [clip.picture(frame) for frame in range(options.frames)]
        truth = [clip.truth(frame) for frame in range(options.frames)]
        seen = detected(clip, options.frames, seed, faults)
        for name, follow in methods(clip, pictures, seen):
            begun = time.process_time()
            found = follow()
            spent[name] = spent.get(name, 0.0) + time.process_time() - begun
            results.setdefault(name, []).append([(truth[n], found.get(n, {})) for n in range(options.frames)])
            if name == "ours" and number == 0 and options.film:
                film(options.film, pictures, found)
    total = options.clips * options.frames
    print(
        f"{options.clips} clips of {options.frames} frames, {options.people} people; {options.misses:.0%} missed, one "
        f"gap of {options.gap} frames each, {options.false:g} false boxes a frame, {options.noise:g} px noise\n"
    )
    print(HEAD)
    for name, clips in results.items():
        scores = score_tracks(clips, COCO)
        one = scores.things
        print(
            f"{name:<14}{one.mota:8.3f}{scores.idf1:8.3f}{one.switches:10d}{one.misses:8d}{one.false:8d}"
            f"{scores.mota_of_points:8.3f}{1e3 * spent[name] / total:8.1f}"
        )


if __name__ == "__main__":
    main()
