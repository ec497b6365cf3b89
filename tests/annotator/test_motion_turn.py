"""A turn and a zoom found from corners; a camera that moves is told from one that stands, and carried too."""

from __future__ import annotations

import numpy as np
import pytest
from test_motion import SIZE, errors, said_of

from annotator.motion import Carry, carry
from annotator.motion_turn import turned
from annotator.projections import rotations
from annotator.synthetic.cameras import look_at
from annotator.synthetic.clip import Clip

FOCAL = 1500.0


def corners(count: int = 80, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform((-450.0, -250.0), (450.0, 250.0), (count, 2))


def seen(places: np.ndarray, rotation: np.ndarray, zoom: float) -> np.ndarray:
    rays = np.column_stack([places / FOCAL, np.ones(len(places))]) @ rotation.T
    return zoom * FOCAL * rays[:, :2] / rays[:, 2:]


@pytest.mark.parametrize(("turn", "zoom"), [((0.02, 0.15, 0.01), 1.0), ((-0.05, -0.2, 0.0), 1.3), ((0, 0, 0), 0.8)])
def test_a_turn_and_a_zoom_are_found_exactly(turn: tuple[float, float, float], zoom: float) -> None:
    one, rotation = corners(), rotations(np.array(turn, dtype=float))
    by, off = turned(one, seen(one, rotation, zoom), FOCAL)
    true = np.diag([zoom * FOCAL] * 2 + [1.0]) @ rotation @ np.diag([1 / FOCAL, 1 / FOCAL, 1.0])
    assert off < 1e-6
    assert np.allclose(by / by[2, 2], true / true[2, 2], rtol=1e-6, atol=1e-6)


def test_a_few_wrong_corners_do_not_matter() -> None:
    one, rng = corners(), np.random.default_rng(1)
    two = seen(one, rotations(np.array([0.01, 0.08, 0.0])), 1.1) + rng.normal(0.0, 0.2, one.shape)
    two[:8] += rng.normal(0.0, 1.5, (8, 2))
    by, off = turned(one, two, FOCAL)
    clean = seen(one, rotations(np.array([0.01, 0.08, 0.0])), 1.1)
    back = np.column_stack([one, np.ones(len(one))]) @ by.T
    assert np.median(np.linalg.norm(back[:, :2] / back[:, 2:] - clean, axis=1)) < 0.15
    assert off < 0.4


def test_a_move_is_no_turn() -> None:
    one = corners()
    by = np.array([[1.02, 0.03, 6.0], [0.01, 1.05, -4.0], [2e-5, 9e-5, 1.0]])
    two = np.column_stack([one, np.ones(len(one))]) @ by.T
    _, off = turned(one, two[:, :2] / two[:, 2:], FOCAL)
    assert off > 0.5


def test_a_camera_that_flies_is_carried_too() -> None:
    cameras = tuple(
        look_at(
            np.array([-20.0 + 0.2 * n, 50.0, -14.0 - 0.05 * n]), np.array([-30.0 + 0.3 * n, 0.0, 0.0]), size=SIZE,
            coverage=44.0, kappa=0.015, roll=0.004,
        )
        for n in range(11)
    )  # fmt: skip
    clip = Clip(31, cameras)
    pictures = [clip.frame(number).rgb for number in range(len(clip))]
    steps = carry(said_of(clip, 0), size=SIZE, frames=pictures.__getitem__, start=0, until=10)
    carried = [step for step in steps if isinstance(step, Carry)]
    assert len(carried) == 10
    assert np.median(errors(carried[-1].labels, clip, 10)) < 2.0
