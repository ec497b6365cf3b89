"""Agreement with published networks, decoders and losses, in float64."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from model import decoders, losses, metrics
from model.foreign import infer_spec, load_into, normalise, recognise
from model.heatmaps import ABSENT, VISIBLE, Codec
from model.hrnet import HRNet, Spec, parameter_count, preset

CASES = {
    "pose_tiny": "pose",
    "cls_tiny_feats": "cls",
    "seg_tiny_align": "seg",
    "seg_tiny_noalign": "seg-noalign",
    "nbjw_tiny": "nbjw",
    "sportlight_tiny_up2": "points",
    "sportlight_w2_up1_refine1": "points",
    "sportlight_line_tiny": "lines",
    "higher_tiny": "higher",
}
KEYS = {
    "pose_hrnet_w32_coco17": ("pose", preset("pose-w32", channels=17)),
    "pose_hrnet_w32_mpii16": ("pose", preset("pose-w32", channels=16)),
    "pose_hrnet_w48_coco17": ("pose", preset("pose-w48", channels=17)),
    "simple_hrnet_w48_coco17": ("pose", preset("pose-w48", channels=17)),
    "higher_hrnet_w32_coco17": ("higher", preset("higher-w32", channels=17, tags=17)),
    "hrnetv2_cls_w18_small_v2": ("cls", preset("cls-w18-small-v2", channels=1)),
    "hrnetv2_cls_w48": ("cls", preset("cls-w48", channels=1)),
    "hrnetv2_seg_w48_cityscapes19": ("seg", preset("seg-w48", channels=19)),
    "sportlight_hrnet57_w48_up2": ("points", preset("points-w48", channels=58, refine_softmax=True)),
    "sportlight_hrnet57_w48_up2_refine1": ("points", preset("points-w48", channels=58, refine_softmax=True, refine=1)),
    "sportlight_line_ehm23_w48": ("lines", preset("lines-w48", channels=23)),
    "nbjw_kp58_w48": ("nbjw", preset("nbjw-w48", channels=58)),
    "nbjw_lines24_w48": ("nbjw", preset("nbjw-w48", channels=24)),
}


def _tensors(path: Path) -> dict[str, Tensor]:
    with np.load(path) as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays.files}


def _features(net: HRNet) -> dict[str, list[Tensor]]:
    seen: dict[str, list[Tensor]] = {}

    def remember(name: str) -> Any:
        def hook(_: nn.Module, __: Any, output: Any) -> None:
            seen[name] = output if isinstance(output, list) else [output]

        return hook

    net.layer1.register_forward_hook(remember("layer1"))
    for stage in (2, 3, 4):
        getattr(net, f"stage{stage}")[-1].register_forward_hook(remember(f"stage{stage}"))
    return seen


@pytest.mark.parametrize("name", CASES)
def test_every_family_agrees_with_its_reference(parity: Path, name: str) -> None:
    state = _tensors(parity / f"{name}.weights.npz")
    assert recognise(state) == CASES[name].removesuffix("-noalign")
    net = HRNet(infer_spec(normalise(state), CASES[name])).double().eval()
    report = load_into(net, state)
    assert report.exact, report.text()
    assert report.unused == ()
    seen = _features(net)
    with np.load(parity / f"{name}.npz") as reference, torch.inference_mode():
        outputs = net(torch.from_numpy(reference["input"]))
        for i in range(sum(key.startswith("out") for key in reference.files)):
            assert np.abs(outputs[i].numpy() - reference[f"out{i}"]).max() < 1e-10
        for key in reference.files:
            if key.startswith("feat/"):
                layer, branch = key.removeprefix("feat/").removeprefix("model.").split("/")
                assert np.abs(seen[layer][int(branch)].numpy() - reference[key]).max() < 1e-6


@pytest.mark.parametrize("name", KEYS)
def test_names_and_shapes_are_those_of_published_checkpoints(parity: Path, name: str) -> None:
    family, spec = KEYS[name]
    published: Mapping[str, Any] = json.loads((parity / "keys" / f"{name}.json").read_text())
    with torch.device("meta"):
        state = {key: torch.empty(shape) for key, (shape, _) in published["keys"].items()}
        net = HRNet(spec)
    own = {key: value.shape for key, value in net.state_dict().items()}
    given = {key: value.shape for key, value in normalise(state).items()}
    assert recognise(state) == family
    assert _comparable(infer_spec(normalise(state), family)) == _comparable(spec)
    if family == "cls":
        other = ("incre_modules", "downsamp_modules", "classifier", "final_layer")
        given = {key: shape for key, shape in given.items() if not key.startswith(other)}
    else:
        assert parameter_count(net) == published["params"]
    assert given == own


def _comparable(spec: Spec) -> dict[str, Any]:
    """Facts that are written in the weights; the rest of a spec does not matter without them."""
    values = spec.to_dict()
    keys = ["width", "layer1", "blocks", "modules", "stem", "head", "upscale", "skip", "internal", "refine", "output"]
    return {key: values[key] for key in keys} | ({"channels": spec.channels} if spec.head != "none" else {})


def test_dark_and_its_unbiased_variant(parity: Path) -> None:
    with np.load(parity / "dark_udp.npz") as reference:
        maps = reference["maps"][None]
        assert np.abs(decoders.blur(maps, 11)[0] - reference["blurred"]).max() < 1e-6
        assert np.array_equal(decoders.peaks(maps)[0], reference["argmax"])
        assert np.array_equal(decoders.quarter_offset(maps)[0], reference["quarter"])
        assert np.abs(decoders.dark(maps)[0] - reference["dark"]).max() < 1e-5
        assert np.abs(decoders.dark_udp(maps)[0] - reference["dark_udp"]).max() < 1e-5
        assert np.abs(decoders.dark(maps)[0][0] - reference["true"]).max() < 0.02


def test_pitch_points_and_line_ends(parity: Path) -> None:
    with np.load(parity / "sportlight_decode.npz") as reference:
        assert np.abs(decoders.corner_pixels(reference["sp_logp"], (960, 540)) - reference["sp_pred"]).max() < 1e-4
        assert np.abs(decoders.line_ends(reference["ehm_maps"]) - reference["ehm_pred"]).max() < 1e-5


def test_pose_targets_decoding_and_transform(parity: Path) -> None:
    with np.load(parity / "pose_official.npz") as z:
        targets, weights = decoders.rounded_targets(
            z["joints"][:, :2], z["vis"][:, 0], input_size=(192, 256), map_size=(48, 64), sigma=2
        )
        assert np.abs(targets - z["target"]).max() < 1e-6
        assert np.array_equal(weights, z["target_weight"][:, 0])
        places, value = decoders.peaks(z["out"])
        assert np.array_equal(places, z["argmax"])
        assert np.allclose(value, z["maxvals"][..., 0])
        crop = decoders.crop_from_image(z["center"][0], z["scale"][0], (48, 64))
        image_from_crop = np.linalg.inv(np.vstack([crop, [0, 0, 1]]))
        assert np.allclose(image_from_crop[:2], z["affine_inv"])
        refined, _ = decoders.quarter_offset(z["out"])
        assert np.allclose(refined @ image_from_crop[:2, :2].T + image_from_crop[:2, 2], z["preds"])
        turned = decoders.crop_from_image(z["center"][0], z["scale"][0], (192, 256), degrees=30)
        assert np.abs(turned - z["affine"]).max() < 1e-4
        pairs = [(k, k + 1) for k in range(1, 16, 2)]
        assert np.array_equal(decoders.flip_back(z["out"], pairs), z["flip_back"])
        assert metrics.pck_of_maps(places, decoders.peaks(z["target"][None])[0], map_size=(48, 64)) == z["pck_avg"]


def test_pose_losses(parity: Path) -> None:
    with np.load(parity / "pose_official.npz") as z:
        # The reference batch holds the sample and the same maps with the channels in reverse order.
        maps = torch.from_numpy(np.concatenate([z["out"], z["out"][:, ::-1]])).double()
        targets = torch.from_numpy(np.stack([z["target"]] * 2)).double()
        weight = torch.from_numpy(np.stack([z["target_weight"][:, 0]] * 2)).double()
        assert float(losses.joints_mse(maps, targets, weight)) == pytest.approx(float(z["mse"]), rel=1e-6)
        every = torch.ones_like(weight)
        assert float(losses.joints_mse(maps, targets, every)) == pytest.approx(float(z["mse_noweight"]), rel=1e-6)
        assert float(losses.hardest_joints_mse(maps, targets, weight)) == pytest.approx(float(z["ohkm8"]), rel=1e-6)


def test_pitch_losses(parity: Path) -> None:
    with np.load(parity / "sportlight_losses.npz") as z:
        log_maps, targets = torch.from_numpy(z["pred"]).double(), torch.from_numpy(z["target"]).double()
        every = torch.ones(log_maps.shape[:2], dtype=torch.float64)
        assert float(losses.masked_mse(log_maps.exp(), targets, every)) == pytest.approx(float(z["loss_mse"]), rel=1e-6)
        assert float(losses.kl_divergence(log_maps, targets, every)) == pytest.approx(float(z["loss_kl"]), rel=1e-6)
        wing = losses.adaptive_wing(log_maps.exp(), targets, every)
        assert float(wing) == pytest.approx(float(z["loss_awing"]), rel=1e-6)
        lines, ends = torch.from_numpy(z["ehm_pred"]).double(), torch.from_numpy(z["ehm_target"]).double()
        wing = losses.adaptive_wing(lines, ends, torch.ones(lines.shape[:2], dtype=torch.float64))
        assert float(wing) == pytest.approx(float(z["ehm_awing"]), rel=1e-6)
        weighted = losses.gaussian_mse(lines, ends, torch.ones(lines.shape[:2], dtype=torch.float64))
        assert float(weighted) == pytest.approx(float(z["ehm_gmse"]), rel=1e-6)


def test_pitch_targets_up_to_the_cut_at_four_sigma(parity: Path) -> None:
    codec = Codec((960, 540), stride=16, sigma=1.5, alignment="corner")
    with np.load(parity / "sportlight_losses.npz") as z:
        for points, target in zip(z["keypoints"].astype(np.float64), z["target"], strict=True):
            maps, _ = codec.encode(points[:, :2], np.where(points[:, 2] > 0, VISIBLE, ABSENT))
            assert np.abs(maps - target).max() < np.exp(-8)
