"""Frames as RGB uint8 (H, W, 3), from image files and videos alike, with the ones seen last kept in memory.

An orientation in the file's metadata is applied once, here; everything after this sees upright pixels.
"""

from __future__ import annotations

import struct
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from annotator.store_media import IMAGE_SUFFIXES
from annotator.video import CACHE_BYTES, MediaError, Rgb, VideoReader

__all__ = [
    "IMAGE_SUFFIXES",
    "FrameAddress",
    "FrameSource",
    "MediaError",
    "VideoReader",
    "image_size",
    "is_upright",
    "read_image",
]

MAX_PIXELS = 250_000_000
_HEADER_BYTES = 1 << 18
_SHOWN_FRAMES = 16
"""A source that keeps as many frames is one that somebody looks at and steps through."""
_PASSING_BYTES = 32 << 20
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG_SIZE_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def read_image(path: Path) -> Rgb:
    """The image in a file, (H, W, 3) RGB uint8, upright; grey, palette, alpha, 16 bit and float become RGB 8 bit.

    Raises
    ------
    MediaError
        If the file is missing, empty, no image, cut short, or larger than 250 megapixels.
    """
    import cv2

    try:
        data = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        reason = "there is no such image" if isinstance(error, FileNotFoundError) else "the image cannot be read"
        raise MediaError(path, f"{reason} ({error.strerror or error})", "Check the file and its disk.") from error
    if not len(data):
        raise MediaError(path, "the image file is empty", "Copy it again or leave it out.")
    _check_size(path, _header_size(data[:_HEADER_BYTES].tobytes()))
    if _is_cut(data):
        raise MediaError(path, "the image file is cut short", "Copy it again or leave it out.")
    try:
        bgr: Any = cv2.imdecode(data, cv2.IMREAD_COLOR)
        if bgr is None:
            bgr = _float_as_bgr(cv2.imdecode(data, cv2.IMREAD_UNCHANGED))
    except cv2.error as error:
        raise MediaError(path, f"the image cannot be decoded ({error.err})", "Save it again as JPEG or PNG.") from error
    if bgr is None:
        raise MediaError(path, "this is not an image that can be read", "Save it again as JPEG or PNG.")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB, dst=bgr), dtype=np.uint8)


def image_size(path: Path) -> tuple[int, int]:
    """(width, height) in pixels of the upright image; from the header alone for JPEG and PNG.

    Raises
    ------
    MediaError
        As `read_image` does; damage behind the header goes unnoticed here.
    """
    try:
        with path.open("rb") as file:
            size = _header_size(file.read(_HEADER_BYTES))
    except OSError as error:
        reason = f"the image cannot be read ({error.strerror or error})"
        raise MediaError(path, reason, "Check the file and its disk.") from error
    if size is None:
        height, width = read_image(path).shape[:2]
        return width, height
    _check_size(path, size)
    return size


def is_upright(path: Path) -> bool:
    """True for a JPEG or PNG whose header shows that no orientation is to be applied; False where that is not sure."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES)
        if head.startswith(_PNG):
            return _header_size(head) is not None
        found = _jpeg_header(head) if head.startswith(b"\xff\xd8") else None
    except (OSError, struct.error, IndexError):
        return False
    return found is not None and found[2] == 1


def _check_size(path: Path, size: tuple[int, int] | None) -> None:
    if size is not None and size[0] * size[1] > MAX_PIXELS:
        reason = f"the image has {size[0]} x {size[1]} pixels, more than {MAX_PIXELS // 1_000_000} million"
        raise MediaError(path, reason, "Make it smaller first.")


def _is_cut(data: NDArray[np.uint8]) -> bool:
    """True for a JPEG or PNG without its end marker: decoders fill the rest with grey and say nothing."""
    if data[:3].tobytes() == b"\xff\xd8\xff":
        whole = data.tobytes()
        return whole.rfind(b"\xff\xd9") < whole.rfind(b"\xff\xda")
    if data[:8].tobytes() == _PNG:
        return data.tobytes().rfind(b"IEND") < 0
    return False


def _float_as_bgr(image: NDArray[np.generic] | None) -> Rgb | None:
    """A floating-point image as 8 bit: 0..1 becomes 0..255, a wider range is stretched, what is no number is black."""
    if image is None or image.dtype.kind != "f":
        return None
    values = np.nan_to_num(image.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if low < 0.0 or high > 1.0:
        values = (values - low) / ((high - low) or 1.0)
    grey = np.asarray(np.round(values * 255.0), dtype=np.uint8)
    if grey.ndim == 2:
        grey = np.repeat(grey[:, :, None], 3, axis=2)
    return np.ascontiguousarray(grey[:, :, :3])


def _header_size(head: bytes) -> tuple[int, int] | None:
    """(width, height) upright as a JPEG or PNG header tells it; None where only decoding can tell."""
    try:
        if head.startswith(_PNG) and head[12:16] == b"IHDR":
            width, height = struct.unpack(">II", head[16:24])
            data_at = head.find(b"IDAT")
            return None if data_at < 0 or 0 <= head.find(b"eXIf") < data_at else (width, height)
        if head.startswith(b"\xff\xd8"):
            found = _jpeg_header(head)
            if found is not None:
                width, height, orientation = found
                return (height, width) if orientation >= 5 else (width, height)
    except (struct.error, IndexError):
        return None
    return None


def _jpeg_header(head: bytes) -> tuple[int, int, int] | None:
    """Width and height as stored, and the orientation: the segments up to the frame header (ITU T.81, B.2.2)."""
    at, orientation = 2, 1
    while at + 9 <= len(head):
        if head[at] != 0xFF:
            return None
        marker = head[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        length = struct.unpack(">H", head[at + 2 : at + 4])[0]
        if marker in _JPEG_SIZE_MARKERS:
            height, width = struct.unpack(">HH", head[at + 5 : at + 9])
            return width, height, orientation
        if marker == 0xE1 and head[at + 4 : at + 10] == b"Exif\0\0":
            orientation = _exif_orientation(head[at + 10 : at + 2 + length])
        at += 2 + length
    return None


def _exif_orientation(tiff: bytes) -> int:
    """Tag 0x0112 of the first directory, 1 when there is none."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    directory = struct.unpack(order + "I", tiff[4:8])[0]
    count = struct.unpack(order + "H", tiff[directory : directory + 2])[0]
    for n in range(count):
        entry = tiff[directory + 2 + 12 * n : directory + 14 + 12 * n]
        tag, kind = struct.unpack(order + "HH", entry[:4])
        if tag == 0x0112 and kind == 3:
            value = int(struct.unpack(order + "H", entry[8:10])[0])
            return value if 1 <= value <= 8 else 1
    return 1


class FrameAddress(Protocol):
    """Where the pixels of a frame are: a row of the project's list, or anything with the same three."""

    @property
    def path(self) -> Path:
        """The image, or the video."""
        ...

    @property
    def index_in_media(self) -> int:
        """The number of the frame in its video."""
        ...

    @property
    def is_video(self) -> bool:
        """True for a frame of a video."""
        ...


class FrameSource:
    """Frames of any media, decoded when asked for; the latest ones stay in memory, videos stay open.

    Any thread may call; decoding runs in the caller's thread, so keep it off the one that paints. Arrays are shared
    and cannot be written.
    """

    def __init__(self, *, max_frames: int = 64, max_bytes: int = 256 << 20, max_videos: int = 4) -> None:
        self._max_frames, self._max_bytes, self._max_videos = max_frames, max_bytes, max_videos
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._frames: OrderedDict[tuple[Path, int], Rgb] = OrderedDict()
        self._bytes = 0
        self._videos: OrderedDict[Path, VideoReader] = OrderedDict()

    def read(self, frame: FrameAddress) -> Rgb:
        """(H, W, 3) RGB uint8 of a frame, read-only; MediaError if it cannot be had."""
        rgb = self.cached(frame)
        if rgb is None:
            rgb = self._video(frame.path).read(frame.index_in_media) if frame.is_video else read_image(frame.path)
            rgb.setflags(write=False)
            self._keep(_key(frame), rgb)
        return rgb

    def cached(self, frame: FrameAddress) -> Rgb | None:
        """The frame if it is in memory, at once; None otherwise."""
        with self._lock:
            rgb = self._frames.get(_key(frame))
            if rgb is not None:
                self._frames.move_to_end(_key(frame))
            return rgb

    def size(self, frame: FrameAddress) -> tuple[int, int]:
        """(width, height) of a frame in pixels, cheaper than reading it where possible; MediaError if it has none."""
        rgb = self.cached(frame)
        if rgb is None and not frame.is_video:
            return image_size(frame.path)
        height, width = (self.read(frame) if rgb is None else rgb).shape[:2]
        return width, height

    def video(self, path: Path) -> VideoReader:
        """The open reader of a video, for what goes beyond single frames; MediaError if it cannot be opened."""
        return self._video(path)

    def forget(self) -> None:
        """Empty the memory and close the videos, as when files have changed."""
        with self._opening, self._lock:
            self._frames.clear()
            self._bytes = 0
            videos = list(self._videos.values())
            self._videos.clear()
        for video in videos:
            video.close()

    close = forget

    def _keep(self, key: tuple[Path, int], rgb: Rgb) -> None:
        with self._lock:
            before = self._frames.pop(key, None)
            self._bytes += rgb.nbytes - (0 if before is None else before.nbytes)
            self._frames[key] = rgb
            while len(self._frames) > 1 and (len(self._frames) > self._max_frames or self._bytes > self._max_bytes):
                self._bytes -= self._frames.popitem(last=False)[1].nbytes

    def _video(self, path: Path) -> VideoReader:
        with self._opening:
            video = self._videos.get(path)
            before = next(reversed(self._videos)) if self._videos else path
            if video is None:
                is_shown = self._max_frames >= _SHOWN_FRAMES
                video = VideoReader(path, cache_bytes=CACHE_BYTES if is_shown else _PASSING_BYTES)
                self._videos[path] = video
            if before != path:
                self._videos[before].rest()  # one video at a time keeps its decoded frames
            self._videos.move_to_end(path)
            closing = self._videos.popitem(last=False)[1] if len(self._videos) > self._max_videos else None
        if closing is not None:
            closing.close()
        return video


def _key(frame: FrameAddress) -> tuple[Path, int]:
    return frame.path, frame.index_in_media if frame.is_video else 0
