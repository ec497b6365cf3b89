"""What is known of many frames from what persons said of them: worked out in several processes, and never twice.

One frame takes some 10 to 40 ms of one processor when nothing is known beforehand. Every answer follows from the labels
and the size of its frame alone, so that the order of the work, the number of processes and answers kept from earlier
change nothing in it.
"""

from __future__ import annotations

import os
import sys
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from threading import Lock

from annotator.calibration import flattened
from annotator.camera import SolutionKind
from annotator.export.store import AnswerStore, key_of
from annotator.formats.cameras import CameraFile, camera_of
from annotator.formats.training_set import certainly_outside
from annotator.keypoints import TRUSTED_RMS, TRUSTED_SUPPORT, Keypoint, Resolved, resolve
from annotator.labels import Instance

__all__ = ["Answer", "Asked", "StoppedError", "answer", "answers"]

ALONE = 48
"""Frames up to which other processes would start more slowly than one does the work, and nothing is stored."""
CHUNK = 16
MOST = 16
_PATIENCE = 0.1
_NICE = 5
_KEPT = 2_000


@dataclass(frozen=True)
class Answer:
    """Keypoints with a position by name; names that certainly lie outside the frame; the camera, or why there is none.

    The camera is that of the flat pitch of the book, as files hold it.
    """

    keypoints: Mapping[str, Keypoint]
    beyond: frozenset[str] = frozenset()
    camera: CameraFile | None = None
    no_camera: str = ""


Asked = tuple[Instance, tuple[int, int]]
"""What a person said of a frame, and its width and height."""


class StoppedError(Exception):
    """The person stopped the work."""


def answer(asked: Asked) -> Answer:
    """What is known of a frame without a network."""
    instance, size = asked
    resolved = resolve(instance, None, size=size, threshold=1.0)
    known = {name: point for name, point in resolved.keypoints.items() if point.position is not None}
    camera, reason = _camera(resolved)
    return Answer(known, certainly_outside(resolved, size), camera, reason)


def _camera(resolved: Resolved) -> tuple[CameraFile | None, str]:
    solution, evidence = resolved.solution, resolved.evidence
    if solution is None or evidence is None:
        return None, resolved.status or "too little is labelled to find the camera"
    if solution.rms > TRUSTED_RMS or solution.support < TRUSTED_SUPPORT:
        return None, resolved.status or "what is labelled does not agree with one camera"
    if solution.kind is not SolutionKind.CAMERA:
        return None, "only the ground is determined: no camera with square pixels fits what is labelled"
    return camera_of(flattened(evidence, solution)), ""


Found = Generator[tuple[str, Answer]]
_kept: OrderedDict[str, Answer] = OrderedDict()
_lock = Lock()


def answers(
    asked: Sequence[Asked],
    *,
    should_stop: Callable[[], bool] = lambda: False,
    workers: int | None = None,
    store: AnswerStore | None = None,
) -> Iterator[Answer]:
    """The answer to each, in order.

    Parameters
    ----------
    workers
        Processes; None for one a processor, `MOST` of them, and none where there is little to do.
    store
        Where answers are kept between programs; None for the usual place.

    Raises
    ------
    StoppedError
        As soon as ``should_stop`` says so.
    """
    keys = [key_of(*one) for one in asked]
    kept = store or AnswerStore.usual()
    known = _remembered(keys)
    missing = [key for key in dict.fromkeys(keys) if key not in known]
    is_much = len(missing) > ALONE
    if is_much:
        known |= kept.read(missing)
        missing = [key for key in missing if key not in known]
    first = dict(zip(reversed(keys), reversed(asked), strict=True))
    count = workers if workers is not None else min(os.cpu_count() or 1, MOST)
    executor = _executor(count) if len(missing) > ALONE and count > 1 else None
    work = _alone(missing, first) if executor is None else _in_processes(executor, missing, first, should_stop)
    fresh: dict[str, Answer] = {}
    try:
        for key in keys:
            while key not in known:
                if should_stop():
                    raise StoppedError
                done, found = next(work)
                known[done] = fresh[done] = found
            if should_stop():
                raise StoppedError
            yield known[key]
    finally:
        work.close()
        _remember(fresh)
        if is_much:
            kept.write(fresh)


def _alone(missing: Sequence[str], asked: Mapping[str, Asked]) -> Found:
    for key in missing:
        yield key, answer(asked[key])


def _executor(count: int) -> Executor | None:
    with suppress(OSError, ValueError, ImportError):
        return ProcessPoolExecutor(count, get_context("spawn"), initializer=_modestly)
    return None


def _modestly() -> None:
    """One thread a process, as matrices are small here, and after the window where the processor is short."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
    if sys.platform != "win32":
        os.nice(_NICE)


def _in_processes(
    executor: Executor, missing: Sequence[str], asked: Mapping[str, Asked], should_stop: Callable[[], bool]
) -> Found:
    """Answers in the order asked for; what a process that died leaves undone is done here."""
    chunks = [missing[at : at + CHUNK] for at in range(0, len(missing), CHUNK)]
    done: set[str] = set()
    try:
        futures: list[tuple[Sequence[str], Future[list[Answer]]]] = [
            (chunk, executor.submit(_chunk, [asked[key] for key in chunk])) for chunk in chunks
        ]
        for chunk, future in futures:
            for key, found in zip(chunk, _patiently(future, should_stop), strict=True):
                done.add(key)
                yield key, found
    except (BrokenProcessPool, OSError):
        yield from _alone([key for key in missing if key not in done], asked)
    finally:
        # Nobody waits for what runs in other processes now: they end when their last frames are done.
        executor.shutdown(wait=False, cancel_futures=True)


def _patiently(future: Future[list[Answer]], should_stop: Callable[[], bool]) -> list[Answer]:
    """The result once it is there; StoppedError as soon as the person stops."""
    while True:
        with suppress(FutureTimeout):
            return future.result(_PATIENCE)
        if should_stop():
            raise StoppedError


def _chunk(asked: Sequence[Asked]) -> list[Answer]:
    return [answer(one) for one in asked]


def _remembered(keys: Sequence[str]) -> dict[str, Answer]:
    with _lock:
        return {key: _kept[key] for key in keys if key in _kept}


def _remember(fresh: Mapping[str, Answer]) -> None:
    with _lock:
        _kept.update(fresh)
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
