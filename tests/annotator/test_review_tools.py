"""Queries over frames, and how far a reviewer agrees with themselves."""

from __future__ import annotations

import pytest

from annotator.labels import FrameState
from annotator.review import FrameSigns, Kind, Sign
from annotator.review.query import MEASURES, FrameFacts, QueryError, facts_of, parse_query
from annotator.review.recheck import agreement, compare, is_chosen, recheck_document, recheck_from

FACTS = FrameFacts(
    "clip_03/000123.jpg",
    FrameState.DRAFT,
    "val",
    frozenset({"CENTER_MARK"}),
    {Kind.GEOMETRY: 7.5, Kind.FAINT: 0.2},
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("CLIP_03", True),
        ("clip_04", False),
        ("-clip_04", True),
        ("state:draft", True),
        ("state:accepted", False),
        ("split:VAL", True),
        ("missing:center", True),
        ("missing:penalty", False),
        ("residual>5", True),
        ("residual>7,5", False),
        ("residual<8 state:draft 000123", True),
        ("confidence>0.7", True),
        ("confidence<.7", False),
        ("jump>0", False),
        ("jump<1", True),
        ('"000123.jpg" -residual>20', True),
        ('"half a quote', False),
    ],
)
def test_words_find_frames(text: str, expected: bool) -> None:
    assert parse_query(text).matches(FACTS) is expected


@pytest.mark.parametrize(
    ("text", "why"),
    [("residual>much", "no number"), ("height>3", "cannot be compared"), ("state:great", "is no state")],
)
def test_words_that_mean_nothing_are_named(text: str, why: str) -> None:
    with pytest.raises(QueryError, match=why):
        parse_query(text)


def test_a_frame_nobody_predicted_has_no_confidence() -> None:
    bare = FrameFacts("a", FrameState.UNSEEN)
    assert not parse_query("confidence>0").matches(bare)
    assert not parse_query("confidence<1").matches(bare)


def test_facts_hold_the_worst_value_of_every_kind() -> None:
    signs = FrameSigns(1, (Sign(Kind.GEOMETRY, 3.0), Sign(Kind.GEOMETRY, 9.0), Sign(Kind.CHECK, 1.0)))
    facts = facts_of(signs, name="a", state=FrameState.DRAFT)
    assert facts.values == {Kind.GEOMETRY: 9.0, Kind.CHECK: 1.0}
    assert set(MEASURES.values()) <= set(Kind)


def test_about_one_frame_in_thirty_comes_back_and_always_the_same() -> None:
    names = [f"match/{i:05d}.jpg" for i in range(6000)]
    chosen = [name for name in names if is_chosen(name)]
    assert 140 < len(chosen) < 260
    assert chosen == [name for name in names if is_chosen(name)]
    assert all(is_chosen(name, one_in=1) for name in names[:10])
    with pytest.raises(ValueError, match="one in 0"):
        is_chosen("a", one_in=0)


def test_two_answers_are_compared_in_pixels_of_a_960_wide_frame() -> None:
    first = {"A": (10.0, 10.0), "B": (100.0, 100.0), "C": (5.0, 5.0)}
    second = {"A": (16.0, 18.0), "B": (100.0, 100.0), "D": (1.0, 1.0)}
    found = compare("f", first, second, width=1920, by="Ann")
    assert found.distances == {"A": pytest.approx(5.0), "B": 0.0}
    assert (found.only_first, found.only_second) == (("C",), ("D",))
    assert recheck_from(recheck_document(found)) == found
    together = agreement([found])
    assert (together.frames, together.points, together.one_sided) == (1, 2, 0.5)
    assert together.median == pytest.approx(2.5)


def test_without_a_common_point_there_is_no_median() -> None:
    assert agreement([]).median is None
    assert agreement([compare("f", {"A": (0.0, 0.0)}, {}, width=960)]).one_sided == 1.0


@pytest.mark.parametrize("document", [None, 3, {}, {"distances": []}, {"frame": 3, "distances": {}}])
def test_a_damaged_recheck_is_none(document: object) -> None:
    assert recheck_from(document) is None
