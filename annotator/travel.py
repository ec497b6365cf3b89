"""Projects travel: two people's work merged, a slice cut out for somebody, backups made while nobody thinks of them.

Frames of two projects are the same where their medium and their own name are the same. A merge copies what only the
other project says, leaves alone what both say, and lists what they say differently; who wins is chosen once.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from annotator.labels import Decision, FrameRecord
from annotator.project import Project, ProjectError
from annotator.store_schema import SUFFIX

__all__ = ["Conflict", "Effect", "MergeReport", "Winner", "back_up", "back_up_if_due", "backups_of", "merge"]

KEPT = 5
DUE_HOURS = 20.0
_FOLDER = "-backups"


class Winner(Enum):
    """Who wins where two projects say different things of a frame: the one open, the other, the later, the reviewer.

    A reviewer's word is an accepted or rejected frame; between two of the same standing the later one wins.
    """

    MINE = "mine"
    THEIRS = "theirs"
    NEWEST = "newest"
    REVIEWER = "reviewer"


class Effect(Enum):
    """Whether a merge is carried out, or only looked at."""

    LOOK = "look"
    STORE = "store"


@dataclass(frozen=True)
class Conflict:
    """A frame of which two projects say different things, and whether the other one's word was taken."""

    frame_id: int
    name: str
    mine: FrameRecord
    theirs: FrameRecord
    taken: bool


@dataclass(frozen=True)
class MergeReport:
    """What a merge did or would do: ids of frames that were filled, conflicts, frames equal already, names unknown."""

    filled: tuple[int, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    equal: int = 0
    unknown: tuple[str, ...] = ()


@dataclass
class _Merge:
    """One merge under way."""

    project: Project
    theirs: Project
    winner: Winner
    author: str
    effect: Effect
    filled: list[int] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    equal: int = 0
    unknown: list[str] = field(default_factory=list)

    def take(self, mine: int, number: int) -> None:
        """Bring in what the other project says of one frame."""
        before, said = self.project.record(mine), self.theirs.record(number)
        if before == said:
            self.equal += 1
            return
        taken = before == FrameRecord() or self._theirs_wins(mine, number)
        if before == FrameRecord():
            self.filled.append(mine)
        else:
            self.conflicts.append(Conflict(mine, self.project.row(mine).name, before, said, taken))
        if taken and self.effect is Effect.STORE:
            last = self.theirs.last_change(number)
            whose = self.author or (last.author if last is not None else "")
            text = f"Merge {self.theirs.path.name}"
            self.project.save_record(mine, said, text=text, author=whose, expected=before)

    def _theirs_wins(self, mine: int, number: int) -> bool:
        if self.winner in (Winner.MINE, Winner.THEIRS):
            return self.winner is Winner.THEIRS
        own, other = (_is_decided(one) for one in (self.project.record(mine), self.theirs.record(number)))
        if self.winner is Winner.REVIEWER and own != other:
            return other
        return _last(self.theirs, number) > _last(self.project, mine)


def _is_decided(record: FrameRecord) -> bool:
    return record.review.decision is not Decision.OPEN


def _last(project: Project, number: int) -> float:
    change = project.last_change(number)
    return 0.0 if change is None else change.when.timestamp()


def merge(
    project: Project,
    other: Path,
    *,
    winner: Winner = Winner.NEWEST,
    author: str = "",
    effect: Effect = Effect.STORE,
    progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> MergeReport:
    """Bring what another project says into this one, one history entry a frame; the other is not changed.

    With `Effect.LOOK` nothing is stored. What was merged stays when stopped; the same merge may be made again.

    Raises
    ------
    ProjectError
        If the other project cannot be opened, labels another scheme, or this one cannot be written.
    """
    with Project.look_into(other) as theirs:
        if theirs.scheme_id != project.scheme_id:
            reason = f"it labels {theirs.scheme_id}, this project {project.scheme_id}"
            raise ProjectError(other, reason, "Merge projects of one scheme.")
        merging, own = _Merge(project, theirs, winner, author, effect), _by_name(project)
        numbers = [number for number in theirs.frame_ids() if theirs.record(number) != FrameRecord()]
        for done, number in enumerate(numbers):
            if should_stop():
                break
            name = _name(theirs, number)
            if name in own:
                merging.take(own[name], number)
            else:
                merging.unknown.append("/".join(name))
            progress(done + 1, len(numbers))
    found = merging.filled, merging.conflicts, merging.unknown
    return MergeReport(tuple(found[0]), tuple(found[1]), merging.equal, tuple(found[2]))


def _by_name(project: Project) -> Mapping[tuple[str, str], int]:
    return {_name(project, number): number for number in project.frame_ids()}


def _name(project: Project, number: int) -> tuple[str, str]:
    row = project.row(number)
    medium = next(medium.path.name for medium in project.media() if medium.id == row.media_id)
    return medium, row.name


def backups_of(project: Path) -> list[Path]:
    """The backups of a project, newest first."""
    folder = project.with_name(project.name + _FOLDER)
    return sorted(folder.glob(f"*{SUFFIX}"), reverse=True) if folder.is_dir() else []


def back_up(project: Project, *, keep: int = KEPT, now: float | None = None) -> Path:
    """Write a backup beside the project and drop the oldest beyond ``keep``; predictions, which can be made again, not.

    Raises
    ------
    ProjectError
        If it cannot be written.
    """
    stamp = time.strftime("%Y-%m-%d %H.%M.%S", time.localtime(time.time() if now is None else now))
    folder = project.path.with_name(project.path.name + _FOLDER)
    target = folder / f"{stamp}{SUFFIX}"
    try:
        folder.mkdir(exist_ok=True)
        again = 1
        while target.exists():
            again += 1
            target = folder / f"{stamp} {again}{SUFFIX}"
        project.copy_to(target)
    except (OSError, sqlite3.Error) as error:
        reason = f"a backup cannot be written ({error})"
        raise ProjectError(target, reason, "Check the folder and the space on the disk.") from error
    for old in backups_of(project.path)[keep:]:
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
