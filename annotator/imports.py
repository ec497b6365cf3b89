"""Labels of other programs brought into a project: planned first, for a person to look at, then carried out.

An import is a merge. Nothing that a person said in the project is lost by it: what is new is added, what is the same
stays, and where both say something else the person decides once for all conflicts. Between plan and carrying out a
frame may change; then it is left alone and said so.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from annotator.formats.documents import Finding, FormatError
from annotator.frames import FrameSource, MediaError
from annotator.label_files import Offer, offers, read_labels, said_of
from annotator.labels import FrameLabels, FrameRecord, Instance, KeypointLabel, Point, Visibility
from annotator.matching import FrameNames, NoMatch
from annotator.project import ChangedElsewhereError, Project, ProjectError
from annotator.scheme import Scheme

__all__ = ["Change", "Conflicts", "ImportPlan", "ImportReport", "Planned", "carry_out", "plan_import", "read_labels"]

if TYPE_CHECKING:
    from annotator.export.answers import Answer

Progress = Callable[[int, int], None]
ShouldStop = Callable[[], bool]
FOREIGN = "foreign."
"""Before the name of a format: the project's setting with what the first imported file said of itself."""
SAME = 0.01
"""Pixels within which two positions are the same: formats round."""
ROUNDED, SHAKEN = 0.02, 0.01
"""Pixels, and parts of its standard deviation, within which a point is where lines have it: their clicks round too."""
_KNOWN = "Give SoccerNet, COCO, MPII, CVAT, YOLO-pose, DeepLabCut or Lightning Pose files, documents or a training set."


class Change(Enum):
    """What an import would do with a frame."""

    ADD = "add"
    CHANGE = "change"
    CONFLICT = "conflict"
    UNTOUCHED = "untouched"


class Conflicts(Enum):
    """What happens where project and file say something else: the project's words stay, or the file's come in."""

    KEEP = "keep"
    TAKE = "take"


@dataclass(frozen=True)
class Planned:
    """What is planned for one frame.

    ``record`` is what the project has now; ``merged`` its labels with what is new, ``taken`` the same with the file's
    words where both say something else; ``disputed`` names these keypoints and markings.
    """

    frame_id: int
    name: str
    change: Change
    record: FrameRecord
    merged: FrameLabels
    taken: FrameLabels
    added: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportPlan:
    """Frames in the order of the files, and what cannot be used or has no frame.

    ``foreign`` is what the files say of themselves, by format, to be written back by an export.
    """

    title: str
    frames: tuple[Planned, ...] = ()
    findings: tuple[Finding, ...] = ()
    foreign: Mapping[str, Any] = field(default_factory=dict)

    @property
    def counts(self) -> Mapping[Change, int]:
        """Frames by what would happen to them; every kind is a key."""
        found = Counter(frame.change for frame in self.frames)
        return {change: found[change] for change in Change}


@dataclass(frozen=True)
class _Draft:
    """A plan, what the files say of the frame, and its (width, height)."""

    planned: Planned
    said: Instance
    size: tuple[int, int]


@dataclass(frozen=True)
class ImportReport:
    """What was done: ids of the frames that changed, and frames left alone because they changed meanwhile."""

    changed: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()


def plan_import(
    project: Project,
    paths: Sequence[Path],
    *,
    scheme: Scheme | None = None,
    progress: Progress = lambda done, total: None,
    should_stop: ShouldStop = lambda: False,
) -> ImportPlan | None:
    """What bringing these files in would do, without doing it; None when stopped. The scheme is the project's own.

    Raises
    ------
    FormatError
        If none of the files can be read.
    """
    findings: list[Finding] = []
    scheme = scheme or project.scheme
    found_offers = list(offers(paths, scheme, findings))
    if not found_offers:
        first = findings[0] if findings else Finding(paths[0] if paths else Path(), "", "there is nothing to import")
        raise FormatError(first.path, first.reason, _KNOWN)
    title = paths[0].name if len(paths) == 1 else f"{len(paths)} files"
    if not scheme.has_football:
        from annotator.import_things import plan_things

        return plan_things(project, found_offers, scheme, title, findings, progress, should_stop)
    names, pixels = FrameNames(project), FrameSource(max_frames=2)
    planned: dict[int, _Draft] = {}
    try:
        for done, offer in enumerate(found_offers):
            if should_stop():
                return None
            found = _planned(project, offer, names, pixels, scheme, findings)
            if found is not None:
                number = found.planned.frame_id
                planned[number] = _joined(planned[number], found, offer, findings) if number in planned else found
            progress(done + 1, len(found_offers))
    finally:
        pixels.close()
    frames = _without_what_follows(list(planned.values()), should_stop)
    return None if frames is None else ImportPlan(title, frames, tuple(findings))


def _without_what_follows(drafts: Sequence[_Draft], should_stop: ShouldStop) -> tuple[Planned, ...] | None:
    """The plans without points that follow from lines anyway; None when stopped.

    Whoever exports writes every point, crossings too. Brought back, these must not stand as if a person had placed
    them: they would no longer follow the lines.
    """
    from annotator.export.answers import Asked, StoppedError, answers

    asked: list[Asked] = []
    whose: list[int] = []
    for at, draft in enumerate(drafts):
        own = draft.planned.record.labels.pitch
        theirs = Instance(markings=draft.said.markings)
        if any(name not in own.keypoints for name in draft.said.keypoints):
            known = [one for one in (own, theirs) if one.markings]
            asked += [Asked(one, draft.size) for one in known]
            whose += [at] * len(known)
    following: dict[int, list[Answer]] = {}
    try:
        for at, found in zip(whose, answers(asked, should_stop=should_stop), strict=True):
            following.setdefault(at, []).append(found)
    except StoppedError:
        return None
    return tuple(_thinned(draft, following.get(at, ())) for at, draft in enumerate(drafts))


def _thinned(draft: _Draft, following: Sequence[Answer]) -> Planned:
    plan, own = draft.planned, draft.planned.record.labels.pitch

    def follows(name: str, label: KeypointLabel) -> bool:
        points = [found.keypoints[name] for found in following if name in found.keypoints]
        return label.visibility is Visibility.VISIBLE and any(
            point.position is not None
            and label.position is not None
            and math.dist(point.position, label.position) <= ROUNDED + SHAKEN * (point.sd or 0.0)
            for point in points
        )

    rest = {n: label for n, label in draft.said.keypoints.items() if n in own.keypoints or not follows(n, label)}
    if len(rest) == len(draft.said.keypoints):
        return plan
    return _merge(plan.frame_id, plan.name, plan.record, replace(draft.said, keypoints=rest))


def _joined(first: _Draft, second: _Draft, offer: Offer, findings: list[Finding]) -> _Draft:
    """One plan of what two files say of one frame, such as its lines and its points; the first stands."""
    frame, before, after = first.planned, first.said, second.said
    twice = [n for n, label in after.keypoints.items() if n in before.keypoints and label != before.keypoints[n]]
    twice += [n for n, at in after.markings.items() if n in before.markings and at != before.markings[n]]
    if twice:
        findings.append(Finding(offer.path, frame.name, f"is labelled twice ({twice[0]}); the first is used"))
    said = Instance(
        keypoints={**after.keypoints, **before.keypoints}, markings={**after.markings, **before.markings}
    )
    return _Draft(_merge(frame.frame_id, frame.name, frame.record, said), said, first.size)


def _planned(
    project: Project,
    offer: Offer,
    names: FrameNames,
    pixels: FrameSource,
    scheme: Scheme,
    findings: list[Finding],
) -> _Draft | None:
    row = names.find(PurePosixPath(offer.frame.name))
    if isinstance(row, NoMatch):
        findings.append(Finding(offer.path, "" if offer.is_of_a_frame else offer.frame.name, row.reason))
        return None
    try:
        record, size = project.record(row.id), pixels.size(row)
    except (ProjectError, MediaError) as error:
        findings.append(Finding(offer.path, row.name, error.reason))
        return None
    if offer.frame.size is not None and offer.frame.size != size:
        width, height = offer.frame.size
        reason = f"is labelled at {width}x{height}, the frame has {size[0]}x{size[1]}; it is left out"
        findings.append(Finding(offer.path, offer.frame.name, reason))
        return None
    said = said_of(offer, size, scheme, findings)
    return None if said is None else _Draft(_merge(row.id, row.name, record, said), said, size)


def _merge(frame_id: int, name: str, record: FrameRecord, said: Instance) -> Planned:
    own = record.labels.pitch
    disputed = [n for n, label in said.keypoints.items() if n in own.keypoints and not agree(own.keypoints[n], label)]
    disputed += [n for n, at in said.markings.items() if n in own.markings and not _same_clicks(own.markings[n], at)]
    added = [n for n in said.keypoints if n not in own.keypoints] + [n for n in said.markings if n not in own.markings]
    merged = replace(
        own, keypoints={**said.keypoints, **own.keypoints}, markings={**said.markings, **own.markings}
    )
    contested = frozenset(disputed)
    taken = replace(
        merged,
        keypoints={n: said.keypoints[n] if n in contested else label for n, label in merged.keypoints.items()},
        markings={n: said.markings[n] if n in contested else at for n, at in merged.markings.items()},
        unchecked=merged.unchecked - contested,
        carried=merged.carried - contested,
    )
    change = Change.ADD if own.is_empty else Change.CHANGE if added else Change.UNTOUCHED
    change = Change.CONFLICT if disputed else change
    both = (record.labels.with_instance(merged), record.labels.with_instance(taken))
    return Planned(frame_id, name, change, record, *both, tuple(added), tuple(disputed))


def agree(own: KeypointLabel, other: KeypointLabel) -> bool:
    """Whether two words about a keypoint come to the same, but for what formats round."""
    if own.position is None or other.position is None:
        return own.position == other.position and own.visibility == other.visibility
    mine, theirs = (said.visibility or Visibility.VISIBLE for said in (own, other))
    return _near(own.position, other.position) and mine is theirs


def _near(first: Point, second: Point) -> bool:
    return max(abs(first[0] - second[0]), abs(first[1] - second[1])) <= SAME


def _same_clicks(first: Sequence[Point], second: Sequence[Point]) -> bool:
    return len(first) == len(second) and all(map(_near, first, second))


def carry_out(
    project: Project,
    plan: ImportPlan,
    *,
    conflicts: Conflicts = Conflicts.KEEP,
    taken: Collection[int] = (),
    author: str = "",
    progress: Progress = lambda done, total: None,
    should_stop: ShouldStop = lambda: False,
) -> ImportReport:
    """Do what was planned, one history entry a frame; what is done stays when stopped, and may be planned again.

    ``conflicts`` decides for all frames but those whose ids are in ``taken``: there the file's words come in.

    Raises
    ------
    ProjectError
        If the project cannot be written.
    """
    changed: list[int] = []
    findings: list[Finding] = []
    for done, frame in enumerate(plan.frames):
        if should_stop():
            break
        is_taken = conflicts is Conflicts.TAKE or frame.frame_id in taken
        labels = frame.taken if is_taken else frame.merged
        if labels != frame.record.labels:
            record = FrameRecord(labels, frame.record.review)
            text = f"Import {plan.title}"
            try:
                project.save_record(frame.frame_id, record, text=text, author=author, expected=frame.record)
                changed.append(frame.frame_id)
            except ChangedElsewhereError:
                reason = "changed since the import was planned and is left alone"
                findings.append(Finding(project.path, frame.name, reason))
        progress(done + 1, len(plan.frames))
    for name, document in plan.foreign.items():
        if not project.setting(FOREIGN + name, {}):
            project.set_setting(FOREIGN + name, document)
    return ImportReport(tuple(changed), tuple(findings))
