"""Where one keypoint comes from: what was placed, constructed, projected and predicted, and which of them is shown."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from annotator.advice import Geometry, is_firm
from annotator.labels import Instance, KeypointLabel, Origin, Point, Visibility
from annotator.pitch import KEYPOINTS, Crossing

if TYPE_CHECKING:
    from model.heatmaps import Prediction

__all__ = ["LARGEST_SD", "Drag", "Keypoint", "Known", "Source", "has_word", "is_finite"]

LARGEST_SD = 15.0  # pixels of a 960 wide frame; what geometry knows less surely is not shown as a position
SURE_CROSSING = 5.0  # pixels of a 960 wide frame; while no camera is firm, a crossing no less sure than this stands,
SURE_ON_CIRCLE = 3.0  # and so does a point on a circle, which people do not see as plainly
GIVE_WAY = 2.0  # beyond, it gives way to a projection this many times surer
AGREE = 3.0  # combined deviations within which a construction and the camera say the same
STAY = 1.5  # times as sure must the other be, in a drag, to take over from what was shown


class Source(Enum):
    """Where the position of a keypoint comes from, in falling priority."""

    PLACED = "placed"
    CONSTRUCTED = "constructed"
    PROJECTED = "projected"
    PREDICTED = "predicted"


@dataclass(frozen=True)
class Keypoint:
    """One resolved keypoint; ``position`` is None when nothing gives it one.

    ``visibility`` is what a person said, else VISIBLE for a point inside the frame and ABSENT for one outside or
    without a position. ``parents`` names what a constructed point follows from (markings, or a marking and a
    keypoint). ``confidence`` is the network's at this point (None without a prediction), ``predicted`` where the
    network saw it whether or not that is what is shown. ``sd`` is the standard deviation in pixels of the position
    along its worst direction, ``residual`` the distance in pixels between a placed point and where geometry
    would have it. ``origin`` is set for placed points. ``parents`` is filled wherever there is a construction, shown or
    not; ``disagreement`` is the distance in pixels between construction and camera where they do not agree within their
    deviations, None where they do.
    """

    name: str
    position: Point | None = None
    source: Source | None = None
    visibility: Visibility = Visibility.ABSENT
    parents: tuple[str, ...] = ()
    confidence: float | None = None
    sd: float | None = None
    residual: float | None = None
    inside: bool = False
    predicted: Point | None = None
    origin: Origin | None = None
    disagreement: float | None = None


@dataclass(frozen=True, eq=False)
class Drag:
    """What goes on since the last answer: which markings moved, and the sources shown before."""

    moved: frozenset[str] = frozenset()
    sources: Mapping[str, Source | None] = field(default_factory=dict)


@dataclass(frozen=True)
class _Placed:
    """Where geometry has a keypoint, in pixels, how surely, and from what it is constructed."""

    position: Point
    sd: float
    parents: tuple[str, ...] = ()


def _constructed(geometry: Geometry) -> dict[str, _Placed]:
    """What the drawn markings construct, by name."""
    if not geometry.found:
        return {}
    pixels = geometry.lens.pixels(np.array([point.place for point in geometry.found.values()])).tolist()
    scale = geometry.lens.scale
    return {
        name: _Placed((x, y), point.deviation / scale, point.parents)
        for (name, point), (x, y) in zip(geometry.found.items(), pixels, strict=True)
    }


def _projected(geometry: Geometry) -> dict[str, _Placed]:
    """What the camera projects surely enough, by name."""
    if geometry.pixels is None or geometry.deviations is None:
        return {}
    scale = geometry.lens.scale
    rows = zip(KEYPOINTS, geometry.pixels.tolist(), geometry.deviations.tolist(), strict=True)
    return {name: _Placed((x, y), sd) for name, (x, y), sd in rows if is_finite(x, y) and sd * scale <= LARGEST_SD}


def has_word(instance: Instance) -> bool:
    """Whether a person drew or placed anything: accepted predictions alone bring no point that nobody saw."""
    placed = (said for said in instance.keypoints.values() if said.position is not None)
    return bool(instance.markings) or any(said.origin is not Origin.ACCEPTED for said in placed)


@dataclass(frozen=True, eq=False)
class Known:
    """All that is known of one frame, asked keypoint by keypoint."""

    said: Mapping[str, KeypointLabel]
    geometry: Geometry
    seen: Mapping[str, tuple[Point, float, float]]
    size: tuple[int, int]
    threshold: float
    constructed: Mapping[str, _Placed]
    projected: Mapping[str, _Placed]
    drag: Drag
    is_firm: bool
    by_hand: frozenset[str]

    @classmethod
    def of(
        cls,
        instance: Instance,
        geometry: Geometry,
        prediction: Prediction | None,
        drag: Drag,
        *,
        size: tuple[int, int],
        threshold: float,
    ) -> Known:
        """What was said, what geometry makes of it, and what a network saw."""
        seen: dict[str, tuple[Point, float, float]] = {}
        if prediction is not None:
            rows = zip(
                prediction.names,
                prediction.xy.tolist(),
                prediction.confidence.tolist(),
                prediction.sd.tolist(),
                strict=True,
            )
            seen = {name: ((x, y), confidence, sd) for name, (x, y), confidence, sd in rows if is_finite(x, y)}
        projected = _projected(geometry) if has_word(instance) else {}
        return cls(
            instance.keypoints, geometry, seen, size, threshold, _constructed(geometry), projected, drag,
            is_firm(geometry), frozenset(instance.markings.keys() - instance.carried),
        )  # fmt: skip

    def keypoint(self, name: str) -> Keypoint:
        """The keypoint of this name, from the best that is known of it."""
        said = self.said.get(name, KeypointLabel())
        predicted, confidence, _ = self.seen.get(name, (None, None, None))
        if said.visibility is Visibility.ABSENT:
            return Keypoint(name, confidence=confidence, predicted=predicted)
        constructed = self.constructed.get(name)
        position, source, sd, apart = self._position(name, said, constructed)
        inside = position is not None and self._is_inside(position)
        visibility = said.visibility or (Visibility.VISIBLE if inside else Visibility.ABSENT)
        placed = source is Source.PLACED
        return Keypoint(
            name,
            position,
            source,
            visibility,
            constructed.parents if constructed is not None and not placed else (),
            confidence,
            sd,
            self._residual(name, said) if placed else None,
            inside,
            predicted,
            said.origin if placed else None,
            apart,
        )

    def _position(
        self, name: str, said: KeypointLabel, constructed: _Placed | None
    ) -> tuple[Point | None, Source | None, float | None, float | None]:
        """Position, source, standard deviation and disagreement by falling priority."""
        placed = said.position if said.position is not None and is_finite(*said.position) else None
        # A machine's point gives way to what a person drew since.
        redrawn = constructed is not None and not self.by_hand.isdisjoint(constructed.parents)
        if placed is not None and said.origin is not Origin.ACCEPTED and not (
            redrawn and said.origin is Origin.PROPAGATED
        ):
            return placed, Source.PLACED, None, None
        projected = self.projected.get(name)
        if constructed is not None:
            apart = self._disagreement(constructed, projected)
            if projected is None or self._prefers(name, constructed, projected.sd, apart):
                return constructed.position, Source.CONSTRUCTED, constructed.sd, apart
            if self.is_firm or placed is None:
                return projected.position, Source.PROJECTED, projected.sd, apart
        if placed is not None:
            return placed, Source.PLACED, None, None
        if projected is not None:
            return projected.position, Source.PROJECTED, projected.sd, None
        if name in self.seen and self.seen[name][1] >= self.threshold:
            return self.seen[name][0], Source.PREDICTED, self.seen[name][2], None
        return None, None, None, None

    def _disagreement(self, constructed: _Placed, projected: _Placed | None) -> float | None:
        """Pixels between a construction and a firm camera that contradict each other, else None."""
        if projected is None or not self.is_firm:
            return None
        apart = math.dist(constructed.position, projected.position)
        return apart if apart > AGREE * math.hypot(constructed.sd, projected.sd) else None

    def _prefers(self, name: str, constructed: _Placed, projected_sd: float, apart: float | None) -> bool:
        """Whether the construction is shown rather than the projection."""
        if self.drag.moved.intersection(constructed.parents):
            return True
        if not self.is_firm:
            plain = isinstance(KEYPOINTS[name].construction, Crossing)
            limit = (SURE_CROSSING if plain else SURE_ON_CIRCLE) / self.geometry.lens.scale
            return constructed.sd <= limit or constructed.sd <= GIVE_WAY * projected_sd
        if apart is not None:
            return False
        shown = self.drag.sources.get(name)
        favour = STAY if shown is Source.CONSTRUCTED else 1.0 / STAY if shown is Source.PROJECTED else 1.0
        return constructed.sd < favour * projected_sd

    def _residual(self, name: str, said: KeypointLabel) -> float | None:
        """How far a placed point lies from where everything else has it: a firm camera, its construction, or any."""
        trusted = self.geometry.trusted
        left_out = trusted.left_out.get(name) if trusted is not None else None
        constructed = self.constructed.get(name)
        if constructed is not None and said.position is not None and (left_out is None or not self.is_firm):
            return math.dist(constructed.position, said.position)
        return None if left_out is None else left_out / self.geometry.lens.scale

    def _is_inside(self, position: Point) -> bool:
        width, height = self.size
        return -0.5 <= position[0] <= width - 0.5 and -0.5 <= position[1] <= height - 0.5


def is_finite(x: float, y: float) -> bool:
    """Whether a place has two numbers."""
    return math.isfinite(x) and math.isfinite(y)
