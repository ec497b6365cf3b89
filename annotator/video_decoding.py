"""A decoder that knows where it stands: it begins at a known key frame and gives frames with their numbers.

Where a container lands after a seek and what comes out of a decoder first are checked, never believed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.video_index import FrameIndex, index_of

Rgb = NDArray[np.uint8]

_CONVERSIONS = 64
_NEAR = 8
"""Frames that are decoded sooner than the decoder's threads are filled anew after a seek."""


class MediaError(Exception):
    """An image or a frame of a video that cannot be used; ``path``, ``reason`` and ``advice`` say it in a sentence."""

    def __init__(self, path: Path, reason: str, advice: str) -> None:
        super().__init__(f"{path}: {reason}. {advice}")
        self.path, self.reason, self.advice = path, reason, advice


class Decoder:
    """One pass over a stream at a time, from wherever `begin` put it. Not for two threads at once.

    Raises
    ------
    MediaError
        If the file is no video, or holds no frame that can be shown.
    """

    def __init__(self, path: Path, index: FrameIndex | None = None) -> None:
        self.path = path
        self._container: Any = opened(path)
        try:
            self.index = index_of(path, self._container) if index is None else index
            if index is None:
                self._reopen()
        except Exception as error:
            self.close()
            raise translated(path, error) from error
        if not len(self.index):
            self.close()
            raise MediaError(path, "the video holds no frame that can be shown", "Choose another video.")
        stream = self._container.streams.video[0]
        self.time_base = float(stream.time_base)
        self.fps = float(stream.average_rate or 25)
        self.size = (stream.width, stream.height)
        self.position: int | None = None
        """Number of the latest frame that came out since `begin`, or None."""
        self.start = 0
        """Number of the first frame that this pass can give."""
        self.is_sure = False
        """True when what this pass began with came out whole, so that whatever fails to come after it is broken."""
        self.whole_from = 0
        """Number of the first frame of this pass before which some were left out on purpose."""
        self._packets: Iterator[Any] | None = None
        self._count = 0

    @property
    def running(self) -> bool:
        """False before `begin` and at the end of the stream."""
        return self._packets is not None

    def close(self) -> None:
        """Let go of the file."""
        container, self._container, self._packets = self._container, None, None
        if container is not None:
            container.close()

    def leads_to(self, number: int) -> bool:
        """True when decoding onwards reaches a frame sooner than a new pass from the key frame before it would."""
        if self._packets is None or self.position is None or self.position >= number:
            return False
        if self.index.counted or number - self.position <= _NEAR:
            return True
        key = self.index.key_before(int(self.index.times[number]))
        return key < 0 or int(self.index.keys[key]) <= int(self.index.times[self.position])

    def begin(self, key: int | None, *, number: int = 0) -> bool:
        """Stand before the key frame at this place of the index, or at the very beginning for None.

        False if that failed: no key frame at or before frame ``number`` was met. Some containers land too late, so a
        later key frame than the one named will do.
        """
        import av

        self._packets, self.position, self._count, self.whole_from = None, None, 0, 0
        self.is_sure = key is None
        if key is None:
            self._reopen()
            self._packets = self._container.demux(self._container.streams.video[0])
            self.start = 0
            return True
        time, latest = int(self.index.keys[key]), int(self.index.times[number])
        stream = self._container.streams.video[0]
        with suppress(av.FFmpegError, OSError):
            self._container.seek(time, stream=stream, backward=True)
            stream.codec_context.flush_buffers()
            packets = self._container.demux(stream)
            for packet in packets:
                if packet.pts is None or not packet.is_keyframe:
                    continue
                if packet.pts > latest:
                    return False
                # What comes before the key frame in time needs frames that this pass has not seen.
                self.start = int(np.searchsorted(self.index.times, packet.pts)) if packet.pts != self._first else 0
                self._packets = _with_first(packet, packets)
                return True
        return False

    def step(self, wanted_from: int) -> list[tuple[int, Any]]:
        """Decode a packet: the frames that come out, each with its number.

        Frames before number ``wanted_from`` that no other frame needs are not decoded at all.
        """
        import av

        if self._packets is None:
            return []
        try:
            packet = next(self._packets, None)
        except (av.FFmpegError, OSError):
            packet = None
        if packet is None:
            self._packets = None
            return []
        index = self.index
        is_passed = not index.counted and packet.pts is not None and packet.pts < index.times[wanted_from]
        if is_passed:
            self.whole_from = max(self.whole_from, wanted_from)
        self._container.streams.video[0].codec_context.skip_frame = "NONREF" if is_passed else "DEFAULT"
        found: list[tuple[int, Any]] = []
        with suppress(av.InvalidDataError, av.EOFError):
            for frame in packet.decode():
                number = self._number(frame)
                if number >= self.start:
                    self.is_sure |= number == self.start and not frame.is_corrupt
                    self.position = number if self.position is None else max(number, self.position)
                    found.append((number, frame))
        return found

    @property
    def _first(self) -> int:
        return int(self.index.keys[0]) if len(self.index.keys) else 0

    def _number(self, frame: Any) -> int:
        if self.index.counted:
            self._count += 1
            return self._count - 1 if self._count <= len(self.index) else -1
        return -1 if frame.pts is None else self.index.number(frame.pts)

    def _reopen(self) -> None:
        self._container.close()
        self._container = opened(self.path)


def opened(path: Path) -> Any:
    """A container with a video stream that decodes on several threads; MediaError if there is none."""
    import av

    try:
        container = av.open(str(path))
    except (av.FFmpegError, OSError) as error:
        raise translated(path, error) from error
    if not container.streams.video:
        container.close()
        raise MediaError(path, "the file holds no video", "Choose another file.")
    container.streams.video[0].thread_type = "AUTO"
    return container


def translated(path: Path, error: Exception) -> MediaError:
    """What went wrong on opening, as a sentence."""
    if isinstance(error, MediaError):
        return error
    if isinstance(error, FileNotFoundError):
        return MediaError(path, "there is no such video", "Check the name, or whether the disk is there.")
    if isinstance(error, PermissionError):
        return MediaError(path, "the video cannot be read", "Check its permissions.")
    return MediaError(path, "this is no video, or its beginning or end is missing", "Copy it again or choose another.")


class Converter:
    """Decoded frames as RGB, upright; keeps the tables of the conversion. Not for two threads at once."""

    def __init__(self) -> None:
        self._reformatter: Any = None
        self._used = 0

    def rgb(self, frame: Any) -> Rgb:
        """(H, W, 3) of a decoded frame, turned counter-clockwise by the angle of its display matrix."""
        # Without a change of size every interpolation gives the same; this one is the quickest on the way there.
        done = self._fresh().reformat(frame, format="rgb24", interpolation="FAST_BILINEAR")
        return _upright(done.to_ndarray(), frame)

    def small(self, frame: Any, width: int) -> Rgb:
        """As `rgb`, ``width`` pixels wide, scaled while the colours are converted."""
        is_turned = bool(_turns(frame) % 2)
        part = width / (frame.height if is_turned else frame.width)
        across, down = max(2, round(frame.width * part)), max(2, round(frame.height * part))
        done = self._fresh().reformat(frame, width=across, height=down, format="rgb24", interpolation="AREA")
        return _upright(done.to_ndarray(), frame)

    def _fresh(self) -> Any:
        """A reformatter; each keeps room for as many pictures as were ever held at once, so none lives for long."""
        if self._used % _CONVERSIONS == 0:
            from av.video.reformatter import VideoReformatter

            self._reformatter = VideoReformatter()
        self._used += 1
        return self._reformatter


def _turns(frame: Any) -> int:
    turns: int = round(frame.rotation / 90) % 4
    return turns


def _upright(array: Any, frame: Any) -> Rgb:
    turns = _turns(frame)
    return np.ascontiguousarray(np.rot90(array, turns)) if turns else np.asarray(array)


def _with_first(packet: Any, packets: Iterator[Any]) -> Iterator[Any]:
    yield packet
    yield from packets
