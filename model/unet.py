"""A UNet that answers as an HRNet does: maps of points, and beside them visibility and numbers (`model.extras`).

Ronneberger, Fischer, Brox, *U-Net*, arXiv 1505.04597, with batch normalisation, bilinear upsampling and 1x1 joins. The
maps are a softmax over channels with a background, not over the image: a map that has to sum to one over the image can
never be the Gaussian of height one that it is taught.
"""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from model import heads
from model.blocks import conv, norm_relu, resize
from model.extras import Extras
from model.spec import Spec

__all__ = ["UNet"]


class UNet(nn.Module):
    """The network of a `Spec` whose trunk is "unet".

    ``forward`` takes ``(B, 3, H, W)`` floats, already normalised, and returns a list that ends in the maps
    ``(B, channels, H / 2, W / 2)``; what it says beside them stands before: visibility, then scalars.
    """

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.spec = spec
        widths = spec.levels
        self.conv1 = conv(3, widths[0], 3)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.relu = nn.ReLU(inplace=False)
        self.down = nn.ModuleList(_pair(before, after) for before, after in pairwise(widths))
        self.join = nn.ModuleList(
            nn.Sequential(*norm_relu(coarse + fine, fine, 1), *norm_relu(fine, fine, 3))
            for fine, coarse in pairwise(widths[1:])
        )
        self.final_layer = conv(widths[1], spec.channels, 1, bias=True)
        if spec.has_extras:
            self.extras = Extras(spec, spec.channels - 1, features=widths[1], deep=widths[-1])
        if self.conv1.weight.device.type != "meta":
            self.reset_parameters()

    def reset_parameters(self) -> None:
        """He initialisation; the background starts likely."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        heads.start_with_background(self.final_layer)

    def forward(self, x: Tensor) -> list[Tensor]:
        """See the class."""
        levels = [self.relu(self.bn1(self.conv1(x)))]
        for block in self.down:
            levels.append(block(functional.max_pool2d(levels[-1], 2, ceil_mode=True)))
        y = levels[-1]
        for place in reversed(range(len(self.join))):
            fine = levels[place + 1]
            y = resize(y, (fine.shape[-2], fine.shape[-1]), "bilinear")
            y = self.join[place](torch.cat([y, fine], dim=1))
        raw = self.final_layer(y)
        maps = heads.activate(raw, self.spec)
        if not self.spec.has_extras:
            return [maps]
        linear = functional.softmax(raw.float(), dim=1)[:, :-1]
        said = cast(tuple[Tensor | None, Tensor | None], self.extras(y, levels[-1], linear))
        return [*(one for one in said if one is not None), maps]


def _pair(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(*norm_relu(inputs, outputs, 3), *norm_relu(outputs, outputs, 3))
