"""Blind re-checks in a project: which accepted frames are to be asked again, and what was answered.

The second answers are kept in the project's settings; what is stored of the frames stays the first answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from annotator.instance_points import similarity
from annotator.instances import box_around, is_crowd, labelled_points, present
from annotator.keypoints import Source, resolve
from annotator.labels import FrameLabels, FrameState, Instance, Point
from annotator.review.judged import matched, size_of
from annotator.review.recheck import Recheck, compare, is_chosen, recheck_document, recheck_from
from annotator.scheme import AttributeValue, Scheme

if TYPE_CHECKING:
    from annotator.project import Project
    from model.people import InstancePrediction

__all__ = ["answer_points", "compare_things", "due_checks", "keep_recheck", "rechecks"]

Attributes = Mapping[str, AttributeValue]
_KEY = "rechecks"
_SURE = 0.5
_SAID = frozenset({Source.PLACED, Source.CONSTRUCTED})


def rechecks(project: Project) -> list[Recheck]:
    """Every re-check that was done, in the order in which they were."""
    stored: list[object] = project.setting(_KEY, [])
    return [found for document in stored if (found := recheck_from(document)) is not None]


def due_checks(project: Project) -> list[int]:
    """The accepted frames that are to be asked again and were not yet, in media order."""
    done = {one.frame for one in rechecks(project)}
    names = ((i, project.row(i).name) for i in project.frame_ids({FrameState.ACCEPTED}))
    return [i for i, name in names if name not in done and is_chosen(name)]


def answer_points(instance: Instance, *, size: tuple[int, int]) -> dict[str, Point]:
    """Where an answer has its points: those placed, and those that drawn markings construct; pixels by name."""
    resolved = resolve(instance, None, size=size, threshold=1.0)
    return {
        name: point.position
        for name, point in resolved.keypoints.items()
        if point.source in _SAID and point.position is not None and point.inside
    }


def keep_recheck(
    project: Project, frame_id: int, second: FrameLabels, *, size: tuple[int, int], by: str = ""
) -> Recheck:
    """Compare the second answer to a frame with the one that is stored, and keep what comes of it."""
    name = project.row(frame_id).name
    first, scheme = project.record(frame_id).labels, project.scheme
    if scheme.has_football:
        answers = (answer_points(one.pitch, size=size) for one in (first, second))
        found = compare(name, *answers, width=size[0], by=by)
    else:
        found = compare_things(name, first, second, scheme, size=size, by=by)
    others = [recheck_document(one) for one in rechecks(project) if one.frame != name]
    project.set_setting(_KEY, [*others, recheck_document(found)])
    return found


def compare_things(
    frame: str, first: FrameLabels, second: FrameLabels, scheme: Scheme, *, size: tuple[int, int], by: str = ""
) -> Recheck:
    """Two answers to a frame of things: each thing of the first meets the one of the second that is most like it.

    Distances are percent of the size of the thing in the first answer; the similarity is that of COCO (OKS).
    """
    said, seen = ([one for one in present(labels) if not is_crowd(one)] for labels in (first, second))
    as_seen = [_as_seen(one, scheme) for one in seen]
    given = matched(said, as_seen, scheme, size=size, threshold=_SURE)
    pairs = [(one, seen[as_seen.index(given[n])]) for n, one in enumerate(said) if n in given]
    distances: dict[str, float] = {}
    numbers: dict[str, float] = dict(_apart(first.attributes, second.attributes))
    only: tuple[list[str], list[str]] = ([], [])
    for one, other in pairs:
        a, b = labelled_points(one), labelled_points(other)
        unit = 100.0 / size_of(one.box or box_around(a.values()))
        distances |= {_named(one, name): math.dist(a[name], b[name]) * unit for name in a if name in b}
        only[0].extend(_named(one, name) for name in a if name not in b)
        only[1].extend(_named(one, name) for name in b if name not in a)
        for name, value in _apart(one.attributes, other.attributes).items():
            numbers[name] = max(value, numbers.get(name, 0.0))
    met = {id(one) for pair in pairs for one in pair}
    for side, things in enumerate((said, seen)):
        only[side].extend(_named(one, name) for one in things if id(one) not in met for name in labelled_points(one))
    pointed = [(one, _as_seen(other, scheme)) for one, other in pairs if labelled_points(one)]
    alike = tuple(float(similarity([one], [other], scheme)[0, 0]) for one, other in pointed)
    return Recheck(frame, by, distances, tuple(only[0]), tuple(only[1]), True, alike, numbers)


def _named(one: Instance, name: str) -> str:
    return f"{one.id} {name}"


def _apart(first: Attributes, second: Attributes) -> dict[str, float]:
    """How far the numbers of two answers are apart; words that differ are 1 apart."""
    found = {}
    for name in first.keys() & second.keys():
        a, b = first[name], second[name]
        numbers = isinstance(a, int | float) and isinstance(b, int | float)
        found[name] = abs(float(a) - float(b)) if numbers else float(a != b)
    return found


def _as_seen(one: Instance, scheme: Scheme) -> InstancePrediction:
    """A labelled thing in the form of one that a network saw, to be matched."""
    from model.people import InstancePrediction

    places = labelled_points(one)
    xy = np.array([places.get(name, (np.nan, np.nan)) for name in scheme.keypoints], dtype=np.float64)
    sure = np.array([float(name in places) for name in scheme.keypoints])
    return InstancePrediction(scheme.keypoints, xy, sure, np.full(len(scheme), np.nan), 1.0, one.box)
