"""Frames of a video by number, exactly: an index of presentation times from the packets, and verified seeks.

The header's frame count, the file's own index and a decoder's notion of where it landed are all known to lie; what a
packet carries and the time on the decoded frame are not, so a frame is returned only when its time is the right one.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]

_CACHE_BYTES = 96 << 20
_CACHE_FRAMES = 64
_SEEK_ATTEMPTS = 3
_DAMAGED = "Repair the video or leave the frame out; the other frames can be used."


class MediaError(Exception):
    """An image or a frame of a video that cannot be used; ``path``, ``reason`` and ``advice`` say it in a sentence."""

    def __init__(self, path: Path, reason: str, advice: str) -> None:
        super().__init__(f"{path}: {reason}. {advice}")
        self.path, self.reason, self.advice = path, reason, advice


@dataclass(frozen=True)
class PacketIndex:
    """Presentation times of all frames shown and of all keyframes, both ascending, in the stream's time base.

    ``counted`` is True for the rare stream whose frames carry no times: they are numbered as they are decoded.
    """

    times: tuple[int, ...]
    keys: tuple[int, ...]
    counted: bool = False


def count_frames(path: Path) -> int:
    """How many frames a video really holds; MediaError if it cannot be opened or holds none."""
    with VideoReader(path) as reader:
        return len(reader)


class VideoReader:
    """Random access to the frames of one video; any thread may read, one at a time.

    Raises
    ------
    MediaError
        On opening, when the file is no video, damaged beyond its first frame, or empty.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._container: Any = _open(path)
        stream = self._container.streams.video[0]
        try:
            self._index = _packet_index(self._container) or _decoded_index(self._container)
        except Exception as error:
            self.close()
            raise _translated(path, error) from error
        if not self._index.times:
            self.close()
            raise MediaError(path, "the video holds no frame that can be shown", "Choose another video.")
        self._number = {time: number for number, time in enumerate(self._index.times)}
        self._base = float(stream.time_base)
        self.fps = float(stream.average_rate or 25)
        self._cache: OrderedDict[int, Any] = OrderedDict()
        self._keep = max(2, min(_CACHE_FRAMES, _CACHE_BYTES // max(1, stream.width * stream.height * 3 // 2)))
        self._packets: Iterator[Any] | None = None
        self._position: int | None = None
        self._decoded = 0

    def __len__(self) -> int:
        return len(self._index.times)

    @property
    def times(self) -> tuple[float, ...]:
        """Presentation time of every frame in seconds."""
        return tuple(time * self._base for time in self._index.times)

    def read(self, number: int) -> Rgb:
        """Frame ``number`` from 0, (H, W, 3) RGB uint8, turned as its metadata asks.

        Raises
        ------
        MediaError
            If this frame is damaged or missing in the file; the others can still be read.
        ValueError
            If the video has no frame of this number.
        """
        with self._lock:  # a decoded frame keeps its converter: two threads may not use it at once
            return _rgb(self._frame(number))

    def read_small(self, number: int, *, width: int) -> Rgb:
        """As `read`, ``width`` pixels wide."""
        with self._lock:
            return _small(self._frame(number), width)

    def _frame(self, number: int) -> Any:
        if not 0 <= number < len(self):
            raise ValueError(f"{self.path} has {len(self)} frames, no frame {number}")
        with self._lock:
            if self._container is None:
                raise MediaError(self.path, "the video is closed", "Open it again.")
            time = self._index.times[number]
            frame = self._cache.get(time)
            if frame is None:
                frame = self._find(number, time)
            else:
                self._cache.move_to_end(time)
            return frame

    def key_before(self, number: int) -> int:
        """The number of the nearest frame at or before ``number`` that is decoded without any other; 0 without one."""
        keys = self._index.keys
        at = bisect_right(keys, self._index.times[number]) - 1
        while at >= 0 and keys[at] not in self._number:
            at -= 1
        return self._number[keys[at]] if at >= 0 else 0

    def small_frames(self, *, width: int, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, Rgb]]:
        """Number and picture of the frames from ``start`` to before ``stop`` in order, made ``width`` pixels wide.

        Frames that are damaged are left out. Decoded beside `read`, which may go on meanwhile.
        """
        import av

        last = len(self) if stop is None else min(stop, len(self))
        if start >= last:
            return
        with _open(self.path) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            begin = self._index.times[start]
            if start and not self._index.counted:
                with suppress(av.FFmpegError):
                    container.seek(self._index.times[self.key_before(start)], stream=stream, backward=True)
            for count, frame in enumerate(_decoded(container)):
                time = count if self._index.counted else frame.pts
                number = self._number.get(time, -1)
                if frame.is_corrupt or time is None or time < begin or number < 0:
                    continue
                if number >= last:
                    return
                yield number, _small(frame, width)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            container, self._container = self._container, None
            self._packets = None
        if container is not None:
            container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _find(self, number: int, time: int) -> Any:
        """The decoded frame of this time: onwards from where the decoder stands, else from ever earlier keyframes."""
        last = bisect_right(self._index.keys, time) - 1
        if self._is_ahead(time, last):
            self._decode_until(number, time)
            if time in self._cache:
                return self._cache[time]
        starts = [] if self._index.counted else list(range(last, max(-1, last - _SEEK_ATTEMPTS), -1))
        for start in [*starts, None]:
            if self._seek(start, time):
                self._decode_until(number, time)
            if time in self._cache:
                return self._cache[time]
            if start is not None and self._position is not None and self._index.keys[start] <= time <= self._position:
                break  # decoded past it from a keyframe that was reached: the frame itself is broken
        raise MediaError(self.path, f"frame {number} is damaged", _DAMAGED)

    def _is_ahead(self, time: int, last: int) -> bool:
        """True when decoding onwards reaches ``time`` before any keyframe that a seek could start from."""
        if self._packets is None or self._position is None or self._position >= time:
            return False
        return last < 0 or self._index.counted or self._index.keys[last] <= self._position

    def _seek(self, start: int | None, time: int) -> bool:
        """Stand before keyframe ``start``, or at the very beginning for None; False when that was not reached.

        A container may land anywhere, so packets are passed over until one is a known keyframe not after ``time``.
        """
        import av

        self._packets, self._position, self._decoded = None, None, 0
        stream = self._container.streams.video[0]
        if start is None:
            self._container.close()
            self._container = _open(self.path)
            stream = self._container.streams.video[0]
            self._packets = self._container.demux(stream)
            return True
        with suppress(av.FFmpegError):
            self._container.seek(self._index.keys[start], stream=stream, backward=True)
            stream.codec_context.flush_buffers()
            packets = self._container.demux(stream)
            for packet in packets:
                if packet.pts is None or not packet.is_keyframe:
                    continue
                if packet.pts > time:
                    return False
                self._packets = _with_first(packet, packets)
                return True
        return False

    def _decode_until(self, number: int, time: int) -> None:
        """Decode onwards into the cache until ``time`` is there or passed, or the stream ends.

        On the way to the frames just before it those that no other frame needs are not decoded at all.
        """
        import av

        context = self._container.streams.video[0].codec_context
        kept_from = self._index.times[max(0, number - self._keep // 2)]

        while self._packets is not None and time not in self._cache:
            if self._position is not None and self._position > time:
                return
            try:
                packet = next(self._packets, None)
            except (av.FFmpegError, OSError):
                packet = None
            if packet is None:
                self._packets = None
                return
            is_passed = not self._index.counted and packet.pts is not None and packet.pts < kept_from
            context.skip_frame = "NONREF" if is_passed else "DEFAULT"
            with suppress(av.InvalidDataError, av.EOFError):
                for frame in packet.decode():
                    self._keep_frame(frame)

    def _keep_frame(self, frame: Any) -> None:
        time = self._decoded if self._index.counted else frame.pts
        self._decoded += 1
        if time is None:
            return
        self._position = time if self._position is None else max(time, self._position)
        if time in self._number and not frame.is_corrupt:
            self._cache[time] = frame
            while len(self._cache) > self._keep:
                self._cache.popitem(last=False)


def _open(path: Path) -> Any:
    """A container with a video stream; MediaError if there is none."""
    import av

    try:
        container = av.open(str(path))
    except (av.FFmpegError, OSError) as error:
        raise _translated(path, error) from error
    if not container.streams.video:
        container.close()
        raise MediaError(path, "the file holds no video", "Choose another file.")
    return container


def _with_first(packet: Any, packets: Iterator[Any]) -> Iterator[Any]:
    yield packet
    yield from packets


def _packet_index(container: Any) -> PacketIndex | None:
    """The index as the packets tell it, without decoding; None when some carry no time."""
    import av

    times: set[int] = set()
    keys: set[int] = set()
    stream = container.streams.video[0]
    try:
        for packet in container.demux(stream):
            if packet.size == 0:
                continue
            if packet.pts is None:
                return None
            if packet.is_keyframe:
                keys.add(packet.pts)
            if not packet.is_discard:
                times.add(packet.pts)
    except (av.FFmpegError, OSError):
        pass  # a file cut short: what was read up to here is there
    return PacketIndex(tuple(sorted(times)), tuple(sorted(keys)))


def _decoded_index(container: Any) -> PacketIndex:
    """The index as a decoding of the whole stream tells it, for packets without times."""
    import av

    container.seek(0)
    stream = container.streams.video[0]
    times: list[int | None] = []
    keys: set[int] = set()
    with suppress(av.FFmpegError, OSError):
        for packet in container.demux(stream):
            with suppress(av.InvalidDataError, av.EOFError):
                for frame in packet.decode():
                    times.append(frame.pts)
                    if frame.key_frame and frame.pts is not None:
                        keys.add(frame.pts)
    known = [time for time in times if time is not None]
    if len(set(known)) == len(times):
        return PacketIndex(tuple(sorted(known)), tuple(sorted(keys)))
    return PacketIndex(tuple(range(len(times))), (), counted=True)


def _rgb(frame: Any) -> Rgb:
    """(H, W, 3) of a decoded frame, turned counter-clockwise by the angle of its display matrix."""
    array = frame.to_ndarray(format="rgb24")
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(array, turns)) if turns else np.asarray(array)


def _decoded(container: Any) -> Iterator[Any]:
    """Every frame that can be decoded, in order of presentation."""
    import av

    packets = container.demux(container.streams.video[0])
    while True:
        try:
            packet = next(packets, None)
        except (av.FFmpegError, OSError):
            return
        if packet is None:
            return
        with suppress(av.InvalidDataError, av.EOFError):
            yield from packet.decode()


def _small(frame: Any, width: int) -> Rgb:
    """A decoded frame scaled to a width in pixels while its colours are converted, upright."""
    across, down = frame.width, frame.height
    turns = round(frame.rotation / 90) % 4
    part = width / (down if turns % 2 else across)
    small = frame.reformat(
        width=max(2, round(across * part)), height=max(2, round(down * part)), format="rgb24", interpolation="AREA"
    )
    array = small.to_ndarray()
    return np.ascontiguousarray(np.rot90(array, turns)) if turns else np.asarray(array)


def _translated(path: Path, error: Exception) -> MediaError:
    if isinstance(error, MediaError):
        return error
    if isinstance(error, FileNotFoundError):
        return MediaError(path, "there is no such video", "Check the name, or whether the disk is there.")
    if isinstance(error, PermissionError):
        return MediaError(path, "the video cannot be read", "Check its permissions.")
    return MediaError(path, "this is no video, or its beginning or end is missing", "Copy it again or choose another.")
