"""Where in a clip each numbered thing is, as stretches of frames: said by a person, brought by tracking, filled in.

Kept as stretches and never by frame, so that fifty people over two hours are little to hold and to paint.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from annotator.instances import present
from annotator.labels import BOX, FrameLabels, How, Instance
from annotator.store_timeline import FILLED, KEY, MOTION
from annotator.tracking_labels import is_machine

if TYPE_CHECKING:
    from annotator.project import Project

__all__ = ["Builder", "Stretches", "ThingLanes", "kind_of_thing", "kinds_in", "kinds_of", "read_lanes", "spoken_kind"]

Ints = NDArray[np.int64]
_EVERY_SECONDS = 1.0
_NO_INTS = np.empty(0, dtype=np.int64)


def kind_of_thing(one: Instance) -> int:
    """Who spoke of a thing: `KEY` where a person did, else `FILLED` or `MOTION`."""
    if not is_machine(one):
        return KEY
    return FILLED if one.link is not None and one.link.how is How.INTERPOLATED else MOTION


def kinds_of(labels: FrameLabels) -> dict[int, int]:
    """By the number of a thing in a frame, who spoke of it."""
    return {one.id: kind_of_thing(one) for one in present(labels)}


def kinds_in(document: str) -> dict[int, int]:
    """As `kinds_of`, of a stored record without making it whole; nothing of one that cannot be read."""
    try:
        instances = json.loads(document)["instances"]
        return {int(one["id"]): _kind_in(one) for one in instances if _is_said(one)}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _is_said(one: Mapping[str, Any]) -> bool:
    foreign = (one.get("foreign") or {}).keys() - {"touchline"}
    return bool(foreign) or any(one.get(key) for key in ("keypoints", "markings", "attributes", "box"))


def _kind_in(one: Mapping[str, Any]) -> int:
    points = one.get("keypoints") or {}
    number = (one.get("foreign") or {}).get("touchline")
    given = isinstance(number, dict) and number.get("number") == "given"
    brought = bool(one.get("box")) and BOX in (one.get("carried") or ())
    if not (points or brought) or given or any(one.get(key) for key in ("attributes", "markings")):
        return KEY
    if one.get("box") and not brought:
        return KEY
    if any(said.get("origin") != "propagated" for said in points.values()):
        return KEY
    return FILLED if (one.get("link") or {}).get("how") == How.INTERPOLATED.value else MOTION


def spoken_kind(kinds: Iterable[int]) -> int:
    """Who spoke of a frame of these things: a person if of any of them, 0 for nobody."""
    found = set(kinds)
    return next((kind for kind in (KEY, MOTION, FILLED) if kind in found), 0)


@dataclass(frozen=True, eq=False)
class Stretches:
    """Where one thing is: S stretches from ``starts`` up to before ``ends``, ascending, each of one of ``kinds``."""

    starts: Ints = field(default_factory=lambda: _NO_INTS)
    ends: Ints = field(default_factory=lambda: _NO_INTS)
    kinds: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, dtype=np.uint8))

    def at(self, place: int) -> int:
        """Who spoke of the thing in a frame, 0 where it is not."""
        n = int(np.searchsorted(self.starts, place, side="right")) - 1
        return int(self.kinds[n]) if n >= 0 and place < self.ends[n] else 0

    def nearest(self, place: int) -> int | None:
        """The frame with the thing that is nearest to this one; None where it is in none."""
        if not len(self.starts):
            return None
        held = np.clip(place, self.starts, self.ends - 1)
        return int(held[np.argmin(np.abs(held - place))])

    def put(self, place: int, kind: int) -> Stretches:
        """The stretches after one frame was changed; ``kind`` 0 takes the thing out of it."""
        if self.at(place) == kind:
            return self
        low = int(np.searchsorted(self.ends, place, side="left"))
        high = int(np.searchsorted(self.starts, place + 1, side="right"))
        pieces: list[tuple[int, int, int]] = []
        near = zip(self.starts[low:high].tolist(), self.ends[low:high].tolist(), self.kinds[low:high].tolist(),
                   strict=True)  # fmt: skip
        for start, end, said in near:
            pieces += [(start, min(end, place), said), (max(start, place + 1), end, said)]
        if kind:
            pieces.append((place, place + 1, kind))
        joined = _joined(sorted(piece for piece in pieces if piece[0] < piece[1]))
        new = np.array(joined, dtype=np.int64).reshape(-1, 3)
        return Stretches(
            np.concatenate([self.starts[:low], new[:, 0], self.starts[high:]]),
            np.concatenate([self.ends[:low], new[:, 1], self.ends[high:]]),
            np.concatenate([self.kinds[:low], new[:, 2].astype(np.uint8), self.kinds[high:]]),
        )


def _joined(pieces: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Stretches in order, those of one kind that touch made one."""
    found: list[tuple[int, int, int]] = []
    for start, end, kind in pieces:
        if found and found[-1][1] == start and found[-1][2] == kind:
            found[-1] = (found[-1][0], end, kind)
        else:
            found.append((start, end, kind))
    return found


@dataclass(frozen=True, eq=False)
class ThingLanes:
    """The stretches of every numbered thing of a clip."""

    lanes: Mapping[int, Stretches] = field(default_factory=dict)

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the things that are anywhere, ascending."""
        return tuple(sorted(number for number, where in self.lanes.items() if len(where.starts)))

    def with_frame(self, place: int, kinds: Mapping[int, int]) -> ThingLanes:
        """The lanes after one frame was changed; ``kinds`` holds everything that is in it now."""
        changed = {}
        for number in self.lanes.keys() | kinds.keys():
            before = self.lanes.get(number, Stretches())
            after = before.put(place, kinds.get(number, 0))
            if after is not before:
                changed[number] = after
        return replace(self, lanes={**self.lanes, **changed}) if changed else self


class Builder:
    """Takes frames in ascending order, and makes lanes of them."""

    def __init__(self) -> None:
        self._open: dict[int, list[tuple[int, int, int]]] = {}

    def add(self, place: int, kinds: Mapping[int, int]) -> None:
        """What is in one frame."""
        for number, kind in kinds.items():
            runs = self._open.setdefault(number, [])
            if runs and runs[-1][1] == place and runs[-1][2] == kind:
                runs[-1] = (runs[-1][0], place + 1, kind)
            else:
                runs.append((place, place + 1, kind))

    def lanes(self) -> ThingLanes:
        """What is known so far."""
        found = {}
        for number, runs in self._open.items():
            starts, ends, kinds = zip(*runs, strict=True)
            found[number] = Stretches(np.array(starts), np.array(ends), np.array(kinds, dtype=np.uint8))
        return ThingLanes(found)


def read_lanes(
    project: Project,
    media_id: int,
    places: Mapping[int, int],
    *,
    found: Callable[[ThingLanes], None] = lambda lanes: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> ThingLanes | None:
    """The lanes of a medium of a project, piece by piece; None where it was stopped.

    Parameters
    ----------
    places
        The number in the clip of every frame, by its id.
    found
        Told what is known so far, now and then.
    """
    builder, after, told = Builder(), -1, time.monotonic()
    while True:
        documents, following = project.timeline_documents(media_id, after)
        for frame_id, document in documents:
            if frame_id in places:
                builder.add(places[frame_id], kinds_in(document))
        if should_stop():
            return None
        if following is None:
            return builder.lanes()
        if time.monotonic() - told > _EVERY_SECONDS:
            found(builder.lanes())
            told = time.monotonic()
        after = following
