"""What a person types to find frames: ``state:draft residual>5 missing:CENTER_MARK confidence<0.5 clip_03``.

Words are joined by "and". ``name:value`` asks for a state, a split or a keypoint, ``name>number`` and ``name<number``
compare, everything else is text that the frame's name must have; ``-`` before a word turns it round. Words in double
quotes are one word.
"""

from __future__ import annotations

import operator
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from annotator.labels import FrameState
from annotator.review.signs import FrameSigns, Kind

__all__ = ["MEASURES", "FrameFacts", "Query", "QueryError", "facts_of", "parse_query"]

MEASURES: Mapping[str, Kind] = {
    "residual": Kind.GEOMETRY, "corrected": Kind.CORRECTED, "peaks": Kind.TWO_PEAKS, "faint": Kind.FAINT,
    "unlabelled": Kind.UNLABELLED, "unseen": Kind.MISSING, "issues": Kind.CHECK, "jump": Kind.JUMP,
    "networks": Kind.NETWORKS, "flip": Kind.FLIP, "otherpeak": Kind.OTHER_PEAK,
    "swapped": Kind.SWAPPED, "length": Kind.BONE, "box": Kind.BOX, "extra": Kind.EXTRA, "unfound": Kind.UNFOUND,
    "number": Kind.NUMBER, "hidden": Kind.SIGHT,
}  # fmt: skip
"""Words that compare, and the sign whose value they mean; ``confidence`` is one minus ``faint``."""

_CONFIDENCE = "confidence"
_STATES = {state.value: state for state in FrameState}
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {">": operator.gt, "<": operator.lt}


class QueryError(ValueError):
    """A word that means nothing; the message says which and what would."""


@dataclass(frozen=True)
class FrameFacts:
    """What can be asked of a frame; ``missing`` names keypoints that nobody and nothing put into it."""

    name: str
    state: FrameState
    split: str = ""
    missing: frozenset[str] = frozenset()
    values: Mapping[Kind, float] = field(default_factory=dict)


def facts_of(
    signs: FrameSigns, *, name: str, state: FrameState, split: str = "", missing: frozenset[str] = frozenset()
) -> FrameFacts:
    """The facts of a frame with these signs."""
    values: dict[Kind, float] = {}
    for sign in signs.signs:
        values[sign.kind] = max(sign.value, values.get(sign.kind, sign.value))
    return FrameFacts(name, state, split, missing, values)


Test = Callable[[FrameFacts], bool]


@dataclass(frozen=True)
class Query:
    """A query as typed, and what it asks."""

    text: str
    tests: tuple[Test, ...] = ()

    def matches(self, facts: FrameFacts) -> bool:
        """Whether a frame is meant."""
        return all(test(facts) for test in self.tests)


def parse_query(text: str) -> Query:
    """The query that a person typed.

    Raises
    ------
    QueryError
        If a word compares something unknown or with something that is no number, or names no state.
    """
    try:
        words = shlex.split(text, posix=True)
    except ValueError:
        words = text.replace('"', " ").replace("'", " ").split()
    return Query(text, tuple(_test(word) for word in words))


def _test(word: str) -> Test:
    if len(word) > 1 and word.startswith("-"):
        inner = _test(word[1:])
        return lambda facts: not inner(facts)
    for sign, compare in _COMPARISONS.items():
        name, found, number = word.partition(sign)
        if found and name:
            return _comparison(name, number, compare)
    name, found, value = word.partition(":")
    if found and name.lower() in _NAMED:
        return _NAMED[name.lower()](value)
    wanted = word.casefold()
    return lambda facts: wanted in facts.name.casefold()


def _comparison(name: str, number: str, compare: Callable[[float, float], bool]) -> Test:
    try:
        limit = float(number.replace(",", "."))
    except ValueError as error:
        raise QueryError(f"{name} is compared with {number or 'nothing'!r}, which is no number") from error
    if name.lower() == _CONFIDENCE:
        return lambda facts: Kind.FAINT in facts.values and compare(1.0 - facts.values[Kind.FAINT], limit)
    kind = MEASURES.get(name.lower())
    if kind is None:
        raise QueryError(f"{name} cannot be compared; these can: {', '.join(sorted([*MEASURES, _CONFIDENCE]))}")
    return lambda facts: compare(facts.values.get(kind, 0.0), limit)


def _state(value: str) -> Test:
    wanted = _STATES.get(value.lower())
    if wanted is None:
        raise QueryError(f"{value or 'nothing'!r} is no state; these are: {', '.join(_STATES)}")
    return lambda facts: facts.state is wanted


def _split(value: str) -> Test:
    return lambda facts: facts.split.casefold() == value.casefold()


def _missing(value: str) -> Test:
    wanted = value.casefold()
    return lambda facts: any(wanted in name.casefold() for name in facts.missing)


_NAMED: Mapping[str, Callable[[str], Test]] = {"state": _state, "split": _split, "missing": _missing}
