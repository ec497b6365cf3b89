"""The training set of things: a frame of one thing whole, of many a piece about each, as top-down networks see them.

A piece holds what networks look at of a thing in its box (`model.boxes`), of inputs 3 wide and 4 high as of square
ones, in whole pixels of the frame and black beyond it; the sample has the box. Where it was cut stands in the manifest
under ``settings.export.things``, with the thing's number and what is asked beside the points; so the set can be read
back into frames. Numbers with a range are scalars of the set.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from annotator.export.options import Unaccepted
from annotator.export.pictures import encoded
from annotator.export.things import ThingsFrame, ThingsWork, points_of
from annotator.formats.documents import read_object, write_text
from annotator.formats.export_folder import digest
from annotator.frames import MediaError
from annotator.instance_points import ResolvedInstance
from annotator.instances import Box
from annotator.labels import Visibility
from annotator.scheme import Attribute, AttributeKind
from annotator.video import Rgb
from model.boxes import MARGIN
from model.dataset import Sample, Scalar, write_training_set

__all__ = ["ASPECT", "piece_about", "write_samples"]

ASPECT = 3 / 4
"""The narrowest usual input; the widest is square."""
_QUALITY = 95
_LARGEST = 4096


def piece_about(box: Box) -> tuple[int, int, int, int]:
    """Left, top, width and height, in whole pixels of the frame, of the piece that is cut out about a box."""
    wide, high = (box[2] - box[0]) * MARGIN, (box[3] - box[1]) * MARGIN
    width, height = max(wide, high, 8.0), max(high, wide / ASPECT, 8.0)
    w, h = min(math.ceil(width), _LARGEST), min(math.ceil(height), _LARGEST)
    return round((box[0] + box[2] - w + 1) / 2), round((box[1] + box[3] - h + 1) / 2), w, h


def write_samples(work: ThingsWork, folder: Path, head: Callable[[], dict[str, Any]]) -> None:
    """Write a training set; ``head`` is asked for once all of them are written."""
    scheme = work.project.scheme
    about: dict[str, Any] = {}
    things: dict[str, Any] = {}
    digests: dict[str, str] = {}

    def samples() -> Iterator[Sample]:
        for frame in work.things_frames():
            made = list(_pieces(work, frame)) if scheme.is_many else list(_whole(work, frame))
            for sample, thing in made:
                assert isinstance(sample.source, bytes)
                digests[f"images/{sample.image}"] = hashlib.sha256(sample.source).hexdigest()
                things[sample.image] = thing
                yield sample
            work.done += bool(made)
        # The manifest is written after the last sample: what is only known by now is put in here.
        about.update(head(), files=dict(sorted(digests.items())), things=dict(sorted(things.items())))

    write_training_set(
        folder,
        scheme=scheme.id,
        keypoints=scheme.keypoints,
        mirror=scheme.mirror,
        mirror_rules={},
        samples=samples(),
        settings={
            "source": f"{work.options.scope.value} frames",
            "seed": work.options.splitting.seed if work.options.splitting is not None else 0,
            "export": about,
        },
        scalars=[Scalar(one.name, *one.range) for one in scheme.attributes if _is_scalar(one) and one.range],
    )
    manifest = read_object(folder / "manifest.json")
    manifest["settings"]["export"]["files"]["samples.jsonl"] = digest(folder / "samples.jsonl")
    text = json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True, allow_nan=False) + "\n"
    write_text(folder / "manifest.json", text)


def _is_scalar(one: Attribute) -> bool:
    """Whether a network can be taught it: a number with a range."""
    return one.kind is AttributeKind.NUMBER and one.range is not None and one.range[0] < one.range[1]


def _whole(work: ThingsWork, frame: ThingsFrame) -> Iterator[tuple[Sample, dict[str, Any]]]:
    """The one thing of a frame, in the whole frame; nothing where it is not known."""
    one = next(iter(frame.things), None)
    said = {**frame.labels.attributes, **(one.attributes if one is not None else {})}
    if one is None or not (points_of(one) or said):
        work.leave_out(frame.row.name, "nothing is known of any keypoint")
        return
    image = encoded(work, frame)
    if image is not None:
        thing = {"frame": frame.label, "attributes": said}
        yield _sample(work, frame, one, name=_flat(frame.label) + image[0], source=image[1], size=frame.size), thing


def _pieces(work: ThingsWork, frame: ThingsFrame) -> Iterator[tuple[Sample, dict[str, Any]]]:
    """A piece of the frame about every thing that has a point."""
    wanted = [one for one in frame.things if one.box is not None and points_of(one)]
    if not wanted:
        work.leave_out(frame.row.name, "nothing in it has a point")
        return
    try:
        rgb = work.pixels.read(frame.row)
    except MediaError as error:
        work.leave_out(frame.row.name, error.reason)
        return
    for one in wanted:
        assert one.box is not None
        x, y, width, height = piece_about(one.box)
        name = f"{_flat(frame.label)}-{one.id}.jpg"
        source = _jpeg(_cut(rgb, x, y, width, height))
        sample = _sample(work, frame, one, name=name, source=source, size=(width, height), at=(x, y))
        x0, y0, x1, y1 = one.box
        sample = replace(sample, box=(x0 - x, y0 - y, x1 - x0, y1 - y0))
        about = {"frame": frame.label, "number": one.id, "at": [x, y], "box": list(one.box)}
        yield sample, {**about, "size": list(frame.size), "attributes": dict(one.attributes)}


def _sample(
    work: ThingsWork,
    frame: ThingsFrame,
    one: ResolvedInstance,
    *,
    name: str,
    source: bytes,
    size: tuple[int, int],
    at: tuple[int, int] = (0, 0),
) -> Sample:
    """The sample of a thing: its points, and as unknown those of which nobody said anything."""
    points = {
        n: (p.position[0] - at[0], p.position[1] - at[1], 1 if p.visibility is Visibility.OCCLUDED else 2)
        for n, p in points_of(one).items()
        if p.position is not None
    }
    inside = {n: p for n, p in points.items() if -0.5 <= p[0] <= size[0] - 0.5 and -0.5 <= p[1] <= size[1] - 0.5}
    if beside := sorted(points.keys() - inside.keys()):
        work.drop(frame.row.name, beside, "lies outside the picture and is taught as not there")
    unknown = {n for n in one.keypoints if n not in points and not _is_absent(one, n)}
    if work.options.unaccepted is Unaccepted.EXCLUDE:
        unknown = set()
    work.counts.update(points=len(inside), masked=len(unknown), things=1)
    work.counts[frame.split] += 1
    said = {**frame.labels.attributes, **one.attributes}
    asked = [a.name for a in work.project.scheme.attributes if _is_scalar(a)]
    scalars = {n: value for n in asked if isinstance(value := said.get(n), float)}
    return Sample(name, size, inside, source, frozenset(unknown), frame.group, frame.split, scalars=scalars)


def _is_absent(one: ResolvedInstance, name: str) -> bool:
    said = one.instance.keypoints.get(name)
    return said is not None and said.visibility is Visibility.ABSENT


def _cut(rgb: Rgb, x: int, y: int, width: int, height: int) -> Rgb:
    """A piece of an image, black where it lies beyond."""
    piece = np.zeros((height, width, 3), dtype=np.uint8)
    x0, y0 = max(x, 0), max(y, 0)
    x1, y1 = min(x + width, rgb.shape[1]), min(y + height, rgb.shape[0])
    if x1 > x0 and y1 > y0:
        piece[y0 - y : y1 - y, x0 - x : x1 - x] = rgb[y0:y1, x0:x1]
    return piece


def _jpeg(rgb: Rgb) -> bytes:
    bgr = np.ascontiguousarray(rgb[..., ::-1])
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise ValueError(f"a piece of shape {rgb.shape} cannot be encoded")
    return bytes(data)


def _flat(label: str) -> str:
    """A file name without folders; a long one is cut and told apart by its hash."""
    name = label.replace("/", "__")
    if len(name.encode()) <= 200:
        return name
    return f"{name.encode()[:180].decode(errors='ignore')}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
