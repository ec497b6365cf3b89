"""What comes along when two people's projects are merged: the history of a frame, and how the other one answered twice.

A history is a chain: every edit holds what was before it, which is what the one before it led to. The other's edits of
a frame come after this project's, between two entries of the merge: one that leads to where they begin, and one at the
end, of the moment of the merge.
"""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from annotator.labels import FrameRecord
from annotator.store_rows import HistoryEntry, document, save_record

if TYPE_CHECKING:
    from annotator.project import Project

__all__ = ["RECHECKS", "fresh_entries", "store_with_history", "take_rechecks"]

RECHECKS = "rechecks"
"""The setting of a project that holds its blind re-checks (`annotator.review.second_answers`)."""


def fresh_entries(project: Project, here: int, theirs: Project, there: int) -> list[HistoryEntry]:
    """The other's edits of a frame that no merge brought yet, oldest first."""
    known = {(entry.when, entry.text, entry.author) for entry in project.history(here)}
    return [entry for entry in theirs.history(there) if (entry.when, entry.text, entry.author) not in known]


def store_with_history(
    db: sqlite3.Connection, frame_id: int, record: FrameRecord, entries: Sequence[HistoryEntry], text: str, author: str
) -> None:
    """Store a record as `save_record` does, with these edits on the way to it; inside the caller's transaction."""
    if not entries:
        save_record(db, frame_id, record, text, author)
        return
    mine = document(db, frame_id)
    now = time.time()
    rows: list[tuple[float, str, str, str | None]] = []
    if mine != entries[0].document:
        rows.append((now, text, author, mine))
    rows += [(entry.when.timestamp(), entry.text, entry.author, entry.document) for entry in entries]
    save_record(db, frame_id, record, text, author)
    if document(db, frame_id) == mine:
        return
    # Its own entry, of what was before all of this, stands at the beginning now.
    db.execute("DELETE FROM history WHERE id=(SELECT MAX(id) FROM history WHERE frame_id=?)", (frame_id,))
    rows.append((now, text, author, document(db, frame_id)))
    db.executemany(
        "INSERT INTO history(frame_id, at, text, author, before) VALUES(?, ?, ?, ?, ?)",
        ((frame_id, at, what, whose, _packed(before)) for at, what, whose, before in rows),
    )


def _packed(before: str | None) -> bytes | None:
    return None if before is None else zlib.compress(before.encode(), 1)


def take_rechecks(project: Project, theirs: Project) -> int:
    """Take over the other's blind re-checks of frames that this project has; how many. One's own stay.

    They say how far a person agrees with themselves, whoever's word is taken of the frame.
    """
    none: list[Any] = []
    own = project.setting(RECHECKS, none)
    names = {project.row(number).name for number in project.frame_ids()}
    known = {_key(one) for one in own}
    new = [one for one in theirs.setting(RECHECKS, none) if _key(one)[0] in names and _key(one) not in known]
    if new:
        project.set_setting(RECHECKS, [*own, *new])
    return len(new)


def _key(one: Any) -> tuple[Any, Any]:
    """Which frame, and whose answers; (None, None) of what is no re-check."""
    found = one if isinstance(one, dict) else {}
    return (found.get("frame"), found.get("by"))
