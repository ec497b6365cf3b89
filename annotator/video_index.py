"""Which frames a video shows, in which order, and where decoding can begin: read off the packets, without decoding.

The header's frame count and the file's own index are known to lie, so every packet is looked at once; the answer for a
long file is kept in the cache folder, under what tells the file from any other: size, time of change, and its head.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]

WORTH_KEEPING = 2000
"""Frames from which on an index is kept on disk; a shorter one is read again as quickly."""

_FEW, _FEWEST = 0.05, 8
"""Packets that may have lost their times in damaged stretches: of all, and of those read up to somewhere."""

_FOLDER, _VERSION = "video-index-2", 2
_MOST_KEPT = 200
_HEAD = 1 << 16


@dataclass(frozen=True, eq=False)
class FrameIndex:
    """The frames of a stream.

    Parameters
    ----------
    times : (N,) int64
        Presentation times of the frames shown, ascending, in the stream's time base; a frame's place is its number.
    keys : (K,) int64
        Presentation times of the frames that decode alone, ascending.
    ranks : (N,) int64
        Place of every frame in the order of decoding.
    counted : bool
        True for the rare stream whose frames carry no usable times: ``times`` are 0, 1, 2, ... as they are decoded.
    """

    times: Times
    keys: Times
    ranks: Times
    counted: bool = False

    def __len__(self) -> int:
        return len(self.times)

    def number(self, time: int) -> int:
        """The number of the frame shown at exactly this time, or -1."""
        at = int(np.searchsorted(self.times, time))
        return at if at < len(self.times) and self.times[at] == time else -1

    def key_before(self, time: int) -> int:
        """Place in ``keys`` of the last one not after ``time``, or -1."""
        return int(np.searchsorted(self.keys, time, side="right")) - 1

    def spoilt_by(self, number: int) -> NDArray[np.int64]:
        """Numbers of the frames that may need frame ``number``: those decoded from it to the next key frame."""
        if self.counted:
            return np.array([number])
        next_key = int(np.searchsorted(self.keys, self.times[number], side="right"))
        last = len(self)
        end = np.iinfo(np.int64).max
        if next_key < len(self.keys):
            key = self.number(int(self.keys[next_key]))
            if key >= 0:
                last, end = key, int(self.ranks[key])
        first = max(0, number - 64)
        ranks = self.ranks[first:last]
        return first + np.flatnonzero((ranks >= self.ranks[number]) & (ranks < end))


def index_of(path: Path, container: Any) -> FrameIndex:
    """The index of the first video stream of a file just opened; the container is left somewhere in the stream."""
    kept = _kept_at(path)
    if kept is not None:
        found = _load(kept)
        if found is not None:
            return found
    found = _packet_index(container)
    if found is None:
        found = _decoded_index(path)
    if kept is not None and len(found) >= WORTH_KEEPING:
        _save(kept, found)
    return found


def _packet_index(container: Any) -> FrameIndex | None:
    """The index as the packets tell it; None where more than `_FEW` of them carry no time, or that of another.

    A packet that lost its time, in a damaged stretch, is counted after the one before it: its frame is never met there,
    and so is marked as damaged, while the frames about it keep their places.
    """
    import av

    told = _Packets()
    # A file cut short: what was read up to there is there.
    with suppress(av.FFmpegError, OSError):
        for packet in container.demux(container.streams.video[0]):
            if packet.size and not told.take(packet):
                return None
    if told.untimed > _FEW * len(told.times):
        return None
    keys = told.keys
    decoded = np.array(told.times, dtype=np.int64)
    shown = np.ones(len(decoded), dtype=bool)
    shown[told.hidden] = False
    if keys and (told.starts_late or bool((decoded[shown] < keys[0]).any())):
        shown &= decoded >= _first_shown(container, keys[0])
    ranks = np.flatnonzero(shown)
    order = np.argsort(decoded[ranks], kind="stable")
    return FrameIndex(decoded[ranks][order], np.unique(np.array(keys, dtype=np.int64)), ranks[order])


class _Packets:
    """What the packets of a stream tell, in the order of decoding."""

    def __init__(self) -> None:
        self.times: list[int] = []
        self.keys: list[int] = []
        self.hidden: list[int] = []
        self.untimed = 0
        self.starts_late = False
        self._known: set[int] = set()

    def take(self, packet: Any) -> bool:
        """Take the next packet; False once too many have no time of their own."""
        time = packet.pts
        if time is None or time in self._known:
            self.untimed += 1
            if not self.times or self.untimed > _FEWEST + _FEW * len(self.times):
                return False
            time = self.times[-1] + 1
            while time in self._known:
                time += 1
        elif packet.is_keyframe:
            self.keys.append(time)
        elif not self.keys:
            self.starts_late = True
        if packet.is_discard:
            self.hidden.append(len(self.times))
        self.times.append(time)
        self._known.add(time)
        return True


def _first_shown(container: Any, key: int) -> int:
    """The time of the first frame that a decoder gives of a stream that begins with frames it may not be able to."""
    import av

    stream = container.streams.video[0]
    with suppress(av.FFmpegError, OSError):
        container.seek(0)
        stream.codec_context.flush_buffers()
        for packet in container.demux(stream):
            with suppress(av.InvalidDataError, av.EOFError):
                for frame in packet.decode():
                    if frame.pts is not None and not frame.is_corrupt:
                        return int(frame.pts)
            if packet.pts is not None and packet.pts > key and packet.is_keyframe:
                break
    return key


def _decoded_index(path: Path) -> FrameIndex:
    """The index as a decoding of the whole stream tells it, for packets without times: there is no going back there."""
    import av

    times: list[int | None] = []
    keys: list[int] = []
    with suppress(av.FFmpegError, OSError), av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for packet in container.demux(stream):
            with suppress(av.InvalidDataError, av.EOFError):
                for frame in packet.decode():
                    times.append(frame.pts)
                    if frame.key_frame and frame.pts is not None:
                        keys.append(frame.pts)
    known = np.unique(np.array([time for time in times if time is not None], dtype=np.int64))
    count = np.arange(len(times), dtype=np.int64)
    if len(known) == len(times):
        return FrameIndex(known, np.unique(np.array(keys, dtype=np.int64)), count)
    return FrameIndex(count, np.array([], dtype=np.int64), count, counted=True)


def _kept_at(path: Path) -> Path | None:
    """Where the index of this very file is kept, or None for one that cannot be read."""
    from model.audition import cache_folder

    try:
        state = path.stat()
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return None
    digest = hashlib.sha256(f"{_VERSION} {state.st_size} {state.st_mtime_ns}\n".encode() + head).hexdigest()
    return cache_folder() / _FOLDER / f"{digest[:32]}.npz"


def _load(path: Path) -> FrameIndex | None:
    """A kept index; None where there is none or it makes no sense."""
    if not path.exists():
        return None
    with suppress(OSError, ValueError, KeyError, EOFError), np.load(path, allow_pickle=False) as kept:
        steps, keys, shifts, counted = (kept[name] for name in ("steps", "keys", "shifts", "counted"))
        times = np.cumsum(steps.astype(np.int64))
        ranks = np.arange(len(times)) + shifts.astype(np.int64)
        if len(times) == len(ranks) and bool((np.diff(times) > 0).all()):
            os.utime(path)
            return FrameIndex(times, np.cumsum(keys.astype(np.int64)), ranks, bool(counted))
    return None


def _save(path: Path, index: FrameIndex) -> None:
    """Keep an index, whole or not at all; the ones not used for longest make room."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            np.savez_compressed(
                file,
                steps=np.diff(index.times, prepend=0),
                keys=np.diff(index.keys, prepend=0),
                shifts=index.ranks - np.arange(len(index)),
                counted=np.array(index.counted),
            )
        Path(temporary).replace(path)
        kept = sorted(path.parent.glob("*.npz"), key=lambda one: one.stat().st_mtime)
        for old in kept[:-_MOST_KEPT]:
            old.unlink()
