"""The recipe: rendered and converted training sets say what they should, and a tiny training runs through."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from annotator.formats.yolo_pose import YoloPoseError, read_label, read_yolo_pose
from annotator.pitch import KEYPOINTS, PITCH_57, behind_goal_mirror
from annotator.recipe import (
    ATTRIBUTION,
    SIZE,
    Amounts,
    RecipeStoppedError,
    fit_ground,
    render_training_set,
    roboflow_training_set,
    run_recipe,
    weighted_sets,
)
from annotator.synthetic import render
from annotator.synthetic.cameras import look_at
from model.dataset import read_image, read_training_set

SMALL = (160, 90)


def test_a_rendered_set_holds_the_exact_points_of_its_frames(tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    written = render_training_set(
        tmp_path / "set", frames=6, first_seed=40, size=SMALL, progress=lambda *step: told.append(step)
    )
    assert told[-1] == (6, 6, "rendering")
    assert written.keypoints == PITCH_57.keypoints
    assert written.mirror == PITCH_57.mirror
    assert written.mirror_rules["behind-goal"] == behind_goal_mirror()
    assert [sample.split for sample in written.samples] == ["val"] + ["train"] * 5
    for number, sample in enumerate(written.samples):
        frame = render(40 + number, SMALL)
        assert sample.mirror_rule == ("behind-goal" if frame.behind_goal else None)
        assert sample.unknown == frozenset(frame.coarse)
        assert set(sample.points) == {name for name, state in frame.states.items() if state} - sample.unknown
        for name, (x, y, state) in sample.points.items():
            assert (x, y) == pytest.approx(frame.points[name])
            assert state == frame.states[name]
        assert np.abs(read_image(sample).astype(float) - frame.rgb).mean() < 6


def test_a_stopped_rendering_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RecipeStoppedError):
        render_training_set(tmp_path / "set", frames=3, size=SMALL, should_stop=lambda: True)
    assert list(tmp_path.iterdir()) == []


def write_yolo(folder: Path, *, noise: float, count: int = 3) -> None:
    """Frames with 20 keypoints in normalised coordinates; the two corners of the far side are not labelled."""
    names = [name for name in KEYPOINTS if KEYPOINTS[name].on_ground][:20]
    places = [KEYPOINTS[name].world[:2] for name in names]
    mapping = {
        "roboflow_index_to_pitch57": {str(i): PITCH_57.index[name] for i, name in enumerate(names)},
        "roboflow_index_xy_m_centre_origin": places,
    }
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    (folder / "map32_to_57.json").write_text(json.dumps(mapping), encoding="utf-8")
    rng = np.random.default_rng(0)
    for number in range(count):
        position = np.array([float(number), 80.0, -20.0])
        camera = look_at(position, np.array([-20.0, 0, 0]), size=(480, 270), coverage=90.0, kappa=0.0, roll=0.0)
        pixels = camera.project(np.array([(*place, 0.0) for place in places])) + rng.normal(0, noise, (len(places), 2))
        units = (pixels + 0.5) / (480, 270)
        seen = ((units >= 0) & (units <= 1)).all(axis=1)
        seen[9] = False
        words = [f"{x} {y} 2" if s else "0.5 0.5 0" for (x, y), s in zip(units, seen, strict=True)]
        line = " ".join(["0 0.5 0.5 1 1", *words])
        (folder / "labels" / f"match{number}_1.txt").write_text(line + "\n", encoding="utf-8")
        cv2.imwrite(str(folder / "images" / f"match{number}_1.jpg"), np.full((640, 640, 3), 90, np.uint8))


def test_human_points_become_planar_labels_of_the_57(tmp_path: Path) -> None:
    write_yolo(tmp_path / "real", noise=0.0)
    written = roboflow_training_set(tmp_path / "real", tmp_path / "set")
    assert len(written.samples) == 3
    for number, sample in enumerate(written.samples):
        assert sample.size == SIZE
        assert sample.unknown == {name for name, point in KEYPOINTS.items() if not point.on_ground}
        position = np.array([float(number), 80.0, -20.0])
        camera = look_at(position, np.array([-20.0, 0, 0]), size=(480, 270), coverage=90.0, kappa=0.0, roll=0.0)
        assert len(sample.points) > 20
        for name, (x, y, state) in sample.points.items():
            expected = (camera.project(np.array(KEYPOINTS[name].world)) + 0.5) * np.array(SIZE) / (480, 270) - 0.5
            assert (x, y) == pytest.approx(tuple(expected), abs=0.05)
            assert state == 2


def test_frames_whose_points_do_not_agree_are_left_out(tmp_path: Path) -> None:
    write_yolo(tmp_path / "real", noise=40.0)
    assert len(roboflow_training_set(tmp_path / "real", tmp_path / "set").samples) == 0


def test_a_homography_needs_five_points() -> None:
    world = np.array([(0.0, 0.0), (10.0, 0.0), (0.0, 10.0), (10.0, 10.0)])
    assert fit_ground(world, world * 20) is None
    fit = fit_ground(np.vstack([world, (5.0, 2.0)]), np.vstack([world, (5.0, 2.0)]) * 20)
    assert fit is not None
    assert fit.median < 0.01


@pytest.mark.parametrize(
    ("text", "reason"),
    [("0 0.5 0.5 1 1 0.1", "6 values"), ("0 a b c d", "holds no numbers")],
)
def test_damaged_labels_name_the_file_and_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "x.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(YoloPoseError, match=reason) as error:
        read_label(path, points=2)
    assert error.value.path == path


def test_labels_are_read_with_and_without_visibility(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("0 .5 .5 1 1 .1 .2 2 .3 .4 0\n", encoding="utf-8")
    found = read_label(path, points=2)
    assert found is not None
    assert found[0].tolist() == [[0.1, 0.2], [0.3, 0.4]]
    assert found[1].tolist() == [True, False]
    path.write_text("0 .5 .5 1 1 .1 .2 0 0\n", encoding="utf-8")
    found = read_label(path, points=2)
    assert found is not None
    assert found[1].tolist() == [True, False]
    path.write_text("\n", encoding="utf-8")
    assert read_label(path, points=2) is None


def test_a_folder_without_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(YoloPoseError, match="no such folder"):
        read_yolo_pose(tmp_path, points=32)


def test_real_frames_take_a_fifth_of_the_draws(tmp_path: Path) -> None:
    write_yolo(tmp_path / "real", noise=0.0)
    roboflow_training_set(tmp_path / "real", tmp_path / "converted")
    for number, frames in enumerate((4, 2)):
        render_training_set(tmp_path / f"r{number}", frames=frames, first_seed=1, size=SMALL)
    sets = weighted_sets([tmp_path / "r0", tmp_path / "r1"], tmp_path / "converted")
    assert [weight for _, weight in sets] == pytest.approx([0.8 * 4 / 6, 0.8 * 2 / 6, 0.2])
    sets = weighted_sets([tmp_path / "r0"], tmp_path / "converted", hard=[tmp_path / "r1"])
    assert [weight for _, weight in sets] == pytest.approx([0.3, 0.5, 0.2])


def test_the_converted_real_set_has_about_24_labels_a_frame(shared_data: Path, tmp_path: Path) -> None:
    source, few = shared_data / "roboflow-pitch", tmp_path / "few"
    (few / "images").mkdir(parents=True)
    (few / "labels").mkdir()
    (few / "map32_to_57.json").write_bytes((source / "map32_to_57.json").read_bytes())
    for image in sorted((source / "images").iterdir())[::30]:
        (few / "images" / image.name).write_bytes(image.read_bytes())
        (few / "labels" / f"{image.stem}.txt").write_bytes((source / "labels" / f"{image.stem}.txt").read_bytes())
    written = roboflow_training_set(few, tmp_path / "set")
    assert len(written.samples) >= 10
    assert 18 < np.mean([len(sample.points) for sample in written.samples]) < 30


def test_the_whole_recipe_renders_converts_and_trains(tmp_path: Path) -> None:
    write_yolo(tmp_path / "real", noise=0.0)
    told: list[str] = []
    result = run_recipe(
        roboflow=tmp_path / "real",
        output=tmp_path / "net.safetensors",
        amounts=Amounts(3, 8, 2, 8, 8),
        workdir=tmp_path / "work",
        threads=1,
        progress=lambda done, total, what: told.append(what.split(",")[0]),
    )
    assert result is not None
    assert result.finished
    assert list(dict.fromkeys(told)) == ["rendering", "converting", "training", "finishing", "sharpening"]
    from model.checkpoint import load

    assert load(tmp_path / "net.safetensors").card.attribution == ATTRIBUTION
    assert len(read_training_set(tmp_path / "work" / "rendered-00").samples) == 3
    assert {s.image for s in read_training_set(tmp_path / "work" / "hard-00").samples} == {"2000000.jpg", "2000001.jpg"}
    assert load(tmp_path / "work" / "first.safetensors").card.training["samples"] == 8
    assert load(tmp_path / "work" / "finished.safetensors").card.sigma == 1.3
    assert load(tmp_path / "net.safetensors").card.sigma == 1.0


def test_a_recipe_without_a_finish_trains_once(tmp_path: Path) -> None:
    output, amounts = tmp_path / "net.safetensors", Amounts(3, 8, 5, 0)
    result = run_recipe(roboflow=None, output=output, amounts=amounts, workdir=tmp_path / "work", threads=1)
    assert result is not None
    assert result.finished
    assert sorted(path.name for path in (tmp_path / "work").iterdir()) == ["rendered-00"]


def test_chosen_shares_render_chosen_families(tmp_path: Path) -> None:
    written = render_training_set(tmp_path / "set", frames=5, first_seed=7, size=SMALL, shares={"high behind": 1.0})
    assert {sample.mirror_rule for sample in written.samples} == {"behind-goal"}
    assert np.abs(read_image(written.samples[0]).astype(float) - render(7, SMALL, family="high behind").rgb).mean() < 6


def test_named_matches_are_held_back(tmp_path: Path) -> None:
    write_yolo(tmp_path / "real", noise=0.0)
    written = roboflow_training_set(tmp_path / "real", tmp_path / "set", held_back={"match1"})
    assert [sample.split for sample in written.samples] == ["train", "val", "train"]


def test_a_stopped_recipe_gives_nothing(tmp_path: Path) -> None:
    result = run_recipe(
        roboflow=None,
        output=tmp_path / "net.safetensors",
        amounts=Amounts(2, 8),
        workdir=tmp_path / "work",
        should_stop=lambda: True,
    )
    assert result is None
    assert not (tmp_path / "net.safetensors").exists()
