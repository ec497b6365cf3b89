"""Rules about the frame as a whole: mirrored or turned names, cameras that cannot be, what is missing or too much.

Which end is called left when a camera looks along the pitch is a convention: behind a goal, the goal in front is the
left one. Mirroring an image of that kind exchanges top and bottom only (``annotator.pitch.behind_goal_mirror``).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from annotator.camera import Solution, SolutionKind
from annotator.checks.findings import Finding, Rule, Severity
from annotator.checks.mends import GiveBack, Mend, RemoveMarking, Symmetry, TurnNames, title
from annotator.checks.scene import Scene
from annotator.evidence import FEWEST_CONSTRAINTS
from annotator.geometry import fit_line, meet
from annotator.keypoints import Resolved
from annotator.pitch import HALF_LENGTH, HALF_WIDTH, KEYPOINTS, MARKINGS, Crossing
from annotator.plain_names import plain_marking
from annotator.proposals import agreed_circle

Array = NDArray[np.float64]

MIRRORED = 0.8  # of the triangles between points, seen from behind
LEAST_IMAGE, LEAST_WORLD = 400.0, 10.0  # twice the area of a triangle that has a side at all, units and metres squared
ENOUGH = FEWEST_CONSTRAINTS + 4  # constraints; with fewer, two cameras far apart may explain the same
SURE_PLACE = 12.0  # metres; a camera whose place is less sure than this has no side
NEIGHBOUR = 15.0  # metres between two frames of the same camera at most
ONE_SIDE = 0.8  # of the ground in view, from which on a frame shows one half
NARROW_VIEW = 50.0  # metres of the length in view
HIGHEST, LOWEST, NEAREST = 80.0, 1.0, 3.0  # metres
LARGEST_ROLL = 10.0  # degrees
FOCAL_RANGE = (0.5, 12.0)  # frame widths
PLAINLY_SEEN = 90.0  # centred units of a marking inside the frame
WELL_INSIDE, WELL_KNOWN = 20.0, 3.0  # centred units


def behind_goal(camera: Solution) -> bool:
    """Whether a camera stands beyond a goal line and between the touch lines."""
    x, y, _ = _place(camera)
    return abs(x) > HALF_LENGTH and abs(y) < HALF_WIDTH


def goal_in_front(camera: Solution) -> str | None:
    """``left`` or ``right``: which goal a camera behind a goal has in front; None elsewhere or where both show.

    By convention it is the left one, so that ``right`` asks for the names to be turned by 180 degrees.
    """
    if not behind_goal(camera):
        return None
    seen = _in_view(camera)
    if not len(seen) or not _runs_across(camera, seen):
        return None
    share = float((seen[:, 0] > 0.0).mean())
    if share >= ONE_SIDE:
        return "right"
    return "left" if share <= 1.0 - ONE_SIDE else None


def _place(camera: Solution) -> tuple[float, float, float]:
    x, y, z = camera.params[3:6]
    return float(x), float(y), float(z)


def _in_view(solution: Solution) -> Array:
    """Places (N, 2) in metres of a grid over the frame, where it shows the pitch."""
    width, height = solution.size
    x, y = np.meshgrid(np.linspace(0, width - 1, 9), np.linspace(0, height - 1, 7))
    ideal = solution.lens.ideal(np.column_stack([x.ravel(), y.ravel()]))
    places = np.column_stack([ideal, np.ones(len(ideal))]) @ np.linalg.inv(solution.ground).T
    places = places[places[:, 2] > 0.0]
    ground: Array = places[:, :2] / places[:, 2:]
    return ground[np.all(np.abs(ground) < (HALF_LENGTH + 1.0, HALF_WIDTH + 1.0), axis=1)]


def _runs_across(camera: Solution, seen: Array) -> bool:
    """Whether what lies across the pitch appears rather level than upright in at least half of the view."""
    places = np.column_stack([seen, np.zeros(len(seen))])
    across = np.array([0.0, 2.0, 0.0])
    steps = camera.project(places + across) - camera.project(places - across)
    return float((np.abs(steps[:, 0]) > np.abs(steps[:, 1])).mean()) >= 0.5


def turned(scene: Scene, neighbours: Sequence[Resolved]) -> Iterator[Finding]:
    """Names turned by 180 degrees, which no residual shows: by the neighbours' camera, else by where cameras stand."""
    camera = scene.camera
    if camera is None or not _is_placed(camera) or scene.evidence.constraints < ENOUGH:
        return
    x, y, _ = _place(camera)
    vote = _same_camera(camera, neighbours)
    if vote < 0:
        severity, reason = (
            Severity.ERROR,
            "The neighbouring frames have the same camera on the other side of the pitch.",
        )
    elif vote > 0:
        return
    elif goal_in_front(camera) == "right":
        severity, reason = Severity.WARNING, "Behind a goal, the goal in front is called left; here it is called right."
    elif y < -HALF_WIDTH and abs(x) <= HALF_LENGTH:
        severity = Severity.WARNING
        reason = f"The camera would stand {-y - HALF_WIDTH:.0f} m behind the far touch line."
    else:
        return
    yield Finding(Rule.TURNED, severity, reason, mend=TurnNames(Symmetry.HALF_TURN, scene.instance.id))


def _is_placed(camera: Solution) -> bool:
    return bool(np.sqrt(np.maximum(camera.covariance.diagonal()[3:5], 0.0)).max() < SURE_PLACE)


def _same_camera(camera: Solution, neighbours: Sequence[Resolved]) -> int:
    """How many more neighbours have the same camera here than have it at the place turned by 180 degrees."""
    here = np.array(_place(camera))
    there = here * (-1.0, -1.0, 1.0)
    votes = 0
    for neighbour in neighbours:
        other = neighbour.solution
        if other is None or other.kind is not SolutionKind.CAMERA or not _is_placed(other):
            continue
        near, far = (float(np.linalg.norm(np.array(_place(other)) - place)) for place in (here, there))
        votes += int(near < min(NEIGHBOUR, 0.5 * far)) - int(far < min(NEIGHBOUR, 0.5 * near))
    return votes


def seen_from_behind(scene: Scene) -> float | None:
    """The share of triangles between ground points that turn the other way than on the pitch; None without any.

    A camera above the ground keeps the sense of every triangle in front of it (Hartley & Zisserman, 2.5).
    """
    places = _ground_points(scene)
    names = list(places)
    if len(names) < 3:
        return None
    image = np.array([places[name] for name in names])
    world = np.array([KEYPOINTS[name].world[:2] for name in names])
    triples = np.array(list(itertools.combinations(range(len(names)), 3)))
    areas = [_twice_area(at[triples]) for at in (image, world)]
    told = (np.abs(areas[0]) > LEAST_IMAGE) & (np.abs(areas[1]) > LEAST_WORLD)
    return float((areas[0][told] * areas[1][told] < 0.0).mean()) if told.any() else None


def _twice_area(corners: Array) -> Array:
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area: Array = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    return area


def _ground_points(scene: Scene) -> dict[str, Array]:
    """Placed points on the ground, and crossings of drawn lines in or near the frame."""
    found = {name: at for name, at in scene.evidence.points.items() if KEYPOINTS[name].on_ground}
    lines = {
        n: line for n, xy in scene.evidence.markings.items() if not MARKINGS[n].is_round and (line := fit_line(xy))
    }
    for name, point in KEYPOINTS.items():
        how = point.construction
        if name in found or not point.on_ground or not isinstance(how, Crossing):
            continue
        if how.first in lines and how.second in lines:
            at = meet(lines[how.first].line, lines[how.second].line)
            if at is not None and scene.is_inside(at[None], margin=-100.0)[0]:
                found[name] = at
    return dict(itertools.islice(found.items(), 24))


def mirrored(scene: Scene) -> Iterator[Finding]:
    """Left and right exchanged in all names: the pitch as from below."""
    if scene.trusted is not None:
        return
    share = seen_from_behind(scene)
    if share is not None and share >= MIRRORED:
        yield mirror_finding(scene, Symmetry.MIRROR)


def mirror_finding(scene: Scene, symmetry: Symmetry) -> Finding:
    """The finding that all names are mirrored, with the exchange that mends it."""
    reason = f"The names show the pitch as in a mirror: {symmetry.value} are exchanged."
    return Finding(Rule.MIRRORED, Severity.ERROR, reason, mend=TurnNames(symmetry, scene.instance.id))


def impossible(scene: Scene) -> Iterator[Finding]:
    """No camera, or none that could stand there."""
    solution = scene.solution
    if solution is None:
        if scene.evidence.constraints > FEWEST_CONSTRAINTS and _spreads(scene):
            reason = "No camera sees the pitch like this: check the names."
            yield Finding(Rule.CAMERA, Severity.ERROR, reason)
        return
    if scene.trusted is None:
        share = 100.0 * (1.0 - solution.support)
        reason = f"The best camera leaves {share:.0f} % of what was said unexplained: check the names."
        yield Finding(Rule.CAMERA, Severity.ERROR, reason)
    elif (
        scene.camera is not None and scene.evidence.constraints >= ENOUGH and (reason := _what_cannot_be(scene.camera))
    ):
        yield Finding(Rule.CAMERA, Severity.WARNING, reason)


def _spreads(scene: Scene) -> bool:
    """Whether what was said spreads in both directions of the pitch, so that there should be a camera."""
    drawn = [MARKINGS[name] for name in scene.evidence.markings]
    along = {m.start[0] == m.end[0] for m in drawn if not m.is_round}
    points = np.array([KEYPOINTS[name].world[:2] for name in scene.evidence.points]).reshape(-1, 2)
    if len(points) > 2 and float(np.linalg.svd(points - points.mean(axis=0), compute_uv=False)[1]) > 1.0:
        return True
    return len(along) == 2 or any(m.is_round for m in drawn)


def _what_cannot_be(camera: Solution) -> str:
    """What is odd about a camera beyond its uncertainty, or ""."""
    x, y, z = _place(camera)
    spread = 2.0 * np.sqrt(np.maximum(camera.covariance.diagonal(), 0.0))
    height = -z
    if height - spread[5] > HIGHEST:
        return f"The camera would hang {height:.0f} m above the pitch."
    if height + spread[5] < LOWEST:
        return f"The camera would lie {height:.1f} m above the ground."
    seen = _in_view(camera)
    away = np.hypot(np.hypot(seen[:, 0] - x, seen[:, 1] - y), z).min() if len(seen) else math.inf
    if away + spread[3:6].max() < NEAREST:
        return f"The camera would be {away:.1f} m from the ground it shows."
    width = camera.size[0] * camera.lens.scale
    focal = math.exp(float(camera.params[6])) / width
    if not FOCAL_RANGE[0] <= focal * math.exp(float(spread[6])) or not focal <= FOCAL_RANGE[1] * math.exp(spread[6]):
        return f"The focal length would be {focal:.1f} frame widths."
    right = camera.matrix[0, :3]
    roll = math.degrees(math.asin(float(np.clip(right[2] / np.linalg.norm(right), -1.0, 1.0))))
    if abs(roll) - math.degrees(float(spread[:3].max())) > LARGEST_ROLL:
        return f"The camera would be tilted sideways by {abs(roll):.0f} degrees."
    return ""


def both_halves(scene: Scene) -> Iterator[Finding]:
    """Names of both halves where the frame is too narrow to show both; those of the half out of view are named."""
    if scene.trusted is None:
        return
    seen = _in_view(scene.trusted)
    if len(seen) < 6 or float(np.ptp(seen[:, 0])) >= NARROW_VIEW:
        return
    sides = {name: _side(name) for name in (*scene.evidence.points, *scene.evidence.markings)}
    if not {-1, 1} <= set(sides.values()):
        return
    middle = float(np.median(seen[:, 0]))
    strange = [name for name, side in sides.items() if side * middle < 0 and not _may_show(scene, name)]
    if not strange:
        return
    width = float(np.ptp(seen[:, 0]))
    first = strange[0]
    at = scene.evidence.points[first] if first in KEYPOINTS else scene.evidence.markings[first].mean(axis=0)
    yield Finding(
        Rule.BOTH_HALVES,
        Severity.WARNING,
        f"The frame shows {width:.0f} m of one half, but names of the other half are used.",
        keypoints=tuple(name for name in strange if name in KEYPOINTS),
        markings=tuple(scene.said_marking(name) for name in strange if name in MARKINGS),
        at=scene.pixel(at),
        mend=_removal(scene, first) if len(strange) == 1 else None,
    )


def _removal(scene: Scene, name: str) -> Mend:
    if name in KEYPOINTS:
        return GiveBack(name, scene.instance.id)
    return RemoveMarking(scene.said_marking(name), scene.instance.id)


def _side(name: str) -> int:
    """-1 for what belongs to the left half, 1 for the right, 0 for what lies on or across the middle."""
    if name in KEYPOINTS:
        x = KEYPOINTS[name].world[0]
        return int(np.sign(x)) if abs(x) > 15.0 else 0
    ends = MARKINGS[name].start[0], MARKINGS[name].end[0]
    return int(np.sign(ends[0])) if min(map(abs, ends)) > 15.0 and ends[0] * ends[1] > 0.0 else 0


def _may_show(scene: Scene, name: str) -> bool:
    """Whether something is projected into or near the frame."""
    if name in KEYPOINTS:
        at = scene.projected.get(name)
        return at is not None and bool(scene.is_inside(at[None], margin=-30.0)[0])
    curve = scene.curves.get(name)
    return curve is not None and bool(scene.is_inside(curve, margin=-30.0).any())


def forgotten(scene: Scene) -> Iterator[Finding]:
    """What the camera sees plainly and nobody drew: markings where markings are drawn, else points."""
    if scene.camera is None:
        return
    if scene.evidence.markings:
        names = [name for name in MARKINGS if not _is_labelled(scene, name) and _plainly_seen(scene, name)]
        listed = [plain_marking(name) for name in names]
    else:
        names = _points_in_view(scene)
        listed = [title(name) for name in names]
    if not names:
        return
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    verb = "is" if len(names) == 1 else "are"
    yield Finding(
        Rule.FORGOTTEN,
        Severity.HINT,
        f"{'; '.join(listed[:3])}{more} should be in view and {verb} not labelled.",
        keypoints=tuple(name for name in names if name in KEYPOINTS),
        markings=tuple(name for name in names if name in MARKINGS),
    )


def _is_labelled(scene: Scene, marking: str) -> bool:
    """Whether a marking is drawn, or a circle that a person took as the camera has it."""
    return marking in scene.evidence.markings or agreed_circle(scene.instance, marking)


def _plainly_seen(scene: Scene, marking: str) -> bool:
    curve = scene.curves.get(marking)
    if curve is None:
        return False
    inside = scene.is_inside(curve)
    if not inside.any():
        return False
    seen = curve[inside]
    length = float(np.hypot(*np.diff(seen, axis=0).T).sum()) if len(seen) > 1 else 0.0
    return length >= PLAINLY_SEEN


def _points_in_view(scene: Scene) -> list[str]:
    assert scene.camera is not None
    inside = [
        name
        for name, at in scene.projected.items()
        if name not in scene.instance.keypoints and scene.is_inside(at[None], margin=WELL_INSIDE)[0]
    ]
    if not inside:
        return []
    sds = scene.camera.deviations(np.array([KEYPOINTS[name].world for name in inside])) * scene.lens.scale
    return [name for name, sd in zip(inside, sds, strict=True) if sd <= WELL_KNOWN]
