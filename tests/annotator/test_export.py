"""Exports: whole or not at all, the same every time, nobody else's files touched, everything left out named."""

import json
import os
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from annotator.export import ExportError, ExportKind, export
from annotator.export.frames import sure
from annotator.export.things import kinds_for
from annotator.formats import coco, export_folder, keypoints57, soccernet
from annotator.imports import plan_import
from annotator.keypoints import Keypoint, Source
from annotator.labels import EMPTY, Decision, FrameRecord, Review, place, set_marking, set_visibility
from annotator.labels import Visibility as Seen
from annotator.pitch import PITCH_57
from annotator.project import Project
from model.dataset import read_image, read_training_set
from model.heatmaps import Prediction

BOX = {
    "Side line left": ((60.0, 400.0), (500.0, 120.0)),
    "Big rect. left top": ((380.0, 190.0), (800.0, 230.0)),
    "Big rect. left bottom": ((120.0, 360.0), (700.0, 440.0)),
    "Big rect. left main": ((800.0, 232.0), (690.0, 438.0)),
}


def labels_of_a_box():
    labels = EMPTY
    for name, points in BOX.items():
        labels = set_marking(labels, name, points)
    return labels


def image(path: Path, size: tuple[int, int] = (960, 540)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(len(path.name)).integers(0, 255, (size[1] // 60, size[0] // 60, 3), dtype=np.uint8)
    pixels = cv2.resize(noise, size, interpolation=cv2.INTER_NEAREST)
    path.write_bytes(cv2.imencode(path.suffix, pixels)[1].tobytes())


def video(path: Path) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 960, 540, "yuv420p"
        for number in range(4):
            frame = av.VideoFrame.from_ndarray(np.full((540, 960, 3), 60 * number, np.uint8), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def accept(project: Project, name: str, labels) -> int:
    frame_id = next(number for number in project.frame_ids() if project.row(number).name == name)
    project.save_record(frame_id, FrameRecord(labels, Review(Decision.ACCEPTED)), text="Accept")
    return frame_id


@pytest.fixture
def project(tmp_path):
    media = tmp_path / "season"
    for name in ("match a/1.jpg", "match a/ü 2.png", "match b/1.jpg", "match b/draft.jpg", "match b/broken.jpg"):
        image(media / name)
    (media / "match b" / "broken.jpg").write_text("words " * 99)
    video(tmp_path / "clip.mp4")
    with Project.for_media([media, tmp_path / "clip.mp4"]) as opened:
        accept(opened, "match a/1.jpg", labels_of_a_box())
        points = set_visibility(place(EMPTY, "CENTER_MARK", (100.25, 200.5)), "L_PENALTY_MARK", Seen.ABSENT)
        accept(opened, "match a/ü 2.png", points)
        accept(opened, "match b/broken.jpg", labels_of_a_box())
        accept(opened, "clip.mp4#000002", labels_of_a_box())
        draft = next(n for n in opened.frame_ids() if opened.row(n).name == "match b/draft.jpg")
        opened.save_record(draft, FrameRecord(labels_of_a_box()), text="Draw")
        yield opened


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", kinds_for(PITCH_57))
def test_accepted_frames_go_out_twice_the_same_and_the_unreadable_one_is_named(project, tmp_path, kind):
    told: list[tuple[int, int]] = []
    report = export(project, tmp_path / "out", what=kind, progress=lambda *done: told.append(done))
    assert report is not None
    without_camera = kind is ExportKind.CAMERAS
    assert (report.kind, report.folder, report.frames) == (kind, tmp_path / "out", 2 if without_camera else 3)
    assert "match b/broken.jpg" in [entry.frame for entry in report.left_out]
    assert told[-1] == (4, 4)
    first = content(tmp_path / "out")
    export(project, tmp_path / "out", what=kind)
    assert content(tmp_path / "out") == first
    assert sorted(path.name for path in tmp_path.iterdir() if "out" in path.name) == ["out"]
    assert not any("draft" in name for name in first)


def test_a_training_set_says_what_is_known_and_keeps_groups_together(project, tmp_path):
    report = export(project, tmp_path / "out", what=ExportKind.TRAINING_SET)
    made = read_training_set(tmp_path / "out")
    assert made.problems == ()
    by_name = {sample.image: sample for sample in made.samples}
    assert set(by_name) == {"season__match a__1.jpg", "season__match a__ü 2.png", "clip.mp4__000002.jpg"}
    assert {sample.group for sample in made.samples} == {"season/match a", "clip.mp4"}
    points = by_name["season__match a__ü 2.png"]
    assert points.points == {"CENTER_MARK": (100.25, 200.5, 2)}
    assert len(points.unknown) == 55
    box = by_name["season__match a__1.jpg"]
    assert box.points["L_PENALTY_AREA_TR_CORNER"][2] == 2
    assert box.sd["L_PENALTY_AREA_TR_CORNER"] < 5
    assert box.mirror_rule is None
    for sample in made.samples:
        assert read_image(sample).shape == (540, 960, 3)
    assert report is not None
    assert report.counts["points"] == sum(len(sample.points) for sample in made.samples)
    assert report.counts["masked"] == sum(len(sample.unknown) for sample in made.samples)
    original = (tmp_path / "season" / "match a" / "1.jpg").read_bytes()
    assert (tmp_path / "out" / "images" / "season__match a__1.jpg").read_bytes() == original


def test_an_image_with_an_orientation_is_written_upright_for_readers_that_ignore_it(tmp_path):
    body = b"Exif\0\0MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
    image(tmp_path / "m" / "1.jpg", (120, 60))
    data = (tmp_path / "m" / "1.jpg").read_bytes()
    tag = b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body
    (tmp_path / "m" / "1.jpg").write_bytes(data[:2] + tag + data[2:])
    with Project.for_media([tmp_path / "m"]) as project:
        accept(project, "1.jpg", place(EMPTY, "CENTER_MARK", (50.0, 100.0)))
        export(project, tmp_path / "out", what=ExportKind.TRAINING_SET)
    (sample,) = read_training_set(tmp_path / "out").samples
    assert sample.size == (60, 120)
    assert read_image(sample).shape == (120, 60, 3)


def test_line_files_and_keypoints_come_back_as_they_were(project, tmp_path):
    report = export(project, tmp_path / "out", what=ExportKind.SOCCERNET)
    files = content(tmp_path / "out")
    assert set(files) == {
        "season/match a/1.json",
        "clip.mp4/000002.json",
        "clip.mp4/000002.jpg",
        "keypoints57.json",
        "touchline-export.json",
    }
    lines = soccernet.read_lines(tmp_path / "out" / "season" / "match a" / "1.json", (960, 540))
    for name, points in BOX.items():
        np.testing.assert_allclose(lines.markings[name], points, rtol=1e-14)
    read = keypoints57.read_keypoints(tmp_path / "out" / "keypoints57.json")
    assert set(read.frames) == {"season/match a/1.jpg", "season/match a/ü 2.png", "clip.mp4/000002.jpg"}
    assert set(read.frames["season/match a/ü 2.png"].points) == {"CENTER_MARK"}
    assert report is not None
    assert [entry.frame for entry in report.left_out] == ["match b/broken.jpg"]
    assert report.counts["frames without a drawn marking"] == 1
    for frame_id in project.frame_ids():
        project.save_record(frame_id, FrameRecord(), text="Clear")
    plan = plan_import(project, [tmp_path / "out" / "clip.mp4"])
    assert plan is not None
    assert [frame.name for frame in plan.frames] == ["clip.mp4#000002"]


def test_coco_carries_its_images(project, tmp_path):
    export(project, tmp_path / "out", what=ExportKind.COCO)
    read = coco.read_coco(tmp_path / "out" / "annotations.json")
    for frame in read.frames:
        pixels = cv2.imdecode(np.fromfile(tmp_path / "out" / "images" / frame.file_name, np.uint8), 1)
        assert (pixels.shape[1], pixels.shape[0]) == frame.size
    assert [len(frame.points) > 0 for frame in read.frames] == [True, True, True]


def test_a_machines_opinion_never_becomes_a_label(project, tmp_path):
    names = ("R_PENALTY_MARK",)
    seen = Prediction(
        names,
        np.array([[400.0, 300.0]]),
        np.ones(1),
        np.ones(1),
        np.zeros((2, 3, 3), np.uint8),
        (960, 540),
        "net",
        (1.0, 1.0),
        (0.0, 0.0),
    )
    frame_id = next(n for n in project.frame_ids() if project.row(n).name == "match a/ü 2.png")
    project.save_prediction(frame_id, seen)
    export(project, tmp_path / "out", what=ExportKind.SOCCERNET)
    assert b"R_PENALTY_MARK" not in content(tmp_path / "out")["keypoints57.json"]


@pytest.mark.parametrize("kind", kinds_for(PITCH_57))
def test_nobody_elses_folder_is_touched(project, tmp_path, kind):
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(ExportError, match=r"other files, such as notes\.txt"):
        export(project, folder, what=kind)
    assert content(folder) == {"notes.txt": b"mine"}
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ExportError, match="this is a file"):
        export(project, tmp_path / "file", what=kind)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert export(project, empty, what=kind) is not None


@pytest.mark.parametrize("kind", kinds_for(PITCH_57))
def test_what_was_added_to_an_export_keeps_it_from_being_replaced(project, tmp_path, kind):
    export(project, tmp_path / "out", what=kind)
    (tmp_path / "out" / "net.safetensors").write_text("a week of training")
    before = content(tmp_path / "out")
    with pytest.raises(ExportError, match=r"net\.safetensors"):
        export(project, tmp_path / "out", what=kind)
    assert content(tmp_path / "out") == before


def test_an_export_of_another_kind_is_not_replaced(project, tmp_path):
    export(project, tmp_path / "out", what=ExportKind.COCO)
    for kind in (ExportKind.SOCCERNET, ExportKind.TRAINING_SET):
        with pytest.raises(ExportError, match="other files"):
            export(project, tmp_path / "out", what=kind)


@pytest.mark.parametrize("kind", kinds_for(PITCH_57))
def test_a_stop_leaves_everything_as_it_was(project, tmp_path, kind):
    before = sorted(os.listdir(tmp_path))  # noqa: PTH208
    answers = iter([False, False, True])
    assert export(project, tmp_path / "out", what=kind, should_stop=lambda: next(answers)) is None
    assert sorted(os.listdir(tmp_path)) == before  # noqa: PTH208
    export(project, tmp_path / "out", what=kind)
    made = content(tmp_path / "out")
    assert export(project, tmp_path / "out", what=kind, should_stop=lambda: True) is None
    assert content(tmp_path / "out") == made


def test_a_failing_disk_leaves_the_old_export(project, tmp_path, monkeypatch):
    export(project, tmp_path / "out", what=ExportKind.SOCCERNET)
    before = content(tmp_path / "out")

    def full(path, document):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export_folder, "write_document", full)
    with pytest.raises(ExportError, match="No space left"):
        export(project, tmp_path / "out", what=ExportKind.SOCCERNET)
    assert content(tmp_path / "out") == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_nothing_to_export_is_said(tmp_path):
    image(tmp_path / "m" / "1.jpg")
    with Project.for_media([tmp_path / "m"]) as project:
        with pytest.raises(ExportError, match="no frame is accepted"):
            export(project, tmp_path / "out", what=ExportKind.COCO)
        accept(project, "1.jpg", EMPTY)
        with pytest.raises(ExportError, match="none of the accepted frames"):
            export(project, tmp_path / "out", what=ExportKind.TRAINING_SET)
        assert not (tmp_path / "out").exists()
    with (
        Project.create(tmp_path / "p.touchline", scheme_id="coco-17") as other,
        pytest.raises(ExportError, match="coco-17, and soccernet holds the pitch alone"),
    ):
        export(other, tmp_path / "out", what=ExportKind.SOCCERNET)


def test_frames_that_would_share_a_name_are_told_apart(tmp_path):
    for name in ("1.jpg", "1.png", "keypoints57.png", "A.png", "a.jpg"):
        image(tmp_path / "m" / name)
    image(tmp_path / "n" / "m" / "1.jpg")
    with Project.for_media([tmp_path / "m", tmp_path / "n" / "m"]) as project:
        for frame_id in project.frame_ids():
            record = replace(FrameRecord(labels_of_a_box()), review=Review(Decision.ACCEPTED))
            project.save_record(frame_id, record, text="Accept")
        export(project, tmp_path / "out", what=ExportKind.SOCCERNET)
        export(project, tmp_path / "set", what=ExportKind.TRAINING_SET)
    lines = [name for name in content(tmp_path / "out") if name.count("/")]
    assert len(lines) == len({name.casefold() for name in lines}) == 6
    assert len(json.loads((tmp_path / "out" / "keypoints57.json").read_text(encoding="utf-8"))) == 6
    assert len(read_training_set(tmp_path / "set").samples) == 6


def test_what_geometry_is_unsure_of_is_not_exported_as_if_it_were_certain():
    keypoints = {
        "CENTER_MARK": Keypoint("CENTER_MARK", (100.0, 100.0), Source.PROJECTED, Seen.VISIBLE, sd=9.0),
        "L_PENALTY_MARK": Keypoint("L_PENALTY_MARK", (50.0, 50.0), Source.PROJECTED, Seen.VISIBLE, sd=1.0),
        "R_PENALTY_MARK": Keypoint("R_PENALTY_MARK", (60.0, 50.0), Source.PLACED, Seen.VISIBLE, inside=True),
    }
    assert list(sure(keypoints, (960, 540))) == ["L_PENALTY_MARK", "R_PENALTY_MARK"]
    assert sure(keypoints, (1920, 1080))["CENTER_MARK"].position == (100.0, 100.0)
