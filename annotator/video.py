"""Frames of a video by number, exactly: an index of presentation times from the packets, and verified seeks.

The header's frame count, the file's own index and a decoder's notion of where it landed are all known to lie; what a
packet carries and the time on the decoded frame are not, so a frame is returned only when its time is the right one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from annotator.video_ahead import ReadAhead, Window
from annotator.video_decoding import Converter, Decoder, MediaError, Rgb

__all__ = ["MediaError", "Rgb", "VideoReader", "count_frames"]

CACHE_BYTES = 192 << 20
"""Decoded frames kept by one reader: some 60 of 1080p."""

_SEEK_ATTEMPTS = 3
_GIVE_WAY_SECONDS = 0.001
_DAMAGED = "Repair the video or leave the frame out; the other frames can be used."


def count_frames(path: Path) -> int:
    """How many frames a video really holds; MediaError if it cannot be opened or holds none."""
    with VideoReader(path) as reader:
        return len(reader)


class VideoReader:
    """Random access to the frames of one video; any thread may read, one at a time.

    Frames around the ones read last are kept decoded. Whoever goes step by step, in either direction, is run ahead of
    by a thread, which ends by itself.

    Parameters
    ----------
    path : Path
    cache_bytes : int
        Most that the decoded frames kept may take.

    Raises
    ------
    MediaError
        On opening, when the file is no video, damaged beyond its first frame, or empty.
    """

    def __init__(self, path: Path, *, cache_bytes: int = CACHE_BYTES) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._converting = threading.Lock()
        self._decoder: Decoder | None = Decoder(path)
        self._index = self._decoder.index
        self.fps = self._decoder.fps
        tick = 1.0 / self.fps if self._index.counted else self._decoder.time_base
        self._times = np.asarray(self._index.times * tick)
        self._times.setflags(write=False)
        self._converter = Converter()
        across, down = self._decoder.size
        self._window = Window(cache_bytes, frame_bytes=across * down * 3 // 2)
        self._missing: set[int] = set()
        self._spoilt: set[int] = set()
        self._given_up: set[int] = set()
        self._waiting: set[int] = set()
        self._ahead = ReadAhead(self._run_ahead)

    def __len__(self) -> int:
        return len(self._index)

    @property
    def times(self) -> NDArray[np.float64]:
        """Presentation time of every frame in seconds, ascending; (N,)."""
        return self._times

    @property
    def damaged(self) -> tuple[range, ...]:
        """Stretches of frames found missing or spoilt so far: `read` refuses the missing ones and shows the others."""
        with self._lock:
            numbers = sorted(self._missing | self._spoilt)
        breaks = [n for n, (a, b) in enumerate(pairwise(numbers), start=1) if b != a + 1]
        edges = [0, *breaks, len(numbers)]
        return tuple(range(numbers[a], numbers[b - 1] + 1) for a, b in pairwise(edges)) if numbers else ()

    def read(self, number: int) -> Rgb:
        """Frame ``number`` from 0, (H, W, 3) RGB uint8, turned as its metadata asks.

        Raises
        ------
        MediaError
            If this frame is damaged or missing in the file; the others can still be read.
        ValueError
            If the video has no frame of this number.
        """
        frame = self._frame(number)
        with self._converting:
            return self._converter.rgb(frame)

    def read_small(self, number: int, *, width: int) -> Rgb:
        """As `read`, ``width`` pixels wide."""
        frame = self._frame(number)
        with self._converting:
            return self._converter.small(frame, width)

    def key_before(self, number: int) -> int:
        """The number of the nearest frame at or before ``number`` that is decoded without any other; 0 without one."""
        at = self._index.key_before(int(self._index.times[number]))
        while at >= 0 and self._index.number(int(self._index.keys[at])) < 0:
            at -= 1
        return self._index.number(int(self._index.keys[at])) if at >= 0 else 0

    def small_frames(self, *, width: int, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, Rgb]]:
        """Number and picture of the frames from ``start`` to before ``stop`` in order, made ``width`` pixels wide.

        Frames that are damaged are left out. Decoded beside `read`, which may go on meanwhile.
        """
        last = len(self) if stop is None else min(stop, len(self))
        decoder, converter = Decoder(self.path, self._index), Converter()
        try:
            key = -1 if self._index.counted or not start else self._index.key_before(int(self._index.times[start]))
            if key < 0 or not decoder.begin(key, number=start):
                decoder.begin(None)
            while decoder.running and start < last:
                for number, frame in decoder.step(start):
                    if start <= number < last and not frame.is_corrupt:
                        if number > start and not decoder.is_sure:  # began at what is no key frame after all
                            decoder.begin(None)
                            break
                        yield number, converter.small(frame, width)
                        start = number + 1
        finally:
            decoder.close()

    def rest(self) -> None:
        """Forget the decoded frames, as when another video is looked at; the file stays open."""
        with self._lock:
            self._window.clear()

    def close(self) -> None:
        """Let go of the file."""
        self._ahead.close()
        with self._lock:
            decoder, self._decoder = self._decoder, None
            self._window.clear()
        if decoder is not None:
            decoder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _frame(self, number: int) -> Any:
        """The decoded frame of this number."""
        if not 0 <= number < len(self):
            raise ValueError(f"{self.path} has {len(self)} frames, no frame {number}")
        self._waiting.add(threading.get_ident())
        try:
            with self._lock:
                if self._decoder is None:
                    raise MediaError(self.path, "the video is closed", "Open it again.")
                self._window.look_at(number)
                frame = self._window.get(number)
                if frame is None and number not in self._missing:
                    for _ in self._approach(number):
                        pass
                    frame = self._window.get(number)
                if frame is None:
                    self._missing.add(number)
                    raise MediaError(self.path, f"frame #{number:06d} is damaged", _DAMAGED)
        finally:
            self._waiting.discard(threading.get_ident())
        if self._window.stepping:
            self._ahead.wake()
        return frame

    def _approach(self, number: int) -> Iterator[None]:
        """Decode, a packet a turn, until this frame is kept or cannot be had: onwards, else from earlier key frames."""
        decoder = self._decoder
        assert decoder is not None
        keep_from = self._window.keep_from(number)
        if decoder.leads_to(number):
            yield from self._decode_to(decoder, number, keep_from)
            if number in self._window:
                return
        last = -1 if self._index.counted else self._index.key_before(int(self._index.times[number]))
        for key in [*range(last, max(-1, last - _SEEK_ATTEMPTS), -1), None]:
            if decoder.begin(key, number=number):
                yield from self._decode_to(decoder, number, keep_from)
            if number in self._window:
                return
            if key is not None and decoder.is_sure and decoder.position is not None and number <= decoder.position:
                return  # decoded past it from a key frame that came out itself: the frame is broken

    def _decode_to(self, decoder: Decoder, number: int, keep_from: int) -> Iterator[None]:
        """Decode onwards, keeping frames from ``keep_from`` on, until ``number`` came or was passed."""
        while decoder.running and number not in self._window:
            before = decoder.position
            if before is not None and before > number:
                return
            for found, frame in decoder.step(keep_from):
                if decoder.is_sure:
                    whole_from = max(keep_from, decoder.whole_from)
                    for lost in range(max(whole_from, decoder.start if before is None else before + 1), found):
                        self._mark(lost)
                before = found if before is None else max(before, found)
                self._take(decoder, found, frame, keep_from)
            yield

    def _take(self, decoder: Decoder, number: int, frame: Any, keep_from: int) -> None:
        """Keep a frame that came out, or note that it is broken where the decoder had all that it needs."""
        if not frame.is_corrupt:
            self._missing.discard(number)
            if number >= keep_from:
                self._window.put(number, frame)
        elif decoder.is_sure:
            self._mark(number)

    def _mark(self, number: int) -> None:
        """Note a missing frame and what it spoils; ones that are kept already are noted, too."""
        if number not in self._missing:
            self._missing.add(number)
            self._spoilt.update(int(n) for n in self._index.spoilt_by(number))

    def _run_ahead(self) -> bool:
        """Decode one packet towards what will be asked for next; False when nothing is to be done."""
        if self._waiting:
            time.sleep(_GIVE_WAY_SECONDS)
            return True
        with self._lock:
            if self._decoder is None:
                return False
            lost = self._missing | self._given_up
            number = self._window.wanted_next(len(self), lost, self._decoder.leads_to)
            if number is None:
                return False
            if self._ahead.task is None or self._ahead.task[0] != number or not self._decoder.running:
                self._ahead.task = (number, self._approach(number))
            with suppress(StopIteration):
                next(self._ahead.task[1])
                return True
            self._ahead.task = None
            if number not in self._window:
                self._given_up.add(number)
            return True
