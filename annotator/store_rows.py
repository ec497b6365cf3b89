"""What is asked of the project's tables and written to them, each in one function on an open connection.

Functions that write run inside the caller's transaction; the state of a frame is kept up in the same one.
"""

from __future__ import annotations

import json
import sqlite3
import time
import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from annotator.labels import FrameRecord, FrameState, frame_state
from annotator.records import RecordError, decode_record, encode_record
from annotator.store_media import MediaKind

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FrameRow:
    """One frame in the list.

    ``name`` is the file's path below its folder, or ``clip.mp4#000012`` in a video; ``path`` the image or the video;
    ``index_in_media`` the frame number in a video and the place in the list of a folder; ``missing`` says that the
    file was not there when the project was opened.
    """

    id: int
    media_id: int
    index_in_media: int
    name: str
    path: Path
    state: FrameState
    missing: bool
    kind: MediaKind

    @property
    def is_video(self) -> bool:
        """True for a frame of a video."""
        return self.kind is MediaKind.VIDEO


@dataclass(frozen=True)
class HistoryEntry:
    """One stored edit: when (UTC), what it was called, whose it was, and the frame's record before it."""

    id: int
    when: datetime
    text: str
    author: str
    document: str | None

    def before(self) -> FrameRecord:
        """The record before the edit; saving it again takes the edit back. RecordError if it is damaged."""
        return FrameRecord() if self.document is None else decode_record(self.document)


def frame_ids(db: sqlite3.Connection, states: Collection[FrameState] | None, text: str) -> list[int]:
    """Ids in media order, of the frames in one of ``states`` with ``text`` in their name, whatever its case."""
    where: list[str] = []
    values: list[str] = []
    if states is not None:
        where.append(f"state IN ({','.join('?' * len(states))})")
        values.extend(state.value for state in states)
    if text:
        db.create_function("casefold", 1, str.casefold, deterministic=True)
        where.append("casefold(name) LIKE ? ESCAPE '\\'")
        escaped = text.casefold().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        values.append(f"%{escaped}%")
    condition = f"WHERE {' AND '.join(where)}" if where else ""
    return [row[0] for row in db.execute(f"SELECT id FROM frame {condition} ORDER BY media_id, position", values)]


def frame_fields(db: sqlite3.Connection, frame_id: int) -> tuple[int, int, str, FrameState, bool]:
    """Medium, position, name, state and whether it is missing; ValueError when no frame has this id."""
    found = db.execute("SELECT media_id, position, name, state, missing FROM frame WHERE id=?", (frame_id,)).fetchone()
    if found is None:
        raise ValueError(f"no frame has id {frame_id}")
    media_id, position, name, state, missing = found
    return media_id, position, name, FrameState(state), bool(missing)


def state_counts(db: sqlite3.Connection) -> dict[FrameState, int]:
    """How many frames are in each state; every state is a key."""
    found = dict(db.execute("SELECT state, COUNT(*) FROM frame GROUP BY state").fetchall())
    return {state: found.get(state.value, 0) for state in FrameState}


def document(db: sqlite3.Connection, frame_id: int) -> str | None:
    """The stored document of what persons said of a frame."""
    found = db.execute("SELECT document FROM record WHERE frame_id=?", (frame_id,)).fetchone()
    return None if found is None else str(found[0])


def holds(db: sqlite3.Connection, frame_id: int, expected: FrameRecord) -> bool:
    """True when this is what is stored of a frame; a damaged document is never what was expected."""
    found = document(db, frame_id)
    try:
        return (FrameRecord() if found is None else decode_record(found)) == expected
    except RecordError:
        return False


def save_record(db: sqlite3.Connection, frame_id: int, record: FrameRecord, text: str, author: str) -> None:
    """Store a record with one history entry; nothing at all if it says what is stored already."""
    frame_fields(db, frame_id)
    before = document(db, frame_id)
    after = encode_record(record, before)
    if after == before or (before is None and record == FrameRecord()):
        return
    db.execute(
        "INSERT INTO record VALUES(?, ?) ON CONFLICT(frame_id) DO UPDATE SET document=excluded.document",
        (frame_id, after),
    )
    db.execute(
        "INSERT INTO history(frame_id, at, text, author, before) VALUES(?, ?, ?, ?, ?)",
        (frame_id, time.time(), text, author, None if before is None else zlib.compress(before.encode(), 1)),
    )
    state = frame_state(record, predicted=has_prediction(db, frame_id, None))
    db.execute("UPDATE frame SET state=?1 WHERE id=?2 AND state<>?1", (state.value, frame_id))


def history(db: sqlite3.Connection, frame_id: int) -> list[HistoryEntry]:
    """Every stored edit of a frame, oldest first."""
    rows = db.execute("SELECT id, at, text, author, before FROM history WHERE frame_id=? ORDER BY id", (frame_id,))
    return [_entry(*row) for row in rows]


def _entry(number: int, at: float, text: str, author: str, before: bytes | None) -> HistoryEntry:
    document = None if before is None else zlib.decompress(before).decode()
    return HistoryEntry(number, datetime.fromtimestamp(at, UTC), text, author, document)


def last_change(db: sqlite3.Connection, frame_id: int | None) -> HistoryEntry | None:
    """The newest edit of a frame, or of any."""
    # Two queries: with one for both, SQLite would not use the index of a frame's edits.
    where, values = ("", ()) if frame_id is None else ("WHERE frame_id=?", (frame_id,))
    query = f"SELECT id, at, text, author, before FROM history {where} ORDER BY id DESC LIMIT 1"
    found = db.execute(query, values).fetchone()
    return None if found is None else _entry(*found)


def edited_since(db: sqlite3.Connection, entry: int) -> list[int]:
    """The frames with an edit newer than this entry of the history."""
    query = "SELECT DISTINCT frame_id FROM history WHERE id>? ORDER BY frame_id"
    return [int(row[0]) for row in db.execute(query, (entry,))]


def names_of(db: sqlite3.Connection, media_id: int) -> list[str]:
    """Names of all frames of a medium."""
    return [row[0] for row in db.execute("SELECT name FROM frame WHERE media_id=?", (media_id,))]


def names_and_missing(db: sqlite3.Connection, media_id: int) -> dict[str, bool]:
    """Names of all frames of a medium, and whether they are missing."""
    rows = db.execute("SELECT name, missing FROM frame WHERE media_id=? ORDER BY position", (media_id,))
    return {name: bool(missing) for name, missing in rows}


def damaged_records(db: sqlite3.Connection) -> list[str]:
    """A sentence for every record that cannot be read."""
    found = []
    for name, stored in db.execute("SELECT name, document FROM record JOIN frame ON frame.id=frame_id"):
        try:
            decode_record(stored)
        except RecordError as error:
            found.append(f"the labels of {name} cannot be read ({error})")
    return found


def prediction_data(db: sqlite3.Connection, frame_id: int, network: str | None) -> bytes | None:
    """The newest stored prediction of a network, or of any."""
    found = db.execute(
        "SELECT data FROM prediction WHERE frame_id=?1 AND (?2 IS NULL OR network=?2) ORDER BY id DESC LIMIT 1",
        (frame_id, network),
    ).fetchone()
    return None if found is None else bytes(found[0])


def has_prediction(db: sqlite3.Connection, frame_id: int, network: str | None) -> bool:
    """True when a prediction of this network, or of any, is stored."""
    query = "SELECT 1 FROM prediction WHERE frame_id=?1 AND (?2 IS NULL OR network=?2) LIMIT 1"
    return db.execute(query, (frame_id, network)).fetchone() is not None


def networks(db: sqlite3.Connection) -> list[str]:
    """The networks whose predictions are stored, sorted."""
    return [row[0] for row in db.execute("SELECT DISTINCT network FROM prediction ORDER BY network")]


def save_prediction(db: sqlite3.Connection, frame_id: int, network: str, data: bytes) -> None:
    """Store a prediction in place of the one that the same network made before."""
    frame_fields(db, frame_id)
    db.execute("INSERT OR REPLACE INTO prediction(frame_id, network, data) VALUES(?, ?, ?)", (frame_id, network, data))
    _restate(db, FrameState.UNSEEN, "id=?", (frame_id,))


def delete_predictions(db: sqlite3.Connection, network: str | None) -> None:
    """Forget what a network, or every network, saw."""
    db.execute("DELETE FROM prediction WHERE ?1 IS NULL OR network=?1", (network,))
    _restate(db, FrameState.PREDICTED, "NOT EXISTS (SELECT 1 FROM prediction WHERE frame_id=frame.id)", ())


def delete_predictions_of(db: sqlite3.Connection, frame_ids: Iterable[int]) -> None:
    """Forget what networks saw in these frames."""
    for frame_id in frame_ids:
        db.execute("DELETE FROM prediction WHERE frame_id=?", (frame_id,))
        _restate(db, FrameState.PREDICTED, "id=?", (frame_id,))


def _restate(db: sqlite3.Connection, before: FrameState, condition: str, values: tuple[Any, ...]) -> None:
    """Move frames of which nobody said anything between unseen and predicted."""
    after = frame_state(FrameRecord(), predicted=before is FrameState.UNSEEN)
    db.execute(f"UPDATE frame SET state=? WHERE state=? AND {condition}", (after.value, before.value, *values))


def setting(db: sqlite3.Connection, key: str, default: T) -> T:
    """The stored setting, or ``default`` when there is none or it is of another type than ``default``."""
    found = db.execute("SELECT value FROM setting WHERE key=?", (key,)).fetchone()
    if found is None:
        return default
    value = json.loads(found[0])
    if isinstance(default, tuple) and isinstance(value, list):
        value = tuple(value)
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    fits = default is None or type(value) is type(default)
    return value if fits else default


def set_setting(db: sqlite3.Connection, key: str, value: Any) -> None:
    """Store a setting; ``value`` is anything that JSON holds."""
    db.execute("INSERT OR REPLACE INTO setting VALUES(?, ?)", (key, json.dumps(value, ensure_ascii=False)))
