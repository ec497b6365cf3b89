"""The images of an export: as they are where they are upright, else written anew."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from annotator.export.frames import Frame, Work
from annotator.export.options import Images
from annotator.frames import MediaError, is_upright, read_image
from annotator.video import Rgb

_COPIED = frozenset({".jpg", ".jpeg", ".png"})
_JPEG_QUALITY = 95


def encoded(work: Work, frame: Frame) -> tuple[str, bytes] | None:
    """Suffix and bytes of an image whose stored pixels are upright and decode; None if it was left out."""
    row = frame.row
    try:
        if is_ready(frame):
            read_image(row.path)
            return row.path.suffix.lower(), row.path.read_bytes()
        return (".jpg", _jpeg(work.pixels.read(row))) if row.is_video else (".png", _png(read_image(row.path)))
    except MediaError as error:
        work.leave_out(row.name, error.reason)
    except OSError as error:
        work.leave_out(row.name, f"the image cannot be read ({error.strerror or error})")
    return None


def is_ready(frame: Frame) -> bool:
    """Whether the image file may go out as it is."""
    return not frame.row.is_video and frame.row.path.suffix.lower() in _COPIED and is_upright(frame.row.path)


def put_image(work: Work, frame: Frame, folder: Path) -> str:
    """Bring the frame's image below ``folder`` as the options say, and return its name; "" if it was left out.

    An image that stays where it is has only its name.
    """
    placing = work.options.placing
    if placing is Images.REFERENCE and not frame.row.is_video:
        return frame.label + frame.row.path.suffix
    found = encoded(work, frame)
    if found is None:
        return ""
    name = frame.label + found[0]
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if placing is not Images.LINK or not is_ready(frame) or not _linked(frame.row.path, target):
        target.write_bytes(found[1])
        if placing is Images.LINK:
            work.counts["images copied, not linked"] += 1
    return name


def _linked(source: Path, target: Path) -> bool:
    """True for a hard link; some disks, and other disks, have none."""
    try:
        target.hardlink_to(source)
    except OSError:
        return False
    return True


def _jpeg(rgb: Rgb) -> bytes:
    return _encode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])


def _png(rgb: Rgb) -> bytes:
    return _encode(".png", rgb, [cv2.IMWRITE_PNG_COMPRESSION, 3])


def _encode(suffix: str, rgb: Rgb, options: list[int]) -> bytes:
    done, data = cv2.imencode(suffix, np.ascontiguousarray(rgb[..., ::-1]), options)
    if not done:
        raise ValueError(f"an image of shape {rgb.shape} cannot be encoded as {suffix}")
    return bytes(data)
