"""Labels of many things a frame brought into a project: every thing of a file meets the one of the project that it is.

By the number that the file or an earlier import of it gave, else by likeness: object keypoint similarity of the points,
overlap of the boxes. What is new is added; a thing that none of the project's is like is added whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from annotator.formats.coco_edits import numbered
from annotator.formats.documents import Finding, FormatError
from annotator.formats.exchange import ExchangeFile, ExchangeFrame
from annotator.frames import FrameSource, MediaError
from annotator.imports import SAME, Change, ImportPlan, Planned, agree
from annotator.instance_points import similarity
from annotator.instances import Box, labelled_points, next_id, present
from annotator.label_files import MANIFEST, Offer, offers, read_labels
from annotator.labels import FrameLabels, FrameRecord, Instance, KeypointLabel, Origin
from annotator.matching import FrameNames, NoMatch
from annotator.project import Project, ProjectError
from annotator.scheme import Attribute, AttributeScope, AttributeValue, Scheme
from annotator.scheme_document import parse_scheme, suggested_mirror
from annotator.schemes import known_schemes, scheme_of
from model.people import InstancePrediction

__all__ = ["other_scheme", "plan_things", "scheme_in"]

_KEYS = {"coco": "annotation"}
"""Formats whose objects carry an id of their own, and where."""


def scheme_in(paths: Sequence[Path]) -> Scheme | None:
    """The scheme that label files name: a known one with their keypoints, else the one that they describe.

    None where none of them says anything of it, or the pitch is meant.
    """
    for path in paths:
        if path.is_dir() and not any((path / name).exists() for name in ("data.yaml", MANIFEST)):
            continue
        try:
            read = read_labels(path)
        except FormatError:
            continue
        found = _scheme_of(read, path)
        if found is not None:
            return None if found.has_football else found
    return None


def other_scheme(project: Project, paths: Sequence[Path]) -> Scheme | None:
    """The scheme of label files of the project's frames, where it names other points than the project's; else None."""
    names = FrameNames(project)
    for offer in offers(paths, project.scheme, []):
        if not isinstance(names.find(PurePosixPath(offer.frame.name)), NoMatch):
            found = scheme_of("pitch-57") if offer.read is None else _scheme_of(offer.read, offer.path)
            return None if found is None or found.keypoints == project.scheme.keypoints else found
    return None


def _scheme_of(read: ExchangeFile, path: Path) -> Scheme | None:
    """A known scheme with the keypoints of a file, else the one that it describes; None where that is none."""
    known = {scheme.keypoints: scheme for scheme in reversed(known_schemes().values())}
    found = known.get(read.keypoints)
    if found is not None:
        return found
    pitch = scheme_of("pitch-57")
    if not read.described and any(name in pitch.index for name in read.keypoints):
        return None
    try:
        return parse_scheme(read.described or _named(read, path))
    except ValueError:
        return None


def _named(read: ExchangeFile, path: Path) -> dict[str, Any]:
    """A scheme document of the keypoints that a file names and says no more of."""
    names, mirror = read.keypoints, suggested_mirror(read.keypoints)
    many = any(len(frame.instances) > 1 for frame in read.frames)
    return {
        "id": path.stem,
        "title": f"{path.stem}, {len(names)} points",
        "instances": "many" if many else "one",
        "keypoints": [{"name": name, "mirror": names[mirror[n]]} for n, name in enumerate(names)],
    }


@dataclass
class _Frame:
    """A frame under way: what the project has, and both outcomes so far."""

    name: str
    record: FrameRecord
    size: tuple[int, int]
    merged: FrameLabels
    taken: FrameLabels
    added: list[str] = field(default_factory=list)
    disputed: list[str] = field(default_factory=list)

    def planned(self, number: int) -> Planned:
        own = self.record.labels
        change = Change.ADD if own.is_empty else Change.CHANGE if self.added else Change.UNTOUCHED
        change = Change.CONFLICT if self.disputed else change
        outcome = (self.merged, self.taken)
        return Planned(number, self.name, change, self.record, *outcome, tuple(self.added), tuple(self.disputed))


def plan_things(
    project: Project,
    found: Sequence[Offer],
    scheme: Scheme,
    title: str,
    findings: list[Finding],
    progress: Callable[[int, int], None],
    should_stop: Callable[[], bool],
) -> ImportPlan | None:
    """The plan of an import into a project of any scheme; None when stopped."""
    names, pixels = FrameNames(project), FrameSource(max_frames=2)
    frames: dict[int, _Frame] = {}
    foreign: dict[str, Any] = {}
    try:
        for done, offer in enumerate(found):
            if should_stop():
                return None
            number = _found(project, offer, names, pixels, frames, findings)
            if number is not None:
                _merge(frames[number], offer, scheme, findings)
                own = offer.read.foreign if offer.read is not None else {}
                foreign = {**_storable(own), **foreign}
            progress(done + 1, len(found))
    finally:
        pixels.close()
    planned = tuple(frame.planned(number) for number, frame in frames.items())
    return ImportPlan(title, planned, tuple(findings), foreign)


def _found(
    project: Project,
    offer: Offer,
    names: FrameNames,
    pixels: FrameSource,
    frames: dict[int, _Frame],
    findings: list[Finding],
) -> int | None:
    """The frame that an offer is of, made ready in ``frames``."""
    if offer.read is None:
        findings.append(Finding(offer.path, "", "lines and cameras belong to a project of the pitch"))
        return None
    row = names.find(PurePosixPath(offer.frame.name))
    if isinstance(row, NoMatch):
        findings.append(Finding(offer.path, offer.frame.name, row.reason))
        return None
    if row.id not in frames:
        try:
            record, size = project.record(row.id), pixels.size(row)
        except (ProjectError, MediaError) as error:
            findings.append(Finding(offer.path, row.name, error.reason))
            return None
        frames[row.id] = _Frame(row.name, record, size, record.labels, record.labels)
    size = frames[row.id].size
    if offer.frame.size is not None and offer.frame.size != size:
        width, height = offer.frame.size
        reason = f"is labelled at {width}x{height}, the frame has {size[0]}x{size[1]}; it is left out"
        findings.append(Finding(offer.path, offer.frame.name, reason))
        return None
    return row.id


def _merge(frame: _Frame, offer: Offer, scheme: Scheme, findings: list[Finding]) -> None:
    """Bring what an offer says into a frame under way."""
    said = _instances(offer, scheme, findings)
    for number, one in _matched(present(frame.merged), said, scheme):
        if number is None:
            number = one.id if one.id >= 0 and one.id not in _ids(frame.merged) else next_id(frame.merged)
            whole = replace(one, id=number, foreign=numbered(one.foreign, number))
            frame.merged, frame.taken = (_put(labels, whole) for labels in (frame.merged, frame.taken))
            frame.added.append(f"{scheme.thing} {number}")
            continue
        own = frame.merged.instance(number)
        one = replace(one, foreign=_as_numbered(one.foreign, own))
        merged, taken, added, disputed = _both(own, frame.taken.instance(number), one)
        frame.merged, frame.taken = _put(frame.merged, merged), _put(frame.taken, taken)
        where = f" of {scheme.thing} {number}" if scheme.is_many else ""
        frame.added += [name + where for name in added]
        frame.disputed += [name + where for name in disputed]
    _merge_frame(frame, replace(offer.frame, foreign=_storable(offer.frame.foreign)), scheme, offer, findings)


def _storable(foreign: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a file says beyond our words; nothing where it holds numbers that JSON has not, which no reader takes."""
    try:
        json.dumps(foreign, allow_nan=False)
    except (ValueError, RecursionError):
        return {}
    return foreign


def _as_numbered(foreign: Mapping[str, Any], own: Instance) -> Mapping[str, Any]:
    """What a file says of a thing that is there, with the number that an earlier import of it gave; None without one.

    A thing that no file spoke of has its number from a person or a tracker.
    """
    kept = own.foreign.get("coco")
    before = kept.get("number") if isinstance(kept, Mapping) else None
    return foreign if isinstance(kept, Mapping) and before is None else numbered(foreign, before)


def _ids(labels: FrameLabels) -> set[int]:
    return {one.id for one in present(labels)}


def _put(labels: FrameLabels, one: Instance) -> FrameLabels:
    others = present(labels)
    if any(other.id == one.id for other in others):
        return replace(labels, instances=tuple(one if other.id == one.id else other for other in others))
    return replace(labels, instances=(*others, one))


def _merge_frame(
    frame: _Frame, said: ExchangeFrame, scheme: Scheme, offer: Offer, findings: list[Finding]
) -> None:
    asked = _asked(said.attributes, scheme.attributes_of(AttributeScope.FRAME), offer, findings)
    own = frame.merged.attributes
    frame.disputed += [name for name, value in asked.items() if own.get(name, value) != value]
    frame.added += [name for name in asked if name not in own]
    frame.merged = replace(
        frame.merged, attributes={**asked, **own}, foreign={**said.foreign, **frame.merged.foreign}
    )
    frame.taken = replace(
        frame.taken, attributes={**frame.taken.attributes, **asked}, foreign={**frame.taken.foreign, **said.foreign}
    )


def _instances(offer: Offer, scheme: Scheme, findings: list[Finding]) -> list[Instance]:
    """What a file says of the things in a frame, in our words; the id is its own where it has one, else -1."""
    found: list[Instance] = []
    foreign_names: set[str] = set()
    for one in offer.frame.instances:
        points = {name: point for name, point in one.points.items() if name in scheme.index}
        foreign_names |= one.points.keys() - points.keys()
        said = Instance(
            id=-1 if one.number is None else one.number,
            keypoints={n: KeypointLabel((x, y), seen, Origin.IMPORTED) for n, (x, y, seen) in points.items()},
            box=one.box,
            attributes=_asked(one.attributes, scheme.attributes_of(AttributeScope.INSTANCE), offer, findings),
            foreign=_storable(one.foreign),
        )
        if not said.is_empty:
            found.append(said)
    if foreign_names:
        reason = f"has a keypoint {min(foreign_names)!r} that {scheme.id} lacks; it is left out"
        findings.append(Finding(offer.path, offer.frame.name, reason))
    if len(found) > 1 and not scheme.is_many:
        reason = f"has {len(found)} labelled things; the first is used"
        findings.append(Finding(offer.path, offer.frame.name, reason))
        return found[:1]
    return found


def _asked(
    said: Mapping[str, AttributeValue], asked: tuple[Attribute, ...], offer: Offer, findings: list[Finding]
) -> dict[str, AttributeValue]:
    """The values that the scheme asks for and allows; others stay in the file's own words."""
    kept: dict[str, AttributeValue] = {}
    for one in asked:
        if one.name in said:
            try:
                kept[one.name] = one.checked(said[one.name])
            except ValueError as error:
                findings.append(Finding(offer.path, offer.frame.name, f"has a value that cannot be: {error}"))
    return kept


def _matched(
    own: Sequence[Instance], said: Sequence[Instance], scheme: Scheme
) -> list[tuple[int | None, Instance]]:
    """Every thing that a file says with the id of the one that it is, None of a new one."""
    if not scheme.is_many:
        return [(own[0].id if own else 0 if one.id < 0 else None, one) for one in said]
    if not own or not said:
        return [(None, one) for one in said]
    alike = similarity(own, [_as_seen(one, scheme) for one in said], scheme)
    # A number alone may be chance, as in files of two programs: it gives way where another is alike and this one not.
    sure = [(m, n) for n in range(len(said)) for m in range(len(own)) if alike[m, n] > 0 or not alike[:, n].any()]
    pairs = [(m, n) for m, n in sure if _has_its_id(own[m], said[n])]
    pairs += [(m, n) for m, n in sure if said[n].id >= 0 and own[m].id == said[n].id]
    best = (divmod(int(flat), alike.shape[1]) for flat in np.argsort(-alike, axis=None, kind="stable"))
    pairs += [(m, n) for m, n in best if alike[m, n] > 0]
    given: dict[int, int] = {}
    for m, n in pairs:
        if n not in given and own[m].id not in given.values():
            given[n] = own[m].id
    return [(given.get(n), one) for n, one in enumerate(said)]


def _has_its_id(own: Instance, said: Instance) -> bool:
    """Whether both have the same id of a file, which an earlier import of it kept."""
    for name, key in _KEYS.items():
        mine, theirs = (_foreign_id(one, name, key) for one in (own, said))
        if mine is not None and mine == theirs:
            return True
    return False


def _foreign_id(one: Instance, name: str, key: str) -> Any:
    said = one.foreign.get(name)
    kept = said.get(key) if isinstance(said, Mapping) else None
    return kept.get("id") if isinstance(kept, Mapping) else None


def _as_seen(one: Instance, scheme: Scheme) -> InstancePrediction:
    xy = np.full((len(scheme), 2), np.nan)
    for name, place in labelled_points(one).items():
        xy[scheme.index[name]] = place
    flat = np.ones(len(scheme))
    return InstancePrediction(scheme.keypoints, xy, flat, flat.copy(), 1.0, one.box)


def _both(own: Instance, taken: Instance, said: Instance) -> tuple[Instance, Instance, list[str], list[str]]:
    """One thing of both: with the project's words first, with the file's first; what is added and what disputed."""
    added = [name for name in said.keypoints if name not in own.keypoints]
    disputed = [n for n, word in said.keypoints.items() if n in own.keypoints and not agree(own.keypoints[n], word)]
    keypoints = {**taken.keypoints, **{n: said.keypoints[n] for n in (*added, *disputed)}}
    if said.box is not None and own.box is None:
        added.append("box")
    elif said.box is not None and own.box is not None and not _same_box(own.box, said.box):
        disputed.append("box")
    added += [name for name in said.attributes if name not in own.attributes]
    disputed += [n for n, value in said.attributes.items() if own.attributes.get(n, value) != value]
    merged = replace(
        own,
        keypoints={**said.keypoints, **own.keypoints},
        box=own.box if own.box is not None else said.box,
        attributes={**said.attributes, **own.attributes},
        foreign={**said.foreign, **own.foreign},
    )
    changed = replace(
        taken,
        keypoints=keypoints,
        box=said.box if "box" in (*added, *disputed) else taken.box,
        carried=taken.carried - {"box"} if "box" in (*added, *disputed) else taken.carried,
        attributes={**taken.attributes, **said.attributes},
        foreign={**taken.foreign, **said.foreign},
    )
    return merged, changed, added, disputed


def _same_box(first: Box, second: Box) -> bool:
    return max(abs(a - b) for a, b in zip(first, second, strict=True)) <= SAME
