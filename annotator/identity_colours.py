"""The colour of a thing by its number, so that the same thing looks the same in every frame.

Fourteen colours, light enough for a dark casing, that people who see colour differently tell apart: seven after Okabe &
Ito (*Color Universal Design*, 2008), and seven that lie furthest from all before them as seen with and without each
kind of colour blindness (Machado, Oliveira & Fernandes, *A physiologically-based model for simulation of color vision
deficiency*, 2009), in an order in which neighbours differ most. The fifteenth thing has the first again. A number is
always shown beside it and is what counts.
"""

from __future__ import annotations

__all__ = ["CYCLE", "identity_colour"]

CYCLE: tuple[tuple[int, int, int], ...] = (
    (240, 228, 66), (86, 180, 233), (230, 159, 0), (96, 219, 170), (204, 121, 167), (232, 110, 30), (90, 150, 255),
    (144, 132, 84), (192, 252, 144), (240, 48, 192), (120, 144, 120), (216, 216, 240), (156, 252, 180), (144, 192, 96),
)  # fmt: skip
"""Red, green, blue; neighbours differ most."""


def identity_colour(number: int) -> tuple[int, int, int]:
    """Red, green and blue of the thing with this number, from 0."""
    return CYCLE[number % len(CYCLE)]
