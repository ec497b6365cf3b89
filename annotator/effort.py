"""What an accepted frame costs a person: seconds at work on it, and actions. Kept in the project, told to nobody.

Time runs from one sign of life to the next: an action, or the pointer over the picture. A gap longer than `PAUSE` is no
work and counts nothing, so a telephone call on an open frame leaves no trace in the figures.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

PAUSE = 30.0
"""Seconds without a sign of life from which on nobody is at work."""
RECENT = 20
"""Frames that "lately" means."""


@dataclass(frozen=True)
class Effort:
    """Seconds at work and actions, spent on one frame or typical of several."""

    seconds: float = 0.0
    actions: float = 0

    def __add__(self, other: Effort) -> Effort:
        """Both together."""
        return Effort(self.seconds + other.seconds, self.actions + other.actions)


@dataclass(frozen=True)
class Summary:
    """What frames take: ``count`` of them, the median of all, and the medians of the first and the last `RECENT`.

    ``first`` and ``last`` are None until there are twice as many frames as either holds: fewer show no trend.
    """

    count: int
    median: Effort
    first: Effort | None = None
    last: Effort | None = None


class Stopwatch:
    """Adds up what is spent on the frame in front of a person; ``clock`` tells seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._frame: int | None = None
        self._spent = Effort()
        self._last: float | None = None

    @property
    def frame(self) -> int | None:
        """The frame that is worked on."""
        return self._frame

    def stir(self) -> None:
        """A sign of life: the time since the one before was work, unless it was a pause."""
        now = self._clock()
        gap = 0.0 if self._last is None else now - self._last
        self._last = now
        if self._frame is not None and 0.0 < gap <= PAUSE:
            self._spent += Effort(gap)

    def act(self) -> None:
        """Something was done to the frame."""
        self.stir()
        if self._frame is not None:
            self._spent += Effort(actions=1)

    def turn_to(self, frame: int | None) -> tuple[int, Effort] | None:
        """Another frame is worked on: the one before, with what was spent on it; None when that is nothing."""
        self.stir()
        before, spent = self._frame, self._spent
        self._frame, self._spent = frame, Effort()
        return None if before is None or spent == Effort() else (before, spent)


def typical(efforts: Sequence[Effort]) -> Effort:
    """The median of the seconds, and of the actions; ValueError without any."""
    if not efforts:
        raise ValueError("no frame, no median")
    return Effort(
        statistics.median(effort.seconds for effort in efforts),
        statistics.median(effort.actions for effort in efforts),
    )


def summary(efforts: Sequence[Effort]) -> Summary | None:
    """What accepted frames took, given in the order in which they were accepted; None without any."""
    if not efforts:
        return None
    enough = len(efforts) >= 2 * RECENT
    return Summary(
        len(efforts),
        typical(efforts),
        typical(efforts[:RECENT]) if enough else None,
        typical(efforts[-RECENT:]) if enough else None,
    )
