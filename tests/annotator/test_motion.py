"""Labels carried along the background's motion: exact on a rendered clip, linked, and ended for the right reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from rendered_clip import SIZE, errors, panned, said_of

from annotator.keypoints import resolve
from annotator.labels import FrameLabels, How, Instance, KeypointLabel, Origin, Visibility, place, set_marking
from annotator.motion import Carry, End, Stop, carry
from annotator.motion_camera import drawn_to_paint, paint_distance
from annotator.motion_points import carry_points
from annotator.motion_track import LEAST_INLIERS, Background
from annotator.paint import PaintField
from annotator.pitch import KEYPOINTS
from annotator.synthetic.clip import Clip, pan_tilt_zoom, still
from annotator.video import MediaError

LAST = 9
Rgb = NDArray[np.uint8]


@pytest.fixture(scope="module")
def clip() -> Clip:
    return panned(LAST + 1)


@pytest.fixture(scope="module")
def pictures(clip: Clip) -> list[Rgb]:
    return [clip.frame(number).rgb for number in range(len(clip))]


@pytest.fixture(scope="module")
def key(clip: Clip) -> FrameLabels:
    return said_of(clip, 0)


def run(labels: FrameLabels, frames: Callable[[int], Rgb], **options: object) -> tuple[list[Carry], End]:
    """All that was carried, and the end."""
    settings = {"size": SIZE, "start": 0, "until": LAST, "source": "clip.mp4#000000"} | options
    steps = list(carry(labels, frames=frames, **settings))  # type: ignore[arg-type]
    *carried, end = steps
    assert isinstance(end, End)
    assert all(isinstance(step, Carry) for step in carried)
    return [step for step in carried if isinstance(step, Carry)], end


@pytest.fixture(scope="module")
def forwards(key: FrameLabels, pictures: list[Rgb]) -> tuple[list[Carry], End]:
    return run(key, pictures.__getitem__)


def test_every_frame_is_labelled_in_order(forwards: tuple[list[Carry], End]) -> None:
    carried, end = forwards
    assert [step.frame for step in carried] == list(range(1, LAST + 1))
    assert (end.reason, end.frame) == (Stop.END, LAST + 1)


def test_carried_labels_are_within_two_pixels(forwards: tuple[list[Carry], End], clip: Clip) -> None:
    for step in forwards[0]:
        off = errors(step.labels, clip, step.frame)
        assert len(off) >= 8
        assert np.median(off) < 2.0


def test_forwards_and_backwards_agree(forwards: tuple[list[Carry], End], clip: Clip, pictures: list[Rgb]) -> None:
    back, end = run(said_of(clip, LAST), pictures.__getitem__, start=LAST, until=0)
    assert (end.reason, end.frame) == (Stop.END, -1)
    assert [step.frame for step in back] == list(range(LAST - 1, -1, -1))
    ahead = {step.frame: step for step in forwards[0]}
    worlds = np.array([point.world for point in KEYPOINTS.values()])
    for step in back[:-1]:
        one, two = step.solution, ahead[step.frame].solution
        assert one is not None
        assert two is not None
        inside = ((one.project(worlds) >= 0.0) & (one.project(worlds) < SIZE)).all(axis=1)
        apart = np.linalg.norm(one.project(worlds) - two.project(worlds), axis=1)[inside]
        assert np.median(apart) < 1.5


def test_what_is_carried_says_from_where_and_how_surely(forwards: tuple[list[Carry], End]) -> None:
    for step in forwards[0]:
        pitch = step.labels.pitch
        assert pitch.link is not None
        assert (pitch.link.frames, pitch.link.how) == (("clip.mp4#000000",), How.MOTION)
        assert pitch.link.sd == pytest.approx(step.quality.sd)
        assert pitch.carried == pitch.markings.keys()
        assert step.quality.inliers >= LEAST_INLIERS


def test_positions_are_not_rounded(forwards: tuple[list[Carry], End]) -> None:
    numbers = [x for step in forwards[0] for clicks in step.labels.pitch.markings.values() for at in clicks for x in at]
    assert np.mean([abs(x - round(x)) > 1e-3 for x in numbers]) > 0.9


def test_markings_that_the_paint_does_not_show_are_not_checked(forwards: tuple[list[Carry], End]) -> None:
    for step in forwards[0]:
        pitch = step.labels.pitch
        assert len(pitch.markings) - len(pitch.unchecked) <= step.quality.confirmed


def test_an_error_in_the_key_frame_is_drawn_to_the_paint(clip: Clip, key: FrameLabels, pictures: list[Rgb]) -> None:
    rng, rough = np.random.default_rng(3), key
    for name, clicks in key.pitch.markings.items():
        rough = set_marking(rough, name, tuple((x + rng.normal(0, 1.5), y + rng.normal(0, 1.5)) for x, y in clicks))
    before = np.median(errors(rough, clip, 0))
    carried, _ = run(rough, pictures.__getitem__, until=4)
    assert np.median(errors(carried[-1].labels, clip, 4)) < before


@pytest.mark.parametrize("seed", [23, 40])
def test_a_hard_cut_ends_the_run_in_the_frame_before(seed: int, key: FrameLabels, pictures: list[Rgb]) -> None:
    shot = still(2, SIZE, seed=seed)
    spliced = [*pictures[:4], shot.frame(0).rgb, shot.frame(1).rgb]
    carried, end = run(key, spliced.__getitem__, until=5)
    assert [step.frame for step in carried] == [1, 2, 3]
    assert end.frame == 4
    assert end.reason in (Stop.CUT, Stop.LOW_INLIERS)
    assert end.value is not None
    assert end.limit is not None
    assert end.value < end.limit


def test_a_cut_within_the_same_match_ends_the_run_too(key: FrameLabels, pictures: list[Rgb]) -> None:
    far = pan_tilt_zoom(200, SIZE).frame(150).rgb
    carried, end = run(key, [*pictures[:3], far].__getitem__, until=3)
    assert len(carried) == 2
    assert end.reason in (Stop.CUT, Stop.LOW_INLIERS)


def test_a_run_ends_when_asked(key: FrameLabels, pictures: list[Rgb]) -> None:
    asked = iter([False, False, True])
    carried, end = run(key, pictures.__getitem__, should_stop=lambda: next(asked))
    assert len(carried) == 2
    assert end == End(Stop.ASKED, 3)


def test_a_run_ends_before_a_frame_that_is_taken(key: FrameLabels, pictures: list[Rgb]) -> None:
    carried, end = run(key, pictures.__getitem__, is_taken=lambda frame: frame == 2)
    assert len(carried) == 1
    assert end == End(Stop.LABELLED, 2)


def test_a_run_ends_at_a_frame_that_cannot_be_read(key: FrameLabels, pictures: list[Rgb], tmp_path) -> None:
    def frames(number: int) -> Rgb:
        if number == 2:
            raise MediaError(tmp_path / "clip.mp4", "frame 2 is damaged", "Leave it out.")
        return pictures[number]

    assert run(key, frames)[1] == End(Stop.UNREADABLE, 2)


def test_nothing_to_carry_is_refused(pictures: list[Rgb]) -> None:
    with pytest.raises(ValueError, match="nothing to carry"):
        run(FrameLabels(), pictures.__getitem__)


def test_a_picture_of_another_size_is_refused(key: FrameLabels, pictures: list[Rgb]) -> None:
    with pytest.raises(ValueError, match="key frame is 320x180"):
        run(key, lambda number: np.ascontiguousarray(pictures[number][::2, ::2]))
    with pytest.raises(ValueError, match="another size"):
        run(key, lambda number: pictures[0] if number == 0 else np.ascontiguousarray(pictures[number][::2, ::2]))


def test_a_placed_point_keeps_its_distance_to_the_pitch(clip: Clip, key: FrameLabels, pictures: list[Rgb]) -> None:
    world = np.array([KEYPOINTS["L_PENALTY_MARK"].world])
    at = clip.cameras[0].project(world)[0] + (3.0, -2.0)
    said = place(key, "L_PENALTY_MARK", (float(at[0]), float(at[1])))
    step = run(said, pictures.__getitem__, until=5)[0][-1]
    point = step.labels.pitch.keypoints["L_PENALTY_MARK"]
    assert point.origin is Origin.PROPAGATED
    assert point.position is not None
    assert np.linalg.norm(np.array(point.position) - clip.cameras[5].project(world)[0] - (3.0, -2.0)) < 1.5


def test_two_lines_without_a_camera_move_with_the_picture(clip: Clip, key: FrameLabels, pictures: list[Rgb]) -> None:
    names = ["Big rect. left main", "Big rect. left top"]
    few = FrameLabels((Instance(markings={name: key.pitch.markings[name] for name in names}),))
    carried, end = run(few, pictures.__getitem__, until=6)
    assert end.reason is Stop.END
    for step in carried:
        assert step.solution is None
        for name, clicks in step.labels.pitch.markings.items():
            path = clip.frame(step.frame).markings(0.05)[name]
            apart = np.linalg.norm(np.array(clicks)[:, None] - path, axis=2).min(axis=1)
            assert apart.max() < 2.5


def test_the_background_is_followed_within_a_fraction_of_a_pixel(clip: Clip, pictures: list[Rgb]) -> None:
    background = Background(pictures[0], kap=clip.cameras[0].kappa)
    first = clip.cameras[0]
    places = np.array([(x, y) for x in (100.0, 320.0, 540.0) for y in (120.0, 220.0, 320.0)])
    for number in range(1, 5):
        camera = clip.cameras[number]
        step = background.follow(pictures[number], kap=camera.kappa)
        rays = _rays(camera, places) @ first.rotation.T
        # Ideal units are those of a 960 wide frame.
        before = rays[:, :2] / rays[:, 2:] * first.focal * 960 / SIZE[0]
        seen = np.column_stack([before, np.ones(len(before))]) @ step.by.T
        there = _rays(camera, places) @ camera.rotation.T
        true = there[:, :2] / there[:, 2:] * camera.focal * 960 / SIZE[0]
        assert np.median(np.linalg.norm(seen[:, :2] / seen[:, 2:] - true, axis=1)) < 1.0


def _rays(camera, places):
    """Directions (N, 3) in the world through pixels."""
    flat = (places - camera.centre)[:, None] * camera._undistortion(
        np.linalg.norm(places - camera.centre, axis=1).astype(np.float32)
    )[:, None, None]
    return np.column_stack([flat[:, 0] / camera.focal, np.ones(len(places))]) @ camera.rotation


def test_people_are_left_out_where_boxes_say_so(pictures: list[Rgb]) -> None:
    box = np.array([[200.0, 100.0, 400.0, 300.0]])
    inside = Background(pictures[0], box)._corners
    assert not ((inside > (200, 100)) & (inside < (400, 300))).all(axis=1).any()
    assert len(inside) > 50


def test_a_camera_is_drawn_to_the_paint(clip: Clip, key: FrameLabels, pictures: list[Rgb]) -> None:
    camera = resolve(key.pitch, None, size=SIZE, threshold=1.0).solution
    assert camera is not None
    paint = PaintField.of(pictures[0])
    wrong = replace(camera, params=camera.params + np.array([0.0015, 0.001, 0, 0, 0, 0, 0.002, 0]))
    seen = drawn_to_paint(paint, wrong)
    assert len(seen.confirmed) >= 3
    assert paint_distance(paint, seen.solution)[0] < 0.7 * paint_distance(paint, wrong)[0]


def test_points_on_a_card_are_followed_and_lost_ones_left_out() -> None:
    rng = np.random.default_rng(0)
    texture = np.kron(rng.integers(0, 255, (30, 40, 1)), np.ones((8, 8, 3))).astype(np.uint8)

    def frames(number: int) -> Rgb:
        return np.ascontiguousarray(np.roll(texture, (2 * number, 3 * number), axis=(0, 1)))

    placed = {f"P{i}": KeypointLabel((40.0 + 24 * i, 60.0 + 16 * i), Visibility.VISIBLE) for i in range(5)}
    placed["AWAY"] = KeypointLabel((313.0, 100.0), Visibility.VISIBLE)
    labels = FrameLabels((Instance(id=4, keypoints=placed, box=(30.0, 50.0, 150.0, 140.0)),))
    steps = list(carry_points(labels, size=(320, 240), frames=frames, start=0, until=5, source="cards#0"))
    *carried, end = steps
    assert end == End(Stop.END, 6)
    last = carried[-1]
    assert isinstance(last, Carry)
    instance = last.labels.instance(4)
    assert instance.keypoints["P1"].position == pytest.approx((79.0, 86.0), abs=0.3)
    assert "AWAY" not in instance.keypoints
    assert instance.box == pytest.approx((45.0, 60.0, 165.0, 150.0), abs=0.6)
    assert instance.link is not None
    assert instance.keypoints["P1"].origin is Origin.PROPAGATED


def test_points_end_at_a_cut() -> None:
    rng = np.random.default_rng(1)
    pictures = [np.kron(rng.integers(0, 255, (30, 40, 3)), np.ones((8, 8, 1))).astype(np.uint8) for _ in range(2)]
    labels = place(place(FrameLabels(), "A", (100.0, 100.0)), "B", (200.0, 120.0))
    frames = [pictures[0], pictures[0], pictures[1]].__getitem__
    *carried, end = carry_points(labels, size=(320, 240), frames=frames, start=0, until=2)
    assert len(carried) == 1
    assert isinstance(end, End)
    assert end.frame == 2
    assert end.reason in (Stop.CUT, Stop.LOW_INLIERS)


def test_points_need_points() -> None:
    with pytest.raises(ValueError, match="no placed points"):
        next(carry_points(FrameLabels(), size=(4, 4), frames=lambda n: np.zeros((4, 4, 3), np.uint8), start=0, until=1))
