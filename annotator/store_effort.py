"""What frames cost, in a table of the project that is made when there is something to put into it.

A project without the table is as good as one with an empty one, so the format's version stays as it is: older versions
of the program open the project and pass the table over.
"""

from __future__ import annotations

import sqlite3
import time

from annotator.effort import Effort
from annotator.labels import FrameState

_TABLE = """
CREATE TABLE IF NOT EXISTS effort(
    frame_id INTEGER PRIMARY KEY REFERENCES frame(id),
    seconds REAL NOT NULL,
    actions INTEGER NOT NULL,
    at REAL NOT NULL
)
"""


def add(db: sqlite3.Connection, frame_id: int, effort: Effort) -> None:
    """Add to what was spent on a frame."""
    db.execute(_TABLE)
    db.execute(
        "INSERT INTO effort VALUES(?, ?, ?, ?) ON CONFLICT(frame_id) DO UPDATE SET "
        "seconds=seconds + excluded.seconds, actions=actions + excluded.actions, at=excluded.at",
        (frame_id, effort.seconds, round(effort.actions), time.time()),
    )


def accepted_at(db: sqlite3.Connection) -> list[float]:
    """When every accepted frame was last changed, in seconds since 1970, in order."""
    query = "SELECT MAX(at) FROM history JOIN frame ON frame.id=frame_id WHERE frame.state=? GROUP BY frame_id"
    return sorted(float(row[0]) for row in db.execute(query, (FrameState.ACCEPTED.value,)))


def of_accepted(db: sqlite3.Connection) -> list[Effort]:
    """What every accepted frame took, in the order in which they were last worked on."""
    if db.execute("SELECT 1 FROM sqlite_schema WHERE type='table' AND name='effort'").fetchone() is None:
        return []
    rows = db.execute(
        "SELECT seconds, actions FROM effort JOIN frame ON frame.id=frame_id WHERE frame.state=? ORDER BY at, frame_id",
        (FrameState.ACCEPTED.value,),
    )
    return [Effort(float(seconds), int(actions)) for seconds, actions in rows]
