import numpy as np
import pytest
from views import SIZE, look

from annotator.keypoints import resolve
from annotator.labels import Instance
from annotator.readiness import Readiness, Stage, readiness

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
