"""Tiles that the renderer samples: noise, crowds and advertising boards; and exact filters for periodic patterns."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]
Image = NDArray[np.float32]

SEAT, ROW = 0.5, 0.8
CROWD_PIXELS, CROWD_METRES = 512, 32.0
BOARD_PIXELS = 32


def periodic_share(value: NDArray[np.floating], step: NDArray[np.floating], *, period: float, width: float) -> Map:
    """Share of the interval value +- step/2 that lies in the pulses [k period, k period + width); an exact box filter.

    The running integral of the pulse train is ``floor(a / p) w + min(a mod p, w)``; the share is its difference.
    """
    half = np.maximum(step, 1e-6) * np.float32(0.5)

    def integral(a: NDArray[np.floating]) -> NDArray[np.floating]:
        turns = np.floor(a / np.float32(period))
        within = np.minimum(a - turns * np.float32(period), np.float32(width))
        return np.asarray(turns * np.float32(width) + within)

    return np.asarray((integral(value + half) - integral(value - half)) / (2 * half), dtype=np.float32)


@cache
def noise_tile(blur: float, seed: int = 7) -> Map:
    """A tile of 512 x 512 smooth noise that wraps around, mean 0, standard deviation 1; ``blur`` in tile pixels."""
    grey = np.random.default_rng(seed).normal(size=(512, 512)).astype(np.float32)
    if blur > 0:
        pad = int(4 * blur) + 1
        wrapped = np.pad(grey, pad, mode="wrap")
        grey = np.asarray(cv2.GaussianBlur(wrapped, (0, 0), blur)[pad:-pad, pad:-pad], dtype=np.float32)
    grey = (grey - grey.mean()) / grey.std()
    return np.ascontiguousarray(grey, dtype=np.float32)


def sample(tile: Image, x: NDArray[np.floating], y: NDArray[np.floating]) -> Image:
    """A tile looked up at pixel coordinates that wrap around; bilinear."""
    height, width = tile.shape[:2]
    u, v = (x % width).astype(np.float32, copy=False), (y % height).astype(np.float32, copy=False)
    return np.asarray(cv2.remap(tile, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP), dtype=np.float32)


@cache
def _crowd_people(variant: int) -> tuple[NDArray[np.int32], Map, int]:
    """Which person part every pixel of a crowd tile shows, (H, W); its shade; and how many people there are.

    Part 0 is a seat or step, part 2 i + 1 the clothes of person i, part 2 i + 2 the head.
    """
    rng = np.random.default_rng(100 + variant)
    scale = CROWD_PIXELS / CROWD_METRES
    parts = np.zeros((CROWD_PIXELS, CROWD_PIXELS), np.int32)
    columns, rows = int(CROWD_METRES / SEAT), int(CROWD_METRES / ROW)
    count = 0
    for row in range(rows):
        for column in range(columns):
            x = (column + 0.5 + rng.uniform(-0.2, 0.2)) * SEAT * scale
            y = CROWD_PIXELS - (row + rng.uniform(-0.12, 0.12)) * ROW * scale
            wide, tall = rng.uniform(0.2, 0.27) * scale, rng.uniform(0.36, 0.5) * scale
            cv2.ellipse(parts, (int(x), int(y)), (int(wide), int(tall)), 0, 0, 360, 2 * count + 1, -1)
            head = (int(x + rng.uniform(-1, 1)), int(y - tall - 0.05 * scale))
            cv2.circle(parts, head, max(2, int(0.13 * scale)), 2 * count + 2, -1)
            count += 1
    height = np.arange(CROWD_PIXELS, dtype=np.float32)[:, None] % np.float32(ROW * scale)
    shade = 0.75 + 0.4 * np.abs(height / np.float32(ROW * scale) - 0.5) + np.zeros((1, CROWD_PIXELS), np.float32)
    return parts, shade.astype(np.float32), count


_CLOTHES = np.array(
    [
        (32, 34, 44), (24, 24, 26), (70, 72, 80), (110, 112, 118), (46, 58, 88), (120, 40, 40), (150, 145, 140),
        (190, 186, 180), (90, 76, 62), (60, 50, 46), (58, 84, 120), (130, 108, 80), (170, 60, 52), (40, 62, 52),
    ],
    np.float32,
)  # fmt: skip
_CLUBS = np.array(
    [(190, 28, 36), (150, 20, 40), (226, 224, 218), (30, 52, 120), (96, 150, 210), (30, 30, 34), (222, 186, 50),
     (210, 96, 30), (24, 100, 62), (84, 40, 96)],
    np.float32,
)  # fmt: skip
_SKIN = np.array([(206, 160, 134), (188, 138, 112), (224, 182, 158), (150, 104, 80), (96, 66, 52)], np.float32)


def crowd_tile(rng: np.random.Generator) -> Image:
    """A coloured crowd, (512, 512, 3) RGB 0..1, 32 m a side, wrapping around; rows lie along x, up is towards row 0."""
    parts, shade, count = _crowd_people(int(rng.integers(3)))
    palette = np.zeros((2 * count + 1, 3), np.float32)
    club = _CLUBS[int(rng.integers(len(_CLUBS)))] * np.float32(rng.uniform(0.7, 1.0))
    clothes = _CLOTHES[rng.integers(len(_CLOTHES), size=count)]
    fans = rng.random(count) < rng.uniform(0.03, 0.4)
    clothes = np.where(fans[:, None], club, clothes) * rng.uniform(0.6, 1.25, (count, 1)).astype(np.float32)
    heads = _SKIN[rng.integers(len(_SKIN), size=count)] * rng.uniform(0.6, 1.1, (count, 1)).astype(np.float32)
    hatted = rng.random(count) < 0.45
    heads = np.where(hatted[:, None], heads * 0.35, heads)
    seat = _CLUBS[int(rng.integers(len(_CLUBS)))] * np.float32(rng.uniform(0.4, 0.8))
    if rng.random() < 0.4:
        seat = np.full(3, rng.uniform(40, 120), np.float32)
    empty = rng.random(count) < rng.choice([0.02, 0.06, 0.15, 0.5, 0.95], p=[0.4, 0.3, 0.16, 0.08, 0.06])
    palette[0] = seat * 0.5
    palette[1::2] = np.where(empty[:, None], seat, clothes)
    palette[2::2] = np.where(empty[:, None], seat * 0.8, heads)
    warm = np.array([1.06, 1.0, 0.92], np.float32) ** np.float32(rng.uniform(0.0, 1.5))
    coloured: Image = palette[parts] * shade[..., None] * (warm * np.float32(rng.uniform(0.45, 1.1) / 255.0))
    return np.clip(coloured, 0.0, 1.0)


_WORDS = (
    "TOUCHLINE", "NORTHWIND", "ALBA", "Meridian Bank", "VOLTA", "KEEP IT FAIR", "HALCYON", "fjord.com", "ORION AIR",
    "Lumen", "CASTELLO", "Polar", "MATCHDAY", "vela", "QUARTZ", "Riverside Coffee", "TERRA", "0800 555", "ATLAS TYRES",
)  # fmt: skip


def board_strip(rng: np.random.Generator) -> Image:
    """A row of advertising boards, (32, 4096, 3) RGB 0..1: 32 pixels are one board height; it wraps around."""
    strip = np.zeros((BOARD_PIXELS, 4096, 3), np.uint8)
    one_colour = rng.random() < 0.4
    back = _vivid(rng)
    ink = _ink(rng, back)
    x = 0
    while x < strip.shape[1]:
        wide = int(rng.integers(150, 420))
        if not one_colour:
            back = _vivid(rng)
            ink = _ink(rng, back)
        strip[:, x : x + wide] = back
        word = str(_WORDS[int(rng.integers(len(_WORDS)))])
        font = int(rng.choice([cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_TRIPLEX]))
        scale = float(rng.uniform(0.6, 0.95))
        (length, tall), _ = cv2.getTextSize(word, font, scale, 2)
        at = (x + max(4, (wide - length) // 2), (BOARD_PIXELS + tall) // 2)
        cv2.putText(strip, word, at, font, scale, ink, int(rng.integers(1, 4)), cv2.LINE_AA)
        x += max(wide, length + 10)
    lit: Image = strip.astype(np.float32) * np.float32(rng.uniform(0.6, 1.0) / 255.0)
    return lit


def _vivid(rng: np.random.Generator) -> tuple[int, int, int]:
    """A board's ground colour."""
    kind = rng.random()
    if kind < 0.3:
        grey = int(rng.integers(10, 60))
        return grey, grey, min(255, grey + int(rng.integers(0, 50)))
    if kind < 0.5:
        grey = int(rng.integers(190, 250))
        return grey, grey, grey
    r, g, b = (int(c) for c in rng.integers(10, 230, 3))
    return r, g, b


def _ink(rng: np.random.Generator, back: tuple[int, int, int]) -> tuple[int, int, int]:
    """A colour that reads on ``back``."""
    if sum(back) < 380:
        return (245, 245, 245) if rng.random() < 0.7 else (250, 220, 40)
    return (20, 20, 30) if rng.random() < 0.6 else (190, 20, 30)
