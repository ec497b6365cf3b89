"""What a training begins with: settings and sets that fit together, the card, the first weights, the optimiser."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from model.checkpoint import Card, Checkpoint, load
from model.dataset import TrainingSet
from model.hrnet import Spec, preset
from model.networks import Network
from model.pipeline import choose_device
from model.plan import Precision, TrainingConfig, TrainingError


def check(config: TrainingConfig, sets: Sequence[tuple[TrainingSet, float]]) -> None:
    """Raise `TrainingError` for settings or weighted sets with which no training can be done."""
    if not sets:
        raise TrainingError("There is no training set. Export labelled frames first.")
    first = sets[0][0]
    for training_set, weight in sets:
        if training_set.keypoints != first.keypoints:
            raise TrainingError(f"{training_set.folder}: other keypoints than {first.folder}. Use one scheme.")
        if not training_set.of_split("train"):
            raise TrainingError(f"{training_set.folder}: no sample is marked for training. Label and export frames.")
        if not weight > 0:
            raise TrainingError(f"{training_set.folder}: weight {weight} is not positive. Leave the set out instead.")
    if config.second_look and any(sample.box is not None for one, _ in sets for sample in one.samples[:1]):
        raise TrainingError("A second look is for whole images; these samples have boxes. Train without it.")
    if config.batch < 1 or config.samples < 1 or config.lr <= 0 or config.threads < 1:
        raise TrainingError("Batch, samples, learning rate and threads must be positive.")
    if config.batch < int(os.environ.get("WORLD_SIZE", "1")):
        raise TrainingError(f"A batch of {config.batch} cannot be shared by the processes. Choose a larger one.")


def spec_for(config: TrainingConfig, count: int) -> Spec:
    """The network of the settings, with the channels that ``count`` keypoints need."""
    spec = config.network if isinstance(config.network, Spec) else preset(config.network, channels=count + 1)
    return replace(spec, channels=count if spec.output == "none" and spec.head != "regression" else count + 1)


def card_for(config: TrainingConfig, first: TrainingSet) -> Card:
    """What the weights will mean; `TrainingError` for a network that cannot be trained as asked."""
    spec = spec_for(config, len(first.keypoints))
    if spec.trunk == "unet" or spec.head == "light":
        # What a set knows of its samples is what its network learns to say.
        beneath = spec.beneath if isinstance(config.network, Spec) else bool(first.scalars)
        visible = spec.visible or bool(first.scalars)
        spec = replace(spec, scalars=len(first.scalars), visible=visible, beneath=beneath)
    if spec.output == "softmax":
        raise TrainingError("Networks are trained with a log-softmax over channels, or with none, not with a softmax.")
    if spec.output == "none" and spec.head != "regression" and config.loss not in ("mse", "joints_mse", "ohkm"):
        raise TrainingError("A network without a softmax is trained by 'mse', 'joints_mse' or 'ohkm'. Choose one.")
    return Card(
        spec=spec,
        names=first.keypoints,
        input_size=config.input_size,
        sigma=config.sigma,
        scheme=first.scheme,
        mirror=first.mirror,
        scalars=first.scalars if spec.scalars else (),
        second_look=config.second_look,
        licence=config.licence,
        attribution=config.attribution,
    )


def begin_from(net: Network, start: Path | Checkpoint) -> None:
    """Take over every weight of the same name and shape; another scheme keeps the trunk and gets a new last layer."""
    source = start if isinstance(start, Checkpoint) else load(start)
    own = net.state_dict()
    fitting = {name: value for name, value in source.weights.items() if name in own and own[name].shape == value.shape}
    if len(fitting) < len(source.weights) // 2:
        raise TrainingError(f"Only {len(fitting)} of {len(source.weights)} weights fit. Choose the preset they have.")
    net.load_state_dict(fitting, strict=False)


def laid_out(net: Network, device: torch.device) -> Network:
    """On its device, channels last: 1.3 to 1.6 times as fast on a CPU."""
    net.to(device)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net


def optimiser_for(net: nn.Module, config: TrainingConfig) -> torch.optim.AdamW:
    """Weight decay on kernels only (arXiv 1711.05101)."""
    kernels = [p for p in net.parameters() if p.ndim > 1]
    vectors = [p for p in net.parameters() if p.ndim <= 1]
    groups = [{"params": kernels, "weight_decay": config.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    fused = next(net.parameters()).device.type in ("cpu", "cuda")
    return torch.optim.AdamW(groups, lr=config.lr, fused=fused)


def device_name(name: str) -> str:
    """The device to compute on; `TrainingError` for one that is not there."""
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        return choose_device(name)
    except ValueError as error:
        raise TrainingError(f"Training cannot start: {error}.") from error


def wants_half(precision: Precision, device: torch.device) -> bool:
    """Whether to compute in bfloat16: as asked, else where the device is faster with it."""
    if precision != "auto":
        return precision == "bfloat16"
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    flags = Path("/proc/cpuinfo")
    return device.type == "cpu" and flags.exists() and "amx_bf16" in flags.read_text(encoding="utf-8", errors="replace")

