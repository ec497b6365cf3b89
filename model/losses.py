"""Losses between maps and targets, all with channel masks.

Shapes: maps and targets ``(B, C, h, w)``, masks ``(B, C)`` of 0 and 1. A masked channel is one nobody knows about: it
contributes neither value nor gradient.
"""

from __future__ import annotations

import torch
from torch import Tensor

FOCUS = 8.0
"""Extra weight of a cell that surely holds a point, on top of 1."""


def channel_cross_entropy(log_maps: Tensor, targets: Tensor, mask: Tensor, *, focus: float = FOCUS) -> Tensor:
    """Cross-entropy over channels against the targets normalised in each cell, weighted 1 + focus (1 - background).

    ``log_maps`` are log-probabilities with the background channel last. Masked channels leave the softmax: the
    probabilities of the others are normalised among themselves, so an unknown point may appear anywhere unpunished.
    """
    weight = 1 + focus * (1 - targets[:, -1])
    if bool((mask == 0).any()):
        hidden = (mask == 0)[:, :, None, None]
        log_maps = log_maps - torch.logsumexp(log_maps.masked_fill(hidden, -torch.inf), dim=1, keepdim=True)
        targets = targets.masked_fill(hidden, 0.0)
    entropy = -(targets * log_maps).sum(dim=1) / targets.sum(dim=1)
    return (weight * entropy).sum() / weight.sum()


def masked_mse(maps: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    """Mean squared difference of linear maps over the known channels."""
    squares = (maps - targets).square().mean(dim=(2, 3))
    return (squares * mask).sum() / mask.sum().clamp(min=1)


def kl_divergence(log_maps: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    """Sum of t (ln t - ln p) over the known channels, per sample (Kullback and Leibler 1951; 0 ln 0 = 0)."""
    terms = torch.xlogy(targets, targets) - targets * log_maps
    return (terms.sum(dim=(2, 3)) * mask).sum() / len(targets)


def adaptive_wing(
    maps: Tensor,
    targets: Tensor,
    mask: Tensor,
    *,
    alpha: float = 2.1,
    omega: float = 14.0,
    epsilon: float = 1.0,
    theta: float = 0.5,
) -> Tensor:
    """Adaptive wing loss (Wang, Bo and Fuxin 2019, arXiv 1904.07399, eq. 3), mean over the known channels."""
    difference = (targets - maps).abs()
    power = alpha - targets
    ratio = torch.pow(torch.full_like(power, theta / epsilon), power)
    slope = omega / (1 + ratio) * power * ratio / (theta / epsilon) / epsilon
    shift = theta * slope - omega * torch.log1p(ratio)
    # The base stays away from 0, where the gradient of a power is not finite.
    curve = omega * torch.log1p(torch.pow((difference / epsilon).clamp(min=1e-12), power))
    values = torch.where(difference < theta, curve, slope * difference - shift)
    return (values.mean(dim=(2, 3)) * mask).sum() / mask.sum().clamp(min=1)


def joints_mse(maps: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    """Half the mean squared difference, averaged over joints; maps and targets are multiplied by the mask (1902.09212).

    The published form: a masked joint counts as a perfect one.
    """
    return _joint_errors(maps, targets, mask).mean()


def hardest_joints_mse(maps: Tensor, targets: Tensor, mask: Tensor, *, top: int = 8) -> Tensor:
    """Half the mean squared difference of the ``top`` worst joints of each sample (online hard keypoint mining).

    A scheme with fewer joints has them all counted.
    """
    errors = _joint_errors(maps, targets, mask)
    worst, _ = errors.topk(min(top, errors.shape[1]), dim=1)
    return worst.mean()


def _joint_errors(maps: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    weight = mask[:, :, None, None]
    return 0.5 * (maps * weight - targets * weight).square().mean(dim=(2, 3))


def gaussian_mse(maps: Tensor, targets: Tensor, mask: Tensor, *, width: float = 4.0) -> Tensor:
    """Squared differences damped by exp(-d^2 / 2 width^2), so that outliers pull less; mean over the known channels."""
    squares = (maps - targets).square()
    values = squares * torch.exp(-squares / (2 * width**2))
    return (values.mean(dim=(2, 3)) * mask).sum() / mask.sum().clamp(min=1)
