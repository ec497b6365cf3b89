"""Colours of data: the same in every theme, told apart by people who see colour differently.

The palette is that of Okabe & Ito, "Color Universal Design" (2008). Colour never carries a meaning alone: every source
has its own shape as well. A dark casing lets each mark read on white paint, on grass and in the crowd.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from annotator.gui.view_state import Glyph

ORANGE = QColor(230, 159, 0)
SKY = QColor(86, 180, 233)
YELLOW = QColor(240, 228, 66)
BLUE = QColor(0, 114, 178)
VERMILLION = QColor(213, 94, 0)
PURPLE = QColor(204, 121, 167)

ACCENT = QColor(255, 255, 255)
CASING = QColor(16, 18, 20, 190)
SOFT_CASING = QColor(16, 18, 20, 120)
WARNING = VERMILLION
BACKDROP = QColor(43, 44, 46)
PLATE = QColor(16, 18, 20, 176)
PLATE_TEXT = QColor(246, 246, 242)
FAINT = QColor(226, 226, 222, 190)

CLICK = YELLOW
CURVE = YELLOW
GHOST = PURPLE

GLYPH_COLOURS = {
    Glyph.PLACED: YELLOW,
    Glyph.ACCEPTED: YELLOW,
    Glyph.CONSTRUCTED: SKY,
    Glyph.PROJECTED: PURPLE,
    Glyph.PREDICTED: ORANGE,
    Glyph.ABSENT: FAINT,
}

# Magma (Smith & van der Walt 2015, public domain) at 17 even steps; between them a straight line is exact to 3 of 255.
_MAGMA = (
    (0, 0, 4), (11, 9, 36), (32, 17, 75), (59, 15, 112), (87, 21, 126), (114, 31, 129), (140, 41, 129),
    (168, 50, 125), (196, 60, 117), (222, 73, 104), (241, 96, 93), (250, 127, 94), (254, 159, 109),
    (254, 191, 132), (253, 222, 160), (252, 240, 178), (252, 253, 191),
)  # fmt: skip


@cache
def heat_table() -> NDArray[np.uint32]:
    """Colours of a heatmap by value, (256,) uint32 premultiplied ARGB; 0 is fully transparent.

    Opacity rises quickly, so that a weak second peak is still seen, and the grass around it stays grass.
    """
    value = np.linspace(0.0, 1.0, 256)
    stops = np.array(_MAGMA, dtype=np.float64)
    # The dark fifth of magma is lost on grass in shadow, and its end on white paint: begin and stop short of them.
    at = (0.2 + 0.74 * value) * (len(stops) - 1)
    rgb = np.stack([np.interp(at, np.arange(len(stops)), stops[:, channel]) for channel in range(3)], axis=1)
    alpha = np.sqrt(np.clip((value - 0.02) / 0.98, 0.0, 1.0))
    premultiplied = np.rint(rgb * alpha[:, None]).astype(np.uint32)
    a = np.rint(alpha * 255.0).astype(np.uint32)
    packed = a << 24 | premultiplied[:, 0] << 16 | premultiplied[:, 1] << 8 | premultiplied[:, 2]
    table: NDArray[np.uint32] = packed.astype(np.uint32)
    table.setflags(write=False)
    return table
