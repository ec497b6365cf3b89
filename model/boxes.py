"""The part of an image that a network looks at to see one thing in its box."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]
"""x, y of the top-left corner, width, height, in pixels; (0, 0) is the centre of the top-left pixel, as for points."""
MARGIN = 1.25
"""How much larger than the box the part is (Xiao, Wu, Wei, *Simple Baselines*, arXiv 1804.06208, section 2)."""


def region(box: Box, aspect: float, margin: float = MARGIN) -> Box:
    """The box grown to the input's ``aspect`` (width / height) and by the margin, about its own middle.

    It may reach beyond the image. A box without extent is a ValueError.
    """
    x, y, width, height = box
    if not (width > 0 and height > 0 and np.isfinite(box).all()):
        raise ValueError(f"{box} is no box with an extent")
    wide, high = max(width, height * aspect) * margin, max(height, width / aspect) * margin
    return x + width / 2 - wide / 2, y + height / 2 - high / 2, wide, high


def cut(image: NDArray[np.uint8], part: Box, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A part of an image, (h, w, 3) of ``size`` (w, h); what lies outside is black.

    Edges map to edges: x_out = (x - x_part) * w / w_part - 0.5.
    """
    x, y, wide, high = part
    scale_x, scale_y = size[0] / wide, size[1] / high
    while min(scale_x, scale_y) < 0.5 and min(image.shape[:2]) > 2:
        half = (image.shape[1] // 2, image.shape[0] // 2)
        ratio = (half[0] / image.shape[1], half[1] / image.shape[0])
        image = np.asarray(cv2.resize(image, half, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        x, y = (x + 0.5) * ratio[0] - 0.5, (y + 0.5) * ratio[1] - 0.5
        wide, high = wide * ratio[0], high * ratio[1]
        scale_x, scale_y = size[0] / wide, size[1] / high
    matrix = np.array([[scale_x, 0, -x * scale_x - 0.5], [0, scale_y, -y * scale_y - 0.5]])
    return np.asarray(cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR), dtype=np.uint8)


def part_from_image(points: NDArray[np.float64], part: Box) -> NDArray[np.float64]:
    """``(N, 2)`` pixels as shares of a part: (0, 0) its top-left corner, (1, 1) its bottom-right one."""
    return np.asarray((points - np.array(part[:2])) / np.array(part[2:]))


def image_from_part(shares: NDArray[np.float64], part: Box) -> NDArray[np.float64]:
    """The inverse of `part_from_image`."""
    return np.asarray(shares * np.array(part[2:]) + np.array(part[:2]))
