"""What keypoint formats of other programs have in common: frames by name, each with its labelled instances.

Readers give these values and writers take them; what a format cannot say is left empty. Positions are pixels of the
frame as `annotator.labels` has them, (0, 0) the centre of the top-left pixel; a format that means something else by its
numbers converts inside its own module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from annotator.formats.documents import Finding
from annotator.labels import Point, Visibility
from annotator.scheme import AttributeValue

__all__ = ["ExchangeFile", "ExchangeFrame", "ExchangeInstance", "LabelledPoint"]

LabelledPoint = tuple[float, float, Visibility]
"""x, y in pixels, and VISIBLE or OCCLUDED: a point that is absent or not labelled is not there at all."""


@dataclass(frozen=True)
class ExchangeInstance:
    """One labelled thing: points by name, clicks along markings by name, a box (x0, y0, x1, y1) where one is given.

    ``number`` tells it apart from the others of its frame and joins it with itself in other frames, where the format
    says that. ``foreign`` is what the file says beyond these words, by format, to be written back.
    """

    points: Mapping[str, LabelledPoint] = field(default_factory=dict)
    markings: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)
    box: tuple[float, float, float, float] | None = None
    number: int | None = None
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    foreign: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """True when nothing is said of it."""
        return not (self.points or self.markings or self.attributes or self.foreign) and self.box is None


@dataclass(frozen=True)
class ExchangeFrame:
    """One image: its name with forward slashes, (width, height) where the format says it, and its instances."""

    name: str
    size: tuple[int, int] | None = None
    instances: tuple[ExchangeInstance, ...] = ()
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    foreign: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ExchangeFile:
    """A file as read: keypoint names in its order, the frames, and what in it could not be used.

    ``foreign`` is what it says of itself, by format; ``described`` a scheme document of its things, where it has one.
    """

    keypoints: tuple[str, ...]
    frames: tuple[ExchangeFrame, ...]
    findings: tuple[Finding, ...] = ()
    foreign: Mapping[str, Any] = field(default_factory=dict)
    described: Mapping[str, Any] = field(default_factory=dict)
