"""What a timeline shows of many frames at once, asked for in a few queries rather than frame by frame."""

from __future__ import annotations

import sqlite3

HEAD = 32_768
"""Bytes of a stored prediction that surely hold everything but its heatmaps, for schemes of a few hundred points."""
_OF_MANY = b"TLPEOP01"
"""How a stored prediction of many begins: packed as a whole, without heatmaps, so that only all of it can be read."""
_MANY, _PIECE, _FEW = 5000, 500, 200
_BY_PERSONS = (
    '"origin":"hand"', '"origin":"accepted"', '"origin":"imported"', '"attributes":{"', '"number":"given"',
    '"markings":{"',
)  # fmt: skip

KEY, MOTION, FILLED = 1, 2, 4
"""What was said of a frame: by a person; carried there by motion; filled in between two key frames."""


def states(db: sqlite3.Connection, media_id: int, first: int) -> tuple[list[tuple[int, str]], int | None]:
    """Id and state of the frames of a medium from a place on, in order, and where to go on; None at the end."""
    query = "SELECT id, state FROM frame WHERE media_id=? AND position>=? AND position<? ORDER BY position"
    rows = db.execute(query, (media_id, first, first + _MANY)).fetchall()
    (last,) = db.execute("SELECT MAX(position) FROM frame WHERE media_id=?", (media_id,)).fetchone()
    following = first + _MANY if last is not None and last >= first + _MANY else None
    return [(int(number), str(state)) for number, state in rows], following


def kinds(db: sqlite3.Connection, media_id: int) -> dict[int, int]:
    """By frame of a pitch, who spoke of it: `KEY`, `MOTION` or `FILLED`; those without a word are left out."""
    query = (
        "SELECT frame.id, "
        "document LIKE '%\"link\":{%\"how\":\"motion\"%', document LIKE '%\"link\":{%\"how\":\"interpolated\"%', "
        "document LIKE '%\"markings\":{\"%' OR document LIKE '%\"keypoints\":{\"%' "
        "FROM record JOIN frame ON frame.id=frame_id WHERE media_id=?"
    )
    found = {}
    for number, moved, filled, said in db.execute(query, (media_id,)):
        if said:
            found[int(number)] = MOTION if moved else FILLED if filled else KEY
    return found


def kind_of_things(document: str) -> int:
    """Who spoke of the things in a frame: `KEY` where a person of any, 0 for nobody.

    Looked for in the text: to read the records of a crowd takes forty times as long.
    """
    # Who was deleted from the frame is not in it.
    text = document.partition('"gone":{')[0]
    boxes = text.count('"box":[')
    if boxes > text.count('"carried":["box"]') or any(mark in text for mark in _BY_PERSONS):
        return KEY
    if not boxes and '"keypoints":{"' not in text:
        return 0
    return FILLED if '"how":"interpolated"' in text and '"how":"motion"' not in text else MOTION


def documents(db: sqlite3.Connection, media_id: int, after: int) -> tuple[list[tuple[int, str]], int | None]:
    """The next records of a medium in the order of its frames, and the place to go on after; None at the end.

    Few at a time: those of a crowd are large, and nobody else should wait long for the file.
    """
    query = (
        "SELECT position, frame.id, document FROM frame JOIN record ON frame.id=frame_id "
        "WHERE media_id=? AND position>? ORDER BY position LIMIT ?"
    )
    rows = db.execute(query, (media_id, after, _FEW)).fetchall()
    found = [(int(frame_id), str(document)) for _, frame_id, document in rows]
    return found, int(rows[-1][0]) if len(rows) == _FEW else None


def prediction_heads(db: sqlite3.Connection, media_id: int, after: int) -> tuple[list[tuple[int, bytes]], int | None]:
    """The beginnings of the next stored predictions of a medium, and the place to go on after; None at the end.

    Those of many are whole. Asked for piece by piece, so that nobody else waits long for the file.
    """
    query = (
        "SELECT prediction.id, frame_id, CASE WHEN substr(data, 1, 8)=? THEN data ELSE substr(data, 1, ?) END "
        "FROM prediction JOIN frame ON frame.id=frame_id "
        "WHERE media_id=? AND prediction.id>? ORDER BY prediction.id LIMIT ?"
    )
    rows = db.execute(query, (_OF_MANY, HEAD, media_id, after, _PIECE)).fetchall()
    found = [(int(frame_id), bytes(head)) for _, frame_id, head in rows]
    return found, int(rows[-1][0]) if len(rows) == _PIECE else None


def ends(db: sqlite3.Connection, media_id: int) -> tuple[str, str, int] | None:
    """The names of the first and the last frame of a medium, and how many there are."""
    query = (
        "SELECT (SELECT name FROM frame WHERE media_id=?1 ORDER BY position LIMIT 1), "
        "(SELECT name FROM frame WHERE media_id=?1 ORDER BY position DESC LIMIT 1), "
        "(SELECT COUNT(*) FROM frame WHERE media_id=?1)"
    )
    first, last, count = db.execute(query, (media_id,)).fetchone()
    return None if not count else (str(first), str(last), int(count))
