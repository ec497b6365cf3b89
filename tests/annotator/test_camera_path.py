import numpy as np
import panning
import pytest

from annotator.calibration import calibrate
from annotator.camera_path import (
    CameraPath,
    Curve,
    Refusal,
    camera_between,
    followed,
    path_through,
    rotation_of,
    state_of,
)
from annotator.evidence import Evidence
from annotator.lens import Lens
from annotator.pitch import KEYPOINTS

RNG = 41


def carried(cameras, keys, rng=None):
    """(key, frame) to the camera carried there from a key frame: ever farther off, as far as ``rng`` says."""
    found = {}
    for key in keys:
        way = np.zeros(11) if rng is None else rng.standard_normal(11) * 3e-5
        way[4:] = 0.0
        for n, camera in enumerate(cameras):
            found[key, n] = _camera(state_of(camera) + way * abs(n - key))
    return found


@pytest.mark.parametrize("curve", list(Curve))
def test_at_the_key_frames_the_path_is_the_key_frames_camera(curve):
    cameras = panning.path(np.random.default_rng(RNG), 200)
    keys = {float(k): cameras[k] for k in range(0, 200, 50)}
    path = path_through(keys, curve=curve)
    assert isinstance(path, CameraPath)
    for time, camera in keys.items():
        assert panning.errors(path.at(time), camera).max() < 1e-6
        assert path.deviation(time) == 0.0


def test_two_key_frames_are_joined_the_short_way_round_even_across_the_turn_of_the_angle():
    place = (0.0, -70.0, -15.0)
    first = panning.camera_at(place, (-10.0, 0.0, 0.0), 7.2)
    last = panning.camera_at(place, (10.0, 0.0, 0.0), 7.2)
    middle = camera_between(first, last, 0.5)
    assert middle is not None
    ahead = rotation_of(state_of(middle))[2]
    assert abs(ahead[0]) < 0.02
    assert ahead[1] > 0.9


def test_a_steady_pan_is_found_again_from_its_ends():
    place = np.array([3.0, 66.0, -14.0])
    ends = [state_of(panning.camera_at(place, (x, 4.0, 0.0), 7.3)) for x in (-20.0, 25.0)]
    path = path_through({0.0: _camera(ends[0]), 40.0: _camera(ends[1])})
    for i in range(41):
        truth = _camera(ends[0] + (ends[1] - ends[0]) * i / 40.0)
        assert panning.errors(path.at(float(i)), truth).max(initial=0.0) < 1e-6


def _camera(state):
    from annotator.steering import camera_of

    return camera_of(panning.SIZE, rotation_of(state), state[4:7], float(state[3]), float(state[7]))


def test_a_camera_that_rests_between_two_moves_does_not_swing():
    place = (0.0, 66.0, -14.0)
    targets = {0: -20.0, 20: 10.0, 60: 10.0, 80: 30.0}
    keys = {float(t): panning.camera_at(place, (x, 0.0, 0.0), 7.3) for t, x in targets.items()}
    still = path_through(keys)
    assert panning.errors(still.at(40.0), keys[20.0]).max() < 1e-6
    swinging = path_through(keys, curve=Curve.NATURAL)
    assert panning.errors(swinging.at(40.0), keys[20.0]).max() > 1.0


def test_the_expected_deviation_grows_with_the_gap_and_with_the_way_and_is_honest():
    rng = np.random.default_rng(5)
    ratios = []
    for kind in ("eased", "followed"):
        for _ in range(6):
            cameras = panning.path(rng, 151, kind=kind)
            path = path_through({float(k): cameras[k] for k in range(0, 151, 30)})
            for i in range(15, 151, 30):
                off = panning.errors(path.at(float(i)), cameras[i])
                if len(off):
                    ratios.append(np.median(off) / path.deviation(float(i)))
    assert 0.45 < np.mean(np.array(ratios) < 1.0) < 0.95
    here = panning.camera_at((0, 66, -14), (-20, 0, 0), 7.3)
    near, far = (panning.camera_at((0, 66, -14), (x, 0, 0), 7.3) for x in (-19, 20))
    short, long = path_through({0.0: here, 10.0: near}), path_through({0.0: here, 50.0: near})
    assert short.deviation(5.0) < 0.2 * long.deviation(25.0)
    assert long.deviation(25.0) < path_through({0.0: here, 50.0: far}).deviation(25.0)


def test_the_covariance_lies_between_those_of_the_key_frames_and_grows_away_from_them():
    cameras = panning.path(np.random.default_rng(RNG), 60)
    path = path_through({0.0: cameras[0], 50.0: cameras[50]})
    worlds = panning.WORLDS[panning.in_frame(path.at(25.0))]
    assert np.nanmedian(path.at(25.0).deviations(worlds)) > 0.5 * path.deviation(25.0)
    assert path.at(0.0).covariance == pytest.approx(cameras[0].covariance)


def test_a_path_that_follows_the_picture_is_right_between_and_still_exact_at_the_key_frames():
    rng = np.random.default_rng(RNG)
    cameras = panning.path(rng, 101, kind="followed", kap=0.0)
    seen = carried(cameras, (0, 50, 100), rng)
    plain = path_through({0.0: cameras[0], 50.0: cameras[50], 100.0: cameras[100]})
    bent = followed(plain, seen)
    for key in (0, 50, 100):
        assert panning.errors(bent.at(float(key)), cameras[key]).max() < 1e-6
    off = [np.median(e) for i in range(101) if len(e := panning.errors(bent.at(float(i)), cameras[i]))]
    unguided = [np.median(e) for i in range(101) if len(e := panning.errors(plain.at(float(i)), cameras[i]))]
    assert max(off) < 1.5
    assert max(off) < 0.25 * max(unguided)
    assert bent.deviation(25.0) < 2.0


def test_a_camera_lost_on_the_way_leaves_its_stretch_as_it_was():
    cameras = panning.path(np.random.default_rng(RNG), 101, kap=0.0)
    seen = carried(cameras, (0, 50, 100))
    del seen[50, 70]
    plain = path_through({0.0: cameras[0], 50.0: cameras[50], 100.0: cameras[100]})
    bent = followed(plain, seen)
    assert panning.errors(bent.at(75.0), plain.at(75.0)).max(initial=0.0) < 1e-6
    assert bent.deviation(75.0) == pytest.approx(plain.deviation(75.0))


def test_what_has_no_camera_is_refused_with_a_reason():
    camera = panning.camera_at((0, 66, -14), (-20, 0, 0), 7.3)
    alone = path_through({0.0: camera})
    assert isinstance(alone, Refusal)
    assert "Two frames" in alone.reason
    missing = path_through({0.0: camera, 7.0: None})
    assert isinstance(missing, Refusal)
    assert missing.frame == 7.0
    other = panning.camera_at((0, 66, -14), (-20, 0, 0), 7.3, size=(1280, 720))
    assert isinstance(path_through({0.0: camera, 9.0: other}), Refusal)


def test_a_homography_is_taken_for_the_camera_nearest_to_it_and_refused_where_none_is_near():
    camera = panning.camera_at((0, 66, -14), (-38, 0, 0), 7.1)
    ground = _ground(camera, np.eye(3))
    path = path_through({0.0: ground, 10.0: camera})
    assert isinstance(path, CameraPath)
    assert panning.errors(path.at(0.0), camera).max() < 1.0
    squeezed = _ground(camera, np.array([[1.0, 1.5, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]))
    refused = path_through({0.0: squeezed, 10.0: camera})
    assert isinstance(refused, Refusal)
    assert "square pixels" in refused.reason


def _ground(camera, warp):
    """A homography of the ground as a solution, from keypoints seen by a camera whose picture is warped."""
    from dataclasses import replace

    from annotator.camera import Solution, SolutionKind
    from annotator.projections import Plane

    plane = Plane.about((warp @ camera.ground)[None])
    found = Solution(SolutionKind.GROUND, camera.size, plane, np.zeros(9), np.eye(9) * 1e-8, 0.0, 1.0, 0.0)
    return replace(found)


def test_between_fitted_cameras_too_the_ends_are_exact():
    rng = np.random.default_rng(RNG)
    cameras = panning.path(rng, 60)
    fitted = {}
    for k in (0, 50):
        seen = panning.in_frame(cameras[k])
        pixels = cameras[k].project(panning.WORLDS) + rng.standard_normal((len(panning.WORLDS), 2))
        names = [name for name, inside in zip(KEYPOINTS, seen, strict=True) if inside]
        points = dict(zip(names, Lens(panning.SIZE).centred(pixels[seen]), strict=True))
        fitted[float(k)] = calibrate(Evidence({}, points, dict.fromkeys(names, 1.0)), panning.SIZE, hints={})
    path = path_through(fitted)
    for time, camera in fitted.items():
        assert np.nanmax(np.abs(path.at(time).project(panning.WORLDS) - camera.project(panning.WORLDS))) < 1e-6
