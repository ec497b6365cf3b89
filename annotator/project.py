"""The project on disk: media, what persons said of every frame, its history, predictions and settings.

One SQLite file. Every edit is committed before the call returns and survives the death of the program.

Threads: any thread may call any method. One connection is shared behind one lock, so a call waits for the one that
runs; every call but opening is short (a commit takes well under a millisecond).
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from annotator import store_index
from annotator.labels import FrameRecord, FrameState, frame_state
from annotator.records import RecordError, decode_record, encode_record
from annotator.store_index import Media
from annotator.store_media import MediaKind, can_write, home_beside, home_elsewhere
from annotator.store_schema import SUFFIX, ProjectError, create_store, explain, open_store

if TYPE_CHECKING:
    from model.heatmaps import Prediction

__all__ = ["FrameRow", "HistoryEntry", "Media", "MediaKind", "Project", "ProjectError"]

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


class Project:
    """An open project. Use `create`, `open` or `for_media`; close it, or use it in a ``with`` block.

    ``path`` is its file; ``notice`` is a sentence that the person should read, or empty. Every method raises
    ProjectError when the disk refuses or the project is closed, and ValueError for a frame id that it does not have.
    """

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self.path = path
        self.notice = ""
        self._lock = threading.RLock()
        self._db: sqlite3.Connection | None = db
        self._media = store_index.media_of(db, path)

    @classmethod
    def create(cls, path: Path, *, scheme_id: str = "pitch-57") -> Project:
        """A new, empty project at ``path``; ProjectError if something is there already."""
        path = _absolute(path)
        create_store(path, scheme_id)
        return cls(path, open_store(path))

    @classmethod
    def open(cls, path: Path) -> Project:
        """The project at ``path``, with its list of frames in step with the disk.

        Raises
        ------
        ProjectError
            If it is missing, no project, damaged, from a newer version, locked or read-only; nothing is changed.
        """
        project = cls._connect(_absolute(path))
        try:
            project.refresh()
        except BaseException:
            project.close()
            raise
        return project

    @classmethod
    def for_media(cls, paths: Sequence[Path]) -> Project:
        """The project of these folders, images and videos: continued if there is one, else made beside the first.

        A ``.touchline`` path is opened itself and gains the other paths. Where the place beside the media cannot be
        written the project goes to the person's data directory, and ``notice`` says so.

        Raises
        ------
        ProjectError, MediaError
            If nothing among the paths can be used; then no project is made.
        """
        wanted = [_absolute(path) for path in paths]
        if not wanted:
            raise ValueError("no path was given")
        own = next((path for path in wanted if path.suffix.lower() == SUFFIX and not path.is_dir()), None)
        rest = [path for path in wanted if path != own]
        if own is not None:
            project = cls._connect(own)
        else:
            beside, elsewhere = home_beside(wanted[0]), home_elsewhere(wanted[0])
            existing = next((home for home in (beside, elsewhere) if home.exists()), None)
            if existing is None:
                return cls._begin(beside, elsewhere, wanted)
            project = cls._connect(existing)
        try:
            project.refresh()
            project.add_media(rest)
        except BaseException:
            project.close()
            raise
        return project

    @classmethod
    def _begin(cls, beside: Path, elsewhere: Path, wanted: Sequence[Path]) -> Project:
        looked = store_index.look_at(wanted, {})
        home, notice = beside, ""
        if not can_write(beside.parent):
            home = elsewhere
            notice = f"{beside.parent} cannot be written, so the project is kept in {home}."
            try:
                home.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                reason = f"neither this folder nor {beside.parent} can be written"
                raise ProjectError(home.parent, reason, "Allow writing to one of them.") from error
        project = cls.create(home)
        try:
            project._add(looked)
        except BaseException:
            project.close()
            raise
        project.notice = " ".join(filter(None, [notice, *looked.problems]))
        return project

    @classmethod
    def _connect(cls, path: Path) -> Project:
        db = open_store(path)
        try:
            return cls(path, db)
        except sqlite3.Error as error:
            db.close()
            raise explain(path, error) from error

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

    @property
    def scheme_id(self) -> str:
        """The keypoint scheme that the project's labels use."""
        with self._read() as db:
            return str(db.execute("SELECT value FROM about WHERE key='scheme_id'").fetchone()[0])

    def media(self) -> list[Media]:
        """The folders and videos of the project, in order."""
        return list(self._media.values())

    def refresh(self) -> None:
        """Bring the list of frames in step with the disk; what cannot be found is marked missing and kept."""
        changes, problems = store_index.look_again(self.media())
        with self._write() as db:
            store_index.apply_changes(db, self.path, changes)
            self._media = store_index.media_of(db, self.path)
        self.notice = " ".join(problems)

    def add_media(self, paths: Sequence[Path]) -> None:
        """Add folders, images and videos; ProjectError or MediaError if none of the paths can be used."""
        known = {medium.path: medium.kind for medium in self._media.values() if medium.kind is not MediaKind.FILES}
        looked = store_index.look_at([_absolute(path) for path in paths], known)
        self._add(looked)
        self.notice = " ".join(filter(None, [self.notice, *looked.problems]))

    def _add(self, looked: store_index.Looked) -> None:
        with self._write() as db:
            store_index.add(db, self.path, looked.offers)
            self._media = store_index.media_of(db, self.path)

    def frame_ids(self, states: Collection[FrameState] | None = None, text: str = "") -> list[int]:
        """Ids of the frames in media order; only those in one of ``states`` and with ``text`` in their name."""
        where: list[str] = []
        values: list[str] = []
        if states is not None:
            where.append(f"state IN ({','.join('?' * len(states))})")
            values.extend(state.value for state in states)
        if text:
            where.append("casefold(name) LIKE ? ESCAPE '\\'")
            escaped = text.casefold().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            values.append(f"%{escaped}%")
        condition = f"WHERE {' AND '.join(where)}" if where else ""
        with self._read() as db:
            if text:
                db.create_function("casefold", 1, str.casefold, deterministic=True)
            rows = db.execute(f"SELECT id FROM frame {condition} ORDER BY media_id, position", values)
            return [row[0] for row in rows]

    def row(self, frame_id: int) -> FrameRow:
        """The frame with this id, as the list shows it."""
        with self._read() as db:
            found = db.execute(
                "SELECT id, media_id, position, name, state, missing FROM frame WHERE id=?", (frame_id,)
            ).fetchone()
        if found is None:
            raise ValueError(f"no frame has id {frame_id}")
        number, media_id, position, name, state, missing = found
        medium = self._media[media_id]
        path = medium.path if medium.kind is MediaKind.VIDEO else medium.path / name
        return FrameRow(number, media_id, position, name, path, FrameState(state), bool(missing), medium.kind)

    def state_counts(self) -> dict[FrameState, int]:
        """How many frames are in each state; every state is a key."""
        with self._read() as db:
            found = dict(db.execute("SELECT state, COUNT(*) FROM frame GROUP BY state").fetchall())
        return {state: found.get(state.value, 0) for state in FrameState}

    def record(self, frame_id: int) -> FrameRecord:
        """What persons said of a frame; empty if nothing.

        Raises
        ------
        ProjectError
            If what is stored is damaged or from a newer version: the frame stays closed rather than appear empty.
        """
        with self._read() as db:
            document = _document(db, frame_id)
            name = _name(db, frame_id)
        if document is None:
            return FrameRecord()
        try:
            return decode_record(document)
        except RecordError as error:
            reason = f"the labels of {name} cannot be read ({error})"
            raise ProjectError(self.path, reason, "Restore them from the frame's history or a backup.") from error

    def save_record(self, frame_id: int, record: FrameRecord, *, text: str, author: str = "") -> None:
        """Store what persons said of a frame, with one history entry called ``text``; no entry if nothing changed."""
        with self._write() as db:
            _name(db, frame_id)
            before = _document(db, frame_id)
            document = encode_record(record, before)
            if document == before or (before is None and record == FrameRecord()):
                return
            packed = None if before is None else zlib.compress(before.encode(), 1)
            db.execute(
                "INSERT INTO record VALUES(?, ?) ON CONFLICT(frame_id) DO UPDATE SET document=excluded.document",
                (frame_id, document),
            )
            db.execute(
                "INSERT INTO history(frame_id, at, text, author, before) VALUES(?, ?, ?, ?, ?)",
                (frame_id, time.time(), text, author, packed),
            )
            state = frame_state(record, predicted=_predicted(db, frame_id, None))
            db.execute("UPDATE frame SET state=?1 WHERE id=?2 AND state<>?1", (state.value, frame_id))

    def history(self, frame_id: int) -> list[HistoryEntry]:
        """Every stored edit of a frame, oldest first."""
        with self._read() as db:
            rows = db.execute(
                "SELECT id, at, text, author, before FROM history WHERE frame_id=? ORDER BY id", (frame_id,)
            ).fetchall()
        return [
            HistoryEntry(
                number,
                datetime.fromtimestamp(at, UTC),
                text,
                author,
                None if before is None else zlib.decompress(before).decode(),
            )
            for number, at, text, author, before in rows
        ]

    def prediction(self, frame_id: int, network: str | None = None) -> Prediction | None:
        """The stored prediction of a network, or the newest of any; None if there is none that can be read."""
        from model.heatmaps import Prediction, PredictionError

        with self._read() as db:
            found = db.execute(
                "SELECT data FROM prediction WHERE frame_id=?1 AND (?2 IS NULL OR network=?2) ORDER BY id DESC LIMIT 1",
                (frame_id, network),
            ).fetchone()
        try:
            return None if found is None else Prediction.from_bytes(found[0])
        except PredictionError:
            return None

    def save_prediction(self, frame_id: int, prediction: Prediction) -> None:
        """Store what a network saw, in place of what it saw before."""
        data = prediction.to_bytes()
        with self._write() as db:
            _name(db, frame_id)
            db.execute(
                "INSERT OR REPLACE INTO prediction(frame_id, network, data) VALUES(?, ?, ?)",
                (frame_id, prediction.network, data),
            )
            self._restate(db, FrameState.UNSEEN, "id=?", (frame_id,))

    def has_prediction(self, frame_id: int, network: str | None = None) -> bool:
        """True when a prediction of this network, or of any, is stored."""
        with self._read() as db:
            return _predicted(db, frame_id, network)

    def networks(self) -> list[str]:
        """The networks whose predictions are stored, sorted."""
        with self._read() as db:
            return [row[0] for row in db.execute("SELECT DISTINCT network FROM prediction ORDER BY network")]

    def delete_predictions(self, network: str | None = None) -> None:
        """Forget what a network, or every network, saw; what persons said is not touched."""
        with self._write() as db:
            db.execute("DELETE FROM prediction WHERE ?1 IS NULL OR network=?1", (network,))
            unpredicted = "NOT EXISTS (SELECT 1 FROM prediction WHERE frame_id=frame.id)"
            self._restate(db, FrameState.PREDICTED, unpredicted, ())

    @staticmethod
    def _restate(db: sqlite3.Connection, before: FrameState, condition: str, values: tuple[Any, ...]) -> None:
        """Move frames of which nobody said anything between unseen and predicted."""
        after = frame_state(FrameRecord(), predicted=before is FrameState.UNSEEN)
        db.execute(f"UPDATE frame SET state=? WHERE state=? AND {condition}", (after.value, before.value, *values))

    def setting(self, key: str, default: T) -> T:
        """The stored setting, or ``default`` when there is none or it is of another type than ``default``."""
        with self._read() as db:
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

    def set_setting(self, key: str, value: Any) -> None:
        """Store a setting; ``value`` is anything that JSON holds."""
        text = json.dumps(value, ensure_ascii=False)
        with self._write() as db:
            db.execute("INSERT OR REPLACE INTO setting VALUES(?, ?)", (key, text))

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
        with self._read() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100  (keeps links, drops "..")


def _document(db: sqlite3.Connection, frame_id: int) -> str | None:
    found = db.execute("SELECT document FROM record WHERE frame_id=?", (frame_id,)).fetchone()
    return None if found is None else str(found[0])


def _name(db: sqlite3.Connection, frame_id: int) -> str:
    """The name of a frame; ValueError when there is none with this id."""
    found = db.execute("SELECT name FROM frame WHERE id=?", (frame_id,)).fetchone()
    if found is None:
        raise ValueError(f"no frame has id {frame_id}")
    return str(found[0])


def _predicted(db: sqlite3.Connection, frame_id: int, network: str | None) -> bool:
    found = db.execute(
        "SELECT 1 FROM prediction WHERE frame_id=?1 AND (?2 IS NULL OR network=?2) LIMIT 1", (frame_id, network)
    ).fetchone()
    return found is not None
