"""People followed through the clip of a project: what is stored, what stays a person's, and corrections."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import sprites
from sprites import COCO, COUNT, labels

from annotator.commands import run_command
from annotator.instances import present
from annotator.labels import (
    Decision,
    FrameLabels,
    FrameRecord,
    FrameState,
    Instance,
    KeypointLabel,
    Origin,
    Review,
    Visibility,
    place,
)
from annotator.motion_labels import without_carried
from annotator.project import Project
from annotator.tracking_labels import free_number, is_given, is_machine, join, renumber, split
from annotator.tracking_project import clips_to_score, follow, keep, saw_people, settings_for, without_limit
from annotator.tracking_score import score_tracks
from model.heatmaps import Prediction


@pytest.fixture
def project(tmp_path):
    with sprites.project(tmp_path) as made:
        yield made


def say(project: Project, frame: int, said: FrameLabels, decision: Decision = Decision.OPEN) -> None:
    project.save_record(project.frame_ids()[frame], FrameRecord(said, Review(decision)), text="Label")


def followed(project: Project):
    found = follow(project, project.media()[0].id)
    assert found is not None
    keep(project, found, author="Ann")
    return found


def numbers(project: Project) -> list[list[int]]:
    return [[one.id for one in present(project.record(n).labels)] for n in project.frame_ids()]


def where(project: Project, frame: int) -> dict[int, float]:
    found = present(project.record(project.frame_ids()[frame]).labels)
    return {one.id: float(np.mean([p.position[0] for p in one.keypoints.values()])) for one in found}


def middle(person: int, frame: int) -> float:
    return float(sprites.points(person, frame)[:, 0].mean())


def test_one_labelled_frame_is_copied_on_through_the_clip(project):
    say(project, 0, labels(0, 3, 8))
    assert followed(project).numbers == {3, 8}
    assert where(project, 9)[3] == pytest.approx(middle(0, 9), abs=2.0)
    assert where(project, 20)[8] == pytest.approx(middle(1, 20), abs=2.0)
    one = project.record(project.frame_ids()[5]).labels.instance(8)
    assert {said.origin for said in one.keypoints.values()} == {Origin.PROPAGATED}
    assert one.link is not None
    assert one.link.frames == (project.row(project.frame_ids()[0]).name,)
    assert project.row(project.frame_ids()[5]).state is FrameState.DRAFT


def test_labels_of_several_frames_get_the_same_numbers_and_keep_their_points(project):
    say(project, 0, labels(0, 0, 1))
    say(project, 8, labels(8, 1, 0))
    followed(project)
    record = project.record(project.frame_ids()[8])
    assert where(project, 8) == pytest.approx({0: middle(0, 8), 1: middle(1, 8)})
    assert record.labels.instance(0).keypoints == labels(8, 0, 1).instance(0).keypoints


def test_accepted_frames_stay_as_they_are_and_their_numbers_hold(project):
    say(project, 0, labels(0, 0, 1))
    say(project, 8, labels(8, 5, 6), Decision.ACCEPTED)
    found = followed(project)
    assert project.record(project.frame_ids()[8]).labels == labels(8, 5, 6)
    assert (found.closed, found.numbers) == (1, {5, 6})
    assert where(project, 0) == pytest.approx({5: middle(0, 0), 6: middle(1, 0)})


def far_off(frame: int):
    """What a network sees that knows nothing: everybody somewhere else in every frame."""
    seen = sprites.seen(frame)
    aside = np.random.default_rng(frame).uniform([-20.0, -60.0], [20.0, -50.0], (2, 2))
    return seen.with_instances(tuple(
        replace(one, xy=one.xy + by) for one, by in zip(seen.instances, aside, strict=True)
    ))  # fmt: skip


def test_who_was_accepted_is_followed_by_the_picture_where_a_network_is_far_off(project):
    for n, frame_id in enumerate(project.frame_ids()):
        project.save_people(frame_id, far_off(n))
    for n in range(3):
        say(project, n, labels(n, 0, 1), Decision.ACCEPTED)
    followed(project)
    for n in (3, 4, 8, 12):
        assert where(project, n)[0] == pytest.approx(middle(0, n), abs=2.0)
        assert where(project, n)[1] == pytest.approx(middle(1, n), abs=2.0)


def test_a_rejected_frame_is_left_alone(project):
    say(project, 0, labels(0, 0, 1))
    say(project, 4, FrameLabels(), Decision.REJECTED)
    followed(project)
    assert numbers(project)[3:6] == [[0, 1], [], [0, 1]]


def test_what_a_network_saw_gets_numbers_through_a_gap_and_each_frame_is_right(project):
    for frame, frame_id in enumerate(project.frame_ids()):
        # The one behind is seen by nobody while the two are over each other.
        hidden = abs(middle(0, frame) - middle(1, frame)) < 25.0
        project.save_people(frame_id, sprites.seen(frame, (1,) if hidden else (0, 1)))
    found = followed(project)
    assert len(found.numbers) == 2
    first, last = where(project, 0), where(project, 20)
    left = min(first, key=first.get)
    assert last[left] == pytest.approx(middle(0, 20), abs=1.0)
    one = project.record(project.frame_ids()[0]).labels.instance(left)
    assert one.link is not None
    assert one.link.sd == pytest.approx(1.5)


def test_to_track_again_replaces_what_the_machine_brought_and_nothing_else(project):
    say(project, 0, labels(0, 0, 1))
    followed(project)
    frame_id = project.frame_ids()[4]
    touched = place(project.record(frame_id).labels, "nose", (99.0, 60.0), instance=1)
    project.save_record(frame_id, FrameRecord(touched), text="Move")
    followed(project)
    again = project.record(frame_id).labels
    assert again.instance(1).keypoints == touched.instance(1).keypoints
    assert is_machine(again.instance(0))
    assert numbers(project) == [[0, 1]] * COUNT


def test_words_about_a_frame_stay(project):
    say(project, 0, labels(0, 0, 1))
    say(project, 3, FrameLabels((), attributes={"place": "hall"}, foreign={"coco": {"id": 4}}))
    followed(project)
    record = project.record(project.frame_ids()[3])
    assert (record.labels.attributes, record.labels.foreign) == ({"place": "hall"}, {"coco": {"id": 4}})
    assert [one.id for one in present(record.labels)] == [0, 1]


def test_what_is_said_of_a_frame_stays_when_what_was_carried_goes():
    carried = FrameLabels((sprites.labelled(0, 0, 1, Origin.PROPAGATED),), {"cards": 12.0}, {"coco": {"id": 4}})
    kept = without_carried(carried)
    assert (kept.attributes, kept.foreign, present(kept)) == ({"cards": 12.0}, {"coco": {"id": 4}}, ())


def test_a_region_of_many_keeps_its_number_and_nobody_else_gets_it(project):
    crowd = Instance(0, box=(0.0, 0.0, 30.0, 30.0), foreign={"coco": {"annotation": {"iscrowd": 1}}})
    said = labels(0, 1, 2)
    say(project, 0, replace(said, instances=(crowd, *said.instances)))
    followed(project)
    assert numbers(project)[:2] == [[0, 1, 2], [1, 2]]


def test_nobody_to_follow_is_said_and_a_stop_leaves_everything(project):
    media_id = project.media()[0].id
    with pytest.raises(ValueError, match="nobody to follow"):
        follow(project, media_id)
    say(project, 0, labels(0, 0, 1))
    assert follow(project, media_id, should_stop=lambda: True) is None


def test_a_network_looks_at_the_boxes_of_everybody(project):
    asked = []

    def look(rgb, boxes):
        asked.append(len(boxes))
        frame = len(asked) + 0
        return [replace(_pose(n, frame)) for n in range(len(boxes))]

    def _pose(n, frame):
        from annotator.tracking_memory import Pose

        return Pose(sprites.points(n, frame), np.full(17, 0.9), 0.9)

    say(project, 0, labels(0, 0, 1))
    found = follow(project, project.media()[0].id, look=look, span=(0, 3))
    assert found is not None
    assert asked == [2, 2, 2]
    assert len(found.after) == 3


def test_who_is_carried_no_further_is_said_and_goes_on_when_asked(project):
    say(project, 0, labels(0, 0, 1))
    media_id, settings = project.media()[0].id, replace(settings_for(predicted=False), queue=8)
    found = follow(project, media_id, settings=settings)
    assert (found.limited, found.longest, len(found.after)) == ({0: 8, 1: 8}, 8, 8)
    on = follow(project, media_id, settings=without_limit(settings, COUNT))
    assert (on.limited, len(on.after)) == ({}, COUNT - 1)
    # Nothing goes on behind a cut, nor behind the end.
    assert follow(project, media_id, settings=settings, cuts={9}).limited == {}
    assert follow(project, media_id, settings=settings, span=(0, 8)).limited == {}


# Corrections

CLIP = {n: labels(n, 0, 1) for n in range(4)}


def ids(clip) -> list[list[int]]:
    return [[one.id for one in present(clip[n])] for n in sorted(clip)]


def test_a_split_makes_somebody_else_of_a_thing_from_a_frame_on():
    changed, new = split(CLIP, 0, start=2)
    after = {**CLIP, **changed}
    assert (new, ids(after)) == (2, [[0, 1], [0, 1], [1, 2], [1, 2]])
    assert all(is_given(one) is (one.id != 1) for said in after.values() for one in said.instances)
    assert after[3].instance(2).keypoints == CLIP[3].instance(0).keypoints


def test_a_split_where_nothing_is_before_or_after_is_refused():
    for start in (0, 4):
        with pytest.raises(ValueError, match="number 0"):
            split(CLIP, 0, start=start)


def test_a_join_makes_one_of_two_who_are_never_there_together():
    parts = {**CLIP, **split(CLIP, 0, start=2)[0]}
    after = {**parts, **join(parts, 0, 2)}
    assert ids(after) == ids(CLIP)
    assert free_number(after) == 2


def test_a_join_of_two_who_are_there_together_is_refused_with_the_frames():
    with pytest.raises(ValueError, match=r"both in 4 frames \(0, 1, 2, 3\)"):
        join(CLIP, 0, 1)


def test_a_join_drops_a_copy_beside_a_persons_word():
    copy = sprites.labelled(0, 2, 5, Origin.PROPAGATED)
    clip = {**CLIP, 2: replace(CLIP[2], instances=(*CLIP[2].instances, copy))}
    after = {**clip, **join(clip, 0, 5)}
    assert ids(after) == ids(CLIP)
    assert after[2].instance(0).keypoints == CLIP[2].instance(0).keypoints


def test_to_renumber_exchanges_two_from_a_frame_on():
    after = {**CLIP, **renumber(CLIP, 0, 1, start=2)}
    assert ids(after) == ids(CLIP)
    assert after[2].instance(1).keypoints == CLIP[2].instance(0).keypoints
    assert after[1].instance(1).keypoints == CLIP[1].instance(1).keypoints
    with pytest.raises(ValueError, match="no other number"):
        renumber(CLIP, 0, 0, start=0)


def test_a_correction_holds_when_the_clip_is_tracked_again(project):
    say(project, 0, labels(0, 0, 1))
    followed(project)
    frame_ids = project.frame_ids()
    clip = {n: project.record(frame_id).labels for n, frame_id in enumerate(frame_ids)}
    for n, said in renumber(clip, 0, 1, start=12).items():
        project.save_record(frame_ids[n], FrameRecord(said), text="Renumber")
    before = [where(project, n) for n in range(COUNT)]
    followed(project)
    assert [where(project, n) for n in range(COUNT)] == before


# The command


def test_the_command_tracks_and_scores(project, tmp_path, capsys):
    say(project, 0, labels(0, 0, 1))
    truth = sprites.project(tmp_path, tmp_path / "truth.touchline")
    for n in range(16):
        say(truth, n, labels(n, 7, 9))
    assert run_command(["track", str(project.path), "--dry-run"]) == 0
    assert numbers(project)[1] == []
    assert run_command(["track", str(project.path)]) == 0
    assert "2 followed, 23 frames changed" in capsys.readouterr().out
    out = tmp_path / "score.json"
    truth.close()
    assert run_command(["track", str(project.path), "--score", str(truth.path), "--json", str(out)]) == 0
    said = json.loads(out.read_text())
    assert (said["frames"], said["labelled"], said["switches"]) == (16, 32, 0)
    with Project.open(truth.path) as true:
        scores = score_tracks(clips_to_score(true, project), COCO)
    assert said["mota"] == scores.things.mota > 0.6


def test_the_command_says_whom_it_followed_no_further(project, tmp_path, capsys):
    say(project, 0, labels(0, 0, 1))
    out = tmp_path / "found.json"
    assert run_command(["track", str(project.path), "--gap", "5", "--json", str(out)]) == 0
    assert "stopped 5 frames after the last label: 0, 1; --gap N goes further" in capsys.readouterr().out
    assert numbers(project)[4:7] == [[0, 1], [0, 1], []]
    assert json.loads(out.read_text())["clips"][0]["limited"] == [0, 1]
    assert run_command(["track", str(project.path), "--gap", "50"]) == 0
    assert "stopped" not in capsys.readouterr().out


def test_the_command_says_what_it_cannot_do(project, tmp_path, capsys):
    assert run_command(["track", str(project.path)]) == 2
    assert "nobody to follow" in capsys.readouterr().err
    assert run_command(["track", str(tmp_path / "none")]) == 2
    with Project.create(tmp_path / "pitch.touchline"):
        pass
    assert run_command(["track", str(tmp_path / "pitch.touchline")]) == 2
    assert "one pitch a frame" in capsys.readouterr().err


def test_a_machine_brought_a_thing_only_where_nobody_touched_it():
    carried = sprites.labelled(0, 0, 4, Origin.PROPAGATED)
    assert is_machine(carried)
    mixed = {**carried.keypoints, "nose": KeypointLabel((1.0, 1.0), Visibility.VISIBLE)}
    assert not is_machine(replace(carried, keypoints=mixed))
    assert not is_machine(replace(carried, attributes={"name": "Ann"}))
    assert not is_machine(Instance(1))


def test_a_prediction_of_the_whole_frame_is_no_sight_of_people(project):
    assert not saw_people(project, project.frame_ids())
    blank = Prediction(
        COCO.keypoints, np.zeros((17, 2)), np.full(17, 0.9), np.ones(17), np.zeros((18, 45, 80), np.uint8),
        sprites.SIZE, "whole", (4.0, 4.0), (1.5, 1.5),
    )  # fmt: skip
    project.save_prediction(project.frame_ids()[1], blank)
    assert not saw_people(project, project.frame_ids())
    say(project, 0, labels(0, 0, 1))
    followed(project)
    assert numbers(project) == [[0, 1]] * COUNT
    project.save_people(project.frame_ids()[3], sprites.seen(3))
    assert saw_people(project, project.frame_ids())
