import math
from dataclasses import replace

import numpy as np
import pytest
from views import SIZE, WORLDS, look, random_view

from annotator.calibration import calibrate, refined
from annotator.camera import HALF_DIAGONAL, Lens, Pinhole, Plane, SolutionKind, distort, rotations, undistort
from annotator.evidence import Equations, Evidence, gather, linearise
from annotator.labels import Instance, KeypointLabel, Origin, Visibility
from annotator.pitch import KEYPOINTS

pytestmark = pytest.mark.usefixtures("quiet")

NAMES = list(KEYPOINTS)


def solved(view, rng, *, noise=0.0):
    evidence = gather(view.clicks(rng, noise=noise), view.lens)
    return evidence, calibrate(evidence, view.lens.size, hints={})


def errors(solution, view):
    """Pixels between true and projected place of the keypoints in view, and the deviations predicted."""
    pixels = view.project(WORLDS)
    seen = view.inside(pixels) & solution.reaches(WORLDS)
    found = solution.project(WORLDS)
    return np.linalg.norm(found - pixels, axis=1)[seen], solution.deviations(WORLDS)[seen]


@pytest.mark.parametrize("kap", [-0.12, -0.08, 0.0, 0.03, 0.08, 0.4])
def test_a_lens_goes_there_and_back(kap):
    lens = Lens((1920, 1080), kap)
    x, y = np.meshgrid(np.linspace(0.0, 1919.0, 9), np.linspace(0.0, 1079.0, 7))
    pixels = np.column_stack([x.ravel(), y.ravel()])
    corners = np.abs(lens.pixels(lens.ideal(pixels)) - pixels).max(axis=1)
    assert np.quantile(corners, 0.9) < 1e-6
    assert corners.max() < (1e-6 if kap > -0.1 else 20.0)


def test_kap_is_the_relative_shift_in_the_corner():
    corner = np.array([HALF_DIAGONAL, 0.0])
    assert distort(corner, 0.04)[0] == pytest.approx(1.04 * HALF_DIAGONAL)
    assert undistort(1.04 * corner, 0.04)[0] == pytest.approx(HALF_DIAGONAL)


def test_rotations_are_rotations_also_when_tiny():
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((20, 3)) * np.logspace(-9, 0.4, 20)[:, None]
    found = rotations(vectors)
    assert np.abs(found @ found.swapaxes(1, 2) - np.eye(3)).max() < 1e-12
    assert np.allclose(found @ vectors[:, :, None], vectors[:, :, None])


@pytest.mark.parametrize("kind", ["main", "side", "goal", "reverse"])
def test_exact_clicks_give_the_exact_camera(kind):
    rng = np.random.default_rng(11)
    off = []
    for _ in range(12):
        view = random_view(rng, kind, roll=0.0)
        evidence, solution = solved(view, rng)
        if evidence.constraints < 12:
            continue
        found, deviations = errors(solution, view)
        off.extend(found[deviations < 3.0])
    assert len(off) > 60
    assert np.median(off) < 0.002
    assert max(off) < 0.02


@pytest.mark.parametrize("kap", [-0.08, 0.08])
def test_strong_distortion_is_found(kap):
    rng = np.random.default_rng(5)
    view = look((0.0, 65.0, -16.0), (-30.0, 0.0, 0.0), 1300.0, kap=kap)
    _, solution = solved(view, rng)
    assert solution.lens.kap == pytest.approx(kap, abs=0.005)
    found, deviations = errors(solution, view)
    assert found[deviations < 3.0].max() < 0.5


def test_one_pixel_noise_gives_well_under_a_pixel_and_honest_deviations():
    rng = np.random.default_rng(1000)
    off, ratio = [], []
    for i in range(40):
        view = random_view(rng, ["main", "side"][i % 2], kap=0.035)
        evidence, solution = solved(view, rng, noise=1.0)
        if evidence.constraints < 12:
            continue
        found, deviations = errors(solution, view)
        off.extend(found)
        ratio.extend(found / deviations)
    assert np.median(off) < 0.8
    assert np.percentile(off, 90) < 2.5
    assert 0.4 < np.median(ratio) < 1.1
    assert np.percentile(ratio, 99) < 4.0


def test_crossbars_come_out_of_the_ground():
    rng = np.random.default_rng(2)
    view = look((30.0, 60.0, -15.0), (42.0, -2.0, 0.0), 1500.0)
    instance = view.clicks(rng)
    ground = {name: clicks for name, clicks in instance.markings.items() if "Goal" not in name}
    solution = calibrate(gather(Instance(markings=ground), view.lens), SIZE, hints={})
    found, _ = errors(solution, view)
    assert found.max() < 0.5
    assert {"R_GOAL_TL_POST", "R_GOAL_TR_POST"} <= set(view.keypoints())


def test_too_little_is_no_camera():
    rng = np.random.default_rng(0)
    view = look((0.0, 65.0, -15.0), (-35.0, 0.0, 0.0), 1400.0)
    markings = view.clicks(rng).markings
    three = {name: markings[name] for name in ("Side line left", "Big rect. left main", "Big rect. left top")}
    assert calibrate(gather(Instance(markings=three), view.lens), SIZE, hints={}) is None
    assert calibrate(gather(Instance(), view.lens), SIZE, hints={}) is None


def test_parallel_lines_leave_positions_along_them_open():
    rng = np.random.default_rng(0)
    view = look((-25.0, 60.0, -15.0), (-38.0, -5.0, 0.0), 1500.0)
    markings = view.clicks(rng).markings
    along = {name: markings[name] for name in markings if "top" in name or "bottom" in name}
    assert len(along) >= 4
    solution = calibrate(gather(Instance(markings=along), view.lens), SIZE, hints={})
    if solution is not None:
        _, deviations = errors(solution, view)
        assert np.median(deviations) > 15.0


def test_a_mirrored_pitch_is_seen_by_no_camera_as_well_as_the_true_one():
    rng = np.random.default_rng(4)
    view = look((0.0, 65.0, -16.0), (-33.0, 2.0, 0.0), 1300.0)
    instance = view.clicks(rng)
    mirrored = {name: tuple((959.0 - x, y) for x, y in clicks) for name, clicks in instance.markings.items()}
    true = calibrate(gather(instance, view.lens), SIZE, hints={})
    wrong = calibrate(gather(Instance(markings=mirrored), view.lens), SIZE, hints={})
    assert true.cost < 0.5
    assert wrong is None or wrong.cost > 200.0 * true.cost


def test_the_camera_looks_from_above_and_sees_what_was_clicked():
    rng = np.random.default_rng(8)
    for kind in ("main", "side", "goal", "reverse"):
        _, solution = solved(random_view(rng, kind, kap=0.03), rng, noise=1.0)
        assert np.linalg.det(solution.ground) > 0.0
        assert solution.params[5] < 0.0


def stretched(view, rng, by, size):
    """Clicks on a frame whose pixels are not square, and where its ground keypoints truly are."""
    markings = view.clicks(rng, line_clicks=(3, 5)).markings
    clicks = {name: tuple(map(tuple, np.array(xy) * by)) for name, xy in markings.items() if "Goal" not in name}
    seen = {name: xy * by for name, xy in view.keypoints().items() if KEYPOINTS[name].on_ground}
    return gather(Instance(markings=clicks), Lens(size)), seen


@pytest.mark.parametrize(("by", "size"), [((640 / 960, 640 / 540), (640, 640)), ((0.3, 1.5), (288, 810))])
def test_a_stretched_frame_is_explained_within_a_pixel_or_two(by, size):
    rng = np.random.default_rng(7)
    view = look((0.0, 65.0, -16.0), (-36.0, -2.0, 0.0), 1100.0)
    evidence, seen = stretched(view, rng, by, size)
    solution = calibrate(evidence, size, hints={})
    off = np.linalg.norm(solution.project(np.array([KEYPOINTS[n].world for n in seen])) - list(seen.values()), axis=1)
    assert np.median(off) < 1.0
    assert off.max() < 3.0


def test_what_no_camera_explains_a_homography_does():
    rng = np.random.default_rng(7)
    view = look((0.0, 65.0, -16.0), (-36.0, -2.0, 0.0), 1100.0)
    evidence, seen = stretched(view, rng, (0.2, 1.8), (192, 972))
    solution = calibrate(evidence, (192, 972), hints={})
    assert solution.kind is SolutionKind.GROUND
    off = solution.project(np.array([KEYPOINTS[n].world for n in seen])) - list(seen.values())
    assert np.abs(off).max() < 0.1


@pytest.mark.parametrize("kind", ["main", "side", "goal"])
def test_warm_and_cold_agree(kind):
    rng = np.random.default_rng(21)
    apart = []
    for _ in range(6):
        view = random_view(rng, kind, kap=0.03)
        evidence, before = solved(view, rng, noise=0.7)
        if evidence.constraints < 14:
            continue
        markings = dict(evidence.markings)
        name = next(iter(markings))
        markings[name] = markings[name] + np.array([2.0, -1.0]) * (np.arange(len(markings[name])) == 0)[:, None]
        moved = Evidence(markings, {}, {})
        warm = refined(moved, before)
        cold = calibrate(moved, SIZE, hints={})
        sure = cold.deviations(WORLDS) < 15.0
        apart.append(np.abs(warm.project(WORLDS) - cold.project(WORLDS))[sure].max())
    assert len(apart) >= 3
    assert max(apart) < 0.05


def test_one_wrong_marking_does_not_move_the_rest():
    rng = np.random.default_rng(3)
    view = look((0.0, 65.0, -16.0), (-33.0, 2.0, 0.0), 1300.0)
    markings = dict(view.clicks(rng, noise=0.5).markings)
    markings["Small rect. left top"] = tuple((x + 60.0, y + 40.0) for x, y in markings["Small rect. left top"])
    solution = calibrate(gather(Instance(markings=markings), view.lens), SIZE, hints={})
    found, _ = errors(solution, view)
    assert np.median(found) < 1.0
    assert max(solution.misfits, key=solution.misfits.get) == "Small rect. left top"


def test_a_thousand_clicks_on_one_line_neither_rule_nor_stall():
    rng = np.random.default_rng(3)
    view = look((0.0, 65.0, -16.0), (-33.0, 2.0, 0.0), 1300.0)
    markings = dict(view.clicks(rng, noise=0.5).markings)
    (x0, y0), (x1, y1) = markings["Big rect. left main"][0], markings["Big rect. left main"][-1]
    t = np.linspace(0.0, 1.0, 1000)[:, None]
    thick = np.array([[x0, y0]]) * (1 - t) + np.array([[x1, y1]]) * t + 2.0
    evidence = gather(Instance(markings=markings | {"Big rect. left main": tuple(map(tuple, thick))}), view.lens)
    assert Equations(evidence).weights.sum() < 100.0
    found, _ = errors(calibrate(evidence, SIZE, hints={}), view)
    assert np.median(found) < 3.0


def test_placed_keypoints_alone_are_enough():
    view = look((0.0, 65.0, -16.0), (-33.0, 2.0, 0.0), 1300.0)
    labels = {name: KeypointLabel(tuple(xy)) for name, xy in list(view.keypoints().items())[::3]}
    solution = calibrate(gather(Instance(keypoints=labels), view.lens), SIZE, hints={})
    found, deviations = errors(solution, view)
    assert found[deviations < 5.0].max() < 0.1


def test_evidence_passes_over_what_it_cannot_use():
    lens = Lens(SIZE)
    instance = Instance(
        keypoints={
            "L_PENALTY_MARK": KeypointLabel((10.0, 20.0), Visibility.ABSENT),
            "R_PENALTY_MARK": KeypointLabel((float("nan"), 20.0)),
            "CENTER_MARK": KeypointLabel((10.0, 20.0), origin=Origin.ACCEPTED),
            "nose": KeypointLabel((1.0, 2.0)),
        },
        markings={
            "Goal left post left": ((1.0, 2.0), (3.0, 4.0)),
            "Line unknown": ((1.0, 2.0), (3.0, 4.0)),
            "Middle line": ((float("inf"), 2.0), (5.0, 5.0), (1e9, 0.0)),
            "Side line top": (),
        },
    )
    evidence = gather(instance, lens)
    assert set(evidence.points) == {"CENTER_MARK"}
    assert set(evidence.markings) == {"Goal left post left ", "Middle line"}
    assert len(evidence.markings["Middle line"]) == 1
    assert evidence.constraints == 2 + 2 + 1


@pytest.mark.parametrize("family", ["pinhole", "crowned", "resized", "plane"])
def test_the_derivatives_are_those_of_central_differences(family):
    rng = np.random.default_rng(6)
    view = look((0.0, 65.0, -16.0), (-33.0, 2.0, 0.0), 1300.0)
    clicked = view.clicks(rng, noise=0.3)
    placed = {name: KeypointLabel(tuple(xy + 1.0)) for name, xy in list(view.keypoints().items())[:4]}
    evidence = gather(replace(clicked, keypoints=placed), view.lens)
    solution = calibrate(evidence, SIZE, hints={})
    evidence = evidence.ground_only() if family == "plane" else evidence
    model, params = solution.restarted()
    params[0, :3] = (0.01, -0.004, 0.003)
    if family == "plane":
        model, params = Plane.about(solution.ground[None]), np.full((1, 9), 1e-5)
    unknowns = {"crowned": [0.2], "resized": [0.2, 1.0, -0.7]}.get(family, [])
    if unknowns:
        model, params = Pinhole(model.base, len(unknowns)), np.append(params[:, :8], [unknowns], axis=1)
    equations = Equations(evidence)
    found = linearise(equations, model, params).jacobian[0]
    for i, step in enumerate(10.0 * model.steps):
        up, down = params.copy(), params.copy()
        up[0, i], down[0, i] = up[0, i] + step, down[0, i] - step
        difference = (linearise(equations, model, up).residuals - linearise(equations, model, down).residuals) / (
            2.0 * step
        )
        near = 0.03 if unknowns else 1e-4  # of the column: over a crown, the height at the foot counts as fixed
        assert np.allclose(found[:, i], difference[0], rtol=1e-3, atol=near * np.abs(difference).max()), i


def test_the_nearest_homography_is_the_camera_when_the_lens_is_straight():
    rng = np.random.default_rng(6)
    view = look((0.0, 65.0, -16.0), (-33.0, 2.0, 0.0), 1300.0)
    _, solution = solved(view, rng)
    names = [name for name in view.keypoints() if KEYPOINTS[name].on_ground]
    ground = np.array([[*KEYPOINTS[name].world[:2], 1.0] for name in names])
    seen = ground @ solution.nearest_homography().T
    assert (seen[:, 2] > 0.0).all()
    expected = np.array([view.keypoints()[name] for name in names])
    assert np.abs(seen[:, :2] / seen[:, 2:] - expected).max() < 0.05


def test_the_nearest_homography_of_a_bent_view_is_close_within_the_frame():
    rng = np.random.default_rng(6)
    view = look((0.0, 65.0, -16.0), (-33.0, 2.0, 0.0), 1300.0, kap=0.04)
    _, solution = solved(view, rng)
    seen = view.keypoints()
    ground = np.array([[*KEYPOINTS[n].world[:2], 1.0] for n in seen if KEYPOINTS[n].on_ground])
    expected = np.array([xy for n, xy in seen.items() if KEYPOINTS[n].on_ground])
    found = ground @ solution.nearest_homography().T
    assert np.median(np.linalg.norm(found[:, :2] / found[:, 2:] - expected, axis=1)) < 4.0


def test_level_is_level_and_focal_length_is_in_reference_pixels():
    rng = np.random.default_rng(6)
    view = look((0.0, 65.0, -16.0), (-33.0, 2.0, 0.0), 1300.0, roll=2.0, size=(1920, 1080))
    _, solution = solved(view, rng)
    assert isinstance(solution.model, Pinhole)
    assert math.exp(solution.params[6]) == pytest.approx(1300.0, rel=1e-3)
    assert np.allclose(solution.params[3:6], (0.0, 65.0, -16.0), atol=0.05)
