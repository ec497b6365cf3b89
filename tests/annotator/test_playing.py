"""Playing: every frame at its time, none late, both ways."""

import time

import pytest
from test_frames import clip, number_in

from annotator.playing import PlayQueue
from annotator.video import VideoReader


class Clock:
    """Seconds that pass when told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def until_full(queue: PlayQueue, count: int) -> None:
    deadline = time.monotonic() + 20
    while len(queue._ready) < count and not queue._done:
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.fixture
def reader(tmp_path):
    with VideoReader(clip(tmp_path / "v.mp4", 60)) as opened:
        yield opened


@pytest.mark.parametrize(("speed", "start", "seconds"), [(1.0, 10, 0.04), (-1.0, 40, 0.04), (2.0, 10, 0.02)])
def test_every_frame_comes_at_its_time(reader, speed, start, seconds):
    clock = Clock()
    queue = PlayQueue(reader, start, speed=speed, clock=clock)
    direction = 1 if speed > 0 else -1
    for n in range(20):
        until_full(queue, 1)
        assert n == 0 or queue.due() is None
        clock.now += seconds if n > 1 else seconds + 1e-6 if n else 0.0
        played = queue.due()
        assert played is not None
        assert played.number == number_in(played.rgb) == start + direction * n
        assert played.time == pytest.approx(reader.times[played.number])
    assert queue.dropped == 0
    queue.close()


@pytest.mark.parametrize("speed", [1.0, -1.0])
def test_what_comes_too_late_is_left_out(reader, speed):
    clock = Clock()
    queue = PlayQueue(reader, 30, speed=speed, clock=clock)
    until_full(queue, 1)
    assert queue.due().number == 30
    clock.now += 20 * 0.04
    until_full(queue, 6)
    first = queue.due()
    while queue.due() is not None:
        pass
    until_full(queue, 1)
    assert abs(first.number - 30) >= 1
    assert abs(queue._ready[0].number - 30) >= 18
    assert queue.dropped > 10
    queue.close()


def test_it_ends_with_the_last_frame_and_waits_in_between(reader):
    queue = PlayQueue(reader, 50, speed=8.0, stop=55)
    shown = [played.number for played in queue]
    assert shown[0] == 50
    assert shown[-1] == 55
    assert queue.ended
    assert queue.due() is None
    queue.close()


def test_pictures_may_be_small_and_misuse_is_named(reader):
    queue = PlayQueue(reader, 0, width=64, stop=0)
    assert next(iter(queue)).rgb.shape == (32, 64, 3)
    queue.close()
    for start, speed in ((0, 0.0), (60, 1.0), (-1, 1.0)):
        with pytest.raises(ValueError, match="of a video of 60 frames"):
            PlayQueue(reader, start, speed=speed)
