"""Modules that run as processes of their own, spoken to through two pipes: how they start, are read, and end."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

_ROOT = Path(__file__).resolve().parents[1]


def start(module: str, path: Path) -> subprocess.Popen[bytes]:
    """``python -m module path`` of this program, whatever the working directory; bytes go in and out by pipes."""
    places = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-m", module, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": places},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process, whatever it is doing."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        # What was still to be written has nobody to read it.
        with suppress(OSError):
            if pipe is not None:
                pipe.close()


def read(source: IO[bytes], length: int) -> bytes:
    """Exactly so many bytes; EOFError where the other end is gone before."""
    data = source.read(length)
    if len(data) != length:
        raise EOFError
    return data
