"""The residual blocks every HRNet is made of, with the parameter names of the published checkpoints."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.spec import Upsampling


def conv(inputs: int, outputs: int, size: int, *, stride: int = 1, bias: bool = False) -> nn.Conv2d:
    """A convolution that keeps the size at stride 1 (padding ``size // 2``)."""
    return nn.Conv2d(inputs, outputs, size, stride=stride, padding=size // 2, bias=bias)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut (He et al. 2016, arXiv 1512.03385, figure 5 left)."""

    expansion = 1

    def __init__(self, inputs: int, planes: int) -> None:
        super().__init__()
        self.conv1 = conv(inputs, planes, 3)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = conv(planes, planes, 3)
        self.bn2 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(inputs, planes)

    @property
    def last_norm(self) -> nn.BatchNorm2d:
        """The normalisation just before the addition."""
        return self.bn2

    def forward(self, x: Tensor) -> Tensor:
        """``(B, planes, H, W)`` from ``(B, inputs, H, W)``."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        out: Tensor = self.relu(y + self.downsample(x))
        return out


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 and a shortcut, four times as wide outside (arXiv 1512.03385, figure 5 right)."""

    expansion = 4

    def __init__(self, inputs: int, planes: int) -> None:
        super().__init__()
        wide = planes * self.expansion
        self.conv1 = conv(inputs, planes, 1)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = conv(planes, planes, 3)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = conv(planes, wide, 1)
        self.bn3 = nn.BatchNorm2d(wide)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(inputs, wide)

    @property
    def last_norm(self) -> nn.BatchNorm2d:
        """The normalisation just before the addition."""
        return self.bn3

    def forward(self, x: Tensor) -> Tensor:
        """``(B, 4 planes, H, W)`` from ``(B, inputs, H, W)``."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        out: Tensor = self.relu(y + self.downsample(x))
        return out


def _shortcut(inputs: int, outputs: int) -> nn.Module:
    if inputs == outputs:
        return nn.Identity()
    return nn.Sequential(conv(inputs, outputs, 1), nn.BatchNorm2d(outputs))


def chain(block: type[BasicBlock] | type[Bottleneck], inputs: int, planes: int, count: int) -> nn.Sequential:
    """``count`` blocks in a row; the first one changes the width if it has to."""
    wide = planes * block.expansion
    return nn.Sequential(block(inputs, planes), *(block(wide, planes) for _ in range(count - 1)))


def norm_relu(inputs: int, outputs: int, size: int, *, stride: int = 1) -> list[nn.Module]:
    """Convolution without bias, batch normalisation, ReLU."""
    return [conv(inputs, outputs, size, stride=stride), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]


def resize(x: Tensor, size: tuple[int, int], mode: Upsampling, *, align_corners: bool = False) -> Tensor:
    """``x`` resampled to ``size`` (height, width); unchanged when it already has it."""
    if x.shape[-2:] == torch.Size(size):
        return x
    if mode == "nearest":
        return functional.interpolate(x, size=size, mode="nearest")
    return functional.interpolate(x, size=size, mode="bilinear", align_corners=align_corners)
