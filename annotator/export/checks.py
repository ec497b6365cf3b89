"""Whether the program that an export is for will take it: asked by that program's own rules before it is put in place.

COCO by pycocotools where it is installed (a file scored against itself gives 1.0) and by the rules its code relies on;
YOLO-pose by those of the Ultralytics verifier; CVAT by the attributes that its importer demands; cameras by the
SoccerNet score of the lines they project themselves; everything by our own readers.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from annotator.camera_score import projected_lines, score_frame
from annotator.export.frames import KEYPOINTS_FILE
from annotator.export.options import ExportKind
from annotator.export.writers import COCO_FILE, CSV_FILE, CVAT_FILE, IMAGES, LABELS, LABELS_FILE
from annotator.formats import cameras, coco, cvat, deeplabcut, keypoints57, soccernet, yolo_set
from annotator.formats.documents import Finding, FormatError, read_object, read_text
from annotator.formats.export_folder import ExportError, files_in
from annotator.pitch import PITCH_57
from model.dataset import TrainingSetError, read_training_set

__all__ = ["check", "coco_fault"]

SCORED = 400
"""Cameras and COCO images that are scored at most, evenly drawn: a fault of the format is in all of them."""
_SIZE = (960, 540)
_SIGMA = 0.025
_COUNT = len(PITCH_57)
_NEEDED = ("id", "image_id", "category_id", "iscrowd", "keypoints", "num_keypoints", "bbox", "area")


def check(kind: ExportKind, building: Path, frames: int) -> None:
    """Look at a finished export of this many frames, not in place yet.

    Raises
    ------
    ExportError
        With one sentence, if anything in it would not be taken.
    """
    try:
        fault = _CHECKS[kind](building, frames)
    except (FormatError, TrainingSetError) as error:
        fault = f"{error.path.name} cannot be read again ({error.reason})"
    if fault:
        reason = f"what was made is not as {kind.value} has to be: {fault}"
        raise ExportError(building, reason, "Nothing was put in place; please report this.")


def _first(findings: Iterable[Finding]) -> str:
    found = next(iter(findings), None)
    return "" if found is None else f"{found.path.name}: {found.key} {found.reason}".replace("  ", " ")


def _counted(found: int, frames: int) -> str:
    return "" if found == frames else f"{found} frames are read again, not {frames}"


def _training_set(folder: Path, frames: int) -> str:
    made = read_training_set(folder)
    if made.problems:
        return made.problems[0].reason
    gone = next((sample.image for sample in made.samples if not (folder / "images" / sample.image).is_file()), "")
    return f"the image {gone} is not there" if gone else _counted(len(made.samples), frames)


def _soccernet(folder: Path, frames: int) -> str:
    for name in files_in(folder):
        if not name.endswith(".json") or name == KEYPOINTS_FILE:
            continue
        found = [f for f in soccernet.read_lines(folder / name, _SIZE).findings if "which line it is" not in f.reason]
        if found:
            return _first(found)
    return _keypoints(folder, frames)


def _keypoints(folder: Path, frames: int) -> str:
    read = keypoints57.read_keypoints(folder / KEYPOINTS_FILE)
    return _first(read.findings) or _counted(len(read.frames), frames)


def _cameras(folder: Path, frames: int) -> str:
    names = [name for name in files_in(folder) if name.endswith(".json")]
    step = max(1, -(-len(names) // SCORED))
    for at, name in enumerate(names):
        camera = cameras.read_camera(folder / name)
        if at % step:
            continue
        size = (round(2 * camera.principal_point[0] + 1), round(2 * camera.principal_point[1] + 1))
        seen = projected_lines(camera.project, size)
        lines = {key: [(float(x), float(y)) for x, y in path] for key, path in seen.items()}
        if lines and score_frame(camera.project, lines, size=size).jaccard[5.0] < 1.0:
            return f"{name} does not explain the lines that it projects"
    return _counted(len(names), frames)


def _coco(folder: Path, frames: int) -> str:
    path = folder / COCO_FILE
    read = coco.read_coco(path)
    document = read_object(path)
    fault = _first(read.findings) or _counted(len(document["images"]), frames) or coco_fault(document)
    if fault or not document["annotations"] or find_spec("pycocotools") is None:
        return fault
    score = _self_score(document)
    return "" if score > 0.999 else f"pycocotools scores it against itself with {score:.3f}"


def coco_fault(document: Mapping[str, Any]) -> str:
    """The first rule of a COCO keypoints reader that a document breaks; "" where it keeps them all."""
    images = {image["id"] for image in document["images"]}
    category = document["categories"][0]
    count = len(category["keypoints"])
    if len(images) != len(document["images"]):
        return "two images share an id"
    if any(not 1 <= end <= count for edge in category["skeleton"] for end in edge):
        return "the skeleton does not count its points from 1"
    for n, annotation in enumerate(document["annotations"], start=1):
        missing = next((key for key in _NEEDED if key not in annotation), None)
        if missing:
            return f"annotation {n} has no {missing}"
        if fault := _annotation_fault(annotation, n, count, images):
            return f"annotation {n} {fault}"
    return ""


def _annotation_fault(annotation: Mapping[str, Any], n: int, count: int, images: set[Any]) -> str:
    points = np.asarray(annotation["keypoints"], dtype=np.float64)
    if annotation["id"] != n:
        return "is not numbered from 1"
    if annotation["image_id"] not in images:
        return "belongs to no image"
    if points.shape != (3 * count,) or not np.isfinite(points).all():
        return f"has not {count} points of three numbers"
    table = points.reshape(count, 3)
    if not np.isin(table[:, 2], (0, 1, 2)).all() or table[table[:, 2] == 0].any():
        return "has a point that is neither 0 0 0 nor visible or hidden"
    if annotation["num_keypoints"] != int((table[:, 2] > 0).sum()) or not annotation["num_keypoints"]:
        return "does not count its points"
    return "" if min(annotation["bbox"][2:]) > 0 and annotation["area"] > 0 else "has a box without an area"


def _self_score(document: Mapping[str, Any]) -> float:
    """The average precision that pycocotools gives a file as its own result, over some of its images."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    step = max(1, -(-len(document["annotations"]) // SCORED))
    truths = document["annotations"][::step]
    results = [
        {key: one[key] for key in ("image_id", "category_id", "keypoints")} | {"score": 1.0} for one in truths
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {**document, "annotations": [dict(one) for one in truths]}
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results), "keypoints")
        evaluation.params.kpt_oks_sigmas = np.full(len(document["categories"][0]["keypoints"]), _SIGMA)
        evaluation.params.imgIds = sorted({one["image_id"] for one in truths})
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return float(evaluation.stats[0])


def _yolo(folder: Path, frames: int) -> str:
    flip = list(PITCH_57.mirror)
    if [flip[i] for i in flip] != list(range(_COUNT)):
        return "flip_idx is not its own inverse"
    labels = sorted((folder / LABELS).rglob("*.txt"))
    for path in labels:
        for n, line in enumerate(read_text(path).splitlines(), start=1):
            if fault := yolo_set.verify_line(line, points=_COUNT):
                return f"{path.name}, line {n}: {fault}"
    images = {p.relative_to(folder / IMAGES).with_suffix("") for p in (folder / IMAGES).rglob("*") if p.is_file()}
    if images != {path.relative_to(folder / LABELS).with_suffix("") for path in labels}:
        return "images and labels do not belong together"
    read = yolo_set.read_yolo_set(folder)
    return _first(read.findings) or _counted(len(read.frames), frames)


def _cvat(folder: Path, frames: int) -> str:
    read = cvat.read_cvat(folder / CVAT_FILE)
    root = ElementTree.fromstring(read_text(folder / CVAT_FILE))
    declared = {label.findtext("name") for label in root.iter("label")}
    for skeleton in root.iter("skeleton"):
        for point in skeleton:
            lacking = next((a for a in ("label", "points", "outside", "occluded") if point.get(a) is None), None)
            if lacking:
                return f"a point has no attribute {lacking}"
        if [point.get("label") for point in skeleton] != list(PITCH_57.keypoints):
            return "a skeleton has not every point of the scheme in order"
    used = {one.get("label") for kind in ("skeleton", "points", "polyline") for one in root.iter(kind)}
    if used - declared:
        return f"the label {min(map(str, used - declared))!r} is not declared"
    skeleton, *_ = json.loads(read_text(folder / LABELS_FILE))
    if [sub["name"] for sub in skeleton["sublabels"]] != list(PITCH_57.keypoints):
        return "the label constructor has other points"
    return _first(read.findings) or _counted(len(read.frames), frames)


def _csv(folder: Path, frames: int) -> str:
    read = deeplabcut.read_csv(folder / CSV_FILE)
    return _first(read.findings) or _counted(len(read.frames), frames)


_CHECKS: Mapping[ExportKind, Callable[[Path, int], str]] = {
    ExportKind.TRAINING_SET: _training_set,
    ExportKind.SOCCERNET: _soccernet,
    ExportKind.CAMERAS: _cameras,
    ExportKind.KEYPOINTS57: _keypoints,
    ExportKind.COCO: _coco,
    ExportKind.YOLO_POSE: _yolo,
    ExportKind.CVAT: _cvat,
    ExportKind.DEEPLABCUT: _csv,
    ExportKind.LIGHTNING_POSE: _csv,
}
