"""What an accepted frame costs, by a clock that the test moves."""

import sqlite3
from contextlib import closing

import pytest

from annotator.effort import PAUSE, RECENT, Effort, Stopwatch, summary, typical
from annotator.labels import EMPTY, Decision, FrameRecord, Review, place
from annotator.project import Project
from annotator.statistics import project_statistics

ACCEPTED = FrameRecord(place(EMPTY, "CENTER_MARK", (1.0, 2.0)), Review(Decision.ACCEPTED))


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def watch(clock):
    return Stopwatch(clock)


@pytest.fixture
def project(tmp_path):
    (tmp_path / "match").mkdir()
    for number in range(4):
        (tmp_path / "match" / f"{number}.jpg").touch()
    with Project.for_media([tmp_path / "match"]) as opened:
        yield opened


def test_time_runs_from_one_sign_of_life_to_the_next(clock, watch):
    watch.turn_to(1)
    clock.now += 4.0
    watch.act()
    clock.now += 2.5
    watch.stir()
    clock.now += 1.0
    assert watch.turn_to(2) == (1, Effort(7.5, 1))
    assert watch.frame == 2


def test_a_pause_is_no_work(clock, watch):
    watch.turn_to(1)
    clock.now += PAUSE
    watch.act()
    clock.now += PAUSE + 0.1
    watch.act()
    clock.now += 3600.0
    watch.stir()
    assert watch.turn_to(None) == (1, Effort(PAUSE, 2))


def test_a_frame_that_was_only_passed_is_no_effort_and_neither_is_time_without_a_frame(clock, watch):
    watch.turn_to(1)
    assert watch.turn_to(2) is None
    watch.turn_to(None)
    clock.now += 5.0
    watch.act()
    assert watch.turn_to(3) is None


def test_a_clock_that_goes_back_takes_nothing_away(clock, watch):
    watch.turn_to(1)
    clock.now += 3.0
    watch.act()
    clock.now -= 100.0
    watch.act()
    assert watch.turn_to(None) == (1, Effort(3.0, 2))


def test_the_middle_of_what_frames_take_and_where_it_went():
    assert summary([]) is None
    with pytest.raises(ValueError, match="no frame"):
        typical([])
    few = summary([Effort(10.0, 4), Effort(20.0, 8), Effort(90.0, 1)])
    assert few is not None
    assert few.median == Effort(20.0, 4)
    assert few.first is few.last is None
    slow, quick = [Effort(60.0, 20)] * RECENT, [Effort(6.0, 3)] * RECENT
    many = summary([*slow, Effort(1.0, 1), *quick])
    assert many is not None
    assert (many.count, many.first, many.last) == (2 * RECENT + 1, slow[0], quick[0])


def test_what_a_project_keeps_adds_up_and_speaks_of_accepted_frames_in_order_of_work(project):
    assert project.efforts() == []
    for frame_id, seconds in ((2, 5.0), (1, 3.0), (3, 9.0), (2, 1.0)):
        project.add_effort(frame_id, Effort(seconds, 2))
    assert project.efforts() == []
    for frame_id in (1, 2):
        project.save_record(frame_id, ACCEPTED, text="Accept")
    assert project.efforts() == [Effort(3.0, 2), Effort(6.0, 4)]
    counted = project_statistics(project)
    assert counted is not None
    assert counted.efforts == (Effort(3.0, 2), Effort(6.0, 4))


def test_a_project_without_the_table_opens_and_reading_makes_none(project):
    """So were projects of the versions before; they stay readable by those versions as well."""
    path = project.path
    assert project.efforts() == []
    project.close()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT 1 FROM sqlite_schema WHERE name='effort'").fetchone() is None
        version = db.execute("PRAGMA user_version").fetchone()
    with Project.open(path) as again:
        again.add_effort(1, Effort(1.0, 1))
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == version
    with Project.open(path) as again:
        again.save_record(1, ACCEPTED, text="Accept")
        assert again.efforts() == [Effort(1.0, 1)]
