"""Keypoints of many things: placed or predicted, each prediction with the thing that it is of."""

import numpy as np
import pytest

from annotator import instances
from annotator.instance_points import accepted_things, resolve_instances, seen_of, similarity
from annotator.keypoints import Source
from annotator.labels import EMPTY, FrameLabels, Instance, KeypointLabel, Origin, Visibility, place, set_visibility
from annotator.schemes import CARD_PACKET_8, COCO_17
from model.heatmaps import Prediction
from model.people import InstancePrediction, PeoplePrediction

SIZE = (640, 480)
K = len(COCO_17)
RNG = np.random.default_rng(5)
SHAPE = RNG.uniform(0, 60, (K, 2))


def person(at, *, score=0.9, confidence=0.8, box=True, names=COCO_17.keypoints, **more):
    xy = SHAPE[: len(names)] + at
    around = (*(xy.min(axis=0) - 4), *(xy.max(axis=0) + 4)) if box else None
    count = len(names)
    return InstancePrediction(
        names, xy, np.full(count, confidence), np.full(count, 1.5), score, around and tuple(map(float, around)), **more
    )


def labelled(number, at, names=COCO_17.keypoints):
    return Instance(number, {
        name: KeypointLabel((float(x), float(y)), Visibility.VISIBLE)
        for name, (x, y) in zip(names, SHAPE[: len(names)] + at, strict=True)
    })  # fmt: skip


def resolved(labels, seen, scheme=COCO_17, **more):
    return resolve_instances(labels, seen, scheme, size=SIZE, threshold=0.5, **more)


def test_every_prediction_goes_to_the_thing_that_it_is_of():
    labels = FrameLabels((labelled(3, (20, 20)), labelled(1, (300, 200))))
    seen = (person((301, 202)), person((500, 40), score=0.95), person((22, 19)))
    found = resolved(labels, seen)
    assert [one.id for one in found] == [3, 1, 0]
    assert [one.seen for one in found] == [seen[2], seen[0], seen[1]]
    assert [one.labelled for one in found] == [True, True, False]
    assert {point.source for point in found[0].keypoints.values()} == {Source.PLACED}
    assert {point.source for point in found[2].keypoints.values()} == {Source.PREDICTED}
    assert found[0].keypoints["nose"].predicted == pytest.approx(tuple(seen[2].xy[0]))


def test_what_is_not_said_is_predicted_and_what_is_said_absent_is_not():
    labels = place(EMPTY, "nose", (25.0, 30.0))
    labels = set_visibility(labels, "left_eye", Visibility.ABSENT)
    labels = set_visibility(labels, "right_eye", Visibility.OCCLUDED)
    (one,) = resolved(labels, (person((25.0, 30.0) - SHAPE[0]),))
    assert one.keypoints["nose"].source is Source.PLACED
    assert one.keypoints["left_eye"].position is None
    assert one.keypoints["left_eye"].visibility is Visibility.ABSENT
    assert (one.keypoints["right_eye"].source, one.keypoints["right_eye"].visibility) == (
        Source.PREDICTED,
        Visibility.OCCLUDED,
    )
    assert list(one.keypoints) == list(COCO_17.keypoints)
    assert one.keypoints["left_hip"].sd == 1.5


def test_points_below_the_threshold_are_no_positions_but_known():
    (one,) = resolved(EMPTY, (person((10, 10), confidence=0.3),))
    assert all(point.position is None for point in one.keypoints.values())
    assert one.keypoints["nose"].confidence == pytest.approx(0.3)
    assert one.box_source is Source.PREDICTED
    assert resolved(EMPTY, (person((10, 10), score=0.1),), least_score=0.2) == ()


def test_a_box_alone_finds_its_prediction_by_overlap():
    seen = person((200, 100))
    labels = instances.set_box(EMPTY, 7, tuple(side + 2 for side in seen.box))
    (one,) = resolved(labels, (seen, ))
    assert (one.id, one.seen, one.box_source) == (7, seen, Source.PLACED)
    far = instances.set_box(EMPTY, 7, (0, 0, 20, 20))
    assert [one.seen for one in resolved(far, (seen,))] == [None, seen]


def test_the_box_is_said_predicted_or_around_the_points():
    said = labelled(0, (30, 30))
    (one,) = resolved(FrameLabels((said,)), ())
    assert one.box_source is Source.CONSTRUCTED
    assert one.box == instances.box_of(said)
    (one,) = resolved(EMPTY, (person((30, 30), box=False),))
    assert one.box_source is Source.CONSTRUCTED


def test_while_dragged_a_person_keeps_the_prediction_it_had():
    labels = place(EMPTY, "nose", tuple(map(float, SHAPE[0] + 100)))
    seen = (person((100, 100)), person((400, 300)))
    before = resolved(labels, seen)
    assert before[0].seen is seen[0]
    far = place(labels, "nose", tuple(map(float, SHAPE[0] + (400, 300))))
    assert resolved(far, seen, previous=before)[0].seen is seen[0]
    assert resolved(far, seen)[0].seen is seen[1]


def test_what_did_not_change_is_the_same_object():
    labels = FrameLabels(tuple(labelled(i, (60 * i, 20)) for i in range(4)))
    seen = (person((61, 20)), person((500, 300)))
    before = resolved(labels, seen)
    after = resolved(instances.move(labels, 2, (3.0, 1.0)), seen, previous=before)
    assert [a is b for a, b in zip(after, before, strict=True)] == [True, True, False, True, True]
    for a, b in zip(after, resolved(instances.move(labels, 2, (3.0, 1.0)), seen), strict=True):
        assert (a.id, a.keypoints, a.box, a.seen) == (b.id, b.keypoints, b.box, b.seen)
    other = resolve_instances(labels, seen, COCO_17, size=SIZE, threshold=0.9, previous=before)
    assert not any(a is b for a, b in zip(other, before, strict=True))


def test_a_scheme_of_one_thing_takes_the_best_prediction_whatever_was_said():
    low = person((5, 5), score=0.2, names=CARD_PACKET_8.keypoints)
    best = person((50, 5), names=CARD_PACKET_8.keypoints, visible=np.array([1, 0.2] * 4), values={"cards": 12.4})
    (one,) = resolved(place(EMPTY, "upper_left_face", (400.0, 400.0)), (low, best), CARD_PACKET_8)
    assert one.seen is best
    assert one.suggested == {"cards": 12.4}
    assert one.keypoints["upper_left_back"].visibility is Visibility.OCCLUDED
    assert one.keypoints["upper_right_face"].visibility is Visibility.VISIBLE
    assert resolved(EMPTY, (), CARD_PACKET_8)[0].labelled is False


def test_no_two_things_share_a_prediction_and_a_crowd_is_solved_by_likeness():
    places = [(8 + 60 * (i % 10), 5 + 80 * (i // 10)) for i in range(50)]
    labels = FrameLabels(tuple(labelled(i, at) for i, at in enumerate(places)))
    seen = tuple(person(np.array(at) + RNG.normal(0, 1.5, 2)) for at in places[::-1])
    found = resolved(labels, seen)
    assert [one.seen for one in found] == list(seen[::-1])
    alike = similarity(labels.instances, seen, COCO_17)
    assert alike.shape == (50, 50)
    assert np.all((alike == 0) | (alike >= 0.2))


def test_positions_that_are_no_numbers_are_passed_over():
    holes = person((5, 5))
    xy = holes.xy.copy()
    xy[0] = np.nan
    holes = InstancePrediction(holes.names, xy, holes.confidence.copy(), holes.sd.copy(), 0.5)
    said = FrameLabels((Instance(0, {"nose": KeypointLabel((float("nan"), 3.0), Visibility.VISIBLE)}),))
    for labels in (EMPTY, said):
        assert all(one.keypoints["nose"].position is None for one in resolved(labels, (holes,)))
    with pytest.raises(ValueError, match="positive"):
        resolve_instances(EMPTY, (), COCO_17, size=(0, 3), threshold=0.5)


def test_many_and_one_are_seen_alike():
    one = person((5, 5))
    maps = np.zeros((K + 1, 2, 2), dtype=np.uint8)
    single = Prediction(one.names, one.xy.copy(), one.confidence.copy(), one.sd.copy(), maps, SIZE, "n", (1, 1), (0, 0))
    (found,) = seen_of(single)
    assert (found.names, found.box, found.score) == (one.names, None, pytest.approx(0.8))
    assert seen_of(PeoplePrediction((one,), SIZE, "n")) == (one,)
    assert seen_of(None) == ()


def test_accepting_takes_over_what_is_shown_and_nothing_that_a_person_said():
    labels = place(EMPTY, "nose", (25.0, 30.0), instance=3)
    labels = set_visibility(labels, "left_eye", Visibility.ABSENT, instance=3)
    mine, other = person((25.0, 30.0) - SHAPE[0]), person((400, 300))
    shown = resolved(labels, (mine, other))
    taken = accepted_things(labels, shown, COCO_17)
    assert [one.id for one in taken.instances] == [3, 0]
    one = taken.instance(3)
    assert one.keypoints["nose"] == labels.instance(3).keypoints["nose"]
    assert one.keypoints["left_eye"].visibility is Visibility.ABSENT
    assert one.keypoints["left_hip"].origin is Origin.ACCEPTED
    assert one.box == mine.box
    assert len(taken.instance(0).keypoints) == K
    again = resolved(taken, (mine, other))
    assert [thing.seen for thing in again] == [mine, other]
    assert {point.source for point in again[1].keypoints.values()} == {Source.PLACED}
    assert accepted_things(labels, shown, COCO_17, ids=()) == labels
    assert [one.id for one in accepted_things(labels, shown, COCO_17, ids=(0,)).instances] == [3, 0]
    assert accepted_things(EMPTY, (), COCO_17) == EMPTY


@pytest.mark.parametrize(("said", "stored"), [(12.4, 12.0), (60.0, 52.0), (-3.0, 1.0), (float("nan"), None)])
def test_an_accepted_number_is_one_that_the_scheme_allows(said, stored):
    seen = person((5, 5), names=CARD_PACKET_8.keypoints, values={"cards": said, "other": 1.0})
    taken = accepted_things(EMPTY, resolved(EMPTY, (seen,), CARD_PACKET_8), CARD_PACKET_8)
    assert taken.attributes == ({} if stored is None else {"cards": stored})
    mine = instances.set_attribute(EMPTY, CARD_PACKET_8.attributes[0], 7)
    assert accepted_things(mine, resolved(mine, (seen,), CARD_PACKET_8), CARD_PACKET_8).attributes == {"cards": 7.0}


def test_of_a_click_no_number_is_taken_and_of_several_things_only_those_asked_for():
    seen = person((5, 5), names=CARD_PACKET_8.keypoints, values={"cards": 12.4})
    shown = resolved(EMPTY, (seen,), CARD_PACKET_8)
    taken = accepted_things(EMPTY, shown, CARD_PACKET_8, numbers={})
    assert (len(taken.pitch.keypoints), taken.attributes) == (8, {})
    taken = accepted_things(EMPTY, shown, CARD_PACKET_8, numbers={0: ("cards",)})
    assert (taken.attributes, taken.accepted) == ({"cards": 12.0}, {"cards": 12.0})
    again = instances.set_attribute(taken, CARD_PACKET_8.attributes[0], 12.0)
    assert (again.attributes, again.accepted) == ({"cards": 12.0}, {})


def test_what_is_seen_in_the_box_around_somebodys_points_is_of_them_however_far_off_they_are():
    labels = FrameLabels((labelled(0, (20, 20)), labelled(1, (300, 200))))
    away = np.array((2000.0, 2000.0))
    seen = tuple(
        InstancePrediction(COCO_17.keypoints, SHAPE + away, np.full(K, 0.9), np.ones(K), 0.9, instances.box_of(one))
        for one in labels.instances
    )
    found = resolved(labels, seen[::-1])
    assert [(one.id, one.labelled, one.seen) for one in found] == [(0, True, seen[0]), (1, True, seen[1])]
    assert accepted_things(labels, found, COCO_17) == accepted_things(labels, found[:2], COCO_17)


def test_what_a_detector_and_a_network_found_over_a_labelled_person_is_of_them_by_the_overlap():
    labels = FrameLabels((labelled(0, (20, 20)),))
    x0, y0, x1, y1 = instances.box_of(labels.instances[0])
    near, far = (
        InstancePrediction(COCO_17.keypoints, SHAPE + 2000.0, np.full(K, 0.9), np.ones(K), 0.9, box)
        for box in ((x0 - 3.0, y0 - 2.0, x1 + 4.0, y1 + 1.0), (x1 - 2.0, y0, 2.0 * x1 - x0, y1))
    )
    found = resolved(labels, (far, near))
    assert [(one.id, one.seen) for one in found] == [(0, near), (1, far)]


def test_who_had_an_answer_keeps_it_when_points_placed_since_make_more_of_them():
    nose, eye = (120.0, 110.0), (126.0, 104.0)
    labels = place(place(EMPTY, "nose", nose), "left_eye", eye)
    seen = InstancePrediction(
        COCO_17.keypoints, SHAPE + 900.0, np.full(K, 0.9), np.ones(K), 0.9, instances.box_of(labels.instances[0])
    )
    before = resolved(labels, (seen,))
    assert [one.seen for one in before] == [seen]
    more = place(labels, "left_ankle", (180.0, 400.0))
    assert [one.id for one in resolved(more, (seen,))] == [0, 1]
    assert [(one.id, one.seen) for one in resolved(more, (seen,), earlier=before)] == [(0, seen)]
    other = instances.delete(more, 0)
    assert [one.labelled for one in resolved(other, (seen,), earlier=before)] == [False]


def test_what_is_seen_in_somebodys_own_box_is_of_them_whatever_was_placed():
    box = (100.0, 50.0, 200.0, 250.0)
    own, other = (InstancePrediction(
        COCO_17.keypoints, np.tile([(110.0 + by, 70.0)], (17, 1)), np.full(17, 0.9), np.ones(17), 0.9,
        (box[0] + by, box[1], box[2] + by, box[3]),
    ) for by in (0.0004, 20.0))  # fmt: skip
    nose = {"nose": KeypointLabel((190.0, 240.0), Visibility.VISIBLE)}
    labels = instances.add(EMPTY, Instance(4, nose, box=box))
    assert [one.seen for one in resolved(labels, (other, own))] == [own, other]
    # A box that changed a little is still that person's, until the network has looked again.
    (one,) = resolved(labels, (other,))
    assert (one.id, one.seen) == (4, other)
    assert one.keypoints["nose"].position == (190.0, 240.0)
