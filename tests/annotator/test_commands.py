"""The command line as a person or a script meets it: files in, JSON out, exit codes, no window."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from annotator.commands import COMMANDS, parse_window, run_command
from annotator.commands.console import duration
from annotator.labels import Decision, FrameRecord, Review, place
from annotator.pitch import PITCH_57
from annotator.project import Project
from annotator.synthetic import render

ROOT = Path(__file__).resolve().parents[2]
CROSSING = {
    "Big rect. left main": [{"x": 0.5, "y": 0.2}, {"x": 0.5, "y": 0.8}],
    "Big rect. left bottom": [{"x": 0.2, "y": 0.5}, {"x": 0.8, "y": 0.5}],
}


def write_image(path: Path, seed: int = 1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rgb = render(seed, size=(320, 180)).rgb
    assert cv2.imwrite(str(path), rgb[..., ::-1])


@pytest.fixture
def lines(tmp_path):
    folder = tmp_path / "lines"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps(CROSSING), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def small_network(tmp_path_factory):
    """An untrained network that is quick to run: commands are tested here, not what they predict."""
    import torch

    from model.checkpoint import Card, save
    from model.hrnet import HRNet, preset

    torch.manual_seed(0)
    spec = preset("touchline-small", channels=len(PITCH_57) + 1)
    net = HRNet(spec)
    card = Card(spec=spec, names=PITCH_57.keypoints, input_size=(128, 96), scheme=PITCH_57.id, mirror=PITCH_57.mirror)
    path = tmp_path_factory.mktemp("network") / "net.safetensors"
    save(path, net.state_dict(), card)
    return path


def test_two_lines_give_their_crossing_in_pixels_of_the_named_size(lines, capsys):
    assert run_command(["keypoints", str(lines), "--size", "1920x1080"]) == 0
    frame = json.loads(capsys.readouterr().out)["a.json"]
    assert frame["size"] == [1920, 1080]
    corner = frame["keypoints"]["L_PENALTY_AREA_BR_CORNER"]
    assert (corner["x"], corner["y"]) == pytest.approx((960, 540))
    assert corner["source"] == "constructed"
    assert corner["confidence"] is None
    assert corner["sd"] > 0


def test_a_point_outside_the_frame_needs_to_be_asked_for(tmp_path, capsys):
    steep = {
        "Side line left": [{"x": 0.1, "y": 0.1}, {"x": 0.1, "y": 0.9}],
        "Big rect. left top": [{"x": 0.2, "y": 0.8}, {"x": 0.3, "y": 0.95}],
        "Big rect. left bottom": [{"x": 0.2, "y": 0.9}, {"x": 0.3, "y": 1.0}],
    }
    steep["Big rect. left bottom"] = [{"x": 0.2, "y": 0.2}, {"x": 0.15, "y": -0.1}]
    path = tmp_path / "out.json"
    path.write_text(json.dumps(steep), encoding="utf-8")
    run_command(["keypoints", str(path)])
    inside = json.loads(capsys.readouterr().out)["out.json"]["keypoints"]
    run_command(["keypoints", str(path), "--outside"])
    everything = json.loads(capsys.readouterr().out)["out.json"]["keypoints"]
    assert "L_PENALTY_AREA_BL_CORNER" not in inside
    assert everything["L_PENALTY_AREA_BL_CORNER"]["y"] < 0


def test_a_file_that_cannot_be_used_is_named_and_the_others_are_done(lines, capsys):
    (lines / "b.json").write_text('{"Side line', encoding="utf-8")
    (lines / "c.json").write_text(json.dumps({"Half moon": [], **CROSSING}), encoding="utf-8")
    assert run_command(["keypoints", str(lines)]) == 1
    said = capsys.readouterr()
    assert set(json.loads(said.out)) == {"a.json", "c.json"}
    assert "b.json" in said.err
    assert "Half moon" in said.err


def test_nothing_usable_is_exit_code_2(tmp_path, capsys):
    assert run_command(["keypoints", str(tmp_path / "nowhere")]) == 2
    assert "there is no such file" in capsys.readouterr().err


def test_a_result_that_cannot_be_written_leaves_nothing_half_done(lines, tmp_path, capsys):
    target = tmp_path / "missing" / "k.json"
    assert run_command(["keypoints", str(lines), "--output", str(target)]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert not target.parent.exists()


def test_predict_names_every_image_and_skips_what_is_none(tmp_path, small_network, capsys):
    write_image(tmp_path / "frames" / "one frame.jpg")
    write_image(tmp_path / "frames" / "dätä" / "zwei.png", seed=2)
    (tmp_path / "frames" / "not.jpg").write_text("no picture", encoding="utf-8")
    weights = ["--weights", str(small_network), "--threshold", "0"]
    assert run_command(["predict", str(tmp_path / "frames"), *weights]) == 1
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert set(document) == {"one frame.jpg", "dätä/zwei.png"}
    point = next(iter(document["one frame.jpg"]["keypoints"].values()))
    assert point["source"] == "predicted"
    assert 0 <= point["confidence"] <= 1
    assert document["one frame.jpg"]["size"] == [320, 180]
    assert "not.jpg" in said.err


def test_a_hostile_weights_file_is_refused_in_one_sentence(tmp_path, capsys):
    write_image(tmp_path / "a.jpg")
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"cos\nsystem\n(S'touch x'\ntR.")
    assert run_command(["predict", str(tmp_path / "a.jpg"), "--weights", str(bad)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def accepted_project(folder: Path, frames: int) -> None:
    """A folder of rendered frames whose true points are accepted as labels."""
    for seed in range(frames):
        write_image(folder / f"{seed}.jpg", seed)
    with Project.for_media([folder]) as project:
        for seed, number in enumerate(project.frame_ids()):
            labels = FrameRecord().labels
            for name, (x, y) in render(seed, size=(320, 180)).points.items():
                if 0 <= x < 320 and 0 <= y < 180:
                    labels = place(labels, name, (x, y))
            record = FrameRecord(labels, Review(Decision.ACCEPTED))
            project.save_record(number, record, text="Accept")


def test_accepted_frames_become_a_training_set_that_trains_a_network_that_predicts(tmp_path, small_network, capsys):
    frames = tmp_path / "frames"
    accepted_project(frames, 3)
    assert run_command(["export", str(frames), str(tmp_path / "set")]) == 0
    assert "3 frames" in capsys.readouterr().err
    trained = tmp_path / "trained.safetensors"
    arguments = ["--start", str(small_network), "--epochs", "1", "--batch", "2", "--threads", "1"]
    assert run_command(["train", str(tmp_path / "set"), "--output", str(trained), *arguments]) == 0
    assert "trained on" in capsys.readouterr().err
    assert run_command(["weights", str(trained)]) == 0
    card = json.loads(capsys.readouterr().out)["card"]
    assert card["names"] == list(PITCH_57.keypoints)
    assert run_command(["predict", str(frames), "--weights", str(trained), "--threshold", "0"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 3


def test_exporting_where_there_is_no_project_makes_none(tmp_path, capsys):
    write_image(tmp_path / "frames" / "a.jpg")
    assert run_command(["export", str(tmp_path / "frames"), str(tmp_path / "set")]) == 2
    assert "no project yet" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.touchline"))


def test_a_file_name_that_is_no_utf8_does_not_lose_the_result(tmp_path, capsys):
    target = tmp_path / "lines"
    target.mkdir()
    odd = Path(os.fsdecode(bytes(target) + b"/u_\xff.json"))
    odd.write_text(json.dumps(CROSSING), encoding="utf-8")
    assert run_command(["keypoints", str(target), "--output", str(tmp_path / "k.json")]) == 0
    assert list(json.loads((tmp_path / "k.json").read_text(encoding="utf-8"))) == ["u_\ufffd.json"]


def test_exporting_where_nothing_is_accepted_says_so(tmp_path, capsys):
    write_image(tmp_path / "frames" / "a.jpg")
    Project.for_media([tmp_path / "frames"]).close()
    assert run_command(["export", str(tmp_path / "frames"), str(tmp_path / "set")]) == 2
    assert "accepted" in capsys.readouterr().err


def test_lines_are_imported_by_name_and_the_rest_reported(tmp_path, lines, capsys):
    write_image(tmp_path / "frames" / "a.jpg")
    (lines / "stranger.json").write_text(json.dumps(CROSSING), encoding="utf-8")
    assert run_command(["import", str(tmp_path / "frames"), str(lines)]) == 1
    assert "stranger" in capsys.readouterr().err
    with Project.for_media([tmp_path / "frames"]) as project:
        markings = project.record(project.frame_ids()[0]).labels.pitch.markings
    assert markings["Big rect. left main"] == pytest.approx(np.array([[160, 36], [160, 144]]))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as left:
        run_command([name, "--help"])
    assert left.value.code == 0
    assert f"main.py {name}" in capsys.readouterr().out


def test_the_window_takes_paths_and_lists_the_commands(capsys):
    assert parse_window(["a", "b.mp4"]).paths == ["a", "b.mp4"]
    assert parse_window(["--sample"]).sample
    with pytest.raises(SystemExit):
        parse_window(["--help"])
    text = capsys.readouterr().out
    assert all(name in text for name in COMMANDS)


def test_resolving_lines_needs_neither_qt_nor_torch(lines):
    program = (
        "import sys; sys.argv = ['main.py']; import main; "
        f"code = main.main(['keypoints', {str(lines)!r}]); "
        "loaded = [n for n in sys.modules if n.split('.')[0] in ('PySide6', 'pyqtgraph', 'torch')]; "
        "sys.exit(code or bool(loaded))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_durations_read_as_people_say_them():
    assert [duration(s) for s in (4.4, 200, 3900)] == ["4 s", "3 min 20 s", "1 h 05 min"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "a.jpg", "--threshold", "nan"],
        ["predict", "a.jpg", "--threshold", "5"],
        ["train", "set", "--output", "n.safetensors", "--epochs", "-1"],
    ],
)
def test_a_number_that_makes_no_sense_is_refused_before_any_work(arguments, capsys):
    with pytest.raises(SystemExit) as left:
        run_command(arguments)
    assert left.value.code == 2
    assert "is not a number" in capsys.readouterr().err
