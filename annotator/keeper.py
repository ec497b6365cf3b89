"""A process that keeps a project open beside the window, so that nobody else takes the project for free.

Locks of a file belong to a process and go when *any* of its descriptors of that file is closed (fcntl(2);
sqlite.org/howtocorrupt.html, 2.2). A file dialog of the toolkit or of the desktop opens every file of a folder for a
moment to see what it is, that of the project among them. The next command that opens and closes the project then finds
it free, empties its log into it and removes the log, and whatever the window writes from then on goes into a file that
has no name any more. A process that opens nothing but the project keeps its locks.

Run as a program: ``keeper.py PROJECT`` says a line once it holds the project, and ends with its standard input, which
is when the window lets go of it, or dies.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

NEEDED = os.name == "posix"
"""Elsewhere a lock belongs to a descriptor, and closing another one does not touch it."""
_READY = b"held\n"
_END_SECONDS = 5.0


class Keeper:
    """A running process that holds a project; `hold` starts one, `release` ends it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @classmethod
    def hold(cls, project: Path) -> Keeper | None:
        """Begin to hold a project that is open in this process; None where that is needless or no process starts."""
        if not NEEDED:
            return None
        command = [sys.executable, "-I", "-S", str(Path(__file__).resolve()), str(project)]
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=os.sep
            )
        except OSError:
            return None
        return cls(process)

    def wait(self) -> bool:
        """Until it holds the project; False if it ended without."""
        return self._process.stdout is not None and self._process.stdout.readline() == _READY

    def release(self) -> None:
        """Let go of the project, after everybody of this process did: the last one to go tidies its log away."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def main(project: str) -> int:
    """Hold a project until standard input ends; 1 where it cannot be held."""
    try:
        db = sqlite3.connect(f"{Path(project).absolute().as_uri()}?mode=rw", uri=True, timeout=2.0)
        # In WAL mode a first look takes the locks, and they stay until the connection is closed.
        db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.Error:
        return 1
    with suppress(OSError):
        os.write(1, _READY)
    with suppress(OSError):
        while os.read(0, 4096):
            pass
    with suppress(sqlite3.Error):
        db.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
