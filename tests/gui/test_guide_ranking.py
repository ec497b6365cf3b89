"""Which proposals come first, what counts as agreed, and which line the pointer is over: without a window."""

from __future__ import annotations

import numpy as np
import pytest

from annotator.gui.guide_ranking import agreed_circle, is_unsure, usually_seen, worthwhile
from annotator.gui.hover_light import Lines
from annotator.gui.plain_names import plain
from annotator.gui.progress import progress
from annotator.keypoints import Resolved
from annotator.labels import EMPTY, Instance, Visibility, place, set_visibility
from annotator.pitch import MARKINGS
from annotator.proposals import WHY_CIRCLE, WHY_GAIN, WHY_USUAL, Proposal, circle_keypoints

LINE, OTHER, CIRCLE = "Big rect. left main", "Side line top", "Circle left"
NOBODY: frozenset[str] = frozenset()


def names(found) -> list[str]:
    return [one.marking for one in found]


def test_a_line_comes_before_a_circle_that_gains_a_little_more_for_many_clicks():
    found = (Proposal(CIRCLE, 3.0, WHY_GAIN), Proposal(LINE, 2.0, WHY_GAIN))
    assert names(worthwhile(found, Instance(), width=960, offers=NOBODY)) == [LINE, CIRCLE]


def test_what_gains_next_to_nothing_is_not_proposed_unless_it_costs_one_key():
    found = (Proposal(LINE, 0.1, WHY_GAIN), Proposal(CIRCLE, 0.2, WHY_CIRCLE))
    assert names(worthwhile(found, Instance(), width=960, offers=frozenset({CIRCLE}))) == [CIRCLE]
    assert worthwhile(found, Instance(), width=960, offers=NOBODY) == ()


def test_the_worth_of_a_click_grows_with_the_frame():
    found = (Proposal(LINE, 0.4, WHY_GAIN),)
    assert names(worthwhile(found, Instance(), width=960, offers=NOBODY)) == [LINE]
    assert worthwhile(found, Instance(), width=3840, offers=NOBODY) == ()


def test_before_there_is_a_camera_the_order_is_kept():
    found = (Proposal(CIRCLE, 1.0, WHY_USUAL), Proposal(LINE, 30.0, WHY_USUAL))
    assert worthwhile(found, Instance(), width=960, offers=NOBODY) == found
    assert is_unsure(found[0], 960)


def test_an_unsure_camera_proposes_what_is_usually_seen_together():
    said = Instance(markings={LINE: ((1.0, 1.0), (2.0, 2.0)), "Side line left": ((1.0, 1.0), (2.0, 2.0))})
    found = (Proposal("Side line right", 40.0, WHY_GAIN), Proposal("Big rect. left top", 30.0, WHY_GAIN))
    assert names(worthwhile(found, said, width=960, offers=NOBODY))[0] == "Big rect. left top"
    seen = usually_seen(frozenset(said.markings))
    assert seen["Big rect. left top"] > seen["Side line right"]
    assert set(seen) == set(MARKINGS)


def test_a_circle_is_agreed_when_its_points_are_said_to_be_visible_without_a_place():
    point = circle_keypoints(CIRCLE)[0]
    assert not agreed_circle(EMPTY.pitch, CIRCLE)
    assert agreed_circle(set_visibility(EMPTY, point, Visibility.VISIBLE).pitch, CIRCLE)
    assert not agreed_circle(set_visibility(EMPTY, point, Visibility.ABSENT).pitch, CIRCLE)
    assert not agreed_circle(place(EMPTY, point, (5.0, 5.0)).pitch, CIRCLE)
    assert not agreed_circle(set_visibility(EMPTY, point, Visibility.VISIBLE).pitch, LINE)


def test_an_agreed_circle_is_proposed_no_more():
    said = set_visibility(EMPTY, circle_keypoints(CIRCLE)[0], Visibility.VISIBLE).pitch
    assert worthwhile((Proposal(CIRCLE, 9.0, WHY_GAIN),), said, width=960, offers=frozenset({CIRCLE})) == ()


def test_the_line_nearest_to_the_pointer_is_meant_if_it_is_in_reach():
    flat = np.array([(0.0, 0.0), (50.0, 0.0), (100.0, 0.0)])
    lines = Lines.of((("a", flat), ("b", flat + np.array((0.0, 10.0))), ("dot", flat[:1])))
    assert lines.nearest(60.0, 2.0, 5.0) == "a"
    assert lines.nearest(60.0, 8.0, 5.0) == "b"
    assert lines.nearest(60.0, 30.0, 5.0) is None
    assert lines.nearest(104.0, 0.0, 5.0) == "a"
    assert Lines.of(()).nearest(0.0, 0.0, 5.0) is None


def test_every_marking_has_a_name_of_its_own_that_people_use():
    assert len({plain(name) for name in MARKINGS}) == len(MARKINGS)
    assert all(plain(name) != name for name in MARKINGS)


@pytest.mark.parametrize("resolved", [None, Resolved({})])
def test_without_a_camera_there_is_no_count_of_visible_points(resolved):
    assert progress(Instance(), resolved) is None


def test_before_there_is_a_camera_what_the_network_sees_comes_first_longest_line_first():
    found = tuple(Proposal(name, 1.0, WHY_USUAL) for name in ("Circle central", OTHER, CIRCLE, LINE))
    view = {LINE: 0.6, OTHER: 0.2, CIRCLE: 0.4}
    best = worthwhile(found, Instance(), width=960, offers=NOBODY, view=view)
    assert names(best) == [LINE, OTHER, CIRCLE, "Circle central"]


def test_an_unsure_camera_proposes_what_the_network_has_in_view():
    said = Instance(markings={LINE: ((1.0, 1.0), (2.0, 2.0)), "Side line left": ((1.0, 1.0), (2.0, 2.0))})
    found = (Proposal("Side line right", 40.0, WHY_GAIN), Proposal("Big rect. left top", 30.0, WHY_GAIN))
    best = worthwhile(found, said, width=960, offers=NOBODY, view={"Side line right": 0.3})
    assert names(best)[0] == "Side line right"


def test_the_view_is_that_of_the_predicted_points():
    from annotator.gui.guide_ranking import predicted_view
    from annotator.keypoints import Keypoint, Source
    from annotator.pitch import KEYPOINTS
    from annotator.steering import Start, starting_camera

    camera = starting_camera((960, 540), start=Start.RIGHT)
    pixels = camera.project(np.array([point.world for point in KEYPOINTS.values()]))
    seen = {}
    for name, (x, y) in zip(KEYPOINTS, pixels, strict=True):
        inside = bool(np.isfinite(x + y)) and 0 < x < 960 and 0 < y < 540
        at = (float(x), float(y)) if inside else None
        seen[name] = Keypoint(name, at, Source.PREDICTED if inside else None, inside=inside)
    view = predicted_view(Resolved(seen, size=(960, 540)))
    assert view is not None
    assert "Big rect. right main" in view
    assert "Big rect. left main" not in view
    assert predicted_view(Resolved({}, size=(960, 540))) is None
