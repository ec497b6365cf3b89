"""The file that a project is: one connection behind one lock, whole transactions, and settings."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from annotator import store_rows
from annotator.store_schema import ProjectError, explain, open_store

T = TypeVar("T")


class ProjectFile:
    """An open project's file. Any thread may call any method; ProjectError when the disk refuses or it is closed."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self.path = path
        # Writers wait for each other at the first, and everybody for a moment at the second.
        self._writing, self._lock = threading.RLock(), threading.RLock()
        self._db: sqlite3.Connection | None = db

    def close(self) -> None:
        """Write everything into the one file and let go of it; closing twice does nothing."""
        with self._lock:
            db, self._db = self._db, None
            if db is None:
                return
            try:
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            except sqlite3.Error:
                # The log beside the file holds every edit and is read at the next opening.
                pass
            finally:
                db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def setting(self, key: str, default: T) -> T:
        """The stored setting, or ``default`` when there is none or it is of another type than ``default``."""
        with self._read() as db:
            return store_rows.setting(db, key, default)

    def set_setting(self, key: str, value: Any) -> None:
        """Store a setting; ``value`` is anything that JSON holds."""
        with self._write() as db:
            store_rows.set_setting(db, key, value)

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._db is None:
                raise ProjectError(self.path, "the project is closed", "Open it again.")
            try:
                yield self._db
            except sqlite3.Error as error:
                raise explain(self.path, error) from error

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it is on disk when the block ends, or nothing when it raises."""
        with self._writing, self._read() as db, _transaction(db):
            yield db

    @contextmanager
    def _aside(self) -> Iterator[sqlite3.Connection]:
        """A transaction on a connection of its own: whoever only reads does not wait for it."""
        with self._writing:
            with self._read():
                aside = open_store(self.path)
            try:
                with _transaction(aside):
                    yield aside
            except sqlite3.Error as error:
                raise explain(self.path, error) from error
            finally:
                aside.close()


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
