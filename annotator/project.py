"""The project on disk: media, what persons said of every frame, its history, predictions and settings.

One SQLite file. Every edit is committed before the call returns and survives the death of the program.

Threads: any thread may call any method. One connection is shared behind one lock, so a call waits for the one that
runs; every call but opening is short (a commit takes well under a millisecond). A change of very many frames is made on
a connection of its own, so that only other writers wait for it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from annotator import (
    store_index,
    store_many,
    store_rows,
    store_scheme,
    store_second,
)
from annotator.labels import FrameRecord, FrameState
from annotator.merging_history import store_with_history
from annotator.project_findings import ProjectFindings
from annotator.records import RecordError, decode_record
from annotator.store_copy import CopyStoppedError, Predictions, copy_store
from annotator.store_index import Media
from annotator.store_media import MediaKind, choose_home, home_beside, home_elsewhere, home_notice
from annotator.store_rows import FrameRow, HistoryEntry
from annotator.store_schema import SUFFIX, ChangedElsewhereError, ProjectError, create_store, explain, open_store

if TYPE_CHECKING:
    from annotator.scheme import Scheme
    from annotator.store_scheme import EarlierScheme

__all__ = [
    "ChangedElsewhereError",
    "FrameRow",
    "HistoryEntry",
    "Media",
    "MediaKind",
    "Predictions",
    "Project",
    "ProjectError",
]



class Project(ProjectFindings):
    """An open project. Use `create`, `open` or `for_media`; close it, or use it in a ``with`` block.

    ``path`` is its file; ``notice`` is a sentence that the person should read, or empty. Every method raises
    ProjectError when the disk refuses or the project is closed, and ValueError for a frame id that it does not have.
    """

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        super().__init__(path, db)
        self.notice = ""
        self._own: dict[int, tuple[FrameRecord, str]] = {}
        self._media = store_index.media_of(db, path)

    @classmethod
    def create(cls, path: Path, *, scheme_id: str = "pitch-57", scheme: Scheme | None = None) -> Project:
        """A new, empty project at ``path``, of a scheme or one known by its id; ProjectError if something is there."""
        path = _absolute(path)
        create_store(path, scheme_id if scheme is None else scheme.id, store_scheme.text_of(scheme, scheme_id))
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
    def for_media(cls, paths: Sequence[Path], *, scheme: Scheme | None = None) -> Project:
        """The project of these folders, images and videos: continued if there is one, else made beside the first.

        A ``.touchline`` path is opened itself and gains the other paths. Where the place beside the media cannot be
        written the project goes to the person's data directory, and ``notice`` says so. A new project is of
        ``scheme``, or of the pitch.

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
        beside, elsewhere = home_beside(wanted[0]), home_elsewhere(wanted[0])
        if own is not None:
            project = cls._connect(own)
        else:
            existing = next((home for home in (beside, elsewhere) if home.exists()), None)
            if existing is None:
                return cls._begin(beside, elsewhere, wanted, scheme)
            project = cls._connect(existing)
        try:
            project.refresh()
            project.add_media(rest)
            if project.path == elsewhere:
                project.notice = " ".join(filter(None, [home_notice(elsewhere, beside), project.notice]))
        except BaseException:
            project.close()
            raise
        return project

    @classmethod
    def is_there_for(cls, path: Path) -> bool:
        """Whether this is a project file, or media that have one."""
        place = _absolute(path)
        if place.suffix.lower() == SUFFIX and not place.is_dir():
            return place.exists()
        return home_beside(place).exists() or home_elsewhere(place).exists()

    @classmethod
    def _begin(cls, beside: Path, elsewhere: Path, wanted: Sequence[Path], scheme: Scheme | None) -> Project:
        looked = store_index.look_at(wanted, {})
        home = choose_home(beside, elsewhere)
        project = cls.create(home, scheme=scheme)
        try:
            project._add(looked)
        except BaseException:
            project.close()
            raise
        project.notice = " ".join(filter(None, [home_notice(home, beside), *looked.problems]))
        return project

    @classmethod
    def _connect(cls, path: Path) -> Project:
        db = open_store(path)
        try:
            return cls(path, db)
        except sqlite3.Error as error:
            db.close()
            raise explain(path, error) from error

    @classmethod
    def look_into(cls, path: Path) -> Project:
        """The project at ``path`` as it is stored, without looking at its media; ProjectError as `open`."""
        return cls._connect(_absolute(path))

    @property
    def scheme_id(self) -> str:
        """The keypoint scheme that the project's labels use."""
        with self._read() as db:
            return store_scheme.identity(db)

    @property
    def scheme(self) -> Scheme:
        """The scheme itself, as the project keeps it; ProjectError if it cannot be read."""
        with self._read() as db:
            return store_scheme.scheme(db, self.path)

    def earlier_schemes(self) -> list[EarlierScheme]:
        """The schemes that the project had before, oldest first."""
        with self._read() as db:
            return store_scheme.earlier(db)

    def change_scheme(
        self,
        scheme: Scheme,
        records: Mapping[int, FrameRecord],
        *,
        text: str,
        renamed: Mapping[str, str | None],
        author: str = "",
        expected: Mapping[int, FrameRecord],
    ) -> None:
        """Give the project another scheme and the labels in its words, a history entry each: all of it, or nothing.

        Predictions are forgotten where a point that they name was ``renamed`` (or removed, None).
        ChangedElsewhereError if a frame is not what was ``expected`` of it.
        """
        with self._write() as db:
            for frame_id, record in records.items():
                if not store_rows.holds(db, frame_id, expected[frame_id]):
                    raise ChangedElsewhereError(self.path)
                store_rows.save_record(db, frame_id, record, text, author)
            store_scheme.put(db, scheme, self.path, renamed)
            if any(name != new for name, new in renamed.items()):
                store_rows.delete_predictions(db, None)

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

    def relink(self, media_id: int, place: Path) -> int:
        """Say where a medium that moved lies now; the number of its frames that are there.

        Raises
        ------
        ProjectError
            If none of its frames is found at ``place``; then nothing is changed.
        """
        medium, place = self._media[media_id], _absolute(place)
        with self._read() as db:
            names = store_rows.names_of(db, media_id)
        found = store_index.found_at(place, medium, names)
        if not found:
            reason = f"none of the {len(names)} frames of {medium.path.name} is there"
            raise ProjectError(place, reason, "Choose the folder or video that moved.")
        with self._write() as db:
            store_index.place_media(db, self.path, medium, place)
            self._media = store_index.media_of(db, self.path)
        self.refresh()
        return found

    def copy_to(
        self,
        target: Path,
        *,
        frame_ids: Sequence[int] | None = None,
        predictions: Predictions = Predictions.LEAVE,
        progress: Callable[[int, int], None] = lambda done, total: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Write this project, or the slice of it with these frames, to a new project file; ProjectError if taken.

        False when it was stopped; then nothing is left of it.
        """
        try:
            with self._read() as db:
                copy_store(db, self.path, _absolute(target), predictions=predictions, frame_ids=frame_ids,
                           progress=progress, should_stop=should_stop)  # fmt: skip
        except CopyStoppedError:
            return False
        return True

    def problems(self) -> list[str]:
        """What is damaged in the file, a sentence each; empty when it is sound. Reads everything."""
        with self._read() as db:
            found = [str(row[0]) for row in db.execute("PRAGMA integrity_check(20)") if row[0] != "ok"]
            return found or store_rows.damaged_records(db)

    def vacuum(self) -> int:
        """Give back the room of what was deleted; the bytes won."""
        with self._read() as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            before = self.path.stat().st_size
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            return before - self.path.stat().st_size

    def last_change(self, frame_id: int | None = None) -> HistoryEntry | None:
        """The newest stored edit of a frame, or of any; None when there is none."""
        with self._read() as db:
            return store_rows.last_change(db, frame_id)

    def frame_ids(self, states: Collection[FrameState] | None = None, text: str = "") -> list[int]:
        """Ids of the frames in media order; only those in one of ``states`` and with ``text`` in their name."""
        with self._read() as db:
            return store_rows.frame_ids(db, states, text)

    def frame_names(self, media_id: int) -> dict[str, bool]:
        """The names of a medium's frames, and whether each was missing when it was last looked for."""
        with self._read() as db:
            return store_rows.names_and_missing(db, media_id)

    def row(self, frame_id: int) -> FrameRow:
        """The frame with this id, as the list shows it."""
        with self._read() as db:
            media_id, position, name, state, missing = store_rows.frame_fields(db, frame_id)
            medium = self._media[media_id]
        path = medium.path if medium.kind is MediaKind.VIDEO else medium.path / name
        return FrameRow(frame_id, media_id, position, name, path, state, missing, medium.kind)

    def state_counts(self) -> dict[FrameState, int]:
        """How many frames are in each state; every state is a key."""
        with self._read() as db:
            return store_rows.state_counts(db)

    def record(self, frame_id: int) -> FrameRecord:
        """What persons said of a frame; empty if nothing.

        Raises
        ------
        ProjectError
            If what is stored is damaged or from a newer version: the frame stays closed rather than appear empty.
        """
        with self._read() as db:
            _, _, name, _, _ = store_rows.frame_fields(db, frame_id)
            document = store_rows.document(db, frame_id)
        try:
            return FrameRecord() if document is None else decode_record(document)
        except RecordError as error:
            reason = f"the labels of {name} cannot be read ({error})"
            raise ProjectError(self.path, reason, "Restore them from the frame's history or a backup.") from error

    def save_record(
        self, frame_id: int, record: FrameRecord, *, text: str, author: str = "", expected: FrameRecord | None = None,
        on_the_way: Sequence[HistoryEntry] = (),
    ) -> None:  # fmt: skip
        """Store what persons said of a frame, with one history entry called ``text``; no entry if nothing changed.

        With ``expected`` only if that is what is stored now, else ChangedElsewhereError and nothing is written.
        Edits ``on_the_way`` to it, made in another project, go into its history.
        """
        with self._write() as db:
            if expected is not None and not store_rows.holds(db, frame_id, expected):
                raise ChangedElsewhereError(self.path)
            store_with_history(db, frame_id, record, on_the_way, text, author)

    def save_records(
        self,
        records: Mapping[int, FrameRecord],
        *,
        text: str,
        author: str = "",
        expected: Mapping[int, FrameRecord],
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        """Store what persons said of many frames at once, a history entry each: all of it, or nothing.

        Others may read meanwhile. What ``progress`` raises is raised, and nothing is written then.

        Raises
        ------
        ChangedElsewhereError
            If one of the frames is not what was ``expected`` of it; nothing is written then.
        """
        ready, ids = store_many.Ready(), list(records)
        try:
            for piece in store_many.pieces(ids):
                with self._read() as db:
                    found = store_many.found_of(db, piece)
                store_many.make_ready(ready, found, records, expected, self._own)
                progress(len(ready.rows) + len(ready.unchanged), len(ids))
            with self._aside() as db:
                store_many.write(db, ready, text, author)
        except store_many.Unlike as error:
            raise ChangedElsewhereError(self.path) from error
        self._own = ready.written

    def documents(self, ids: Sequence[int]) -> dict[int, str | None]:
        """What is stored of frames, as it is stored; for a few hundred at a time."""
        with self._read() as db:
            return {frame_id: document for frame_id, (document, _) in store_many.found_of(db, ids).items()}

    def history(self, frame_id: int) -> list[HistoryEntry]:
        """Every stored edit of a frame, oldest first."""
        with self._read() as db:
            return store_rows.history(db, frame_id)

    def second_answer(self, frame_id: int) -> FrameRecord:
        """What was said of a frame in a blind check that is not done; empty if nothing."""
        with self._read() as db:
            return store_second.read(db, frame_id)

    def unfinished_checks(self) -> list[int]:
        """The accepted frames whose blind check was begun and is not done."""
        with self._read() as db:
            return store_second.unfinished(db)

    def save_second_answer(self, frame_id: int, record: FrameRecord) -> None:
        """Keep what was said of a frame in a blind check so far, apart from its labels; an empty one is forgotten."""
        with self._write() as db:
            store_second.store(db, frame_id, record)


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100  (keeps links, drops "..")
