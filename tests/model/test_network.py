from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from model.checkpoint import Card, Checkpoint, save
from model.hrnet import PRESETS, HRNet, Spec, finest, preset
from model.losses import adaptive_wing, channel_cross_entropy, kl_divergence, masked_mse
from model.networks import network
from model.pipeline import choose_device, fuse
from model.predictor import Predictor

NAMES = ("A", "B", "C")


def _checkpoint(spec: Spec | None = None, **changes: object) -> Checkpoint:
    torch.manual_seed(3)
    spec = spec or preset("touchline-tiny", channels=4, zero_gamma=False)
    net = HRNet(spec).train()
    with torch.no_grad():
        for _ in range(3):
            net(torch.rand(2, 3, 96, 128))
    card = dataclasses.replace(Card(spec, NAMES, (128, 96), mirror=(1, 0, 2)), **changes)  # type: ignore[arg-type]
    return Checkpoint(card, {k: v for k, v in net.state_dict().items() if v.is_floating_point()}, "t")


@pytest.mark.parametrize("size", [(270, 480), (135, 240), (96, 130), (64, 64)])
def test_maps_cover_the_input_at_any_size(size: tuple[int, int]) -> None:
    net = HRNet(preset("touchline-tiny", channels=5)).eval()
    with torch.inference_mode():
        maps = finest(net(torch.rand(1, 3, *size)))
    assert maps.shape == (1, 5, -(-size[0] // 4), -(-size[1] // 4))
    assert torch.allclose(maps.exp().sum(dim=1), torch.ones(()))


def test_every_preset_is_a_network_and_says_its_stride() -> None:
    for name in PRESETS:
        spec = preset(name, channels=6)
        assert Spec.from_dict(spec.to_dict()) == spec
        spec = dataclasses.replace(spec, width=4, blocks=1, modules=(1, 1, 1), layer1=(1, 8))
        with torch.device("meta"):
            outputs = network(spec).eval()(torch.empty(1, 3, 256, 256))
        if spec.head == "regression":
            assert [tuple(one.shape) for one in outputs] == [(1, 5), (1, 5, 2)]
        elif spec.head != "none":
            assert outputs[-1].shape == (1, 6, 256 // spec.stride, 256 // spec.stride)


def test_nonsense_specs_are_refused() -> None:
    with pytest.raises(ValueError, match="no network preset"):
        preset("resnet", channels=2)
    with pytest.raises(ValueError, match="widths of 1"):
        Spec(width=0, channels=1)
    with pytest.raises(ValueError, match="two or three conv"):
        Spec(width=4, channels=1, stem=(1,))
    with pytest.raises(ValueError, match="three convolutions"):
        Spec(width=4, channels=1, head="light")
    with pytest.raises(ValueError, match="depths of 1"):
        Spec(width=4, channels=1, blocks=10**9)
    with pytest.raises(ValueError, match="none of nearest, bilinear"):
        Spec(width=4, channels=1, fuse="cubic")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="upscaling"):
        Spec(width=4, channels=1, upscale=3)
    with pytest.raises(ValueError, match="internal"):
        Spec(width=4, channels=1, internal=-1)
    with pytest.raises(ValueError, match="unknown network option"):
        Spec.from_dict({"width": 4, "channels": 1, "colour": 3})


def test_a_new_network_believes_in_background() -> None:
    net = HRNet(preset("touchline-tiny", channels=5)).eval()
    with torch.inference_mode():
        maps = finest(net(torch.rand(1, 3, 64, 64))).exp()
    assert float(maps[:, -1].min()) > 0.85


def test_every_cell_sees_the_whole_frame() -> None:
    net = HRNet(preset("touchline-small", channels=3, zero_gamma=False, width=4)).eval()
    image = torch.rand(1, 3, 270, 480, requires_grad=True)
    finest(net(image))[0, 0, 0, 0].backward()
    assert image.grad is not None
    assert float(image.grad[0, :, -40:, -40:].abs().max()) > 0


def _targets() -> tuple[torch.Tensor, torch.Tensor]:
    maps = torch.zeros(2, 4, 6, 6)
    maps[:, 0, 2, 3] = 1
    maps[:, 1, 4, 1] = 0.6
    maps[:, -1] = 1 - maps[:, :-1].amax(dim=1)
    return maps, torch.tensor([[1.0, 1, 0, 1], [1, 1, 1, 1]])


@pytest.mark.parametrize("name", ["cross_entropy", "mse", "kl", "adaptive_wing"])
def test_a_masked_channel_gets_no_gradient(name: str) -> None:
    targets, mask = _targets()
    logits = torch.randn(2, 4, 6, 6, generator=torch.Generator().manual_seed(0), requires_grad=True)
    if name == "cross_entropy":
        loss = channel_cross_entropy(logits.log_softmax(dim=1), targets, mask)
        loss.backward()
        assert logits.grad is not None
        assert float(logits.grad[0, 2].abs().max()) < 1e-7
        assert float(logits.grad[1, 2].abs().max()) > 1e-4
        return
    maps = logits.detach().sigmoid().requires_grad_()
    source = maps.log() if name == "kl" else maps
    {"mse": masked_mse, "kl": kl_divergence, "adaptive_wing": adaptive_wing}[name](source, targets, mask).backward()
    assert maps.grad is not None
    assert float(maps.grad[0, 2].abs().max()) == 0
    assert torch.isfinite(maps.grad).all()


def test_cross_entropy_is_least_at_the_targets() -> None:
    targets, mask = _targets()
    best = channel_cross_entropy(targets.clamp(min=1e-9).log(), targets, mask)
    worse = channel_cross_entropy((0.9 * targets + 0.025).log(), targets, mask)
    assert float(best) < float(worse)


@pytest.mark.parametrize("name", ["touchline-tiny", "points-w18-small-v1", "nbjw-w48", "pose-w32", "higher-w32"])
def test_fusing_changes_nothing(name: str) -> None:
    small = {} if name == "touchline-tiny" else {"width": 4, "blocks": 1, "modules": (1, 1, 1), "layer1": (1, 8)}
    net = _checkpoint(preset(name, channels=4, **{"zero_gamma": False, **small})).build()
    x = torch.rand(1, 3, 96, 128)
    with torch.inference_mode():
        before = finest(net(x))
        after = finest(fuse(net)(x))
    assert torch.allclose(before, after, atol=1e-4)


def test_a_prediction_names_points_in_image_pixels(tmp_path: Path) -> None:
    checkpoint = _checkpoint()
    path = tmp_path / "net.safetensors"
    save(path, checkpoint.weights, checkpoint.card)
    predictor = Predictor.load(path, "cpu", threads=1)
    image = np.random.default_rng(0).integers(0, 256, (300, 500, 3), dtype=np.uint8)
    prediction = predictor.predict(image)
    assert predictor.device_text == "CPU"
    assert (prediction.names, prediction.network, prediction.image_size) == (NAMES, predictor.id, (500, 300))
    assert prediction.heatmaps.shape == (4, 24, 32)
    many = list(predictor.predict_many([image, image[:100], image], batch=2))
    assert [p.image_size for p in many] == [(500, 300), (500, 100), (500, 300)]
    assert np.allclose(many[2].xy, prediction.xy, atol=1e-2)


def test_the_colour_order_of_the_card_is_obeyed() -> None:
    image = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    rgb = Predictor.of(_checkpoint(), "cpu").maps(image[None])
    plain = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}
    same = [Predictor.of(_checkpoint(colour=c, **plain), "cpu") for c in ("rgb", "bgr")]
    swapped = np.ascontiguousarray(image[:, :, ::-1])
    assert np.allclose(same[0].maps(image[None]), same[1].maps(swapped[None]), atol=1e-5)
    assert not np.allclose(rgb, same[0].maps(image[None]), atol=1e-5)


def test_a_flip_test_is_symmetric() -> None:
    predictor = Predictor.of(_checkpoint(), "cpu", flip_test="on")
    image = np.random.default_rng(0).integers(0, 256, (1, 96, 128, 3), dtype=np.uint8)
    maps = predictor.maps(image)
    mirrored = predictor.maps(np.ascontiguousarray(image[:, :, ::-1]))
    assert np.allclose(mirrored[:, [1, 0, 2, 3], :, ::-1], maps, atol=1e-5)
    with pytest.raises(ValueError, match="flip test"):
        Predictor.of(_checkpoint(mirror=()), "cpu", flip_test="on")


def test_a_network_without_background_gets_one() -> None:
    spec = preset("pose-w32", channels=3, width=4, blocks=1, modules=(1, 1, 1), layer1=(1, 8))
    predictor = Predictor.of(_checkpoint(spec, alignment="corner"), "cpu")
    maps = predictor.maps(np.zeros((1, 96, 128, 3), dtype=np.uint8))
    assert maps.shape == (1, 4, 24, 32)
    assert maps.min() >= 0
    assert np.allclose(maps[:, -1], 1 - maps[:, :-1].max(axis=1))


def test_misuse_of_a_predictor_is_named() -> None:
    predictor = Predictor.of(_checkpoint(), "cpu")
    with pytest.raises(ValueError, match="RGB uint8"):
        predictor.predict(np.zeros((10, 10), dtype=np.uint8))
    with pytest.raises(ValueError, match="no 'tpu' device"):
        choose_device("tpu")
    assert choose_device("auto") in ("cuda", "mps", "cpu")
