"""The tracker on made-up clips without pictures: nothing moves but what the test moves."""

from dataclasses import replace

import numpy as np
import pytest

from annotator.schemes import scheme_of
from annotator.tracking import Copies, Settings, View, track
from annotator.tracking_flow import still, stream
from annotator.tracking_memory import Pose, alike

COCO = scheme_of("coco-17")
SIGMAS = np.array(COCO.sigmas)
BODY = np.array([[np.cos(angle), 2.0 * np.sin(angle)] for angle in np.linspace(0.0, 6.0, 17)]) * 20.0
EASY = Settings(shortest=1)


def person(x: float, y: float = 100.0, *, score: float = 0.9, **more) -> Pose:
    return Pose(BODY + np.array([x, y]), np.full(17, 0.9), score, **more)


def ids(found) -> list[list[int]]:
    return [[one.id for one in found[frame] if not one.is_copy] for frame in sorted(found)]


def at(found, frame: int) -> dict[int, float]:
    return {one.id: float(np.mean(one.pose.points[:, 0]) - BODY[:, 0].mean()) for one in found[frame]}


def walk(*rows, said=()):
    """Views with people at these places; a person said in `said` = {frame: poses}."""
    spoken = dict(said)
    return [View(n, None, tuple(spoken.get(n, ())), tuple(person(x) for x in row)) for n, row in enumerate(rows)]


def test_two_who_walk_slowly_keep_their_numbers_in_whatever_order_they_are_seen():
    found = track(walk((100, 300), (296, 104), (108, 292)), COCO, settings=EASY)
    assert ids(found) == [[0, 1]] * 3
    assert at(found, 2) == pytest.approx({0: 108, 1: 292})


def test_who_is_gone_for_a_short_while_is_the_same_again_and_bridged_by_copies():
    found = track(walk((100, 300), (100,), (100,), (100, 302)), COCO, settings=EASY)
    assert ids(found) == [[0, 1], [0], [0], [0, 1]]
    assert [one.id for one in found[1] if one.is_copy] == [1]


def test_who_is_gone_for_as_long_as_the_memory_reaches_is_somebody_new():
    rows = [(100, 300), *[(100,)] * 3, (100, 300)]
    short = track(walk(*rows), COCO, settings=Settings(queue=3, shortest=1))
    assert ids(short)[-1] == [0, 2]
    long = track(walk(*rows), COCO, settings=Settings(queue=4, shortest=1))
    assert ids(long)[-1] == [0, 1]


def test_a_gap_that_does_not_end_is_no_fact_unless_all_copies_are_wanted():
    rows = [(100, 300), (100, 300), (100,), (100,)]
    assert [len(found) for found in track(walk(*rows), COCO, settings=EASY).values()] == [2, 2, 1, 1]
    everything = replace(EASY, copies=Copies.ALL)
    assert [len(found) for found in track(walk(*rows), COCO, settings=everything).values()] == [2, 2, 2, 2]


def test_a_false_box_of_one_frame_is_no_track():
    found = track(walk((100,), (100, 500), (100,)), COCO, settings=Settings(shortest=2))
    assert ids(found) == [[0]] * 3


def test_weak_things_and_weak_points_are_dropped():
    confidence = np.full(17, 0.9)
    confidence[3] = 0.39
    views = [View(0, None, seen=(replace(person(100), confidence=confidence), person(300, score=0.49)))]
    (one,) = track(views, COCO, settings=EASY)[0]
    assert not one.pose.is_placed[3]
    assert one.pose.is_placed.sum() == 16


def test_of_two_detections_of_one_person_the_better_stays():
    views = [View(0, None, seen=(person(101, score=0.6), person(100, score=0.8)))]
    (one,) = track(views, COCO, settings=EASY)[0]
    assert one.pose.score == 0.8


def test_a_person_goes_before_what_a_network_saw_and_is_never_changed():
    said = person(102, key=7, score=1.0)
    found = track(walk((100,), (102,), (104,), said={1: [said]}), COCO, settings=EASY)
    assert ids(found) == [[7]] * 3
    assert found[1][0].pose is said


def test_a_number_that_a_person_gave_holds_over_likeness():
    # Both stand still, and a person says in frame 2 that they are the other ones.
    swapped = [person(100, key=0, fixed=1), person(300, key=1, fixed=0)]
    first = [person(100, key=0, fixed=0), person(300, key=1, fixed=1)]
    found = track(walk((), (100, 300), (), (100, 300), said={0: first, 2: swapped}), COCO, settings=EASY)
    assert at(found, 1) == pytest.approx({0: 100, 1: 300})
    assert at(found, 3) == pytest.approx({0: 300, 1: 100})


def test_a_given_number_is_taken_by_the_whole_track_and_returns_after_any_gap():
    rows = [(100,), (100,), *[()] * 30, ()]
    said = {1: [person(100, key=0, fixed=5)], 32: [person(700, key=0, fixed=5)]}
    found = track(walk(*rows, said=said), COCO, settings=EASY)
    assert ids(found)[0] == ids(found)[1] == ids(found)[32] == [5]


def test_the_same_given_number_twice_in_a_frame_is_refused():
    with pytest.raises(ValueError, match="same number"):
        track(walk((), said={0: [person(1, fixed=3), person(400, fixed=3)]}), COCO)


def test_reserved_numbers_are_left_alone():
    assert ids(track(walk((100, 300)), COCO, settings=EASY, reserved=(0, 2))) == [[1, 3]]


def test_frames_come_in_order_and_a_stop_ends_the_run():
    with pytest.raises(ValueError, match="cannot come after"):
        track([View(3, None), View(3, None)], COCO)
    asked = iter([False, False, True])
    assert sorted(track(walk((1,), (1,), (1,)), COCO, should_stop=lambda: next(asked))) == [0, 1]


def test_things_with_a_box_and_no_points_are_followed_by_their_boxes():
    def boxed(x: float) -> Pose:
        return Pose(np.full((17, 2), np.nan), np.zeros(17), 0.9, (x, 50.0, x + 40.0, 150.0))

    views = [View(n, None, seen=(boxed(100.0 + 4 * n), boxed(300.0 - 4 * n))) for n in range(3)]
    assert ids(track(views, COCO, settings=EASY)) == [[0, 1]] * 3


def test_a_look_sees_the_boxes_found_and_those_that_follow_from_the_frame_before():
    asked: list[list[tuple[float, ...]]] = []

    def look(rgb, boxes):
        asked.append([tuple(box) for box in boxes])
        return [person((box[0] + box[2]) / 2, box=box) for box in boxes]

    rgb = np.zeros((200, 400, 3), np.uint8)
    views = [
        View(0, rgb, seen=(person(100), person(300))),
        View(1, rgb, seen=(person(100),)),
        View(2, rgb, seen=(person(100, score=0.2),)),
    ]
    found = track(views, COCO, settings=EASY, look=look, flow=still)
    assert ids(found) == [[0, 1]] * 3
    assert [len(boxes) for boxes in asked] == [2, 2, 2]
    # The second box of the second frame follows from the pose before, 1.15 times as wide as its points.
    box = sorted(asked[1])[1]
    assert box[2] - box[0] == pytest.approx(1.15 * np.ptp(BODY[:, 0]))


def test_nobody_is_known_in_another_shot_but_by_a_persons_word():
    views = walk((100, 300), (100, 300), said={0: [person(100, key=0, fixed=4)], 1: [person(100, key=0, fixed=4)]})
    assert ids(track([views[0], replace(views[1], begins=True)], COCO, settings=EASY)) == [[0, 4], [1, 4]]


def test_a_picture_of_another_size_begins_another_shot():
    views = [View(n, np.zeros((100 + 10 * n, 400, 3), np.uint8), seen=(person(100),)) for n in range(2)]
    assert ids(track(views, COCO, settings=EASY)) == [[0], [1]]


def test_likeness_is_oks_over_the_points_that_both_have():
    one, two = person(100), person(103)
    shared = one.points.copy()
    shared[5:] = np.nan
    box = two.outline
    assert box is not None
    area = (box[2] - box[0]) * (box[3] - box[1])
    terms = np.exp(-9.0 / (2.0 * area * (2.0 * SIGMAS[:5]) ** 2))
    assert alike([replace(one, points=shared)], [two], SIGMAS)[0, 0] == pytest.approx(terms.mean())


def textured(shift: tuple[int, int]) -> np.ndarray:
    tile = np.random.default_rng(4).integers(0, 255, (260, 360, 3), dtype=np.uint8)
    import cv2

    smooth = cv2.GaussianBlur(tile, (0, 0), 3.0)
    return np.ascontiguousarray(np.roll(smooth, shift, axis=(1, 0)))


def test_the_flow_answers_everywhere_and_exactly_on_texture():
    places = np.array([[100.0, 90.0], [200.5, 120.25], [359.0, 259.0]])
    moved, _ = stream(textured((0, 0)), textured((5, 3)), places)
    assert np.abs(moved[:2] - places[:2] - [5, 3]).max() < 0.3
    assert np.isfinite(moved).all()


def test_copies_follow_the_picture():
    views = [View(0, textured((0, 0)), seen=(person(150),)), View(1, textured((6, 0))), View(2, textured((12, 0)))]
    found = track(views, COCO, settings=Settings(shortest=1, copies=Copies.ALL))
    assert at(found, 2)[0] == pytest.approx(162, abs=1.0)
    assert found[2][0].is_copy


def test_copies_that_left_the_picture_are_no_facts():
    def moved(last, rgb, places):
        return places + np.array([90.0, 0.0]), np.ones(len(places), dtype=bool)

    rgb = np.zeros((200, 300, 3), np.uint8)
    views = [View(0, rgb, seen=(person(150),)), View(1, rgb), View(2, rgb)]
    found = track(views, COCO, settings=Settings(shortest=1, copies=Copies.ALL), flow=moved)
    assert [len(found[n]) for n in range(3)] == [1, 1, 0]


def passing(frame: int) -> np.ndarray:
    """Somebody green stands before a wall, and a red board passes in front at ten pixels a frame."""
    import cv2

    def cloth(seed: int, size: tuple[int, int], colour: tuple[int, int, int]) -> np.ndarray:
        noise = np.random.default_rng(seed).normal(0.0, 60.0, (*size, 1))
        return np.clip(cv2.GaussianBlur(noise, (0, 0), 1.2)[..., None] + np.array(colour), 0, 255).astype(np.uint8)

    rgb = cloth(1, (220, 400), (120, 120, 120))
    rgb[50:150, 165:215] = cloth(2, (100, 50), (40, 170, 60))
    left = 10 * frame
    rgb[40:170, left : left + 60] = cloth(3, (130, 60), (190, 50, 40))
    return rgb


def test_points_behind_somebody_else_are_unsure_stay_with_the_body_and_are_sure_again():
    said = person(190, key=0)
    views = [View(n, passing(n), (said,) if n == 0 else ()) for n in range(34)]
    found = track(views, COCO, settings=Settings(queue=50, shortest=1, copies=Copies.ALL))
    apart = {n: np.linalg.norm(found[n][0].pose.points - said.points, axis=1) for n in range(1, 34)}
    unsure = {n: found[n][0].pose.unsure for n in range(1, 34)}
    behind = 16  # the board lies from 160 to 220
    assert unsure[behind].mean() > 0.9
    assert apart[behind].max() < 4.0
    assert unsure[5].mean() < 0.2
    assert unsure[32].mean() < 0.2
    assert apart[32].max() < 4.0


def test_a_given_number_far_from_everybody_is_of_whoever_has_it_by_other_labels():
    rows = [(100, 300), (100, 300), (300,)]
    said = {0: [person(100, key=0), person(300, key=1)], 2: [person(700, key=0, fixed=0)]}
    found = track(walk(*rows, said=said), COCO, settings=EASY)
    assert ids(found) == [[0, 1], [0, 1], [0, 1]]
    assert at(found, 2) == pytest.approx({0: 700, 1: 300})


def test_whom_a_person_deleted_is_not_seen_again_in_that_frame():
    views = walk((100, 300), (100, 300), (100, 300))
    views[1] = replace(views[1], gone=(person(300),))
    found = track(views, COCO, settings=EASY)
    assert ids(found) == [[0, 1], [0], [0, 1]]


def test_numbers_of_the_last_run_stay_where_no_person_says_otherwise():
    views = walk((100, 300), (100, 300))
    views[1] = replace(views[1], named=(person(100, key=6), person(300, key=4)))
    assert at(track(views, COCO, settings=EASY), 0) == pytest.approx({6: 100, 4: 300})
    views[0] = replace(views[0], said=(person(100, key=4, fixed=4),))
    assert at(track(views, COCO, settings=EASY), 0) == pytest.approx({4: 100, 0: 300})
