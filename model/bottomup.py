"""Everybody in an image at once: a HigherHRNet over the whole frame, its points put together by their tags.

The shorter side of the image becomes the card's input side, both sides multiples of 64; maps are the mean of both
scales brought to the input's size, tags come from the coarser one (Cheng et al., arXiv 1908.10357, section 3.3; the
published program's lib/core/inference.py and lib/utils/transforms.py). Runs in torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from model.card import Card
from model.grouping import Grouped, Maps, group
from model.people import Candidate, InstancePrediction
from model.suppression import distinct_things, sigmas_of

if TYPE_CHECKING:
    from torch import Tensor

    from model.checkpoint import Checkpoint
    from model.hrnet import HRNet
    from model.predictor import Predictor

FloatArray = NDArray[np.float64]
_MULTIPLE = 64


def input_size_for(image_size: tuple[int, int], side: int) -> tuple[int, int]:
    """(w, h) of the input for an image: its shorter side ``side``, the other as the image's, rounded up to 64."""
    width, height = image_size
    short = -(-side // _MULTIPLE) * _MULTIPLE
    long = (int(short * max(width, height) / min(width, height) + _MULTIPLE - 1) // _MULTIPLE) * _MULTIPLE
    return (short, long) if width < height else (long, short)


def input_from_image(image_size: tuple[int, int], size: tuple[int, int]) -> FloatArray:
    """``(2, 3)`` affine map: the image's middle to the input's, one scale, that of the shorter side."""
    width, height = image_size
    scale = size[0] / width if width < height else size[1] / height
    middle = np.array([int(width / 2 + 0.5), int(height / 2 + 0.5)], dtype=np.float64)
    return np.column_stack([np.eye(2) * scale, np.array(size) / 2 - scale * middle])


class BottomUp:
    """Sees everybody in an image with a network that has tags. Build it with `of` or from a checkpoint."""

    def __init__(
        self, checkpoint: Checkpoint, device: str = "cpu", *, flip: bool = False, sigmas: Sequence[float] = ()
    ) -> None:
        import torch

        from model.pipeline import fuse

        self.card: Card = checkpoint.card
        if self.card.spec.tags != self.card.spec.channels:
            raise ValueError(f"{self.card.spec.tags} tags do not go with {self.card.spec.channels} points")
        self._net = cast("HRNet", fuse(checkpoint.build())).to(device).requires_grad_(False)
        self._device, self._flip = torch.device(device), flip
        self._sigmas = sigmas_of(self.card, sigmas)

    @classmethod
    def of(cls, predictor: Predictor, *, sigmas: Sequence[float] = ()) -> BottomUp:
        """The same network as another predictor's, on its device."""
        if predictor.weights is None:
            raise ValueError("this network has no tags to tell people apart")
        return cls(predictor.weights, predictor.device, flip=predictor.flips, sigmas=sigmas)

    def predict(
        self, rgb: NDArray[np.uint8], candidates: Sequence[Candidate] = (), *, same: float | None = None
    ) -> tuple[InstancePrediction, ...]:
        """Everybody in an RGB uint8 image ``(H, W, 3)``, surest first; boxes are not needed and not looked at.

        With ``same``, people more alike than this (OKS) are one.
        """
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or 0 in rgb.shape:
            raise ValueError(f"expected an RGB uint8 image (H, W, 3), got {rgb.dtype} {rgb.shape}")
        image_size = (rgb.shape[1], rgb.shape[0])
        size = input_size_for(image_size, min(self.card.input_size))
        matrix = input_from_image(image_size, size)
        pixels = np.asarray(cv2.warpAffine(rgb, matrix, size, flags=cv2.INTER_LINEAR), dtype=np.uint8)
        maps, tags = self.maps(pixels)
        found = [self._instance(one, matrix) for one in group(maps, tags)]
        found.sort(key=lambda one: -one.score)
        if same is not None and found:
            sizes = [np.nanmax(one.xy, axis=0) - np.nanmin(one.xy, axis=0) for one in found]
            areas = np.array([max(float(wide * high), 1.0) for wide, high in sizes])
            found = [found[k] for k in distinct_things(found, areas, self._sigmas, same=same)]
        return tuple(found)

    def maps(self, pixels: NDArray[np.uint8]) -> tuple[Maps, Maps]:
        """Maps ``(K, h, w)`` and tags ``(K, h, w, D)`` as large as RGB uint8 ``(h, w, 3)``; D is 2 with a flip test."""
        import torch

        with torch.inference_mode():
            maps, tags = self._seen(pixels)
            said = [tags]
            if self._flip:
                mirrored, others = self._seen(np.ascontiguousarray(pixels[:, ::-1]))
                order = list(self.card.mirror)
                maps = (maps + mirrored.flip(2)[order]) / 2
                said.append(others.flip(2)[order])
            return maps.cpu().numpy(), torch.stack(said, dim=3).cpu().numpy()

    def _seen(self, pixels: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
        import torch

        given = torch.from_numpy(np.ascontiguousarray(pixels)).to(self._device).float() / 255
        if self.card.colour == "bgr":
            given = given.flip(2)
        mean, std = (torch.tensor(three, device=self._device) for three in (self.card.mean, self.card.std))
        outputs = self._net(((given - mean) / std).permute(2, 0, 1)[None])
        return joined(outputs, self.card.spec.channels, pixels.shape[:2])

    def _instance(self, one: Grouped, matrix: FloatArray) -> InstancePrediction:
        xy = (one.points[:, :2] - matrix[:, 2]) / matrix[0, 0]
        value = one.points[:, 2]
        xy[value <= 0] = np.nan
        unknown = np.full(len(value), np.nan)
        return InstancePrediction(self.card.names, xy, np.clip(value, 0, 1), unknown, min(max(one.score, 0.0), 1.0))


def joined(outputs: Sequence[Tensor], count: int, size: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Maps and tags ``(K, h, w)`` of a network's two outputs for one image, brought to ``size`` (h, w)."""
    from torch.nn.functional import interpolate

    coarse, fine = outputs
    coarse = interpolate(coarse, size=fine.shape[2:], mode="bilinear", align_corners=False)
    both = ((coarse[:, :count] + fine) / 2, coarse[:, count:])
    maps, tags = (interpolate(one, size=tuple(size), mode="bilinear", align_corners=False)[0] for one in both)
    return maps, tags
