"""Decoded frames around the one that is looked at, and the thread that fills in what will be looked at next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Container, Iterator
from typing import Any

_MOST_FRAMES = 512
_LEAST_FRAMES = 8
_STEP = 3
_BEHIND_COUNTS = 2
_IDLE_SECONDS = 2.0


class Window:
    """Frames by number, bounded in bytes; the ones farthest from where one is and goes make room.

    Parameters
    ----------
    most_bytes : int
    frame_bytes : int
        Of one decoded frame.
    """

    def __init__(self, most_bytes: int, *, frame_bytes: int) -> None:
        self.capacity = max(_LEAST_FRAMES, min(_MOST_FRAMES, most_bytes // max(1, frame_bytes)))
        self._frames: dict[int, Any] = {}
        self._at = 0
        self._way = 0

    def __contains__(self, number: int) -> bool:
        return number in self._frames

    def get(self, number: int) -> Any:
        """The frame, or None."""
        return self._frames.get(number)

    def clear(self) -> None:
        """Forget all frames, and the direction: nothing is wanted until somebody steps again."""
        self._frames.clear()
        self._way = 0

    @property
    def stepping(self) -> bool:
        """True when the last frames looked at were neighbours, in one direction."""
        return self._way != 0

    def look_at(self, number: int) -> None:
        """Note which frame is looked at, and from there the direction."""
        step = number - self._at
        if step:
            self._way = (1 if step > 0 else -1) if abs(step) <= _STEP else 0
        self._at = number

    def keep_from(self, number: int) -> int:
        """The first frame worth keeping on the way to ``number``."""
        reach = self._reach if self._way < 0 else self.capacity // 2
        return max(0, min(number, self._at) - reach)

    def put(self, number: int, frame: Any) -> None:
        """Keep a frame, unless all that are kept lie nearer."""
        self._frames[number] = frame
        if len(self._frames) > self.capacity:
            del self._frames[max(self._frames, key=self._distance)]

    def wanted_next(
        self, count: int, lost: Container[int], leads_to: Callable[[int], bool]
    ) -> int | None:
        """The frame to decode ahead: the nearest one that is not kept in the direction of travel.

        One that needs a new pass over its group of pictures is wanted only when half of the stock is used up.
        """
        if not self._way:
            return None
        end = min(count, self._at + self._reach + 1) if self._way > 0 else max(-1, self._at - self._reach - 1)
        for number in range(self._at, end, self._way):
            if number not in self._frames and number not in lost:
                is_soon = abs(number - self._at) <= self._reach // 2
                return number if is_soon or leads_to(number) else None
        return None

    @property
    def _reach(self) -> int:
        return self.capacity * 3 // 5

    def _distance(self, number: int) -> int:
        ahead = (number - self._at) * (self._way or 1)
        return ahead if ahead >= 0 else -ahead * _BEHIND_COUNTS


class ReadAhead:
    """A thread that calls ``work`` until it says False, whenever woken; it ends when it has been idle for a while."""

    def __init__(self, work: Callable[[], bool]) -> None:
        self.task: tuple[int, Iterator[None]] | None = None
        """What `work` is in the middle of: a frame and the way to it."""
        self._work = work
        self._state = threading.Condition()
        self._woken = self._closed = False
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """There may be something to do."""
        with self._state:
            if self._closed:
                return
            self._woken = True
            self._state.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="reading ahead", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Stop, and wait for the thread."""
        with self._state:
            self._closed = True
            self._state.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._state:
                if not self._woken and not self._closed:
                    self._state.wait(_IDLE_SECONDS)
                if self._closed or not self._woken:
                    self._thread = None
                    return
                self._woken = False
            while not self._closed and self._work():
                pass
