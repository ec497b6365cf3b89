"""Backups of a project, made while nobody thinks of them, and the way back to one of them.

They lie in a folder beside the project. Going back keeps what is replaced there too: nothing is ever lost by it.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from annotator.labels import FrameState
from annotator.project import Project, ProjectError
from annotator.store_schema import SUFFIX

__all__ = [
    "Backup",
    "back_up",
    "back_up_if_due",
    "backups_of",
    "is_backup",
    "is_in_use",
    "look_at_backup",
    "project_of",
    "restore",
]

KEPT = 5
DUE_HOURS = 20.0
_FOLDER = "-backups"
_STAMP = "%Y-%m-%d %H.%M.%S"
_BEFORE = " before going back"
_LABELLED = (FrameState.DRAFT, FrameState.ACCEPTED, FrameState.REJECTED, FrameState.LOOK_AGAIN)


@dataclass(frozen=True)
class Backup:
    """One backup: when it was made (local time), its size in bytes, how many of its frames a person spoke of.

    ``replaced`` says that it is a project that gave way to a backup; ``problem`` why it cannot be used, or is empty.
    """

    path: Path
    when: datetime
    size: int
    frames: int = 0
    labelled: int = 0
    accepted: int = 0
    replaced: bool = False
    problem: str = ""


def backups_of(project: Path) -> list[Path]:
    """The backups of a project, newest first."""
    folder = _folder(project)
    return sorted(folder.glob(f"*{SUFFIX}"), reverse=True) if folder.is_dir() else []


def is_backup(path: Path) -> bool:
    """Whether a project file lies where backups are kept: it may give way to a newer one."""
    return path.suffix == SUFFIX and path.parent.name.endswith(SUFFIX + _FOLDER)


def project_of(backup: Path) -> Path:
    """The project that a backup is of."""
    return backup.parent.with_name(backup.parent.name.removesuffix(_FOLDER))


def _folder(project: Path) -> Path:
    return project.with_name(project.name + _FOLDER)


def _free_name(project: Path, what: str, now: float | None = None) -> Path:
    """A name for a backup that nothing has yet, in the folder of backups, which is made."""
    folder = _folder(project)
    folder.mkdir(exist_ok=True)
    stamp = time.strftime(_STAMP, time.localtime(time.time() if now is None else now))
    again, target = 1, folder / f"{stamp}{what}{SUFFIX}"
    while target.exists():
        again += 1
        target = folder / f"{stamp} {again}{what}{SUFFIX}"
    return target


def back_up(project: Project, *, keep: int = KEPT, now: float | None = None) -> Path:
    """Write a backup beside the project and drop the oldest beyond ``keep``; predictions, which can be made again, not.

    Raises
    ------
    ProjectError
        If it cannot be written.
    """
    target = _folder(project.path)
    try:
        target = _free_name(project.path, "", now)
        project.copy_to(target)
    except (OSError, sqlite3.Error) as error:
        reason = f"a backup cannot be written ({error})"
        raise ProjectError(target, reason, "Check the folder and the space on the disk.") from error
    made = [path for path in backups_of(project.path) if not path.stem.endswith(_BEFORE)]
    for old in made[keep:]:
        with suppress(OSError):
            old.unlink()
    return target


def back_up_if_due(project: Project, *, hours: float = DUE_HOURS, now: float | None = None) -> Path | None:
    """Back up if something changed since the last backup and that is some hours old; None where not.

    Raises
    ------
    ProjectError
        If it cannot be written.
    """
    moment = time.time() if now is None else now
    last = project.last_change()
    if last is None:
        return None
    newest = next(iter(backups_of(project.path)), None)
    if newest is not None:
        made = newest.stat().st_mtime
        if last.when.timestamp() <= made or moment - made < hours * 3600.0:
            return None
    return back_up(project, now=moment)


def look_at_backup(path: Path) -> Backup:
    """What a backup holds; one that cannot be read says why."""
    replaced = path.stem.endswith(_BEFORE)
    when = datetime.fromtimestamp(path.stat().st_mtime)
    stamp = re.match(r"\d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d", path.stem)
    with suppress(ValueError):
        when = datetime.strptime(stamp[0], _STAMP) if stamp else when
    size = path.stat().st_size
    try:
        with Project.look_into(path) as backup:
            counts = backup.state_counts()
    except ProjectError as error:
        return Backup(path, when, size, replaced=replaced, problem=error.reason)
    labelled = sum(counts[state] for state in _LABELLED)
    return Backup(path, when, size, sum(counts.values()), labelled, counts[FrameState.ACCEPTED], replaced)


def is_in_use(project: Path) -> bool:
    """Whether a window or a command has a project open now; a file that is no project, or none, is not."""
    if not project.exists():
        return False
    try:
        with closing(sqlite3.connect(project, isolation_level=None, timeout=0.0)) as db:
            # SQLite gives up its log only for one who is alone with the file.
            db.execute("PRAGMA journal_mode=DELETE").fetchone()
            db.execute("PRAGMA journal_mode=WAL").fetchone()
    except sqlite3.OperationalError as error:
        return "locked" in str(error)
    except sqlite3.Error:
        return False
    return False


def restore(project: Path, backup: Path) -> Path | None:
    """Put a backup in the place of a project that nobody has open; where that, as it was, is kept now.

    What networks saw of the same frames goes along, where the project that is replaced can be read. None where there
    was no project any more.

    Raises
    ------
    ProjectError
        If the backup is damaged or the place cannot be written; then the project is as it was.
    """
    building = project.with_name(f".{project.stem}.{os.getpid()}{SUFFIX}")
    try:
        _remove(building)
        with Project.look_into(backup) as source:
            problems = source.problems()
            if problems:
                raise ProjectError(backup, problems[0], "Choose another backup.")
            source.copy_to(building)
        if not project.exists():
            building.replace(project)
            return None
        _take_predictions(project, building)
        kept = _free_name(project, _BEFORE)
        _swap(project, building, kept)
    except (OSError, sqlite3.Error) as error:
        reason = f"the backup cannot be put in its place ({error})"
        raise ProjectError(project, reason, "Check the folder and the space on the disk.") from error
    finally:
        with suppress(OSError):
            _remove(building)
    return kept


def _logs(path: Path) -> tuple[Path, ...]:
    """The files that SQLite keeps beside one that is open, or was when the program died."""
    return tuple(path.with_name(f"{path.name}-{name}") for name in ("wal", "shm"))


def _remove(path: Path) -> None:
    for file in (path, *_logs(path)):
        file.unlink(missing_ok=True)


def _take_predictions(project: Path, building: Path) -> None:
    """Copy what networks saw to the frames that are the same there; nothing where the project is damaged."""
    with suppress(sqlite3.Error, ProjectError), closing(sqlite3.connect(building, isolation_level=None)) as db:
        # Opening it as a project brings what is in its log into the file, and refuses a damaged one.
        Project.look_into(project).close()
        db.execute("ATTACH ? AS replaced", (str(project),))
        db.execute("BEGIN")
        db.execute(
            "INSERT OR IGNORE INTO prediction(frame_id, network, data) SELECT old.frame_id, old.network, old.data "
            "FROM replaced.prediction AS old JOIN replaced.frame AS was ON was.id=old.frame_id "
            "JOIN frame ON frame.id=was.id AND frame.media_id=was.media_id AND frame.name=was.name ORDER BY old.id"
        )
        db.execute(
            "UPDATE frame SET state=? WHERE state=? AND id IN (SELECT frame_id FROM prediction)",
            (FrameState.PREDICTED.value, FrameState.UNSEEN.value),
        )
        db.execute("COMMIT")
        db.execute("DETACH replaced")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _swap(project: Path, building: Path, kept: Path) -> None:
    """Keep a project under another name and put one in its place; at no moment is there none, where links work."""
    for log, name in zip(_logs(project), _logs(kept), strict=True):
        if log.exists():
            log.replace(name)
    try:
        kept.hardlink_to(project)
    except OSError:
        project.replace(kept)
    building.replace(project)
