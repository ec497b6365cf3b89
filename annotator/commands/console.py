"""What the commands share of the terminal: progress, one-line errors, sizes, results whole or not at all."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from annotator.commands import CommandError
from annotator.formats.documents import FormatError, text_of, write_document


def complain(text: str) -> None:
    """One line on standard error."""
    sys.stderr.write(f"{printable(text)}\n")


def say(text: str) -> None:
    """One line on standard output."""
    sys.stdout.write(f"{printable(text)}\n")


def duration(seconds: float) -> str:
    """Seconds as ``4 s``, ``3 min 20 s`` or ``1 h 05 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


class Ticker:
    """Progress of counted work on standard error: redrawn in a terminal, one line every ten seconds elsewhere."""

    def __init__(self, verb: str, total: int) -> None:
        self._verb = verb
        self._total = total
        self._started = time.monotonic()
        self._spoke = self._started
        self._live = sys.stderr.isatty()

    def show(self, done: int, remark: str = "") -> None:
        """Say that ``done`` of the total are done."""
        now = time.monotonic()
        if now - self._spoke < (0.1 if self._live else 10.0) and done != self._total:
            return
        self._spoke = now
        left = ""
        if 0 < done < self._total:
            left = f", {duration((now - self._started) / done * (self._total - done))} left"
        line = f"{self._verb} {done} of {self._total}{left}{'; ' + remark if remark else ''}"
        if self._live:
            sys.stderr.write(f"\r\x1b[K{line}" + ("\n" if done == self._total else ""))
        else:
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    def over(self, items: Sequence[Path]) -> Iterator[Path]:
        """The items one after the other, counted."""
        for done, item in enumerate(items):
            yield item
            self.show(done + 1)


def frame_size(text: str) -> tuple[int, int]:
    """``"960x540"`` as (width, height) in pixels, for argparse."""
    width, cross, height = text.lower().partition("x")
    if not (cross and width.isdecimal() and height.isdecimal() and int(width) > 0 and int(height) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size like 960x540")
    return int(width), int(height)


def share(text: str) -> float:
    """A number from 0 to 1, for argparse."""
    return _number(text, 0.0, 1.0, "a number from 0 to 1")


def positive(text: str) -> float:
    """A number above 0, for argparse."""
    return _number(text, 1e-9, 1e9, "a number above 0")


def _number(text: str, least: float, most: float, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
    return value


def write_result(document: dict[str, Any], output: Path | None) -> None:
    """Write JSON to ``output``, whole or not at all, or to standard output.

    Raises
    ------
    CommandError
        If the file cannot be written.
    """
    if output is None:
        sys.stdout.write(text_of(document))
        return
    try:
        write_document(output, document)
    except FormatError as error:
        raise CommandError(str(error)) from error


def gather(paths: Iterable[str], suffixes: frozenset[str], what: str) -> tuple[list[tuple[str, Path]], list[str]]:
    """Files named or lying below the folders named: (key, path) each, and a complaint for every path without any.

    The key is the file's name, or its path below the folder where that is deeper; two files that would share a key
    are told apart by the path as given. Order: as given, folders sorted. Suffixes are lower case, with the dot.
    """
    found: list[tuple[str, Path]] = []
    complaints: list[str] = []
    for text in paths:
        path = Path(text)
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if _wanted(p, path, suffixes))
            found.extend((p.relative_to(path).as_posix(), p) for p in inside)
            if not inside:
                complaints.append(f"{path}: the folder holds no {what}")
        elif path.is_file():
            found.append((path.name, path))
        else:
            complaints.append(f"{path}: there is no such file or folder")
    return _unique(found), complaints


def _wanted(path: Path, root: Path, suffixes: frozenset[str]) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return path.suffix.lower() in suffixes and not hidden and path.is_file()


def _unique(found: list[tuple[str, Path]]) -> list[tuple[str, Path]]:
    counts: dict[str, int] = {}
    for key, _ in found:
        counts[key] = counts.get(key, 0) + 1
    told_apart = [(printable(path.as_posix() if counts[key] > 1 else key), path) for key, path in found]
    return list(dict(told_apart).items())


def printable(name: str) -> str:
    """A file's name as text that every file can hold: bytes that are no UTF-8 become replacement characters."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
