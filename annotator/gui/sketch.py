"""What a tool would like to have painted on top while it is in the hand, as frozen values to compare and to paint.

A tool paints nothing: it offers a sketch, and the canvas touches what differs from the one before. Nothing in a sketch
is a label, can be hit, or outlives the gesture. Positions are image pixels, x then y.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike

from annotator.gui.geometry_view import Polyline


class Look(Enum):
    """What a line of a sketch means, which decides how it is painted."""

    RUBBER = "rubber"
    """From the last click to the pointer."""
    PREVIEW = "preview"
    """What a click here would make."""
    BEFORE = "before"
    """What was, before it was snapped to the paint."""
    AFTER = "after"
    """What it was snapped to."""
    TEMPLATE = "template"
    """The pitch while it is dragged."""
    FAINT = "faint"
    """The pitch where a drag could begin."""


class Sign(Enum):
    """What a small sign of a sketch means; each has a shape of its own."""

    PAINT = "paint"
    """Paint was found here and agrees: a ring."""
    STRAY = "stray"
    """Something bright was found here that does not agree: a cross."""
    PIN = "pin"
    """This place of the pitch stays where it is."""
    HANDLE = "handle"
    """This can be taken hold of."""


@dataclass(frozen=True)
class Stroke:
    """A line to paint."""

    look: Look
    path: Polyline


@dataclass(frozen=True)
class Spot:
    """A sign to paint at ``x``, ``y``."""

    sign: Sign
    x: float
    y: float


@dataclass(frozen=True)
class Sketch:
    """All that a tool offers at one moment."""

    strokes: tuple[Stroke, ...] = ()
    spots: tuple[Spot, ...] = ()

    def of(self, look: Look) -> tuple[Polyline, ...]:
        """The lines with this look."""
        return tuple(stroke.path for stroke in self.strokes if stroke.look is look)


NO_SKETCH = Sketch()


def stroke(look: Look, points: ArrayLike) -> Stroke:
    """A line through ``points`` (N, 2)."""
    return Stroke(look, Polyline(np.asarray(points, dtype=np.float64).reshape(-1, 2)))


def spots(sign: Sign, points: Iterable[Iterable[float]]) -> tuple[Spot, ...]:
    """The same sign at each of ``points`` (N, 2)."""
    return tuple(Spot(sign, float(x), float(y)) for x, y in points)
