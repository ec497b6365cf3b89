"""Where media went that are not where they were: a place that a person names is looked at before anything is changed.

Media move together more often than alone: what lies at the same place beside one that was found is offered too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator.project import Media, MediaKind, Project, ProjectError
from annotator.store_index import found_at

__all__ = ["Found", "MediumState", "find_others", "look_at_place", "media_states", "missing_media"]

ShouldStop = Callable[[], bool]


@dataclass(frozen=True)
class MediumState:
    """A medium of a project, whether something is at its place, how many frames it has and how many of them miss."""

    medium: Media
    there: bool
    frames: int
    missing: int


@dataclass(frozen=True)
class Found:
    """A place where frames of a medium are."""

    media_id: int
    place: Path
    frames: int


def media_states(project: Project) -> tuple[MediumState, ...]:
    """Every medium and whether it is there now; slow where a disk is slow."""
    states = []
    for medium in project.media():
        missing = project.frame_names(medium.id).values()
        states.append(MediumState(medium, medium.path.exists(), len(missing), sum(missing)))
    return tuple(states)


def missing_media(project: Project) -> tuple[Media, ...]:
    """The media of which no frame was there when the project was opened."""
    found = []
    for medium in project.media():
        missing = project.frame_names(medium.id).values()
        if missing and all(missing):
            found.append(medium)
    return tuple(found)


def look_at_place(project: Project, media_id: int, place: Path) -> Found | None:
    """The frames of a medium at a place, or in a folder of the medium's own name there; None if there are none.

    Raises
    ------
    ProjectError
        If the place cannot be read.
    """
    medium = next(medium for medium in project.media() if medium.id == media_id)
    names = list(project.frame_names(media_id))
    for candidate in (place, place / medium.path.name):
        if candidate.exists() and (count := found_at(candidate, medium, names)):
            return Found(media_id, candidate, count)
    return None


def find_others(
    project: Project, moved: Found, *, without: Sequence[int] = (), should_stop: ShouldStop = lambda: False
) -> tuple[Found, ...]:
    """Other media that are missing and lie where they would if they had moved along with one that was found."""
    before = next(medium.path for medium in project.media() if medium.id == moved.media_id)
    found: list[Found] = []
    for medium in missing_media(project):
        if should_stop():
            break
        if medium.id == moved.media_id or medium.id in without:
            continue
        for place in _candidates(medium, before, moved.place):
            try:
                one = look_at_place(project, medium.id, place) if _fits(medium, place) else None
            except ProjectError:
                continue
            if one is not None:
                found.append(one)
                break
    return tuple(found)


def _fits(medium: Media, place: Path) -> bool:
    return place.is_file() if medium.kind is MediaKind.VIDEO else place.is_dir()


def _candidates(medium: Media, before: Path, now: Path) -> tuple[Path, ...]:
    """Where a medium would lie: as it lay to the one that moved, from every folder that both may have moved with."""
    candidates = [now.parent / medium.path.name]
    old, new = before, now
    # Folders that kept their names moved as one: what changed lies above them.
    while old.name == new.name and old.parent != old and new.parent != new:
        old, new = old.parent, new.parent
        if medium.path.is_relative_to(old):
            candidates.append(new / medium.path.relative_to(old))
    return tuple(dict.fromkeys(candidates))
