"""How far a reviewer agrees with themselves: a few accepted frames come back blind, and the two answers are compared.

Which frames come back follows from their name alone, so that nobody can tell while labelling and the same are asked
for on every machine. The first answer stays what is stored; the second is only measured.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from annotator.formats.documents import number
from annotator.labels import Point

__all__ = ["ONE_IN", "Agreement", "Recheck", "agreement", "compare", "is_chosen", "recheck_document", "recheck_from"]

ONE_IN = 30
WIDTH = 960.0


@dataclass(frozen=True)
class Recheck:
    """Two answers to one frame: distances in pixels of a 960 wide frame, by keypoint; points that only one has.

    Of things without football (``of_size``) distances are percent of the size of the thing, points are named with its
    number in front (``2 left_knee``), ``alike`` is the similarity (OKS) of every pair, and ``numbers`` how far apart
    numbers are, each by its attribute.
    """

    frame: str
    by: str
    distances: Mapping[str, float]
    only_first: tuple[str, ...] = ()
    only_second: tuple[str, ...] = ()
    of_size: bool = False
    alike: tuple[float, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Agreement:
    """Several re-checks together: frames, points in both answers, their distances, and the share only one has.

    ``of_size`` says that distances are percent of the size of things; then ``alike`` is the mean similarity of things
    in both answers, and ``numbers`` the mean distance of numbers by attribute.
    """

    frames: int = 0
    points: int = 0
    median: float | None = None
    p95: float | None = None
    one_sided: float = 0.0
    of_size: bool = False
    alike: float | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)


def is_chosen(name: str, *, one_in: int = ONE_IN, seed: int = 0) -> bool:
    """Whether the frame of this name comes back; about one in ``one_in`` does.

    Raises
    ------
    ValueError
        If ``one_in`` is not positive.
    """
    if one_in < 1:
        raise ValueError(f"one in {one_in} frames cannot come back")
    digest = hashlib.sha256(f"recheck {seed} {name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % one_in == 0


def compare(
    frame: str, first: Mapping[str, Point], second: Mapping[str, Point], *, width: int, by: str = ""
) -> Recheck:
    """The positions of two answers to a frame ``width`` pixels wide, held against each other."""
    both = [name for name in first if name in second]
    unit = WIDTH / width
    distances = {name: float(np.hypot(*np.subtract(first[name], second[name]))) * unit for name in both}
    return Recheck(
        frame,
        by,
        distances,
        tuple(name for name in first if name not in second),
        tuple(name for name in second if name not in first),
    )


def agreement(rechecks: Sequence[Recheck]) -> Agreement:
    """What several re-checks say together; those in another unit than the last one are left out."""
    of_size = bool(rechecks) and rechecks[-1].of_size
    rechecks = [one for one in rechecks if one.of_size is of_size]
    distances = [distance for one in rechecks for distance in one.distances.values()]
    alone = sum(len(one.only_first) + len(one.only_second) for one in rechecks)
    if not distances:
        return Agreement(len(rechecks), 0, None, None, 1.0 if alone else 0.0, of_size)
    alike = [value for one in rechecks for value in one.alike]
    names = sorted({name for one in rechecks for name in one.numbers})
    return Agreement(
        len(rechecks),
        len(distances),
        float(np.median(distances)),
        float(np.percentile(distances, 95)),
        alone / (alone + len(distances)),
        of_size,
        float(np.mean(alike)) if alike else None,
        {name: float(np.mean([one.numbers[name] for one in rechecks if name in one.numbers])) for name in names},
    )


def recheck_document(recheck: Recheck) -> dict[str, Any]:
    """A re-check as a project stores it."""
    document: dict[str, Any] = {
        "frame": recheck.frame,
        "by": recheck.by,
        "distances": dict(recheck.distances),
        "only_first": list(recheck.only_first),
        "only_second": list(recheck.only_second),
    }
    if recheck.of_size:
        document |= {"of_size": True, "alike": list(recheck.alike), "numbers": dict(recheck.numbers)}
    return document


def recheck_from(document: Any) -> Recheck | None:
    """The re-check in a stored document; None for anything else."""
    if not isinstance(document, dict) or not isinstance(document.get("distances"), dict):
        return None
    frame, by = document.get("frame"), document.get("by", "")
    distances = _numbers(document["distances"])
    lists = [document.get(key, []) for key in ("only_first", "only_second")]
    if not isinstance(frame, str) or not isinstance(by, str) or not all(isinstance(one, list) for one in lists):
        return None
    first, second = (tuple(str(name) for name in one) for one in lists)
    alike = document.get("alike", [])
    same = tuple(value for raw in (alike if isinstance(alike, list) else []) if (value := number(raw)) is not None)
    of_size = document.get("of_size") is True
    return Recheck(frame, by, distances, first, second, of_size, same, _numbers(document.get("numbers")))


def _numbers(document: Any) -> dict[str, float]:
    rows = document.items() if isinstance(document, dict) else ()
    return {str(name): value for name, raw in rows if (value := number(raw)) is not None}
