"""Long work off the event loop: one thread a lane, answers in the GUI thread, the newest request wins.

A piece of work is a plain function ``work(progress, should_stop)`` that returns a whole result or raises. The QObject
that owns the signals lives in the GUI thread and outlives the work.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Signal

Progress = Callable[[int, int], None]
ShouldStop = Callable[[], bool]
Work = Callable[[Progress, ShouldStop], Any]

log = logging.getLogger("touchline")


def sentence(error: BaseException) -> str:
    """An error as one line that says what happened."""
    text = " ".join(str(error).split())
    return text or type(error).__name__


@dataclass(eq=False)
class _Request:
    work: Work
    then: Callable[[Any], None]
    failed: Callable[[Exception], None]
    progress: Callable[[int, int], None] | None
    stop: threading.Event = field(default_factory=threading.Event)
    result: Any = None
    error: Exception | None = None


class Lane(QObject):
    """One background thread, started with the first request, and one request that counts: the newest."""

    _answered = Signal(object)
    _advanced = Signal(object, int, int)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._inbox: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._request: _Request | None = None
        self._answered.connect(self._on_answered)
        self._advanced.connect(self._on_advanced)

    @property
    def busy(self) -> bool:
        """True while a request is waited for."""
        return self._request is not None

    def ask(
        self,
        work: Work,
        *,
        then: Callable[[Any], None],
        failed: Callable[[Exception], None],
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Run ``work`` in the thread and hand its result or error to the GUI thread; drops the request before."""
        self.drop()
        self._request = _Request(work, then, failed, progress)
        self._inbox.put(self._request)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def drop(self) -> None:
        """Ask the running work to stop and forget its answer."""
        if self._request is not None:
            self._request.stop.set()
            self._request = None

    def stop(self) -> None:
        """Ask the running work to stop; its answer, whole or an error, still arrives."""
        if self._request is not None:
            self._request.stop.set()

    def close(self) -> None:
        """Stop, and wait until the thread has ended."""
        self.drop()
        if self._thread is not None:
            self._inbox.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while (request := self._inbox.get()) is not None:
            if request.stop.is_set():
                continue
            try:
                request.result = request.work(self._progress_of(request), request.stop.is_set)
            except Exception as error:
                request.error = error
                log.info("%s: %s", self._name, error, exc_info=error)
            self._answered.emit(request)

    def _progress_of(self, request: _Request) -> Progress:
        def progress(done: int, total: int) -> None:
            if request.progress is not None:
                self._advanced.emit(request, done, total)

        return progress

    def _on_advanced(self, request: _Request, done: int, total: int) -> None:
        if request is self._request and request.progress is not None:
            request.progress(done, total)

    def _on_answered(self, request: _Request) -> None:
        if request is not self._request:
            return
        self._request = None
        if request.error is not None:
            request.failed(request.error)
        else:
            request.then(request.result)


class Job(QObject):
    """Long work that a person started: a title, progress with the time left, and a way to stop it."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._title = ""
        self._done = 0
        self._total = 0
        self._started = 0.0
        self._stop: Callable[[], None] | None = None

    @property
    def running(self) -> bool:
        """True between `begin` and `end`."""
        return self._stop is not None

    @property
    def title(self) -> str:
        """What is being done."""
        return self._title

    @property
    def done(self) -> int:
        """How many pieces are done."""
        return self._done

    @property
    def total(self) -> int:
        """How many pieces there are; 0 while that is unknown."""
        return self._total

    @property
    def seconds_left(self) -> float | None:
        """The time left at the pace so far, or None before there is one."""
        elapsed = time.monotonic() - self._started
        if not 0 < self._done <= self._total or elapsed < 1.0:
            return None
        return elapsed / self._done * (self._total - self._done)

    def begin(self, title: str, *, stop: Callable[[], None]) -> None:
        """Show work of this title; ``stop`` ends it early."""
        self._title, self._stop = title, stop
        self._done = self._total = 0
        self._started = time.monotonic()
        self.changed.emit()

    def advance(self, done: int, total: int) -> None:
        """Say how far it is."""
        self._done, self._total = done, total
        self.changed.emit()

    def end(self) -> None:
        """The work is over."""
        self._stop = None
        self.changed.emit()

    def stop(self) -> None:
        """End the work early."""
        if self._stop is not None:
            self._stop()
