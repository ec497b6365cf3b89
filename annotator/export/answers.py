"""What is known of many frames from what persons said of them: side by side, in several processes, and never twice.

Every answer follows from the labels and the size of its frame, and from where the camera of its clip is known to stand:
the order of the work, what stands beside a frame, the number of processes and answers kept from earlier change nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from enum import Enum
from threading import Lock
from typing import Any, NamedTuple

import numpy as np

from annotator.calibration import flattening
from annotator.camera import SolutionKind
from annotator.export.crew import Crew, StoppedError
from annotator.export.store import AnswerStore, key_of
from annotator.formats.cameras import CameraFile, camera_of
from annotator.formats.training_set import certainly_outside
from annotator.keypoints import TRUSTED_RMS, TRUSTED_SUPPORT, Keypoint, Resolved, resolution, said_alone
from annotator.labels import Instance
from annotator.pitch import MARKINGS
from annotator.refinement import Steps, side_by_side
from annotator.tripod_prior import Standing

__all__ = [
    "Answer", "Answers", "Asked", "Needs", "StoppedError", "answer", "answer_all", "answers", "forget", "likeness",
]  # fmt: skip

ALONE = 48
"""Frames up to which other processes would start more slowly than one does the work, and nothing is stored."""

BATCH = (16, 256)
"""Fewest and most frames that are worked out side by side."""

_ROUNDS = 4  # batches a process gets of a block, so that none waits long for another
_KEPT = 2_000
_CLICKS = 60


@dataclass(frozen=True)
class Answer:
    """Keypoints with a position by name; names that certainly lie outside the frame; the camera, or why there is none.

    The camera is that of the flat pitch of the book, as files hold it.
    """

    keypoints: Mapping[str, Keypoint]
    beyond: frozenset[str] = frozenset()
    camera: CameraFile | None = None
    no_camera: str = ""


class Needs(Enum):
    """What is asked of a frame: where its keypoints are; or the camera and what lies outside too."""

    POINTS = "points"
    ALL = "all"


class Asked(NamedTuple):
    """What a person said of a frame, its width and height, and where the camera of its clip is known to stand."""

    instance: Instance
    size: tuple[int, int]
    standing: Standing | None = None


def answer(asked: Asked) -> Answer:
    """What is known of a frame without a network."""
    return answer_all([asked])[0]


def answer_all(asked: Sequence[Asked]) -> list[Answer]:
    """What is known of each frame; many at once take a part of the time that they take one by one."""
    with np.errstate(all="ignore"):
        return side_by_side([_answering(*one) for one in asked])


def _answering(instance: Instance, size: tuple[int, int], standing: Standing | None = None) -> Steps[Answer]:
    resolved = yield from resolution(instance, size, standing=standing)
    known = {name: point for name, point in resolved.keypoints.items() if point.position is not None}
    reason = _no_camera(resolved)
    camera: CameraFile | None = None
    if not reason and resolved.solution is not None and resolved.evidence is not None:
        camera = camera_of((yield from flattening(resolved.evidence, resolved.solution)))
    return Answer(known, certainly_outside(resolved, size), camera, reason)


def _no_camera(resolved: Resolved) -> str:
    """Why a frame has no camera, "" where it has one."""
    solution = resolved.solution
    if solution is None or resolved.evidence is None:
        return resolved.status or "too little is labelled to find the camera"
    if solution.rms > TRUSTED_RMS or solution.support < TRUSTED_SUPPORT:
        return resolved.status or "what is labelled does not agree with one camera"
    if solution.kind is not SolutionKind.CAMERA:
        return "only the ground is determined: no camera with square pixels fits what is labelled"
    return ""


def _points_alone(asked: Asked) -> Answer | None:
    """The answer as far as its points go, where no geometry has a say in these; None where it has."""
    known = said_alone(asked[0], asked[1])
    if known is None:
        return None
    return Answer({name: point for name, point in known.items() if point.position is not None})


_kept: OrderedDict[str, Answer] = OrderedDict()
_lock = Lock()


@dataclass
class Answers:
    """Answers to one block of frames after the other, until it is closed.

    Parameters
    ----------
    workers
        Processes; None for one a processor, and none where there is little to do.
    store
        Where answers are kept between programs; None for the usual place.
    needs
        With `Needs.POINTS` a frame of which no geometry knows more than was said is not worked out, and has neither
        camera nor residuals.
    """

    workers: int | None = None
    store: AnswerStore | None = None
    needs: Needs = Needs.ALL
    should_stop: Callable[[], bool] = lambda: False
    _crew: Crew[Asked, Answer] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._crew = Crew(answer_all, workers=self.workers)

    def of(self, asked: Sequence[Asked], advanced: Callable[[int], None] = lambda done: None) -> list[Answer]:
        """The answer to each, in order; ``advanced`` hears how many are known.

        Raises
        ------
        StoppedError
            As soon as ``should_stop`` says so; what was worked out until then is kept.
        """
        found: list[Answer | None] = [None] * len(asked)
        if self.needs is Needs.POINTS:
            found = [_points_alone(one) for one in asked]
        keys = {at: key_of(*asked[at]) for at, one in enumerate(found) if one is None}
        wanted = {key: asked[at] for at, key in keys.items()}
        known = _remembered(wanted)
        missing = {key: one for key, one in wanted.items() if key not in known}
        is_much = len(missing) > ALONE
        store = self.store or AnswerStore.usual()
        if is_much:
            known |= store.read(list(missing))
            missing = {key: one for key, one in missing.items() if key not in known}
        fresh: dict[str, Answer] = {}
        started = len(asked) - len(missing)
        try:
            self._work_out(missing, fresh, lambda: advanced(started + len(fresh)))
        finally:
            _remember(fresh)
            if is_much:
                store.write(fresh)
        known |= fresh
        return [one if one is not None else known[keys[at]] for at, one in enumerate(found)]

    def _work_out(self, missing: Mapping[str, Asked], fresh: dict[str, Answer], advanced: Callable[[], None]) -> None:
        """Fill ``fresh``, frames of like labels side by side."""
        crew = self._crew if len(missing) > ALONE else Crew(answer_all, workers=1)
        order = sorted(missing, key=lambda key: likeness(missing[key]))
        fewest, most = BATCH
        size = min(max(len(order) // (_ROUNDS * crew.workers), fewest), most)
        batches = [order[at : at + size] for at in range(0, len(order), size)]
        work = crew.done([[missing[key] for key in batch] for batch in batches], self.should_stop)
        with closing(work):
            for at, answered in work:
                fresh.update(zip(batches[at], answered, strict=True))
                advanced()
        if self.should_stop():
            raise StoppedError

    def close(self) -> None:
        """Let the processes go."""
        self._crew.close()


def answers(
    asked: Sequence[Asked],
    *,
    should_stop: Callable[[], bool] = lambda: False,
    workers: int | None = None,
    store: AnswerStore | None = None,
) -> list[Answer]:
    """The answer to each, in order: one block of `Answers`.

    Raises
    ------
    StoppedError
        As soon as ``should_stop`` says so.
    """
    with closing(Answers(workers, store, should_stop=should_stop)) as found:
        return found.of(asked)


def likeness(asked: Asked) -> tuple[Any, ...]:
    """Alike for frames that can be refined side by side: equally many clicks and points, on like markings."""
    instance, size = asked[0], asked[1]
    counts = {name: min(len(clicks), _CLICKS) for name, clicks in instance.markings.items()}
    rounds = sum(count for name, count in counts.items() if name in MARKINGS and MARKINGS[name].is_round)
    placed = sum(said.position is not None for said in instance.keypoints.values())
    return sum(counts.values()) - rounds, rounds, placed, sorted(counts), size


def forget() -> None:
    """Let go of the answers in memory."""
    with _lock:
        _kept.clear()


def _remembered(keys: Mapping[str, Asked]) -> dict[str, Answer]:
    with _lock:
        return {key: _kept[key] for key in keys if key in _kept}


def _remember(fresh: Mapping[str, Answer]) -> None:
    with _lock:
        _kept.update(fresh)
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
