"""Rendered clips whose every frame carries its number as a bar code, in any container and codec."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

BITS = 18


def painted(number: int, size: tuple[int, int] = (320, 180)) -> np.ndarray:
    """(H, W, 3): a moving pattern, and along the bottom the number as black and white bars, each after its inverse."""
    width, height = size
    x = (np.arange(width) + 7 * number) % 97
    image = np.repeat((x[None, :, None] * 1.5 + 40).astype(np.uint8), height, axis=0).repeat(3, axis=2)
    image[height // 3 : height // 2, (number * 5) % width :][:, :20] = (220, 60, 40)
    bar = width / BITS
    for bit in range(BITS):
        part = slice(round(bit * bar), round((bit + 1) * bar))
        is_set = bool(number >> bit & 1)
        image[height * 2 // 3 : height * 5 // 6, part] = 0 if is_set else 255
        image[height * 5 // 6 :, part] = 255 if is_set else 0
    return np.ascontiguousarray(image)


def number_in(rgb: np.ndarray) -> int:
    """The number that a picture carries; -1 where the bars and their inverse disagree, as on a mixture of frames."""
    height, width = rgb.shape[:2]
    found = 0
    for bit in range(BITS):
        column = round((bit + 0.5) * width / BITS)
        inverse = rgb[height * 3 // 4 - 4 : height * 3 // 4 + 4, column - 2 : column + 3].mean() > 127
        plain = rgb[height * 11 // 12 - 4 : height * 11 // 12 + 4, column - 2 : column + 3].mean() > 127
        if inverse == plain:
            return -1
        found |= int(plain) << bit
    return found


def written(
    path: Path,
    count: int = 60,
    *,
    codec: str = "libx264",
    gop: int = 12,
    times: Sequence[int] | None = None,
    rate: int = 25,
    size: tuple[int, int] = (320, 180),
    **options: str,
) -> Path:
    """A clip of ``count`` frames; ``times`` are their presentation times in 1/1000 s, for uneven ones."""
    if codec not in av.codecs_available:
        pytest.skip(f"this build of FFmpeg has no {codec}")
    if codec == "libx264":
        options = {"preset": "ultrafast", "bf": "0", "sc_threshold": "0", **options}
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate, options=options)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.gop_size = gop
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(painted(number, size), format="rgb24")
            if times is not None:
                frame.pts, frame.time_base = int(times[number]), Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def packets(path: Path) -> list[av.Packet]:
    with av.open(str(path)) as container:
        return [packet for packet in container.demux(video=0) if packet.size]


def remuxed(source: Path, target: Path, keep: Iterable[int]) -> Path:
    """The packets at these places of the order of decoding, as they are, in another file."""
    wanted = set(keep)
    with av.open(str(source)) as container, av.open(str(target), "w") as out:
        stream = container.streams.video[0]
        copy = out.add_stream_from_template(stream)
        place = 0
        for packet in container.demux(stream):
            if packet.size:
                if place in wanted:
                    packet.stream = copy
                    out.mux(packet)
                place += 1
    return target


def as_played(path: Path) -> list[int]:
    """The numbers in the frames that a plain decoding from the beginning gives."""
    with av.open(str(path)) as container:
        return [number_in(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
