"""Who a person deleted from a frame: kept with its labels, whatever a file holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sprites
from hypothesis import given as drawn
from hypothesis import strategies as st
from sprites import COCO, labels

from annotator.instances import copy, delete, present
from annotator.labels import FrameLabels, FrameRecord, Instance, KeypointLabel, Visibility
from annotator.records import decode_record, encode_record
from annotator.tracking_gone import Gone, gone_from, renumbered, with_gone, without_gone
from annotator.tracking_labels import deleted_from, given, join, split
from annotator.tracking_project import follow, keep


def test_a_mark_goes_through_a_record_and_away_again():
    one = replace(sprites.labelled(0, 0, 4), box=(1.0, 2.0, 30.0, 40.0))
    marked = with_gone(FrameLabels((one,), foreign={"coco": {"id": 3}}), one)
    record = FrameRecord(delete(marked, 4))
    read = decode_record(encode_record(record))
    assert read == record
    (mark,) = gone_from(read.labels)
    assert (mark.number, mark.box) == (4, one.box)
    assert mark.points["nose"] == pytest.approx(one.keypoints["nose"].position, abs=0.01)
    (pose,) = deleted_from(read, COCO)
    assert pose.outline == one.box
    assert without_gone(read.labels, {4}).foreign == {"coco": {"id": 3}}


def test_marks_get_other_numbers_with_their_people():
    marked = with_gone(FrameLabels(), sprites.labelled(0, 0, 4))
    assert [one.number for one in gone_from(renumbered(marked, {4: 9}))] == [9]
    clip = {0: labels(0, 0, 1), 1: with_gone(labels(1, 5, 1), Instance(0, labels(1, 0).instance(0).keypoints)),
            2: labels(2, 0, 1)}  # fmt: skip
    after = {**clip, **split(clip, 0, start=1)[0]}
    assert [one.number for one in gone_from(after[1])] == [2]
    back = {**after, **join(after, 0, 2)}
    assert [one.number for one in gone_from(back[1])] == [0]


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["points", "box", "7", "nose"]), inner),
    max_leaves=8,
)


@drawn(json_values)
def test_a_damaged_mark_is_nobodys(value):
    for foreign in ({"touchline": value}, {"touchline": {"gone": value}}, {"touchline": {"gone": {"7": value}}}):
        found = gone_from(FrameLabels(foreign=foreign))
        assert all(isinstance(one, Gone) for one in found)
        assert gone_from(without_gone(FrameLabels(foreign=foreign), {7})) == tuple(
            one for one in found if one.number != 7
        )


def test_a_number_that_was_given_says_nothing_by_itself():
    assert given(Instance(3), 3).is_empty
    assert present(FrameLabels((given(Instance(3), 3),))) == ()


def test_a_copy_may_keep_its_number_where_that_is_free():
    said, one = labels(0, 0, 1), sprites.labelled(0, 1, 6)
    assert copy(said, one, number=6)[1] == 6
    assert copy(said, one)[1] == 2
    with pytest.raises(ValueError, match="id 1 is taken"):
        copy(said, one, number=1)


def test_a_prediction_in_the_place_of_somebody_deleted_is_nobody(tmp_path):
    with sprites.project(tmp_path) as project:
        frames = project.frame_ids()
        for n, frame_id in enumerate(frames[:10]):
            project.save_people(frame_id, sprites.seen(n))
        everybody = follow(project, project.media()[0].id)
        assert everybody is not None
        keep(project, everybody)
        record = project.record(frames[4])
        gone = record.labels.instance(0)
        project.save_record(
            frames[4], replace(record, labels=delete(with_gone(record.labels, gone), 0)), text="Delete 0"
        )
        again = follow(project, project.media()[0].id)
        assert again is not None
        # Nobody comes back, nobody is somebody else.
        assert again.after == {}
        assert again.numbers == {0, 1}


def test_what_is_hidden_or_absent_stays_so_when_it_is_carried(tmp_path):
    with sprites.project(tmp_path) as project:
        frames = project.frame_ids()
        one = sprites.labelled(1, 0, 1)
        marks = {"nose": KeypointLabel(one.keypoints["nose"].position, Visibility.OCCLUDED),
                 "left_ear": KeypointLabel(None, Visibility.ABSENT)}  # fmt: skip
        said = FrameLabels((replace(one, keypoints={**one.keypoints, **marks}),))
        project.save_record(frames[0], FrameRecord(said), text="Label")
        found = follow(project, project.media()[0].id)
        assert found is not None
        carried = found.after[frames[5]].labels.instance(1).keypoints
        assert carried["nose"].visibility is Visibility.OCCLUDED
        assert carried["nose"].position == pytest.approx(sprites.points(1, 5)[COCO.index["nose"]], abs=2.0)
        assert (carried["left_ear"].visibility, carried["left_ear"].position) == (Visibility.ABSENT, None)
        assert carried["right_ear"].visibility is Visibility.VISIBLE
