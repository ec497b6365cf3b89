"""Two people's projects made one: what only the other says comes in, what both say differently is decided.

Frames of two projects are the same where their medium and their own name are the same. A merge is planned first, which
stores nothing, and carried out as a person decided about each frame of which the two say different things.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path

from annotator.dismissals import take_dismissed
from annotator.labels import Decision, FrameRecord
from annotator.merging_history import fresh_entries, take_rechecks
from annotator.project import ChangedElsewhereError, FrameRow, Project, ProjectError

__all__ = [
    "Conflict",
    "Difference",
    "Effect",
    "MergePlan",
    "MergeReport",
    "Said",
    "Winner",
    "carry_out",
    "merge",
    "plan_merge",
]

Progress = Callable[[int, int], None]
ShouldStop = Callable[[], bool]


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
class Said:
    """What a project says of a frame, when that was last changed (UTC; None if never) and by whom ("" if unknown)."""

    record: FrameRecord
    when: datetime | None = None
    author: str = ""

    @property
    def is_decided(self) -> bool:
        """True for a reviewer's word: accepted or rejected."""
        return self.record.review.decision in (Decision.ACCEPTED, Decision.REJECTED)


@dataclass(frozen=True)
class Difference:
    """A frame of which the other project says something else than this one; ``mine`` is empty where it fills it."""

    frame_id: int
    name: str
    mine: Said
    theirs: Said
    there: int = 0
    """Its id in the other project."""

    def theirs_wins(self, winner: Winner) -> bool:
        """Whether the other project's word would be taken under this rule."""
        if winner in (Winner.MINE, Winner.THEIRS):
            return winner is Winner.THEIRS
        if winner is Winner.REVIEWER and self.mine.is_decided != self.theirs.is_decided:
            return self.theirs.is_decided
        mine, theirs = (0.0 if said.when is None else said.when.timestamp() for said in (self.mine, self.theirs))
        return theirs > mine


@dataclass(frozen=True)
class MergePlan:
    """What a merge with the project at ``other`` would do; ``equal`` counts frames, ``unknown`` names those not here.

    Of the frames in ``fills`` only the other project says something; in ``conflicts`` both do, and not the same.
    """

    other: Path
    fills: tuple[Difference, ...] = ()
    conflicts: tuple[Difference, ...] = ()
    equal: int = 0
    unknown: tuple[str, ...] = ()

    def taken(self, winner: Winner) -> frozenset[int]:
        """The conflicts, by frame, in which the other project's word is taken under this rule."""
        return frozenset(one.frame_id for one in self.conflicts if one.theirs_wins(winner))

    @property
    def text(self) -> str:
        """What the merge is called in the history of frames."""
        return f"Merge {self.other.name}"


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
    """What a merge did or would do: ids of frames that were filled, conflicts, frames equal already, names unknown.

    ``stored`` holds the ids of all frames that were changed, ``left`` the names of those that somebody changed between
    plan and merge, which were left alone.
    """

    filled: tuple[int, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    equal: int = 0
    unknown: tuple[str, ...] = ()
    stored: tuple[int, ...] = ()
    left: tuple[str, ...] = ()


def plan_merge(
    project: Project,
    other: Path,
    *,
    progress: Progress = lambda done, total: None,
    should_stop: ShouldStop = lambda: False,
) -> MergePlan | None:
    """What a merge with another project would do; nothing is stored. None when it was stopped.

    Raises
    ------
    ProjectError
        If the other project cannot be opened, is this one, labels another scheme, or a record cannot be read.
    """
    with Project.look_into(other) as theirs:
        _check(project, theirs)
        own = _Names(project)
        fills: list[Difference] = []
        conflicts: list[Difference] = []
        unknown: list[str] = []
        equal, numbers = 0, theirs.frame_ids()
        media = _media_names(theirs)
        for done, number in enumerate(numbers, start=1):
            if should_stop():
                return None
            record = theirs.record(number)
            if record != FrameRecord():
                row = theirs.row(number)
                here = own.find(media[row.media_id], row)
                if here is None:
                    unknown.append(f"{media[row.media_id]}/{row.name}")
                elif (mine := project.record(here)) == record:
                    equal += 1
                else:
                    group = fills if mine == FrameRecord() else conflicts
                    name = row.name if len(media) == 1 else f"{media[row.media_id]}/{row.name}"
                    both = _said(project, here, mine), _said(theirs, number, record)
                    group.append(Difference(here, name, *both, number))
            progress(done, len(numbers))
        return MergePlan(theirs.path, tuple(fills), tuple(conflicts), equal, tuple(unknown))


def carry_out(
    project: Project,
    plan: MergePlan,
    *,
    taken: Collection[int],
    author: str = "",
    progress: Progress = lambda done, total: None,
    should_stop: ShouldStop = lambda: False,
) -> MergeReport:
    """Do what was planned; ``taken`` holds the conflicts in which the other's word is taken.

    A frame brings its history along; the other's blind re-checks (`annotator.merging_history`) and the predictions
    dismissed there come too. What was
    merged stays when stopped; the same merge may be made again. With ``author`` the changes are theirs, else whose they
    were in the other project.

    Raises
    ------
    ProjectError
        If the project cannot be written.
    """
    chosen = [*plan.fills, *(one for one in plan.conflicts if one.frame_id in taken)]
    stored: list[int] = []
    left: list[str] = []
    with Project.look_into(plan.other) as theirs:
        for done, one in enumerate(chosen, start=1):
            if should_stop():
                break
            whose, said = author or one.theirs.author, one.theirs.record
            # What was said there since the plan was made is for the next merge.
            as_planned = theirs.record(one.there) == said
            entries = fresh_entries(project, one.frame_id, theirs, one.there) if as_planned else ()
            try:
                project.save_record(one.frame_id, said, text=plan.text, author=whose, expected=one.mine.record,
                                    on_the_way=entries)  # fmt: skip
                stored.append(one.frame_id)
            except ChangedElsewhereError:
                left.append(one.name)
            progress(done, len(chosen))
        take_rechecks(project, theirs)
        take_dismissed(project, theirs, _same_frames(project, theirs))
    return _report(plan, stored, left)


def merge(
    project: Project,
    other: Path,
    *,
    winner: Winner = Winner.NEWEST,
    author: str = "",
    effect: Effect = Effect.STORE,
) -> MergeReport:
    """Plan a merge and carry it out under one rule; with `Effect.LOOK` nothing is stored, and it says what would be.

    Raises
    ------
    ProjectError
        As `plan_merge` and `carry_out`.
    """
    plan = plan_merge(project, other)
    assert plan is not None
    taken = plan.taken(winner)
    if effect is Effect.LOOK:
        return _report(plan, [*(one.frame_id for one in plan.fills), *taken], ())
    return carry_out(project, plan, taken=taken, author=author)


def _report(plan: MergePlan, stored: Sequence[int], left: Sequence[str]) -> MergeReport:
    done = set(stored)
    conflicts = tuple(
        Conflict(one.frame_id, one.name, one.mine.record, one.theirs.record, one.frame_id in done)
        for one in plan.conflicts
    )
    filled = tuple(one.frame_id for one in plan.fills if one.frame_id in done)
    return MergeReport(filled, conflicts, plan.equal, plan.unknown, tuple(stored), tuple(left))


def _check(project: Project, theirs: Project) -> None:
    if theirs.path.exists() and project.path.exists() and theirs.path.samefile(project.path):
        raise ProjectError(theirs.path, "this is the project that is open", "Choose another one.")
    if theirs.scheme_id != project.scheme_id:
        reason = f"it labels {theirs.scheme_id}, this project {project.scheme_id}"
        raise ProjectError(theirs.path, reason, "Merge projects of one scheme.")
    if theirs.scheme.keypoints != project.scheme.keypoints:
        reason = f"its {project.scheme_id} has other points than that of this project"
        advice = "Change the scheme of one of them first (project scheme)."
        raise ProjectError(theirs.path, reason, advice)


def _said(project: Project, number: int, record: FrameRecord) -> Said:
    change = project.last_change(number)
    return Said(record) if change is None else Said(record, change.when, change.author)


def _same_frames(project: Project, theirs: Project) -> dict[int, int]:
    """The frames of this project by their ids in the other."""
    names, media = _Names(project), _media_names(theirs)
    rows = (theirs.row(number) for number in theirs.all_dismissed())
    found = {row.id: names.find(media[row.media_id], row) for row in rows}
    return {there: here for there, here in found.items() if here is not None}


def _media_names(project: Project) -> dict[int, str]:
    return {medium.id: medium.path.name for medium in project.media()}


class _Names:
    """The frames of a project by medium and name; where several media share a name, by where they lie too."""

    def __init__(self, project: Project) -> None:
        media = _media_names(project)
        self._rows: dict[tuple[str, str], list[FrameRow]] = {}
        for number in project.frame_ids():
            row = project.row(number)
            self._rows.setdefault((media[row.media_id], row.name), []).append(row)

    def find(self, medium: str, row: FrameRow) -> int | None:
        """The frame that another project's one is here; None if there is none, or nobody can tell which."""
        found = self._rows.get((medium, row.name), [])
        if len(found) > 1:
            found = [one for one in found if one.path == row.path]
        return found[0].id if len(found) == 1 else None
