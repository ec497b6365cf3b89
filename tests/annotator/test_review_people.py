"""The flip test and jumps against neighbours where a frame shows many: each of the right person, and nothing else."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from annotator.commands import run_command
from annotator.instances import box_around
from annotator.labels import EMPTY, Carried, FrameLabels, FrameRecord, How, Instance, Origin, Review
from annotator.project import Project
from annotator.review import Kind
from annotator.review.judged import said_by_network, size_of
from annotator.review.mirrored import (
    is_looked_at,
    keep_things,
    kept,
    kept_things,
    look_and_keep,
    look_at_things,
    look_closer,
    to_look_at,
)
from annotator.review.survey import Survey, known_entries
from annotator.review.thing_flips import brought_back, mirrored_box
from annotator.review.thing_jumps import LEAST_ALIKE, jumps
from annotator.review.thing_signs import Things, signs_of_things
from annotator.review.worker import Inspector
from annotator.schemes import CARD_PACKET_8, COCO_17
from annotator.tracking import Settings
from model.heatmaps import Prediction
from model.people import InstancePrediction, PeoplePrediction

sys.path.append(str(Path(__file__).resolve().parent))
import sprites

SIZE = (320, 180)
SQUARE = (100.0, 40.0, 200.0, 140.0)
K = len(COCO_17)


def pose(at=(100.0, 40.0), side=100.0, *, sure=0.9, boxed=True) -> InstancePrediction:
    """A person in a square box; no two points alike, the left ones to the right of the right ones."""
    rng = np.random.default_rng(5)
    share = rng.uniform(0.3, 0.7, (K, 2))
    for n, name in enumerate(COCO_17.keypoints):
        share[n, 0] += 0.2 if name.startswith("left") else -0.2 if name.startswith("right") else 0.0
    box = (at[0], at[1], at[0] + side, at[1] + side) if boxed else None
    xy = np.array(at) + share * side
    return InstancePrediction(COCO_17.keypoints, xy, np.full(K, sure), np.ones(K), sure, box)


def moved(one: InstancePrediction, name: str, by=(0.0, 0.0)) -> InstancePrediction:
    xy = one.xy.copy()
    xy[one.names.index(name)] += by
    return replace(one, xy=xy)


def flips(seen, mirrored, scheme=COCO_17, labels=EMPTY):
    things = Things(scheme, labels, tuple(seen), (), None if mirrored is None else tuple(mirrored))
    found = signs_of_things(1, things, None, size=SIZE, threshold=0.3)
    return [sign for sign in found.signs if sign.kind is Kind.FLIP]


class Eyes:
    """A network that finds the bright square in every box, and has each point where the brightness has it.

    Where it ``errs``, the left wrist lies elsewhere as soon as the bright corner is on the other side.
    """

    id = "eyes"
    names = COCO_17.keypoints
    takes_boxes = True

    def __init__(self, *, errs: bool = False) -> None:
        self.errs = errs
        self.asked: list[tuple[float, ...]] = []

    def predict(self, rgb):
        raise AssertionError("nobody asked for the frame as a whole")

    def predict_people(self, rgb, candidates=(), *, same=None):
        self.asked += [one.box for one in candidates]
        found = tuple(self._one(rgb, one.box) for one in candidates)
        return PeoplePrediction((), (rgb.shape[1], rgb.shape[0]), self.id).with_instances(found)

    def _one(self, rgb, box):
        middle, right = (box[0] + box[2]) / 2, rgb.shape[1] - 1
        is_mirrored = rgb[0, 0, 0] < rgb[0, right, 0]
        straight = pose((box[0] if not is_mirrored else right - box[2], box[1]), box[2] - box[0])
        if not is_mirrored:
            return straight
        back = brought_back(straight, rgb.shape[1], COCO_17.mirrored)
        order = [back.names.index(name) for name in self.names]
        found = replace(back, names=self.names, xy=back.xy[order])
        assert abs(found.xy[:, 0].mean() - middle) < 60.0
        return moved(found, "right_wrist", (30.0, 0.0)) if self.errs else found


def test_a_mirrored_thing_is_brought_back_with_its_box_and_names():
    one = replace(pose(), visible=np.linspace(0.0, 1.0, K))
    there = brought_back(one, SIZE[0], COCO_17.mirrored)
    assert there.box == mirrored_box(SQUARE, SIZE[0]) == (119.0, 40.0, 219.0, 140.0)
    back = brought_back(there, SIZE[0], COCO_17.mirrored)
    assert (back.names, back.box) == (one.names, SQUARE)
    np.testing.assert_allclose(back.xy, one.xy)
    np.testing.assert_allclose(back.visible, one.visible)
    left, right = (one.names.index(name) for name in ("left_knee", "right_knee"))
    assert there.names[left] == "right_knee"
    assert there.xy[right, 0] == SIZE[0] - 1 - one.xy[right, 0]


def test_a_point_that_moves_with_the_mirror_is_told_of_its_person():
    first, second = pose(), pose((10.0, 20.0), 80.0)
    assert [round(sign.value, 6) for sign in flips((first, second), (second, first))] == [0.0]
    (sign,) = flips((first, second), (first, moved(second, "left_wrist", (24.0, 0.0))))
    assert (sign.instance, sign.keypoint, sign.count) == (1, "left_wrist", 1)
    assert sign.value == pytest.approx(100.0 * 24.0 / 80.0)


def test_people_without_boxes_are_told_apart_by_their_points_and_one_who_is_lost_is_told():
    first, second = pose(boxed=False), pose((200.0, 60.0), 80.0, boxed=False)
    (sign,) = flips((first, second), (moved(second, "nose", (8.0, 0.0)), first))
    size = size_of(box_around([tuple(at) for at in second.xy]))
    assert (sign.instance, sign.keypoint, sign.value) == (1, "nose", pytest.approx(100.0 * 8.0 / size))
    (sign,) = flips((first, second), (first,))
    assert (sign.instance, sign.keypoint, sign.value) == (1, None, pytest.approx(90.0))


def test_what_was_not_looked_at_mirrored_says_nothing():
    first, later = pose(), pose((10.0, 20.0), 80.0)
    assert flips((first,), None) == []
    (sign,) = flips((later, first), (first,))
    assert (sign.instance, sign.value) == (1, pytest.approx(0.0))
    assert flips((later,), (first,)) == []


def test_labelled_people_keep_their_numbers_in_the_flip_test():
    one = pose((10.0, 20.0), 80.0)
    labels = FrameLabels((Instance(7, box=one.box),))
    (sign,) = flips((pose(), one), (moved(one, "nose", (8.0, 0.0)),), labels=labels)
    assert (sign.instance, sign.keypoint) == (7, "nose")


def picture() -> np.ndarray:
    rgb = np.full((SIZE[1], SIZE[0], 3), 90, dtype=np.uint8)
    rgb[0, 0] = 255
    return rgb


@pytest.mark.parametrize(("errs", "value"), [(False, 0.0), (True, 30.0)])
def test_the_network_looks_into_the_mirrored_boxes(errs, value):
    network = Eyes(errs=errs)
    straight = network.predict_people(picture(), [type("C", (), {"box": SQUARE})()]).instances
    found = look_at_things(network, picture(), straight, COCO_17.mirrored)
    assert network.asked == [SQUARE, mirrored_box(SQUARE, SIZE[0])]
    (sign,) = flips(straight, found)
    assert sign.value == pytest.approx(value, abs=1e-6)
    assert sign.keypoint == "left_wrist" or not errs


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(3):
        assert cv2.imwrite(str(folder / f"{number}.png"), picture())
    with Project.for_media([folder], scheme=COCO_17) as project:
        for frame_id in project.frame_ids()[:2]:
            project.save_people(frame_id, PeoplePrediction((pose(), pose((10.0, 20.0), 80.0)), SIZE, "eyes"))
        yield project


def survey(project) -> None:
    inspector = Inspector()
    try:
        Survey(project, inspector, threshold=0.3).run(
            {}, found=lambda found: None, progress=lambda done, total: None, should_stop=lambda: False
        )
    finally:
        inspector.close()


def test_what_is_seen_mirrored_is_kept_and_told_by_the_survey(project):
    ids = project.frame_ids()
    assert to_look_at(project, "eyes") == ids[:2]
    before = project.sign_versions()
    assert look_closer(project, Eyes(errs=True), ids[:1]) == []
    assert {i for i, version in project.sign_versions().items() if version != before[i]} == {ids[0]}
    assert to_look_at(project, "eyes") == ids[1:2]
    stored = kept_things(project, ids[0], "eyes")
    assert [one.box for one in stored] == [SQUARE, (10.0, 20.0, 90.0, 100.0)]
    assert kept(project, ids[0], "eyes") is None
    survey(project)
    assert known_entries(project)[ids[0]].entry.value(Kind.FLIP) == pytest.approx(100.0 * 30.0 / 80.0, abs=0.1)
    assert known_entries(project)[ids[1]].entry.value(Kind.FLIP) is None


def test_a_box_that_came_later_is_looked_at_as_well(project):
    first = project.frame_ids()[0]
    look_and_keep(project, Eyes(), picture(), first)
    assert is_looked_at(project, first, "eyes")
    assert not is_looked_at(project, first, "another")
    project.save_people(first, PeoplePrediction((pose(), pose((40.0, 30.0), 70.0)), SIZE, "eyes"))
    assert not is_looked_at(project, first, "eyes")
    project.save_people(first, PeoplePrediction((pose(),), SIZE, "eyes"))
    assert is_looked_at(project, first, "eyes")


@pytest.mark.parametrize(
    "damage", ["", "{}", "3", "[1]", '[{"points": {}}]', '[{"box": [1, 2], "score": 1, "points": {}}]',
               '[{"box": null, "score": "x", "points": {}}]', '[{"box": null, "score": 1, "points": {"nose": [1]}}]'],
)  # fmt: skip
def test_damaged_looks_were_not_made(project, damage):
    first = project.frame_ids()[0]
    project.store_mirrored(first, "eyes", damage)
    assert kept_things(project, first, "eyes") is None
    assert not is_looked_at(project, first, "eyes")


def test_nobody_seen_is_looked_at_and_kept_as_nobody(project):
    third = project.frame_ids()[2]
    project.save_people(third, PeoplePrediction((), SIZE, "eyes"))
    look_and_keep(project, Eyes(), picture(), third)
    assert kept_things(project, third, "eyes") == ()
    keep_things(project, third, "eyes", (pose(boxed=False, sure=0.05),))
    (faint,) = kept_things(project, third, "eyes")
    assert (faint.names, faint.box) == ((), None)


def test_the_command_looks_at_people_mirrored_and_names_them(project, tmp_path, capsys):
    import torch

    from model.checkpoint import Card, save
    from model.hrnet import HRNet, preset
    from model.predictor import Predictor

    torch.manual_seed(0)
    spec = preset("touchline-small", channels=K + 1)
    card = Card(spec=spec, names=COCO_17.keypoints, input_size=(64, 64), scheme=COCO_17.id, mirror=COCO_17.mirror)
    weights = tmp_path / "net.safetensors"
    save(weights, HRNet(spec).state_dict(), card)
    network = Predictor.load(weights, "cpu").id
    ids, path = project.frame_ids(), project.path
    one = replace(pose(), confidence=np.full(K, 0.05))
    project.save_people(ids[0], PeoplePrediction((one,), SIZE, network))
    project.close()
    arguments = ["review", str(path), "--flip", "--weights", str(weights), "--device", "cpu"]
    assert run_command(arguments) == 0
    with Project.open(path) as again:
        (seen,) = kept_things(again, ids[0], network)
        assert seen.box == SQUARE
        assert kept_things(again, ids[1], network) is None
        keep_things(again, ids[1], "eyes", (moved(pose(), "nose", (40.0, 0.0)), pose((10.0, 20.0), 80.0)))
    assert "looked at mirrored" in capsys.readouterr().err
    assert run_command(["review", str(path), "--query", "flip>20"]) == 0
    assert "flip test disagrees: 40 % of its size at nose of no. 0" in capsys.readouterr().out


def test_a_network_of_packets_is_the_embedded_one_where_none_is_named(tmp_path, capsys):
    folder = tmp_path / "packets"
    folder.mkdir()
    assert cv2.imwrite(str(folder / "0.png"), picture())
    with Project.for_media([folder], scheme=CARD_PACKET_8):
        pass
    assert run_command(["review", str(folder), "--flip", "--device", "cpu"]) == 2
    assert "saw no frame" in capsys.readouterr().err


def test_the_one_packet_of_a_frame_is_looked_at_mirrored(tmp_path):
    folder = tmp_path / "packets"
    folder.mkdir()
    assert cv2.imwrite(str(folder / "0.png"), picture())
    xy = np.array([(100, 40), (104, 36), (200, 40), (204, 36), (100, 140), (104, 136), (200, 140), (204, 136)], float)
    heat = np.zeros((9, 9, 16), dtype=np.uint8)

    class OfPackets:
        id = "cards"

        def predict(self, rgb):
            there = xy if rgb[0, 0, 0] > 200 else np.array([SIZE[0] - 1, 0]) - xy * (1, -1) + (12.0, 0.0)
            order = range(8) if rgb[0, 0, 0] > 200 else CARD_PACKET_8.mirror
            places = np.array([there[n] for n in order])
            return Prediction(
                CARD_PACKET_8.keypoints, places, np.full(8, 0.9), np.ones(8), heat, SIZE, self.id, (20.0, 20.0),
                (9.5, 9.5),
            )  # fmt: skip

    with Project.for_media([folder], scheme=CARD_PACKET_8) as project:
        (frame,) = project.frame_ids()
        project.save_prediction(frame, OfPackets().predict(picture()))
        look_closer(project, OfPackets(), to_look_at(project, "cards"))
        assert to_look_at(project, "cards") == []
        survey(project)
        value = known_entries(project)[frame].entry.value(Kind.FLIP)
    assert value == pytest.approx(100.0 * 12.0 / 104.0, rel=0.05)


# Jumps


def clip(*frames, labels=None):
    """Things of frames in order, each a tuple of poses."""
    said = labels or {}
    return [Things(COCO_17, said.get(n, EMPTY), tuple(some)) for n, some in enumerate(frames)]


def walked(step: int, by=(5.0, 2.0), at=(100.0, 40.0), **more) -> InstancePrediction:
    return pose((at[0] + step * by[0], at[1] + step * by[1]), **more)


def jump(before, here, after):
    found = jumps(here, before, after, size=SIZE, threshold=0.3)
    return found[0] if found else None


def test_a_point_that_jumps_alone_is_told_and_a_person_who_walks_is_not():
    other = [walked(n, (-4.0, 0.0), (10.0, 20.0), side=80.0, sure=0.8) for n in range(3)]
    still = jump(*clip(*((walked(n), other[n]) for n in range(3))))
    assert still.value == pytest.approx(0.0, abs=1e-9)
    odd = moved(other[1], "left_ankle", (0.0, 24.0))
    sign = jump(*clip((walked(0), other[0]), (odd, walked(1)), (other[2], walked(2))))
    assert (sign.kind, sign.instance, sign.keypoint) == (Kind.JUMP, 0, "left_ankle")
    assert sign.value == pytest.approx(100.0 * 24.0 / 80.0)


def test_neither_a_limb_that_swings_nor_the_frame_beside_a_jump_is_told():
    swung = [moved(walked(n), "left_ankle", (12.0 * n, 0.0)) for n in range(3)]
    assert jump(*clip(*((one,) for one in swung))).value == pytest.approx(0.0, abs=1e-9)
    odd = moved(walked(2), "left_ankle", (0.0, 24.0))
    assert jump(*clip((walked(0),), (walked(1),), (odd,))).value == pytest.approx(0.0, abs=1e-9)
    # Both points of an arm may jump at once.
    both = moved(moved(walked(1), "left_elbow", (9.0, 12.0)), "left_wrist", (18.0, 24.0))
    sign = jump(*clip((walked(0),), (both,), (walked(2),)))
    assert (sign.keypoint, sign.count, sign.value) == ("left_wrist", 2, pytest.approx(30.0))


def test_what_all_points_of_a_person_share_is_no_jump():
    sign = jump(*clip((walked(0),), (walked(3),), (walked(2),)))
    assert sign.value == pytest.approx(0.0, abs=1e-9)


def test_who_is_not_there_before_or_after_says_nothing():
    assert jump(*clip((walked(0),), (walked(1),), ())) is None
    assert jump(*clip((walked(0, at=(5.0, 5.0), side=40.0),), (walked(1),), (walked(2),))) is None


def labelled(one: InstancePrediction, number: int) -> Instance:
    return said_by_network(one, number, 0.0)


def carried(one: Instance) -> Instance:
    """As a tracker brings it into a frame."""
    points = {name: replace(said, origin=Origin.PROPAGATED) for name, said in one.keypoints.items()}
    return replace(one, keypoints=points, link=Carried((), How.MOTION))


def test_labels_are_judged_and_neighbours_taken_as_they_are_shown():
    odd = moved(walked(1), "left_ankle", (0.0, 20.0))
    frames = clip((walked(0),), (walked(1),), (), labels={
        1: FrameLabels((labelled(odd, 5),)), 2: FrameLabels((labelled(walked(2), 9),)),
    })  # fmt: skip
    sign = jump(*frames)
    assert (sign.instance, sign.keypoint, sign.value) == (5, "left_ankle", pytest.approx(20.0))


def test_numbers_that_a_tracker_gave_say_who_is_who_where_likeness_cannot():
    fast = [walked(n, (60.0, 0.0), (20.0, 40.0), side=50.0) for n in range(3)]
    fast[1] = moved(fast[1], "nose", (0.0, 10.0))
    plain = {n: FrameLabels((labelled(one, 4),)) for n, one in enumerate(fast)}
    assert jump(*clip((), (), (), labels=plain)) is None
    tracked = {n: FrameLabels((carried(labelled(one, 4)),)) for n, one in enumerate(fast)}
    sign = jump(*clip((), (), (), labels=tracked))
    assert (sign.instance, sign.keypoint, sign.value) == (4, "nose", pytest.approx(20.0))


def test_people_are_matched_as_a_tracker_matches_them():
    assert Settings().least_alike == LEAST_ALIKE


def test_a_survey_of_a_clip_tells_the_frame_in_which_a_point_jumps(tmp_path):
    with sprites.project(tmp_path) as project:
        ids = project.frame_ids()
        for n, frame_id in enumerate(ids):
            seen = sprites.seen(n)
            if n == 8:
                one, *rest = seen.instances
                seen = seen.with_instances((moved(one, "right_wrist", (0.0, 15.0)), *rest))
            project.save_people(frame_id, seen)
        survey(project)
        known = known_entries(project)
        values = [known[i].entry.value(Kind.JUMP) for i in ids]
        assert values[0] is values[-1] is None  # nothing before, nothing after
        assert int(np.argmax([value or 0.0 for value in values])) == 8
        (sign,) = [one for one in known[ids[8]].entry.signs.signs if one.kind is Kind.JUMP]
        assert (sign.keypoint, sign.instance) == ("right_wrist", 0)
        assert max(values[n] for n in range(1, len(ids) - 1) if n != 8) < 1e-6
        # What is said in a neighbour counts there, and only the frames about it are found out anew.
        before = {i: one.version for i, one in known.items()}
        record = FrameRecord(FrameLabels((sprites.labelled(0, 3, 0),)), Review())
        project.save_record(ids[3], record, text="Label")
        survey(project)
        after = known_entries(project)
        assert {i for i in ids if after[i].version != before[i]} == set(ids[2:5])
