"""What the review queue found out about frames, kept in tables of the project so that it is found out only once.

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

_MIRRORED = """
CREATE TABLE IF NOT EXISTS mirrored(
    id INTEGER PRIMARY KEY,
    frame_id INTEGER NOT NULL REFERENCES frame(id),
    network TEXT NOT NULL,
    document TEXT NOT NULL,
    UNIQUE(frame_id, network)
)
"""


def versions(db: sqlite3.Connection) -> dict[int, str]:
    """For every frame in media order, which edit, predictions, looks at it mirrored and dismissals are the newest."""
    gone = "(SELECT GROUP_CONCAT(id) FROM dismissed WHERE frame_id=frame.id)" if _is_there(db, "dismissed") else "NULL"
    closer = "(SELECT GROUP_CONCAT(id) FROM mirrored WHERE frame_id=frame.id)" if _is_there(db, "mirrored") else "NULL"
    rows = db.execute(
        "SELECT frame.id, (SELECT MAX(id) FROM history WHERE frame_id=frame.id), "
        "(SELECT GROUP_CONCAT(id) FROM prediction WHERE frame_id=frame.id), "
        f"{closer}, {gone} FROM frame ORDER BY media_id, position"
    )
    return {
        int(number): f"{edit or ''}/{predictions or ''}"
        + (f"/{mirrored}" if mirrored else "")
        + (f"/not {dismissed}" if dismissed else "")
        for number, edit, predictions, mirrored, dismissed in rows
    }


def _is_there(db: sqlite3.Connection, table: str) -> bool:
    found = db.execute("SELECT 1 FROM sqlite_schema WHERE type='table' AND name=?", (table,))
    return found.fetchone() is not None


def stored(db: sqlite3.Connection) -> dict[int, tuple[str, str]]:
    """By frame, the version and the document of what was found out."""
    if not _is_there(db, "signs"):
        return {}
    return {int(n): (str(version), str(document)) for n, version, document in db.execute("SELECT * FROM signs")}


def store(db: sqlite3.Connection, found: Iterable[tuple[int, str, str]]) -> None:
    """Keep what was found out, (frame, version, document) each, in place of what was kept of those frames."""
    db.execute(_TABLE)
    db.executemany("INSERT OR REPLACE INTO signs VALUES(?, ?, ?)", found)


def mirrored(db: sqlite3.Connection, frame_id: int, network: str) -> str | None:
    """The document of what a network saw of a frame when it was mirrored."""
    if not _is_there(db, "mirrored"):
        return None
    found = db.execute("SELECT document FROM mirrored WHERE frame_id=? AND network=?", (frame_id, network)).fetchone()
    return None if found is None else str(found[0])


def mirrored_frames(db: sqlite3.Connection, network: str) -> set[int]:
    """The frames that a network looked at mirrored."""
    if not _is_there(db, "mirrored"):
        return set()
    return {int(row[0]) for row in db.execute("SELECT frame_id FROM mirrored WHERE network=?", (network,))}


def store_mirrored(db: sqlite3.Connection, frame_id: int, network: str, document: str) -> None:
    """Keep what a network saw of a mirrored frame, in place of what it saw before."""
    db.execute(_MIRRORED)
    db.execute(
        "INSERT OR REPLACE INTO mirrored(frame_id, network, document) VALUES(?, ?, ?)", (frame_id, network, document)
    )
