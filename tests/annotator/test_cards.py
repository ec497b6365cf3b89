"""Rendered card packets: their corners, what hides them, and how many cards they have."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
import pytest

from annotator.schemes import scheme_of
from annotator.synthetic.cards import ABSENT, DECK, OCCLUDED, SCHEME_ID, VISIBLE, render_cards

SEEDS = range(12)


def test_the_same_seed_gives_the_same_packet_and_another_seed_another() -> None:
    one, same, other = render_cards(3), render_cards(3), render_cards(4)
    assert np.array_equal(one.rgb, same.rgb)
    assert one.points == same.points
    assert not np.array_equal(one.rgb, other.rgb)


def test_a_packet_has_the_corners_of_its_scheme() -> None:
    packet = render_cards(0)
    assert set(packet.points) == set(packet.states) == set(scheme_of(SCHEME_ID).keypoints)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_outside_is_absent_and_the_far_corner_on_the_table_is_hidden(seed: int) -> None:
    packet = render_cards(seed, (160, 120))
    for name, (x, y) in packet.points.items():
        inside = -0.5 <= x <= 159.5 and -0.5 <= y <= 119.5
        assert (packet.states[name] == ABSENT) is not inside
    hidden = [name for name, state in packet.states.items() if state == OCCLUDED]
    seen = [name for name, state in packet.states.items() if state == VISIBLE]
    assert len(seen) <= 7
    assert all(name in packet.points for name in hidden)


def test_more_cards_are_thicker_and_nothing_else_moves() -> None:
    thin, thick = render_cards(8, cards=1), render_cards(8, cards=DECK)
    tables = [name for name in thin.points if thin.points[name] == pytest.approx(thick.points[name])]
    assert len(tables) == 4  # those on the table stay
    raised = sorted(set(thin.points) - set(tables))

    def height(points: Mapping[str, tuple[float, float]]) -> float:
        return max(abs(points[a][1] - points[b][1]) for a, b in zip(sorted(tables), raised, strict=True))

    assert height(thick.points) > 20 * height(thin.points)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_upper_side_lies_where_its_corners_say(seed: int) -> None:
    packet = render_cards(seed, (320, 240), cards=26)
    top = [name for name in packet.points if name.endswith("face" if _is_face_up(packet.points) else "back")]
    order = ["upper_left", "upper_right", "lower_right", "lower_left"]
    quad = np.array([packet.points[next(n for n in top if n.startswith(corner))] for corner in order])
    assert cv2.contourArea(quad.astype(np.float32)) > 500
    centre = quad.mean(axis=0)
    assert cv2.pointPolygonTest(quad.astype(np.float32).reshape(-1, 1, 2), tuple(centre.tolist()), False) > 0
    # Left stays left of right, and upper lies farther up: names are those of the viewer.
    assert quad[0, 0] < quad[1, 0]
    assert quad[3, 0] < quad[2, 0]
    assert quad[:2, 1].mean() < quad[2:, 1].mean()


def _is_face_up(points: Mapping[str, tuple[float, float]]) -> bool:
    """The upper side is the one that is farther up in the picture."""

    def height(side: str) -> float:
        return float(np.mean([y for name, (_, y) in points.items() if name.endswith(side)]))

    return height("face") < height("back")


def test_thin_and_thick_packets_are_drawn() -> None:
    counts = [render_cards(seed, (40, 32)).cards for seed in range(60)]
    assert min(counts) <= 4
    assert max(counts) >= DECK - 3
    assert len(set(counts)) > 25


@pytest.mark.parametrize(("size", "cards"), [((16, 480), None), ((320, 240), 0), ((320, 240), 53)])
def test_an_impossible_packet_is_refused(size: tuple[int, int], cards: int | None) -> None:
    with pytest.raises(ValueError, match="packet"):
        render_cards(1, size, cards=cards)
