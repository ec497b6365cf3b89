"""The project file: its tables and version, how it is made, checked and opened, and what its errors mean to people.

SQLite in WAL mode with synchronous=NORMAL: a committed edit survives the death of the program.
"""

from __future__ import annotations

import os
import sqlite3
import struct
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

SUFFIX = ".touchline"
APPLICATION_ID = 0x544C4E45
SCHEMA_VERSION = 1
_BUSY_SECONDS = 2.0
_MAGIC = b"SQLite format 3\x00"

_TABLES = """
CREATE TABLE about(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE media(
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    relative TEXT,
    absolute TEXT NOT NULL,
    stamp TEXT NOT NULL DEFAULT ''
);
CREATE TABLE frame(
    id INTEGER PRIMARY KEY,
    media_id INTEGER NOT NULL REFERENCES media(id),
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    missing INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'unseen',
    UNIQUE(media_id, name)
);
CREATE INDEX frame_order ON frame(media_id, position, state);
CREATE TABLE record(frame_id INTEGER PRIMARY KEY REFERENCES frame(id), document TEXT NOT NULL);
CREATE TABLE history(
    id INTEGER PRIMARY KEY,
    frame_id INTEGER NOT NULL REFERENCES frame(id),
    at REAL NOT NULL,
    text TEXT NOT NULL,
    author TEXT NOT NULL,
    before BLOB
);
CREATE INDEX history_of_frame ON history(frame_id);
CREATE TABLE prediction(
    id INTEGER PRIMARY KEY,
    frame_id INTEGER NOT NULL REFERENCES frame(id),
    network TEXT NOT NULL,
    data BLOB NOT NULL,
    UNIQUE(frame_id, network)
);
"""


class ProjectError(Exception):
    """A project cannot be made, opened, read or written; ``path``, ``reason`` and ``advice`` in one sentence each."""

    def __init__(self, path: Path, reason: str, advice: str) -> None:
        super().__init__(f"{path}: {reason}. {advice}")
        self.path, self.reason, self.advice = path, reason, advice


class ChangedElsewhereError(ProjectError):
    """A record is not what it was when it was read: another window or command changed it; nothing was written."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "the frame was changed elsewhere", "Look at it as it is now and make the change again.")


def explain(path: Path, error: sqlite3.Error) -> ProjectError:
    """What an error of SQLite means for the person whose project this is."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if isinstance(code, int) else None
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return ProjectError(path, "the project is locked by another program", "Close that program and try again.")
    if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return ProjectError(
            path, "the project cannot be written", "Allow writing to it and its folder, or copy it elsewhere."
        )
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return ProjectError(path, "the project file is damaged", "Open a backup; nothing was changed in this file.")
    if primary == sqlite3.SQLITE_FULL:
        return ProjectError(path, "the disk is full", "Free some space and try again.")
    return ProjectError(path, f"the project cannot be used ({error})", "Check the disk and try again.")


def create_store(path: Path, scheme_id: str, scheme: str = "") -> None:
    """Make an empty project file, whole or not at all; ``scheme`` is the document of its scheme, where it has its own.

    Raises
    ------
    ProjectError
        If there is something at ``path`` already or the place cannot be written.
    """
    if path.exists():
        raise _taken(path)
    building = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with suppress(FileNotFoundError):
            building.unlink()
        with closing(sqlite3.connect(building, isolation_level=None)) as db:
            db.executescript(f"BEGIN; PRAGMA application_id={APPLICATION_ID}; {_TABLES} COMMIT;")
            about = {"scheme_id": scheme_id, "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
            about |= {"scheme": scheme} if scheme else {}
            db.executemany("INSERT INTO about VALUES(?, ?)", about.items())
            db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        _put(building, path)
    except FileExistsError as error:
        raise _taken(path) from error
    except sqlite3.Error as error:
        raise explain(path, error) from error
    except OSError as error:
        reason = f"the project cannot be made here ({error.strerror or error})"
        raise ProjectError(path, reason, "Choose a folder that can be written.") from error
    finally:
        with suppress(OSError):
            building.unlink()


def _put(building: Path, path: Path) -> None:
    """Give a complete file its name; FileExistsError if another program was faster, where the disk can tell."""
    try:
        path.hardlink_to(building)
    except FileExistsError:
        raise
    except OSError:
        building.replace(path)


def _taken(path: Path) -> ProjectError:
    return ProjectError(path, "there is something with this name already", "Open it, or choose another name.")


def open_store(path: Path) -> sqlite3.Connection:
    """A connection to a project file that was found sound, of a known version and writable.

    Nothing is written before all checks have passed.

    Raises
    ------
    ProjectError
        If it is missing, no project, damaged, newer, locked or read-only.
    """
    _check_header(path)
    db: sqlite3.Connection | None = None
    try:
        uri = f"{path.absolute().as_uri()}?mode=rw"
        db = sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        _check_identity(path, db)
        db.execute("BEGIN IMMEDIATE")
        db.execute("ROLLBACK")
        db.execute("PRAGMA journal_mode=WAL").fetchone()
        db.execute("PRAGMA synchronous=NORMAL")
        db.execute("PRAGMA foreign_keys=ON")
    except sqlite3.Error as error:
        if db is not None:
            db.close()
        raise explain(path, error) from error
    except ProjectError:
        if db is not None:
            db.close()
        raise
    return db


def _check_header(path: Path) -> None:
    """Refuse what is no project file by its first 100 bytes (sqlite.org/fileformat2.html, section 1.3)."""
    try:
        head = _head_of(path)
    except FileNotFoundError as error:
        raise ProjectError(path, "there is no such project", "Check the name.") from error
    except OSError as error:
        reason = f"the project cannot be read ({error.strerror or error})"
        raise ProjectError(path, reason, "Check its permissions.") from error
    if len(head) < 100 or not head.startswith(_MAGIC):
        raise ProjectError(path, "this is not a Touchline project", "Choose a file made by Touchline.")
    version, application = struct.unpack(">4xI4xI", head[56:72])
    if application != APPLICATION_ID:
        raise ProjectError(path, "this is not a Touchline project", "Choose a file made by Touchline.")
    _check_version(path, version)
    _check_length(path, head)


_HEADS: dict[tuple[int, int], int] = {}
_HEADS_LOCK = threading.Lock()


def _head_of(path: Path) -> bytes:
    """The first 100 bytes of a file.

    To close a file gives up every lock that the process has on it (fcntl(2)), those of SQLite as well: another process
    would take the project for free and throw its log away (sqlite.org/howtocorrupt.html, 2.2). So what was opened stays
    open, one descriptor a file, where locks are such.
    """
    if not hasattr(os, "pread"):
        with path.open("rb") as file:
            return file.read(100)
    state = path.stat()
    key = (state.st_dev, state.st_ino)
    with _HEADS_LOCK:
        if key not in _HEADS:
            _HEADS[key] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        return os.pread(_HEADS[key], 100, 0)


def _check_length(path: Path, head: bytes) -> None:
    """Refuse a file shorter than its header says; SQLite itself overlooks a last page cut within.

    Beside a log of a program that died the file may rightly be behind its header.
    """
    log = path.with_name(f"{path.name}-wal")
    page_size, changed, pages, changed_with_pages = struct.unpack(">H6xII60xI", head[16:96])
    page_size = 65536 if page_size == 1 else page_size
    with suppress(OSError):
        if log.exists() and log.stat().st_size:
            return
        if changed == changed_with_pages and path.stat().st_size < page_size * pages:
            raise ProjectError(
                path, "the project file is cut short", "Open a backup; nothing was changed in this file."
            )


def _check_identity(path: Path, db: sqlite3.Connection) -> None:
    """Refuse by what SQLite reads, which sees past the header into a log that a dead program left behind."""
    application = int(db.execute("PRAGMA application_id").fetchone()[0])
    if application != APPLICATION_ID:
        raise ProjectError(path, "this is not a Touchline project", "Choose a file made by Touchline.")
    _check_version(path, int(db.execute("PRAGMA user_version").fetchone()[0]))
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type='table'")}
    if not {"about", "setting", "media", "frame", "record", "history", "prediction"} <= tables:
        raise ProjectError(path, "the project file is damaged", "Open a backup; nothing was changed in this file.")


def _check_version(path: Path, version: int) -> None:
    if version > SCHEMA_VERSION:
        reason = f"the project was made by a newer version of Touchline (format {version}, known {SCHEMA_VERSION})"
        raise ProjectError(path, reason, "Update Touchline to open it.")
    if version < 1:
        raise ProjectError(path, "the project file is damaged", "Open a backup; nothing was changed in this file.")
