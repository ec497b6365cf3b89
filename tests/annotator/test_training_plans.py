"""How accepted frames are divided before a training, and about how long it takes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from annotator.export.splits import plan_splits
from annotator.project import Project
from annotator.training_plans import (
    EFFORTS,
    Effort,
    HoldBack,
    Length,
    Pace,
    divide,
    samples_of,
    seconds_of,
)


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
