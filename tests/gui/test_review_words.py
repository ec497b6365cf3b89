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
    Kind.SWAPPED: (3.0, "3"),
    Kind.BONE: (5.0, "2.3 times"),
    Kind.BOX: (14.0, "14 %"),
    Kind.EXTRA: (1.8, "3"),
    Kind.UNFOUND: (3.0, "3"),
    Kind.NUMBER: (37.0, "31"),
    Kind.SIGHT: (1.2, "3"),
}
DETAILS = {Kind.CHECK: "Something is odd", Kind.BONE: "left_knee\tleft_ankle\t2.3", Kind.NUMBER: "12 31"}


def sign_of(kind: Kind) -> tuple[Sign, str]:
    value, part = VALUES.get(kind, (13.6, "14 px"))
    return Sign(kind, value, "CENTER_MARK", 3, DETAILS.get(kind, "")), part


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


@pytest.mark.parametrize("kind", [Kind.CORRECTED, Kind.JUMP, Kind.NETWORKS, Kind.FLIP])
def test_distances_of_things_are_shares_of_their_size_and_say_of_which(kind):
    sign = Sign(kind, 13.6, "left_knee", 3, instance=2)
    assert "14 % of its size" in line(sign)
    assert "14 % of its size" in reason(sign)
    assert "left knee of no. 2" in reason(sign).lower()
    first = Sign(kind, 13.6, "left_knee", 3, instance=0)
    assert "of no." not in reason(first)
    assert "left knee of no. 0" in reason(first, many=True).lower()
    assert "left_knee of no. 0" in line(first, many=True)


def test_who_is_not_seen_mirrored_is_named():
    sign = Sign(Kind.FLIP, 90.0, None, 17, instance=0)
    assert reason(sign, many=True) == "Mirrored, the network does not see no. 0"
    assert reason(sign) == "Mirrored, the network does not see it"
    assert line(sign, many=True) == "flip test disagrees: no. 0 is not seen"


def test_numbers_and_lengths_say_what_they_are():
    assert reason(Sign(Kind.NUMBER, 37.0, "cards", 1, "12 31", instance=0)) == "Cards: 12 said, 31 predicted"
    text = reason(Sign(Kind.BONE, 6.0, "left_knee", 1, "left_knee\tleft_ankle\t2.3", instance=0))
    assert text == "From left knee to left ankle it is 2.3 times as long as usual"
