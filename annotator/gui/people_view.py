"""What is painted of a thing among several: its skeleton, its points where it is not the active one, its box."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from annotator.identity_colours import identity_colour
from annotator.instance_points import ResolvedInstance
from annotator.instances import Box, is_crowd
from annotator.keypoints import Keypoint, Source
from annotator.labels import Visibility
from annotator.scheme import Scheme

NEUTRAL = 0xFFE6E6E1
"""Colour (ARGB) of edges between sides, and of points without a group."""
Segment = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Style:
    """The colours of a scheme's points and edges; worked out once for each project."""

    scheme: Scheme

    @cached_property
    def points(self) -> Mapping[str, int]:
        """ARGB of every keypoint."""
        return {name: _rgba(self.scheme.colour(name)) for name in self.scheme.keypoints}

    @cached_property
    def edges(self) -> tuple[tuple[str, str, int], ...]:
        """The ends of every edge and its colour: that of its side, neutral where it joins two sides."""
        return tuple((a, b, self._between(a, b)) for a, b in self.scheme.edges)

    def _between(self, a: str, b: str) -> int:
        first, second = self.points[a], self.points[b]
        if first == second:
            return first
        index, mirror = self.scheme.index, self.scheme.mirror
        sided = [name for name in (a, b) if mirror[index[name]] != index[name]]
        return self.points[sided[0]] if len(sided) == 1 else NEUTRAL


def identity_rgba(number: int) -> int:
    """ARGB of the thing with this number."""
    red, green, blue = identity_colour(number)
    return 0xFF000000 | red << 16 | green << 8 | blue


def _rgba(colour: str | None) -> int:
    return NEUTRAL if colour is None else 0xFF000000 | int(colour[1:], 16)


@dataclass(frozen=True)
class Shown:
    """Which layers are to be seen."""

    labels: bool = True
    predictions: bool = True
    edges: bool = True
    boxes: bool = True
    identities: bool = False


@dataclass(frozen=True)
class Dot:
    """A point of a thing that is not the active one."""

    name: str
    x: float
    y: float
    colour: int
    occluded: bool = False
    predicted: bool = False


@dataclass(frozen=True, eq=False)
class PersonView:
    """One thing as it is painted; the same object as before where nothing of it changed.

    ``strokes`` are edges by colour and whether they are dashed, image pixels. ``dots`` is empty for the active one,
    whose points are marks. ``tint`` (ARGB) is the colour of its number. ``box_said`` tells a box that was drawn or
    imported from one around the points. ``bounds`` holds everything.
    """

    id: int
    active: bool
    labelled: bool
    strokes: tuple[tuple[int, bool, tuple[Segment, ...]], ...] = ()
    dots: tuple[Dot, ...] = ()
    box: Box | None = None
    box_said: bool = False
    crowd: bool = False
    tag: str = ""
    bounds: Box | None = None
    name: str = ""
    tint: int = NEUTRAL
    segments: tuple[Segment, ...] = field(default=())


# In a drag all things but one are the very objects that they were.
@lru_cache(maxsize=2048)
def person_view(
    thing: ResolvedInstance, style: Style, shown: Shown, *, active: bool, numbered: bool
) -> PersonView:
    """What is painted of a thing; ``numbered``: with its number."""
    points = {name: point for name, point in thing.keypoints.items() if _is_seen(point, shown)}
    tint = identity_rgba(thing.id) if numbered else NEUTRAL
    own = tint if numbered and shown.identities else None
    strokes = _strokes(points, style, own, labelled=thing.labelled) if shown.edges else ()
    dots = () if active else tuple(_dot(point, own or style.points[name]) for name, point in points.items())
    box = thing.box if shown.boxes else None
    places = [point.position for point in points.values() if point.position is not None]
    corners = places if box is None else [*places, (box[0], box[1]), (box[2], box[3])]
    bounds = None
    if corners:
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        bounds = (min(xs), min(ys), max(xs), max(ys))
    number = str(thing.id) if thing.labelled else f"{thing.id}?"
    return PersonView(
        thing.id, active, thing.labelled, strokes, dots, box, thing.instance.box is not None,
        is_crowd(thing.instance), number if numbered else "", bounds, style.scheme.thing, tint,
        tuple(segment for _, _, some in strokes for segment in some),
    )  # fmt: skip


def _is_seen(point: Keypoint, shown: Shown) -> bool:
    if point.position is None or point.visibility is Visibility.ABSENT:
        return False
    return shown.predictions and point.inside if point.source is Source.PREDICTED else shown.labels


def _strokes(
    points: Mapping[str, Keypoint], style: Style, own: int | None, *, labelled: bool
) -> tuple[tuple[int, bool, tuple[Segment, ...]], ...]:
    """Edges whose two ends are seen, by colour or in the thing's own; dashed where one is hidden or nobody said so."""
    found: dict[tuple[int, bool], list[Segment]] = {}
    for a, b, colour in style.edges:
        first, second = points.get(a), points.get(b)
        if first is None or second is None or first.position is None or second.position is None:
            continue
        hidden = Visibility.OCCLUDED in (first.visibility, second.visibility)
        found.setdefault((own or colour, hidden or not labelled), []).append((*first.position, *second.position))
    return tuple((colour, dashed, tuple(some)) for (colour, dashed), some in found.items())


def _dot(point: Keypoint, colour: int) -> Dot:
    assert point.position is not None
    return Dot(
        point.name, *point.position, colour, point.visibility is Visibility.OCCLUDED, point.source is Source.PREDICTED
    )
