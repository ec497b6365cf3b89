"""Which stretch of a clip lies where on the screen, and what the ruler over it says; values only."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotator.timeline import timecode

CLOSEST = 64.0
"""Pixels that a frame takes at the most."""
_MARGIN = 0.5
_STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Axis:
    """The frames from ``start`` to ``end`` (fractions, frame n covers n to n + 1) over ``width`` pixels from ``left``.

    ``count`` is how many frames the clip has.
    """

    count: int
    start: float
    end: float
    left: int
    width: int

    @classmethod
    def whole(cls, count: int, *, left: int, width: int) -> Axis:
        """All of the clip."""
        return cls(count, 0.0, float(max(count, 1)), left, max(width, 1))

    @property
    def scale(self) -> float:
        """Pixels a frame."""
        return self.width / (self.end - self.start)

    @property
    def is_whole(self) -> bool:
        """True when the whole clip is to be seen."""
        return self.start <= 0.0 and self.end >= self.count

    def x(self, frame: float) -> float:
        """Where a frame begins, in pixels."""
        return self.left + (frame - self.start) * self.scale

    def frame_at(self, x: float) -> int:
        """The frame under a pixel, held to the clip."""
        return min(max(math.floor(self.start + (x - self.left) / self.scale), 0), max(self.count - 1, 0))

    def place_at(self, x: float) -> float:
        """The place under a pixel in frames, not held."""
        return self.start + (x - self.left) / self.scale

    def edges(self) -> NDArray[np.float64]:
        """(W + 1,) where the columns of pixels begin and the last one ends, in frames."""
        return np.linspace(self.start, self.end, self.width + 1)

    def fitted(self, *, count: int, left: int, width: int) -> Axis:
        """The same stretch of a clip of another size, or on another screen; all of it where all was to be seen."""
        width = max(width, 1)
        if self.is_whole or count != self.count:
            return Axis.whole(count, left=left, width=width)
        return replace(self, left=left, width=width)._held()

    def zoomed(self, factor: float, about: float) -> Axis:
        """``factor`` times as large about a pixel, which keeps its frame."""
        at = self.place_at(about)
        span = (self.end - self.start) / factor
        least = min(self.width / CLOSEST, float(max(self.count, 1)))
        span = min(max(span, least), float(max(self.count, 1)))
        part = (about - self.left) / self.width
        return replace(self, start=at - part * span, end=at + (1.0 - part) * span)._held()

    def panned(self, pixels: float) -> Axis:
        """Moved by so many pixels, later frames for positive ones."""
        by = pixels / self.scale
        return replace(self, start=self.start + by, end=self.end + by)._held()

    def over(self, first: int, last: int) -> Axis:
        """The frames from ``first`` to ``last`` with a little room about them."""
        room = max((last - first + 1) * 0.04, _MARGIN)
        least = min(self.width / CLOSEST, float(max(self.count, 1)))
        middle, half = (first + last + 1) / 2, max((last - first + 1) / 2 + room, least / 2)
        return replace(self, start=middle - half, end=middle + half)._held()

    def showing(self, frame: int, *, share: float = 0.12) -> Axis:
        """Moved as little as needed for a frame to lie inside, then by a share of the width more."""
        if self.is_whole or (self.start <= frame and frame + 1 <= self.end):
            return self
        span = self.end - self.start
        start = frame - share * span if frame + 1 > self.end else frame + 1 - (1.0 - share) * span
        # Ahead of a playhead that runs there is more to come than behind it.
        return replace(self, start=start, end=start + span)._held()

    def _held(self) -> Axis:
        """Held to the clip."""
        span = min(self.end - self.start, float(max(self.count, 1)))
        start = min(max(self.start, 0.0), max(self.count - span, 0.0))
        return replace(self, start=start, end=start + span)

    def ticks(self, room: int) -> Iterator[int]:
        """Frames at round numbers, at least ``room`` pixels apart, counted from one."""
        step = _round_step(room / self.scale)
        first = math.ceil((self.start + 1) / step) * step
        for number in range(max(first, step), int(self.end) + 1, step):
            yield number - 1
        if step == 1:
            return
        if self.start <= 0.0 < self.end:
            yield 0

    def time_ticks(self, times: NDArray[np.float64], room: int) -> Iterator[int]:
        """Frames at round times, at least ``room`` pixels apart where the rate is even."""
        rate = (len(times) - 1) / max(float(times[-1] - times[0]), 1e-9) if len(times) > 1 else 25.0
        seconds = room / self.scale / rate
        if seconds * rate < 1.0 or seconds < 2.0 / rate:
            yield from range(max(math.ceil(self.start), 0), min(math.ceil(self.end), len(times)))
            return
        step = _round_seconds(seconds)
        low, high = times[max(int(self.start), 0)], times[min(math.ceil(self.end), len(times)) - 1]
        wanted = np.arange(math.ceil(float(low) / step - 1e-6), math.floor(float(high) / step + 1e-6) + 1) * step
        yield from np.unique(np.minimum(np.searchsorted(times, wanted - 1e-6), len(times) - 1)).tolist()


def _round_step(least: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, ... that is not less."""
    power = 1
    while True:
        for step in _STEPS:
            if step * power >= least:
                return step * power
        power *= 10


def _round_seconds(least: float) -> float:
    """The smallest round time that is not less: tenths, seconds, then what a clock has."""
    for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400):
        if step >= least:
            return float(step)
    return 28800.0


def place_text(times: NDArray[np.float64], place: int) -> str:
    """The time of a frame where there are times, else its number counted from one."""
    return timecode(times, place) or f"{place + 1:,}"
