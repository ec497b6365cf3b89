"""Which frame of a project a file or a name of another program speaks of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath

from annotator.project import FrameRow, Project

__all__ = ["FrameNames", "NoMatch"]


@dataclass(frozen=True)
class NoMatch:
    """Why no frame is meant."""

    reason: str


class FrameNames:
    """The frames of a project by base name; of several with the same the one whose folders agree the furthest."""

    def __init__(self, project: Project) -> None:
        self._by_stem: dict[str, list[FrameRow]] = {}
        for frame_id in project.frame_ids():
            row = project.row(frame_id)
            self._by_stem.setdefault(_parts(row)[-1], []).append(row)

    def find(self, name: PurePath) -> FrameRow | NoMatch:
        """The frame that a path names, with or without a suffix; a video is a folder of numbered frames."""
        candidates = self._by_stem.get(name.stem) or self._by_stem.get(name.name, [])
        if not candidates:
            return NoMatch("no frame of the project has this name")
        own = (*name.parts[:-1], _parts(candidates[0])[-1])
        shared = [_shared_end(own, _parts(row)) for row in candidates]
        if shared.count(max(shared)) > 1:
            return NoMatch(f"{len(candidates)} frames have this name; put it in a like folder")
        return candidates[shared.index(max(shared))]


def _parts(row: FrameRow) -> tuple[str, ...]:
    """Folders and base name of a frame."""
    if row.is_video:
        return (row.name.rsplit("#", 1)[0], f"{row.index_in_media:06d}")
    path = PurePosixPath(row.name)
    return (*path.parts[:-1], path.stem)


def _shared_end(first: Sequence[str], second: Sequence[str]) -> int:
    count = 0
    for a, b in zip(reversed(first), reversed(second), strict=False):
        if a != b:
            break
        count += 1
    return count
