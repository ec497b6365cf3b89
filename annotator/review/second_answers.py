"""Blind re-checks in a project: which accepted frames are to be asked again, and what was answered.

The second answers are kept in the project's settings; what is stored of the frames stays the first answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotator.keypoints import Source, resolve
from annotator.labels import FrameState, Instance, Point
from annotator.review.recheck import Recheck, compare, is_chosen, recheck_document, recheck_from

if TYPE_CHECKING:
    from annotator.project import Project

__all__ = ["answer_points", "due_checks", "keep_recheck", "rechecks"]

_KEY = "rechecks"
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
    project: Project, frame_id: int, second: Instance, *, size: tuple[int, int], by: str = ""
) -> Recheck:
    """Compare the second answer to a frame with the one that is stored, and keep what comes of it."""
    name = project.row(frame_id).name
    first = project.record(frame_id).labels.pitch
    found = compare(
        name, answer_points(first, size=size), answer_points(second, size=size), width=size[0], by=by
    )
    others = [recheck_document(one) for one in rechecks(project) if one.frame != name]
    project.set_setting(_KEY, [*others, recheck_document(found)])
    return found
