"""What an edit changed, in numbers: how many points and markings came, went or moved, and whether the decision did."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.labels import Decision, FrameRecord, Point

__all__ = ["Changes", "changes_between", "positions"]


@dataclass(frozen=True)
class Changes:
    """What differs between two records of a frame: counts of points and markings, and the decision it came to."""

    added: int = 0
    removed: int = 0
    moved: int = 0
    marked: int = 0
    markings: int = 0
    decision: Decision | None = None
    remarks: bool = False


def changes_between(before: FrameRecord, after: FrameRecord) -> Changes:
    """What was changed from one record to the other; ``marked`` counts points that only changed in visibility."""
    old, new = before.labels.pitch.keypoints, after.labels.pitch.keypoints
    moved = marked = 0
    for name in old.keys() & new.keys():
        if old[name].position != new[name].position:
            moved += 1
        elif old[name] != new[name]:
            marked += 1
    drawn, redrawn = before.labels.pitch.markings, after.labels.pitch.markings
    first, then = before.review, after.review
    return Changes(
        len(new.keys() - old.keys()),
        len(old.keys() - new.keys()),
        moved,
        marked,
        sum(drawn.get(name) != redrawn.get(name) for name in drawn.keys() | redrawn.keys()),
        then.decision if then.decision is not first.decision else None,
        (first.comment, first.notes, first.reason) != (then.comment, then.notes, then.reason),
    )


def positions(record: FrameRecord) -> list[Point]:
    """Every place that a record says: points, then the clicks of markings; pixels."""
    said = record.labels.pitch
    points = [label.position for label in said.keypoints.values() if label.position is not None]
    return points + [click for clicks in said.markings.values() for click in clicks]
