"""Work on many frames in several processes; whatever these cannot do is done here.

The processes are new ones (spawn), so that neither threads nor windows nor locks of this one are in them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context
from typing import Generic, TypeVar

__all__ = ["MOST", "Crew", "StoppedError", "processors"]

MOST = 16
"""Processes at most: each holds some 100 MB."""

_PATIENCE = 0.1
_NICE = 5
A = TypeVar("A")
B = TypeVar("B")


class StoppedError(Exception):
    """The person stopped the work."""


def processors() -> int:
    """How many processors this program may use, `MOST` at most."""
    if sys.platform == "linux":
        return min(len(os.sched_getaffinity(0)), MOST)
    return min(os.cpu_count() or 1, MOST)


class Crew(Generic[A, B]):
    """Does ``work``, a function of a module, on batches; its processes start with the first and end with `close`.

    ``workers`` are the processes; None for as many as there are processors. With one there is no other process. Where
    they cannot be started, or die, everything goes on in this one.
    """

    def __init__(self, work: Callable[[Sequence[A]], list[B]], *, workers: int | None = None) -> None:
        self._work = work
        self.workers = max(1, processors() if workers is None else workers)
        self._executor: Executor | None = None

    def done(
        self, batches: Sequence[Sequence[A]], should_stop: Callable[[], bool]
    ) -> Generator[tuple[int, list[B]]]:
        """The number of each batch and what it came to, as they are ready.

        Raises
        ------
        StoppedError
            As soon as ``should_stop`` says so; nobody waits for what other processes do then.
        """
        left = set(range(len(batches)))
        if self.workers > 1 and len(batches) > 1:
            try:
                for at, found in self._elsewhere(batches, should_stop):
                    left.discard(at)
                    yield at, found
            except (BrokenProcessPool, OSError):
                self.close()
                self.workers = 1
        for at in sorted(left):
            if should_stop():
                raise StoppedError
            yield at, self._work(batches[at])

    def _elsewhere(
        self, batches: Sequence[Sequence[A]], should_stop: Callable[[], bool]
    ) -> Generator[tuple[int, list[B]]]:
        if self._executor is None:
            self._executor = executor(self.workers)
        futures = {self._executor.submit(self._work, batch): at for at, batch in enumerate(batches)}
        waiting: set[Future[list[B]]] = set(futures)
        try:
            while waiting:
                if should_stop():
                    raise StoppedError
                ready, waiting = wait(waiting, timeout=_PATIENCE, return_when=FIRST_COMPLETED)
                for future in sorted(ready, key=futures.__getitem__):
                    yield futures[future], future.result()
        finally:
            if waiting:
                self.close()

    def close(self) -> None:
        """Let the processes end as soon as what they do now is done."""
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None


def executor(count: int) -> Executor:
    """New processes; an OSError where the system does not allow them."""
    try:
        return ProcessPoolExecutor(count, get_context("spawn"), initializer=_modestly)
    except (ValueError, ImportError) as error:
        raise OSError(str(error)) from error


def _modestly() -> None:
    """One thread a process, as matrices are small here, and after the window where the processor is short."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
    be_modest(_NICE)


def be_modest(steps: int) -> None:
    """Let others go first, where the system knows such a thing."""
    if sys.platform != "win32":
        with suppress(OSError):
            os.nice(steps)
