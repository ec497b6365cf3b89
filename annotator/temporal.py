"""What cannot be true over time: points that jump against their neighbours, and cameras that jump or drift.

A frame is held against the nearest known frames before and after it in its shot. Cameras pan and zoom as they like, so
for points only what does not go along with all others counts; the position of a camera, its roll and the pace of its
zoom hardly change (rule G14: a centre that jumps more than a metre between frames of one shot).

Everything is measured against how surely it is known: what might be chance is not said.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from annotator.camera import Solution, SolutionKind
from annotator.camera_path import LOG_FOCAL, ROLL, state_of
from annotator.checks.findings import Finding, Rule, Severity
from annotator.keypoints import Resolved, Source, resolve
from annotator.labels import Instance, Point
from annotator.tripod_prior import Standing

__all__ = ["Instant", "Oddity", "Over", "odd_beside", "odd_over_time"]

Array = NDArray[np.float64]

FARTHEST = 12  # frames to a neighbour beyond which it says nothing
WIDTH = 960.0
FEWEST = 5  # points that three frames must share
LARGEST_JUMP = 8.0  # pixels of a 960 wide frame, over what all points share, between neighbouring frames,
JUMP_PACE = 0.5  # more for every frame that the neighbours are apart,
JUMP_SHARE = 0.04  # and this share of what the points moved from the one neighbour to the other
ROBUST = 3.0  # pixels
LARGEST_STEP = 1.0  # metres between the camera's place here and beside
LARGEST_DRIFT = 1.5  # metres from where the camera of the shot mostly stands
LARGEST_ROLL = math.radians(1.5)
ZOOM_PACE, LEAST_ZOOM = 0.05, 0.06  # log focal length a frame that a lens may change by, and that is never odd
SURE = 3.0  # standard deviations beyond which it is no chance
ECHO = 1.5  # times as much of the same in the next frame makes it that frame's
CUT = 120.0  # pixels of a 960 wide frame that all points are off together: the picture was cut
ALIKE = 0.6  # share of a jump by which the two neighbours may differ themselves


class Over(Enum):
    """What is odd; ``Oddity.value`` is in pixels of a 960 wide frame, metres, metres, degrees, per cent."""

    POINT = "point jumps"
    CENTRE = "camera jumps"
    DRIFT = "camera drifts"
    ROLL = "camera rolls"
    ZOOM = "zoom jumps"


@dataclass(frozen=True, eq=False)
class Instant:
    """A frame of a shot: its ``number``, where its points are in pixels, and its camera where labels determine one."""

    number: int
    size: tuple[int, int]
    points: Mapping[str, Point]
    camera: Solution | None = None

    @classmethod
    def of(cls, number: int, resolved: Resolved) -> Instant:
        """A frame as its labels alone have it; what a network saw is no label."""
        points = {
            name: point.position
            for name, point in resolved.keypoints.items()
            if point.position is not None and point.inside and point.source is Source.PLACED
        }
        camera = resolved.solution if resolved.is_determined and resolved.ghost else None
        return cls(number, resolved.size, points, camera)


@dataclass(frozen=True)
class Oddity:
    """One thing that cannot be: how much, how much would be fine, at which keypoint, in a sentence."""

    over: Over
    value: float
    limit: float
    keypoint: str | None
    reason: str

    def finding(self, at: Point | None = None) -> Finding:
        """As the checks of a frame say things."""
        if self.over is Over.POINT:
            return Finding(Rule.JUMP, Severity.WARNING, self.reason, (self.keypoint,) if self.keypoint else (), at=at)
        return Finding(Rule.CAMERA_JUMP, Severity.WARNING, self.reason)

    @property
    def grade(self) -> float:
        """How many times more than would be fine."""
        return self.value / self.limit


def odd_over_time(shot: Sequence[Instant], *, standing: Standing | None = None) -> dict[int, tuple[Oddity, ...]]:
    """What is odd about the frames of one shot, by number, the gravest first; frames without anything are left out.

    ``standing`` is where the camera is known to stand: then each frame's camera is held against that.
    """
    frames = sorted(shot, key=lambda frame: frame.number)
    home = _home(frames, standing)
    odd: list[list[Oddity]] = []
    for place, here in enumerate(frames):
        before = _neighbour(frames, place, -1)
        after = _neighbour(frames, place, 1)
        odd.append([*_of_points(before, here, after), *_of_camera(before, here, after, home)])
    found: dict[int, tuple[Oddity, ...]] = {}
    for place, here in enumerate(frames):
        beside = [one for other in (place - 1, place + 1) if 0 <= other < len(odd) for one in odd[other]]
        kept = [one for one in odd[place] if not any(_is_echo(one, other) for other in beside)]
        if kept:
            found[here.number] = tuple(sorted(kept, key=lambda one: -one.grade))
    return found


def odd_beside(
    here: Instance, beside: Mapping[int, Instance], *, size: tuple[int, int]
) -> tuple[Oddity, ...]:
    """What is odd about a frame's labels against those of frames ``beside`` it, number of frames away -> labels."""
    resolved = resolve(here, None, size=size, threshold=1.0)
    shot = [Instant.of(0, resolved)]
    for by, instance in beside.items():
        # Labels carried along a clip are alike: the camera beside is a step from this one.
        shot.append(Instant.of(by, resolve(instance, None, size=size, threshold=1.0, previous=resolved)))
    return odd_over_time(shot).get(0, ())


def _is_echo(one: Oddity, other: Oddity) -> bool:
    """Whether one frame looks odd only because the next one is: half as much of the same."""
    same = one.over is other.over and one.keypoint == other.keypoint and one.over is not Over.DRIFT
    return same and other.value > ECHO * one.value


def _neighbour(frames: Sequence[Instant], place: int, by: int) -> Instant | None:
    other = place + by
    if not 0 <= other < len(frames) or abs(frames[other].number - frames[place].number) > FARTHEST:
        return None
    return frames[other]


def _of_points(before: Instant | None, here: Instant, after: Instant | None) -> Iterator[Oddity]:
    """The point that strays most from halfway between its neighbours, over the affine motion that all share."""
    if before is None or after is None:
        return
    names = [name for name in here.points if name in before.points and name in after.points]
    if len(names) < FEWEST:
        return
    one, two, three = (np.array([frame.points[name] for name in names]) for frame in (before, here, after))
    gap = after.number - before.number
    part = (here.number - before.number) / gap
    unit = WIDTH / here.size[0]
    off = (two - (1.0 - part) * one - part * three) * unit
    if float(np.median(np.linalg.norm(off, axis=1))) > CUT:
        return
    rest = _beyond_shared(two * unit, off)
    moved = np.linalg.norm(three - one, axis=1) * unit
    limits = LARGEST_JUMP + JUMP_PACE * (gap - 2) + JUMP_SHARE * moved
    away = np.linalg.norm(rest, axis=1)
    worst = int((away / limits).argmax())
    if away[worst] > limits[worst]:
        text = f"{names[worst]} is {away[worst] / unit:.0f} px from where its neighbours in time would have it."
        yield Oddity(Over.POINT, float(away[worst]), float(limits[worst]), names[worst], text)


def _beyond_shared(places: Array, off: Array) -> Array:
    """What is left of ``off`` (N, 2) without the affine part that most points share (Cauchy's weights)."""
    middle = places.mean(axis=0)
    rows = np.column_stack([np.ones(len(places)), (places - middle) / WIDTH])
    ridge = np.diag([1e-9, 0.05, 0.05])  # what a single point could turn is left to it
    weights = 1.0 / (1.0 + (np.linalg.norm(off - np.median(off, axis=0), axis=1) / ROBUST) ** 2)
    rest = off
    for _ in range(8):
        normal = rows.T @ (rows * weights[:, None]) + ridge
        rest = off - rows @ np.linalg.solve(normal, rows.T @ (off * weights[:, None]))
        weights = 1.0 / (1.0 + (np.linalg.norm(rest, axis=1) / ROBUST) ** 2)
    return rest


def _home(frames: Sequence[Instant], standing: Standing | None) -> tuple[Array, Array] | None:
    """Where the shot's camera mostly stands (3,) and how surely (3, 3)."""
    if standing is not None:
        return standing.position, standing.covariance
    cameras = [frame.camera for frame in frames if _usable(frame.camera) and frame.camera is not None]
    if len(cameras) < FEWEST:
        return None
    places = np.array([camera.params[3:6] for camera in cameras])
    middle: Array = np.median(places, axis=0)
    return middle, np.diag((1.4826 * np.median(np.abs(places - middle), axis=0)) ** 2 / len(cameras) + 1e-4)


def _usable(camera: Solution | None) -> bool:
    return camera is not None and camera.kind is SolutionKind.CAMERA


def _of_camera(
    before: Instant | None, here: Instant, after: Instant | None, home: tuple[Array, Array] | None
) -> Iterator[Oddity]:
    if not _usable(here.camera):
        return
    assert here.camera is not None
    beside = [frame for frame in (before, after) if frame is not None and _usable(frame.camera)]
    jump = _step(here, beside)
    if jump is not None:
        metres, limit = jump
        text = f"The camera stands {metres:.1f} m from where it stands in the frames beside, in one shot."
        yield Oddity(Over.CENTRE, metres, limit, None, text)
    elif home is not None:
        metres, limit = _away(here.camera, home[0], home[1], LARGEST_DRIFT)
        if metres > limit:
            text = f"The camera stands {metres:.1f} m from where it mostly stands in this shot."
            yield Oddity(Over.DRIFT, metres, limit, None, text)
    if len(beside) == 2:
        yield from _of_lens(beside[0], here, beside[1])


def _away(camera: Solution, place: Array, spread: Array, least: float) -> tuple[float, float]:
    """How far a camera is from a place in metres, and how far it may be: ``least`` and what neither knows."""
    way = camera.params[3:6] - place
    metres = float(np.linalg.norm(way))
    if metres == 0.0:
        return 0.0, least
    along = way / metres
    sd = math.sqrt(float(along @ (camera.covariance[3:6, 3:6] + spread) @ along))
    return metres, max(least, SURE * sd)


def _step(here: Instant, beside: Sequence[Instant]) -> tuple[float, float] | None:
    """How far the camera jumps against every neighbour and how far it may; None where it does not.

    Between two frames it cannot be told which one is wrong; where both neighbours agree it is this one.
    """
    assert here.camera is not None
    found = []
    for frame in beside:
        assert frame.camera is not None
        found.append(_away(here.camera, frame.camera.params[3:6], frame.camera.covariance[3:6, 3:6], LARGEST_STEP))
    if not found or any(metres <= limit for metres, limit in found):
        return None
    metres, limit = min(found)
    if len(beside) == 2:
        first, last = (frame.camera.params[3:6] for frame in beside if frame.camera is not None)
        if float(np.linalg.norm(first - last)) > ALIKE * metres:
            return None
    return metres, limit


def _of_lens(before: Instant, here: Instant, after: Instant) -> Iterator[Oddity]:
    """Roll and focal length against what lies between those of the neighbours."""
    assert before.camera is not None
    assert here.camera is not None
    assert after.camera is not None
    gap = after.number - before.number
    part = (here.number - before.number) / gap
    cameras = (before.camera, here.camera, after.camera)
    one, two, three = (state_of(camera) for camera in cameras)
    shares = ((1.0 - part) ** 2, 1.0, part**2)
    roll_sd, zoom_sd = (
        math.sqrt(sum(share * float(camera.covariance[i, i]) for share, camera in zip(shares, cameras, strict=True)))
        for i in (2, 6)
    )
    roll = abs(float(two[ROLL] - (1.0 - part) * one[ROLL] - part * three[ROLL]))
    limit = max(LARGEST_ROLL, SURE * roll_sd)
    if roll > limit:
        text = f"The camera leans {math.degrees(roll):.1f}\u00b0 more than in the frames beside."
        yield Oddity(Over.ROLL, math.degrees(roll), math.degrees(limit), None, text)
    zoom = abs(float(two[LOG_FOCAL] - (1.0 - part) * one[LOG_FOCAL] - part * three[LOG_FOCAL]))
    limit = max(LEAST_ZOOM + 0.5 * ZOOM_PACE * (gap - 1), SURE * zoom_sd)
    if zoom > limit:
        text = f"The focal length is {100.0 * zoom:.0f} % off that of the frames beside."
        yield Oddity(Over.ZOOM, 100.0 * zoom, 100.0 * limit, None, text)

