"""Where people may be in a frame: boxes that persons drew, and boxes in files of detections or annotations.

A file's boxes are matched with frames by what it calls their image: a file name, its stem, or the number in it, as
COCO's ``000000000785.jpg`` is image 785. Positions are taken as they are, (0, 0) being the centre of the top-left
pixel; a box is x0, y0, x1, y1 here and x, y, width, height in the files.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from annotator.formats.coco import box_of as file_box
from annotator.formats.documents import FormatError, number, read_json
from annotator.instances import box_of, overlap, present
from annotator.labels import FrameLabels
from annotator.scheme import Scheme
from model.people import Candidate, InstancePrediction, PeoplePrediction
from model.suppression import SAME_BOX

TAKEN = 0.5
"""Overlap from which a detected box is of somebody who has a box already."""
PERSON = 1
FOUND = "boxes"
"""In place of a network's identity: nobody but the detector or the file looked."""
_BEGINNING = 1 << 16
_ADVICE = "Choose COCO detections (a list of image_id, category_id, bbox and score) or a COCO annotation file."


def labelled_boxes(labels: FrameLabels, size: tuple[int, int]) -> list[Candidate]:
    """The boxes of the labelled things of a frame, drawn or around their points."""
    boxes = (box_of(one, size=size) for one in present(labels))
    return [Candidate(box) for box in boxes if box is not None and box[2] > box[0] and box[3] > box[1]]


def as_seen(boxes: Sequence[Candidate], scheme: Scheme, size: tuple[int, int]) -> PeoplePrediction:
    """Boxes alone as what is seen in a frame of ``size`` (w, h), while no network has looked into them.

    Of boxes that overlap nearly as a whole the surest is seen: they are of the same one.
    """
    boxes = distinct(boxes)
    unseen, unsure = np.full((len(scheme), 2), np.nan), np.zeros(len(scheme))
    found = tuple(
        InstancePrediction(scheme.keypoints, unseen, unsure, np.full(len(scheme), np.nan), one.score, one.box)
        for one in boxes
    )
    return PeoplePrediction((), size, FOUND).with_instances(found)


def free_of(others: Sequence[Candidate], taken: Sequence[Candidate]) -> list[Candidate]:
    """Those of the others that overlap none of the taken ones by more than `TAKEN`."""
    return [one for one in others if all(overlap(one.box, mine.box) <= TAKEN for mine in taken)]


def distinct(boxes: Sequence[Candidate]) -> list[Candidate]:
    """The boxes in their order, without those that a surer one overlaps by `SAME_BOX` or more."""
    kept: list[int] = []
    for n in sorted(range(len(boxes)), key=lambda n: -boxes[n].score):
        if all(overlap(boxes[n].box, boxes[other].box) < SAME_BOX for other in kept):
            kept.append(n)
    return [boxes[n] for n in sorted(kept)]


def unclaimed(
    seen: Sequence[InstancePrediction], labels: FrameLabels, size: tuple[int, int]
) -> tuple[InstancePrediction, ...]:
    """What is seen without the boxes alone (`as_seen`) that are of somebody labelled in a frame of ``size`` (w, h)."""
    mine = labelled_boxes(labels, size)
    return tuple(
        one for one in seen
        if one.box is None or np.isfinite(one.xy).any() or all(overlap(one.box, other.box) <= TAKEN for other in mine)
    )  # fmt: skip


@dataclass(frozen=True)
class BoxFile:
    """The boxes of a file by what it calls their images; ``ids`` leads from names of images to what they are called.

    ``remarks`` says what could not be used.
    """

    path: Path
    boxes: Mapping[int | str, tuple[Candidate, ...]]
    ids: Mapping[str, int | str]
    remarks: tuple[str, ...] = ()

    def image_id(self, name: str) -> int | str | None:
        """What the file calls the image of a frame with this name; None where it does not know it."""
        return known_as(name, self.ids, self.boxes)

    def of(self, name: str) -> tuple[Candidate, ...]:
        """The boxes in the frame with this name, none where the file does not know it."""
        key = self.image_id(name)
        return () if key is None else self.boxes.get(key, ())


def known_as(name: str, ids: Mapping[str, int | str], images: Container[int | str]) -> int | str | None:
    """What a file with these images calls that of a frame with this name; None where it does not know it."""
    for called in _called(name):
        if isinstance(called, str) and called in ids:
            return ids[called]
        if called in images:
            return called
    return None


def _called(name: str) -> Iterator[int | str]:
    """What a file may call the image of a frame, from the surest on."""
    place = PurePosixPath(name)
    yield name
    yield place.name
    if "#" in place.name:  # a frame of a video: its name is no file's
        return
    yield place.stem
    if place.stem.isdecimal():
        yield int(place.stem)


def image_id_of(name: str) -> int | str:
    """What COCO would call the image of a frame: the number that its file is named by, else its name."""
    *_, last = _called(name)
    return last if isinstance(last, int) else name


def read_boxes(path: Path, *, category: int | None = None, least: float = 0.0) -> BoxFile:
    """The boxes of a file of COCO detections or annotations, those of ``category`` and at least as sure as ``least``.

    Without a category: of annotations the one called person, of detections number 1 where there are several.

    Raises
    ------
    FormatError
        If the file cannot be read or is neither.
    """
    listing = read_listing(path)
    wanted = category if category is not None else listing.usual
    found, others = listing.chosen(wanted, least)
    remarks = list(listing.remarks)
    if others:
        remarks.append(f"{path}: {others} boxes are of another category than {wanted}; they are left out")
    known: dict[int | str, tuple[Candidate, ...]] = dict.fromkeys(listing.ids.values(), ())
    return BoxFile(path, known | found, listing.ids, tuple(remarks))


@dataclass(frozen=True)
class Listing:
    """All boxes of a file: by category, None where an entry names none, and by what the file calls their images.

    ``usual`` is the category of people, None where all are; ``names`` are those of categories as far as known.
    """

    path: Path
    boxes: Mapping[int | None, Mapping[int | str, tuple[Candidate, ...]]]
    ids: Mapping[str, int | str]
    usual: int | None = None
    names: Mapping[int, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def chosen(self, category: int | None, least: float) -> tuple[dict[int | str, tuple[Candidate, ...]], int]:
        """Boxes of a category, or of all, that are sure enough, by image; and how many are of other categories."""
        found: dict[int | str, tuple[Candidate, ...]] = {}
        others = 0
        for kind, by_image in self.boxes.items():
            if category is not None and kind not in (category, None):
                others += sum(map(len, by_image.values()))
                continue
            for key, some in by_image.items():
                found[key] = (*found.get(key, ()), *(one for one in some if one.score >= least))
        return found, others


def read_listing(path: Path) -> Listing:
    """Everything in a file of COCO detections or annotations.

    Raises
    ------
    FormatError
        If the file cannot be read, is neither, or has no box with an area.
    """
    document = read_json(path)
    ids: dict[str, int | str] = {}
    names = {PERSON: "person"}
    if isinstance(document, dict) and isinstance(document.get("annotations"), list):
        listed = [one for one in document["annotations"] if isinstance(one, dict) and not one.get("iscrowd")]
        usual, names = _person(document), _names(document)
        for image in _objects(document.get("images")):
            name, key = image.get("file_name"), _key(image.get("id"))
            if isinstance(name, str) and key is not None:
                ids |= {name: key, PurePosixPath(name).name: key}
    elif isinstance(document, list) and all(isinstance(one, dict) for one in document):
        listed = document
        kinds = {_number(one.get("category_id")) for one in listed}
        usual = PERSON if len(kinds) > 1 and PERSON in kinds else None
    else:
        raise FormatError(path, "it is no list of detections and no annotation file", _ADVICE)
    found, unusable = _by_kind(listed)
    if not found:
        raise FormatError(path, "no entry in it has an image and a box with an area", _ADVICE)
    remarks = (f"{path}: {unusable} entries have no image, box with an area or score",) if unusable else ()
    boxes = {kind: {key: tuple(some) for key, some in by_image.items()} for kind, by_image in found.items()}
    return Listing(path, boxes, ids, usual, names, remarks)


def _by_kind(
    listed: Sequence[Mapping[str, Any]],
) -> tuple[dict[int | None, dict[int | str, list[Candidate]]], int]:
    """Candidates by category and image, and how many entries are none."""
    found: dict[int | None, dict[int | str, list[Candidate]]] = {}
    unusable = 0
    for one in listed:
        box, score = file_box(one), number(one.get("score", 1.0))
        key = _key(one.get("image_id", one.get("file_name")))
        if box is None or score is None or key is None:
            unusable += 1
            continue
        x, y, width, height = box
        by_image = found.setdefault(_number(one.get("category_id")), {})
        corners = (x, y, x + width, y + height)
        by_image.setdefault(key, []).append(Candidate(corners, min(max(score, 0.0), 1.0)))
    return found, unusable


def is_box_list(path: Path) -> bool:
    """Whether a JSON file begins as a list of COCO detections does, with an image, a box and a score.

    Only its beginning is looked at; a file that cannot be read is none.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_BEGINNING).removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError:
        return False
    named = b'"image_id"' in head or b'"file_name"' in head
    return head[:1] == b"[" and named and b'"bbox"' in head and b'"score"' in head


def _person(document: Mapping[str, Any]) -> int | None:
    """The category of people in an annotation file, None where it has no such."""
    named = [one for one in _objects(document.get("categories")) if isinstance(one.get("id"), int)]
    people = [int(one["id"]) for one in named if str(one.get("name")).lower() == "person"]
    return people[0] if people else None


def _names(document: Mapping[str, Any]) -> dict[int, str]:
    """Names of categories by their number."""
    named = [(_number(one.get("id")), one.get("name")) for one in _objects(document.get("categories"))]
    return {number: name for number, name in named if number is not None and isinstance(name, str)}


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _key(value: Any) -> int | str | None:
    return value if isinstance(value, int | str) and not isinstance(value, bool) else None


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
