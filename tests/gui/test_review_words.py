"""Signs in words, for the command line and for the window: each kind says how much and where."""

from __future__ import annotations

import pytest

from annotator.gui.review_words import measure, reason
from annotator.review import Kind, Sign
from annotator.review.plain import line

VALUES = {
    Kind.TWO_PEAKS: (0.8, "80%"),
    Kind.FAINT: (0.3, "70%"),
    Kind.UNLABELLED: (2.0, "3"),
    Kind.MISSING: (2.0, "3"),
    Kind.CHECK: (2.0, "Something is odd"),
    Kind.NO_CAMERA: (1.0, "camera"),
}


def sign_of(kind: Kind) -> tuple[Sign, str]:
    value, part = VALUES.get(kind, (13.6, "14 px"))
    return Sign(kind, value, "CENTER_MARK", 3, "Something is odd" if kind is Kind.CHECK else ""), part


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_says_how_much_in_both_places(kind):
    sign, part = sign_of(kind)
    assert part in line(sign)
    assert part in reason(sign)
    assert measure(kind)


@pytest.mark.parametrize("kind", sorted(set(Kind) - set(VALUES), key=lambda kind: kind.name))
def test_a_distance_says_where_it_is(kind):
    sign, _ = sign_of(kind)
    assert "CENTER_MARK" in line(sign)
    assert "centre mark" in reason(sign)


@pytest.mark.parametrize("kind", [Kind.UNLABELLED, Kind.MISSING])
def test_what_others_have_is_said_where_it_is_known(kind):
    sign = Sign(kind, 1.0, "CENTER_MARK", 1, usual=0.97)
    assert "97% of the frames that show it have" in line(sign)
    assert "97% of the frames that show it have" in reason(sign)
    assert "%" not in reason(Sign(kind, 1.0, "CENTER_MARK", 1))


def test_the_flip_test_says_what_the_network_does():
    assert reason(Sign(Kind.FLIP, 9.2, "CENTER_MARK")) == "Mirrored, the network sees it 9 px away: centre mark"
