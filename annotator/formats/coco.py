"""COCO keypoints: images, one category with named keypoints, one annotation a frame.

Written so that pycocotools evaluates it: ids start at 1, ``area`` is that of the box, a frame without a point has an
image and no annotation, points that are not labelled are 0, 0, 0 and the skeleton counts from 1. COCO does not say
what pixel (0, 0) is; positions are written as they are, (0, 0) being the centre of the top-left pixel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from annotator.formats.documents import Finding, FormatError, listed_text, number, read_object, write_text
from annotator.formats.export_folder import PIXELS
from annotator.labels import Visibility
from annotator.scheme import Scheme

__all__ = [
    "CocoFile",
    "CocoFrame",
    "FormatError",
    "box_of",
    "coco_document",
    "points_of",
    "read_coco",
    "results_document",
    "write_coco",
]

CocoPoint = tuple[float, float, Visibility]


@dataclass(frozen=True)
class CocoFrame:
    """One image: its name with forward slashes, (width, height), and its labelled points by name in pixels.

    ``box`` is x, y, width and height of the object, None for the hull of its points. ``annotation`` and ``image`` are
    the objects of a file as they were read, ``places`` where they stand in its lists.
    """

    file_name: str
    size: tuple[int, int]
    points: Mapping[str, CocoPoint] = field(default_factory=dict)
    box: tuple[float, float, float, float] | None = None
    annotation: Mapping[str, Any] = field(default_factory=dict)
    image: Mapping[str, Any] = field(default_factory=dict)
    places: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class CocoFile:
    """A file as read: keypoint names in order, one entry an annotated person or pitch or an empty image, findings.

    ``category`` is the one with the keypoints; ``head`` everything in the file but images and annotations.
    """

    keypoints: tuple[str, ...]
    frames: tuple[CocoFrame, ...]
    findings: tuple[Finding, ...] = ()
    category: Mapping[str, Any] = field(default_factory=dict)
    head: Mapping[str, Any] = field(default_factory=dict)


def coco_document(frames: Sequence[CocoFrame], scheme: Scheme, *, category: str = "pitch") -> dict[str, Any]:
    """The COCO document of frames in this order; ABSENT points and points the scheme lacks count as not labelled."""
    annotations: list[dict[str, Any]] = []
    for image_id, frame in enumerate(frames, start=1):
        annotation = _annotation(frame, scheme)
        if annotation is not None:
            annotations.append({"id": len(annotations) + 1, "image_id": image_id, **annotation})
    index = scheme.index
    return {
        "info": {"description": scheme.title, "version": "1.0", "contributor": "", "pixels": PIXELS},
        "licenses": [],
        "images": [
            {"id": n, "file_name": frame.file_name, "width": frame.size[0], "height": frame.size[1]}
            for n, frame in enumerate(frames, start=1)
        ],
        "categories": [
            {
                "id": 1,
                "name": category,
                "supercategory": "field" if category == "pitch" else category,
                "keypoints": list(scheme.keypoints),
                "skeleton": [[index[a] + 1, index[b] + 1] for a, b in scheme.edges],
            }
        ],
        "annotations": annotations,
    }


def _annotation(frame: CocoFrame, scheme: Scheme) -> dict[str, Any] | None:
    labelled = {
        name: point
        for name, point in frame.points.items()
        if point[2] is not Visibility.ABSENT and name in scheme.index
    }
    if not labelled:
        return None
    flat: list[int | float] = []
    for name in scheme.keypoints:
        x, y, seen = labelled.get(name, (0.0, 0.0, Visibility.ABSENT))
        flat.extend((_rounded(x), _rounded(y), seen.value))
    box = frame.box or _box(list(labelled.values()), frame.size)
    return {
        "category_id": 1,
        "iscrowd": 0,
        "keypoints": flat,
        "num_keypoints": len(labelled),
        "bbox": [_rounded(side) for side in box],
        "area": _rounded(_rounded(box[2]) * _rounded(box[3])),
        "segmentation": [],
    }


def _box(points: Sequence[CocoPoint], size: tuple[int, int]) -> tuple[float, float, float, float]:
    """x, y, width, height of the hull of the points clipped to the frame; the whole frame where that is a line."""
    width, height = size
    left = min(max(min(x for x, _, _ in points), 0.0), float(width))
    right = min(max(max(x for x, _, _ in points), 0.0), float(width))
    top = min(max(min(y for _, y, _ in points), 0.0), float(height))
    bottom = min(max(max(y for _, y, _ in points), 0.0), float(height))
    if right - left < 1.0 or bottom - top < 1.0:
        return 0.0, 0.0, float(width), float(height)
    return left, top, right - left, bottom - top


def _rounded(value: float) -> int | float:
    """Three decimals, and whole numbers as integers."""
    short = round(float(value), 3)
    return int(short) if short.is_integer() else short


def results_document(
    predicted: Sequence[tuple[int, Mapping[str, tuple[float, float]], float]], scheme: Scheme
) -> list[dict[str, Any]]:
    """A COCO results list of (image id, places by name, score), every place written: loadRes boxes all of them.

    Raises
    ------
    ValueError
        If a prediction lacks a place for a keypoint of the scheme.
    """
    results: list[dict[str, Any]] = []
    for image_id, places, score in predicted:
        missing = [name for name in scheme.keypoints if name not in places]
        if missing:
            raise ValueError(f"image {image_id} has no predicted place for {missing[0]}")
        flat: list[int | float] = []
        for name in scheme.keypoints:
            flat.extend((_rounded(places[name][0]), _rounded(places[name][1]), 1))
        results.append({"image_id": image_id, "category_id": 1, "keypoints": flat, "score": float(score)})
    return results


def write_coco(path: Path, frames: Sequence[CocoFrame], scheme: Scheme, *, category: str = "pitch") -> None:
    """Write a COCO keypoints file; FormatError if the disk refuses."""
    write_text(path, listed_text(coco_document(frames, scheme, category=category)))


def read_coco(path: Path) -> CocoFile:
    """The frames of a COCO keypoints file, of its first category with keypoints.

    An image or annotation that cannot be used becomes a finding. An image with several annotations yields several
    frames of the same name.

    Raises
    ------
    FormatError
        If the file cannot be read, is no JSON, or names no keypoints.
    """
    document = read_object(path)
    category = next((c for c in _objects(document, "categories") if _names(c)), None)
    if category is None:
        raise FormatError(path, "no category in it names keypoints", "Choose a COCO keypoints file.")
    names = _names(category)
    findings: list[Finding] = []
    images: dict[Any, CocoFrame] = {}
    for n, image in enumerate(_objects(document, "images")):
        frame = _image(image, n)
        if frame is None:
            findings.append(Finding(path, f"images[{n}]", "has no id, name and size; it is left out"))
        else:
            images[image["id"]] = frame
    frames: dict[Any, list[CocoFrame]] = {number_: [] for number_ in images}
    for n, annotation in enumerate(_objects(document, "annotations")):
        if annotation.get("category_id") != category.get("id"):
            continue
        image_id = annotation.get("image_id")
        points = points_of(annotation, names)
        if not isinstance(image_id, int | str) or image_id not in images or points is None:
            findings.append(Finding(path, f"annotations[{n}]", "has no known image or no usable keypoints"))
            continue
        of = images[image_id]
        found = replace(of, points=points, box=box_of(annotation), annotation=annotation, places=(of.places[0], n))
        frames[image_id].append(found)
    listed = [frame for image_id, found in frames.items() for frame in found or [images[image_id]]]
    head = {key: value for key, value in document.items() if key not in ("images", "annotations")}
    return CocoFile(names, tuple(listed), tuple(findings), category, head)


def points_of(annotation: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, CocoPoint] | None:
    """The labelled points of an annotation, none of one that has but a box; None where they cannot be used."""
    if "keypoints" not in annotation and box_of(annotation) is not None:
        return {}
    return _read_points(annotation.get("keypoints"), names)


def box_of(annotation: Mapping[str, Any]) -> tuple[float, float, float, float] | None:
    """x, y, width and height of an annotation; None where it has no box with an area."""
    listed = annotation.get("bbox")
    sides = [number(side) for side in listed] if isinstance(listed, list) and len(listed) == 4 else []
    x, y, width, height = sides if sides else (None,) * 4
    if x is None or y is None or width is None or height is None or min(width, height) <= 0:
        return None
    return x, y, width, height


def _objects(document: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    value = document.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _names(category: Mapping[str, Any]) -> tuple[str, ...]:
    names = category.get("keypoints")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return ()
    return tuple(names)


def _image(image: Mapping[str, Any], place: int) -> CocoFrame | None:
    name, width, height = image.get("file_name"), number(image.get("width")), number(image.get("height"))
    is_named = isinstance(image.get("id"), int | str) and not isinstance(image.get("id"), bool)
    if not is_named or not isinstance(name, str) or width is None or height is None or min(width, height) < 1:
        return None
    return CocoFrame(name, (int(width), int(height)), image=image, places=(place, 0))


def _read_points(values: Any, names: tuple[str, ...]) -> dict[str, CocoPoint] | None:
    """The labelled points of a flat list x, y, v, ...; None when it does not hold three good numbers a name."""
    if not isinstance(values, list) or len(values) != 3 * len(names):
        return None
    points: dict[str, CocoPoint] = {}
    for n, name in enumerate(names):
        x, y, seen = (number(value) for value in values[3 * n : 3 * n + 3])
        if x is None or y is None or seen not in (0.0, 1.0, 2.0):
            return None
        if seen:
            points[name] = (x, y, Visibility(int(seen)))
    return points
