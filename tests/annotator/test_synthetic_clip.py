"""A rendered clip: the same each time, its ground where the camera says, its players on the move."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from annotator.synthetic.clip import Clip, pan_tilt_zoom, still

SIZE = (480, 270)


@pytest.fixture(scope="module")
def clip() -> Clip:
    return pan_tilt_zoom(200, SIZE)


def ground_homography(camera) -> np.ndarray:
    """(3, 3) pixels from metres of the ground, the lens left out."""
    matrix = camera.rotation * np.array([[camera.focal], [camera.focal], [1.0]])
    centre = np.array([[1.0, 0.0, camera.centre[0]], [0.0, 1.0, camera.centre[1]], [0.0, 0.0, 1.0]])
    return centre @ np.column_stack([matrix[:, 0], matrix[:, 1], -matrix @ camera.position])


def test_a_frame_is_the_same_each_time(clip: Clip) -> None:
    assert np.array_equal(clip.frame(3).rgb, pan_tilt_zoom(200, SIZE).frame(3).rgb)


def test_frames_beyond_the_clip_are_refused(clip: Clip) -> None:
    with pytest.raises(ValueError, match="200 frames, no frame 200"):
        clip.frame(200)


def test_the_ground_keeps_its_texture_while_the_camera_moves(clip: Clip) -> None:
    one, two = clip.frame(100), clip.frame(106)
    by = ground_homography(two.camera) @ np.linalg.inv(ground_homography(one.camera))
    grey = [cv2.GaussianBlur(cv2.cvtColor(f.rgb, cv2.COLOR_RGB2GRAY), (0, 0), 1.5).astype(float) for f in (one, two)]
    warped = cv2.warpPerspective(grey[0], by, SIZE)
    part = np.s_[130:230, 100:380]
    moved = np.abs(warped[part] - grey[1][part])
    left = np.abs(grey[0][part] - grey[1][part])
    assert moved.mean() < 0.7 * left.mean()


def test_the_truth_moves_with_the_camera(clip: Clip) -> None:
    one, two = clip.frame(0), clip.frame(100)
    assert one.points != two.points
    for frame in (one, two):
        for name, at in frame.points.items():
            assert np.isfinite(at).all(), name


def test_players_run(clip: Clip) -> None:
    first, later = (np.array([runner.at(n).foot for runner in clip._runners]) for n in (0, 20))
    assert np.median(np.linalg.norm(later - first, axis=1)) > 0.5


def test_a_standing_camera_stands() -> None:
    shot = still(3, SIZE)
    assert np.array_equal(shot.cameras[0].rotation, shot.cameras[2].rotation)
    assert not np.array_equal(shot.frame(0).rgb, shot.frame(2).rgb)
