"""The check that keeps up with typing: every rule against the solution at hand; a new fit only to clear a person."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np

from annotator.checks import lines, points, whole
from annotator.checks.findings import Finding, Rule, Severity
from annotator.checks.mends import RemoveMarking
from annotator.checks.scene import Scene
from annotator.keypoints import Resolved
from annotator.labels import Instance
from annotator.plain_names import plain_marking

_CAUSES = (Rule.SWAPPED, Rule.RENAMED, Rule.SEGMENT, Rule.ARC_SIDE, Rule.DUPLICATE)


def check(
    instance: Instance, resolved: Resolved, *, size: tuple[int, int], neighbours: Sequence[Resolved] | None = None
) -> tuple[Finding, ...]:
    """What looks wrong with the labels of a frame, the gravest rules first; empty when nothing does.

    Parameters
    ----------
    instance
        What was said of the pitch: drawn markings, placed or imported points, or both.
    resolved
        ``annotator.keypoints.resolve`` of the same instance; with a prediction or without makes no difference.
    size
        Width and height of the frame in pixels.
    neighbours
        Frames just before and after it, resolved: they tell on which side of the pitch their camera stands.
    """
    with np.errstate(all="ignore"):
        scene, others = Scene.of(instance, resolved, size), tuple(neighbours or ())
        found = findings_of(scene, others)
        cleared = _without_guesses(scene, found)
        if cleared is None:
            return found
        mended = findings_of(cleared, others)
        return mended if _grave(mended) else (_misleading(cleared), *mended)


def _grave(found: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.severity is not Severity.HINT]


def _misleading(scene: Scene) -> Finding:
    """What fits the drawn lines worst of all that only a placed pitch says: without it nothing is wrong."""
    name = max(scene.left_out, key=lambda guess: scene.misfits.get(guess, 0.0))
    said = scene.said_marking(name)
    return Finding(
        Rule.OUTLIER,
        Severity.WARNING,
        f"{plain_marking(name)} was placed and never checked, and does not fit what was.",
        markings=(said,),
        at=scene.pixel(scene.evidence.markings[name].mean(axis=0)),
        mend=RemoveMarking(said, scene.instance.id),
    )


def _without_guesses(scene: Scene, found: Sequence[Finding]) -> Scene | None:
    """The scene by what was drawn or found on the paint alone, where some of that is blamed; None elsewhere.

    What only a placed pitch says may bend the camera until a line that lies on its paint looks wrong.
    """
    guesses = frozenset(filter(scene.is_unchecked, scene.evidence.markings))
    blamed = {name for finding in _grave(found) for name in finding.names}
    if not guesses or all(name in scene.instance.unchecked for name in blamed):
        return None
    return scene.refitted(guesses)


def findings_of(scene: Scene, neighbours: Sequence[Resolved]) -> tuple[Finding, ...]:
    """The findings of a scene: the cause of a fault is named, what merely follows from it is not."""
    alone = (*points.outside(scene), *points.duplicates(scene))
    mirror = tuple(whole.mirrored(scene))
    if mirror:
        return (*mirror, *alone)
    causes = (*points.misplaced(scene), *lines.misnamed(scene), *lines.above_horizon(scene), *alone)
    echoes = itertools.chain(
        lines.off_the_rest(scene), lines.arc_side(scene), points.order(scene), points.off_marking(scene)
    )
    found = _without_echoes(causes, echoes)
    frame = (*whole.impossible(scene), *whole.turned(scene, neighbours), *_halves(scene, found))
    return (*frame, *found, *whole.forgotten(scene))


def _halves(scene: Scene, found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Names of the half out of view, unless each of them is explained already."""
    explained = {name for finding in found for name in finding.names}
    return tuple(finding for finding in whole.both_halves(scene) if not set(finding.names) <= explained)


def _without_echoes(causes: Iterable[Finding], echoes: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings of which no name is explained by an earlier one."""
    kept: list[Finding] = []
    explained: set[str] = set()
    for finding in sorted(causes, key=lambda finding: finding.rule not in _CAUSES):
        if finding.rule is Rule.OUTSIDE or not explained & set(finding.names):
            kept.append(finding)
            explained |= set(finding.names) if finding.rule is not Rule.OUTSIDE else set()
    for finding in echoes:
        if not explained & set(finding.names):
            kept.append(finding)
            explained |= set(finding.names)
    return tuple(kept)
