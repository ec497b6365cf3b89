"""Which other number of a clip somebody most likely has as well: where one ends and the other begins close by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from annotator.instances import box_of

if TYPE_CHECKING:
    from annotator.project import Project
    from annotator.timeline_things import Stretches

__all__ = ["likeliest", "meetings"]

LOOKED_AT = 8
"""So many of the nearest in time are looked at in space."""
A_BODY = 25.0
"""Frames apart that count as much as the size of a body of distance: about a second."""
_Meeting = tuple[int, int, int, int]
"""Frames apart, the other number, and the frames in which the two are nearest in time: the one's, the other's."""


def meetings(lanes: Mapping[int, Stretches], number: int) -> list[_Meeting]:
    """Everybody who is in no frame together with this one, the nearest in time first."""
    own = lanes.get(number)
    if own is None or not len(own.starts):
        return []
    found = []
    for other, where in lanes.items():
        if other == number or not len(where.starts):
            continue
        # Frames from the end of one stretch to the begin of the other, either way round; 0 and less is together.
        after = where.starts[None] - (own.ends[:, None] - 1)
        before = own.starts[:, None] - (where.ends[None] - 1)
        apart = np.maximum(after, before)
        row, column = np.unravel_index(int(np.argmin(apart)), apart.shape)
        if apart[row, column] > 0:
            is_after = bool(after[row, column] > 0)
            here = own.ends[row] - 1 if is_after else own.starts[row]
            there = where.starts[column] if is_after else where.ends[column] - 1
            found.append((int(apart[row, column]), other, int(here), int(there)))
    return sorted(found)


def likeliest(
    project: Project, ids: NDArray[np.int64], lanes: Mapping[int, Stretches], number: int
) -> list[int]:
    """The numbers that this one may be as well, the likeliest first; those who are there together with it come last.

    Parameters
    ----------
    ids
        The frames of the clip in order.
    lanes
        Where everybody is, by number.

    Raises
    ------
    ProjectError
        If the project cannot be read.
    """
    near = meetings(lanes, number)
    order = sorted((_distance(project, ids, number, one), one) for one in near[:LOOKED_AT])
    first = [one[1] for _, one in order] + [one[1] for one in near[LOOKED_AT:]]
    known = {number, *first}
    return first + sorted(other for other, where in lanes.items() if other not in known and len(where.starts))


def _distance(project: Project, ids: NDArray[np.int64], number: int, meeting: _Meeting) -> float:
    """How far the two are apart where they are nearest in time: in sizes of the body, and in frames."""
    apart, other, here, there = meeting
    one = box_of(project.record(int(ids[here])).labels.instance(number))
    two = box_of(project.record(int(ids[there])).labels.instance(other))
    if one is None or two is None:
        return float("inf")
    size = max(one[2] - one[0], one[3] - one[1], 1.0)
    across = np.hypot(one[0] + one[2] - two[0] - two[2], one[1] + one[3] - two[1] - two[3]) / 2.0
    return float(across / size + apart / A_BODY)
