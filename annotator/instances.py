"""Edits of the things in a frame as wholes: people, packets. Labels in, labels out, as in `annotator.labels`.

A box is x0, y0, x1, y1 in pixels of the frame, as positions are. An instance without one has the box around its points.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from annotator.labels import BOX, FrameLabels, Instance, KeypointLabel, Origin, Point, Visibility
from annotator.scheme import Attribute, AttributeScope, AttributeValue

__all__ = [
    "MARGIN",
    "Box",
    "add",
    "area_of",
    "box_around",
    "box_of",
    "clear_attribute",
    "copy",
    "delete",
    "flip",
    "is_crowd",
    "labelled_points",
    "move",
    "next_id",
    "overlap",
    "present",
    "renumber",
    "scale",
    "set_attribute",
    "set_box",
    "set_box_from_points",
    "set_visibility_of_all",
    "swap_ids",
]

Box = tuple[float, float, float, float]
MARGIN = 0.0
"""Share of width and height added to each side of a box from points: COCO's own boxes hold the outline, tightly."""
_EMPTY = (Instance(),)


def present(labels: FrameLabels) -> tuple[Instance, ...]:
    """The things of which something was said, in order."""
    return tuple(one for one in labels.instances if not one.is_empty)


def next_id(labels: FrameLabels, elsewhere: Collection[int] = ()) -> int:
    """The smallest id that no thing in the frame has, nor any of those ``elsewhere``: in the clip, say."""
    taken = {one.id for one in present(labels)} | set(elsewhere)
    return next(number for number in range(len(taken) + 1) if number not in taken)


def _with(labels: FrameLabels, instances: Iterable[Instance]) -> FrameLabels:
    return replace(labels, instances=tuple(instances) or _EMPTY)


def _named(labels: FrameLabels, number: int) -> Instance:
    found = next((one for one in present(labels) if one.id == number), None)
    if found is None:
        raise ValueError(f"there is no instance {number}")
    return found


def add(labels: FrameLabels, instance: Instance) -> FrameLabels:
    """The labels with one more thing.

    Raises
    ------
    ValueError
        If nothing is said of it, or its id is taken.
    """
    if instance.is_empty:
        raise ValueError("an instance that says nothing cannot be added")
    if any(one.id == instance.id for one in present(labels)):
        raise ValueError(f"the id {instance.id} is taken")
    return _with(labels, (*present(labels), instance))


def copy(
    labels: FrameLabels, instance: Instance, *, by: Point = (0.0, 0.0), number: int | None = None
) -> tuple[FrameLabels, int]:
    """The labels with a copy of a thing, of this frame or another, moved by (x, y) pixels; and its id.

    What a file said of the original stays there; the copy's points are placed by hand. Its id is ``number``, the
    smallest that is free in the frame where none is given; ValueError if it is taken.
    """
    number = next_id(labels) if number is None else number
    points = {name: replace(said, origin=Origin.HAND) for name, said in instance.keypoints.items()}
    plain = replace(instance, id=number, keypoints=points, foreign={}, carried=frozenset(), link=None)
    return add(labels, _moved(plain, by)), number


def delete(labels: FrameLabels, number: int) -> FrameLabels:
    """The labels without a thing; ValueError if there is none with this id."""
    _named(labels, number)
    return _with(labels, (one for one in present(labels) if one.id != number))


def renumber(labels: FrameLabels, number: int, to: int) -> FrameLabels:
    """The labels with another id for a thing.

    Raises
    ------
    ValueError
        If there is no such thing, or the new id is negative or taken; `swap_ids` exchanges two.
    """
    one = _named(labels, number)
    if to < 0:
        raise ValueError(f"{to} is no id")
    if to != number and any(other.id == to for other in present(labels)):
        raise ValueError(f"the id {to} is taken")
    return _with(labels, (replace(other, id=to) if other is one else other for other in present(labels)))


def swap_ids(labels: FrameLabels, first: int, second: int) -> FrameLabels:
    """The labels with the ids of two things exchanged; ValueError if one of them is not there."""
    given = {_named(labels, first).id: second, _named(labels, second).id: first}
    return _with(labels, (replace(one, id=given.get(one.id, one.id)) for one in present(labels)))


def box_around(
    points: Iterable[Point], *, size: tuple[int, int] | None = None, margin: float = MARGIN
) -> Box | None:
    """The box around points, ``margin`` of its width and height wider on each side, within a frame of ``size``.

    None where it has no area.
    """
    places = list(points)
    if not places:
        return None
    x0, y0 = (min(place[axis] for place in places) for axis in (0, 1))
    x1, y1 = (max(place[axis] for place in places) for axis in (0, 1))
    dx, dy = margin * (x1 - x0), margin * (y1 - y0)
    x0, y0, x1, y1 = x0 - dx, y0 - dy, x1 + dx, y1 + dy
    if size is not None:
        x0, x1 = (min(max(x, -0.5), size[0] - 0.5) for x in (x0, x1))
        y0, y1 = (min(max(y, -0.5), size[1] - 0.5) for y in (y0, y1))
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None


def labelled_points(instance: Instance) -> dict[str, Point]:
    """Where the points lie that COCO counts as labelled: visible or hidden ones with a position."""
    return {
        name: said.position
        for name, said in instance.keypoints.items()
        if said.position is not None and said.visibility is not Visibility.ABSENT
    }


def box_of(instance: Instance, *, size: tuple[int, int] | None = None, margin: float = MARGIN) -> Box | None:
    """The box of a thing: the one that was said, else that around its labelled points; None without either."""
    return instance.box or box_around(labelled_points(instance).values(), size=size, margin=margin)


def area_of(box: Box) -> float:
    """Square pixels."""
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def overlap(first: Box, second: Box) -> float:
    """Intersection over union of two boxes, 0 where they do not touch."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / (area_of(first) + area_of(second) - both)


def set_box(labels: FrameLabels, number: int, box: Box | None) -> FrameLabels:
    """The labels with this box of a thing, corners in any order; None gives it the box around its points again.

    Raises
    ------
    ValueError
        If the box has no area, or nothing is left of the thing.
    """
    one = labels.instance(number)
    if box is not None:
        box = (min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3]))
        if not area_of(box) > 0:
            raise ValueError("a box needs a width and a height")
    placed = None if box is None else tuple(map(float, box))
    changed = replace(one, box=placed, carried=one.carried - {BOX})  # type: ignore[arg-type]
    return delete(labels, number) if changed.is_empty else _placed(labels, changed)


def set_box_from_points(
    labels: FrameLabels, number: int, *, size: tuple[int, int] | None = None, margin: float = MARGIN
) -> FrameLabels:
    """The labels with the box around its points as the box of a thing; ValueError where they span none."""
    found = box_around(labelled_points(_named(labels, number)).values(), size=size, margin=margin)
    if found is None:
        raise ValueError("its points span no box")
    return set_box(labels, number, found)


def _placed(labels: FrameLabels, instance: Instance) -> FrameLabels:
    """With a thing in place of the one with its id, or added; empty ones go."""
    if any(one.id == instance.id for one in present(labels)):
        return _with(labels, (instance if one.id == instance.id else one for one in present(labels)))
    return add(labels, instance)


def move(labels: FrameLabels, number: int, by: Point) -> FrameLabels:
    """The labels with a whole thing, points, box and markings, moved by (x, y) pixels."""
    return _placed(labels, _moved(_named(labels, number), by))


def _moved(one: Instance, by: Point) -> Instance:
    return _mapped(one, (1.0, 1.0), by)


def scale(labels: FrameLabels, number: int, factor: Point, *, about: Point) -> FrameLabels:
    """The labels with a whole thing scaled by (x, y) about a point that stays.

    Raises
    ------
    ValueError
        If there is no such thing or a factor is not above 0; `flip` mirrors.
    """
    if not (factor[0] > 0 and factor[1] > 0):
        raise ValueError(f"{factor[0]:g}, {factor[1]:g} are no factors above 0")
    by = (about[0] - factor[0] * about[0], about[1] - factor[1] * about[1])
    return _placed(labels, _mapped(_named(labels, number), factor, by))


def flip(labels: FrameLabels, number: int, mirror: Mapping[str, str]) -> FrameLabels:
    """The labels with left and right names of a thing exchanged, places as they are: the usual mistake, mended."""
    one = _named(labels, number)
    return _placed(labels, replace(one, keypoints={mirror.get(n, n): said for n, said in one.keypoints.items()}))


def _mapped(one: Instance, factor: Point, by: Point) -> Instance:
    def at(place: Point) -> Point:
        return factor[0] * place[0] + by[0], factor[1] * place[1] + by[1]

    box = one.box
    return replace(
        one,
        keypoints={name: _at(said, at(said.position) if said.position else None) for name, said in
                   one.keypoints.items()},
        markings={name: tuple(at(place) for place in places) for name, places in one.markings.items()},
        box=None if box is None else (*at((box[0], box[1])), *at((box[2], box[3]))),
        carried=one.carried - {BOX},
    )  # fmt: skip


def _at(said: KeypointLabel, place: Point | None) -> KeypointLabel:
    """Placed there by the hand that moved it."""
    return said if place is None else replace(said, position=place, origin=Origin.HAND)


def set_visibility_of_all(labels: FrameLabels, number: int, visibility: Visibility) -> FrameLabels:
    """The labels with every placed point of a thing marked."""
    one = _named(labels, number)
    points = {
        name: replace(said, visibility=visibility) if said.position is not None else said
        for name, said in one.keypoints.items()
    }
    return _placed(labels, replace(one, keypoints=points))


def set_attribute(
    labels: FrameLabels, attribute: Attribute, value: AttributeValue, *, instance: int = 0
) -> FrameLabels:
    """The labels with a value of what a scheme asks of the frame, or of one thing in it; a person's word from now on.

    Raises
    ------
    ValueError
        If the attribute does not allow the value.
    """
    kept = attribute.checked(value)
    if attribute.scope is AttributeScope.FRAME:
        taken = _without(labels.accepted, attribute.name)
        return replace(labels, attributes={**labels.attributes, attribute.name: kept}, accepted=taken)
    one = labels.instance(instance)
    taken = _without(one.accepted, attribute.name)
    return _placed(labels, replace(one, attributes={**one.attributes, attribute.name: kept}, accepted=taken))


def clear_attribute(labels: FrameLabels, attribute: Attribute, *, instance: int = 0) -> FrameLabels:
    """The labels with nothing said of an attribute."""
    if attribute.scope is AttributeScope.FRAME:
        return replace(labels, attributes=_without(labels.attributes, attribute.name))
    one = labels.instance(instance)
    changed = replace(one, attributes=_without(one.attributes, attribute.name))
    if changed.is_empty:
        return _with(labels, (other for other in present(labels) if other.id != instance))
    return _placed(labels, changed)


def _without(values: Mapping[str, AttributeValue], name: str) -> dict[str, AttributeValue]:
    return {key: value for key, value in values.items() if key != name}


def is_crowd(instance: Instance) -> bool:
    """Whether this is a region of many that nobody told apart (COCO's ``iscrowd``): it has a box and no points."""
    said = instance.foreign.get("coco")
    annotation = said.get("annotation") if isinstance(said, Mapping) else None
    return isinstance(annotation, Mapping) and bool(annotation.get("iscrowd"))
