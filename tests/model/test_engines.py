from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from model import audition as auditions
from model.ahead import ahead
from model.audition import agree, audition, converted_path, remembered
from model.card import Card
from model.checkpoint import Checkpoint, save
from model.engines import EngineError, EngineName, Pixels
from model.heads import split
from model.heatmaps import Maps
from model.hrnet import PRESETS, Spec, finest, preset
from model.networks import linear_maps, network
from model.pipeline import TorchEngine, fuse
from model.predictor import Predictor
from model.splitting import halved

pytestmark = pytest.mark.usefixtures("own_cache")

NAMES = ("A", "B", "C")
SMALL = {"width": 4, "blocks": 1, "modules": (1, 1, 1), "layer1": (1, 8), "zero_gamma": False}


def _checkpoint(spec: Spec | None = None) -> Checkpoint:
    torch.manual_seed(3)
    spec = spec or preset("touchline-tiny", channels=4, zero_gamma=False)
    net = network(spec).train()
    with torch.no_grad():
        for _ in range(3):
            net(torch.rand(2, 3, 96, 128))
    weights = {k: v for k, v in net.state_dict().items() if v.is_floating_point()}
    return Checkpoint(Card(spec, NAMES, (128, 96), mirror=(1, 0, 2)), weights, "t")


def _frames(count: int) -> list[Pixels]:
    return list(np.random.default_rng(0).integers(0, 256, (count, 96, 128, 3), dtype=np.uint8))


class Fake:
    """An engine that adds something to another one's maps, or fails as told."""

    text = "Fake"

    def __init__(self, inner: TorchEngine, *, added: float = 0.0, largest: int = 99) -> None:
        self.inner, self.added, self.largest = inner, added, largest
        self.batches: list[int] = []

    def maps(self, pixels: Pixels) -> Maps:
        if len(pixels) > self.largest:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        self.batches.append(len(pixels))
        return self.inner.maps(pixels) + np.float32(self.added)

    def on_cpu(self) -> TorchEngine | None:
        return self.inner


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Fake]]:
    """Ways by name that a test puts there; timed as nothing, while plain torch takes a second."""
    ways: dict[str, Fake] = {}

    def engine(name: EngineName, *_: object, **__: object) -> Fake:
        if name not in ways:
            raise EngineError("it is not installed")
        return ways[name]

    monkeypatch.setattr(auditions, "candidates", lambda: ["openvino-bf16", "openvino"])
    monkeypatch.setattr("model.predictor.candidates", lambda: ["openvino-bf16", "openvino"])
    monkeypatch.setattr(auditions, "cpu_engine", engine)
    monkeypatch.setattr(auditions, "seconds_per_frame", lambda one, _: 0.1 if isinstance(one, Fake) else 1.0)
    return ways


def test_the_fastest_way_that_agrees_is_chosen_and_remembered(stage: dict[str, Fake]) -> None:
    checkpoint = _checkpoint()
    plain = TorchEngine(checkpoint, "cpu")
    stage["openvino-bf16"] = Fake(plain, added=0.2)
    stage["openvino"] = Fake(plain)
    predictor = Predictor.of(checkpoint, "cpu", way="fastest")
    before = list(predictor.predict_many(_frames(3), batch=2))
    assert predictor.device_text == "Fake"
    assert remembered(checkpoint.id) == "openvino"
    kept = json.loads(next(auditions.cache_folder().glob("*.json")).read_text())
    assert kept["trials"]["openvino-bf16"]["agrees"] is False
    again = predictor.predict(_frames(3)[2])
    assert np.allclose(again.xy, before[2].xy, atol=0.05)


def test_who_waits_for_a_frame_is_answered_before_a_faster_way_is_looked_for(stage: dict[str, Fake]) -> None:
    checkpoint = _checkpoint()
    stage["openvino"] = Fake(TorchEngine(checkpoint, "cpu"))
    predictor = Predictor.of(checkpoint, "cpu", way="asked")
    assert not predictor.rehearse()
    for frame in _frames(5):
        predictor.predict(frame)
    assert predictor.device_text == "CPU"
    assert remembered(checkpoint.id) is None
    steps = 1
    while predictor.rehearse():
        # In the middle of it a frame is answered as before.
        assert steps != 2 or predictor.predict(_frames(1)[0]).xy.shape == (len(predictor.names), 2)
        steps += 1
    assert steps > 6
    assert predictor.device_text == "Fake"
    assert remembered(checkpoint.id) == "openvino"
    assert not predictor.rehearse()


def test_half_precision_needs_evidence(stage: dict[str, Fake]) -> None:
    checkpoint = _checkpoint()
    plain = TorchEngine(checkpoint, "cpu")
    stage["openvino-bf16"] = Fake(plain)
    name, _ = audition(checkpoint, plain, _frames(3), threads=1)
    assert name == "torch"


def test_a_way_that_fails_costs_a_sentence(stage: dict[str, Fake], caplog: pytest.LogCaptureFixture) -> None:
    predictor = Predictor.of(_checkpoint(), "cpu", way="fastest")
    list(predictor.predict_many(_frames(4)))
    assert "openvino cannot run this network here" in caplog.text
    assert predictor.device_text == "CPU"
    assert remembered("t") == "torch"
    assert Predictor.of(_checkpoint(), "cpu", way="fastest").device_text == "CPU"


def test_a_damaged_choice_is_no_choice(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    checkpoint, path = _checkpoint(), tmp_path / "net.safetensors"
    save(path, checkpoint.weights, checkpoint.card)
    network = Predictor.load(path, "cpu", way="plain").id
    converted = converted_path(network)
    converted.parent.mkdir(parents=True)
    choice = converted.with_suffix(".json")
    for text in ("torn", "[]", '{"engine": "steam"}'):
        choice.write_text(text)
        assert remembered(network) is None
    choice.write_text('{"engine": "openvino"}')
    converted.write_text("torn")
    assert Predictor.load(path, "cpu").predict(_frames(1)[0]).network == network
    assert "in torch" in caplog.text
    assert remembered(network) is None


def test_agreeing_means_the_same_cells_and_confidences() -> None:
    maps = np.zeros((3, 8, 8), dtype=np.float32)
    maps[0, 2, 3], maps[0, 2, 4], maps[1, 5, 5] = 0.8, 0.79, 0.01
    other = maps.copy()
    other[0, 2, 3] -= 0.001
    assert agree(maps, other)
    other[0, 2, 4] = 0.7995
    assert not agree(maps, other)
    assert not agree(maps, maps * 0.9)
    moved = maps.copy()
    moved[1] = np.roll(moved[1], 3)
    assert agree(maps, moved)
    faint = maps * 0.01
    assert agree(faint, faint)
    assert not agree(faint, faint[:, ::-1])


def test_a_way_that_claims_single_precision_must_have_it(stage: dict[str, Fake]) -> None:
    checkpoint = _checkpoint()
    plain = TorchEngine(checkpoint, "cpu")
    inexact = Fake(plain)
    inexact.maps = lambda pixels: plain.maps(pixels) * np.float32(1.005)  # type: ignore[method-assign]
    frames = _frames(3)
    maps = [plain.maps(one[None])[0] * np.float32(0.1) for one in frames]
    assert all(agree(one, one * np.float32(1.005)) for one in maps)
    assert max(auditions.distance(one, one * np.float32(1.005)) for one in maps) > auditions.NEAR
    stage["openvino"] = inexact
    assert audition(checkpoint, plain, frames, threads=1)[0] == "torch"
    stage["openvino"] = Fake(plain)
    assert audition(checkpoint, plain, frames, threads=1)[0] == "openvino"


@pytest.mark.parametrize("way", ["openvino", "openvino-split", "openvino-bf16"])
def test_openvino_says_what_torch_says(way: EngineName, tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    checkpoint = _checkpoint()
    engine = auditions.cpu_engine(way, checkpoint, converted=tmp_path / "net.xml", threads=1)
    pixels = np.stack(_frames(2))
    slack = 0.05 if way == "openvino-bf16" else 1e-4
    assert np.abs(engine.maps(pixels) - TorchEngine(checkpoint, "cpu").maps(pixels)).max() < slack
    assert sorted(p.suffix for p in tmp_path.glob("net.*")) == [".bin", ".xml"]


def test_parts_in_half_precision_sum_up_to_single(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    high, low = halved(numbers)
    for part in (high, low):
        assert not np.any(part.view(np.uint32) & 0xFFFF)
    assert np.max(np.abs(high + low - numbers) / np.abs(numbers)) <= 2**-16
    pytest.importorskip("openvino")
    checkpoint = _checkpoint(preset("points-w18-small-v1", channels=4, blocks=1))
    pixels = np.stack(_frames(2))
    wanted = TorchEngine(checkpoint, "cpu").maps(pixels)
    engine = auditions.cpu_engine("openvino-split", checkpoint, converted=tmp_path / "net.xml", threads=1)
    assert np.abs(np.log(engine.maps(pixels)) - np.log(wanted)).max() < 1e-3
    text = (tmp_path / "net-split.xml").read_text()
    # Both forms occur: three convolutions one after the other, and one that reads three parts side by side.
    assert '/aten::_convolution/Convolution/2"' in text
    joined = [line for line in text.splitlines() if 'type="Convolution"' in line and '/Convolution/0"' in line]
    assert len(joined) > text.count('/aten::_convolution/Convolution/2"')


@pytest.mark.parametrize("way", ["openvino", "openvino-split"])
def test_a_chosen_openvino_needs_no_torch(way: EngineName, tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    import subprocess
    import sys

    checkpoint, path = _checkpoint(), tmp_path / "net.safetensors"
    save(path, checkpoint.weights, checkpoint.card)
    stored = Predictor.load(path, "cpu", way="plain")
    auditions.cpu_engine(way, checkpoint, converted=converted_path(stored.id), threads=1)
    converted_path(stored.id).with_suffix(".json").write_text(json.dumps({"engine": way}))
    program = (
        "import sys; from pathlib import Path; import numpy as np; from model.predictor import Predictor; "
        f"p = Predictor.load(Path({str(path)!r})); p.predict(np.zeros((40, 60, 3), np.uint8)); "
        "sys.exit('torch' in sys.modules or not p.device_text.startswith('CPU, OpenVINO') "
        "or any(n.startswith('openvino_telemetry.') for n in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, cwd=Path(__file__).parents[2]).returncode == 0


def test_want_of_memory_means_smaller_batches_then_the_processor(caplog: pytest.LogCaptureFixture) -> None:
    checkpoint = _checkpoint()
    plain = TorchEngine(checkpoint, "cpu")
    small = Fake(plain, largest=1)
    predictor = Predictor(checkpoint.card, "t", small)
    assert len(list(predictor.predict_many(_frames(4), batch=4))) == 4
    assert small.batches == [1, 1, 1, 1]
    assert "smaller batches" in caplog.text
    none = Predictor(checkpoint.card, "t", Fake(plain, largest=0))
    assert len(list(none.predict_many(_frames(3), batch=2))) == 3
    assert "the processor goes on" in caplog.text
    assert none.device_text == "CPU"
    other = Fake(plain)
    other.maps = lambda _: (_ for _ in ()).throw(RuntimeError("a bug"))  # type: ignore[assignment, method-assign]
    with pytest.raises(RuntimeError, match="a bug"):
        Predictor(checkpoint.card, "t", other).predict(_frames(1)[0])


def test_frames_are_taken_one_batch_ahead_and_no_more() -> None:
    predictor, taken = Predictor.of(_checkpoint(), "cpu"), []

    def frames() -> Iterator[Pixels]:
        for i, frame in enumerate(_frames(10)):
            taken.append((i, threading.current_thread()))
            yield frame

    found = predictor.predict_many(frames(), batch=2)
    next(found)
    assert len(taken) <= 6
    assert len(list(found)) == 9
    assert taken[0][1] is not threading.current_thread()


def test_what_is_worked_off_ahead_keeps_order_and_errors() -> None:
    assert list(ahead(iter(range(20)), 3)) == list(range(20))

    def failing() -> Iterator[int]:
        yield 1
        raise OSError("the disk")

    got = ahead(failing(), 2)
    assert next(got) == 1
    with pytest.raises(OSError, match="the disk"):
        next(got)


@pytest.mark.parametrize("name", [name for name, given in PRESETS.items() if given.get("head") != "none"])
def test_what_runs_says_what_the_plain_network_says(name: str) -> None:
    given = SMALL if name != "touchline-small" else {"zero_gamma": False}
    tags = {"tags": 4, "deconv_width": 8} if name.startswith("higher") else {}
    checkpoint = _checkpoint(preset(name, channels=4, **given, **tags))  # type: ignore[arg-type]
    card, net = checkpoint.card, checkpoint.build()
    pixels = np.stack(_frames(1))
    x = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.tensor(three).view(1, 3, 1, 1) for three in (card.mean, card.std))
    with torch.inference_mode():
        outputs = net((x - mean) / std)
    logarithmic = card.spec.output == "log_softmax"
    found = TorchEngine(checkpoint, "cpu").maps(pixels)
    wanted = linear_maps(outputs, card.spec, card.codec)
    if card.spec.output == "none" and card.spec.head != "regression":
        wanted = wanted[:, :-1]  # its own last channel is the background
    assert np.abs(found - wanted.numpy()).max() < 1e-4
    if logarithmic:
        assert np.abs(np.log(found) - outputs[-1].numpy()).max() < 1e-4


@pytest.mark.parametrize("name", ["points-w32", "nbjw-w48", "seg-w18"])
def test_a_split_head_gives_the_same_maps(name: str) -> None:
    checkpoint = _checkpoint(preset(name, channels=4, **SMALL))  # type: ignore[arg-type]
    net = fuse(checkpoint.build())
    x = torch.rand(1, 3, 96, 128)
    with torch.inference_mode():
        before = finest(net(x))
        assert hasattr(split(net), "split_layer")
        assert torch.allclose(before, finest(net(x)), atol=1e-5)


def test_bfloat16_runs(tmp_path: Path) -> None:
    checkpoint = _checkpoint()
    engine = TorchEngine(checkpoint, "cpu", half=True)
    assert engine.text == "CPU, bfloat16"
    maps = engine.maps(np.stack(_frames(1)))
    assert np.abs(maps - TorchEngine(checkpoint, "cpu").maps(np.stack(_frames(1)))).max() < 0.05


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_recorded_kernels_say_what_the_processor_says() -> None:
    checkpoint = _checkpoint()
    there, here = TorchEngine(checkpoint, "cuda"), TorchEngine(checkpoint, "cpu")
    for count in (1, 2, 1, 3, 4):
        pixels = np.stack(_frames(count))
        assert np.abs(there.maps(pixels) - here.maps(pixels)).max() < 0.05
