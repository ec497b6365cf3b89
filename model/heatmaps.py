"""Points to heatmaps and back in one object, and the value that a prediction is.

Pixels: (0, 0) is the centre of the top-left pixel, x to the right, y down. Three spaces occur: the image, the network's
input (the image stretched to a fixed size) and the cells of a heatmap. Every conversion between them stands here.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import zstandard
from numpy.typing import NDArray

Alignment = Literal["centre", "corner"]
FloatArray = NDArray[np.float64]
Maps = NDArray[np.float32]

UNKNOWN, ABSENT, OCCLUDED, VISIBLE = -1, 0, 1, 2
"""States of a point: nobody knows, not in the image, in the image but hidden, seen."""

SHARP, WIDTH_SHARE = 0.45, 0.3
"""Standard deviation of a sharp peak in cells, and the share of a wider one's width that is error.

Measured on held-out frames of a trained network: the mode of a wide peak is about three times as exact as it is wide.
"""
_REACH = 4.0
_TINY = 1e-12
_MAGIC = b"TLPR\x01"
_MAX_MAP_BYTES = 1 << 30


class PredictionError(ValueError):
    """Bytes that are not a stored prediction, with the reason."""


def image_from_input(points: FloatArray, input_size: tuple[int, int], image_size: tuple[int, int]) -> FloatArray:
    """``(N, 2)`` pixels of a stretched input as pixels of the image; both sizes (w, h).

    A stretch maps pixel edges to pixel edges: x_img = (x_in + 0.5) * W_img / W_in - 0.5.
    """
    scale = np.asarray(image_size, dtype=np.float64) / np.asarray(input_size, dtype=np.float64)
    return (np.asarray(points, dtype=np.float64) + 0.5) * scale - 0.5


def input_from_image(points: FloatArray, input_size: tuple[int, int], image_size: tuple[int, int]) -> FloatArray:
    """The inverse of `image_from_input`."""
    return image_from_input(points, image_size, input_size)


@dataclass(frozen=True)
class Codec:
    """Heatmaps of one network.

    Attributes
    ----------
    input_size : (w, h) of the network's input in pixels.
    stride : input pixels per cell.
    sigma : standard deviation of a target in cells.
    alignment : "centre": cell i lies at (i + 0.5) * stride - 0.5, the middle of the pixels it covers, which survives
        mirroring and any input size; "corner": cell i lies at i * stride, as in the published pose and pitch networks.
    """

    input_size: tuple[int, int]
    stride: int = 4
    sigma: float = 1.3
    alignment: Alignment = "centre"

    def __post_init__(self) -> None:
        if min(self.input_size) < self.stride or self.stride < 1 or not self.sigma > 0:
            raise ValueError(f"no heatmap has input {self.input_size}, stride {self.stride}, sigma {self.sigma}")

    @property
    def map_size(self) -> tuple[int, int]:
        """(w, h) in cells; strided convolutions round up."""
        width, height = self.input_size
        return -(-width // self.stride), -(-height // self.stride)

    @property
    def _shift(self) -> float:
        return (self.stride - 1) / 2 if self.alignment == "centre" else 0.0

    def scaled(self, factor: float) -> Codec:
        """The codec of the same network fed with an input ``factor`` times as large, rounded to whole pixels."""
        width, height = self.input_size
        return replace(self, input_size=(round(width * factor), round(height * factor)))

    def cells_from_input(self, points: FloatArray) -> FloatArray:
        """``(N, 2)`` input pixels as cell coordinates."""
        return (np.asarray(points, dtype=np.float64) - self._shift) / self.stride

    def input_from_cells(self, cells: FloatArray) -> FloatArray:
        """``(N, 2)`` cell coordinates as input pixels."""
        return np.asarray(cells, dtype=np.float64) * self.stride + self._shift

    def cell_to_image(self, image_size: tuple[int, int]) -> tuple[tuple[float, float], tuple[float, float]]:
        """Scale and offset, both (x, y), so that image pixel = cell * scale + offset."""
        ends = image_from_input(
            self.input_from_cells(np.array([[0.0, 0.0], [1.0, 1.0]])), self.input_size, image_size
        )
        scale = ends[1] - ends[0]
        return (float(scale[0]), float(scale[1])), (float(ends[0, 0]), float(ends[0, 1]))

    def encode(self, points: FloatArray, state: NDArray[np.integer[Any]]) -> tuple[Maps, NDArray[np.float32]]:
        """Targets ``(K + 1, h, w)`` and channel mask ``(K + 1,)``.

        ``points`` is ``(K, 2)`` input pixels, ``state`` ``(K,)`` of UNKNOWN, ABSENT, OCCLUDED or VISIBLE. A point in
        the image becomes exp(-d^2 / 2 sigma^2) with amplitude 1 around its exact place (cut at 4 sigma); the last
        channel is 1 - max of the others. Unknown points have an empty map and mask 0; the rest 1.
        """
        points = np.asarray(points, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != 2 or len(state) != len(points):
            raise ValueError(f"expected points (K, 2) and states (K,), got {points.shape} and {np.shape(state)}")
        width, height = self.map_size
        targets = np.zeros((len(points) + 1, height, width), dtype=np.float32)
        free = targets[-1]
        cells = self.cells_from_input(points)
        for k in np.flatnonzero(np.asarray(state) > ABSENT):
            window = self._window(cells[k])
            if window is None:
                continue
            rows, columns = window
            gy = np.exp(-((np.arange(rows.start, rows.stop) - cells[k, 1]) ** 2) / (2 * self.sigma**2))
            gx = np.exp(-((np.arange(columns.start, columns.stop) - cells[k, 0]) ** 2) / (2 * self.sigma**2))
            patch = np.outer(gy, gx).astype(np.float32)
            targets[k, rows, columns] = patch
            np.maximum(free[rows, columns], patch, out=free[rows, columns])
        np.subtract(1.0, free, out=free)
        mask = np.ones(len(points) + 1, dtype=np.float32)
        mask[:-1][np.asarray(state) == UNKNOWN] = 0.0
        return targets, mask

    def _window(self, cell: FloatArray) -> tuple[slice, slice] | None:
        """Rows and columns within reach of a point, or None when it touches none."""
        if not np.isfinite(cell).all():
            raise ValueError(f"a point in the image has no finite place: {cell}")
        width, height = self.map_size
        reach = _REACH * self.sigma
        x0, x1 = max(0, int(np.ceil(cell[0] - reach))), min(width, int(np.floor(cell[0] + reach)) + 1)
        y0, y1 = max(0, int(np.ceil(cell[1] - reach))), min(height, int(np.floor(cell[1] + reach)) + 1)
        return (slice(y0, y1), slice(x0, x1)) if x0 < x1 and y0 < y1 else None

    def decode(self, maps: Maps) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Places ``(K, 2)`` in input pixels, confidences ``(K,)`` and standard deviations ``(K,)`` in input pixels.

        ``maps`` is ``(K + 1, h, w)`` linear probability, background last (ignored). The peak cell is refined by one
        Newton step on the logarithm (DARK, arXiv 1910.06278, eq. 9), exact for a Gaussian; confidence is the value
        of the peak cell. The curvature there gives the width of the peak; a share of what exceeds the target's own
        sigma, and what even sharp peaks miss by, make the standard deviation per axis.
        """
        maps = np.asarray(maps)
        if maps.ndim != 3 or maps.shape[0] < 2 or min(maps.shape[1:]) < 3:
            raise ValueError(f"expected maps (K + 1, h, w) of at least 3x3 cells, got {maps.shape}")
        points = maps[:-1]
        count, height, width = points.shape
        flat = points.reshape(count, -1)
        peak = flat.argmax(axis=1)
        confidence = np.clip(flat[np.arange(count), peak].astype(np.float64), 0.0, 1.0)
        top = np.stack([peak % width, peak // width], axis=1)
        centre = np.clip(top, 1, [width - 2, height - 2])
        offset, variance = _newton(_log_patches(points, centre))
        cells = np.clip(centre + offset, top - 1.0, top + 1.0)
        excess = np.maximum(variance - self.sigma**2, 0.0)
        return self.input_from_cells(cells), confidence, np.sqrt(SHARP**2 + WIDTH_SHARE**2 * excess) * self.stride


def _log_patches(points: NDArray[Any], centre: NDArray[np.integer[Any]]) -> FloatArray:
    """``(K, 3, 3)`` logarithms around the given cells (x, y)."""
    steps = np.arange(-1, 2)
    rows = centre[:, 1, None, None] + steps[None, :, None]
    columns = centre[:, 0, None, None] + steps[None, None, :]
    patches = points[np.arange(len(points))[:, None, None], rows, columns].astype(np.float64)
    return np.asarray(np.log(np.maximum(patches, _TINY)))


def _newton(patches: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Offset ``(K, 2)`` of the maximum of the parabola through each patch and its mean variance ``(K,)``, in cells.

    A patch that is no hill keeps its centre and is given a wide variance.
    """
    gx = (patches[:, 1, 2] - patches[:, 1, 0]) / 2
    gy = (patches[:, 2, 1] - patches[:, 0, 1]) / 2
    xx = patches[:, 1, 2] - 2 * patches[:, 1, 1] + patches[:, 1, 0]
    yy = patches[:, 2, 1] - 2 * patches[:, 1, 1] + patches[:, 0, 1]
    xy = (patches[:, 2, 2] - patches[:, 2, 0] - patches[:, 0, 2] + patches[:, 0, 0]) / 4
    determinant = xx * yy - xy * xy
    hill = (determinant > 1e-9) & (xx < 0) & (yy < 0)
    safe = np.where(hill, determinant, 1.0)
    dx = np.where(hill, (xy * gy - yy * gx) / safe, 0.0)
    dy = np.where(hill, (xy * gx - xx * gy) / safe, 0.0)
    variance = np.where(hill, -(xx + yy) / (2 * safe), 25.0)
    return np.stack([dx, dy], axis=1), np.minimum(variance, 25.0)


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a network saw in one image.

    Attributes
    ----------
    names : K keypoint names.
    xy : (K, 2) float64 image pixels.
    confidence : (K,) in 0..1.
    sd : (K,) standard deviation in image pixels.
    heatmaps : (K + 1, h, w) uint8, linear probability (255 = 1), background last.
    image_size : (w, h) pixels.
    network : identity of the weights.
    scale, offset : image pixel = cell * scale + offset, both (x, y).
    seen : (K,) probability that a point is seen and not hidden, from networks that say so; else None.
    scalars : numbers of the whole image by name, from networks that say some.
    """

    names: tuple[str, ...]
    xy: FloatArray
    confidence: FloatArray
    sd: FloatArray
    heatmaps: NDArray[np.uint8]
    image_size: tuple[int, int]
    network: str
    scale: tuple[float, float]
    offset: tuple[float, float]
    seen: FloatArray | None = None
    scalars: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.names)
        if self.seen is not None and self.seen.shape != (count,):
            raise ValueError(f"a prediction of {count} points cannot say of {self.seen.shape} whether they are seen")
        shapes = (self.xy.shape, self.confidence.shape, self.sd.shape, self.heatmaps.shape[:1], self.heatmaps.ndim)
        if shapes != ((count, 2), (count,), (count,), (count + 1,), 3) or self.heatmaps.dtype != np.uint8:
            raise ValueError(f"a prediction of {count} points cannot have arrays of shapes {shapes}")
        for array in (self.xy, self.confidence, self.sd, self.heatmaps):
            array.setflags(write=False)

    def heatmap_of(self, name: str) -> NDArray[np.uint8]:
        """``(h, w)`` of one keypoint; an unknown name is a KeyError."""
        if name not in self.names:
            raise KeyError(f"the network {self.network} has no keypoint {name!r}")
        return np.asarray(self.heatmaps[self.names.index(name)])

    @property
    def any_point(self) -> NDArray[np.uint8]:
        """``(h, w)`` probability that any keypoint is there: 1 - background."""
        return np.asarray(255 - self.heatmaps[-1], dtype=np.uint8)

    def to_bytes(self) -> bytes:
        """The whole prediction: a JSON head, then the heatmaps under zstd level 1 (about 40 KB for 58 maps)."""
        head = {
            "names": self.names,
            "xy": self.xy.tolist(),
            "confidence": self.confidence.tolist(),
            "sd": self.sd.tolist(),
            "shape": self.heatmaps.shape,
            "image_size": self.image_size,
            "network": self.network,
            "scale": self.scale,
            "offset": self.offset,
        }
        if self.seen is not None:
            head["seen"] = self.seen.tolist()
        if self.scalars:
            head["scalars"] = dict(self.scalars)
        text = json.dumps(head, separators=(",", ":")).encode()
        maps = zstandard.ZstdCompressor(level=1).compress(np.ascontiguousarray(self.heatmaps).tobytes())
        return _MAGIC + struct.pack("<I", len(text)) + text + maps

    @classmethod
    def from_bytes(cls, data: bytes) -> Prediction:
        """The inverse of `to_bytes`; anything else is a `PredictionError`."""
        if data[: len(_MAGIC)] != _MAGIC:
            raise PredictionError("these bytes are no stored prediction of this version; predict the frame again")
        try:
            return cls._parse(data)
        except (KeyError, TypeError, ValueError, struct.error, zstandard.ZstdError) as error:
            raise PredictionError(f"a stored prediction is damaged ({error}); predict the frame again") from error

    @classmethod
    def _parse(cls, data: bytes) -> Prediction:
        start = len(_MAGIC) + 4
        (length,) = struct.unpack_from("<I", data, len(_MAGIC))
        head = json.loads(data[start : start + length])
        channels, height, width = (int(n) for n in head["shape"])
        size = channels * height * width
        if not 0 < size <= _MAX_MAP_BYTES:
            raise ValueError(f"heatmaps of {size} bytes")
        stored = data[start + length :]
        # Checked before decompressing: the header of a frame decides how much memory is taken.
        if (claimed := zstandard.frame_content_size(stored)) != size:
            raise ValueError(f"{claimed} bytes of heatmaps instead of {size}")
        raw = zstandard.ZstdDecompressor().decompress(stored)
        return cls(
            names=tuple(head["names"]),
            xy=np.array(head["xy"], dtype=np.float64).reshape(-1, 2),
            confidence=np.array(head["confidence"], dtype=np.float64),
            sd=np.array(head["sd"], dtype=np.float64),
            heatmaps=np.frombuffer(raw, dtype=np.uint8).reshape(channels, height, width),
            image_size=_pair(head["image_size"], int),
            network=str(head["network"]),
            scale=_pair(head["scale"], float),
            offset=_pair(head["offset"], float),
            seen=np.array(head["seen"], dtype=np.float64) if "seen" in head else None,
            scalars={str(name): float(value) for name, value in head.get("scalars", {}).items()},
        )


@dataclass(frozen=True)
class Head:
    """What stands before the heatmaps of a stored prediction, as plain lists: to go through very many of them.

    Attributes
    ----------
    places : (x, y) of each of ``names`` in image pixels.
    """

    names: tuple[str, ...]
    places: list[list[float]]
    confidences: list[float]
    image_size: tuple[int, int]

    @classmethod
    def from_bytes(cls, data: bytes) -> Head:
        """``data`` may end anywhere behind the head; `PredictionError` where it does not hold one."""
        start = len(_MAGIC) + 4
        try:
            if data[: len(_MAGIC)] != _MAGIC:
                raise ValueError("another version")
            (length,) = struct.unpack_from("<I", data, len(_MAGIC))
            head = json.loads(data[start : start + length])
            found = cls(tuple(head["names"]), head["xy"], head["confidence"], _pair(head["image_size"], int))
            if not len(found.names) == len(found.places) == len(found.confidences):
                raise ValueError("lists of different lengths")
        except (KeyError, TypeError, ValueError, struct.error) as error:
            raise PredictionError(f"a stored prediction is damaged ({error}); predict the frame again") from error
        return found


def stored_points(data: bytes) -> tuple[tuple[str, ...], FloatArray, FloatArray]:
    """Names, (K, 2) image pixels and (K,) confidences of a stored prediction, from its beginning alone, see `Head`."""
    head = Head.from_bytes(data)
    try:
        xy = np.array(head.places, dtype=np.float64).reshape(-1, 2)
        return head.names, xy, np.array(head.confidences, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise PredictionError(f"a stored prediction is damaged ({error}); predict the frame again") from error


def _pair(values: Sequence[Any], kind: Any) -> tuple[Any, Any]:
    first, second = values
    return kind(first), kind(second)


def predict_from_maps(
    maps: Maps, *, codec: Codec, names: Sequence[str], image_size: tuple[int, int], network: str
) -> Prediction:
    """The `Prediction` that ``(K + 1, h, w)`` linear probabilities make of an image of ``image_size`` (w, h)."""
    xy, confidence, sd = codec.decode(maps)
    scale, offset = codec.cell_to_image(image_size)
    pixel = np.asarray(image_size, dtype=np.float64) / np.asarray(codec.input_size, dtype=np.float64)
    return Prediction(
        names=tuple(names),
        xy=image_from_input(xy, codec.input_size, image_size),
        confidence=confidence,
        sd=sd * float(np.sqrt(pixel[0] * pixel[1])),
        heatmaps=np.round(np.clip(maps, 0.0, 1.0) * 255).astype(np.uint8),
        image_size=(int(image_size[0]), int(image_size[1])),
        network=network,
        scale=scale,
        offset=offset,
    )
