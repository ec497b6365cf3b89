"""The last phase of a training with numbers: their layers are fitted to the network as it has become.

No gradient goes back from a number, so while the network learns its layers run after features that change under them.
Once the rest is done they can be fitted for many rounds at the cost of one look at each view.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor, nn

from model.dataset import TrainingSet
from model.extras import Extras
from model.feed import Batch, Feed
from model.heatmaps import Codec
from model.networks import Network
from model.plan import TrainingConfig

ROUNDS, RATE, BATCH, DROP = 60, 2e-3, 64, 0.2
_LEAST_SPREAD = 1e-2
VIEWS, MOST_VIEWS = 4, 90_000


def feed_of(config: TrainingConfig, sets: Sequence[tuple[TrainingSet, float]], codec: Codec) -> Feed:
    """Views to fit numbers on: as at a network's last look, and less disturbed than those it learnt points from."""
    close = [pair for pair in sets if pair[0].samples[0].box is not None]
    views = config.augmentation
    calm = replace(
        views,
        zoom=min(views.zoom, 1.1),
        cut_out=min(views.cut_out, 0.05),
        blur=min(views.blur, 0.05),
        jpeg=min(views.jpeg, 0.1),
        noise=min(views.noise, 8.0),
    )
    return Feed(
        close or sets, split="train", codec=codec, augmentation=calm, seed=config.seed + 1,
        cache_bytes=config.cache_bytes,
    )  # fmt: skip


def fit_numbers(net: Network, views: Iterable[Batch], prepare: Callable[[Tensor], Tensor], *, seed: int = 0) -> float:
    """Fit the layers of the numbers in place; the mean absolute error in shares of the ranges is returned.

    ``net`` is in evaluation mode and its other layers stay as they are. Without a view whose numbers are known nothing
    changes and NaN is returned.
    """
    extras = cast(Extras, net.get_submodule("extras"))
    known, truth = _looked(net, extras, views, prepare)
    if not len(known):
        return math.nan
    layers = (extras.count, extras.count_middle, extras.count_out)
    torch.manual_seed(seed)
    for layer in layers:
        layer.reset_parameters()
    with torch.enable_grad():
        return _fitted(extras, layers, known, truth, seed)


def _looked(
    net: Network, extras: Extras, views: Iterable[Batch], prepare: Callable[[Tensor], Tensor]
) -> tuple[Tensor, Tensor]:
    """What the numbers are worked out from in every view, and the numbers themselves where they are known."""
    found: list[Tensor] = []

    def keep(_module: nn.Module, given: tuple[Tensor, Tensor, Tensor], _answer: object) -> None:
        found.append(extras.known(*given))

    truth: list[Tensor] = []
    with torch.inference_mode(), extras.register_forward_hook(keep):
        for batch in views:
            net(prepare(torch.from_numpy(batch.images)))
            truth.append(torch.from_numpy(batch.scalars))
    if not truth:
        return torch.empty(0, 0), torch.empty(0, 0)
    shares = torch.cat(truth).to(found[0].device)
    usable = torch.isfinite(shares).any(dim=1)
    # Tensors made in inference mode cannot be learnt from; copies can.
    return torch.cat(found)[usable].clone(), shares[usable].clone()


def _fitted(extras: Extras, layers: Iterable[nn.Module], known: Tensor, truth: Tensor, seed: int) -> float:
    middle, spread = known.mean(dim=0), known.std(dim=0, correction=0) + _LEAST_SPREAD
    known = (known - middle) / spread
    parameters = [one.requires_grad_() for layer in layers for one in layer.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=1e-3)
    order = torch.Generator().manual_seed(seed)
    steps = ROUNDS * math.ceil(len(known) / BATCH)
    plan = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    there = torch.isfinite(truth)
    wanted = torch.nan_to_num(truth)
    for _ in range(ROUNDS):
        shuffled = torch.randperm(len(known), generator=order)
        for start in range(0, len(known), BATCH):
            some = shuffled[start : start + BATCH]
            off = (extras.numbers(known[some], drop=DROP).sigmoid() - wanted[some]).abs() * there[some]
            loss = off.sum() / there[some].sum().clamp(min=1)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            plan.step()
    with torch.no_grad():
        off = (extras.numbers(known).sigmoid() - wanted).abs() * there
        # The first layer takes over the scaling of what it is given; rounded as it will be stored, since what is lost
        # there would else be multiplied by the middle.
        extras.count.weight.copy_((extras.count.weight / spread).half())
        extras.count.bias.sub_(extras.count.weight @ middle)
    return float(off.sum()) / float(there.sum())
