"""The numbers that tracks get: those that persons gave, then those that persons' labels have, then free ones."""

from __future__ import annotations

from collections.abc import Collection, Sequence

__all__ = ["named"]


def named(tracks: Sequence[tuple[int | None, int | None]], reserved: Collection[int]) -> list[int]:
    """The number of every track, each another.

    Parameters
    ----------
    tracks
        The number that a person gave it, and the one that a label of it has, in order of their beginnings; None where
        there is none. No two have the same given number.
    reserved
        Numbers that only a person gives.
    """
    given: dict[int, int] = {n: fixed for n, (fixed, _) in enumerate(tracks) if fixed is not None}
    used = {*given.values(), *reserved}
    for n, (_, wanted) in enumerate(tracks):
        if n not in given and wanted is not None and wanted not in used:
            given[n] = wanted
            used.add(wanted)
    number = 0
    for n in range(len(tracks)):
        if n not in given:
            while number in used:
                number += 1
            given[n] = number
            used.add(number)
    return [given[n] for n in range(len(tracks))]
