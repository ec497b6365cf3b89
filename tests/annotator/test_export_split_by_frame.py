"""A share that was asked for and gets nothing is told of, and photographs of different things are split one by one."""

import json

import cv2
import numpy as np
import pytest

from annotator.commands import run_command
from annotator.export import ExportKind, ExportOptions, GroupBy, Splits, export
from annotator.export.splits import parse_shares, plan_splits
from annotator.labels import EMPTY, Decision, FrameRecord, Review, place
from annotator.project import Project
from annotator.schemes import CARD_PACKET_8
from model.dataset import read_training_set

pytestmark = pytest.mark.usefixtures("own_data")


def photographs(folder, count=13):
    folder.mkdir()
    for n in range(count):
        image = np.full((48, 64, 3), 40 + n, np.uint8)
        assert cv2.imwrite(str(folder / f"{chr(97 + n)}.png"), image)
    return folder


@pytest.fixture
def packets(tmp_path):
    """Thirteen accepted photographs in one folder."""
    folder = photographs(tmp_path / "packets")
    with Project.for_media([folder], scheme=CARD_PACKET_8) as project:
        for number in project.frame_ids():
            labels = place(EMPTY, CARD_PACKET_8.keypoints[0], (5.0, 6.0))
            project.save_record(number, FrameRecord(labels, Review(Decision.ACCEPTED)), text="accept")
    return folder


def splits_in(folder):
    found = read_training_set(folder)
    return sorted(sample.split for sample in found.samples)


def test_a_share_that_gets_nothing_is_told_with_its_reason_and_the_way_out(packets, tmp_path, capsys):
    assert run_command(["export", str(packets), str(tmp_path / "set"), "--shares", "80/20"]) == 0
    said = capsys.readouterr().err
    assert "no frame is in val" in said
    assert "all frames are of one match or folder (packets)" in said
    assert "--group frame" in said
    assert set(splits_in(tmp_path / "set")) == {"train"}
    assert run_command(["export", str(packets), str(tmp_path / "set"), "--shares", "80/20", "--group", "frame"]) == 0
    assert "Careful" not in capsys.readouterr().err
    assert set(splits_in(tmp_path / "set")) == {"train", "val"}
    assert run_command(["export", str(packets), str(tmp_path / "coco"), "--what", "coco"]) == 0
    assert "no frame is in" not in capsys.readouterr().err


@pytest.mark.parametrize("shares", ["80/20", "70/20/10", "50/50", "100"])
@pytest.mark.parametrize("seed", [0, 1, 7])
def test_frame_by_frame_every_share_gets_something_and_keeps_it(packets, shares, seed):
    how = Splits(parse_shares(shares), seed, GroupBy.FRAME)
    with Project.for_media([packets]) as project:
        rows = [project.row(number) for number in project.frame_ids()]
        plan = plan_splits(project, rows, how)
        assert set(plan.splits.values()) == {name for name, _ in how.shares}
        assert (plan.leaks, plan.empty, plan.shortage(how)) == ((), (), "")
        assert plan_splits(project, rows[::-1], how).splits == plan.splits
        fewer = plan_splits(project, rows[:1], how)
        assert set(fewer.splits.values()) == {"train"}
        assert fewer.shortage(how) == ("" if shares == "100" else
                                       f"no frame is in {' or '.join(fewer.empty)}: 1 frames are too few")  # fmt: skip


def test_names_with_a_fixed_split_keep_it(packets):
    how = Splits(group_by=GroupBy.FRAME, fixed=(("a.png", "val"), ("b.png", "val"), ("c.png", "train")))
    with Project.for_media([packets]) as project:
        rows = [project.row(number) for number in project.frame_ids()]
        found = {row.name: plan_splits(project, rows, how).splits[row.id] for row in rows}
        assert (found["a.png"], found["b.png"], found["c.png"]) == ("val", "val", "train")


def test_of_a_video_the_last_part_is_judged_by_and_said_to_be_of_the_same(tmp_path, make_clip):
    path = make_clip(tmp_path / "walk.mp4", 20)
    how = Splits(parse_shares("70/20/10"), group_by=GroupBy.FRAME)
    with Project.for_media([path], scheme=CARD_PACKET_8) as project:
        rows = [project.row(number) for number in project.frame_ids()]
        plan = plan_splits(project, rows, how)
        assert [plan.splits[row.id] for row in rows] == ["train"] * 14 + ["val"] * 4 + ["test"] * 2
        assert [str(leak) for leak in plan.leaks] == [
            "frames of walk.mp4 are in several splits (2 in test and 14 in train and 4 in val): "
            "scores on them will be too good"
        ]
        few = plan_splits(project, rows[:2], Splits(group_by=GroupBy.FRAME))
        assert list(few.splits.values()) == ["train", "val"]
        one = plan_splits(project, rows[:1], how)
        assert one.empty == ("val", "test")


@pytest.fixture
def make_clip():
    def make(path, count):
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (64, 48))
        for n in range(count):
            writer.write(np.full((48, 64, 3), 10 * n, np.uint8))
        writer.release()
        return path

    return make


def test_the_manifest_and_the_folder_of_lists_say_how_it_was_split(packets, tmp_path):
    how = Splits(group_by=GroupBy.FRAME)
    with Project.for_media([packets]) as project:
        report = export(project, tmp_path / "set", what=ExportOptions(ExportKind.TRAINING_SET, splits=how))
        assert report.warnings == ()
        made = json.loads((tmp_path / "set/manifest.json").read_text())["settings"]["export"]["splits"]
        assert (made["group_by"], made["assignments"]) == ("frame", {"packets": "train+val"})
        export(project, tmp_path / "coco", what=ExportOptions(ExportKind.COCO, splits=how))
        names = (tmp_path / "coco/train.txt").read_text() + (tmp_path / "coco/val.txt").read_text()
        assert sorted(names.split()) == [f"{chr(97 + n)}.png" for n in range(13)]
