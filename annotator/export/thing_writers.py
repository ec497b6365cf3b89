"""What each kind of export writes into its folder for things of any scheme but the pitch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from annotator.export.options import ExportKind
from annotator.export.pictures import put_image
from annotator.export.thing_samples import write_samples
from annotator.export.things import ThingsFrame, ThingsWork
from annotator.export.writers import COCO_FILE, CSV_FILE, CVAT_FILE, IMAGES, LABELED_DATA, LABELS, LABELS_FILE
from annotator.formats import coco_things, cvat, deeplabcut, mpii, yolo_set
from annotator.formats.documents import listed_text
from annotator.formats.exchange import ExchangeFrame, ExchangeInstance
from annotator.imports import FOREIGN
from annotator.labels import Visibility

__all__ = ["MPII_FILE", "write_things"]

MPII_FILE = "annotations.json"
_OUTSIDE = "lies outside the picture, which this format does not hold"
_HIDDEN = "hidden points written as visible"


def write_things(work: ThingsWork, folder: Path, head: Callable[[], dict[str, Any]]) -> None:
    """Write the frames of an export; ``head`` is asked for by a training set once all of them are written."""
    if work.options.kind is ExportKind.TRAINING_SET:
        write_samples(work, folder, head)
    else:
        _WRITERS[work.options.kind](work, folder)


def _frames(work: ThingsWork, below: Path) -> Iterator[tuple[ThingsFrame, ExchangeFrame]]:
    """Every frame with its image put below a folder, as writers take it."""
    for frame in work.things_frames():
        name = put_image(work, frame, below / frame.split if below.name == IMAGES and _is_split(work) else below)
        if name:
            yield frame, frame.exchange(name, work.project.scheme, work.options.box, work.options.kind)
            work.done += 1
            work.counts["points"] += len(frame.points())
            work.counts["things"] += len(frame.things)
            if _is_split(work) or work.options.splits is not None:
                work.counts[frame.split] += 1


def _is_split(work: ThingsWork) -> bool:
    return work.options.kind is ExportKind.YOLO_POSE


def _count_hidden(work: ThingsWork, one: ExchangeInstance) -> None:
    """Note how much of what is known a format cannot say."""
    hidden = sum(point[2] is Visibility.OCCLUDED for point in one.points.values())
    if hidden:
        work.counts[_HIDDEN] += hidden


def _write_coco(work: ThingsWork, folder: Path) -> None:
    frames = [made for _, made in _frames(work, folder / IMAGES)]
    said: dict[str, Any] = work.project.setting(FOREIGN + coco_things.FORMAT, {})
    kept = said.get("head")
    head = kept if isinstance(kept, dict) else None
    document = coco_things.things_document(frames, work.project.scheme, head=head)
    (folder / COCO_FILE).write_text(listed_text(document), encoding="utf-8", newline="\n")


def _write_mpii(work: ThingsWork, folder: Path) -> None:
    frames = []
    for _, made in _frames(work, folder / IMAGES):
        for one in made.instances:
            _count_hidden(work, one)
        frames.append(made)
    mpii.write_mpii(folder / MPII_FILE, frames)


def _write_yolo(work: ThingsWork, folder: Path) -> None:
    scheme = work.project.scheme
    splits = ("train", "val", *(("test",) if "test" in work.plan.splits.values() else ()))
    for split in splits:
        (folder / IMAGES / split).mkdir(parents=True)
        (folder / LABELS / split).mkdir(parents=True)
    for frame, made in _frames(work, folder / IMAGES):
        lines = yolo_set.lines_of(made, scheme)
        for line in lines:
            work.drop(frame.row.name, line.clamped, "is moved to the border of the picture")
            work.drop(frame.row.name, line.dropped, _OUTSIDE)
        target = (folder / LABELS / frame.split / made.name).with_suffix(".txt")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(yolo_set.label_text(lines), encoding="utf-8", newline="\n")
    text = yolo_set.data_yaml(scheme, label=scheme.thing, splits=splits)
    (folder / "data.yaml").write_text(text, encoding="utf-8", newline="\n")


def _write_cvat(work: ThingsWork, folder: Path) -> None:
    scheme = work.project.scheme
    frames = [made for _, made in _frames(work, folder / IMAGES)]
    cvat.write_cvat(folder / CVAT_FILE, frames, scheme, label=scheme.thing)
    text = cvat.label_constructor(scheme, label=scheme.thing)
    (folder / LABELS_FILE).write_text(text, encoding="utf-8", newline="\n")


def _csv_writer(dialect: deeplabcut.CsvDialect) -> Callable[[ThingsWork, Path], None]:
    def write(work: ThingsWork, folder: Path) -> None:
        frames = []
        for _, made in _frames(work, folder / LABELED_DATA):
            for one in made.instances if dialect is deeplabcut.CsvDialect.DEEPLABCUT else ():
                _count_hidden(work, one)
            frames.append(ExchangeFrame(f"{LABELED_DATA}/{made.name}", made.size, made.instances))
        deeplabcut.write_csv(folder / CSV_FILE, frames, work.project.scheme, dialect=dialect)

    return write


_WRITERS: Mapping[ExportKind, Callable[[ThingsWork, Path], None]] = {
    ExportKind.COCO: _write_coco,
    ExportKind.MPII: _write_mpii,
    ExportKind.YOLO_POSE: _write_yolo,
    ExportKind.CVAT: _write_cvat,
    ExportKind.DEEPLABCUT: _csv_writer(deeplabcut.CsvDialect.DEEPLABCUT),
    ExportKind.LIGHTNING_POSE: _csv_writer(deeplabcut.CsvDialect.LIGHTNING_POSE),
}
