"""Networks on training sets of any scheme: places, visibility and numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotator.commands import run_command as main
from annotator.evaluation_things import evaluate_things, is_of_things, read_things
from annotator.formats.documents import FormatError
from annotator.synthetic.card_sets import render_card_set
from model.boxes import cut, region
from model.dataset import TrainingSet, read_image
from model.heatmaps import ABSENT, VISIBLE, Prediction


class _Knows:
    """A network that sees every point of a set ``off`` pixels to the right, and says its cards ``more`` too many."""

    def __init__(self, found: TrainingSet, *, off: float = 0.0, more: float = 0.0, blind: bool = False) -> None:
        self.names = found.keypoints
        self.card = type("Card", (), {"threshold": 0.3, "input_size": (96, 72)})
        self._said: dict[bytes, tuple[Any, ...]] = {}
        for sample in found.samples:
            xy, state = found.labels(sample)
            image = read_image(sample)
            if sample.box is not None:
                part = region(sample.box, 96 / 72)
                image = cut(image, part, (96, 72))
                xy = (xy - part[:2]) / part[2:] * [96, 72] - 0.5
            seen = (state == VISIBLE) & (not blind)
            cards = sample.scalars["cards"] + more
            self._said[image.tobytes()] = (xy + np.array([off, 0.0]), state > ABSENT, seen, cards)

    def predict(self, image: np.ndarray) -> Prediction:
        xy, there, seen, cards = self._said[image.tobytes()]
        maps = np.zeros((9, 4, 4), np.uint8)
        size = (image.shape[1], image.shape[0])
        return Prediction(
            self.names, xy, there.astype(float), np.ones(8), maps, size, "k", (1.0, 1.0), (0.0, 0.0),
            seen.astype(float), {"cards": cards},
        )  # fmt: skip


@pytest.fixture(scope="module")
def packets(tmp_path_factory: pytest.TempPathFactory) -> TrainingSet:
    folder = tmp_path_factory.mktemp("cards") / "set"
    return render_card_set(folder, frames=24, first_seed=0, size=(96, 72))


def test_a_network_that_knows_everything_scores_so(packets: TrainingSet) -> None:
    found, scheme = read_things(packets.folder)
    judged = evaluate_things(_Knows(found), found, scheme)  # type: ignore[arg-type]
    assert judged.errors.max() == 0
    assert judged.poses.pdj[0.1].mean == 1
    assert judged.poses.errors == {"cards": (0.0, 2)}
    assert judged.sight is not None
    assert judged.sight.both == judged.sight.seen == judged.sight.said
    assert judged.poses.oks is not None
    assert judged.poses.oks.ap == pytest.approx(1)


def test_what_is_off_is_measured(packets: TrainingSet) -> None:
    found, scheme = read_things(packets.folder)
    judged = evaluate_things(_Knows(found, off=2.0, more=3.0, blind=True), found, scheme)  # type: ignore[arg-type]
    assert judged.errors == pytest.approx(np.full(len(judged.errors), 2.0))
    assert judged.poses.errors["cards"][0] == pytest.approx(3.0)
    assert judged.sight is not None
    assert (judged.sight.said, judged.sight.both) == (0, 0)
    assert "median 2.00 px" in judged.text()
    assert "mean error of cards: 3.000" in judged.text()


def test_samples_with_a_box_are_looked_at_in_it(packets: TrainingSet) -> None:
    found, scheme = read_things(packets.folder)
    boxed = replace(found, samples=tuple(replace(one, box=(10.0, 5.0, 70.0, 55.0)) for one in found.samples))
    judged = evaluate_things(_Knows(boxed), boxed, scheme)  # type: ignore[arg-type]
    assert judged.errors.max() < 1e-9


def test_other_points_and_empty_splits_are_refused(packets: TrainingSet) -> None:
    found, scheme = read_things(packets.folder)
    network = _Knows(found)
    with pytest.raises(ValueError, match="no sample marked 'test'"):
        evaluate_things(network, found, scheme, split="test")  # type: ignore[arg-type]
    network.names = found.keypoints[::-1]
    with pytest.raises(ValueError, match="points are not those"):
        evaluate_things(network, found, scheme)  # type: ignore[arg-type]


def test_a_set_says_whether_it_is_of_things(packets: TrainingSet, tmp_path: Path) -> None:
    assert is_of_things(packets.folder)
    assert not is_of_things(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    assert not is_of_things(tmp_path)
    with pytest.raises(FormatError, match="manifest"):
        read_things(tmp_path)


def test_the_command_trains_on_packets_and_judges_what_it_trained(
    packets: TrainingSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "net.safetensors"
    words = ["train", str(packets.folder), "--output", str(output), "--network", "unet-small", "--input", "64x64"]
    assert main([*words, "--epochs", "1", "--batch", "4", "--threads", "1"]) == 0
    assert "held back: " in capsys.readouterr().err
    result = tmp_path / "result.json"
    assert main(["evaluate", str(packets.folder), "--weights", str(output), "--output", str(result)]) == 0
    assert "mean error of cards" in capsys.readouterr().out
    assert json.loads(result.read_text())["net"]["mean_errors"]["cards"]["count"] == 2
    stage = tmp_path / "stage.safetensors"
    words = ["train", str(packets.folder), "--output", str(stage), "--refines", str(output), "--network"]
    assert main([*words, "touchline-tiny", "--epochs", "0.1", "--batch", "4", "--threads", "1"]) == 0
    assert stage.exists()


def test_an_unknown_architecture_is_named(
    packets: TrainingSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", str(packets.folder), "--output", str(tmp_path / "x.safetensors"), "--network", "resnet"]
    assert main(words) == 2
    assert "resnet" in capsys.readouterr().err
