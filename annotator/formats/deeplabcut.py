"""DeepLabCut's CSV of labelled points, and Lightning Pose's, which adds whether a point can be seen.

Three header rows (``scorer``, ``bodyparts``, ``coords``; a row ``individuals`` where several animals are told apart),
then a row an image: its name, in one column or in three (``labeled-data``, folder, file), and x and y of every point,
empty where it is not labelled. DeepLabCut's files of predictions have ``likelihood`` as well, which is passed over;
Lightning Pose's ``visible`` is 0 for a point left out, 1 for a hidden and 2 for a visible one. Neither says what pixel
(0, 0) is; both programs draw on images whose pixel centres are whole numbers, as ours are.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from annotator.formats.documents import Finding, FormatError, number, read_text, write_text
from annotator.formats.exchange import ExchangeFile, ExchangeFrame, ExchangeInstance, LabelledPoint
from annotator.labels import Visibility
from annotator.scheme import Scheme

__all__ = ["CsvDialect", "csv_text", "read_csv", "write_csv"]

_HEADS = ("scorer", "individuals", "bodyparts", "coords")
_COORDS = frozenset({"x", "y", "likelihood", "visible"})
_ADVICE = "Choose a CollectedData CSV of DeepLabCut or Lightning Pose."


class CsvDialect(Enum):
    """Whose file it is: DeepLabCut's cannot say that a point is hidden."""

    DEEPLABCUT = "deeplabcut"
    LIGHTNING_POSE = "lightning-pose"


@dataclass(frozen=True)
class _Column:
    individual: str
    bodypart: str
    coord: str


def csv_text(
    frames: Sequence[ExchangeFrame],
    scheme: Scheme,
    *,
    dialect: CsvDialect = CsvDialect.DEEPLABCUT,
    scorer: str = "touchline",
) -> str:
    """The CSV of the first instance of each frame, in this order; of all of them where a scheme has many.

    The individuals of many are called after the thing and the number that it has in every frame.

    Raises
    ------
    ValueError
        If many are to be written for Lightning Pose, whose tables hold one thing a frame.
    """
    if scheme.is_many and any(len(one.instances) > 1 for one in frames) and dialect is not CsvDialect.DEEPLABCUT:
        raise ValueError("Lightning Pose tables hold one thing a frame")
    numbered = any(len(one.instances) > 1 or any(i.number is not None for i in one.instances) for one in frames)
    if scheme.is_many and numbered and dialect is CsvDialect.DEEPLABCUT:
        return _many_text(frames, scheme, scorer)
    coords = ("x", "y") if dialect is CsvDialect.DEEPLABCUT else ("x", "y", "visible")
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["scorer"] + [scorer] * (len(coords) * len(scheme.keypoints)))
    rows.writerow(["bodyparts"] + [name for name in scheme.keypoints for _ in coords])
    rows.writerow(["coords", *(list(coords) * len(scheme.keypoints))])
    for frame in frames:
        points: Mapping[str, LabelledPoint] = frame.instances[0].points if frame.instances else {}
        cells: list[str] = [frame.name]
        for name in scheme.keypoints:
            cells += _cells(points.get(name), dialect)
        rows.writerow(cells)
    return out.getvalue()


def _many_text(frames: Sequence[ExchangeFrame], scheme: Scheme, scorer: str) -> str:
    """DeepLabCut's table of several animals: a row ``individuals``, and a pair of columns a point of each."""
    listed = [_numbered(frame) for frame in frames]
    columns = [(n, name) for n in sorted({n for found in listed for n in found}) for name in scheme.keypoints]
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["scorer"] + [scorer] * (2 * len(columns)))
    rows.writerow(["individuals"] + [f"{scheme.thing}{n + 1}" for n, _ in columns for _ in "xy"])
    rows.writerow(["bodyparts"] + [name for _, name in columns for _ in "xy"])
    rows.writerow(["coords"] + ["x", "y"] * len(columns))
    for frame, found in zip(frames, listed, strict=True):
        cells: list[str] = [frame.name]
        for n, name in columns:
            cells += _cells(found.get(n, {}).get(name), CsvDialect.DEEPLABCUT)
        rows.writerow(cells)
    return out.getvalue()


def _numbered(frame: ExchangeFrame) -> dict[int, Mapping[str, LabelledPoint]]:
    """The points of every thing by its number; those without one have the next that is free."""
    found = {one.number: one.points for one in frame.instances if one.number is not None}
    for one in frame.instances:
        if one.number is None or found[one.number] is not one.points:
            found[next(n for n in range(len(found) + 1) if n not in found)] = one.points
    return found


def _cells(point: LabelledPoint | None, dialect: CsvDialect) -> list[str]:
    if point is None:
        return ["", ""] if dialect is CsvDialect.DEEPLABCUT else ["", "", "0"]
    at = [repr(round(float(value), 4)) for value in point[:2]]
    return at if dialect is CsvDialect.DEEPLABCUT else [*at, str(point[2].value)]


def write_csv(
    path: Path,
    frames: Sequence[ExchangeFrame],
    scheme: Scheme,
    *,
    dialect: CsvDialect = CsvDialect.DEEPLABCUT,
    scorer: str = "touchline",
) -> None:
    """Write the CSV, whole or not at all; FormatError if the disk refuses."""
    write_text(path, csv_text(frames, scheme, dialect=dialect, scorer=scorer))


def read_csv(path: Path) -> ExchangeFile:
    """The labelled points of every image; an instance for each individual that has any.

    A row or cell that cannot be used becomes a finding, and the rest is read.

    Raises
    ------
    FormatError
        If the file cannot be read or its header rows are not those of such a file.
    """
    text = read_text(path)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline="")) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise FormatError(path, f"the file is damaged ({error})", _ADVICE) from error
    heads, body = _split(rows)
    index, columns = _columns(path, heads)
    findings: list[Finding] = []
    frames = [frame for row in body if (frame := _frame(row, index, columns, path, findings)) is not None]
    names = tuple(dict.fromkeys(column.bodypart for column in columns))
    return ExchangeFile(names, tuple(frames), tuple(findings))


def _split(rows: list[list[str]]) -> tuple[dict[str, list[str]], list[list[str]]]:
    heads: dict[str, list[str]] = {}
    for n, row in enumerate(rows):
        if row[0].strip() not in _HEADS or row[0].strip() in heads:
            return heads, rows[n:]
        heads[row[0].strip()] = [cell.strip() for cell in row]
    return heads, []


def _columns(path: Path, heads: Mapping[str, list[str]]) -> tuple[int, list[_Column]]:
    """How many leading columns name the image, and what each of the others holds."""
    missing = [name for name in ("scorer", "bodyparts", "coords") if name not in heads]
    if missing:
        raise FormatError(path, f"it has no header row {missing[0]!r}", _ADVICE)
    coords, parts = heads["coords"], heads["bodyparts"]
    index = next((n for n, cell in enumerate(coords) if n and cell), 0)
    owners = heads.get("individuals", [""] * len(coords))
    if not index or len(parts) != len(coords) or len(owners) != len(coords):
        raise FormatError(path, "its header rows do not fit each other", _ADVICE)
    columns = [_Column(owners[n], parts[n], coords[n].lower()) for n in range(index, len(coords))]
    strange = next((column for column in columns if column.coord not in _COORDS or not column.bodypart), None)
    if strange is not None or len(set(columns)) != len(columns):
        raise FormatError(path, "its header names no x and y of body parts, each once", _ADVICE)
    return index, columns


def _frame(
    row: list[str], index: int, columns: Sequence[_Column], path: Path, findings: list[Finding]
) -> ExchangeFrame | None:
    name = "/".join(cell.strip() for cell in row[:index] if cell.strip()).replace("\\", "/")
    if not name or len(row) != index + len(columns):
        findings.append(Finding(path, name or "a row", "has another number of columns than the header"))
        return None
    found: dict[str, dict[str, dict[str, str]]] = {}
    for cell, column in zip(row[index:], columns, strict=True):
        found.setdefault(column.individual, {}).setdefault(column.bodypart, {})[column.coord] = cell.strip()
    instances = []
    for individual, parts in found.items():
        points: dict[str, LabelledPoint] = {}
        for part, cells in parts.items():
            point = _point(cells)
            if point is not None:
                points[part] = point
            elif cells.get("visible", "") != "0" and (cells.get("x") or cells.get("y")) and not _is_missing(cells):
                findings.append(Finding(path, name, f"the numbers of {part} cannot be used"))
        if points:
            digits = re.search(r"\d{1,9}$", individual)
            number_ = int(digits.group()) - 1 if digits is not None and int(digits.group()) > 0 else None
            instances.append(ExchangeInstance(points, number=number_))
    return ExchangeFrame(name, None, tuple(instances))


def _is_missing(cells: Mapping[str, str]) -> bool:
    return all(cells.get(coord, "").lower() in ("", "nan") for coord in ("x", "y"))


def _point(cells: Mapping[str, str]) -> LabelledPoint | None:
    x, y = _number(cells.get("x", "")), _number(cells.get("y", ""))
    seen = cells.get("visible", "2").removesuffix(".0") or "2"
    if x is None or y is None or seen not in ("1", "2"):
        return None
    return x, y, Visibility(int(seen))


def _number(text: str) -> float | None:
    try:
        return number(float(text))
    except ValueError:
        return None
