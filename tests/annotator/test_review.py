"""The review queue: signs of single frames, and the order of many."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from views import SIZE, random_view

from annotator.keypoints import Resolved, resolve
from annotator.labels import Instance, KeypointLabel, Origin, Visibility
from annotator.pitch import KEYPOINTS, PITCH_57
from annotator.review import FrameSigns, Kind, Sign, jump_sign, rank, second_peaks, signs_of
from annotator.review.absent import _BESIDE, unlabelled
from annotator.review.query import MEASURES
from annotator.review.queue import SCALES
from model.heatmaps import Codec, Prediction, predict_from_maps

NAMES = PITCH_57.keypoints


@pytest.fixture(scope="module")
def points() -> dict[str, tuple[float, float]]:
    """Exact pixels of the keypoints in a view that shows at least a dozen of them."""
    worlds = np.array([point.world for point in KEYPOINTS.values()])
    for seed in range(50):
        pixels = random_view(np.random.default_rng(seed)).project(worlds)
        inside = (np.nan_to_num(pixels, nan=-1.0) > 5).all(axis=1) & (pixels < np.subtract(SIZE, 5)).all(axis=1)
        if inside.sum() >= 12:
            return {NAMES[i]: (float(pixels[i, 0]), float(pixels[i, 1])) for i in np.flatnonzero(inside)}
    raise AssertionError("no view shows a dozen keypoints")


def said(points: dict[str, tuple[float, float]]) -> Instance:
    return Instance(keypoints={n: KeypointLabel(at, Visibility.VISIBLE, Origin.IMPORTED) for n, at in points.items()})


def seen(points: dict[str, tuple[float, float]]) -> Prediction:
    codec = Codec(SIZE, stride=4, sigma=1.5)
    places = np.array([points.get(name, (0.0, 0.0)) for name in NAMES])
    maps, _ = codec.encode(places, np.array([2 if name in points else 0 for name in NAMES]))
    return predict_from_maps(maps, codec=codec, names=NAMES, image_size=SIZE, network="test")


def kinds(frame: FrameSigns) -> dict[Kind, Sign]:
    return {sign.kind: sign for sign in frame.signs}


def test_exact_labels_and_an_exact_prediction_show_nothing_odd(points) -> None:
    found = kinds(signs_of(1, said(points), seen(points), size=SIZE, threshold=0.3))
    assert found[Kind.GEOMETRY].value < 1.0
    assert found[Kind.CORRECTED].value < 1.0
    assert not {Kind.CHECK, Kind.UNLABELLED, Kind.NO_CAMERA} & set(found)


def test_a_moved_label_is_named_by_geometry_and_by_the_network(points) -> None:
    name = sorted(points)[3]
    moved = {**points, name: (points[name][0] + 25.0, points[name][1])}
    found = kinds(signs_of(1, said(moved), seen(points), size=SIZE, threshold=0.3))
    assert found[Kind.GEOMETRY].keypoint == name
    assert found[Kind.CORRECTED].keypoint == name
    assert found[Kind.CORRECTED].value > 15.0


def test_a_network_at_fault_does_not_accuse_a_label_that_geometry_supports(points) -> None:
    name = sorted(points)[3]
    wrong = {**points, name: (points[name][0] + 60.0, points[name][1])}
    found = kinds(signs_of(1, said(points), seen(wrong), size=SIZE, threshold=0.3))
    assert found[Kind.CORRECTED].value < 5.0


def test_a_point_that_camera_and_network_know_and_nobody_labelled_is_missed(points) -> None:
    name = sorted(points)[3]
    rest = {other: at for other, at in points.items() if other != name}
    found = kinds(signs_of(1, said(rest), seen(points), size=SIZE, threshold=0.3))
    assert found[Kind.UNLABELLED].keypoint == name
    absent = said(rest)
    absent = replace(absent, keypoints={**absent.keypoints, name: KeypointLabel(None, Visibility.OCCLUDED)})
    assert Kind.UNLABELLED not in kinds(signs_of(1, absent, seen(points), size=SIZE, threshold=0.3))


def test_without_labels_the_prediction_is_judged(points) -> None:
    name = sorted(points)[3]
    wrong = {**points, name: (points[name][0] + 40.0, points[name][1])}
    found = kinds(signs_of(1, Instance(), seen(wrong), size=SIZE, threshold=0.3))
    assert found[Kind.GEOMETRY].keypoint == name
    assert Kind.CORRECTED not in found


def test_a_frame_without_anything_has_no_signs() -> None:
    assert signs_of(1, Instance(), None, size=SIZE, threshold=0.3) == FrameSigns(1)


def test_two_networks_are_compared_in_pixels_of_a_960_wide_frame(points) -> None:
    name = sorted(points)[0]
    other = {**points, name: (points[name][0] + 30.0, points[name][1])}
    found = kinds(signs_of(1, Instance(), seen(points), size=SIZE, threshold=0.3, other=seen(other)))
    assert found[Kind.NETWORKS].keypoint == name
    assert found[Kind.NETWORKS].value == pytest.approx(30.0 * 960 / SIZE[0], abs=1.0)


def test_a_flip_test_that_disagrees_is_a_sign(points) -> None:
    name = sorted(points)[0]
    mirrored = {**points, name: (points[name][0], points[name][1] + 12.0)}
    found = kinds(signs_of(1, Instance(), seen(points), size=SIZE, threshold=0.3, mirrored=mirrored))
    assert found[Kind.FLIP].keypoint == name


def test_the_second_peak_is_found_with_its_place_and_ratio(points) -> None:
    name = sorted(points)[0]
    prediction = seen(points)
    maps = prediction.heatmaps.copy()
    channel = NAMES.index(name)
    row, column = np.unravel_index(maps[channel].argmax(), maps[channel].shape)
    height = int(maps[channel].max())
    maps[channel, (row + 30) % maps.shape[1], column] = height // 2
    peak = second_peaks(replace(prediction, heatmaps=maps), least=0.1)[name]
    assert peak.ratio == pytest.approx(0.5, abs=0.01)
    expected = column * prediction.scale[0] + prediction.offset[0]
    assert peak.position[0] == pytest.approx(expected)


def test_a_moving_camera_is_no_jump_but_a_point_that_jumps_alone_is() -> None:
    names = [f"p{i}" for i in range(6)]
    rng = np.random.default_rng(0)
    first = {name: tuple(rng.uniform(0, 900, 2)) for name in names}
    second = {name: (x + 9.0, y) for name, (x, y) in first.items()}
    third = {name: (x + 11.0, y) for name, (x, y) in first.items()}
    calm = jump_sign(first, second, third, width=960)
    assert calm is not None
    assert calm.value == pytest.approx(0.0, abs=1e-9)
    second["p2"] = (second["p2"][0], second["p2"][1] + 20.0)
    wild = jump_sign(first, second, third, width=960)
    assert wild is not None
    assert (wild.keypoint, wild.value) == ("p2", pytest.approx(20.0))
    assert jump_sign({}, second, third, width=960) is None


def frames(values: list[float], *, place: tuple[float, ...] = ()) -> list[FrameSigns]:
    return [FrameSigns(i, (Sign(Kind.GEOMETRY, value, "A"),), place) for i, value in enumerate(values)]


def test_the_most_surprising_frame_comes_first_with_its_reason() -> None:
    queue = rank(frames([3.0, 4.0, 30.0, 2.0, 3.5]))
    assert queue[0].frame_id == 2
    assert queue[0].reasons[0].value == 30.0
    assert queue[-1].reasons == ()


def test_kinds_are_weighed_by_what_is_usual() -> None:
    usual = [FrameSigns(i, (Sign(Kind.GEOMETRY, 20.0 + i % 3), Sign(Kind.TWO_PEAKS, 0.05))) for i in range(20)]
    odd = FrameSigns(99, (Sign(Kind.GEOMETRY, 21.0), Sign(Kind.TWO_PEAKS, 0.95)))
    queue = rank([*usual, odd])
    assert queue[0].frame_id == 99
    assert queue[0].reasons[0].kind is Kind.TWO_PEAKS


def test_the_first_frames_are_not_all_of_one_scene() -> None:
    one_scene = [FrameSigns(i, (Sign(Kind.GEOMETRY, 40.0),), (0.0, 0.0, 30.0), group=1) for i in range(10)]
    others = [FrameSigns(100 + i, (Sign(Kind.GEOMETRY, 38.0),), (30.0 * i, 0.0, 30.0), group=1) for i in range(1, 4)]
    calm = [FrameSigns(200 + i, (Sign(Kind.GEOMETRY, 2.0),)) for i in range(30)]
    first = [queued.frame_id for queued in rank([*one_scene, *others, *calm])[:5]]
    assert len([number for number in first if number >= 100]) >= 3
    plain = [queued.frame_id for queued in rank([*one_scene, *others, *calm], diverse=False)[:5]]
    assert plain == [0, 1, 2, 3, 4]


def test_an_empty_project_has_an_empty_queue() -> None:
    assert rank([]) == []


def lacking(number: int, said: set[str], gone: dict[str, float]) -> FrameSigns:
    signs = (Sign(Kind.UNLABELLED, sum(gone.values()), next(iter(gone)), len(gone)),) if gone else ()
    return FrameSigns(number, signs, said=frozenset(said), gone=gone)


def test_a_point_that_nobody_labels_is_no_finding_beside_one_that_all_others_have() -> None:
    habit = [lacking(i, {"A", "B"}, {"C": 1.0}) for i in range(30)]
    slip = lacking(99, {"A"}, {"B": 1.0})
    queue = rank([*habit, slip])
    assert queue[0].frame_id == 99
    (reason,) = queue[0].reasons
    assert reason.keypoint == "B"
    assert reason.value == 1.0
    assert reason.usual is not None
    assert reason.usual > 0.9
    assert not any(one.reasons for one in queue[1:])


def test_of_two_lacking_points_the_one_that_others_have_is_named() -> None:
    habit = [lacking(i, {"A", "B"}, {"C": 1.0}) for i in range(30)]
    both = lacking(99, {"A"}, {"C": 1.0, "B": 1.0})
    (reason,) = rank([*habit, both])[0].reasons
    assert (reason.keypoint, reason.count, reason.value) == ("B", 2, 2.0)


def test_a_slip_counts_more_than_a_marking_that_nobody_drew(points) -> None:
    corners = [name for name in points if "CORNER" in name]
    name = corners[0]
    alone = signs_of(1, said({n: at for n, at in points.items() if n != name}), seen(points), size=SIZE, threshold=0.3)
    beside = {n for n in _BESIDE[name] if n in points}
    assert beside
    kept = {n: at for n, at in points.items() if n != name and n not in beside}
    many = unlabelled(resolved_of(kept), said(kept), seen(points))
    assert alone.gone[name] > 0.9
    assert name not in many or many[name] < alone.gone[name]


def resolved_of(points: dict[str, tuple[float, float]]) -> Resolved:
    return resolve(said(points), None, size=SIZE, threshold=1.0)


def test_a_point_that_only_the_network_knows_is_lacking_where_geometry_is_silent(points) -> None:
    few = dict(list(points.items())[:2])
    found = signs_of(1, said(few), seen(points), size=SIZE, threshold=0.3)
    assert set(found.gone) == set(points) - set(few)


def test_the_camera_decides_for_the_second_peak(points) -> None:
    name = sorted(points)[3]
    x, y = points[name]
    wrong = {**points, name: (min(x + 60.0, SIZE[0] - 8.0) if x < SIZE[0] / 2 else x - 60.0, y)}
    prediction = seen(wrong)
    channel = NAMES.index(name)
    maps = prediction.heatmaps.copy()
    maps[channel] = np.maximum(maps[channel], seen(points).heatmaps[channel] // 2)
    found = kinds(signs_of(1, Instance(), replace(prediction, heatmaps=maps), size=SIZE, threshold=0.3))
    assert found[Kind.OTHER_PEAK].keypoint == name
    assert found[Kind.OTHER_PEAK].value > 30.0
    assert Kind.OTHER_PEAK not in kinds(signs_of(1, Instance(), prediction, size=SIZE, threshold=0.3))


def test_two_witnesses_come_before_one_of_the_same_size() -> None:
    calm = [FrameSigns(i, (Sign(Kind.GEOMETRY, 2.0), Sign(Kind.JUMP, 1.0))) for i in range(20)]
    one = FrameSigns(100, (Sign(Kind.GEOMETRY, 30.0),))
    two = FrameSigns(101, (Sign(Kind.GEOMETRY, 30.0), Sign(Kind.JUMP, 9.0)))
    assert [queued.frame_id for queued in rank([*calm, one, two])[:2]] == [101, 100]


def test_a_hard_frame_stands_behind_a_wrong_one() -> None:
    calm = [FrameSigns(i, (Sign(Kind.GEOMETRY, 2.0), Sign(Kind.FAINT, 0.1))) for i in range(20)]
    hard, wrong = FrameSigns(100, (Sign(Kind.FAINT, 0.9),)), FrameSigns(101, (Sign(Kind.GEOMETRY, 14.0),))
    assert [queued.frame_id for queued in rank([*calm, hard, wrong])[:2]] == [101, 100]


def test_other_news_of_the_same_scene_does_not_step_back() -> None:
    place = (0.0, 0.0, 30.0)
    same = [FrameSigns(i, (Sign(Kind.GEOMETRY, 40.0, "A"),), place, group=1) for i in range(6)]
    news = FrameSigns(50, (Sign(Kind.GEOMETRY, 38.0, "B"),), place, group=1)
    calm = [FrameSigns(200 + i, (Sign(Kind.GEOMETRY, 2.0, "A"),)) for i in range(30)]
    order = [queued.frame_id for queued in rank([*same, news, *calm])]
    assert order.index(50) < 3


def test_every_kind_has_a_scale_words_and_a_filter_that_needs_one() -> None:
    assert set(SCALES) == set(Kind)
    assert set(MEASURES.values()) == set(Kind) - {Kind.NO_CAMERA}
