"""predict and calibrate on videos: a result a frame, by number and time, in ranges, and gone on with."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from clips import written

from annotator.commands import run_command
from annotator.labels import EMPTY, FrameRecord, place
from annotator.pitch import KEYPOINTS
from annotator.project import Project
from annotator.synthetic import render
from model.heatmaps import Prediction

SIZE = (320, 180)


@pytest.fixture(scope="module")
def truth():
    return render(7, SIZE, family="main")


class FakePredictor:
    """Sees the same points in every frame, and counts them."""

    id, device_text, threshold = "network", "CPU", 0.5
    seen = 0

    def __init__(self, truth):
        names = tuple(KEYPOINTS)
        xy = np.array([truth.points.get(name, (-100.0, -100.0)) for name in names])
        confidence = np.array([0.9 if truth.states[name] == 2 else 0.02 for name in names])
        heat = np.zeros((len(names) + 1, 45, 80), np.uint8)
        self._found = Prediction(names, xy, confidence, np.ones(len(names)), heat, SIZE, "n", (4.0, 4.0), (1.5, 1.5))
        self.card = self

    def predict_many(self, images, *, batch):
        for rgb in images:
            FakePredictor.seen += 1
            yield replace(self._found, image_size=(rgb.shape[1], rgb.shape[0]))


@pytest.fixture
def network(monkeypatch, truth):
    FakePredictor.seen = 0
    for module in ("predict_", "calibrate_"):
        monkeypatch.setattr(f"annotator.commands.{module}.load_predictor", lambda *_: FakePredictor(truth))
    return FakePredictor


@pytest.fixture
def video(tmp_path):
    return written(tmp_path / "v.mp4", 30, size=SIZE)


def lines(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_predict_writes_a_line_a_frame_with_number_and_time(video, tmp_path, network):
    out = tmp_path / "o.jsonl"
    assert run_command(["predict", str(video), "--output", str(out), "--from", "3", "--to", "20", "--every", "5"]) == 0
    found = lines(out)
    assert [line["frame"] for line in found] == [3, 8, 13, 18]
    assert [line["name"] for line in found] == [f"v.mp4#{n:06d}" for n in (3, 8, 13, 18)]
    np.testing.assert_allclose([line["time"] for line in found], np.array([3, 8, 13, 18]) / 25)
    assert found[0]["size"] == [320, 180]
    assert len(found[0]["keypoints"]) > 5


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".json"])
def test_predict_goes_on_where_it_was_stopped(video, tmp_path, network, suffix, capsys):
    whole, out = tmp_path / f"whole{suffix}", tmp_path / f"o{suffix}"
    run_command(["predict", str(video), "--output", str(whole), "--to", "11"])
    assert network.seen == 12
    run_command(["predict", str(video), "--output", str(out), "--to", "5"])
    if suffix != ".json":
        with out.open("a") as file:
            file.write(whole.read_text()[len(out.read_text()) :][:40])  # cut off in the middle of a line
    network.seen = 0
    assert run_command(["predict", str(video), "--output", str(out), "--to", "11", "--resume"]) == 0
    assert 6 <= network.seen <= 7
    assert "of 12 frames are in" in capsys.readouterr().err
    assert out.read_text() == whole.read_text()


def test_predict_makes_a_table_with_a_row_a_keypoint(video, tmp_path, network):
    out = tmp_path / "o.csv"
    assert run_command(["predict", str(video), "--output", str(out), "--every", "10"]) == 0
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert {row["frame"] for row in rows} == {"0", "10", "20"}
    assert {row["name"] for row in rows} == {f"v.mp4#{n:06d}" for n in (0, 10, 20)}
    assert all(row["keypoint"] in KEYPOINTS and float(row["x"]) >= 0 for row in rows)


def test_a_video_that_cannot_be_read_is_named_and_the_rest_is_done(video, tmp_path, network, capsys):
    (tmp_path / "bad.mp4").write_text("words")
    out = tmp_path / "o.jsonl"
    arguments = [str(tmp_path / "bad.mp4"), str(video), "--output", str(out), "--every", "10"]
    assert run_command(["predict", *arguments]) == 1
    assert "bad.mp4" in capsys.readouterr().err
    assert len(lines(out)) == 3
    assert run_command(["predict", str(tmp_path / "bad.mp4"), "--output", str(out)]) == 2


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_calibrate_gives_the_camera_of_every_frame_through_the_network(video, tmp_path, network, truth, suffix):
    out = tmp_path / f"o{suffix}"
    assert run_command(["calibrate", str(video), "--network", "--output", str(out), "--every", "10"]) == 0
    found = lines(out) if suffix == ".jsonl" else list(csv.DictReader(out.read_text().splitlines()))
    assert [int(line["frame"]) for line in found] == [0, 10, 20]
    if suffix == ".jsonl":
        position = found[0]["camera"]["position_meters"]
    else:
        position = [float(found[0][axis]) for axis in ("x", "y", "z")]
    assert position[2] < -3
    assert abs(position[1]) > 30
    network.seen = 0
    assert run_command(["calibrate", str(video), "--network", "--output", str(out), "--every", "5", "--resume"]) == 0
    assert network.seen in (3, 4)


def test_calibrate_puts_the_cameras_of_a_video_in_a_folder(video, tmp_path, network):
    assert run_command(["calibrate", str(video), "--network", "--output", str(tmp_path / "c"), "--every", "15"]) == 0
    assert sorted(p.name for p in (tmp_path / "c" / "v.mp4").iterdir()) == ["camera_000000.json", "camera_000015.json"]


def test_calibrate_writes_lines_of_the_labels_of_a_project(video, tmp_path, truth, capsys):
    seen = {name: truth.points[name] for name, state in truth.states.items() if state == 2}
    with Project.for_media([video]) as project:
        for frame_id in project.frame_ids()[4:8]:
            labels = EMPTY
            for name, xy in seen.items():
                labels = place(labels, name, xy)
            project.save_record(frame_id, FrameRecord(labels), text="placed")
        project.save_record(
            project.frame_ids()[9], FrameRecord(place(EMPTY, "CENTER_MARK", (5.0, 5.0))), text="placed"
        )
    out = tmp_path / "o.jsonl"
    assert run_command(["calibrate", str(video), "--output", str(out), "--from", "5"]) == 1
    found = lines(out)
    assert [line["frame"] for line in found] == [5, 6, 7, 9]
    assert found[0]["time"] == 0.2
    assert all(line["camera"] is not None for line in found[:3])
    assert found[3]["camera"] is None
    assert found[3]["reason"]


def test_a_video_without_labels_says_how_to_calibrate_it(video, tmp_path, capsys):
    assert run_command(["calibrate", str(video), "--output", str(tmp_path / "o.jsonl")]) == 2
    assert "--network" in capsys.readouterr().err
