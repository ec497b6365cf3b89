"""The numbers that tracks get: those that persons gave, that labels have, that the last run gave, then free ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

__all__ = ["named"]

Claim = tuple[int | None, int | None, Mapping[int, int]]
"""The number that a person gave a track, the one that a label of it has, and in how many frames it is who the last run
gave which number."""


def named(tracks: Sequence[Claim], reserved: Collection[int]) -> list[int]:
    """The number of every track, each another.

    Parameters
    ----------
    tracks
        What speaks for which number of each, in order of their beginnings. No two have the same given number.
    reserved
        Numbers that only a person gives.
    """
    given: dict[int, int] = {n: fixed for n, (fixed, _, _) in enumerate(tracks) if fixed is not None}
    used = {*given.values(), *reserved}
    wishes = [(n, wanted) for n, (_, wanted, _) in enumerate(tracks) if wanted is not None]
    votes = [(-count, n, number) for n, (_, _, some) in enumerate(tracks) for number, count in some.items()]
    for n, number in [*wishes, *((n, number) for _, n, number in sorted(votes))]:
        if n not in given and number not in used:
            given[n] = number
            used.add(number)
    number = 0
    for n in range(len(tracks)):
        if n not in given:
            while number in used:
                number += 1
            given[n] = number
            used.add(number)
    return [given[n] for n in range(len(tracks))]
