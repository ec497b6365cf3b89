"""The football pitch in metres: 26 markings, 57 keypoints, and how each keypoint is constructed.

World frame: origin at the centre spot, x to the right along the length, y towards the main camera, z down (a
crossbar is at z = -2.44). The markings and their names are those of SoccerNet camera calibration (Giancola et
al., SoccerNet 2022-2023); the 57 keypoints those of Falaleev & Chen 2024 (arXiv 2410.07401). Dimensions in metres
after the IFAB Laws of the Game, law 1. ``Goal left post left `` carries a trailing space in SoccerNet's own files,
and so it does here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache

import numpy as np
from numpy.typing import NDArray

from annotator.scheme import Scheme
from annotator.schemes import scheme_of

LENGTH = 105.0
WIDTH = 68.0
HALF_LENGTH = LENGTH / 2
HALF_WIDTH = WIDTH / 2
CIRCLE_RADIUS = 9.15
PENALTY_MARK = HALF_LENGTH - 11.0
PENALTY_AREA = (HALF_LENGTH - 16.5, 20.16)
GOAL_AREA = (HALF_LENGTH - 5.5, 9.16)
GOAL_HALF_WIDTH = 3.66
CROSSBAR_HEIGHT = 2.44
ARC_HALF_CHORD = math.sqrt(CIRCLE_RADIUS**2 - (PENALTY_MARK - PENALTY_AREA[0]) ** 2)

World = tuple[float, float, float]


class MarkingKind(Enum):
    """What a marking is made of."""

    GROUND_LINE = "ground line"
    GOAL_LINE = "goal frame line"
    CIRCLE = "circle"
    ARC = "arc"


@dataclass(frozen=True)
class Marking:
    """A painted line, a bar of a goal, a circle or the part of a circle outside the penalty area.

    ``start`` and ``end`` are its extremities in metres (a full circle starts and ends at the same point);
    ``centre`` is set for circles and arcs, whose radius is ``CIRCLE_RADIUS``.
    """

    name: str
    kind: MarkingKind
    start: World
    end: World
    mirror: str
    rot180: str
    centre: World | None = None

    @property
    def is_round(self) -> bool:
        """True for the centre circle and the two penalty arcs."""
        return self.centre is not None

    @property
    def on_ground(self) -> bool:
        """True when all of it lies in the plane z = 0."""
        return self.kind is not MarkingKind.GOAL_LINE

    @property
    def title(self) -> str:
        """The name without SoccerNet's trailing space, for people."""
        return self.name.strip()


@dataclass(frozen=True)
class Crossing:
    """Where two straight markings meet."""

    first: str
    second: str


@dataclass(frozen=True)
class ConicCrossing:
    """Where a straight marking meets a round one; ``far`` is True for the crossing with the smaller world y."""

    circle: str
    line: str
    far: bool


@dataclass(frozen=True)
class Tangent:
    """Where the tangent from a keypoint outside touches a round marking."""

    circle: str
    outside: str


@dataclass(frozen=True)
class Filled:
    """A point that no pair of markings gives: projected by the homography or camera of the whole frame."""


Construction = Crossing | ConicCrossing | Tangent | Filled


@dataclass(frozen=True)
class PitchKeypoint:
    """One of the 57 keypoints: its name, its place in metres and how it is constructed."""

    name: str
    world: World
    construction: Construction

    @property
    def on_ground(self) -> bool:
        """False for the four upper corners of the goals, which no homography of the ground may use."""
        return self.world[2] == 0.0


def _flip(name: str) -> str:
    """The marking's name in a left-right mirrored image."""
    posts = {
        "Goal left post left ": "Goal right post right",
        "Goal left post right": "Goal right post left",
        "Goal right post left": "Goal left post right",
        "Goal right post right": "Goal left post left ",
    }
    if name in posts:
        return posts[name]
    if "left" in name:
        return name.replace("left", "right")
    return name.replace("right", "left")


def _turn(name: str) -> str:
    """The marking's name after turning the pitch by 180 degrees about its centre."""
    if "post" in name:
        side = "right" if name.startswith("Goal left") else "left"
        post = name.strip().rsplit(" ", 1)[1]
        turned = f"Goal {side} post {post}"
        return turned + " " if turned == "Goal left post left" else turned
    flipped = _flip(name)
    if "top" in flipped:
        return flipped.replace("top", "bottom")
    return flipped.replace("bottom", "top")


def _line(name: str, kind: MarkingKind, start: World, end: World) -> Marking:
    return Marking(name, kind, start, end, _flip(name), _turn(name))


def _round(name: str, kind: MarkingKind, centre_x: float, start: World, end: World) -> Marking:
    return Marking(name, kind, start, end, _flip(name), _turn(name), (centre_x, 0.0, 0.0))


def _box(prefix: str, sign: int, front: float, half: float) -> list[Marking]:
    """The three lines of a penalty or goal area; ``sign`` is -1 on the left."""
    side = "left" if sign < 0 else "right"
    goal_line, front = sign * HALF_LENGTH, sign * front
    outer, inner = sorted((goal_line, front))
    ground = MarkingKind.GROUND_LINE
    return [
        _line(f"{prefix} {side} bottom", ground, (outer, half, 0.0), (inner, half, 0.0)),
        _line(f"{prefix} {side} main", ground, (front, -half, 0.0), (front, half, 0.0)),
        _line(f"{prefix} {side} top", ground, (outer, -half, 0.0), (inner, -half, 0.0)),
    ]


def _goal(sign: int) -> list[Marking]:
    """Crossbar, left and right post, as seen by someone on the pitch who faces the goal."""
    side = "left" if sign < 0 else "right"
    x, y, bar = sign * HALF_LENGTH, -sign * GOAL_HALF_WIDTH, -CROSSBAR_HEIGHT
    left = "Goal left post left " if sign < 0 else "Goal right post left"
    frame = MarkingKind.GOAL_LINE
    return [
        _line(f"Goal {side} crossbar", frame, (x, -GOAL_HALF_WIDTH, bar), (x, GOAL_HALF_WIDTH, bar)),
        _line(left, frame, (x, y, bar), (x, y, 0.0)),
        _line(f"Goal {side} post right", frame, (x, -y, bar), (x, -y, 0.0)),
    ]


def _arc(side: str, sign: int) -> Marking:
    x = sign * PENALTY_AREA[0]
    ends: tuple[World, World] = ((x, -ARC_HALF_CHORD, 0.0), (x, ARC_HALF_CHORD, 0.0))
    return _round(f"Circle {side}", MarkingKind.ARC, sign * PENALTY_MARK, *ends)


def _markings() -> dict[str, Marking]:
    ground, x, y = MarkingKind.GROUND_LINE, HALF_LENGTH, HALF_WIDTH
    east: World = (CIRCLE_RADIUS, 0.0, 0.0)
    listed = [
        *_box("Big rect.", -1, *PENALTY_AREA),
        *_box("Big rect.", 1, *PENALTY_AREA),
        _round("Circle central", MarkingKind.CIRCLE, 0.0, east, east),
        _arc("left", -1),
        _arc("right", 1),
        *_goal(-1),
        *_goal(1),
        _line("Middle line", ground, (0.0, -y, 0.0), (0.0, y, 0.0)),
        _line("Side line bottom", ground, (-x, y, 0.0), (x, y, 0.0)),
        _line("Side line left", ground, (-x, -y, 0.0), (-x, y, 0.0)),
        _line("Side line right", ground, (x, -y, 0.0), (x, y, 0.0)),
        _line("Side line top", ground, (-x, -y, 0.0), (x, -y, 0.0)),
        *_box("Small rect.", -1, *GOAL_AREA),
        *_box("Small rect.", 1, *GOAL_AREA),
    ]
    return {marking.name: marking for marking in listed}


MARKINGS: Mapping[str, Marking] = _markings()
UNKNOWN_MARKINGS = ("Goal unknown", "Line unknown")


def _tangent_at(centre_x: float, outside: tuple[float, float], side: int) -> World:
    """The touch point on a circle about (centre_x, 0) of the tangent from ``outside``.

    With d the vector from centre to the outside point, the foot of the polar lies at d r^2 / |d|^2 and the touch
    points r sqrt(1 - r^2 / |d|^2) to either side of it; ``side`` +1 turns counter-clockwise in (x, y).
    """
    dx, dy = outside[0] - centre_x, outside[1]
    distance = math.hypot(dx, dy)
    along = CIRCLE_RADIUS**2 / distance
    across = side * math.sqrt(CIRCLE_RADIUS**2 - along**2)
    ux, uy = dx / distance, dy / distance
    return (centre_x + along * ux - across * uy, along * uy + across * ux, 0.0)


def _line_points() -> list[PitchKeypoint]:
    """Keypoints 0 to 29, each the crossing of two straight markings."""
    left = [
        ("L_GOAL_TL_POST", "Goal left crossbar", "Goal left post left "),
        ("L_GOAL_TR_POST", "Goal left crossbar", "Goal left post right"),
        ("L_GOAL_BL_POST", "Side line left", "Goal left post left "),
        ("L_GOAL_BR_POST", "Side line left", "Goal left post right"),
        ("L_GOAL_AREA_BR_CORNER", "Small rect. left main", "Small rect. left bottom"),
        ("L_GOAL_AREA_TR_CORNER", "Small rect. left main", "Small rect. left top"),
        ("L_GOAL_AREA_BL_CORNER", "Side line left", "Small rect. left bottom"),
        ("L_GOAL_AREA_TL_CORNER", "Side line left", "Small rect. left top"),
        ("L_PENALTY_AREA_BR_CORNER", "Big rect. left main", "Big rect. left bottom"),
        ("L_PENALTY_AREA_TR_CORNER", "Big rect. left main", "Big rect. left top"),
        ("L_PENALTY_AREA_BL_CORNER", "Side line left", "Big rect. left bottom"),
        ("L_PENALTY_AREA_TL_CORNER", "Side line left", "Big rect. left top"),
        ("BL_PITCH_CORNER", "Side line left", "Side line bottom"),
        ("TL_PITCH_CORNER", "Side line left", "Side line top"),
    ]
    centre = [
        ("B_TOUCH_AND_HALFWAY_LINES_INTERSECTION", "Middle line", "Side line bottom"),
        ("T_TOUCH_AND_HALFWAY_LINES_INTERSECTION", "Middle line", "Side line top"),
    ]
    right = [
        ("R_PENALTY_AREA_BL_CORNER", "Big rect. right main", "Big rect. right bottom"),
        ("R_PENALTY_AREA_TL_CORNER", "Big rect. right main", "Big rect. right top"),
        ("R_PENALTY_AREA_BR_CORNER", "Side line right", "Big rect. right bottom"),
        ("R_PENALTY_AREA_TR_CORNER", "Side line right", "Big rect. right top"),
        ("R_GOAL_AREA_BL_CORNER", "Small rect. right main", "Small rect. right bottom"),
        ("R_GOAL_AREA_TL_CORNER", "Small rect. right main", "Small rect. right top"),
        ("R_GOAL_AREA_BR_CORNER", "Side line right", "Small rect. right bottom"),
        ("R_GOAL_AREA_TR_CORNER", "Side line right", "Small rect. right top"),
        ("R_GOAL_TL_POST", "Goal right crossbar", "Goal right post left"),
        ("R_GOAL_TR_POST", "Goal right crossbar", "Goal right post right"),
        ("R_GOAL_BL_POST", "Side line right", "Goal right post left"),
        ("R_GOAL_BR_POST", "Side line right", "Goal right post right"),
        ("BR_PITCH_CORNER", "Side line right", "Side line bottom"),
        ("TR_PITCH_CORNER", "Side line right", "Side line top"),
    ]
    return [PitchKeypoint(name, _meeting(a, b), Crossing(a, b)) for name, a, b in (*left, *centre, *right)]


def _meeting(first: str, second: str) -> World:
    """The common point of two axis-parallel markings, on the ground unless a crossbar is one of them."""
    a, b = MARKINGS[first], MARKINGS[second]
    z = -CROSSBAR_HEIGHT if "crossbar" in first else 0.0
    fixed = [m for m in (a, b) if m.start[0] == m.end[0]]
    x = next(m.start[0] for m in fixed)
    y = next(m.start[1] for m in (b, a) if m.start[1] == m.end[1])
    return (x, y, z)


def _round_points() -> list[PitchKeypoint]:
    """Keypoints 30 to 56: on and about the circles."""
    top, bottom = "T_TOUCH_AND_HALFWAY_LINES_INTERSECTION", "B_TOUCH_AND_HALFWAY_LINES_INTERSECTION"
    r, diagonal = CIRCLE_RADIUS, CIRCLE_RADIUS / math.sqrt(2.0)
    middle, main_left, main_right = "Middle line", "Big rect. left main", "Big rect. right main"
    box, half = PENALTY_AREA
    chord, mark = ARC_HALF_CHORD, PENALTY_MARK
    apex = mark - r

    def tangent(name: str, circle: str, outside: str, at: tuple[float, float], side: int) -> PitchKeypoint:
        centre = MARKINGS[circle].centre
        assert centre is not None
        return PitchKeypoint(name, _tangent_at(centre[0], at, side), Tangent(circle, outside))

    def crossing(name: str, circle: str, line: str, world: World) -> PitchKeypoint:
        return PitchKeypoint(name, world, ConicCrossing(circle, line, far=world[1] < 0))

    def filled(name: str, x: float, y: float) -> PitchKeypoint:
        return PitchKeypoint(name, (x, y, 0.0), Filled())

    central = "Circle central"
    return [
        tangent("CENTER_CIRCLE_TANGENT_TR", central, top, (0.0, -HALF_WIDTH), 1),
        tangent("CENTER_CIRCLE_TANGENT_TL", central, top, (0.0, -HALF_WIDTH), -1),
        tangent("CENTER_CIRCLE_TANGENT_BR", central, bottom, (0.0, HALF_WIDTH), -1),
        tangent("CENTER_CIRCLE_TANGENT_BL", central, bottom, (0.0, HALF_WIDTH), 1),
        filled("CENTER_CIRCLE_TR", diagonal, -diagonal),
        filled("CENTER_CIRCLE_TL", -diagonal, -diagonal),
        filled("CENTER_CIRCLE_BR", diagonal, diagonal),
        filled("CENTER_CIRCLE_BL", -diagonal, diagonal),
        filled("CENTER_CIRCLE_R", r, 0.0),
        filled("CENTER_CIRCLE_L", -r, 0.0),
        crossing("T_HALFWAY_LINE_AND_CENTER_CIRCLE_INTERSECTION", central, middle, (0.0, -r, 0.0)),
        crossing("B_HALFWAY_LINE_AND_CENTER_CIRCLE_INTERSECTION", central, middle, (0.0, r, 0.0)),
        filled("CENTER_MARK", 0.0, 0.0),
        filled("LEFT_CIRCLE_R", -apex, 0.0),
        crossing("BL_16M_LINE_AND_PENALTY_ARC_INTERSECTION", "Circle left", main_left, (-box, chord, 0.0)),
        crossing("TL_16M_LINE_AND_PENALTY_ARC_INTERSECTION", "Circle left", main_left, (-box, -chord, 0.0)),
        tangent("LEFT_CIRCLE_TANGENT_T", "Circle left", "L_PENALTY_AREA_TR_CORNER", (-box, -half), 1),
        tangent("LEFT_CIRCLE_TANGENT_B", "Circle left", "L_PENALTY_AREA_BR_CORNER", (-box, half), -1),
        filled("L_PENALTY_MARK", -mark, 0.0),
        filled("L_MIDDLE_PENALTY", -box, 0.0),
        filled("RIGHT_CIRCLE_L", apex, 0.0),
        crossing("BR_16M_LINE_AND_PENALTY_ARC_INTERSECTION", "Circle right", main_right, (box, chord, 0.0)),
        crossing("TR_16M_LINE_AND_PENALTY_ARC_INTERSECTION", "Circle right", main_right, (box, -chord, 0.0)),
        tangent("RIGHT_CIRCLE_TANGENT_T", "Circle right", "R_PENALTY_AREA_TL_CORNER", (box, -half), -1),
        tangent("RIGHT_CIRCLE_TANGENT_B", "Circle right", "R_PENALTY_AREA_BL_CORNER", (box, half), 1),
        filled("R_PENALTY_MARK", mark, 0.0),
        filled("R_MIDDLE_PENALTY", box, 0.0),
    ]


KEYPOINTS: Mapping[str, PitchKeypoint] = {point.name: point for point in (*_line_points(), *_round_points())}


PITCH_57: Scheme = scheme_of("pitch-57")
"""The scheme of `KEYPOINTS`, in their order; its symmetries and edges are those of the pitch in metres."""


def behind_goal_mirror() -> tuple[int, ...]:
    """How keypoints are renamed when a behind-goal view is mirrored and the near goal must stay the left one.

    Mirroring turns left into right; turning the pitch by 180 degrees turns it back, so that only top and bottom
    change places.
    """
    rot180 = PITCH_57.permutations["rot180"]
    return tuple(rot180[i] for i in PITCH_57.mirror)


@cache
def marking_samples(name: str, step: float = 0.5) -> NDArray[np.float64]:
    """Points along a marking, (N, 3) metres, at most ``step`` metres apart, both ends included.

    Raises
    ------
    ValueError
        If there is no marking of that name.
    """
    marking = MARKINGS.get(name)
    if marking is None:
        raise ValueError(f"no marking is called {name!r}")
    start, end = np.array(marking.start), np.array(marking.end)
    if marking.centre is None:
        count = max(2, math.ceil(float(np.linalg.norm(end - start)) / step) + 1)
        line: NDArray[np.float64] = np.linspace(start, end, count)
        return line
    first, last = _angles(marking)
    count = max(9, math.ceil(abs(last - first) * CIRCLE_RADIUS / step) + 1)
    angle = np.linspace(first, last, count)
    circle = np.stack([np.cos(angle), np.sin(angle), np.zeros(count)], axis=1) * CIRCLE_RADIUS
    moved: NDArray[np.float64] = circle + np.array(marking.centre)
    return moved


def _angles(marking: Marking) -> tuple[float, float]:
    """First and last polar angle of a round marking, in radians; an arc runs outside the penalty area."""
    if marking.kind is MarkingKind.CIRCLE:
        return 0.0, 2.0 * math.pi
    half = math.atan2(ARC_HALF_CHORD, PENALTY_MARK - PENALTY_AREA[0])
    return (-half, half) if marking.start[0] < 0 else (math.pi - half, math.pi + half)
