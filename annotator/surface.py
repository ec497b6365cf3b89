"""The pitch as it lies there: a little longer or wider than the book says, and cambered so that rain runs off.

A place in metres of the book's pitch moves by q = x + B(x) (crown, length, width), linear in what is unknown:

- crown h: the ground stands h higher along the middle than at the touch lines, z = -h (1 - (y / 34)^2);
- length, width: extra metres of the whole pitch. Areas, arcs and goals go with their goal line, touch lines outward;
  between them the stretch grows evenly, so that a path along a touch line stays a path.

Source for the camber: drainage gradients of 0.5 to 1 % along the short side (FIFA, *Football Stadiums*, 2011, 5).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from annotator.pitch import CIRCLE_RADIUS, HALF_WIDTH, PENALTY_AREA, PENALTY_MARK

Array = NDArray[np.float64]

UNKNOWNS = ("crown", "length", "width")
USUAL = np.array([0.1, 0.0, 0.0])  # metres
USUAL_SD = np.array([0.2, 3.0, 2.5])
_APEX = PENALTY_MARK - CIRCLE_RADIUS
_SIDE = PENALTY_AREA[1]


def shifts(worlds: Array) -> Array:
    """How places (N, 3) move with crown, length and width: (N, 3, 3), metres per metre, axes then unknowns."""
    x, y = worlds[..., 0], worlds[..., 1]
    found = np.zeros((*worlds.shape, 3))
    found[..., 2, 0] = -camber(y)
    found[..., 0, 1] = 0.5 * np.sign(x) * np.clip((np.abs(x) - CIRCLE_RADIUS) / (_APEX - CIRCLE_RADIUS), 0.0, 1.0)
    found[..., 1, 2] = 0.5 * np.sign(y) * np.clip((np.abs(y) - _SIDE) / (HALF_WIDTH - _SIDE), 0.0, 1.0)
    return found


def camber(y: Array) -> Array:
    """The height of the ground over that of the touch lines, as a share of the crown."""
    found: Array = np.maximum(1.0 - (y / HALF_WIDTH) ** 2, 0.0)
    return found


def moved(worlds: Array, unknowns: Array) -> Array:
    """Places (N, 3) of a pitch with this crown, extra length and width, (3,); the same array when all are zero."""
    if not unknowns.any():
        return worlds
    found: Array = worlds + shifts(worlds) @ unknowns
    return found
