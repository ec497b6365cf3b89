import json

import numpy as np
import panning
import pytest

from annotator.calibration import calibrate, flattened
from annotator.evidence import Evidence
from annotator.keypoints import resolve
from annotator.labels import Instance, KeypointLabel, Visibility
from annotator.lens import Lens
from annotator.pitch import KEYPOINTS
from annotator.tripod import LOOSEST, Sighting, tripod_of
from annotator.tripod_prior import Standing, solve_with_position, stands

NAMES = list(KEYPOINTS)


def seen(camera, rng, *, noise=1.0, only=None):
    """What a person who places every keypoint in view says of a frame."""
    inside = np.flatnonzero(panning.in_frame(camera)) if only is None else only
    pixels = camera.project(panning.WORLDS[inside]) + noise * rng.standard_normal((len(inside), 2))
    points = {NAMES[i]: xy for i, xy in zip(inside, Lens(camera.size).centred(pixels), strict=True)}
    return Evidence({}, points, dict.fromkeys(points, 1.0))


def sightings(cameras, numbers, rng, *, noise=1.0):
    found = []
    for number in numbers:
        evidence = seen(cameras[number], rng, noise=noise)
        solution = calibrate(evidence, panning.SIZE, hints={})
        if solution is not None:
            found.append(Sighting(int(number), f"frame {number}", evidence, solution))
    return found


def spread(cameras, count):
    return [i for i in np.linspace(0, len(cameras) - 1, count).astype(int) if panning.in_frame(cameras[i]).sum() >= 6]


def wide_pair(camera, rng):
    """Two keypoints in view that are far from each other."""
    inside = np.flatnonzero(panning.in_frame(camera))
    pixels = camera.project(panning.WORLDS[inside])
    first = rng.integers(len(inside))
    return inside[[first, int(np.linalg.norm(pixels - pixels[first], axis=1).argmax())]]


@pytest.mark.parametrize("seed", range(4))
def test_the_position_of_a_tripod_is_found_far_better_than_from_one_frame(seed):
    rng = np.random.default_rng(seed)
    cameras = panning.path(rng, 300)
    used = sightings(cameras, spread(cameras, 16), rng)
    tripod = tripod_of(used)
    assert tripod.reason == ""
    off = np.linalg.norm(tripod.standing.position - cameras[0].params[3:6])
    alone = np.median([np.linalg.norm(each.solution.params[3:6] - cameras[0].params[3:6]) for each in used])
    assert off < 0.3
    assert off < alone
    assert off < 4.0 * np.sqrt(np.trace(tripod.standing.covariance))
    assert np.abs(tripod.standing.kap[0] - cameras[0].params[7]) < 0.01


@pytest.mark.parametrize("seed", range(4))
def test_a_camera_that_travels_is_refused_and_so_are_two_shots(seed):
    rng = np.random.default_rng(100 + seed)
    travelling = panning.path(rng, 300, shift=2.0)
    refused = tripod_of(sightings(travelling, spread(travelling, 14), rng))
    assert refused.standing is None
    assert "does not stand on one spot" in refused.reason
    shots = panning.path(rng, 150, place=np.array([0.0, 66.0, -14.0]))
    shots += panning.path(rng, 150, place=np.array([20.0, 62.0, -12.0]))
    two = tripod_of(sightings(shots, spread(shots, 14), rng))
    assert two.standing is None
    assert "frame" in two.reason


def test_too_few_frames_and_frames_that_look_the_same_way_are_refused_and_told_what_helps():
    rng = np.random.default_rng(5)
    cameras = panning.path(rng, 300)
    few = tripod_of(sightings(cameras, spread(cameras, 3), rng))
    assert few.standing is None
    assert "more frame" in few.reason
    still = [panning.camera_at((0, 66, -14), (-30, 2, 0), 7.2)] * 6
    alike = tripod_of(sightings(still, range(6), rng))
    assert alike.standing is None
    assert "same way" in alike.reason
    assert tripod_of([]).standing is None


def test_one_badly_labelled_frame_is_left_out_and_named():
    rng = np.random.default_rng(6)
    cameras = panning.path(rng, 300, place=np.array([2.0, 66.0, -15.0]))
    used = sightings(cameras, spread(cameras, 16), rng)
    wrong = panning.path(rng, 10, place=np.array([-15.0, 60.0, -22.0]))[0]
    middle = len(used) // 2
    used[middle] = Sighting(used[middle].number, "the wrong one", *_of(wrong, rng))
    tripod = tripod_of(used)
    assert tripod.left_out == ("the wrong one",)
    assert np.linalg.norm(tripod.standing.position - (2.0, 66.0, -15.0)) < 0.3


def _of(camera, rng):
    evidence = seen(camera, rng)
    return evidence, calibrate(evidence, panning.SIZE, hints={})


def test_two_points_are_enough_where_the_position_is_known():
    rng = np.random.default_rng(7)
    offs = []
    for _ in range(25):
        cameras = panning.path(rng, 60)
        camera = cameras[30]
        if panning.in_frame(camera).sum() < 6:
            continue
        standing = Standing(camera.params[3:6], 0.01 * np.eye(3), (0.0, 0.015), (float(camera.params[7]), 0.005))
        found = solve_with_position(seen(camera, rng, only=wide_pair(camera, rng)), panning.SIZE, standing)
        offs.append(np.sqrt((panning.errors(found, camera) ** 2).mean()))
    assert len(offs) > 10
    assert np.median(offs) < 2.0
    assert np.percentile(offs, 90) < 4.0


def test_one_point_or_one_line_is_not():
    rng = np.random.default_rng(8)
    camera = panning.camera_at((0, 66, -14), (-35, 2, 0), 7.2)
    standing = Standing(camera.params[3:6], 0.01 * np.eye(3))
    assert solve_with_position(seen(camera, rng, only=wide_pair(camera, rng)[:1]), panning.SIZE, standing) is None
    assert solve_with_position(Evidence({}, {}, {}), panning.SIZE, standing) is None


def test_resolve_answers_from_two_points_with_the_position_and_from_no_fewer_without():
    rng = np.random.default_rng(9)
    camera = panning.camera_at((0, 66, -14), (-35, 2, 0), 7.2)
    names = wide_pair(camera, rng)
    pixels = camera.project(panning.WORLDS[names])
    placed = {NAMES[i]: (float(x), float(y)) for i, (x, y) in zip(names, pixels, strict=True)}
    said = Instance(keypoints={name: KeypointLabel(at, Visibility.VISIBLE) for name, at in placed.items()})
    standing = Standing(camera.params[3:6], 0.01 * np.eye(3), kap=(0.0, 0.005))
    alone = resolve(said, None, size=panning.SIZE, threshold=1.0)
    assert alone.solution is None
    known = resolve(said, None, size=panning.SIZE, threshold=1.0, standing=standing)
    assert known.ghost
    assert panning.errors(known.solution, camera).max() < 3.0
    again = resolve(said, None, size=panning.SIZE, threshold=1.0, standing=standing, previous=known)
    assert again.solution is known.solution
    assert resolve(said, None, size=panning.SIZE, threshold=1.0, previous=known).solution is None


def test_a_frame_that_says_plainly_that_the_camera_is_elsewhere_is_not_bent_to_the_position():
    rng = np.random.default_rng(10)
    camera = panning.camera_at((0, 66, -14), (-35, 2, 0), 7.2)
    evidence = seen(camera, rng)
    said = Instance(keypoints={
        name: KeypointLabel(tuple(Lens(panning.SIZE).pixels(xy)), Visibility.VISIBLE)
        for name, xy in evidence.points.items()
    })  # fmt: skip
    elsewhere = Standing(np.add(camera.params[3:6], (12.0, 3.0, 4.0)), 0.01 * np.eye(3))
    found = resolve(said, None, size=panning.SIZE, threshold=1.0, standing=elsewhere)
    assert not stands(found.solution, elsewhere)
    assert np.median(panning.errors(found.solution, camera)) < 2.0


def test_a_drag_starts_from_the_camera_of_a_moment_ago_and_ends_where_a_fresh_look_does():
    rng = np.random.default_rng(11)
    camera = panning.camera_at((0, 66, -14), (-35, 2, 0), 7.2)
    standing = Standing(camera.params[3:6], 0.01 * np.eye(3), kap=(0.0, 0.005))
    pair = wide_pair(camera, rng)
    before = solve_with_position(seen(camera, rng, only=pair), panning.SIZE, standing)
    evidence = seen(camera, rng, only=pair)
    warm = solve_with_position(evidence, panning.SIZE, standing, near=before)
    cold = solve_with_position(evidence, panning.SIZE, standing)
    assert panning.errors(warm, cold).max() < 0.05


def test_what_is_known_of_a_clip_is_written_and_read_in_a_circle():
    standing = Standing(np.array([1.0, 66.0, -14.0]), 0.1 * np.eye(3), (0.01, 0.005), (-0.02, 0.01), (0.1,))
    read = Standing.from_document(json.loads(json.dumps(standing.document())))
    assert read.document() == standing.document()
    for damage in ({"position": [1, 2]}, {"covariance": [[0] * 3] * 3}, {"unknowns": [1, 2]}, {"kap": "x"}):
        assert Standing.from_document({**standing.document(), **damage}) is None
    assert Standing.from_document({}) is None


def test_a_camera_with_a_known_position_is_flattened_for_files_without_losing_it():
    rng = np.random.default_rng(12)
    camera = panning.camera_at((0, 66, -14), (-35, 2, 0), 7.2)
    standing = Standing(camera.params[3:6], 1e-4 * np.eye(3), kap=(0.0, 0.005), unknowns=(0.1,))
    evidence = seen(camera, rng, only=wide_pair(camera, rng))
    flat = flattened(evidence, solve_with_position(evidence, panning.SIZE, standing))
    assert not flat.unknowns.any()
    assert np.linalg.norm(flat.params[3:6] - camera.params[3:6]) < 0.1


def test_a_loose_position_is_not_believed():
    rng = np.random.default_rng(13)
    cameras = [panning.camera_at((0, 66, -14), (x, 2, 0), 8.4) for x in (-44, -40, -37, -33)]
    tripod = tripod_of(sightings(cameras, range(4), rng, noise=2.5))
    assert tripod.standing is None or np.sqrt(np.linalg.eigvalsh(tripod.standing.covariance).max()) < LOOSEST + 0.1


def test_where_the_position_is_known_no_more_is_asked_for_than_is_missing():
    camera = panning.camera_at((0, 66, -14), (-35, 2, 0), 7.2)
    ends = {"Big rect. left top": (-40.0, -37.0, -20.16, -20.16), "Big rect. left main": (-36.0, -36.0, -18.0, -15.0)}
    markings = {}
    for name, (x0, x1, y0, y1) in ends.items():
        pixels = camera.project(np.array([(x0, y0, 0.0), (x1, y1, 0.0)]))
        markings[name] = tuple((float(x), float(y)) for x, y in pixels)
    standing = Standing(camera.params[3:6], 0.01 * np.eye(3))
    known = resolve(Instance(markings=markings), None, size=panning.SIZE, threshold=1.0, standing=standing)
    assert known.solution is not None
    assert not known.is_determined
    assert "one more marking" in known.status
    alone = resolve(Instance(markings=markings), None, size=panning.SIZE, threshold=1.0)
    assert "2 more markings" in alone.status
