"""Imports are merges: planned, shown, carried out; nothing that a person said is lost."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from annotator.formats.cvat import write_cvat
from annotator.formats.deeplabcut import CsvDialect, write_csv
from annotator.formats.documents import FormatError
from annotator.formats.exchange import ExchangeFrame, ExchangeInstance
from annotator.imports import Change, Conflicts, ImportPlan, carry_out, plan_import
from annotator.labels import EMPTY, FrameRecord, Origin, Visibility, place, set_marking
from annotator.pitch import PITCH_57
from annotator.project import Project
from main import main

SIZE = (96, 54)
FIRST, SECOND = "CENTER_MARK", "L_PENALTY_MARK"


@pytest.fixture
def project(tmp_path: Path):
    folder = tmp_path / "match"
    for name in ("a/1.png", "a/2.png", "b/1.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / name), np.zeros((SIZE[1], SIZE[0], 3), np.uint8))
    with Project.for_media([folder]) as opened:
        yield opened


def csv_of(tmp_path: Path, points: dict[str, dict[str, tuple[float, float, Visibility]]]) -> Path:
    path = tmp_path / "points.csv"
    frames = [ExchangeFrame(name, SIZE, (ExchangeInstance(said),)) for name, said in points.items()]
    write_csv(path, frames, PITCH_57, dialect=CsvDialect.LIGHTNING_POSE)
    return path


def planned(project: Project, *paths: Path) -> ImportPlan:
    plan = plan_import(project, paths)
    assert plan is not None
    return plan


def frame_named(project: Project, name: str) -> int:
    return next(i for i in project.frame_ids() if project.row(i).name == name)


def test_a_plan_changes_nothing_and_carrying_it_out_adds_imported_points(project: Project, tmp_path: Path) -> None:
    path = csv_of(tmp_path, {"a/1.png": {FIRST: (10.0, 20.0, Visibility.OCCLUDED)}})
    plan = planned(project, path)
    number = frame_named(project, "a/1.png")
    assert [(f.frame_id, f.change) for f in plan.frames] == [(number, Change.ADD)]
    assert project.record(number).labels.is_empty
    assert carry_out(project, plan).changed == (number,)
    said = project.record(number).labels.pitch.keypoints[FIRST]
    assert (said.position, said.visibility, said.origin) == ((10.0, 20.0), Visibility.OCCLUDED, Origin.IMPORTED)
    assert [entry.text for entry in project.history(number)][-1] == "Import points.csv"


def test_an_import_twice_leaves_everything_untouched(project: Project, tmp_path: Path) -> None:
    path = csv_of(tmp_path, {"a/1.png": {FIRST: (10.0, 20.0, Visibility.VISIBLE)}})
    carry_out(project, planned(project, path))
    again = planned(project, path)
    assert again.counts[Change.UNTOUCHED] == 1
    assert carry_out(project, again).changed == ()


@pytest.mark.parametrize(("conflicts", "wins"), [(Conflicts.KEEP, (1.0, 2.0)), (Conflicts.TAKE, (10.0, 20.0))])
def test_where_both_say_something_else_the_person_decides(
    project: Project, tmp_path: Path, conflicts: Conflicts, wins: tuple[float, float]
) -> None:
    number = frame_named(project, "a/2.png")
    project.save_record(number, FrameRecord(place(EMPTY, FIRST, (1.0, 2.0))), text="by hand")
    said = {FIRST: (10.0, 20.0, Visibility.VISIBLE), SECOND: (30.0, 40.0, Visibility.VISIBLE)}
    plan = planned(project, csv_of(tmp_path, {"a/2.png": said}))
    (frame,) = plan.frames
    assert (frame.change, frame.disputed, frame.added) == (Change.CONFLICT, (FIRST,), (SECOND,))
    carry_out(project, plan, conflicts=conflicts)
    pitch = project.record(number).labels.pitch
    assert pitch.keypoints[FIRST].position == wins
    assert pitch.keypoints[SECOND].position == (30.0, 40.0)


def test_markings_of_a_file_join_points_of_the_project(project: Project, tmp_path: Path) -> None:
    number = frame_named(project, "a/1.png")
    project.save_record(number, FrameRecord(place(EMPTY, FIRST, (1.0, 2.0))), text="by hand")
    clicks = {"Middle line": ((1.0, 1.0), (5.0, 50.0))}
    write_cvat(tmp_path / "c.xml", [ExchangeFrame("a/1.png", SIZE, (ExchangeInstance({}, clicks),))], PITCH_57)
    plan = planned(project, tmp_path / "c.xml")
    assert plan.frames[0].change is Change.CHANGE
    carry_out(project, plan)
    pitch = project.record(number).labels.pitch
    assert dict(pitch.markings) == clicks
    assert FIRST in pitch.keypoints


def test_a_frame_that_changed_since_the_plan_is_left_alone(project: Project, tmp_path: Path) -> None:
    plan = planned(project, csv_of(tmp_path, {"a/1.png": {FIRST: (10.0, 20.0, Visibility.VISIBLE)}}))
    number = frame_named(project, "a/1.png")
    project.save_record(number, FrameRecord(place(EMPTY, FIRST, (3.0, 3.0))), text="meanwhile")
    report = carry_out(project, plan)
    assert report.changed == ()
    assert "changed since the import was planned" in str(report.findings[0])
    assert project.record(number).labels.pitch.keypoints[FIRST].position == (3.0, 3.0)


def test_names_that_two_frames_share_and_other_sizes_are_left_out_with_a_reason(
    project: Project, tmp_path: Path
) -> None:
    points = ExchangeInstance({FIRST: (1.0, 1.0, Visibility.VISIBLE)})
    frames = [ExchangeFrame("1.png", SIZE, (points,)), ExchangeFrame("a/2.png", (960, 540), (points,))]
    write_cvat(tmp_path / "c.xml", frames, PITCH_57)
    plan = planned(project, tmp_path / "c.xml")
    assert plan.frames == ()
    assert any("2 frames have this name" in str(finding) for finding in plan.findings)
    assert any("960x540" in str(finding) for finding in plan.findings)


def test_files_of_every_kind_are_told_apart_and_a_broken_one_does_not_stop_the_rest(
    project: Project, tmp_path: Path
) -> None:
    lines = tmp_path / "lines" / "a"
    lines.mkdir(parents=True)
    (lines / "1.json").write_text(json.dumps({"Middle line": [{"x": 0.1, "y": 0.1}, {"x": 0.2, "y": 0.9}]}))
    (lines / "2.json").write_text("{ half")
    csv = csv_of(tmp_path, {"b/1.png": {FIRST: (10.0, 20.0, Visibility.VISIBLE)}})
    plan = planned(project, tmp_path / "lines", csv)
    assert {frame.name for frame in plan.frames} == {"a/1.png", "b/1.png"}
    assert any("damaged" in str(finding) for finding in plan.findings)


def lines_file(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"Middle line": [{"x": 0.5, "y": 0.0}, {"x": 0.5, "y": 1.0}]}))
    return path


def test_line_files_find_their_frames_and_each_is_one_step_in_the_history(project: Project, tmp_path: Path) -> None:
    for name in ("2.json", "9.json", "match_info.json"):
        lines_file(tmp_path / "lines" / name)
    plan = planned(project, tmp_path / "lines")
    number = frame_named(project, "a/2.png")
    assert carry_out(project, plan).changed == (number,)
    assert dict(project.record(number).labels.pitch.markings) == {"Middle line": ((48.0, 0.0), (48.0, 54.0))}
    assert len(project.history(number)) == 1
    assert {finding.path.name for finding in plan.findings} >= {"9.json"}


def test_frames_of_the_same_name_are_told_apart_by_their_folders(project: Project, tmp_path: Path) -> None:
    plan = planned(project, lines_file(tmp_path / "x" / "1.json"))
    assert plan.frames == ()
    assert "2 frames have this name" in str(plan.findings[0])
    plan = planned(project, lines_file(tmp_path / "lines" / "b" / "1.json"))
    assert [frame.frame_id for frame in plan.frames] == [frame_named(project, "b/1.png")]


def test_nothing_usable_is_one_sentence(project: Project, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(FormatError, match=r"x\.csv: it has no header row"):
        plan_import(project, [tmp_path / "x.csv"])


def test_a_stopped_plan_is_none(project: Project, tmp_path: Path) -> None:
    path = csv_of(tmp_path, {"a/1.png": {FIRST: (10.0, 20.0, Visibility.VISIBLE)}})
    assert plan_import(project, [path], should_stop=lambda: True) is None


def test_the_command_shows_what_would_happen_and_does_it(project: Project, tmp_path: Path, capsys) -> None:
    path = csv_of(tmp_path, {"a/1.png": {FIRST: (10.0, 20.0, Visibility.VISIBLE)}})
    number = frame_named(project, "a/1.png")
    assert main(["import", str(project.path), str(path), "--dry-run"]) == 0
    assert "1 frames to label" in capsys.readouterr().err
    assert project.record(number).labels.is_empty
    assert main(["import", str(project.path), str(path)]) == 0
    assert not project.record(number).labels.is_empty
    project.save_record(
        number, FrameRecord(set_marking(place(EMPTY, FIRST, (50.0, 50.0)), "Middle line", ())), text="moved"
    )
    assert main(["import", str(project.path), str(path)]) == 1
    assert "disagree about CENTER_MARK" in capsys.readouterr().err
