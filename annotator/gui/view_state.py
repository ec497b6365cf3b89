"""What the canvas shows, as frozen values: settings, selection, and the marks to paint."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class HeatmapLayer(Enum):
    """Which heatmap lies over the frame."""

    NONE = "none"
    SELECTED = "selected"
    ALL = "all"


@dataclass(frozen=True)
class ViewSettings:
    """What a person chose to see."""

    labels: bool = True
    names: bool = False
    predictions: bool = True
    markings: bool = True
    ghost: bool = False
    heatmap: HeatmapLayer = HeatmapLayer.NONE
    heatmap_opacity: float = 0.6
    threshold: float = 0.3


@dataclass(frozen=True)
class Selection:
    """What is selected: keypoints by name, a marking by name, one of its clicked points by index."""

    keypoints: tuple[str, ...] = ()
    marking: str | None = None
    click: int | None = None


NOTHING_SELECTED = Selection()
