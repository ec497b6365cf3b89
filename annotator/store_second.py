"""Second answers to frames under a blind check, as far as they are, in a table of the project of their own.

Made when there is something to put into it, as the table of efforts is. What is stored of the frames stays the first
answer; a second one is gone from here when its check is done and compared.
"""

from __future__ import annotations

import sqlite3

from annotator.labels import FrameRecord, FrameState
from annotator.records import RecordError, decode_record, encode_record

_TABLE = """
CREATE TABLE IF NOT EXISTS second_answer(
    frame_id INTEGER PRIMARY KEY REFERENCES frame(id),
    document TEXT NOT NULL
)
"""


def unfinished(db: sqlite3.Connection) -> list[int]:
    """The accepted frames of which a second answer was begun, in media order."""
    if not _is_there(db):
        return []
    query = (
        "SELECT frame.id FROM second_answer JOIN frame ON frame.id=frame_id WHERE state=? ORDER BY media_id, position"
    )
    return [int(row[0]) for row in db.execute(query, (FrameState.ACCEPTED.value,))]


def _is_there(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_schema WHERE type='table' AND name='second_answer'").fetchone() is not None


def read(db: sqlite3.Connection, frame_id: int) -> FrameRecord:
    """The second answer to a frame so far; empty if there is none, or none that can be read."""
    if not _is_there(db):
        return FrameRecord()
    found = db.execute("SELECT document FROM second_answer WHERE frame_id=?", (frame_id,)).fetchone()
    try:
        return FrameRecord() if found is None else decode_record(str(found[0]))
    except RecordError:
        # A damaged answer is given anew; it is only measured, never used.
        return FrameRecord()


def store(db: sqlite3.Connection, frame_id: int, record: FrameRecord) -> None:
    """Keep this as the second answer so far; an empty one is forgotten."""
    db.execute(_TABLE)
    if record == FrameRecord():
        db.execute("DELETE FROM second_answer WHERE frame_id=?", (frame_id,))
    else:
        db.execute("INSERT OR REPLACE INTO second_answer VALUES(?, ?)", (frame_id, encode_record(record)))
