"""COCO and MPII files of many people: written back as they were read, followed where labels changed."""

import json
from dataclasses import replace
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from annotator.formats.coco import read_coco
from annotator.formats.coco_things import described, exchange_of, things_document, things_fault
from annotator.formats.cvat import label_constructor, read_cvat, write_cvat
from annotator.formats.deeplabcut import CsvDialect, read_csv, write_csv
from annotator.formats.documents import FormatError
from annotator.formats.exchange import ExchangeFrame, ExchangeInstance
from annotator.formats.mpii import mpii_document, read_mpii, write_mpii
from annotator.formats.yolo_set import data_yaml, label_text, lines_of, read_yolo_set, verify_line
from annotator.labels import Visibility
from annotator.scheme import Attribute, AttributeKind, AttributeScope
from annotator.scheme_document import parse_scheme
from annotator.schemes import CARD_PACKET_8, COCO_17, MPII_16

COCO_FILES = ["test_coco.json", "test_coco_wholebody.json"]


def rewritten(path, scheme=COCO_17):
    read = exchange_of(read_coco(path))
    return read, things_document(read.frames, scheme, head=read.foreign["coco"]["head"])


@pytest.mark.parametrize("name", COCO_FILES)
def test_a_coco_file_is_written_back_as_it_was_read(shared_data, name):
    path = shared_data / "pose/coco" / name
    read, document = rewritten(path)
    assert read.findings == ()
    before = json.loads(path.read_text())
    assert document == before
    assert things_fault(document) == ""


def test_a_moved_point_changes_its_annotation_and_nothing_else(shared_data):
    path = shared_data / "pose/coco/test_coco.json"
    read, before = rewritten(path)
    frame = read.frames[0]
    (one,) = frame.instances
    moved = replace(one, points={**one.points, "nose": (370.25, 80.0, Visibility.OCCLUDED)})
    after = things_document([replace(frame, instances=(moved,)), *read.frames[1:]], COCO_17,
                            head=read.foreign["coco"]["head"])  # fmt: skip
    first, old = after["annotations"][0], before["annotations"][0]
    assert first["keypoints"][:3] == [370.25, 80, 1]
    assert first["keypoints"][3:] == old["keypoints"][3:]
    assert {k: v for k, v in first.items() if k != "keypoints"} == {k: v for k, v in old.items() if k != "keypoints"}
    assert after["annotations"][1:] == before["annotations"][1:]


def test_a_moved_box_has_its_own_numbers_and_no_outline_of_another_place(shared_data):
    read, before = rewritten(shared_data / "pose/coco/test_coco.json")
    one = replace(read.frames[0].instances[0], box=(10.0, 20.0, 110.5, 220.0))
    after = things_document([replace(read.frames[0], instances=(one,))], COCO_17)
    assert after["annotations"][0]["bbox"] == [10, 20, 100.5, 200]
    assert (after["annotations"][0]["area"], after["annotations"][0]["segmentation"]) == (0.53 * 100.5 * 200, [])
    raw = {k: v for k, v in before["annotations"][0].items() if k != "segmentation"}
    bare = replace(one, foreign={"coco": {"annotation": raw, "place": 0}})
    after = things_document([replace(read.frames[0], instances=(bare,))], COCO_17)
    assert after["annotations"][0]["area"] == round(0.53 * 100.5 * 200, 3)


def test_new_people_follow_with_ids_of_their_own(shared_data):
    read, before = rewritten(shared_data / "pose/coco/test_coco.json")
    point = {"nose": (5.0, 6.0, Visibility.VISIBLE)}
    new = ExchangeInstance(point, number=3)
    empty = ExchangeInstance()
    box_only = ExchangeInstance(box=(1.0, 2.0, 30.0, 40.0))
    frames = [replace(read.frames[0], instances=(new, *read.frames[0].instances, empty, box_only)), *read.frames[1:],
              ExchangeFrame("new.jpg", (50, 40))]  # fmt: skip
    after = things_document(frames, COCO_17, head=read.foreign["coco"]["head"])
    assert after["annotations"][:14] == before["annotations"]
    assert [one["id"] for one in after["annotations"][14:]] == [1, 2]
    assert after["annotations"][14]["bbox"] == [5, 6, 1, 1]
    assert after["annotations"][14]["track_id"] == 3
    assert (after["annotations"][15]["num_keypoints"], after["annotations"][15]["bbox"]) == (0, [1, 2, 29, 38])
    assert after["images"][-1] == {"id": 1, "file_name": "new.jpg", "width": 50, "height": 40}
    assert things_fault(after) == ""


def test_ids_that_pycocotools_loses_or_that_repeat_are_given_anew():
    def one(number):
        raw = {"id": number, "iscrowd": 1}
        return ExchangeInstance(box=(0, 0, 5, 5), foreign={"coco": {"annotation": raw, "place": 0}})

    after = things_document([ExchangeFrame("a.jpg", (9, 9), (one(0), one(4), one(4), one("x"), one(True)))], COCO_17)
    assert [a["id"] for a in after["annotations"]] == [1, 4, 2, "x", 3]
    assert all(a["iscrowd"] == 1 for a in after["annotations"])


def test_attributes_and_numbers_go_round(tmp_path):
    corner = {"upper_left_face": (3.0, 4.5, Visibility.OCCLUDED), "lower_left_face": (3.0, 14.5, Visibility.VISIBLE)}
    frames = [ExchangeFrame("ö/a b.jpg", (40, 30), (ExchangeInstance(corner, number=2, attributes={"kit": "home"}),),
                            attributes={"cards": 12.0})]  # fmt: skip
    document = things_document(frames, CARD_PACKET_8)
    assert document["images"][0]["attributes"] == {"cards": 12}
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    (frame,) = exchange_of(read_coco(path)).frames
    assert (frame.name, frame.attributes) == ("ö/a b.jpg", {"cards": 12.0})
    (one,) = frame.instances
    assert (one.points, one.number, one.attributes) == (corner, 2, {"kit": "home"})
    assert one.box == (3.0, 4.5, 4.0, 14.5)
    assert things_document([frame], CARD_PACKET_8) == document


def test_a_category_describes_a_scheme_of_its_own(shared_data):
    scheme = parse_scheme(described(read_coco(shared_data / "pose/mpii/test_mpii_trb.json")))
    assert (len(scheme), scheme.is_many, scheme.thing) == (40, True, "person")
    scheme = parse_scheme(described(read_coco(shared_data / "pose/coco/test_coco.json")))
    assert (scheme.keypoints, scheme.mirror) == (COCO_17.keypoints, COCO_17.mirror)
    assert set(scheme.edges) == set(COCO_17.edges)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"id": 198196}, "share an id"),
        ({"image_id": 5}, "no image"),
        ({"keypoints": [1]}, "not 17 points"),
        ({"area": None}, "else than numbers"),
    ],
)
def test_what_pycocotools_would_stumble_over_is_found(shared_data, change, fault):
    document = json.loads((shared_data / "pose/coco/test_coco.json").read_text())
    document["annotations"][0] |= change
    assert fault in things_fault(document)
    document["annotations"][0].pop("bbox")
    assert things_fault(document)


def test_the_list_of_mpii_is_written_back_as_it_was_read(shared_data, tmp_path):
    path = shared_data / "pose/mpii/test_mpii.json"
    before = json.loads(path.read_text())
    read = read_mpii(path)
    assert read.findings == ()
    assert (read.keypoints, sum(len(frame.instances) for frame in read.frames)) == (MPII_16.keypoints, len(before))
    assert mpii_document(read.frames) == before
    write_mpii(tmp_path / "out.json", read.frames)
    assert json.loads((tmp_path / "out.json").read_text()) == before
    assert mpii_document(read.frames[::-1]) == before


def test_mpii_counts_from_one_and_stands_in_its_square(shared_data):
    first = json.loads((shared_data / "pose/mpii/test_mpii.json").read_text())[0]
    read = read_mpii(shared_data / "pose/mpii/test_mpii.json")
    one = next(frame for frame in read.frames if frame.name == first["image"]).instances[0]
    assert one.points["right_ankle"] == (803.0, 710.0, Visibility.VISIBLE)
    half = 100 * first["scale"]
    assert one.box == pytest.approx((965 - half, 339 - half, 965 + half, 339 + half))
    kept = {**one.foreign["mpii"]["person"], "activity": [1, 2]}
    moved = replace(one, points={"head_top": (1.5, 2.0, Visibility.OCCLUDED)}, box=(0.0, 0.0, 100.0, 200.0),
                    foreign={"mpii": {"person": kept, "place": 0}})  # fmt: skip
    (person,) = mpii_document([ExchangeFrame("x.jpg", None, (moved, ExchangeInstance()))])
    assert (person["activity"], person["center"], person["scale"]) == ([1, 2], [51.0, 101.0], 1.0)
    assert person["joints_vis"] == [int(name == "head_top") for name in MPII_16.keypoints]
    assert person["joints"][9] == [2.5, 3.0]
    assert person["joints"][0] == [-1.0, -1.0]
    (bare,) = mpii_document([ExchangeFrame("x.jpg", None, (replace(moved, box=None, foreign={}),))])
    assert (bare["center"], bare["scale"]) == ([2.5, 3.0], 0.005)


@pytest.mark.parametrize("text", ["{", "[]", "{}", "[3]", '[{"a": 1}]', ""])
def test_what_is_no_list_of_people_is_one_sentence(tmp_path, text):
    path = tmp_path / "m.json"
    path.write_text(text)
    with pytest.raises(FormatError, match=r"m\.json"):
        read_mpii(path)


def test_a_person_that_cannot_be_used_is_a_finding(tmp_path):
    good = {"image": "a.jpg", "joints": [[5, 6]] * 16, "joints_vis": [1] * 16, "center": [-1, -1], "scale": 2}
    wrong = [{**good, "joints": [[1, None]] * 16}, {**good, "image": 3}, {**good, "joints_vis": [1]}, 7]
    path = tmp_path / "m.json"
    path.write_text(json.dumps([good, *wrong]))
    read = read_mpii(path)
    assert [finding.key for finding in read.findings] == ["person 1", "person 2", "person 3", "person 4"]
    assert read.frames[0].instances[0].box is None


def two_people():
    nose, hip = {"nose": (5.25, 6.5, Visibility.VISIBLE)}, {"left_hip": (15.0, 26.0, Visibility.OCCLUDED)}
    people = (
        ExchangeInstance({**nose, **hip}, box=(0.0, 1.0, 30.0, 35.5), number=4),
        ExchangeInstance({"nose": (50.0, 20.0, Visibility.VISIBLE)}, number=1),
        ExchangeInstance(box=(60.0, 5.0, 70.0, 30.0), number=2),
    )
    return ExchangeFrame("ä/clip 1/000.jpg", (80, 40), people)


KIT = Attribute("kit", "Kit", AttributeKind.CHOICE, AttributeScope.INSTANCE, choices=("home", "away"))
SCORE = Attribute("score", "Score", AttributeKind.NUMBER, AttributeScope.FRAME, range=(0.0, 9.0), step=0.5)
WITH_WORDS = replace(COCO_17, attributes=(KIT, SCORE))


def test_cvat_keeps_many_with_their_boxes_numbers_and_words(tmp_path):
    frame = two_people()
    people = (replace(frame.instances[0], attributes={"kit": "<home>"}), *frame.instances[1:])
    frames = [replace(frame, instances=people, attributes={"score": 2.5})]
    write_cvat(tmp_path / "a.xml", frames, WITH_WORDS, label="person")
    read = read_cvat(tmp_path / "a.xml")
    assert read.findings == ()
    (found,) = read.frames
    assert (found.name, found.size, found.attributes) == (frame.name, (80, 40), {"score": 2.5})
    assert sorted(found.instances, key=lambda one: one.number) == sorted(people, key=lambda one: one.number)
    skeleton, box, tag = json.loads(label_constructor(WITH_WORDS, label="person"))
    assert (box["name"], box["type"]) == ("person box", "rectangle")
    assert skeleton["attributes"][0]["values"] == ["home", "away"]
    assert (tag["type"], tag["attributes"][0]["values"]) == ("tag", ["0", "9", "0.5"])
    declared = {label.findtext("name") for label in ElementTree.parse(tmp_path / "a.xml").iter("label")}
    assert {"person", "person box", "frame", *COCO_17.keypoints} <= declared


def test_a_box_of_cvat_that_cannot_be_is_a_finding(tmp_path):
    write_cvat(tmp_path / "a.xml", [two_people()], COCO_17, label="person")
    text = (tmp_path / "a.xml").read_text(encoding="utf-8")
    for damaged in (text.replace('xtl="60.50"', 'xtl="x"'), text.replace('xtl="60.50"', 'xtl="90"')):
        (tmp_path / "a.xml").write_text(damaged, encoding="utf-8")
        read = read_cvat(tmp_path / "a.xml")
        assert [finding.reason for finding in read.findings] == ["a box cannot be used"]
        assert len(read.frames[0].instances) == 2


def test_a_table_of_several_animals_goes_round(tmp_path):
    frame = two_people()
    later = ExchangeFrame("b.jpg", None, (ExchangeInstance({"nose": (1.0, 2.0, Visibility.VISIBLE)}),))
    write_csv(tmp_path / "a.csv", [frame, later], COCO_17)
    lines = (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()
    assert lines[1].split(",")[:3] == ["individuals", "person1", "person1"]
    assert len(lines) == 4 + 2
    read = read_csv(tmp_path / "a.csv")
    assert read.findings == ()
    found = {one.number: set(one.points) for one in read.frames[0].instances}
    assert found == {4: {"nose", "left_hip"}, 1: {"nose"}}
    assert [one.number for one in read.frames[1].instances] == [0]
    with pytest.raises(ValueError, match="one thing a frame"):
        write_csv(tmp_path / "b.csv", [frame], COCO_17, dialect=CsvDialect.LIGHTNING_POSE)
    assert not (tmp_path / "b.csv").exists()


def test_yolo_has_a_line_a_person_and_one_for_a_box_alone(tmp_path):
    frame = replace(two_people(), name="clip 1/ä.png")
    lines = lines_of(frame, COCO_17)
    assert len(lines) == 3
    assert all(verify_line(line.text, points=17) == "" for line in lines)
    for kind in ("images", "labels"):
        (tmp_path / kind / "train/clip 1").mkdir(parents=True)
    picture = np.zeros((40, 80, 3), np.uint8)
    (tmp_path / "images/train/clip 1/ä.png").write_bytes(bytes(cv2.imencode(".png", picture)[1]))
    (tmp_path / "labels/train/clip 1/ä.txt").write_text(label_text(lines))
    (tmp_path / "data.yaml").write_text(data_yaml(COCO_17, label="person", splits=["train"]))
    read = read_yolo_set(tmp_path)
    (found,) = read.frames
    assert found.name == frame.name
    for one, before in zip(found.instances, frame.instances, strict=True):
        assert {name: p[2] for name, p in one.points.items()} == {name: p[2] for name, p in before.points.items()}
        assert all(one.points[n][:2] == pytest.approx(p[:2], abs=1e-5) for n, p in before.points.items())
        if before.box is not None:
            assert one.box == pytest.approx(before.box, abs=1e-5)
    scheme = parse_scheme(read.described)
    assert (scheme.keypoints, scheme.mirror, scheme.thing) == (COCO_17.keypoints, COCO_17.mirror, "person")
