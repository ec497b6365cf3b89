"""Carried labels: stored with their link, a person's as soon as a hand touches them, never over a person's words."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from annotator.keypoints import resolve
from annotator.labels import (
    Carried,
    Decision,
    FrameLabels,
    FrameRecord,
    FrameState,
    How,
    Instance,
    KeypointLabel,
    Origin,
    Review,
    Visibility,
    add_marking_point,
    frame_state,
    give_back,
    place,
    set_marking,
    set_visibility,
)
from annotator.motion_labels import filled, linked, moved_labels, without_carried
from annotator.pitch import KEYPOINTS, Crossing
from annotator.records import RecordError, decode_record, encode_record

LINE, OTHER = "Middle line", "Side line top"
KEY = FrameLabels(
    (
        Instance(
            keypoints={
                "CENTER_MARK": KeypointLabel((100.5, 50.25), Visibility.VISIBLE),
                "L_PENALTY_MARK": KeypointLabel(None, Visibility.OCCLUDED),
            },
            markings={LINE: ((10.0, 20.0), (30.0, 200.0)), OTHER: ((0.0, 20.0), (300.0, 25.0))},
        ),
    )
)
CARRIED = linked(KEY, ("clip.mp4#000003",), how=How.MOTION, sd=0.75)


def test_what_is_linked_is_a_machines_and_says_from_where() -> None:
    pitch = CARRIED.pitch
    assert pitch.carried == {LINE, OTHER}
    assert pitch.link == Carried(("clip.mp4#000003",), How.MOTION, 0.75)
    assert pitch.keypoints["CENTER_MARK"] == KeypointLabel((100.5, 50.25), Visibility.VISIBLE, Origin.PROPAGATED)


def test_a_word_without_a_position_is_not_carried() -> None:
    assert "L_PENALTY_MARK" not in CARRIED.pitch.keypoints


def test_carried_labels_come_back_from_the_disk_as_they_were() -> None:
    record = FrameRecord(CARRIED)
    assert decode_record(encode_record(record)) == record


def test_unknown_keys_of_a_link_survive() -> None:
    document = json.loads(encode_record(FrameRecord(CARRIED)))
    document["instances"][0]["link"]["later"] = [1, 2]
    again = encode_record(FrameRecord(CARRIED), json.dumps(document))
    assert json.loads(again)["instances"][0]["link"]["later"] == [1, 2]


def test_what_nobody_carried_is_stored_as_before() -> None:
    assert set(json.loads(encode_record(FrameRecord(KEY)))["instances"][0]) == {"id", "keypoints", "markings"}


@pytest.mark.parametrize("link", [3, {"frames": "a"}, {"frames": [1]}, {"how": "magic"}, {"sd": "much"}, {"sd": True}])
def test_damaged_links_are_refused_by_name(link: object) -> None:
    with pytest.raises(RecordError, match="link"):
        decode_record(json.dumps({"version": 1, "instances": [{"link": link}]}))


def test_a_hand_on_a_marking_makes_it_a_persons() -> None:
    after = add_marking_point(CARRIED, LINE, (20.0, 100.0))
    assert after.pitch.carried == {OTHER}
    assert after.pitch.link is not None


def test_the_link_goes_with_the_last_thing_carried() -> None:
    after = set_marking(CARRIED, LINE, ())
    after = set_marking(after, OTHER, ((0.0, 0.0), (9.0, 0.0)))
    after = place(after, "CENTER_MARK", (101.0, 50.0))
    assert after.pitch.link is None
    assert not after.pitch.holds_carried


def test_a_carried_point_that_is_given_back_leaves_nothing() -> None:
    assert "CENTER_MARK" not in give_back(CARRIED, "CENTER_MARK").pitch.keypoints


def test_a_carried_frame_is_a_draft() -> None:
    assert frame_state(FrameRecord(CARRIED), predicted=True) is FrameState.DRAFT


def test_accepting_keeps_the_link() -> None:
    record = FrameRecord(CARRIED, Review().decided(Decision.ACCEPTED, by="Ann"))
    assert decode_record(encode_record(record)).labels.pitch.link == CARRIED.pitch.link


@pytest.mark.parametrize("decision", [Decision.ACCEPTED, Decision.REJECTED])
def test_a_decided_frame_is_not_filled(decision: Decision) -> None:
    assert filled(FrameRecord(review=Review(decision)), CARRIED) is None


def test_a_persons_words_stay_and_the_rest_is_filled() -> None:
    own = set_marking(FrameLabels(), LINE, ((1.0, 1.0), (2.0, 9.0)))
    own = set_visibility(own, "CENTER_MARK", Visibility.ABSENT)
    after = filled(FrameRecord(own), CARRIED)
    assert after is not None
    assert after.labels.pitch.markings[LINE] == ((1.0, 1.0), (2.0, 9.0))
    assert after.labels.pitch.keypoints["CENTER_MARK"].visibility is Visibility.ABSENT
    assert after.labels.pitch.carried == {OTHER}
    assert after.review == Review()


def test_what_was_carried_before_gives_way() -> None:
    before = FrameRecord(linked(KEY, ("old",), how=How.INTERPOLATED, sd=3.0))
    after = filled(before, CARRIED)
    assert after is not None
    assert after.labels == CARRIED


def test_without_carried_leaves_what_a_person_said() -> None:
    both = place(CARRIED, "R_PENALTY_MARK", (7.0, 8.0))
    kept = without_carried(both)
    assert set(kept.pitch.keypoints) == {"R_PENALTY_MARK"}
    assert not kept.pitch.markings
    assert kept.pitch.link is None


def test_labels_move_with_the_picture_and_are_not_rounded() -> None:
    shift = np.array([[1.0, 0.0, 0.125], [0.0, 1.0, -0.375], [0.0, 0.0, 1.0]])
    moved = moved_labels(KEY, shift, (960, 540))
    assert moved.pitch.keypoints["CENTER_MARK"].position == (100.625, 49.875)
    assert moved.pitch.markings[LINE][1] == (30.125, 199.625)


def test_a_carried_point_gives_way_to_lines_that_a_person_drew_since() -> None:
    name = next(key for key in KEYPOINTS if set(_parents(key)) == {LINE, OTHER})
    carried = linked(place(FrameLabels(), name, (50.0, 50.0)), ("key",), how=How.MOTION, sd=1.0)
    assert _position(carried, name) == (50.0, 50.0)
    drawn = set_marking(carried, LINE, ((100.0, 0.0), (100.0, 400.0)))
    drawn = set_marking(drawn, OTHER, ((0.0, 30.0), (600.0, 30.0)))
    assert _position(drawn, name) == pytest.approx((100.0, 30.0))
    assert _position(linked(drawn, ("key",), how=How.MOTION, sd=1.0), name) == (50.0, 50.0)
    assert _position(place(drawn, name, (60.0, 60.0)), name) == (60.0, 60.0)


def _parents(name: str) -> tuple[str, ...]:
    construction = KEYPOINTS[name].construction
    return (construction.first, construction.second) if isinstance(construction, Crossing) else ()


def _position(labels: FrameLabels, name: str) -> tuple[float, float] | None:
    return resolve(labels.pitch, None, size=(960, 540), threshold=1.0).keypoints[name].position


def test_what_leaves_the_frame_is_not_carried() -> None:
    shift = np.array([[1.0, 0.0, -20.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    moved = moved_labels(KEY, shift, (960, 540))
    assert set(moved.pitch.markings) == set()
    assert "CENTER_MARK" in moved.pitch.keypoints


def test_a_marking_only_others_unchecked_keeps_its_mark() -> None:
    unsure = replace(CARRIED.pitch, unchecked=frozenset({OTHER}))
    after = filled(FrameRecord(), FrameLabels((unsure,)))
    assert after is not None
    assert after.labels.pitch.unchecked == {OTHER}
