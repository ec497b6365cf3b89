"""What a training minimises: from the network's outputs and a batch to one number."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from model import losses
from model.feed import Batch
from model.heatmaps import ABSENT, UNKNOWN, VISIBLE
from model.hrnet import finest
from model.plan import TrainingConfig
from model.spec import Spec

VISIBLE_WEIGHT, SCALAR_WEIGHT, PRESENCE_WEIGHT = 0.02, 1.0, 0.02


@dataclass(frozen=True)
class Objective:
    """The loss of a network with this spec, trained with these settings."""

    config: TrainingConfig
    spec: Spec

    def loss(self, outputs: list[Tensor], batch: Batch, device: torch.device) -> Tensor:
        """One number with a gradient, from what the network says of ``batch``."""
        if self.spec.head == "regression" and self.spec.trunk == "hrnet":
            return self._of_places(outputs, batch, device)
        targets = torch.from_numpy(batch.targets).to(device)
        mask = torch.from_numpy(batch.masks).to(device)
        total = self._of_maps(finest(outputs).float(), targets, mask)
        said = list(outputs[:-1])
        if self.spec.visible:
            states = torch.from_numpy(batch.states).to(device)
            total = total + VISIBLE_WEIGHT * _of_flags(said.pop(0), states == VISIBLE, states != UNKNOWN)
        if self.spec.scalars:
            total = total + SCALAR_WEIGHT * _of_scalars(said.pop(0), torch.from_numpy(batch.scalars).to(device))
        return total

    def _of_maps(self, maps: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
        """``maps`` are logarithms where the network ends in a log-softmax, else as they are, without a background."""
        config = self.config
        if self.spec.output == "log_softmax" and config.loss == "cross_entropy":
            return losses.channel_cross_entropy(maps, targets, mask, focus=config.focus)
        if self.spec.output == "log_softmax" and config.loss == "kl":
            return losses.kl_divergence(maps, targets, mask)
        linear = maps.exp() if self.spec.output == "log_softmax" else maps
        targets, mask = targets[:, : linear.shape[1]], mask[:, : linear.shape[1]]
        if config.loss == "ohkm":
            points = batch_points(self.spec, linear.shape[1])
            return losses.hardest_joints_mse(linear[:, :points], targets[:, :points], mask[:, :points])
        if config.loss == "joints_mse":
            points = batch_points(self.spec, linear.shape[1])
            return losses.joints_mse(linear[:, :points], targets[:, :points], mask[:, :points])
        if config.loss == "adaptive_wing":
            return losses.adaptive_wing(linear, targets, mask)
        return losses.masked_mse(linear, targets, mask)

    def _of_places(self, outputs: list[Tensor], batch: Batch, device: torch.device) -> Tensor:
        """Squared distance of the points in view, in shares of the box (DeepPose, eq. 4), and whether they are."""
        presence, places = outputs
        truth = torch.from_numpy(batch.places).to(device)
        states = torch.from_numpy(batch.states).to(device)
        there = (states > ABSENT).float()
        squared = (places.float() - truth).square().sum(dim=2) * there
        return squared.sum() / there.sum().clamp(min=1) + PRESENCE_WEIGHT * _of_flags(
            presence, states > ABSENT, states != UNKNOWN
        )


def batch_points(spec: Spec, channels: int) -> int:
    """How many of the channels are points: all but the background, where there is one."""
    return channels - 1 if spec.output == "log_softmax" else channels


def _of_flags(logits: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """Binary cross-entropy over what is known."""
    each = functional.binary_cross_entropy_with_logits(logits.float(), truth.float(), reduction="none")
    return (each * known).sum() / known.sum().clamp(min=1)


def _of_scalars(logits: Tensor, shares: Tensor) -> Tensor:
    """Mean squared error in shares of the range, over what is known."""
    known = torch.isfinite(shares)
    squared = (logits.float().sigmoid() - torch.nan_to_num(shares)).square() * known
    return squared.sum() / known.sum().clamp(min=1)
