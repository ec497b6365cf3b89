"""MPII's list of people, as the HRNet training code writes and reads it: one object a person, its 16 joints by order.

``image``, ``joints`` (x and y each), ``joints_vis`` (1 labelled, 0 not), ``center`` and ``scale``: the person stands in
a square of 200 ``scale`` pixels about ``center`` (Andriluka et al., CVPR 2014, and its annotation format). Positions
count from 1, as Matlab's do; here (0, 0) is the centre of the top-left pixel. The format cannot say that a joint is
hidden. What was not touched is written back as it was read, further keys such as ``head`` included, in the same order.
The rectangle of the head (``x1``, ``y1``, ``x2``, ``y2`` in MPII's own annotation) goes along with a person moved or
scaled as a whole; where the head's joints went elsewhere it is left out, as is everything else that names a head.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from annotator.formats.documents import Finding, FormatError, number, read_json, write_text
from annotator.formats.edits import STILL, Whole, whole_move
from annotator.formats.exchange import ExchangeFile, ExchangeFrame, ExchangeInstance, LabelledPoint
from annotator.labels import Visibility
from annotator.schemes import MPII_16

__all__ = ["FORMAT", "is_mpii", "is_mpii_file", "mpii_document", "read_mpii", "write_mpii"]

FORMAT = "mpii"
FROM_ONE = 1.0
_SQUARE = 200.0
_MISSING = -1.0
_HEAD = ("head_top", "upper_neck")
_CORNERS = (("x1", "y1"), ("x2", "y2"))
_ADVICE = "Choose MPII's list of people, such as mpii_val.json."
Box = tuple[float, float, float, float]


def is_mpii(document: Any) -> bool:
    """Whether a JSON value looks like such a list."""
    return isinstance(document, list) and bool(document) and isinstance(document[0], dict) and "joints" in document[0]


def is_mpii_file(path: Path) -> bool:
    """Whether a file holds such a list; False where it cannot be read."""
    try:
        data = path.read_bytes().removeprefix(b"\xef\xbb\xbf").lstrip()
        return data[:1] == b"[" and is_mpii(json.loads(data))
    except (OSError, ValueError, RecursionError):
        return False


def read_mpii(path: Path) -> ExchangeFile:
    """The people of every image, in the order of the file; one that cannot be used is a finding.

    Raises
    ------
    FormatError
        If the file cannot be read or is no such list.
    """
    document = read_json(path)
    if not is_mpii(document):
        raise FormatError(path, "the file is no list of people with joints", _ADVICE)
    findings: list[Finding] = []
    people: dict[str, list[ExchangeInstance]] = {}
    for n, one in enumerate(document):
        name = one.get("image") if isinstance(one, dict) else None
        points = _points(one) if isinstance(one, dict) else None
        if not isinstance(name, str) or not name or points is None:
            findings.append(Finding(path, f"person {n}", "has no image with 16 joints and joints_vis; it is left out"))
            continue
        foreign = {FORMAT: {"person": one, "place": n}}
        people.setdefault(name.replace("\\", "/"), []).append(ExchangeInstance(points, {}, _box(one), foreign=foreign))
    frames = tuple(ExchangeFrame(name, None, tuple(found)) for name, found in people.items())
    return ExchangeFile(MPII_16.keypoints, frames, tuple(findings))


def _points(one: Mapping[str, Any]) -> dict[str, LabelledPoint] | None:
    """The labelled joints; None where they cannot be used."""
    joints, seen = one.get("joints"), one.get("joints_vis")
    if not isinstance(joints, list) or not isinstance(seen, list) or {len(joints), len(seen)} != {len(MPII_16)}:
        return None
    found: dict[str, LabelledPoint] = {}
    for name, place, flag in zip(MPII_16.keypoints, joints, seen, strict=True):
        x, y = (number(v) for v in place) if isinstance(place, list) and len(place) == 2 else (None, None)
        shown = number(flag)
        if x is None or y is None or shown is None:
            return None
        if shown > 0:
            found[name] = (x - FROM_ONE, y - FROM_ONE, Visibility.VISIBLE)
    return found


def _box(one: Mapping[str, Any]) -> Box | None:
    """The square of ``center`` and ``scale``; None where there is none."""
    centre, size = one.get("center"), number(one.get("scale"))
    x, y = (number(v) for v in centre) if isinstance(centre, list) and len(centre) == 2 else (None, None)
    if x is None or y is None or size is None or size <= 0 or x == _MISSING:
        return None
    half = size * _SQUARE / 2
    x, y = x - FROM_ONE, y - FROM_ONE
    return x - half, y - half, x + half, y + half


def mpii_document(frames: Sequence[ExchangeFrame]) -> list[dict[str, Any]]:
    """The list of all people of frames: those of a file in its order, then the others.

    A hidden joint is written as labelled. A person without a box has the square around the joints.
    """
    listed: list[tuple[int, dict[str, Any]]] = []
    for frame in frames:
        for one in frame.instances:
            person = _person(frame.name, one)
            if person is not None:
                said = one.foreign.get(FORMAT)
                place = said.get("place") if isinstance(said, Mapping) else None
                listed.append((place if type(place) is int else 1 << 60, person))
    return [person for _, person in sorted(listed, key=lambda item: item[0])]


def _person(name: str, one: ExchangeInstance) -> dict[str, Any] | None:
    said = one.foreign.get(FORMAT)
    kept = said.get("person") if isinstance(said, Mapping) else None
    raw = dict(kept) if isinstance(kept, Mapping) else {}
    labelled = {n: p for n, p in one.points.items() if n in MPII_16.index and p[2] is not Visibility.ABSENT}
    before = _points(raw) if raw else None
    if not labelled and one.box is None and not raw:
        return None
    person: dict[str, Any] = {**raw, "image": name}
    if before is None or {n: p[:2] for n, p in before.items()} != {n: p[:2] for n, p in labelled.items()}:
        person["joints"] = [
            [_rounded(labelled[n][0] + FROM_ONE), _rounded(labelled[n][1] + FROM_ONE)]
            if n in labelled else [_MISSING, _MISSING]
            for n in MPII_16.keypoints
        ]  # fmt: skip
        person["joints_vis"] = [int(n in labelled) for n in MPII_16.keypoints]
    old = _box(raw) if raw else None
    if not raw or old != one.box:
        person |= _square(one.box or _hull(labelled))
    if before is not None:
        person = _with_head(person, before, labelled, whole_move(before, labelled, old, one.box))
    return person


def _with_head(
    person: dict[str, Any],
    before: Mapping[str, LabelledPoint],
    labelled: Mapping[str, LabelledPoint],
    move: Whole | None,
) -> dict[str, Any]:
    """The person with what the file says of the head where the head is now; without it where nobody knows that."""
    same = all(before.get(name, ())[:2] == labelled.get(name, ())[:2] for name in _HEAD)
    if move == STILL or (move is None and same):
        return person
    corners = {name for pair in _CORNERS for name in pair}
    kept = {key: value for key, value in person.items() if "head" not in key.lower() and key not in corners}
    if move is None:
        return kept
    for x, y in _CORNERS:
        place = number(person.get(x)), number(person.get(y))
        if place[0] is not None and place[1] is not None:
            now = move.at(place[0] - FROM_ONE, place[1] - FROM_ONE)
            kept |= {x: _rounded(now[0] + FROM_ONE), y: _rounded(now[1] + FROM_ONE)}
    return kept


def _square(box: Box) -> dict[str, Any]:
    x0, y0, x1, y1 = box
    centre = [_rounded((x0 + x1) / 2 + FROM_ONE), _rounded((y0 + y1) / 2 + FROM_ONE)]
    return {"center": centre, "scale": round(max(x1 - x0, y1 - y0) / _SQUARE, 6)}


def _hull(labelled: Mapping[str, LabelledPoint]) -> Box:
    xs, ys = [x for x, _, _ in labelled.values()] or [0.0], [y for _, y, _ in labelled.values()] or [0.0]
    x0, y0, x1, y1 = min(xs), min(ys), max(xs), max(ys)
    return (x0, y0, x1, y1) if max(x1 - x0, y1 - y0) >= 1 else (x0 - 0.5, y0 - 0.5, x0 + 0.5, y0 + 0.5)


def _rounded(value: float) -> float:
    return round(float(value), 4)


def write_mpii(path: Path, frames: Sequence[ExchangeFrame]) -> None:
    """Write the list, a person a line, whole or not at all; FormatError if the disk refuses."""
    lines = [json.dumps(one, ensure_ascii=False, allow_nan=False) for one in mpii_document(frames)]
    write_text(path, "[\n " + ",\n ".join(lines) + "\n]\n" if lines else "[]\n")
