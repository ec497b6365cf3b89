"""Rendered frames as a file: H.264 in MP4 through PyAV, GIF and WebP through OpenCV; whole or not at all."""

from __future__ import annotations

import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]

SUFFIXES = (".mp4", ".gif", ".webp")
MOST_BYTES = 1 << 30
"""Pictures of an animation are all held until it is written; more than this is refused."""


class RenderError(Exception):
    """A file that cannot be written; the message says which, why and what to do."""


class Film(ABC):
    """Takes pictures (H, W, 3) RGB of one size, one after the other."""

    @abstractmethod
    def add(self, rgb: Rgb) -> None:
        """Append a picture; RenderError if there is no room for it."""

    @abstractmethod
    def finish(self) -> None:
        """Write what is left."""

    def abandon(self) -> None:  # noqa: B027  (nothing to let go of is a fair answer)
        """Let go of the file."""


@contextmanager
def film(path: Path, fps: float) -> Iterator[Film]:
    """A film of so many pictures a second that is in place at the end, or not at all if anything stops it before.

    Raises
    ------
    RenderError
        For a suffix that is none of `SUFFIXES`, or a file that cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise RenderError(f"{path}: the name must end in {', '.join(SUFFIXES)}.")
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem[:60]}.", suffix=suffix)
    except OSError as error:
        reason = error.strerror or error
        raise RenderError(f"{path}: the file cannot be written ({reason}). Check the folder.") from error
    os.close(handle)
    temporary = Path(name)
    writing: Film = Mp4(temporary, fps) if suffix == ".mp4" else Animation(temporary, fps)
    try:
        yield writing
        writing.finish()
        temporary.chmod(0o644)
        temporary.replace(path)
    except InterruptedError:  # somebody stopped the work: an OSError by name only
        writing.abandon()
        raise
    except OSError as error:
        writing.abandon()
        reason = error.strerror or error
        raise RenderError(f"{path}: the file cannot be written ({reason}). Check the space on the disk.") from error
    except BaseException:
        writing.abandon()
        raise
    finally:
        with suppress(OSError):
            temporary.unlink()


class Mp4(Film):
    """H.264, 4:2:0, with the colours of HD video."""

    def __init__(self, path: Path, fps: float) -> None:
        self._path, self._rate = path, Fraction(fps).limit_denominator(1001)
        self._container: Any = None
        self._stream: Any = None

    def add(self, rgb: Rgb) -> None:
        """Encode a picture; an odd last row or column is left out, as the format has no room for it."""
        import av

        height, width = (side - side % 2 for side in rgb.shape[:2])
        if self._stream is None:
            self._container = av.open(str(self._path), "w", format="mp4", options={"movflags": "faststart"})
            self._stream = self._container.add_stream("libx264", rate=self._rate, options={"crf": "19"})
            self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
            context = self._stream.codec_context
            context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709
            context.color_range = 1  # 16..235
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb[:height, :width]), format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Encode what the encoder held back, and close."""
        if self._container is not None:
            self._container.mux(self._stream.encode(None))
            self._container.close()
            self._container = None

    def abandon(self) -> None:
        """Close without caring."""
        container, self._container = self._container, None
        if container is not None:
            with suppress(Exception):
                container.close()


class Animation(Film):
    """GIF with a palette of its own for every picture and error diffusion, or WebP."""

    def __init__(self, path: Path, fps: float) -> None:
        self._path, self._fps = path, fps
        self._pictures: list[Rgb] = []
        self._bytes = 0

    def add(self, rgb: Rgb) -> None:
        """Hold a picture."""
        self._bytes += rgb.nbytes
        if self._bytes > MOST_BYTES:
            raise RenderError(
                f"{len(self._pictures)} pictures of {rgb.shape[1]}x{rgb.shape[0]} are all that fits into an animation. "
                "Choose a shorter range, --every, a smaller --width, or a name that ends in .mp4."
            )
        self._pictures.append(np.ascontiguousarray(rgb[:, :, ::-1]))

    def finish(self) -> None:
        """Write all pictures; each is shown for its share of the time, rounded without adding up."""
        import cv2

        if not self._pictures:
            return
        times = [round(1000 * n / self._fps) for n in range(len(self._pictures) + 1)]
        if self._path.suffix.lower() == ".gif":  # counts in hundredths of a second
            times = [round(time / 10) * 10 for time in times]
        animation: Any = cv2.Animation()
        animation.frames = self._pictures
        animation.durations = [b - a for a, b in pairwise(times)]
        how = [cv2.IMWRITE_WEBP_QUALITY, 85]
        if self._path.suffix.lower() == ".gif":
            how = [cv2.IMWRITE_GIF_COLORTABLE, 1, cv2.IMWRITE_GIF_DITHER, 3]
        if not cv2.imwriteanimation(str(self._path), animation, how):
            raise OSError("OpenCV could not encode the animation")
