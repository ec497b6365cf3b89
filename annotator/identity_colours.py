"""The colour of a thing by its number, so that the same thing looks the same in every frame.

Seven colours that people who see colour differently tell apart (Okabe & Ito, *Color Universal Design*, 2008), light
enough for a dark casing; the eighth thing has the first again. A number is always shown beside it.
"""

from __future__ import annotations

__all__ = ["CYCLE", "identity_colour"]

CYCLE: tuple[tuple[int, int, int], ...] = (
    (240, 228, 66), (86, 180, 233), (230, 159, 0), (96, 219, 170), (204, 121, 167), (232, 110, 30), (90, 150, 255),
)  # fmt: skip
"""Red, green, blue; neighbours differ most."""


def identity_colour(number: int) -> tuple[int, int, int]:
    """Red, green and blue of the thing with this number, from 0."""
    return CYCLE[number % len(CYCLE)]
