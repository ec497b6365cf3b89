"""What is odd about one frame: every kind of sign with its worst value, the keypoint concerned and how many there are.

Where a person has said something the labels are judged, else what the network saw. Distances are pixels of a frame 960
wide, so that frames of different sizes can be compared.

To add a sign: a member of `Kind`; a function that yields `Sign` where there is something to say, called by `signs_of`
(or, where it takes more than one frame, by `annotator.review.entries.inspect`, as `jump_sign` is); a row of
`annotator.review.queue.SCALES`, how large it must be to mean something and how much it is worth; a word of
`annotator.review.query.MEASURES` to filter by; its sentence and its name in `annotator.gui.review_words`; and a higher
``_VERSION`` in `annotator.review.survey`, so that frames are looked at again. Nothing else knows the kinds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from annotator.checks import Finding, Severity, check
from annotator.keypoints import Resolved, Source, resolve
from annotator.labels import Instance, KeypointLabel, Origin, Point, Visibility
from annotator.pitch import KEYPOINTS
from annotator.review.absent import unlabelled, unseen
from annotator.review.peaks import second_peaks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model.heatmaps import Prediction

WIDTH = 960.0
DOUBTFUL = 0.1
"""Confidence from which on a heatmap shows something at all."""
NOT_THERE = 8.0
"""Pixels of a 960 wide frame from which on a peak is not where the camera has the point."""
NOISE, LEAST_FREE = 3.0, 0.04
"""Deviation of a label, and the least share of its residual that is taken to be its own."""
PLAIN = 10.0
"""Pixels of a 960 wide frame from which on two positions are plainly not the same."""
FEWEST = 4
"""Points of both frames, or of both networks, below which a comparison says nothing."""


class Kind(Enum):
    """The kinds of signs; each has a natural unit and a value from which on it means something."""

    GEOMETRY = "model against geometry"
    TWO_PEAKS = "two peaks"
    FAINT = "low confidence"
    CORRECTED = "label against prediction"
    UNLABELLED = "seen but not labelled"
    MISSING = "missing visible points"
    CHECK = "check finding"
    JUMP = "jump against neighbours"
    NETWORKS = "networks disagree"
    FLIP = "flip test disagrees"
    NO_CAMERA = "no camera fits"
    OTHER_PEAK = "another peak fits the geometry"
    SWAPPED = "left and right swapped"
    BONE = "implausible length"
    BOX = "box not around its points"
    EXTRA = "seen things without labels"
    UNFOUND = "labelled things not seen"
    NUMBER = "number against prediction"
    SIGHT = "hidden or not"


_FOOTBALL = frozenset({Kind.GEOMETRY, Kind.CHECK, Kind.NO_CAMERA, Kind.OTHER_PEAK})
_THINGS = frozenset({Kind.SWAPPED, Kind.BONE, Kind.BOX, Kind.EXTRA, Kind.UNFOUND, Kind.NUMBER, Kind.SIGHT})


def kinds_of(*, football: bool) -> tuple[Kind, ...]:
    """The kinds of signs that frames of the pitch can have, or those of other schemes."""
    without = _THINGS if football else _FOOTBALL
    return tuple(kind for kind in Kind if kind not in without)


@dataclass(frozen=True)
class Sign:
    """One reason to look: ``value`` in the unit of its kind, the ``keypoint`` it is worst at, and ``count`` in all.

    Units: GEOMETRY, CORRECTED, JUMP, NETWORKS, FLIP and OTHER_PEAK pixels of a 960 wide frame; TWO_PEAKS the ratio of
    the second peak; FAINT one minus the median confidence of the points shown; UNLABELLED and MISSING a number of
    points; CHECK 1 for a warning and 2 for an error; NO_CAMERA 1. ``detail`` is a sentence where the sign carries one.
    ``usual`` is the share of the project's frames that have the point this one lacks, once many frames are compared.

    ``instance`` is the number of the thing concerned, in projects without football (`annotator.review.thing_signs`):
    there distances are percent of the size of the thing. SWAPPED counts pairs, EXTRA and UNFOUND things, SIGHT points
    by how sure the network is, BONE is in deviations from the usual, BOX in percent of the thing's size, NUMBER in
    percent of the number's range.
    """

    kind: Kind
    value: float
    keypoint: str | None = None
    count: int = 1
    detail: str = ""
    usual: float | None = None
    instance: int | None = None


@dataclass(frozen=True)
class FrameSigns:
    """All signs of a frame, and where its camera looks.

    ``place`` is (pan as x and y, zoom) of the camera or () without one: frames with like places show the same scene.
    ``said`` names the points that were judged, and ``gone`` those that are lacking with how surely that is a mistake
    (0 to 1): what the project's frames usually have is compared with them. ``bones`` holds lengths of things by edge,
    for the same purpose (`annotator.review.bones`).
    """

    frame_id: int
    signs: tuple[Sign, ...] = ()
    place: tuple[float, ...] = ()
    group: int = 0
    said: frozenset[str] = frozenset()
    gone: Mapping[str, float] = field(default_factory=dict)
    bones: Mapping[str, tuple[tuple[int, float], ...]] = field(default_factory=dict)


def signs_of(
    frame_id: int,
    instance: Instance,
    prediction: Prediction | None,
    *,
    size: tuple[int, int],
    threshold: float,
    group: int = 0,
    other: Prediction | None = None,
    mirrored: Mapping[str, Point] | None = None,
) -> FrameSigns:
    """What is odd about a frame.

    Parameters
    ----------
    instance
        What a person said of the pitch; where that is nothing, the prediction is judged in its place.
    prediction, other
        What the network saw, and what another network saw.
    size
        Width and height of the frame in pixels.
    threshold
        Confidence from which on a predicted point is shown.
    group
        The medium or clip the frame belongs to.
    mirrored
        Where the network saw the points in the mirrored frame, brought back: name -> pixels, for the flip test.
    """
    unit = WIDTH / size[0]
    seen = _seen(prediction, threshold)
    judged = instance if not instance.is_empty else _as_said(seen)
    resolved = resolve(judged, None, size=size, threshold=1.0)
    findings = () if judged.is_empty else check(judged, resolved, size=size)
    off = _from_the_rest(resolved)
    signs = [*_geometry(off), *_no_camera(resolved, judged), *_checks(findings)]
    gone: dict[str, float] = {}
    if prediction is not None and instance.is_empty:
        gone = unseen(resolved, seen)
        signs += [
            *_two_peaks(prediction, seen),
            *_other_peak(prediction, seen, resolved, unit=unit),
            *_faint(prediction, threshold),
            *_lacking(Kind.MISSING, gone),
        ]
    elif prediction is not None:
        gone = unlabelled(resolved, judged, prediction)
        signs += [*_corrected(resolved, seen, off, unit=unit), *_lacking(Kind.UNLABELLED, gone)]
    if prediction is not None and other is not None:
        signs += _apart(Kind.NETWORKS, seen, _seen(other, threshold), unit=unit, fewest=1)
    if mirrored is not None:
        signs += _apart(Kind.FLIP, seen, mirrored, unit=unit, fewest=1)
    return FrameSigns(frame_id, tuple(signs), _place(resolved), group, frozenset(judged.keypoints), gone)


def jump_sign(
    before: Mapping[str, Point], here: Mapping[str, Point], after: Mapping[str, Point], *, width: float
) -> Sign | None:
    """How far the points lie from halfway between the frames before and after; the worst one, beyond the common jerk.

    A camera that starts or stops moves all points alike: what all share is taken off, a point that jumps alone stays.
    None where the three frames share fewer than `FEWEST` points.
    """
    names = [name for name in here if name in before and name in after]
    if len(names) < FEWEST:
        return None
    first, second, third = (np.array([points[name] for name in names]) for points in (before, here, after))
    jerk = second - 0.5 * (first + third)
    off = np.linalg.norm(jerk - np.median(jerk, axis=0), axis=1) * WIDTH / width
    worst = int(off.argmax())
    return Sign(Kind.JUMP, float(off[worst]), names[worst])


def _seen(prediction: Prediction | None, threshold: float) -> dict[str, Point]:
    if prediction is None:
        return {}
    shown = np.flatnonzero((prediction.confidence >= threshold) & np.isfinite(prediction.xy).all(axis=1))
    return {prediction.names[i]: (float(prediction.xy[i, 0]), float(prediction.xy[i, 1])) for i in shown}


def _as_said(points: Mapping[str, Point]) -> Instance:
    """What the network saw as if a person had said it: only so it is held against the pitch."""
    return Instance(keypoints={n: KeypointLabel(at, Visibility.VISIBLE, Origin.IMPORTED) for n, at in points.items()})


def _positions(resolved: Resolved) -> dict[str, Point]:
    return {
        name: point.position
        for name, point in resolved.keypoints.items()
        if point.position is not None and point.inside and point.source is not Source.PREDICTED
    }


def _from_the_rest(resolved: Resolved) -> dict[str, float]:
    """How far each placed point, and each drawn marking, lies from where the rest would have it, as far as that tells.

    The distance of a point from the camera fitted without it is as unsure as that camera is there; it is reduced to
    what a point that everything else pins down would show: the studentised residual (Cook & Weisberg, *Residuals and
    Influence in Regression*, 1982, 2.2) times the deviation `NOISE` of a label.
    """
    solution = resolved.solution
    if solution is None:
        return {}
    names = [name for name, value in solution.left_out.items() if value is not None and np.isfinite(value)]
    off = {name: float(value) for name, value in solution.misfits.items() if np.isfinite(value)}
    if names:
        worlds = np.array([KEYPOINTS[name].world for name in names], dtype=np.float64)
        spread = np.nan_to_num(solution.deviations(worlds) * solution.lens.scale, nan=np.inf)
        free = np.clip(1.0 - (spread / NOISE) ** 2, LEAST_FREE, 1.0)
        for name, part in zip(names, free, strict=True):
            off[name] = float(solution.left_out[name] or 0.0) * float(np.sqrt(part))
    return off


def _geometry(off: Mapping[str, float]) -> Iterator[Sign]:
    """The point furthest from where the rest would put it, or the marking that fits worst."""
    if off:
        worst = max(off, key=lambda name: off[name])
        yield Sign(Kind.GEOMETRY, off[worst], worst, count=sum(value > PLAIN for value in off.values()))


def _corrected(
    resolved: Resolved, seen: Mapping[str, Point], off: Mapping[str, float], *, unit: float
) -> Iterator[Sign]:
    """How far labels lie from what the network saw; where geometry is with the label, the network is at fault."""
    apart: dict[str, float] = {}
    for name, at in _positions(resolved).items():
        if name in seen:
            distance = float(np.hypot(at[0] - seen[name][0], at[1] - seen[name][1])) * unit
            apart[name] = min(distance, 3.0 * off[name]) if name in off else distance
    if apart:
        worst = max(apart, key=lambda name: apart[name])
        yield Sign(Kind.CORRECTED, apart[worst], worst, sum(value > PLAIN for value in apart.values()))


def _no_camera(resolved: Resolved, judged: Instance) -> Iterator[Sign]:
    said = sum(label.position is not None for label in judged.keypoints.values()) + 2 * len(judged.markings)
    if said >= 2 * FEWEST and not resolved.ghost:
        yield Sign(Kind.NO_CAMERA, 1.0)


def _checks(findings: tuple[Finding, ...]) -> Iterator[Sign]:
    graver = [finding for finding in findings if finding.severity is not Severity.HINT]
    if graver:
        worst = min(graver, key=lambda finding: finding.severity is not Severity.ERROR)
        value = 2.0 if worst.severity is Severity.ERROR else 1.0
        yield Sign(Kind.CHECK, value, worst.names[0] if worst.names else None, len(graver), worst.reason)


def _lacking(kind: Kind, gone: Mapping[str, float]) -> Iterator[Sign]:
    """How many points are lacking, each by how surely it is, and the surest of them."""
    if gone:
        yield Sign(kind, sum(gone.values()), max(gone, key=lambda name: gone[name]), len(gone))


def _other_peak(
    prediction: Prediction, seen: Mapping[str, Point], resolved: Resolved, *, unit: float
) -> Iterator[Sign]:
    """Points where the camera decides for the second peak of the heatmap against the first, and how far that is off."""
    solution = resolved.solution
    if solution is None:
        return
    peaks = {name: peak for name, peak in second_peaks(prediction, least=DOUBTFUL).items() if name in seen}
    peaks = {name: peak for name, peak in peaks.items() if peak.ratio >= DOUBTFUL and name in KEYPOINTS}
    if not peaks:
        return
    places = solution.project(np.array([KEYPOINTS[name].world for name in peaks], dtype=np.float64))
    off = {}
    for (name, peak), at in zip(peaks.items(), places, strict=True):
        first, second = (float(np.hypot(*np.subtract(spot, at))) * unit for spot in (seen[name], peak.position))
        if first > NOT_THERE and second < 0.5 * first:
            off[name] = first
    if off:
        worst = max(off, key=lambda name: off[name])
        yield Sign(Kind.OTHER_PEAK, off[worst], worst, len(off))


def _two_peaks(prediction: Prediction, seen: Mapping[str, Point]) -> Iterator[Sign]:
    peaks = {name: peak for name, peak in second_peaks(prediction, least=DOUBTFUL).items() if name in seen}
    if peaks:
        worst = max(peaks, key=lambda name: peaks[name].ratio)
        yield Sign(Kind.TWO_PEAKS, peaks[worst].ratio, worst, sum(peak.ratio > 0.5 for peak in peaks.values()))


def _faint(prediction: Prediction, threshold: float) -> Iterator[Sign]:
    shown = prediction.confidence[prediction.confidence >= threshold]
    yield Sign(Kind.FAINT, 1.0 - float(np.median(shown)) if len(shown) else 1.0, count=len(shown))


def _apart(
    kind: Kind, first: Mapping[str, Point], second: Mapping[str, Point], *, unit: float, fewest: int
) -> Iterator[Sign]:
    names = [name for name in first if name in second]
    if len(names) < fewest:
        return
    off = np.linalg.norm([np.subtract(first[name], second[name]) for name in names], axis=1) * unit
    worst = int(off.argmax())
    yield Sign(kind, float(off[worst]), names[worst], int((off > PLAIN).sum()))


def _place(resolved: Resolved) -> tuple[float, ...]:
    """Where the middle of the frame looks on the pitch, in metres, and how wide the view is there; () if unknown."""
    matrix = resolved.image_from_pitch
    if matrix is None:
        return ()
    width, height = resolved.size
    corners: NDArray[np.float64] = np.array([[width / 2, height / 2, 1.0], [width, height / 2, 1.0]])
    spots = corners @ np.linalg.inv(matrix).T
    if np.abs(spots[:, 2]).min() < 1e-12:
        return ()
    spots = spots[:, :2] / spots[:, 2:]
    limit = 2.0 * max(abs(c) for point in KEYPOINTS.values() for c in point.world[:2])
    spots = np.clip(spots, -limit, limit)
    return (float(spots[0, 0]), float(spots[0, 1]), float(np.linalg.norm(spots[1] - spots[0])))
