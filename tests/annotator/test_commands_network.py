"""The commands around a network: evaluate, synthesize, predict in pieces, weights of our own and of others, train."""

import json

import cv2
import pytest

from annotator.commands import run_command
from annotator.pitch import PITCH_57
from annotator.recipe import render_training_set
from annotator.synthetic import render


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHLINE_CACHE", str(tmp_path / "cache"))


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


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """A small training set."""
    folder = tmp_path_factory.mktemp("rendered") / "set"
    render_training_set(folder, frames=4, first_seed=38, size=(160, 90))
    return folder


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
