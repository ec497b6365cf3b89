"""Label files of other programs, whatever format they are in: what each says of which image.

A camera file is read as the points that the camera has in the frame, and a training set as what it teaches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from annotator.formats import coco, keypoints57, soccernet
from annotator.formats.cameras import CameraFile, parse_camera
from annotator.formats.coco_things import exchange_of
from annotator.formats.cvat import read_cvat
from annotator.formats.deeplabcut import read_csv
from annotator.formats.documents import Finding, FormatError, number, read_object
from annotator.formats.exchange import ExchangeFile, ExchangeFrame, ExchangeInstance
from annotator.formats.mpii import read_mpii
from annotator.formats.yolo_set import read_yolo_set
from annotator.keypoints import Source
from annotator.labels import Instance, KeypointLabel, Origin, Visibility
from annotator.pitch import KEYPOINTS, MARKINGS, PITCH_57
from annotator.scheme import Scheme
from model.dataset import Sample, TrainingSetError, read_training_set

__all__ = ["Offer", "offers", "read_labels", "said_of"]

_MARKINGS = frozenset(name.strip() for name in MARKINGS)
_CAMERA = frozenset({"pan_degrees", "tilt_degrees", "roll_degrees", "position_meters"})
_WORLDS = np.array([point.world for point in KEYPOINTS.values()])
MANIFEST = "manifest.json"
CVAT_FILE, CONSTRUCTOR = "annotations.xml", "labels.json"
_BEGINNINGS = {".csv": b"scorer", ".xml": b"<annotations"}
"""What the tables of DeepLabCut and Lightning Pose, and CVAT's documents have near their beginning."""


@dataclass(frozen=True)
class Offer:
    """What a file says of one image; lines are fractions, and cameras project: both need the size of the frame.

    ``read`` is the file as a whole, where it is one of an exchange format.
    """

    path: Path
    frame: ExchangeFrame
    lines: Mapping[str, object] | None = None
    camera: CameraFile | None = None
    read: ExchangeFile | None = None

    @property
    def is_of_a_frame(self) -> bool:
        """Whether the name of the file is that of the frame."""
        return self.lines is not None or self.camera is not None


def read_labels(path: Path, *, scheme: Scheme = PITCH_57) -> ExchangeFile:
    """The labels in a file or folder of any known format but SoccerNet's, told by its name and content.

    Raises
    ------
    FormatError
        If it is of no known format, or damaged.
    """
    if (path / MANIFEST).is_file() or path.name == MANIFEST:
        return _from_training_set(path if path.is_dir() else path.parent)
    if path.is_dir() or path.suffix.lower() in (".yaml", ".yml"):
        return read_yolo_set(path, scheme=scheme)
    if path.suffix.lower() == ".xml":
        return read_cvat(path)
    if path.suffix.lower() == ".csv":
        return read_csv(path)
    if _is_list(path):
        return read_mpii(path)
    document = read_object(path)
    if {"images", "annotations"} <= set(document):
        return exchange_of(coco.read_coco(path))
    return _from_keypoints(path)


def _is_list(path: Path) -> bool:
    """Whether a JSON file holds a list, told by how it begins."""
    try:
        with path.open("rb") as file:
            return file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"["
    except OSError:
        return False


def _from_training_set(path: Path) -> ExchangeFile:
    """What is taught as visible or hidden; the names of its images stand for folders with two underscores."""
    try:
        read = read_training_set(path)
    except TrainingSetError as error:
        raise FormatError(error.path, error.reason, error.advice) from error
    export = read.settings.get("export")
    things = export.get("things") if isinstance(export, Mapping) else None
    pieces = things if isinstance(things, Mapping) else {}
    found: dict[str, ExchangeFrame] = {}
    for sample in read.samples:
        frame = _sampled(sample, pieces.get(sample.image))
        before = found.get(frame.name, replace(frame, instances=()))
        found[frame.name] = replace(before, instances=(*before.instances, *frame.instances))
    frames = list(found.values())
    findings = [Finding(problem.path, "", problem.reason) for problem in read.problems]
    return ExchangeFile(read.keypoints, tuple(frames), tuple(findings))


def _sampled(sample: Sample, thing: object) -> ExchangeFrame:
    """The frame of a sample, or what a piece of a frame about one thing says of the whole of it."""
    points = {name: (x, y, Visibility(state)) for name, (x, y, state) in sample.points.items() if state}
    if not isinstance(thing, Mapping) or not isinstance(thing.get("frame"), str):
        box = None if sample.box is None else _corners(sample.box)
        one = ExchangeInstance(points, {}, box, attributes=dict(sample.scalars))
        return ExchangeFrame(sample.image.replace("__", "/"), sample.size, (one,), dict(sample.scalars))
    said = thing.get("attributes")
    values = {str(k): v for k, v in said.items() if isinstance(v, str | float)} if isinstance(said, Mapping) else {}
    left, top, *_ = [*_whole_numbers(thing.get("at"), 2), 0, 0]
    width, height, *_ = [*_whole_numbers(thing.get("size"), 2), *sample.size]
    sides = thing.get("box")
    corners = [number(side) or 0.0 for side in sides] if isinstance(sides, list) and len(sides) == 4 else None
    number_ = thing.get("number")
    one = ExchangeInstance(
        {name: (x + left, y + top, seen) for name, (x, y, seen) in points.items()},
        {},
        None if corners is None else (corners[0], corners[1], corners[2], corners[3]),
        number_ if type(number_) is int and number_ >= 0 else None,
        values,
    )
    return ExchangeFrame(thing["frame"], (width, height), (one,), values)


def _corners(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Two corners between pixel centres of a box of x, y, width and height that counts from a pixel's corner."""
    x, y, width, height = box
    return x - 0.5, y - 0.5, x + width - 0.5, y + height - 0.5


def _whole_numbers(value: object, count: int) -> list[int]:
    """So many whole numbers, or none."""
    fits = isinstance(value, list) and len(value) == count and all(type(one) is int for one in value)
    return list(value) if fits and isinstance(value, list) else []


def _from_keypoints(path: Path) -> ExchangeFile:
    """What a document says of placed and constructed points; what a network or a camera said is no label."""
    read = keypoints57.read_keypoints(path)
    said = (Source.PLACED, Source.CONSTRUCTED)
    frames = [
        ExchangeFrame(name, frame.size, (ExchangeInstance({
            point: (*found.position, Visibility.VISIBLE) for point, found in frame.points.items()
            if found.source in said
        }),))
        for name, frame in read.frames.items()
    ]  # fmt: skip
    left = sum(found.source not in said for frame in read.frames.values() for found in frame.points.values())
    findings = list(read.findings)
    if left:
        reason = f"{left:,} points were said by a camera or a network, not by a person; they are left out"
        findings.append(Finding(path, "", reason))
    return ExchangeFile(PITCH_57.keypoints, tuple(frames), tuple(findings))


def offers(paths: Sequence[Path], scheme: Scheme, findings: list[Finding]) -> Iterator[Offer]:
    """What the files meant by paths say, image by image; a file that cannot be read is a finding."""
    for path in _files(paths, findings):
        try:
            is_object = path.suffix.lower() == ".json" and path.name != MANIFEST and not _is_list(path)
            document = read_object(path) if is_object else {}
            if _is_lines(document):
                yield Offer(path, ExchangeFrame(path.with_suffix("").as_posix()), document)
                continue
            if set(document) >= _CAMERA:
                own = path.with_name(path.stem.removeprefix("camera_"))
                yield Offer(path, ExchangeFrame(own.as_posix()), camera=parse_camera(document, path))
                continue
            read = read_labels(path, scheme=scheme)
        except FormatError as error:
            findings.append(Finding(error.path, "", error.reason))
            continue
        findings.extend(read.findings)
        for frame in read.frames:
            if frame.instances or (frame.attributes and not scheme.has_football):
                yield Offer(path, frame, read=read)


def _files(paths: Sequence[Path], findings: list[Finding]) -> Iterator[Path]:
    """The files meant by paths: a folder is a YOLO-pose or training set, or all files in it that could hold labels."""
    for path in dict.fromkeys(paths):
        if not path.exists():
            findings.append(Finding(path, "", "there is no such file or folder"))
        elif path.is_dir() and not any((path / name).exists() for name in ("data.yaml", MANIFEST)):
            yield from sorted(inside for inside in path.rglob("*.*") if _could_hold_labels(inside))
        else:
            yield path


def _could_hold_labels(path: Path) -> bool:
    """Whether a file found in a folder is worth a look: JSON but for notes on the side, tables and XML as theirs begin.

    A file that a person names is read whatever it is called.
    """
    kind = path.suffix.lower()
    if path.name.startswith(".") or kind not in (".json", *_BEGINNINGS) or not path.is_file():
        return False
    if kind == ".json":
        beside = "info" in path.stem.lower() or "touchline-export" in path.stem
        # CVAT's label constructor says how labels are called, not where they are.
        return not beside and not (path.name == CONSTRUCTOR and (path.parent / CVAT_FILE).exists())
    try:
        with path.open("rb") as file:
            return _BEGINNINGS[kind] in file.read(2_000)
    except OSError:
        return False


def _is_lines(document: Mapping[str, object]) -> bool:
    return any(key.strip() in _MARKINGS for key in document)


def said_of(offer: Offer, size: tuple[int, int], scheme: Scheme, findings: list[Finding]) -> Instance | None:
    """What a file says of a frame as an instance of ours; None where that is nothing."""
    if offer.lines is not None:
        lines = soccernet.parse_lines(offer.lines, size, offer.path)
        findings.extend(lines.findings)
        return Instance(markings=lines.markings) if lines.markings else None
    if offer.camera is not None:
        return _through(offer.camera, size)
    spoken = [one for one in offer.frame.instances if one.points or one.markings]
    if not spoken:
        return None
    first, *more = spoken
    if more:
        reason = f"has {len(more) + 1} labelled things; the first is used"
        findings.append(Finding(offer.path, offer.frame.name, reason))
    foreign = sorted(name for name in first.points if name not in scheme.index)
    if foreign:
        reason = f"has a keypoint {foreign[0]!r} that {scheme.id} lacks; it is left out"
        findings.append(Finding(offer.path, offer.frame.name, reason))
    points = {n: (x, y, seen) for n, (x, y, seen) in first.points.items() if n in scheme.index}
    markings = {name: at for name, at in first.markings.items() if name in MARKINGS}
    if not points and not markings:
        return None
    keypoints = {n: KeypointLabel((x, y), seen, Origin.IMPORTED) for n, (x, y, seen) in points.items()}
    return Instance(keypoints=keypoints, markings=markings)


def _through(camera: CameraFile, size: tuple[int, int]) -> Instance | None:
    """The keypoints that a camera has in the frame; None where there is none."""
    with np.errstate(all="ignore"):
        pixels, front = camera.project(_WORLDS)
    keypoints = {
        name: KeypointLabel((float(x), float(y)), Visibility.VISIBLE, Origin.IMPORTED)
        for name, (x, y), is_front in zip(KEYPOINTS, pixels, front, strict=True)
        if is_front and -0.5 <= x <= size[0] - 0.5 and -0.5 <= y <= size[1] - 0.5
    }
    return Instance(keypoints=keypoints) if keypoints else None
