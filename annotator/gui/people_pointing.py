"""What of things lies under the pointer: points, handles of the active box, bodies. Pure functions of what is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from annotator.gui.people_view import PersonView
from annotator.gui.pointing import LINE_REACH, REACH, PointerEvent
from annotator.instances import Box, area_of

HANDLE_REACH = 6.0
SMALLEST = 24.0
"""Screen pixels of a box's side below which it has no handles: they would cover it."""
Corner = tuple[int, int]
"""Which handle: -1, 0 or 1 across and down."""


class Part(Enum):
    """What of a thing was hit."""

    POINT = "point"
    HANDLE = "handle"
    BODY = "body"


@dataclass(frozen=True)
class ThingHit:
    """A part of a thing under the pointer."""

    id: int
    part: Part
    name: str = ""
    handle: Corner = (0, 0)


def handles(box: Box) -> Iterator[tuple[Corner, float, float]]:
    """The eight places by which a box is taken hold of."""
    xs, ys = (box[0], (box[0] + box[2]) / 2.0, box[2]), (box[1], (box[1] + box[3]) / 2.0, box[3])
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            if i or j:
                yield (i, j), xs[i + 1], ys[j + 1]


def hit_thing(people: Sequence[PersonView], event: PointerEvent) -> ThingHit | None:
    """What a press there takes hold of: a handle of the active box, a point of another thing, an edge or a border."""
    active = next((one for one in people if one.active), None)
    if active is not None and (corner := hit_handle(active, event)) is not None:
        return ThingHit(active.id, Part.HANDLE, handle=corner)
    reach = REACH / event.scale
    best: tuple[float, ThingHit] | None = None
    for one in people:
        if not _is_near(one, event, reach):
            continue
        for dot in one.dots:
            away = (dot.x - event.x) ** 2 + (dot.y - event.y) ** 2
            if away <= reach * reach and (best is None or away <= best[0]):
                best = away, ThingHit(one.id, Part.POINT, dot.name)
    if best is not None:
        return best[1]
    return hit_body(people, event)


def hit_handle(active: PersonView, event: PointerEvent) -> Corner | None:
    """The handle of the active box that lies there."""
    box = active.box
    if box is None or active.crowd or min(box[2] - box[0], box[3] - box[1]) * event.scale < SMALLEST:
        return None
    reach = HANDLE_REACH / event.scale
    near = ((max(abs(x - event.x), abs(y - event.y)), corner) for corner, x, y in handles(box))
    return min(((away, corner) for away, corner in near if away <= reach), default=(0.0, None))[1]


def hit_body(people: Sequence[PersonView], event: PointerEvent) -> ThingHit | None:
    """The thing an edge or border of which runs there; the active one before others."""
    reach = LINE_REACH / event.scale
    best: tuple[float, int] | None = None
    for one in people:
        if not _is_near(one, event, reach):
            continue
        away = min((_distance(event, *segment) for segment in (*one.segments, *_sides(one.box))), default=reach + 1.0)
        if away <= reach:
            away = -1.0 if one.active else away
            if best is None or away <= best[0]:
                best = away, one.id
    return None if best is None else ThingHit(best[1], Part.BODY)


def thing_around(people: Sequence[PersonView], event: PointerEvent) -> int | None:
    """The thing with the smallest box that the pointer is in."""
    inside = [
        one for one in people
        if one.bounds is not None
        and one.bounds[0] <= event.x <= one.bounds[2] and one.bounds[1] <= event.y <= one.bounds[3]
    ]  # fmt: skip
    return min(inside, key=lambda one: area_of(one.bounds or (0.0,) * 4)).id if inside else None


def _is_near(one: PersonView, event: PointerEvent, reach: float) -> bool:
    if one.bounds is None:
        return False
    x0, y0, x1, y1 = one.bounds
    return x0 - reach <= event.x <= x1 + reach and y0 - reach <= event.y <= y1 + reach


def _sides(box: Box | None) -> tuple[tuple[float, float, float, float], ...]:
    if box is None:
        return ()
    x0, y0, x1, y1 = box
    return ((x0, y0, x1, y0), (x1, y0, x1, y1), (x1, y1, x0, y1), (x0, y1, x0, y0))


def _distance(event: PointerEvent, x0: float, y0: float, x1: float, y1: float) -> float:
    """From the pointer to a segment, in image pixels."""
    dx, dy = x1 - x0, y1 - y0
    length = dx * dx + dy * dy
    t = ((event.x - x0) * dx + (event.y - y0) * dy) / length if length > 0.0 else 0.0
    t = min(max(t, 0.0), 1.0)
    away_x, away_y = x0 + t * dx - event.x, y0 + t * dy - event.y
    return float((away_x * away_x + away_y * away_y) ** 0.5)
