"""What is known of a camera that stands: it holds a carried camera where little is seen, and is counted once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from rendered_clip import SIZE, errors, panned, said_of

from annotator.camera import Solution
from annotator.filling import watched
from annotator.keypoints import resolve
from annotator.labels import FrameLabels
from annotator.motion import LARGEST_REST, Carry, End, Stop, carry
from annotator.motion_camera import Seen, drawn_to_paint
from annotator.motion_standing import held
from annotator.motion_track import Background
from annotator.projections import Plane
from annotator.synthetic.clip import Clip
from annotator.tripod_prior import Standing, stands

LAST = 4
Rgb = NDArray[np.uint8]


@pytest.fixture(scope="module")
def clip() -> Clip:
    return panned(LAST + 1)


@pytest.fixture(scope="module")
def pictures(clip: Clip) -> list[Rgb]:
    return [clip.frame(number).rgb for number in range(len(clip))]


@pytest.fixture(scope="module")
def camera(clip: Clip) -> Solution:
    """The camera of the first frame about its own rotation."""
    found = resolve(said_of(clip, 0).pitch, None, size=SIZE, threshold=1.0).solution
    assert found is not None
    model, params = found.restarted()
    return replace(found, model=model, params=params[0])


def standing_at(clip: Clip, camera: Solution, *, away: float = 0.0) -> Standing:
    position = clip.cameras[0].position + np.array([away, 0.0, 0.0])
    return Standing(position, 0.01 * np.eye(3), (0.006, 0.002), (float(camera.params[7]), 0.005))


def roll_of(camera: Solution) -> float:
    return float(camera.model.rotation(camera.params[None, None])[0, 0][0, 2])  # type: ignore[union-attr]


def test_a_camera_that_is_sure_enough_stays_as_it_is(clip: Clip, camera: Solution) -> None:
    sure = replace(camera, covariance=1e-8 * np.eye(len(camera.params)))
    after = held(sure, standing_at(clip, camera, away=3.0))
    assert np.array_equal(after.params, sure.params)
    assert np.allclose(after.covariance, sure.covariance)


def test_a_camera_that_became_unsure_is_drawn_back_and_only_once(clip: Clip, camera: Solution) -> None:
    known = standing_at(clip, camera)
    lost = camera.params.copy()
    lost[3:6] += (4.0, -3.0, 2.0)
    lost[1:3] += (0.05, -0.03)
    unsure = replace(camera, params=lost, covariance=np.diag([0.1, 0.1, 0.1, 25.0, 25.0, 25.0, 0.01, 0.01]))
    after = held(unsure, known)
    assert np.linalg.norm(after.params[3:6] - known.position) < 0.02
    assert abs(roll_of(after) - known.roll[0]) < abs(roll_of(unsure) - known.roll[0]) / 5.0
    assert (np.diag(after.covariance)[3:6] <= 0.01 + 1e-9).all()
    again = held(after, known)
    assert np.allclose(again.params, after.params, atol=1e-4)
    assert np.allclose(again.covariance, after.covariance, atol=1e-4)


def test_a_homography_stands_nowhere(clip: Clip, camera: Solution) -> None:
    ground = replace(camera, model=Plane.about(camera.ground[None]), params=np.zeros(9))
    with pytest.raises(ValueError, match="homography"):
        held(ground, standing_at(clip, camera))


def test_a_known_position_makes_carrying_surer(clip: Clip, camera: Solution, pictures: list[Rgb]) -> None:
    def run(standing: Standing | None) -> list[Carry]:
        steps = carry(
            said_of(clip, 0), size=SIZE, frames=pictures.__getitem__, start=0, until=LAST, standing=standing
        )
        return [step for step in steps if isinstance(step, Carry)]

    known = standing_at(clip, camera)
    without, with_it = run(None), run(known)
    assert len(without) == len(with_it) == LAST
    for plain, surer in zip(without, with_it, strict=True):
        assert surer.quality.sd < plain.quality.sd
        assert np.median(errors(surer.labels, clip, surer.frame)) < 2.0
        assert stands(surer.solution, known)


def test_a_position_that_the_key_frame_contradicts_is_not_believed(
    clip: Clip, camera: Solution, pictures: list[Rgb]
) -> None:
    wrong = standing_at(clip, camera, away=15.0)
    steps = carry(said_of(clip, 0), size=SIZE, frames=pictures.__getitem__, start=0, until=2, standing=wrong)
    for step in steps:
        if isinstance(step, Carry):
            assert not stands(step.solution, wrong)
            assert np.median(errors(step.labels, clip, step.frame)) < 2.0


def test_what_is_watched_between_key_frames_knows_it_too(clip: Clip, camera: Solution, pictures: list[Rgb]) -> None:
    keys: dict[int, FrameLabels] = {number: said_of(clip, number) for number in (0, 2)}
    known = standing_at(clip, camera)
    seen = watched(pictures.__getitem__, keys, size=SIZE, standing=known)
    assert seen is not None
    assert all(stands(solution, known) for solution in seen.cameras.values())


def test_markings_that_stay_off_the_paint_end_a_run(
    clip: Clip, pictures: list[Rgb], monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = LARGEST_REST * SIZE[1] / 540.0

    def off(*given: Any, **options: Any) -> Seen:
        return replace(drawn_to_paint(*given, **options), residual=1.01 * limit)

    monkeypatch.setattr("annotator.motion.drawn_to_paint", off)
    (end,) = carry(said_of(clip, 0), size=SIZE, frames=pictures.__getitem__, start=0, until=LAST)
    assert isinstance(end, End)
    assert (end.reason, end.frame) == (Stop.RESIDUAL, 1)
    assert end.limit == pytest.approx(limit)


def test_a_motion_that_is_known_better_is_where_the_next_is_sought(clip: Clip, pictures: list[Rgb]) -> None:
    kap = clip.cameras[0].kappa
    background = Background(pictures[0], kap=kap)
    step = background.follow(pictures[1], kap=clip.cameras[1].kappa)
    found = background._now.copy()
    background._now = np.array([[1.0, 0.0, 80.0], [0.0, 1.0, -60.0], [0.0, 0.0, 1.0]])
    background.correct(step.by, clip.cameras[1].kappa)
    places = np.array([[100.0, 100.0, 1.0], [500.0, 300.0, 1.0], [320.0, 180.0, 1.0]])
    one, two = places @ found.T, places @ background._now.T
    assert np.abs(one[:, :2] / one[:, 2:] - two[:, :2] / two[:, 2:]).max() < 1.0
