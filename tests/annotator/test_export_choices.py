"""What an export may be asked: scopes, unaccepted points, images, boxes, splits, and what its manifest says."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from annotator.camera_score import projected_lines, score_frame
from annotator.commands import run_command
from annotator.commands.export_ import command_line
from annotator.export import (
    Box,
    ExportError,
    ExportKind,
    ExportOptions,
    Images,
    Scope,
    Splits,
    Unaccepted,
    checks,
    export,
    preview,
)
from annotator.export.answers import ALONE, Answers, Needs, StoppedError, answer, answer_all, answers
from annotator.export.splits import GroupBy, parse_shares, plan_splits, read_split_lists
from annotator.export.store import AnswerStore
from annotator.export.things import kinds_for
from annotator.formats import coco
from annotator.formats.cameras import read_camera
from annotator.formats.documents import FormatError
from annotator.formats.soccernet import Dialect
from annotator.keypoints import Source
from annotator.labels import (
    EMPTY,
    Decision,
    FrameRecord,
    Instance,
    KeypointLabel,
    Origin,
    Review,
    place,
    set_marking,
    set_visibility,
)
from annotator.labels import Visibility as Seen
from annotator.pitch import KEYPOINTS, PITCH_57
from annotator.project import Project
from model.dataset import read_training_set
from model.heatmaps import Prediction

SIZE = (960, 540)
BOX = {
    "Side line left": ((60.0, 400.0), (500.0, 120.0)),
    "Big rect. left top": ((380.0, 190.0), (800.0, 230.0)),
    "Big rect. left bottom": ((120.0, 360.0), (700.0, 440.0)),
    "Big rect. left main": ((800.0, 232.0), (690.0, 438.0)),
}
HIDDEN, FAINT, SURE = "L_PENALTY_MARK", "R_PENALTY_MARK", "CENTER_MARK"


def drawn(shift: float = 0.0):
    labels = EMPTY
    for name, points in BOX.items():
        labels = set_marking(labels, name, tuple((x + shift, y) for x, y in points))
    return labels


def seen(**confidences: float) -> Prediction:
    count = len(confidences)
    places = np.array([[100.0 + 50 * i, 300.0] for i in range(count)])
    return Prediction(
        tuple(confidences), places, np.array([*confidences.values()]),
        np.ones(count), np.zeros((count + 1, 3, 3), np.uint8), SIZE, "net-a", (1.0, 1.0), (0.0, 0.0),
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> AnswerStore:
    return AnswerStore(tmp_path / "answers.sqlite")


@pytest.fixture
def project(tmp_path: Path):
    """Accepted, drawn; a draft; one that only the network saw; a rejected one; and one nobody looked at."""
    pixels = bytes(cv2.imencode(".png", np.zeros((SIZE[1], SIZE[0], 3), np.uint8))[1])
    for name in ("a/clip_1_001.png", "a/clip_2_001.png", "b/seen.png", "b/rejected.png", "c/nothing.png"):
        (tmp_path / "m" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "m" / name).write_bytes(pixels)
    with Project.for_media([tmp_path / "m"]) as opened:
        ids = {opened.row(n).name: n for n in opened.frame_ids()}
        accepted = FrameRecord(place(EMPTY, SURE, (400.0, 200.0)), Review(Decision.ACCEPTED))
        opened.save_record(ids["a/clip_1_001.png"], accepted, text="A")
        draft = set_visibility(place(EMPTY, SURE, (-30.0, 200.0)), FAINT, Seen.ABSENT)
        opened.save_record(ids["a/clip_2_001.png"], FrameRecord(draft), text="D")
        opened.save_record(ids["b/rejected.png"], FrameRecord(drawn(), Review(Decision.REJECTED)), text="R")
        for name in ("a/clip_1_001.png", "a/clip_2_001.png", "b/seen.png", "b/rejected.png"):
            opened.save_prediction(ids[name], seen(**{HIDDEN: 0.9, FAINT: 0.4}))
        yield opened


def points_of(folder: Path) -> dict[str, set[str]]:
    return {frame.file_name: set(frame.points) for frame in coco.read_coco(folder / "annotations.json").frames}


def coco_of(project: Project, folder: Path, **chosen) -> dict[str, set[str]]:
    options = ExportOptions(ExportKind.COCO, images=Images.REFERENCE, **chosen)
    assert export(project, folder, what=options) is not None
    return points_of(folder)


def test_accepted_frames_alone_go_out_unless_asked(project, tmp_path):
    assert coco_of(project, tmp_path / "out") == {"a/clip_1_001.png": {SURE}}


def test_drafts_go_out_when_asked_and_what_lies_beside_the_picture_is_named(project, tmp_path):
    options = ExportOptions(ExportKind.COCO, scope=Scope.DRAFTS)
    report = export(project, tmp_path / "out", what=options)
    assert report is not None
    assert report.frames == 2
    assert [str(line) for line in report.points] == [
        "a/clip_2_001.png: CENTER_MARK lies outside the picture, which this format does not hold"
    ]


def test_every_frame_with_confident_points_goes_out_and_a_rejected_one_never(project, tmp_path):
    found = coco_of(project, tmp_path / "out", scope=Scope.CONFIDENT)
    assert found == {"a/clip_1_001.png": {SURE, HIDDEN}, "a/clip_2_001.png": {HIDDEN}, "b/seen.png": {HIDDEN}}


def test_what_a_person_says_is_absent_is_not_taken_from_the_network(project, tmp_path):
    found = coco_of(project, tmp_path / "out", scope=Scope.CONFIDENT, threshold=0.3)
    assert FAINT in found["a/clip_1_001.png"]
    assert FAINT not in found["a/clip_2_001.png"]


def test_the_manifest_names_the_network_whose_points_were_taken(project, tmp_path):
    coco_of(project, tmp_path / "out", unaccepted=Unaccepted.ACCEPT, threshold=0.5)
    head = json.loads((tmp_path / "out" / "touchline-export.json").read_text())
    assert head["networks"] == ["net-a"]
    assert head["settings"]["threshold"] == 0.5
    assert head["counts"]["points of the network"] == 1


@pytest.mark.parametrize(
    ("unaccepted", "points", "masked", "absent"),
    [(Unaccepted.MASK, {SURE}, 56, 0), (Unaccepted.EXCLUDE, {SURE}, 0, 56), (Unaccepted.ACCEPT, {SURE, HIDDEN}, 55, 0)],
)
def test_a_training_set_masks_excludes_or_takes_what_nobody_accepted(
    project, tmp_path, unaccepted, points, masked, absent
):
    report = export(project, tmp_path / "out", what=ExportOptions(ExportKind.TRAINING_SET, unaccepted=unaccepted))
    (sample,) = read_training_set(tmp_path / "out").samples
    assert set(sample.points) == points
    assert len(sample.unknown) == masked
    assert report is not None
    assert report.counts["absent"] == absent


@pytest.mark.parametrize("kind", kinds_for(PITCH_57))
def test_every_file_has_its_digest_in_the_manifest(project, tmp_path, kind):
    project.save_record(
        next(iter(project.frame_ids())), FrameRecord(drawn(), Review(Decision.ACCEPTED)), text="Draw"
    )
    export(project, tmp_path / "out", what=kind)
    made = tmp_path / "out"
    if kind is ExportKind.TRAINING_SET:
        head = json.loads((made / "manifest.json").read_text())["settings"]["export"]
        apart = {"manifest.json"}
    else:
        head, apart = json.loads((made / "touchline-export.json").read_text()), {"touchline-export.json"}
    files = {path.relative_to(made).as_posix(): path for path in made.rglob("*") if path.is_file()}
    assert set(head["files"]) == set(files) - apart
    for name, digest in head["files"].items():
        assert hashlib.sha256(files[name].read_bytes()).hexdigest() == digest
    assert head["program"].startswith("Touchline ")
    outer = kind in (ExportKind.CVAT, ExportKind.YOLO_POSE)
    assert ("outer corner" if outer else "centre of the top-left pixel") in head["pixels"]


def test_images_are_copied_linked_or_only_named(project, tmp_path):
    source = tmp_path / "m" / "a" / "clip_1_001.png"
    expected = {Images.COPY: (True, False), Images.LINK: (True, True), Images.REFERENCE: (False, False)}
    for images, (there, same) in expected.items():
        export(project, tmp_path / images.value, what=ExportOptions(ExportKind.CVAT, images=images))
        made = tmp_path / images.value / "images" / "a" / "clip_1_001.png"
        assert made.exists() is there
        assert (there and made.samefile(source)) is same


def test_images_that_belong_beside_their_labels_cannot_stay_where_they_are():
    for kind in (ExportKind.YOLO_POSE, ExportKind.TRAINING_SET):
        with pytest.raises(ValueError, match="copy or link"):
            ExportOptions(kind, images=Images.REFERENCE)


def test_the_box_is_the_hull_or_the_frame(project, tmp_path):
    frame_id = next(iter(project.frame_ids()))
    labels = place(place(EMPTY, SURE, (100.0, 100.0)), HIDDEN, (300.0, 200.0))
    project.save_record(frame_id, FrameRecord(labels, Review(Decision.ACCEPTED)), text="P")
    for box, wanted in ((Box.HULL, [100, 100, 200, 100]), (Box.FRAME, [0, 0, 960, 540])):
        export(project, tmp_path / box.value, what=ExportOptions(ExportKind.COCO, box=box))
        (annotation,) = json.loads((tmp_path / box.value / "annotations.json").read_text())["annotations"]
        assert annotation["bbox"] == wanted


def test_the_dialect_names_the_left_post(project, tmp_path):
    labels = set_marking(EMPTY, "Goal left post left ", ((10.0, 10.0), (10.0, 90.0)))
    project.save_record(next(iter(project.frame_ids())), FrameRecord(labels, Review(Decision.ACCEPTED)), text="P")
    for dialect, name in ((Dialect.CALIBRATION, "Goal left post left "), (Dialect.GAMESTATE, "Goal left post left")):
        export(project, tmp_path / dialect.value, what=ExportOptions(ExportKind.SOCCERNET, dialect=dialect))
        (file,) = (tmp_path / dialect.value).rglob("clip_1_001.json")
        assert list(json.loads(file.read_text())) == [name]


# Splits


def test_matches_stay_together_and_clips_of_one_match_in_two_splits_leak(project):
    rows = [project.row(number) for number in project.frame_ids()]
    plan = plan_splits(project, rows, Splits())
    assert plan.leaks == ()
    assert {plan.groups[row.id] for row in rows} == {"m/a", "m/b", "m/c"}
    by_clip = [plan_splits(project, rows, Splits(seed=seed, group_by=GroupBy.CLIP)) for seed in range(8)]
    assert {"m/a/clip_1", "m/a/clip_2"} <= set(by_clip[0].groups.values())
    leaks = [leak for found in by_clip for leak in found.leaks]
    assert leaks
    assert all(str(leak).startswith("frames of m/") and "in several splits" in str(leak) for leak in leaks)


def test_a_split_that_chance_leaves_empty_gets_a_group(project):
    rows = [project.row(number) for number in project.frame_ids()]
    for seed in range(6):
        plan = plan_splits(project, rows, Splits(parse_shares("34/33/33"), seed))
        assert plan.empty == ()
        assert set(plan.splits.values()) == {"train", "val", "test"}
    alone = plan_splits(project, rows[:1], Splits())
    assert alone.empty == ("val",)


def test_a_fixed_list_is_followed_and_its_leak_said(project, tmp_path):
    (tmp_path / "train.txt").write_text("a/clip_1_001.png\n# remark\n")
    (tmp_path / "valid.txt").write_text("images/a/clip_2_001\n")
    fixed = read_split_lists([tmp_path / "train.txt", tmp_path / "valid.txt"])
    rows = [project.row(number) for number in project.frame_ids()]
    plan = plan_splits(project, rows, Splits(fixed=fixed))
    assert [plan.splits[row.id] for row in rows[:2]] == ["train", "val"]
    (leak,) = plan.leaks
    assert (leak.group, dict(leak.frames)) == ("m/a", {"train": 1, "val": 1})
    (tmp_path / "other.txt").write_text("x")
    with pytest.raises(FormatError, match="not train, val"):
        read_split_lists([tmp_path / "other.txt"])


def test_kinds_without_splits_list_them_for_another_export(project, tmp_path):
    coco_of(project, tmp_path / "out", scope=Scope.DRAFTS, splits=Splits(seed=5))
    lists = sorted((tmp_path / "out").glob("*.txt"))
    names = [name for name, _ in read_split_lists(lists)]
    assert sorted(names) == ["a/clip_1_001.png", "a/clip_2_001.png"]
    head = json.loads((tmp_path / "out" / "touchline-export.json").read_text())
    assert head["splits"]["seed"] == 5


@pytest.mark.parametrize("text", ["", "a/b", "-1/2", "0/0", "1/2/3/4", "nan/1"])
def test_what_is_no_shares_is_refused(text):
    with pytest.raises(ValueError, match="not like 80/20"):
        parse_shares(text)


# Checked before it is in place


def test_what_does_not_pass_its_check_is_not_put_in_place(project, tmp_path, monkeypatch):
    export(project, tmp_path / "out", what=ExportKind.COCO)
    before = (tmp_path / "out" / "annotations.json").read_bytes()
    real = coco.coco_document

    def spoilt(*given, **named):
        document = real(*given, **named)
        document["annotations"][0]["id"] = 0
        return document

    monkeypatch.setattr(coco, "coco_document", spoilt)
    with pytest.raises(ExportError, match=r"not as coco has to be: annotation 1 is not numbered from 1\. Nothing"):
        export(project, tmp_path / "out", what=ExportKind.COCO)
    assert (tmp_path / "out" / "annotations.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == ["out"]


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda a: a.pop("area"), "has no area"),
        (lambda a: a.update(bbox=[0, 0, 0, 5]), "box without an area"),
        (lambda a: a.update(num_keypoints=3), "does not count"),
        (lambda a: a["keypoints"].append(1), "57 points"),
        (lambda a: a.update(image_id=9), "no image"),
        (lambda a: a["keypoints"].__setitem__(0, 5), "neither 0 0 0"),
    ],
)
def test_the_rules_of_coco_are_all_asked(project, tmp_path, spoil, why):
    export(project, tmp_path / "out", what=ExportKind.COCO)
    document = json.loads((tmp_path / "out" / "annotations.json").read_text())
    assert checks.coco_fault(document) == ""
    spoil(document["annotations"][0])
    assert why in checks.coco_fault(document)


def test_pycocotools_gives_an_export_one_against_itself(project, tmp_path):
    pytest.importorskip("pycocotools")
    export(project, tmp_path / "out", what=ExportKind.COCO)
    document = json.loads((tmp_path / "out" / "annotations.json").read_text())
    assert checks._self_score(document) == pytest.approx(1.0)


def test_an_exported_camera_explains_the_lines_it_projects(project, tmp_path):
    labels = FrameRecord(drawn(), Review(Decision.ACCEPTED))
    project.save_record(next(iter(project.frame_ids())), labels, text="D")
    report = export(project, tmp_path / "out", what=ExportKind.CAMERAS)
    assert report is not None
    assert report.counts["cameras"] == 1
    camera = read_camera(tmp_path / "out" / "a" / "camera_clip_1_001.json")
    fitted = answer((labels.labels.pitch, SIZE)).camera
    assert camera == fitted
    lines = {name: [tuple(at) for at in path] for name, path in projected_lines(fitted.project, SIZE).items()}
    assert len(lines) > 5
    assert score_frame(camera.project, lines, size=SIZE).jaccard[5.0] == 1.0
    broken = json.loads((tmp_path / "out" / "a" / "camera_clip_1_001.json").read_text())
    broken["x_focal_length"] = "far"
    (tmp_path / "out" / "a" / "camera_clip_1_001.json").write_text(json.dumps(broken))
    with pytest.raises(ExportError, match="x_focal_length is not a number"):
        checks.check(ExportKind.CAMERAS, tmp_path / "out", 1)


# Many frames


def many(count: int) -> list[tuple[Instance, tuple[int, int]]]:
    return [(drawn(0.01 * n).pitch, SIZE) for n in range(count)]


def test_several_processes_and_the_store_say_the_same_as_one(store):
    asked = many(ALONE + 3)
    alone = [answer(one) for one in asked]
    together = list(answers(asked, workers=2, store=store))
    assert together == alone
    from annotator.export import answers as module

    module._kept.clear()
    assert list(answers(asked, workers=1, store=store)) == alone


def test_an_answer_is_found_again_and_never_for_other_labels(store, monkeypatch):
    from annotator.export import answers as module

    module._kept.clear()
    asked = many(ALONE + 1)
    first = list(answers(asked, workers=1, store=store))
    module._kept.clear()
    calls = []
    monkeypatch.setattr(module, "answer_all", lambda some: calls.extend(some) or [first[0]] * len(some))
    list(answers([*asked[:-1], (asked[-1][0], (961, 540)), *many(ALONE + 2)[-1:]], workers=1, store=store))
    assert len(calls) == 2


def test_a_damaged_store_is_as_none(tmp_path):
    (tmp_path / "answers.sqlite").write_bytes(b"no database" * 99)
    store = AnswerStore(tmp_path / "answers.sqlite")
    assert store.read(["a"]) == {}
    store.write({"a": answer(many(1)[0])})
    asked = many(ALONE + 1)
    assert len(list(answers(asked, workers=1, store=store))) == len(asked)


def test_a_stop_ends_the_processes(store):
    told = iter([False] * 5)
    with pytest.raises(StoppedError):
        list(answers(many(4 * ALONE), workers=2, store=store, should_stop=lambda: next(told, True)))


def test_what_processes_that_died_leave_undone_is_done_here(store, monkeypatch):
    from concurrent.futures import Executor, Future
    from concurrent.futures.process import BrokenProcessPool

    from annotator.export import answers as module
    from annotator.export import crew

    class Dying(Executor):
        def __init__(self) -> None:
            self.left = 1

        def submit(self, work, /, *given, **named):
            future: Future = Future()
            if self.left:
                future.set_result(work(*given))
            else:
                future.set_exception(BrokenProcessPool("killed"))
            self.left -= 1
            return future

    module._kept.clear()
    monkeypatch.setattr(crew, "executor", lambda count: Dying())
    asked = many(ALONE + 5)
    assert list(answers(asked, workers=2, store=store)) == [answer(one) for one in asked]


def test_where_no_process_can_be_started_the_work_is_done_here(store, monkeypatch):
    from annotator.export import answers as module
    from annotator.export import crew

    def refused(count):
        raise OSError("no more processes")

    module._kept.clear()
    monkeypatch.setattr(crew, "executor", refused)
    asked = many(ALONE + 5)
    assert list(answers(asked, workers=2, store=store)) == [answer(one) for one in asked]


def test_many_frames_side_by_side_get_the_bits_they_get_alone():
    rng = np.random.default_rng(4)
    asked: list[tuple[Instance, tuple[int, int]]] = []
    for _ in range(40):
        markings = {
            name: tuple((x + rng.normal(0.0, 1.5), y + rng.normal(0.0, 1.5)) for x, y in clicks)
            for name, clicks in drawn().pitch.markings.items()
            if rng.random() < 0.85
        }
        asked.append((Instance(markings=markings), SIZE))
    assert [repr(found) for found in answer_all(asked)] == [repr(answer(one)) for one in asked]


def test_what_geometry_does_not_touch_is_not_worked_out(store, monkeypatch):
    from annotator.export import answers as module

    size = (960, 540)
    accepted = {
        name: KeypointLabel((10.0 * n, 5.0 * n), origin=Origin.ACCEPTED) for n, name in enumerate(list(KEYPOINTS)[:20])
    }
    settled = {name: KeypointLabel((12.0 * n, 3.0 * n), origin=Origin.IMPORTED) for n, name in enumerate(KEYPOINTS)}
    whole = [Instance(keypoints=accepted), Instance(keypoints=settled)]
    full = [answer((one, size)) for one in whole]
    monkeypatch.setattr(module, "answer_all", lambda some: pytest.fail("geometry was asked"))
    found = Answers(store=store, needs=Needs.POINTS, workers=1).of([(one, size) for one in whole])
    for mine, theirs in zip(found, full, strict=True):
        assert dict(mine.keypoints) == {n: replace(p, residual=None) for n, p in theirs.keypoints.items()}


def test_a_preview_counts_what_an_export_holds(project, tmp_path):
    options = ExportOptions(ExportKind.COCO, scope=Scope.DRAFTS)
    counted = preview(project, options)
    report = export(project, tmp_path / "out", what=options)
    assert counted is not None
    assert report is not None
    assert (counted.frames, counted.points) == (report.frames, report.counts["points"])
    assert preview(project, options, should_stop=lambda: True) is None


# Headless


def test_the_command_line_makes_what_the_options_say(project, tmp_path, capsys):
    options = ExportOptions(
        ExportKind.YOLO_POSE, scope=Scope.DRAFTS, unaccepted=Unaccepted.ACCEPT, threshold=0.4, images=Images.LINK,
        box=Box.FRAME, splits=Splits(parse_shares("70/20/10"), 3, GroupBy.CLIP),
    )  # fmt: skip
    line = command_line(project.path, tmp_path / "headless", options)
    words = line.split()
    assert words[:3] == ["python", "main.py", "export"]
    assert run_command(words[2:]) == 1
    assert "CENTER_MARK lies outside the picture" in capsys.readouterr().err
    export(project, tmp_path / "here", what=options)
    here, headless = ({p.relative_to(f).as_posix(): p.read_bytes() for p in f.rglob("*") if p.is_file()}
                      for f in (tmp_path / "here", tmp_path / "headless"))  # fmt: skip
    assert here == headless


def test_choices_that_cannot_be_are_a_sentence(project, tmp_path, capsys):
    assert run_command(["export", str(project.path), str(tmp_path / "x"), "--what", "yolo-pose", "--images",
                        "reference"]) == 2  # fmt: skip
    assert "copy or link them" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run_command(["export", str(project.path), str(tmp_path / "x"), "--shares", "all"])
    assert not (tmp_path / "x").exists()


def test_points_of_the_network_are_marked_as_such_in_the_document(project, tmp_path):
    from annotator.formats.keypoints57 import read_keypoints

    options = replace(ExportOptions(ExportKind.KEYPOINTS57), unaccepted=Unaccepted.ACCEPT)
    export(project, tmp_path / "out", what=options)
    (frame,) = read_keypoints(tmp_path / "out" / "keypoints57.json").frames.values()
    assert {name: point.source for name, point in frame.points.items()} == {
        SURE: Source.PLACED, HIDDEN: Source.PREDICTED,
    }  # fmt: skip
