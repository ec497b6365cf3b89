"""The lanes of a timeline as pictures: a state is a colour and a pattern, so that neither says it alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from annotator.gui import theme
from annotator.gui.colours import BLUE, CARRIED, ORANGE, SKY, VERMILLION, YELLOW
from annotator.labels import FrameState
from annotator.timeline import FILLED, KEY, MOTION, STATES, Columns

Picture = NDArray[np.uint32]
Mask = NDArray[np.bool_]

FAR = 10.0
"""Pixels of a frame 960 wide from which on a distance from the geometry stands out."""
FARTHEST = 20.0
"""The distance at the top of its lane."""
_RARE = (FrameState.REJECTED, FrameState.LOOK_AGAIN, FrameState.ACCEPTED, FrameState.DRAFT)
_STACK = (
    FrameState.ACCEPTED, FrameState.DRAFT, FrameState.LOOK_AGAIN, FrameState.REJECTED, FrameState.PREDICTED,
    FrameState.UNSEEN,
)  # fmt: skip


@dataclass(frozen=True)
class Ink:
    """Two colours of a pattern as 0xAARRGGBB."""

    ground: int
    figure: int


def argb(colour: QColor, share: float = 1.0, over: QColor | None = None) -> int:
    """A colour, or the mix of a share of it with another."""
    if over is None or share >= 1.0:
        return int(colour.rgba())
    pairs = ((colour.red(), over.red()), (colour.green(), over.green()), (colour.blue(), over.blue()))
    return int(QColor(*(round(share * a + (1.0 - share) * b) for a, b in pairs)).rgba())


def state_inks() -> dict[FrameState, Ink]:
    """The colours of the states in the palette in use, as the list of frames has them."""
    colours = theme.tokens()
    dark = colours is theme.DARK
    base = QColor(colours.base)
    blue = SKY if dark else BLUE
    orange = ORANGE if dark else QColor("#b87a00")
    accent = QColor(colours.accent)
    empty = argb(QColor(colours.border), 0.45, base)
    return {
        FrameState.UNSEEN: Ink(empty, empty),
        FrameState.PREDICTED: Ink(argb(orange, 0.12, base), argb(orange, 0.85, base)),
        FrameState.DRAFT: Ink(argb(blue, 0.22, base), argb(blue)),
        FrameState.ACCEPTED: Ink(argb(accent), argb(accent)),
        FrameState.REJECTED: Ink(argb(VERMILLION, 0.18, base), argb(VERMILLION)),
        FrameState.LOOK_AGAIN: Ink(argb(orange, 0.2, base), argb(orange)),
    }


def pattern(state: FrameState, height: int, width: int, unit: int = 1) -> Mask:
    """Which pixels (height, width) of a lane belong to the figure of a state; ``unit`` device pixels are one."""
    y, x = np.arange(height)[:, None] // unit, np.arange(width)[None] // unit
    if state is FrameState.PREDICTED:
        return np.asarray(((x + 2 * ((y // 4) % 2)) % 4 < 1) & (y % 4 == 1))
    if state is FrameState.DRAFT:
        return hatch(height, width, unit)
    if state is FrameState.LOOK_AGAIN:
        return np.broadcast_to(y % 4 < 2, (height, width))
    if state is FrameState.REJECTED:
        return np.asarray(((x + y) % 6 < 1) | ((x - y) % 6 < 1))
    return np.zeros((height, width), dtype=np.bool_)


def hatch(height: int, width: int, unit: int = 1) -> Mask:
    """Stripes that rise to the right."""
    y, x = np.arange(height)[:, None] // unit, np.arange(width)[None] // unit
    return np.asarray((x + y) % 6 < 3)


def status_lane(columns: Columns, height: int, unit: int = 1) -> Picture:
    """(height, W): the states of a column's frames stacked by their shares, those that matter at the foot.

    What matters and is rare still takes a pixel of the column.
    """
    width = columns.shares.shape[1]
    rare = np.array([state in _RARE for state in STATES])[:, None]
    shares = np.where(rare & (columns.shares > 0), np.maximum(columns.shares, 1.5 * unit / height), columns.shares)
    shares = shares / np.maximum(shares.sum(axis=0), 1e-9)
    inks = state_inks()
    order = [STATES.index(state) for state in _STACK]
    tops = np.cumsum(shares[order], axis=0)
    level = (np.arange(height)[::-1, None] + 0.5) / height
    layer = (level[None] > tops[:, None, :]).sum(axis=0).clip(max=len(order) - 1)
    picture = np.zeros((height, width), dtype=np.uint32)
    for number, state in enumerate(_STACK):
        here = layer == number
        if here.any():
            ink = inks[state]
            picture[here] = np.where(pattern(state, height, width, unit), ink.figure, ink.ground)[here]
    return _cut(picture, columns)


def said_lane(columns: Columns, height: int, unit: int = 1) -> Picture:
    """(height, W): stretches carried by motion (rising stripes) and filled in between (two lines), key frames solid."""
    base = QColor(theme.tokens().base)
    width = len(columns.said)
    y = np.arange(height)[:, None]
    picture = np.full((height, width), argb(QColor(theme.tokens().border), 0.45, base), dtype=np.uint32)
    moved, between = (columns.said & MOTION) > 0, (columns.said & FILLED) > 0
    foot = max(height // 4, 1)
    inner = (y >= foot) & (y < height - foot)
    tint, full = argb(CARRIED, 0.25, base), argb(CARRIED)
    picture[:] = np.where(inner & (moved | between)[None], tint, picture)
    picture[:] = np.where(inner & moved[None] & hatch(height, width, unit), full, picture)
    lines = (y // unit == foot // unit) | (y // unit == (height - foot - 1) // unit)
    picture[:] = np.where(lines & between[None], full, picture)
    key = (columns.said & KEY) > 0
    picture[:] = np.where(key[None], argb(key_colour()), picture)
    return _cut(picture, columns)


def key_colour() -> QColor:
    """What a person said: yellow as on the picture, darker on a light ground."""
    return YELLOW if theme.tokens() is theme.DARK else QColor("#8a7a00")


def confidence_lane(columns: Columns, height: int, unit: int = 1) -> Picture:
    """(height, W): the mean of a column as an area, its least as a line in it."""
    base, text = QColor(theme.tokens().base), QColor(theme.tokens().text)
    mean, least = columns.confidence
    level = (np.arange(height)[::-1, None] + 0.5) / height
    orange = ORANGE if theme.tokens() is theme.DARK else QColor("#b87a00")
    picture = np.full((height, len(mean)), argb(QColor(theme.tokens().border), 0.3, base), dtype=np.uint32)
    with np.errstate(invalid="ignore"):
        picture = np.where(level < mean[None], np.uint32(argb(orange, 0.45, base)), picture)
        line = np.abs(level - least[None]) < 0.5 * unit / height
        picture = np.where(line, np.uint32(argb(text, 0.75, base)), picture)
    return _cut(picture, columns)


def residual_lane(columns: Columns, height: int, unit: int = 1) -> Picture:
    """(height, W): bars of the largest distance in a column; one that stands out is red and striped."""
    base = QColor(theme.tokens().base)
    value = columns.residual
    level = (np.arange(height)[::-1, None] + 0.5) / height * FARTHEST
    picture = np.full((height, len(value)), argb(QColor(theme.tokens().border), 0.3, base), dtype=np.uint32)
    near = np.uint32(argb(QColor(theme.tokens().muted), 0.8, base))
    far = np.where(hatch(height, len(value), unit), argb(VERMILLION), argb(VERMILLION, 0.55, base)).astype(np.uint32)
    with np.errstate(invalid="ignore"):
        # A fit without any error is a bar too: its frame is known.
        bar = level <= np.maximum(value, FARTHEST / height * unit)[None]
        picture = np.where(bar, np.where(value[None] >= FAR, far, near), picture)
    return _cut(picture, columns)


def _cut(picture: Picture, columns: Columns) -> Picture:
    """Nothing beyond the ends of the clip."""
    found = picture.astype(np.uint32)
    found[:, ~columns.inside] = 0
    return found


def image_of(picture: Picture) -> QImage:
    """The picture as an image that owns its pixels."""
    height, width = picture.shape
    data = np.ascontiguousarray(picture, dtype=np.uint32)
    return QImage(data.data, width, height, 4 * width, QImage.Format.Format_ARGB32).copy()
