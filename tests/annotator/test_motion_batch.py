"""All accepted frames carried at once: nearest first, never over a person's words, stored whole, undone as stored."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rendered_clip import SIZE, errors, panned, said_of

from annotator.commands import run_command
from annotator.labels import Decision, FrameLabels, FrameRecord, FrameState, Origin, Review, place, set_marking
from annotator.motion import Stop
from annotator.motion_batch import Begun, keep, legs_of, propagate
from annotator.project import ChangedElsewhereError, Project
from annotator.synthetic.clip import Clip, still
from annotator.tripod import Tripod
from annotator.tripod_prior import Standing
from annotator.tripod_store import ClipTripod, Shot, keep_tripods

FRAMES = 9
CUT = 7


@pytest.fixture(scope="module")
def clip() -> Clip:
    return panned(FRAMES)


@pytest.fixture(scope="module")
def video(clip: Clip, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven frames of one shot, then two of another."""
    import av

    other = still(2, SIZE)
    pictures = [clip.frame(n).rgb for n in range(CUT)] + [other.frame(n).rgb for n in range(FRAMES - CUT)]
    path = tmp_path_factory.mktemp("media") / "clip.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"crf": "16"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for rgb in pictures:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        out.mux(stream.encode(None))
    return path


@pytest.fixture
def project(video: Path, clip: Clip, tmp_path: Path):
    """The clip with its first and fifth frame accepted."""
    home = tmp_path / "clip.touchline"
    with Project.create(home) as made:
        made.add_media([video])
        ids = made.frame_ids()
        for number in (0, 4):
            record = FrameRecord(said_of(clip, number), Review(Decision.ACCEPTED, by="Ann"))
            made.save_record(ids[number], record, text="Label")
        yield made


def test_legs_go_halfway_between_accepted_frames_and_to_the_ends(project: Project) -> None:
    assert [(leg.start, leg.until) for leg in legs_of(project)] == [(0, 2), (4, 3), (4, 8)]
    assert [(leg.start, leg.until) for leg in legs_of(project, farthest=1)] == [(0, 1), (4, 3), (4, 5)]
    assert {leg.name for leg in legs_of(project)} == {"clip.mp4#000000", "clip.mp4#000004"}


def test_at_least_one_frame_far(project: Project) -> None:
    with pytest.raises(ValueError, match="at least one"):
        legs_of(project, farthest=0)


def test_frames_between_get_labels_from_the_nearest_and_a_cut_ends_it(project: Project, clip: Clip) -> None:
    batch, ids = propagate(project), project.frame_ids()
    assert sorted(batch.after) == [ids[n] for n in (1, 2, 3, 5, 6)]
    assert all(batch.before[number] == FrameRecord() for number in batch.after)
    for number in (1, 2, 3, 5, 6):
        record = batch.after[ids[number]]
        link = record.labels.pitch.link
        assert link is not None
        assert link.frames == ("clip.mp4#000000" if number < 3 else "clip.mp4#000004",)
        assert np.median(errors(record.labels, clip, number)) < 2.0
    ends = [(each.end.reason, each.end.frame) for each in batch.reached]
    assert ends[:2] == [(Stop.END, 3), (Stop.END, 2)]
    assert ends[2][0] in (Stop.CUT, Stop.LOW_INLIERS)
    assert ends[2][1] == CUT


def test_nothing_is_written_until_it_is_kept_and_it_can_be_taken_back(project: Project) -> None:
    batch, ids = propagate(project), project.frame_ids()
    assert project.record(ids[1]) == FrameRecord()
    keep(project, batch, author="Bob")
    assert project.row(ids[1]).state is FrameState.DRAFT
    change = project.last_change(ids[1])
    assert change is not None
    assert change.author == "Bob"
    project.save_records(batch.before, text="Undo", expected=batch.after)
    assert project.record(ids[1]) == FrameRecord()


def test_a_frame_that_changed_meanwhile_keeps_everything_from_being_written(project: Project) -> None:
    batch, ids = propagate(project), project.frame_ids()
    project.save_record(ids[2], FrameRecord(place(FrameLabels(), "CENTER_MARK", (5.0, 6.0))), text="Label")
    with pytest.raises(ChangedElsewhereError):
        keep(project, batch)
    assert project.record(ids[1]) == FrameRecord()


def test_decided_frames_stay_as_they_are_and_are_passed(project: Project) -> None:
    ids = project.frame_ids()
    project.save_record(ids[1], FrameRecord(review=Review(Decision.REJECTED, "blurred")), text="Reject")
    batch = propagate(project)
    assert ids[1] not in batch.after
    assert ids[2] in batch.after
    assert batch.left == 1


def test_a_frame_that_was_begun_is_filled_or_left_alone(project: Project) -> None:
    ids, own = project.frame_ids(), ((10.0, 10.0), (200.0, 40.0))
    project.save_record(ids[2], FrameRecord(set_marking(FrameLabels(), "Side line top", own)), text="Label")
    filled = propagate(project, begun=Begun.FILL).after[ids[2]].labels.pitch
    assert filled.markings["Side line top"] == own
    assert "Side line top" not in filled.carried
    assert len(filled.carried) >= 3
    assert ids[2] not in propagate(project, begun=Begun.SKIP).after


def test_carrying_again_changes_nothing(project: Project) -> None:
    keep(project, propagate(project))
    assert not propagate(project).after


def test_it_tells_how_far_it_is_and_stops_when_asked(project: Project) -> None:
    told: list[tuple[int, int]] = []
    batch = propagate(project, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (7, 7)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    asked = iter([False, False, True, True, True, True])
    part = propagate(project, should_stop=lambda: next(asked))
    assert 0 < len(part.after) < len(batch.after)


def test_the_command_carries_and_says_how_far(project: Project, tmp_path: Path, capsys) -> None:
    home, ids = project.path, project.frame_ids()
    project.close()
    assert run_command(["propagate", str(home), "--dry-run", "--json", str(tmp_path / "legs.json")]) == 1
    out = capsys.readouterr()
    assert "clip.mp4#000000: 2 frames onwards" in out.out
    assert f"ended before frame {CUT}" in out.out
    assert "5 frames would get labels" in out.err
    legs = json.loads((tmp_path / "legs.json").read_text(encoding="utf-8"))["legs"]
    assert [leg["count"] for leg in legs] == [2, 1, 2]
    with Project.open(home) as again:
        assert again.record(ids[1]) == FrameRecord()
    assert run_command(["propagate", str(home), "--farthest", "1"]) == 0
    with Project.open(home) as again:
        assert again.record(ids[1]).labels.pitch.carried
        assert again.record(ids[6]) == FrameRecord()


def test_the_command_says_what_is_missing(tmp_path: Path, video: Path, capsys) -> None:
    assert run_command(["propagate", str(tmp_path / "none.touchline")]) == 2
    assert "there is no project" in capsys.readouterr().err
    with Project.create(tmp_path / "bare.touchline") as made:
        made.add_media([video])
    assert run_command(["propagate", str(tmp_path / "bare.touchline")]) == 2
    assert "no accepted frame" in capsys.readouterr().err
    assert run_command(["propagate", str(tmp_path / "bare.touchline"), "--farthest", "0"]) == 2
    assert "at least one frame" in capsys.readouterr().err


def test_points_of_other_schemes_are_carried_too(video: Path, tmp_path: Path) -> None:
    with Project.create(tmp_path / "people.touchline", scheme_id="coco-17") as made:
        made.add_media([video])
        ids = made.frame_ids()
        said = place(place(FrameLabels(), "nose", (300.0, 200.0)), "left_eye", (120.0, 150.0))
        made.save_record(ids[0], FrameRecord(said, Review(Decision.ACCEPTED)), text="Label")
        batch = propagate(made, farthest=3)
    after = batch.after[ids[1]].labels.pitch
    assert set(after.keypoints) <= {"nose", "left_eye"}
    assert after.keypoints
    assert all(point.origin is Origin.PROPAGATED for point in after.keypoints.values())
    assert replace(after, keypoints={}, link=None).is_empty


def test_where_the_camera_is_known_to_stand_carried_labels_are_surer(project: Project, clip: Clip) -> None:
    plain = propagate(project)
    standing = Standing(clip.cameras[0].position, 0.01 * np.eye(3), (0.006, 0.002))
    shot = Shot(project.row(project.frame_ids()[0]).media_id, "clip.mp4", 0, FRAMES)
    keep_tripods(project, [ClipTripod(shot, Tripod(standing, ""))])
    surer, ids = propagate(project), project.frame_ids()
    for number in (1, 2, 3):
        before, after = (batch.after[ids[number]].labels.pitch.link for batch in (plain, surer))
        assert before is not None
        assert after is not None
        assert after.sd < before.sd
