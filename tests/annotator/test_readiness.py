import numpy as np
import pytest
from views import SIZE, look

from annotator.keypoints import resolve
from annotator.labels import Instance
from annotator.readiness import Readiness, Stage, is_checked, readiness

VIEW = look((0.0, 65.0, -16.0), (-33.0, 2.0, 0.0), 1300.0)
DRAWN = VIEW.clicks(np.random.default_rng(0), noise=0.3).markings
ORDER = ("Big rect. left main", "Big rect. left bottom", "Side line left", "Small rect. left main", "Circle left")


def ready(*names, **moved):
    markings = {name: DRAWN[name] for name in names}
    return readiness(resolve(Instance(markings=markings), None, size=SIZE, threshold=0.3))


def test_nothing_is_nothing():
    assert readiness(None) == ready() == Readiness(Stage.NOTHING)


@pytest.mark.parametrize(("count", "missing"), [(1, 3), (2, 2), (3, 1)])
def test_it_counts_the_lines_that_are_missing(count, missing):
    found = ready(*ORDER[:count])
    assert found.stage is Stage.GATHERING
    assert found.missing == missing
    assert found.share == pytest.approx(count / 4)


def test_a_well_drawn_frame_is_good_and_says_how_good():
    found = ready(*DRAWN)
    assert found.stage is Stage.GOOD
    assert found.share == 1.0
    assert 0.0 < found.rms < 1.0
    assert found.known >= 12


def test_few_lines_fit_perfectly_and_are_not_called_good():
    found = ready(*ORDER[:4])
    assert found.rms < 1.0
    assert found.stage in (Stage.PARTLY, Stage.UNSURE)


def test_one_wrong_name_among_many_is_a_doubt():
    markings = dict(DRAWN)
    markings["Big rect. right top"] = markings.pop("Big rect. left top")
    found = readiness(resolve(Instance(markings=markings), None, size=SIZE, threshold=0.3))
    assert found.stage is Stage.DOUBT


def test_what_contradicts_itself_is_said():
    rng = np.random.default_rng(0)
    markings = {name: tuple(map(tuple, rng.uniform(0, 540, (3, 2)))) for name in DRAWN}
    found = readiness(resolve(Instance(markings=markings), None, size=SIZE, threshold=0.3))
    assert found.stage is Stage.DISAGREES


def test_it_never_goes_back_while_lines_are_added():
    shares = [ready(*ORDER[:count]).share for count in range(len(ORDER) + 1)]
    assert shares == sorted(shares)


def test_a_placed_pitch_is_not_measured_by_its_own_clicks():
    said = Instance(markings=DRAWN, unchecked=frozenset(DRAWN))
    found = readiness(resolve(said, None, size=SIZE, threshold=0.3), said)
    assert found.stage is Stage.UNCHECKED
    assert found.rms is None


def test_enough_that_was_checked_measures_the_rest():
    own = ("Big rect. left main", "Big rect. left bottom", "Side line left", "Circle left")
    off = {name: tuple((x + 0.01, y) for x, y in points) for name, points in DRAWN.items()}
    said = Instance(markings=off, unchecked=frozenset(off) - set(own))
    assert len(said.unchecked) >= 3
    resolved = resolve(said, None, size=SIZE, threshold=0.3)
    found = readiness(resolved, said)
    assert found.stage is Stage.GOOD
    misfits = [resolved.solution.misfits[name] for name in own]
    assert found.rms == pytest.approx(np.sqrt(np.mean(np.square(misfits))))
    fewer = Instance(markings=off, unchecked=frozenset(off) - set(own[:3]))
    assert readiness(resolved, fewer).stage is Stage.UNCHECKED


def test_half_of_what_is_drawn_is_enough():
    few = {name: DRAWN[name] for name in ORDER[:4]}
    assert is_checked(Instance(markings=few, unchecked=frozenset(ORDER[:2])))
    assert not is_checked(Instance(markings=few, unchecked=frozenset(ORDER[:3])))
    assert is_checked(Instance())


def test_good_labels_with_an_open_issue_are_good_but_for_it():
    said = Instance(markings=DRAWN)
    resolved = resolve(said, None, size=SIZE, threshold=0.3)
    found = readiness(resolved, said, issues=2)
    assert found.stage is Stage.BUT
    assert found.issues == 2
