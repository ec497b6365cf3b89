"""Signs of frames without football: each planted mistake is found and nothing else is said of it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from annotator import instances
from annotator.labels import EMPTY, Decision, FrameLabels, FrameRecord, Instance, KeypointLabel, Origin, Visibility
from annotator.project import Project
from annotator.review import FrameSigns, Kind, rank
from annotator.review.bones import FEWEST, with_bones
from annotator.review.bulk import accepted_records
from annotator.review.changes import changes_between, positions
from annotator.review.entries import Inspection, entry_document, entry_from, inspect
from annotator.review.mirrored import as_thing
from annotator.review.recheck import agreement, recheck_document, recheck_from
from annotator.review.second_answers import compare_things, keep_recheck, rechecks
from annotator.review.survey import Survey, known_entries
from annotator.review.thing_signs import Things, signs_of_things
from annotator.review.worker import Inspector
from annotator.schemes import known_schemes
from model.people import InstancePrediction, PeoplePrediction

COCO = known_schemes()["coco-17"]
CARDS = known_schemes()["card-packet-8"]
SIZE = (640, 480)
# A person of 100 x 200 pixels, left of the person to the right of the picture; shares of the box.
STANDING = np.array([
    (0.50, 0.05), (0.54, 0.03), (0.46, 0.03), (0.58, 0.05), (0.42, 0.05), (0.70, 0.20), (0.30, 0.20), (0.85, 0.35),
    (0.15, 0.35), (0.90, 0.50), (0.10, 0.50), (0.62, 0.52), (0.38, 0.52), (0.64, 0.75), (0.36, 0.75), (0.65, 0.97),
    (0.35, 0.97),
])  # fmt: skip


def places(at=(100.0, 100.0), size=(100.0, 200.0)):
    return np.array(at) + STANDING * np.array(size)


def person(number=0, at=(100.0, 100.0), size=(100.0, 200.0), **attributes) -> Instance:
    points = {
        name: KeypointLabel((float(x), float(y)), Visibility.VISIBLE, Origin.HAND)
        for name, (x, y) in zip(COCO.keypoints, places(at, size), strict=True)
    }
    box = (at[0], at[1], at[0] + size[0], at[1] + size[1])
    return Instance(number, points, box=box, attributes=attributes)


def seen(at=(100.0, 100.0), size=(100.0, 200.0), sure=0.9, **more) -> InstancePrediction:
    box = (at[0], at[1], at[0] + size[0], at[1] + size[1])
    confidence = np.full(len(COCO), sure)
    return InstancePrediction(COCO.keypoints, places(at, size), confidence, np.full(len(COCO), 1.0), sure, box, **more)


def moved(one: Instance, name: str, by=(0.0, 0.0), **changes) -> Instance:
    said = one.keypoints[name]
    at = (said.position[0] + by[0], said.position[1] + by[1])
    return replace(one, keypoints={**one.keypoints, name: replace(said, position=at, **changes)})


def signs(labels, *seen_things, scheme=COCO, other=(), mirrored=None):
    things = Things(scheme, labels, tuple(seen_things), tuple(other), mirrored)
    found = signs_of_things(1, things, None, size=SIZE, threshold=0.3)
    return {sign.kind: sign for sign in found.signs}


def labels_of(*things, **attributes) -> FrameLabels:
    return FrameLabels(things or (Instance(),), attributes)


def test_labels_that_the_network_confirms_say_nothing():
    found = signs(labels_of(person(0), person(1, (300.0, 120.0))), seen(), seen((300.0, 120.0)))
    assert found.keys() == {Kind.CORRECTED}
    assert found[Kind.CORRECTED].value == pytest.approx(0.0, abs=1e-9)


def test_a_moved_point_is_said_in_percent_of_the_size_of_its_thing():
    labels = labels_of(person(0), moved(person(4, (300.0, 120.0)), "left_wrist", (0.0, 30.0)))
    sign = signs(labels, seen((300.0, 120.0)), seen())[Kind.CORRECTED]
    assert (sign.keypoint, sign.instance, sign.count) == ("left_wrist", 4, 1)
    assert sign.value == pytest.approx(100.0 * 30.0 / np.sqrt(100.0 * 200.0))


def test_a_thing_twice_as_large_may_be_off_twice_as_far():
    small = signs(labels_of(moved(person(), "nose", (5.0, 0.0))), seen())[Kind.CORRECTED].value
    large = moved(person(0, size=(200.0, 400.0)), "nose", (10.0, 0.0))
    assert signs(labels_of(large), seen(size=(200.0, 400.0)))[Kind.CORRECTED].value == pytest.approx(small)


def test_swapped_limbs_are_found_and_a_whole_person_turned_round_too():
    one = person()
    legs = {"left_ankle": "right_ankle", "right_ankle": "left_ankle"}
    crossed = replace(one, keypoints={legs.get(n, n): said for n, said in one.keypoints.items()})
    sign = signs(labels_of(crossed), seen())[Kind.SWAPPED]
    assert (sign.keypoint, sign.count) == ("left_ankle", 1)
    turned = instances.flip(labels_of(one), 0, COCO.mirrored)
    sign = signs(turned, seen())[Kind.SWAPPED]
    assert sign.count == sum(COCO.mirrored[name] != name for name in COCO.keypoints) / 2


def test_things_that_one_side_lacks_are_counted():
    found = signs(labels_of(person()), seen(), seen((400.0, 100.0)), seen((20.0, 20.0), (40.0, 80.0), sure=0.1))
    assert (found[Kind.EXTRA].count, Kind.UNFOUND in found) == (1, False)
    found = signs(labels_of(person(), person(3, (400.0, 100.0))), seen())
    assert (found[Kind.UNFOUND].count, found[Kind.UNFOUND].instance, Kind.EXTRA in found) == (1, 3, False)


def test_what_lies_in_a_crowd_is_not_missing():
    crowd = Instance(1, box=(380.0, 80.0, 600.0, 400.0), foreign={"coco": {"annotation": {"iscrowd": 1}}})
    assert Kind.EXTRA not in signs(labels_of(person(), crowd), seen(), seen((400.0, 100.0)))


def test_points_outside_their_box_are_told():
    one = replace(person(), box=(100.0, 100.0, 200.0, 250.0))
    sign = signs(labels_of(one), seen())[Kind.BOX]
    assert (sign.keypoint, sign.count) == ("left_ankle", 2)  # knees at 250 lie on the edge
    assert sign.value == pytest.approx(100.0 * 44.0 / np.sqrt(100.0 * 150.0))


def test_a_point_that_the_network_sees_and_nobody_named_is_lacking():
    one = person()
    one = replace(one, keypoints={n: said for n, said in one.keypoints.items() if n != "left_knee"})
    sign = signs(labels_of(one), seen())[Kind.UNLABELLED]
    assert (sign.keypoint, sign.count, sign.value) == ("left_knee", 1, 1.0)
    absent = replace(person(), keypoints={**person().keypoints, "left_knee": KeypointLabel(None, Visibility.ABSENT)})
    assert Kind.UNLABELLED not in signs(labels_of(absent), seen())


def packet(**numbers) -> tuple[Instance, InstancePrediction]:
    at = np.array([(100, 100), (104, 96), (200, 100), (204, 96), (100, 240), (104, 236), (200, 240), (204, 236)], float)
    points = {n: KeypointLabel((x, y), Visibility.VISIBLE) for n, (x, y) in zip(CARDS.keypoints, at, strict=True)}
    visible = np.full(8, 0.95)
    visible[1] = 0.02
    sure = np.full(8, 0.9)
    return Instance(keypoints=points), InstancePrediction(
        CARDS.keypoints, at, sure, np.ones(8), 0.9, visible=visible, values=numbers
    )


def test_a_number_far_from_the_predicted_one_and_a_hidden_corner_are_told():
    one, network = packet(cards=31.0)
    found = signs(labels_of(one, cards=12.0), network, scheme=CARDS)
    assert (found[Kind.NUMBER].keypoint, found[Kind.NUMBER].detail) == ("cards", "12 31")
    assert found[Kind.NUMBER].value == pytest.approx(100.0 * 19.0 / 51.0)
    assert (found[Kind.SIGHT].keypoint, found[Kind.SIGHT].count) == ("upper_left_back", 1)
    assert Kind.UNLABELLED not in found
    unsaid = signs(labels_of(one), network, scheme=CARDS)
    assert (unsaid[Kind.UNLABELLED].keypoint, Kind.NUMBER in unsaid) == ("cards", False)


def test_a_number_that_is_the_networks_own_or_the_same_when_rounded_is_no_reason():
    one, network = packet(cards=38.6)
    assert Kind.NUMBER not in signs(labels_of(one, cards=39.0), network, scheme=CARDS)
    beyond, most = packet(cards=53.4)
    assert Kind.NUMBER not in signs(labels_of(beyond, cards=52.0), most, scheme=CARDS)
    sign = signs(labels_of(one, cards=38.0), network, scheme=CARDS)[Kind.NUMBER]
    assert (sign.detail, sign.value) == ("38 39", pytest.approx(100.0 / 51.0))
    other = packet(cards=20.0)[1]
    assert Kind.NUMBER in signs(labels_of(one, cards=39.0), other, scheme=CARDS)
    taken = FrameLabels((one,), {"cards": 39.0}, accepted={"cards": 39.0})
    assert Kind.NUMBER not in signs(taken, other, scheme=CARDS)


def test_frames_only_predicted_are_judged_by_what_was_seen():
    found = signs(EMPTY, seen(sure=0.6))
    assert found[Kind.FAINT].value == pytest.approx(0.4)
    assert Kind.CORRECTED not in found
    other = seen()
    xy = other.xy + np.array([20.0, 0.0])
    apart = InstancePrediction(COCO.keypoints, xy, other.confidence, other.sd, 0.9, other.box)
    sign = signs(EMPTY, seen(), other=(apart,))[Kind.NETWORKS]
    assert sign.value == pytest.approx(100.0 * 20.0 / np.sqrt(20000.0))


def test_the_flip_test_is_measured_by_size():
    _, network = packet()
    back = as_thing({name: (x + 14.0, y, 0.9) for name, (x, y) in zip(network.names, network.xy.tolist(), strict=True)})
    sign = signs(EMPTY, network, scheme=CARDS, mirrored=(back,))[Kind.FLIP]
    assert sign.value == pytest.approx(100.0 * 14.0 / np.sqrt(104.0 * 144.0))


def with_lengths(*things) -> FrameSigns:
    return signs_of_things(1, Things(COCO, labels_of(*things)), None, size=SIZE, threshold=0.3)


def test_a_limb_as_no_other_is_told_once_the_project_says_what_is_usual():
    rng = np.random.default_rng(3)
    usual = [
        replace(with_lengths(person(0, size=(100.0 * s, 200.0 * s))), frame_id=n)
        for n, s in enumerate(rng.uniform(0.5, 1.5, FEWEST + 5))
    ]
    odd = replace(with_lengths(person(), moved(person(2), "left_ankle", (0.0, 90.0))), frame_id=99)
    told = {frame.frame_id: frame for frame in with_bones([*usual, odd])}
    (sign,) = [sign for sign in told[99].signs if sign.kind is Kind.BONE]
    first, second, factor = sign.detail.split("\t")
    assert {first, second} == {"left_knee", "left_ankle"}
    assert (sign.instance, float(factor)) == (2, pytest.approx(134.0 / 44.0, abs=0.1))
    assert not any(sign.kind is Kind.BONE for n in range(FEWEST) for sign in told[n].signs)
    assert rank([*usual, odd])[0].frame_id == 99
    assert with_bones([*usual[:3], odd])[-1].signs == odd.signs


def test_entries_of_things_go_there_and_back():
    labels = labels_of(person(0), moved(person(4, (300.0, 120.0)), "left_wrist", (0.0, 30.0)))
    things = Things(COCO, labels, (seen(), seen((300.0, 120.0))))
    entry = inspect(Inspection(5, Instance(), None, SIZE, 0.3, things=things))
    assert entry.signs.bones
    assert entry_from(5, entry_document(entry)) == entry
    document = json.loads(entry_document(entry))
    document["signs"][0][5] = "first"
    assert entry_from(5, json.dumps(document)) is None


def test_a_survey_of_a_project_of_people_finds_what_was_planted(tmp_path):
    import cv2

    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(3):
        assert cv2.imwrite(str(folder / f"{number}.png"), np.full((480, 640, 3), 90, dtype=np.uint8))
    with Project.for_media([folder], scheme=COCO) as project:
        first, second, third = project.frame_ids()
        for frame_id in (first, second):
            project.save_people(frame_id, PeoplePrediction((seen(), seen((300.0, 120.0))), SIZE, "people"))
        good = labels_of(person(0), person(1, (300.0, 120.0)))
        bad = labels_of(moved(person(0), "nose", (50.0, 0.0)), person(1, (300.0, 120.0)))
        project.save_record(first, FrameRecord(good), text="Label", author="")
        project.save_record(second, FrameRecord(bad), text="Label", author="")
        found = {}
        inspector = Inspector()
        try:
            Survey(project, inspector, threshold=0.3).run(
                {}, found=found.update, progress=lambda done, total: None, should_stop=lambda: False
            )
        finally:
            inspector.close()
        assert rank([one.entry.signs for one in found.values()])[0].frame_id == second
        assert found[second].entry.value(Kind.CORRECTED) == pytest.approx(100.0 * 50.0 / np.sqrt(20000.0))
        assert found[third].entry.signs.signs == ()
        assert known_entries(project)[second].entry == found[second].entry


def test_two_answers_are_compared_thing_by_thing():
    first = labels_of(person(0, shirt=9.0), person(1, (300.0, 120.0)))
    second = labels_of(person(0, (300.0, 120.0)), moved(person(1, shirt=7.0), "nose", (0.0, 14.0)))
    found = compare_things("a", first, second, COCO, size=SIZE)
    assert found.of_size
    assert found.distances["0 nose"] == pytest.approx(100.0 * 14.0 / np.sqrt(20000.0))
    assert found.distances["1 nose"] == 0.0
    assert (found.only_first, found.only_second, dict(found.numbers)) == ((), (), {"shirt": 2.0})
    assert recheck_from(recheck_document(found)) == found
    alone = compare_things("a", first, labels_of(person()), COCO, size=SIZE)
    assert len(alone.only_first) == len(COCO)
    both = agreement([found, alone])
    assert both.of_size
    assert both.numbers == {"shirt": 2.0}
    # A nose 14 px off in 100 x 200 (COCO's constant 0.026) counts nothing of one pair's 17 points; two pairs are equal.
    nose = np.exp(-(14.0**2) / (2.0 * 20000.0 * (2.0 * 0.026) ** 2))
    assert both.alike == pytest.approx((16.0 + nose) / 17.0 / 3.0 + 2.0 / 3.0)


def test_a_second_answer_is_kept_in_the_unit_of_the_scheme(tmp_path):
    import cv2

    folder = tmp_path / "frames"
    folder.mkdir()
    assert cv2.imwrite(str(folder / "0.png"), np.full((480, 640, 3), 90, dtype=np.uint8))
    with Project.for_media([folder], scheme=CARDS) as project:
        (frame,) = project.frame_ids()
        one, _ = packet()
        project.save_record(frame, FrameRecord(labels_of(one, cards=12.0)), text="Label", author="")
        other = moved(one, "upper_left_face", (3.0, 4.0))
        keep_recheck(project, frame, labels_of(other, cards=15.0), size=SIZE, by="Ada")
        (kept,) = rechecks(project)
        assert kept.distances["0 upper_left_face"] == pytest.approx(100.0 * 5.0 / np.sqrt(104.0 * 144.0))
        assert dict(kept.numbers) == {"cards": 3.0}


def test_frames_accepted_at_once_take_numbers_hidden_points_and_every_thing(tmp_path):
    import cv2

    from model.heatmaps import Prediction

    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(3):
        assert cv2.imwrite(str(folder / f"{number}.png"), np.full((480, 640, 3), 90, dtype=np.uint8))
    _, network = packet(cards=30.6)
    heat = np.zeros((9, 12, 16), dtype=np.uint8)
    sure = np.array([0.9] * 7 + [0.1])
    seen_once = Prediction(
        CARDS.keypoints, network.xy, sure, np.ones(8), heat, SIZE, "cards", (40.0, 40.0), (0.0, 0.0),
        network.visible, dict(network.values),
    )  # fmt: skip
    with Project.for_media([folder], scheme=CARDS) as project:
        first, second, third = project.frame_ids()
        for frame_id in (first, second):
            project.save_prediction(frame_id, seen_once)
        project.save_record(second, FrameRecord(labels_of(cards=12.0)), text="Label", author="")
        before, after = accepted_records(project, [first, second, third], network="cards", threshold=0.3, by="Ada")
    assert before.keys() == after.keys() == {first}
    labels = after[first].labels
    assert labels.attributes == {"cards": 31.0}
    said = labels.pitch.keypoints
    assert {name: one.visibility for name, one in said.items()} == {
        name: Visibility.OCCLUDED if name == "upper_left_back" else Visibility.VISIBLE for name in CARDS.keypoints[:7]
    }
    assert {one.origin for one in said.values()} == {Origin.ACCEPTED}
    assert (after[first].review.decision, after[first].review.by) == (Decision.ACCEPTED, "Ada")


def test_changes_count_things_boxes_and_values():
    before = FrameRecord(labels_of(person(0), person(1, (300.0, 120.0))))
    after = FrameRecord(labels_of(replace(moved(person(0), "nose", (2.0, 0.0)), box=None), person(2), cards=3.0))
    found = changes_between(before, after)
    assert (found.moved, found.came, found.went, found.boxes, found.attributes) == (1, 1, 1, 1, 1)
    assert len(positions(after)) == 2 * len(COCO)
    first = changes_between(FrameRecord(), FrameRecord(labels_of(packet()[0])))
    assert (first.added, first.came) == (8, 0)
