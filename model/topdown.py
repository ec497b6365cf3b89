"""One thing after the other, each in its box: crops of an image, a network over all of them, points of the image.

The published pose networks (Xiao, Wu, Wei, *Simple Baselines*, arXiv 1804.06208; Sun et al., *Deep High-Resolution
Representation Learning*, arXiv 1902.09212) look at the box grown to the input's aspect and by a quarter. How a crop's
pixels lie over the image differs: edge on edge in our own networks, the box's middle on half the input's size in the
published ones, and pixel centre on pixel centre in those with unbiased data processing (UDP, Huang et al., arXiv
1911.07524). `Crop` holds either; the card of a network says which, and how its maps are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from model import boxes, decoders
from model.card import Card
from model.heatmaps import Maps
from model.people import Candidate, InstancePrediction
from model.predictor import Predictor
from model.suppression import SAME, distinct_things, sigmas_of

FloatArray = NDArray[np.float64]
BATCH = 16
"""Crops at a time, which bounds the memory however many things a frame shows."""
CONFIDENT = 0.2
"""The value from which a point counts in the score of a thing (the published evaluation's IN_VIS_THRE)."""


@dataclass(frozen=True)
class Crop:
    """Where an input of ``size`` (w, h) lies in an image: input pixel = image pixel * scale + shift, both (x, y)."""

    scale: tuple[float, float]
    shift: tuple[float, float]
    size: tuple[int, int]

    @classmethod
    def of(cls, card: Card, part: boxes.Box) -> Crop:
        """The crop that shows a part of the image (x, y, w, h), which has the aspect of the input."""
        x, y, wide, high = part
        width, height = card.input_size
        if card.decoder == "udp":
            scale = ((width - 1) / wide, (height - 1) / high)
            offset = 0.0
        else:
            scale = (width / wide, height / high)
            offset = 0.5 if card.alignment == "centre" else 0.0
        return cls(scale, (-x * scale[0] - offset, -y * scale[1] - offset), card.input_size)

    def input_from_image(self, points: FloatArray) -> FloatArray:
        """``(..., 2)`` image pixels as pixels of the input."""
        return np.asarray(np.asarray(points, dtype=np.float64) * self.scale + self.shift)

    def image_from_input(self, points: FloatArray) -> FloatArray:
        """The inverse of `input_from_image`."""
        return np.asarray((np.asarray(points, dtype=np.float64) - self.shift) / self.scale)

    def pixels(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The input, RGB ``(h, w, 3)``, each pixel between four of the image; what lies outside is black."""
        matrix = np.array([[self.scale[0], 0, self.shift[0]], [0, self.scale[1], self.shift[1]]])
        return np.asarray(cv2.warpAffine(rgb, matrix, self.size, flags=cv2.INTER_LINEAR), dtype=np.uint8)


def crop_about(card: Card, candidate: Candidate) -> Crop:
    """The crop in which a network looks for a thing; a box without extent is a ValueError."""
    return Crop.of(card, part_about(card, candidate))


def part_about(card: Card, candidate: Candidate) -> boxes.Box:
    """The part (x, y, w, h) of the image that a network looks at: the box grown to its aspect and by the margin."""
    x0, y0, x1, y1 = candidate.box
    return boxes.region((x0, y0, x1 - x0, y1 - y0), card.input_size[0] / card.input_size[1])


def pixels_about(card: Card, rgb: NDArray[np.uint8], candidate: Candidate) -> NDArray[np.uint8]:
    """The input that shows a thing, cut as the network's training samples were."""
    part = part_about(card, candidate)
    if card.alignment == "centre" and card.decoder != "udp":
        return boxes.cut(rgb, part, card.input_size)
    return Crop.of(card, part).pixels(rgb)


def read_maps(card: Card, maps: Maps) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Places ``(B, K, 2)`` in input pixels, values of their peaks ``(B, K)``, standard deviations ``(B, K)`` likewise.

    ``maps`` is ``(B, K + 1, h, w)``, background last, read as the card says: by a Newton step on the logarithm of the
    peak itself, by a quarter cell towards the larger neighbour, by DARK (arXiv 1910.06278), or by UDP's variant.
    """
    points = maps[:, :-1]
    own = [card.codec.decode(one) for one in maps]
    sd = np.stack([one[2] for one in own])
    if card.decoder == "newton":
        return np.stack([one[0] for one in own]), np.stack([one[1] for one in own]), sd
    if card.decoder == "quarter":
        cells, value = decoders.quarter_offset(points)
    else:
        kernel = blur_kernel(card.sigma)
        read = decoders.dark if card.decoder == "dark" else decoders.dark_udp
        cells, value = read(points, kernel=kernel)
    if card.decoder == "udp":
        step = (np.array(card.input_size) - 1.0) / (np.array(maps.shape[:1:-1]) - 1.0)
        return cells * step, value, sd
    return card.codec.input_from_cells(cells), value, sd


def blur_kernel(sigma: float) -> int:
    """Cells over which DARK blurs: 11 for targets of sigma 2 and 17 for 3, as published; odd."""
    return max(3, round(sigma * 6 - 1) | 1)


class TopDown:
    """Sees things in their boxes with a network that was made for one thing at a time.

    ``sigmas`` are the OKS constants (K,) of the points; without them those of the card's published scheme.
    """

    def __init__(self, predictor: Predictor, *, sigmas: Sequence[float] = (), batch: int = BATCH) -> None:
        if batch < 1:
            raise ValueError("a batch has at least one crop")
        if predictor.card.spec.tags:
            raise ValueError("this network finds all things of a frame at once and takes no boxes")
        self.predictor, self._batch = predictor, batch
        self._sigmas = sigmas_of(predictor.card, sigmas)

    def predict(
        self, rgb: NDArray[np.uint8], candidates: Sequence[Candidate], *, same: float | None = None
    ) -> tuple[InstancePrediction, ...]:
        """What is seen in each box of an RGB uint8 image, in their order; without ``same`` all of them.

        Parameters
        ----------
        rgb
            ``(H, W, 3)`` of any size.
        candidates
            Boxes with an extent; they may reach beyond the image.
        same
            OKS above which the less sure of two is taken for the same thing seen twice and left out, usually `SAME`;
            then the surest comes first.
        """
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or 0 in rgb.shape:
            raise ValueError(f"expected an RGB uint8 image (H, W, 3), got {rgb.dtype} {rgb.shape}")
        found: list[InstancePrediction] = []
        for start in range(0, len(candidates), self._batch):
            found.extend(self._seen(rgb, candidates[start : start + self._batch]))
        if same is None or not found:
            return tuple(found)
        parts = [part_about(self.predictor.card, one) for one in candidates]
        areas = np.array([part[2] * part[3] for part in parts])
        return tuple(found[k] for k in distinct_things(found, areas, self._sigmas, same=same))

    def _seen(self, rgb: NDArray[np.uint8], candidates: Sequence[Candidate]) -> list[InstancePrediction]:
        card = self.predictor.card
        pixels = np.stack([pixels_about(card, rgb, one) for one in candidates])
        maps, visible, shares = self.predictor.answers(pixels)
        places, values, sd = read_maps(card, maps)
        found = []
        for n, candidate in enumerate(candidates):
            crop = crop_about(card, candidate)
            kinds = () if shares is None else zip(card.scalars, shares[n].tolist(), strict=True)
            xy = crop.image_from_input(places[n])
            xy[values[n] <= 0] = np.nan
            found.append(
                InstancePrediction(
                    card.names,
                    xy,
                    np.clip(values[n], 0.0, 1.0),
                    sd[n] / float(np.sqrt(crop.scale[0] * crop.scale[1])),
                    min(candidate.score * mean_value(values[n]), 1.0),
                    candidate.box,
                    None if visible is None else visible[n].astype(np.float64),
                    {kind.name: kind.value(share) for kind, share in kinds},
                )
            )
        return found


def mean_value(values: FloatArray) -> float:
    """The mean of the ``(K,)`` values above `CONFIDENT`, 0 without any."""
    sure = values[values > CONFIDENT]
    return float(sure.mean()) if len(sure) else 0.0


__all__ = [
    "BATCH", "CONFIDENT", "SAME", "Candidate", "Crop", "TopDown", "blur_kernel", "crop_about", "mean_value",
    "part_about", "pixels_about", "read_maps",
]  # fmt: skip
