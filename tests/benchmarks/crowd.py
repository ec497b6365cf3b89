"""Measures crowds: 50 people resolved, edited and stored; a COCO file of many images imported and exported.

Run ``python tests/benchmarks/crowd.py [--people N] [--images N]``; everything happens in a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from annotator import instances
from annotator.export import ExportKind, ExportOptions, Images, Scope, export
from annotator.formats.coco_things import things_document
from annotator.formats.exchange import ExchangeFrame, ExchangeInstance
from annotator.imports import carry_out, plan_import
from annotator.instance_points import resolve_instances
from annotator.labels import FrameLabels, FrameRecord, Instance, KeypointLabel, Visibility, place
from annotator.project import Project
from annotator.records import decode_record, encode_record
from annotator.schemes import COCO_17
from model.people import InstancePrediction, PeoplePrediction

SIZE = (1920, 1080)
RNG = np.random.default_rng(0)
SHAPE = RNG.uniform(0, 60, (len(COCO_17), 2))


def timed(title: str, work: Callable[[], object], *, repeat: int = 20) -> object:
    """Print the median time of ``work`` and return its last answer."""
    times, answer = [], work() if repeat > 1 else None
    for _ in range(repeat):
        start = time.perf_counter()
        answer = work()
        times.append(time.perf_counter() - start)
    print(f"{title:55} {1e3 * statistics.median(times):10.2f} ms")
    return answer


def crowd(people: int) -> tuple[FrameLabels, tuple[InstancePrediction, ...]]:
    """So many labelled people in rows, and a prediction of each a pixel or so away."""
    things, seen = [], []
    for number in range(people):
        at = np.array([70.0 * (number % 25), 80.0 * (number // 25)])
        points = zip(COCO_17.keypoints, (SHAPE + at).tolist(), strict=True)
        labels = {name: KeypointLabel((x, y), Visibility.VISIBLE) for name, (x, y) in points}
        box = (at[0] - 2.0, at[1] - 2.0, at[0] + 62.0, at[1] + 62.0)
        things.append(Instance(number, labels, box=box))
        xy = SHAPE + at + RNG.normal(0, 1.0, SHAPE.shape)
        flat = np.full(len(COCO_17), 0.9)
        seen.append(InstancePrediction(COCO_17.keypoints, xy, flat, flat.copy(), 0.9, box))
    return FrameLabels(tuple(things)), tuple(seen)


def one_frame(people: int) -> None:
    """What happens while a person works on a crowd."""
    labels, seen = crowd(people)

    def resolved(said: FrameLabels = labels, previous: tuple = ()) -> tuple:  # type: ignore[type-arg]
        return resolve_instances(said, seen, COCO_17, size=SIZE, threshold=0.5, previous=previous)

    first = timed(f"{people} people resolved, nothing known", resolved)
    moved = place(labels, "nose", (5.0, 6.0), instance=people // 2)
    timed("  again after one point moved", lambda: resolved(moved, first))  # type: ignore[arg-type]
    timed("  one person moved as a whole", lambda: instances.move(labels, people // 2, (1.0, 2.0)))
    text = timed("  record to text", lambda: encode_record(FrameRecord(labels)))
    timed("  text to record", lambda: decode_record(str(text)))
    data = PeoplePrediction(seen, SIZE, "n").to_bytes()
    timed(f"  stored prediction read ({len(data) / 1024:.0f} KB)", lambda: PeoplePrediction.from_bytes(data))


def many_frames(folder: Path, images: int, people: int) -> None:
    """A COCO file in and out."""
    (folder / "frames").mkdir()
    picture = bytes(cv2.imencode(".jpg", np.zeros((SIZE[1], SIZE[0], 3), np.uint8))[1])
    labels, _ = crowd(people)
    things = tuple(
        ExchangeInstance({n: (*s.position, Visibility.VISIBLE) for n, s in one.keypoints.items() if s.position},
                         box=one.box)
        for one in labels.instances
    )  # fmt: skip
    names = [f"{n:06d}.jpg" for n in range(images)]
    for name in names:
        (folder / "frames" / name).write_bytes(picture)
    document = things_document([ExchangeFrame(name, SIZE, things) for name in names], COCO_17)
    (folder / "a.json").write_text(json.dumps(document), encoding="utf-8")
    with Project.create(folder / "p.touchline", scheme=COCO_17) as project:
        project.add_media([folder / "frames"])
        title = f"{images} images of {people} people"
        plan = timed(f"{title}: import planned", lambda: plan_import(project, [folder / "a.json"]), repeat=1)
        timed("  carried out", lambda: carry_out(project, plan), repeat=1)  # type: ignore[arg-type]
        timed("  planned again", lambda: plan_import(project, [folder / "a.json"]), repeat=1)
        options = ExportOptions(ExportKind.COCO, scope=Scope.DRAFTS, images=Images.REFERENCE)
        timed("  exported and checked", lambda: export(project, folder / "out", what=options), repeat=1)


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--images", type=int, default=500)
    chosen = parser.parse_args()
    one_frame(chosen.people)
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_DATA_HOME"] = name
        many_frames(Path(name), chosen.images, 10)


if __name__ == "__main__":
    main()
