"""Predictions that a person dismissed stay away: told by their points, by network; kept, copied and merged."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
import sprites

from annotator.dismissals import is_dismissed, left, mark_of, seen_left, take_dismissed
from annotator.export import ExportKind, ExportOptions, Scope, export
from annotator.export.options import Unaccepted
from annotator.instances import present
from annotator.labels import FrameRecord
from annotator.merging import merge
from annotator.project import Predictions, Project
from annotator.review.bulk import accepted_records
from annotator.review.signs import Kind
from annotator.review.survey import Survey
from annotator.review.worker import Inspector
from annotator.tracking_project import follow
from model.people import InstancePrediction


@pytest.fixture
def project(tmp_path):
    """A clip in which a network saw both people in every frame; the second was dismissed in the first frame."""
    with sprites.project(tmp_path) as made:
        for place, frame_id in enumerate(made.frame_ids()):
            made.save_people(frame_id, sprites.seen(place))
        first = made.frame_ids()[0]
        made.save_dismissed(first, "a network", [mark_of(second(made, first))])
        yield made


def second(project, frame_id: int) -> InstancePrediction:
    """The surer one of the two, who comes in from the right."""
    return project.people(frame_id).instances[0]


def test_the_same_prediction_is_known_again_and_a_neighbour_is_not():
    one = sprites.seen(0).instances[0]
    moved = {by: replace(one, xy=one.xy + by) for by in (0.0, 0.2, 3.0)}
    marks = [mark_of(one)]
    assert [is_dismissed(other, marks) for other in moved.values()] == [True, True, False]
    assert not is_dismissed(sprites.seen(0).instances[1], marks)
    hidden = replace(one, xy=np.where(np.arange(17)[:, None] < 3, np.nan, one.xy))
    assert not is_dismissed(hidden, marks)
    assert is_dismissed(hidden, [mark_of(hidden)])
    nowhere = replace(one, xy=np.full((17, 2), np.nan), box=(1.0, 2.0, 30.0, 40.0))
    assert is_dismissed(nowhere, [mark_of(nowhere)])
    assert not is_dismissed(replace(nowhere, box=(9.0, 2.0, 30.0, 40.0)), [mark_of(nowhere)])


def test_what_was_dismissed_of_one_network_another_may_show():
    seen = sprites.seen(0)
    marks = {"a network": (mark_of(seen.instances[0]),)}
    assert left(seen, marks) == seen.instances[1:]
    assert left(replace(seen, network="another"), marks) == seen.instances
    assert left(None, marks) == ()


def test_it_is_kept_in_the_project_and_the_same_network_that_looks_again_is_not_asked_again(project):
    first, other, *_ = project.frame_ids()
    path = project.path
    project.close()
    with Project.open(path) as again:
        assert len(seen_left(again, first, again.people(first))) == 1
        again.save_people(first, sprites.seen(0))
        assert len(seen_left(again, first, again.people(first))) == 1
        assert len(seen_left(again, other, again.people(other))) == 2
        again.save_people(first, replace(sprites.seen(0), network="newer"))
        assert len(seen_left(again, first, again.people(first))) == 2
        again.save_dismissed(first, "a network", [])
        assert again.dismissed(first) == {}
        assert again.all_dismissed() == {}


def test_an_old_file_has_no_table_and_a_file_with_one_is_of_the_same_version(tmp_path):
    with sprites.project(tmp_path) as project:
        path, first = project.path, project.frame_ids()[0]
        assert project.dismissed(first) == {}
        assert project.all_dismissed() == {}
        versions = project.sign_versions()
        project.save_dismissed(first, "a network", [((1.0, 2.0),)])
        assert project.sign_versions()[first] != versions[first]
        project.save_dismissed(first, "a network", [])
        assert project.sign_versions() == versions
        with pytest.raises(ValueError, match="no frame"):
            project.save_dismissed(10_000, "a network", [((1.0, 2.0),)])
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)


@pytest.mark.parametrize("damage", ["", "{", "3", "[[]]", "[[[1]]]", '[[["a", 2]]]', "[[[1, NaN]]]"])
def test_a_damaged_mark_dismisses_nothing(project, damage):
    path, first = project.path, project.frame_ids()[0]
    project.close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE dismissed SET document=?", (damage,))
    with Project.open(path) as again:
        assert len(seen_left(again, first, again.people(first))) == 2
        assert again.problems() == []


def test_a_backup_and_a_slice_carry_it(project, tmp_path):
    first, other, *_ = project.frame_ids()
    expected = project.dismissed(first)
    project.copy_to(tmp_path / "backup.touchline", predictions=Predictions.TAKE)
    project.copy_to(tmp_path / "with.touchline", frame_ids=[first])
    project.copy_to(tmp_path / "without.touchline", frame_ids=[other])
    for name, there in (("backup", {first: expected}), ("with", {first: expected}), ("without", {})):
        with Project.open(tmp_path / f"{name}.touchline") as copy:
            assert copy.all_dismissed() == there


def test_a_merge_takes_over_what_was_dismissed_and_keeps_ones_own(project, tmp_path):
    ids = project.frame_ids()
    with sprites.project(tmp_path, tmp_path / "mine.touchline") as mine:
        own = [((5.0, 5.0),)]
        mine.save_dismissed(mine.frame_ids()[0], "a network", own)
        theirs = project.dismissed(ids[0])["a network"]
        merge(mine, project.path)
        assert mine.dismissed(mine.frame_ids()[0]) == {"a network": (*own, *theirs)}
        frames = dict(zip(ids, mine.frame_ids(), strict=True))
        assert take_dismissed(mine, project, frames) == 0
        assert take_dismissed(mine, project, {}) == 0


def test_it_is_not_accepted_with_many_not_exported_and_not_tracked(project, tmp_path):
    first, other, *_ = ids = project.frame_ids()
    _, after = accepted_records(project, [first, other], network="a network", threshold=0.3)
    assert [len(present(after[n].labels)) for n in (first, other)] == [1, 2]
    options = ExportOptions(ExportKind.COCO, scope=Scope.CONFIDENT, unaccepted=Unaccepted.ACCEPT)
    export(project, tmp_path / "out", what=options)
    found = json.loads((tmp_path / "out" / "annotations.json").read_text())
    named = {one["id"]: one["file_name"] for one in found["images"]}
    count = dict.fromkeys(named.values(), 0)
    for one in found["annotations"]:
        count[named[one["image_id"]]] += 1
    assert sorted(count.values()) == [1] + [2] * (len(ids) - 1)
    assert len(follow(project, project.media()[0].id, span=(0, 9)).numbers) == 2
    for frame_id in ids[:10]:
        project.save_dismissed(frame_id, "a network", [mark_of(second(project, frame_id))])
    assert len(follow(project, project.media()[0].id, span=(0, 9)).numbers) == 1


def test_the_review_does_not_ask_for_it(project):
    first, other, *_ = project.frame_ids()
    for place, frame_id in ((0, first), (1, other)):
        project.save_record(frame_id, FrameRecord(sprites.labels(place, 0)), text="Label")
    found, inspector = {}, Inspector()
    try:
        Survey(project, inspector, threshold=0.3).run(
            {}, found=found.update, progress=lambda done, total: None, should_stop=lambda: False
        )
    finally:
        inspector.close()
    assert found[first].entry.value(Kind.EXTRA) is None
    assert found[other].entry.value(Kind.EXTRA) > 0.5
