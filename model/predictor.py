"""Images in, predictions out: the one door through which the rest of the program runs a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from model.checkpoint import Checkpoint, load
from model.heatmaps import Maps, Prediction, predict_from_maps
from model.hrnet import HRNet, finest
from model.validation import stretch

Device = Literal["auto", "cuda", "mps", "cpu"]
FlipTest = Literal["off", "on"]


class Predictor:
    """A loaded network, ready to predict. Build it with `load` or `of`.

    Attributes
    ----------
    card : what the weights mean.
    id : identity of the weights, stored with every prediction.
    device : "cuda", "mps" or "cpu".
    """

    def __init__(self, checkpoint: Checkpoint, device: str, *, flip_test: FlipTest = "off") -> None:
        self.card, self.id, self.device = checkpoint.card, checkpoint.id, device
        self._flip = flip_test == "on"
        if self._flip and not self.card.mirror:
            raise ValueError("a flip test needs a network whose card says which points mirror each other")
        self._kind = torch.float16 if device == "cuda" else torch.float32
        net = fuse(checkpoint.build())
        net.to(device=device, dtype=self._kind)
        net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._net = net.requires_grad_(False)
        self._mean = torch.tensor(self.card.mean, device=device).view(1, 3, 1, 1) * 255
        self._std = torch.tensor(self.card.std, device=device).view(1, 3, 1, 1) * 255

    @classmethod
    def load(
        cls, path: Path, device: Device = "auto", threads: int | None = None, *, flip_test: FlipTest = "off"
    ) -> Predictor:
        """Read a checkpoint of ours; "auto" takes CUDA, then MPS, then the CPU with ``threads`` torch threads.

        A file that cannot be used is a `CheckpointError`, a device that is not there a ValueError.
        """
        return cls.of(load(Path(path)), device, threads, flip_test=flip_test)

    @classmethod
    def of(
        cls, checkpoint: Checkpoint, device: Device = "auto", threads: int | None = None, *, flip_test: FlipTest = "off"
    ) -> Predictor:
        """The same from a checkpoint in memory, for instance an imported one."""
        if threads is not None:
            torch.set_num_threads(threads)
        return cls(checkpoint, choose_device(device), flip_test=flip_test)

    @property
    def names(self) -> tuple[str, ...]:
        """The K keypoints in channel order."""
        return self.card.names

    @property
    def device_text(self) -> str:
        """For a status bar: "CPU", "MPS" or "CUDA: " and the name of the card."""
        return f"CUDA: {torch.cuda.get_device_name()}" if self.device == "cuda" else self.device.upper()

    def predict(self, rgb: NDArray[np.uint8]) -> Prediction:
        """What the network sees in one RGB uint8 image ``(H, W, 3)`` of any size; other arrays are a ValueError."""
        return self._predict_batch([rgb])[0]

    def predict_many(self, images: Sequence[NDArray[np.uint8]], *, batch: int = 4) -> Iterator[Prediction]:
        """Predictions of many images in order, ``batch`` of them at a time."""
        for start in range(0, len(images), batch):
            yield from self._predict_batch(images[start : start + batch])

    def _predict_batch(self, images: Sequence[NDArray[np.uint8]]) -> list[Prediction]:
        for rgb in images:
            if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or 0 in rgb.shape:
                raise ValueError(f"expected an RGB uint8 image (H, W, 3), got {rgb.dtype} {rgb.shape}")
        pixels = np.stack([stretch(rgb, self.card.input_size) for rgb in images])
        maps = self.maps(pixels)
        return [
            predict_from_maps(
                one,
                codec=self.card.codec,
                names=self.names,
                image_size=(rgb.shape[1], rgb.shape[0]),
                network=self.id,
            )
            for one, rgb in zip(maps, images, strict=True)
        ]

    @torch.inference_mode()
    def maps(self, pixels: NDArray[np.uint8]) -> Maps:
        """Linear maps ``(B, K + 1, h, w)`` of RGB uint8 ``(B, H, W, 3)`` already at the input size, background last."""
        x = torch.from_numpy(pixels).to(self.device).permute(0, 3, 1, 2).float()
        if self.card.colour == "bgr":
            x = x.flip(1)
        x = ((x - self._mean) / self._std).to(self._kind).contiguous(memory_format=torch.channels_last)
        maps = self._linear(x)
        if self._flip:
            maps = (maps + self._flipped_back(self._linear(x.flip(3)))) / 2
        return np.asarray(maps.cpu().numpy())

    def _linear(self, x: Tensor) -> Tensor:
        maps = finest(self._net(x)).float()
        maps = maps.exp() if self.card.spec.output == "log_softmax" else maps.clamp(0, 1)
        # The "higher" head may carry more maps than points before its final output; the final one has K.
        if self.card.background:
            return maps
        return torch.cat([maps, 1 - maps.amax(dim=1, keepdim=True)], dim=1)

    def _flipped_back(self, maps: Tensor) -> Tensor:
        """Maps of the mirrored input as maps of the input."""
        order = torch.tensor([*self.card.mirror, len(self.names)], device=maps.device)
        back = maps[:, order].flip(3)
        if self.card.alignment == "corner":
            back = torch.cat([back[..., :1], back[..., :-1]], dim=3)
        return back


def choose_device(name: str) -> str:
    """The device to run on; asking for one that is not there is a ValueError."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return next(device for device, present in there.items() if present)
    if not there.get(name, False):
        raise ValueError(f"this computer has no {name!r} device; choose 'auto' or 'cpu'")
    return name


def fuse(net: HRNet) -> HRNet:
    """Fold every batch normalisation that follows a convolution into it, in place; the outputs stay the same."""
    keep = {net.bn1} if net.spec.skip == "raw" else set()
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
