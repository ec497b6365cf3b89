"""Many frames refined side by side: every one gets the bits that it would get alone, whatever stands beside it."""

from __future__ import annotations

import numpy as np
import pytest
from views import SIZE, look, random_view

from annotator import residuals
from annotator.calibration import calibration
from annotator.evidence import gather
from annotator.export.answers import Asked, answer, answer_all
from annotator.export.store import key_of
from annotator.keypoints import resolution, resolve, said_alone
from annotator.labels import Instance, KeypointLabel, Origin, Visibility
from annotator.lens import Lens
from annotator.pitch import KEYPOINTS
from annotator.refinement import alone, side_by_side
from annotator.tripod_prior import Standing

pytestmark = pytest.mark.usefixtures("quiet")

ORIGINS = (Origin.HAND, Origin.IMPORTED, Origin.ACCEPTED)


def frame(seed: int) -> Instance:
    """Some clicks on some markings and some points, of any kind of view; a few of them far off."""
    rng = np.random.default_rng(seed)
    view = random_view(rng, ("main", "side", "goal", "high", "tight", "reverse")[seed % 6], kap=0.02 * (seed % 3))
    drawn = view.clicks(rng, noise=1.5, round_clicks=int(rng.integers(3, 12)), line_clicks=(1, 5)).markings
    markings = {name: clicks for name, clicks in drawn.items() if rng.random() < 0.7}
    placed = {}
    for name, (x, y) in view.keypoints().items():
        if rng.random() < 0.25 * (seed % 4):
            off = 80.0 if rng.random() < 0.05 else 1.0
            dx, dy = off * rng.standard_normal(2)
            placed[name] = KeypointLabel((float(x + dx), float(y + dy)), origin=ORIGINS[int(rng.integers(3))])
    return Instance(markings=markings, keypoints=placed)


FRAMES = [frame(seed) for seed in range(36)]


def bits(solution) -> tuple:
    """All of a solution, to the last bit."""
    if solution is None:
        return ()
    arrays = (solution.params, solution.covariance, solution.matrix)
    return (solution.kind, *(array.tobytes() for array in arrays), solution.rms, solution.cost, bits(solution.rival))


def test_cameras_side_by_side_have_the_bits_they_have_alone():
    evidences = [gather(instance, Lens(SIZE)) for instance in FRAMES]
    together = side_by_side([calibration(evidence, SIZE, hints={}) for evidence in evidences])
    assert sum(found is not None for found in together) > 20
    for evidence, found in zip(evidences, together, strict=True):
        assert bits(alone(calibration(evidence, SIZE, hints={}))) == bits(found)


def test_what_stands_beside_a_frame_and_in_which_order_changes_nothing():
    asked = [(instance, SIZE) for instance in FRAMES]
    first = [repr(found) for found in answer_all(asked)]
    assert [repr(found) for found in answer_all(asked[::-1])][::-1] == first
    assert [repr(answer(one)) for one in asked[::5]] == first[::5]


def test_where_rows_do_not_stand_alone_only_equal_frames_go_together(monkeypatch):
    asked = [(instance, SIZE) for instance in FRAMES[:12]]
    expected = [repr(found) for found in answer_all(asked)]
    monkeypatch.setattr(residuals, "rows_stand_alone", lambda: False)
    assert [repr(found) for found in answer_all(asked)] == expected


def test_the_frame_for_an_export_is_that_of_the_screen():
    for instance in FRAMES[:12]:
        shown = resolve(instance, None, size=SIZE, threshold=1.0)
        found = alone(resolution(instance, SIZE))
        assert found.keypoints == shown.keypoints
        assert (found.status, found.is_determined) == (shown.status, shown.is_determined)


def test_what_was_said_is_the_answer_only_where_geometry_has_no_say():
    placed = {name: KeypointLabel((9.0 * at, 5.0 * at), origin=Origin.ACCEPTED) for at, name in enumerate(KEYPOINTS)}
    some = dict(list(placed.items())[:9])
    one_by_hand = some | {"CENTER_MARK": KeypointLabel((480.0, 270.0))}
    assert said_alone(Instance(keypoints=some), SIZE) is not None
    assert said_alone(Instance(keypoints=one_by_hand), SIZE) is None
    assert said_alone(Instance(keypoints=placed | one_by_hand), SIZE) is not None
    absent = placed | {"CENTER_MARK": KeypointLabel(visibility=Visibility.ABSENT)}
    found = said_alone(Instance(keypoints=absent | {"L_PENALTY_MARK": KeypointLabel((1.0, 2.0))}), SIZE)
    assert found is not None
    assert found["CENTER_MARK"].position is None
    drawn = Instance(keypoints=some, markings={"Middle line": ((10.0, 10.0), (10.0, 300.0))})
    assert said_alone(drawn, SIZE) is None


def test_where_the_camera_is_known_to_stand_the_export_says_what_the_screen_says():
    view = look((0.0, 62.0, -14.0), (-30.0, 0.0, 0.0), 2200.0)
    standing = Standing(np.array([0.0, 62.0, -14.0]), 0.01 * np.eye(3))
    clicks = view.clicks(np.random.default_rng(1), noise=0.5).markings
    instance = Instance(markings={name: clicks[name] for name in list(clicks)[:3]})
    shown = resolve(instance, None, size=SIZE, threshold=1.0, standing=standing)
    known, free = answer(Asked(instance, SIZE, standing)), answer(Asked(instance, SIZE))
    assert dict(known.keypoints) == {name: p for name, p in shown.keypoints.items() if p.position is not None}
    assert known != free
    assert key_of(instance, SIZE, standing) != key_of(instance, SIZE)
