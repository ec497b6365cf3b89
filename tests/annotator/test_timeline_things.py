"""Where numbered things are in a clip, as stretches: the same from labels, from stored records and edit by edit."""

from __future__ import annotations

import numpy as np
import pytest
import sprites
from hypothesis import given
from hypothesis import strategies as st

from annotator.labels import Carried, FrameLabels, FrameRecord, How, Instance, KeypointLabel, Origin, Visibility
from annotator.records import encode_record
from annotator.store_timeline import FILLED, KEY, MOTION
from annotator.timeline import Track
from annotator.timeline_things import Builder, Stretches, ThingLanes, kinds_in, kinds_of, read_lanes, spoken_kind
from annotator.tracking_gone import with_gone
from annotator.tracking_labels import renumber

KINDS = st.sampled_from((0, KEY, MOTION, FILLED))


def point(origin: Origin) -> KeypointLabel:
    return KeypointLabel((3.0, 4.0), Visibility.VISIBLE, origin)


def dense(where: Stretches, count: int) -> list[int]:
    return [where.at(place) for place in range(count)]


def built(kinds: list[int], number: int = 3) -> ThingLanes:
    builder = Builder()
    for place, kind in enumerate(kinds):
        builder.add(place, {number: kind} if kind else {})
    return builder.lanes()


@given(st.lists(KINDS, min_size=1, max_size=24), st.lists(st.tuples(st.integers(0, 23), KINDS), max_size=12))
def test_frame_by_frame_edits_give_the_stretches_that_reading_all_of_them_gives(kinds, edits):
    lanes = built(kinds)
    kinds = kinds + [0] * (24 - len(kinds))
    for place, kind in edits:
        lanes = lanes.with_frame(place, {3: kind} if kind else {})
        kinds[place] = kind
    where, again = lanes.lanes.get(3, Stretches()), built(kinds).lanes.get(3, Stretches())
    assert dense(where, 24) == kinds
    for name in ("starts", "ends", "kinds"):
        assert getattr(where, name).tolist() == getattr(again, name).tolist()
    assert lanes.numbers == ((3,) if any(kinds) else ())


@given(st.lists(KINDS, min_size=1, max_size=24), st.integers(0, 30))
def test_the_nearest_frame_with_a_thing_is_found(kinds, place):
    there = [n for n, kind in enumerate(kinds) if kind]
    nearest = built(kinds).lanes.get(3, Stretches()).nearest(place)
    if not there:
        assert nearest is None
    else:
        assert nearest in there
        assert abs(nearest - place) == min(abs(n - place) for n in there)


INSTANCES = {
    "by hand": (Instance(0, {"nose": point(Origin.HAND)}), KEY),
    "taken over": (Instance(0, {"nose": point(Origin.ACCEPTED)}), KEY),
    "tracked": (Instance(0, {"nose": point(Origin.PROPAGATED)}), MOTION),
    "tracked and linked": (Instance(0, {"nose": point(Origin.PROPAGATED)}, link=Carried(("a",))), MOTION),
    "filled in": (Instance(0, {"nose": point(Origin.PROPAGATED)}, link=Carried(("a", "b"), How.INTERPOLATED)), FILLED),
    "touched since": (
        Instance(0, {"nose": point(Origin.PROPAGATED), "left_eye": point(Origin.HAND)}, link=Carried(("a",))), KEY,
    ),
    "a box alone": (Instance(0, box=(0.0, 0.0, 5.0, 5.0)), KEY),
    "a number given": (
        Instance(0, {"nose": point(Origin.PROPAGATED)}, foreign={"touchline": {"number": "given"}}), KEY,
    ),
    "an attribute": (Instance(0, {"nose": point(Origin.PROPAGATED)}, attributes={"team": "red"}), KEY),
}  # fmt: skip


@pytest.mark.parametrize(("one", "kind"), INSTANCES.values(), ids=INSTANCES)
def test_who_spoke_of_a_thing_is_the_same_from_labels_from_a_record_and_from_the_table(tmp_path, one, kind):
    record = FrameRecord(FrameLabels((one,)))
    assert kinds_of(record.labels) == kinds_in(encode_record(record)) == {0: kind}
    with sprites.project(tmp_path) as project:
        frame_id = project.frame_ids()[2]
        project.save_record(frame_id, record, text="Label")
        assert project.timeline_kinds_of_things(project.media()[0].id) == {frame_id: kind}


def test_an_empty_or_damaged_record_holds_nobody():
    assert kinds_in(encode_record(FrameRecord())) == {}
    for document in ("", "{}", "[]", "null", '{"instances": 3}', '{"instances": [1]}', '{"instances": [{"id": "x"}]}'):
        assert kinds_in(document) == {}


def test_whom_a_person_deleted_is_nobody_in_the_frame(tmp_path):
    left = FrameLabels((Instance(0, {"nose": point(Origin.PROPAGATED)}),))
    record = FrameRecord(with_gone(left, Instance(4, {"nose": point(Origin.HAND)}, box=(0.0, 0.0, 5.0, 5.0))))
    with sprites.project(tmp_path) as project:
        first, second, *_ = project.frame_ids()
        project.save_record(first, record, text="Delete")
        project.save_record(second, FrameRecord(with_gone(FrameLabels(), sprites.labelled(0, 0, 4))), text="Delete")
        assert kinds_of(record.labels) == kinds_in(encode_record(record)) == {0: MOTION}
        assert project.timeline_kinds_of_things(project.media()[0].id) == {first: MOTION}


def test_a_persons_word_about_anybody_makes_the_frame_a_persons():
    assert spoken_kind([MOTION, KEY]) == KEY
    assert spoken_kind([FILLED, MOTION]) == MOTION
    assert spoken_kind([FILLED]) == FILLED
    assert spoken_kind([]) == 0


def test_lanes_are_read_from_a_project_piece_by_piece_or_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr("annotator.store_timeline._FEW", 5)
    monkeypatch.setattr("annotator.timeline_things._EVERY_SECONDS", -1.0)
    with sprites.project(tmp_path) as project:
        clip = {place: sprites.labels(place, 0, 1) for place in range(0, 20)}
        clip |= renumber(clip, 1, 5, start=9)
        ids = project.frame_ids()
        records = {ids[place]: FrameRecord(labels) for place, labels in clip.items()}
        project.save_records(records, text="Label", expected=dict.fromkeys(records, FrameRecord()))
        media_id = project.media()[0].id
        track, pieces = Track.of(project, media_id), []
        places = {number: place for place, number in enumerate(track.ids.tolist())}
        lanes = read_lanes(project, media_id, places, found=pieces.append)
        assert lanes is not None
        assert lanes.numbers == (0, 1, 5)
        assert [dense(lanes.lanes[n], 24) for n in lanes.numbers] == [
            [KEY] * 20 + [0] * 4, [KEY] * 9 + [0] * 15, [0] * 9 + [KEY] * 11 + [0] * 4,
        ]  # fmt: skip
        assert pieces[0].numbers == (0, 1)
        assert read_lanes(project, media_id, places, should_stop=lambda: True) is None
        assert np.array_equal(track.said > 0, np.arange(24) < 20)
