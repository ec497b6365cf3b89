"""A video in real time: frames decoded ahead by a thread, each handed out when its time has come.

What cannot be decoded in time is left out, so that the picture never falls behind the clock; frames are left out
before they are decoded or converted where that is possible.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from annotator.video import MediaError, Rgb, VideoReader

_AHEAD = 6
_LATE = 0.04


@dataclass(frozen=True)
class Played:
    """A frame to show now: its number, its presentation time in seconds and its picture, (H, W, 3) RGB uint8."""

    number: int
    time: float
    rgb: Rgb


class PlayQueue:
    """The frames of ``reader`` from ``start`` on, ``speed`` times as fast as recorded, backwards where it is negative.

    Ask `due` whenever the screen can take a frame, or go over the queue, which waits in between. The clock starts with
    the first frame that is handed out. Damaged frames are passed over.

    Parameters
    ----------
    reader : VideoReader
        Shared with others: whoever reads other frames of it meanwhile slows both down.
    start : int
        Number of the first frame to show.
    speed : float
        1 is real time; any number but 0.
    stop : int, optional
        Number of the last frame to show; the last one of the video, or the first one backwards.
    width : int, optional
        Width of the pictures in pixels; that of the video by default.
    clock : callable
        Seconds that only grow.

    Raises
    ------
    ValueError
        For a speed of 0 or a frame that the video does not have.
    """

    def __init__(
        self,
        reader: VideoReader,
        start: int,
        *,
        speed: float = 1.0,
        stop: int | None = None,
        width: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not speed or not 0 <= start < len(reader):
            raise ValueError(f"frame {start} at speed {speed} of a video of {len(reader)} frames")
        self._reader, self._width, self._clock = reader, width, clock
        self._times = reader.times
        self._step = 1 if speed > 0 else -1
        self._speed = speed
        last = (len(reader) - 1 if speed > 0 else 0) if stop is None else stop
        self._stop = min(max(last, 0), len(reader) - 1)
        self._next = start
        self._began: float | None = None
        self._began_at = self._times[start]
        self._ready: deque[Played] = deque()
        self._changed = threading.Condition()
        self._closed = self._done = False
        self._dropped = 0
        self._thread = threading.Thread(target=self._run, name="playing", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """How many frames were left out because there was no time for them."""
        return self._dropped

    @property
    def ended(self) -> bool:
        """True when nothing will come any more."""
        with self._changed:
            return self._closed or (self._done and not self._ready)

    def due(self) -> Played | None:
        """The latest frame whose time has come, or None when that one was handed out already; never waits."""
        with self._changed:
            found = None
            while self._ready and (self._began is None or self._due_at(self._ready[0]) <= self._clock()):
                if found is not None:
                    self._dropped += 1
                found = self._ready.popleft()
                if self._began is None:
                    self._began, self._began_at = self._clock(), found.time
            if found is not None:
                self._changed.notify_all()
            return found

    def seconds_to_next(self) -> float | None:
        """How long until `due` has something new, as far as is known; None when it ended."""
        with self._changed:
            if self._closed or (self._done and not self._ready):
                return None
            if not self._ready:
                return 0.002
            return 0.0 if self._began is None else max(0.0, self._due_at(self._ready[0]) - self._clock())

    def __iter__(self) -> Iterator[Played]:
        while (wait := self.seconds_to_next()) is not None:
            if wait:
                time.sleep(min(wait, 0.05))
            found = self.due()
            if found is not None:
                yield found

    def close(self) -> None:
        """Stop decoding and wait for the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def _due_at(self, played: Played) -> float:
        assert self._began is not None
        return float(self._began + (played.time - self._began_at) / self._speed)

    def _run(self) -> None:
        while True:
            with self._changed:
                while len(self._ready) >= _AHEAD and not self._closed:
                    self._changed.wait()
                number = self._next if self._closed else self._in_time(self._next)
                if self._closed or (number - self._stop) * self._step > 0:
                    self._done = True
                    return
                self._next = number + self._step
            try:
                rgb = self._read(number)
            except MediaError:
                continue
            with self._changed:
                self._ready.append(Played(number, float(self._times[number]), rgb))

    def _in_time(self, number: int) -> int:
        """The first frame from ``number`` on that is not late already; the last one is always shown."""
        if self._began is None:
            return number
        shown_now = self._began_at + (self._clock() - _LATE - self._began) * self._speed
        if self._step > 0:
            first = min(max(number, bisect_left(self._times, shown_now)), max(number, self._stop))
        else:
            first = max(min(number, bisect_right(self._times, shown_now) - 1), min(number, self._stop))
        self._dropped += abs(first - number)
        return first

    def _read(self, number: int) -> Rgb:
        if self._width is None:
            return self._reader.read(number)
        return self._reader.read_small(number, width=self._width)
