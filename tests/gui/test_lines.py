"""Thin cased lines: the same path as its points, whatever parts it is painted in."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pictures import pixels
from PySide6.QtGui import QColor, QImage, QPainter

from annotator.gui.lines import NOTHING, Ink, cased, stroke
from annotator.gui.view_state import Polyline

places = st.integers(2, 9).flatmap(
    lambda count: arrays(np.float64, (count, 2), elements=st.floats(-2000, 2000, allow_nan=False, width=32))
)


def segments(path):
    """The straight parts of a path, each as two points."""
    found, at = [], None
    for index in range(path.elementCount()):
        element = path.elementAt(index)
        point = (element.x, element.y)
        if element.isLineTo():
            found.append((at, point))
        at = point
    return found


@given(st.lists(places, min_size=1, max_size=4))
def test_flat_and_steep_parts_make_up_the_whole(paths):
    found = cased(tuple(Polyline(path) for path in paths))
    whole = segments(found.path)
    flat = segments(found.flat) if found.flat is not None else []
    steep = segments(found.steep) if found.steep is not None else []
    assert set(flat) | set(steep) == set(whole)
    assert all(abs(b[1] - a[1]) <= 1.61 * abs(b[0] - a[0]) for a, b in flat)
    assert all(abs(b[0] - a[0]) <= 1.61 * abs(b[1] - a[1]) for a, b in steep)


def test_a_path_is_its_points_and_paths_are_not_joined():
    bent = np.array([[0.0, 0.0], [10.0, 1.0], [12.0, 30.0], [40.0, 33.0]])
    other = np.array([[100.0, 0.0], [100.0, 50.0]])
    found = cased((Polyline(bent), Polyline(other), Polyline(np.array([[7.0, 7.0]]))))
    pairs = [*pairwise(bent), (other[0], other[1])]
    assert segments(found.path) == [(tuple(a), tuple(b)) for a, b in pairs]


def test_what_is_straight_is_one_segment():
    along = np.linspace([3.0, 4.0], [900.0, 77.0], 60)
    assert segments(cased((Polyline(along),)).path) == [((3.0, 4.0), (900.0, 77.0))]


def test_nothing_is_nothing():
    assert cased(()) is NOTHING
    assert cased((Polyline(np.empty((0, 2))), Polyline(np.zeros((1, 2))))) is NOTHING


@pytest.mark.parametrize("angle", np.linspace(0.0, np.pi, 13))
def test_a_line_at_any_angle_has_its_colour_and_a_casing_to_both_sides(qapp, angle):
    image = QImage(61, 61, QImage.Format.Format_RGB32)
    image.fill(QColor(200, 200, 200))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    way = np.array([np.cos(angle), np.sin(angle)])
    path = Polyline(np.array([30.5 - 25.0 * way, 30.5 + 25.0 * way]))
    stroke(painter, cased((path,)), Ink(QColor(255, 255, 0).rgba(), QColor(0, 0, 0).rgba()), ratio=1.0)
    painter.end()
    shown = pixels(image).astype(int)
    side = np.array([-way[1], way[0]])
    across = np.array([0.0, 1.0]) if abs(side[1]) > abs(side[0]) else np.array([1.0, 0.0])
    profile = [shown[tuple(np.floor(30.5 + step * across).astype(int)[::-1])] for step in range(-4, 5)]
    assert max(colour[0] - colour[2] for colour in profile) > 110
    assert min(colour.sum() for colour in profile[:4]) < 320
    assert min(colour.sum() for colour in profile[5:]) < 320
    assert (profile[0] == 200).all()
    assert (profile[-1] == 200).all()
