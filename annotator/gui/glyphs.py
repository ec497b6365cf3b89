"""The shape of a keypoint's mark: the same on the canvas, in the table and on the map."""

from __future__ import annotations

from enum import Enum

from annotator.keypoints import Keypoint, Source
from annotator.labels import Origin, Visibility


class Glyph(Enum):
    """The shape of a mark, which says where its position comes from; colour says it a second time."""

    PLACED = "placed"
    ACCEPTED = "accepted"
    CARRIED = "carried"
    CONSTRUCTED = "constructed"
    PROJECTED = "projected"
    PREDICTED = "predicted"
    ABSENT = "absent"


_SHAPES = {
    Source.PLACED: Glyph.PLACED,
    Source.CONSTRUCTED: Glyph.CONSTRUCTED,
    Source.PROJECTED: Glyph.PROJECTED,
    Source.PREDICTED: Glyph.PREDICTED,
}
_PLACED_BY = {Origin.ACCEPTED: Glyph.ACCEPTED, Origin.PROPAGATED: Glyph.CARRIED}


def glyph_of(point: Keypoint) -> Glyph | None:
    """The shape of a keypoint's mark; None without a position."""
    if point.source is None or point.position is None:
        return None
    if point.visibility is Visibility.ABSENT:
        return Glyph.ABSENT
    if point.source is Source.PLACED and point.origin in _PLACED_BY:
        return _PLACED_BY[point.origin]
    return _SHAPES[point.source]
