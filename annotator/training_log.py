"""What a training says of itself in its folder while it goes on: written by its process, read by whoever looks on."""

from __future__ import annotations

import csv
import math
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotator.formats.documents import write_document

__all__ = ["Curve", "Follower", "read_log"]

STOP, DONE, PLAN, PACE, CURVE = "stop", "done.json", "plan.json", "pace.json", "curve.csv"
_SAID_EVERY = 1.0
_COLUMNS = "samples,seconds,loss,pck10\n"
_POINTS = 500


@dataclass(frozen=True)
class Curve:
    """The log of a training: samples shown and mean loss, and samples and score where it was validated.

    ``pck`` is the share of held-back points found within 10 px.
    """

    samples: tuple[int, ...] = ()
    loss: tuple[float, ...] = ()
    validated: tuple[int, ...] = ()
    pck: tuple[float, ...] = ()


class Follower:
    """What the training's own process leaves in the folder for those who look on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._spoke = self._drew = -math.inf
        self._drawn: int | None = None
        self._pck: float | None = None

    def should_stop(self) -> bool:
        """Whether somebody asked it to end."""
        return (self._folder / STOP).exists()

    def plan(self, samples: int) -> None:
        """Say how many samples there will be in all; FormatError if the disk refuses."""
        write_document(self._folder / PLAN, {"samples": samples})

    def tell_rendered(self, done: int, total: int) -> None:
        """Say how many frames are rendered; at most once a second."""
        self._tell({"rendered": done, "render": total}, now=done == total)

    def tell(
        self, samples: int, total: int, *, seconds: float, left: float, loss: float, pck: float | None = None
    ) -> None:
        """Say how many samples are shown, the seconds they took and those still to come; at most once a second.

        ``pck`` is the score where it was validated since the last call.
        """
        self._pck = pck if pck is not None else self._pck
        self._tell({"samples": samples, "seconds": round(seconds, 3), "left": round(left, 1)})
        due = self._drawn is None or samples - self._drawn >= total / _POINTS
        if (due and time.monotonic() - self._drew >= _SAID_EVERY) or self._pck is not None or samples >= total:
            score = "" if self._pck is None else f"{self._pck:.4f}"
            path = self._folder / CURVE
            with suppress(OSError):  # without room for the curve the training goes on
                new = not path.exists()
                with path.open("a", encoding="utf-8") as file:
                    file.write((_COLUMNS if new else "") + f"{samples},{seconds:.1f},{loss:.5f},{score}\n")
            self._drawn, self._drew, self._pck = samples, time.monotonic(), None

    def _tell(self, document: dict[str, Any], *, now: bool = False) -> None:
        if now or time.monotonic() - self._spoke >= _SAID_EVERY:
            self._spoke = time.monotonic()
            write_document(self._folder / PACE, document)

    def end(self, *, code: int, finished: bool, reason: str = "") -> None:
        """Say how it ended; FormatError if the disk refuses."""
        write_document(self._folder / DONE, {"code": code, "finished": finished, "reason": reason})


def read_log(path: Path) -> tuple[Curve, float]:
    """The log of a training as far as it is written, and the seconds it took; nothing where there is none yet."""
    samples, loss, validated, pck = list[int](), list[float](), list[int](), list[float]()
    seconds, score = 0.0, None
    with suppress(OSError, csv.Error), path.open(encoding="utf-8", newline="") as log:
        for row in csv.DictReader(log):
            try:
                shown, spent = int(row["samples"]), float(row["seconds"])
                mean = float(row["loss"])
                found = float(row["pck10"]) if row.get("pck10") else None
            except (KeyError, TypeError, ValueError):
                continue  # a line that is being written
            # What a killed training had shown after its last state was shown again.
            while samples and samples[-1] >= shown:
                samples.pop()
                loss.pop()
            while validated and validated[-1] >= shown:
                validated.pop()
                pck.pop()
            samples.append(shown)
            loss.append(mean)
            seconds = spent
            # In the log of the training itself a score stands in every line until the next one is there.
            if found is not None and found != score:
                validated.append(shown)
                pck.append(found)
            score = found
    return Curve(tuple(samples), tuple(loss), tuple(validated), tuple(pck)), seconds
