"""How the frame is shown: brighter, with more contrast, another gamma, or only its paint. The network sees none of it.

Tone is a table of 256 values that the painted picture goes through; the paint view is a picture of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

# Lines are thinner than this share of the frame's width, in the frames that broadcasters send.
PAINT_SHARE = 0.013
LEAST_PAINT = 7
# How much of the frame stays to be seen under its paint, so that one knows where one is.
GROUND_SHARE = 0.3
# What is as bright as this share of the frame, yet no darker than this, is shown white.
BRIGHT_QUANTILE = 0.995
LEAST_BRIGHT = 24


@dataclass(frozen=True)
class Tone:
    """``brightness`` and ``contrast`` in -1..1, 0 as it is; ``gamma`` above 1 lifts shadows; ``paint`` shows lines."""

    brightness: float = 0.0
    contrast: float = 0.0
    gamma: float = 1.0
    paint: bool = False

    @property
    def is_plain(self) -> bool:
        """True when values are shown as they are."""
        return self.brightness == 0.0 and self.contrast == 0.0 and self.gamma == 1.0


NEUTRAL = Tone()
GAMMAS = (1.0 / 3.0, 3.0)


@lru_cache(maxsize=32)
def table(tone: Tone) -> NDArray[np.uint8]:
    """The value that each value is shown as, (256,) uint8.

    Gamma first (v ** (1 / gamma)), then contrast as a slope about the middle grey of tan((1 + c) pi / 4), as image
    editors have it (1 at c = 0, without bound at c = 1), then brightness as a shift by up to half of the range.
    """
    value = np.linspace(0.0, 1.0, 256) ** (1.0 / min(max(tone.gamma, GAMMAS[0]), GAMMAS[1]))
    slope = np.tan((1.0 + min(max(tone.contrast, -1.0), 0.98)) * np.pi / 4.0)
    value = (value - 0.5) * slope + 0.5 + 0.5 * min(max(tone.brightness, -1.0), 1.0)
    found: NDArray[np.uint8] = np.rint(255.0 * np.clip(value, 0.0, 1.0)).astype(np.uint8)
    found.setflags(write=False)
    return found


def paint_of(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The frame ``rgb`` (H, W, 3) with its paint bright and all else dark: uint8 of the same shape.

    White is high in every channel, grass in one: the least channel tells them apart. A top-hat (the picture less its
    opening; Serra 1982) then keeps what is thinner than the widest line, and drops shirts, boards and sunlit grass.
    """
    import cv2

    red, green, blue = cv2.split(rgb)
    least = cv2.min(cv2.min(red, green), blue)
    side = max(LEAST_PAINT, round(PAINT_SHARE * rgb.shape[1])) | 1
    thin = cv2.morphologyEx(least, cv2.MORPH_TOPHAT, np.ones((side, side), np.uint8))
    counts = np.cumsum(np.bincount(thin[::4, ::4].ravel(), minlength=256))
    bright = max(int(np.searchsorted(counts, BRIGHT_QUANTILE * counts[-1])), LEAST_BRIGHT)
    shown = cv2.addWeighted(thin, 255.0 / bright, green, GROUND_SHARE, 0.0)
    found: NDArray[np.uint8] = np.asarray(cv2.cvtColor(shown, cv2.COLOR_GRAY2RGB), dtype=np.uint8)
    return found
