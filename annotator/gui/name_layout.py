"""Where the names of marks go: to the right of the mark or to its left, inside the view, and never over each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

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
    spots = [(mark.x - MARK_HALF, mark.y - MARK_HALF, mark.x + MARK_HALF, mark.y + MARK_HALF) for mark in seen]
    taken: list[Box] = []
    found: dict[str, Place] = {}
    for mark in sorted(seen, key=lambda mark: not mark.selected):
        dy = -0.5 * mark.height
        dy = min(dy, bottom - EDGE - mark.height - mark.y)
        dy = max(dy, top + EDGE - mark.y)
        sides = [GAP, -GAP - mark.width]
        old = before.get(mark.name)
        if old is not None and old.dx < 0.0:
            sides.reverse()
        fitting = [dx for dx in sides if mark.x + dx >= left + EDGE and mark.x + dx + mark.width <= right - EDGE]
        for dx in fitting or sides[:1]:
            x, y = mark.x + dx, mark.y + dy
            box = (x, y, x + mark.width, y + mark.height)
            if mark.selected or (_is_free(box, taken) and _is_free(box, spots)):
                taken.append(box)
                found[mark.name] = Place(dx, dy)
                break
    return found


def _is_free(box: Box, others: list[Box]) -> bool:
    x0, y0, x1, y1 = box
    return not any(x0 < u1 and u0 < x1 and y0 < v1 and v0 < y1 for u0, v0, u1, v1 in others)
