"""A turn and a zoom found from corners; a camera that moves is told from one that stands, and carried too."""

from __future__ import annotations

import numpy as np
import pytest
from rendered_clip import SIZE, errors, said_of

from annotator.motion import Carry, carry
from annotator.motion_turn import turn_among, turned
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


@pytest.mark.parametrize("guessed", [True, False])
def test_a_turn_is_found_where_most_corners_are_wrong(*, guessed: bool) -> None:
    one, rng = corners(120), np.random.default_rng(2)
    rotation = rotations(np.array([0.01, 0.06, 0.0]))
    true = np.diag([1.05 * FOCAL] * 2 + [1.0]) @ rotation @ np.diag([1 / FOCAL, 1 / FOCAL, 1.0])
    two = seen(one, rotation, 1.05) + rng.normal(0.0, 0.3, one.shape)
    two[:70] += rng.uniform(-9.0, 9.0, (70, 2))
    near = np.r_[0:6, 70:100]
    off_by_little = true @ np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -1.5], [0.0, 0.0, 1.0]])
    found = turn_among((one[near], two[near]), (one, two), FOCAL, off_by_little if guessed else None)
    back = np.column_stack([one, np.ones(len(one))]) @ found.by.T
    off = np.linalg.norm(back[:, :2] / back[:, 2:] - seen(one, rotation, 1.05), axis=1)
    assert np.median(off) < 0.2
    assert found.count >= 48


def test_a_homography_that_wrong_corners_agree_with_gives_way_to_the_turn_that_was_expected() -> None:
    one, rng = corners(120), np.random.default_rng(3)
    rotation = rotations(np.array([0.0, 0.04, 0.0]))
    true = np.diag([FOCAL, FOCAL, 1.0]) @ rotation @ np.diag([1 / FOCAL, 1 / FOCAL, 1.0])
    two = seen(one, rotation, 1.0) + rng.normal(0.0, 0.2, one.shape)
    two[:30] = one[:30]  # what lies over the picture stands still
    two[80:] += rng.uniform(-8.0, 8.0, (40, 2))
    found = turn_among((one[:30], two[:30]), (one, two), FOCAL, true)
    back = np.column_stack([one, np.ones(len(one))]) @ found.by.T
    off = np.linalg.norm(back[:, :2] / back[:, 2:] - two, axis=1)
    assert np.median(off[30:80]) < 0.4
    assert found.off > 10.0
    assert found.count >= 50


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
