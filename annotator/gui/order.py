"""The frames that are listed, in their order, and the way a person took through them."""

from __future__ import annotations

from collections.abc import Iterable


class Order:
    """The frames that are listed, in their order, and the way taken through them."""

    def __init__(self, ids: Iterable[int] = ()) -> None:
        self.ids = list(ids)
        self._place = {frame_id: place for place, frame_id in enumerate(self.ids)}
        self._back: list[int] = []
        self._forward: list[int] = []

    def place_of(self, frame_id: int | None) -> int | None:
        """The row of a frame in the list, or None when it is filtered out."""
        return None if frame_id is None else self._place.get(frame_id)

    def step(self, frame_id: int | None, by: int) -> int | None:
        """The frame ``by`` rows on, held to the ends; None in an empty list."""
        if not self.ids:
            return None
        place = self.place_of(frame_id)
        return self.ids[0] if place is None else self.ids[min(max(place + by, 0), len(self.ids) - 1)]

    def beyond(self, frame_id: int | None, direction: int) -> Iterable[int]:
        """The frames after (+1) or before (-1) this one, nearest first."""
        place = self.place_of(frame_id)
        start = -1 if place is None else place
        return self.ids[start + 1 :] if direction > 0 else reversed(self.ids[: max(start, 0)])

    def visit(self, frame_id: int | None) -> None:
        """Remember that this frame was left for another."""
        if frame_id is not None:
            self._back.append(frame_id)
            self._forward.clear()

    def return_from(self, frame_id: int, direction: int) -> int | None:
        """The frame shown before (-1) or after (+1) this one on the way taken."""
        source, target = (self._back, self._forward) if direction < 0 else (self._forward, self._back)
        if not source:
            return None
        target.append(frame_id)
        return source.pop()

    def with_ids(self, ids: Iterable[int]) -> Order:
        """Another list with the same way taken."""
        other = Order(ids)
        other._back, other._forward = self._back, self._forward
        return other
