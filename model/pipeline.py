"""The network with everything around it, in torch: from uint8 pixels to linear maps, folded and laid out for speed."""

from __future__ import annotations

import warnings
from dataclasses import replace
from itertools import pairwise
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from model import heads
from model.card import Card
from model.checkpoint import Checkpoint
from model.engines import Pixels
from model.heatmaps import Maps
from model.hrnet import HRNet, finest
from model.networks import Network, linear_maps, with_background

_MOST_GRAPHS = 3


class Pipeline(nn.Module):
    """RGB uint8 ``(B, H, W, 3)`` in, linear maps ``(B, K + 1, h, w)`` float32 out, background last."""

    def __init__(self, card: Card, net: Network) -> None:
        super().__init__()
        self.net = net
        self.swap, self.background = card.colour == "bgr", card.background
        self.codec = card.codec
        self.as_it_is = card.decoder != "newton"
        if card.spec.output == "log_softmax":
            # Linear maps are asked for: the logarithm would only be taken back.
            net.spec = replace(net.spec, output="softmax")
        mean, std = (torch.tensor(three) * 255 for three in (card.mean, card.std))
        self.register_buffer("scale", 1 / std)
        self.register_buffer("offset", -mean / std)

    def forward(self, pixels: Tensor) -> Tensor:
        """See the class."""
        x = pixels.float()
        if self.swap:
            x = x.flip(3)
        x = (x * cast(Tensor, self.scale) + cast(Tensor, self.offset)).permute(0, 3, 1, 2)
        x = x.to(self.net.conv1.weight.dtype).contiguous(memory_format=torch.channels_last)
        outputs = self.net(x)
        if self.net.spec.head == "regression":
            return linear_maps(outputs, self.net.spec, self.codec)
        maps = finest(outputs).float()
        if self.net.spec.output == "none" and not self.as_it_is:
            maps = maps.clamp(0, 1)
        # The "higher" head may carry more maps than points before its final output; the final one has K.
        return maps if self.background else with_background(maps)

    def answers(self, pixels: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Maps, and beside them visibilities ``(B, K)`` and scalars ``(B, S)``, all in 0..1."""
        said: list[Tensor] = []

        def keep(_module: nn.Module, _given: object, found: tuple[Tensor | None, Tensor | None]) -> None:
            said.extend(one.sigmoid() for one in found if one is not None)

        with self.net.get_submodule("extras").register_forward_hook(keep):
            maps = self(pixels)
        seen = said.pop(0) if self.net.spec.visible else None
        return maps, seen, said.pop(0) if self.net.spec.scalars else None


class TorchEngine:
    """The network in torch, on any device it has; see `model.engines`."""

    def __init__(self, checkpoint: Checkpoint, device: str, *, half: bool = False) -> None:
        self._device, self._half = device, half
        kind = torch.float16 if device == "cuda" else torch.bfloat16 if half else torch.float32
        net = _fast(checkpoint)
        net.to(device=device, dtype=kind)
        net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._pipeline = Pipeline(checkpoint.card, net).to(device=device).eval().requires_grad_(False)
        self._graphs: dict[int, _Graph] = {}
        self._checkpoint = checkpoint

    @property
    def text(self) -> str:
        """See `model.engines.Engine`."""
        if self._device == "cuda":
            return f"CUDA: {torch.cuda.get_device_name()}"
        return f"{self._device.upper()}{', bfloat16' if self._half else ''}"

    def on_cpu(self) -> TorchEngine | None:
        """The same network on the processor, None where it is there already."""
        return None if self._device == "cpu" else TorchEngine(self._checkpoint, "cpu")

    @torch.inference_mode()
    def maps(self, pixels: Pixels) -> Maps:
        """See `model.engines.Engine`."""
        if self._device == "cpu" and len(pixels) > 1:
            # A processor gains nothing from a batch and would only hold all of its features at once.
            return np.concatenate([self.maps(one[None]) for one in pixels])
        given = torch.from_numpy(np.ascontiguousarray(pixels))
        if self._device != "cuda":
            return np.asarray(self._pipeline(given.to(self._device)).cpu().numpy())
        if len(pixels) not in self._graphs and len(self._graphs) < _MOST_GRAPHS:
            self._graphs[len(pixels)] = _Graph(self._pipeline, given)
        graph = self._graphs.get(len(pixels))
        found = self._pipeline(given.to(self._device)) if graph is None else graph.run(given)
        return np.asarray(found.cpu().numpy())


    @torch.inference_mode()
    def answers(self, pixels: Pixels) -> tuple[Maps, NDArray[np.float32] | None, NDArray[np.float32] | None]:
        """The maps as `maps` has them, visibilities ``(B, K)`` and scalars ``(B, S)`` in 0..1, None where not said."""
        given = torch.from_numpy(np.ascontiguousarray(pixels)).to(self._device)
        maps, seen, scalars = self._pipeline.answers(given)
        found = [None if one is None else one.float().cpu().numpy() for one in (seen, scalars)]
        return np.asarray(maps.cpu().numpy()), found[0], found[1]


class _Graph:
    """The recorded kernels of one batch size, replayed without asking Python (torch.cuda.CUDAGraph)."""

    def __init__(self, pipeline: Pipeline, pixels: Tensor) -> None:
        self._given = pixels.to("cuda")
        side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            # Lazy initialisation of the libraries must not be recorded.
            for _ in range(2):
                pipeline(self._given)
        torch.cuda.current_stream().wait_stream(side)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._found: Tensor = pipeline(self._given)

    def run(self, pixels: Tensor) -> Tensor:
        """Maps on the device, valid until the next call."""
        self._given.copy_(pixels)
        self._graph.replay()
        return self._found


def traced(checkpoint: Checkpoint) -> Any:
    """The pipeline as a recorded program for one frame of the input size."""
    width, height = checkpoint.card.input_size
    pipeline = Pipeline(checkpoint.card, _fast(checkpoint)).eval().requires_grad_(False)
    example = torch.zeros(1, height, width, 3, dtype=torch.uint8)
    with warnings.catch_warnings(), torch.inference_mode():
        # Sizes are fixed on purpose, and the recorder that OpenVINO reads is an old one.
        warnings.simplefilter("ignore")
        return torch.jit.trace(pipeline, example, check_trace=False)  # type: ignore[no-untyped-call]


def _fast(checkpoint: Checkpoint) -> Network:
    """The network in its fastest form."""
    net = fuse(checkpoint.build())
    return heads.split(net) if isinstance(net, HRNet) else net


def choose_device(name: str) -> str:
    """The device to run on; asking for one that is not there is a ValueError."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return next(device for device, present in there.items() if present)
    if not there.get(name, False):
        raise ValueError(f"this computer has no {name!r} device; choose 'auto' or 'cpu'")
    return name


def fuse(net: Network) -> Network:
    """Fold every batch normalisation that follows a convolution into it, in place; the outputs stay the same."""
    keep = {net.bn1} if isinstance(net, HRNet) and net.spec.skip == "raw" else set()
    for module in list(net.modules()):
        children = list(module.named_children())
        by_name = dict(children)
        if isinstance(module, nn.Sequential):
            pairs = list(pairwise(children))
        else:
            pairs = [
                ((f"conv{i}", by_name[f"conv{i}"]), (f"bn{i}", by_name[f"bn{i}"]))
                for i in (1, 2, 3)
                if f"conv{i}" in by_name and f"bn{i}" in by_name
            ]
        for (first, convolution), (second, norm) in pairs:
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d) and norm not in keep:
                setattr(module, first, fuse_conv_bn_eval(convolution, norm))
                setattr(module, second, nn.Identity())
    return net
