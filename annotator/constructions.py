"""Keypoints that follow from what was drawn: crossings of lines, crossings with circles, and tangents, each by name.

Which of two crossings or tangent points is which is told by orientation: a camera stands above the pitch, so a
triangle of pitch places turns the same way in the image as on the map (HZ 2.5 for orientation under projection), from
whichever side the camera looks and whichever way up the lines appear. Where a line through the middle of the centre
circle has nothing drawn to either side of it, the fitted projection decides, which puts the camera on the side of
positive y; without one there is no answer.

Everything is in ideal coordinates (``annotator.camera``); a click has a standard deviation of one of their units.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.camera import HALF_DIAGONAL, Solution, reach, undistort
from annotator.evidence import Evidence
from annotator.geometry import (
    ConicFit,
    LineFit,
    fit_ellipse,
    fit_line,
    line_meets_conic,
    meet,
    polar,
    side,
    tangent_points,
)
from annotator.pitch import CIRCLE_RADIUS, KEYPOINTS, MARKINGS, ConicCrossing, Crossing, MarkingKind, Tangent

Array = NDArray[np.float64]

CLICK_NOISE = 1.0
FARTHEST = 3.0  # half diagonals from the middle; what is constructed beyond is of no use to anyone
CONIC_RMS = 8.0  # centred units; clicks further from their ellipse are not on one
TOP, BOTTOM = "T_TOUCH_AND_HALFWAY_LINES_INTERSECTION", "B_TOUCH_AND_HALFWAY_LINES_INTERSECTION"


@dataclass(frozen=True, eq=False)
class Constructed:
    """A keypoint's place (2,) in ideal coordinates, its covariance (2, 2), and the names it follows from."""

    place: Array
    covariance: Array
    parents: tuple[str, ...]

    @property
    def deviation(self) -> float:
        """Standard deviation along the worst direction."""
        (a, b), (_, c) = self.covariance
        return math.sqrt(0.5 * (a + c) + math.hypot(0.5 * (a - c), b))


@dataclass(frozen=True, eq=False)
class Drawing:
    """The drawn markings as fitted: undistorted ``clicks`` per marking, ``lines`` and ``conics`` where determined."""

    clicks: Mapping[str, Array]
    lines: Mapping[str, LineFit]
    conics: Mapping[str, ConicFit]
    points: Mapping[str, Array]
    point_deviations: Mapping[str, float]


def fitted(evidence: Evidence, kap: float) -> Drawing:
    """A line through the clicks of every straight marking, an ellipse through those of every round one."""
    clicks = {name: undistort(xy, kap) for name, xy in evidence.markings.items()}
    lines, conics = {}, {}
    for name, xy in clicks.items():
        if MARKINGS[name].is_round:
            conic = fit_ellipse(xy)
            if conic is not None and conic.rms <= CONIC_RMS:
                conics[name] = conic
        elif (line := fit_line(xy)) is not None:
            lines[name] = line
    points = {name: undistort(xy, kap) for name, xy in evidence.points.items()}
    return Drawing(clicks, lines, conics, points, evidence.deviations)


def construct(drawing: Drawing, solution: Solution | None) -> dict[str, Constructed]:
    """Every keypoint that the drawing determines, by name; ``solution`` is asked only where nothing drawn can tell."""
    found: dict[str, Constructed] = {}
    for name, keypoint in KEYPOINTS.items():
        how = keypoint.construction
        if isinstance(how, Crossing) and how.first in drawing.lines and how.second in drawing.lines:
            _keep(found, name, _crossing(how, drawing))
    for circle, conic in drawing.conics.items():
        pairs: dict[str, list[str]] = {}
        for name, keypoint in KEYPOINTS.items():
            how = keypoint.construction
            if isinstance(how, ConicCrossing) and how.circle == circle and how.line in drawing.lines:
                pairs.setdefault(how.line, []).append(name)
            elif isinstance(how, Tangent) and how.circle == circle:
                _keep(found, name, _tangent(name, how, conic, drawing, found))
        for line, names in pairs.items():
            for name, constructed in _conic_crossings(names, circle, line, drawing, found, solution).items():
                _keep(found, name, constructed)
    return found


def undecided(drawing: Drawing, found: Mapping[str, Constructed]) -> bool:
    """True when centre circle and halfway line are drawn and cross, but which crossing is which cannot be told."""
    name = "T_HALFWAY_LINE_AND_CENTER_CIRCLE_INTERSECTION"
    line, conic = drawing.lines.get("Middle line"), drawing.conics.get("Circle central")
    if line is None or conic is None or name in found:
        return False
    return len(line_meets_conic(line.line, conic.conic)) == 2


def _keep(found: dict[str, Constructed], name: str, constructed: Constructed | None) -> None:
    if constructed is not None and np.hypot(*constructed.place) < FARTHEST * HALF_DIAGONAL:
        found[name] = constructed


def _noise(rms: float, count: int, parameters: int) -> float:
    """Variance of a click: what the fit leaves over, but never less than a careful hand's."""
    if count <= parameters:
        return CLICK_NOISE**2
    return max(CLICK_NOISE**2, rms * rms * count / (count - parameters))


def _line_variance(line: LineFit, place: Array) -> float:
    return _noise(line.rms, line.count, 2) * line.variance(place)


def _crossing(how: Crossing, drawing: Drawing) -> Constructed | None:
    """Two unit normals n times the point's movement are the two lines' shifts: S = N^-1 diag(v) N^-T."""
    first, second = drawing.lines[how.first], drawing.lines[how.second]
    place = meet(first.line, second.line)
    if place is None:
        return None
    normals = np.stack([first.line[:2], second.line[:2]])
    shifts = np.diag([_line_variance(first, place), _line_variance(second, place)])
    return _moved(place, normals, shifts, (how.first, how.second))


def _moved(place: Array, rows: Array, shifts: Array, parents: tuple[str, ...]) -> Constructed | None:
    """The point whose movement d obeys rows d = shift, with the covariance of the shifts (2, 2)."""
    det = float(rows[0, 0] * rows[1, 1] - rows[0, 1] * rows[1, 0])
    if det == 0.0:
        return None
    back = np.array([[rows[1, 1], -rows[0, 1]], [-rows[1, 0], rows[0, 0]]]) / det
    return Constructed(place, back @ shifts @ back.T, parents)


def _conic_crossings(
    names: list[str],
    circle: str,
    line: str,
    drawing: Drawing,
    found: Mapping[str, Constructed],
    solution: Solution | None,
) -> dict[str, Constructed]:
    """Both crossings of a line and a circle, each under its own name; none when they cannot be told apart."""
    fit, conic = drawing.lines[line], drawing.conics[circle]
    places = line_meets_conic(fit.line, conic.conic)
    if len(places) != 2:
        return {}
    turn = _turn_of_arc(names, circle, places, drawing) if circle != "Circle central" else None
    if circle == "Circle central":
        turn = _turn_of_centre(names, places, drawing, found, solution)
    if not turn:
        return {}
    ordered = places if turn > 0 else places[::-1]
    answers = {}
    for name, place in zip(names, ordered, strict=True):
        row = 2.0 * (conic.conic @ np.append(place, 1.0))[:2]
        rows = np.stack([row, fit.line[:2]])
        shift = conic.shift_rows(place, place)
        across = float(shift @ conic.covariance @ shift) * _noise(conic.rms, conic.count, 5)
        moved = _moved(place, rows, np.diag([across, _line_variance(fit, place)]), (circle, line))
        if moved is not None:
            answers[name] = moved
    return answers


def _place_in_metres(name: str) -> tuple[float, float]:
    x, y, _ = KEYPOINTS[name].world
    return x, y


def _turn_of_arc(names: list[str], circle: str, places: Array, drawing: Drawing) -> int:
    """+1 when ``places`` are in the order of ``names``, -1 when not: the clicked arc lies to one side of the line."""
    first, second = (_place_in_metres(name) for name in names)
    centre = MARKINGS[circle].centre
    assert centre is not None
    apex = (math.copysign(abs(centre[0]) - CIRCLE_RADIUS, centre[0]), 0.0)
    clicked = drawing.clicks[circle].mean(axis=0)
    return int(np.sign(side(first, second, apex) * side(places[0], places[1], clicked)))


def _turn_of_centre(
    names: list[str],
    places: Array,
    drawing: Drawing,
    found: Mapping[str, Constructed],
    solution: Solution | None,
) -> int:
    """As ``_turn_of_arc``: by anything drawn left or right of the line, else the solution, else a touch line."""
    first, second = (_place_in_metres(name) for name in names)
    votes = 0
    for seen, x in _left_and_right(drawing):
        votes += int(np.sign(side(first, second, (x, 0.0)) * side(places[0], places[1], seen)))
    if votes:
        return 1 if votes > 0 else -1
    if solution is not None:
        worlds = np.array([KEYPOINTS[name].world for name in names])
        projected = solution.lens.ideal(solution.project(worlds))
        if np.isfinite(projected).all():
            return int(np.sign((projected[1] - projected[0]) @ (places[1] - places[0])))
    for touch in (TOP, BOTTOM):
        if touch in found:
            nearer = np.linalg.norm(places - found[touch].place, axis=1).argmin()
            expected = int(abs(second[1] - KEYPOINTS[touch].world[1]) < abs(first[1] - KEYPOINTS[touch].world[1]))
            return 1 if nearer == expected else -1
    return 0


def _left_and_right(drawing: Drawing) -> list[tuple[Array, float]]:
    """What was drawn or placed wholly to one side of the halfway line: its mean position and its x in metres."""
    told = []
    for name, clicks in drawing.clicks.items():
        marking = MARKINGS[name]
        if marking.start[0] * marking.end[0] > 0.0 and marking.on_ground and marking.kind is not MarkingKind.CIRCLE:
            told.append((clicks.mean(axis=0), marking.start[0]))
    for name, place in drawing.points.items():
        if KEYPOINTS[name].on_ground and abs(KEYPOINTS[name].world[0]) > 1.0:
            told.append((place, KEYPOINTS[name].world[0]))
    return told


def _tangent(
    name: str, how: Tangent, conic: ConicFit, drawing: Drawing, found: Mapping[str, Constructed]
) -> Constructed | None:
    """The touch point X of the tangent from T: X' C X = 0 and T' C X = 0, each differentiated for the covariance."""
    outside = _outside(how.outside, drawing, found)
    if outside is None:
        return None
    start, spread = outside
    touching = tangent_points(conic.conic, start)
    if len(touching) != 2:
        return None
    centre = MARKINGS[how.circle].centre
    assert centre is not None
    turn = side(centre, _place_in_metres(how.outside), _place_in_metres(name))
    middle = conic.centre
    place = next((p for p in touching if side(middle, start, p) * turn > 0.0), None)
    if place is None:
        return None
    at_place, at_start = (conic.conic @ np.append(place, 1.0))[:2], polar(conic.conic, start)[:2]
    rows = np.stack([2.0 * at_place, at_start])
    shifts = np.stack([conic.shift_rows(place, place), conic.shift_rows(place, start)])
    covariance = shifts @ conic.covariance @ shifts.T * _noise(conic.rms, conic.count, 5)
    covariance[1, 1] += float(at_place @ spread @ at_place)
    return _moved(place, rows, covariance, (how.circle, how.outside))


def _outside(name: str, drawing: Drawing, found: Mapping[str, Constructed]) -> tuple[Array, Array] | None:
    if name in drawing.points:
        return drawing.points[name], np.eye(2) * drawing.point_deviations[name] ** 2
    if name in found:
        return found[name].place, found[name].covariance
    return None


def within_reach(place: Array, kap: float) -> bool:
    """Whether the radial model can show an ideal place in pixels."""
    return bool(np.hypot(*place) < 0.9 * float(reach(kap)) * HALF_DIAGONAL)
