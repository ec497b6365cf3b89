"""Things filled in between labelled frames: exact at the ends, marked as a machine's, never over a person's word."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sprites
from hypothesis import given
from hypothesis import strategies as st

from annotator.filling_things import Gap, fill_things, gaps, points_between
from annotator.instances import move, set_box
from annotator.labels import (
    Decision,
    FrameLabels,
    FrameRecord,
    How,
    Instance,
    KeypointLabel,
    Origin,
    Review,
    Visibility,
)
from annotator.motion_labels import without_carried
from annotator.store_timeline import FILLED, KEY, MOTION
from annotator.timeline import Track
from annotator.timeline_things import Builder, kind_of_thing, read_lanes
from annotator.tracking_gone import with_gone


def at(x: float, y: float = 0.0, visibility=Visibility.VISIBLE) -> Instance:
    return Instance(0, {"nose": KeypointLabel((x, y), visibility)})


def xs(found) -> list[float]:
    return [points["nose"].position[0] for points in found.values()]


def lanes(*kinds: int):
    builder = Builder()
    for place, kind in enumerate(kinds):
        builder.add(place, {0: kind} if kind else {})
    return builder.lanes()


def test_between_two_frames_alone_a_point_goes_straight_and_evenly():
    found = points_between({2: at(10.0, 4.0), 6: at(30.0, 8.0)}, Gap(0, 2, 6))
    places = np.array([points["nose"].position for points in found.values()])
    assert places == pytest.approx(np.array([[15, 5], [20, 6], [25, 7]]))
    assert {points["nose"].origin for points in found.values()} == {Origin.PROPAGATED}


def test_the_time_of_frames_counts_where_it_is_uneven():
    times = {2: 0.0, 3: 0.1, 4: 0.4}
    found = points_between({2: at(0.0), 4: at(40.0)}, Gap(0, 2, 4), times.__getitem__)
    assert xs(found) == pytest.approx([10.0])


def test_frames_beyond_the_ends_say_how_it_moves():
    true = {place: at(0.5 * place**2) for place in (0, 4, 10, 14)}
    bent = xs(points_between(true, Gap(0, 4, 10, before=0, after=14)))
    straight = xs(points_between(true, Gap(0, 4, 10)))
    truth = [0.5 * place**2 for place in range(5, 10)]
    assert np.abs(np.subtract(bent, truth)).max() < 0.4 * np.abs(np.subtract(straight, truth)).max()


@given(st.lists(st.floats(-1e3, 1e3), min_size=4, max_size=4), st.integers(2, 9))
def test_no_point_ever_goes_beyond_the_two_beside_it(places, wide):
    known = dict(zip((0, 3, 3 + wide, 8 + wide), map(at, places), strict=True))
    found = xs(points_between(known, Gap(0, 3, 3 + wide, 0, 8 + wide)))
    low, high = sorted(places[1:3])
    assert all(low - 1e-6 <= x <= high + 1e-6 for x in found)


def test_a_point_that_one_end_does_not_have_is_not_made_up_and_hidden_stays_hidden():
    first = Instance(0, {
        "nose": KeypointLabel((0.0, 0.0), Visibility.OCCLUDED), "left_eye": KeypointLabel((1.0, 1.0)),
        "right_eye": KeypointLabel((5.0, 5.0), Visibility.ABSENT),
    })  # fmt: skip
    last = Instance(0, {"nose": KeypointLabel((4.0, 4.0), Visibility.VISIBLE), "right_eye": KeypointLabel((6.0, 6.0))})
    found = points_between({0: first, 2: last}, Gap(0, 0, 2))
    assert found == {1: {"nose": KeypointLabel((2.0, 2.0), Visibility.OCCLUDED, Origin.PROPAGATED)}}


def test_gaps_are_found_about_a_frame_or_in_a_range():
    some = lanes(KEY, 0, 0, MOTION, MOTION, 0, FILLED, KEY, 0, KEY)
    assert gaps(some, place=1) == [Gap(0, 0, 3, None, 4)]
    assert gaps(some, place=0) == gaps(some, place=2) == gaps(some, place=1)
    assert [(gap.first, gap.last) for gap in gaps(some, place=5)] == [(4, 7)]
    assert [(gap.first, gap.last) for gap in gaps(some, place=9)] == [(7, 9)]
    assert [(gap.first, gap.last) for gap in gaps(some, place=7)] == [(4, 7), (7, 9)]
    assert [(gap.first, gap.last) for gap in gaps(some, place=0, span=(3, 9))] == [(4, 7), (7, 9)]
    assert gaps(some, place=0, span=(1, 8))[0].first == 4
    assert gaps(lanes(KEY, KEY, 0, 0), place=1) == []


def test_nothing_is_filled_in_across_a_cut_or_an_accepted_frame_without_it():
    some = lanes(KEY, 0, 0, KEY, 0, 0, KEY)
    assert gaps(some, place=1, cuts=[2]) == []
    assert gaps(some, place=1, closed=[2]) == []
    # Who comes in after a cut moves otherwise than who was there before.
    assert gaps(some, place=4, cuts=[3]) == [Gap(0, 3, 6)]
    accepted_fill = lanes(KEY, FILLED, FILLED, KEY)
    assert [(gap.first, gap.last) for gap in gaps(accepted_fill, place=1, closed=[1])] == [(1, 3)]


@pytest.fixture
def project(tmp_path):
    with sprites.project(tmp_path) as made:
        yield made


def store(project, frames) -> Track:
    ids = project.frame_ids()
    for place, record in frames.items():
        project.save_record(ids[place], record, text="Label")
    return Track.of(project, project.media()[0].id)


def test_everybody_missing_about_here_is_filled_in_and_marked_as_a_machines(project):
    track = store(project, {n: FrameRecord(sprites.labels(n, 4, 9)) for n in (2, 8)})
    found = fill_things(project, track, 5)
    assert found.numbers == {4, 9}
    ids = project.frame_ids()
    assert sorted(found.after) == ids[3:8]
    one = found.after[ids[4]].labels.instance(9)
    assert kind_of_thing(one) == FILLED
    assert one.link.how is How.INTERPOLATED
    assert one.link.frames == (project.row(ids[2]).name, project.row(ids[8]).name)
    # They walk evenly: filled in they are where they were.
    places = np.array([one.keypoints[name].position for name in sprites.COCO.keypoints])
    assert places == pytest.approx(sprites.points(1, 4))
    project.save_records(found.after, text="Fill", expected=found.before)
    again = fill_things(project, Track.of(project, track.media_id), 5)
    assert again.after == {}


def test_a_person_a_decision_and_a_tracker_keep_their_word(project):
    hand = replace(sprites.labelled(0, 20, 4), box=(0.0, 0.0, 9.0, 9.0))
    tracked = sprites.labelled(1, 20, 9, Origin.PROPAGATED)
    closed = FrameRecord(FrameLabels((sprites.labelled(0, 0, 7),)), Review(Decision.REJECTED))
    track = store(project, {
        **{n: FrameRecord(sprites.labels(n, 4, 9)) for n in (2, 8)}, 4: FrameRecord(FrameLabels((hand, tracked))),
        6: closed,
    })  # fmt: skip
    ids = project.frame_ids()
    found = fill_things(project, track, 2, span=(0, 10))
    assert sorted(found.after) == [ids[3], ids[5], ids[7]]
    assert ids[4] not in found.after
    # The frame by hand in between is one that all goes through.
    x = {n: found.after[ids[n]].labels.instance(4).keypoints["nose"].position[0] for n in (3, 5)}
    low, high = sprites.points(0, 2)[0, 0], sprites.points(0, 20)[0, 0]
    assert low < x[3] < high
    assert high > x[5] > sprites.points(0, 8)[0, 0]


def test_whom_a_person_deleted_from_a_frame_stays_away(project):
    gone = with_gone(FrameLabels((sprites.labelled(1, 5, 9),)), sprites.labelled(0, 5, 4))
    track = store(project, {**{n: FrameRecord(sprites.labels(n, 4, 9)) for n in (2, 8)}, 5: FrameRecord(gone)})
    found, ids = fill_things(project, track, 4), project.frame_ids()
    assert found.numbers == {4, 9}
    assert ids[5] not in found.after
    assert all(not found.after[ids[n]].labels.instance(4).is_empty for n in (3, 4, 6, 7))


def test_nobody_missing_changes_nothing_and_stopping_says_so(project):
    track = store(project, {2: FrameRecord(sprites.labels(2, 4))})
    assert fill_things(project, track, 2).after == {}
    assert fill_things(project, track, 2, should_stop=lambda: True) is None


def boxed(number: int, box, *points: tuple[str, float]) -> Instance:
    return Instance(number, {name: KeypointLabel((x, 0.0)) for name, x in points}, box=box)


def test_boxes_drawn_at_both_ends_go_straight_and_are_a_machines(project):
    first, last = boxed(4, (0.0, 0.0, 10.0, 20.0)), boxed(4, (12.0, 6.0, 34.0, 32.0))
    track = store(project, {2: FrameRecord(FrameLabels((first,))), 8: FrameRecord(FrameLabels((last,)))})
    found, ids = fill_things(project, track, 5), project.frame_ids()
    assert sorted(found.after) == ids[3:8]
    boxes = [found.after[frame_id].labels.instance(4).box for frame_id in ids[3:8]]
    straight = np.linspace(first.box, last.box, 7)
    assert boxes == pytest.approx(straight[1:-1])
    assert all(kind_of_thing(record.labels.instance(4)) == FILLED for record in found.after.values())
    # Stored and read again they still are, in every way to ask, and the ends stay a person's.
    project.save_records(found.after, text="Fill", expected=found.before)
    assert project.record(ids[4]) == found.after[ids[4]]
    fresh = Track.of(project, track.media_id)
    assert fresh.said[2:9].tolist() == [KEY, *[FILLED] * 5, KEY]
    read = read_lanes(project, track.media_id, {number: n for n, number in enumerate(ids)})
    assert [read.lanes[4].at(n) for n in range(2, 9)] == [KEY, *[FILLED] * 5, KEY]
    assert fill_things(project, fresh, 5).after == {}
    assert without_carried(project.record(ids[4]).labels).instance(4).is_empty


def test_a_hand_on_a_filled_box_makes_it_a_persons_and_the_others_follow(project):
    ends = {n: FrameRecord(FrameLabels((boxed(4, (n, 0.0, n + 10.0, 20.0)),))) for n in (2, 8)}
    track = store(project, ends)
    found, ids = fill_things(project, track, 5), project.frame_ids()
    project.save_records(found.after, text="Fill", expected=found.before)
    mine = set_box(project.record(ids[5]).labels, 4, (50.0, 0.0, 60.0, 20.0))
    assert kind_of_thing(mine.instance(4)) == KEY
    assert mine.instance(4).link is None
    assert kind_of_thing(move(project.record(ids[5]).labels, 4, (1.0, 0.0)).instance(4)) == KEY
    project.save_record(ids[5], FrameRecord(mine), text="Box")
    again = fill_things(project, Track.of(project, track.media_id), 5)
    assert sorted(again.after) == [ids[n] for n in (3, 4, 6, 7)]
    assert again.after[ids[4]].labels.instance(4).box[0] == pytest.approx(2 + 48 * 2 / 3)


def test_points_and_boxes_are_filled_in_together_and_a_box_at_one_end_alone_is_not(project):
    ends = {2: boxed(4, (0.0, 0.0, 9.0, 9.0), ("nose", 1.0)), 8: boxed(4, (6.0, 0.0, 15.0, 9.0), ("nose", 7.0))}
    track = store(project, {n: FrameRecord(FrameLabels((one,))) for n, one in ends.items()})
    ids = project.frame_ids()
    one = fill_things(project, track, 5).after[ids[5]].labels.instance(4)
    assert one.keypoints["nose"].position == pytest.approx((4.0, 0.0))
    assert one.box == pytest.approx((3.0, 0.0, 12.0, 9.0))
    project.save_record(ids[8], FrameRecord(FrameLabels((replace(ends[8], box=None),))), text="Box")
    assert fill_things(project, track, 5).after[ids[5]].labels.instance(4).box is None
    project.save_record(ids[2], FrameRecord(FrameLabels((replace(ends[2], keypoints={}),))), text="Box")
    nothing = fill_things(project, track, 5)
    assert (nothing.after, nothing.apart) == ({}, {4})
