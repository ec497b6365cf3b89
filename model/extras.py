"""What a network says beside where points are: whether each can be seen, and numbers of the whole image.

The numbers follow from where the points are, so they are worked out from the maps as they are and never bend them: no
gradient goes back from a number (seed: heatmap, visibility and count of card packets learnt side by side).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from model.spec import Spec

_HIDDEN, _WIDE = 96, 192
_TINY = 1e-6
_THERE = 0.15


class Extras(nn.Module):
    """Visibility logits ``(B, K)`` and scalars ``(B, S)`` as logits of 0..1, from features and linear maps.

    ``forward`` takes the features ``(B, C, h, w)`` that the maps were made of, the coarsest features
    ``(B, D, h', w')`` and the maps of the K points ``(B, K, h, w)``.
    """

    def __init__(self, spec: Spec, points: int, *, features: int, deep: int) -> None:
        super().__init__()
        if spec.visible:
            self.seen = nn.Linear(features + deep + 1, _HIDDEN)
            self.who = nn.Parameter(torch.zeros(points, _HIDDEN))
            self.seen_out = nn.Linear(_HIDDEN, 1)
        if spec.scalars:
            beneath, wide = (points * features, _WIDE) if spec.beneath else (0, _HIDDEN)
            self.count = nn.Linear(3 * points + points * (points - 1) // 2 + deep + beneath, wide)
            self.count_middle = nn.Linear(wide, wide)
            self.count_out = nn.Linear(wide, spec.scalars)
        self.visible, self.scalars, self.beneath = spec.visible, spec.scalars, spec.beneath

    def forward(self, features: Tensor, deep: Tensor, maps: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """See the class; None for what the network does not say."""
        weights, peaks = _peaks(maps)
        under = torch.einsum("bkhw,bchw->bkc", weights, features.float())
        whole = deep.float().mean(dim=(2, 3))
        seen = self._seen(under, peaks, whole) if self.visible else None
        return seen, self.numbers(self._known(weights, peaks, under, whole)) if self.scalars else None

    def known(self, features: Tensor, deep: Tensor, maps: Tensor) -> Tensor:
        """What numbers are worked out from, ``(B, N)``, of the arguments of `forward`."""
        weights, peaks = _peaks(maps)
        under = torch.einsum("bkhw,bchw->bkc", weights, features.float())
        return self._known(weights, peaks, under, deep.float().mean(dim=(2, 3)))

    def numbers(self, known: Tensor, *, drop: float = 0.0) -> Tensor:
        """The scalars as logits of 0..1, ``(B, S)``, of what `known` returns; ``drop`` of the first layer left out."""
        hidden = functional.dropout(functional.relu(self.count(known)), drop, training=drop > 0)
        return cast(Tensor, self.count_out(functional.relu(self.count_middle(hidden))))

    def _known(self, weights: Tensor, peaks: Tensor, under: Tensor, whole: Tensor) -> Tensor:
        """Detached, so that no number bends what it is worked out from."""
        found = self._arrangement(weights, peaks, whole.detach())
        return torch.cat([found, under.detach().flatten(1)], dim=1) if self.beneath else found

    def _seen(self, under: Tensor, peaks: Tensor, whole: Tensor) -> Tensor:
        """From the features under each peak: a point hidden by something looks like that thing."""
        around = whole[:, None].expand(-1, under.shape[1], -1)
        hidden = functional.relu(self.seen(torch.cat([under, around, peaks[..., None]], dim=2)) + self.who)
        return cast(Tensor, self.seen_out(hidden)).squeeze(2)

    @staticmethod
    def _arrangement(weights: Tensor, peaks: Tensor, whole: Tensor) -> Tensor:
        """Where the peaks lie among each other, in units of their own spread, and from the coarsest features.

        Distances between them are given as such: learnt from the places they took ten times as many samples.
        """
        rows = torch.linspace(-1, 1, weights.shape[2], device=weights.device)
        columns = torch.linspace(-1, 1, weights.shape[3], device=weights.device)
        y = (weights.sum(dim=3) * rows).sum(dim=2) * (weights.shape[2] / weights.shape[3])
        x = (weights.sum(dim=2) * columns).sum(dim=2)
        # A point that is not in view has no peak, and what lies highest in its map says nothing.
        there = (peaks > _THERE).float()[..., None]
        some = there.sum(dim=1, keepdim=True).clamp(min=1)
        places = torch.stack([x, y], dim=2)
        places = (places - (places * there).sum(dim=1, keepdim=True) / some) * there
        places = places / ((places.square().sum(dim=(1, 2), keepdim=True) / (2 * some)).sqrt() + _TINY)
        first, second = torch.triu_indices(places.shape[1], places.shape[1], 1, device=places.device)
        both = (there[:, first] * there[:, second]).squeeze(2)
        apart = (places[:, first] - places[:, second]).square().sum(dim=2).sqrt() * both
        return torch.cat([places.flatten(1), apart, peaks, whole], dim=1)


def _peaks(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Shares of each cell in its point ``(B, K, h, w)``, adding up to one, and the values of the peaks ``(B, K)``."""
    maps = maps.detach().float()
    weights = maps.square()
    return weights / (weights.sum(dim=(2, 3), keepdim=True) + _TINY), maps.amax(dim=(2, 3))
