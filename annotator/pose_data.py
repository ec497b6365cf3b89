"""People, or pitches, as labelled and as detected: COCO keypoint files and results, MPII's list of people.

COCO's positions are taken as they are. MPII counts pixels from 1; here (0, 0) is the centre of the top-left pixel, as
in the detections. COCO's ``area`` is that of the outline; where a file has none, 0.53 of the box stands for it, as is
usual for people without an outline, and MPII's box is that around the labelled points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator import schemes
from annotator.formats.documents import FormatError, number, read_json
from annotator.formats.matlab import read_array
from annotator.scheme import Scheme
from annotator.scheme_document import parse_scheme
from annotator.schemes import MPII_16, known_schemes
from model.average_precision import Annotated, Detected
from model.metrics import head_length

Array = NDArray[np.float64]
Box = tuple[float, float, float, float]

_OUTLINE = 0.53  # the share of a person's box that the outline fills
_ANNOTATIONS = "Choose a COCO keypoint annotation file or MPII's list of people."
_RESULTS = "Choose COCO keypoint results: a list of image_id, category_id, keypoints and score."


@dataclass(frozen=True, eq=False)
class Person:
    """One labelled person (or pitch); ``head`` is the head's length by its box in pixels, None without a box.

    ``values`` are the numbers said of it, or of its image, such as that of the cards of a packet.
    """

    annotated: Annotated
    head: float | None = None
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Poses:
    """What an annotation file holds: its scheme, and the people of every image by the image's id, in order of id.

    ``category`` is the id that detections of these people carry, None where any does; ``aliases`` leads from what a
    detection may call an image to its id; ``remarks`` says what could not be used.
    """

    scheme: Scheme
    images: Mapping[Any, Sequence[Person]]
    category: Any = None
    aliases: Mapping[Any, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def read_scheme(path: Path) -> Scheme:
    """A scheme from a JSON file; of people's names the torso is known.

    Raises
    ------
    FormatError
        If the file cannot be read or contradicts itself.
    """
    return _with_torso(schemes.read_scheme(path))


def _with_torso(scheme: Scheme) -> Scheme:
    torso = MPII_16.torso
    is_person = torso is not None and set(torso) <= set(scheme.keypoints)
    return replace(scheme, torso=torso) if scheme.torso is None and is_person else scheme


def scheme_of_category(category: Mapping[str, Any]) -> Scheme:
    """The scheme that a COCO category describes: one that is known by the same names, else its own.

    Raises
    ------
    ValueError
        If it contradicts itself.
    """
    names = _texts(category.get("keypoints"))
    known = next((one for one in known_schemes().values() if one.keypoints == names), None)
    if known is not None:
        return known
    own = {key: category[key] for key in ("keypoints", "sigmas", "head", "torso") if key in category}
    title = str(category.get("name", "")) or "the file's own"
    return _with_torso(parse_scheme({**own, "thing": title}, title=title))


def read_poses(path: Path, scheme: Scheme | None = None, *, heads: Path | None = None) -> Poses:
    """The labelled people of an annotation file; without a ``scheme`` that of the file's keypoint names.

    ``heads`` is MPII's ground truth file (.mat) with the boxes of the heads, of the same people in the same order.

    Raises
    ------
    FormatError
        If a file cannot be read, is of another kind, or does not fit the scheme or the other.
    """
    document = read_json(path)
    if isinstance(document, list):
        if document and all(isinstance(one, dict) and "joints" in one for one in document):
            return _mpii(document, path, scheme or MPII_16, None if heads is None else _head_lengths(heads))
        if document and all(isinstance(one, dict) and "score" in one for one in document):
            raise FormatError(path, "these are detections, not annotations", "Name the detections with --detections.")
        raise FormatError(path, "the file is no list of people with joints", _ANNOTATIONS)
    if not isinstance(document, dict):
        raise FormatError(path, "the file holds a single value", _ANNOTATIONS)
    if heads is not None:
        raise FormatError(path, "it has no place for MPII's heads", "Leave --heads out; bbox_head is read from here.")
    return _coco(document, path, scheme)


def _coco(document: Mapping[str, Any], path: Path, scheme: Scheme | None) -> Poses:
    categories = [one for one in _objects(document, "categories", path) if _texts(one.get("keypoints"))]
    if not categories:
        raise FormatError(path, "no category in it names keypoints", _ANNOTATIONS)
    category = categories[0]
    names = _texts(category["keypoints"])
    if scheme is None:
        try:
            scheme = scheme_of_category(category)
        except ValueError as error:
            raise FormatError(path, str(error), _ANNOTATIONS) from error
    elif len(scheme) != len(names):
        reason = f"its {len(names)} keypoints are not the {len(scheme)} of {scheme.id}"
        raise FormatError(path, reason, "Choose another --scheme or leave it out.")
    remarks = []
    if len(categories) > 1:
        remarks.append(f"{path}: {len(categories)} categories have keypoints; only {category.get('name')!r} is scored")
    ids = [image["id"] for image in _objects(document, "images", path) if isinstance(image.get("id"), int | str)]
    images: dict[Any, list[Person]] = {key: [] for key in sorted(set(ids), key=_by_number)}
    listed = [one for one in _objects(document, "images", path) if isinstance(one.get("id"), int | str)]
    said = {one["id"]: _values(one) for one in listed}
    for n, one in enumerate(_objects(document, "annotations", path)):
        if one.get("category_id") != category.get("id"):
            continue
        if not isinstance(one.get("image_id"), int | str) or one["image_id"] not in images:
            remarks.append(f"{path}: annotations[{n}] is of an image that the file does not list; it is left out")
        else:
            person = _coco_person(one, len(scheme), f"annotations[{n}]", path)
            images[one["image_id"]].append(replace(person, values={**said[one["image_id"]], **_values(one)}))
    return Poses(scheme, images, category.get("id"), {}, tuple(remarks))


def _coco_person(one: Mapping[str, Any], count: int, where: str, path: Path) -> Person:
    flat = _numbers(one.get("keypoints"), 3 * count)
    if flat is None:
        raise FormatError(path, f"{where} has not three numbers for each of the {count} keypoints", _ANNOTATIONS)
    points = np.array(flat).reshape(-1, 3)
    labelled = points[:, 2] > 0
    box = _box(one.get("bbox")) or _hull(points[labelled, :2])
    area = number(one.get("area"))
    annotated = Annotated(
        points[:, :2],
        labelled,
        _OUTLINE * box[2] * box[3] if area is None or area < 0 else area,
        box,
        is_crowd=bool(one.get("iscrowd")),
        is_ignored=bool(one.get("ignore")) or one.get("num_keypoints") == 0,
    )
    head = _box(one.get("bbox_head"))
    return Person(annotated, None if head is None else head_length(head[2], head[3]))


def _values(one: Mapping[str, Any]) -> dict[str, float]:
    """The numbers among the attributes of an image, an annotation or a detection."""
    listed = one.get("attributes")
    known = {str(name): number(value) for name, value in listed.items()} if isinstance(listed, dict) else {}
    return {name: value for name, value in known.items() if value is not None}


def _mpii(people: Sequence[Mapping[str, Any]], path: Path, scheme: Scheme, heads: list[float] | None) -> Poses:
    if len(scheme) != len(MPII_16):
        reason = f"its 16 joints are not the {len(scheme)} keypoints of {scheme.id}"
        raise FormatError(path, reason, "Choose another --scheme or leave it out.")
    if heads is not None and len(heads) != len(people):
        reason = f"its {len(people)} people are not the {len(heads)} of the heads"
        raise FormatError(path, reason, "Name the file of the same people with --heads, or leave it out.")
    images: dict[Any, list[Person]] = {}
    aliases: dict[Any, Any] = {}
    for n, one in enumerate(people):
        name, pairs = one.get("image"), one.get("joints")
        seen = _numbers(one.get("joints_vis"), len(scheme))
        flat = _numbers(_flat(pairs), 2 * len(scheme))
        if not isinstance(name, str) or flat is None or seen is None:
            raise FormatError(path, f"person {n} has no image with 16 joints and joints_vis", _ANNOTATIONS)
        places, labelled = np.array(flat).reshape(-1, 2) - 1.0, np.array(seen) > 0
        box = _hull(places[labelled])
        annotated = Annotated(places, labelled, _OUTLINE * box[2] * box[3], box)
        images.setdefault(name, []).append(Person(annotated, None if heads is None else heads[n]))
        stem = Path(name).stem
        aliases |= {stem: name} | ({int(stem): name} if stem.isdecimal() else {})
    return Poses(scheme, {key: images[key] for key in sorted(images)}, None, aliases)


def _head_lengths(path: Path) -> list[float]:
    """The heads' lengths (N,) of MPII's ``headboxes_src`` (2, 2, N): two corners, x and y, of every person's head."""
    corners = read_array(path, "headboxes_src")
    if corners.ndim != 3 or corners.shape[:2] != (2, 2) or not np.isfinite(corners).all():
        reason = f"its head boxes have the shape {corners.shape}, not (2, 2, people)"
        raise FormatError(path, reason, "Choose MPII's mpii_gt_val.mat.")
    return [head_length(*size) for size in np.abs(corners[1] - corners[0]).T.tolist()]


def read_detections(path: Path, poses: Poses) -> tuple[dict[Any, list[Detected]], list[str]]:
    """The detections of COCO keypoint results by image id, and a sentence for every kind that could not be used.

    A detection's area is that of its ``bbox``, without one of the box around all its points.

    Raises
    ------
    FormatError
        If the file cannot be read or is no such list.
    """
    document = read_json(path)
    if not isinstance(document, list) or not all(isinstance(one, dict) for one in document):
        is_labels = isinstance(document, dict) and "annotations" in document
        reason = "these are annotations, not detections" if is_labels else "the file holds no list of detections"
        raise FormatError(path, reason, _RESULTS)
    found: dict[Any, list[Detected]] = {}
    strange: list[Any] = []
    others = 0
    count = len(poses.scheme)
    for n, one in enumerate(document):
        if poses.category is not None and one.get("category_id", poses.category) != poses.category:
            others += 1
            continue
        detected = _detected(one, count, f"detection {n}", path)
        said = one.get("image_id")
        key = poses.aliases.get(said, said) if isinstance(said, int | str) and not isinstance(said, bool) else None
        if key in poses.images:
            found.setdefault(key, []).append(detected)
        else:
            strange.append(said)
    remarks = []
    if strange:
        remarks.append(f"{path}: {len(strange)} detections are of images without annotations, such as {strange[0]!r}")
    if others:
        remarks.append(f"{path}: {others} detections are of another category; they are left out")
    return found, remarks


def _detected(one: Mapping[str, Any], count: int, where: str, path: Path) -> Detected:
    flat = _numbers(one.get("keypoints"), 3 * count)
    if flat is None:
        held = one.get("keypoints")
        numbers = f"{len(held)} numbers" if isinstance(held, list) else "no list of numbers"
        raise FormatError(path, f"{where} has {numbers}, not three for each of the {count} keypoints", _RESULTS)
    score = number(one.get("score"))
    if score is None:
        raise FormatError(path, f"{where} has no score", _RESULTS)
    points = np.array(flat).reshape(-1, 3)
    places = points[:, :2]
    box = _box(one.get("bbox"))
    width, height = np.ptp(places, axis=0) if box is None else box[2:]
    return Detected(places, score, float(width * height), points[:, 2], _values(one))


def with_sigma(poses: Poses, sigma: float) -> Poses:
    """The same people with one OKS constant for all points of their scheme."""
    return replace(poses, scheme=replace(poses.scheme, sigmas=(sigma,) * len(poses.scheme)))


def _objects(document: Mapping[str, Any], key: str, path: Path) -> list[dict[str, Any]]:
    value = document.get(key)
    if not isinstance(value, list):
        raise FormatError(path, f"it has no list of {key}", _ANNOTATIONS)
    return [item for item in value if isinstance(item, dict)]


def _texts(value: Any) -> tuple[str, ...]:
    is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return tuple(value) if is_list else ()


def _numbers(value: Any, count: int) -> list[float] | None:
    """``count`` finite numbers, or None."""
    if not isinstance(value, list) or len(value) != count:
        return None
    found = [kept for kept in map(number, value) if kept is not None]
    return found if len(found) == count else None


def _flat(value: Any) -> list[Any] | None:
    """A list of pairs one after the other, or None."""
    if not isinstance(value, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        return None
    return [item for pair in value for item in pair]


def _box(value: Any) -> Box | None:
    found = _numbers(value, 4)
    return None if found is None else (found[0], found[1], found[2], found[3])


def _hull(places: Array) -> Box:
    if not len(places):
        return 0.0, 0.0, 0.0, 0.0
    (x, y), (width, height) = places.min(axis=0).tolist(), np.ptp(places, axis=0).tolist()
    return x, y, width, height


def _by_number(key: Any) -> tuple[bool, Any]:
    return isinstance(key, str), key
