"""Which things a network saw that a person dismissed, by frame and network, in a table of the project of their own.

Made when there is something to put into it, as the table of efforts is: a program that knows nothing of it opens the
project as ever and shows the dismissed ones again. It goes along into backups and slices as every table does.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Mark", "all_of", "is_there", "of_frame", "put"]

Mark = tuple[tuple[float, float], ...]
"""What tells one prediction of a network in a frame from its others: where its points are, pixels."""

_TABLE = """
CREATE TABLE IF NOT EXISTS dismissed(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    frame_id INTEGER NOT NULL REFERENCES frame(id),
    network TEXT NOT NULL,
    document TEXT NOT NULL,
    UNIQUE(frame_id, network)
)
"""


def is_there(db: sqlite3.Connection) -> bool:
    """Whether anything was ever dismissed in this project."""
    return db.execute("SELECT 1 FROM sqlite_schema WHERE type='table' AND name='dismissed'").fetchone() is not None


def of_frame(db: sqlite3.Connection, frame_id: int) -> dict[str, tuple[Mark, ...]]:
    """By network, what was dismissed of what it saw in a frame."""
    if not is_there(db):
        return {}
    rows = db.execute("SELECT network, document FROM dismissed WHERE frame_id=?", (frame_id,))
    return {str(network): _read(str(document)) for network, document in rows}


def all_of(db: sqlite3.Connection) -> dict[int, Mapping[str, tuple[Mark, ...]]]:
    """As `of_frame`, of every frame in which something was dismissed."""
    if not is_there(db):
        return {}
    found: dict[int, dict[str, tuple[Mark, ...]]] = {}
    for frame_id, network, document in db.execute("SELECT frame_id, network, document FROM dismissed"):
        found.setdefault(int(frame_id), {})[str(network)] = _read(str(document))
    return dict(found)


def put(db: sqlite3.Connection, frame_id: int, network: str, marks: Sequence[Mark]) -> None:
    """Keep these as what was dismissed of what a network saw in a frame; nothing is kept of none."""
    db.execute(_TABLE)
    if marks:
        document = json.dumps([[list(place) for place in mark] for mark in marks], separators=(",", ":"))
        db.execute(
            "INSERT OR REPLACE INTO dismissed(frame_id, network, document) VALUES(?, ?, ?)",
            (frame_id, network, document),
        )
    else:
        db.execute("DELETE FROM dismissed WHERE frame_id=? AND network=?", (frame_id, network))


def _read(document: str) -> tuple[Mark, ...]:
    """The marks of a document; what is damaged dismisses nothing."""
    try:
        return tuple(_mark(one) for one in json.loads(document))
    except (ValueError, TypeError):
        return ()


def _mark(places: Iterable[Iterable[float]]) -> Mark:
    mark = tuple((float(x), float(y)) for x, y in places)
    if not mark or not all(math.isfinite(value) for place in mark for value in place):
        raise ValueError("a mark needs places")
    return mark
