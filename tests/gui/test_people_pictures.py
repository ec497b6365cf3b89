"""What a crowd and a packet look like on the canvas: golden pictures, and what of the view is painted anew."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QStyleFactory

from annotator.gui.people import People
from annotator.gui.people_view import NEUTRAL, Shown, Style, person_view
from annotator.gui.view_settings import ViewSettings
from annotator.gui.view_state import NOTHING_SELECTED, Selection, view_state
from annotator.labels import FrameLabels, Instance, KeypointLabel, Visibility, place, set_visibility
from annotator.schemes import CARD_PACKET_8, COCO_17
from model.people import InstancePrediction, PeoplePrediction
from tests.benchmarks.people_canvas import BODY

SIZE = (640, 360)
SETTINGS = ViewSettings()


def body(number: int, x: float, y: float, high: float, *, hidden: tuple[str, ...] = (), **more) -> Instance:
    """A person whose box begins at x, y."""
    points = {}
    for name, (dx, dy) in zip(COCO_17.keypoints, BODY.tolist(), strict=True):
        state = Visibility.OCCLUDED if name in hidden else Visibility.VISIBLE
        points[name] = KeypointLabel((x + 0.5 * high * dx, y + high * dy), state)
    return Instance(number, points, **more)


def seen_body(x: float, y: float, high: float) -> InstancePrediction:
    xy = np.array([(x, y)]) + BODY * (0.5 * high, high)
    return InstancePrediction(COCO_17.keypoints, xy, np.full(17, 0.8), np.ones(17), 0.8, (x, y, x + high / 2, y + high))


def crowd() -> FrameLabels:
    """Rows of people, one with a drawn box, some with hidden legs."""
    legs = ("left_knee", "right_knee", "left_ankle", "right_ankle")
    people = [
        body(4 * row + column, 20.0 + 125.0 * column + 15.0 * row, 10.0 + 105.0 * row, 150.0,
             hidden=legs if column == 2 else (), box=(16.0, 8.0, 110.0, 170.0) if row + column == 0 else None)
        for row in range(3) for column in range(4)
    ]  # fmt: skip
    return FrameLabels(tuple(people))


def show(canvas, people: People, labels: FrameLabels, selection: Selection = NOTHING_SELECTED):
    resolved = people.resolve(labels, size=SIZE, settings=SETTINGS, moving=False)
    state = view_state(
        resolved, labels.pitch, SETTINGS, selection, size=SIZE, people=people.views(SETTINGS)
    )
    canvas.show_view(state)
    QApplication.processEvents()
    return state


@pytest.fixture
def ground(canvas):
    """A canvas with a ground that is bright on one half and dark on the other."""
    rows = np.linspace(60, 190, SIZE[0]).astype(np.uint8)
    canvas.show_frame(np.repeat(np.tile(rows, (SIZE[1], 1))[..., None], 3, axis=2).copy(), keep_view=False)
    QApplication.setStyle(QStyleFactory.create("Fusion"))
    return canvas


@pytest.fixture
def people():
    found = People()
    found.use(COCO_17)
    return found


def test_a_crowd(ground, people, check_picture):
    people.look(PeoplePrediction((seen_body(540.0, 60.0, 150.0),), SIZE, "net"))
    people.choose(5)
    show(ground, people, crowd(), Selection(("left_wrist",)))
    ground.actual_size()
    QApplication.processEvents()
    check_picture(ground.viewport().grab().toImage(), "crowd")


def test_a_card_packet(ground, check_picture):
    people = People()
    people.use(CARD_PACKET_8)
    front = {"upper_left": (200.0, 90.0), "upper_right": (330.0, 110.0), "lower_left": (190.0, 280.0)}
    front["lower_right"] = (335.0, 300.0)
    labels = FrameLabels()
    for corner, (x, y) in front.items():
        labels = place(place(labels, f"{corner}_face", (x, y)), f"{corner}_back", (x + 55.0, y - 30.0))
    hidden = occluded(labels, "lower_left_back")
    show(ground, people, hidden)
    ground.actual_size()
    QApplication.processEvents()
    check_picture(ground.viewport().grab().toImage(), "card_packet")


def occluded(labels: FrameLabels, name: str) -> FrameLabels:
    return set_visibility(labels, name, Visibility.OCCLUDED)


def test_in_a_drag_the_others_are_the_very_same_views(people):
    labels = crowd()
    people.resolve(labels, size=SIZE, settings=SETTINGS, moving=False)
    people.choose(3)
    before = {view.id: view for view in people.views(SETTINGS)}
    moved = place(labels, "nose", (400.0, 20.0), instance=3)
    people.resolve(moved, size=SIZE, settings=SETTINGS, moving=True)
    after = {view.id: view for view in people.views(SETTINGS)}
    assert [number for number in after if after[number] is not before[number]] == [3]


def test_edges_have_the_colour_of_their_side(people):
    colours = {frozenset((a, b)): colour for a, b, colour in Style(COCO_17).edges}
    left, right = (0xFF000000 | int(COCO_17.colour(f"{side}_knee")[1:], 16) for side in ("left", "right"))
    assert colours[frozenset(("left_knee", "left_ankle"))] == left
    assert colours[frozenset(("nose", "right_eye"))] == right
    assert colours[frozenset(("left_hip", "right_hip"))] == NEUTRAL


def test_hidden_points_make_dashed_edges_and_absent_ones_none(people):
    one = body(0, 10.0, 10.0, 150.0, hidden=("left_ankle",))
    absent = {**one.keypoints, "right_ankle": KeypointLabel((30.0, 140.0), Visibility.ABSENT)}
    people.resolve(FrameLabels((Instance(0, absent),)), size=SIZE, settings=SETTINGS, moving=False)
    view = person_view(people.things[0], people.style, Shown(), active=False, numbered=True)
    dashed = [segment for _, hidden, some in view.strokes if hidden for segment in some]
    assert len(dashed) == 1
    assert "right_ankle" not in {dot.name for dot in view.dots}
    assert len(view.segments) == len(COCO_17.edges) - 1


def test_a_network_of_another_scheme_says_nothing(people):
    other = InstancePrediction(("L_GOAL_TL_POST",), np.array([[5.0, 5.0]]), np.ones(1), np.ones(1), 0.9)
    people.look(PeoplePrediction((other,), SIZE, "pitch"))
    people.resolve(FrameLabels(), size=SIZE, settings=SETTINGS, moving=False)
    assert people.things == ()
