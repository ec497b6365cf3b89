"""What each kind of export writes into its folder, frame by frame."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from annotator.export.frames import KEYPOINTS_FILE, Frame, Work
from annotator.export.options import HAS_SPLITS, Box, ExportKind
from annotator.export.pictures import put_image
from annotator.formats import cameras, coco, cvat, deeplabcut, keypoints57, soccernet, yolo_set
from annotator.formats.exchange import ExchangeFrame, ExchangeInstance
from annotator.keypoints import Keypoint
from annotator.labels import Point
from annotator.pitch import MARKINGS, PITCH_57

__all__ = ["COCO_FILE", "CSV_FILE", "CVAT_FILE", "LABELS_FILE", "WRITERS"]

COCO_FILE = "annotations.json"
CVAT_FILE, LABELS_FILE = "annotations.xml", "labels.json"
CSV_FILE = "CollectedData_touchline.csv"
LABELED_DATA = "labeled-data"
IMAGES, LABELS = "images", "labels"
_OUTSIDE = "lies outside the picture, which this format does not hold"


def _write_soccernet(work: Work, folder: Path) -> None:
    documents: dict[str, dict[str, Any]] = {}
    for frame in work.frames():
        name = put_image(work, frame, folder)
        if not name:
            continue
        points = frame.points()
        documents[name] = keypoints57.points_document(points, frame.size, outside=True)
        lines = soccernet.lines_document(frame.instance.markings, frame.size, dialect=work.options.dialect)
        foreign = sorted(name for name in frame.instance.markings if name not in MARKINGS)
        if foreign:
            work.leave_out(frame.row.name, f"SoccerNet has no marking {foreign[0]!r}")
        if lines:
            _write_json(folder / f"{frame.label}.json", lines)
            work.counts["line files"] += 1
        else:
            work.counts["frames without a drawn marking"] += 1
        _count(work, frame, len(points))
    keypoints57.write_keypoints(folder / KEYPOINTS_FILE, documents)


def _write_keypoints(work: Work, folder: Path) -> None:
    documents: dict[str, dict[str, Any]] = {}
    for frame in work.frames():
        name = put_image(work, frame, folder / IMAGES)
        if name:
            points = frame.points()
            documents[name] = keypoints57.points_document(points, frame.size, outside=True)
            _count(work, frame, len(points))
    keypoints57.write_keypoints(folder / KEYPOINTS_FILE, documents)


def _write_cameras(work: Work, folder: Path) -> None:
    for frame in work.frames():
        camera = frame.answer.camera
        if camera is None:
            work.leave_out(frame.row.name, frame.answer.no_camera.rstrip("."))
            continue
        label = Path(frame.label)
        _write_json(folder / label.with_name(f"camera_{label.name}.json"), cameras.camera_document(camera))
        work.counts["cameras"] += 1
        _count(work, frame, 0)


def _write_coco(work: Work, folder: Path) -> None:
    frames: list[coco.CocoFrame] = []
    for frame in work.frames():
        name = put_image(work, frame, folder / IMAGES)
        if not name:
            continue
        points = _within(work, frame)
        box = (0.0, 0.0, float(frame.size[0]), float(frame.size[1])) if work.options.box is Box.FRAME else None
        places = {n: (*_at(point), point.visibility) for n, point in points.items()}
        frames.append(coco.CocoFrame(name, frame.size, places, box))
        _count(work, frame, len(points))
    coco.write_coco(folder / COCO_FILE, frames, PITCH_57)


def _write_yolo(work: Work, folder: Path) -> None:
    splits = ("train", "val", *(("test",) if "test" in work.plan.splits.values() else ()))
    for split in splits:
        (folder / IMAGES / split).mkdir(parents=True)
        (folder / LABELS / split).mkdir(parents=True)
    for frame in work.frames():
        name = put_image(work, frame, folder / IMAGES / frame.split)
        if not name:
            continue
        points = _within(work, frame)
        lines = yolo_set.lines_of(_exchange(work, frame, name, points), PITCH_57)
        for line in lines:
            work.drop(frame.row.name, line.clamped, "is moved to the border of the picture")
            work.drop(frame.row.name, line.dropped, _OUTSIDE)
        target = (folder / LABELS / frame.split / name).with_suffix(".txt")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(yolo_set.label_text(lines), encoding="utf-8", newline="\n")
        _count(work, frame, len(points))
    (folder / "data.yaml").write_text(yolo_set.data_yaml(PITCH_57, splits=splits), encoding="utf-8", newline="\n")


def _write_cvat(work: Work, folder: Path) -> None:
    frames: list[ExchangeFrame] = []
    for frame in work.frames():
        name = put_image(work, frame, folder / IMAGES)
        if name:
            frames.append(_exchange(work, frame, name, frame.points()))
            _count(work, frame, len(frame.points()))
    markings = tuple(MARKINGS)
    cvat.write_cvat(folder / CVAT_FILE, frames, PITCH_57, markings=markings)
    text = cvat.label_constructor(PITCH_57, markings=markings)
    (folder / LABELS_FILE).write_text(text, encoding="utf-8", newline="\n")


def _csv_writer(dialect: deeplabcut.CsvDialect) -> Callable[[Work, Path], None]:
    def write(work: Work, folder: Path) -> None:
        frames: list[ExchangeFrame] = []
        for frame in work.frames():
            name = put_image(work, frame, folder / LABELED_DATA)
            if name:
                points = frame.points()
                frames.append(_exchange(work, frame, f"{LABELED_DATA}/{name}", points))
                _count(work, frame, len(points))
        deeplabcut.write_csv(folder / CSV_FILE, frames, PITCH_57, dialect=dialect)

    return write


def _within(work: Work, frame: Frame) -> dict[str, Keypoint]:
    """The points in the picture; those that a person put beside it are noted."""
    work.drop(frame.row.name, frame.beside(), _OUTSIDE)
    return {name: point for name, point in frame.points().items() if point.inside}


def _exchange(work: Work, frame: Frame, name: str, points: Mapping[str, Keypoint]) -> ExchangeFrame:
    width, height = frame.size
    whole = (-0.5, -0.5, width - 0.5, height - 0.5) if work.options.box is Box.FRAME else None
    places = {n: (*_at(point), point.visibility) for n, point in points.items()}
    instance = ExchangeInstance(places, frame.instance.markings, whole)
    return ExchangeFrame(name, frame.size, () if instance.is_empty else (instance,))


def _at(point: Keypoint) -> Point:
    if point.position is None:
        raise ValueError(f"{point.name} has no position to be written")
    return point.position


def _count(work: Work, frame: Frame, points: int) -> None:
    work.done += 1
    if points:
        work.counts["points"] += points
    if work.options.kind in HAS_SPLITS or work.options.splits is not None:
        work.counts[frame.split] += 1


def _write_json(path: Path, document: Any) -> None:
    """Write JSON in a folder under construction, which is put in place whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8", newline="\n")


WRITERS: Mapping[ExportKind, Callable[[Work, Path], None]] = {
    ExportKind.SOCCERNET: _write_soccernet,
    ExportKind.CAMERAS: _write_cameras,
    ExportKind.KEYPOINTS57: _write_keypoints,
    ExportKind.COCO: _write_coco,
    ExportKind.YOLO_POSE: _write_yolo,
    ExportKind.CVAT: _write_cvat,
    ExportKind.DEEPLABCUT: _csv_writer(deeplabcut.CsvDialect.DEEPLABCUT),
    ExportKind.LIGHTNING_POSE: _csv_writer(deeplabcut.CsvDialect.LIGHTNING_POSE),
}
"""All kinds but the training set, which is written by the network's own module."""
