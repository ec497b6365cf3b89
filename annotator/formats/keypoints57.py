"""The keypoint document: the resolved keypoints of frames by file name, in pixels, as the command line writes it.

``{"<file>": {"size": [960, 540], "keypoints": {"<name>": {"x": 512.3, "y": 288.1, "source": "constructed",
"confidence": null, "sd": 0.8}}}}``. Only points with a position are in it. Pixel (0, 0) is the centre of the top-left
pixel; ``sd`` is in pixels; null stands where a value does not apply.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotator.formats.documents import Finding, FormatError, listed_text, number, read_object, write_text
from annotator.keypoints import Keypoint, Resolved, Source
from annotator.labels import Point

__all__ = [
    "FileKeypoints",
    "FormatError",
    "FrameKeypoints",
    "FramePoint",
    "frame_document",
    "keypoints_document",
    "read_keypoints",
    "write_keypoints",
]

_SOURCES = {source.value: source for source in Source}


@dataclass(frozen=True)
class FramePoint:
    """One keypoint as it stands in a document."""

    position: Point
    source: Source
    confidence: float | None = None
    sd: float | None = None


@dataclass(frozen=True)
class FrameKeypoints:
    """The keypoints of one frame of ``size`` (width, height) by name."""

    size: tuple[int, int]
    points: Mapping[str, FramePoint] = field(default_factory=dict)


@dataclass(frozen=True)
class FileKeypoints:
    """A document as read: frames by file name, and what in it could not be used."""

    frames: Mapping[str, FrameKeypoints]
    findings: tuple[Finding, ...] = ()


def frame_document(resolved: Resolved, size: tuple[int, int], *, outside: bool) -> dict[str, Any]:
    """What a document says of one frame of ``size`` (width, height); with ``outside`` also points beyond its edges."""
    return points_document(resolved.keypoints, size, outside=outside)


def points_document(keypoints: Mapping[str, Keypoint], size: tuple[int, int], *, outside: bool) -> dict[str, Any]:
    """As `frame_document`, of keypoints by name."""
    return {
        "size": [int(size[0]), int(size[1])],
        "keypoints": {
            point.name: {
                "x": float(point.position[0]),
                "y": float(point.position[1]),
                "source": point.source.value,
                "confidence": None if point.confidence is None else float(point.confidence),
                "sd": None if point.sd is None else float(point.sd),
            }
            for point in keypoints.values()
            if point.position is not None and point.source is not None and (outside or point.inside)
        },
    }


keypoints_document = frame_document


def write_keypoints(path: Path, frames: Mapping[str, dict[str, Any]]) -> None:
    """Write the frame documents by file name; FormatError if the disk refuses."""
    write_text(path, listed_text(frames))


def read_keypoints(path: Path) -> FileKeypoints:
    """The document in a file; a wrong value becomes a finding and the rest is used.

    Raises
    ------
    FormatError
        If the file cannot be read, is no JSON, or holds no object.
    """
    frames: dict[str, FrameKeypoints] = {}
    findings: list[Finding] = []
    for key, value in read_object(path).items():
        size = _size(value.get("size")) if isinstance(value, dict) else None
        points = value.get("keypoints") if isinstance(value, dict) else None
        if size is None or not isinstance(points, dict):
            findings.append(Finding(path, key, "has no size and keypoints; it is left out"))
            continue
        usable = {name: point for name, said in points.items() if (point := _point(said)) is not None}
        findings.extend(
            Finding(path, key, f"has a keypoint {name!r} that cannot be read; it is left out")
            for name in points
            if name not in usable
        )
        frames[key] = FrameKeypoints(size, usable)
    return FileKeypoints(frames, tuple(findings))


def _size(value: Any) -> tuple[int, int] | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    width, height = (number(item) for item in value)
    if width is None or height is None or min(width, height) < 1 or width % 1 or height % 1:
        return None
    return int(width), int(height)


def _point(value: Any) -> FramePoint | None:
    if not isinstance(value, dict):
        return None
    x, y = number(value.get("x")), number(value.get("y"))
    said = value.get("source")
    source = _SOURCES.get(said) if isinstance(said, str) else None
    confidence, sd = value.get("confidence"), value.get("sd")
    if x is None or y is None or source is None:
        return None
    if any(item is not None and number(item) is None for item in (confidence, sd)):
        return None
    return FramePoint((x, y), source, number(confidence), number(sd))
