"""The thorough check: other solutions are searched for, under which fewer labels contradict the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from annotator.camera import Solution
from annotator.checks.findings import Finding, Rule, Severity
from annotator.checks.mends import Symmetry, instance_turned, keypoint_turned, marking_turned
from annotator.checks.points import FAR, UNLIKELY
from annotator.checks.quick import findings_of
from annotator.checks.scene import Scene
from annotator.checks.whole import MIRRORED, behind_goal, mirror_finding, seen_from_behind
from annotator.evidence import FEWEST_CONSTRAINTS, Evidence, equations_of, gather, marking_name
from annotator.keypoints import Resolved, resolve
from annotator.labels import Instance
from annotator.pitch import HALF_WIDTH, KEYPOINTS, MARKINGS

GOOD_RMS, GOOD_SUPPORT = 2.3, 0.97  # of a solution with which nothing is wrong, centred units and share
UNEXPLAINED = 8.0  # centred units beyond which a residual costs no more
BETTER, MUCH_BETTER = 0.8, 0.5  # of the cost that another explanation may have at most
NO_WORSE = 1.02
MOST_SUSPECTS = 12


def deep_check(
    instance: Instance, resolved: Resolved, *, size: tuple[int, int], neighbours: Sequence[Resolved] | None = None
) -> tuple[Finding, ...]:
    """What ``check`` finds once one wrong label no longer misleads the solution; takes up to a second or two.

    Where the labels do not agree, they are fitted again with all names mirrored, and without each suspicious element
    or half; the rules then speak about the solution that explains most of what was said.
    """
    others = tuple(neighbours or ())
    with np.errstate(all="ignore"):
        scene = Scene.of(instance, resolved, size)
        first = findings_of(scene, others)
        if not _is_troubled(scene, first):
            return first
        mirror = _mirrored(scene)
        if mirror is not None:
            return mirror, *(f for f in first if f.rule in (Rule.OUTSIDE, Rule.DUPLICATE))
        best = _cleared(_best(scene))
        found = findings_of(best, others) if best is not scene else first
        return found if _is_said(found) else first


def _is_troubled(scene: Scene, found: Sequence[Finding]) -> bool:
    """Whether anything is left unexplained, so that a search is worth its time."""
    solution = scene.solution
    if solution is None:
        return scene.evidence.constraints >= FEWEST_CONSTRAINTS
    return _is_said(found) or solution.rms > GOOD_RMS or solution.support < GOOD_SUPPORT


def _is_said(found: Sequence[Finding]) -> bool:
    return any(finding.severity is not Severity.HINT and finding.rule is not Rule.TURNED for finding in found)


def _cost(evidence: Evidence, solution: Solution | None) -> float:
    """The sum of squared residuals over everything said, none counting for more than ``UNEXPLAINED``."""
    equations = equations_of(evidence)
    if equations is None:
        return 0.0
    if solution is None:
        return float(equations.weights.sum()) * UNEXPLAINED**2
    kap, unknowns = np.array([solution.lens.kap]), solution.unknowns[None]
    residuals = equations.residuals(solution.matrix[None], kap, unknowns)[0]
    squares = np.nan_to_num(residuals**2, nan=np.inf)
    return float((equations.weights * np.minimum(squares, UNEXPLAINED**2)).sum())


def _fitted(instance: Instance, size: tuple[int, int]) -> Solution | None:
    return resolve(instance, None, size=size, threshold=1.0).solution


def _mirrored(scene: Scene) -> Finding | None:
    """All names mirrored, when that explains much more; top and bottom exchanged where the camera asks for it."""
    flipped = instance_turned(scene.instance, Symmetry.MIRROR)
    if flipped == scene.instance:
        return None
    solution = _fitted(flipped, scene.size)
    if solution is None:
        return None
    evidence = gather(flipped, solution.lens)
    share = seen_from_behind(scene)
    limit = 1.0 if share is not None and share >= MIRRORED else MUCH_BETTER
    if _cost(evidence, solution) >= limit * _cost(scene.evidence, scene.solution):
        return None
    there = replace(scene, instance=flipped, evidence=evidence, solution=solution)
    if there.trusted is None:
        return None
    far = there.camera is not None and there.camera.params[4] < -HALF_WIDTH and not behind_goal(there.camera)
    return mirror_finding(scene, Symmetry.UPSIDE_DOWN if far else Symmetry.MIRROR)


def _best(scene: Scene) -> Scene:
    """The scene with the solution, fitted to all or to a part, that explains most of everything."""
    cost, best = _cost(scene.evidence, scene.solution), scene
    limit = BETTER * cost
    for names in _suspects(scene):
        rest = _without(scene.instance, names)
        if gather(rest, scene.lens).constraints < FEWEST_CONSTRAINTS:
            continue
        solution = _fitted(rest, scene.size)
        if solution is None:
            continue
        reached = _cost(scene.evidence, solution)
        if reached < min(limit, cost):
            cost, best = reached, replace(scene, solution=solution, left_out=names)
    return best


def _cleared(scene: Scene) -> Scene:
    """The scene with the solution of what agrees alone, so that outliers are named by an answer they do not bend."""
    astray = [n for n, standing in scene.standings.items() if standing.distance > FAR and standing.excess > UNLIKELY]
    rest = _without(scene.instance, frozenset(astray))
    if not astray or gather(rest, scene.lens).constraints < FEWEST_CONSTRAINTS:
        return scene
    solution = _fitted(rest, scene.size)
    if solution is None or _cost(scene.evidence, solution) > NO_WORSE * _cost(scene.evidence, scene.solution):
        return scene
    return replace(scene, solution=solution, left_out=frozenset(astray))


def _suspects(scene: Scene) -> Iterator[frozenset[str]]:
    """What to leave out: single elements, the furthest off first, pairs with exchanged ends, one half or one goal."""
    every = (*scene.evidence.markings, *scene.evidence.points)
    offs = {name: _off(scene, name) for name in every}
    # Nobody answers for what a placed pitch said: it is left out first, all of it and each alone.
    guesses = frozenset(filter(scene.is_unchecked, every))
    if guesses:
        yield guesses
    ranked = sorted(every, key=lambda name: (name not in guesses, -offs[name]))
    yield from (frozenset([name]) for name in ranked[:MOST_SUSPECTS])
    for symmetry in (Symmetry.UPSIDE_DOWN, Symmetry.MIRROR, Symmetry.HALF_TURN):
        for name in ranked[:MOST_SUSPECTS]:
            twin = _twin(name, symmetry)
            if twin in every and every.index(name) < every.index(twin):
                yield frozenset([name, twin])
    groups: list[Callable[[str], bool]] = [_is_left, _is_right, _is_goal, _is_central]
    for group in groups:
        names = frozenset(filter(group, every))
        if 1 < len(names) < len(every):
            yield names


def _off(scene: Scene, name: str) -> float:
    standing = scene.standings.get(name)
    if standing is not None:
        return standing.distance
    return scene.solution.misfits.get(name, 0.0) if scene.solution is not None else 0.0


def _twin(name: str, symmetry: Symmetry) -> str:
    return keypoint_turned(name, symmetry) if name in KEYPOINTS else marking_turned(name, symmetry)


def _middle(name: str) -> tuple[float, float]:
    """Mean x in metres of an element, and the least height of it."""
    if name in KEYPOINTS:
        return KEYPOINTS[name].world[0], KEYPOINTS[name].world[2]
    marking = MARKINGS[name]
    return (marking.start[0] + marking.end[0]) / 2.0, min(marking.start[2], marking.end[2])


def _is_left(name: str) -> bool:
    return _middle(name)[0] < -15.0


def _is_right(name: str) -> bool:
    return _middle(name)[0] > 15.0


def _is_central(name: str) -> bool:
    return abs(_middle(name)[0]) <= 15.0


def _is_goal(name: str) -> bool:
    return _middle(name)[1] < 0.0


def _without(instance: Instance, names: frozenset[str]) -> Instance:
    keypoints = {name: said for name, said in instance.keypoints.items() if name not in names}
    markings = {said: xy for said, xy in instance.markings.items() if marking_name(said) not in names}
    return replace(instance, keypoints=keypoints, markings=markings)
