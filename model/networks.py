"""The network that a `Spec` describes, whatever its trunk, and the maps that its outputs amount to."""

from __future__ import annotations

import torch
from torch import Tensor

from model.heatmaps import Codec
from model.hrnet import HRNet, finest
from model.spec import Spec
from model.unet import UNet

Network = HRNet | UNet


def network(spec: Spec) -> Network:
    """A new network with fresh weights (or none, on the meta device)."""
    return UNet(spec) if spec.trunk == "unet" else HRNet(spec)


def linear_maps(outputs: list[Tensor], spec: Spec, codec: Codec) -> Tensor:
    """``(B, K + 1, h, w)`` linear maps in single precision, background last, of what a network returned.

    Places become the Gaussians that `Codec.decode` reads them from again, as high as the point is likely to be there.
    """
    if spec.head == "regression" and spec.trunk == "hrnet":
        return _drawn(outputs[0].float().sigmoid(), outputs[1].float(), codec)
    maps = finest(outputs).float()
    if spec.output == "log_softmax":
        return maps.exp()
    if spec.output == "softmax":
        return maps
    return with_background(maps.clamp(0, 1))


def with_background(maps: Tensor) -> Tensor:
    """Maps of points and what is left of the most likely of them."""
    return torch.cat([maps, 1 - maps.amax(dim=1, keepdim=True)], dim=1)


def _drawn(presence: Tensor, places: Tensor, codec: Codec) -> Tensor:
    size = torch.tensor(codec.input_size, dtype=torch.float32, device=places.device)
    pixels = (places + 0.5) * size - 0.5
    cells = (pixels - codec.input_from_cells(_ORIGIN)[0, 0]) / codec.stride
    width, height = codec.map_size
    x = torch.arange(width, device=places.device) - cells[..., 0:1]
    y = torch.arange(height, device=places.device) - cells[..., 1:2]
    spread = 2 * codec.sigma**2
    gaussian = torch.exp(-y.square() / spread)[..., :, None] * torch.exp(-x.square() / spread)[..., None, :]
    return with_background(gaussian * presence[..., None, None])


_ORIGIN = torch.zeros(1, 2).numpy()
