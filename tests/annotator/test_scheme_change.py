"""Another scheme for a project: suggested, shown, carried out in one step, and kept in the history."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from annotator.commands import run_command
from annotator.labels import (
    EMPTY,
    Decision,
    FrameLabels,
    FrameRecord,
    Instance,
    KeypointLabel,
    Note,
    Review,
    Visibility,
    place,
    set_marking,
)
from annotator.pitch import PITCH_57
from annotator.project import ChangedElsewhereError, Project
from annotator.scheme import Attribute, AttributeKind, AttributeScope, Instances, Scheme
from annotator.scheme_change import carry_out_change, converted, plan_change, suggest_mapping, take_back_change
from annotator.schemes import COCO_17, MPII_16, read_scheme, write_scheme
from model.people import PeoplePrediction

CARDS = Attribute("cards", "Cards", AttributeKind.NUMBER, range=(1.0, 52.0), step=1.0)
KIT = Attribute("kit", "Kit", AttributeKind.TEXT, AttributeScope.INSTANCE)
OLD = Scheme("bird-4", "Bird", ("beak", "leftWing", "rightWing", "tail"), (0, 2, 1, 3), instances=Instances.MANY,
             attributes=(CARDS, KIT))  # fmt: skip
NEW = Scheme("bird-5", "Bird, better", ("left_wing", "right_wing", "beak_tip", "tail", "crest"), (1, 0, 2, 3, 4),
             instances=Instances.MANY, attributes=(CARDS,))  # fmt: skip


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for n in range(4):
        path = tmp_path / "birds" / f"{n}.png"
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), np.full((48, 64, 3), 40 * n, np.uint8))
    with Project.for_media([tmp_path / "birds"], scheme=OLD) as made:
        first, second, *_ = made.frame_ids()
        labels = place(place(EMPTY, "beak", (3, 4)), "leftWing", (5, 6), instance=2)
        second_bird = Instance(2, labels.instance(2).keypoints, attributes={"kit": "a"})
        things = (labels.instance(0), second_bird)
        labels = FrameLabels(things, {"cards": 3.0}, {"coco": {"license": 1}})
        notes = (Note("hm", "beak"), Note("oh", "nothing"))
        made.save_record(first, FrameRecord(labels, Review(Decision.ACCEPTED, notes=notes)), text="a")
        made.save_record(second, FrameRecord(place(EMPTY, "tail", (1, 1))), text="b")
        made.save_people(second, PeoplePrediction((), (64, 48), "net"))
        yield made


def test_names_are_suggested_by_likeness_and_never_across_sides():
    expected = {"beak": None, "leftWing": "left_wing", "rightWing": "right_wing", "tail": "tail"}
    assert suggest_mapping(OLD, NEW) == expected
    swapped = Scheme("x", "X", ("right_wing_tip", "leftwing"), (0, 1))
    assert suggest_mapping(swapped, NEW)["right_wing_tip"] == "right_wing"
    assert suggest_mapping(COCO_17, COCO_17) == {name: name for name in COCO_17.keypoints}
    people = suggest_mapping(COCO_17, MPII_16)
    assert people["left_hip"] == "left_hip"
    assert people["nose"] is None
    assert set(suggest_mapping(PITCH_57, COCO_17).values()) == {None}


def test_a_plan_says_what_would_happen_and_changes_nothing(project):
    change = plan_change(project, NEW, {"beak": "beak_tip"})
    assert change.renamed == {"beak": "beak_tip", "leftWing": "left_wing", "rightWing": "right_wing"}
    assert change.removed == ()
    assert change.added == ("crest",)
    assert change.points == {"beak": 1, "leftWing": 1, "rightWing": 0, "tail": 1}
    assert (change.frames, change.lost, change.predictions) == (1, {"attributes": 1}, True)
    assert project.scheme == OLD
    assert len(project.history(project.frame_ids()[0])) == 1


def test_a_change_is_one_step_that_the_history_keeps(project):
    first, second, *_ = project.frame_ids()
    before = project.record(first)
    carry_out_change(project, plan_change(project, NEW, {"beak": "beak_tip"}), author="Ada")
    assert project.scheme == NEW
    record = project.record(first)
    assert record.labels.instance(0).keypoints == {"beak_tip": before.labels.instance(0).keypoints["beak"]}
    assert set(record.labels.instance(2).keypoints) == {"left_wing"}
    assert record.labels.instance(2).attributes == {}
    assert (record.labels.attributes, record.labels.foreign) == ({"cards": 3.0}, {"coco": {"license": 1}})
    assert [note.about for note in record.review.notes] == ["beak_tip", "nothing"]
    assert record.review.decision is Decision.ACCEPTED
    entry = project.history(first)[-1]
    assert (entry.text, entry.author, entry.before()) == ("Change the scheme to Bird, better", "Ada", before)
    assert len(project.history(second)) == 1
    assert not project.has_prediction(second)
    (earlier,) = project.earlier_schemes()
    assert (earlier.scheme, earlier.renamed["beak"]) == (OLD, "beak_tip")
    with Project.open(project.path) as again:
        assert again.scheme == NEW


def test_a_frame_changed_meanwhile_stops_all_of_it(project):
    first, *_ = project.frame_ids()
    change = plan_change(project, NEW)
    labels = place(project.record(first).labels, "tail", (9, 9))
    project.save_record(first, FrameRecord(labels), text="meanwhile")
    with pytest.raises(ChangedElsewhereError):
        carry_out_change(project, change)
    assert project.scheme == OLD
    assert project.record(first).labels == labels
    assert project.has_prediction(project.frame_ids()[1])


def test_a_point_that_is_mapped_to_nothing_goes(project):
    change = plan_change(project, NEW, {"tail": None, "beak": "tail"})
    assert change.removed == ("tail",)
    assert change.lost["points"] == 1
    carry_out_change(project, change)
    first, second, *_ = project.frame_ids()
    assert set(project.record(first).labels.instance(0).keypoints) == {"tail"}
    assert project.record(second).labels == EMPTY


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        ({"nose": "tail"}, "bird-4 has no keypoint 'nose'"),
        ({"beak": "nose"}, "bird-5 has no keypoint 'nose'"),
        ({"beak": "crest", "tail": "crest"}, "both become 'crest'"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(project, mapping, reason):
    with pytest.raises(ValueError, match=reason):
        plan_change(project, NEW, mapping)


def test_a_pitch_given_another_scheme_loses_its_lines_and_the_history_has_them(tmp_path, project):
    one = Scheme("corner", "Corner", (PITCH_57.keypoints[12], "flag"), (0, 1))
    cv2.imwrite(str(tmp_path / "p.png"), np.zeros((48, 64, 3), np.uint8))
    with Project.for_media([tmp_path / "p.png"]) as pitch:
        (number,) = pitch.frame_ids()
        labels = set_marking(place(EMPTY, one.keypoints[0], (1, 2)), "Middle line", ((0, 0), (5, 5)))
        pitch.save_record(number, FrameRecord(labels), text="a")
        change = plan_change(pitch, one)
        assert change.lost == {"drawn markings": 1}
        carry_out_change(pitch, change)
        kept = {one.keypoints[0]: KeypointLabel((1.0, 2.0), Visibility.VISIBLE)}
        assert pitch.record(number).labels == FrameLabels((Instance(0, kept),))
        assert pitch.history(number)[-1].before().labels == labels
        carry_out_change(pitch, plan_change(pitch, PITCH_57))
        assert pitch.scheme == PITCH_57
        assert [one.scheme.id for one in pitch.earlier_schemes()] == ["pitch-57", "corner"]


def test_further_people_go_where_a_scheme_shows_one(project):
    change = plan_change(project, replace(OLD, id="single", instances=Instances.ONE))
    assert change.lost == {"further things": 1}
    assert not change.predictions
    carry_out_change(project, change)
    assert len(project.record(project.frame_ids()[0]).labels.instances) == 1
    assert project.has_prediction(project.frame_ids()[1])


def test_the_command_shows_changes_and_writes_schemes(project, tmp_path, capsys):
    write_scheme(tmp_path / "new.json", NEW)
    command = ["project", "scheme", str(project.path)]
    assert run_command([*command, "--to", str(tmp_path / "new.json"), "--map", "beak=beak_tip", "--dry-run"]) == 1
    said = capsys.readouterr()
    assert "beak is called beak_tip (1 frames)" in said.out
    assert "nothing stored" in said.out
    assert "1 frames lose attributes" in said.err
    assert project.scheme == OLD
    assert run_command([*command, "--to", str(tmp_path / "new.json"), "--map", "beak=beak_tip"]) == 1
    assert project.scheme == NEW
    assert run_command([*command, "--to", str(tmp_path / "new.json")]) == 0
    assert "already" in capsys.readouterr().out
    assert run_command([*command, "--write", str(tmp_path / "out.json")]) == 0
    assert read_scheme(tmp_path / "out.json") == NEW
    capsys.readouterr()
    assert run_command(command) == 0
    assert '"id": "bird-5"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--to", "nothing"], "no such scheme"),
        (["--to", "coco-17", "--map", "beak"], "not like old=new"),
        (["--to", "coco-17", "--map", "beak=tail"], "coco-17 has no keypoint 'tail'"),
    ],
)
def test_what_the_command_cannot_do_is_one_sentence(project, capsys, words, reason):
    assert run_command(["project", "scheme", str(project.path), *words]) == 2
    said = capsys.readouterr()
    assert reason in said.err
    assert said.err.count("\n") == 1
    assert project.scheme == OLD


def records(project):
    return {n: project.record(n) for n in project.frame_ids()}


def test_a_change_taken_back_leaves_every_label_as_it_was_and_can_be_made_again(project):
    before = records(project)
    change = plan_change(project, NEW, {"beak": "beak_tip"})
    since = carry_out_change(project, change)
    after = records(project)
    assert after != before
    take_back_change(project, change, since)
    assert project.scheme == OLD
    assert records(project) == before
    carry_out_change(project, change)
    assert (project.scheme, records(project)) == (NEW, after)
    assert [one.scheme.id for one in project.earlier_schemes()] == [OLD.id, NEW.id, OLD.id]


def test_predictions_stay_where_no_point_is_called_otherwise(project):
    more = replace(OLD, keypoints=(*OLD.keypoints, "crest"), mirror=(*OLD.mirror, 4))
    second = project.frame_ids()[1]
    change = plan_change(project, more)
    since = carry_out_change(project, change)
    assert project.has_prediction(second)
    take_back_change(project, change, since)
    assert project.scheme == OLD
    assert project.has_prediction(second)


def test_labels_in_the_new_words_that_nobody_took_back_keep_the_new_scheme(project):
    first, _, third, fourth = project.frame_ids()
    change = plan_change(project, NEW, {"beak": "beak_tip"})
    since = carry_out_change(project, change)
    for frame_id in (first, third):
        left = project.record(frame_id)
        project.save_record(frame_id, FrameRecord(place(EMPTY, "crest", (1, 1))), text="since")
        now = records(project)
        with pytest.raises(ChangedElsewhereError):
            take_back_change(project, change, since)
        assert (project.scheme, records(project)) == (NEW, now)
        project.save_record(frame_id, left, text="taken back")
    project.save_record(fourth, FrameRecord(place(EMPTY, "crest", (1, 1))), text="since")
    project.save_record(fourth, FrameRecord(), text="taken back")
    take_back_change(project, change, since)
    assert project.scheme == OLD


def test_a_change_of_another_scheme_is_not_taken_back(project):
    change = plan_change(project, NEW, {"beak": "beak_tip"})
    since = carry_out_change(project, change)
    carry_out_change(project, plan_change(project, COCO_17))
    with pytest.raises(ChangedElsewhereError):
        take_back_change(project, change, since)
    assert project.scheme == COCO_17


def test_a_number_that_was_taken_over_from_a_network_is_still_known_as_such():
    cards = Attribute("cards", "Cards", AttributeKind.NUMBER, range=(1.0, 52.0), step=1.0)
    before, after = replace(COCO_17, attributes=(cards,)), replace(MPII_16, attributes=(cards,))
    taken = FrameRecord(FrameLabels(attributes={"cards": 27.0}, accepted={"cards": 27.0}))
    found, _ = converted(taken, after, suggest_mapping(before, after))
    assert found.labels.accepted == {"cards": 27.0}
    assert converted(taken, COCO_17, {})[0].labels.accepted == {}
