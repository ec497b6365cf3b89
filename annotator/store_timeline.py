"""What a timeline shows of many frames at once, asked for in a few queries rather than frame by frame."""

from __future__ import annotations

import sqlite3

HEAD = 32_768
"""Bytes of a stored prediction that surely hold everything but its heatmaps, for schemes of a few hundred points."""
_PIECE, _FEW = 500, 200
_BY_PERSONS = (
    "document LIKE '%\"origin\":\"hand\"%' OR document LIKE '%\"origin\":\"accepted\"%' "
    "OR document LIKE '%\"origin\":\"imported\"%' OR document LIKE '%\"box\":[%' "
    "OR document LIKE '%\"attributes\":{\"%' OR document LIKE '%\"number\":\"given\"%'"
)

KEY, MOTION, FILLED = 1, 2, 4
"""What was said of a frame: by a person; carried there by motion; filled in between two key frames."""


def states(db: sqlite3.Connection, media_id: int) -> list[tuple[int, str]]:
    """Id and state of every frame of a medium, in order."""
    query = "SELECT id, state FROM frame WHERE media_id=? ORDER BY position"
    return [(int(number), str(state)) for number, state in db.execute(query, (media_id,))]


def kinds(db: sqlite3.Connection, media_id: int, *, things: bool = False) -> dict[int, int]:
    """By frame, who spoke of it: `KEY`, `MOTION` or `FILLED`; frames of which nothing was said are left out.

    Of the pitch a link says that all of it was carried; of several ``things`` in a frame a person's word about any.
    """
    query = (
        "SELECT frame.id, "
        "document LIKE '%\"link\":{%\"how\":\"motion\"%', document LIKE '%\"link\":{%\"how\":\"interpolated\"%', "
        "document LIKE '%\"markings\":{\"%' OR document LIKE '%\"keypoints\":{\"%', "
        f"{_BY_PERSONS if things else '0'} "
        "FROM record JOIN frame ON frame.id=frame_id WHERE media_id=?"
    )
    found = {}
    for number, moved, filled, said, by_persons in db.execute(query, (media_id,)):
        if said or by_persons:
            linked = MOTION if moved else FILLED if filled else 0
            found[int(number)] = KEY if by_persons else linked or (MOTION if things else KEY)
    return found


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

    Asked for piece by piece, so that nobody else waits long for the file.
    """
    query = (
        "SELECT prediction.id, frame_id, substr(data, 1, ?) FROM prediction JOIN frame ON frame.id=frame_id "
        "WHERE media_id=? AND prediction.id>? ORDER BY prediction.id LIMIT ?"
    )
    rows = db.execute(query, (HEAD, media_id, after, _PIECE)).fetchall()
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
