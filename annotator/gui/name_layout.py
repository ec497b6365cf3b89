"""Where the names of marks go: to the right of the mark or to its left, inside the view, and never over each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

GAP = 12.0
MARK_HALF = 7.0
EDGE = 3.0


@dataclass(frozen=True)
class Named:
    """A mark with a name: where it is and how large the plate of its name is, in screen pixels."""

    name: str
    x: float
    y: float
    width: float
    height: float
    selected: bool = False


@dataclass(frozen=True)
class Place:
    """The upper left corner of a plate, in screen pixels from its mark."""

    dx: float
    dy: float


Box = tuple[float, float, float, float]


def lay_out(marks: Iterable[Named], window: Box, before: Mapping[str, Place]) -> dict[str, Place]:
    """Where each name goes that has room; ``window`` (x0, y0, x1, y1) is what is in view, in screen pixels.

    Selected marks come first and always have a place. A name stays on the side where it was ``before`` as long as it
    can. No plate is cut off by the border of the view, none covers another plate or a mark that is not its own.
    """
    left, top, right, bottom = window
    seen = [mark for mark in marks if left <= mark.x <= right and top <= mark.y <= bottom]
    if not seen:
        return {}
    seen.sort(key=lambda mark: not mark.selected)
    boxes = _boxes(seen, top, bottom)
    free = _off_marks(seen, boxes).tolist()
    inside = ((boxes[:, :, 0] >= left + EDGE) & (boxes[:, :, 2] <= right - EDGE)).tolist()
    taken: list[Box] = []
    found: dict[str, Place] = {}
    for mark, sides, fits, clear in zip(seen, boxes.tolist(), inside, free, strict=True):
        old = before.get(mark.name)
        order = (1, 0) if old is not None and old.dx < 0.0 else (0, 1)
        for side in [side for side in order if fits[side]] or order[:1]:
            box = sides[side]
            if mark.selected or (clear[side] and _is_free(box, taken)):
                taken.append(box)
                found[mark.name] = Place(box[0] - mark.x, box[1] - mark.y)
                break
    return found


def _boxes(marks: Sequence[Named], top: float, bottom: float) -> NDArray[np.float64]:
    """Where each plate would be to the right and to the left of its mark: (N, 2, 4)."""
    numbers = np.array([(mark.x, mark.y, mark.width, mark.height) for mark in marks])
    x, y, wide, high = numbers.T
    upper = np.maximum(np.minimum(y - 0.5 * high, bottom - EDGE - high), top + EDGE)
    after = np.stack([x + GAP, upper, x + GAP + wide, upper + high], axis=1)
    ahead = np.stack([x - GAP - wide, upper, x - GAP, upper + high], axis=1)
    return np.stack([after, ahead], axis=1)


def _off_marks(marks: Sequence[Named], boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of the boxes (N, 2, 4) cover no mark: (N, 2)."""
    at = np.array([(mark.x, mark.y) for mark in marks])
    low, high = at - MARK_HALF, at + MARK_HALF
    apart = (boxes[:, :, None, :2] < high) & (low < boxes[:, :, None, 2:])
    return np.asarray(~np.any(np.all(apart, axis=3), axis=2))


def _is_free(box: Box, others: list[Box]) -> bool:
    x0, y0, x1, y1 = box
    for u0, v0, u1, v1 in others:  # noqa: SIM110  a generator is three times slower, at every event of a drag
        if x0 < u1 and u0 < x1 and y0 < v1 and v0 < y1:
            return False
    return True
