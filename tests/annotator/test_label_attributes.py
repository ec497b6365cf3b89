"""Attributes and foreign words of labels: stored, read and kept by edits."""

import json
from dataclasses import replace

import pytest

from annotator.labels import EMPTY, FrameLabels, FrameRecord, Instance, place
from annotator.records import RecordError, decode_record, encode_record

FOREIGN = {"coco": {"id": 7, "segmentation": [[1, 2, 3.5]], "deep": {"none": None}}}
LABELS = FrameLabels(
    (Instance(0, attributes={"kit": "home"}, foreign=FOREIGN), Instance(3, box=(1.0, 2.0, 3.0, 4.0))),
    {"cards": 12.0},
    {"coco": {"license": 4}},
)


def test_attributes_and_foreign_words_are_stored_and_read():
    text = encode_record(FrameRecord(LABELS))
    assert decode_record(text).labels == LABELS
    assert encode_record(decode_record(text), text) == text


def test_a_record_without_them_is_as_it_always_was():
    assert set(json.loads(encode_record(FrameRecord(place(EMPTY, "a", (1, 2)))))) == {"version", "instances", "review"}


def test_an_edit_of_one_instance_keeps_what_is_said_of_the_frame():
    edited = place(LABELS, "a", (1, 2), instance=3)
    assert (edited.attributes, edited.foreign) == (LABELS.attributes, LABELS.foreign)
    assert edited.instance(0) == LABELS.instance(0)


def test_what_is_taken_away_does_not_come_back_from_the_stored_document():
    before = encode_record(FrameRecord(LABELS))
    after = encode_record(FrameRecord(FrameLabels((Instance(0), Instance(3)))), before)
    assert decode_record(after).labels == FrameLabels((Instance(0), Instance(3)))


def test_a_frame_with_a_number_is_not_empty():
    assert not FrameLabels(attributes={"cards": 3.0}).is_empty
    assert FrameLabels(foreign={"coco": {}}).is_empty
    assert not Instance(foreign={"coco": {"iscrowd": 1}}).is_empty


@pytest.mark.parametrize("wrong", [{"cards": None}, {"cards": True}, {"cards": [1]}, 5])
def test_a_damaged_attribute_is_named(wrong):
    document = json.loads(encode_record(FrameRecord(LABELS)))
    document["attributes"] = wrong
    with pytest.raises(RecordError, match="attributes"):
        decode_record(json.dumps(document))


def test_a_number_that_is_none_is_not_stored():
    with pytest.raises(RecordError):
        encode_record(FrameRecord(FrameLabels(attributes={"cards": float("nan")})))


def test_what_was_taken_over_is_known_until_a_person_says_otherwise():
    taken = FrameLabels((Instance(2, attributes={"kit": "home"}, accepted={"kit": "home"}),), {"cards": 27.0}, {},
                        {"cards": 27.0})  # fmt: skip
    text = encode_record(FrameRecord(taken))
    assert decode_record(text).labels == taken
    assert json.loads(text)["accepted"] == {"cards": 27.0}
    other = replace(taken, attributes={"cards": 30.0})
    assert (other.accepted, replace(other, attributes={}).accepted) == ({}, {})
    assert replace(taken.instance(2), attributes={"kit": "away"}).accepted == {}
    assert "accepted" not in json.loads(encode_record(FrameRecord(other), text))
