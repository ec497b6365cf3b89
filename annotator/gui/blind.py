"""Frames under a blind check: their labels are hidden, and what is said of them now is kept apart."""

from __future__ import annotations

from collections.abc import Iterable

from annotator.labels import FrameRecord


class BlindChecks:
    """Which frames are asked for once more, and the second answers so far; nothing of it reaches the first ones."""

    def __init__(self) -> None:
        self._expected: frozenset[int] = frozenset()
        self._answers: dict[int, FrameRecord] = {}

    def expect(self, frame_ids: Iterable[int]) -> None:
        """These frames are under a blind check, and no others."""
        self._expected = frozenset(frame_ids)

    def covers(self, frame_id: int | None) -> bool:
        """Whether a frame is under a blind check."""
        return frame_id in self._expected

    def answer(self, frame_id: int) -> FrameRecord:
        """What was said of a frame in its check so far."""
        return self._answers.get(frame_id, FrameRecord())

    def keep(self, frame_id: int, record: FrameRecord) -> None:
        """Take this as what is said of the frame now."""
        self._answers[frame_id] = record

    def end(self, frame_id: int) -> None:
        """The check of a frame is done: it shows its first labels again."""
        self._expected -= {frame_id}
        self._answers.pop(frame_id, None)

    def clear(self) -> None:
        """Another project is open."""
        self._expected, self._answers = frozenset(), {}
