"""Measures the loop around labelling: export of many frames, import, merge, and building the review queue.

python -m tests.benchmarks.loop [--frames 10000] [--workers N] [--queue 300]

The frames are empty images of 960x540 in folders of 500; every one has the drawn lines of a real SoccerNet frame moved
by a fraction of a pixel of its own, so that no two are the same. Exports are labels only, and checked. "cold" asks for
the camera of every frame anew, in as many processes as there are processors (or --workers); "again" finds them where
the first export left them. Without the SoccerNet frames beside the checkout one rendered view is used.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2
import numpy as np

from annotator.export import ExportKind, ExportOptions, Images, export
from annotator.formats.soccernet import read_lines
from annotator.imports import carry_out, plan_import
from annotator.labels import Decision, FrameLabels, FrameRecord, Instance, Review
from annotator.merging import Effect, merge
from annotator.project import Project
from annotator.review import rank, signs_of

ROOT = Path(__file__).resolve().parents[2]
LINES = ROOT.parent / "shared" / "data" / "soccernet-dev" / "lines"
SIZE = (960, 540)
PLAIN = {
    "Side line left": ((60.0, 400.0), (500.0, 120.0)),
    "Big rect. left top": ((380.0, 190.0), (800.0, 230.0)),
    "Big rect. left bottom": ((120.0, 360.0), (700.0, 440.0)),
    "Big rect. left main": ((800.0, 232.0), (690.0, 438.0)),
}


def drawn() -> list[dict[str, tuple[tuple[float, float], ...]]]:
    found = [read_lines(path, SIZE).markings for path in sorted(LINES.glob("*.json"))[:200]] if LINES.is_dir() else []
    return [markings for markings in found if markings] or [PLAIN]


def build(folder: Path, count: int) -> Project:
    """A project of so many accepted frames, all different."""
    image = bytes(cv2.imencode(".png", np.zeros((SIZE[1], SIZE[0], 3), np.uint8))[1])
    for number in range(count):
        path = folder / f"match {number // 500:02d}" / f"{number:06d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(image)
    project = Project.for_media([folder])
    views, rng = drawn(), np.random.default_rng(0)
    for at, number in enumerate(project.frame_ids()):
        moved = {
            name: tuple((x + dx, y + dy) for (x, y), (dx, dy) in zip(clicks, rng.normal(0, 0.2, (len(clicks), 2)),
                                                                      strict=True))
            for name, clicks in views[at % len(views)].items()
        }  # fmt: skip
        labels = FrameLabels((Instance(markings=moved),))
        project.save_record(number, FrameRecord(labels, Review(Decision.ACCEPTED)), text="Label")
    return project


def timed(title: str, work: Callable[[], object]) -> None:
    started = time.perf_counter()
    done = work()
    print(f"{title:46}{time.perf_counter() - started:9.2f} s   {'' if done is None else done}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--queue", type=int, default=300, help="frames of the review queue")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        measure(Path(place), options)
    return 0


def measure(place: Path, options: argparse.Namespace) -> None:
    count = options.frames
    os.environ["TOUCHLINE_CACHE"] = str(place / "cache")
    print(f"{count} frames, {options.workers or os.cpu_count()} processes, load {os.getloadavg()[0]:.1f}")
    project = build(place / "season", count)

    def out(kind: ExportKind) -> str:
        what = ExportOptions(kind, images=Images.REFERENCE)
        report = export(project, place / kind.value, what=what, workers=options.workers)
        return f"{report.frames} frames, {report.counts.get('points', 0)} points" if report else "stopped"

    with project:
        timed("export COCO, labels only, cold", lambda: out(ExportKind.COCO))
        timed("export COCO, labels only, again", lambda: out(ExportKind.COCO))
        for kind in (ExportKind.CVAT, ExportKind.LIGHTNING_POSE, ExportKind.SOCCERNET, ExportKind.CAMERAS):
            timed(f"export {kind.value}, labels only, again", lambda kind=kind: out(kind))
        timed("build the review queue of some frames", lambda: queue(project, options.queue))
        timed("look at an import of the COCO file", lambda: look(project, place))
        exchange(project, place)


def look(project: Project, place: Path) -> str:
    plan = plan_import(project, [place / "coco" / "annotations.json"])
    assert plan is not None
    return ", ".join(f"{count} {change.value}" for change, count in plan.counts.items())


def exchange(project: Project, place: Path) -> None:
    """An import into, and a merge with, a second project of the same frames."""
    with Project.create(place / "second.touchline") as second:
        second.add_media([place / "season"])
        plan = plan_import(second, [place / "coco" / "annotations.json"])
        assert plan is not None
        timed("carry out an import", lambda: f"{len(carry_out(second, plan).changed)} frames")
        path = project.path
        timed("look at a merge", lambda: f"{len(merge(second, path, effect=Effect.LOOK).conflicts)} differ")
        timed("merge two projects", lambda: f"{len(merge(second, path).conflicts)} frames decided")


def queue(project: Project, count: int) -> str:
    started = time.perf_counter()
    signs = [
        signs_of(number, project.record(number).labels.pitch, None, size=SIZE, threshold=0.5)
        for number in project.frame_ids()[:count]
    ]
    rank(signs)
    return f"{1e3 * (time.perf_counter() - started) / max(len(signs), 1):.1f} ms a frame over {len(signs)} frames"


if __name__ == "__main__":
    sys.exit(main())
