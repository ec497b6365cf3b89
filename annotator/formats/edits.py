"""What became of a thing that a file described: moved or scaled as a whole, or changed in a way nobody can follow.

Files say more of a thing than its points and its box: outlines, areas, boxes of heads. Where every point and the box
went the same way these can go with them exactly; where they did not, what was said of the old place is not repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from annotator.formats.documents import number
from annotator.formats.exchange import LabelledPoint

__all__ = ["STILL", "Whole", "drawn_along", "whole_move"]

_SAME = 0.01
"""Pixels within which a place is where a whole move has it: formats round."""
_SPREAD = 1.0
"""Pixels that places must be apart along an axis for the factor along it to be known."""
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Whole:
    """x' = ``factor`` x + ``by`` in pixels, for x and y each; factors are above 0."""

    factor: tuple[float, float] = (1.0, 1.0)
    by: tuple[float, float] = (0.0, 0.0)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a place of the file is now."""
        return self.factor[0] * x + self.by[0], self.factor[1] * y + self.by[1]

    @property
    def of_area(self) -> float:
        """What areas are multiplied by."""
        return self.factor[0] * self.factor[1]

    @property
    def is_even(self) -> bool:
        """Whether both axes are scaled alike, to a thousandth."""
        return abs(self.factor[0] / self.factor[1] - 1.0) <= 1e-3


STILL = Whole()


def whole_move(
    before: Mapping[str, LabelledPoint], after: Mapping[str, LabelledPoint], old: Box | None, new: Box | None
) -> Whole | None:
    """The move or scaling that took every point that is still labelled, and the box (x0, y0, x1, y1), along.

    None where there is no such one, or too little to know it by: less than two places.
    """
    if (old is None) != (new is None):
        return None
    names = [name for name in before if name in after]
    pairs = [(before[name][:2], after[name][:2]) for name in names]
    if old is not None and new is not None:
        pairs += [(old[:2], new[:2]), (old[2:], new[2:])]
    if len(pairs) < 2:
        return None
    ways = [_along([(one[axis], two[axis]) for one, two in pairs]) for axis in (0, 1)]
    (ax, bx), (ay, by) = ways
    found = Whole((ax, ay), (bx, by))
    if min(ax, ay) <= 0:
        return None
    off = (max(abs(u - x), abs(v - y)) for (u, v), (x, y) in ((found.at(*one), two) for one, two in pairs))
    return found if max(off) <= _SAME else None


def _along(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    """Factor and shift along an axis, from the places furthest apart on it; a mere shift where they lie too close."""
    (s0, t0), (s1, t1) = min(pairs), max(pairs)
    factor = (t1 - t0) / (s1 - s0) if s1 - s0 >= _SPREAD else 1.0
    # What formats round is no scaling.
    if abs((factor - 1.0) * (s1 - s0)) <= _SAME:
        factor = 1.0
    return factor, t0 - factor * s0


def drawn_along(polygons: Any, move: Whole) -> list[list[int | float]] | None:
    """The polygons of an outline (x, y, x, y, ...) where they are now; None of what is no list of polygons."""
    if not isinstance(polygons, list):
        return None
    found: list[list[int | float]] = []
    for one in polygons:
        places = [number(value) for value in one] if isinstance(one, list) and len(one) % 2 == 0 else [None]
        known = [value for value in places if value is not None]
        if len(known) < len(places):
            return None
        found.append([short(v) for x, y in zip(known[::2], known[1::2], strict=True) for v in move.at(x, y)])
    return found


def short(value: float) -> int | float:
    """Three decimals, and whole numbers as integers."""
    rounded = round(float(value), 3)
    return int(rounded) if rounded.is_integer() else rounded
