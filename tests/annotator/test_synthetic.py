"""The renderer: what it draws lies where it says, and the same seed draws the same."""

import json
import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from annotator.pitch import CIRCLE_RADIUS, CROSSBAR_HEIGHT, GOAL_HALF_WIDTH, KEYPOINTS, MARKINGS, PITCH_57
from annotator.synthetic import FAMILIES, RenderCamera, SyntheticFrame, render, render_sample_project_frames
from annotator.synthetic.cameras import look_at, random_view
from annotator.synthetic.goals import _upper_edge, draw_goal, random_goal_look
from annotator.synthetic.ground import ground_maps
from annotator.synthetic.pitchside import paint_pitchside
from annotator.synthetic.plan import Plan, white_share
from annotator.synthetic.textures import periodic_share

Floats = NDArray[np.float64]
SIZE = (320, 180)


@pytest.fixture(scope="module")
def frames() -> list[SyntheticFrame]:
    """One frame of every family."""
    return [render(seed, SIZE, family=family) for seed, family in enumerate(FAMILIES)]


def camera(kappa: float, size: tuple[int, int] = (480, 270)) -> RenderCamera:
    return look_at(
        np.array([4.0, 68.0, -17.0]),
        np.array([36.0, -2.0, 0.0]),
        size=size,
        coverage=48.0,
        kappa=kappa,
        roll=math.radians(0.7),
    )


def test_the_same_seed_draws_the_same_frame() -> None:
    first, second, other = render(5, SIZE), render(5, SIZE), render(6, SIZE)
    assert np.array_equal(first.rgb, second.rgb)
    assert first.points == second.points
    assert not np.array_equal(first.rgb, other.rgb)


def test_a_generator_goes_on_where_a_seed_starts_anew() -> None:
    rng = np.random.default_rng(5)
    first, second = render(rng, SIZE), render(rng, SIZE)
    assert np.array_equal(first.rgb, render(5, SIZE).rgb)
    assert not np.array_equal(first.rgb, second.rgb)


def test_frames_are_rgb_bytes_of_the_asked_size(frames: list[SyntheticFrame]) -> None:
    for frame in frames:
        assert frame.rgb.shape == (SIZE[1], SIZE[0], 3)
        assert frame.rgb.dtype == np.uint8
        assert frame.rgb.std() > 5


def test_points_are_the_projections_of_the_keypoints_of_that_pitch(frames: list[SyntheticFrame]) -> None:
    for frame in frames:
        world = Plan(frame.length / 2, frame.width / 2).keypoints()
        pixels = frame.camera.project(world)
        for name, pixel in zip(KEYPOINTS, pixels, strict=True):
            if name in frame.points:
                assert frame.points[name] == pytest.approx(tuple(pixel))
            else:
                assert not np.isfinite(pixel).all()


def test_states_say_which_points_lie_in_the_image(frames: list[SyntheticFrame]) -> None:
    for frame in frames:
        assert set(frame.states) == set(PITCH_57.keypoints)
        for name, state in frame.states.items():
            x, y = frame.points.get(name, (-99.0, -99.0))
            assert (state > 0) == (-0.5 <= x < SIZE[0] - 0.5 and -0.5 <= y < SIZE[1] - 0.5)
        assert set(frame.coarse) <= {name for name, state in frame.states.items() if state}


def test_clicks_on_markings_agree_with_the_points(frames: list[SyntheticFrame]) -> None:
    for frame in frames:
        for name, clicks in frame.markings(step=0.5).items():
            assert name in MARKINGS
            assert ((clicks >= 0) & (clicks <= np.array(SIZE) - 1)).all()
            assert len(np.unique(clicks, axis=0)) == len(clicks)
        box = frame.markings(step=0.05).get("Big rect. left main")
        if box is not None and frame.states["L_PENALTY_AREA_BR_CORNER"]:
            corner = np.array(frame.points["L_PENALTY_AREA_BR_CORNER"])
            assert np.linalg.norm(box - corner, axis=1).min() < 1.5


def test_a_behind_goal_view_names_the_near_goal_left(frames: list[SyntheticFrame]) -> None:
    behind = [frame for frame in frames if frame.behind_goal]
    assert {frame.family for frame in behind} == {"high behind", "behind goal"}
    for frame in behind:
        left = frame.camera.depth(np.array([-frame.length / 2, 0.0, 0.0]))
        right = frame.camera.depth(np.array([frame.length / 2, 0.0, 0.0]))
        assert 0 < left < right
        # Seen from behind, the post that is left for someone on the pitch stands on the right.
        if {"L_GOAL_BL_POST", "L_GOAL_BR_POST"} <= set(frame.points):
            assert frame.points["L_GOAL_BL_POST"][0] > frame.points["L_GOAL_BR_POST"][0]


def test_side_views_have_the_right_goal_on_the_right(frames: list[SyntheticFrame]) -> None:
    for frame in frames:
        if not frame.behind_goal:
            across = frame.camera.rotation[0]
            assert across[0] > 0
            assert frame.camera.position[1] > 0


def test_a_hung_net_sags_between_its_corners_and_is_pulled_aside() -> None:
    look = replace(random_goal_look(np.random.default_rng(3)), sag=0.2, spread=0.5, depth_above=1.5)
    edge = _upper_edge(-52.5, -1, look)
    assert edge[:, 0] == pytest.approx(np.full(len(edge), -54.0))
    assert edge[[0, -1], 1] == pytest.approx([-GOAL_HALF_WIDTH - 0.5, GOAL_HALF_WIDTH + 0.5])
    middle = len(edge) // 2
    assert edge[middle, 2] > edge[0, 2] > -CROSSBAR_HEIGHT
    stiff = _upper_edge(-52.5, -1, replace(look, sag=0.0, spread=0.0))
    assert stiff == pytest.approx(np.array([(-54.0, y, -CROSSBAR_HEIGHT) for y in (-GOAL_HALF_WIDTH, GOAL_HALF_WIDTH)]))


def test_cameras_beside_a_goal_never_look_along_the_pitch() -> None:
    rng = np.random.default_rng(2)
    for _ in range(200):
        forward = random_view(rng, size=SIZE, half=(52.5, 34.0), family="beside").camera.rotation[2]
        assert abs(forward[0]) <= 0.81 * abs(forward[1])


def test_from_behind_the_net_hangs_before_the_post() -> None:
    red = np.array([1.0, 0.0, 0.0], np.float32)
    look = random_goal_look(np.random.default_rng(1))
    look, plan = replace(look, strand=0.09, spacing=0.1, hem=0.0, poles=None, net=red, sag=0.0, spread=0.0), Plan()
    reds = []
    for x in (-75.0, -30.0):
        target = np.array([-52.5, 0.0, -1.2])
        view = look_at(np.array([x, 0.0, -4.0]), target, size=SIZE, coverage=14.0, kappa=0.0, roll=0.0)
        image = np.zeros((SIZE[1], SIZE[0], 3), np.float32)
        draw_goal(image, camera=view, plan=plan, look=look, side=-1)
        u, v = view.project(np.array([-52.5, GOAL_HALF_WIDTH, -1.2])).round().astype(int)
        reds.append(float(image[v, u, 0] - image[v, u, 1]))
    assert reds[0] > 0.5
    assert abs(reds[1]) < 0.1


def test_what_is_painted_beside_the_pitch_stays_outside_the_lines() -> None:
    view, plan = camera(0.0), Plan()
    ground, _ = ground_maps(view, view.rays())
    touched = np.zeros(ground.x.shape, bool)
    for seed in range(12):
        image = np.zeros((*ground.x.shape, 3), np.float32)
        paint_pitchside(np.random.default_rng(seed), image, ground, plan)
        touched |= image.any(axis=2)
    assert touched.any()
    assert not touched[(np.abs(ground.x) < plan.half_length) & (np.abs(ground.y) < plan.half_width)].any()


def test_the_families_come_in_the_promised_shares() -> None:
    rng = np.random.default_rng(1)
    views = [random_view(rng, size=SIZE, half=(52.5, 34.0)) for _ in range(2000)]
    for family, (share, _) in FAMILIES.items():
        assert np.mean([view.family == family for view in views]) == pytest.approx(share, abs=0.03)
    assert sum(share for share, _ in FAMILIES.values()) == pytest.approx(1.0)
    assert np.mean([view.behind_goal for view in views]) == pytest.approx(0.2, abs=0.03)


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(ValueError, match="no camera family"):
        render(1, SIZE, family="drone")


@pytest.mark.parametrize("kappa", [-0.05, 0.0, 0.02])
def test_rays_undo_the_projection(kappa: float) -> None:
    view = camera(kappa)
    x, y, z = view.rays()
    rows, columns = np.mgrid[0:270:13, 0:480:17]
    directions = np.stack([ray[rows, columns] for ray in (x, y, z)], axis=-1).astype(np.float64)
    pixels = view.project(view.position + 40.0 * directions)
    assert np.abs(pixels - np.stack([columns, rows], axis=-1)).max() < 0.02


def test_points_behind_the_camera_have_no_place() -> None:
    view = camera(-0.03)
    assert np.isnan(view.project(view.position - 5 * view.rotation[2])).all()


@pytest.mark.parametrize("kappa", [-0.05, 0.01])
@pytest.mark.parametrize(
    "name", ["Big rect. right main", "Side line right", "Small rect. right top", "Circle right", "Big rect. right top"]
)
def test_white_ridges_lie_where_the_projection_says(name: str, kappa: float) -> None:
    view, plan = camera(kappa), Plan(51.3, 33.1)
    ground, _ = ground_maps(view, view.rays())
    # As through a lens: a line thinner than a pixel has no centre that single pixels could tell.
    white = cv2.GaussianBlur(white_share(plan, ground), (0, 0), 0.8)
    pixels = view.project(plan.marking(name, 0.25))
    offsets = []
    for before, at, after in zip(pixels[2:-6], pixels[4:-4], pixels[6:-2], strict=True):
        along = (after - before) / np.linalg.norm(after - before)
        across = np.array([-along[1], along[0]])
        reach = np.linspace(-3.5, 3.5, 71)
        spots = (at + reach[:, None] * across).astype(np.float32)
        if (spots < 3).any() or (spots > (476, 266)).any():
            continue
        profile = cv2.remap(white, spots[:, 0], spots[:, 1], cv2.INTER_LINEAR).ravel()
        if profile[[0, -1]].max() < 0.002 < 0.03 < profile.max():
            offsets.append(float((profile * reach).sum() / profile.sum()))
    assert len(offsets) > 5
    assert abs(np.mean(offsets)) < 0.05
    assert np.quantile(np.abs(offsets), 0.95) < 0.3


def test_paint_keeps_its_width_however_coarse_the_pixels_are() -> None:
    widths = []
    for size in ((960, 540), (240, 135)):
        view, plan = camera(0.0, size), Plan()
        ground, _ = ground_maps(view, view.rays())
        row = size[1] // 2
        white = white_share(plan, ground)[row]
        step = np.hypot(ground.x_du[row], ground.y_du[row])
        column = int(np.argmin(np.abs(ground.x[row] - 36.0)))
        near = slice(max(0, column - size[0] // 30), column + size[0] // 30)
        slant = step[column] / abs(ground.x_du[row, column])
        widths.append(float(white[near].sum() * step[column] / slant))
    assert widths[0] == pytest.approx(widths[1], rel=0.15)
    assert widths[0] == pytest.approx(0.12, rel=0.3)


def test_tangent_points_of_a_resized_pitch_are_tangent() -> None:
    plan = Plan(53.0, 35.0)
    points = dict(zip(KEYPOINTS, plan.keypoints(), strict=True))
    touch, outside = points["CENTER_CIRCLE_TANGENT_TR"], points["T_TOUCH_AND_HALFWAY_LINES_INTERSECTION"]
    assert float(touch @ (outside - touch)) == pytest.approx(0.0, abs=1e-9)
    assert np.linalg.norm(touch) == pytest.approx(CIRCLE_RADIUS)
    assert points["TL_PITCH_CORNER"] == pytest.approx((-53.0, -35.0, 0.0))
    assert points["L_PENALTY_MARK"] == pytest.approx((-42.0, 0.0, 0.0))


def test_the_standard_pitch_is_that_of_the_scheme() -> None:
    assert Plan().keypoints() == pytest.approx(np.array([point.world for point in KEYPOINTS.values()]))


def test_a_filtered_pulse_train_keeps_its_mean() -> None:
    value = np.linspace(0.0, 10.0, 1001, dtype=np.float32)
    for step in (0.001, 0.3, 4.0):
        share = periodic_share(value, np.full_like(value, step), period=1.0, width=0.25)
        assert float(share[:-1].mean()) == pytest.approx(0.25, abs=0.01)
        assert share.min() > -1e-3
        assert share.max() < 1 + 1e-3


def test_sample_frames_come_with_their_truth(tmp_path: Path) -> None:
    written = render_sample_project_frames(tmp_path, count=2, size=SIZE)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert sorted(truth) == [path.name for path in written] == ["frame_01.jpg", "frame_02.jpg"]
    for path in written:
        picture = cv2.imread(str(path))
        assert (picture.shape[1], picture.shape[0]) == SIZE == tuple(truth[path.name]["size"])
        assert len(truth[path.name]["points"]) >= 5
    with pytest.raises(ValueError, match="sample frames"):
        render_sample_project_frames(tmp_path, count=99)
