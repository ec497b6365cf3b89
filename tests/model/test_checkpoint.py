from __future__ import annotations

import io
import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from model.checkpoint import Card, CheckpointError, load, save
from model.foreign import import_foreign, normalise, read_state_dict, recognise
from model.hrnet import HRNet, Spec, preset

NAMES = ("A", "B")
SPEC = preset("touchline-tiny", channels=3)
CARD = Card(SPEC, NAMES, (128, 96), scheme="s", mirror=(1, 0), training={"samples": 5}, licence="MIT", attribution="me")


def _weights(spec: Spec = SPEC) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return dict(HRNet(spec).state_dict())


class Config:
    """Stands for the configuration objects other programs keep in their files."""

    def __init__(self) -> None:
        self.lr = 1


def _run_code() -> None:
    raise AssertionError("code of the file was run")


class Malicious:
    def __reduce__(self) -> Any:
        return (exec, ("import pathlib; pathlib.Path('harmed').write_text('x')",))


def test_a_checkpoint_comes_back_with_its_card(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "net.safetensors"
    weights = _weights()
    save(path, weights, CARD)
    got = load(path)
    assert got.card == CARD
    for name, value in got.weights.items():
        assert torch.allclose(value, weights[name], rtol=1e-3, atol=1e-4)
    assert not got.build().training
    assert len(got.id) == 16
    save(tmp_path / "again.safetensors", weights, CARD)
    assert load(tmp_path / "again.safetensors").id == got.id
    assert [p.name for p in path.parent.iterdir()] == ["net.safetensors"]


def test_a_file_of_ours_is_known_whatever_the_length_of_its_head(tmp_path: Path) -> None:
    from model.published import is_foreign

    first = set()
    for extra in range(256):
        path = tmp_path / "net.safetensors"
        save(path, _weights(), replace(CARD, licence="x" * extra))
        data = path.read_bytes()
        first.add(data[0])
        assert not is_foreign(data)
    assert 0x80 in first  # as a pickle begins


def test_the_embedded_preset_stays_below_ten_megabytes(tmp_path: Path) -> None:
    spec = preset("touchline-small", channels=58)
    path = tmp_path / "net.safetensors"
    save(path, _weights(spec), Card(spec, tuple(str(k) for k in range(57)), (480, 270)))
    assert path.stat().st_size < 10_000_000


def test_foreign_and_damaged_files_are_refused_with_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    cases = {b"": "not a safetensors", b"\xff" * 64: "not a safetensors", b"\x04" + b"\0" * 7 + b"nope": "damaged"}
    for data, reason in cases.items():
        path.write_bytes(data)
        with pytest.raises(CheckpointError, match=reason):
            load(path)
    with pytest.raises(CheckpointError, match="No such file"):
        load(tmp_path / "none")
    safetensors.torch.save_file({"a": torch.zeros(2)}, path)
    with pytest.raises(CheckpointError, match="no card"):
        load(path)


def _with_card(path: Path, weights: dict[str, torch.Tensor], text: str) -> None:
    path.write_bytes(safetensors.torch.save(weights, metadata={"touchline-network": text}))


def test_a_card_that_does_not_fit_its_weights_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    good = json.loads(CARD.to_json())
    weights = {k: v for k, v in _weights().items() if not k.endswith("num_batches_tracked")}
    for change, reason in (
        ({"version": 9}, "another version"),
        ({"names": ["A"]}, "do not fit"),
        ({"spec": {**good["spec"], "surprise": 1}}, "surprise"),
        ({"spec": {**good["spec"], "width": 9}}, "shape"),
        ({"spec": {**good["spec"], "width": "8"}}, "damaged"),
        ({"spec": {**good["spec"], "head": "single"}}, "not belong|missing"),
        ({"spec": {**good["spec"], "width": 10**5}}, "widths of 1"),
        ({"spec": {**good["spec"], "width": 512}}, "shape"),
        ({"std": [0, 0, 0]}, "no sense"),
        ({"input_size": [10**6, 10**6]}, "input size"),
        ({"mirror": [0, 0]}, "mirror"),
    ):
        _with_card(path, weights, json.dumps({**good, **change}))
        with pytest.raises(CheckpointError, match=reason):
            load(path)
    _with_card(path, weights, CARD.to_json())
    load(path)
    broken = {**weights, "conv1.weight": weights["conv1.weight"] * float("nan")}
    _with_card(path, broken, CARD.to_json())
    with pytest.raises(CheckpointError, match="finite"):
        load(path)
    _with_card(path, {k: v for k, v in weights.items() if k != "conv1.weight"}, CARD.to_json())
    with pytest.raises(CheckpointError, match="missing"):
        load(path)


def test_a_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    with pytest.raises(CheckpointError, match="Check the disk"):
        save(tmp_path / "net", _weights(), CARD)
    assert [p.name for p in tmp_path.iterdir()] == ["net"]


def test_a_malicious_pickle_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "evil.pth"
    for old in (True, False):
        content = {"state_dict": {"conv1.weight": torch.ones(2)}, "x": Malicious()}
        torch.save(content, path, _use_new_zipfile_serialization=old)
        state = read_state_dict(path)
        assert state["conv1.weight"].tolist() == [1, 1]
        assert not (tmp_path / "harmed").exists()
    path.write_bytes(pickle.dumps(Malicious()))
    with pytest.raises(CheckpointError):
        read_state_dict(path)
    assert not (tmp_path / "harmed").exists()


def test_configuration_objects_in_a_file_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "argus.pth"
    weights = _weights(preset("points-w18-small-v1", channels=4, width=2, layer1=(1, 4)))
    state = {f"model.{name}": value for name, value in weights.items()}
    config = {"model_name": "HRNetModel", "params": {"lr": Config(), "deep": [Config()]}, "nn_state_dict": state}
    torch.save(config, path)
    got, report = import_foreign(path, names=("A", "B", "C"), input_size=(128, 96), mirror=(1, 0, 2))
    assert report.exact
    assert got.card.colour == "bgr"
    assert got.card.background
    assert (got.card.spec.upscale, got.card.spec.skip, got.card.spec.output) == (2, "stem", "log_softmax")
    assert torch.equal(got.weights["conv1.weight"], weights["conv1.weight"])


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "backbone.", "model.module."])
def test_prefixes_of_wrappers_are_removed(prefix: str) -> None:
    weights = _weights(preset("pose-w32", channels=2, width=2, layer1=(1, 4)))
    renamed = {prefix + name: value for name, value in weights.items()}
    assert set(normalise(renamed)) == set(weights)
    assert recognise(renamed) == "pose"


def test_what_is_no_hrnet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.pth"
    torch.save({"layer.weight": torch.ones(3)}, path)
    with pytest.raises(CheckpointError, match="no HRNet"):
        import_foreign(path)
    torch.save([1, 2], path)
    with pytest.raises(CheckpointError, match="no named weights"):
        import_foreign(path)
    path.write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(CheckpointError, match="cannot be read"):
        import_foreign(path)
    weights = _weights(preset("pose-w32", channels=2, width=2, layer1=(1, 4)))
    torch.save({k: v for k, v in weights.items() if "fuse_layers.0.1" not in k}, path)
    with pytest.raises(CheckpointError, match="missing"):
        import_foreign(path, input_size=(64, 64))
    with pytest.raises(CheckpointError, match="No such file"):
        import_foreign(tmp_path / "none.pth")


def test_an_unpickled_stream_without_torch_is_inert() -> None:
    from model.foreign import _InertPickle

    data = pickle.dumps({"f": _run_code, "c": Config(), "m": Malicious()})
    value = _InertPickle.load(io.BytesIO(data))
    assert type(value["f"]) is not type(_run_code)
    assert type(value["c"]).__name__ == "_Inert"


@pytest.mark.parametrize("change", [{"sigma": -1.0}, {"sigma": "x"}, {"threshold": 2.0}, {"alignment": "left"}])
def test_a_card_with_nonsense_is_refused(change):
    from dataclasses import replace

    from model.card import Card
    from model.hrnet import preset

    card = Card(spec=preset("touchline-small", channels=3), names=("a", "b"), input_size=(128, 96))
    with pytest.raises(ValueError, match=r"sigma|threshold|alignment"):
        replace(card, **change)
