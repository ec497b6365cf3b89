import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from views import SIZE, look

from annotator.camera import HALF_DIAGONAL, SolutionKind
from annotator.camera_text import camera_facts, plain_text
from annotator.keypoints import resolve
from annotator.labels import Instance

PLACE = (-4.0, 65.0, -16.0)
TARGET = (-33.0, 2.0, 0.0)


def solution(*, roll=0.0, kap=0.0, focal=1300.0, size=SIZE, noise=0.0):
    view = look(PLACE, TARGET, focal, roll=roll, kap=kap, size=size)
    said = view.clicks(np.random.default_rng(1), noise=noise, line_clicks=(4, 5))
    found = resolve(said, None, size=size, threshold=0.3).solution
    assert found is not None
    return found


def test_the_numbers_are_those_of_the_camera():
    facts = camera_facts(solution(roll=2.0))
    assert facts is not None
    ahead = np.subtract(TARGET, PLACE)
    assert facts.pan.value == pytest.approx(math.degrees(math.atan2(ahead[0], -ahead[1])), abs=0.5)
    assert facts.tilt.value == pytest.approx(math.degrees(math.asin(ahead[2] / np.linalg.norm(ahead))), abs=0.5)
    assert abs(facts.roll.value) == pytest.approx(2.0, abs=0.3)
    assert facts.focal.value == pytest.approx(1300.0, rel=0.03)
    assert [m.value for m in facts.position] == pytest.approx([-4.0, 65.0, 16.0], abs=2.0)


def test_a_camera_whose_right_side_hangs_lower_has_a_positive_roll():
    level, tilted = camera_facts(solution()), camera_facts(solution(roll=3.0))
    right = look(PLACE, TARGET, 1300.0, roll=3.0).matrix[0, :3]
    assert level is not None
    assert tilted is not None
    assert abs(level.roll.value) < 0.3
    assert math.copysign(1.0, tilted.roll.value) == math.copysign(1.0, right[2])


def test_the_focal_length_is_in_pixels_of_the_frame():
    small, large = camera_facts(solution()), camera_facts(solution(size=(1920, 1080)))
    assert small is not None
    assert large is not None
    assert large.focal.value == pytest.approx(2.0 * small.focal.value, rel=0.02)


def test_the_radial_term_is_opencvs():
    facts = camera_facts(solution(kap=0.05))
    assert facts is not None
    assert facts.corner.value == pytest.approx(0.05, abs=0.02)
    assert facts.k1.value == pytest.approx(facts.corner.value * (facts.focal.value / HALF_DIAGONAL) ** 2)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_the_truth_lies_within_a_few_deviations(seed):
    view = look(PLACE, TARGET, 1300.0)
    said = view.clicks(np.random.default_rng(seed), noise=0.8, line_clicks=(4, 5))
    found = resolve(said, None, size=SIZE, threshold=0.3).solution
    assert found is not None
    facts = camera_facts(found)
    assert facts is not None
    for measure, truth in zip((facts.focal, *facts.position), (1300.0, -4.0, 65.0, 16.0), strict=True):
        assert abs(measure.value - truth) < 6.0 * measure.sd


def test_a_homography_is_no_camera_but_has_a_text():
    from annotator.calibration import calibrate
    from annotator.camera import Lens
    from annotator.evidence import gather

    view = look(PLACE, TARGET, 1300.0)
    said = view.clicks(np.random.default_rng(1), line_clicks=(4, 5))
    markings = {name: xy for name, xy in said.markings.items() if "Goal" not in name}
    evidence = gather(Instance(markings=markings), Lens(SIZE))
    found = calibrate(evidence, SIZE, hints={})
    assert found is not None
    if found.kind is SolutionKind.GROUND:
        assert camera_facts(found) is None
    assert plain_text(found).startswith(f"kind {found.kind.value}\nsize 960 540 px\n")


def test_the_text_is_one_number_a_line():
    lines = plain_text(solution(noise=0.5)).splitlines()
    assert [line.split()[0] for line in lines] == [
        "kind", "size", "pan", "tilt", "roll", "focal", "x", "y", "height", "k1", "rms",
    ]  # fmt: skip
    assert all("+-" in line for line in lines[2:-1])
