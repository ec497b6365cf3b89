"""SoccerNet calibration lines: one JSON file an image, points along the 26 markings as fractions of its size.

A coordinate is read as x * width, y * height in pixels with (0, 0) the centre of the top-left pixel, straight, as the
published consumers of these files do, and written back divided by the size. Two dialects differ in one name: the
2023 calibration files write ``"Goal left post left "`` with a trailing blank, the game-state files without.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

from annotator.formats.documents import Finding, FormatError, number, read_object, write_document
from annotator.labels import Point
from annotator.pitch import MARKINGS, UNKNOWN_MARKINGS

__all__ = [
    "Dialect",
    "Finding",
    "FormatError",
    "Lines",
    "lines_document",
    "parse_lines",
    "read_lines",
    "write_lines",
]

Markings = Mapping[str, tuple[Point, ...]]
_CANONICAL = {name.strip(): name for name in MARKINGS}


class Dialect(Enum):
    """How ``Goal left post left`` is written: with a trailing blank, or without."""

    CALIBRATION = "calibration"
    GAMESTATE = "gamestate"


@dataclass(frozen=True)
class Lines:
    """What a line file holds.

    ``markings`` maps canonical names to points in pixels; ``aside`` does so for ``Goal unknown`` and ``Line
    unknown``, which say that a line is there but not which; ``findings`` names what could not be used.
    """

    markings: dict[str, tuple[Point, ...]] = field(default_factory=dict)
    aside: dict[str, tuple[Point, ...]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def read_lines(path: Path, size: tuple[int, int]) -> Lines:
    """The lines of one file in pixels of a frame of ``size`` (width, height).

    Raises
    ------
    FormatError
        If the file cannot be read, is no JSON, or holds no object.
    """
    return parse_lines(read_object(path), size, path)


def parse_lines(document: Mapping[str, Any], size: tuple[int, int], path: Path) -> Lines:
    """The lines of a document that was read from ``path``; whatever is wrong in it becomes a finding."""
    markings: dict[str, tuple[Point, ...]] = {}
    aside: dict[str, tuple[Point, ...]] = {}
    findings: list[Finding] = []
    for key, value in document.items():
        name = _CANONICAL.get(key.strip())
        if name is None and key.strip() not in UNKNOWN_MARKINGS:
            findings.append(Finding(path, key, "is no marking of the pitch; it is left out"))
            continue
        if not isinstance(value, list):
            findings.append(Finding(path, key, "holds no list of points; it is left out"))
            continue
        points = _points(value, size, Finding(path, key, ""), findings)
        if not points:
            continue
        if name is None:
            aside[key.strip()] = points
            findings.append(Finding(path, key, "does not say which line it is; it is kept aside"))
        elif name in markings:
            findings.append(Finding(path, key, "is given twice; the first is used"))
        else:
            markings[name] = points
    return Lines(markings, aside, tuple(findings))


def _points(values: Sequence[Any], size: tuple[int, int], where: Finding, findings: list[Finding]) -> tuple[Point, ...]:
    points: list[Point] = []
    for position, value in enumerate(values):
        x = number(value.get("x")) if isinstance(value, dict) else None
        y = number(value.get("y")) if isinstance(value, dict) else None
        if x is None or y is None:
            findings.append(replace(where, reason=f"point {position} has no two numbers; it is left out"))
        else:
            points.append((x * size[0], y * size[1]))
    return tuple(points)


def lines_document(
    markings: Markings, size: tuple[int, int], *, dialect: Dialect = Dialect.CALIBRATION
) -> dict[str, Any]:
    """The document of markings in pixels, in the order of the scheme; names that SoccerNet lacks are not in it."""
    width, height = size
    return {
        name.strip() if dialect is Dialect.GAMESTATE else name: [
            {"x": x / width, "y": y / height} for x, y in markings[name]
        ]
        for name in (*MARKINGS, *UNKNOWN_MARKINGS)
        if markings.get(name)
    }


def write_lines(
    path: Path, markings: Markings, size: tuple[int, int], *, dialect: Dialect = Dialect.CALIBRATION
) -> None:
    """Write markings in pixels of a frame of ``size`` (width, height); FormatError if the disk refuses."""
    write_document(path, lines_document(markings, size, dialect=dialect))
