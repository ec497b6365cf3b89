"""Measures the store: a project of 100,000 frames, filters, one edit to disk, one prediction, random video frames.

Run ``python tests/benchmarks/store.py [--frames N] [--video FILE]``; everything happens in a temporary folder.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from annotator.labels import EMPTY, FrameRecord, FrameState, place, set_marking
from annotator.pitch import KEYPOINTS, MARKINGS
from annotator.project import Project
from annotator.video import VideoReader
from model.heatmaps import Codec, Prediction, predict_from_maps


def timed(title: str, work: Callable[[], object], *, repeat: int = 1) -> object:
    """Print the median time of ``work`` and return its last answer."""
    times, answer = [], None
    for _ in range(repeat):
        start = time.perf_counter()
        answer = work()
        times.append(time.perf_counter() - start)
    spread = f", worst {max(times) * 1000:9.2f}" if repeat > 1 else ""
    print(f"{title:<58}{statistics.median(times) * 1000:9.2f} ms{spread}")
    return answer


def make_files(folder: Path, count: int) -> None:
    """Empty files named like frames, a thousand to a folder."""
    for number in range(count):
        if number % 1000 == 0:
            clip = folder / f"clip {number // 1000:03d}"
            clip.mkdir(parents=True)
        os.close(os.open(clip / f"frame_{number}.jpg", os.O_CREAT))


def a_record(shift: float) -> FrameRecord:
    """A frame labelled in full: 57 placed points and 26 markings of four points."""
    labels = EMPTY
    for n, name in enumerate(KEYPOINTS):
        labels = place(labels, name, (n * 7.123456789 + shift, n * 3.987654321))
    for n, name in enumerate(MARKINGS):
        labels = set_marking(labels, name, tuple((n * 11.1234567 + k, k * 37.7654321) for k in range(4)))
    return FrameRecord(labels)


def a_prediction() -> Prediction:
    """What a network might see: some 20 peaks over a faint, smooth background, 58 maps of 270x480."""
    rng = np.random.default_rng(0)
    codec = Codec((960, 540), stride=2, sigma=2.0, alignment="corner")
    state = np.where(rng.random(57) < 0.35, 2, 0)
    maps, _ = codec.encode(rng.uniform(30, 500, (57, 2)), state)
    maps += rng.random(maps.shape, dtype=np.float32) * 0.0015
    return predict_from_maps(maps, codec=codec, names=tuple(KEYPOINTS), image_size=(960, 540), network="benchmark")


def measure_lists(folder: Path, count: int) -> None:
    media = folder / "season"
    make_files(media, count)
    project = timed(f"first opening of {count:,} images, project made", lambda: Project.for_media([media]))
    assert isinstance(project, Project)
    project.close()
    project = timed("opening them again, folder looked through", lambda: Project.for_media([media]))
    assert isinstance(project, Project)
    with project:
        ids = project.frame_ids()
        for number in ids[:200]:
            project.save_record(number, a_record(0.0), text="Place")
        timed("ids of all frames", project.frame_ids, repeat=5)
        timed("ids by state", lambda: project.frame_ids({FrameState.DRAFT}), repeat=5)
        timed("ids by text", lambda: project.frame_ids(text="_99"), repeat=5)
        timed("counts by state", project.state_counts, repeat=5)
        timed("1,000 rows of the list", lambda: [project.row(number) for number in ids[5000:6000]], repeat=5)
        shifts = iter(range(10_000))
        timed("one edit of a full frame to disk", lambda: project.save_record(
            ids[300], a_record(float(next(shifts))), text="Move"), repeat=500)  # fmt: skip
        timed("one record read", lambda: project.record(ids[300]), repeat=100)
        timed("history of 500 edits", lambda: project.history(ids[300]))
        prediction = a_prediction()
        print(f"{'one prediction, 58 maps of 480x270':<58}{len(prediction.to_bytes()) / 1024:9.1f} KB")
        numbers = iter(ids[-100:])
        timed("one prediction to disk, packing included", lambda: project.save_prediction(
            next(numbers), prediction), repeat=100)  # fmt: skip
        timed("one prediction read, unpacking included", lambda: project.prediction(ids[-1]), repeat=50)
        timed("closing", project.close)


def measure_video(path: Path) -> None:
    with VideoReader(path) as reader:
        numbers = iter(np.random.default_rng(0).permutation(len(reader))[:20].tolist())
        timed(f"random frame of {path.name}", lambda: reader.read(next(numbers)), repeat=min(20, len(reader)))
        forward = iter(range(len(reader)))
        timed("next frame", lambda: reader.read(next(forward)), repeat=min(60, len(reader)))
        backward = iter(range(min(60, len(reader)) - 1, -1, -1))
        timed("frame before", lambda: reader.read(next(backward)), repeat=min(30, len(reader)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--video", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure_lists(Path(folder), options.frames)
    if options.video is not None:
        measure_video(options.video)


if __name__ == "__main__":
    main()
