"""Measures the loop around labelling: export of many frames, import, merge, and building the review queue.

python -m tests.benchmarks.loop [--frames 10000] [--workers N] [--alone 2000] [--queue 300]

The frames are empty images of 960x540 in folders of 500; every one has the drawn lines of one of some 700 real
SoccerNet frames with a tenth of its clicks left out and the others moved by a fraction of a pixel, so that no two are
the same and few have equally many clicks. Exports are labels only, and checked. Without the SoccerNet lines beside the
checkout one made-up view is used.

- "plain JSON" writes the points of the same frames with Python's json and does nothing else: the ratio in brackets is
  to that, frame by frame.
- "cold" asks for the camera of every frame anew: of ``--alone`` frames in one process, of all in ``--workers``.
- "ahead" is what the program does while it idles, in one process; "after that" is the first export that a person makes.
- "again" is the next one; every export of the same frames must have the same bytes, else this ends with an error.
- "accepted predictions" are frames of which nobody said more than that the network is right: they ask for no camera.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from multiprocessing import active_children
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2
import numpy as np

from annotator.export import ExportKind, ExportOptions, Images, export
from annotator.export.ahead import work_ahead
from annotator.export.answers import forget
from annotator.export.crew import processors
from annotator.formats.soccernet import read_lines
from annotator.imports import carry_out, plan_import
from annotator.labels import Decision, FrameLabels, FrameRecord, Instance, KeypointLabel, Origin, Review
from annotator.merging import Effect, merge
from annotator.pitch import KEYPOINTS
from annotator.project import Project
from annotator.review import rank, signs_of

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
LINES = (DATA / "soccernet-lines", DATA / "soccernet-dev" / "lines")
LEFT_OUT = 0.1
SIZE = (960, 540)
PLAIN = {
    "Side line left": ((60.0, 400.0), (500.0, 120.0)),
    "Big rect. left top": ((380.0, 190.0), (800.0, 230.0)),
    "Big rect. left bottom": ((120.0, 360.0), (700.0, 440.0)),
    "Big rect. left main": ((800.0, 232.0), (690.0, 438.0)),
}


def drawn() -> list[dict[str, tuple[tuple[float, float], ...]]]:
    files = [path for folder in LINES if folder.is_dir() for path in sorted(folder.glob("*.json"))]
    found = [read_lines(path, SIZE).markings for path in files]
    return [markings for markings in found if markings] or [PLAIN]


def place_frames(folder: Path, count: int) -> None:
    """So many empty pictures."""
    image = bytes(cv2.imencode(".png", np.zeros((SIZE[1], SIZE[0], 3), np.uint8))[1])
    for number in range(count):
        path = folder / f"match {number // 500:02d}" / f"{number:06d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(image)


def build(folder: Path, count: int) -> Project:
    """A project of so many accepted frames, all different."""
    place_frames(folder, count)
    project = Project.for_media([folder])
    views, rng = drawn(), np.random.default_rng(0)
    for at, number in enumerate(project.frame_ids()):
        markings = {name: shaken(clicks, rng) for name, clicks in views[at % len(views)].items()}
        accept(project, number, Instance(markings=markings))
    return project


def shaken(clicks: Sequence[tuple[float, float]], rng: np.random.Generator) -> tuple[tuple[float, float], ...]:
    """The clicks a little elsewhere, and of more than two some left out."""
    kept = [one for one in clicks if rng.random() >= LEFT_OUT]
    kept = kept if len(kept) >= 2 else list(clicks)
    return tuple((x + dx, y + dy) for (x, y), (dx, dy) in zip(kept, rng.normal(0, 0.2, (len(kept), 2)), strict=True))


def build_predicted(folder: Path, count: int) -> Project:
    """A project of so many frames whose predictions were accepted as they were."""
    place_frames(folder, count)
    project, rng, names = Project.for_media([folder]), np.random.default_rng(1), list(KEYPOINTS)
    for number in project.frame_ids():
        chosen, places = rng.choice(len(names), 16, replace=False), rng.uniform((0, 0), SIZE, (16, 2))
        said = {
            names[at]: KeypointLabel((float(x), float(y)), origin=Origin.ACCEPTED)
            for at, (x, y) in zip(chosen, places, strict=True)
        }
        accept(project, number, Instance(keypoints=said))
    return project


def accept(project: Project, number: int, instance: Instance) -> None:
    record = FrameRecord(FrameLabels((instance,)), Review(Decision.ACCEPTED))
    project.save_record(number, record, text="Label")


def timed(title: str, work: Callable[[], object], *, frames: int = 0) -> float:
    """Seconds that something takes, printed with what it says, and for each of ``frames`` where there are any.

    The time of the processors, all processes together, says what it is worth where others use the machine too.
    """
    started, spent = time.perf_counter(), processor_seconds()
    done = work()
    taken, spent = time.perf_counter() - started, processor_seconds() - spent
    each = f"{1e3 * taken / frames:7.2f} ms a frame" if frames else " " * 18
    ratio = f"({taken / frames / PLAINLY['json']:5.0f} x)" if frames and "json" in PLAINLY else " " * 9
    said = "" if done is None else done
    print(f"{title:56}{taken:8.2f} s {each} {ratio}  processors {spent:7.2f} s  {said}", flush=True)
    return taken


def processor_seconds() -> float:
    """What this process and those it started have used, once these are at their end."""
    for child in active_children():
        child.join()
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


PLAINLY: dict[str, float] = {}
"""Seconds for a frame of plain JSON, once they are known."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--alone", type=int, default=2_000, help="frames of the cold export in one process")
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--queue", type=int, default=300, help="frames of the review queue")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        measure(Path(place), options)
    return 0


class Exports:
    """Exports that must come out the same."""

    def __init__(self, project: Project, place: Path, count: int) -> None:
        self.project, self._place, self._count = project, place, count
        self._digests: dict[ExportKind, str] = {}

    def time(self, title: str, kind: ExportKind, *, workers: int | None, is_cold: bool = False) -> None:
        """Time an export; cold is one that finds no answer anywhere."""
        if is_cold:
            forget()
            os.environ["TOUCHLINE_CACHE"] = tempfile.mkdtemp(dir=self._place)
        target = self._place / kind.value
        shutil.rmtree(target, ignore_errors=True)
        what = ExportOptions(kind, images=Images.REFERENCE)

        def work() -> str:
            report = export(self.project, target, what=what, workers=workers)
            return f"{report.frames} frames, {report.counts.get('points', 0)} points" if report else "stopped"

        timed(title, work, frames=self._count)
        digest = digest_of(target)
        if self._digests.setdefault(kind, digest) != digest:
            raise AssertionError(f"the export of {kind.value} came out otherwise than before")


def digest_of(folder: Path) -> str:
    """A digest of all files in a folder."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return found.hexdigest()


def plain_json(coco: Path, target: Path) -> None:
    """Write the points of an export with Python's json, as a program would that has them all."""
    document = json.loads(coco.read_text(encoding="utf-8"))
    frames = {one["file_name"]: [one["width"], one["height"]] for one in document["images"]}
    points = {one["image_id"]: one["keypoints"] for one in document["annotations"]}

    def write() -> None:
        text = json.dumps({"frames": frames, "points": points})
        target.write_text(text, encoding="utf-8")

    PLAINLY["json"] = timed("plain JSON of the same points", write) / max(len(frames), 1)


def measure(place: Path, options: argparse.Namespace) -> None:
    count, workers = options.frames, options.workers
    processes = workers or processors()
    print(f"{count} frames, {processes} processes, load {os.getloadavg()[0]:.1f} before it begins", flush=True)
    project = build(place / "season", count)
    with project:
        exports = Exports(project, place, count)
        exports.time(f"COCO, cold, {processes} processes", ExportKind.COCO, workers=workers, is_cold=True)
        plain_json(place / "coco" / "annotations.json", place / "plain.json")
        exports.time("COCO, again", ExportKind.COCO, workers=workers)
        forget()
        os.environ["TOUCHLINE_CACHE"] = str(place / "ahead")
        timed("answers ahead, one process, while the program idles", lambda: work_ahead(project), frames=count)
        forget()
        exports.time("COCO, first export after that", ExportKind.COCO, workers=workers)
        for kind in (ExportKind.CVAT, ExportKind.LIGHTNING_POSE, ExportKind.SOCCERNET, ExportKind.CAMERAS):
            exports.time(f"{kind.value}, again", kind, workers=workers)
        timed("build the review queue of some frames", lambda: queue(project, options.queue))
        timed("look at an import of the COCO file", lambda: look(project, place))
        exchange(project, place)
    with build(place / "few", options.alone) as few:
        exports = Exports(few, place / "few exports", options.alone)
        (place / "few exports").mkdir()
        exports.time(f"COCO, cold, one process, {options.alone} frames", ExportKind.COCO, workers=1, is_cold=True)
        exports.time(f"COCO, cold, {processes} processes, the same", ExportKind.COCO, workers=workers, is_cold=True)
    with build_predicted(place / "predicted", count) as predicted:
        exports = Exports(predicted, place / "predicted exports", count)
        (place / "predicted exports").mkdir()
        exports.time("COCO, accepted predictions, cold", ExportKind.COCO, workers=workers, is_cold=True)


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
