"""Decisions, who made them, and remarks pinned to points: kept, read back, refused where damaged."""

from __future__ import annotations

import json

import pytest

from annotator.labels import Decision, FrameRecord, FrameState, Note, Review, frame_state
from annotator.records import RecordError, decode_record, encode_record

FULL = Review(
    Decision.LOOK_AGAIN, "why", "all", "Ann", "Bob", (Note("here", about="CENTER_MARK"), Note("there", at=(1.5, 2.0)))
)


def test_a_review_with_everything_is_read_as_it_was_written() -> None:
    assert decode_record(encode_record(FrameRecord(review=FULL))).review == FULL


def test_what_nobody_said_is_not_written() -> None:
    assert set(json.loads(encode_record(FrameRecord()))["review"]) == {"decision", "reason", "comment"}


def test_another_decision_keeps_the_remarks_and_asks_for_a_new_confirmation() -> None:
    again = FULL.decided(Decision.ACCEPTED, by="Cid")
    assert (again.decision, again.reason, again.by, again.confirmed_by) == (Decision.ACCEPTED, "", "Cid", "")
    assert (again.comment, again.notes) == (FULL.comment, FULL.notes)


def test_a_frame_that_needs_a_second_look_is_in_a_state_of_its_own() -> None:
    assert frame_state(FrameRecord(review=FULL), predicted=True) is FrameState.LOOK_AGAIN


@pytest.mark.parametrize(
    "notes", [3, ["text"], [{"text": 3}], [{"text": "a", "at": [1]}], [{"text": "a", "at": [1, "b"]}]]
)
def test_damaged_notes_are_refused_by_name(notes: object) -> None:
    document = {"version": 1, "review": {"notes": notes}}
    with pytest.raises(RecordError, match=r"review\.notes"):
        decode_record(json.dumps(document))
