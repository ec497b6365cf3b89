import numpy as np
import panning
import pytest

from annotator.calibration import calibrate
from annotator.evidence import Evidence
from annotator.lens import Lens
from annotator.pitch import KEYPOINTS
from annotator.temporal import Instant, Over, odd_over_time
from annotator.tripod_prior import Standing

NAMES = list(KEYPOINTS)


def instant(number, camera, rng, *, noise=1.0, move=None, fit=True):
    inside = np.flatnonzero(panning.in_frame(camera))
    pixels = camera.project(panning.WORLDS[inside]) + noise * rng.standard_normal((len(inside), 2))
    if move is not None:
        pixels[move[0]] += move[1]
    points = {NAMES[i]: tuple(xy) for i, xy in zip(inside, pixels, strict=True)}
    solution = None
    if fit and len(points) >= 5:
        centred = dict(zip(points, Lens(camera.size).centred(pixels), strict=True))
        solution = calibrate(Evidence({}, centred, dict.fromkeys(centred, 1.0)), camera.size, hints={})
    return Instant(number, camera.size, points, solution)


def clip(seed, *, step=1, count=30):
    """A clip in which enough points are in view, every ``step``-th frame."""
    rng = np.random.default_rng(seed)
    while True:
        cameras = panning.path(rng, step * count)[::step]
        if min(panning.in_frame(camera).sum() for camera in cameras) >= 8:
            return rng, cameras


@pytest.mark.parametrize("step", [1, 4])
def test_clean_clips_raise_hardly_any_alarm(step):
    alarms = frames = 0
    for seed in range(4):
        rng, cameras = clip(seed, step=step)
        shot = [instant(step * n, camera, rng) for n, camera in enumerate(cameras)]
        alarms += len(odd_over_time(shot))
        frames += len(shot)
    assert alarms <= 0.03 * frames


def test_a_point_that_jumps_is_named():
    hits = 0
    for seed in range(8):
        rng, cameras = clip(20 + seed)
        shot = [instant(n, camera, rng, fit=False) for n, camera in enumerate(cameras)]
        shot[12] = instant(12, cameras[12], rng, move=(3, (18.0, -9.0)), fit=False)
        name = list(shot[12].points)[3]
        odd = odd_over_time(shot).get(12, ())
        hits += bool(odd) and odd[0].over is Over.POINT and odd[0].keypoint == name
    assert hits >= 7


def test_a_camera_that_jumps_is_said_and_one_that_pans_is_not():
    rng, cameras = clip(30)
    shot = [instant(n, camera, rng) for n, camera in enumerate(cameras)]
    other = panning.camera_at(cameras[15].params[3:6] + np.array([9.0, 4.0, 3.0]), (-20.0, 0.0, 0.0), 7.2)
    shot[15] = Instant(15, panning.SIZE, shot[15].points, instant(15, other, rng).camera)
    odd = odd_over_time(shot)
    assert any(one.over in (Over.CENTRE, Over.DRIFT) for one in odd[15])
    assert "m from where" in odd[15][-1].reason + odd[15][0].reason
    assert 14 not in odd or all(one.over is not Over.CENTRE for one in odd[14])


def test_a_camera_that_drifts_away_from_its_shot_or_its_tripod_is_said():
    home = np.array([2.0, 66.0, -14.0])
    drifting = []
    for n in range(30):
        gone = home + np.array([1.0, 0.6, 0.3]) * max(0, n - 18) * 0.6
        drifting.append(Instant(n, panning.SIZE, {}, panning.camera_at(gone, (0.0, 0.0, 0.0), 7.2)))
    sure = [Instant(f.number, f.size, {}, _sure(f.camera)) for f in drifting]
    odd = odd_over_time(sure)
    assert any(one.over is Over.DRIFT for one in odd[29])
    assert 3 not in odd
    known = odd_over_time(sure[-3:], standing=Standing(home, 0.01 * np.eye(3)))
    assert known[29][0].over is Over.DRIFT


def _sure(camera):
    from dataclasses import replace

    return replace(camera, covariance=1e-6 * np.eye(len(camera.params)))


def test_roll_and_zoom_that_jump_are_said_with_their_size():
    cameras = [panning.camera_at((0, 66, -14), (-20 + 0.2 * n, 2, 0), 7.3) for n in range(9)]
    cameras[4] = panning.camera_at((0, 66, -14), (-19.2, 2, 0), 7.3 + 0.2, roll=0.06)
    odd = odd_over_time([Instant(n, panning.SIZE, {}, _sure(camera)) for n, camera in enumerate(cameras)])
    kinds = {one.over: one for one in odd[4]}
    assert kinds[Over.ZOOM].value == pytest.approx(20.0, abs=1.0)
    assert kinds[Over.ROLL].value == pytest.approx(np.degrees(0.06), abs=0.2)
    assert set(odd) <= {3, 4, 5}


def test_what_is_not_known_surely_is_not_said():
    cameras = [panning.camera_at((0, 66, -14), (-20, 2, 0), 7.3) for _ in range(9)]
    cameras[4] = panning.camera_at((0, 69, -14.5), (-20, 2, 0), 7.34)
    unsure = [Instant(n, panning.SIZE, {}, camera) for n, camera in enumerate(cameras)]
    assert odd_over_time(unsure) == {}
    assert 4 in odd_over_time([Instant(f.number, f.size, {}, _sure(f.camera)) for f in unsure])


def test_neighbours_far_away_in_time_say_nothing():
    rng, cameras = clip(33)
    shot = [instant(20 * n, camera, rng, fit=False) for n, camera in enumerate(cameras[:5])]
    assert odd_over_time(shot) == {}
    assert odd_over_time([]) == {}


def test_the_check_command_says_what_is_odd_over_time_in_a_video():
    from annotator.checks import Rule
    from annotator.commands.check_ import checked
    from annotator.commands.labelled import Labelled
    from annotator.labels import Instance, KeypointLabel, Visibility

    rng, cameras = clip(34, count=9)
    shot = [instant(n, camera, rng, fit=False) for n, camera in enumerate(cameras)]
    shot[4] = instant(4, cameras[4], rng, move=(2, (25.0, 10.0)), fit=False)
    frames = [
        Labelled(
            f"clip.mp4#{frame.number:06d}",
            Instance(keypoints={n: KeypointLabel(tuple(at), Visibility.VISIBLE) for n, at in frame.points.items()}),
            frame.size,
            "clip.mp4",
        )
        for frame in shot
    ]
    found = {frame.key: findings for frame, findings in checked(frames)}
    assert list(found) == [frame.key for frame in frames]
    jumps = {key for key, findings in found.items() if any(one.rule is Rule.JUMP for one in findings)}
    assert jumps == {"clip.mp4#000004"}


def test_a_camera_that_jumps_is_a_sign_in_the_review_queue():
    from annotator.filling import camera_labels
    from annotator.review import Kind
    from annotator.review.entries import Inspection, inspect

    cameras = [panning.camera_at((0.0, 66.0, -14.0), (-38.0 + 0.3 * n, 2.0, 0.0), 7.2) for n in range(3)]
    before, here, after = (camera_labels(camera).pitch for camera in cameras)
    away = camera_labels(panning.camera_at((14.0, 60.0, -18.0), (-37.7, 2.0, 0.0), 7.2)).pitch
    calm = inspect(Inspection(1, here, None, panning.SIZE, 0.3, beside={-1: before, 1: after}))
    odd = inspect(Inspection(1, away, None, panning.SIZE, 0.3, beside={-1: before, 1: after}))
    assert calm.value(Kind.CHECK) is None
    assert odd.value(Kind.CHECK) == 1.0
    (sign,) = (sign for sign in odd.signs.signs if sign.kind is Kind.CHECK)
    assert "m from where it stands" in sign.detail
