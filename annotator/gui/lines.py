"""Thin lines with a casing that reads on every ground, of one width at every zoom, and cheap to paint.

Qt strokes a line of one dot ten times faster than a wider one, so that a wide one is several thin ones. To both sides
of it runs a casing: over and under what runs across, to the left and right of what runs up or down.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QDataStream, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QTransform

from annotator.gui.view_state import Polyline

# A path that strays less than this from the straight line between its ends is painted as that line.
STRAIGHT = 0.05
# A line between 32 and 58 degrees is slanting: its casing shows on all sides.
SLANT = 1.6

_ELEMENT = np.dtype([("kind", ">i4"), ("x", ">f8"), ("y", ">f8")])


@dataclass(frozen=True, eq=False)
class Cased:
    """A path, and its parts by how they run: across, and up or down; what is slanting is in both.

    Without parts the casing goes around all of it.
    """

    path: QPainterPath
    flat: QPainterPath | None = None
    steep: QPainterPath | None = None


NOTHING = Cased(QPainterPath())


def cased(polylines: tuple[Polyline, ...]) -> Cased:
    """The polylines as one path, with its parts."""
    paths = [line.points for line in polylines if len(line.points) >= 2]
    if not paths:
        return NOTHING
    joined, last = _simplified(np.concatenate(paths), np.cumsum([len(path) for path in paths]) - 1)
    if len(joined) == 2:
        return _single(*joined.tolist())
    across, down = np.abs(np.diff(joined, axis=0)).T
    # From the end of one path to the start of the next there is no segment.
    there = np.ones(len(across), dtype=bool)
    there[last[:-1]] = False
    flat, steep = there & (down <= SLANT * across), there & (across <= SLANT * down)
    whole = _path_of(joined, there)
    return Cased(whole, *(whole if (part == there).all() else _path_of(joined, part) for part in (flat, steep)))


def _simplified(points: NDArray[np.float64], last: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Paths one after the other (N, 2), each up to its ``last`` point: of those that are straight only the ends."""
    first = np.concatenate([[0], last[:-1] + 1])
    counts = last - first + 1
    along = points[last] - points[first]
    length = np.hypot(along[:, 0], along[:, 1])
    offset, way = points - np.repeat(points[first], counts, axis=0), np.repeat(along, counts, axis=0)
    stray = np.maximum.reduceat(np.abs(offset[:, 0] * way[:, 1] - offset[:, 1] * way[:, 0]), first)
    kept = np.repeat(~((length > 0.0) & (stray < STRAIGHT * length)), counts)
    kept[first] = kept[last] = True
    return points[kept], np.cumsum(np.add.reduceat(kept, first, dtype=np.intp)) - 1


def part_in(line: Polyline, box: tuple[float, float, float, float]) -> QPainterPath | None:
    """The segments of a polyline that may be seen in an upright rectangle (x0, y0, x1, y1); None where none is."""
    (x0, y0, x1, y1), (u0, v0, u1, v1) = box, line.bounds
    if u1 < x0 or x1 < u0 or v1 < y0 or y1 < v0:
        return None
    start, end = line.points[:-1], line.points[1:]
    near = (np.maximum(start, end) >= (x0, y0)) & (np.minimum(start, end) <= (x1, y1))
    there = near[:, 0] & near[:, 1]
    return _path_of(line.points, there) if there.any() else None


def _single(start: list[float], end: list[float]) -> Cased:
    """One straight line, as most are."""
    path = QPainterPath(QPointF(*start))
    path.lineTo(*end)
    across, down = abs(end[0] - start[0]), abs(end[1] - start[1])
    return Cased(path, path if down <= SLANT * across else None, path if across <= SLANT * down else None)


def _path_of(points: NDArray[np.float64], there: NDArray[np.bool_]) -> QPainterPath:
    """The segments from each point to the next that are ``there``, as Qt's own stream: far faster than lineTo."""
    ends = np.flatnonzero(there) + 1
    if len(ends) == 0:
        return QPainterPath()
    starts = np.ones(len(ends), dtype=bool)
    starts[1:] = np.diff(ends) > 1
    # A run of segments is a move to its start and a line to each of its ends.
    first = np.cumsum(1 + starts) - 1
    elements = np.empty(int(first[-1]) + 1, _ELEMENT)
    elements["kind"] = 1
    elements["kind"][first[starts] - 1] = 0
    for axis, name in enumerate(("x", "y")):
        elements[name][first] = points[ends, axis]
        elements[name][first[starts] - 1] = points[ends[starts] - 1, axis]
    count, last = len(elements), int(first[starts][-1]) - 1
    head, tail = np.array([count], ">i4").tobytes(), np.array([last, 0], ">i4").tobytes()
    stream = QDataStream(QByteArray(head + elements.tobytes() + tail))
    path = QPainterPath()
    stream >> path
    return path


Offsets = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Ink:
    """Colour of a line, of the casing to both sides of it, how wide it is in screen pixels, and its dashes."""

    colour: int
    casing: int
    width: int = 1
    dashes: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class _Pens:
    """Pens one dot wide for line and casing, by how many dots the line is shifted, and the casing in each direction."""

    line: QPen
    casing: QPen
    inside: Offsets
    beside: Offsets
    above: Offsets


@cache
def _pens(ink: Ink, ratio: float) -> _Pens:
    dots = max(1, round(ink.width * ratio))
    edge = (dots - 1) / 2.0
    steps = [step - edge for step in range(dots)]
    around = edge + 1.0
    line, casing = (QPen(QColor.fromRgba(rgba), 0.0) for rgba in (ink.colour, ink.casing))
    for pen in (line, casing) if ink.dashes else ():
        pen.setDashPattern([length * ratio for length in ink.dashes])
    inside = tuple((x, y) for x in steps for y in steps)
    return _Pens(line, casing, inside, ((-around, 0.0), (around, 0.0)), ((0.0, -around), (0.0, around)))


def stroke(painter: QPainter, what: Cased, ink: Ink, *, ratio: float) -> None:
    """Paint a path in the painter's units, with ``ratio`` dots to a pixel of the screen."""
    pens = _pens(ink, ratio)
    at = painter.worldTransform()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pens.casing)
    # Dashes begin anew with every part: those of casing and line would not lie side by side.
    split = (what.flat is not None or what.steep is not None) and not ink.dashes
    for offsets, path in ((pens.above, what.flat), (pens.beside, what.steep)):
        for x, y in offsets:
            if not split or (path is not None and not path.isEmpty()):
                painter.setWorldTransform(at * QTransform.fromTranslate(x / ratio, y / ratio))
                painter.drawPath(path if split and path is not None else what.path)
    painter.setPen(pens.line)
    for x, y in pens.inside:
        painter.setWorldTransform(at * QTransform.fromTranslate(x / ratio, y / ratio))
        painter.drawPath(what.path)
    painter.setWorldTransform(at)
