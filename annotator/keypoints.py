"""Every keypoint of a frame, with where it comes from: labels, geometry and prediction resolved into one answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from annotator.advice import Geometry, advice, is_determined
from annotator.calibration import PLENTY, calibrate, calibration, refined
from annotator.camera import Lens, Solution
from annotator.constructions import construct, fitted, undecided, within_reach
from annotator.curves import Curve, curves_of, ghost_of, sight
from annotator.evidence import FEWEST_CONSTRAINTS, Evidence, gather
from annotator.keypoint_sources import LARGEST_SD, Drag, Keypoint, Known, Source, has_word, is_finite
from annotator.labels import Instance, KeypointLabel, Visibility
from annotator.pitch import KEYPOINTS, PITCH_57
from annotator.refinement import Steps
from annotator.scheme import Scheme
from annotator.tripod_prior import Standing, solve_standing, stands

if TYPE_CHECKING:
    from model.heatmaps import Prediction

__all__ = ["Curve", "Keypoint", "Resolved", "Source", "resolution", "resolve", "said_alone"]

TRUSTED_RMS = 6.0  # pixels of a 960 wide frame; a solution that fits worse,
TRUSTED_SUPPORT = 0.6  # or explains a smaller share of what was said, speaks for no keypoint


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
        drag = _drag(previous, geometry.evidence, size)
        known = Known.of(instance, geometry, prediction, drag, size=size, threshold=threshold)
        keypoints = {name: known.keypoint(name) for name in scheme.keypoints}
        silent = not scheme.has_football or (geometry.evidence.is_empty and prediction is not None)
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
    known = Known.of(instance, geometry, None, Drag(), size=size, threshold=1.0)
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
    if not settled and has_word(instance):
        return None
    nothing = Evidence({}, {}, {})
    known = Known.of(instance, _geometry(nothing, None, size), None, Drag(), size=size, threshold=1.0)
    return {name: known.keypoint(name) for name in PITCH_57.keypoints}


def _is_settled(said: KeypointLabel) -> bool:
    return said.visibility is Visibility.ABSENT or (said.position is not None and is_finite(*said.position))


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


def _drag(previous: Resolved | None, evidence: Evidence, size: tuple[int, int]) -> Drag:
    """What is dragged: nothing between frames, sizes, or when anything but positions changed."""
    if previous is None or previous.evidence is None or previous.size != size:
        return Drag()
    before = previous.evidence
    if not evidence.resembles(before) or evidence.equals(before):
        return Drag()
    moved = {name for name, xy in evidence.markings.items() if not np.array_equal(xy, before.markings[name])}
    return Drag(frozenset(moved), {name: keypoint.source for name, keypoint in previous.keypoints.items()})
