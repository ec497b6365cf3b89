"""A project's tables copied into another project file: as a backup, or as a slice of some of its frames."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from pathlib import Path

from annotator.store_media import MediaKind, locate, relative_to_project
from annotator.store_schema import create_store, open_store

_KEYS = {"frame": ("id", "frame"), "media": ("id", "media")}
_FOREIGN = (("frame_id", "frame"), ("media_id", "media"))
"""Which column says whether a row belongs to a slice, and whose number that is."""
_MADE_AGAIN = frozenset({"signs", "mirrored"})
"""What the review queue found out, and what networks saw for it: it finds it out anew."""


_EVERY = 64
"""Rows between two looks at whether a person wants no more of it."""


class CopyStoppedError(Exception):
    """A person ended a copy before it was whole; nothing is left of it."""


class Predictions(Enum):
    """Whether what networks saw goes along: it can be made again, and is most of a project's size."""

    LEAVE = "leave"
    TAKE = "take"


def copy_store(
    db: sqlite3.Connection,
    source: Path,
    target: Path,
    *,
    predictions: Predictions,
    frame_ids: Sequence[int] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> None:
    """Write the project in ``db``, stored at ``source``, to a new file ``target``; only some frames if they are named.

    Folders of a slice become lists of their files, so that opening it does not bring the other frames back. Runs in a
    transaction of its own on ``db``, so that nothing changes meanwhile. ``progress`` brings rows done and rows in all.

    Raises
    ------
    ProjectError
        If there is something at ``target``, or it cannot be written.
    CopyStoppedError
        If ``should_stop`` said so; then nothing is left at ``target``.
    sqlite3.Error
        If the disk refuses; then nothing is left at ``target``.
    """
    scheme = str(db.execute("SELECT value FROM about WHERE key='scheme_id'").fetchone()[0])
    create_store(target, scheme)
    done = False
    copy = open_store(target)
    try:
        db.execute("BEGIN")
        try:
            copy.execute("BEGIN IMMEDIATE")
            _copy_tables(db, copy, predictions, frame_ids, _Passing(progress, should_stop))
            _place_media(copy, source, target, as_files=frame_ids is not None)
            copy.execute("COMMIT")
        finally:
            db.execute("ROLLBACK")
        copy.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        done = True
    finally:
        copy.close()
        if not done:
            for path in (target, target.with_name(f"{target.name}-wal"), target.with_name(f"{target.name}-shm")):
                path.unlink(missing_ok=True)


class _Passing:
    """Counts rows on their way, and says how far they are."""

    def __init__(self, progress: Callable[[int, int], None], should_stop: Callable[[], bool]) -> None:
        self._progress, self._should_stop = progress, should_stop
        self._done = self.total = 0

    def through(self, rows: sqlite3.Cursor) -> Iterator[tuple[object, ...]]:
        """The same rows."""
        for row in rows:
            if self._done % _EVERY == 0:
                if self._should_stop():
                    raise CopyStoppedError
                self._progress(self._done, self.total)
            self._done += 1
            yield row
        self._progress(self._done, self.total)


def _copy_tables(
    db: sqlite3.Connection,
    copy: sqlite3.Connection,
    predictions: Predictions,
    frame_ids: Sequence[int] | None,
    passing: _Passing,
) -> None:
    copy.execute("DELETE FROM about")
    wanted = _wanted(db, frame_ids)
    tables = ["about", "setting", "media", "frame", "record", "history"]
    if predictions is Predictions.TAKE:
        tables.append("prediction")
    tables += _extra_tables(db, copy)
    passing.total = sum(int(db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]) for table in tables)
    for table in tables:
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        key, what = _KEYS.get(table) or next((pair for pair in _FOREIGN if pair[0] in columns), ("", ""))
        place = columns.index(key) if wanted is not None and key else None
        chosen = frozenset() if wanted is None or not what else wanted[what]
        rows = db.execute(f"SELECT {','.join(columns)} FROM {table}")
        marks = ",".join("?" * len(columns))
        copy.executemany(
            f"INSERT INTO {table}({','.join(columns)}) VALUES({marks})",
            (row for row in passing.through(rows) if place is None or row[place] in chosen),
        )
    if predictions is Predictions.LEAVE:
        copy.execute("UPDATE frame SET state='unseen' WHERE state='predicted'")


def _wanted(db: sqlite3.Connection, frame_ids: Sequence[int] | None) -> dict[str, frozenset[int]] | None:
    """Ids of the frames of a slice, and of their media; None for all of them."""
    if frame_ids is None:
        return None
    frames = frozenset(frame_ids)
    media = frozenset(row[1] for row in db.execute("SELECT id, media_id FROM frame") if row[0] in frames)
    return {"frame": frames, "media": media}


def _extra_tables(db: sqlite3.Connection, copy: sqlite3.Connection) -> list[str]:
    """Tables that a project has only when there is something in them, made in the copy too."""
    known = {row[0] for row in copy.execute("SELECT name FROM sqlite_schema WHERE type='table'")}
    query = "SELECT name, sql FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    extra = [(name, made) for name, made in db.execute(query) if name not in known and name not in _MADE_AGAIN]
    for _, made in extra:
        copy.execute(made)
    return [name for name, _ in extra]


def _place_media(copy: sqlite3.Connection, source: Path, target: Path, *, as_files: bool) -> None:
    """Media are found from where the new file lies; a slice lists the files of its folders."""
    for number, kind, relative, absolute in copy.execute("SELECT id, kind, relative, absolute FROM media").fetchall():
        where = locate(source, relative, absolute)
        listed = MediaKind.FILES.value if as_files and kind == MediaKind.FOLDER.value else kind
        copy.execute(
            "UPDATE media SET kind=?, relative=?, absolute=? WHERE id=?",
            (listed, relative_to_project(where, target), str(where), number),
        )
