"""What a person chose to see, as one frozen value: layers, heatmap, tone, loupe, and how the view behaves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from annotator.gui.tone import NEUTRAL, Tone


class HeatmapLayer(Enum):
    """Which heatmap lies over the frame."""

    NONE = "none"
    SELECTED = "selected"
    ALL = "all"
    ENTROPY = "entropy"
    BACKGROUND = "background"


class HeatColours(Enum):
    """Colours of a heatmap: each rises evenly in lightness, so that it is read alike by every kind of eye."""

    MAGMA = "magma"
    INFERNO = "inferno"
    VIRIDIS = "viridis"
    CIVIDIS = "cividis"


class LoupeWhen(Enum):
    """When the loupe is to be seen."""

    NEVER = "never"
    PLACING = "placing"
    ALWAYS = "always"


LOUPE_ZOOMS = (4, 5, 6, 8, 10, 12)
"""Screen pixels of the loupe to a pixel of the frame."""


@dataclass(frozen=True)
class ViewSettings:
    """What a person chose to see."""

    labels: bool = True
    names: bool = False
    indices: bool = False
    predictions: bool = True
    markings: bool = True
    boxes: bool = True
    identities: bool = False
    ghost: bool = True
    residuals: bool = True
    spreads: bool = False
    heatmap: HeatmapLayer = HeatmapLayer.NONE
    heatmap_opacity: float = 0.6
    heat_colours: HeatColours = HeatColours.MAGMA
    threshold: float = 0.3
    tone: Tone = NEUTRAL
    loupe: LoupeWhen = LoupeWhen.PLACING
    loupe_zoom: int = 8
    navigator: bool = True
    keep_view: bool = True
