"""How accepted frames are divided before a training, and about how long it takes."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from annotator import training_pace
from annotator.export import ExportError
from annotator.export.splits import Splits, plan_splits
from annotator.formats.documents import FormatError
from annotator.labels import Decision, FrameRecord, Review
from annotator.pitch import PITCH_57
from annotator.project import Project
from annotator.training_material import material_of_project, material_of_set
from annotator.training_pace import pace_of
from annotator.training_plans import (
    EFFORTS,
    Effort,
    HoldBack,
    Length,
    Pace,
    Plan,
    begin,
    divide,
    samples_of,
    seconds_of,
)
from annotator.training_runs import home_of
from model.card import CARD_KEY, Card
from model.spec import preset


@pytest.fixture
def project(tmp_path, request):
    """Series of images called after their clip: the parameter says how many of each."""
    folder = tmp_path / "frames"
    folder.mkdir()
    for clip, count in request.param.items():
        for number in range(count):
            assert cv2.imwrite(str(folder / f"{clip}_{number:04d}.png"), np.zeros((8, 8, 3), np.uint8))
    with Project.for_media([folder]) as project:
        yield project


def rows_of(project: Project):
    return [project.row(frame) for frame in project.frame_ids()]


MANY = {f"clip-{letter}": 4 for letter in "abcdefghijklmnopqrst"}


@pytest.mark.parametrize("project", [MANY, {"a": 10, "b": 10}, {"a": 3, "b": 40}, {"a": 1, "b": 1}], indirect=True)
def test_whole_clips_are_held_back_and_the_export_does_as_announced(project):
    rows = rows_of(project)
    division = divide(project, rows, HoldBack.CLIPS)
    assert division.train + division.val == len(rows)
    assert 0 < division.val <= len(rows) / 2
    plan = plan_splits(project, rows, division.splits)
    assert (plan.counts["train"], plan.counts["val"]) == (division.train, division.val)
    held = {plan.groups[frame] for frame, split in plan.splits.items() if split == "val"}
    taught = {plan.groups[frame] for frame, split in plan.splits.items() if split == "train"}
    assert not held & taught
    assert len(held) == division.clips


@pytest.mark.parametrize("project", [{"one": 20}], indirect=True)
def test_of_a_single_clip_only_frames_can_be_held_back(project):
    rows = rows_of(project)
    assert divide(project, rows, HoldBack.CLIPS).val == 0
    division = divide(project, rows, HoldBack.FRAMES)
    assert (division.train, division.val) == (16, 4)
    plan = plan_splits(project, rows, division.splits)
    assert [row.name for row in rows if plan.splits[row.id] == "val"] == [f"one_{n:04d}.png" for n in range(16, 20)]


@pytest.mark.parametrize("project", [MANY], indirect=True)
def test_a_clip_held_back_once_is_held_back_again_when_others_join(project):
    rows = rows_of(project)
    few = [row for row in rows if row.name < "clip-k"]
    first = plan_splits(project, few, divide(project, few, HoldBack.CLIPS).splits)
    again = plan_splits(project, rows, divide(project, rows, HoldBack.CLIPS).splits)
    held = {first.groups[frame] for frame, split in first.splits.items() if split == "val"}
    assert held
    assert held <= {again.groups[frame] for frame, split in again.splits.items() if split == "val"}


@pytest.mark.parametrize("project", [{"a": 3}], indirect=True)
def test_nothing_is_held_back_where_nobody_wants_it(project):
    rows = rows_of(project)
    division = divide(project, rows, HoldBack.NOTHING)
    assert (division.train, division.val) == (3, 0)
    assert plan_splits(project, rows, division.splits).counts == {"train": 3}


def test_rendered_frames_take_half_of_the_draws():
    assert samples_of(10, 30, rendered=0) == 300
    assert samples_of(10, 30, rendered=100) == 600
    assert samples_of(0.01, 1, rendered=0) == 1


def test_the_time_is_that_of_samples_and_of_rendering():
    assert seconds_of(Effort(10, 100), 30, Pace(0.1, 0.5)) == pytest.approx(110.0)
    assert seconds_of(Effort(10, 0), 30, Pace(0.1, 0.5)) == pytest.approx(30.0)
    pace = Pace(0.1, 0.1)
    times = [seconds_of(EFFORTS[length], 50, pace) for length in Length]
    assert times == sorted(times)


ROUND = Effort(1.0, 0)


@pytest.mark.parametrize("project", [{"a": 3}], indirect=True)
def test_a_training_that_cannot_begin_leaves_nothing_behind(project, tmp_path):
    plan = Plan("Round", tmp_path / "network.safetensors", ROUND, Splits())
    with pytest.raises(ExportError, match="no frame is accepted"):
        begin(project, plan, program=["false"])
    assert list(home_of(project.path).iterdir()) == []
    elsewhere = Plan("Round", tmp_path / "network.safetensors", ROUND, data=tmp_path / "set")
    with pytest.raises(FormatError, match="cannot be started"):
        begin(project, elsewhere, program=[str(tmp_path / "no such program")])
    assert list(home_of(project.path).iterdir()) == []


@pytest.mark.parametrize("project", [{"a": 3}], indirect=True)
def test_a_set_made_elsewhere_is_learnt_from_where_it_lies(project, tmp_path):
    plan = Plan("Round", tmp_path / "network.safetensors", EFFORTS[Length.QUICK], data=tmp_path / "set", threads=2)
    run = begin(project, plan, program=[sys.executable, "-c", "import sys; sys.exit(str(sys.argv[1:]))"])
    assert run is not None
    assert run.set_folder == tmp_path / "set"
    assert (run.settings.title, run.settings.threads) == ("Round", 2)
    words = run.command(["python", "main.py"])
    assert words[3] == str(tmp_path / "set")


@pytest.mark.parametrize("project", [{"a": 6, "b": 6}], indirect=True)
def test_what_there_is_to_learn_from_is_counted_without_writing_it(project):
    for frame_id in project.frame_ids()[:9]:
        project.save_record(frame_id, FrameRecord(review=Review().decided(Decision.ACCEPTED)), text="Accept frame")
    material = material_of_project(project)
    assert material.frames == 9
    assert {how: found.train + found.val for how, found in material.divisions.items()} == dict.fromkeys(HoldBack, 9)


def test_what_is_no_training_set_is_a_sentence(tmp_path):
    assert str(tmp_path) in material_of_set(tmp_path).problem


def test_earlier_trainings_say_how_fast_it_goes_and_other_architectures_do_not(tmp_path, monkeypatch):
    card = Card(preset("touchline-tiny", channels=len(PITCH_57) + 1), PITCH_57.keypoints, (128, 96))
    path = tmp_path / "network.safetensors"
    head = json.dumps({"__metadata__": {CARD_KEY: card.to_json()}}).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head)
    asked: list[Path] = []

    def measured(start, threads, should_stop):
        asked.append(start)
        return Pace(0.5, 0.2)

    monkeypatch.setattr(training_pace, "_measured", {})
    monkeypatch.setattr(training_pace, "_measure", measured)
    assert pace_of(path, [], threads=1) == (Pace(0.5, 0.2), False)
    other = replace(card, input_size=(256, 192))
    assert pace_of(path, [(other, 9.0), (card, 4.0), (card, 8.0)], threads=1) == (Pace(0.25, 0.2), True)
    assert asked == [path]
    path.write_bytes(b"no network")
    assert pace_of(path, [], threads=1) is None
