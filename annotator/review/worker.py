"""Finding out what is odd about many frames in another process, so that whoever asks stays quick meanwhile.

The process is this module run by the same Python. It reads inspections from its standard input and writes entries to
its standard output until the input ends, which it also does when the program that asks is killed: nothing stays behind.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

import numpy as np

from annotator.review.entries import Entry, Inspection, inspect
from annotator.review.signs import FrameSigns

_ROOT = Path(__file__).resolve().parents[2]
_POLITE = 10
_PATIENCE = 0.2
"""Seconds in which the process may end by itself."""


class Inspector:
    """Inspects frames in a process of its own, started with the first one; in this one where that does not work."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._alone = False

    def inspect(self, frame: Inspection) -> Entry:
        """What is odd about a frame."""
        if not self._alone:
            try:
                return self._asked(frame)
            except (OSError, EOFError, pickle.UnpicklingError):
                self._alone = True
                self.close()
        return _inspected(frame)

    def _asked(self, frame: Inspection) -> Entry:
        if self._process is None:
            self._process = _started()
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        pickle.dump(frame, process.stdin, pickle.HIGHEST_PROTOCOL)
        process.stdin.flush()
        # Written by our own process a moment ago, not read from a file.
        answer = pickle.load(process.stdout)
        if not isinstance(answer, Entry):
            raise EOFError("the process answers something else")
        return answer

    def close(self) -> None:
        """Let the process end."""
        process, self._process = self._process, None
        if process is None:
            return
        # A process that is in the middle of a frame takes longer than anybody should wait for it.
        try:
            process.communicate(timeout=_PATIENCE)
        except (OSError, subprocess.TimeoutExpired):
            # It may end by itself in this very moment; its pipes are closed by waiting for their end in any case.
            process.kill()
            with suppress(OSError):
                process.communicate()


def _inspected(frame: Inspection) -> Entry:
    """What is odd about a frame; nothing where labels are such that it cannot be said: the others still can."""
    try:
        return inspect(frame)
    except (ValueError, ArithmeticError, np.linalg.LinAlgError):
        return Entry(FrameSigns(frame.frame_id, group=frame.group))


def _started() -> subprocess.Popen[bytes]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_ROOT), environment.get("PYTHONPATH", ""))))
    return subprocess.Popen(
        [sys.executable, "-m", "annotator.review.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _answer(source: IO[bytes], target: IO[bytes]) -> None:
    while True:
        try:
            frame = pickle.load(source)
        except EOFError:
            return
        pickle.dump(_inspected(frame), target, pickle.HIGHEST_PROTOCOL)
        target.flush()


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(_POLITE)
    with suppress(BrokenPipeError, KeyboardInterrupt):
        _answer(sys.stdin.buffer, sys.stdout.buffer)
