"""Does a jump against the neighbours find faulty predictions of people in a clip?

python tests/benchmarks/jumps.py [--clips 6] [--frames 120] [--people 6] [--noise 2.0] [--off 20] [--seed 40]

People walk to and fro as in the benchmark of tracking (rendered; their limbs swing), and a made-up network sees them
``--noise`` pixels off and misses one in ten. One frame in twenty has a fault in one person: a point ``--off`` % of the
person's size away, or the points of a left and a right limb exchanged. Printed is the share of faulty frames in the
first 5 % of the queue (all there is room for) and in the first 20 %, with the jump as a sign and without it, where only
lengths and confidence are left; a random order has 5 % and 20 %. "ms" is processor time a frame for the jumps.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "benchmarks")]

import numpy as np  # noqa: E402
from tracking import COCO, SIZE, Clip, Faults, detected  # noqa: E402

from annotator.labels import EMPTY  # noqa: E402
from annotator.review import rank  # noqa: E402
from annotator.review.judged import size_of  # noqa: E402
from annotator.review.signs import FrameSigns  # noqa: E402
from annotator.review.thing_jumps import jumps  # noqa: E402
from annotator.review.thing_signs import Things, signs_of_things  # noqa: E402
from model.people import InstancePrediction  # noqa: E402

FAULTY = 0.05
LIMBS = ("elbow", "wrist", "knee", "ankle")
FAULTS = ("moved", "exchanged")


def faulty(rng, points, fault: str, size: float, off: float) -> np.ndarray:
    """The points (17, 2) of a person with one fault."""
    changed = points.copy()
    limb = str(rng.choice(LIMBS))
    left, right = COCO.index[f"left_{limb}"], COCO.index[f"right_{limb}"]
    if fault == "exchanged":
        changed[[left, right]] = points[[right, left]]
    else:
        angle = rng.uniform(0.0, 2.0 * np.pi)
        changed[rng.choice([left, right])] += off / 100.0 * size * np.array([np.cos(angle), np.sin(angle)])
    return changed


def things_of(poses) -> Things:
    seen = []
    for pose in sorted(poses, key=lambda one: -one.score):
        sd = np.full(len(pose.points), 2.0)
        seen.append(InstancePrediction(COCO.keypoints, pose.points, pose.confidence, sd, pose.score, pose.outline))
    return Things(COCO, EMPTY, tuple(seen))


def with_fault(rng, things: Things, fault: str, off: float) -> Things:
    """A frame with a fault in one of its people."""
    number = int(rng.integers(len(things.seen)))
    one = things.seen[number]
    points = faulty(rng, one.xy, fault, size_of(one.box), off)
    changed = InstancePrediction(one.names, points, one.confidence, one.sd, one.score, one.box)
    return Things(COCO, EMPTY, (*things.seen[:number], changed, *things.seen[number + 1 :]))


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what jumps against neighbours find.")
    parser.add_argument("--clips", type=int, default=6)
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--noise", type=float, default=2.0)
    parser.add_argument("--off", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=40)
    options = parser.parse_args()
    plain: list[FrameSigns] = []
    jumping: list[FrameSigns] = []
    bad: dict[int, str] = {}
    spent = 0.0
    for number in range(options.clips):
        seed = options.seed + number
        rng = np.random.default_rng([seed, 9])
        clip = Clip.made(seed, people=options.people, frames=options.frames)
        frames = [things_of(some) for some in detected(clip, options.frames, seed, Faults(0.1, 0.0, options.noise, 8))]
        whole = [n for n in range(1, options.frames - 1) if frames[n].seen]
        for n in map(int, rng.choice(whole, max(1, round(FAULTY * options.frames)), replace=False)):
            fault = str(rng.choice(FAULTS))
            frames[n] = with_fault(rng, frames[n], fault, options.off)
            bad[number * options.frames + n] = fault
        for n, here in enumerate(frames):
            signs = signs_of_things(number * options.frames + n, here, None, size=SIZE, threshold=0.3)
            plain.append(signs)
            began, found = time.process_time(), []
            if 0 < n < options.frames - 1:
                found = jumps(here, frames[n - 1], frames[n + 1], size=SIZE, threshold=0.3)
            spent += time.process_time() - began
            jumping.append(replace(signs, signs=(*signs.signs, *found)))
    count = len(plain)
    head = f"{'faulty frames that come in':28}{'the first 5 %':>18}{'20 %':>8}{'moved':>10}{'exchanged':>12}"
    print(f"{count} frames of {options.people} people, {len(bad)} faulty; {1000.0 * spent / count:.1f} ms a frame")
    print(head)
    for name, signs in (("without jumps", plain), ("with jumps", jumping)):
        order = [one.frame_id for one in rank(signs)]
        first, fifth = (set(order[: round(share * count)]) for share in (FAULTY, 0.2))
        each = [np.mean([n in fifth for n, fault in bad.items() if fault == wanted]) for wanted in FAULTS]
        print(f"{name:28}{np.mean([n in first for n in bad]):18.0%}{np.mean([n in fifth for n in bad]):8.0%}"
              f"{each[0]:10.0%}{each[1]:12.0%}")  # fmt: skip


if __name__ == "__main__":
    main()
