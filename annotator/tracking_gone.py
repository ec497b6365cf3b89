"""Who a person deleted from a frame of a clip: kept with the frame's labels, so that tracking does not bring them back.

The mark is part of what is said of the frame: it is undone with the deletion, and goes along into copies of a project.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from annotator.instances import Box, labelled_points
from annotator.labels import FrameLabels, Instance, Point

__all__ = ["FORMAT", "GONE", "Gone", "gone_from", "renumbered", "with_gone", "without_gone"]

FORMAT, GONE = "touchline", "gone"


@dataclass(frozen=True)
class Gone:
    """One who was deleted: the number, and where the points and the box were, pixels."""

    number: int
    points: Mapping[str, Point]
    box: Box | None = None


def gone_from(labels: FrameLabels) -> tuple[Gone, ...]:
    """Everybody who was deleted from a frame; what is damaged is passed over."""
    said = _own(labels).get(GONE)
    some = said.items() if isinstance(said, Mapping) else ()
    return tuple(one for one in (_read(number, told) for number, told in some) if one is not None)


def with_gone(labels: FrameLabels, instance: Instance) -> FrameLabels:
    """The labels with a mark that this thing was deleted."""
    places = {name: [round(x, 2), round(y, 2)] for name, (x, y) in labelled_points(instance).items()}
    mark: dict[str, Any] = {"points": places}
    if instance.box is not None:
        mark["box"] = [round(value, 2) for value in instance.box]
    return _with(labels, {**_marks(labels), str(instance.id): mark})


def without_gone(labels: FrameLabels, numbers: Collection[int]) -> FrameLabels:
    """The labels without the marks of these numbers: they are back."""
    marks = _marks(labels)
    kept = {number: mark for number, mark in marks.items() if number not in {str(each) for each in numbers}}
    return labels if len(kept) == len(marks) else _with(labels, kept)


def renumbered(labels: FrameLabels, names: Mapping[int, int]) -> FrameLabels:
    """The labels with other numbers for those who were deleted."""
    marks = _marks(labels)
    told = {str(number): str(to) for number, to in names.items()}
    found = {told.get(number, number): mark for number, mark in marks.items()}
    return labels if found == marks else _with(labels, found)


def _own(labels: FrameLabels) -> Mapping[str, Any]:
    said = labels.foreign.get(FORMAT)
    return said if isinstance(said, Mapping) else {}


def _marks(labels: FrameLabels) -> dict[str, Any]:
    said = _own(labels).get(GONE)
    return dict(said) if isinstance(said, Mapping) else {}


def _with(labels: FrameLabels, marks: Mapping[str, Any]) -> FrameLabels:
    own = {key: value for key, value in _own(labels).items() if key != GONE}
    if marks:
        own[GONE] = dict(marks)
    foreign = {key: value for key, value in labels.foreign.items() if key != FORMAT}
    return replace(labels, foreign={**foreign, FORMAT: own} if own else foreign)


def _read(number: str, told: Any) -> Gone | None:
    try:
        points = {str(name): _place(place) for name, place in told.get("points", {}).items()}
        box = told.get("box")
        if box is None:
            return Gone(int(number), points)
        x0, y0, x1, y1 = (*_place(box[:2]), *_place(box[2:]))
        return Gone(int(number), points, (x0, y0, x1, y1))
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _place(values: Iterable[Any]) -> Point:
    x, y = (float(value) for value in values)
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ValueError("a place is finite")
    return x, y
