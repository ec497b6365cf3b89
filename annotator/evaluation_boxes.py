"""Detected boxes against labelled ones, as COCO measures them; files are COCO's annotations and detections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from annotator.formats.documents import FormatError, read_json
from annotator.people_boxes import read_boxes
from annotator.pose_data import Poses
from model.average_precision import BoxPrecision, DetectedBox, box_precision

_TITLES = ("AP", "AP50", "AP75", "AP small", "AP medium", "AP large")
_RECALLS = ("AR 1", "AR 10", "AR 100", "AR small", "AR medium", "AR large")


def are_boxes(path: Path) -> bool:
    """Whether a file of detections holds boxes and no keypoints; FormatError if it cannot be read."""
    document = read_json(path)
    listed = [one for one in document if isinstance(one, dict)] if isinstance(document, list) else []
    return bool(listed) and all("bbox" in one and "keypoints" not in one for one in listed)


def evaluate_boxes(poses: Poses, path: Path) -> tuple[BoxPrecision, list[str]]:
    """COCO's numbers of the boxes in a file for the people of an annotation file, and what could not be used.

    Raises
    ------
    FormatError
        If the file cannot be read, or none of its boxes is in an image of the annotations.
    """
    category = poses.category if isinstance(poses.category, int) else None
    found = read_boxes(path, category=category)
    images: dict[Any, list[DetectedBox]] = {key: [] for key in poses.images}
    strange = 0
    for called, candidates in found.boxes.items():
        key = poses.aliases.get(called, called)
        if key not in images:
            strange += len(candidates)
            continue
        for one in candidates:
            x0, y0, x1, y1 = one.box
            images[key].append(DetectedBox((x0, y0, x1 - x0, y1 - y0), one.score))
    if not any(images.values()):
        raise FormatError(path, "none of its boxes is in an image of the annotations", "Choose the matching file.")
    remarks = [*found.remarks, *([f"{path}: {strange} boxes are of images without annotations"] if strange else [])]
    return box_precision([([p.annotated for p in poses.images[key]], seen) for key, seen in images.items()]), remarks


def text_of(found: BoxPrecision) -> str:
    """Two lines of figures, for a terminal."""
    numbers = list(asdict(found).values())
    return "".join(_line(titles, some) for titles, some in ((_TITLES, numbers[:6]), (_RECALLS, numbers[6:])))


def _line(titles: Sequence[str], numbers: Sequence[float]) -> str:
    said = [f"{title} {'-' if np.isnan(of) else f'{of:.4f}'}" for title, of in zip(titles, numbers, strict=True)]
    return "boxes: " + ", ".join(said) + "\n"


def document_of(found: BoxPrecision) -> dict[str, float | None]:
    """The numbers by name, None where there is no such object."""
    return {name: value if np.isfinite(value) else None for name, value in asdict(found).items()}
