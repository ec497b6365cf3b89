"""What turns the four branches of an HRNet into maps; the layers live flat on the network so that keys match."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.blocks import BasicBlock, chain, conv, norm_relu, resize
from model.extras import Extras

if TYPE_CHECKING:
    from model.hrnet import HRNet
    from model.spec import Spec

BACKGROUND_BIAS = 4.0
"""Start of the background logit: most cells are background, and saying so saves the first thousand samples."""


def attach(net: nn.Module, spec: Spec) -> None:
    """Add the head's layers to ``net`` under the names of the published checkpoints."""
    if spec.head == "single":
        net.add_module("final_layer", conv(spec.width, spec.channels, 1, bias=True))
    elif spec.head == "concat":
        wide = _concat_width(spec)
        net.add_module("last_layer", _concat_layers(wide, spec))
        stages = [RefinementStage(wide + spec.channels, spec) for _ in range(spec.refine)]
        if stages:
            net.add_module("refinement_stages", nn.ModuleList(stages))
    elif spec.head == "higher":
        _attach_higher(net, spec)
    elif spec.head == "light":
        net.add_module("reduce", nn.ModuleList(conv(width, spec.head_width, 1) for width in spec.widths))
        net.add_module("reduce_bn", nn.BatchNorm2d(spec.head_width))
        net.add_module("joint", nn.Sequential(*norm_relu(spec.head_width + spec.stem[1], spec.head_width, 3)))
        net.add_module("final_layer", conv(spec.head_width, spec.channels, 1, bias=True))
        if spec.has_extras:
            extras = Extras(spec, spec.channels - 1, features=spec.head_width, deep=spec.widths[-1])
            net.add_module("extras", extras)
    elif spec.head == "regression":
        net.add_module("places", nn.Linear(sum(spec.widths), 2 * (spec.channels - 1)))
        net.add_module("presence", nn.Linear(sum(spec.widths), spec.channels - 1))


def reset(net: nn.Module, spec: Spec) -> None:
    """Initialise the last layer small and the background (last channel) likely, for softmax heads."""
    if spec.output == "none" or spec.head not in ("light", "concat"):
        return
    start_with_background(
        cast(nn.Conv2d, net.final_layer if spec.head == "light" else cast(nn.Sequential, net.last_layer)[-1])
    )


def start_with_background(last: nn.Conv2d) -> None:
    """Initialise a last layer small, and its last channel likely."""
    nn.init.normal_(last.weight, std=0.01)
    if last.bias is not None:
        nn.init.zeros_(last.bias)
        with torch.no_grad():
            last.bias[-1] = BACKGROUND_BIAS


def apply(net: nn.Module, spec: Spec, branches: list[Tensor], raw: Tensor, quarter: Tensor) -> list[Tensor]:
    """The outputs of the head, first to final; see `model.hrnet.HRNet`."""
    layers = cast(Any, net)
    if spec.head == "none":
        return branches
    if spec.head == "single":
        return [activate(layers.final_layer(branches[0]), spec)]
    if spec.head == "light":
        return _light_outputs(layers, spec, branches, quarter)
    if spec.head == "regression":
        return _regression(layers, branches)
    if spec.head == "higher":
        return _higher(layers, branches[0])
    if hasattr(net, "split_layer"):
        return [activate(_split_concat(layers, spec, branches, raw), spec)]
    joined = _concat(layers, spec, branches, raw)
    outputs = [activate(layers.last_layer(joined), spec)]
    for stage in getattr(net, "refinement_stages", ()):
        outputs.append(stage(torch.cat([joined, outputs[-1]], dim=1)))
    return outputs


def activate(maps: Tensor, spec: Spec) -> Tensor:
    """The activation over channels that the spec names, never in half precision."""
    if maps.dtype in (torch.bfloat16, torch.float16):
        maps = maps.float()
    if spec.output == "softmax":
        return functional.softmax(maps, dim=1)
    if spec.output == "log_softmax":
        return functional.log_softmax(maps, dim=1)
    return maps


def _light_outputs(layers: Any, spec: Spec, branches: list[Tensor], quarter: Tensor) -> list[Tensor]:
    """What is said beside the maps, if anything, and the maps."""
    joint = _light(layers, branches, quarter)
    raw: Tensor = layers.final_layer(joint)
    maps = activate(raw, spec)
    if not spec.has_extras:
        return [maps]
    linear = functional.softmax(raw.float(), dim=1)[:, :-1]
    return [*(one for one in layers.extras(joint, branches[-1], linear) if one is not None), maps]


def _regression(layers: Any, branches: list[Tensor]) -> list[Tensor]:
    """Presence logits ``(B, K)`` and places ``(B, K, 2)`` in shares of the input, (0, 0) its middle.

    Toshev and Szegedy, *DeepPose*, arXiv 1312.4659, eq. 1: N(y; b) = diag(1 / w, 1 / h) (y - b_c) with the middle of
    the box b_c, which here is the input.
    """
    whole = torch.cat([branch.float().mean(dim=(2, 3)) for branch in branches], dim=1)
    presence: Tensor = layers.presence(whole)
    return [presence, layers.places(whole).unflatten(1, (-1, 2))]


def _light(layers: Any, branches: list[Tensor], quarter: Tensor) -> Tensor:
    """The features that the maps are made of, at 1/4.

    A 1x1 convolution and a bilinear upsampling commute, so each branch is reduced at its own size and added.
    """
    size = (branches[0].shape[-2], branches[0].shape[-1])
    total = layers.reduce[0](branches[0])
    for reduce, branch in zip(layers.reduce[1:], branches[1:], strict=True):
        total = total + resize(reduce(branch), size, "bilinear")
    trunk = functional.relu(layers.reduce_bn(total))
    trunk = resize(trunk, (quarter.shape[-2], quarter.shape[-1]), "bilinear")
    joint: Tensor = layers.joint(torch.cat([trunk, quarter], dim=1))
    return joint


def _concat_width(spec: Spec) -> int:
    return sum(spec.widths) + (0 if spec.skip == "none" else spec.stem[0])


def _concat_layers(wide: int, spec: Spec) -> nn.Sequential:
    middle = spec.internal or wide
    layers: list[nn.Module] = [conv(wide, middle, 1, bias=True), nn.BatchNorm2d(middle), nn.ReLU(inplace=True)]
    if spec.internal:
        layers += [conv(middle, middle, 3, bias=True), nn.BatchNorm2d(middle), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, conv(middle, spec.channels, 1, bias=True))


def _concat(layers: Any, spec: Spec, branches: list[Tensor], raw: Tensor) -> Tensor:
    """Branches (and the skip) at the output grid, ``(B, sum of widths, h, w)``."""
    base = (branches[0].shape[-2], branches[0].shape[-1])
    size = (base[0] * spec.upscale, base[1] * spec.upscale)
    if spec.skip == "raw":
        # NBJW resizes to the highest branch first, doubles by repetition, and puts the raw convolution last.
        parts = [resize(branch, base, "bilinear", align_corners=spec.align_corners) for branch in branches]
        trunk = resize(torch.cat(parts, dim=1), size, "nearest")
        return torch.cat([trunk, resize(raw, size, "bilinear", align_corners=spec.align_corners)], dim=1)
    parts = [resize(branch, size, "bilinear", align_corners=spec.align_corners) for branch in branches]
    if spec.skip == "stem":
        stem = functional.relu(layers.bn1(raw))
        parts.insert(0, resize(stem, size, "bilinear", align_corners=spec.align_corners))
    return torch.cat(parts, dim=1)


COARSE = 3
"""How many of the coarsest branches `split` keeps at their own size, where resizing a wide result is cheaper."""


def split(net: HRNet) -> HRNet:
    """Give a folded network the faster form of its concat head, in place; the outputs stay the same.

    A 1x1 convolution and the resizing commute, so the coarse branches go through their share of the first layer at
    their own size and the results are added: at half resolution that layer is a third of the work of the W48.
    """
    spec, layers = net.spec, cast(Any, net)
    if spec.head != "concat" or spec.refine or not isinstance(layers.last_layer[1], nn.Identity):
        return net
    first = cast(nn.Conv2d, layers.last_layer[0])
    if spec.skip == "raw":
        widths = [sum(spec.widths), spec.stem[0]]
    else:
        fine = 0 if spec.skip == "none" else spec.stem[0]
        widths = [fine + sum(spec.widths[: 4 - COARSE]), *spec.widths[4 - COARSE :]]
    parts = [conv(width, first.out_channels, 1, bias=k == 0) for k, width in enumerate(widths)]
    for part, weight in zip(parts, torch.split(first.weight.detach(), widths, dim=1), strict=True):
        part.weight = nn.Parameter(weight.clone(), requires_grad=False)
    parts[0].bias = first.bias
    net.add_module("split_layer", nn.ModuleList(parts))
    return net


def _split_concat(layers: Any, spec: Spec, branches: list[Tensor], raw: Tensor) -> Tensor:
    """What `last_layer` gives for the concatenation, see `split`."""
    base = (branches[0].shape[-2], branches[0].shape[-1])
    size = (base[0] * spec.upscale, base[1] * spec.upscale)

    def raised(y: Tensor, to: tuple[int, int]) -> Tensor:
        return resize(y, to, "bilinear", align_corners=spec.align_corners)

    parts = layers.split_layer
    if spec.skip == "raw":
        trunk = parts[0](torch.cat([raised(y, base) for y in branches], dim=1))
        total = resize(trunk, size, "nearest") + parts[1](raised(raw, size))
    else:
        stem = [] if spec.skip == "none" else [functional.relu(layers.bn1(raw))]
        fine = [*stem, *branches[: 4 - COARSE]]
        coarse = [raised(part(y), size) for part, y in zip(parts[1:], branches[4 - COARSE :], strict=True)]
        # The convolution comes last, because a compiler can let it add to what is there instead of writing once more.
        total = sum(coarse[1:], coarse[0]) + parts[0](torch.cat([raised(y, size) for y in fine], dim=1))
    maps: Tensor = layers.last_layer[2:](total)
    return maps


def _attach_higher(net: nn.Module, spec: Spec) -> None:
    first = conv(spec.width, spec.channels + spec.tags, 1, bias=True)
    second = conv(spec.deconv_width, spec.channels, 1, bias=True)
    net.add_module("final_layers", nn.ModuleList([first, second]))
    up = nn.ConvTranspose2d(
        spec.width + spec.channels + spec.tags, spec.deconv_width, 4, stride=2, padding=1, bias=False
    )
    rise = nn.Sequential(up, nn.BatchNorm2d(spec.deconv_width), nn.ReLU(inplace=True))
    blocks = [chain(BasicBlock, spec.deconv_width, spec.deconv_width, 1) for _ in range(spec.deconv_blocks)]
    net.add_module("deconv_layers", nn.ModuleList([nn.Sequential(rise, *blocks)]))


def _higher(layers: Any, branch: Tensor) -> list[Tensor]:
    coarse = layers.final_layers[0](branch)
    raised = layers.deconv_layers[0](torch.cat([branch, coarse], dim=1))
    return [coarse, layers.final_layers[1](raised)]


class RefinementStage(nn.Module):
    """One U-shaped refinement of maps on top of the features (GCCPM, arXiv 1906.04104)."""

    def __init__(self, inputs: int, spec: Spec) -> None:
        super().__init__()
        width = _refine_width(inputs, spec)
        blocks = [RefinementBlock(inputs if i == 0 else width, width, softmax=spec.refine_softmax) for i in range(3)]
        self.trunk = nn.Sequential(UShapedContext(inputs), *blocks)
        self.heatmaps = nn.Sequential(
            nn.Sequential(conv(width, width, 1, bias=True), nn.ReLU(inplace=True)),
            nn.Sequential(conv(width, spec.channels, 1, bias=True)),
        )
        self.spec = spec

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(B, channels, h, w)`` from features and maps ``(B, inputs, h, w)``."""
        return activate(self.heatmaps(self.trunk(x)), self.spec)


def _refine_width(inputs: int, spec: Spec) -> int:
    """The stage works at the width of the features alone, without the maps that joined them."""
    return inputs - spec.channels


class UShapedContext(nn.Module):
    """Two strided encoders and two decoders with shortcuts."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.encoder1 = _pair(width, width * 2, width * 2, stride=2)
        self.encoder2 = _pair(width * 2, width * 2, width * 2, stride=2)
        self.decoder2 = _pair(width * 4, width * 2, width * 2)
        self.decoder1 = _pair(width * 3, width * 2, width)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as ``x``."""
        first = self.encoder1(x)
        second = self.encoder2(first)
        y = self.decoder2(torch.cat([first, _up(second, first)], dim=1))
        out: Tensor = self.decoder1(torch.cat([x, _up(y, x)], dim=1))
        return out


class RefinementBlock(nn.Module):
    """1x1, then 3x3 and dilated 3x3 added back; the pitch network also takes a softmax over the features."""

    def __init__(self, inputs: int, width: int, *, softmax: bool) -> None:
        super().__init__()
        self.initial = nn.Sequential(conv(inputs, width, 1, bias=True), nn.ReLU(inplace=True))
        self.trunk = nn.Sequential(_layer(width, width), _layer(width, width, dilation=2))
        self.softmax = softmax

    def forward(self, x: Tensor) -> Tensor:
        """``(B, width, h, w)``."""
        first = self.initial(x)
        out: Tensor = first + self.trunk(first)
        return functional.softmax(out, dim=1) if self.softmax else out


def _layer(inputs: int, outputs: int, *, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=dilation, dilation=dilation)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def _pair(inputs: int, middle: int, outputs: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(_layer(inputs, middle, stride=stride), _layer(middle, outputs))


def _up(x: Tensor, like: Tensor) -> Tensor:
    return resize(x, (like.shape[-2], like.shape[-1]), "bilinear")
