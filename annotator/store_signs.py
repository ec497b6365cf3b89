"""What the review queue found out about frames, kept in a table of the project so that it is found out only once.

Made when there is something to put into it, as the table of efforts is. What is kept is worth nothing without the
version it belongs to: the edits and predictions of a frame by their numbers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

_TABLE = """
CREATE TABLE IF NOT EXISTS signs(
    frame_id INTEGER PRIMARY KEY REFERENCES frame(id),
    version TEXT NOT NULL,
    document TEXT NOT NULL
)
"""


def versions(db: sqlite3.Connection) -> dict[int, str]:
    """For every frame in media order, which edit of it and which predictions are the newest."""
    rows = db.execute(
        "SELECT frame.id, (SELECT MAX(id) FROM history WHERE frame_id=frame.id), "
        "(SELECT GROUP_CONCAT(id) FROM prediction WHERE frame_id=frame.id) FROM frame ORDER BY media_id, position"
    )
    return {int(number): f"{edit or ''}/{predictions or ''}" for number, edit, predictions in rows}


def stored(db: sqlite3.Connection) -> dict[int, tuple[str, str]]:
    """By frame, the version and the document of what was found out."""
    if db.execute("SELECT 1 FROM sqlite_schema WHERE type='table' AND name='signs'").fetchone() is None:
        return {}
    return {int(n): (str(version), str(document)) for n, version, document in db.execute("SELECT * FROM signs")}


def store(db: sqlite3.Connection, found: Iterable[tuple[int, str, str]]) -> None:
    """Keep what was found out, (frame, version, document) each, in place of what was kept of those frames."""
    db.execute(_TABLE)
    db.executemany("INSERT OR REPLACE INTO signs VALUES(?, ?, ?)", found)
