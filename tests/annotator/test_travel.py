"""Projects travel: merged, cut, backed up, told where their media went."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from annotator.effort import Effort
from annotator.labels import EMPTY, Decision, FrameRecord, FrameState, Review, place
from annotator.merging import Effect, Winner, carry_out, merge, plan_merge
from annotator.project import ChangedElsewhereError, Predictions, Project, ProjectError
from annotator.review.second_answers import rechecks
from annotator.travel import back_up, back_up_if_due, backups_of, is_backup, look_at_backup, restore
from main import main
from model.heatmaps import Prediction

POINT = "CENTER_MARK"


def prediction() -> Prediction:
    one = np.array([1.0])
    at, maps = np.array([[5.0, 5.0]]), np.zeros((2, 4, 4), np.uint8)
    return Prediction((POINT,), at, one * 0.9, one, maps, (48, 27), "net", (12.0, 7.0), (0.0, 0.0))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "mine" / "match"
    for name in ("a/1.png", "a/2.png", "b/3.png", "b/4.png"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(place / name), np.zeros((27, 48, 3), np.uint8))
    return place


@pytest.fixture
def project(folder: Path):
    with Project.for_media([folder]) as opened:
        yield opened


@pytest.fixture
def other(tmp_path: Path, folder: Path):
    """Another person's project of a copy of the same frames."""
    copy = tmp_path / "theirs" / "match"
    shutil.copytree(folder, copy)
    with Project.for_media([copy]) as opened:
        yield opened


def frame_named(project: Project, name: str) -> int:
    return next(i for i in project.frame_ids() if project.row(i).name == name)


def say(project: Project, name: str, x: float, *, decision: Decision = Decision.OPEN, author: str = "") -> None:
    record = FrameRecord(place(EMPTY, POINT, (x, 1.0)), Review(decision))
    project.save_record(frame_named(project, name), record, text="said", author=author)


def said(project: Project, name: str) -> float | None:
    label = project.record(frame_named(project, name)).labels.pitch.keypoints.get(POINT)
    return None if label is None or label.position is None else label.position[0]


def test_a_merge_fills_what_only_the_other_says_and_leaves_equal_frames(project: Project, other: Project) -> None:
    say(other, "a/1.png", 3.0, author="Ann")
    say(other, "a/2.png", 4.0)
    say(project, "a/2.png", 4.0)
    report = merge(project, other.path)
    assert said(project, "a/1.png") == 3.0
    assert (len(report.filled), report.equal, report.conflicts) == (1, 1, ())
    entry = project.history(frame_named(project, "a/1.png"))[-1]
    assert (entry.text, entry.author) == ("Merge match.touchline", "Ann")
    assert merge(project, other.path).equal == 2


@pytest.mark.parametrize(
    ("winner", "expected"),
    [(Winner.MINE, 1.0), (Winner.THEIRS, 2.0), (Winner.NEWEST, 2.0), (Winner.REVIEWER, 1.0)],
)
def test_conflicts_are_listed_and_the_chosen_side_wins(
    project: Project, other: Project, winner: Winner, expected: float
) -> None:
    say(project, "a/1.png", 1.0, decision=Decision.ACCEPTED)
    say(other, "a/1.png", 2.0)
    (conflict,) = merge(project, other.path, winner=winner).conflicts
    assert (conflict.name, conflict.taken) == ("a/1.png", expected == 2.0)
    assert said(project, "a/1.png") == expected


def test_what_a_merge_replaced_is_in_the_history(project: Project, other: Project) -> None:
    say(project, "a/1.png", 1.0)
    say(other, "a/1.png", 2.0)
    merge(project, other.path, winner=Winner.THEIRS)
    entries = project.history(frame_named(project, "a/1.png"))
    (replaced,) = [e.before() for e in entries if e.text.startswith("Merge") and not e.before().labels.is_empty][:1]
    assert replaced.labels.pitch.keypoints[POINT].position == (1.0, 1.0)


def states(project: Project, name: str) -> list[float | None]:
    """Where the point was, from the beginning until now, as the history tells it."""
    number = frame_named(project, name)
    records = [*(entry.before() for entry in project.history(number)), project.record(number)]
    points = (record.labels.pitch.keypoints.get(POINT) for record in records)
    return [None if point is None or point.position is None else point.position[0] for point in points]


def test_a_merge_brings_the_history_of_a_frame_once(project: Project, other: Project) -> None:
    number = frame_named(project, "a/1.png")
    say(project, "a/1.png", 1.0, author="Me")
    for x in (2.0, 3.0):
        say(other, "a/1.png", x, author="Ann")
        say(other, "a/2.png", x, author="Ann")
    merge(project, other.path, winner=Winner.THEIRS)
    assert states(project, "a/2.png") == [None, 2.0, 3.0, 3.0]
    assert states(project, "a/1.png") == [None, 1.0, None, 2.0, 3.0, 3.0]
    entries = project.history(number)
    assert [e.author for e in entries] == ["Me", "Ann", "Ann", "Ann", "Ann"]
    theirs = other.history(frame_named(other, "a/1.png"))
    assert [e.when for e in entries[2:4]] == [e.when for e in theirs]
    assert project.last_change(number).text == "Merge match.touchline"
    say(other, "a/1.png", 4.0, author="Ann")
    merge(project, other.path, winner=Winner.THEIRS)
    assert states(project, "a/1.png") == [None, 1.0, None, 2.0, 3.0, 3.0, 4.0, 4.0]
    assert project.problems() == []


def test_a_merge_brings_the_blind_checks_of_both(project: Project, other: Project) -> None:
    say(other, "a/1.png", 1.0)
    mine = {"frame": "a/2.png", "by": "Me", "distances": {POINT: 1.0}, "only_first": [], "only_second": []}
    project.set_setting("rechecks", [mine])
    other.set_setting("rechecks", [mine, mine | {"by": "Ann"}, mine | {"frame": "gone.png"}])
    merge(project, other.path)
    assert [(one.frame, one.by) for one in rechecks(project)] == [("a/2.png", "Me"), ("a/2.png", "Ann")]


def test_a_merge_that_is_only_looked_at_stores_nothing_and_the_other_project_stays(
    project: Project, other: Project
) -> None:
    say(other, "a/1.png", 2.0)
    history = len(other.history(frame_named(other, "a/1.png")))
    assert len(merge(project, other.path, effect=Effect.LOOK).filled) == 1
    assert said(project, "a/1.png") is None
    assert len(other.history(frame_named(other, "a/1.png"))) == history


def test_frames_that_this_project_lacks_are_named(project: Project, other: Project, folder: Path) -> None:
    say(other, "b/4.png", 2.0)
    (folder / "b/4.png").unlink()
    shutil.rmtree(folder / "b")
    with Project.create(project.path.with_name("less.touchline")) as less:
        less.add_media([folder])
        assert merge(less, other.path).unknown == ("match/b/4.png",)


def test_projects_whose_scheme_was_changed_differently_are_not_merged(tmp_path: Path) -> None:
    from dataclasses import replace

    from annotator.schemes import COCO_17, MPII_16

    names = COCO_17.keypoints
    Project.create(tmp_path / "a.touchline", scheme=COCO_17).close()
    Project.create(tmp_path / "b.touchline", scheme=replace(MPII_16, id=COCO_17.id)).close()
    with Project.open(tmp_path / "a.touchline") as project:
        assert project.scheme.keypoints == names
        with pytest.raises(ProjectError, match="other points"):
            merge(project, tmp_path / "b.touchline")


def test_projects_of_two_schemes_are_not_merged(project: Project, tmp_path: Path) -> None:
    Project.create(tmp_path / "pose.touchline", scheme_id="coco-17").close()
    with pytest.raises(ProjectError, match="it labels coco-17, this project pitch-57"):
        merge(project, tmp_path / "pose.touchline")


def test_a_slice_holds_its_frames_with_labels_and_history_and_opening_it_brings_no_others_back(
    project: Project, tmp_path: Path
) -> None:
    say(project, "a/2.png", 7.0)
    project.save_prediction(frame_named(project, "b/3.png"), prediction())
    wanted = [frame_named(project, name) for name in ("a/2.png", "b/3.png")]
    project.copy_to(tmp_path / "part.touchline", frame_ids=wanted)
    with Project.open(tmp_path / "part.touchline") as part:
        assert [part.row(i).name for i in part.frame_ids()] == ["a/2.png", "b/3.png"]
        assert not any(part.row(i).missing for i in part.frame_ids())
        assert said(part, "a/2.png") == 7.0
        assert len(part.history(frame_named(part, "a/2.png"))) == 1
        assert part.networks() == []
        assert part.row(frame_named(part, "b/3.png")).state is FrameState.UNSEEN
        assert part.row(part.frame_ids()[0]).path.exists()
    project.copy_to(tmp_path / "whole.touchline", predictions=Predictions.TAKE)
    with Project.open(tmp_path / "whole.touchline") as whole:
        assert whole.networks() == ["net"]
        assert len(whole.frame_ids()) == 4


def test_a_slice_never_replaces_a_project(project: Project, tmp_path: Path) -> None:
    target = tmp_path / "part.touchline"
    target.write_text("mine")
    with pytest.raises(ProjectError, match="something with this name"):
        project.copy_to(target)
    assert target.read_text() == "mine"


def test_restore_lists_backups_and_goes_back_to_one_of_them(project: Project, capsys) -> None:
    say(project, "a/1.png", 5.0)
    path, backup = project.path, back_up(project)
    say(project, "a/1.png", 6.0)
    assert main(["project", "restore", str(path)]) == 0
    listed = capsys.readouterr().out
    assert listed.startswith(f"{backup.name}  ")
    assert listed.endswith(" MB  1 of 4 frames labelled, 0 accepted\n")
    assert main(["project", "restore", str(path), backup.name]) == 2
    assert "it is open in a window" in capsys.readouterr().err
    project.close()
    assert main(["project", "restore", str(path), "yesterday"]) == 2
    assert "there is no such backup" in capsys.readouterr().err
    assert main(["project", "restore", str(path.with_suffix("")), backup.stem]) == 0
    assert "is kept as" in capsys.readouterr().out
    with Project.open(path) as again:
        assert said(again, "a/1.png") == 5.0
    assert len(backups_of(path)) == 2


def test_restore_brings_back_a_project_that_is_damaged_or_gone(project: Project, capsys) -> None:
    say(project, "a/1.png", 5.0)
    path, backup = project.path, back_up(project)
    project.close()
    for spoil in (lambda: path.write_bytes(b"no project at all" * 100), path.unlink):
        spoil()
        assert main(["project", "restore", str(path), str(backup)]) == 0
        with Project.open(path) as again:
            assert said(again, "a/1.png") == 5.0
    shutil.rmtree(backup.parent)
    assert main(["project", "restore", str(path)]) == 2
    assert "it has no backup" in capsys.readouterr().err


def test_a_slice_says_how_far_it_is_and_leaves_nothing_when_it_is_stopped(project: Project, tmp_path: Path) -> None:
    say(project, "a/2.png", 7.0)
    target, told = tmp_path / "part.touchline", []
    assert not project.copy_to(target, should_stop=lambda: True)
    assert list(tmp_path.glob("part*")) == []
    assert project.copy_to(target, progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1]
    with Project.open(target) as part:
        assert said(part, "a/2.png") == 7.0


def test_media_that_moved_are_found_again_with_their_labels(project: Project, folder: Path, tmp_path: Path) -> None:
    say(project, "a/1.png", 5.0)
    moved = tmp_path / "elsewhere" / "match renamed"
    moved.parent.mkdir()
    folder.rename(moved)
    project.refresh()
    assert project.row(frame_named(project, "a/1.png")).missing
    (medium,) = project.media()
    with pytest.raises(ProjectError, match="none of the 4 frames of match is there"):
        project.relink(medium.id, tmp_path)
    assert project.relink(medium.id, moved) == 4
    row = project.row(frame_named(project, "a/1.png"))
    assert not row.missing
    assert row.path == moved / "a/1.png"
    assert said(project, "a/1.png") == 5.0


def test_a_backup_opens_as_a_project_and_only_the_newest_are_kept(project: Project) -> None:
    say(project, "a/1.png", 5.0)
    for day in range(7):
        back_up(project, keep=3, now=1_700_000_000 + 86_400 * day)
    kept = backups_of(project.path)
    assert len(kept) == 3
    with Project.open(kept[0]) as backup:
        assert said(backup, "a/1.png") == 5.0
        assert not any(backup.row(i).missing for i in backup.frame_ids())


def test_backups_are_made_when_something_changed_and_the_last_is_old(project: Project) -> None:
    assert back_up_if_due(project) is None
    say(project, "a/1.png", 5.0)
    first = back_up_if_due(project)
    assert first is not None
    say(project, "a/1.png", 6.0)
    assert back_up_if_due(project) is None
    made = first.stat().st_mtime
    os.utime(first, (made - 30 * 3600, made - 30 * 3600))
    assert back_up_if_due(project) is not None


def test_the_command_informs_checks_and_makes_smaller(project: Project, folder: Path, capsys) -> None:
    say(project, "a/1.png", 5.0)
    path = str(project.path)
    assert main(["project", "info", path]) == 0
    out = capsys.readouterr().out
    assert "4 frames: 3 unseen, 1 draft" in out
    assert main(["project", "check", path]) == 0
    assert main(["project", "vacuum", path]) == 0
    assert main(["project", "backup", path]) == 0
    assert len(backups_of(project.path)) == 1
    (folder / "a/2.png").unlink()
    assert main(["project", "check", path]) == 1
    assert "1 frames are not where they were" in capsys.readouterr().err


def test_the_command_names_a_damaged_record(project: Project, capsys) -> None:
    say(project, "a/1.png", 5.0)
    path = project.path
    project.close()
    import sqlite3

    with sqlite3.connect(path) as db:
        db.execute("UPDATE record SET document='{'")
    db.close()
    assert main(["project", "check", str(path)]) == 1
    assert "the labels of a/1.png cannot be read" in capsys.readouterr().err


def test_the_command_merges_cuts_and_relinks(project: Project, other: Project, tmp_path: Path, folder: Path) -> None:
    say(other, "a/1.png", 2.0)
    path = str(project.path)
    assert main(["project", "merge", path, str(other.path), "--dry-run"]) == 0
    assert said(project, "a/1.png") is None
    assert main(["project", "merge", path, str(other.path)]) == 0
    assert said(project, "a/1.png") == 2.0
    assert main(["project", "slice", path, str(tmp_path / "s.touchline"), "--state", "draft"]) == 0
    assert main(["project", "slice", path, str(tmp_path / "t.touchline"), "--text", "nothing like it"]) == 2
    moved = folder.with_name("moved")
    folder.rename(moved)
    assert main(["project", "relink", path, str(moved)]) == 0


def test_many_frames_are_stored_at_once_or_not_at_all(project: Project) -> None:
    numbers = project.frame_ids()
    records = {number: FrameRecord(place(EMPTY, POINT, (float(number), 1.0))) for number in numbers}
    before = dict.fromkeys(numbers, FrameRecord())
    say(project, "b/4.png", 9.0)
    with pytest.raises(ChangedElsewhereError):
        project.save_records(records, text="many", expected=before)
    assert [said(project, project.row(number).name) for number in numbers] == [None, None, None, 9.0]
    before[numbers[-1]] = project.record(numbers[-1])
    project.save_records(records, text="many", expected=before)
    assert [project.record(number) for number in numbers] == list(records.values())


def test_a_plan_says_who_would_win_under_every_rule_and_is_carried_out_as_decided(
    project: Project, other: Project
) -> None:
    say(project, "a/1.png", 1.0, decision=Decision.ACCEPTED, author="Bea")
    say(project, "a/2.png", 1.0)
    say(other, "a/1.png", 2.0, author="Ann")
    say(other, "a/2.png", 2.0)
    say(other, "b/3.png", 3.0)
    plan = plan_merge(project, other.path)
    assert plan is not None
    first, second = (frame_named(project, name) for name in ("a/1.png", "a/2.png"))
    assert [plan.taken(winner) for winner in Winner] == [set(), {first, second}, {first, second}, {second}]
    assert (plan.conflicts[0].mine.author, plan.conflicts[0].theirs.author) == ("Bea", "Ann")
    assert said(project, "b/3.png") is None
    report = carry_out(project, plan, taken={first})
    assert (report.stored, report.left) == ((frame_named(project, "b/3.png"), first), ())
    assert [said(project, name) for name in ("a/1.png", "a/2.png", "b/3.png")] == [2.0, 1.0, 3.0]


def test_what_is_changed_between_plan_and_merge_is_left_alone_and_named(project: Project, other: Project) -> None:
    say(other, "a/1.png", 2.0)
    plan = plan_merge(project, other.path)
    assert plan is not None
    say(project, "a/1.png", 1.0)
    assert carry_out(project, plan, taken=()).left == ("a/1.png",)
    assert said(project, "a/1.png") == 1.0


def test_a_merge_can_be_stopped_before_and_while_it_stores(project: Project, other: Project) -> None:
    for name in ("a/1.png", "a/2.png"):
        say(other, name, 2.0)
    assert plan_merge(project, other.path, should_stop=lambda: True) is None
    plan = plan_merge(project, other.path)
    assert plan is not None
    steps: list[int] = []
    report = carry_out(
        project, plan, taken=(), progress=lambda done, total: steps.append(done), should_stop=lambda: bool(steps)
    )
    assert len(report.stored) == 1
    assert len(merge(project, other.path).filled) == 1


def test_a_project_is_not_merged_with_itself(project: Project) -> None:
    with pytest.raises(ProjectError, match="the project that is open"):
        plan_merge(project, project.path)


def test_a_medium_whose_name_is_there_twice_is_told_by_its_place_or_not_at_all(
    project: Project, other: Project, folder: Path, tmp_path: Path
) -> None:
    say(other, "a/1.png", 2.0)
    again = tmp_path / "again" / "match"
    shutil.copytree(folder, again)
    project.add_media([again])
    assert merge(project, other.path).unknown == ("match/a/1.png",)
    project.add_media([other.path.with_suffix("")])
    report = merge(project, other.path)
    (filled,) = report.filled
    assert project.row(filled).path == other.path.with_suffix("") / "a/1.png"


def test_a_backup_is_told_by_its_time_and_what_it_holds(project: Project, tmp_path: Path) -> None:
    say(project, "a/1.png", 5.0, decision=Decision.ACCEPTED)
    say(project, "a/2.png", 5.0)
    told = look_at_backup(back_up(project, now=1_700_000_000))
    assert (told.frames, told.labelled, told.accepted, told.problem) == (4, 2, 1, "")
    assert told.when.timestamp() == 1_700_000_000
    assert told.size == told.path.stat().st_size
    assert is_backup(told.path)
    assert not is_backup(project.path)
    told.path.write_bytes(told.path.read_bytes()[:5000])
    assert look_at_backup(told.path).problem != ""


def test_going_back_to_a_backup_keeps_the_present_project_and_its_predictions(project: Project) -> None:
    say(project, "a/1.png", 5.0)
    backup = back_up(project)
    say(project, "a/1.png", 6.0)
    project.save_prediction(frame_named(project, "b/3.png"), prediction())
    project.close()
    kept = restore(project.path, backup)
    assert kept is not None
    with Project.open(project.path) as back:
        assert said(back, "a/1.png") == 5.0
        assert back.networks() == ["net"]
        assert back.row(frame_named(back, "b/3.png")).state is FrameState.PREDICTED
        assert not any(back.row(i).missing for i in back.frame_ids())
        for day in range(7):
            back_up(back, now=1_700_000_000 + 86_400 * day)
    assert look_at_backup(kept).replaced
    with Project.open(kept) as before:
        assert said(before, "a/1.png") == 6.0
        assert not any(before.row(i).missing for i in before.frame_ids())


def test_a_damaged_project_is_replaced_and_kept_as_it_is(project: Project) -> None:
    say(project, "a/1.png", 5.0)
    backup = back_up(project)
    project.close()
    project.path.write_bytes(b"broken" * 1000)
    kept = restore(project.path, backup)
    assert kept is not None
    assert kept.read_bytes() == b"broken" * 1000
    with Project.open(project.path) as back:
        assert said(back, "a/1.png") == 5.0
    project.path.unlink()
    assert restore(project.path, backup) is None
    assert project.path.exists()


def test_a_damaged_backup_changes_nothing(project: Project) -> None:
    say(project, "a/1.png", 5.0)
    backup = back_up(project)
    backup.write_bytes(backup.read_bytes()[:5000])
    project.close()
    before = project.path.read_bytes()
    with pytest.raises(ProjectError):
        restore(project.path, backup)
    assert project.path.read_bytes() == before
    assert sorted(path.name for path in project.path.parent.iterdir()) == [
        "match", "match.touchline", "match.touchline-backups"
    ]  # fmt: skip


def test_what_frames_cost_travels_with_a_backup_and_a_slice(project: Project, tmp_path: Path) -> None:
    say(project, "a/1.png", 5.0, decision=Decision.ACCEPTED)
    say(project, "a/2.png", 5.0, decision=Decision.ACCEPTED)
    for name, seconds in (("a/1.png", 10.0), ("a/2.png", 20.0)):
        project.add_effort(frame_named(project, name), Effort(seconds, 3))
    with Project.open(back_up(project)) as backup:
        assert [one.seconds for one in backup.efforts()] == [10.0, 20.0]
    project.copy_to(tmp_path / "part.touchline", frame_ids=[frame_named(project, "a/2.png")])
    with Project.open(tmp_path / "part.touchline") as part:
        assert [one.seconds for one in part.efforts()] == [20.0]
