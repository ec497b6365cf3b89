"""What an edit changed, in numbers: how many points and markings came, went or moved, and whether the decision did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from annotator.instances import present
from annotator.labels import Decision, FrameRecord, Instance, Point

__all__ = ["Changes", "changes_between", "positions"]


@dataclass(frozen=True)
class Changes:
    """What differs between two records of a frame: counts of points and markings, and the decision it came to.

    ``things`` counts whole things that came (positive) or went, ``boxes`` those whose box changed, ``attributes``
    values said beside the points. Points of things that came or went are not counted.
    """

    added: int = 0
    removed: int = 0
    moved: int = 0
    marked: int = 0
    markings: int = 0
    decision: Decision | None = None
    remarks: bool = False
    came: int = 0
    went: int = 0
    boxes: int = 0
    attributes: int = 0


def changes_between(before: FrameRecord, after: FrameRecord) -> Changes:
    """What was changed from one record to the other; ``marked`` counts points that only changed in visibility."""
    first, then = before.review, after.review
    decision = then.decision if then.decision is not first.decision else None
    remarks = (first.comment, first.notes, first.reason) != (then.comment, then.notes, then.reason)
    old, new = ({one.id: one for one in present(record.labels)} for record in (before, after))
    if max(len(old), len(new)) <= 1 and old.keys() | new.keys() <= {0}:
        # The only thing there is comes and goes point by point.
        old, new = {0: old.get(0, Instance())}, {0: new.get(0, Instance())}
    both = [_between(old[number], new[number]) for number in old.keys() & new.keys()]
    counts = [sum(column) for column in zip(*both, _NONE, strict=True)]
    added, removed, moved, marked, markings, boxes, attributes = counts
    attributes += _differ(before.labels.attributes, after.labels.attributes)
    came, went = len(new.keys() - old.keys()), len(old.keys() - new.keys())
    return Changes(added, removed, moved, marked, markings, decision, remarks, came, went, boxes, attributes)


_NONE = (0,) * 7


def _between(before: Instance, after: Instance) -> tuple[int, int, int, int, int, int, int]:
    """Of one thing: points added, removed, moved, marked, markings, boxes and attributes that differ."""
    old, new = before.keypoints, after.keypoints
    moved = marked = 0
    for name in old.keys() & new.keys():
        if old[name].position != new[name].position:
            moved += 1
        elif old[name] != new[name]:
            marked += 1
    return (
        len(new.keys() - old.keys()),
        len(old.keys() - new.keys()),
        moved,
        marked,
        _differ(before.markings, after.markings),
        int(before.box != after.box),
        _differ(before.attributes, after.attributes),
    )


def _differ(old: Mapping[str, object], new: Mapping[str, object]) -> int:
    return sum(old.get(name) != new.get(name) for name in old.keys() | new.keys())


def positions(record: FrameRecord) -> list[Point]:
    """Every place that a record says: points of every thing, then the clicks of markings; pixels."""
    said = present(record.labels)
    points = [label.position for one in said for label in one.keypoints.values() if label.position is not None]
    return points + [click for one in said for clicks in one.markings.values() for click in clicks]
