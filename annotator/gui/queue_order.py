"""The rows of the review queue in their order: a pure function of what is known, what is asked for, and the sorting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from annotator.review import FrameSigns, Kind, Sign, rank
from annotator.review.bones import with_bones
from annotator.review.entries import Entry
from annotator.review.query import Query, facts_of
from annotator.review.second_answers import due_checks

if TYPE_CHECKING:
    from annotator.project import Project

BY_SURPRISE = "surprise"
BY_FILE = "file"
Sorting = str | Kind
"""`BY_SURPRISE`, `BY_FILE`, or the kind of sign whose largest values come first."""
NOTHING_KNOWN = 0.0
FIRST_CHECK, EACH = 6, 12
"""Rows before the first blind check, and between two of them."""


@dataclass(frozen=True)
class Row:
    """A row of the queue; ``blind`` asks for the frame's labels once more, without those it has."""

    frame_id: int
    blind: bool = False


def ordered(
    project: Project, entries: Mapping[int, Entry], *, query: Query, sorting: Sorting
) -> tuple[list[Row], Mapping[int, tuple[Sign, ...]]]:
    """The rows, and why to look at each frame, gravest reason first.

    Sorted by surprise, the frames whose blind check is due come in between, and at no other place.
    """
    ids = project.frame_ids()
    entries = _with_bones(entries)
    ranked = rank([entries[i].signs if i in entries else FrameSigns(i) for i in ids])
    reasons = {one.frame_id: one.reasons for one in ranked}
    if sorting == BY_SURPRISE:
        ids = [one.frame_id for one in ranked]
    elif isinstance(sorting, Kind):
        ids = _by_kind(ids, entries, sorting)
        reasons = {i: _first(reasons[i], sorting) for i in ids}
    blind = due_checks(project) if sorting == BY_SURPRISE else []
    apart = set(blind)
    splits = _splits(project) if "split:" in query.text.casefold() else {}
    scheme = project.scheme
    names = frozenset((*scheme.keypoints, *(one.name for one in scheme.attributes)))
    fits = partial(_fits, project, query=query, splits=splits, names=names)
    listed = [i for i in ids if i not in apart and (not query.tests or fits(i, entries.get(i)))]
    return mixed(listed, blind), reasons


def _with_bones(entries: Mapping[int, Entry]) -> dict[int, Entry]:
    """The entries, implausible lengths told: only many frames together say what is usual."""
    told = with_bones([entry.signs for entry in entries.values()])
    rows = zip(entries.items(), told, strict=True)
    return {i: entry if signs is entry.signs else replace(entry, signs=signs) for (i, entry), signs in rows}


def mixed(listed: Sequence[int], blind: Sequence[int]) -> list[Row]:
    """The rows with a blind check in between now and then."""
    rows, waiting = [], list(blind)
    for place, frame_id in enumerate(listed):
        if waiting and place >= FIRST_CHECK and (place - FIRST_CHECK) % EACH == 0:
            rows.append(Row(waiting.pop(0), blind=True))
        rows.append(Row(frame_id))
    return rows + [Row(frame_id, blind=True) for frame_id in waiting]


def _by_kind(ids: Sequence[int], entries: Mapping[int, Entry], kind: Kind) -> list[int]:
    values = {i: entry.value(kind) for i, entry in entries.items()}

    def key(frame_id: int) -> float:
        value = values.get(frame_id)
        return 1.0 if value is None else -value

    return sorted(ids, key=key)


def _first(reasons: tuple[Sign, ...], kind: Kind) -> tuple[Sign, ...]:
    """The reasons with those of one kind before the others."""
    return tuple(sorted(reasons, key=lambda sign: sign.kind is not kind))


def _fits(
    project: Project, frame_id: int, entry: Entry | None, *, query: Query, splits: Mapping[int, str],
    names: frozenset[str],
) -> bool:
    row = project.row(frame_id)
    known = entry or Entry(FrameSigns(frame_id))
    missing = names - known.present
    split = splits.get(frame_id, "")
    return query.matches(facts_of(known.signs, name=row.name, state=row.state, split=split, missing=missing))


def _splits(project: Project) -> Mapping[int, str]:
    """The split that an export with the usual choices would put every frame into."""
    from annotator.export.splits import Splits, plan_splits

    return plan_splits(project, [project.row(i) for i in project.frame_ids()], Splits()).splits
