"""How long the event loop was held up, told apart from how busy the machine was.

A timer of the event loop looks at two clocks: the wall's, and the processor time of this whole process. The gap between
two beats is a wait of the person at the window. A gap counts for the lesser of the two: on a machine busy with other
things the wall moves on while this process stands still, which is nobody's fault here; a gap that was spent computing
in this process, in the thread of the window or in another that would not let go of the interpreter, counts in full.
Threads that compute beside the window add to the processor time, so a starved window may count too much: whoever
asserts something takes the best of a few tries (`best_of`).
"""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer

LIMIT = 0.1
_BEAT_MS = 5


class Watchdog(QObject):
    """Beats in the event loop from `start` to `stop`; ``worst`` is the longest gap that counts, in seconds."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.worst = 0.0
        self.beats = 0
        self._wall = self._own = 0.0
        self._timer = QTimer(self, interval=_BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Begin to listen."""
        self.worst, self.beats = 0.0, 0
        self._wall, self._own = time.perf_counter(), time.process_time()
        self._timer.start()

    def stop(self) -> float:
        """Stop listening: the worst gap in seconds."""
        self._beat()
        self._timer.stop()
        return self.worst

    def _beat(self) -> None:
        wall, own = time.perf_counter(), time.process_time()
        self.worst = max(self.worst, min(wall - self._wall, own - self._own))
        self.beats += 1
        self._wall, self._own = wall, own


def best_of(tries: int, attempt: Callable[[], float], *, limit: float = LIMIT) -> float:
    """The least of a few attempts, and no more of them than it takes to stay under the limit."""
    worst = []
    for _ in range(tries):
        worst.append(attempt())
        if worst[-1] <= limit:
            break
    return min(worst)
