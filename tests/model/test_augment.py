from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.augment import NO_AUGMENTATION, Augmentation, augment, relight
from model.heatmaps import ABSENT, OCCLUDED, UNKNOWN, VISIBLE

SIZE = (160, 96)
GEOMETRY = replace(NO_AUGMENTATION, mirror=0.5, zoom_chance=1, zoom=2, rotation=3, perspective=0.03, aspect=0.08)


def _view(
    points: NDArray[np.float64],
    state: NDArray[np.int8],
    *,
    image: NDArray[np.uint8] | None = None,
    how: Augmentation = NO_AUGMENTATION,
    seed: int = 0,
    permutation: tuple[int, ...] | None = None,
) -> tuple[NDArray[np.uint8], NDArray[np.float64], NDArray[np.int8]]:
    image = np.full((192, 320, 3), 128, dtype=np.uint8) if image is None else image
    order = np.arange(len(points)) if permutation is None else np.array(permutation)
    unit = (points + 0.5) / (image.shape[1], image.shape[0])
    rng = np.random.default_rng(seed)
    return augment(image, unit, state, permutation=order, size=SIZE, rng=rng, settings=how)


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_a_point_stays_on_what_it_marks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(40, 280), rng.uniform(30, 160)
    image = np.zeros((192, 320, 3), dtype=np.uint8)
    cv2.circle(image, (round(x * 16), round(y * 16)), 7 * 16, (255, 255, 255), -1, cv2.LINE_AA, shift=4)
    picture, points, state = _view(
        np.array([[x, y]]), np.array([VISIBLE], dtype=np.int8), image=image, how=GEOMETRY, seed=seed
    )
    bright = np.argwhere(picture[:, :, 0] > 150)[:, ::-1]
    if state[0] == ABSENT or ((points[0] < 12) | (points[0] > np.array(SIZE) - 12)).any():
        return
    assert np.abs(bright.mean(axis=0) - points[0]).max() < 0.5


def test_without_augmentation_only_the_size_changes() -> None:
    points = np.array([[-0.5, -0.5], [319.4, 191.4], [100.0, 50.0]])
    picture, moved, state = _view(points, np.array([VISIBLE] * 3, dtype=np.int8))
    assert picture.shape == (96, 160, 3)
    assert np.allclose(moved, (points + 0.5) / 2 - 0.5)
    assert state.tolist() == [VISIBLE] * 3


def test_mirroring_renames_points_by_the_permutation() -> None:
    how = replace(NO_AUGMENTATION, mirror=1.0)
    points = np.array([[20.0, 40], [300, 40], [160, 100]])
    state = np.array([VISIBLE, OCCLUDED, UNKNOWN], dtype=np.int8)
    _, moved, renamed = _view(points, state, how=how, permutation=(1, 0, 2))
    assert renamed.tolist() == [OCCLUDED, VISIBLE, UNKNOWN]
    expected = 159 - ((points + 0.5) / 2 - 0.5)[[1, 0], 0]
    assert np.allclose(moved[:2, 0], expected)


def test_a_permutation_that_is_no_involution_goes_the_right_way() -> None:
    how = replace(NO_AUGMENTATION, mirror=1.0)
    points = np.array([[20.0, 10], [100, 20], [200, 30]])
    _, moved, _ = _view(points, np.array([VISIBLE] * 3, dtype=np.int8), how=how, permutation=(1, 2, 0))
    assert np.allclose(moved[[1, 2, 0], 1], (points[:, 1] + 0.5) / 2 - 0.5)


def test_mirrored_pixels_match_mirrored_points() -> None:
    image = np.random.default_rng(0).integers(0, 256, (96, 160, 3), dtype=np.uint8)
    how = replace(NO_AUGMENTATION, mirror=1.0)
    picture, _, _ = _view(np.zeros((1, 2)), np.array([ABSENT], dtype=np.int8), image=image, how=how)
    assert np.abs(picture.astype(int) - image[:, ::-1]).max() <= 1


def test_points_cropped_away_are_absent_and_unknown_ones_stay_unknown() -> None:
    how = replace(NO_AUGMENTATION, zoom_chance=1, zoom=3)
    points = np.array([[5.0, 5], [310, 180], [160, 90], [5, 5]])
    state = np.array([VISIBLE, VISIBLE, VISIBLE, UNKNOWN], dtype=np.int8)
    seen = [_view(points, state, how=how, seed=seed) for seed in range(30)]
    assert any((s == ABSENT).any() for _, _, s in seen)
    assert all((s[:3] > ABSENT).any() for _, _, s in seen)
    for _, xy, s in seen:
        inside = ((xy >= -0.5) & (xy < np.array(SIZE) - 0.5)).all(axis=1)
        assert ((s > ABSENT) == (inside & (state > ABSENT))).all()
        assert s[3] == UNKNOWN


@pytest.mark.parametrize(
    "how",
    [
        {"light_chance": 1},
        {"grey": 1},
        {"noise_chance": 1},
        {"blur": 1},
        {"jpeg": 1},
        {"cut_out": 1},
    ],
)
def test_light_changes_pixels_only_and_repeats_for_a_seed(how: dict[str, float]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (96, 160, 3), dtype=np.uint8)
    chosen = replace(NO_AUGMENTATION, **how)
    before = image.copy()
    once, again = (relight(image, np.random.default_rng(4), chosen) for _ in range(2))
    assert once.shape == image.shape
    assert once.dtype == np.uint8
    assert np.array_equal(once, again)
    assert not np.array_equal(once, image)
    assert np.array_equal(image, before)


def test_noise_is_as_strong_as_it_says() -> None:
    grey = np.full((200, 300, 3), 128, dtype=np.uint8)
    spreads = []
    for seed in range(20):
        noisy = relight(grey, np.random.default_rng(seed), replace(NO_AUGMENTATION, noise_chance=1, noise=10))
        spreads.append(float(noisy.std()))
        assert abs(float(noisy.mean()) - 128) < 0.5
    assert max(spreads) < 10.5
    assert min(spreads) > 0.9
