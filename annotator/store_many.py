"""One change of very many frames: read, made ready and written in pieces, so that nobody waits long for the file.

What takes time (reading documents, comparing and encoding) happens before the transaction and outside every lock. The
transaction itself only looks whether all is still as it was, and writes rows that are ready.
"""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from annotator.labels import FrameRecord, frame_state
from annotator.records import RecordError, decode_record, encode_record

__all__ = ["PIECE", "Ready", "Unlike", "found_of", "heads", "make_ready", "pieces", "write"]

PIECE = 250
HEAD = 16_384
"""Bytes that hold all of a stored prediction but its heatmaps, for the pitch."""
_NOTHING = FrameRecord()
Found = Mapping[int, tuple[str | None, bool]]
"""By frame, its document and whether a network saw it."""


class Unlike(Exception):  # noqa: N818  (no error yet: the project says what it means)
    """A frame is not what was expected of it."""


@dataclass
class Ready:
    """Rows to be written: (frame, document before, document after, state), and what else was looked at."""

    rows: list[tuple[int, str | None, str, str]] = field(default_factory=list)
    unchanged: dict[int, str | None] = field(default_factory=dict)
    written: dict[int, tuple[FrameRecord, str]] = field(default_factory=dict)


def pieces(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """The ids, `PIECE` at a time."""
    for start in range(0, len(ids), PIECE):
        yield ids[start : start + PIECE]


def found_of(db: sqlite3.Connection, ids: Sequence[int]) -> Found:
    """What is stored of a piece of frames; ValueError for an id that no frame has."""
    rows = db.execute(
        "SELECT frame.id, document, EXISTS(SELECT 1 FROM prediction WHERE frame_id=frame.id) "
        f"FROM frame LEFT JOIN record ON record.frame_id=frame.id WHERE frame.id IN ({_marks(ids)})",
        tuple(ids),
    )
    found = {int(i): (None if document is None else str(document), bool(seen)) for i, document, seen in rows}
    for frame_id in ids:
        if frame_id not in found:
            raise ValueError(f"no frame has id {frame_id}")
    return found


def heads(db: sqlite3.Connection, ids: Sequence[int]) -> dict[int, list[tuple[str, bytes]]]:
    """The beginnings of the predictions of a piece of frames, newest first: network and bytes."""
    where = f"frame_id IN ({_marks(ids)})"
    query = f"SELECT frame_id, network, substr(data, 1, ?) FROM prediction WHERE {where} ORDER BY id"
    found: dict[int, list[tuple[str, bytes]]] = {}
    for frame_id, network, head in db.execute(query, (HEAD, *ids)):
        found.setdefault(int(frame_id), []).insert(0, (str(network), bytes(head)))
    return found


def make_ready(
    ready: Ready,
    found: Found,
    records: Mapping[int, FrameRecord],
    expected: Mapping[int, FrameRecord],
    own: Mapping[int, tuple[FrameRecord, str]],
) -> None:
    """Add the rows of a piece of frames; `Unlike` if one of them is not what was expected.

    ``own`` are records that this program wrote last, with their documents: those need not be read again.
    """
    for frame_id, (before, seen) in found.items():
        record = records[frame_id]
        if not _is(before, expected[frame_id], own.get(frame_id)):
            raise Unlike
        after = encode_record(record, before)
        if after == before or (before is None and record == _NOTHING):
            ready.unchanged[frame_id] = before
            continue
        ready.rows.append((frame_id, before, after, frame_state(record, predicted=seen).value))
        ready.written[frame_id] = (record, after)


def _is(document: str | None, expected: FrameRecord, own: tuple[FrameRecord, str] | None) -> bool:
    if document is None:
        return expected == _NOTHING
    if own is not None and own[0] is expected and own[1] == document:
        return True
    try:
        return decode_record(document) == expected
    except RecordError:
        return False


def write(db: sqlite3.Connection, ready: Ready, text: str, author: str) -> None:
    """Write the rows inside the caller's transaction, a history entry each; `Unlike` if one changed meanwhile."""
    before = {frame_id: document for frame_id, document, _, _ in ready.rows} | ready.unchanged
    for piece in pieces(list(before)):
        stored = dict(db.execute(f"SELECT frame_id, document FROM record WHERE frame_id IN ({_marks(piece)})", piece))
        if any(stored.get(frame_id) != before[frame_id] for frame_id in piece):
            raise Unlike
    db.executemany(
        "INSERT INTO record VALUES(?, ?) ON CONFLICT(frame_id) DO UPDATE SET document=excluded.document",
        ((frame_id, after) for frame_id, _, after, _ in ready.rows),
    )
    now = time.time()
    db.executemany(
        "INSERT INTO history(frame_id, at, text, author, before) VALUES(?, ?, ?, ?, ?)",
        ((frame_id, now, text, author, _packed(document)) for frame_id, document, _, _ in ready.rows),
    )
    db.executemany(
        "UPDATE frame SET state=?1 WHERE id=?2 AND state<>?1",
        ((state, frame_id) for frame_id, _, _, state in ready.rows),
    )


def _packed(document: str | None) -> bytes | None:
    return None if document is None else zlib.compress(document.encode(), 1)


def _marks(ids: Sequence[int]) -> str:
    return ",".join("?" * len(ids))
