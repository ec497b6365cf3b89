"""Every format out of a project and into an empty one: the same labels; damaged on the way: one sentence, no change."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from annotator.export import ExportKind, ExportOptions, Images, Scope, export
from annotator.export.writers import COCO_FILE, CSV_FILE, CVAT_FILE
from annotator.formats.cameras import read_camera
from annotator.formats.documents import FormatError
from annotator.imports import Change, carry_out, plan_import
from annotator.labels import EMPTY, Decision, FrameRecord, Review, place, set_marking, set_visibility
from annotator.labels import Visibility as Seen
from annotator.pitch import KEYPOINTS
from annotator.project import Project

SIZE = (320, 180)
MUTANTS = 40
NAMES = ("match a/1.png", "match a/deep/er/2.png", "match b/K\u00f6ln \u2013 1. FC.png", "match b/a b & <c>.png",
         "match b/nothing.png", "match b/beside.png")  # fmt: skip
LINES = {"Big rect. left main": ((10.0, 20.0), (30.25, 140.0)), "Goal left post left ": ((1.0, 2.0), (3.0, 44.0))}
FIRST, SECOND = "CENTER_MARK", "L_PENALTY_MARK"

READ_BACK: Mapping[ExportKind, tuple[str, float]] = {
    ExportKind.KEYPOINTS57: ("keypoints57.json", 0.0),
    ExportKind.COCO: (COCO_FILE, 0.0005),
    ExportKind.YOLO_POSE: ("data.yaml", 1e-4),
    ExportKind.CVAT: (CVAT_FILE, 0.0051),
    ExportKind.DEEPLABCUT: (CSV_FILE, 1e-4),
    ExportKind.LIGHTNING_POSE: (CSV_FILE, 1e-4),
    ExportKind.SOCCERNET: (".", 1e-9),
    ExportKind.TRAINING_SET: (".", 0.0),
}
HOLDS_HIDDEN = set(READ_BACK) - {ExportKind.KEYPOINTS57, ExportKind.DEEPLABCUT, ExportKind.SOCCERNET}
HOLDS_LINES = {ExportKind.SOCCERNET, ExportKind.CVAT}
HOLDS_BESIDE = set(READ_BACK) - {ExportKind.COCO, ExportKind.YOLO_POSE, ExportKind.TRAINING_SET}


def media(folder: Path) -> list[Path]:
    pixels = bytes(cv2.imencode(".png", np.zeros((SIZE[1], SIZE[0], 3), np.uint8))[1])
    for name in NAMES:
        (folder / "season" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "season" / name).write_bytes(pixels)
    with av.open(str(folder / "clip.mp4"), "w") as out:
        stream = out.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for _ in range(3):
            black = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(black, format="rgb24")))
        out.mux(stream.encode(None))
    return [folder / "season", folder / "clip.mp4"]


def labels_by_name():
    lined = place(EMPTY, SECOND, (100.0, 50.0))
    for name, clicks in LINES.items():
        lined = set_marking(lined, name, clicks)
    hidden = set_visibility(place(place(EMPTY, FIRST, (10.25, 20.5)), SECOND, (200.0, 100.125)), SECOND, Seen.OCCLUDED)
    one = place(EMPTY, FIRST, (319.25, 0.0))
    beside = place(place(EMPTY, FIRST, (-40.5, 20.0)), SECOND, (50.0, 60.0))
    accepted = {NAMES[0]: hidden, NAMES[1]: lined, NAMES[2]: one, NAMES[3]: hidden, NAMES[4]: EMPTY, NAMES[5]: beside}
    return {**accepted, "clip.mp4#000001": hidden}


@pytest.fixture
def project(tmp_path: Path):
    """Frames in two folders and a video: hidden and single points, lines alone, nothing, a point beside the picture."""
    with Project.for_media(media(tmp_path / "first")) as opened:
        ids = {opened.row(n).name: n for n in opened.frame_ids()}
        for name, labels in labels_by_name().items():
            opened.save_record(ids[name], FrameRecord(labels, Review(Decision.ACCEPTED)), text="Label")
        yield opened


@pytest.fixture
def empty(tmp_path: Path):
    with Project.for_media(media(tmp_path / "second")) as opened:
        yield opened


def said(project: Project):
    """Positions and visibility of points, and clicks, by frame; frames of which nothing is said are left out."""
    found = {}
    for number in project.frame_ids():
        pitch = project.record(number).labels.pitch
        points = {name: (label.position, label.visibility) for name, label in pitch.keypoints.items()}
        if points or pitch.markings:
            found[project.row(number).name] = (points, dict(pitch.markings))
    return found


def expected(kind: ExportKind):
    found = {}
    for name, labels in labels_by_name().items():
        points = {
            key: (label.position, label.visibility if kind in HOLDS_HIDDEN else Seen.VISIBLE)
            for key, label in labels.pitch.keypoints.items()
            if label.position is not None
            and (kind in HOLDS_BESIDE or label.position[0] > -0.5)
        }
        lines = dict(labels.pitch.markings) if kind in HOLDS_LINES else {}
        if points or lines:
            found[name] = (points, lines)
    return found


@pytest.mark.parametrize("kind", READ_BACK)
def test_what_goes_out_comes_in_again(project, empty, tmp_path, kind):
    file, within = READ_BACK[kind]
    report = export(project, tmp_path / "out", what=kind)
    assert report is not None
    left_out = 1 if kind is ExportKind.TRAINING_SET else 0
    assert (report.frames, len(report.left_out)) == (len(labels_by_name()) - left_out, left_out)
    assert bool(report.points) is (kind not in HOLDS_BESIDE)
    plan = plan_import(empty, [tmp_path / "out" / file])
    assert plan is not None
    carry_out(empty, plan)
    wanted, found = expected(kind), said(empty)
    assert set(found) == set(wanted)
    for name, (points, lines) in wanted.items():
        assert set(found[name][0]) == set(points), name
        for key, (position, visibility) in points.items():
            assert found[name][0][key][0] == pytest.approx(position, abs=max(within, 1e-9))
            assert found[name][0][key][1] is visibility
        assert set(found[name][1]) == set(lines)
        for key, clicks in lines.items():
            np.testing.assert_allclose(found[name][1][key], clicks, atol=max(within, 1e-9))


@pytest.mark.parametrize("kind", READ_BACK)
def test_a_second_import_has_nothing_to_do(project, empty, tmp_path, kind):
    export(project, tmp_path / "out", what=kind)
    for last in (False, True):
        plan = plan_import(empty, [tmp_path / "out" / READ_BACK[kind][0]])
        assert plan is not None
        if last:
            assert plan.counts[Change.ADD] == plan.counts[Change.CHANGE] == plan.counts[Change.CONFLICT] == 0
        carry_out(empty, plan)


@pytest.mark.parametrize("kind", READ_BACK)
def test_the_folder_of_an_export_comes_in_as_its_file_does(project, empty, tmp_path, kind):
    export(project, tmp_path / "out", what=kind)
    # What else lies in such a folder is no matter.
    (tmp_path / "out" / "index.csv").write_text("name,year\n")
    (tmp_path / "out" / "other.xml").write_text("<nothing/>")
    plans = [plan_import(empty, [path]) for path in (tmp_path / "out", tmp_path / "out" / READ_BACK[kind][0])]
    assert all(plan is not None for plan in plans)
    assert plans[0].frames == plans[1].frames
    assert plans[0].counts[Change.ADD] > 0
    assert plans[0].findings == plans[1].findings


def test_what_is_left_out_of_a_document_is_said(empty, tmp_path):
    labels = EMPTY
    for name, clicks in BOX.items():
        labels = set_marking(labels, name, clicks)
    with Project.for_media(media(tmp_path / "m")) as project:
        project.save_record(project.frame_ids()[0], FrameRecord(labels, Review(Decision.ACCEPTED)), text="L")
        export(project, tmp_path / "out", what=ExportKind.KEYPOINTS57)
    document = (tmp_path / "out" / "keypoints57.json").read_text(encoding="utf-8")
    projected = document.count('"source": "projected"')
    assert projected > 0
    plan = plan_import(empty, [tmp_path / "out"])
    assert plan is not None
    assert any(f"{projected} points were said by a camera or a network" in str(one) for one in plan.findings)


def test_a_camera_comes_in_as_the_points_that_it_has_in_the_frame(empty, tmp_path):
    labels = EMPTY
    for name, clicks in BOX.items():
        labels = set_marking(labels, name, clicks)
    with Project.for_media(media(tmp_path / "m")) as project:
        project.save_record(project.frame_ids()[0], FrameRecord(labels, Review(Decision.ACCEPTED)), text="L")
        report = export(project, tmp_path / "out", what=ExportKind.CAMERAS)
    assert report is not None
    (file,) = (tmp_path / "out").rglob("camera_*.json")
    plan = plan_import(empty, [tmp_path / "out"])
    assert plan is not None
    carry_out(empty, plan)
    ((points, lines),) = said(empty).values()
    assert not lines
    world = np.array([KEYPOINTS[CORNER].world])
    np.testing.assert_allclose(points[CORNER][0], read_camera(file).project(world)[0][0], atol=1e-9)
    assert all(-0.5 <= x <= 319.5 and -0.5 <= y <= 179.5 for (x, y), _ in points.values())


BOX = {
    "Side line left": ((20.0, 130.0), (166.0, 40.0)),
    "Big rect. left top": ((126.0, 63.0), (266.0, 76.0)),
    "Big rect. left bottom": ((40.0, 120.0), (233.0, 146.0)),
    "Big rect. left main": ((266.0, 77.0), (230.0, 146.0)),
}
CORNER = "L_PENALTY_AREA_TR_CORNER"


def test_points_that_follow_from_lines_do_not_come_back_as_placed_ones(empty, tmp_path):
    labels = place(EMPTY, SECOND, (200.0, 100.0))
    for name, clicks in BOX.items():
        labels = set_marking(labels, name, clicks)
    with Project.for_media(media(tmp_path / "m")) as project:
        number = project.frame_ids()[0]
        project.save_record(number, FrameRecord(labels, Review(Decision.ACCEPTED)), text="L")
        export(project, tmp_path / "out", what=ExportKind.CVAT)
        file = tmp_path / "out" / CVAT_FILE
        assert f'label="{CORNER}" source="manual" outside="0"' in file.read_text()
        again = plan_import(project, [file])
        assert again is not None
        assert again.counts[Change.UNTOUCHED] == 1
        corrected = file.read_text().split(f'label="{CORNER}" source="manual" outside="0" occluded="0" points="')
        moved = tmp_path / "corrected.xml"
        moved.write_text(
            f'label="{CORNER}" source="manual" outside="0" occluded="0" points="9'.join(corrected), encoding="utf-8"
        )
        changed = plan_import(project, [moved])
        assert changed is not None
        assert [frame.added for frame in changed.frames] == [(CORNER,)]
    fresh = plan_import(empty, [file])
    assert fresh is not None
    (frame,) = fresh.frames
    assert set(frame.merged.pitch.markings) == set(BOX)
    assert CORNER not in frame.merged.pitch.keypoints
    assert SECOND in frame.merged.pitch.keypoints


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Bytes cut, replaced, doubled, dropped, with a word or number spoilt, or lines out of order."""
    at, kind = rng.randrange(len(data)), rng.randrange(7)
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
    if kind == 2:
        return data[:at] + data[at : at + 300] + data[at:]
    if kind == 3:
        return data[:at] + data[at + rng.randrange(1, 80) :]
    if kind == 4:
        words = [b"nan", b"inf", b"1e999", b"\xff\xfe", b"\0", b"[[[", b"{}", b"<", b"&x;", b"true", b'"', b",,"]
        return data[:at] + rng.choice(words) + data[at:]
    if kind == 5:
        digits = [i for i, byte in enumerate(data) if chr(byte).isdigit()]
        at = rng.choice(digits)
        return data[:at] + rng.choice([b"-", b"e", b"99999999999", b"x"]) + data[at + 1 :]
    lines = data.split(b"\n")
    rng.shuffle(lines)
    return b"\n".join(lines)


def files_to_damage(kind: ExportKind, folder: Path) -> list[Path]:
    if kind is ExportKind.TRAINING_SET:
        return [folder / "manifest.json", folder / "samples.jsonl"]
    if kind is ExportKind.YOLO_POSE:
        return [folder / "data.yaml", *sorted((folder / "labels").rglob("*.txt"))]
    if kind is ExportKind.SOCCERNET:
        return [path for path in sorted(folder.rglob("*.json")) if path.name != "touchline-export.json"]
    return [folder / READ_BACK[kind][0]]


def looked_at(project: Project, path: Path) -> list[str]:
    """What is said of a file: the one error, or the findings beside what could be used."""
    try:
        plan = plan_import(project, [path])
    except FormatError as error:
        return [str(error)]
    assert plan is not None
    for frame in plan.frames:
        assert all(np.isfinite(p.position).all() for p in frame.merged.pitch.keypoints.values() if p.position)
    return [str(finding) for finding in plan.findings]


@pytest.mark.parametrize("kind", READ_BACK)
def test_damaged_files_are_one_sentence_or_findings_and_looking_changes_nothing(project, empty, tmp_path, kind):
    export(project, tmp_path / "out", what=ExportOptions(kind, scope=Scope.ACCEPTED))
    whole = tmp_path / "whole"
    shutil.copytree(tmp_path / "out", whole)
    rng = random.Random(kind.value)
    before = empty.path.read_bytes(), {n: empty.history(n) for n in empty.frame_ids()}
    said_something = 0
    for _ in range(MUTANTS):
        path = rng.choice(files_to_damage(kind, tmp_path / "out"))
        original = path.read_bytes()
        path.write_bytes(mutated(original, rng) if original else b"0 nan")
        sentences = looked_at(empty, tmp_path / "out" / READ_BACK[kind][0])
        said_something += bool(sentences)
        assert all("\n" not in text and text.startswith(str(tmp_path)) for text in sentences)
        path.write_bytes(original)
    assert said_something > MUTANTS // 8
    assert (empty.path.read_bytes(), {n: empty.history(n) for n in empty.frame_ids()}) == before


@pytest.mark.parametrize("kind", [ExportKind.CVAT, ExportKind.COCO])
def test_what_a_damaged_file_still_says_is_stored_or_refused_whole(project, empty, tmp_path, kind):
    export(project, tmp_path / "out", what=ExportOptions(kind, images=Images.REFERENCE))
    path = tmp_path / "out" / READ_BACK[kind][0]
    original = path.read_bytes()
    rng = random.Random(7)
    for _ in range(MUTANTS // 2):
        path.write_bytes(mutated(original, rng))
        try:
            plan = plan_import(empty, [path])
        except FormatError:
            continue
        assert plan is not None
        carry_out(empty, plan)
        for number in empty.frame_ids():
            empty.record(number)
