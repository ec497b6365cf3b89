"""What keypoint formats of other programs have in common: frames by name, each with its labelled instances.

Readers give these values and writers take them; what a format cannot say is left empty. Positions are pixels of the
frame as `annotator.labels` has them, (0, 0) the centre of the top-left pixel; a format that means something else by its
numbers converts inside its own module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from annotator.formats.documents import Finding
from annotator.labels import Point, Visibility

__all__ = ["ExchangeFile", "ExchangeFrame", "ExchangeInstance", "LabelledPoint"]

LabelledPoint = tuple[float, float, Visibility]
"""x, y in pixels, and VISIBLE or OCCLUDED: a point that is absent or not labelled is not there at all."""


@dataclass(frozen=True)
class ExchangeInstance:
    """One labelled thing: points by name, clicks along markings by name, a box (x0, y0, x1, y1) where one is given."""

    points: Mapping[str, LabelledPoint] = field(default_factory=dict)
    markings: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)
    box: tuple[float, float, float, float] | None = None

    @property
    def is_empty(self) -> bool:
        """True when nothing is said of it."""
        return not self.points and not self.markings and self.box is None


@dataclass(frozen=True)
class ExchangeFrame:
    """One image: its name with forward slashes, (width, height) where the format says it, and its instances."""

    name: str
    size: tuple[int, int] | None = None
    instances: tuple[ExchangeInstance, ...] = ()


@dataclass(frozen=True)
class ExchangeFile:
    """A file as read: keypoint names in its order, the frames, and what in it could not be used."""

    keypoints: tuple[str, ...]
    frames: tuple[ExchangeFrame, ...]
    findings: tuple[Finding, ...] = ()
