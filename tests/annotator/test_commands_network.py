"""The commands around a network: evaluate, synthesize, predict in pieces, weights of our own and of others, train."""

import json

import cv2
import numpy as np
import pytest

from annotator.commands import run_command
from annotator.pitch import PITCH_57
from annotator.synthetic import render

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """Two untrained networks that are quick to run."""
    import torch

    from model.checkpoint import Card, save
    from model.hrnet import HRNet, preset

    spec = preset("touchline-tiny", channels=len(PITCH_57) + 1)
    card = Card(spec=spec, names=PITCH_57.keypoints, input_size=(128, 96), scheme=PITCH_57.id, mirror=PITCH_57.mirror)
    folder = tmp_path_factory.mktemp("networks")
    for seed, name in enumerate(("before", "after")):
        torch.manual_seed(seed)
        save(folder / f"{name}.safetensors", HRNet(spec).state_dict(), card)
    return [folder / "before.safetensors", folder / "after.safetensors"]


def test_two_networks_are_compared_on_the_same_frames(rendered, networks, tmp_path, capsys):
    report, output = tmp_path / "report", tmp_path / "measures.json"
    arguments = [str(rendered), "--weights", *map(str, networks), "--threshold", "0.01"]
    assert run_command(["evaluate", *arguments, "--report", str(report), "--output", str(output)]) == 0
    said = capsys.readouterr()
    assert "1 frames" in said.out
    assert "before, by view" in said.out
    assert "after, by threshold" in said.out
    assert str(report) in said.err
    measures = json.loads(output.read_text())
    assert set(measures) == {"before", "after"}
    assert measures["after"]["overall"]["frames"] == 1
    assert measures["after"]["threshold"] == 0.01
    assert (report / "index.html").stat().st_size > 2000


def test_what_cannot_be_evaluated_is_named(rendered, networks, tmp_path, capsys):
    weights = ["--weights", str(networks[0])]
    assert run_command(["evaluate", str(tmp_path), *weights]) == 2
    assert "no labelled frames" in capsys.readouterr().err
    folder = tmp_path / "published"
    for name in ("a", "b"):
        (folder / "keypoints57").mkdir(parents=True, exist_ok=True)
        (folder / "images").mkdir(exist_ok=True)
        (folder / "keypoints57" / f"{name}.json").write_text(json.dumps({"17": [20.0, 30.0]}))
        cv2.imwrite(str(folder / "images" / f"{name}.jpg"), render(1, (160, 90)).rgb)
    torn = folder / "images" / "a.jpg"
    torn.write_bytes(torn.read_bytes()[:700])
    assert run_command(["evaluate", str(folder), *weights]) == 1
    said = capsys.readouterr()
    assert "a.jpg" in said.err
    assert "1 frames, 1 labels" in said.out


@pytest.fixture
def published(tmp_path):
    """Two frames with labels, lines of one of them, and one label that is likely wrong."""
    folder = tmp_path / "published"
    for name in ("keypoints57", "images", "lines"):
        (folder / name).mkdir(parents=True)
    for number in (1, 2):
        labels = {str(k): [20.0 + 9 * k, 30.0 + 3 * k] for k in range(3, 9)}
        (folder / "keypoints57" / f"{number:03d}.json").write_text(json.dumps(labels))
        cv2.imwrite(str(folder / "images" / f"{number:03d}.jpg"), render(number, (160, 90)).rgb)
    line = {"Middle line": [{"x": 0.5, "y": 0.1}, {"x": 0.5, "y": 0.9}]}
    (folder / "lines" / "001.json").write_text(json.dumps(line))
    (folder / "likely_label_errors.csv").write_text("idx,kp,name\n1,4,L_GOAL\n")
    return folder


def test_cameras_and_figures_without_likely_errors_are_printed_where_there_are_lines_and_a_list(
    published, networks, tmp_path, capsys
):
    report, output = tmp_path / "report", tmp_path / "measures.json"
    weights = ["--weights", str(networks[0])]
    arguments = [str(published), *weights, "--report", str(report), "--output", str(output)]
    assert run_command(["evaluate", *arguments]) == 0
    said = capsys.readouterr().out
    assert said.count("without 1 likely label error ") == 2, "overall and in its view"
    assert "cameras through the detections, 1 frames with drawn lines" in said
    measures = json.loads(output.read_text())["before"]
    assert measures["cameras"]["overall"]["frames"] == 1
    cleaned = measures["without likely label errors"]
    assert cleaned["overall"]["labels"] == measures["overall"]["labels"] - 1
    assert "Cameras against drawn lines" in (report / "index.html").read_text(encoding="utf-8")
    for path in (published / "keypoints57").iterdir():
        path.unlink()
    (published / "keypoints57").rmdir()
    assert run_command(["evaluate", *arguments]) == 0
    assert "No point is labelled" in (report / "index.html").read_text(encoding="utf-8")
    said = capsys.readouterr().out
    assert "cameras through the detections, 1 frames with drawn lines" in said
    assert "recall" not in said, "nothing is labelled to judge points by"


def test_frames_are_synthesized_into_a_training_set(tmp_path, capsys):
    from model.dataset import read_training_set

    target = tmp_path / "set"
    assert run_command(["synthesize", "3", str(target), "--size", "160x90", "--seed", "7"]) == 0
    assert "ms a frame" in capsys.readouterr().err
    found = read_training_set(target)
    assert [sample.size for sample in found.samples] == [(160, 90)] * 3
    assert found.samples[0].image == "0000007.jpg"
    assert run_command(["synthesize", "0", str(target)]) == 2
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("keep")
    assert run_command(["synthesize", "1", str(tmp_path / "other"), "--size", "160x90"]) == 2
    assert "other files" in capsys.readouterr().err


def foreign(path, family, channels=58):
    """A small network of a published family with random weights, saved as that program saves it; its spec and state."""
    import torch

    from model.hrnet import HRNet, preset

    name = {"nbjw": "nbjw-w48", "points": "points-w48", "pose": "pose-w48"}[family]
    torch.manual_seed(5)
    spec = preset(name, channels=channels, width=4, blocks=1, modules=(1, 1, 1), layer1=(1, 8))
    state = HRNet(spec).state_dict()
    if family == "nbjw":
        state = {key.replace("last_layer.", "head.0."): value for key, value in state.items()}
    if family == "points":
        state = {"nn_state_dict": {f"model.{key}": value for key, value in state.items()}}
    torch.save(state, path)
    return spec


@pytest.mark.parametrize(("family", "colour"), [("nbjw", "rgb"), ("points", "bgr")])
def test_published_networks_of_the_57_points_become_ours(family, colour, tmp_path, capsys):
    from annotator.commands.weights_ import NBJW_ORDER
    from model.checkpoint import load
    from model.foreign import import_foreign
    from model.predictor import Predictor

    source, target = tmp_path / "published.pth", tmp_path / "ours.safetensors"
    spec = foreign(source, family)
    assert run_command(["weights", str(source)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["family"], said["complete"], said["points"]) == (family, True, "the 57 of the pitch")
    assert said["input"]["colour"] == colour
    assert said["network"]["width"] == spec.width
    assert run_command(["weights", "import", str(source), str(target), "--size", "128x96"]) == 0
    assert "half precision" in capsys.readouterr().err
    card = load(target).card
    assert (card.names, card.mirror, card.colour) == (PITCH_57.keypoints, PITCH_57.mirror, colour)
    assert (card.mean, card.scheme) == ((0.0, 0.0, 0.0), PITCH_57.id)

    order = NBJW_ORDER if family == "nbjw" else PITCH_57.keypoints
    original, _ = import_foreign(source, names=order, input_size=(128, 96))
    image = render(3, (128, 96)).rgb
    there, here = Predictor.of(original, "cpu"), Predictor.load(target, "cpu", way="plain")
    before, after = there.maps(image[None])[0], here.maps(image[None])[0]
    at = [PITCH_57.index[name] for name in order]
    assert np.abs(before[:57] - after[at]).max() < 1e-3
    assert run_command(["weights", "inspect", str(target)]) == 0
    assert json.loads(capsys.readouterr().out)["card"]["names"] == list(PITCH_57.keypoints)


def test_the_order_of_nbjw_runs_row_by_row_over_the_pitch():
    from annotator.commands.weights_ import NBJW_ORDER
    from annotator.pitch import KEYPOINTS

    assert sorted(NBJW_ORDER) == sorted(PITCH_57.keypoints)
    rows = [KEYPOINTS[name].world for name in NBJW_ORDER[:30]]
    heights = [round(y, 2) for _, y, _ in rows]
    assert heights == sorted(heights)
    assert [KEYPOINTS[NBJW_ORDER[k]].world[:2] for k in (0, 2, 29)] == [(-52.5, -34.0), (52.5, -34.0), (52.5, 34.0)]
    along = [KEYPOINTS[name].world[0] for name in NBJW_ORDER[44:47] + NBJW_ORDER[49:52] + NBJW_ORDER[54:]]
    assert along == sorted(along), "the long axis, from the left penalty mark to the right one"


def test_what_is_no_network_of_known_points_is_refused(tmp_path, capsys):
    source, target = tmp_path / "pose.pth", tmp_path / "ours.safetensors"
    foreign(source, "pose", channels=9)
    assert run_command(["weights", str(source)]) == 0
    assert json.loads(capsys.readouterr().out)["points"] == "9 channels without known names"
    assert run_command(["weights", "import", str(source), str(target)]) == 2
    assert "neither of the 57 points of the pitch" in capsys.readouterr().err
    assert not target.exists()
    (tmp_path / "torn.pth").write_bytes(b"torn")
    assert run_command(["weights", str(tmp_path / "torn.pth")]) == 2
    assert run_command(["weights", "import", str(source)]) == 2
    assert run_command(["weights", str(source), "--family", "steam"]) == 2
    assert "no family 'steam'" in capsys.readouterr().err


def test_two_processes_train_on_mixed_frames_and_before_and_after_are_shown(rendered, networks, tmp_path, capsys):
    from model.checkpoint import load

    output = tmp_path / "tuned.safetensors"
    arguments = [str(rendered), "--output", str(output), "--start", str(networks[0]), "--threads", "1", "--batch", "2"]
    mixed = ["--epochs", "2", "--mix-rendered", "2", "--devices", "2", "--patience", "5"]
    assert run_command(["train", *arguments, *mixed]) == 0
    said = capsys.readouterr()
    assert "1 held-back frames" in said.out
    assert [line.split(" >")[0] for line in said.out.splitlines()[2:]] == ["before", "after"]
    assert load(output).card.training["samples"] == 12, "three frames twice, and as many rendered ones"
    assert len(list((tmp_path / "tuned.rendered" / "images").iterdir())) == 2


def test_a_prediction_goes_on_where_it_was_stopped(networks, tmp_path, capsys):
    for name in ("a", "b", "c"):
        (tmp_path / "frames").mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / "frames" / f"{name}.png"), render(ord(name), (160, 90)).rgb)
    output = tmp_path / "found.json"
    arguments = [str(tmp_path / "frames"), "--weights", str(networks[0]), "--threshold", "0", "--output", str(output)]
    assert run_command(["predict", *arguments, "--batch", "2"]) == 0
    whole = json.loads(output.read_text())
    mark = {"size": [1, 1], "keypoints": {}}
    output.write_text(json.dumps({"a.png": mark}))
    assert run_command(["predict", *arguments, "--resume"]) == 0
    assert "1 of 3 frames are in" in capsys.readouterr().err
    after = json.loads(output.read_text())
    assert after["a.png"] == mark
    assert set(after) == set(whole)
    assert after["c.png"]["keypoints"].keys() == whole["c.png"]["keypoints"].keys()
    assert run_command(["predict", *arguments, "--resume"]) == 0
    assert run_command(["predict", *arguments[:-2], "--resume"]) == 2
    output.write_text("torn")
    assert run_command(["predict", *arguments, "--resume"]) == 2
    assert output.read_text() == "torn"
