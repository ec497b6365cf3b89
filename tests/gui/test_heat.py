"""What a heatmap layer shows, and the peaks of a channel."""

import numpy as np
import pytest

from annotator.gui.colours import heat_colours, heat_table
from annotator.gui.heat import Peak, entropy, layer_of, peaks_of, rivalry
from annotator.gui.view_settings import HeatColours, HeatmapLayer
from model.heatmaps import Prediction


def seen(maps: np.ndarray) -> Prediction:
    """A prediction of points ``a``, ``b``... with these maps (K + 1, h, w)."""
    count = len(maps) - 1
    return Prediction(
        names=tuple("abcdef"[:count]),
        xy=np.zeros((count, 2)),
        confidence=np.ones(count),
        sd=np.ones(count),
        heatmaps=maps,
        image_size=(320, 160),
        network="made",
        scale=(4.0, 4.0),
        offset=(1.5, 1.5),
    )


def hill(column: float, row: float, height: float, sigma: float = 1.3) -> np.ndarray:
    rows, columns = np.mgrid[0:40, 0:80]
    return height * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2.0 * sigma**2))


def as_maps(*channels: np.ndarray) -> np.ndarray:
    """Channels and their background, uint8."""
    background = 1.0 - np.max(channels, axis=0)
    return np.rint(np.stack([*channels, background]) * 255.0).astype(np.uint8)


@pytest.fixture
def prediction():
    return seen(as_maps(hill(20, 10, 0.8) + hill(50, 30, 0.3), hill(21, 10, 0.5), hill(70, 5, 0.02)))


def test_peaks_come_highest_first_and_say_how_far_the_second_is(prediction):
    first, second = peaks_of(prediction, "a")
    assert (first.x, first.y) == (20 * 4.0 + 1.5, 10 * 4.0 + 1.5)
    assert first.value == pytest.approx(0.8, abs=0.005)
    assert (second.x, second.y) == (50 * 4.0 + 1.5, 30 * 4.0 + 1.5)
    ratio, away = rivalry((first, second))
    assert ratio == pytest.approx(0.3 / 0.8, abs=0.01)
    assert away == pytest.approx(4.0 * np.hypot(30, 20))


def test_noise_and_unknown_points_have_no_peak(prediction):
    assert peaks_of(prediction, "c") == ()
    assert peaks_of(prediction, "nobody") == ()
    assert rivalry(peaks_of(prediction, "b")) is None


def test_a_flat_summit_is_one_peak():
    flat = np.zeros((40, 80))
    flat[10:13, 20:23] = 1.0
    assert len(peaks_of(seen(as_maps(flat)), "a")) == 1


def test_a_peak_in_the_corner_counts():
    assert peaks_of(seen(as_maps(hill(0, 0, 0.9))), "a")[0] == Peak(1.5, 1.5, pytest.approx(0.9, abs=0.005))


def test_each_layer_is_what_its_name_says(prediction):
    assert np.array_equal(layer_of(prediction, HeatmapLayer.SELECTED, "b"), prediction.heatmaps[1])
    assert np.array_equal(layer_of(prediction, HeatmapLayer.BACKGROUND, None), prediction.heatmaps[-1])
    assert np.array_equal(layer_of(prediction, HeatmapLayer.ALL, None), 255 - prediction.heatmaps[-1])
    assert layer_of(prediction, HeatmapLayer.NONE, "a") is None
    assert layer_of(prediction, HeatmapLayer.SELECTED, None) is None
    assert layer_of(prediction, HeatmapLayer.SELECTED, "nobody") is None


def test_entropy_is_that_of_the_channels_of_each_cell(prediction):
    maps = prediction.heatmaps
    share = maps / np.maximum(maps.sum(axis=0, dtype=np.int64), 1)
    bits = -(share * np.log2(np.where(share > 0.0, share, 1.0))).sum(axis=0)
    expected = np.rint(np.clip(bits / 2.0, 0.0, 1.0) * 255.0)
    assert np.abs(entropy(maps).astype(int) - expected).max() <= 1


def test_where_everything_is_clear_there_is_no_entropy():
    maps = np.zeros((4, 6, 8), np.uint8)
    maps[-1] = 255
    assert entropy(maps).max() == 0
    assert entropy(np.zeros((4, 6, 8), np.uint8)).max() == 0
    maps[0, 2, 3] = maps[1, 2, 3] = maps[2, 2, 3] = 255
    assert entropy(maps)[2, 3] == 255


@pytest.mark.parametrize("colours", HeatColours)
def test_every_scale_rises_in_lightness(colours):
    """Also for those who do not tell red from green: they see lightness."""
    rgb = heat_colours(colours, np.linspace(0.2, 0.94, 64)) / 255.0
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    lightness = linear @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(lightness) > 0.0).all()
    assert heat_table(colours)[0] == 0
