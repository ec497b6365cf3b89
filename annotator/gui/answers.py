"""What was found of the frames looked at last, so that a step back to one of them finds nothing anew."""

from __future__ import annotations

from collections import OrderedDict

from annotator.camera import Lens
from annotator.evidence import gather
from annotator.keypoints import Resolved
from annotator.labels import Instance

MOST = 64


class Answers:
    """The latest answers by frame; those found on the way of a drag may differ from a fresh look and stay outside."""

    def __init__(self) -> None:
        self._of: OrderedDict[int, Resolved] = OrderedDict()

    def keep(self, frame_id: int, resolved: Resolved) -> None:
        """Remember what a fresh look at a frame gave."""
        self._of[frame_id] = resolved
        self._of.move_to_end(frame_id)
        if len(self._of) > MOST:
            self._of.popitem(last=False)

    def usable(self, frame_id: int, said: Instance, size: tuple[int, int]) -> Resolved | None:
        """The answer for this frame, where geometry has nothing to find out after it: the same was said of it."""
        before = self._of.get(frame_id)
        if before is None or before.size != size or before.evidence is None:
            return None
        return before if gather(said, Lens(size)).equals(before.evidence) else None

    def forget(self) -> None:
        """Begin with nothing."""
        self._of.clear()
