"""CVAT, DeepLabCut, Lightning Pose and YOLO-pose: written and read in a circle, and damaged in every way."""

from __future__ import annotations

import json
import random
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from annotator.formats.cvat import cvat_text, label_constructor, read_cvat, write_cvat
from annotator.formats.deeplabcut import CsvDialect, read_csv, write_csv
from annotator.formats.documents import FormatError
from annotator.formats.exchange import ExchangeFile, ExchangeFrame, ExchangeInstance
from annotator.formats.yolo_set import data_yaml, label_text, lines_of, read_yolo_set, verify_line
from annotator.labels import Visibility
from annotator.pitch import MARKINGS, PITCH_57
from annotator.scheme import Scheme
from annotator.schemes import COCO_17, MPII_16

SIZE = (960, 540)
SCHEMES = (PITCH_57, COCO_17, MPII_16)
MUTANTS = 80


def frames_of(scheme: Scheme) -> list[ExchangeFrame]:
    """Frames of every awkward kind: full, one point, nothing, hidden points, names of all sorts, half pixels."""
    rng = np.random.default_rng(len(scheme.keypoints))

    def points(names):
        states = (Visibility.VISIBLE, Visibility.OCCLUDED)
        return {n: (*np.round(rng.uniform(0, 500, 2), 2).tolist(), states[int(rng.integers(2))]) for n in names}

    return [
        ExchangeFrame("clip_03/000123.jpg", SIZE, (ExchangeInstance(points(scheme.keypoints)),)),
        ExchangeFrame("a b/Köln \u2013 1. FC.png", SIZE, (ExchangeInstance(points(scheme.keypoints[:1])),)),
        ExchangeFrame("deep/er/x&y<z>.jpg", SIZE, (ExchangeInstance(points(scheme.keypoints[3:9])),)),
        ExchangeFrame("nothing.jpg", SIZE),
    ]


def said(file: ExchangeFile) -> dict[str, list[dict[str, tuple[float, float, Visibility]]]]:
    return {frame.name: [dict(i.points) for i in frame.instances if i.points] for frame in file.frames}


def assert_same(read: ExchangeFile, written: list[ExchangeFrame], *, within: float) -> None:
    expected = said(ExchangeFile((), tuple(written)))
    found = said(read)
    assert list(found) == list(expected)
    for name, instances in expected.items():
        assert [list(points) for points in found[name]] == [list(points) for points in instances]
        for mine, theirs in zip(found[name], instances, strict=True):
            for point, (x, y, state) in theirs.items():
                assert mine[point][:2] == pytest.approx((x, y), abs=within)
                assert mine[point][2] is state


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda s: s.id)
class TestCircle:
    def test_cvat(self, scheme: Scheme, tmp_path: Path) -> None:
        frames = frames_of(scheme)
        write_cvat(tmp_path / "cvat.xml", frames, scheme)
        read = read_cvat(tmp_path / "cvat.xml")
        assert_same(read, frames, within=0.005)
        assert read.keypoints == scheme.keypoints
        assert read.findings == ()
        assert [frame.size for frame in read.frames] == [SIZE] * 4

    def test_lightning_pose(self, scheme: Scheme, tmp_path: Path) -> None:
        frames = frames_of(scheme)
        write_csv(tmp_path / "points.csv", frames, scheme, dialect=CsvDialect.LIGHTNING_POSE)
        read = read_csv(tmp_path / "points.csv")
        assert_same(read, frames, within=1e-4)
        assert (read.keypoints, read.findings) == (scheme.keypoints, ())

    def test_deeplabcut_knows_no_hidden_points(self, scheme: Scheme, tmp_path: Path) -> None:
        frames = frames_of(scheme)
        write_csv(tmp_path / "points.csv", frames, scheme)
        seen = [
            ExchangeFrame(
                frame.name,
                None,
                tuple(
                    ExchangeInstance({n: (x, y, Visibility.VISIBLE) for n, (x, y, _) in i.points.items()})
                    for i in frame.instances
                ),
            )
            for frame in frames
        ]
        assert_same(read_csv(tmp_path / "points.csv"), seen, within=1e-4)

    def test_yolo_pose(self, scheme: Scheme, tmp_path: Path) -> None:
        frames = frames_of(scheme)[:2] + frames_of(scheme)[3:]
        write_yolo(tmp_path, frames, scheme)
        read = read_yolo_set(tmp_path)
        assert read.findings == ()
        assert_same(read, sorted(frames, key=lambda frame: frame.name), within=1e-4)
        assert read.keypoints == scheme.keypoints


def write_yolo(folder: Path, frames: list[ExchangeFrame], scheme: Scheme) -> None:
    (folder / "data.yaml").write_text(data_yaml(scheme, splits=("train",)), encoding="utf-8")
    for frame in frames:
        image = folder / "images" / "train" / frame.name
        image.parent.mkdir(parents=True, exist_ok=True)
        image.write_bytes(bytes(cv2.imencode(".png", np.zeros((SIZE[1], SIZE[0], 3), np.uint8))[1]))
        label = (folder / "labels" / "train" / frame.name).with_suffix(".txt")
        label.parent.mkdir(parents=True, exist_ok=True)
        label.write_text(label_text(lines_of(frame, scheme)), encoding="utf-8")


def test_markings_travel_through_cvat_as_polylines(tmp_path: Path) -> None:
    clicks = {"Big rect. left main": ((10.0, 20.0), (30.25, 40.0)), "Goal left post left ": ((1.0, 2.0), (3.0, 4.0))}
    frame = ExchangeFrame("a.jpg", SIZE, (ExchangeInstance({}, clicks),))
    write_cvat(tmp_path / "c.xml", [frame], PITCH_57, markings=tuple(MARKINGS))
    (read,) = read_cvat(tmp_path / "c.xml").frames
    assert dict(read.instances[0].markings) == clicks


def test_several_people_of_an_image_stay_apart_in_cvat(tmp_path: Path) -> None:
    two = tuple(ExchangeInstance({"nose": (float(n), 5.0, Visibility.VISIBLE)}) for n in (1, 9))
    write_cvat(tmp_path / "c.xml", [ExchangeFrame("a.jpg", SIZE, two)], COCO_17, label="person")
    (read,) = read_cvat(tmp_path / "c.xml").frames
    assert [dict(i.points) for i in read.instances] == [dict(i.points) for i in two]


def test_every_point_of_a_cvat_skeleton_has_the_attributes_that_its_importer_asks_for() -> None:
    root = ElementTree.fromstring(cvat_text(frames_of(PITCH_57), PITCH_57))
    skeletons = list(root.iter("skeleton"))
    assert len(skeletons) == 3
    for skeleton in skeletons:
        labels = [point.get("label") for point in skeleton]
        assert labels == list(PITCH_57.keypoints)
        for point in skeleton:
            assert point.get("outside") in ("0", "1")
            assert point.get("occluded") in ("0", "1")
            assert len((point.get("points") or "").split(",")) == 2
    declared = {label.findtext("name") for label in root.iter("label")}
    assert declared == {"pitch", *PITCH_57.keypoints}


def test_cvat_counts_from_the_outer_corner() -> None:
    frame = ExchangeFrame("a.jpg", SIZE, (ExchangeInstance({"CENTER_MARK": (0.0, 10.25, Visibility.VISIBLE)}),))
    assert 'points="0.50,10.75"' in cvat_text([frame], PITCH_57)


def test_the_label_constructor_names_and_numbers_its_nodes_as_cvat_wants() -> None:
    skeleton, *lines = json.loads(label_constructor(COCO_17, label="person", markings=("A line",)))
    assert [sub["name"] for sub in skeleton["sublabels"]] == list(COCO_17.keypoints)
    drawing = ElementTree.fromstring(f"<svg>{skeleton['svg']}</svg>")
    nodes = drawing.findall("circle")
    assert [node.get("data-node-id") for node in nodes] == [str(i + 1) for i in range(17)]
    assert [node.get("data-label-name") for node in nodes] == list(COCO_17.keypoints)
    assert len(drawing.findall("line")) == len(COCO_17.edges)
    assert [line["name"] for line in lines] == ["A line", "person box"]


def test_entities_in_cvat_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xml"
    path.write_text('<!DOCTYPE a [<!ENTITY b "c">]><annotations>&b;</annotations>', encoding="utf-8")
    with pytest.raises(FormatError, match="entities"):
        read_cvat(path)


def test_tracks_of_cvat_videos_are_named_as_not_read(tmp_path: Path) -> None:
    path = tmp_path / "video.xml"
    path.write_text("<annotations><track id='0' label='pitch'/></annotations>", encoding="utf-8")
    assert "tracks" in str(read_cvat(path).findings[0])


def test_deeplabcut_files_with_three_index_columns_individuals_and_likelihood(tmp_path: Path) -> None:
    path = tmp_path / "machine.csv"
    rows = [
        "scorer,,,net,net,net,net,net,net",
        "individuals,,,a,a,a,b,b,b",
        "bodyparts,,,nose,nose,nose,nose,nose,nose",
        "coords,,,x,y,likelihood,x,y,likelihood",
        "labeled-data,clip,img01.png,1.5,2.5,0.9,,,",
        "labeled-data,clip,img02.png,nan,nan,0.1,7,8,1.0",
    ]
    path.write_text("\n".join(rows), encoding="utf-8")
    read = read_csv(path)
    assert read.findings == ()
    assert said(read) == {
        "labeled-data/clip/img01.png": [{"nose": (1.5, 2.5, Visibility.VISIBLE)}],
        "labeled-data/clip/img02.png": [{"nose": (7.0, 8.0, Visibility.VISIBLE)}],
    }


def test_yolo_lines_pass_the_verifiers_rules_and_say_what_they_cannot() -> None:
    points = {
        "CENTER_MARK": (480.0, 270.0, Visibility.VISIBLE),
        "L_PENALTY_MARK": (-0.9, 100.0, Visibility.VISIBLE),
        "R_PENALTY_MARK": (1100.0, 100.0, Visibility.VISIBLE),
    }
    (line,) = lines_of(ExchangeFrame("a.jpg", SIZE, (ExchangeInstance(points),)), PITCH_57)
    assert verify_line(line.text, points=57) == ""
    assert line.dropped == ("R_PENALTY_MARK",)
    assert lines_of(ExchangeFrame("a.jpg", SIZE, (ExchangeInstance({}),)), PITCH_57) == []


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("0 .5 .5 .1 .1 " + "0 0 0 " * 56, "columns"),
        ("0 .5 .5 .1 .1 " + "-0.05 0 1 " + "0 0 0 " * 56, "negative"),
        ("0 .5 .5 .1 .1 " + "1.05 0 0 " + "0 0 0 " * 56, "out of bounds"),
        ("1 .5 .5 .1 .1 " + "0 0 0 " * 57, "class"),
        ("0 .5 .5 0 0 " + "0 0 0 " * 57, "area"),
        ("0 .5 .5 .1 .1 " + "0 0 3 " + "0 0 0 " * 56, "visibility"),
    ],
)
def test_the_verifier_refuses_what_ultralytics_refuses(line: str, why: str) -> None:
    assert why in verify_line(line, points=57)


def test_the_description_of_a_yolo_set_has_mirror_pairs_and_names() -> None:
    described = yaml.safe_load(data_yaml(PITCH_57))
    flip = described["flip_idx"]
    assert [flip[flip[i]] for i in range(57)] == list(range(57))
    assert described["kpt_shape"] == [57, 3]
    assert described["kpt_names"][0] == list(PITCH_57.keypoints)


def test_a_yolo_set_without_names_takes_those_of_the_scheme(tmp_path: Path) -> None:
    write_yolo(tmp_path, frames_of(COCO_17)[:1], COCO_17)
    described = yaml.safe_load((tmp_path / "data.yaml").read_text(encoding="utf-8"))
    del described["kpt_names"]
    (tmp_path / "data.yaml").write_text(yaml.safe_dump(described), encoding="utf-8")
    with pytest.raises(FormatError, match="does not name its 17 points"):
        read_yolo_set(tmp_path)
    assert read_yolo_set(tmp_path, scheme=COCO_17).keypoints == COCO_17.keypoints


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Bytes cut, doubled, replaced, swapped, or with a number or a tag spoilt."""
    kind = rng.randrange(6)
    at = rng.randrange(len(data))
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
    if kind == 2:
        return data[:at] + data[at : at + 200] + data[at:]
    if kind == 3:
        return data[:at] + data[at + rng.randrange(1, 60) :]
    if kind == 4:
        words = [b"nan", b"inf", b"-1e999", b"\xff\xfe", b"\0", b"[[[[", b"{}", b"<", b"&x;", b"true", b'"']
        return data[:at] + rng.choice(words) + data[at:]
    lines = data.split(b"\n")
    rng.shuffle(lines)
    return b"\n".join(lines)


@pytest.mark.parametrize("kind", ["cvat", "csv", "yaml", "label"])
def test_damaged_files_give_one_clear_sentence_or_findings_and_nothing_else(kind: str, tmp_path: Path) -> None:
    frames = frames_of(COCO_17)[:2]
    write_cvat(tmp_path / "cvat.xml", frames, COCO_17)
    write_csv(tmp_path / "points.csv", frames, COCO_17, dialect=CsvDialect.LIGHTNING_POSE)
    write_yolo(tmp_path, frames, COCO_17)
    label = next((tmp_path / "labels").rglob("*.txt"))
    path = {
        "cvat": tmp_path / "cvat.xml", "csv": tmp_path / "points.csv", "yaml": tmp_path / "data.yaml", "label": label,
    }[kind]  # fmt: skip
    reader = {"cvat": read_cvat, "csv": read_csv}.get(kind, lambda _: read_yolo_set(tmp_path))
    whole = path.read_bytes()
    rng = random.Random(kind)
    sentences = []
    for _ in range(MUTANTS):
        path.write_bytes(mutated(whole, rng))
        try:
            read = reader(path)
        except FormatError as error:
            sentences.append(str(error))
            continue
        sentences += map(str, read.findings)
        for frame in read.frames:
            for instance in frame.instances:
                assert all(np.isfinite(point[:2]).all() for point in instance.points.values())
    assert sentences
    assert all(sentence.startswith(str(tmp_path)) and "\n" not in sentence for sentence in sentences)
