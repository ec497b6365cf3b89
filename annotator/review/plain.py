"""A sign in one line of plain English, for the command line; the window has words of its own that can be translated."""

from __future__ import annotations

from annotator.review.signs import Kind, Sign

__all__ = ["line"]

_PIXELS = frozenset({Kind.GEOMETRY, Kind.CORRECTED, Kind.JUMP, Kind.NETWORKS, Kind.FLIP, Kind.OTHER_PEAK})
_OF_ONE = frozenset({Kind.CORRECTED, Kind.JUMP, Kind.NETWORKS, Kind.FLIP, Kind.BOX, Kind.SWAPPED})
"""Those whose number is that of the thing concerned, where there are many."""
_SHARES = frozenset({Kind.TWO_PEAKS, Kind.FAINT})
_COUNTS = frozenset({Kind.UNLABELLED, Kind.MISSING, Kind.SWAPPED, Kind.EXTRA, Kind.UNFOUND, Kind.SIGHT})


def line(sign: Sign, *, many: bool = False) -> str:
    """What the sign says: its kind, how much, and where; where a frame shows ``many``, of which of them."""
    if sign.kind is Kind.CHECK and sign.detail:
        return sign.detail.rstrip(".")
    at = f" at {sign.keypoint}" if sign.keypoint else ""
    if many and sign.instance is not None and sign.kind in _OF_ONE:
        at += f" of no. {sign.instance}"
    if sign.kind is Kind.FLIP and not sign.keypoint:
        who = f"no. {sign.instance}" if many else "it"
        return f"{sign.kind.value}: {who} is not seen"
    if sign.kind is Kind.BONE:
        first, second, factor = sign.detail.split("\t")
        return f"{sign.kind.value}: {first} to {second}, {factor} times the usual"
    if sign.kind is Kind.NUMBER:
        said, seen = sign.detail.split(" ")
        return f"{sign.kind.value}: {sign.keypoint} {said}, predicted {seen}"
    if sign.kind is Kind.BOX or (sign.kind in _PIXELS and sign.instance is not None):
        return f"{sign.kind.value}: {sign.value:.0f} % of its size{at}"
    if sign.kind in _PIXELS:
        return f"{sign.kind.value}: {sign.value:.0f} px{at}"
    if sign.kind in _SHARES:
        share = 1.0 - sign.value if sign.kind is Kind.FAINT else sign.value
        return f"{sign.kind.value}: {share:.0%}{at}"
    if sign.kind in _COUNTS:
        habit = "" if sign.usual is None else f", which {sign.usual:.0%} of the frames that show it have"
        return f"{sign.kind.value}: {sign.count}{at}{habit}"
    return f"{sign.kind.value}{at}"
