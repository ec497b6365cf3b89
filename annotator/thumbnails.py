"""Small pictures of frames for strips and lists, made when asked for and kept on disk between sessions.

Kept as JPEG in one SQLite file of the cache folder that may be deleted at any time; whatever goes wrong with it is as
if it were empty. A file that changed is another file: its size and time of change are part of the key.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np

from annotator.frames import FrameAddress, read_image
from annotator.video import Rgb, VideoReader

NAME = "thumbnails-1.sqlite"
LARGEST = 128 << 20
"""Bytes of pictures kept on disk; the oldest go first."""

_IN_MEMORY = 512
_VIDEOS = 4
_DECODED_BYTES = 24 << 20
_QUALITY = 85


class Wanted(Enum):
    """Which frame a thumbnail must show: itself, or for speed the nearest one before it that decodes alone."""

    EXACT = "exact"
    FAST = "fast"


@dataclass(frozen=True)
class Thumbnail:
    """A small picture, (H, W, 3) RGB uint8 read-only, and the number of the frame in its video that it shows."""

    rgb: Rgb
    number: int


class Thumbnails:
    """Thumbnails of the frames of any media, ``width`` pixels wide.

    Any thread may ask; the work runs in the caller's thread, so keep it off the one that paints. The decoders are its
    own: asking here never moves the one that shows frames.
    """

    def __init__(self, *, width: int = 160, store: ThumbnailStore | None = None) -> None:
        self.width = width
        self._store = ThumbnailStore.usual() if store is None else store
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._seen: OrderedDict[str, Thumbnail] = OrderedDict()
        self._videos: OrderedDict[Path, VideoReader] = OrderedDict()
        self._stamps: dict[Path, str] = {}

    def get(self, frame: FrameAddress, wanted: Wanted = Wanted.FAST) -> Thumbnail:
        """The thumbnail of a frame: from memory, from disk, or made now.

        `Wanted.FAST` takes the exact one where it is at hand, else the key frame before: one frame is decoded.

        Raises
        ------
        MediaError
            If the frame cannot be read.
        """
        found = self.cached(frame, wanted)
        if found is None:
            found = self._made(frame, wanted)
            key = self._key(frame.path, found.number)
            self._store.write(key, found.rgb)
            self._remember(key, found)
        return found

    def cached(self, frame: FrameAddress, wanted: Wanted = Wanted.FAST) -> Thumbnail | None:
        """The thumbnail if nothing needs decoding for it; None otherwise."""
        exact = self._kept(frame.path, _number(frame))
        if exact is not None or wanted is Wanted.EXACT or not frame.is_video:
            return exact
        with self._lock:
            video = self._videos.get(frame.path)
        return None if video is None else self._kept(frame.path, video.key_before(frame.index_in_media))

    def forget(self) -> None:
        """Empty the memory and close the videos, as when files have changed."""
        with self._reading, self._lock:
            videos = list(self._videos.values())
            self._videos.clear()
            self._seen.clear()
            self._stamps.clear()
        for video in videos:
            video.close()
        self._store.close()

    close = forget

    def _kept(self, path: Path, number: int) -> Thumbnail | None:
        key = self._key(path, number)
        with self._lock:
            found = self._seen.get(key)
            if found is not None:
                self._seen.move_to_end(key)
                return found
        rgb = self._store.read(key)
        if rgb is None:
            return None
        found = Thumbnail(rgb, number)
        self._remember(key, found)
        return found

    def _remember(self, key: str, thumbnail: Thumbnail) -> None:
        with self._lock:
            self._seen[key] = thumbnail
            self._seen.move_to_end(key)
            while len(self._seen) > _IN_MEMORY:
                self._seen.popitem(last=False)

    def _made(self, frame: FrameAddress, wanted: Wanted) -> Thumbnail:
        with self._reading:
            if not frame.is_video:
                return Thumbnail(_reduced(read_image(frame.path), self.width), 0)
            video = self._video(frame.path)
            number = frame.index_in_media
            if wanted is Wanted.FAST:
                number = video.key_before(number)
            return Thumbnail(_frozen(video.read_small(number, width=self.width)), number)

    def _video(self, path: Path) -> VideoReader:
        with self._lock:
            video = self._videos.get(path)
        if video is None:
            video = VideoReader(path, cache_bytes=_DECODED_BYTES)
        closing_one = None
        with self._lock:
            self._videos[path] = video
            self._videos.move_to_end(path)
            if len(self._videos) > _VIDEOS:
                closing_one = self._videos.popitem(last=False)[1]
        if closing_one is not None:
            closing_one.close()
        return video

    def _key(self, path: Path, number: int) -> str:
        with self._lock:
            stamp = self._stamps.get(path)
        if stamp is None:
            stamp = _stamp(path)
            with self._lock:
                self._stamps[path] = stamp
        return f"{stamp}-{number}-{self.width}"


class ThumbnailStore:
    """Pictures by key in one file, bounded; the ones made last stay. Any thread may use it."""

    def __init__(self, path: Path, *, largest: int = LARGEST) -> None:
        self._path, self._largest = path, largest
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._written = 0

    @classmethod
    def usual(cls) -> ThumbnailStore:
        """The one in the cache folder."""
        from model.audition import cache_folder

        return cls(cache_folder() / NAME)

    def read(self, key: str) -> Rgb | None:
        """The picture kept under a key, or None."""
        with self._lock, suppress(sqlite3.Error, OSError):
            row = self._opened().execute("SELECT picture FROM thumbnail WHERE key=?", (key,)).fetchone()
            if row is not None:
                return _decoded(row[0])
        return None

    def write(self, key: str, rgb: Rgb) -> None:
        """Keep a picture; every so often the oldest make room."""
        import cv2

        done, data = cv2.imencode(".jpg", rgb[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        if not done:
            return
        with self._lock, suppress(sqlite3.Error, OSError):
            db = self._opened()
            with db:
                db.execute("INSERT OR REPLACE INTO thumbnail VALUES (?, ?)", (key, data.tobytes()))
                self._written += len(data)
                if self._written > self._largest // 16:
                    self._written = 0
                    self._make_room(db)

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        with self._lock:
            db, self._db = self._db, None
            if db is not None:
                db.close()

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self._path, timeout=1.0, check_same_thread=False)
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=OFF")
            db.execute("CREATE TABLE IF NOT EXISTS thumbnail (key TEXT PRIMARY KEY, picture BLOB) STRICT")
            self._db = db
        return self._db

    def _make_room(self, db: sqlite3.Connection) -> None:
        held = int(db.execute("SELECT ifnull(sum(length(picture)), 0) FROM thumbnail").fetchone()[0])
        for row, size in db.execute("SELECT rowid, length(picture) FROM thumbnail ORDER BY rowid").fetchall():
            if held <= self._largest * 3 // 4:
                return
            db.execute("DELETE FROM thumbnail WHERE rowid=?", (row,))
            held -= size


def _number(frame: FrameAddress) -> int:
    return frame.index_in_media if frame.is_video else 0


def _stamp(path: Path) -> str:
    """What tells this state of a file from any other, as short text."""
    try:
        state = path.stat()
        text = f"{path.resolve()}\n{state.st_size}\n{state.st_mtime_ns}"
    except OSError:
        text = str(path)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:24]


def _reduced(rgb: Rgb, width: int) -> Rgb:
    import cv2

    height = max(1, round(rgb.shape[0] * width / rgb.shape[1]))
    return _frozen(np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8))


def _decoded(data: bytes) -> Rgb | None:
    import cv2

    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return None if bgr is None else _frozen(np.ascontiguousarray(bgr[:, :, ::-1]))


def _frozen(rgb: Rgb) -> Rgb:
    rgb.setflags(write=False)
    return rgb
