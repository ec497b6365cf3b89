"""Lines a few grey levels over the grass are found together, and nothing is found where there is no line."""

from __future__ import annotations

import numpy as np

from annotator.motion_faint import faint_line
from annotator.paint_profiles import PaintField


def field(*, line: float = 0.0, edge: float = 0.0, at: float = 100.0, seed: int = 0) -> PaintField:
    """Noisy grass with a line of so many grey levels at a row, or all beyond it brighter by so many."""
    rows = np.arange(540.0)[:, None]
    bright = line * np.exp(-0.5 * ((rows - at) / 1.2) ** 2) + edge * (rows > at)
    noise = np.random.default_rng(seed).normal(0.0, 3.0, (540, 960))
    rgb = np.array([70.0, 100.0, 50.0]) + (bright + noise)[..., None]
    return PaintField.of(np.clip(rgb, 0, 255).astype(np.uint8))


PLACES = np.column_stack([np.linspace(100.0, 800.0, 25), np.full(25, 101.5)])
NORMALS = np.tile([0.0, 1.0], (25, 1))


def test_a_faint_line_is_found_where_it_is() -> None:
    found = faint_line(field(line=9.0), PLACES, NORMALS)
    assert np.isfinite(found).mean() > 0.6
    assert abs(np.nanmedian(found) + 1.5) < 0.3


def test_noise_is_no_line() -> None:
    for seed in range(10):
        assert np.isnan(faint_line(field(seed=seed), PLACES, NORMALS)).all()


def test_an_edge_is_no_line() -> None:
    assert np.isnan(faint_line(field(edge=25.0), PLACES, NORMALS)).all()


def test_a_line_out_of_reach_is_not_taken() -> None:
    assert np.isnan(faint_line(field(line=9.0, at=90.0), PLACES, NORMALS)).all()


def test_few_places_say_nothing() -> None:
    assert np.isnan(faint_line(field(line=9.0), PLACES[:5], NORMALS[:5])).all()
