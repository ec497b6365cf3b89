"""The published ways to read and write heatmaps, for comparison with published numbers; `model.heatmaps.Codec` is ours.

Maps are ``(N, K, h, w)``, places ``(N, K, 2)`` in cells, x then y, cell (0, 0) the centre of the first cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Maps = NDArray[Any]
PIXEL_STD = 200.0
"""The pose data sets measure a person's scale in units of 200 pixels."""


def peaks(maps: Maps) -> tuple[FloatArray, FloatArray]:
    """The largest cell of every map and its value ``(N, K)``; (0, 0) where nothing is positive."""
    count, channels, _, width = maps.shape
    flat = maps.reshape(count, channels, -1)
    index = flat.argmax(axis=2)
    value = np.take_along_axis(flat, index[..., None], axis=2)[..., 0].astype(np.float64)
    places = np.stack([index % width, index // width], axis=-1).astype(np.float64)
    return places * (value > 0)[..., None], value


def quarter_offset(maps: Maps) -> tuple[FloatArray, FloatArray]:
    """Peaks moved a quarter cell towards the larger neighbour (arXiv 1603.06937, the pose networks' decoder)."""
    places, value = peaks(maps)
    height, width = maps.shape[2:]
    for n, k in np.ndindex(*value.shape):
        x, y = (int(v) for v in places[n, k])
        if 1 < x < width - 1 and 1 < y < height - 1:
            one = maps[n, k]
            slope = np.array([one[y, x + 1] - one[y, x - 1], one[y + 1, x] - one[y - 1, x]])
            places[n, k] += np.sign(slope) * 0.25
    return places, value


def blur(maps: Maps, kernel: int) -> Maps:
    """Every map smoothed by a Gaussian of ``kernel`` cells (zeros outside), its maximum kept (arXiv 1910.06278)."""
    border = (kernel - 1) // 2
    out = np.empty_like(maps)
    for n, k in np.ndindex(*maps.shape[:2]):
        padded = np.pad(maps[n, k], border)
        smooth = np.asarray(cv2.GaussianBlur(padded, (kernel, kernel), 0))[border:-border, border:-border]
        out[n, k] = smooth * (maps[n, k].max() / smooth.max()) if smooth.max() > 0 else smooth
    return out


def dark(maps: Maps, *, kernel: int = 11) -> tuple[FloatArray, FloatArray]:
    """Peaks refined by one Newton step on the log of the blurred map, derivatives over two cells (DARK, eq. 9)."""
    places, value = peaks(maps)
    logs = np.log(np.maximum(blur(maps, kernel), 1e-10)).astype(np.float64)
    height, width = maps.shape[2:]
    for n, k in np.ndindex(*value.shape):
        x, y = (int(v) for v in places[n, k])
        if not (1 < x < width - 2 and 1 < y < height - 2):
            continue
        one = logs[n, k]
        gradient = np.array([one[y, x + 1] - one[y, x - 1], one[y + 1, x] - one[y - 1, x]]) / 2
        xx = (one[y, x + 2] - 2 * one[y, x] + one[y, x - 2]) / 4
        yy = (one[y + 2, x] - 2 * one[y, x] + one[y - 2, x]) / 4
        xy = (one[y + 1, x + 1] - one[y - 1, x + 1] - one[y + 1, x - 1] + one[y - 1, x - 1]) / 4
        places[n, k] += _step(gradient, xx, yy, xy)
    return places, value


def dark_udp(maps: Maps, *, kernel: int = 11) -> tuple[FloatArray, FloatArray]:
    """The same with single-cell derivatives and edges repeated (unbiased data processing, arXiv 1911.07524)."""
    places, value = peaks(maps)
    smooth = np.stack([np.stack([cv2.GaussianBlur(m, (kernel, kernel), 0) for m in sample]) for sample in maps])
    logs = np.log(np.clip(smooth, 1e-3, 50)).astype(np.float64)
    logs = np.pad(logs, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    for n, k in np.ndindex(*value.shape):
        x, y = (int(v) + 1 for v in places[n, k])
        one = logs[n, k]
        gradient = np.array([one[y, x + 1] - one[y, x - 1], one[y + 1, x] - one[y - 1, x]]) / 2
        xx = one[y, x + 1] - 2 * one[y, x] + one[y, x - 1]
        yy = one[y + 1, x] - 2 * one[y, x] + one[y - 1, x]
        diagonal = one[y + 1, x + 1] + one[y - 1, x - 1] + 2 * one[y, x]
        cross = one[y, x + 1] + one[y + 1, x] + one[y, x - 1] + one[y - 1, x]
        places[n, k] += _step(gradient, xx, yy, (diagonal - cross) / 2)
    return places, value


def _step(gradient: FloatArray, xx: float, yy: float, xy: float) -> FloatArray:
    hessian = np.array([[xx, xy], [xy, yy]])
    if abs(np.linalg.det(hessian)) < 1e-12:
        return np.zeros(2)
    return np.asarray(-np.linalg.solve(hessian, gradient))


def corner_pixels(log_maps: Maps, input_size: tuple[int, int]) -> FloatArray:
    """``(N, K, 3)`` x, y in input pixels and probability of the pitch networks: cell index times size ratio.

    ``log_maps`` carry a background channel last, which is dropped.
    """
    places, value = peaks(np.exp(log_maps[:, :-1]))
    ratio = np.array([input_size[0] / log_maps.shape[3], input_size[1] / log_maps.shape[2]])
    return np.concatenate([places * ratio, value[..., None]], axis=-1)


def line_ends(maps: Maps, *, sigma: float = 6.0, stride: int = 4) -> FloatArray:
    """``(N, K, 2, 3)`` x, y in input pixels and value of both ends of a line.

    The second peak is the largest after the first was masked by 1 - exp(-r^2 / 2 sigma^2), r in cells.
    """
    positive = np.maximum(maps, 0)
    first, value = peaks(positive)
    rows, columns = np.mgrid[: maps.shape[2], : maps.shape[3]]
    away = (columns - first[..., 0, None, None]) ** 2 + (rows - first[..., 1, None, None]) ** 2
    rest = positive * (1 - np.exp(-away / (2 * sigma**2)))
    second, weak = peaks(rest)
    ends = np.stack([first, second], axis=2) * stride
    return np.concatenate([ends, np.stack([value, weak], axis=2)[..., None]], axis=-1)


def rounded_targets(
    points: FloatArray, visible: FloatArray, *, input_size: tuple[int, int], map_size: tuple[int, int], sigma: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Targets ``(K, h, w)`` and weights ``(K,)`` of the pose networks: centres rounded to cells, cut at 3 sigma.

    ``points`` are ``(K, 2)`` input pixels, ``visible`` ``(K,)`` weights; a patch wholly outside gets weight 0.
    """
    width, height = map_size
    stride = np.array(input_size, dtype=np.float64) / np.array(map_size)
    targets = np.zeros((len(points), height, width), dtype=np.float32)
    weights = np.asarray(visible, dtype=np.float32).copy()
    reach = int(sigma * 3)
    for k, (cx, cy) in enumerate((np.asarray(points) / stride + 0.5).astype(int)):
        if cx - reach >= width or cy - reach >= height or cx + reach + 1 < 0 or cy + reach + 1 < 0:
            weights[k] = 0
        if weights[k] <= 0.5:
            continue
        rows, columns = np.mgrid[:height, :width]
        near = (abs(columns - cx) <= reach) & (abs(rows - cy) <= reach)
        bump = np.exp(-((columns - cx) ** 2 + (rows - cy) ** 2) / (2 * sigma**2))
        targets[k] = np.where(near, bump, 0)
    return targets, weights


def flip_back(maps: Maps, pairs: Sequence[tuple[int, int]]) -> Maps:
    """Maps of a mirrored image, mirrored back, the channels of each pair exchanged."""
    order = np.arange(maps.shape[1])
    for a, b in pairs:
        order[[a, b]] = order[[b, a]]
    return np.ascontiguousarray(maps[:, order, :, ::-1])


def crop_from_image(
    centre: FloatArray, scale: FloatArray, size: tuple[int, int], *, degrees: float = 0.0
) -> FloatArray:
    """``(2, 3)`` affine map of the pose networks: image pixels to pixels of a crop of ``size`` (w, h).

    ``centre`` and ``scale`` (in units of `PIXEL_STD` pixels) describe a person's box; only its width counts.
    """
    factor = size[0] / (float(scale[0]) * PIXEL_STD)
    angle = np.deg2rad(degrees)
    turn = factor * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    shift = np.array(size) / 2 - turn @ np.asarray(centre, dtype=np.float64)
    return np.column_stack([turn, shift])
