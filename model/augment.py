"""Random views of a labelled image: geometry and light, with the points moved exactly.

Points travel in unit coordinates, (0, 0) the top-left corner of the image and (1, 1) the bottom-right one, so that
they do not depend on the size an image is kept in: u = (x + 0.5) / width.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from model.heatmaps import ABSENT

Image = NDArray[np.uint8]
FloatArray = NDArray[np.float64]
States = NDArray[np.int8]
_FILL = (96, 110, 96)


@dataclass(frozen=True)
class Augmentation:
    """Probabilities (0..1) and ranges of the random view.

    ``zoom`` is the largest crop-zoom about a labelled point, ``rotation`` degrees, ``perspective`` and ``aspect``
    relative changes, ``noise`` the largest sigma in grey levels, ``gain`` and ``gamma`` relative ranges.
    """

    mirror: float = 0.5
    zoom_chance: float = 0.6
    zoom: float = 2.0
    rotation: float = 1.5
    perspective: float = 0.02
    aspect: float = 0.06
    light_chance: float = 0.8
    gain: float = 0.25
    gamma: float = 0.3
    grey: float = 0.1
    noise_chance: float = 0.3
    noise: float = 14.0
    blur: float = 0.15
    jpeg: float = 0.2
    cut_out: float = 0.25


NO_AUGMENTATION = Augmentation(
    mirror=0, zoom_chance=0, rotation=0, perspective=0, aspect=0, light_chance=0, grey=0, noise_chance=0, blur=0,
    jpeg=0, cut_out=0,
)  # fmt: skip


def augment(
    image: Image,
    points: FloatArray,
    state: States,
    *,
    permutation: NDArray[np.intp],
    size: tuple[int, int],
    rng: np.random.Generator,
    settings: Augmentation,
) -> tuple[Image, FloatArray, States]:
    """A random view: image ``(h, w, 3)`` of ``size`` (w, h), points ``(K, 2)`` in its pixels, states ``(K,)``.

    ``points`` are unit coordinates. Mirroring renames point k to ``permutation[k]``. Points that leave the view are
    absent in it; unknown ones stay unknown.
    """
    mirrored = rng.random() < settings.mirror
    view = _view(points[state > ABSENT], size, rng, settings, mirrored=mirrored)
    xy = _to_pixels(apply_homography(view, points), size)
    if mirrored:
        renamed_xy, renamed_state = np.empty_like(xy), np.empty_like(state)
        renamed_xy[permutation], renamed_state[permutation] = xy, state
        xy, state = renamed_xy, renamed_state
    inside = ((xy >= -0.5) & (xy < np.array(size) - 0.5)).all(axis=1)
    state = np.where((state > ABSENT) & ~inside, ABSENT, state).astype(np.int8)
    picture = warp(image, view, size)
    return relight(picture, rng, settings), xy, state


def apply_homography(matrix: FloatArray, points: FloatArray) -> FloatArray:
    """``(N, 2)`` moved by a 3x3 homography."""
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:])


def _to_pixels(units: FloatArray, size: tuple[int, int]) -> FloatArray:
    return units * np.array(size, dtype=np.float64) - 0.5


def _view(
    labelled: FloatArray, size: tuple[int, int], rng: np.random.Generator, settings: Augmentation, *, mirrored: bool
) -> FloatArray:
    """``view_from_image``, 3x3, unit coordinates to unit coordinates."""
    flip = np.array([[-1.0, 0, 1], [0, 1, 0], [0, 0, 1]]) if mirrored else np.eye(3)
    zoom = rng.uniform(1.0, settings.zoom) if rng.random() < settings.zoom_chance else 1.0
    centre = np.array([0.5, 0.5])
    if zoom > 1 and len(labelled):
        anchor = apply_homography(flip, labelled[rng.integers(len(labelled))][None])[0]
        centre = anchor - (rng.uniform(0.1, 0.9, 2) - 0.5) / zoom
        centre = np.clip(centre, 0.5 / zoom, 1 - 0.5 / zoom)
    to_centre = np.array([[zoom, 0, -zoom * centre[0]], [0, zoom, -zoom * centre[1]], [0, 0, 1]])
    angle = np.deg2rad(rng.uniform(-1, 1) * settings.rotation)
    stretch = 1 + rng.uniform(-1, 1) * settings.aspect
    ratio = size[0] / size[1]
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos * stretch, -sin / ratio, 0], [sin * ratio, cos / stretch, 0], [0, 0, 1]])
    turn[2, :2] = rng.uniform(-1, 1, 2) * settings.perspective
    back = np.array([[1.0, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    return np.asarray(back @ turn @ to_centre @ flip)


def warp(image: Image, view: FloatArray, size: tuple[int, int]) -> Image:
    """The image ``(H, W, 3)`` seen through ``view`` (unit coordinates), ``(h, w, 3)`` of ``size`` (w, h)."""
    shrink = np.sqrt(abs(np.linalg.det(view[:2, :2])) * size[0] * size[1] / (image.shape[0] * image.shape[1]))
    while shrink < 0.6 and min(image.shape[:2]) > 2:
        half = (max(1, image.shape[1] // 2), max(1, image.shape[0] // 2))
        image = np.asarray(cv2.resize(image, half, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        shrink *= 2
    height, width = image.shape[:2]
    unit_from_pixel = np.array([[1 / width, 0, 0.5 / width], [0, 1 / height, 0.5 / height], [0, 0, 1]])
    pixel_from_unit = np.array([[size[0], 0, -0.5], [0, size[1], -0.5], [0, 0, 1.0]])
    matrix = pixel_from_unit @ view @ unit_from_pixel
    warped = cv2.warpPerspective(image, matrix, size, flags=cv2.INTER_LINEAR, borderValue=_FILL)
    return np.asarray(warped, dtype=np.uint8)


def relight(image: Image, rng: np.random.Generator, settings: Augmentation) -> Image:
    """Random gain, gamma and colour, grey, cut-out, blur, noise and JPEG; same shape."""
    if rng.random() < settings.light_chance:
        image = _tone(image, rng, settings)
    if rng.random() < settings.grey:
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        image = np.repeat(np.asarray(grey, dtype=np.uint8)[:, :, None], 3, axis=2)
    if rng.random() < settings.cut_out:
        image = _cut_out(image, rng)
    if rng.random() < settings.blur:
        sigma = float(rng.uniform(0.4, 1.3))
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), dtype=np.uint8)
    if rng.random() < settings.noise_chance:
        image = _noise(image, float(rng.uniform(1, settings.noise)), rng)
    if rng.random() < settings.jpeg:
        image = _recompress(image, int(rng.integers(25, 90)))
    return image


def _tone(image: Image, rng: np.random.Generator, settings: Augmentation) -> Image:
    """One look-up table a channel."""
    levels = np.arange(256) / 255.0
    gamma = np.exp(rng.uniform(-1, 1) * settings.gamma)
    gains = (1 + rng.uniform(-1, 1) * settings.gain) * (1 + rng.uniform(-1, 1, 3) * settings.gain / 3)
    shift = rng.uniform(-1, 1) * settings.gain / 4
    tables = np.clip((levels[:, None] ** gamma) * gains + shift, 0, 1) * 255
    return np.asarray(cv2.LUT(image, np.round(tables).astype(np.uint8)[None]), dtype=np.uint8)


def _cut_out(image: Image, rng: np.random.Generator) -> Image:
    """One to three flat rectangles; points behind them stay labelled, the rest of the frame tells where they are."""
    image = image.copy()
    height, width = image.shape[:2]
    for _ in range(int(rng.integers(1, 4))):
        w, h = (rng.uniform(0.05, 0.28, 2) * (width, height)).astype(int)
        x, y = int(rng.integers(0, width - w)), int(rng.integers(0, height - h))
        image[y : y + h, x : x + w] = rng.integers(0, 256, 3, dtype=np.uint8)
    return image


def _noise(image: Image, sigma: float, rng: np.random.Generator) -> Image:
    """Gaussian noise cut out of a fixed bank at a random place: a tenth of the time of drawing it anew."""
    bank = _noise_bank(1 << max(20, (2 * image.size).bit_length()))
    start = int(rng.integers(bank.size - image.size))
    noisy = bank[start : start + image.size].reshape(image.shape) * np.float32(sigma) + image
    return np.asarray(np.clip(np.rint(noisy), 0, 255), dtype=np.uint8)


@lru_cache(maxsize=4)
def _noise_bank(size: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).standard_normal(size, dtype=np.float32)


def _recompress(image: Image, quality: int) -> Image:
    # The channel order does not matter to a decoder that returns what the encoder was given.
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        return image
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)
