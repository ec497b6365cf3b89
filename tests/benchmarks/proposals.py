"""Measures proposals: how soon a frame is found when the proposed marking is drawn next, and milliseconds a call.

Run from the checkout's root: ``python tests/benchmarks/proposals.py [--views 40]``. Made-up cameras; two clicks of one
pixel on a line, nine on a circle. Beside it markings in random order and in the order of the list.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "annotator")]

import numpy as np  # noqa: E402
from views import SIZE, random_view  # noqa: E402

from annotator.keypoints import resolve  # noqa: E402
from annotator.labels import Instance  # noqa: E402
from annotator.prior_views import prior_views  # noqa: E402
from annotator.proposals import next_marking  # noqa: E402

KINDS = ("main", "side", "tight", "high")
WAYS = ("proposed", "random", "listed")
COUNTS = (3, 4, 5, 6)
UNKNOWN = 99.0


def answer(instance):
    return resolve(instance, None, size=SIZE, threshold=0.3)


def error(view, resolved):
    """Median pixels that the keypoints in the frame are off; one without a position is ``UNKNOWN`` off."""
    found = resolved.keypoints
    pairs = [(found[name].position, xy) for name, xy in view.keypoints().items()]
    return float(np.median([UNKNOWN if at is None else math.dist(at, xy) for at, xy in pairs]))


def follow(view, full, way, rng, times):
    """Errors with 3, 4, 5 and 6 markings, and the clicks that they took."""
    taken, errors, clicks = [], [], []
    for number in range(max(COUNTS) + 1):
        instance = Instance(markings={name: full.markings[name] for name in taken})
        resolved = answer(instance)
        if number in COUNTS:
            errors.append(error(view, resolved))
            clicks.append(sum(len(xy) for xy in instance.markings.values()))
        left = [name for name in full.markings if name not in taken]
        if way == "proposed":
            began = time.process_time()
            ranked = [proposal.marking for proposal in next_marking(instance, resolved, SIZE)]
            times.append(1e3 * (time.process_time() - began))
            left = [name for name in ranked if name in left] or left
        elif way == "random":
            left = list(rng.permutation(left))
        taken.extend(left[:1])
    return errors, clicks


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--views", type=int, default=40)
    asked = parser.parse_args()
    began = time.process_time()
    prior_views()
    print(f"sample of cameras, once: {1e3 * (time.process_time() - began):.0f} ms")
    found, times = {way: [] for way in WAYS}, []
    for seed in range(asked.views):
        rng = np.random.default_rng(seed)
        view = random_view(rng, KINDS[seed % len(KINDS)])
        full = view.clicks(rng, noise=1.0, line_clicks=(2, 2))
        for way in WAYS:
            found[way].append(follow(view, full, way, np.random.default_rng(seed), times))
    print(f"{'':10}" + "".join(f"{count:>9} markings, < 3 px, clicks" for count in COUNTS))
    for way, rows in found.items():
        errors, clicks = np.array(rows).transpose(1, 0, 2)
        cells = zip(np.median(errors, axis=0), (errors < 3.0).mean(axis=0), clicks.mean(axis=0), strict=True)
        print(f"{way:10}" + "".join(f"{a:12.2f} px {b:9.0%} {c:10.1f}" for a, b, c in cells))
    print(f"a call: {np.median(times):.2f} ms median, {np.percentile(times, 95):.2f} ms p95")


if __name__ == "__main__":
    main()
