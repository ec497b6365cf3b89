"""Frames under a blind check: their labels are hidden, and what is said of them now is kept apart."""

from __future__ import annotations

from collections.abc import Iterable

from annotator.labels import FrameRecord
from annotator.project import Project


class BlindChecks:
    """Which frames are asked for once more, and the second answers so far; nothing of it reaches the first ones.

    An answer is stored in a layer of the project of its own, so that one half given outlives the program.
    """

    def __init__(self) -> None:
        self._expected: frozenset[int] = frozenset()
        self._unstored: dict[int, FrameRecord] = {}

    def expect(self, frame_ids: Iterable[int]) -> None:
        """These frames are under a blind check, and no others."""
        self._expected = frozenset(frame_ids)

    def covers(self, frame_id: int | None) -> bool:
        """Whether a frame is under a blind check."""
        return frame_id in self._expected

    def answer(self, project: Project, frame_id: int) -> FrameRecord:
        """What was said of a frame in its check so far."""
        found = self._unstored.get(frame_id)
        return project.second_answer(frame_id) if found is None else found

    def keep(self, frame_id: int, record: FrameRecord) -> None:
        """Take this as what is said of the frame now; `store` writes it."""
        self._unstored[frame_id] = record

    def store(self, project: Project) -> None:
        """Write what is not in the project yet; what cannot be written is kept. ProjectError as the project's."""
        for frame_id, record in list(self._unstored.items()):
            project.save_second_answer(frame_id, record)
            del self._unstored[frame_id]

    def end(self, project: Project, frame_id: int) -> None:
        """The check of a frame is done: it shows its first labels again. ProjectError as the project's."""
        self._expected -= {frame_id}
        self._unstored.pop(frame_id, None)
        project.save_second_answer(frame_id, FrameRecord())

    def clear(self) -> None:
        """Another project is open."""
        self._expected, self._unstored = frozenset(), {}
