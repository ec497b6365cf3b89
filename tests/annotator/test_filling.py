import itertools
from dataclasses import replace

import cv2
import numpy as np
import panning
import pytest

from annotator.camera_path import Refusal, followed, path_through
from annotator.filling import Filling, Watch, camera_labels, fill_between, refill, watched
from annotator.keypoints import resolve
from annotator.labels import Decision, FrameRecord, How, Origin, Review, place, set_marking
from annotator.pitch import MARKINGS, marking_samples
from annotator.project import Project

SPOT = "L_PENALTY_MARK"
ACCEPTED = Review(Decision.ACCEPTED)


@pytest.fixture
def clip(tmp_path):
    """A project of 31 empty frames and the cameras that a pan has in them."""
    (tmp_path / "clip").mkdir()
    for n in range(31):
        cv2.imwrite(str(tmp_path / "clip" / f"{n:03d}.png"), np.zeros((54, 96, 3), np.uint8))
    targets = np.linspace(-40.0, -25.0, 31)
    cameras = [panning.camera_at((0.0, 66.0, -14.0), (x, 2.0, 0.0), 7.2, kap=-0.02) for x in targets]
    with Project.for_media([tmp_path / "clip"]) as project:
        yield project, cameras


def accept(project, number, camera):
    ids = project.frame_ids()
    record = FrameRecord(camera_labels(camera), ACCEPTED)
    project.save_record(ids[number], record, text="key")
    return ids[number]


def off(record, camera):
    found = resolve(record.labels.pitch, None, size=panning.SIZE, threshold=1.0)
    return np.median(panning.errors(found.solution, camera))


def store(project, filling):
    project.save_records(filling.records, text="fill", expected=filling.expected)


def test_frames_between_two_accepted_ones_are_filled_and_linked_to_both(clip):
    project, cameras = clip
    first, last = accept(project, 0, cameras[0]), accept(project, 10, cameras[10])
    filling = fill_between(project, first, last, size=panning.SIZE)
    assert isinstance(filling, Filling)
    assert sorted(filling.records) == project.frame_ids()[1:10]
    for number in range(1, 10):
        record = filling.records[project.frame_ids()[number]]
        assert off(record, cameras[number]) < 1.0
        link = record.labels.pitch.link
        assert set(link.frames) == {"000.png", "010.png"}
        assert link.how is How.INTERPOLATED
        assert link.sd > 0.0
        assert record.labels.pitch.carried == record.labels.pitch.markings.keys()
        assert record.review.decision is Decision.OPEN
    assert filling.records[project.frame_ids()[2]].labels.pitch.link.frames[0] == "000.png"


def test_every_accepted_frame_between_is_a_key_frame_too(clip):
    project, cameras = clip
    first, middle, last = (accept(project, n, cameras[n]) for n in (0, 12, 24))
    filling = fill_between(project, last, first, size=panning.SIZE)
    assert filling.keys == (first, middle, last)
    assert middle not in filling.records
    assert set(filling.records[project.frame_ids()[20]].labels.pitch.link.frames) == {"012.png", "024.png"}


def test_what_a_person_said_stays_and_closed_frames_stay_closed(clip):
    project, cameras = clip
    ids = project.frame_ids()
    first, last = accept(project, 0, cameras[0]), accept(project, 10, cameras[10])
    by_hand = place(FrameRecord().labels, SPOT, (1.0, 2.0))
    project.save_record(ids[4], FrameRecord(by_hand), text="hand")
    project.save_record(ids[5], FrameRecord(by_hand, Review(Decision.REJECTED)), text="no")
    filling = fill_between(project, first, last, size=panning.SIZE)
    assert ids[5] in filling.left
    assert ids[5] not in filling.records
    said = filling.records[ids[4]].labels.pitch.keypoints[SPOT]
    assert said.position == (1.0, 2.0)
    assert said.origin is Origin.HAND


def test_when_a_key_frame_changes_what_hangs_on_it_follows_and_what_a_person_touched_does_not(clip):
    project, cameras = clip
    ids = project.frame_ids()
    keys = [accept(project, n, cameras[n]) for n in (0, 10, 20)]
    store(project, fill_between(project, keys[0], keys[2], size=panning.SIZE))
    name, clicks = next(iter(project.record(ids[5]).labels.pitch.markings.items()))
    mine = tuple((x + 3.0, y) for x, y in clicks)
    touched = set_marking(project.record(ids[5]).labels, name, mine)
    project.save_record(ids[5], FrameRecord(touched), text="hand")
    assert refill(project, keys[1], size=panning.SIZE).records == {}
    accept(project, 10, cameras[12])
    again = refill(project, keys[1], size=panning.SIZE)
    assert isinstance(again, Filling)
    assert set(again.records) == set(ids[1:10]) | set(ids[11:20])
    store(project, again)
    assert off(project.record(ids[9]), cameras[9]) > 3.0
    assert project.record(ids[5]).labels.pitch.markings[name] == mine
    assert name not in project.record(ids[5]).labels.pitch.carried
    assert refill(project, ids[25], size=panning.SIZE) is None


def test_nothing_is_filled_where_it_cannot_be_known(clip):
    project, cameras = clip
    ids = project.frame_ids()
    first = accept(project, 0, cameras[0])
    open_one = fill_between(project, first, ids[10], size=panning.SIZE)
    assert isinstance(open_one, Refusal)
    assert "010.png" in open_one.reason
    other = accept(project, 10, panning.camera_at((-60.0, 60.0, -14.0), (-38.0, 2.0, 0.0), 7.2))
    apart = fill_between(project, first, other, size=panning.SIZE)
    assert isinstance(apart, Refusal)
    assert "000.png" in apart.reason
    assert "010.png stand" in apart.reason
    last = accept(project, 10, cameras[10])
    cut = fill_between(project, first, last, size=panning.SIZE, watch=Watch({}, (6,)))
    assert isinstance(cut, Refusal)
    assert "006.png: the key frames" in cut.reason
    neighbour = accept(project, 1, cameras[1])
    assert isinstance(fill_between(project, first, neighbour, size=panning.SIZE), Refusal)


def test_a_long_way_that_nobody_watched_asks_for_one_more_key_frame(clip):
    project, cameras = clip
    first, last = accept(project, 0, cameras[0]), accept(project, 30, cameras[30])
    filling = fill_between(project, first, last, size=panning.SIZE)
    assert "015.png" in filling.notice
    assert filling.deviations[project.frame_ids()[15]] > 12.0


def painted(camera):
    """A frame with the markings in view painted on grass."""
    rng = np.random.default_rng(3)
    picture = np.empty((*panning.SIZE[::-1], 3), np.uint8)
    picture[:] = (60, 120, 50)
    picture += rng.integers(0, 6, picture.shape, dtype=np.uint8)
    for name in MARKINGS:
        pixels = camera.project(marking_samples(name, 0.5))
        for one, two in itertools.pairwise(pixels):
            if np.isfinite([one, two]).all() and np.abs([one, two]).max() < 5000:
                ends = [tuple(round(value * 16) for value in end) for end in (one, two)]
                cv2.line(picture, *ends, (235, 235, 235), 3, cv2.LINE_AA, 4)
    return cv2.GaussianBlur(picture, (0, 0), 0.8)


def test_what_is_seen_between_bends_the_path_and_a_cut_refuses_it():
    bend = np.sin(np.linspace(0.0, np.pi, 9)) * 3.0
    cameras = [panning.camera_at((0.0, 66.0, -14.0), (-36.0 + x, 2.0, 0.0), 7.2) for x in bend]
    keys = {0: camera_labels(cameras[0]), 8: camera_labels(cameras[8])}
    watch = watched(lambda number: painted(cameras[number]), keys, size=panning.SIZE)
    assert watch.cuts == ()
    assert (0, 4) in watch.cameras
    assert (8, 4) in watch.cameras
    assert watch.holds((0, 8), keys)
    assert not watch.holds((0, 8), {**keys, 8: camera_labels(cameras[4])})
    assert Watch({}, (5,)).with_more(watch).cuts == ()
    plain = path_through({0.0: cameras[0], 8.0: cameras[8]})
    bent = followed(plain, watch.cameras)
    assert np.median(panning.errors(plain.at(4.0), cameras[4])) > 20.0
    assert np.median(panning.errors(bent.at(4.0), cameras[4])) < 2.0
    assert watched(lambda number: painted(cameras[number]), keys, size=panning.SIZE, should_stop=lambda: True) is None
    other = panning.camera_at((40.0, 60.0, -9.0), (38.0, -5.0, 0.0), 7.9)

    def cut(number):
        return painted(cameras[number]) if number < 4 else 255 - painted(other)

    assert 4 in watched(cut, keys, size=panning.SIZE).cuts


def test_the_labels_of_a_camera_say_where_it_is_even_where_few_markings_are_in_view():
    close = panning.camera_at((0.0, 66.0, -14.0), (0.0, 0.0, 0.0), 7.9)
    record = replace(FrameRecord(), labels=camera_labels(close))
    assert off(record, close) < 0.5
