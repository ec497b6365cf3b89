import cv2
import numpy as np
import panning
import pytest

from annotator.commands import run_command
from annotator.filling import camera_labels
from annotator.keypoints import resolve
from annotator.labels import EMPTY, Decision, FrameRecord, How, Review, place
from annotator.motion_labels import linked
from annotator.pitch import KEYPOINTS
from annotator.project import Project
from annotator.tripod_store import KEY, Shot, find_tripods, forget_tripods, keep_tripods, shots_of, standing_of

NAMES = list(KEYPOINTS)
PLACE = np.array([2.0, 66.0, -15.0])


def project_of(folder, cameras, rng, *, parts=("a",)):
    for part in parts:
        (folder / part).mkdir(parents=True)
    for n in range(len(cameras)):
        part = parts[n * len(parts) // len(cameras)]
        cv2.imwrite(str(folder / part / f"{n:03d}.png"), np.zeros((panning.SIZE[1], panning.SIZE[0], 3), np.uint8))
    project = Project.for_media([folder])
    for frame_id, camera in zip(project.frame_ids(), cameras, strict=True):
        project.save_record(frame_id, FrameRecord(points(camera, rng), Review(Decision.ACCEPTED)), text="labels")
    return project


def points(camera, rng):
    labels = EMPTY
    for i in np.flatnonzero(panning.in_frame(camera)):
        x, y = camera.project(panning.WORLDS[i : i + 1])[0] + rng.standard_normal(2)
        labels = place(labels, NAMES[i], (float(x), float(y)))
    return labels


@pytest.fixture
def cameras():
    rng = np.random.default_rng(4)
    found = [camera for camera in panning.path(rng, 400, place=PLACE) if panning.in_frame(camera).sum() >= 7]
    return [found[i] for i in np.linspace(0, len(found) - 1, 9).astype(int)]


def test_what_is_found_is_kept_and_used_for_a_frame_with_two_points(tmp_path, cameras):
    rng = np.random.default_rng(1)
    with project_of(tmp_path / "clip", cameras, rng) as project:
        found = find_tripods(project, shots_of(project, {}))
        assert [each.tripod.reason for each in found] == [""]
        keep_tripods(project, found)
        frame_id = project.frame_ids()[4]
        standing = standing_of(project, frame_id)
        assert np.linalg.norm(standing.position - PLACE) < 0.4
        assert standing_of(project, frame_id) is standing
        seen = np.flatnonzero(panning.in_frame(cameras[4]))
        pixels = cameras[4].project(panning.WORLDS[seen])
        pair = [int(pixels[:, 0].argmin()), int(pixels[:, 0].argmax())]
        labels = EMPTY
        for i in pair:
            labels = place(labels, NAMES[seen[i]], tuple(pixels[i]))
        two = resolve(labels.pitch, None, size=panning.SIZE, threshold=1.0, standing=standing)
        assert np.median(panning.errors(two.solution, cameras[4])) < 3.0
        forget_tripods(project)
        assert standing_of(project, frame_id) is None


def test_a_damaged_setting_is_as_good_as_none(tmp_path, cameras):
    with project_of(tmp_path / "clip", cameras[:1], np.random.default_rng(1)) as project:
        frame_id = project.frame_ids()[0]
        for document in ({"version": 1, "clips": [3, {"media": "x"}]}, {"version": 2, "clips": []}, {"clips": {}}):
            project.set_setting(KEY, document)
            assert standing_of(project, frame_id) is None
        project.set_setting(KEY, {"version": 1, "clips": [{"media": 1, "first": 0, "last": 9, "standing": {}}]})
        assert standing_of(project, frame_id) is None


def test_every_folder_is_a_clip_of_its_own_and_two_places_in_one_are_refused(tmp_path, cameras):
    rng = np.random.default_rng(2)
    other = panning.path(rng, 400, place=np.add(PLACE, (15.0, -4.0, 4.0)))
    other = [camera for camera in other if panning.in_frame(camera).sum() >= 7]
    both = cameras + [other[i] for i in np.linspace(0, len(other) - 1, 9).astype(int)]
    with project_of(tmp_path / "apart", both, rng, parts=("a", "b")) as project:
        found = find_tripods(project, shots_of(project, {}))
        assert len(found) == 2
        assert all(each.tripod.standing is not None for each in found)
    with project_of(tmp_path / "together", both, rng) as project:
        (mixed,) = find_tripods(project, shots_of(project, {}))
        assert mixed.tripod.standing is None
        assert "does not stand on one spot" in mixed.tripod.reason


def test_what_was_carried_takes_no_part_and_neither_do_rejected_frames(tmp_path, cameras):
    with project_of(tmp_path / "clip", cameras, np.random.default_rng(3)) as project:
        for frame_id, camera in zip(project.frame_ids()[:6], cameras, strict=False):
            carried = linked(camera_labels(camera), ["x"], how=How.INTERPOLATED, sd=1.0)
            project.save_record(frame_id, FrameRecord(carried), text="carried")
        (few,) = find_tripods(project, shots_of(project, {}))
        assert few.tripod.standing is None
        assert "more frame" in few.tripod.reason
        assert find_tripods(project, shots_of(project, {}), should_stop=lambda: True) is None


def test_cuts_part_a_video_into_shots(tmp_path, cameras):
    shot = Shot(3, "clip", 10, 20)

    class Row:
        media_id, index_in_media, is_video, name = 3, 15, True, "clip.mp4#15"

    assert shot.holds(Row)
    Row.index_in_media = 21
    assert not shot.holds(Row)


def test_the_command_says_where_the_camera_stands_or_why_not(tmp_path, cameras, capsys):
    project_of(tmp_path / "clip", cameras, np.random.default_rng(1)).close()
    assert run_command(["tripod", str(tmp_path / "clip"), "--json", str(tmp_path / "out.json")]) == 0
    said = capsys.readouterr()
    assert "m high" in said.out
    assert "1 of 1 clips" in said.err
    assert (tmp_path / "out.json").exists()
    with Project.for_media([tmp_path / "clip"]) as project:
        assert standing_of(project, project.frame_ids()[0]) is not None
        pixels = cameras[0].project(panning.WORLDS)
        seen = np.flatnonzero(panning.in_frame(cameras[0]))
        labels = EMPTY
        for i in (seen[pixels[seen, 0].argmin()], seen[pixels[seen, 0].argmax()]):
            labels = place(labels, NAMES[i], tuple(pixels[i]))
        project.save_record(project.frame_ids()[0], FrameRecord(labels), text="two points")
    calibrate = ["calibrate", str(tmp_path / "clip"), "--output", str(tmp_path / "cameras")]
    assert run_command(calibrate) == 0
    assert len(list((tmp_path / "cameras").rglob("camera_*.json"))) == len(cameras)
    assert run_command(["tripod", str(tmp_path / "clip"), "--forget"]) == 0
    assert run_command(calibrate) == 1
    project_of(tmp_path / "few", cameras[:2], np.random.default_rng(1)).close()
    assert run_command(["tripod", str(tmp_path / "few")]) == 2
    assert "more frame" in capsys.readouterr().out
    assert run_command(["tripod", str(tmp_path / "nowhere")]) == 2
