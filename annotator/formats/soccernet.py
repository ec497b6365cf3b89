"""SoccerNet calibration lines: one JSON file an image, points along the 26 markings as fractions of its size.

A coordinate is read as x * width, y * height in pixels with (0, 0) the centre of the top-left pixel, straight, as the
published consumers of these files do, and written back divided by the size. Two dialects differ in one name: the
2023 calibration files write ``"Goal left post left "`` with a trailing blank, the game-state files without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

from annotator.formats.documents import Finding, FormatError, number, read_object, write_document
from annotator.frames import FrameSource, MediaError
from annotator.labels import FrameRecord, Point
from annotator.matching import FrameNames, NoMatch
from annotator.pitch import MARKINGS, UNKNOWN_MARKINGS
from annotator.project import FrameRow, Project, ProjectError

__all__ = [
    "Dialect",
    "Existing",
    "Finding",
    "FormatError",
    "ImportReport",
    "Lines",
    "import_lines",
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


class Existing(Enum):
    """What an import does with a frame that has labels: leave it alone, or replace its drawn markings."""

    KEEP = "keep"
    REPLACE = "replace"


@dataclass(frozen=True)
class ImportReport:
    """What an import did: ids of frames that got lines, files passed over or without a frame, and what was wrong."""

    added: tuple[int, ...] = ()
    skipped: tuple[Finding, ...] = ()
    unmatched: tuple[Finding, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass
class _Tally:
    added: list[int] = field(default_factory=list)
    skipped: list[Finding] = field(default_factory=list)
    unmatched: list[Finding] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def import_lines(
    project: Project,
    source: Path | Sequence[Path],
    *,
    existing: Existing = Existing.KEEP,
    progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> ImportReport:
    """Bring line files into the project as drawn markings of the frames of the same name.

    Every frame is one edit, stored as it comes, so an import that was stopped may simply be repeated. A file that
    cannot be used is a finding, and the others go on.

    Parameters
    ----------
    source
        Files, or folders that are looked through at any depth; names with ``info`` in them are no line files.

    Raises
    ------
    FormatError
        If there is no line file at all.
    ProjectError
        If the project cannot be written.
    """
    files = _line_files([source] if isinstance(source, Path) else source)
    frames = FrameNames(project)
    tally = _Tally()
    pixels = FrameSource(max_frames=2)
    try:
        for done, path in enumerate(files):
            if should_stop():
                break
            row = _matching(path, frames, tally)
            if row is not None:
                _import_one(project, row, path, existing=existing, pixels=pixels, tally=tally)
            progress(done + 1, len(files))
    finally:
        pixels.close()
    return ImportReport(tuple(tally.added), tuple(tally.skipped), tuple(tally.unmatched), tuple(tally.findings))


def _line_files(sources: Iterable[Path]) -> list[Path]:
    files: list[Path] = []
    for source in sources:
        if source.is_dir():
            files.extend(sorted(path for path in source.rglob("*.json") if not path.name.startswith(".")))
        elif source.is_file():
            files.append(source)
        else:
            raise FormatError(source, "there is no such file or folder", "Check the name.")
    wanted = [path for path in dict.fromkeys(files) if "info" not in path.stem.lower()]
    if not wanted:
        where = next(iter(sources), Path())
        raise FormatError(where, "there is no line file (.json) here", "Choose SoccerNet line files or their folder.")
    return wanted


def _matching(path: Path, frames: FrameNames, tally: _Tally) -> FrameRow | None:
    """The frame of a file, or a finding of why there is none."""
    found = frames.find(path)
    if isinstance(found, NoMatch):
        tally.unmatched.append(Finding(path, "", found.reason))
        return None
    return found


def _import_one(
    project: Project, row: FrameRow, path: Path, *, existing: Existing, pixels: FrameSource, tally: _Tally
) -> None:
    try:
        record = project.record(row.id)
    except ProjectError as error:
        tally.findings.append(Finding(path, "", error.reason))
        return
    if existing is Existing.KEEP and not record.labels.is_empty:
        tally.skipped.append(Finding(path, "", f"the frame {row.name} has labels already and stays as it is"))
        return
    try:
        document = read_object(path)
        lines = parse_lines(document, pixels.size(row), path)
    except (FormatError, MediaError) as error:
        tally.findings.append(Finding(error.path, "", f"{error.reason}; it is left out"))
        return
    tally.findings.extend(lines.findings)
    if not lines.markings:
        tally.skipped.append(Finding(path, "", "there is no usable line in it"))
        return
    pitch = replace(record.labels.pitch, markings=lines.markings, unchecked=frozenset(), carried=frozenset())
    labels = record.labels.with_instance(pitch)
    project.save_record(row.id, FrameRecord(labels, record.review), text=f"Import lines of {path.name}")
    tally.added.append(row.id)
