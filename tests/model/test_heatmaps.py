from __future__ import annotations

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from model.heatmaps import (
    ABSENT,
    OCCLUDED,
    UNKNOWN,
    VISIBLE,
    Codec,
    Prediction,
    PredictionError,
    image_from_input,
    input_from_image,
    predict_from_maps,
)

CODEC = Codec((480, 270))


def _prediction() -> Prediction:
    points = np.array([[100.3, 50.2], [300.1, 200.9]])
    maps, _ = CODEC.encode(points, np.array([VISIBLE, VISIBLE]))
    return predict_from_maps(maps, codec=CODEC, names=("A", "B"), image_size=(1920, 1080), network="n1")


@given(
    st.floats(4, 475),
    st.floats(4, 265),
    st.sampled_from([2, 4]),
    st.floats(1.0, 3.0),
    st.sampled_from(["centre", "corner"]),
)
@settings(max_examples=60, deadline=None)
def test_a_point_comes_back_from_its_own_heatmap(x: float, y: float, stride: int, sigma: float, alignment: str) -> None:
    codec = Codec((480, 270), stride=stride, sigma=sigma, alignment=alignment)  # type: ignore[arg-type]
    maps, _ = codec.encode(np.array([[x, y]]), np.array([VISIBLE]))
    xy, confidence, sd = codec.decode(maps)
    assert np.abs(xy[0] - (x, y)).max() < 0.01
    assert 0.7 < confidence[0] <= 1
    assert sd[0] == pytest.approx(0.45 * stride, rel=1e-3)


def test_the_mean_error_on_exact_maps_is_below_a_twentieth_of_a_pixel() -> None:
    rng = np.random.default_rng(1)
    points = rng.uniform([0, 0], [479, 269], (200, 2))
    maps, _ = CODEC.encode(points, np.full(200, VISIBLE))
    xy, _, _ = CODEC.decode(maps)
    assert np.linalg.norm(xy - points, axis=1).mean() < 0.05


def test_decoding_maps_stored_in_eight_bits_stays_near() -> None:
    rng = np.random.default_rng(2)
    points = rng.uniform([8, 8], [470, 260], (100, 2))
    maps, _ = CODEC.encode(points, np.full(100, VISIBLE))
    xy, _, _ = CODEC.decode((np.round(maps * 255) / 255).astype(np.float32))
    assert np.linalg.norm(xy - points, axis=1).mean() < 0.1


def test_a_wider_peak_reports_a_larger_deviation() -> None:
    wide = Codec((480, 270), sigma=2.6)
    maps, _ = wide.encode(np.array([[200.0, 100.0]]), np.array([VISIBLE]))
    _, _, sd = CODEC.decode(maps)
    assert sd[0] == pytest.approx(4 * np.sqrt(0.45**2 + 0.3**2 * (2.6**2 - 1.3**2)), rel=0.02)


def test_absent_points_have_empty_maps_and_unknown_ones_no_say() -> None:
    points = np.array([[10.0, 10], [50, 50], [90, 90], [130, 130]])
    maps, mask = CODEC.encode(points, np.array([ABSENT, OCCLUDED, VISIBLE, UNKNOWN]))
    assert maps.shape == (5, 68, 120)
    assert [float(m.max()) > 0.5 for m in maps[:4]] == [False, True, True, False]
    assert mask.tolist() == [1, 1, 1, 0, 1]
    assert np.allclose(maps[-1], 1 - maps[:-1].max(axis=0))


def test_a_point_far_outside_leaves_nothing_and_nonsense_is_refused() -> None:
    maps, _ = CODEC.encode(np.array([[-500.0, 20]]), np.array([VISIBLE]))
    assert maps[0].max() == 0
    with pytest.raises(ValueError, match="finite"):
        CODEC.encode(np.array([[np.nan, 20]]), np.array([VISIBLE]))
    with pytest.raises(ValueError, match="expected points"):
        CODEC.encode(np.zeros((3, 3)), np.zeros(3, dtype=int))
    with pytest.raises(ValueError, match="no heatmap"):
        Codec((480, 270), stride=0)


def test_a_flat_map_decodes_without_warnings() -> None:
    xy, confidence, sd = CODEC.decode(np.zeros((3, 68, 120), dtype=np.float32))
    assert np.isfinite(xy).all()
    assert confidence.tolist() == [0, 0]
    assert (sd > 5).all()
    with pytest.raises(ValueError, match="expected maps"):
        CODEC.decode(np.zeros((68, 120), dtype=np.float32))


@given(st.integers(1, 4000), st.integers(1, 4000))
def test_the_stretch_maps_edges_to_edges_and_back(width: int, height: int) -> None:
    corners = np.array([[-0.5, -0.5], [479.5, 269.5]])
    there = image_from_input(corners, (480, 270), (width, height))
    assert np.allclose(there, [[-0.5, -0.5], [width - 0.5, height - 0.5]])
    assert np.allclose(input_from_image(there, (480, 270), (width, height)), corners)


def test_the_centre_alignment_survives_mirroring() -> None:
    xs = CODEC.input_from_cells(np.array([[0.0, 0], [119, 0]]))[:, 0]
    assert xs[0] + xs[1] == pytest.approx(479)


def test_a_prediction_says_where_its_cells_lie_in_the_image() -> None:
    prediction = _prediction()
    row, column = np.unravel_index(int(prediction.heatmap_of("B").argmax()), (68, 120))
    x = column * prediction.scale[0] + prediction.offset[0]
    y = row * prediction.scale[1] + prediction.offset[1]
    assert abs(x - prediction.xy[1, 0]) <= prediction.scale[0] / 2
    assert abs(y - prediction.xy[1, 1]) <= prediction.scale[1] / 2
    assert prediction.scale == pytest.approx((16, 16))
    assert prediction.offset == pytest.approx((7.5, 7.5))
    assert prediction.any_point.max() == prediction.heatmaps[:-1].max()
    with pytest.raises(KeyError, match="no keypoint"):
        prediction.heatmap_of("C")


def test_a_prediction_survives_storage() -> None:
    before = _prediction()
    after = Prediction.from_bytes(before.to_bytes())
    assert after.names == before.names
    assert (after.network, after.image_size) == (before.network, before.image_size)
    assert (after.scale, after.offset) == (before.scale, before.offset)
    for name in ("xy", "confidence", "sd", "heatmaps"):
        assert np.array_equal(getattr(after, name), getattr(before, name))


def test_a_frame_of_58_maps_takes_about_forty_kilobytes() -> None:
    codec = Codec((960, 540), stride=2, sigma=3.0)
    rng = np.random.default_rng(0)
    points = rng.uniform([0, 0], [959, 539], (57, 2))
    maps, _ = codec.encode(points, np.where(np.arange(57) % 3, ABSENT, VISIBLE))
    names = tuple(str(k) for k in range(57))
    prediction = predict_from_maps(maps, codec=codec, names=names, image_size=(1920, 1080), network="n")
    assert len(prediction.to_bytes()) < 60_000


@given(st.integers(0, 400), st.binary(min_size=0, max_size=6))
@settings(max_examples=80, deadline=None)
def test_damaged_bytes_are_named_and_never_crash(cut: int, junk: bytes) -> None:
    data = _STORED[:cut] + junk
    with pytest.raises(PredictionError):
        Prediction.from_bytes(data)


_STORED = _prediction().to_bytes()


def test_a_frame_that_claims_more_maps_than_its_head_is_refused_unread() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(50_000_000))
    start = _STORED.index(zstandard.FRAME_HEADER)
    with pytest.raises(PredictionError, match="50000000 bytes"):
        Prediction.from_bytes(_STORED[:start] + bomb)


def test_a_prediction_cannot_be_changed_and_its_shapes_agree() -> None:
    prediction = _prediction()
    with pytest.raises(ValueError, match="read-only"):
        prediction.xy[0, 0] = 1
    with pytest.raises(ValueError, match="cannot have arrays"):
        Prediction(
            names=("A",), xy=np.zeros((2, 2)), confidence=np.zeros(1), sd=np.zeros(1),
            heatmaps=np.zeros((2, 3, 3), np.uint8), image_size=(3, 3), network="", scale=(1, 1), offset=(0, 0),
        )  # fmt: skip
