"""Every keypoint of a frame, with where it comes from: labels, geometry and prediction resolved into one answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from annotator.advice import Geometry, advice, is_determined, is_firm
from annotator.calibration import PLENTY, calibrate, calibration, refined
from annotator.camera import Lens, Solution
from annotator.constructions import construct, fitted, undecided, within_reach
from annotator.curves import Curve, curves_of, ghost_of, sight
from annotator.evidence import FEWEST_CONSTRAINTS, Evidence, gather
from annotator.labels import Instance, KeypointLabel, Origin, Point, Visibility
from annotator.pitch import KEYPOINTS, PITCH_57, Crossing
from annotator.refinement import Steps
from annotator.scheme import Scheme
from annotator.tripod_prior import Standing, solve_standing, stands

if TYPE_CHECKING:
    from model.heatmaps import Prediction

__all__ = ["Curve", "Keypoint", "Resolved", "Source", "resolution", "resolve", "said_alone"]

LARGEST_SD = 15.0  # pixels of a 960 wide frame; what geometry knows less surely is not shown as a position
SURE_CROSSING = 5.0  # pixels of a 960 wide frame; while no camera is firm, a crossing no less sure than this stands,
SURE_ON_CIRCLE = 3.0  # and so does a point on a circle, which people do not see as plainly
GIVE_WAY = 2.0  # beyond, it gives way to a projection this many times surer
AGREE = 3.0  # combined deviations within which a construction and the camera say the same
STAY = 1.5  # times as sure must the other be, in a drag, to take over from what was shown
TRUSTED_RMS = 6.0  # pixels of a 960 wide frame; a solution that fits worse,
TRUSTED_SUPPORT = 0.6  # or explains a smaller share of what was said, speaks for no keypoint


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
class Resolved:
    """The answer for one frame.

    ``keypoints`` holds every keypoint of the scheme in its order; ``curves`` the drawn markings as fitted;
    ``ghost`` the whole pitch as the solution projects it, one (N, 2) path in pixels per marking part in view, as far
    as it is determined, that is within ``ghost_sd`` pixels;
    ``image_from_pitch`` the ground homography (3, 3), metres to pixels, or None while it is not
    determined; ``status`` one short sentence on what would help or does not agree, "" when all is well. ``solution``
    is the fitted projection whether or not it was trusted, ``evidence`` what it was fitted to and ``size`` that of the
    frame: a next call may start from them.

    ``image_from_pitch`` is the homography nearest to the solution within the frame: the lens bends lines, it cannot.
    """

    keypoints: Mapping[str, Keypoint]
    curves: Mapping[str, Curve] = field(default_factory=dict)
    ghost: Mapping[str, tuple[NDArray[np.float64], ...]] = field(default_factory=dict)
    status: str = ""
    solution: Solution | None = None
    evidence: Evidence | None = None
    size: tuple[int, int] = (0, 0)
    ghost_sd: float = math.inf
    is_determined: bool = False

    @cached_property
    def image_from_pitch(self) -> NDArray[np.float64] | None:
        """The ground homography, worked out when it is asked for: in a drag it seldom is."""
        if self.solution is None or not self.is_determined:
            return None
        with np.errstate(all="ignore"):
            return self.solution.nearest_homography()


def resolve(
    instance: Instance,
    prediction: Prediction | None,
    *,
    size: tuple[int, int],
    threshold: float,
    previous: Resolved | None = None,
    scheme: Scheme = PITCH_57,
    standing: Standing | None = None,
) -> Resolved:
    """Every keypoint of the pitch in a frame, each from the best that is known of it.

    A point placed by hand or imported stands where it was put. Otherwise geometry answers: with a firm camera (one,
    fitted well, without a rival) its projection or the construction from the drawn markings, whichever is surer, or the
    projection where the two contradict each other; without one the construction, unless it is unsure where a
    homography or an open camera is much surer. Then where an accepted prediction put it, if nothing is constructed;
    then the projection; then where the network sees it with at least ``threshold`` confidence. What geometry knows with
    a standard deviation over ``LARGEST_SD`` is no position. Where accepted predictions are all that was said nothing is
    projected: what a person accepted is what was on the screen.

    While a marking is dragged (``previous`` differs in its clicks alone) the points constructed from it follow the hand
    and all others keep the source they had, unless the other becomes ``STAY`` times surer; asked again with the same
    labels, everything is as for a fresh look.

    Parameters
    ----------
    instance
        What a person said; unknown names and positions that are not finite are passed over.
    prediction
        What the network saw, or None.
    size
        Width and height of the frame in pixels.
    threshold
        Confidence from which on a predicted point is a position.
    previous
        An earlier answer, best the last one while something is dragged: where little has changed, one refinement
        from there gives the same answer several times faster. It may be of another frame.
    scheme
        Which keypoints are asked for; those of other schemes than the pitch are placed or predicted, never geometry's.
    standing
        Where the camera of the clip is known to stand (``annotator.tripod``): less need be said then.

    Raises
    ------
    ValueError
        If the size is not positive.
    """
    if min(size) <= 0:
        raise ValueError(f"a frame has a positive width and height, not {size}")
    with np.errstate(all="ignore"):
        evidence = gather(instance, Lens(size))
        geometry = _geometry(evidence, _solution(evidence, size, previous, standing), size)
        drag = _Drag.between(previous, geometry.evidence, size)
        known = _Known.of(instance, geometry, prediction, drag, size=size, threshold=threshold)
        keypoints = {name: known.keypoint(name) for name in scheme.keypoints}
        silent = scheme.id != PITCH_57.id or (geometry.evidence.is_empty and prediction is not None)
        trusted = geometry.trusted
        determined = trusted is not None and is_determined(geometry)
        # While the pitch is not determined as a whole, only the parts of it that are.
        ghost_sd = math.inf if determined else LARGEST_SD / geometry.lens.scale
        return Resolved(
            keypoints,
            curves_of(geometry.drawing, lens=geometry.lens, solution=trusted, found=geometry.found),
            ghost_of(trusted, largest_sd=ghost_sd) if trusted is not None else {},
            "" if silent else advice(geometry),
            geometry.solution,
            geometry.evidence,
            size,
            ghost_sd,
            determined,
        )


def resolution(instance: Instance, size: tuple[int, int], *, standing: Standing | None = None) -> Steps[Resolved]:
    """As `resolve` from the labels alone, for many frames side by side: without ``curves`` and ``ghost``."""
    evidence = gather(instance, Lens(size))
    solution: Solution | None = None
    if standing is not None:
        solution = solve_standing(evidence, size, standing, hints=_hints(evidence))
    elif evidence.constraints >= FEWEST_CONSTRAINTS:
        solution = yield from calibration(evidence, size, hints=_hints(evidence))
    geometry = _geometry(evidence, solution, size)
    known = _Known.of(instance, geometry, None, _Drag(), size=size, threshold=1.0)
    keypoints = {name: known.keypoint(name) for name in PITCH_57.keypoints}
    determined = geometry.trusted is not None and is_determined(geometry)
    return Resolved(
        keypoints, status=advice(geometry), solution=solution, evidence=evidence, size=size, is_determined=determined
    )


def said_alone(instance: Instance, size: tuple[int, int]) -> Mapping[str, Keypoint] | None:
    """Every keypoint where geometry adds and moves none; None where it might.

    So it is where nothing is drawn, and either every keypoint was spoken of, or accepted predictions are all that was
    said. Each keypoint is that of `resolution` but for its residual, which only geometry knows.
    """
    if instance.markings:
        return None
    said = instance.keypoints
    settled = all(name in said and _is_settled(said[name]) for name in KEYPOINTS)
    if not settled and _has_word(instance):
        return None
    nothing = Evidence({}, {}, {})
    known = _Known.of(instance, _geometry(nothing, None, size), None, _Drag(), size=size, threshold=1.0)
    return {name: known.keypoint(name) for name in PITCH_57.keypoints}


def _is_settled(said: KeypointLabel) -> bool:
    return said.visibility is Visibility.ABSENT or (said.position is not None and _finite(*said.position))


def _geometry(evidence: Evidence, solution: Solution | None, size: tuple[int, int]) -> Geometry:
    """Lines and ellipses, with the solution fitted to all of it, and what both say of the keypoints."""
    trusted = solution if solution is not None and _is_trusted(solution) else None
    lens = trusted.lens if trusted is not None else Lens(size)
    drawing = fitted(evidence, lens.kap)
    found = construct(drawing, trusted)
    sure = {
        name: point
        for name, point in found.items()
        if point.deviation <= LARGEST_SD and within_reach(point.place, lens.kap)
    }
    pixels, deviations = _sight(trusted) if trusted is not None else (None, None)
    return Geometry(
        evidence, drawing, sure, solution, trusted, lens, pixels, deviations, undecided(drawing, found), LARGEST_SD
    )


def _sight(trusted: Solution) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """As ``sight``; while a rival explains the same, no surer than the two agree."""
    pixels, deviations = sight(trusted)
    if trusted.rival is None:
        return pixels, deviations
    other, _ = sight(trusted.rival)
    apart = np.linalg.norm(pixels - other, axis=1)
    return pixels, np.hypot(deviations, np.nan_to_num(apart, nan=np.inf))


def _is_trusted(solution: Solution) -> bool:
    return solution.rms <= TRUSTED_RMS and solution.support >= TRUSTED_SUPPORT


def _solution(
    evidence: Evidence, size: tuple[int, int], previous: Resolved | None, standing: Standing | None
) -> Solution | None:
    """The fitted solution: the last one for the same evidence, refined for similar evidence, else searched for."""
    if standing is not None:
        return _solution_standing(evidence, size, previous, standing)
    if evidence.constraints < FEWEST_CONSTRAINTS:
        return None
    start: Solution | None = None
    if previous is not None and previous.size == size and previous.evidence is not None:
        if evidence.equals(previous.evidence):
            return previous.solution
        start = previous.solution if evidence.resembles(previous.evidence) else None
    if start is not None:
        few = evidence.constraints < PLENTY
        warm = refined(evidence, start, hints=_hints(evidence) if few else None)
        if warm is not None:
            return warm
    return calibrate(evidence, size, hints=_hints(evidence))


def _solution_standing(
    evidence: Evidence, size: tuple[int, int], previous: Resolved | None, standing: Standing
) -> Solution | None:
    """As `_solution`, of a camera that is known to stand somewhere."""
    near: Solution | None = None
    if previous is not None and previous.size == size and previous.evidence is not None:
        if stands(previous.solution, standing) and evidence.equals(previous.evidence):
            return previous.solution
        near = previous.solution if evidence.resembles(previous.evidence) else None
    return solve_standing(evidence, size, standing, hints=_hints(evidence), near=near)


def _hints(evidence: Evidence) -> dict[str, NDArray[np.float64]]:
    """Centred places of what the drawn markings construct, distortion left in."""
    rough = construct(fitted(evidence, 0.0), None)
    return {name: point.place for name, point in rough.items() if point.deviation <= LARGEST_SD}


@dataclass(frozen=True, eq=False)
class _Drag:
    """What goes on since the last answer: which markings moved, and the sources shown before."""

    moved: frozenset[str] = frozenset()
    sources: Mapping[str, Source | None] = field(default_factory=dict)

    @classmethod
    def between(cls, previous: Resolved | None, evidence: Evidence, size: tuple[int, int]) -> _Drag:
        """Nothing goes on between frames, sizes, or when anything but positions changed."""
        if previous is None or previous.evidence is None or previous.size != size:
            return cls()
        before = previous.evidence
        if not evidence.resembles(before) or evidence.equals(before):
            return cls()
        moved = {name for name, xy in evidence.markings.items() if not np.array_equal(xy, before.markings[name])}
        return cls(frozenset(moved), {name: keypoint.source for name, keypoint in previous.keypoints.items()})


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
    return {name: _Placed((x, y), sd) for name, (x, y), sd in rows if _finite(x, y) and sd * scale <= LARGEST_SD}


def _has_word(instance: Instance) -> bool:
    """Whether a person drew or placed anything: accepted predictions alone bring no point that nobody saw."""
    placed = (said for said in instance.keypoints.values() if said.position is not None)
    return bool(instance.markings) or any(said.origin is not Origin.ACCEPTED for said in placed)


@dataclass(frozen=True, eq=False)
class _Known:
    """All that is known of one frame, asked keypoint by keypoint."""

    said: Mapping[str, KeypointLabel]
    geometry: Geometry
    seen: Mapping[str, tuple[Point, float, float]]
    size: tuple[int, int]
    threshold: float
    constructed: Mapping[str, _Placed]
    projected: Mapping[str, _Placed]
    drag: _Drag
    is_firm: bool
    by_hand: frozenset[str]

    @classmethod
    def of(
        cls,
        instance: Instance,
        geometry: Geometry,
        prediction: Prediction | None,
        drag: _Drag,
        *,
        size: tuple[int, int],
        threshold: float,
    ) -> _Known:
        seen: dict[str, tuple[Point, float, float]] = {}
        if prediction is not None:
            rows = zip(
                prediction.names,
                prediction.xy.tolist(),
                prediction.confidence.tolist(),
                prediction.sd.tolist(),
                strict=True,
            )
            seen = {name: ((x, y), confidence, sd) for name, (x, y), confidence, sd in rows if _finite(x, y)}
        projected = _projected(geometry) if _has_word(instance) else {}
        return cls(
            instance.keypoints, geometry, seen, size, threshold, _constructed(geometry), projected, drag,
            is_firm(geometry), frozenset(instance.markings.keys() - instance.carried),
        )  # fmt: skip

    def keypoint(self, name: str) -> Keypoint:
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
        placed = said.position if said.position is not None and _finite(*said.position) else None
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


def _finite(x: float, y: float) -> bool:
    return math.isfinite(x) and math.isfinite(y)
