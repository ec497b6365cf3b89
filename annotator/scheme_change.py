"""Another scheme for a project: planned first, for a person to look at, then carried out in one step.

Points keep their labels under the names that they have in the new scheme. What it has no place for goes: points that
are mapped to nothing, drawn markings where it has none, further things where a frame shows one, attributes that it does
not ask. Every frame's history keeps what was there before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from annotator.instances import present
from annotator.labels import EMPTY, FrameLabels, FrameRecord, Instance, Note
from annotator.project import ChangedElsewhereError, Project
from annotator.scheme import Attribute, AttributeScope, AttributeValue, Feature, Scheme

__all__ = [
    "SchemeChange", "carry_out_change", "converted", "plan_change", "suggest_mapping", "take_back_change",
]  # fmt: skip

ALIKE = 0.75
"""Likeness of two names (difflib's ratio) from which on one is suggested for the other."""
_SIDES = ({"left", "right"}, {"l", "r"}, {"upper", "lower"}, {"top", "bottom"}, {"face", "back"}, {"t", "b"})


@dataclass(frozen=True)
class SchemeChange:
    """What changing a project's scheme would do.

    ``mapping`` leads from every keypoint of ``old`` to its name in ``new``, None where it goes; ``added`` are points of
    ``new`` that none becomes. ``points`` counts the frames in which something was said of an old keypoint. ``frames``
    is how many frames are written, ``lost`` counts the frames that lose something, by what; ``predictions`` is whether
    what networks saw is forgotten. ``records`` and ``expected`` are the labels after and before.
    """

    old: Scheme
    new: Scheme
    mapping: Mapping[str, str | None]
    added: tuple[str, ...]
    points: Mapping[str, int] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)
    predictions: bool = False
    records: Mapping[int, FrameRecord] = field(default_factory=dict)
    expected: Mapping[int, FrameRecord] = field(default_factory=dict)

    @property
    def frames(self) -> int:
        """Frames whose labels change."""
        return len(self.records)

    @property
    def renamed(self) -> dict[str, str]:
        """Old and new name of every point that is called otherwise."""
        return {old: new for old, new in self.mapping.items() if new is not None and new != old}

    @property
    def removed(self) -> tuple[str, ...]:
        """Points that the new scheme has no place for."""
        return tuple(old for old, new in self.mapping.items() if new is None)

    @property
    def is_nothing(self) -> bool:
        """True when the new scheme is the old one."""
        return self.old == self.new


def suggest_mapping(old: Scheme, new: Scheme) -> dict[str, str | None]:
    """A name in the new scheme for every keypoint of the old one: the same, else the most alike one of those left.

    Names of another side (left and right, upper and lower) are never alike.
    """
    found: dict[str, str | None] = {name: name if name in new.index else None for name in old.keypoints}
    open_old = [name for name in old.keypoints if found[name] is None]
    open_new = [name for name in new.keypoints if name not in old.index]
    pairs = [(_likeness(a, b), a, b) for a in open_old for b in open_new]
    for likeness, a, b in sorted(pairs, key=lambda pair: (-pair[0], open_old.index(pair[1]), open_new.index(pair[2]))):
        if likeness >= ALIKE and found[a] is None and b not in found.values():
            found[a] = b
    return found


def _likeness(first: str, second: str) -> float:
    words = [_words(first), _words(second)]
    for side in _SIDES:
        if words[0] & side != words[1] & side:
            return 0.0
    plain = [re.sub(r"[\W_]+", "", name).casefold() for name in (first, second)]
    return SequenceMatcher(None, plain[0], plain[1], autojunk=False).ratio()


def _words(name: str) -> set[str]:
    return {word.casefold() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)}


def plan_change(
    project: Project,
    new: Scheme,
    mapping: Mapping[str, str | None] | None = None,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> SchemeChange:
    """What giving a project another scheme would do, without doing it.

    Parameters
    ----------
    mapping
        New names by old ones, or None of a point that goes; for those left out the suggestion stands.

    Raises
    ------
    ValueError
        If the mapping names a point that is not there, or two points would become one.
    ProjectError
        If the labels of a frame cannot be read: changed, they would be lost.
    """
    old = project.scheme
    chosen = _complete(old, new, mapping or {})
    added = tuple(name for name in new.keypoints if name not in chosen.values())
    points: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    records: dict[int, FrameRecord] = {}
    expected: dict[int, FrameRecord] = {}
    numbers = project.frame_ids()
    for done, number in enumerate(numbers, start=1):
        record = project.record(number)
        points.update({name for one in record.labels.instances for name in one.keypoints})
        after, gone = converted(record, new, chosen)
        lost.update(gone)
        if after != record:
            records[number], expected[number] = after, record
        progress(done, len(numbers))
    is_renamed = any(name != other for name, other in chosen.items())
    is_predicted = is_renamed and any(project.has_prediction(number) for number in numbers)
    counted = {name: points[name] for name in old.keypoints}
    return SchemeChange(old, new, chosen, added, counted, dict(lost), is_predicted, records, expected)


def _complete(old: Scheme, new: Scheme, mapping: Mapping[str, str | None]) -> dict[str, str | None]:
    """The mapping of every old keypoint: what was chosen, and of the suggestions those that are still free."""
    for name, other in mapping.items():
        if name not in old.index:
            raise ValueError(f"{old.id} has no keypoint {name!r}")
        if other is not None and other not in new.index:
            raise ValueError(f"{new.id} has no keypoint {other!r}")
    taken = [other for other in mapping.values() if other is not None]
    twice = next((name for name, count in Counter(taken).items() if count > 1), None)
    if twice is not None:
        raise ValueError(f"two keypoints cannot both become {twice!r}")
    suggested = suggest_mapping(old, new)
    free = {name: None if other in taken else other for name, other in suggested.items()}
    return {**free, **mapping}


def converted(
    record: FrameRecord, new: Scheme, mapping: Mapping[str, str | None]
) -> tuple[FrameRecord, frozenset[str]]:
    """A record in the words of another scheme, and what of it is lost, by kind.

    A name that the mapping does not know, such as one of an even older scheme, is left as it is.
    """
    lost: set[str] = set()
    things = present(record.labels)
    if len(things) > 1 and not new.is_many:
        lost.add("further things")
        things = things[:1]
    instances = [_instance(one, new, mapping, lost) for one in things]
    kept = tuple(one for one in instances if not one.is_empty)
    labels = FrameLabels(
        kept or EMPTY.instances,
        _asked(record.labels.attributes, new.attributes_of(AttributeScope.FRAME), lost),
        record.labels.foreign,
        record.labels.accepted,
    )
    notes = tuple(_note(note, mapping) for note in record.review.notes)
    return FrameRecord(labels, replace(record.review, notes=notes)), frozenset(lost)


def _instance(one: Instance, new: Scheme, mapping: Mapping[str, str | None], lost: set[str]) -> Instance:
    renamed = {mapping.get(name, name): said for name, said in one.keypoints.items()}
    if None in renamed:
        lost.add("points")
    markings = one.markings
    if markings and Feature.MARKINGS not in new.features:
        lost.add("drawn markings")
        markings = {}
    keypoints = {name: said for name, said in renamed.items() if name is not None}
    attributes = _asked(one.attributes, new.attributes_of(AttributeScope.INSTANCE), lost)
    # What a file said was said of the points as they were.
    foreign = one.foreign if keypoints == one.keypoints else {}
    return replace(one, keypoints=keypoints, markings=markings, attributes=attributes, foreign=foreign)


def _asked(
    said: Mapping[str, AttributeValue], asked: tuple[Attribute, ...], lost: set[str]
) -> dict[str, AttributeValue]:
    known = {one.name: one for one in asked}
    kept: dict[str, AttributeValue] = {}
    for name, value in said.items():
        try:
            kept[name] = known[name].checked(value)
        except (KeyError, ValueError):
            lost.add("attributes")
    return kept


def _note(note: Note, mapping: Mapping[str, str | None]) -> Note:
    """Pinned to the point's new name; to the whole frame where the point is gone."""
    return replace(note, about=mapping.get(note.about, note.about) or "")


def carry_out_change(project: Project, change: SchemeChange, *, author: str = "") -> int:
    """Do what was planned: all of it, or nothing. The number of the newest edit then, for `take_back_change`.

    Raises
    ------
    ChangedElsewhereError
        If the labels of a frame changed since; plan again.
    ProjectError
        If the project cannot be written.
    """
    text = f"Change the scheme to {change.new.title}"
    project.change_scheme(
        change.new, change.records, text=text, renamed=change.mapping, author=author, expected=change.expected
    )
    return _newest(project)


def take_back_change(project: Project, change: SchemeChange, since: int, *, author: str = "") -> int:
    """Give the project the scheme and the labels that it had before a change: all of it, or nothing.

    What networks saw is kept where no point was called otherwise; what the change itself forgot stays forgotten.

    Parameters
    ----------
    since
        What `carry_out_change` said.

    Returns
    -------
    The number of the newest edit then.

    Raises
    ------
    ChangedElsewhereError
        If a frame was labelled since in the words of the new scheme, and is not as the change left it.
    ProjectError
        If the project cannot be written.
    """
    if project.scheme != change.new:
        raise ChangedElsewhereError(project.path)
    for number in project.edited_since(since):
        first = next(entry for entry in project.history(number) if entry.id > since)
        if number not in change.records and project.record(number) != first.before():
            raise ChangedElsewhereError(project.path)
    back = {new: old for old, new in change.mapping.items() if new is not None}
    project.change_scheme(
        change.old, change.expected, text=f"Change the scheme back to {change.old.title}", renamed=back, author=author,
        expected=change.records,
    )  # fmt: skip
    return _newest(project)


def _newest(project: Project) -> int:
    newest = project.last_change()
    return 0 if newest is None else newest.id
