"""Boxes that a detector or a file has for frames: where networks look for people. The statements.

They are neither what a person said nor what a network saw, so they stand in a table of their own, which a project has
only when there is something in it. The caller owns the transaction.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Mapping, Sequence

Row = tuple[float, float, float, float, float]
"""x0, y0, x1, y1 in pixels of the frame, and how sure the box is, 0..1."""
_TABLE = """
CREATE TABLE IF NOT EXISTS found_boxes(
    frame_id INTEGER PRIMARY KEY REFERENCES frame(id),
    boxes TEXT NOT NULL
)
"""
_DIGITS = (3, 3, 3, 3, 4)


def _is_there(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_schema WHERE type='table' AND name='found_boxes'").fetchone() is not None


def boxes(db: sqlite3.Connection, frame_id: int) -> tuple[Row, ...] | None:
    """The boxes of a frame, surest first; None where nothing looked for any, or what is stored cannot be read."""
    if not _is_there(db):
        return None
    found = db.execute("SELECT boxes FROM found_boxes WHERE frame_id=?", (frame_id,)).fetchone()
    return None if found is None else _decoded(str(found[0]))


def frames(db: sqlite3.Connection) -> set[int]:
    """The frames in which boxes were looked for."""
    if not _is_there(db):
        return set()
    return {int(row[0]) for row in db.execute("SELECT frame_id FROM found_boxes")}


def save(db: sqlite3.Connection, found: Mapping[int, Sequence[Row]]) -> set[int]:
    """Keep the boxes of frames in place of those before; the frames whose boxes are others now.

    What networks saw in these is out of date: they did not look there.
    """
    db.execute(_TABLE)
    changed: set[int] = set()
    for frame_id, rows in found.items():
        text = _encoded(rows)
        before = db.execute("SELECT boxes FROM found_boxes WHERE frame_id=?", (frame_id,)).fetchone()
        if before is None or before[0] != text:
            db.execute("INSERT OR REPLACE INTO found_boxes VALUES(?, ?)", (frame_id, text))
            changed.add(frame_id)
    return changed


def _encoded(rows: Sequence[Row]) -> str:
    ordered = sorted(rows, key=lambda row: -row[4])
    rounded = [[round(float(value), digits) for value, digits in zip(row, _DIGITS, strict=True)] for row in ordered]
    return json.dumps(rounded, separators=(",", ":"), allow_nan=False)


def _decoded(text: str) -> tuple[Row, ...] | None:
    try:
        rows = [tuple(float(value) for value in row) for row in json.loads(text)]
    except (TypeError, ValueError, RecursionError):
        return None
    if any(len(row) != 5 or not all(map(math.isfinite, row)) for row in rows):
        return None
    return tuple((row[0], row[1], row[2], row[3], row[4]) for row in rows)
