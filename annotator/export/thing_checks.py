"""Whether a finished export of many things will be taken: by the consumer's rules and by our own readers."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from annotator.export.checks import SCORED
from annotator.export.options import ExportKind
from annotator.export.writers import COCO_FILE, CSV_FILE, CVAT_FILE, IMAGES, LABELS
from annotator.formats import coco, coco_things, cvat, deeplabcut, mpii, yolo_set
from annotator.formats.documents import FormatError, read_object, read_text
from annotator.formats.export_folder import ExportError
from annotator.scheme import Scheme
from model.dataset import TrainingSetError, read_training_set

__all__ = ["check_things", "self_score"]

_SIGMA = 0.025  # of schemes without sigmas


def check_things(kind: ExportKind, building: Path, frames: int, scheme: Scheme) -> None:
    """Look at a finished export of this many frames, not in place yet.

    Raises
    ------
    ExportError
        With one sentence, if anything in it would not be taken.
    """
    try:
        fault = _CHECKS[kind](building, frames, scheme)
    except (FormatError, TrainingSetError) as error:
        fault = f"{error.path.name} cannot be read again ({error.reason})"
    if fault:
        reason = f"what was made is not as {kind.value} has to be: {fault}"
        raise ExportError(building, reason, "Nothing was put in place; please report this.")


def _counted(found: int, frames: int) -> str:
    return "" if found == frames else f"{found} frames are read again, not {frames}"


def _coco(folder: Path, frames: int, scheme: Scheme) -> str:
    document = read_object(folder / COCO_FILE)
    fault = coco_things.things_fault(document)
    if fault:
        return fault
    read = coco.read_coco(folder / COCO_FILE)
    if read.findings:
        return f"{read.findings[0].key} {read.findings[0].reason}"
    fault = _counted(len({frame.file_name for frame in read.frames}), frames)
    scored = [one for one in document["annotations"] if one["num_keypoints"] and not one["iscrowd"]]
    if fault or not scored or find_spec("pycocotools") is None:
        return fault
    score = self_score(document, scheme)
    return "" if score > 0.999 else f"pycocotools scores it against itself with {score:.3f}"


def self_score(document: Mapping[str, Any], scheme: Scheme) -> float:
    """The average precision that pycocotools gives a file as its own result, over some of its images.

    At most 20 detections an image count in COCO's own summary; here as many as the fullest image has.
    """
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    images = [one["id"] for one in document["images"]]
    wanted = set(images[:: max(1, -(-len(document["annotations"]) // SCORED))])
    truths = [one for one in document["annotations"] if one["image_id"] in wanted]
    results = [
        {key: one[key] for key in ("image_id", "category_id", "keypoints")} | {"score": 1.0}
        for one in truths
        if one["num_keypoints"] and not one["iscrowd"]
    ]
    if not results:
        return 1.0
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {**document, "annotations": [dict(one) for one in truths]}
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results), "keypoints")
        evaluation.params.kpt_oks_sigmas = np.array(scheme.sigmas or (_SIGMA,) * len(scheme))
        evaluation.params.imgIds = sorted(wanted, key=str)
        evaluation.params.maxDets = [max(20, len(results))]
        evaluation.evaluate()
        evaluation.accumulate()
    # Precision (threshold, recall, category, size, most): every size together comes first.
    precision = evaluation.eval["precision"][:, :, :, 0, -1]
    return float(precision[precision > -1].mean())


def _mpii(folder: Path, frames: int, scheme: Scheme) -> str:
    path = folder / COCO_FILE
    if not path.read_bytes().strip(b"[] \n"):
        return ""
    read = mpii.read_mpii(path)
    return f"{read.findings[0].key} {read.findings[0].reason}" if read.findings else ""


def _yolo(folder: Path, frames: int, scheme: Scheme) -> str:
    labels = sorted((folder / LABELS).rglob("*.txt"))
    for path in labels:
        for n, line in enumerate(read_text(path).splitlines(), start=1):
            if fault := yolo_set.verify_line(line, points=len(scheme)):
                return f"{path.name}, line {n}: {fault}"
    images = {p.relative_to(folder / IMAGES).with_suffix("") for p in (folder / IMAGES).rglob("*") if p.is_file()}
    if images != {path.relative_to(folder / LABELS).with_suffix("") for path in labels}:
        return "images and labels do not belong together"
    read = yolo_set.read_yolo_set(folder)
    return str(read.findings[0]) if read.findings else _counted(len(read.frames), frames)


def _cvat(folder: Path, frames: int, scheme: Scheme) -> str:
    read = cvat.read_cvat(folder / CVAT_FILE)
    root = ElementTree.fromstring(read_text(folder / CVAT_FILE))
    declared = {label.findtext("name") for label in root.iter("label")}
    for skeleton in root.iter("skeleton"):
        points = skeleton.findall("points")
        if [point.get("label") for point in points] != list(scheme.keypoints):
            return "a skeleton has not every point of the scheme in order"
        if any(point.get(key) is None for point in points for key in ("points", "outside", "occluded")):
            return "a point lacks an attribute that CVAT needs"
    used = {one.get("label") for kind in ("skeleton", "points", "box", "tag") for one in root.iter(kind)}
    if used - declared:
        return f"the label {min(map(str, used - declared))!r} is not declared"
    return str(read.findings[0]) if read.findings else _counted(len(read.frames), frames)


def _csv(folder: Path, frames: int, scheme: Scheme) -> str:
    read = deeplabcut.read_csv(folder / CSV_FILE)
    return str(read.findings[0]) if read.findings else _counted(len(read.frames), frames)


def _training_set(folder: Path, frames: int, scheme: Scheme) -> str:
    made = read_training_set(folder)
    if made.problems:
        return made.problems[0].reason
    gone = next((sample.image for sample in made.samples if not (folder / IMAGES / sample.image).is_file()), "")
    return f"the image {gone} is not there" if gone else ""


_CHECKS: Mapping[ExportKind, Callable[[Path, int, Scheme], str]] = {
    ExportKind.COCO: _coco,
    ExportKind.MPII: _mpii,
    ExportKind.YOLO_POSE: _yolo,
    ExportKind.CVAT: _cvat,
    ExportKind.DEEPLABCUT: _csv,
    ExportKind.LIGHTNING_POSE: _csv,
    ExportKind.TRAINING_SET: _training_set,
}
