"""Colours of data: the same in every theme, told apart by people who see colour differently.

The palette is that of Okabe & Ito, "Color Universal Design" (2008). Colour never carries a meaning alone: every source
has its own shape as well. A dark casing lets each mark read on white paint, on grass and in the crowd.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from annotator.gui.glyphs import Glyph
from annotator.gui.view_settings import HeatColours

ORANGE = QColor(230, 159, 0)
SKY = QColor(86, 180, 233)
YELLOW = QColor(240, 228, 66)
BLUE = QColor(0, 114, 178)
VERMILLION = QColor(213, 94, 0)
PURPLE = QColor(204, 121, 167)
GREEN = QColor(96, 219, 170)  # the bluish green, lightened: its marks lie on grass

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
CARRIED = GREEN

GLYPH_COLOURS = {
    Glyph.PLACED: YELLOW,
    Glyph.ACCEPTED: YELLOW,
    Glyph.CARRIED: CARRIED,
    Glyph.CONSTRUCTED: SKY,
    Glyph.PROJECTED: PURPLE,
    Glyph.PREDICTED: ORANGE,
    Glyph.ABSENT: FAINT,
}

# Magma, inferno and viridis (Smith & van der Walt 2015) and cividis (Nunez, Anderton & Renslow, "Optimizing colormaps
# with consideration for color vision deficiency", 2018), all in the public domain, at 17 even steps; between them a
# straight line is exact to 7 of 255.
_STOPS: dict[HeatColours, tuple[tuple[int, int, int], ...]] = {
    HeatColours.MAGMA: (
        (0, 0, 4), (11, 9, 36), (32, 17, 75), (59, 15, 112), (87, 21, 126), (114, 31, 129), (140, 41, 129),
        (168, 50, 125), (196, 60, 117), (222, 73, 104), (241, 96, 93), (250, 127, 94), (254, 159, 109),
        (254, 191, 132), (253, 222, 160), (252, 240, 178), (252, 253, 191),
    ),
    HeatColours.INFERNO: (
        (0, 0, 4), (11, 7, 36), (33, 12, 74), (60, 9, 101), (87, 16, 109), (112, 25, 110), (137, 34, 106),
        (163, 43, 97), (187, 55, 85), (209, 70, 68), (227, 89, 50), (241, 113, 30), (249, 141, 10), (252, 171, 15),
        (249, 202, 50), (242, 232, 101), (252, 255, 164),
    ),
    HeatColours.VIRIDIS: (
        (68, 1, 84), (72, 24, 106), (71, 45, 123), (66, 64, 134), (59, 82, 139), (51, 99, 141), (44, 114, 142),
        (38, 129, 142), (33, 144, 140), (31, 159, 136), (40, 174, 128), (62, 188, 116), (93, 201, 99), (130, 211, 76),
        (171, 220, 50), (213, 226, 26), (253, 231, 37),
    ),
    HeatColours.CIVIDIS: (
        (0, 32, 77), (0, 44, 104), (5, 54, 110), (44, 66, 108), (65, 77, 107), (82, 89, 108), (97, 100, 111),
        (111, 112, 115), (124, 123, 120), (140, 136, 121), (156, 148, 119), (172, 161, 116), (189, 175, 111),
        (206, 189, 104), (224, 203, 94), (242, 218, 80), (255, 234, 70),
    ),
}  # fmt: skip


@cache
def heat_table(colours: HeatColours = HeatColours.MAGMA) -> NDArray[np.uint32]:
    """Colours of a heatmap by value, (256,) uint32 premultiplied ARGB; 0 is fully transparent.

    Opacity rises quickly, so that a weak second peak is still seen, and the grass around it stays grass.
    """
    value = np.linspace(0.0, 1.0, 256)
    # The dark end is lost on grass in shadow, and the bright one on white paint: begin and stop short of them.
    rgb = heat_colours(colours, 0.2 + 0.74 * value)
    alpha = np.sqrt(np.clip((value - 0.02) / 0.98, 0.0, 1.0))
    premultiplied = np.rint(rgb * alpha[:, None]).astype(np.uint32)
    a = np.rint(alpha * 255.0).astype(np.uint32)
    packed = a << 24 | premultiplied[:, 0] << 16 | premultiplied[:, 1] << 8 | premultiplied[:, 2]
    table: NDArray[np.uint32] = packed.astype(np.uint32)
    table.setflags(write=False)
    return table


def heat_colours(colours: HeatColours, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """The colours (N, 3), 0..255 RGB, at these places (N,) in 0..1 along the scale."""
    stops = np.array(_STOPS[colours], dtype=np.float64)
    places = np.clip(at, 0.0, 1.0) * (len(stops) - 1)
    return np.stack([np.interp(places, np.arange(len(stops)), stops[:, channel]) for channel in range(3)], axis=1)
