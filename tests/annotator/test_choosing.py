import json

import av
import cv2
import numpy as np
import panning
import pytest

from annotator.choosing import Candidate, choose, coverage, look_of, view_of
from annotator.choosing_sources import project_candidates, spaced
from annotator.commands import run_command
from annotator.filling import camera_labels
from annotator.labels import Decision, FrameRecord, Review
from annotator.project import Project
from annotator.synthetic import render


def clip_of_views(seed=1, frames=1500):
    cameras = panning.path(np.random.default_rng(seed), frames)
    return [Candidate(n, view=view_of(camera)) for n, camera in enumerate(cameras)]


def test_the_choice_leaves_smaller_gaps_than_chance_or_even_steps():
    better = []
    for seed in range(4):
        candidates = clip_of_views(seed)
        mine = coverage(candidates, {choice.key for choice in choose(candidates, 20)})
        even = coverage(candidates, set(np.linspace(0, len(candidates) - 1, 20).astype(int).tolist()))
        rng = np.random.default_rng(seed)
        chance = coverage(candidates, set(rng.choice(len(candidates), 20, replace=False).tolist()))
        better.append(mine < 0.8 * even and mine < 0.8 * chance)
    assert all(better)


def test_the_same_frames_give_the_same_choice_and_a_longer_one_begins_with_the_shorter():
    candidates = clip_of_views()
    first = choose(candidates, 30)
    assert first == choose(candidates, 30)
    assert choose(candidates, 12) == first[:12]
    distances = [choice.distance for choice in first]
    assert distances == sorted(distances, reverse=True)
    assert len({choice.key for choice in first}) == 30


def test_what_is_labelled_is_not_chosen_and_what_is_like_it_comes_last():
    candidates = clip_of_views()
    labelled = {choice.key for choice in choose(candidates, 10)}
    more = choose(candidates, 10, labelled=labelled)
    assert not labelled & {choice.key for choice in more}
    assert more[0].distance < 3.0
    assert coverage(candidates, labelled | {c.key for c in more}) < coverage(candidates, labelled)


def test_blurred_frames_and_frames_without_a_pitch_are_not_offered():
    candidates = [Candidate(n, look=np.full(4, float(n)), sharpness=100.0, green=0.5) for n in range(20)]
    candidates[19] = Candidate(19, look=np.full(4, 500.0), sharpness=10.0, green=0.5)
    candidates[18] = Candidate(18, look=np.full(4, 900.0), sharpness=100.0, green=0.02)
    candidates[17] = Candidate(17, look=np.full(4, 1900.0), sharpness=100.0, green=0.5, seen=1)
    chosen = {choice.key for choice in choose(candidates, 20)}
    assert chosen == set(range(17))
    only = [Candidate(n, green=0.0) for n in range(3)]
    assert len(choose(only, 3)) == 3


def test_nothing_to_choose_from_gives_nothing():
    assert choose([], 5) == []
    assert choose(clip_of_views(frames=3), 0) == []
    assert len(choose(clip_of_views(frames=3), 50)) == 3
    assert spaced(0) == []
    assert spaced(5, 3) == [0, 2, 4]


def test_two_scenes_look_more_different_than_two_frames_of_one():
    left, middle = (render(seed, (480, 270), family=f).rgb for seed, f in ((3, "main"), (8, "behind goal")))
    again = np.clip(left.astype(int) + 4, 0, 255).astype(np.uint8)
    one, same, other = (look_of(rgb)[0] for rgb in (left, again, middle))
    assert np.linalg.norm(one - same) < 0.3 * np.linalg.norm(one - other)
    sharp, blurred = look_of(left)[1], look_of(cv2.GaussianBlur(left, (0, 0), 6.0))[1]
    assert blurred < 0.35 * sharp
    assert look_of(np.full((90, 160, 3), 90, np.uint8))[2] == 0.0
    assert look_of(left)[2] > 0.3


def test_where_a_camera_looks_is_told_by_place_width_and_direction():
    near, far = (panning.camera_at((0, 66, -14), (x, 0, 0), 7.3) for x in (-30, 30))
    assert view_of(near)[0] < -20 < 20 < view_of(far)[0]
    zoomed = panning.camera_at((0, 66, -14), (-30, 0, 0), 7.9)
    assert view_of(zoomed)[2] < view_of(near)[2] - 0.4
    sky = panning.camera_at((0, 66, -14), (0, -400, -300), 7.3)
    assert view_of(sky) is None


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "frames").mkdir()
    for n in range(12):
        scene = render(40 + n // 4, (320, 180), family="main" if n < 8 else "behind goal").rgb
        cv2.imwrite(str(tmp_path / "frames" / f"{n:02d}.png"), scene[..., ::-1])
    return tmp_path / "frames"


def test_the_command_chooses_from_a_folder_one_of_every_scene(folder, tmp_path, capsys):
    assert run_command(["choose", str(folder), "-n", "3", "--json", str(tmp_path / "c.json")]) == 0
    names = capsys.readouterr().out.split()
    assert {int(name[:2]) // 4 for name in names} == {0, 1, 2}
    assert [row["name"] for row in json.loads((tmp_path / "c.json").read_text())["frames"]] == names
    assert run_command(["choose", str(folder), "-n", "99", "--output", str(tmp_path / "list.txt")]) == 1
    assert len((tmp_path / "list.txt").read_text().split()) == 12
    assert run_command(["choose", str(tmp_path / "nowhere")]) == 2


def test_a_project_chooses_by_its_cameras_and_leaves_out_what_is_labelled(folder, capsys):
    with Project.for_media([folder]) as project:
        ids = project.frame_ids()
        for n in (0, 1):
            camera = panning.camera_at((0, 66, -14), (-30 + 5 * n, 0, 0), 7.3, size=(320, 180))
            project.save_record(ids[n], FrameRecord(camera_labels(camera), Review(Decision.ACCEPTED)), text="x")
        candidates = project_candidates(project)
        assert [c.view is not None for c in candidates[:3]] == [True, True, False]
        assert project_candidates(project, should_stop=lambda: True) is None
    assert run_command(["choose", str(folder), "-n", "4"]) == 0
    said = capsys.readouterr()
    assert not {"00.png", "01.png"} & set(said.out.split())
    assert "2 labelled already" in said.err


def test_the_command_chooses_from_a_video_and_not_beside_its_cuts(tmp_path, capsys):
    scenes = [render(60 + n, (320, 180), family="main").rgb for n in range(3)]
    with av.open(str(tmp_path / "clip.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for n in range(60):
            frame = np.roll(scenes[n // 20], n % 20, axis=1)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        out.mux(stream.encode())
    assert run_command(["choose", str(tmp_path / "clip.mp4"), "-n", "3"]) == 0
    numbers = [int(name.rpartition("#")[2]) for name in capsys.readouterr().out.split()]
    assert {number // 20 for number in numbers} == {0, 1, 2}
    assert all(3 <= number % 20 < 17 or number < 3 or number >= 57 for number in numbers)


def test_frames_of_other_schemes_are_chosen_by_look_wherever_they_are(tmp_path):
    import cv2

    from annotator.choosing_sources import project_candidates
    from annotator.project import Project
    from annotator.schemes import CARD_PACKET_8

    rng = np.random.default_rng(5)
    tables = [(200, 30, 30), (30, 30, 200), (240, 240, 240)]
    for number in range(9):
        picture = np.full((90, 160, 3), tables[number // 3], dtype=np.uint8)
        picture[30:60, 40:90] = rng.integers(0, 255, (30, 50, 3), dtype=np.uint8)
        assert cv2.imwrite(str(tmp_path / f"{number}.png"), picture)
    with Project.for_media([tmp_path], scheme=CARD_PACKET_8) as project:
        ids = project.frame_ids()
        found = project_candidates(project, with_pictures=False)
    assert [one.key for one in found] == ids
    assert all(one.green is None and one.look is not None for one in found)
    chosen = choose(found, 3)
    assert {ids.index(one.key) // 3 for one in chosen} == {0, 1, 2}
